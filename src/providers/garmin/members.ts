/** From members of one of Garmin's objects to fields and events. */
import type { EventFields } from "../../domain/records.ts";
import { putEvent, reading, type Told } from "../reading.ts";
import { DAY_S } from "../streams.ts";
import { renamed, type Table, type Timed } from "../tables.ts";

/** Of these 0 says that nothing was measured, as moving time of weights. */
const READINGS = "moving_s avg_heart_rate_bpm max_heart_rate_bpm avg_cadence_rpm avg_respiration_brpm avg_spo2_pct";

/** Members of an activity or a night under our names. */
export function fieldsOf<Names extends Table>(one: { [Name in keyof Names]?: unknown }, names: Names) {
  const fields: Record<string, unknown> = renamed(one, names);
  for (const name of READINGS.split(" ")) if (name in fields) fields[name] = reading(fields[name] as Told);
  return fields as ReturnType<typeof renamed<Names>>;
}

/** Where samples go, and how long it lasts, s. */
export type Start = Timed & { duration?: Told };

/** Known by its start, as every summary; a time of an event is in whole seconds. */
export function putStarted(at: Start, kind: string, fields: Partial<EventFields>, key = ""): void {
  const { time, duration, offset = null } = at;
  const end_time = duration == null ? null : time + duration * 1000;
  putEvent(at, `${kind}:${time / 1000}${key}`, kind, { time, offset }, { end_time, ...fields });
}

/** What a local clock is ahead of UTC, s; null where one of them is not told or they are more than a day apart. */
export function clockOffset(local: Told, utc: Told): number | null {
  const offset = local == null || utc == null ? null : Math.round((local - utc) / 1000);
  return offset !== null && Math.abs(offset) <= DAY_S ? offset : null;
}
