/** Exercises with their samples and routes. Fields and traps in docs/providers/polar.md. */
import type { z } from "zod";
import type { ActivityRecord } from "../../domain/batch.ts";
import { encodePolyline } from "../../domain/polyline.ts";
import type { ActivityFields, Track, TrackChannel } from "../../domain/records.ts";
import { type Item, present, readable } from "../reading.ts";
import { type Channel, type Point, trackOf } from "../tracks.ts";
import { type Exercise, exerciseExtra, point, samples, zone } from "./schema.ts";
import { toSport } from "./sports.ts";

/** With samples, zones and route. */
export function toDetail(e: Exercise, into: Item): ActivityRecord {
  const zones = readable(e.heart_rate_zones, zone, into, "/heart_rate_zones").map((z) =>
    present({ index: z.index, lower_bpm: z.lower_limit, upper_bpm: z.upper_limit, in_zone_s: z.in_zone }),
  );
  const route = readable(e.route, point, into, "/route");
  const [lat, lng] = [route.map(({ latitude }) => latitude), route.map(({ longitude }) => longitude)];
  const fields = fieldsOf(e);
  return {
    external_id: e.id,
    part: "detail",
    fields: {
      ...fields,
      start_lat: lat[0] ?? null,
      start_lng: lng[0] ?? null,
      polyline: encodePolyline(lat, lng) || null,
      extra: { ...fields.extra, ...(zones.length > 0 && { heart_rate_zones: zones }) },
    },
    track: toTrack(readable(e.samples, samples, into, "/samples"), route),
    element: into.of,
  };
}

const NO_VALUE = new Set<unknown>([null, "NOT_AVAILABLE", "UNKNOWN"]);

/** As list and detail have it. */
export function fieldsOf(e: Exercise): Partial<ActivityFields> {
  const [sport, sub_sport] = toSport(e.detailed_sport_info, e.sport);
  const offset = e.start_time_utc_offset;
  const load = Object.entries(e.training_load_pro ?? {}).filter(([, value]) => !NO_VALUE.has(value));
  const rpe = e.training_load_pro?.user_rpe;
  return {
    sport,
    sub_sport,
    start_time: e.start_time - offset * 1000,
    utc_offset_s: offset,
    elapsed_s: e.duration ?? null,
    distance_m: e.distance ?? null,
    energy_kcal: e.calories ?? null,
    // `{}` where nothing was worn.
    avg_heart_rate_bpm: e.heart_rate?.average ?? null,
    max_heart_rate_bpm: e.heart_rate?.maximum ?? null,
    device: e.device || null,
    training_load: e.training_load,
    rpe: (typeof rpe === "number" && rpe) || null,
    extra: present({ ...exerciseExtra.parse(e), training_load_pro: load.length > 0 ? Object.fromEntries(load) : null }),
  };
}

/** By `sample-type`, with what divides into our unit; the others are pedalling index, left and right, air pressure, RR intervals. */
// biome-ignore format: a table
const CHANNELS = new Map<string, Channel>([
  ["0", ["heart_rate_bpm", 1]], ["1", ["speed_mps", 3.6]], ["2", ["cadence_rpm", 1]], ["3", ["altitude_m", 1]],
  ["4", ["power_w", 1]], ["8", ["cadence_rpm", 2]], ["9", ["temperature_c", 1]], ["10", ["distance_m", 1]],
]);

/** Slot i of a list stands at i times its rate, points of the route at their own times; what has one time is one row. */
function toTrack(lists: z.infer<typeof samples>[], route: z.infer<typeof point>[]): Track | null {
  const rows = new Map<number, Point>();
  const set = (channel: TrackChannel, seconds: number, value: number) => {
    const ms = Math.round(seconds * 1000);
    const row = rows.get(ms) ?? {};
    rows.set(ms, row);
    if (!Number.isNaN(value)) row[channel] ??= value;
  };
  for (const { recording_rate: rate, sample_type, data } of lists) {
    const [channel, divisor] = CHANNELS.get(sample_type) ?? [];
    if (!channel || !divisor || !rate || rate < 0 || data === "") continue;
    data.split(",").forEach((text, i) => {
      const value = text.trim() === "" ? Number.NaN : Number(text);
      // Empty or `null`, and of the pulse 0: the sensor was off, and the slot stays.
      const isOff = !Number.isFinite(value) || (value === 0 && channel === "heart_rate_bpm");
      set(channel, i * rate, isOff ? Number.NaN : value / divisor);
    });
  }
  for (const { latitude, longitude, time } of route) {
    set("lat", time, latitude);
    set("lng", time, longitude);
  }
  const track = trackOf(rows);
  return Object.keys(track.channels).length === 0 ? null : track;
}
