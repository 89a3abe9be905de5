import { encode } from "@placemarkio/polyline";
import type { Activity } from "./activity.ts";
import type { Person } from "./person.ts";
import { type Recording, recordingOf } from "./recording.ts";

/** Sums of an activity, from its recording; null: not measured. Metres, seconds, m/s, bpm, W, kJ, °C. */
export interface Summary {
  distance_m: number;
  moving_s: number;
  elapsed_s: number;
  ascent_m: number;
  avg_speed_mps: number;
  max_speed_mps: number;
  avg_heart_rate_bpm: number | null;
  max_heart_rate_bpm: number | null;
  avg_cadence_rpm: number | null;
  avg_power_w: number | null;
  max_power_w: number | null;
  weighted_power_w: number | null;
  work_kj: number | null;
  energy_kcal: number;
  avg_temperature_c: number | null;
  max_altitude_m: number | null;
  min_altitude_m: number | null;
  start: [number, number] | null;
  end: [number, number] | null;
  /** Encoded with five digits: the whole way, and about a hundred points of it. */
  polyline: string;
  summary_polyline: string;
}

/** A stretch of a recording: a lap, or a split by distance. Indexes into the samples, both included. */
export interface Stretch {
  from: number;
  to: number;
  distance_m: number;
  elapsed_s: number;
  moving_s: number;
  ascent_m: number;
  climb_m: number;
  avg_speed_mps: number;
  max_speed_mps: number;
  avg_heart_rate_bpm: number | null;
  max_heart_rate_bpm: number | null;
  avg_cadence_rpm: number | null;
  avg_power_w: number | null;
}

const summaries = new WeakMap<Activity, Summary>();
/** Some hundred kilobytes each: what a person does in a month. */
const MOST_KEPT = 32;
const recent: { activity: Activity; recording: Recording | null }[] = [];

/** The recording, kept for a while: detail and streams of one activity are asked one after the other, and a month again. */
export function recorded(person: Person, activity: Activity): Recording | null {
  const known = recent.find((one) => one.activity === activity);
  if (known) return known.recording;
  const recording = recordingOf(person, activity);
  recent.unshift({ activity, recording });
  recent.length = Math.min(recent.length, MOST_KEPT);
  return recording;
}

export function summaryOf(person: Person, activity: Activity): Summary {
  let made = summaries.get(activity);
  if (!made) {
    const recording = recorded(person, activity);
    made = recording ? measured(person, activity, recording) : typed(person, activity);
    summaries.set(activity, made);
  }
  return made;
}

/** kcal by effort, weight and time. */
const burnt = (person: Person, activity: Activity): number =>
  Math.round((activity.duration_s / 3600) * person.weight_kg * (2 + 13.5 * Math.max(0.1, activity.effort)) * 0.93);

/** What a manual entry says. */
function typed(person: Person, activity: Activity): Summary {
  return {
    distance_m: activity.distance_m,
    moving_s: activity.duration_s,
    elapsed_s: activity.duration_s,
    ascent_m: 0,
    avg_speed_mps: activity.distance_m / activity.duration_s,
    max_speed_mps: 0,
    avg_heart_rate_bpm: null,
    max_heart_rate_bpm: null,
    avg_cadence_rpm: null,
    avg_power_w: null,
    max_power_w: null,
    weighted_power_w: null,
    work_kj: null,
    energy_kcal: burnt(person, activity),
    avg_temperature_c: null,
    max_altitude_m: null,
    min_altitude_m: null,
    start: null,
    end: null,
    polyline: "",
    summary_polyline: "",
  };
}

function measured(person: Person, activity: Activity, recording: Recording): Summary {
  const whole = stretch(recording, 0, recording.time.length - 1, activity.duration_s);
  const bike = activity.sport.endsWith("ride");
  const speed = whole.avg_speed_mps;
  // Without a meter providers estimate: rolling and air resistance, and the climbing.
  const guess =
    speed * (3.2 + 0.2 * speed * speed) + (whole.ascent_m * 9.81 * (person.weight_kg + 9)) / activity.duration_s / 2;
  const power = whole.avg_power_w ?? (bike ? guess : null);
  const work = power === null ? null : (power * activity.duration_s) / 1000;
  const last = recording.time.length - 1;
  const heights = recording.altitude;
  return {
    distance_m: recording.distance?.[last] ?? 0,
    moving_s: activity.duration_s,
    elapsed_s: whole.elapsed_s,
    ascent_m: whole.ascent_m,
    avg_speed_mps: speed,
    max_speed_mps: whole.max_speed_mps,
    avg_heart_rate_bpm: whole.avg_heart_rate_bpm,
    max_heart_rate_bpm: whole.max_heart_rate_bpm,
    avg_cadence_rpm: whole.avg_cadence_rpm,
    avg_power_w: power,
    max_power_w: recording.power ? recording.power.reduce((a, b) => Math.max(a, b), 0) : null,
    weighted_power_w: recording.power ? normalised(recording.power) : null,
    work_kj: work,
    energy_kcal: work === null ? burnt(person, activity) : Math.round(work * 1.06),
    avg_temperature_c: recording.temperature ? Math.round(mean(recording.temperature)) : null,
    max_altitude_m: heights ? heights.reduce((a, b) => Math.max(a, b)) : null,
    min_altitude_m: heights ? heights.reduce((a, b) => Math.min(a, b)) : null,
    start: pointAt(recording, 0),
    end: pointAt(recording, last),
    polyline: polyline(recording, 1500),
    summary_polyline: polyline(recording, 100),
  };
}

/** Sums between two samples; `moving_s` is counted from the holes where it is not known. */
export function stretch(recording: Recording, from: number, to: number, moving_s?: number): Stretch {
  const { time, distance, speed, altitude, heart } = recording;
  const metres = distance ? distance[to]! - distance[from]! : 0;
  let [beats, beaten, fastest, top, up, moved] = [0, 0, 0, 0, 0, 0];
  for (let i = from; i <= to; i++) {
    if (heart[i]! > 0) {
      beats += heart[i]!;
      beaten++;
      top = Math.max(top, heart[i]!);
    }
    if (speed) fastest = Math.max(fastest, speed[i]!);
    if (i === from) continue;
    if (altitude) up += Math.max(0, altitude[i]! - altitude[i - 1]!);
    const step = time[i]! - time[i - 1]!;
    moved += step > 8 && recording.speed ? 1 : step;
  }
  const moving = Math.max(1, moving_s ?? moved);
  return {
    from,
    to,
    distance_m: metres,
    elapsed_s: time[to]! - time[from]!,
    moving_s: moving_s ?? moved,
    ascent_m: up,
    climb_m: altitude ? altitude[to]! - altitude[from]! : 0,
    avg_speed_mps: metres / moving,
    max_speed_mps: speed ? fastest : (metres / moving) * 1.25,
    avg_heart_rate_bpm: beaten > 0 ? beats / beaten : null,
    max_heart_rate_bpm: beaten > 0 ? top : null,
    avg_cadence_rpm: recording.cadence ? mean(recording.cadence, from, to, true) : null,
    avg_power_w: recording.power ? mean(recording.power, from, to) : null,
  };
}

/** Cut at every so many metres; the last piece is what remains, if it is worth the name. */
export function splits(recording: Recording, every_m: number): Stretch[] {
  const { distance } = recording;
  const last = recording.time.length - 1;
  if (!distance) return last > 0 ? [stretch(recording, 0, last)] : [];
  const made: Stretch[] = [];
  let from = 0;
  for (let i = 1; i <= last; i++) {
    if (distance[i]! < every_m * (made.length + 1) && i < last) continue;
    if (distance[i]! - distance[from]! > 20) made.push(stretch(recording, from, i));
    from = i;
  }
  return made;
}

/** The quickest stretch of at least so many metres; null where the whole is shorter. */
export function quickest(recording: Recording, metres: number): { from: number; to: number; elapsed_s: number } | null {
  const { time, distance } = recording;
  if (!distance) return null;
  let best: { from: number; to: number; elapsed_s: number } | null = null;
  for (let from = 0, to = 0; to < time.length; to++) {
    while (distance[to]! - distance[from + 1]! >= metres) from++;
    if (distance[to]! - distance[from]! < metres) continue;
    const elapsed_s = time[to]! - time[from]!;
    if (!best || elapsed_s < best.elapsed_s) best = { from, to, elapsed_s };
  }
  return best;
}

export const pointAt = (recording: Recording, i: number): [number, number] | null =>
  recording.lat && recording.lng ? [recording.lat[i]!, recording.lng[i]!] : null;

function polyline({ lat, lng }: Recording, points: number): string {
  if (!lat || !lng) return "";
  const step = Math.max(1, Math.floor(lat.length / points));
  const kept: [number, number][] = [];
  for (let i = 0; i < lat.length; i += step) kept.push([lng[i]!, lat[i]!]);
  kept.push([lng[lat.length - 1]!, lat[lat.length - 1]!]);
  return encode(kept);
}

function mean(values: Int16Array, from = 0, to = values.length - 1, skipZero = false): number {
  let [sum, count] = [0, 0];
  for (let i = from; i <= to; i++) {
    if (skipZero && values[i] === 0) continue;
    sum += values[i]!;
    count++;
  }
  return count > 0 ? sum / count : 0;
}

/** Normalised power: fourth-power mean of the 30 s rolling mean. */
function normalised(power: Int16Array): number {
  let [window, sum] = [0, 0];
  for (let i = 0; i < power.length; i++) {
    window += power[i]! - (i >= 30 ? power[i - 30]! : 0);
    sum += (window / Math.min(i + 1, 30)) ** 4;
  }
  return (sum / power.length) ** 0.25;
}
