/** What both of Garmin's APIs tell alike: lists, units, fields of activities and nights, the day's heart rate variability. */
import { z } from "zod";
import type { ActivityRecord } from "../../domain/batch.ts";
import type { ActivityFields } from "../../domain/records.ts";
import { type Item, reading, type Told, told } from "../reading.ts";
import { each, list } from "../shapes.ts";
import type { Sport } from "../sports.ts";
import { renamed, type Table } from "../tables.ts";

const thousandth = z.number().transform((value) => value / 1000);
export const grams = each(thousandth.nullish());
export const items = list.catch(null);
export const lists = each(items);

/** Of these 0 says that nothing was measured, as moving time of weights. */
const READINGS = "moving_s avg_heart_rate_bpm max_heart_rate_bpm avg_cadence_rpm avg_respiration_brpm avg_spo2_pct";

/** Members of an activity or a night under our names. */
export function fieldsOf<Names extends Table>(one: { [Name in keyof Names]?: unknown }, names: Names) {
  const fields: Record<string, unknown> = renamed(one, names);
  for (const name of READINGS.split(" ")) if (name in fields) fields[name] = reading(fields[name] as Told);
  return fields as ReturnType<typeof renamed<Names>>;
}

type Fields = { [Name in keyof ActivityFields]?: ActivityFields[Name] | undefined };

/** Without what is not told. */
export const activityFields = ([sport, sub_sport]: Sport, fields: Fields) =>
  told<Partial<ActivityFields>>({ ...fields, sport, sub_sport });

export const put = ({ batch, of }: Item, record: Omit<ActivityRecord, "element">): void =>
  void batch.activities.push({ ...record, element: of });

/** RMSSD of a night: its mean, which stands for the day, and the highest of five minutes. */
export const HRV = { lastNightAvg: "hrv_rmssd_ms", lastNight5MinHigh: "hrv_rmssd_5min_high_ms" };
