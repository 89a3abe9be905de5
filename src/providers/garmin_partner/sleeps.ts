/** Nights and naps as they are pushed. How a night's length is found: docs/providers/garmin.md, "Sleep". */
import { z } from "zod";
import { sum } from "../../domain/decimals.ts";
import { fieldsOf, items, lists } from "../garmin/fields.ts";
import { putNap, putNight, STAGES, score, stagedOf } from "../garmin/nights.ts";
import type { Interval } from "../nights.ts";
import { type Item, isPlausible, type OffsetAt, present, reject, within } from "../reading.ts";
import { lasting, length, lenient, seconds, text } from "../shapes.ts";
import { putSeries, shapesOf } from "../tables.ts";
import { byOffset, offsets, starting } from "./schema.ts";

// biome-ignore format: a table
const PARTS = {
  deepSleepDurationInSeconds: "deep_s", lightSleepDurationInSeconds: "light_s", remSleepInSeconds: "rem_s",
  remSleepDurationInSeconds: "rem_s", awakeDurationInSeconds: "awake_s", awakeSleepDurationInSeconds: "awake_s",
  unmeasurableSleepInSeconds: "unstaged_s", unmeasurableSleepDurationInSeconds: "unstaged_s",
} as const;
/** The night's own readings, beside those of the whole day that other deliveries bring. */
const SERIES = { timeOffsetSleepRespiration: "respiration_brpm sleep", timeOffsetSleepSpo2: "spo2_pct sleep" };
/** Garmin asks for its own words: `{"stress": {"qualifierKey": "GOOD"}}` → `{"stress": "GOOD"}`. */
const qualifier = z.object({ qualifierKey: z.unknown() }).transform(({ qualifierKey }) => qualifierKey);
const parts = { ...shapesOf(PARTS, length), ...shapesOf(SERIES, byOffset), ...lists("naps"), validation: text };
const sleepScores = z.record(z.string(), qualifier.catch(null));
const scored = lenient({ sleepLevelsMap: z.record(z.string(), items), overallSleepScore: score, sleepScores });
export const sleep = z.object({ ...starting, ...parts, ...scored });
const napTime = { napStartTimeInSeconds: seconds, ...offsets("napOffsetInSeconds") };
const nap = z.object({ ...napTime, napDurationInSeconds: lasting.positive(), napValidation: text });

/** A night with its naps. A night of no length – one that only brings naps – is no record. */
export function putSleep(s: z.infer<typeof sleep>, into: Item, offsetAt: OffsetAt): void {
  const { startTimeInSeconds: start_time, startTimeOffsetInSeconds: utc_offset_s, calendarDate, validation } = s;
  const parts = fieldsOf(s, PARTS);
  const staged = stagedOf(parts);
  const duration = s.durationInSeconds ?? 0;
  const intervals = toIntervals(s.sleepLevelsMap);
  const last = intervals.reduce((most, { end }) => Math.max(most, end), start_time);
  const inParts = staged + (parts.awake_s ?? 0) + (parts.unstaged_s ?? 0);
  const in_bed_s = Math.max(duration, inParts, (last - start_time) / 1000);
  const score_qualifiers = s.sleepScores && present(s.sleepScores);
  const words = { calendarDate, validation, scored: s.overallSleepScore, score_qualifiers };
  // Without stages the length is the sleep; with them it has held the waking hours as well, in years past.
  const asleep_s = staged > 0 ? staged : duration;
  const avg_respiration_brpm = mean("respiration_brpm", s.timeOffsetSleepRespiration);
  const means = { avg_respiration_brpm, avg_spo2_pct: mean("spo2_pct", s.timeOffsetSleepSpo2) };
  const night = { start_time, in_bed_s, utc_offset_s, asleep_s, ...parts, ...means, ...words, intervals };
  if (in_bed_s > 0) putNight(into, "main", night, offsetAt);
  const naps = within(into, "sleep", s.naps, "/naps", nap, (n) => {
    const times = { start_time: n.napStartTimeInSeconds, in_bed_s: n.napDurationInSeconds };
    const offset = n.napOffsetInSeconds ?? utc_offset_s;
    putNap(into, { ...times, utc_offset_s: offset, calendarDate, validation: n.napValidation }, offsetAt);
  });
  if (in_bed_s <= 0 && naps.length === 0) reject(into, "sleep", "/durationInSeconds", "no length");
  putSeries({ ...into, time: start_time, offset: utc_offset_s }, s, SERIES);
}

/** The mean of the readings; null where there are none. */
function mean(metric: string, values: z.infer<typeof byOffset>): number | null {
  const isRead = (value: unknown): value is number => typeof value === "number" && isPlausible(metric, value);
  const read = Object.values(values ?? {}).filter(isRead);
  return read.length === 0 ? null : sum(read) / read.length;
}

const interval = z.object({ startTimeInSeconds: seconds, endTimeInSeconds: seconds });
/** In the order of STAGES. */
const LEVELS = ["unmeasurable", "deep", "light", "rem", "awake"];

const toIntervals = (levels: z.infer<typeof sleep>["sleepLevelsMap"]): Interval[] =>
  Object.entries(levels ?? {}).flatMap(([level, list]) => {
    const stage = STAGES[LEVELS.indexOf(level)];
    return (list ?? []).flatMap((one) => {
      const { data } = interval.safeParse(one);
      return data && stage ? [{ start: data.startTimeInSeconds, end: data.endTimeInSeconds, stage }] : [];
    });
  });
