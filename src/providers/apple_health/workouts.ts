/**
 * Workouts, export versions 1 and 2 (docs/providers/apple_health.md, "Workouts"). They are read key by key, and their series point by
 * point, so that a route of any length never stands in memory as JSON.
 */
import { addSample, type Batch, element } from "../../domain/batch.ts";
import type { ActivityFields } from "../../domain/records.ts";
import type { Quantity } from "../../domain/units.ts";
import { shortHash } from "../hash.ts";
import { type Entry, given, idOf, isEntry, type Refusal, refusal, textOf } from "../json.ts";
import { type Aggregation, grainOf } from "./aggregation.ts";
import { type Offsets, readDate } from "./dates.ts";
import { largeExtra, longText } from "./limits.ts";
import {
  addPoint,
  createRoute,
  type HeartRate,
  inOrder,
  polylineOf,
  type Route,
  readHeartRate,
  trackOf,
} from "./route.ts";
import { sportNamed } from "./workout_names.ts";
import { BPM, CADENCE, DISTANCE, ENERGY, numbersOf, POSITIVE, POWER, SPEED, STEPS } from "./workout_numbers.ts";

/** Distances come as one number, else as the series of whatever moved. */
const DISTANCE_SERIES = ["walkingAndRunningDistance", "cyclingDistance", "swimDistance"];

/** Numbers without a column of ours: key, name in `extra`, what they are converted as. */
const EXTRA_NUMBERS: [key: string, name: string, quantity: Quantity | null][] = [
  ["temperature", "temperature_c", "degC"],
  ["intensity", "intensity_met", "MET"],
  ["flightsClimbed", "flights_climbed", null],
  ["swimCadence", "swim_cadence_rpm", null],
  ["totalSwimmingStrokeCount", "swimming_strokes", null],
  ["lapLength", "lap_length_m", "m"],
];
/** Come as one number or as a series that is summed or averaged. */
const SERIES = new Set([
  ...DISTANCE_SERIES,
  "activeEnergyBurned",
  "activeEnergy",
  "totalEnergy",
  "distance",
  "stepCount",
  "cyclingPower",
  "cyclingCadence",
]);
/** Kept in `extra` as the app writes them. */
const EXTRAS: [key: string, name: string][] = [
  ["location", "location"],
  ["swolfScore", "swolf_score"],
  ["strokeStyle", "stroke_style"],
  ["salinity", "salinity"],
  ["metadata", "metadata"],
];

/** What else is read. */
const MEMBERS = new Set([
  ...SERIES,
  ...EXTRA_NUMBERS.map(([key]) => key),
  ...EXTRAS.map(([key]) => key),
  "id",
  "name",
  "start",
  "end",
  "duration",
  "elevationUp",
  "elevationDown",
  "elevation",
  "stepCadence",
  "avgHeartRate",
  "maxHeartRate",
  "heartRate",
  "avgSpeed",
  "speed",
  "maxSpeed",
  "humidity",
  "isIndoor",
]);

const LONGEST_S = 30 * 86_400;

export interface WorkoutReading {
  /** What to do with the container at a key. */
  treat(key: string, type: "object" | "array"): "elements" | "value" | "skip";
  /** A member, or a point of the series at a key: read only if it is wanted. */
  member(key: string, value: () => unknown): void;
  point(key: string, value: () => unknown): void;
  /** A member, or a point, that may not be delivered. */
  refuse(key: string, reason: string, isPoint: boolean): void;
  /** Adds the workout; or says why it is none. */
  end(batch: Batch): Refusal | null;
  /** Points read so far. */
  readonly points: number;
}

export function createWorkout(aggregation: Aggregation, offsets: Offsets): WorkoutReading {
  const entry: Entry = {};
  let route = createRoute();
  const rates: Record<string, HeartRate[]> = { heartRateData: [], heartRateRecovery: [] };
  /** Points that could not be read, by series. */
  const unread: Record<string, number> = {};
  let refused: Refusal | null = null;
  let points = 0;
  return {
    treat(key, type) {
      if (type === "array" && (key === "route" || Object.hasOwn(rates, key) || SERIES.has(key))) {
        // Of a key told twice the last counts.
        unread[key] = 0;
        if (key === "route") route = createRoute();
        else if (Object.hasOwn(rates, key)) rates[key] = [];
        else entry[key] = [];
        return "elements";
      }
      return MEMBERS.has(key) ? "value" : "skip";
    },
    member(key, value) {
      if (MEMBERS.has(key)) entry[key] = value();
    },
    point(key, value) {
      points++;
      const told = value();
      if (key === "route") {
        if (!addPoint(route, told, offsets)) unread[key]!++;
      } else if (Object.hasOwn(rates, key)) {
        const rate = readHeartRate(told, offsets);
        if (rate) rates[key]!.push(rate);
        else unread[key]!++;
      } else {
        const list = entry[key] as unknown[];
        list.push(isEntry(told) ? { qty: given(told, "qty"), units: given(told, "units") } : null);
      }
    },
    refuse(key, reason, isPoint) {
      if (isPoint) unread[key] = (unread[key] ?? 0) + 1;
      else if (MEMBERS.has(key)) refused ??= refusal(`/${key}`, reason);
    },
    end(batch) {
      const unreadPoints = Object.values(unread).reduce((sum, count) => sum + count, 0);
      const series: Series = {
        route: inOrder(route),
        heart: rates.heartRateData!,
        recovery: rates.heartRateRecovery!,
        unread: unreadPoints,
      };
      return refused ?? addWorkout(batch, entry, series, aggregation, offsets);
    },
    get points() {
      return points;
    },
  };
}

interface Series {
  route: Route;
  heart: HeartRate[];
  recovery: HeartRate[];
  unread: number;
}

const mean = (numbers: number[]): number | null =>
  numbers.length === 0 ? null : numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

function addWorkout(
  batch: Batch,
  value: Entry,
  { route, heart, recovery, unread }: Series,
  aggregation: Aggregation,
  offsets: Offsets,
): Refusal | null {
  const long = longText(value);
  if (long) return long;
  const start = readDate(given(value, "start"), offsets);
  if (start === null || start.bare) return refusal("/start", "not a date");
  const duration = given(value, "duration");
  if (duration !== undefined && typeof duration !== "number") return refusal("/duration", "not a number");
  if (duration !== undefined && !(duration >= 0 && duration <= LONGEST_S)) return refusal("/duration", "out of range");
  const duration_s = duration ?? null;
  let end = start.time;
  if (given(value, "end") !== undefined) {
    const told = readDate(given(value, "end"), offsets);
    if (told === null || told.bare) return refusal("/end", "not a date");
    end = told.time;
  } else if (duration_s !== null) end = start.time + Math.round(duration_s * 1000);
  else return refusal("", "no end");
  if (end < start.time) return refusal("/end", "ends before it starts");
  const elapsed_s = (end - start.time) / 1000;
  if (elapsed_s > LONGEST_S) return refusal("/end", "longer than 30 days");

  const read = numbersOf(value);
  const name = textOf(value, "name");
  const { sport, sub_sport, is_indoor } = sportNamed(name ?? "");
  const { track, dropped: outside } = trackOf(start.time, route, heart);
  read.drop(unread + outside);

  const total_energy_kcal = read.total("totalEnergy", "kcal", ENERGY);
  const active = read.total("activeEnergyBurned", "kcal", ENERGY);
  const activeEnergy = read.total("activeEnergy", "kcal", ENERGY);
  let distance_m = read.total("distance", "m", DISTANCE);
  for (const key of DISTANCE_SERIES) distance_m ??= read.total(key, "m", DISTANCE);
  const ascent = read.one("elevationUp", "m", POSITIVE) ?? read.older("ascent");
  const descent = read.one("elevationDown", "m", POSITIVE) ?? read.older("descent");
  // Strides are steps by two; 0 of either is no reading.
  const cadence = (number: number | null): number | null => (number === 0 ? read.drop() : number);
  const steps = cadence(read.one("stepCadence", "rate", { min: 0, max: 2 * CADENCE.max }));
  const turns =
    cadence(read.one("cyclingCadence", "rate", CADENCE)) ?? mean(read.many("cyclingCadence", "rate", CADENCE));
  const powers = read.many("cyclingPower", null, POWER);
  const indoor = given(value, "isIndoor");
  const location = textOf(value, "location")?.toLowerCase();

  const extra: Record<string, unknown> = {};
  const told: [key: string, value: unknown][] = [];
  if (total_energy_kcal !== null) extra.total_energy_kcal = total_energy_kcal;
  const humidity = read.one("humidity", null, { min: 0, max: 100 });
  if (humidity !== null) extra.humidity_pct = humidity;
  for (const [key, ours, quantity] of EXTRA_NUMBERS) {
    const number = read.one(key, quantity);
    if (number !== null) extra[ours] = number;
  }
  if (recovery.length > 0) {
    extra.heart_rate_recovery = recovery.map(({ time, bpm }) => [(time - start.time) / 1000, bpm]);
    told.push(["heartRateRecovery", extra.heart_rate_recovery]);
  }
  for (const [key, ours] of EXTRAS) {
    const kept = given(value, key);
    if (kept === undefined || (typeof kept === "object" && Object.keys(kept as object).length === 0)) continue;
    extra[ours] = kept;
    told.push([key, kept]);
  }
  const large = largeExtra(told);
  if (large) return large;

  const fields: ActivityFields = {
    sport,
    sub_sport,
    name,
    start_time: start.time,
    utc_offset_s: start.utc_offset_s,
    elapsed_s,
    moving_s: duration_s !== null && duration_s <= elapsed_s + 1 ? duration_s : null,
    distance_m,
    energy_kcal: active ?? activeEnergy ?? total_energy_kcal,
    ascent_m: ascent,
    descent_m: descent,
    avg_heart_rate_bpm:
      read.one("avgHeartRate", "rate", BPM) ??
      read.inside("heartRate", "avg", "rate", BPM) ??
      mean(heart.map((point) => point.bpm)),
    max_heart_rate_bpm:
      read.one("maxHeartRate", "rate", BPM) ??
      read.inside("heartRate", "max", "rate", BPM) ??
      greatest(heart.map((point) => point.most)),
    avg_speed_mps: read.one("avgSpeed", "m/s", SPEED) ?? read.one("speed", "m/s", SPEED),
    max_speed_mps: read.one("maxSpeed", "m/s", SPEED),
    avg_power_w: read.one("cyclingPower", null, POWER) ?? mean(powers),
    max_power_w: greatest(powers),
    avg_cadence_rpm: steps !== null ? steps / 2 : turns,
    steps: read.total("stepCount", null, STEPS),
    is_indoor:
      typeof indoor === "boolean"
        ? indoor
        : (is_indoor ?? (location === "indoor" ? true : location === "outdoor" ? false : null)),
    start_lat: route.lat[0] ?? null,
    start_lng: route.lng[0] ?? null,
    polyline: route.lat.length > 0 ? polylineOf(route) : null,
    device: null,
    is_manual: null,
    training_load: null,
    rpe: null,
    extra: null,
  };
  if (read.dropped() > 0) extra.dropped = read.dropped();
  if (Object.keys(extra).length > 0) fields.extra = extra;
  const id = idOf(value);
  const of = element(batch, "activity");
  batch.activities.push({
    external_id: id ?? `w-${shortHash(`${start.time}|${end}|${sport}/${sub_sport}`)}`,
    part: "list",
    // What this export leaves out another one may have told: it is not cleared.
    fields: Object.fromEntries(Object.entries(fields).filter(([, told]) => told !== null)) as Partial<ActivityFields>,
    ...(track === null ? {} : { track }),
    // The same workout may come from an older export, without its id.
    replaces: "same_span",
    rank: id === null ? 0 : 1,
    element: of,
  });
  addHeartRates(batch, heart, aggregation, of);
  return null;
}

/** The same instants as a heart_rate metric of that source and grain, so that they are one sample. */
function addHeartRates(batch: Batch, rates: HeartRate[], aggregation: Aggregation, of: number): void {
  const onTheHour = rates.every(({ local }) => local % 3_600_000 === 0);
  const grain = (aggregation.of === "samples" ? aggregation.grain : null) ?? grainOf(onTheHour, rates.length);
  for (const { time, utc_offset_s, source, bpm } of rates) {
    addSample(batch, "heart_rate_bpm", `${source}:${grain}`, time, bpm, utc_offset_s, of);
  }
}

const greatest = (numbers: number[]): number | null =>
  numbers.reduce<number | null>((most, n) => (most === null || n > most ? n : most), null);
