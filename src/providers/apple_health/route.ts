/** Points of a workout: route and heart rate, both on the workout's own clock. */
import { METRICS } from "../../domain/metrics.ts";
import { encodePolyline } from "../../domain/polyline.ts";
import type { Track } from "../../domain/records.ts";
import { type OffsetAt, readDate } from "./dates.ts";
import { given, isEntry, isNumber } from "./json.ts";

export interface HeartRate {
  time: number;
  utc_offset_s: number | null;
  source: string;
  bpm: number;
  /** The bucket's greatest. */
  most: number;
}

export interface Point {
  time: number;
  lat: number;
  lng: number;
  altitude_m: number | null;
  speed_mps: number | null;
}

/** What could be read, and how many points could not. */
export interface Read<Item> {
  items: Item[];
  dropped: number;
}

const PLAUSIBLE = METRICS.get("heart_rate_bpm")!;
const plausible = (bpm: unknown): bpm is number => isNumber(bpm) && bpm >= PLAUSIBLE.min && bpm <= PLAUSIBLE.max;

/** `heartRateData`, `heartRateRecovery`: buckets in version 2, single values in version 1. Units are the phone's words for beats per minute. */
export function readHeartRates(list: unknown, offsetAt: OffsetAt): Read<HeartRate> {
  const read: Read<HeartRate> = { items: [], dropped: 0 };
  for (const point of Array.isArray(list) ? list : []) {
    const moment = isEntry(point) ? readDate(given(point, "date"), offsetAt) : null;
    if (!isEntry(point) || moment === null || moment.bare) {
      read.dropped++;
      continue;
    }
    const least = given(point, "Min", "min");
    const most = given(point, "Max", "max");
    const factor = given(point, "units") === "count/s" ? 60 : 1;
    const told = given(point, "Avg", "avg", "qty") ?? (least === most ? least : undefined);
    const bpm = isNumber(told) ? told * factor : Number.NaN;
    if (!plausible(bpm)) {
      read.dropped++;
      continue;
    }
    const source = given(point, "source");
    read.items.push({
      time: moment.time,
      utc_offset_s: moment.utc_offset_s,
      source: typeof source === "string" ? source : "",
      bpm,
      most: isNumber(most) && plausible(most * factor) ? most * factor : bpm,
    });
  }
  return read;
}

export function readRoute(list: unknown, offsetAt: OffsetAt): Read<Point> {
  const read: Read<Point> = { items: [], dropped: 0 };
  for (const point of Array.isArray(list) ? list : []) {
    const entry = isEntry(point) ? point : {};
    const moment = readDate(given(entry, "timestamp", "date"), offsetAt);
    const lat = given(entry, "latitude", "lat");
    const lng = given(entry, "longitude", "lon", "lng");
    const accuracy = given(entry, "horizontalAccuracy");
    if (
      moment === null ||
      moment.bare ||
      !isNumber(lat) ||
      !isNumber(lng) ||
      Math.abs(lat) > 90 ||
      Math.abs(lng) > 180 ||
      // The phone's way to say that the position is none.
      (isNumber(accuracy) && accuracy < 0)
    ) {
      read.dropped++;
      continue;
    }
    const altitude = given(entry, "altitude");
    const altitudeAccuracy = given(entry, "verticalAccuracy");
    const speed = given(entry, "speed");
    read.items.push({
      time: moment.time,
      lat,
      lng,
      altitude_m: isNumber(altitude) && !(isNumber(altitudeAccuracy) && altitudeAccuracy < 0) ? altitude : null,
      speed_mps: isNumber(speed) && speed >= 0 ? speed : null,
    });
  }
  read.items.sort((a, b) => a.time - b.time);
  return read;
}

export const polylineOf = (route: Point[]): string =>
  encodePolyline(
    route.map((point) => point.lat),
    route.map((point) => point.lng),
  );

/** Both on one clock, each instant once; null where there is nothing. What lies before the start has no place in it. */
export function trackOf(
  start: number,
  route: Point[],
  heartRates: HeartRate[],
): { track: Track | null; dropped: number } {
  const points = new Map<number, { point: Point | null; bpm: number | null }>();
  let dropped = 0;
  const at = (time: number) => {
    const offset = time - start;
    if (offset < 0) {
      dropped++;
      return null;
    }
    let slot = points.get(offset);
    if (!slot) points.set(offset, (slot = { point: null, bpm: null }));
    return slot;
  };
  for (const point of route) {
    const slot = at(point.time);
    if (slot) slot.point = point;
  }
  for (const { time, bpm } of heartRates) {
    const slot = at(time);
    if (slot) slot.bpm = bpm;
  }
  if (points.size === 0) return { track: null, dropped };
  const rows = [...points].sort(([a], [b]) => a - b);
  const track: Track = { time: rows.map(([time]) => time), channels: {}, laps: [] };
  const channel = (
    name: keyof Track["channels"],
    of: (row: { point: Point | null; bpm: number | null }) => number | null,
  ) => {
    const values = rows.map(([, row]) => of(row));
    if (values.some((value) => value !== null)) track.channels[name] = values;
  };
  channel("lat", (row) => row.point?.lat ?? null);
  channel("lng", (row) => row.point?.lng ?? null);
  channel("altitude_m", (row) => row.point?.altitude_m ?? null);
  channel("speed_mps", (row) => row.point?.speed_mps ?? null);
  channel("heart_rate_bpm", (row) => row.bpm);
  return { track, dropped };
}
