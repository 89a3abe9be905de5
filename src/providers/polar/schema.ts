/** What is read of AccessLink v3, and no more: unknown members pass, and a member that is not read cannot fail. */
import { z } from "zod";
import { date, each, flag, instant, list, moment, number, numbers, parsed, text, texts, words } from "../shapes.ts";

/** Keys come in snake case with hyphens here and there, of the older calls in hyphens throughout: either is read. */
const spelled = z
  .record(z.string(), z.unknown())
  .transform((all) => Object.fromEntries(Object.entries(all).map(([key, of]) => [key.replaceAll("-", "_"), of])));

/** Numbers of which 0 is none. */
const measures = each(number.transform((value) => value || null));

/** User ids are integers, exercise ids hashes or, of the older calls, integers. */
export const id = z.union([z.string().min(1), z.number().int()]).transform(String);

const UNITS_S = [86_400, 3600, 60, 1];
/** ISO 8601 → s: `PT2H44M`, `PT4658.866S`, `P1DT2H`. */
export function secondsOf(value: string): number | null {
  const parts = /^P(?=.)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(value)?.slice(1);
  return parts?.reduce((sum, part, i) => sum + Number(part ?? 0) * UNITS_S[i]!, 0) ?? null;
}
const duration = parsed(secondsOf, "not a duration");

/** A wall clock's time, as if it were UTC's, ms. */
const wall = z
  .string()
  .transform((value) => `${value.replace(/Z$/, "")}Z`)
  .pipe(instant);
/** The day of a wall clock's time. */
const day = z
  .string()
  .transform((value) => value.slice(0, 10))
  .pipe(date);

/** `HH:MM`, `HH:MM:SS` → s of a day. */
export function clockOf(value: unknown): number | null {
  const match = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(String(value));
  return match && Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0);
}

/** What of an exercise has no name of ours. */
export const exerciseExtra = z.object({
  ...texts("sport detailed_sport_info device_id club_name"),
  ...measures("running_index"),
  ...numbers("fat_percentage carbohydrate_percentage protein_percentage"),
});
export const exercise = spelled.pipe(
  exerciseExtra.extend({
    id,
    start_time: wall,
    start_time_utc_offset: z.number(), // minutes
    duration: duration.nullish(),
    ...numbers("calories distance"),
    ...measures("training_load"),
    heart_rate: z.object(measures("average maximum")).nullish(),
    device: text,
    training_load_pro: spelled.nullish(),
    heart_rate_zones: list,
    samples: list,
    route: list,
  }),
);
export type Exercise = z.infer<typeof exercise>;
export const zone = spelled.pipe(
  z.object({ index: z.number(), ...numbers("lower_limit upper_limit"), in_zone: duration.nullish() }),
);
export const samples = spelled.pipe(
  z.object({
    /** s; null where each value has a length of its own. */
    recording_rate: number,
    sample_type: z.union([z.string(), z.number()]).transform(String),
    data: z.string(),
  }),
);
export const point = z.object({ latitude: z.number(), longitude: z.number(), time: duration });

/** What of a night has no name of ours. */
export const nightExtra = z.object({
  device_id: text,
  ...numbers("sleep_cycles"),
  ...measures("continuity continuity_class sleep_charge sleep_rating"),
  ...measures("group_duration_score group_solidity_score group_regeneration_score"),
});
export const night = nightExtra.extend({
  date,
  sleep_start_time: moment,
  sleep_end_time: moment.nullish(),
  ...numbers("light_sleep deep_sleep rem_sleep unrecognized_sleep_stage"),
  ...numbers("total_interruption_duration short_interruption_duration long_interruption_duration"),
  ...measures("sleep_score sleep_goal"),
  hypnogram: words,
  heart_rate_samples: words,
});
export type Night = z.infer<typeof night>;

export const recharge = z.object({
  date,
  ...measures("heart_rate_avg heart_rate_variability_avg breathing_rate_avg nightly_recharge_status"),
  ...numbers("ans_charge"),
  hrv_samples: words,
  breathing_samples: words,
});

export const activityDay = z.object({
  start_time: day,
  active_duration: duration.nullish(),
  ...numbers("steps calories active_calories distance_from_steps daily_activity inactivity_alert_count"),
});
export const heartDay = z.object({
  date,
  heart_rate_samples: z.array(z.object({ heart_rate: z.unknown(), sample_time: z.unknown() })).nullish(),
});
export const cardioLoad = z.object({
  date,
  cardio_load_status: text,
  ...numbers("cardio_load strain tolerance cardio_load_ratio"),
});
export const physicalInfo = spelled.pipe(
  z.object({ modified: instant, ...numbers("weight height resting_heart_rate vo2_max") }),
);
export const skinTemperature = z.object({
  sleep_date: date,
  ...numbers("sleep_time_skin_temperature_celsius deviation_from_baseline_celsius"),
});
/** `test_time` in s, the offset in minutes. */
export const oxygenTest = z.object({
  test_time: z.number(),
  time_zone_offset: z.number(),
  test_status: text,
  blood_oxygen_percent: number,
});
export const alertness = z.object({
  sleep_period_end_time: day,
  ...texts("grade_type result_type"),
  ...measures("grade"),
});

export const user = spelled.pipe(z.object(texts("first_name last_name")));

export const event = z.object({
  event: z.string(),
  user_id: id,
  /** It enters a path. */
  entity_id: z.union([z.string().regex(/^[\w-]+$/), z.number().int().transform(String)]).nullish(),
  date: date.nullish(),
  from: date.nullish(),
  to: date.nullish(),
});
/** One subscription, as ours are told. */
export const webhook = z
  .object({ id, url: z.string(), active: flag, signature_secret_key: text })
  .transform(({ id, url, active, signature_secret_key }) => ({
    external_id: id,
    callback_url: url,
    secret: signature_secret_key ?? null,
    expires_at: null,
    is_asleep: active === false,
  }));
