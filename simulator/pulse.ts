import type { Activity } from "./activity.ts";
import { dateOf, instantOf, localDay, offsetAt } from "./calendar.ts";
import { conditionOn } from "./condition.ts";
import type { Life } from "./life.ts";
import { nightSeries, sleepsOf, windowOf } from "./night.ts";
import type { Person } from "./person.ts";
import { type Dice, dice } from "./random.ts";
import { stayOn } from "./year.ts";

/** What a minute was spent with. */
export const STATES = ["unworn", "asleep", "awake_in_bed", "still", "walking", "training"] as const;
export type State = (typeof STATES)[number];

/**
 * A local day minute by minute, as far as it has come. It begins at midnight in the zone where the person wakes up and
 * ends where the next day begins: 1380 and 1500 minutes on clock changes, 1110 to 1950 on days of travel.
 */
export interface Pulse {
  day: number;
  date: string;
  zone: string;
  /** Ms UTC of the first minute and of the end of the whole day. */
  start: number;
  end: number;
  utc_offset_s: number;
  /** Beats per minute; 0: not worn. */
  heart: Int16Array;
  steps: Int16Array;
  floors: Uint8Array;
  /** Index into STATES. */
  state: Uint8Array;
}

/** One minute of `pulseBetween`: ms UTC at its start. */
export interface Beat {
  time: number;
  bpm: number;
  state: State;
}

const [UNWORN, ASLEEP, IN_BED, STILL, WALKING, TRAINING] = [0, 1, 2, 3, 4, 5] as const;
const MINUTE_MS = 60_000;
/** Some 8 KB each. */
const MOST_KEPT = 400;

/** First instant of a local day, ms UTC. */
export const startOf = (person: Person, day: number): number => instantOf(stayOn(person, day).place.zone, day, 0);

/** The minutes of a day that are over at `now`; null before the history, and where there are none yet. */
export function pulseOn(life: Life, day: number, now: number): Pulse | null {
  if (life.person.months === 0 || day < life.since || startOf(life.person, day) + MINUTE_MS > now) return null;
  const whole = wholeDay(life, day);
  const count = Math.floor((now - whole.start) / MINUTE_MS);
  if (count >= whole.heart.length) return whole;
  const { heart, steps, floors, state } = whole;
  return {
    ...whole,
    heart: heart.subarray(0, count),
    steps: steps.subarray(0, count),
    floors: floors.subarray(0, count),
    state: state.subarray(0, count),
  };
}

/** Worn minutes that begin in [from, to) and are over at `now`, ms UTC, oldest first. */
export function* pulseBetween(life: Life, from: number, to: number, now: number): Generator<Beat> {
  const { zone } = life.person.home;
  for (let day = localDay(zone, from) - 1; day <= localDay(zone, to) + 1; day++) {
    const pulse = pulseOn(life, day, now);
    if (!pulse || pulse.end <= from || pulse.start >= to) continue;
    for (let i = 0; i < pulse.heart.length; i++) {
      const time = pulse.start + i * MINUTE_MS;
      if (time < from || time >= to || pulse.heart[i] === 0) continue;
      yield { time, bpm: pulse.heart[i]!, state: STATES[pulse.state[i]!]! };
    }
  }
}

/** Means of so many minutes each, 0 where nothing was worn; a last, partial stretch is left out. */
export function means(heart: Int16Array, minutes: number): Int16Array {
  const made = new Int16Array(Math.floor(heart.length / minutes));
  for (let i = 0; i < made.length; i++) {
    let [sum, count] = [0, 0];
    for (let j = i * minutes; j < (i + 1) * minutes; j++) {
      sum += heart[j]!;
      if (heart[j]! > 0) count++;
    }
    made[i] = count > 0 ? Math.round(sum / count) : 0;
  }
  return made;
}

const known = new WeakMap<Person, Map<number, { of: Activity[]; pulse: Pulse }>>();

/** Kept for a while: several summaries are made of one day. An edited activity is another object. */
function wholeDay(life: Life, day: number): Pulse {
  const of = [...life.on(day - 1), ...life.on(day), ...life.on(day + 1)];
  let days = known.get(life.person);
  if (!days) known.set(life.person, (days = new Map()));
  const found = days.get(day);
  if (found?.of.length === of.length && found.of.every((one, i) => one === of[i])) return found.pulse;
  const pulse = newPulse(life.person, day, of);
  days.delete(day);
  days.set(day, { of, pulse });
  if (days.size > MOST_KEPT) days.delete(days.keys().next().value!);
  return pulse;
}

function newPulse(person: Person, day: number, activities: Activity[]): Pulse {
  const start = startOf(person, day);
  const end = startOf(person, day + 1);
  const { zone } = stayOn(person, day).place;
  const length = Math.round((end - start) / MINUTE_MS);
  const pulse: Pulse = {
    day,
    date: dateOf(day),
    zone,
    start,
    end,
    utc_offset_s: offsetAt(zone, start),
    heart: new Int16Array(length),
    steps: new Int16Array(length),
    floors: new Uint8Array(length),
    state: new Uint8Array(length).fill(STILL),
  };
  const draw = dice(person.seed, day, "pulse");
  walk(person, pulse, draw);
  layDown(person, pulse);
  takeOff(person, pulse);
  train(pulse, activities, draw);
  beat(person, pulse, activities, draw);
  return pulse;
}

/** Minute of the day at an instant. */
const indexOf = (pulse: Pulse, instant: number): number => Math.round((instant - pulse.start) / MINUTE_MS);

function fill(pulse: Pulse, from: number, to: number, state: number): void {
  const [a, b] = [Math.max(0, from), Math.min(pulse.state.length, to)];
  if (a >= b) return;
  pulse.state.fill(state, a, b);
  pulse.steps.fill(0, a, b);
  pulse.floors.fill(0, a, b);
}

/** How likely a walk begins in each hour of the day. */
const HOURS = [
  0.2, 0, 0, 0, 0, 0.3, 0.8, 1.5, 1.5, 0.9, 0.8, 1, 1.7, 1.3, 0.8, 0.8, 1, 1.6, 1.5, 1, 0.8, 0.5, 0.4, 0.3,
];

/** Ways of an ordinary day, in bouts of some minutes. */
function walk(person: Person, pulse: Pulse, draw: Dice): void {
  const { illness } = conditionOn(person, pulse.day);
  const { away } = stayOn(person, pulse.day);
  const lively = draw.between(0.6, 1.45) * (1 - 0.75 * illness) * (away ? 1.35 : 1);
  let bout = 0;
  for (let i = 0; i < pulse.state.length; i++) {
    const hour = Math.floor((i / 60) % 24);
    if (bout === 0 && draw.chance(0.015 * HOURS[hour]! * lively))
      bout = draw.chance(0.07) ? draw.int(15, 35) : draw.int(1, 8);
    if (bout === 0) {
      if (draw.chance(0.09 * lively)) pulse.steps[i] = draw.int(4, 30);
      continue;
    }
    bout--;
    pulse.state[i] = WALKING;
    pulse.steps[i] = bout === 0 ? draw.int(20, 70) : draw.int(88, 122);
    if (draw.chance(0.06)) pulse.floors[i] = draw.int(1, 2);
  }
}

/** Nights and naps, also those that no device saw: who sleeps does not walk. */
function layDown(person: Person, pulse: Pulse): void {
  for (const day of [pulse.day, pulse.day + 1]) {
    const window = windowOf(person, day);
    if (!window.worn) fill(pulse, indexOf(pulse, window.start), indexOf(pulse, window.end), UNWORN);
    for (const sleep of sleepsOf(person, day)) {
      const series = nightSeries(person, sleep);
      const from = indexOf(pulse, sleep.start);
      fill(pulse, from, from + series.heart.length, ASLEEP);
      for (const { stage, from_s, to_s } of sleep.segments) {
        if (stage === "awake") fill(pulse, from + Math.floor(from_s / 60), from + Math.floor(to_s / 60), IN_BED);
      }
      for (let i = Math.max(0, -from); i < series.heart.length && from + i < pulse.heart.length; i++) {
        pulse.heart[from + i] = series.heart[i]!;
      }
    }
  }
}

/** Showers, chargers, and days on which the watch stays on the shelf. */
function takeOff(person: Person, pulse: Pulse): void {
  const draw = dice(person.seed, pulse.day, "wear");
  const woke = indexOf(pulse, windowOf(person, pulse.day).end);
  const bed = indexOf(pulse, windowOf(person, pulse.day + 1).start);
  if (draw.chance(0.012)) {
    fill(pulse, woke, bed, UNWORN);
    return;
  }
  if (draw.chance(0.5)) {
    const from = woke + draw.int(8, 50);
    fill(pulse, from, from + draw.int(9, 26), UNWORN);
  }
  if (draw.chance(0.3)) {
    const from = bed - draw.int(70, 200);
    fill(pulse, from, Math.min(bed, from + draw.int(35, 80)), UNWORN);
  }
}

/** Steps in a minute of each sport on foot. */
const STEPS: Partial<Record<Activity["sport"], number>> = { run: 164, trail_run: 150, hike: 106, strength: 9 };

function train(pulse: Pulse, activities: Activity[], draw: Dice): void {
  for (const activity of activities) {
    if (activity.manual && activity.distance_m === 0) continue;
    const from = indexOf(pulse, activity.start);
    const to = indexOf(pulse, activity.start + activity.duration_s * 1000);
    const steps = STEPS[activity.sport] ?? 0;
    const climbing = steps > 100 ? activity.climb_m / 3 / Math.max(1, to - from) : 0;
    for (let i = from; i < to; i++) {
      const [chance, stride, floor] = [draw(), draw(), draw()];
      if (i < 0 || i >= pulse.state.length) continue;
      pulse.state[i] = TRAINING;
      pulse.steps[i] =
        steps === 0 ? 0 : Math.max(0, Math.round(steps * (0.95 + 0.1 * stride) - (chance < 0.02 ? 90 : 0)));
      pulse.floors[i] = Math.floor(climbing + floor);
    }
  }
}

/** The heart while awake: it follows what is done within minutes, and calms down slowly after training. */
function beat(person: Person, pulse: Pulse, activities: Activity[], draw: Dice): void {
  const { resting_heart_rate_bpm: rest, illness } = conditionOn(person, pulse.day);
  const reserve = person.max_heart_rate_bpm - rest;
  const trained = activities.map((one) => ({
    from: indexOf(pulse, one.start),
    to: indexOf(pulse, one.start + one.duration_s * 1000),
    of: one,
  }));
  let [now, warm, drift] = [rest + 18, 0, 0];
  for (let i = 0; i < pulse.heart.length; i++) {
    drift += (draw() - 0.5) * 5 - drift * 0.15;
    const state = pulse.state[i]!;
    if (state === ASLEEP || state === IN_BED) {
      now = pulse.heart[i]!;
      warm *= 0.96;
      continue;
    }
    let goal = rest + 15 + 4 * Math.sin((i / 1440) * 2 * Math.PI - 1.8) + 6 * illness + warm * reserve;
    if (state === WALKING) goal += 26;
    const training = state === TRAINING ? trained.find(({ from, to }) => i >= from && i < to) : undefined;
    if (training) {
      goal = rest + reserve * Math.min(0.97, training.of.effort * waves(training.of, i - training.from));
      warm = Math.max(warm, training.of.effort * 0.22);
    } else warm *= 0.97;
    now += (goal - now) * (training ? 0.75 : 0.45);
    const bpm = Math.round(now + (training ? drift * 0.3 : drift));
    pulse.heart[i] = state === UNWORN ? 0 : Math.max(rest - 1, Math.min(person.max_heart_rate_bpm, bpm));
  }
}

/** Intensity of a minute of training against its mean. */
function waves({ kind, duration_s }: Activity, minute: number): number {
  const minutes = duration_s / 60;
  if (kind !== "intervals" && kind !== "tempo") return minute < 5 ? 0.8 + minute * 0.04 : 1 + 0.04 * (minute / minutes);
  if (minute < minutes * 0.22 || minute > minutes * 0.8) return 0.86;
  const [on, off] = kind === "tempo" ? [15, 4] : [3, 2];
  return minute % (on + off) < on ? 1.17 : 0.88;
}
