/** What the normalisers read of WHOOP's JSON, and no more: a member that is not read cannot fail. */
import { z } from "zod";
import { nameOf } from "../reading.ts";
import { flag, id, instant, number, numbers, offsetOf, text, texts } from "../shapes.ts";

const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, "not a UUID");
const parts = z.record(z.string(), number).nullish();

/** s; here `Z` is an offset of 0, and what is none is unknown. */
const offset = text.transform((told) => (told === "Z" ? 0 : (offsetOf(told ?? "") ?? null)));
/** `score` is there only where the record is SCORED; absent or null elsewhere. */
const span = { start: instant, end: instant.nullish(), timezone_offset: offset, score_state: text };

const nested = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape).nullish();

const exertion = numbers("strain average_heart_rate max_heart_rate kilojoule");

export const workout = z.object({
  id: uuid,
  ...span,
  sport_name: text,
  sport_id: number,
  score: nested({
    ...exertion,
    ...numbers("percent_recorded distance_meter altitude_gain_meter altitude_change_meter"),
    zone_durations: parts,
  }),
});

export const sleep = z.object({
  id: uuid,
  cycle_id: id.nullish(),
  ...span,
  nap: flag,
  score: nested({
    stage_summary: nested({
      ...numbers("total_in_bed_time_milli total_awake_time_milli total_no_data_time_milli"),
      ...numbers("total_light_sleep_time_milli total_slow_wave_sleep_time_milli total_rem_sleep_time_milli"),
      ...numbers("sleep_cycle_count disturbance_count"),
    }),
    sleep_needed: parts,
    ...numbers("respiratory_rate sleep_performance_percentage"),
    ...numbers("sleep_consistency_percentage sleep_efficiency_percentage"),
  }),
});

export const recovery = z.object({
  cycle_id: id.nullish(),
  sleep_id: uuid,
  score_state: text,
  score: nested(numbers("recovery_score resting_heart_rate hrv_rmssd_milli spo2_percentage skin_temp_celsius")),
});

export const cycle = z.object({ id, ...span, score: nested(exertion) });

/** The person's name. */
export const profile = z
  .object({ user_id: id, ...texts("first_name last_name") })
  .transform(({ first_name, last_name }) => nameOf(first_name, last_name));
export const body = z.object(numbers("height_meter weight_kilogram"));
/** Every record names its owner. */
export const owned = z.object({ user_id: id });

/** The end of a list is `next_token` null, absent or empty. */
const token = text.transform((told) => told || null);
export const collection = z.object({ records: z.array(z.unknown()), next_token: token });

export const event = z.object({ user_id: id, id: uuid, type: z.string() });
export const deactivated = z.object({ error: z.literal("deactivated_user") });
