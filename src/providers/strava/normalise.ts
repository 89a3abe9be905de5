/** Strava's JSON → our records; pure. Fields and traps in docs/providers/strava.md. */
import type { ActivityRecord } from "../../domain/batch.ts";
import type { ActivityFields, Track, TrackChannel } from "../../domain/records.ts";
import type { Identity } from "../provider.ts";
import { finite, nameOf, present } from "../reading.ts";
import { type Activity, type Athlete, type Detail, KEPT, type Lap, type Streams } from "./schema.ts";
import { toSport } from "./sports.ts";

/** A `SummaryActivity`: all but calories, description, exertion, gear's name and laps. */
export function toSummary(a: Activity, of: number): ActivityRecord {
  return {
    external_id: a.id,
    part: "list",
    fields: fields(a, a.map?.summary_polyline),
    // What was typed in has no streams.
    wants: a.manual ? ["activity_detail"] : ["activity_detail", "activity_track"],
    element: of,
  };
}

/** A `DetailedActivity`. */
export function toDetail(d: Detail, laps: Lap[], of: number): ActivityRecord {
  const more = { description: d.description || null, gear: d.gear?.name };
  return {
    external_id: d.id,
    part: "detail",
    fields: {
      ...fields(d, d.map?.polyline ?? d.map?.summary_polyline, more),
      energy_kcal: d.calories,
      rpe: d.perceived_exertion,
    },
    laps: laps.map((lap) => ({
      start: lap.start_date - d.start_date,
      elapsed_s: lap.elapsed_time,
      moving_s: lap.moving_time,
      distance_m: lap.distance,
      avg_heart_rate_bpm: lap.average_heartrate || null,
      max_heart_rate_bpm: lap.max_heartrate || null,
    })),
    element: of,
  };
}

function fields(a: Activity, polyline: string | null | undefined, more: object = {}): Partial<ActivityFields> {
  const [sport, sub_sport] = toSport(a.sport_type, a.type, a.trainer === true);
  const heart = a.has_heartrate !== false;
  return {
    sport,
    sub_sport,
    name: a.name ?? null,
    start_time: a.start_date,
    utc_offset_s: a.utc_offset ?? null,
    elapsed_s: a.elapsed_time,
    moving_s: a.moving_time,
    distance_m: a.distance,
    ascent_m: a.total_elevation_gain,
    avg_heart_rate_bpm: heart ? a.average_heartrate || null : null,
    max_heart_rate_bpm: heart ? a.max_heartrate || null : null,
    avg_speed_mps: a.average_speed,
    // Typed in: nothing was measured.
    max_speed_mps: a.manual ? a.max_speed || null : a.max_speed,
    avg_power_w: a.average_watts,
    max_power_w: a.max_watts,
    // Of runs Strava counts one leg: strides already.
    avg_cadence_rpm: a.average_cadence,
    // Older lists do not tell the device: then it is the detail's to say.
    ...(a.device_name === undefined ? {} : { device: a.device_name || null }),
    is_manual: a.manual ?? null,
    is_indoor: a.trainer ?? null,
    start_lat: a.start_latlng?.[0] ?? null,
    start_lng: a.start_latlng?.[1] ?? null,
    polyline: polyline || null,
    training_load: a.suffer_score,
    extra: present({
      ...Object.fromEntries(KEPT.map((name) => [name, a[name]])),
      sport_type: a.sport_type ?? a.type,
      average_temp_c: a.average_temp,
      elev_high_m: a.elev_high,
      elev_low_m: a.elev_low,
      upload_id: a.upload_id_str ?? a.upload_id,
      ...more,
    }),
  };
}

/** Of a pair both or none: a place that is none on earth is no place. */
const degrees = (pair: unknown, which: 0 | 1): number | null => {
  const [lat, lng] = Array.isArray(pair) ? pair.map(finite) : [];
  return lat != null && lng != null && Math.abs(lat) <= 90 && Math.abs(lng) <= 180 ? [lat, lng][which]! : null;
};
const CHANNELS: [TrackChannel, keyof Streams, (value: unknown) => number | null][] = [
  ["lat", "latlng", (pair) => degrees(pair, 0)],
  ["lng", "latlng", (pair) => degrees(pair, 1)],
  ["altitude_m", "altitude", finite],
  ["heart_rate_bpm", "heartrate", (value) => finite(value) || null],
  ["cadence_rpm", "cadence", finite],
  ["power_w", "watts", finite], // 0: coasting
  ["speed_mps", "velocity_smooth", finite],
  ["temperature_c", "temp", finite],
  ["distance_m", "distance", finite],
  ["moving", "moving", (value) => (typeof value === "boolean" ? Number(value) : finite(value))],
];

/** Null without `time`, since an index is not a second. Points that do not go forward are left out. */
export function toTrack(s: Streams): Track | null {
  if (!s.time) return null;
  const time: number[] = [];
  const kept: number[] = [];
  s.time.data.forEach((value, i) => {
    const at = finite(value);
    if (at === null || (time.length > 0 && at * 1000 <= time.at(-1)!)) return;
    time.push(at * 1000);
    kept.push(i);
  });
  const channels: Track["channels"] = {};
  for (const [channel, name, read] of CHANNELS) {
    const data = s[name]?.data;
    if (!data) continue;
    const values = kept.map((i) => read(data[i]));
    if (values.some((value) => value !== null)) channels[channel] = values;
  }
  return { time, channels, laps: [] };
}

/** The person's picture is a path of Strava's own where there is none. */
export function toIdentity(a: Athlete): Identity {
  return {
    provider_user_id: a.id,
    display_name: nameOf(a.firstname, a.lastname) ?? nameOf(a.username),
    avatar_url: a.profile?.startsWith("https://") ? a.profile : null,
  };
}
