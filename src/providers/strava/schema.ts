/** What is read of Strava's JSON, and no more: unknown members pass, and one that is not read cannot fail. */
import { z } from "zod";
import { each, flags, id, instant, list, number, numbers, offsets, text, texts, words } from "../shapes.ts";

/** What can only be 0 or more: less is no reading. */
const amounts = each(number.transform((value) => (value != null && value >= 0 ? value : null)));

/** Degrees; a place that is none on earth is no place. */
const latLng = z
  .union([
    z.tuple([z.number().min(-90).max(90), z.number().min(-180).max(180)]),
    z.array(z.unknown()).transform(() => null),
  ])
  .nullish()
  .transform((pair) => pair ?? null);

/** Kept by their names. Only what stays as it is: a kudos more must not make an activity a changed one. */
const kept = {
  ...amounts("kilojoules weighted_average_watts"), // kJ are work, not energy burnt
  ...flags("device_watts commute private flagged"),
  ...texts("timezone visibility gear_id external_id"),
  workout_type: number,
};
export const KEPT = Object.keys(kept) as (keyof typeof kept)[];

/** Summary and detail alike. */
export const activity = z.object({
  id,
  start_date: instant,
  ...kept,
  ...texts("name sport_type type device_name upload_id_str"),
  ...offsets("utc_offset"),
  ...numbers("average_temp elev_high elev_low"),
  ...amounts("elapsed_time moving_time distance total_elevation_gain average_speed max_speed suffer_score"),
  ...amounts("average_heartrate max_heartrate average_cadence average_watts max_watts"),
  ...flags("has_heartrate trainer manual"),
  upload_id: id.nullish(),
  start_latlng: latLng,
  map: z.object(texts("summary_polyline polyline")).nullish(),
});
export type Activity = z.infer<typeof activity>;

/** What says of a list's item which one it is and when, where the rest cannot be read. */
export const activityKey = activity.pick({ id: true, start_date: true });

export const lap = z.object({
  start_date: instant,
  ...amounts("elapsed_time moving_time distance average_heartrate max_heartrate"),
});
export type Lap = z.infer<typeof lap>;

export const detail = activity.extend({
  ...amounts("calories perceived_exertion"),
  description: text,
  gear: z.object({ name: text }).nullish(),
  laps: list,
});
export type Detail = z.infer<typeof detail>;

/** Each is read for its data; a type that is not there was not recorded. */
export const streams = z.object(
  each(z.object({ data: z.array(z.unknown()) }).nullish())(
    "time distance latlng altitude velocity_smooth heartrate cadence watts temp moving",
  ),
);
export type Streams = z.infer<typeof streams>;

export const athlete = z.object({
  id,
  ...texts("firstname lastname username profile"),
  created_at: instant.nullish().catch(null),
});
export type Athlete = z.infer<typeof athlete>;

/** `{"message", "errors": [{resource, field, code}]}`; other shapes – a sentence in `errors`, a page of HTML – name nothing. */
const named = z.object(each(z.string().catch(""))("resource field code"));
export const refusal = z.object({ errors: z.array(named).catch([]) }).catch({ errors: [] });

/** One event of a webhook; values of `updates` are strings, booleans are taken too. */
export const event = z.object({
  object_type: z.string(),
  object_id: id,
  aspect_type: z.string(),
  owner_id: id,
  updates: words,
});

/** Documentation shows the id alone. */
export const subscription = z
  .object({ id, callback_url: z.string().catch("") })
  .transform(({ id, callback_url }) => ({ external_id: id, callback_url, secret: null, expires_at: null }));
export const subscriptions = z.array(subscription);
