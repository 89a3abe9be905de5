/** What nights of all providers have alike: fields that nobody tells, and a hypnogram of intervals. */
import { SLEEP_FIELDS, type SleepFields, type Stage } from "../domain/records.ts";

/** Of an answer that is all there is of a night, to begin with. */
export const UNTOLD = Object.fromEntries(SLEEP_FIELDS.map((name) => [name, null])) as unknown as SleepFields;

/** Of one stage, ms. */
export interface Interval {
  start: number;
  end: number;
  stage: Stage[1];
}

/** Ascending, clipped to the night from `from` to `to`, ms; null where nothing is left. */
export function toStages(intervals: readonly Interval[], from: number, to: number): Stage[] | null {
  const stages = intervals
    .map(({ start, end, stage }) => ({ start: Math.max(start, from), end: Math.min(end, to), stage }))
    .filter(({ start, end }) => start < end)
    .sort((a, b) => a.start - b.start)
    .map(({ start, end, stage }): Stage => [(start - from) / 1000, stage, (end - start) / 1000]);
  return stages.length > 0 ? stages : null;
}

/** Ascending ones; of one stage, and without a gap between them, they are one. */
export function joined(intervals: readonly Interval[]): Interval[] {
  const all: Interval[] = [];
  for (const one of intervals) {
    const last = all.at(-1);
    if (last?.stage === one.stage && last.end === one.start) last.end = one.end;
    else all.push({ ...one });
  }
  return all;
}
