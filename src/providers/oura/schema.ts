/**
 * What the normalisers read of Oura's JSON, and no more: unknown members pass, and one that is not read cannot fail. Nearly
 * everything is nullable or absent in real answers.
 */
import { z } from "zod";

const number = z.number().nullish();
const text = z.string().nullish();
const id = z.string().min(1);
const words = z.record(z.string(), z.unknown()).nullish();

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "not a date");

export interface Moment {
  /** ms UTC. */
  time: number;
  /** s, as stated; null: `Z`. */
  offset: number | null;
}
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|([+-])(\d\d):?(\d\d))$/;

/** `2024-10-10T01:01:59+02:00`, samples with `.000`. Without an offset it is no instant. */
const moment = z.string().transform((value, check): Moment => {
  const match = MOMENT.exec(value);
  const time = match ? Date.parse(value) : Number.NaN;
  if (match && !Number.isNaN(time)) {
    const [, sign, hours, minutes] = match;
    const size = Number(hours) * 3600 + Number(minutes) * 60;
    return { time, offset: sign === undefined ? null : sign === "-" ? -size : size };
  }
  check.addIssue({ code: "custom", message: "not an instant" });
  return z.NEVER;
});

/** Sample i is at `timestamp` + i · `interval` s; a null keeps its slot. */
const block = z.object({ interval: z.number().positive(), items: z.array(z.unknown()), timestamp: moment }).nullish();
export type Block = z.infer<typeof block>;

export const page = z.object({ data: z.array(z.unknown()), next_token: text });

export const sleep = z.object({
  id,
  day: text,
  type: text,
  bedtime_start: moment,
  /** Absent: still asleep. */
  bedtime_end: moment.nullish(),
  time_in_bed: number,
  total_sleep_duration: number,
  awake_time: number,
  light_sleep_duration: number,
  deep_sleep_duration: number,
  rem_sleep_duration: number,
  latency: number,
  efficiency: number,
  average_heart_rate: number,
  lowest_heart_rate: number,
  average_hrv: number,
  average_breath: number,
  sleep_phase_30_sec: text,
  sleep_phase_5_min: text,
  app_sleep_phase_5_min: text,
  heart_rate: block,
  hrv: block,
  readiness: words,
  period: number,
  restless_periods: number,
  low_battery_alert: z.boolean().nullish(),
  readiness_score_delta: number,
  sleep_score_delta: number,
  sleep_algorithm_version: text,
  sleep_analysis_reason: text,
  ring_id: text,
});
export type OuraSleep = z.infer<typeof sleep>;

export const workout = z.object({
  id,
  activity: z.string(),
  start_datetime: moment,
  end_datetime: moment,
  day: text,
  calories: number,
  distance: number,
  intensity: text,
  label: text,
  source: text,
});
export type OuraWorkout = z.infer<typeof workout>;

export const session = z.object({
  id,
  type: z.string(),
  start_datetime: moment,
  end_datetime: moment,
  day: text,
  mood: text,
  heart_rate: block,
  heart_rate_variability: block,
  motion_count: block,
});
export type OuraSession = z.infer<typeof session>;

export const dailyScore = z.object({
  day,
  score: number,
  contributors: words,
  temperature_deviation: number,
  temperature_trend_deviation: number,
});
export const dailyActivity = z.object({
  day,
  score: number,
  contributors: words,
  steps: number,
  equivalent_walking_distance: number,
  active_calories: number,
  total_calories: number,
  low_activity_time: number,
  medium_activity_time: number,
  high_activity_time: number,
  sedentary_time: number,
  resting_time: number,
  non_wear_time: number,
  class_5_min: text,
});
export type DailyActivity = z.infer<typeof dailyActivity>;
export const dailySpo2 = z.object({
  day,
  spo2_percentage: z.object({ average: number }).nullish(),
  breathing_disturbance_index: number,
});
export const dailyStress = z.object({ id, day, stress_high: number, recovery_high: number, day_summary: text });
export const dailyResilience = z.object({ id, day, level: text, contributors: words });
export const cardiovascularAge = z.object({ day, vascular_age: number, pulse_wave_velocity: number });
export const vo2Max = z.object({ day, vo2_max: number });
export const sleepTime = z.object({ id, day, recommendation: text, status: text, optimal_bedtime: words });

export const tag = z.object({
  id,
  tag_type_code: text,
  custom_name: text,
  comment: text,
  start_time: moment,
  end_time: moment.nullish(),
  start_day: text,
  end_day: text,
});
export const restMode = z.object({
  id,
  start_day: day,
  start_time: moment.nullish(),
  end_day: text,
  end_time: moment.nullish(),
  episodes: z.array(z.unknown()).nullish(),
});

/** Older answers have no `timestamp_unix`. */
export const beat = z.object({ timestamp: moment, bpm: number });

export const personalInfo = z.object({ id });

export const event = z.object({
  event_type: z.string(),
  data_type: z.string(),
  object_id: id,
  event_time: text,
  user_id: id,
});

/** `expiration_time` has no zone and means UTC. */
export const subscription = z.object({
  id,
  callback_url: z.string().catch(""),
  expiration_time: z.string().nullish().catch(null),
});
export const subscriptions = z.array(subscription);

/** Of a token endpoint; any other body says nothing. */
export const refusal = z.object({ error: z.string().catch("") }).catch({ error: "" });
