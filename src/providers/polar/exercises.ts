/** Exercises with their samples and routes. Fields and traps in docs/providers/polar.md. */
import type { z } from "zod";
import type { ActivityRecord } from "../../domain/batch.ts";
import { encodePolyline } from "../../domain/polyline.ts";
import type { ActivityFields, Track, TrackChannel } from "../../domain/records.ts";
import { above0, type Item, present, wrong } from "./reading.ts";
import * as schema from "./schema.ts";
import { toSport } from "./sports.ts";

/** As the list has it; samples, zones and route are asked for one by one, or thirty days of them would be one answer. */
export const toListed = (e: schema.Exercise, { of }: Item): ActivityRecord => ({
  external_id: e.id,
  part: "list",
  fields: { ...fieldsOf(e), extra: extraOf(e) },
  wants: ["exercise"],
  element: of,
});

/** With samples, zones and route. */
export function toDetail(e: schema.Exercise, into: Item): ActivityRecord {
  const zones = read(e.heart_rate_zones, schema.zone, into, "/heart_rate_zones").map((z) =>
    present({ index: z.index, lower_bpm: z.lower_limit, upper_bpm: z.upper_limit, in_zone_s: z.in_zone }),
  );
  const route = read(e.route, schema.point, into, "/route");
  const [lat, lng] = [route.map(({ latitude }) => latitude), route.map(({ longitude }) => longitude)];
  return {
    external_id: e.id,
    part: "detail",
    fields: {
      ...fieldsOf(e),
      start_lat: lat[0] ?? null,
      start_lng: lng[0] ?? null,
      polyline: encodePolyline(lat, lng) || null,
      extra: { ...extraOf(e), ...(zones.length > 0 && { heart_rate_zones: zones }) },
    },
    track: toTrack(read(e.samples, schema.samples, into, "/samples"), route),
    element: into.of,
  };
}

function fieldsOf(e: schema.Exercise): Partial<ActivityFields> {
  const [sport, sub_sport] = toSport(e.detailed_sport_info, e.sport);
  const offset = e.start_time_utc_offset * 60;
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
    avg_heart_rate_bpm: above0(e.heart_rate?.average),
    max_heart_rate_bpm: above0(e.heart_rate?.maximum),
    device: e.device || null,
    training_load: above0(e.training_load),
    rpe: typeof rpe === "number" ? above0(rpe) : null,
  };
}

const NO_VALUE = new Set<unknown>([null, "NOT_AVAILABLE", "UNKNOWN"]);

function extraOf(e: schema.Exercise): Record<string, unknown> {
  const load = Object.entries(e.training_load_pro ?? {}).filter(([, value]) => !NO_VALUE.has(value));
  return present({
    sport: e.sport,
    detailed_sport_info: e.detailed_sport_info,
    device_id: e.device_id,
    running_index: above0(e.running_index),
    club_name: e.club_name,
    fat_percentage: e.fat_percentage,
    carbohydrate_percentage: e.carbohydrate_percentage,
    protein_percentage: e.protein_percentage,
    training_load_pro: load.length > 0 ? Object.fromEntries(load) : null,
  });
}

/** The items that can be read; of the others the record is only the poorer. */
function read<Value>(
  items: unknown[] | null | undefined,
  of: z.ZodType<Value>,
  { batch, at }: Item,
  field: string,
): Value[] {
  return (items ?? []).flatMap((item, i) => {
    const one = of.safeParse(item);
    if (one.success) return [one.data];
    batch.rejections.push({ kind: null, ...wrong(one.error, `${at}${field}/${i}`) });
    return [];
  });
}

/** By `sample-type`; the others are pedalling index, left and right, air pressure and RR intervals. */
const CHANNELS: Readonly<Record<string, readonly [TrackChannel, (value: number) => number | null]>> = {
  0: ["heart_rate_bpm", above0],
  1: ["speed_mps", (kmh) => kmh / 3.6],
  2: ["cadence_rpm", (rpm) => rpm],
  3: ["altitude_m", (metres) => metres],
  4: ["power_w", (watts) => watts],
  8: ["cadence_rpm", (steps) => steps / 2],
  9: ["temperature_c", (celsius) => celsius],
  10: ["distance_m", (metres) => metres],
};

type Row = Partial<Record<TrackChannel, number | null>>;

/** Slot i of a list stands at i times its rate, points of the route at their own times; what has one time is one row. */
function toTrack(
  lists: { recording_rate?: number | null; sample_type: string; data: string }[],
  route: Point[],
): Track | null {
  const rows = new Map<number, Row>();
  const rowAt = (seconds: number): Row => {
    const ms = Math.round(seconds * 1000);
    let row = rows.get(ms);
    if (!row) rows.set(ms, (row = {}));
    return row;
  };
  const there = new Set<TrackChannel>();
  const set = (row: Row, channel: TrackChannel, value: number | null) => {
    if (value !== null) there.add(channel);
    row[channel] ??= value;
  };
  for (const { recording_rate: rate, sample_type, data } of lists) {
    const [channel, convert] = CHANNELS[sample_type] ?? [];
    if (!channel || !convert || !rate || rate < 0 || data === "") continue;
    data.split(",").forEach((text, i) => {
      // Empty or `null`: the sensor was off, and the slot stays.
      const value = text.trim() === "" ? Number.NaN : Number(text);
      set(rowAt(i * rate), channel, Number.isFinite(value) ? convert(value) : null);
    });
  }
  for (const { latitude, longitude, time } of route) {
    const row = rowAt(time);
    set(row, "lat", latitude);
    set(row, "lng", longitude);
  }
  if (there.size === 0) return null;
  const time = [...rows.keys()].sort((a, b) => a - b);
  const channels: Track["channels"] = {};
  for (const channel of there) channels[channel] = time.map((ms) => rows.get(ms)![channel] ?? null);
  return { time, channels, laps: [] };
}

type Point = { latitude: number; longitude: number; time: number };
