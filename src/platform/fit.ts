/** FIT activity files, read by the format owner's own library; field names and units of its profile in, ours out. */
import { Decoder, Stream } from "@garmin/fitsdk";

/** What a workout's point may tell. */
const CHANNELS = [
  "lat",
  "lng",
  "altitude_m",
  "heart_rate_bpm",
  "cadence_rpm",
  "power_w",
  "speed_mps",
  "temperature_c",
  "distance_m",
] as const;
type Channel = (typeof CHANNELS)[number];
type Point = Partial<Record<Channel, number>>;

/** Instants in unix ms; what a file does not tell is null. Energy is the total, basal energy included. */
export interface FitSession {
  /** The profile's names, `cycling` and `gravel_cycling`; `generic` where they are not known. */
  sport: string;
  sub_sport: string;
  start_time: number;
  elapsed_s: number | null;
  moving_s: number | null;
  distance_m: number | null;
  energy_kcal: number | null;
  ascent_m: number | null;
  descent_m: number | null;
  avg_heart_rate_bpm: number | null;
  max_heart_rate_bpm: number | null;
  avg_speed_mps: number | null;
  max_speed_mps: number | null;
  avg_power_w: number | null;
  max_power_w: number | null;
  avg_cadence_rpm: number | null;
  training_load: number | null;
  /** 0–10. */
  rpe: number | null;
}

export interface FitLap {
  start_time: number;
  elapsed_s: number | null;
  moving_s: number | null;
  distance_m: number | null;
  avg_heart_rate_bpm: number | null;
  max_heart_rate_bpm: number | null;
}

export interface FitFile {
  /** The device clock's, s; null where the file does not tell it. */
  utc_offset_s: number | null;
  /** Several where several sports were recorded in one go. */
  sessions: FitSession[];
  laps: FitLap[];
  /** Ascending. */
  points: { time: number; point: Point }[];
}

type Message = Record<string, unknown>;

const FIT_EPOCH_S = 631_065_600;
const DEGREES = 180 / 2 ** 31;

/** Null where the bytes are no FIT file. Of a damaged one all is kept that comes before the damage. */
export function readFit(bytes: Uint8Array): FitFile | null {
  const stream = Stream.fromByteArray(bytes);
  if (!Decoder.isFIT(stream)) return null;
  const { messages } = new Decoder(stream).read();
  const of = (name: string): Message[] => (messages as unknown as Record<string, Message[] | undefined>)[name] ?? [];
  const points = of("recordMesgs")
    .flatMap((record) => {
      const time = instant(record.timestamp);
      return time === null ? [] : [{ time, point: pointOf(record) }];
    })
    .sort((a, b) => a.time - b.time);
  return {
    utc_offset_s: offsetOf(of("activityMesgs")[0]),
    sessions: of("sessionMesgs").flatMap(sessionOf),
    laps: of("lapMesgs").flatMap(lapOf),
    points,
  };
}

function pointOf(record: Message): Point {
  const lat = number(record.positionLat);
  const lng = number(record.positionLong);
  const cadence = cadenceOf(record.cadence, record.fractionalCadence);
  const altitude = number(record.enhancedAltitude) ?? number(record.altitude);
  const all: Record<Channel, number | null> = {
    lat: lat === null || lng === null ? null : places(lat * DEGREES, 7),
    lng: lat === null || lng === null ? null : places(lng * DEGREES, 7),
    // A fifth of a metre from −500 m: the subtraction leaves dust.
    altitude_m: altitude === null ? null : places(altitude, 3),
    heart_rate_bpm: number(record.heartRate) || null,
    cadence_rpm: cadence,
    power_w: number(record.power),
    speed_mps: number(record.enhancedSpeed) ?? number(record.speed),
    temperature_c: number(record.temperature),
    distance_m: number(record.distance),
  };
  const point: Point = {};
  for (const channel of CHANNELS) if (all[channel] !== null) point[channel] = all[channel];
  return point;
}

function sessionOf(session: Message): FitSession[] {
  const start_time = instant(session.startTime);
  if (start_time === null) return [];
  const rpe = number(session.workoutRpe);
  return [
    {
      sport: nameOf(session.sport),
      sub_sport: nameOf(session.subSport),
      start_time,
      elapsed_s: number(session.totalElapsedTime),
      moving_s: number(session.totalMovingTime),
      distance_m: number(session.totalDistance),
      energy_kcal: number(session.totalCalories),
      ascent_m: number(session.totalAscent),
      descent_m: number(session.totalDescent),
      avg_heart_rate_bpm: number(session.avgHeartRate) || null,
      max_heart_rate_bpm: number(session.maxHeartRate) || null,
      avg_speed_mps: number(session.enhancedAvgSpeed) ?? number(session.avgSpeed),
      max_speed_mps: number(session.enhancedMaxSpeed) ?? number(session.maxSpeed),
      avg_power_w: number(session.avgPower),
      max_power_w: number(session.maxPower),
      avg_cadence_rpm: cadenceOf(session.avgRunningCadence ?? session.avgCadence, session.avgFractionalCadence),
      training_load: number(session.trainingLoadPeak),
      rpe: rpe === null ? null : rpe / 10,
    },
  ];
}

function lapOf(lap: Message): FitLap[] {
  const start_time = instant(lap.startTime);
  if (start_time === null) return [];
  return [
    {
      start_time,
      elapsed_s: number(lap.totalElapsedTime),
      moving_s: number(lap.totalMovingTime),
      distance_m: number(lap.totalDistance),
      avg_heart_rate_bpm: number(lap.avgHeartRate) || null,
      max_heart_rate_bpm: number(lap.maxHeartRate) || null,
    },
  ];
}

/** `localTimestamp` counts the device clock's seconds as if they were UTC; the two may be written a second apart. */
function offsetOf(activity: Message | undefined): number | null {
  const utc = instant(activity?.timestamp);
  const local = number(activity?.localTimestamp);
  if (utc === null || local === null) return null;
  const offset = Math.round((local + FIT_EPOCH_S - utc / 1000) / 60) * 60;
  return Math.abs(offset) <= 86_400 ? offset : null;
}

/** Whole turns or strides, and a part of one. */
function cadenceOf(whole: unknown, fraction: unknown): number | null {
  const turns = number(whole);
  return turns === null ? null : turns + (number(fraction) ?? 0);
}

const number = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);
const places = (value: number, most: number): number => Number(value.toFixed(most));
const instant = (value: unknown): number | null =>
  value instanceof Date && !Number.isNaN(value.getTime()) ? value.getTime() : null;

/** The library writes the profile's `gravel_cycling` as `gravelCycling`; a value it does not know stays a number. */
const nameOf = (value: unknown): string =>
  typeof value === "string" ? value.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : "generic";
