import { dateOf, instantOf, localDay, offsetAt } from "./calendar.ts";
import { conditionOn, round } from "./condition.ts";
import type { Life } from "./life.ts";
import type { Person } from "./person.ts";
import { planOf } from "./plan.ts";
import { type Dice, dice } from "./random.ts";
import { stayOn } from "./year.ts";

export type Stage = "awake" | "light" | "deep" | "rem";

/** A stretch of one stage, in whole half minutes since the start of the sleep. */
export interface Segment {
  stage: Stage;
  from_s: number;
  to_s: number;
}

/** One sleep as worn devices saw it. Instants ms UTC; the offsets differ on a clock change or a night in the air. */
export interface Sleep {
  /** Date of waking and number in the day: "2026-03-01/s0". */
  key: string;
  type: "main" | "nap";
  /** Local day of waking, and the same as YYYY-MM-DD. */
  day: number;
  date: string;
  start: number;
  end: number;
  start_offset_s: number;
  end_offset_s: number;
  /** IANA zone at the end. */
  zone: string;
  /** Without holes from start to end. */
  segments: Segment[];
  in_bed_s: number;
  asleep_s: number;
  awake_s: number;
  light_s: number;
  deep_s: number;
  rem_s: number;
  /** Until the first sleep, part of awake_s. */
  latency_s: number;
  /** Awakenings after the first sleep. */
  awakenings: number;
  /** Asleep of in bed. */
  efficiency_pct: number;
  /** 1–100, by length, depth and calm. */
  score: number;
  avg_heart_rate_bpm: number;
  min_heart_rate_bpm: number;
  /** RMSSD; null for a short nap. */
  hrv_rmssd_ms: number | null;
  respiration_brpm: number;
  spo2_pct: number;
  skin_temperature_deviation_c: number;
  skin_temperature_c: number;
}

/** What the night was like in small: one entry a minute since its start; RMSSD one in five minutes, 0: no reading. */
export interface NightSeries {
  heart: Int16Array;
  respiration: Float64Array;
  spo2: Int8Array;
  hrv: Int16Array;
}

const known = new WeakMap<Person, Map<number, { window: Window; sleeps: Sleep[] }>>();

/** When a person lies in bed for the night that ends on a day, worn or not. */
export interface Window {
  start: number;
  end: number;
  start_offset_s: number;
  end_offset_s: number;
  zone: string;
  /** Nothing on the wrist, or it was empty. */
  worn: boolean;
}

/**
 * Sleeps that end on a local day and are over at `now`, in order: as a rule one main and at times a nap; none where
 * nothing was worn; two mains where the night was broken. None before the person's history.
 */
export function sleepsOn(life: Life, day: number, now: number): Sleep[] {
  if (life.person.months === 0 || day < life.since) return [];
  return sleepsOf(life.person, day).filter((sleep) => sleep.end <= now);
}

/** All of a history that are over, oldest first. */
export function sleeps(life: Life, now: number): Sleep[] {
  const made: Sleep[] = [];
  const last = localDay(life.person.home.zone, now) + 1;
  for (let day = life.since; day <= last; day++) made.push(...sleepsOn(life, day, now));
  return made;
}

/** The same whatever "now" and the history are. */
export const sleepsOf = (person: Person, day: number): Sleep[] => nightOf(person, day).sleeps;

export const windowOf = (person: Person, day: number): Window => nightOf(person, day).window;

function nightOf(person: Person, day: number): { window: Window; sleeps: Sleep[] } {
  let days = known.get(person);
  if (!days) known.set(person, (days = new Map()));
  let made = days.get(day);
  if (!made) {
    const window = newWindow(person, day);
    days.set(day, (made = { window, sleeps: newSleeps(person, day, window) }));
  }
  return made;
}

function newWindow(person: Person, day: number): Window {
  const draw = dice(person.seed, day, "night");
  const { late, illness } = conditionOn(person, day);
  const { zone } = stayOn(person, day).place;
  const from = stayOn(person, day - 1).place.zone;
  const weekday = (((day + 3) % 7) + 7) % 7;
  const free = weekday >= 5;
  const first = planOf(person, day)[0]?.start_s ?? 86_400;
  const last = planOf(person, day - 1).at(-1);
  const wished = (free ? 7.7 : 6.6) * 3600 + draw.normal(0, 1300) + illness * 4000 + (late ? 1500 : 0);
  const wake = Math.min(wished, first - 2700);
  const worn = !draw.chance(0.04);
  const end = minute(instantOf(zone, day, wake));
  if (from !== zone) {
    // In the air: short, and the clock changes on landing.
    const start = end - minute(draw.between(3.6, 5.4) * 3600_000);
    return { start, end, start_offset_s: offsetAt(from, start), end_offset_s: offsetAt(zone, end), zone, worn };
  }
  const evening = Math.max(
    (weekday === 5 || weekday === 6 ? 23.3 : 22.6) * 3600 + draw.normal(0, 1500) + (late ? 4500 : 0) - illness * 3000,
    last ? last.start_s + last.duration_s * 1.15 + 4000 : 0,
  );
  const start = minute(instantOf(zone, day - 1, Math.min(evening, wake + 86_400 - 4.2 * 3600)));
  return { start, end, start_offset_s: offsetAt(zone, start), end_offset_s: offsetAt(zone, end), zone, worn };
}

const minute = (ms: number): number => Math.round(ms / 60_000) * 60_000;

function newSleeps(person: Person, day: number, window: Window): Sleep[] {
  const draw = dice(person.seed, day, "sleeps");
  const spans: [start: number, end: number, type: Sleep["type"]][] = [];
  if (window.worn) {
    const broken = draw.chance(0.012) && window.end - window.start > 6.5 * 3600_000;
    const middle = minute(window.start + (window.end - window.start) * draw.between(0.52, 0.6));
    if (broken) spans.push([window.start, middle, "main"], [middle + draw.int(70, 95) * 60_000, window.end, "main"]);
    else spans.push([window.start, window.end, "main"]);
  }
  const { illness, jet_lag } = conditionOn(person, day);
  const weekday = (((day + 3) % 7) + 7) % 7;
  if (draw.chance((weekday >= 5 ? 0.16 : 0.04) + 0.4 * illness + 0.25 * jet_lag)) {
    const start = minute(instantOf(window.zone, day, 13.6 * 3600 + draw.normal(0, 2400)));
    const end = start + draw.int(18, illness > 0.5 ? 95 : 55) * 60_000;
    const busy = planOf(person, day).some((one) => {
      const from = instantOf(window.zone, day, one.start_s);
      return from - 1800_000 < end && from + (one.duration_s * 1.3 + 1800) * 1000 > start;
    });
    if (!busy) spans.push([start, end, "nap"]);
  }
  return spans.map(([start, end, type], i) => newSleep(person, day, window, start, end, type, i));
}

function newSleep(
  person: Person,
  day: number,
  window: Window,
  start: number,
  end: number,
  type: Sleep["type"],
  number: number,
): Sleep {
  const key = `${dateOf(day)}/s${number}`;
  const draw = dice(person.seed, key, "sleep");
  const body = conditionOn(person, day);
  const restless = 0.04 + 0.1 * body.illness + 0.08 * body.jet_lag + (body.late ? 0.05 : 0) + draw.between(0, 0.03);
  const in_bed_s = (end - start) / 1000;
  const segments = hypnogram(in_bed_s, type, restless, draw);
  const total = (stage: Stage) =>
    segments.reduce((sum, one) => sum + (one.stage === stage ? one.to_s - one.from_s : 0), 0);
  const [awake_s, light_s, deep_s, rem_s] = (["awake", "light", "deep", "rem"] as const).map(total) as number[];
  const asleep_s = in_bed_s - awake_s!;
  const calm = 1 - Math.min(1, restless / 0.22);
  const rested = Math.min(1, asleep_s / 30_000);
  const depth = Math.min(1, (deep_s! + rem_s!) / (asleep_s * 0.46));
  const low = body.resting_heart_rate_bpm;
  const nap = type === "nap";
  return {
    key,
    type,
    day,
    date: dateOf(day),
    start,
    end,
    start_offset_s: start === window.start ? window.start_offset_s : offsetAt(window.zone, start),
    end_offset_s: offsetAt(window.zone, end),
    zone: window.zone,
    segments,
    in_bed_s,
    asleep_s,
    awake_s: awake_s!,
    light_s: light_s!,
    deep_s: deep_s!,
    rem_s: rem_s!,
    latency_s: segments[0]!.stage === "awake" ? segments[0]!.to_s : 0,
    awakenings: segments.filter((one, i) => one.stage === "awake" && i > 0 && i < segments.length - 1).length,
    efficiency_pct: round((100 * asleep_s) / in_bed_s, 1),
    score: Math.round(Math.max(18, Math.min(98, 56 * rested + 20 * depth + 22 * calm + draw.normal(0, 2.5)))),
    avg_heart_rate_bpm: low + (nap ? draw.int(7, 11) : draw.int(4, 7)),
    min_heart_rate_bpm: low + (nap ? draw.int(3, 6) : -draw.int(0, 2)),
    hrv_rmssd_ms: nap ? (in_bed_s < 2400 ? null : round(body.hrv_rmssd_ms * 0.9, 1)) : body.hrv_rmssd_ms,
    respiration_brpm: body.respiration_brpm,
    spo2_pct: body.spo2_pct,
    skin_temperature_deviation_c: body.skin_temperature_deviation_c,
    skin_temperature_c: body.skin_temperature_c,
  };
}

/** Shares of deep and REM in one cycle after the other. */
const DEEP = [0.36, 0.29, 0.15, 0.07, 0.03, 0.02];
const REM = [0.07, 0.18, 0.27, 0.32, 0.34, 0.34];

function hypnogram(length_s: number, type: Sleep["type"], restless: number, draw: Dice): Segment[] {
  const made: Segment[] = [];
  let at = 0;
  const add = (stage: Stage, seconds: number): void => {
    const to_s = Math.min(length_s, at + Math.max(30, Math.round(seconds / 30) * 30));
    if (to_s <= at) return;
    const last = made.at(-1);
    if (last?.stage === stage) last.to_s = to_s;
    else made.push({ stage, from_s: at, to_s });
    at = to_s;
  };
  const nap = type === "nap";
  add("awake", nap ? draw.between(60, 420) : 120 + draw.between(0, 900) * (0.4 + restless * 6));
  for (let cycle = 0; at < length_s - 300; cycle++) {
    const whole = Math.min(nap ? 4200 : draw.normal(5500, 480), length_s - at);
    const deep = DEEP[Math.min(cycle, 5)]! * draw.between(0.75, 1.2) * (1 - restless);
    const rem = nap ? 0.04 : REM[Math.min(cycle, 5)]! * draw.between(0.8, 1.2);
    const awake = restless * draw.between(0.3, 1.3);
    const light = Math.max(0.2, 1 - deep - rem - awake);
    add("light", whole * light * 0.3);
    if (deep > 0.02) {
      add("deep", whole * deep * 0.7);
      if (draw.chance(0.5)) add("light", draw.int(2, 7) * 60);
      add("deep", whole * deep * 0.3);
    }
    add("light", whole * light * 0.45);
    if (draw.chance(0.55)) {
      add("awake", whole * awake * 0.5);
      add("light", whole * light * 0.12);
    }
    if (rem > 0.05) add("rem", whole * rem);
    if (draw.chance(0.8)) add("awake", whole * awake * 0.6);
    add("light", whole * light * 0.2);
  }
  add("awake", length_s - at);
  return made;
}

/** Minutes of one sleep: the heart sinks towards the morning, RMSSD is high in deep sleep and swings in REM. */
export function nightSeries(person: Person, sleep: Sleep): NightSeries {
  const draw = dice(person.seed, sleep.key, "series");
  const minutes = Math.floor(sleep.in_bed_s / 60);
  const made: NightSeries = {
    heart: new Int16Array(minutes),
    respiration: new Float64Array(minutes),
    spo2: new Int8Array(minutes),
    hrv: new Int16Array(Math.floor(minutes / 5)),
  };
  const { avg_heart_rate_bpm: mean, min_heart_rate_bpm: low } = sleep;
  let segment = 0;
  let drift = 0;
  for (let i = 0; i < minutes; i++) {
    while (sleep.segments[segment]!.to_s <= i * 60) segment++;
    const { stage } = sleep.segments[segment]!;
    const sinking = (mean - low) * (1.1 - (2 * i) / minutes);
    const more = stage === "awake" ? 9 : stage === "rem" ? 2.5 : stage === "deep" ? -1.5 : 0;
    drift += (draw() - 0.5) * 1.6 - drift * 0.12;
    made.heart[i] = Math.max(low, Math.round(mean + sinking * 0.8 + more + drift));
    made.respiration[i] = round(
      sleep.respiration_brpm + (stage === "rem" ? 0.8 : stage === "awake" ? 1.6 : 0) + drift * 0.3,
      2,
    );
    made.spo2[i] = Math.max(86, Math.min(100, Math.round(sleep.spo2_pct + drift * 0.35 + (draw() - 0.5) * 2)));
    if (i % 5 === 4 && sleep.hrv_rmssd_ms !== null) {
      const share = stage === "deep" ? 1.08 : stage === "rem" ? 0.96 : stage === "awake" ? 0.72 : 1.02;
      const lost = stage === "awake" && draw.chance(0.5);
      made.hrv[(i - 4) / 5] = lost ? 0 : Math.round(sleep.hrv_rmssd_ms * share * (0.86 + 0.28 * draw()));
    }
  }
  // The lowest beat of the summary is found in the series.
  if (minutes > 0) made.heart[Math.floor(minutes * 0.82)] = low;
  return made;
}
