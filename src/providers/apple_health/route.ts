/** Points of a workout: route and heart rate, read one by one and put on the workout's own clock. */
import { METRICS } from "../../domain/metrics.ts";
import { encodePolyline } from "../../domain/polyline.ts";
import type { Track } from "../../domain/records.ts";
import { given, isEntry, isNumber } from "../json.ts";
import { type Offsets, readDate } from "./dates.ts";
import { longField } from "./limits.ts";

export interface HeartRate {
  time: number;
  utc_offset_s: number | null;
  /** The wall clock as if it were UTC, ms. */
  local: number;
  source: string;
  bpm: number;
  /** The bucket's greatest. */
  most: number;
}

/** Columns of one length, so that a day of seconds is some megabytes; NaN: not measured. */
export interface Route {
  time: number[];
  lat: number[];
  lng: number[];
  altitude_m: number[];
  speed_mps: number[];
}
export const createRoute = (): Route => ({ time: [], lat: [], lng: [], altitude_m: [], speed_mps: [] });

const PLAUSIBLE = METRICS.get("heart_rate_bpm")!;
const plausible = (bpm: unknown): bpm is number => isNumber(bpm) && bpm >= PLAUSIBLE.min && bpm <= PLAUSIBLE.max;

/** Units are the phone's words for "a minute", but for this one. */
export const perMinute = (units: unknown): number => (units === "count/s" ? 60 : 1);

/** Of `heartRateData`, `heartRateRecovery`: buckets in version 2, single values in version 1. Null: cannot be read. */
export function readHeartRate(point: unknown, offsets: Offsets): HeartRate | null {
  const moment = isEntry(point) ? readDate(given(point, "date"), offsets) : null;
  if (!isEntry(point) || moment === null || moment.bare || longField("source", point.source)) return null;
  const least = given(point, "Min", "min");
  const most = given(point, "Max", "max");
  const factor = perMinute(given(point, "units"));
  const told = given(point, "Avg", "avg", "qty") ?? (least === most ? least : undefined);
  const bpm = isNumber(told) ? told * factor : Number.NaN;
  if (!plausible(bpm)) return null;
  const source = given(point, "source");
  return {
    time: moment.time,
    utc_offset_s: moment.utc_offset_s,
    local: moment.local,
    source: typeof source === "string" ? source : "",
    bpm,
    most: isNumber(most) && plausible(most * factor) ? most * factor : bpm,
  };
}

/** Adds a point of `route`; false where it cannot be read. */
export function addPoint(route: Route, point: unknown, offsets: Offsets): boolean {
  if (!isEntry(point)) return false;
  const moment = readDate(given(point, "timestamp", "date"), offsets);
  const lat = given(point, "latitude", "lat");
  const lng = given(point, "longitude", "lon", "lng");
  const accuracy = given(point, "horizontalAccuracy");
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
    return false;
  }
  const altitude = given(point, "altitude");
  const altitudeAccuracy = given(point, "verticalAccuracy");
  const speed = given(point, "speed");
  route.time.push(moment.time);
  route.lat.push(lat);
  route.lng.push(lng);
  route.altitude_m.push(
    isNumber(altitude) && !(isNumber(altitudeAccuracy) && altitudeAccuracy < 0) ? altitude : Number.NaN,
  );
  route.speed_mps.push(isNumber(speed) && speed >= 0 ? speed : Number.NaN);
  return true;
}

/** By time; points of one instant in their order. */
export function inOrder(route: Route): Route {
  if (route.time.every((time, i) => i === 0 || time >= route.time[i - 1]!)) return route;
  const order = route.time.map((_, i) => i).sort((a, b) => route.time[a]! - route.time[b]!);
  const sorted = (column: number[]) => order.map((i) => column[i]!);
  return {
    time: sorted(route.time),
    lat: sorted(route.lat),
    lng: sorted(route.lng),
    altitude_m: sorted(route.altitude_m),
    speed_mps: sorted(route.speed_mps),
  };
}

/** A line on a map needs no more: a day of seconds is drawn whole, and a row holds it. */
const LINE_POINTS = 100_000;

export function polylineOf({ lat, lng }: Route): string {
  const every = Math.ceil(lat.length / LINE_POINTS);
  if (every <= 1) return encodePolyline(lat, lng);
  const drawn = (column: number[]) => column.filter((_, i) => i % every === 0 || i === column.length - 1);
  return encodePolyline(drawn(lat), drawn(lng));
}

/**
 * Both on one clock, each instant once, the last of it; null where there is nothing. What lies before the start has no place in it.
 * The route is in order.
 */
export function trackOf(
  start: number,
  route: Route,
  heartRates: readonly HeartRate[],
): { track: Track | null; dropped: number } {
  const rates = heartRates.toSorted((a, b) => a.time - b.time);
  const time: number[] = [];
  const lat: (number | null)[] = [];
  const lng: (number | null)[] = [];
  const altitude_m: (number | null)[] = [];
  const speed_mps: (number | null)[] = [];
  const heart_rate_bpm: (number | null)[] = [];
  let dropped = 0;
  let p = 0;
  let h = 0;
  while (p < route.time.length || h < rates.length) {
    const at = Math.min(route.time[p] ?? Number.POSITIVE_INFINITY, rates[h]?.time ?? Number.POSITIVE_INFINITY);
    let point = -1;
    let bpm: number | null = null;
    for (; route.time[p] === at; p++) {
      point = p;
      if (at < start) dropped++;
    }
    for (; rates[h]?.time === at; h++) {
      bpm = rates[h]!.bpm;
      if (at < start) dropped++;
    }
    if (at < start) continue;
    time.push(at - start);
    lat.push(measured(route.lat[point]));
    lng.push(measured(route.lng[point]));
    altitude_m.push(measured(route.altitude_m[point]));
    speed_mps.push(measured(route.speed_mps[point]));
    heart_rate_bpm.push(bpm);
  }
  if (time.length === 0) return { track: null, dropped };
  const track: Track = { time, channels: {}, laps: [] };
  for (const [name, values] of Object.entries({ lat, lng, altitude_m, speed_mps, heart_rate_bpm })) {
    if (values.some((value) => value !== null)) track.channels[name as keyof Track["channels"]] = values;
  }
  return { track, dropped };
}

const measured = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;
