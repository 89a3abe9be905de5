/** Days, and the window of sleep that a day's row may hold: neither stages nor naps, and no time asleep. */
import { addSample, type Batch, element } from "../../domain/batch.ts";
import { metricOf } from "../../domain/metrics.ts";
import type { SleepFields } from "../../domain/records.ts";
import { present, reading, reject, told, wrong } from "./reading.ts";
import * as schema from "./schema.ts";

const HOUR_MS = 3_600_000;
const LONGEST_MS = 24 * HOUR_MS;
/** COROS does not tell naps from nights. */
const NAP_MS = 3 * HOUR_MS;

type OffsetAt = (date: string) => number;

/** `calorie` is left alone: its unit cannot be told, the guide's own sample having 9553 for 52 steps. */
export function putDay(batch: Batch, item: unknown, at: string, offsetAt: OffsetAt): void {
  const parsed = schema.day.safeParse(item);
  if (!parsed.success) {
    batch.rejections.push({ kind: "daily", ...wrong(parsed.error, at) });
    return;
  }
  const day = parsed.data;
  const of = element(batch, "daily");
  putValue(batch, of, day.happenDay, "steps", day.step, `${at}/step`);
  putValue(batch, of, day.happenDay, "resting_heart_rate_bpm", day.rhr, `${at}/rhr`);
  putValue(batch, of, day.happenDay, "hrv_rmssd_ms", day.ppgHrv, `${at}/ppgHrv`);
  const offset = putNight(batch, item, at, day, offsetAt);
  putBeats(batch, day, at, offset);
}

/** Null takes away what was told before; not told leaves it. */
function putValue(batch: Batch, of: number, date: string, metric: string, given: unknown, at: string): void {
  if (given === undefined) return;
  const value = given === null ? null : measure(batch, metric, given, at);
  if (value !== undefined) batch.days.push({ date, metric, source: "", value, element: of });
}

/** Null: no reading. Undefined: it makes no sense, which is told. */
function measure(batch: Batch, metric: string, given: unknown, at: string): number | null | undefined {
  const parsed = schema.value.safeParse(given);
  if (!parsed.success) {
    reject(batch, null, at, "not a number");
    return undefined;
  }
  const { kind, min, max } = metricOf(metric);
  const value = parsed.data;
  if (value === 0 && kind !== "cumulative") return null;
  if (value >= min && value <= max) return value;
  reject(batch, null, at, "out of range");
  return undefined;
}

/** Answers the offset of the night's end where the row itself tells it. */
function putNight(batch: Batch, item: unknown, at: string, day: schema.Day, offsetAt: OffsetAt): number | null {
  const parsed = schema.night.safeParse(item);
  if (!parsed.success) {
    batch.rejections.push({ kind: "sleep", ...wrong(parsed.error, at) });
    return null;
  }
  const { sleepStartTime: begin, sleepEndTime: end, startTimezone, endTimezone, sleepAvgHr } = parsed.data;
  const told_end = endTimezone ?? startTimezone ?? null;
  const external_id = day.happenDay;
  if (begin === null || end === null) {
    // A row is all that COROS has of a day: a night that is not in it any more has been taken away.
    batch.deletions.push({ kind: "sleep", external_id });
    return told_end;
  }
  const utc_offset_s = startTimezone ?? endTimezone ?? offsetAt(begin.date);
  const start_time = begin.wall - utc_offset_s * 1000;
  const end_time = end.wall - (told_end ?? offsetAt(end.date)) * 1000;
  const length = end_time - start_time;
  if (length <= 0 || length > LONGEST_MS) {
    reject(batch, "sleep", `${at}/sleepEndTime`, length <= 0 ? "not after the start" : "a night of more than a day");
    batch.deletions.push({ kind: "sleep", external_id });
    return told_end;
  }
  const hrv = schema.value.safeParse(day.ppgHrv);
  const fields = told<Partial<SleepFields>>({
    type: length >= NAP_MS ? "main" : "nap",
    date: end.date,
    start_time,
    end_time,
    utc_offset_s,
    in_bed_s: length / 1000,
    asleep_s: null,
    avg_heart_rate_bpm: reading(sleepAvgHr),
    avg_hrv_rmssd_ms: hrv.success ? reading(hrv.data) : undefined,
    extra: end.date === external_id ? undefined : present({ happen_day: external_id }),
  });
  batch.nights.push({ external_id, part: "list", fields, element: element(batch, "sleep") });
  return told_end;
}

/** Of the night, every few minutes: heart rate variability, and the heart rate with it. */
function putBeats(batch: Batch, { hrvList }: schema.Day, at: string, offset: number | null): void {
  if (!hrvList || hrvList.length === 0) return;
  const of = element(batch, "series");
  for (const [i, item] of hrvList.entries()) {
    const here = `${at}/hrvList/${i}`;
    const parsed = schema.beat.safeParse(item);
    if (!parsed.success) {
      batch.rejections.push({ kind: "series", ...wrong(parsed.error, here) });
      continue;
    }
    const { timestamp, hrv, hr } = parsed.data;
    for (const [metric, given, field] of [
      ["hrv_rmssd_ms", hrv, "hrv"],
      ["heart_rate_bpm", hr, "hr"],
    ] as const) {
      if (given === undefined || given === null) continue;
      const value = measure(batch, metric, given, `${here}/${field}`);
      if (typeof value === "number") addSample(batch, metric, "", timestamp, value, offset, of);
    }
  }
}
