/** Nights and naps. How a night's length is found and which of several deliveries counts: docs/providers/garmin.md, "Sleep". */
import type { SleepRecord } from "../../domain/batch.ts";
import type { SleepFields, Stage } from "../../domain/records.ts";
import { localDate, utcDate } from "../../domain/time.ts";
import { type Item, mean, present, putSamples, reading, reject, wrong } from "./reading.ts";
import * as schema from "./schema.ts";

type OffsetAt = (date: string) => number;

/** A night with its naps. A night of no length – one that only brings naps – is no record. */
export function toNights(s: schema.Sleep, into: Item, offsetAt: OffsetAt): SleepRecord[] {
  const naps = (s.naps ?? []).flatMap((one, i) => {
    const parsed = schema.nap.safeParse(one);
    if (parsed.success) return toNap(parsed.data, s, into.of, offsetAt);
    const { pointer, reason } = wrong(parsed.error, `/naps/${i}`);
    reject(into, "sleep", pointer, reason);
    return [];
  });
  const night = toNight(s, into.of, offsetAt);
  if (night === null && naps.length === 0) reject(into, "sleep", "/durationInSeconds", "no length");
  return night ? [night, ...naps] : naps;
}

function toNight(s: schema.Sleep, of: number, offsetAt: OffsetAt): SleepRecord | null {
  const start = s.startTimeInSeconds;
  const duration = s.durationInSeconds ?? 0;
  const deep = s.deepSleepDurationInSeconds;
  const light = s.lightSleepDurationInSeconds;
  const rem = s.remSleepInSeconds ?? s.remSleepDurationInSeconds;
  const awake = s.awakeDurationInSeconds ?? s.awakeSleepDurationInSeconds;
  const unmeasurable = s.unmeasurableSleepInSeconds ?? s.unmeasurableSleepDurationInSeconds;
  const staged = (deep ?? 0) + (light ?? 0) + (rem ?? 0);
  const intervals = toIntervals(s.sleepLevelsMap);
  const last = intervals.reduce((most, { end }) => Math.max(most, end), start);
  const span = Math.max(duration, staged + (awake ?? 0) + (unmeasurable ?? 0), (last - start) / 1000);
  if (span <= 0) return null;
  const end = start + span * 1000;
  const offset = s.startTimeOffsetInSeconds ?? null;
  const stages = staged > 0 ? toStages(intervals, start, end) : [];
  const fields: SleepFields = {
    type: "main",
    date: dateOf(end, offset, s.calendarDate, offsetAt),
    start_time: start,
    end_time: end,
    utc_offset_s: offset,
    in_bed_s: span,
    // Without stages the length is the sleep; with them it has held the waking hours as well, in years past.
    asleep_s: staged > 0 ? staged : duration,
    awake_s: awake ?? null,
    light_s: staged > 0 ? (light ?? null) : null,
    deep_s: staged > 0 ? (deep ?? null) : null,
    rem_s: staged > 0 ? (rem ?? null) : null,
    unstaged_s: staged > 0 ? (unmeasurable ?? null) : duration,
    latency_s: null,
    efficiency_pct: null,
    score: reading(s.overallSleepScore?.value) ?? null,
    avg_heart_rate_bpm: null,
    min_heart_rate_bpm: null,
    avg_hrv_rmssd_ms: null,
    avg_respiration_brpm: mean("respiration_brpm", s.timeOffsetSleepRespiration),
    avg_spo2_pct: mean("spo2_pct", s.timeOffsetSleepSpo2),
    stages: stages.length > 0 ? stages : null,
    extra: present({
      validation: s.validation,
      calendar_date: s.calendarDate,
      score_qualifier: s.overallSleepScore?.qualifierKey,
      score_qualifiers: qualifiers(s.sleepScores),
    }),
  };
  return night(start, fields, rankOf(s.validation, span), of);
}

function toNap(n: schema.Nap, s: schema.Sleep, of: number, offsetAt: OffsetAt): SleepRecord {
  const offset = n.napOffsetInSeconds ?? s.startTimeOffsetInSeconds ?? null;
  return nap(n.napStartTimeInSeconds, n.napDurationInSeconds, offset, n.napValidation ?? null, of, {
    date: dateOf(n.napStartTimeInSeconds + n.napDurationInSeconds * 1000, offset, s.calendarDate, offsetAt),
  });
}

/** A nap is asleep as long as it lasts; nobody tells more of it. */
export function nap(
  start: number,
  duration: number,
  offset: number | null,
  validation: string | null,
  of: number,
  { date }: { date: string },
): SleepRecord {
  const fields: SleepFields = {
    type: "nap",
    date,
    start_time: start,
    end_time: start + duration * 1000,
    utc_offset_s: offset,
    in_bed_s: duration,
    asleep_s: duration,
    awake_s: null,
    light_s: null,
    deep_s: null,
    rem_s: null,
    unstaged_s: duration,
    latency_s: null,
    efficiency_pct: null,
    score: null,
    avg_heart_rate_bpm: null,
    min_heart_rate_bpm: null,
    avg_hrv_rmssd_ms: null,
    avg_respiration_brpm: null,
    avg_spo2_pct: null,
    stages: null,
    extra: present({ validation }),
  };
  return night(start, fields, rankOf(validation, duration), of);
}

/** Keyed by its start: `summaryId` changes when a night grows. */
export const night = (start: number, fields: SleepFields, rank: number, of: number): SleepRecord => ({
  external_id: String(start / 1000),
  part: "list",
  fields,
  rank,
  replaces: "overlapping_type",
  element: of,
});

/** A day of sleep is far more than anybody sleeps at once, so that validation comes before length. */
const STEP = 1_000_000;

/**
 * Which of several deliveries of one night counts: what a person set, then what is final, then what is tentative; of equals the longer.
 * What a person sets may become shorter, so there the newer counts. Words that are new stand below what is final.
 */
export function rankOf(validation: string | null | undefined, length: number): number {
  const word = validation?.toUpperCase() ?? "";
  if (word.endsWith("MANUAL")) return (word === "MANUAL" ? 8 : 7) * STEP;
  const enhanced = word.startsWith("ENHANCED") ? 1 : 0;
  if (word.endsWith("FINAL")) return (5 + enhanced) * STEP + length;
  if (word.endsWith("TENTATIVE")) return (1 + enhanced) * STEP + length;
  return (word === "OFF_WRIST" ? 0 : word === "DEVICE" ? 4 : 3) * STEP + length;
}

/** The local day of waking; where the device does not know its offset Garmin's own day. */
function dateOf(
  end: number,
  offset: number | null,
  calendarDate: string | null | undefined,
  offsetAt: OffsetAt,
): string {
  return offset === null ? (calendarDate ?? localDate(end, offsetAt(utcDate(end)))) : localDate(end, offset);
}

interface Interval {
  start: number;
  end: number;
  stage: Stage[1];
}
const STAGES: Readonly<Record<string, Stage[1]>> = {
  deep: "deep",
  light: "light",
  rem: "rem",
  awake: "awake",
  unmeasurable: "unstaged",
};

function toIntervals(levels: schema.Sleep["sleepLevelsMap"]): Interval[] {
  return Object.entries(levels ?? {}).flatMap(([level, list]) => {
    const stage = Object.hasOwn(STAGES, level) ? STAGES[level]! : null;
    if (stage === null) return [];
    return (list ?? []).flatMap((one) => {
      const parsed = schema.sleepInterval.safeParse(one);
      if (!parsed.success) return [];
      return [{ start: parsed.data.startTimeInSeconds, end: parsed.data.endTimeInSeconds, stage }];
    });
  });
}

/** Ascending, clipped to the night. */
export function toStages(intervals: Interval[], from: number, to: number): Stage[] {
  return intervals
    .map(({ start, end, stage }) => ({ start: Math.max(start, from), end: Math.min(end, to), stage }))
    .filter(({ start, end }) => start < end)
    .sort((a, b) => a.start - b.start)
    .map(({ start, end, stage }): Stage => [(start - from) / 1000, stage, (end - start) / 1000]);
}

/** Garmin asks for its own words: `{"stress": {"qualifierKey": "GOOD"}}` → `{"stress": "GOOD"}`. */
function qualifiers(scores: schema.Sleep["sleepScores"]): Record<string, unknown> | null {
  if (!scores) return null;
  return present(
    Object.fromEntries(
      Object.entries(scores).map(([name, score]) => [name, (score as { qualifierKey?: unknown } | null)?.qualifierKey]),
    ),
  );
}

/** The night's own readings, beside those of the whole day that other deliveries bring. */
export function putNightSamples(s: schema.Sleep, into: Item): void {
  const span = { start: s.startTimeInSeconds, offset: s.startTimeOffsetInSeconds ?? null };
  putSamples(into, "respiration_brpm", "sleep", s.timeOffsetSleepRespiration, span, "/timeOffsetSleepRespiration");
  putSamples(into, "spo2_pct", "sleep", s.timeOffsetSleepSpo2, span, "/timeOffsetSleepSpo2");
}
