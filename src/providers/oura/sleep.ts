/** Nights and naps. Durations come from their own fields, the phase string only draws the hypnogram; docs/providers/oura.md, "Sleep". */
import { type Batch, element } from "../../domain/batch.ts";
import type { SleepFields, Stage } from "../../domain/records.ts";
import { localDate } from "../../domain/time.ts";
import { above0, document, present, putBlock, putDay, reject } from "./reading.ts";
import * as schema from "./schema.ts";

/** Null: the person said that it was no sleep, or took it away. */
const TYPES: Readonly<Record<string, "main" | "nap" | null>> = {
  long_sleep: "main",
  sleep: "nap",
  late_nap: "nap",
  rest: null,
  deleted: null,
};
const MAIN_S = 3 * 3600;
/** What `lowest_heart_rate` says where there was none. */
const NO_HEART_RATE = 255;

export const sleep = document("sleep", schema.sleep, (s, into) => {
  const start = s.bedtime_start;
  const end = s.bedtime_end;
  if (!end) return; // still asleep
  const span = (end.time - start.time) / 1000;
  if (span <= 0) return reject(into, "sleep", "/bedtime_end", "not after its start");
  const offset = start.offset;
  const date = localDate(end.time, end.offset ?? offset ?? 0);
  const type = s.type && Object.hasOwn(TYPES, s.type) ? TYPES[s.type]! : span >= MAIN_S ? "main" : "nap";
  const lowest = s.lowest_heart_rate === NO_HEART_RATE ? null : above0(s.lowest_heart_rate);
  if (type === null) return void into.batch.deletions.push({ kind: "sleep", external_id: s.id });

  const [light, deep, rem] = [s.light_sleep_duration, s.deep_sleep_duration, s.rem_sleep_duration];
  const isStaged = light != null || deep != null || rem != null;
  const asleep = s.total_sleep_duration ?? (isStaged ? (light ?? 0) + (deep ?? 0) + (rem ?? 0) : null);
  const stages = stagesOf(s, span);
  into.batch.nights.push({
    external_id: s.id,
    part: "list",
    fields: {
      type,
      date,
      start_time: start.time,
      end_time: end.time,
      utc_offset_s: offset,
      in_bed_s: s.time_in_bed ?? span,
      asleep_s: asleep,
      awake_s: s.awake_time ?? null,
      light_s: light ?? null,
      deep_s: deep ?? null,
      rem_s: rem ?? null,
      unstaged_s: isStaged ? null : asleep,
      latency_s: above0(s.latency),
      efficiency_pct: s.efficiency ?? null,
      score: null, // told by the day: `daily_sleep`
      avg_heart_rate_bpm: above0(s.average_heart_rate),
      min_heart_rate_bpm: lowest,
      avg_hrv_rmssd_ms: above0(s.average_hrv),
      avg_respiration_brpm: above0(s.average_breath),
      avg_spo2_pct: null,
      stages: stages.length > 0 ? stages : null,
      extra: present({
        day: s.day,
        type: s.type,
        end_utc_offset_s: end.offset === offset ? null : end.offset,
        period: s.period,
        restless_periods: s.restless_periods,
        readiness: s.readiness,
        readiness_score_delta: s.readiness_score_delta,
        sleep_score_delta: s.sleep_score_delta,
        low_battery_alert: s.low_battery_alert,
        sleep_algorithm_version: s.sleep_algorithm_version,
        sleep_analysis_reason: s.sleep_analysis_reason,
        ring_id: s.ring_id,
      }),
    },
    element: into.of,
  });
  putBlock(into, "heart_rate_bpm", "sleep", s.heart_rate, "/heart_rate");
  putBlock(into, "hrv_rmssd_ms", "sleep", s.hrv, "/hrv");
});

/**
 * What the nights of a batch say of their mornings: resting heart rate and HRV, of several mains the longest. `dates`: days of which
 * all nights are there, so that one without a night takes back what an earlier answer said.
 */
export function putMornings(batch: Batch, dates: readonly string[]): void {
  if (dates.length === 0 && batch.nights.length === 0) return;
  const mains = new Map<string, Partial<SleepFields>>();
  for (const { fields } of batch.nights) {
    const known = mains.get(fields.date!);
    if (fields.type === "main" && !(known && known.in_bed_s! >= fields.in_bed_s!)) mains.set(fields.date!, fields);
  }
  const into = { batch, at: "", of: element(batch, "daily") };
  for (const date of new Set([...dates, ...mains.keys()])) {
    const night = mains.get(date);
    putDay(into, date, "resting_heart_rate_bpm", night?.min_heart_rate_bpm, "/lowest_heart_rate");
    putDay(into, date, "hrv_rmssd_ms", night?.avg_hrv_rmssd_ms, "/average_hrv");
  }
}

const PHASES: Readonly<Record<string, Stage[1]>> = { 1: "deep", 2: "light", 3: "rem", 4: "awake" };

/** One letter a slot from the start of the night, the finer string first; the last slot is cut at its end. */
function stagesOf(s: schema.OuraSleep, span: number): Stage[] {
  const [letters, slot] = s.sleep_phase_30_sec
    ? [s.sleep_phase_30_sec, 30]
    : [s.sleep_phase_5_min || s.app_sleep_phase_5_min || "", 300];
  const stages: Stage[] = [];
  for (let i = 0; i < letters.length && i * slot < span; i++) {
    const stage = PHASES[letters[i]!];
    if (stage === undefined) continue;
    const length = Math.min(slot, span - i * slot);
    const last = stages.at(-1);
    if (last?.[1] === stage && last[0] + last[2] === i * slot) last[2] += length;
    else stages.push([i * slot, stage, length]);
  }
  return stages;
}
