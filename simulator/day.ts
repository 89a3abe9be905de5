import { localDay, offsetAt } from "./calendar.ts";
import { buildOf, type Condition, conditionOn, round } from "./condition.ts";
import type { Life } from "./life.ts";
import { windowOf } from "./night.ts";
import type { Person } from "./person.ts";
import { type Pulse, pulseOn, STATES } from "./pulse.ts";
import { dice } from "./random.ts";
import { stayOn } from "./year.ts";

/** A local day as a worn device sums it up, as far as it has come. Instants ms UTC. */
export interface Day {
  day: number;
  date: string;
  zone: string;
  /** From local midnight to the next; on clock changes and travel not 24 hours. */
  start: number;
  end: number;
  /** Offset at the start. */
  utc_offset_s: number;
  /** What is summed up: seconds since `start`, whole minutes; the whole of it once the day is over. */
  duration_s: number;
  complete: boolean;
  /** Of `duration_s`. */
  worn_s: number;
  asleep_s: number;
  still_s: number;
  walking_s: number;
  training_s: number;
  /** By heart rate, outside of sleep: over 40 % and over 60 % of the reserve. */
  moderate_s: number;
  vigorous_s: number;
  steps: number;
  /** Steps of each hour since the start. */
  steps_by_hour: number[];
  distance_m: number;
  floors: number;
  /** Without the basal part; basal grows with the day also when nothing is worn. */
  active_kcal: number;
  basal_kcal: number;
  /** Of worn minutes; null where there is none. */
  avg_heart_rate_bpm: number | null;
  min_heart_rate_bpm: number | null;
  max_heart_rate_bpm: number | null;
  /** Known once the night is over; null where nothing was worn at night. */
  resting_heart_rate_bpm: number | null;
  /** One entry each three minutes since the start: 0–100, or one of NOT_WORN, MOVING. */
  stress: Int8Array;
  /** Likewise, 5–100: charged by sleep, drained by everything else. */
  battery: Int8Array;
  /** Means over what was measured; null where nothing was. */
  avg_stress: number | null;
  max_stress: number | null;
  /** Seconds of each kind: rest below 26, low to 50, medium to 75, high above. */
  rest_stress_s: number;
  low_stress_s: number;
  medium_stress_s: number;
  high_stress_s: number;
  /** Training that was planned, in points (condition.ts). */
  load: number;
  condition: Condition;
}

export const NOT_WORN = -1;
export const MOVING = -2;

/** A step on the scale. */
export interface Weighing {
  time: number;
  utc_offset_s: number;
  weight_kg: number;
  body_fat_pct: number;
  muscle_kg: number;
  bone_kg: number;
  body_water_pct: number;
  bmi: number;
}

export interface BloodPressure {
  time: number;
  utc_offset_s: number;
  systolic_mmhg: number;
  diastolic_mmhg: number;
  pulse_bpm: number;
}

/** Null before the history, before the day's first minute, and where nothing was worn. */
export function dayOn(life: Life, day: number, now: number): Day | null {
  const pulse = pulseOn(life, day, now);
  if (!pulse || pulse.state.every((state) => state === 0)) return null;
  const { person } = life;
  const condition = conditionOn(person, day);
  const build = buildOf(person);
  const rest = condition.resting_heart_rate_bpm;
  const reserve = person.max_heart_rate_bpm - rest;
  const seconds: Record<(typeof STATES)[number], number> = {
    unworn: 0,
    asleep: 0,
    awake_in_bed: 0,
    still: 0,
    walking: 0,
    training: 0,
  };
  const activities = [...life.on(day - 1), ...life.on(day), ...life.on(day + 1)];
  const hours = new Array<number>(Math.ceil(pulse.heart.length / 60)).fill(0);
  let [steps, floors, metres, active, moderate, vigorous] = [0, 0, 0, 0, 0, 0];
  let [beats, beaten, low, high] = [0, 0, 999, 0];
  for (let i = 0; i < pulse.heart.length; i++) {
    const state = STATES[pulse.state[i]!]!;
    const bpm = pulse.heart[i]!;
    seconds[state] += 60;
    steps += pulse.steps[i]!;
    floors += pulse.floors[i]!;
    hours[Math.floor(i / 60)]! += pulse.steps[i]!;
    if (bpm > 0) {
      beats += bpm;
      beaten++;
      low = Math.min(low, bpm);
      high = Math.max(high, bpm);
    }
    if (state === "training") {
      const time = pulse.start + i * 60_000;
      const of = activities.find((one) => time >= one.start - 60_000 && time <= one.start + one.duration_s * 1000);
      const effort = of?.effort ?? 0.5;
      active += ((2 + 13.5 * Math.max(0.1, effort)) * 0.93 * person.weight_kg) / 60 - build.basal_kcal / 1440;
      if (of && pulse.steps[i]! > 60) metres += (of.distance_m / of.duration_s) * 60;
    } else {
      metres += pulse.steps[i]! * build.height_m * 0.42;
      active += pulse.steps[i]! * 0.00052 * person.weight_kg;
      if (state === "still" || state === "walking") active += 0.22;
    }
    if (state === "asleep" || bpm === 0) continue;
    if (bpm > rest + 0.6 * reserve) vigorous += 60;
    else if (bpm > rest + 0.4 * reserve) moderate += 60;
  }
  const stress = stressOf(person, pulse, rest);
  const battery = batteryOf(person, pulse, pulseOn(life, day, Number.POSITIVE_INFINITY)!, stress.length);
  const measured = stress.filter((one) => one >= 0);
  const between = (a: number, b: number) => 180 * measured.filter((one) => one >= a && one < b).length;
  const window = windowOf(person, day);
  return {
    day,
    date: pulse.date,
    zone: pulse.zone,
    start: pulse.start,
    end: pulse.end,
    utc_offset_s: pulse.utc_offset_s,
    duration_s: pulse.heart.length * 60,
    complete: pulse.end <= now,
    worn_s: pulse.heart.length * 60 - seconds.unworn,
    asleep_s: seconds.asleep,
    still_s: seconds.still + seconds.awake_in_bed,
    walking_s: seconds.walking,
    training_s: seconds.training,
    moderate_s: moderate,
    vigorous_s: vigorous,
    steps,
    steps_by_hour: hours,
    distance_m: round(metres, 1),
    floors,
    active_kcal: Math.round(active),
    basal_kcal: Math.round((build.basal_kcal * pulse.heart.length) / 1440),
    avg_heart_rate_bpm: beaten > 0 ? round(beats / beaten, 1) : null,
    min_heart_rate_bpm: beaten > 0 ? low : null,
    max_heart_rate_bpm: beaten > 0 ? high : null,
    resting_heart_rate_bpm: window.worn && window.end <= now ? rest : null,
    stress,
    battery,
    avg_stress: measured.length > 0 ? Math.round(measured.reduce((a, b) => a + b, 0) / measured.length) : null,
    max_stress: measured.length > 0 ? measured.reduce((a, b) => Math.max(a, b)) : null,
    rest_stress_s: between(0, 26),
    low_stress_s: between(26, 51),
    medium_stress_s: between(51, 76),
    high_stress_s: between(76, 101),
    load: round(
      activities.filter((one) => localDay(one.zone, one.start) === day).reduce((sum, one) => sum + points(one), 0),
      1,
    ),
    condition,
  };
}

/** Points of one activity, as in condition.ts. */
export const points = ({ duration_s, effort }: { duration_s: number; effort: number }): number =>
  (duration_s / 60) * effort ** 2 * 2.1;

/** How charged a person is on getting up and on going to bed. */
function charge(person: Person, day: number): { morning: number; evening: number } {
  const { recovery_pct, illness } = conditionOn(person, day);
  const morning = Math.max(30, Math.min(100, Math.round(38 + recovery_pct * 0.66)));
  const drain =
    dice(person.seed, day, "battery").between(48, 66) + Math.min(18, conditionOn(person, day + 1).yesterday / 9);
  return { morning, evening: Math.max(5, Math.round(morning - drain - 6 * illness)) };
}

function stressOf(person: Person, pulse: Pulse, rest: number): Int8Array {
  const draw = dice(person.seed, pulse.day, "stress");
  const { illness } = conditionOn(person, pulse.day);
  const stress = new Int8Array(Math.floor(pulse.heart.length / 3));
  const tense = draw.between(-6, 10) + 18 * illness;
  let busy = 0;
  for (let i = 0; i < stress.length; i++) {
    busy += (draw() - 0.5) * 14 - busy * 0.06;
    const state = STATES[pulse.state[i * 3]!]!;
    const over = pulse.heart[i * 3]! - rest;
    if (state === "unworn") stress[i] = NOT_WORN;
    else if (state === "training" || (state === "walking" && pulse.steps[i * 3 + 1]! > 60)) stress[i] = MOVING;
    else if (state === "asleep") stress[i] = within(9 + over * 1.2 + busy * 0.25 + tense * 0.4, 2, 60);
    else stress[i] = within(24 + over * 0.9 + busy + tense, 4, 98);
  }
  return stress;
}

/** From the morning's charge down to the evening's – three times as steeply in training – and up again over night. */
function batteryOf(person: Person, pulse: Pulse, whole: Pulse, count: number): Int8Array {
  const { day } = pulse;
  const slot = (instant: number) => Math.round((instant - pulse.start) / 180_000);
  const [night, next] = [windowOf(person, day), windowOf(person, day + 1)];
  const [asleep, woke, bed, up] = [night.start, night.end, next.start, next.end].map(slot) as [
    number,
    number,
    number,
    number,
  ];
  const before = charge(person, day - 1).evening;
  const { morning, evening } = charge(person, day);
  const after = charge(person, day + 1).morning;
  const weight = (i: number) => (STATES[whole.state[i * 3] ?? 0] === "training" ? 3 : 1);
  let sum = 0;
  for (let i = woke; i < bed; i++) sum += weight(i);
  const made = new Int8Array(count);
  let spent = 0;
  for (let i = Math.min(0, woke); i < count; i++) {
    let value = before;
    if (i >= bed) value = evening + ((after - evening) * (i - bed)) / Math.max(1, up - bed);
    else if (i >= woke) {
      spent += weight(i);
      value = morning - ((morning - evening) * spent) / Math.max(1, sum);
    } else if (i >= asleep) value = before + ((morning - before) * (i - asleep)) / Math.max(1, woke - asleep);
    if (i >= 0) made[i] = within(value, 5, 100);
  }
  return made;
}

const within = (value: number, low: number, high: number): number => Math.round(Math.max(low, Math.min(high, value)));

/** On the scale in the morning, every sixth day or so; null on the others, and before it happens. */
export function weighingOn(life: Life, day: number, now: number): Weighing | null {
  const { person } = life;
  const draw = dice(person.seed, day, "scale");
  if (person.months === 0 || day < life.since || !draw.chance(0.16) || stayOn(person, day).away) return null;
  const { end, zone } = windowOf(person, day);
  const time = end + draw.int(300, 1800) * 1000;
  if (time > now) return null;
  const { weight_kg, body_fat_pct } = conditionOn(person, day);
  const lean = weight_kg * (1 - body_fat_pct / 100);
  return {
    time,
    utc_offset_s: offsetAt(zone, time),
    weight_kg,
    body_fat_pct,
    muscle_kg: round(lean * 0.55, 2),
    bone_kg: round(lean * 0.055, 2),
    body_water_pct: round(73 * (1 - body_fat_pct / 100), 1),
    bmi: round(weight_kg / buildOf(person).height_m ** 2, 1),
  };
}

/** With a cuff, once in three weeks or so. */
export function bloodPressureOn(life: Life, day: number, now: number): BloodPressure | null {
  const { person } = life;
  const draw = dice(person.seed, day, "cuff");
  if (person.months === 0 || day < life.since || !draw.chance(0.045) || stayOn(person, day).away) return null;
  const { end, zone } = windowOf(person, day);
  const time = end + draw.int(1800, 5400) * 1000;
  if (time > now) return null;
  return {
    time,
    utc_offset_s: offsetAt(zone, time),
    systolic_mmhg: draw.int(108, 127),
    diastolic_mmhg: draw.int(66, 81),
    pulse_bpm: conditionOn(person, day).resting_heart_rate_bpm + draw.int(6, 16),
  };
}
