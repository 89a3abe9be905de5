import { dayOfYear, weekOf, yearOf } from "./calendar.ts";
import type { Person } from "./person.ts";
import { planOf } from "./plan.ts";
import { dice } from "./random.ts";
import { fitnessOn, season, stayOn, yearIn } from "./year.ts";

/** How a body is on the morning of a day: what nights, hearts and scales measure hangs on it. */
export interface Condition {
  /** Training of the days before, in points: an easy hour is about 50, a marathon 250. */
  yesterday: number;
  /** Weighted means of seven and of 42 days of it. */
  acute: number;
  chronic: number;
  /** 0 well, 1 in bed; begins on the eve and ebbs away over days. */
  illness: number;
  /** 0 at home in the zone, 1 just landed from the other side. */
  jet_lag: number;
  /** A late evening: wine, a film. */
  late: boolean;
  /** 0–100: what recovery, readiness and a body battery in the morning agree about. */
  recovery_pct: number;
  resting_heart_rate_bpm: number;
  hrv_rmssd_ms: number;
  respiration_brpm: number;
  spo2_pct: number;
  /** From the person's own usual, and as it is on the skin. */
  skin_temperature_deviation_c: number;
  skin_temperature_c: number;
  weight_kg: number;
  body_fat_pct: number;
  vo2max_ml_kg_min: number;
}

/** What does not change. */
export interface Build {
  age: number;
  height_m: number;
  /** On an ordinary morning. */
  hrv_rmssd_ms: number;
  respiration_brpm: number;
  /** Energy at rest over a whole day. */
  basal_kcal: number;
}

const known = new WeakMap<Person, { build: Build; loads: Map<number, number>; conditions: Map<number, Condition> }>();

function kept(person: Person) {
  let found = known.get(person);
  if (!found) known.set(person, (found = { build: newBuild(person), loads: new Map(), conditions: new Map() }));
  return found;
}

export const buildOf = (person: Person): Build => kept(person).build;

function newBuild(person: Person): Build {
  const draw = dice(person.seed, "build");
  const height_m = Math.round((person.sex === "F" ? draw.normal(1.69, 0.04) : draw.normal(1.81, 0.05)) * 100) / 100;
  const age = draw.int(27, 41);
  return {
    age,
    height_m,
    hrv_rmssd_ms: draw.between(46, 78),
    respiration_brpm: draw.between(13.2, 15.4),
    // Mifflin and St Jeor.
    basal_kcal: Math.round(10 * person.weight_kg + 625 * height_m - 5 * age + (person.sex === "F" ? -161 : 5)),
  };
}

/** Training of one day as planned, in points: minutes weighed by the square of the effort. */
export function loadOn(person: Person, day: number): number {
  const { loads } = kept(person);
  let load = loads.get(day);
  if (load === undefined) {
    load = planOf(person, day).reduce((sum, { duration_s, effort }) => sum + (duration_s / 60) * effort ** 2 * 2.1, 0);
    loads.set(day, load);
  }
  return load;
}

export function conditionOn(person: Person, day: number): Condition {
  const { conditions } = kept(person);
  let made = conditions.get(day);
  if (!made) conditions.set(day, (made = newCondition(person, day)));
  return made;
}

function newCondition(person: Person, day: number): Condition {
  const build = buildOf(person);
  const draw = dice(person.seed, day, "condition");
  const acute = meanLoad(person, day, 7);
  const chronic = meanLoad(person, day, 42);
  const yesterday = loadOn(person, day - 1);
  const illness = illnessOn(person, day);
  const jet_lag = jetLagOn(person, day);
  const late = draw.chance(0.05);
  // Tired: more in a week than the body is used to, and hard training the day before.
  const tired =
    Math.max(-0.5, Math.min(1, (acute - chronic) / (chronic + 20))) * 0.5 + Math.min(1, yesterday / 220) * 0.4;
  const luteal = person.sex === "F" ? lutealOn(person, day) : 0;
  const mood = draw.normal(0, 0.08);
  const down = 0.24 * tired + 0.38 * illness + 0.16 * jet_lag + (late ? 0.18 : 0) + 0.04 * luteal - mood;
  const up = 3 * tired + 8 * illness + 2.5 * jet_lag + (late ? 4 : 0) + 1.8 * luteal - 12 * mood;
  const fitness = fitnessOn(person, day);
  const warm = 0.9 * illness + 0.28 * (luteal - 0.4) + (late ? 0.2 : 0) + draw.normal(0, 0.12);
  const { place } = stayOn(person, day);
  return {
    yesterday,
    acute,
    chronic,
    illness,
    jet_lag,
    late,
    recovery_pct: Math.round(Math.max(3, Math.min(99, 74 - 125 * (down - 0.04) + draw.normal(0, 5)))),
    resting_heart_rate_bpm: Math.round(person.resting_heart_rate_bpm + up - 60 * (fitness - 1)),
    hrv_rmssd_ms: round(build.hrv_rmssd_ms * fitness * Math.exp(0.05 - down), 1),
    respiration_brpm: round(build.respiration_brpm + 2.2 * illness + 0.4 * luteal + draw.normal(0, 0.25), 2),
    spo2_pct: round(Math.min(99, 97.1 - place.altitude_m / 1100 - 1.2 * illness + draw.normal(0, 0.45)), 1),
    skin_temperature_deviation_c: round(warm, 2),
    skin_temperature_c: round(34.1 + 0.25 * season(day) + warm, 2),
    weight_kg: round(weightOn(person, day, draw.normal(0, 0.32)), 1),
    body_fat_pct: round((person.sex === "F" ? 21.5 : 14) - 1.1 * season(day - 40) + draw.normal(0, 0.3), 1),
    vo2max_ml_kg_min: round(((12 * person.threshold_mps + 3.5) / 0.95) * fitnessOn(person, day - (day % 5)), 1),
  };
}

/** Exponential mean of the days before, half-forgotten after about two thirds of `days`. */
function meanLoad(person: Person, day: number, days: number): number {
  let [sum, weights] = [0, 0];
  for (let back = 1; back <= days * 2 && back <= 60; back++) {
    const weight = Math.exp(-back / days);
    sum += loadOn(person, day - back) * weight;
    weights += weight;
  }
  return sum / weights;
}

function illnessOn(person: Person, day: number): number {
  const nearest = [yearOf(day) - 1, yearOf(day), yearOf(day) + 1].map((year) => yearIn(person, year).ill);
  for (const { from, to } of nearest) {
    if (day < from - 1 || day > to + 4) continue;
    if (day < from) return 0.35;
    const passed = (day - from) / (to - from);
    return day > to ? 0.3 - 0.06 * (day - to) : 1 - 0.7 * passed ** 2;
  }
  return 0;
}

/** The body follows a new zone by an hour and a half a day. */
function jetLagOn(person: Person, day: number): number {
  for (let back = 0; back < 5; back++) {
    const [here, before] = [stayOn(person, day - back).place, stayOn(person, day - back - 1).place];
    if (here.zone === before.zone) continue;
    const hours = Math.abs(here.lng - before.lng) / 15;
    return Math.max(0, Math.min(1, (hours - 1.5 * back) / 7));
  }
  return 0;
}

/** 0 in the first half of the cycle, 1 in the second. */
function lutealOn(person: Person, day: number): number {
  const draw = dice(person.seed, "cycle");
  const length = draw.int(27, 30);
  const at = (day + draw.int(0, 29)) % length;
  return at < length - 14 ? 0 : Math.min(1, (at - (length - 14)) / 3);
}

/** A little more in winter, a wave over the years, water from day to day. */
function weightOn(person: Person, day: number, water: number): number {
  const wave = Math.sin((2 * Math.PI * day) / 640 + dice(person.seed, "weight").between(0, 6));
  const block = (weekOf(day) % 4) - 1.5;
  return (
    person.weight_kg + 0.8 * wave - 0.7 * Math.sin((2 * Math.PI * dayOfYear(day)) / 365.25 - 1) - 0.1 * block + water
  );
}

export const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;
