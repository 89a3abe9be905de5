/** What is read of AccessLink v3, and no more: unknown members pass, and a member that is not read cannot fail. */
import { z } from "zod";
import { date, duration, each, instant, list, minutes, moment, numbers, readings, texts, words } from "../shapes.ts";

/** Keys come in snake case with hyphens here and there, of the older calls in hyphens throughout: either is read. */
export const spelled = z
  .record(z.string(), z.unknown())
  .transform((all) => Object.fromEntries(Object.entries(all).map(([key, of]) => [key.replaceAll("-", "_"), of])));

/** As text: user ids are integers, exercise ids hashes or, of the older calls, integers. */
export const id = z.union([z.string().min(1), z.number().int()]).transform(String);

/** A wall clock's time, as if it were UTC's, ms. */
const wall = z.preprocess((value) => (typeof value === "string" ? `${value.replace(/Z$/, "")}Z` : value), instant);
/** The day of a wall clock's time. */
export const day = z.preprocess((value) => (typeof value === "string" ? value.slice(0, 10) : value), date);

/** Values under `HH:MM`. */
const byClock = each(words);

/** What of an exercise has no name of ours. */
export const exerciseExtra = z.object({
  ...texts("sport detailed_sport_info device_id club_name"),
  ...readings("running_index"),
  ...numbers("fat_percentage carbohydrate_percentage protein_percentage"),
});
export const exercise = spelled.pipe(
  exerciseExtra.extend({
    id,
    start_time: wall,
    start_time_utc_offset: minutes,
    duration: duration.nullish(),
    ...numbers("calories distance"),
    ...readings("training_load"),
    heart_rate: z.object(readings("average maximum")).nullish(),
    ...texts("device"),
    training_load_pro: spelled.nullish(),
    ...each(list)("heart_rate_zones samples route"),
  }),
);
export type Exercise = z.infer<typeof exercise>;
export const zone = spelled.pipe(
  z.object({ index: z.number(), ...numbers("lower_limit upper_limit"), in_zone: duration.nullish() }),
);
/** The rate in s; null where each value has a length of its own. */
export const samples = spelled.pipe(z.object({ ...numbers("recording_rate"), sample_type: id, data: z.string() }));
export const point = z.object({ latitude: z.number(), longitude: z.number(), time: duration });

/** What of a night has no name of ours. */
export const nightExtra = z.object({
  ...texts("device_id"),
  ...numbers("sleep_cycles"),
  ...readings("continuity continuity_class sleep_charge sleep_rating"),
  ...readings("group_duration_score group_solidity_score group_regeneration_score"),
});
export const night = nightExtra.extend({
  date,
  sleep_start_time: moment,
  sleep_end_time: moment.nullish(),
  ...numbers("light_sleep deep_sleep rem_sleep unrecognized_sleep_stage"),
  ...numbers("total_interruption_duration short_interruption_duration long_interruption_duration"),
  ...readings("sleep_score sleep_goal"),
  ...byClock("hypnogram heart_rate_samples"),
});
export type Night = z.infer<typeof night>;

export const recharge = z.object({
  date,
  ...readings("heart_rate_avg heart_rate_variability_avg breathing_rate_avg nightly_recharge_status"),
  ...numbers("ans_charge"),
  ...byClock("hrv_samples breathing_samples"),
});

export const event = z.object({
  event: z.string(),
  user_id: id,
  /** It enters a path. */
  entity_id: z.union([z.string().regex(/^[\w-]+$/), z.number().int().transform(String)]).nullish(),
  ...each(date.nullish())("date from to"),
});
/** One subscription, as ours are told. */
export const webhook = z
  .object({ id, url: z.string(), active: z.boolean().nullish(), ...texts("signature_secret_key") })
  .transform(({ id, url, active, signature_secret_key }) => ({
    external_id: id,
    callback_url: url,
    secret: signature_secret_key ?? null,
    expires_at: null,
    is_asleep: active === false,
  }));
