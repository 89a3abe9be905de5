/**
 * The records qt-connect keeps, one name for a field from the normaliser to the wire.
 * Inside, instants are unix ms UTC with `utc_offset_s` beside them; on the wire RFC 3339 in that offset (domain/time `toWire`).
 * Absent is null, never 0. Units are in the names.
 */
import { z } from "zod";

const number = z.number().nullable();
const text = z.string().nullable();
const extra = z.record(z.string(), z.unknown()).nullable();

/** What a provider or a phone can tell of a workout. `extra` holds provider fields with no name of ours. */
export const activityFields = z.object({
  sport: z.string(),
  sub_sport: z.string(),
  name: text,
  start_time: z.number(),
  utc_offset_s: number,
  elapsed_s: number,
  moving_s: number,
  distance_m: number,
  energy_kcal: number,
  ascent_m: number,
  descent_m: number,
  avg_heart_rate_bpm: number,
  max_heart_rate_bpm: number,
  avg_speed_mps: number,
  max_speed_mps: number,
  avg_power_w: number,
  max_power_w: number,
  /** Revolutions or strides (two steps) per minute. */
  avg_cadence_rpm: number,
  steps: number,
  device: text,
  is_manual: z.boolean().nullable(),
  is_indoor: z.boolean().nullable(),
  start_lat: number,
  start_lng: number,
  /** Google encoded polyline, precision 5. */
  polyline: text,
  training_load: number,
  rpe: number,
  extra,
});
export type ActivityFields = z.infer<typeof activityFields>;
export const ACTIVITY_FIELDS = Object.keys(activityFields.shape) as (keyof ActivityFields)[];

/** `[offset_s from start_time, stage, duration_s]`, ascending. */
export const stage = z.tuple([z.number(), z.enum(["awake", "light", "deep", "rem", "unstaged"]), z.number()]);
export type Stage = z.infer<typeof stage>;

export const sleepFields = z.object({
  type: z.enum(["main", "nap"]),
  /** Local day of waking, YYYY-MM-DD. */
  date: z.string(),
  start_time: z.number(),
  end_time: z.number(),
  utc_offset_s: number,
  in_bed_s: number,
  asleep_s: number,
  awake_s: number,
  light_s: number,
  deep_s: number,
  rem_s: number,
  unstaged_s: number,
  latency_s: number,
  efficiency_pct: number,
  score: number,
  avg_heart_rate_bpm: number,
  min_heart_rate_bpm: number,
  avg_hrv_rmssd_ms: number,
  avg_respiration_brpm: number,
  avg_spo2_pct: number,
  stages: z.array(stage).nullable(),
  extra,
});
export type SleepFields = z.infer<typeof sleepFields>;
export const SLEEP_FIELDS = Object.keys(sleepFields.shape) as (keyof SleepFields)[];

/** Neither a measure nor a workout: mood, symptom, medication, ECG, cycle, notification, tag. The app's words verbatim. */
export const eventFields = z.object({
  kind: z.string(),
  start_time: z.number(),
  end_time: number,
  utc_offset_s: number,
  name: text,
  value: z.union([z.string(), z.number()]).nullable(),
  extra,
});
export type EventFields = z.infer<typeof eventFields>;

/** Metric name (domain/metrics) to number. */
export const metricMap = z.record(z.string(), z.number());
export type MetricMap = z.infer<typeof metricMap>;

/** A track: columns of one length; `time` in ms from the activity's start, ascending; a gap is null. */
export const TRACK_CHANNELS = [
  "lat",
  "lng",
  "altitude_m",
  "heart_rate_bpm",
  "cadence_rpm",
  "power_w",
  "speed_mps",
  "temperature_c",
  "distance_m",
  "moving",
] as const;
export type TrackChannel = (typeof TRACK_CHANNELS)[number];
export interface Lap {
  /** ms from the activity's start. */
  start: number;
  elapsed_s: number | null;
  moving_s: number | null;
  distance_m: number | null;
  avg_heart_rate_bpm: number | null;
  max_heart_rate_bpm: number | null;
}
export interface Track {
  time: number[];
  channels: Partial<Record<TrackChannel, (number | null)[]>>;
  laps: Lap[];
}
