/** Workouts, export versions 1 and 2 (docs/providers/apple_health.md, "Workouts"). */
import { addSample, type Batch, element } from "../../domain/batch.ts";
import type { ActivityFields } from "../../domain/records.ts";
import { convert, type Quantity } from "../../domain/units.ts";
import { type Aggregation, grainOf } from "./aggregation.ts";
import { type OffsetAt, readDate } from "./dates.ts";
import { shortHash } from "./hash.ts";
import { type Entry, given, isEntry, isNumber, type Refusal, refusal, textOf } from "./json.ts";
import { type HeartRate, polylineOf, readHeartRates, readRoute, trackOf } from "./route.ts";
import { sportNamed } from "./workout_names.ts";

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
/** Kept in `extra` as the app writes them. */
const EXTRAS: [key: string, name: string][] = [
  ["location", "location"],
  ["swolfScore", "swolf_score"],
  ["strokeStyle", "stroke_style"],
  ["salinity", "salinity"],
  ["metadata", "metadata"],
];

/** Numbers of a workout, and how many of them could not be read. */
function reader(entry: Entry) {
  let dropped = 0;
  const drop = (count = 1): null => {
    dropped += count;
    return null;
  };
  /** In our unit; null where the unit is none that is known. Without a quantity the unit does not matter. */
  const inOurs = (number: number, units: unknown, quantity: Quantity | null): number | null => {
    if (quantity === null) return number;
    const ours = typeof units === "string" ? convert(number, units, quantity) : null;
    return ours !== null && Number.isFinite(ours) ? ours : null;
  };
  /** `{qty, units}`, or a plain number where no unit is needed. */
  const one = (value: unknown, quantity: Quantity | null): number | null => {
    if (value === undefined || Array.isArray(value)) return null;
    const number = isEntry(value) ? given(value, "qty") : value;
    if (isEntry(value) && number === undefined) return null;
    if (!isNumber(number)) return drop();
    return inOurs(number, isEntry(value) ? given(value, "units") : undefined, quantity) ?? drop();
  };
  /** The values of a series `[{qty, units, …}]`; negative and unreadable ones dropped. */
  const many = (value: unknown, quantity: Quantity | null): number[] => {
    const numbers: number[] = [];
    for (const point of Array.isArray(value) ? value : []) {
      const number = isEntry(point) ? given(point, "qty") : undefined;
      const ours = isNumber(number) && number >= 0 ? inOurs(number, given(point as Entry, "units"), quantity) : null;
      if (ours === null) drop();
      else numbers.push(ours);
    }
    return numbers;
  };
  const sum = (value: unknown, quantity: Quantity | null): number | null => {
    const numbers = many(value, quantity);
    const total = numbers.reduce((sum, number) => sum + number, 0);
    return numbers.length === 0 ? null : Number.isFinite(total) ? total : drop();
  };
  return {
    drop,
    one: (key: string, quantity: Quantity | null) => one(given(entry, key), quantity),
    inside: (outer: string, inner: string) => {
      const holder = given(entry, outer);
      return isEntry(holder) ? one(given(holder, inner), null) : null;
    },
    /** Version 1: `elevation {ascent, descent, units}`. */
    older: (key: "ascent" | "descent") => {
      const elevation = given(entry, "elevation");
      const number = isEntry(elevation) ? given(elevation, key) : undefined;
      return number === undefined ? null : one({ qty: number, units: (elevation as Entry).units }, "m");
    },
    many: (key: string, quantity: Quantity | null) => many(given(entry, key), quantity),
    /** An object in one version, a series in the other. */
    total: (key: string, quantity: Quantity | null) => {
      const value = given(entry, key);
      const number = Array.isArray(value) ? sum(value, quantity) : one(value, quantity);
      return number !== null && number < 0 ? drop() : number;
    },
    dropped: () => dropped,
  };
}

const mean = (numbers: number[]): number | null =>
  numbers.length === 0 ? null : numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** Adds the workout; or says why it is none. */
export function addWorkout(batch: Batch, value: unknown, aggregation: Aggregation, offsetAt: OffsetAt): Refusal | null {
  if (!isEntry(value)) return refusal("", "not an object");
  const start = readDate(given(value, "start"), offsetAt);
  if (start === null || start.bare) return refusal("/start", "not a date");
  const duration = given(value, "duration");
  const duration_s = isNumber(duration) && duration >= 0 ? duration : null;
  if (duration !== undefined && duration_s === null)
    return refusal("/duration", isNumber(duration) ? "out of range" : "not a number");
  let end = start.time;
  if (given(value, "end") !== undefined) {
    const told = readDate(given(value, "end"), offsetAt);
    if (told === null || told.bare) return refusal("/end", "not a date");
    end = told.time;
  } else if (duration_s !== null) end = start.time + Math.round(duration_s * 1000);
  else return refusal("", "no end");
  if (end < start.time) return refusal("/end", "ends before it starts");
  const elapsed_s = (end - start.time) / 1000;

  const read = reader(value);
  const name = textOf(value, "name");
  const { sport, sub_sport, is_indoor } = sportNamed(name ?? "");
  const heart = readHeartRates(given(value, "heartRateData"), offsetAt);
  const recovery = readHeartRates(given(value, "heartRateRecovery"), offsetAt);
  const route = readRoute(given(value, "route"), offsetAt);
  const { track, dropped: outside } = trackOf(start.time, route.items, heart.items);
  read.drop(heart.dropped + recovery.dropped + route.dropped + outside);

  const total_energy_kcal = read.total("totalEnergy", "kcal");
  const active = read.total("activeEnergyBurned", "kcal");
  const activeEnergy = read.total("activeEnergy", "kcal");
  let distance_m = read.total("distance", "m");
  for (const key of DISTANCE_SERIES) distance_m ??= read.total(key, "m");
  const positive = (number: number | null): number | null => (number !== null && number < 0 ? read.drop() : number);
  const ascent = positive(read.one("elevationUp", "m")) ?? positive(read.older("ascent"));
  const descent = positive(read.one("elevationDown", "m")) ?? positive(read.older("descent"));
  const bpm = (number: number | null): number | null => (number === 0 ? null : positive(number));
  const cadence = (number: number | null): number | null => (number === 0 ? read.drop() : positive(number));
  const strides = cadence(read.one("stepCadence", null));
  const turns = cadence(read.one("cyclingCadence", null)) ?? mean(read.many("cyclingCadence", null));
  const powers = read.many("cyclingPower", null);
  const indoor = given(value, "isIndoor");
  const location = textOf(value, "location")?.toLowerCase();
  const first = route.items[0];

  const extra: Record<string, unknown> = {};
  if (total_energy_kcal !== null) extra.total_energy_kcal = total_energy_kcal;
  const humidity = read.one("humidity", null);
  if (humidity !== null && humidity >= 0 && humidity <= 100) extra.humidity_pct = humidity;
  else if (humidity !== null) read.drop();
  for (const [key, ours, quantity] of EXTRA_NUMBERS) {
    const number = read.one(key, quantity);
    if (number !== null) extra[ours] = number;
  }
  if (recovery.items.length > 0) {
    extra.heart_rate_recovery = recovery.items.map(({ time, bpm: rate }) => [(time - start.time) / 1000, rate]);
  }
  for (const [key, ours] of EXTRAS) {
    const told = given(value, key);
    if (told === undefined || (isEntry(told) && Object.keys(told).length === 0)) continue;
    extra[ours] = told;
  }

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
      bpm(read.one("avgHeartRate", null)) ??
      bpm(read.inside("heartRate", "avg")) ??
      mean(heart.items.map((point) => point.bpm)),
    max_heart_rate_bpm:
      bpm(read.one("maxHeartRate", null)) ??
      bpm(read.inside("heartRate", "max")) ??
      greatest(heart.items.map((point) => point.most)),
    avg_speed_mps: positive(read.one("avgSpeed", "m/s")) ?? positive(read.one("speed", "m/s")),
    max_speed_mps: positive(read.one("maxSpeed", "m/s")),
    avg_power_w: positive(read.one("cyclingPower", null)) ?? mean(powers),
    max_power_w: greatest(powers),
    avg_cadence_rpm: strides !== null ? strides / 2 : turns,
    steps: read.total("stepCount", null),
    is_indoor:
      typeof indoor === "boolean"
        ? indoor
        : (is_indoor ?? (location === "indoor" ? true : location === "outdoor" ? false : null)),
    start_lat: first?.lat ?? null,
    start_lng: first?.lng ?? null,
    polyline: route.items.length > 0 ? polylineOf(route.items) : null,
    device: null,
    is_manual: null,
    training_load: null,
    rpe: null,
    extra: null,
  };
  if (read.dropped() > 0) extra.dropped = read.dropped();
  if (Object.keys(extra).length > 0) fields.extra = extra;
  const id = textOf(value, "id");
  const of = element(batch, "activity");
  batch.activities.push({
    external_id: id ?? `w-${shortHash(`${start.time}|${end}|${sport}/${sub_sport}`)}`,
    part: "list",
    // What this export leaves out another one may have told: it is not cleared.
    fields: Object.fromEntries(Object.entries(fields).filter(([, told]) => told !== null)) as Partial<ActivityFields>,
    ...(track === null ? {} : { track }),
    // The same workout may have come from an older export, without its id.
    ...(id === null ? {} : { replaces: "same_span" as const }),
    element: of,
  });
  addHeartRates(batch, heart.items, aggregation, of);
  return null;
}

/** The same instants as a heart_rate metric of that source and grain, so that they are one sample. */
function addHeartRates(batch: Batch, rates: HeartRate[], aggregation: Aggregation, of: number): void {
  const onTheHour = rates.every(({ time, utc_offset_s }) => (time + (utc_offset_s ?? 0) * 1000) % 3_600_000 === 0);
  const grain = (aggregation.of === "samples" ? aggregation.grain : null) ?? grainOf(onTheHour, rates.length);
  for (const { time, utc_offset_s, source, bpm } of rates) {
    addSample(batch, "heart_rate_bpm", `${source}:${grain}`, time, bpm, utc_offset_s, of);
  }
}

const greatest = (numbers: number[]): number | null =>
  numbers.reduce<number | null>((most, n) => (most === null || n > most ? n : most), null);
