/**
 * What is read of AccessLink v3, and no more: unknown members pass, and a member that is not read cannot fail. Keys come in snake case
 * with hyphens here and there, of the older calls in hyphens throughout: either is read.
 */
import { z } from "zod";
import { isDate } from "../../domain/time.ts";

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const spelled = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess(
    (value) =>
      isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([key, of]) => [key.replaceAll("-", "_"), of]))
        : value,
    schema,
  );
const either = <Shape extends z.ZodRawShape>(shape: Shape) => spelled(z.object(shape));

const number = z.number().nullish();
const text = z.string().nullish();
const list = z.array(z.unknown()).nullish();
const date = z.string().refine(isDate, "not a date");
/** User ids are integers, exercise ids hashes or, of the older calls, integers. */
export const id = z.union([z.string().min(1), z.number().int()]).transform(String);

const parsed = <Value>(read: (value: string) => Value | null, reason: string) =>
  z.string().transform((value, check): Value => {
    const result = read(value);
    if (result !== null) return result;
    check.addIssue({ code: "custom", message: reason });
    return z.NEVER;
  });

const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
/** ISO 8601 → s: `PT2H44M`, `PT4658.866S`, `P1DT2H`. */
export function secondsOf(value: string): number | null {
  const match = DURATION.exec(value);
  if (!match || value.endsWith("P") || value.endsWith("T")) return null;
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  return days * 86_400 + hours * 3600 + minutes * 60 + seconds;
}
const duration = parsed(secondsOf, "not a duration");

const instantOf = (value: string): number | null => {
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? null : ms;
};
/** A wall clock's time, as if it were UTC's, ms. */
const wall = parsed((value) => instantOf(`${value.replace(/Z$/, "")}Z`), "not a time");
/** A time with its offset, s. */
const moment = parsed((value) => {
  const [, sign, hours, minutes] = /(?:Z|([+-])(\d\d):?(\d\d))$/.exec(value) ?? [];
  const time = instantOf(value);
  if (time === null || !/T.*(?:Z|[+-]\d\d:?\d\d)$/.test(value)) return null;
  return { time, offset: sign ? (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60) : 0 };
}, "not a time with its offset");

/** By the clock, `HH:MM`. */
const byClock = z.record(z.string(), z.unknown()).nullish();

export const exercise = either({
  id,
  start_time: wall,
  /** Minutes. */
  start_time_utc_offset: z.number(),
  duration: duration.nullish(),
  calories: number,
  distance: number,
  heart_rate: either({ average: number, maximum: number }).nullish(),
  training_load: number,
  sport: text,
  detailed_sport_info: text,
  device: text,
  device_id: text,
  running_index: number,
  club_name: text,
  fat_percentage: number,
  carbohydrate_percentage: number,
  protein_percentage: number,
  training_load_pro: spelled(z.record(z.string(), z.unknown())).nullish(),
  heart_rate_zones: list,
  samples: list,
  route: list,
});
export type Exercise = z.infer<typeof exercise>;
export const zone = either({
  index: z.number(),
  lower_limit: number,
  upper_limit: number,
  in_zone: duration.nullish(),
});
export const samples = either({
  /** s; null where each value has a length of its own. */
  recording_rate: number,
  sample_type: z.union([z.string(), z.number()]).transform(String),
  data: z.string(),
});
export const point = z.object({ latitude: z.number(), longitude: z.number(), time: duration });

export const night = z.object({
  date,
  sleep_start_time: moment,
  sleep_end_time: moment.nullish(),
  device_id: text,
  light_sleep: number,
  deep_sleep: number,
  rem_sleep: number,
  unrecognized_sleep_stage: number,
  total_interruption_duration: number,
  short_interruption_duration: number,
  long_interruption_duration: number,
  continuity: number,
  continuity_class: number,
  sleep_score: number,
  sleep_charge: number,
  sleep_rating: number,
  sleep_cycles: number,
  sleep_goal: number,
  group_duration_score: number,
  group_solidity_score: number,
  group_regeneration_score: number,
  hypnogram: byClock,
  heart_rate_samples: byClock,
});
export type Night = z.infer<typeof night>;

export const recharge = z.object({
  date,
  heart_rate_avg: number,
  heart_rate_variability_avg: number,
  breathing_rate_avg: number,
  nightly_recharge_status: number,
  ans_charge: number,
  hrv_samples: byClock,
  breathing_samples: byClock,
});
export type Recharge = z.infer<typeof recharge>;

export const activityDay = z.object({
  start_time: z
    .string()
    .transform((value) => value.slice(0, 10))
    .refine(isDate, "not a date"),
  active_duration: duration.nullish(),
  steps: number,
  calories: number,
  active_calories: number,
  distance_from_steps: number,
  daily_activity: number,
  inactivity_alert_count: number,
});
export const heartDay = z.object({
  date,
  heart_rate_samples: z.array(z.object({ heart_rate: z.unknown(), sample_time: z.unknown() })).nullish(),
});
export const cardioLoad = z.object({
  date,
  cardio_load_status: text,
  cardio_load: number,
  strain: number,
  tolerance: number,
  cardio_load_ratio: number,
});
export const physicalInfo = either({
  modified: text,
  weight: number,
  height: number,
  resting_heart_rate: number,
  vo2_max: number,
});
export const skinTemperature = z.object({
  sleep_date: date,
  sleep_time_skin_temperature_celsius: number,
  deviation_from_baseline_celsius: number,
});
/** `test_time` unix s, the offset in minutes. */
export const oxygenTest = z.object({
  test_time: z.number(),
  time_zone_offset: z.number(),
  test_status: text,
  blood_oxygen_percent: number,
});
export const alertness = z.object({
  grade: number,
  grade_type: text,
  result_type: text,
  sleep_period_end_time: z
    .string()
    .transform((value) => value.slice(0, 10))
    .refine(isDate, "not a date"),
});

export const user = either({ polar_user_id: id.nullish(), first_name: text, last_name: text });

export const event = z.object({
  event: z.string(),
  user_id: id,
  /** It enters a path. */
  entity_id: z.union([z.string().regex(/^[\w-]+$/), z.number().int().transform(String)]).nullish(),
  date: date.nullish(),
  from: date.nullish(),
  to: date.nullish(),
});
export const webhook = z.object({ id, url: z.string(), active: z.boolean().nullish(), signature_secret_key: text });
export const webhooks = z.object({ data: z.array(webhook) });
export const createdWebhook = z.object({ data: webhook });
export const greeting = z.object({ event: z.literal("PING") });
