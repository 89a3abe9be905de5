/** What is read of Oura's JSON: nearly everything is nullable or absent in real answers. */
import { z } from "zod";
import { date, each, flag, lasting, list, moment, number, numbers, readings, text, texts, words } from "../shapes.ts";

const id = z.string().min(1);
/** Null where it is not told. */
const amounts = each(number.transform((value) => value ?? null));

/** Sample i is at `timestamp` + i · `interval` s; a null keeps its slot. */
const block = z.object({ interval: lasting.positive(), items: z.array(z.unknown()), timestamp: moment }).nullish();
const blocks = each(block);
export type Block = z.infer<typeof block>;

export const page = z.object({ data: z.array(z.unknown()), next_token: text });

/** What is kept of a night as it comes. */
export const nightExtra = z.object({
  ...texts("day type sleep_algorithm_version sleep_analysis_reason ring_id"),
  ...numbers("period restless_periods readiness_score_delta sleep_score_delta"),
  readiness: words,
  low_battery_alert: flag,
});
export const sleep = nightExtra.extend({
  id,
  bedtime_start: moment,
  /** Absent: still asleep. */
  bedtime_end: moment.nullish(),
  ...amounts("time_in_bed total_sleep_duration awake_time efficiency"),
  ...amounts("light_sleep_duration deep_sleep_duration rem_sleep_duration"),
  ...readings("latency average_heart_rate average_hrv average_breath"),
  // 255 and 0: none.
  lowest_heart_rate: number.transform((bpm) => (bpm === 255 ? null : bpm || null)),
  ...texts("sleep_phase_30_sec sleep_phase_5_min app_sleep_phase_5_min"),
  ...blocks("heart_rate hrv"),
});
export type Night = z.infer<typeof sleep>;

const span = z.object({ id, start_datetime: moment, end_datetime: moment, day: text });
export type Span = z.infer<typeof span>;
export const workout = span.extend({
  activity: z.string(),
  ...texts("intensity label source"),
  ...amounts("calories distance"),
});
export const session = span.extend({
  type: z.string(),
  mood: text,
  ...blocks("heart_rate heart_rate_variability motion_count"),
});

export const day = z.object({ day: date, contributors: words });
export const dailyActivity = day.extend({
  ...numbers("score steps equivalent_walking_distance active_calories total_calories"),
  ...numbers("low_activity_time medium_activity_time high_activity_time sedentary_time resting_time non_wear_time"),
  class_5_min: text,
});
const oxygen = z.object({ average: number }).nullish();
export const dailySpo2 = z.object({ day: date, spo2_percentage: oxygen, breathing_disturbance_index: number });
export const dailyStress = z.object({ id, day: date, ...numbers("stress_high recovery_high"), day_summary: text });
export const dailyResilience = z.object({ id, day: date, level: text, contributors: words });
export const sleepTime = z.object({ id, day: date, ...texts("recommendation status"), optimal_bedtime: words });

const named = texts("tag_type_code custom_name comment start_day end_day");
export const tag = z.object({ id, start_time: moment, end_time: moment.nullish(), ...named });
const times = { start_time: moment.nullish(), end_time: moment.nullish() };
export const restMode = z.object({ id, start_day: date, end_day: text, episodes: list, ...times });

/** Older answers have no `timestamp_unix`. */
export const beat = z.object({ timestamp: moment, bpm: number });

export const personalInfo = z.object({ id });

const event_time = moment.nullish().catch(null);
export const event = z.object({ ...each(id)("event_type data_type object_id user_id"), event_time });
export const subscription = z.object({ id, callback_url: z.string().catch(""), expiration_time: text.catch(null) });
export const subscriptions = z.array(subscription);
