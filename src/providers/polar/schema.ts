/** What is read of AccessLink v3, and no more: unknown members pass, and a member that is not read cannot fail. */
import { z } from "zod";
import { date, each, flag, instant, list, moment, number, numbers, parsed, text, texts, words } from "../shapes.ts";

/** Keys come in snake case with hyphens here and there, of the older calls in hyphens throughout: either is read. */
export const spelled = z
  .record(z.string(), z.unknown())
  .transform((all) => Object.fromEntries(Object.entries(all).map(([key, of]) => [key.replaceAll("-", "_"), of])));

/** Numbers of which 0 is none. */
export const measures = each(number.transform((value) => value || null));

/** As text: user ids are integers, exercise ids hashes or, of the older calls, integers. */
export const id = z.union([z.string().min(1), z.number().int()]).transform(String);

const UNITS_S = [86_400, 3600, 60, 1];
/** ISO 8601 → s: `PT2H44M`, `PT4658.866S`, `P1DT2H`. */
export function secondsOf(value: string): number | null {
  const parts = /^P(?=.)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(value)?.slice(1);
  return parts?.reduce((sum, part, i) => sum + Number(part ?? 0) * UNITS_S[i]!, 0) ?? null;
}
export const duration = parsed(secondsOf, "not a duration");

/** A wall clock's time, as if it were UTC's, ms. */
const wall = z.preprocess((value) => (typeof value === "string" ? `${value.replace(/Z$/, "")}Z` : value), instant);
/** The day of a wall clock's time. */
export const day = z.preprocess((value) => (typeof value === "string" ? value.slice(0, 10) : value), date);

/** `HH:MM`, `HH:MM:SS` → s of a day. */
export function clockOf(value: unknown): number | null {
  const match = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(String(value));
  return match && Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0);
}

/** Values under `HH:MM`. */
const byClock = each(words);

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
  ...byClock("hypnogram heart_rate_samples"),
});
export type Night = z.infer<typeof night>;

export const recharge = z.object({
  date,
  ...measures("heart_rate_avg heart_rate_variability_avg breathing_rate_avg nightly_recharge_status"),
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
  .object({ id, url: z.string(), active: flag, signature_secret_key: text })
  .transform(({ id, url, active, signature_secret_key }) => ({
    external_id: id,
    callback_url: url,
    secret: signature_secret_key ?? null,
    expires_at: null,
    is_asleep: active === false,
  }));
