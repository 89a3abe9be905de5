/** Exercise sessions (docs/providers/google_fit.md). Distance, energy and heart rate are records of their own in Health Connect. */
import type { ActivityRecord } from "../../domain/batch.ts";
import { encodePolyline } from "../../domain/polyline.ts";
import type { Lap, Track } from "../../domain/records.ts";
import type { Hints } from "../format.ts";
import { shortHash } from "../hash.ts";
import { type Entry, given, isEntry, isNumber, type Refusal, refusal, textOf } from "../json.ts";
import { exerciseKind, type Kind } from "./exercise_types.ts";
import { numberUnder } from "./measures.ts";
import { type Commons, END_KEYS, START_KEYS } from "./record.ts";
import { momentOf, readMoment } from "./times.ts";

const LONGEST_MS = 30 * 86_400_000;
const TEXT_CHARS = 2000;
const METERS = {
  units: { meters: (x: number) => x, kilometers: (x: number) => x * 1000, miles: (x: number) => x * 1609.344 },
};

export type Activity = Omit<ActivityRecord, "element">;

export function toActivity(
  entry: Entry,
  commons: Commons,
  hints: Hints,
  kind: Kind = exerciseKind(given(entry, "exerciseType", "exercise_type", "type")),
): Activity | Refusal {
  const from = momentOf(entry, START_KEYS, hints);
  const to = momentOf(entry, END_KEYS, hints);
  if (!from?.moment) return refusal(`/${from?.key ?? commons.start_key}`, "not a date");
  if (!to?.moment) return refusal(`/${to?.key ?? commons.end_key}`, "not a date");
  const start = from.moment.time;
  const length = to.moment.time - start;
  if (length <= 0) return refusal("", "ends before it starts");
  if (length > LONGEST_MS) return refusal("", "longer than 30 days");
  const offset = commons.offset ?? from.moment.utc_offset_s;
  if (offset !== null) hints.knowOffset?.(start, offset);

  const number = (...keys: string[]): number | null => {
    const value = given(entry, ...keys);
    return isNumber(value) && value >= 0 ? value : null;
  };
  const half = (value: number | null): number | null => (value === null ? null : value / 2);
  const distance = numberUnder(entry, ["distance_meters", "distance"], METERS);
  const title = textOf(entry, "title", "name");
  const notes = textOf(entry, "notes", "description");
  const { sport, sub_sport } = kind;
  const track = trackOf(entry, start, hints);
  const extra: Record<string, unknown> = {};
  const note = (key: string, value: unknown) => {
    if (value !== null && value !== undefined) extra[key] = value;
  };
  note("recording", commons.recording);
  note("data_origin", commons.origin || null);
  note("type", kind.unknown?.slice(0, TEXT_CHARS));
  note("notes", notes?.slice(0, TEXT_CHARS));
  note("max_cadence_rpm", half(number("max_cadence_spm")));
  note("stride_length_m", number("stride_length_m"));
  if (track?.dropped) extra.dropped = { track: track.dropped };
  return {
    external_id: commons.id ?? `w-${shortHash([start, to.moment.time, sport, sub_sport].join("|"))}`,
    part: "list",
    modified: commons.modified,
    rank: commons.id === null ? 0 : 1,
    replaces: "same_span",
    fields: {
      sport,
      sub_sport,
      name: title === null ? null : title.slice(0, TEXT_CHARS),
      start_time: start,
      utc_offset_s: offset,
      elapsed_s: length / 1000,
      moving_s: number("duration_seconds"),
      distance_m: distance !== undefined && "value" in distance && distance.value >= 0 ? distance.value : null,
      energy_kcal: number("calories", "energy_kcal"),
      avg_heart_rate_bpm: number("avg_heart_rate", "avg_hr_bpm", "avg_bpm") || null,
      max_heart_rate_bpm: number("max_heart_rate", "max_hr_bpm", "max_bpm") || null,
      // Two steps are a stride.
      avg_cadence_rpm: half(number("avg_cadence_spm")),
      steps: number("steps"),
      device: commons.device === null ? null : commons.device.slice(0, TEXT_CHARS),
      is_manual: commons.recording === null ? null : commons.recording === "manual_entry",
      ...(track && { start_lat: track.lat, start_lng: track.lng, polyline: track.polyline }),
      extra: Object.keys(extra).length > 0 ? extra : null,
    },
    ...(track && { track: track.track }),
    ...lapsOf(entry, start, hints),
  };
}

/** `exerciseRoute: {route: [{time, latitude, longitude, altitude}]}`, in the order of time. */
function trackOf(
  entry: Entry,
  start: number,
  hints: Hints,
): { track: Track; lat: number; lng: number; polyline: string; dropped: number } | null {
  const told = given(entry, "exerciseRoute", "route");
  const points = isEntry(told) ? given(told, "route", "locations") : told;
  if (!Array.isArray(points)) return null;
  const read: { time: number; lat: number; lng: number; altitude: number | null }[] = [];
  for (const point of points) {
    const time = isEntry(point) ? readMoment(given(point, "time"), hints) : null;
    const lat = isEntry(point) && given(point, "latitude");
    const lng = isEntry(point) && given(point, "longitude");
    if (!time || !isNumber(lat) || !isNumber(lng) || Math.abs(lat) > 90 || Math.abs(lng) > 180) continue;
    const altitude = numberUnder(point, ["altitude"], METERS);
    const height = altitude !== undefined && "value" in altitude ? altitude.value : null;
    read.push({ time: time.time - start, lat, lng, altitude: height });
  }
  if (read.length === 0) return null;
  read.sort((a, b) => a.time - b.time);
  const once = read.filter((point, i) => i === 0 || point.time !== read[i - 1]!.time);
  const lat = once.map((point) => point.lat);
  const lng = once.map((point) => point.lng);
  const hasAltitude = once.some(({ altitude }) => altitude !== null);
  return {
    track: {
      time: once.map(({ time }) => time),
      channels: { lat, lng, ...(hasAltitude && { altitude_m: once.map(({ altitude }) => altitude) }) },
      laps: [],
    },
    lat: lat[0]!,
    lng: lng[0]!,
    polyline: encodePolyline(lat, lng),
    dropped: points.length - read.length,
  };
}

function lapsOf(entry: Entry, start: number, hints: Hints): { laps?: Lap[] } {
  const told = given(entry, "laps");
  if (!Array.isArray(told) || told.length === 0) return {};
  const laps: Lap[] = [];
  for (const lap of told) {
    if (!isEntry(lap)) continue;
    const from = momentOf(lap, START_KEYS, hints)?.moment;
    const to = momentOf(lap, END_KEYS, hints)?.moment;
    if (!from || !to || to.time <= from.time) continue;
    const length = numberUnder(lap, ["length"], METERS);
    laps.push({
      start: from.time - start,
      elapsed_s: (to.time - from.time) / 1000,
      moving_s: null,
      distance_m: length !== undefined && "value" in length ? length.value : null,
      avg_heart_rate_bpm: null,
      max_heart_rate_bpm: null,
    });
  }
  return laps.length > 0 ? { laps: laps.sort((a, b) => a.start - b.start) } : {};
}
