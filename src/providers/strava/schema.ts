/**
 * What the normalisers read of Strava's JSON, and no more: unknown members pass, and a member that is not read cannot fail.
 * Ids are int64: they arrive as numbers while they fit and as strings of all their digits beyond 2^53.
 */
import { z } from "zod";

const id = z.union([z.string().regex(/^\d+$/), z.number().int().nonnegative()]).transform(String);
const number = z.number().nullish();
/** What can only be 0 or more: less is no reading. */
const amount = number.transform((value) => (typeof value === "number" && value < 0 ? null : value));
const text = z.string().nullish();
const flag = z.boolean().nullish();

const instant = z.string().transform((value, check) => {
  const ms = Date.parse(value);
  if (!Number.isNaN(ms)) return ms;
  check.addIssue({ code: "custom", message: "not a date" });
  return z.NEVER;
});

/** Degrees; a place that is none on earth is no place. */
const latLng = z
  .union([
    z.tuple([z.number().min(-90).max(90), z.number().min(-180).max(180)]),
    z.array(z.unknown()).transform(() => null),
  ])
  .nullish()
  .transform((pair) => pair ?? null);

/** Summary and detail alike. */
export const activity = z.object({
  id,
  start_date: instant,
  name: text,
  sport_type: z.string().nullish(),
  type: z.string().nullish(),
  utc_offset: number,
  timezone: text,
  elapsed_time: amount,
  moving_time: amount,
  distance: amount,
  total_elevation_gain: amount,
  average_speed: amount,
  max_speed: amount,
  has_heartrate: flag,
  average_heartrate: amount,
  max_heartrate: amount,
  average_cadence: amount,
  average_watts: amount,
  max_watts: amount,
  weighted_average_watts: amount,
  kilojoules: amount,
  device_watts: flag,
  average_temp: number,
  elev_high: number,
  elev_low: number,
  suffer_score: amount,
  device_name: text,
  trainer: flag,
  manual: flag,
  commute: flag,
  private: flag,
  flagged: flag,
  visibility: text,
  workout_type: number,
  gear_id: text,
  external_id: text,
  upload_id: id.nullish(),
  upload_id_str: text,
  start_latlng: latLng,
  map: z.object({ summary_polyline: text, polyline: text }).nullish(),
});
export type StravaActivity = z.infer<typeof activity>;

/** What says of a list's item which one it is and when, where the rest cannot be read. */
export const activityKey = activity.pick({ id: true, start_date: true });

export const lap = z.object({
  start_date: instant,
  elapsed_time: amount,
  moving_time: amount,
  distance: amount,
  average_heartrate: amount,
  max_heartrate: amount,
});
export type StravaLap = z.infer<typeof lap>;

export const detail = activity.extend({
  calories: amount,
  description: text,
  perceived_exertion: amount,
  gear: z.object({ id: text, name: text }).nullish(),
  laps: z.array(z.unknown()).nullish(),
});
export type StravaDetail = z.infer<typeof detail>;

/** A stream is read for its data; a type that is not there was not recorded. */
const stream = z.object({ data: z.array(z.unknown()) }).nullish();
export const streams = z.object({
  time: stream,
  latlng: stream,
  altitude: stream,
  heartrate: stream,
  cadence: stream,
  watts: stream,
  velocity_smooth: stream,
  temp: stream,
  distance: stream,
  moving: stream,
});
export type StravaStreams = z.infer<typeof streams>;

export const athlete = z.object({
  id,
  firstname: text,
  lastname: text,
  username: text,
  profile: text,
  created_at: text,
});
export type StravaAthlete = z.infer<typeof athlete>;

/** `{"message", "errors": [{resource, field, code}]}`; other shapes – a sentence in `errors`, a page of HTML – name nothing. */
const named = z.object({ resource: z.string().catch(""), field: z.string().catch(""), code: z.string().catch("") });
export const refusal = z.object({ errors: z.array(named).catch([]) }).catch({ errors: [] });

/** One event of a webhook; values of `updates` are strings, booleans are taken too. */
export const event = z.object({
  object_type: z.string(),
  object_id: id,
  aspect_type: z.string(),
  owner_id: id,
  updates: z.record(z.string(), z.unknown()).nullish(),
});

/** Documentation shows the id alone. */
export const subscription = z.object({ id, callback_url: z.string().catch("") });
export const subscriptions = z.array(subscription);
