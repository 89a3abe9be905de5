/** What the normalisers read of WHOOP's JSON, and no more: unknown members pass, and a member that is not read cannot fail. */
import { z } from "zod";

/** int64: a number while it fits, a string of all digits beyond 2^53. */
const id = z.union([z.string().regex(/^\d+$/), z.number().int().nonnegative()]).transform(String);
const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, "not a UUID");
const number = z.number().nullish();
const text = z.string().nullish();

const instant = z.string().transform((value, check) => {
  const ms = Date.parse(value);
  if (!Number.isNaN(ms)) return ms;
  check.addIssue({ code: "custom", message: "not a date" });
  return z.NEVER;
});

/** `+hh:mm`, `-hh:mm` or `Z` → s; anything else is unknown. */
const offset = z
  .string()
  .nullish()
  .transform((value) => {
    if (value === "Z") return 0;
    const match = /^([+-])(\d{2}):?(\d{2})$/.exec(value ?? "");
    return match ? (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 3600 + Number(match[3]) * 60) : null;
  });

/** There only where the record is SCORED; absent or null elsewhere. */
const score_state = z.string().nullish();

export const workout = z.object({
  id: uuid,
  start: instant,
  end: instant.nullish(),
  timezone_offset: offset,
  sport_name: text,
  sport_id: number,
  score_state,
  score: z
    .object({
      strain: number,
      average_heart_rate: number,
      max_heart_rate: number,
      kilojoule: number,
      percent_recorded: number,
      distance_meter: number,
      altitude_gain_meter: number,
      altitude_change_meter: number,
      zone_durations: z.record(z.string(), number).nullish(),
    })
    .nullish(),
});
export type Workout = z.infer<typeof workout>;

export const sleep = z.object({
  id: uuid,
  cycle_id: id.nullish(),
  start: instant,
  end: instant.nullish(),
  timezone_offset: offset,
  nap: z.boolean().nullish(),
  score_state,
  score: z
    .object({
      stage_summary: z
        .object({
          total_in_bed_time_milli: number,
          total_awake_time_milli: number,
          total_no_data_time_milli: number,
          total_light_sleep_time_milli: number,
          total_slow_wave_sleep_time_milli: number,
          total_rem_sleep_time_milli: number,
          sleep_cycle_count: number,
          disturbance_count: number,
        })
        .nullish(),
      sleep_needed: z.record(z.string(), number).nullish(),
      respiratory_rate: number,
      sleep_performance_percentage: number,
      sleep_consistency_percentage: number,
      sleep_efficiency_percentage: number,
    })
    .nullish(),
});
export type Sleep = z.infer<typeof sleep>;

export const recovery = z.object({
  cycle_id: id.nullish(),
  sleep_id: uuid,
  score_state,
  score: z
    .object({
      recovery_score: number,
      resting_heart_rate: number,
      hrv_rmssd_milli: number,
      spo2_percentage: number,
      skin_temp_celsius: number,
    })
    .nullish(),
});
export type Recovery = z.infer<typeof recovery>;

export const cycle = z.object({
  id,
  start: instant,
  end: instant.nullish(),
  timezone_offset: offset,
  score_state,
  score: z.object({ strain: number, kilojoule: number, average_heart_rate: number, max_heart_rate: number }).nullish(),
});
export type Cycle = z.infer<typeof cycle>;

export const profile = z.object({ user_id: id, first_name: text, last_name: text });
export const body = z.object({ height_meter: number, weight_kilogram: number });
/** Every record names its owner. */
export const owned = z.object({ user_id: id });

/** The end of a list is `next_token` null, absent or empty. */
export const collection = z.object({
  records: z.array(z.unknown()),
  next_token: z
    .string()
    .nullish()
    .transform((token) => token || null),
});

export const event = z.object({ user_id: id, id: uuid, type: z.string() });
export const refusal = z.object({ error: z.string().catch("") }).catch({ error: "" });
