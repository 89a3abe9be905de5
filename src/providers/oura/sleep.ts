/** Nights and naps. Durations come from their own fields, the phase string only draws the hypnogram; docs/providers/oura.md, "Sleep". */
import { type Batch, element } from "../../domain/batch.ts";
import type { SleepFields, Stage } from "../../domain/records.ts";
import { localDate } from "../../domain/time.ts";
import { joined, toStages } from "../nights.ts";
import { nightType, present, putDay, readerOf, reject } from "../reading.ts";
import { putBlock } from "./normalise.ts";
import * as schema from "./schema.ts";

const NAPS = ["sleep", "late_nap"];
/** The person said that it was no sleep, or took it away. */
const NONE = ["rest", "deleted"];

export const sleep = readerOf("sleep", schema.sleep, (s, into) => {
  const { bedtime_start: start, bedtime_end: end } = s;
  const type = s.type ?? "";
  if (NONE.includes(type)) return void into.batch.deletions.push({ kind: "sleep", external_id: s.id });
  if (!end) return; // still asleep
  const span = (end.time - start.time) / 1000;
  if (span <= 0) return reject(into, "sleep", "/bedtime_end", "not after its start");

  const { light_sleep_duration: light_s, deep_sleep_duration: deep_s, rem_sleep_duration: rem_s } = s;
  const isStaged = light_s !== null || deep_s !== null || rem_s !== null;
  const asleep_s = s.total_sleep_duration ?? (isStaged ? (light_s ?? 0) + (deep_s ?? 0) + (rem_s ?? 0) : null);
  const isNap = NAPS.includes(type) || (type !== "long_sleep" && nightType(span) === "nap");
  const times = { start_time: start.time, end_time: end.time, utc_offset_s: start.offset };
  const durations = { in_bed_s: s.time_in_bed ?? span, asleep_s, awake_s: s.awake_time, light_s, deep_s, rem_s };
  const end_utc_offset_s = end.offset === start.offset ? null : end.offset;
  into.batch.nights.push({
    external_id: s.id,
    part: "list",
    fields: {
      type: isNap ? "nap" : "main",
      date: localDate(end.time, end.offset ?? start.offset ?? 0),
      ...times,
      ...durations,
      unstaged_s: isStaged ? null : asleep_s,
      latency_s: s.latency,
      efficiency_pct: s.efficiency,
      score: null, // told by the day: `daily_sleep`
      avg_heart_rate_bpm: s.average_heart_rate,
      min_heart_rate_bpm: s.lowest_heart_rate,
      avg_hrv_rmssd_ms: s.average_hrv,
      avg_respiration_brpm: s.average_breath,
      avg_spo2_pct: null,
      stages: stagesOf(s, start.time, end.time),
      extra: present({ ...schema.nightExtra.parse(s), end_utc_offset_s }),
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
export function putMornings(batch: Batch, dates: readonly string[] = []): void {
  if (dates.length === 0 && batch.nights.length === 0) return;
  const mains = new Map<string, Partial<SleepFields>>();
  for (const { fields } of batch.nights) {
    const known = mains.get(fields.date!);
    if (fields.type === "main" && !(known && known.in_bed_s! >= fields.in_bed_s!)) mains.set(fields.date!, fields);
  }
  const into = { batch, at: "", of: element(batch, "daily") };
  for (const date of new Set([...dates, ...mains.keys()])) {
    const { min_heart_rate_bpm = null, avg_hrv_rmssd_ms = null } = mains.get(date) ?? {};
    putDay(into, date, "resting_heart_rate_bpm", min_heart_rate_bpm, "/lowest_heart_rate");
    putDay(into, date, "hrv_rmssd_ms", avg_hrv_rmssd_ms, "/average_hrv");
  }
}

const PHASES: Readonly<Record<string, Stage[1]>> = { 1: "deep", 2: "light", 3: "rem", 4: "awake" };

/** One letter a slot from the start of the night, the finer string first; the last slot is cut at its end. */
function stagesOf(s: schema.Night, from: number, to: number): Stage[] | null {
  const slot = (s.sleep_phase_30_sec ? 30 : 300) * 1000;
  const letters = s.sleep_phase_30_sec || s.sleep_phase_5_min || s.app_sleep_phase_5_min || "";
  const slots = [...letters].flatMap((letter, i) => {
    const stage = PHASES[letter];
    return stage ? [{ start: from + i * slot, end: from + (i + 1) * slot, stage }] : [];
  });
  return toStages(joined(slots), from, to);
}
