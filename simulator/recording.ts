import type { Activity } from "./activity.ts";
import type { Person } from "./person.ts";
import { type Dice, dice } from "./random.ts";
import { along, loop } from "./route.ts";

/**
 * What the device wrote, one entry a sample: time in whole s since the start (with holes where it paused), distance m,
 * speed m/s, degrees, altitude m, heart rate bpm (0: no reading), cadence in revolutions or strides/min, power W, °C.
 * A channel that the device lacks is null.
 */
export interface Recording {
  time: Int32Array;
  distance: Float64Array | null;
  speed: Float64Array | null;
  lat: Float64Array | null;
  lng: Float64Array | null;
  altitude: Float64Array | null;
  grade: Float64Array | null;
  heart: Int16Array;
  cadence: Int16Array | null;
  power: Int16Array | null;
  temperature: Int16Array | null;
  moving: Uint8Array;
}

/** Where Zwift rides happen. */
const WATOPIA = { lat: -11.6442, lng: 166.9521, altitude_m: 14 };

/** The recording of an activity, made from its own dice; null for a manual one. */
export function recordingOf(person: Person, activity: Activity): Recording | null {
  if (activity.manual || !activity.device) return null;
  const draw = dice(person.seed, activity.track, "recording");
  const length = activity.duration_s + 1;
  const time = times(activity, length, draw);
  const work = workload(activity, length, draw);
  const ground = activity.distance_m > 0 && activity.sport !== "swim" ? onGround(activity, length, work, draw) : null;
  const body = bodyOf(person, activity, length, work, ground, draw);
  const whole: Recording = {
    time,
    distance: ground?.distance ?? (activity.sport === "swim" ? lengths(activity, length) : null),
    speed: ground?.speed ?? null,
    lat: ground?.lat ?? null,
    lng: ground?.lng ?? null,
    altitude: ground?.altitude ?? null,
    grade: ground?.grade ?? null,
    ...body,
    moving: new Uint8Array(length).fill(1),
  };
  for (let i = 0; i < length; i++) if (i === 0 || whole.time[i]! > whole.time[i - 1]! + 1) whole.moving[i] = 0;
  if (activity.sport === "swim") return thin(whole, everyLength(whole.distance!));
  return activity.device.every_s === 0 ? thin(whole, whenever(length, draw)) : whole;
}

/** Seconds in motion become seconds since the start: traffic lights, and a rest on long ones. */
function times(activity: Activity, length: number, draw: Dice): Int32Array {
  const outside = !activity.indoor && activity.kind !== "race";
  const stops = outside ? draw.int(0, Math.ceil(activity.duration_s / 1500)) : 0;
  const pauses = Array.from({ length: stops }, () => ({ at: draw.int(60, length - 2), s: draw.int(12, 95) }));
  if (outside && activity.duration_s > 6000)
    pauses.push({ at: Math.floor(length * draw.between(0.4, 0.6)), s: draw.int(300, 1200) });
  pauses.sort((a, b) => a.at - b.at);
  const time = new Int32Array(length);
  let stood = 0;
  for (let i = 0, next = 0; i < length; i++) {
    while (next < pauses.length && pauses[next]!.at <= i) stood += pauses[next++]!.s;
    time[i] = i + stood;
  }
  return time;
}

/** Intensity around 1 for each second: steady, or warm-up, repetitions and cool-down. */
function workload(activity: Activity, length: number, draw: Dice): Float64Array {
  const work = new Float64Array(length);
  const ease = activity.kind === "intervals" || activity.kind === "tempo" ? Math.round(length * 0.22) : 0;
  const [on, off] = activity.kind === "tempo" ? [900, 240] : [draw.int(90, 200), draw.int(60, 110)];
  const waves = [0.011, 0.0037, 0.0013].map((speed) => ({ speed, phase: draw() * 7, size: draw.between(0.01, 0.03) }));
  let noise = 0;
  for (let i = 0; i < length; i++) {
    const within = i - ease;
    const hard = within % (on + off) < on;
    const level = ease === 0 ? 1 : within < 0 || i > length - ease ? 0.86 : hard ? 1.17 : 0.74;
    noise += (draw() - 0.5) * 0.03 - noise * 0.1;
    work[i] = level + noise;
    for (const { speed, phase, size } of waves) work[i]! += size * Math.sin(i * speed + phase);
  }
  return work;
}

interface Ground {
  distance: Float64Array;
  speed: Float64Array;
  lat: Float64Array;
  lng: Float64Array;
  altitude: Float64Array;
  grade: Float64Array;
}

/** Distance, place and height along a loop: slower uphill, and the whole scaled to the activity's distance. */
function onGround(activity: Activity, length: number, work: Float64Array, draw: Dice): Ground {
  const goal = activity.distance_m;
  const rounds = activity.sport.endsWith("run") ? Math.max(1, Math.round(goal / 11_000)) : 1;
  const place = activity.sport === "virtual_ride" ? { ...activity.place, ...WATOPIA } : activity.place;
  const route = loop(place, goal / rounds, activity.climb_m / rounds, draw);
  const foot = activity.sport.endsWith("run") || activity.sport === "hike";
  const [uphill, slowest, fastest] = foot ? [3.2, 0.45, 1.2] : [9, 0.38, 1.6];
  const point = { lat: 0, lng: 0, altitude_m: 0 };
  const ahead = { lat: 0, lng: 0, altitude_m: 0 };
  const distance = new Float64Array(length);
  const mean = goal / (length - 1);
  for (let i = 1; i < length; i++) {
    const share = (rounds * distance[i - 1]!) / goal;
    along(route, share, point);
    along(route, share + 20 / (goal / rounds), ahead);
    const slope = (ahead.altitude_m - point.altitude_m) / 20;
    const start = Math.min(1, 0.4 + i * 0.1);
    const speed = mean * work[i]! * start * Math.max(slowest, Math.min(fastest, 1 - slope * uphill));
    distance[i] = distance[i - 1]! + Math.max(0.3, speed);
  }
  const scale = goal / distance[length - 1]!;
  const ground: Ground = {
    distance,
    speed: new Float64Array(length),
    lat: new Float64Array(length),
    lng: new Float64Array(length),
    altitude: new Float64Array(length),
    grade: new Float64Array(length),
  };
  for (let i = 0; i < length; i++) {
    distance[i]! *= scale;
    along(route, Math.min((rounds * distance[i]!) / goal, rounds - 1e-9), point);
    ground.lat[i] = point.lat;
    ground.lng[i] = point.lng;
    ground.altitude[i] = point.altitude_m;
    const from = Math.max(0, i - 4);
    ground.speed[i] = i === 0 ? 0 : (distance[i]! - distance[from]!) / (i - from);
    const back = Math.max(0, i - 12);
    const run = distance[i]! - distance[back]!;
    ground.grade[i] = run > 5 ? (100 * (point.altitude_m - ground.altitude[back]!)) / run : 0;
  }
  return ground;
}

/** Heart, legs and skin: the heart follows the work with a lag, drifts upward with time and heat, and drops out at times. */
function bodyOf(
  person: Person,
  activity: Activity,
  length: number,
  work: Float64Array,
  ground: Ground | null,
  draw: Dice,
): Pick<Recording, "heart" | "cadence" | "power" | "temperature"> {
  const { sport } = activity;
  const bike = sport.endsWith("ride");
  const rest = person.resting_heart_rate_bpm;
  const reserve = person.max_heart_rate_bpm - rest;
  const heat = Math.max(0, activity.temperature_c - 18) * 0.0035;
  const steps = sport === "hike" ? 54 : 79 + (activity.distance_m / activity.duration_s - 2.8) * 6;
  const meter = activity.device?.power_meter === true;
  const watts = person.ftp_w * Math.max(0.4, activity.effort * 1.5 - 0.24);
  const heart = new Int16Array(length);
  const turning = ground || sport === "swim" ? new Int16Array(length) : null;
  const power = bike && meter ? new Int16Array(length) : null;
  const temperature = activity.device?.brand === "zwift" ? null : new Int16Array(length);
  const skin = activity.indoor ? 24 : activity.temperature_c + 2;
  const lost = draw.chance(0.08) ? { from: draw.int(0, length - 1), s: draw.int(5, 90) } : null;
  let pulse = rest + 25;
  let wobble = 0;
  for (let i = 0; i < length; i++) {
    const slope = ground ? Math.max(-8, Math.min(8, ground.grade[i]!)) * (bike ? 0.008 : 0.012) : 0;
    const sets = sport === "strength" ? 0.12 * Math.sin(i / 28) : 0;
    const share = activity.effort * work[i]! + slope + sets + heat + 0.05 * (i / 7200);
    pulse += (rest + reserve * Math.max(0.12, Math.min(0.985, share)) - pulse) / 38;
    wobble += (draw() - 0.5) * 0.9 - wobble * 0.06;
    heart[i] = lost && i >= lost.from && i < lost.from + lost.s ? 0 : Math.round(pulse + wobble);
    const coasting = bike && ground !== null && ground.grade[i]! < -3.2;
    if (turning) {
      const usual = bike ? 86 : sport === "swim" ? 27 : steps;
      turning[i] = i === 0 || coasting ? 0 : Math.round(usual * (0.75 + 0.25 * work[i]!) + (draw() - 0.5) * 3);
    }
    if (power)
      power[i] =
        i === 0 || coasting ? 0 : Math.max(0, Math.round(watts * work[i]! * (1 + slope * 3.5 + (draw() - 0.5) * 0.3)));
    if (temperature) temperature[i] = Math.round(skin + 3 * Math.exp(-i / 600) + 0.8 * Math.sin(i / 2400));
  }
  return { heart, cadence: turning, power, temperature };
}

/** Metres swum: the watch knows full lengths of 25 m only. */
function lengths(activity: Activity, length: number): Float64Array {
  const count = Math.round(activity.distance_m / 25);
  return Float64Array.from({ length }, (_, i) => Math.floor((i / (length - 1)) * count + 1e-9) * 25);
}

function everyLength(distance: Float64Array): number[] {
  return [...distance.keys()].filter((i) => i === 0 || distance[i]! > distance[i - 1]!);
}

/** Smart recording: a sample every 2 to 7 seconds, the last second always. */
function whenever(length: number, draw: Dice): number[] {
  const kept: number[] = [];
  for (let i = 0; i < length - 1; i += draw.int(2, 7)) kept.push(i);
  return [...kept, length - 1];
}

function thin(all: Recording, kept: number[]): Recording {
  const of = <T extends Int16Array | Int32Array | Float64Array | Uint8Array>(channel: T): T => {
    const made = channel.slice(0, kept.length) as T;
    for (let i = 0; i < kept.length; i++) made[i] = channel[kept[i]!]!;
    return made;
  };
  const entries = Object.entries(all).map(([name, channel]) => [name, channel === null ? null : of(channel)]);
  return Object.fromEntries(entries) as Recording;
}
