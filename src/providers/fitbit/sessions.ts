/** Exercises and nights as reconciled points; pure. Fields and traps in docs/providers/fitbit.md. */
import { createHash } from "node:crypto";
import type { ActivityRecord, SleepRecord } from "../../domain/batch.ts";
import type { SleepFields, Stage } from "../../domain/records.ts";
import { localDate, utcDate } from "../../domain/time.ts";
import * as schema from "./schema.ts";
import { toSport } from "./sports.ts";

/** The last part of the point's name, to the last digit; null where it has none. */
export function idIn({ name, dataPointName }: { name?: string | null; dataPointName?: string | null }): string | null {
  return (dataPointName || name)?.split("/").at(-1) || null;
}

/** Null: not over yet. */
export function toExercise(point: schema.Exercise, of: number): ActivityRecord | null {
  const { exercise: e, dataSource } = point;
  const { startTime: start, endTime: end, startUtcOffset } = e.interval;
  if (end == null) return null;
  const { metricsSummary: m, exerciseMetadata: meta } = e;
  const [sport, sub_sport] = toSport(e.exerciseType);
  return {
    external_id: idIn(point) ?? shortHash(`${start} ${end} ${e.exerciseType}`),
    part: "list",
    fields: {
      sport,
      sub_sport,
      name: e.displayName || null,
      start_time: start,
      utc_offset_s: startUtcOffset ?? null,
      elapsed_s: (end - start) / 1000,
      moving_s: e.activeDuration ?? null,
      distance_m: thousandth(m?.distanceMillimeters),
      energy_kcal: m?.caloriesKcal ?? null,
      ascent_m: thousandth(m?.elevationGainMillimeters),
      avg_heart_rate_bpm: m?.averageHeartRateBeatsPerMinute || null,
      avg_speed_mps: thousandth(m?.averageSpeedMillimetersPerSecond),
      steps: m?.steps ?? null,
      // Reconciled points do not say where they come from.
      ...(dataSource && {
        device: dataSource.device?.displayName || null,
        is_manual: dataSource.recordingMethod ? dataSource.recordingMethod === "MANUAL" : null,
      }),
      extra: present({
        exercise_type: e.exerciseType,
        active_zone_minutes: m?.activeZoneMinutes,
        heart_rate_zones_s: m?.heartRateZoneDurations && zones(m.heartRateZoneDurations),
        average_pace_s_per_m: m?.averagePaceSecondsPerMeter,
        swim_lengths: m?.totalSwimLengths,
        pool_length_m: thousandth(meta?.poolLengthMillimeters),
        run_vo2max_ml_kg_min: m?.runVo2Max,
        has_gps: meta?.hasGps,
        notes: e.notes || null,
      }),
    },
    element: of,
  };
}

const thousandth = (value: number | null | undefined): number | null => (value == null ? null : value / 1000);

/** `{lightTime: 300}` → `{light: 300}`. */
const zones = (durations: Record<string, number | null | undefined>): Record<string, unknown> =>
  present(Object.fromEntries(Object.entries(durations).map(([name, s]) => [name.replace(/Time$/, ""), s])));

export const present = (all: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined));

/** First 24 hex digits of SHA-256: the same thing told again gets the same id. */
const shortHash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 24);

const NAMES: Readonly<Record<string, Stage[1]>> = {
  AWAKE: "awake",
  RESTLESS: "awake",
  LIGHT: "light",
  DEEP: "deep",
  REM: "rem",
  ASLEEP: "unstaged",
};
const STAGED: readonly Stage[1][] = ["light", "deep", "rem"];
const MAIN_S = 3 * 3600;

/** Null: still going on. `offsetAt`: the offset of a date where the night tells none. */
export function toNight(point: schema.Sleep, of: number, offsetAt: (date: string) => number): SleepRecord | null {
  const { interval, metadata, summary, type, stages: given } = point.sleep;
  const { startTime: start, endTime: end } = interval;
  if (end == null) return null;
  const offset = interval.startUtcOffset ?? null;
  const endOffset = interval.endUtcOffset ?? offset ?? offsetAt(utcDate(end));
  const stages = toStages(given ?? [], start, end);
  const rows = stages.length > 0 ? secondsOf(stages) : summarised(summary?.stagesSummary ?? []);
  // A classic night knows asleep and restless only.
  const isStaged = STAGED.some((name) => rows[name] !== undefined);
  const part = (name: Stage[1]): number | null => (rows[name] !== undefined ? rows[name] : isStaged ? 0 : null);
  const minutes = (value: number | null | undefined): number | null => (value == null ? null : value * 60);
  const inBed = (end - start) / 1000;
  const slept = [...STAGED, "unstaged" as const].filter((name) => rows[name] !== undefined);
  const asleep =
    minutes(summary?.minutesAsleep) ?? (slept.length > 0 ? slept.reduce((sum, name) => sum + rows[name]!, 0) : null);
  const fields: SleepFields = {
    type: metadata?.nap ? "nap" : metadata?.mainSleep || inBed >= MAIN_S ? "main" : "nap",
    date: localDate(end, endOffset),
    start_time: start,
    end_time: end,
    utc_offset_s: offset,
    in_bed_s: inBed,
    asleep_s: asleep,
    awake_s: rows.awake ?? minutes(summary?.minutesAwake) ?? part("awake"),
    light_s: isStaged ? part("light") : null,
    deep_s: isStaged ? part("deep") : null,
    rem_s: isStaged ? part("rem") : null,
    unstaged_s: rows.unstaged ?? (isStaged ? null : asleep),
    // 0 is what they have who wear no device that could tell.
    latency_s: minutes(summary?.minutesToFallAsleep) || null,
    efficiency_pct: null,
    score: null,
    avg_heart_rate_bpm: null,
    min_heart_rate_bpm: null,
    avg_hrv_rmssd_ms: null,
    avg_respiration_brpm: null,
    avg_spo2_pct: null,
    stages: stages.length > 0 ? stages : null,
    extra: present({
      sleep_type: type,
      stages_status: metadata?.stagesStatus,
      manually_edited: metadata?.manuallyEdited,
    }),
  };
  return { external_id: idIn(point) ?? shortHash(`${start} ${end} sleep`), part: "list", fields, element: of };
}

/** Ascending, each once, clipped to the night; words that are new are left out. */
function toStages(given: unknown[], from: number, to: number): Stage[] {
  const seen = new Set<string>();
  return given
    .flatMap((one) => {
      const parsed = schema.stage.safeParse(one);
      if (!parsed.success || !Object.hasOwn(NAMES, parsed.data.type)) return [];
      const { startTime, endTime, type } = parsed.data;
      const [start, end] = [Math.max(startTime, from), Math.min(endTime, to)];
      const key = `${start} ${end} ${type}`;
      if (start >= end || seen.has(key)) return [];
      seen.add(key);
      return [{ start, end, name: NAMES[type]! }];
    })
    .sort((a, b) => a.start - b.start)
    .map(({ start, end, name }): Stage => [(start - from) / 1000, name, (end - start) / 1000]);
}

type Seconds = Partial<Record<Stage[1], number>>;

function secondsOf(stages: Stage[]): Seconds {
  const total: Seconds = {};
  for (const [, name, s] of stages) total[name] = (total[name] ?? 0) + s;
  return total;
}

/** Rows come twice: the first of each type counts. */
function summarised(rows: { type: string; minutes?: number | null }[]): Seconds {
  const total: Seconds = {};
  const seen = new Set<string>();
  for (const { type, minutes } of rows) {
    if (!Object.hasOwn(NAMES, type) || seen.has(type)) continue;
    seen.add(type);
    const name = NAMES[type]!;
    // A minute's count of 0 is left out.
    total[name] = (total[name] ?? 0) + (minutes ?? 0) * 60;
  }
  return total;
}
