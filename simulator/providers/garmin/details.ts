import { round } from "../../condition.ts";
import type { Life } from "../../life.ts";
import { dice } from "../../random.ts";
import type { Recording } from "../../recording.ts";
import { recorded, splits } from "../../summary.ts";
import { activityFields, type Entry, isRide, isRun, ofEntries } from "./activities.ts";
import { seconds } from "./summary.ts";

/** Summary, samples and laps of one activity; by hand typed ones have no samples. */
export function detailFields(life: Life, entry: Entry): Record<string, unknown> {
  const recording = entry.legs.length > 0 ? null : recorded(life.person, entry.activity);
  return {
    summaryId: `${entry.id}-detail`,
    activityId: entry.id,
    summary: activityFields(life, entry),
    samples: entry.legs.length > 0 ? entry.legs.flatMap((leg) => samplesOf(life, leg)) : samplesOf(life, entry),
    laps: recording ? lapStarts(entry, recording).map((startTimeInSeconds) => ({ startTimeInSeconds })) : [],
  };
}

/** Samples that the watch kept: every second where it mattered, else when something changed. */
export function keptSamples(life: Life, entry: Entry, recording: Recording): number[] {
  const { kind, key } = entry.activity;
  const last = recording.time.length - 1;
  const draw = dice(life.person.seed, key, "garmin samples");
  const smart = kind !== "race" && kind !== "intervals" && entry.type !== "LAP_SWIMMING";
  const kept: number[] = [];
  for (let i = 0; i < last; i += smart ? draw.int(2, 6) : 1) kept.push(i);
  return [...kept, last];
}

function samplesOf(life: Life, entry: Entry): Record<string, unknown>[] {
  const recording = recorded(life.person, entry.activity);
  if (!recording) return [];
  const start = seconds(entry.activity.start);
  const { time, lat, lng, altitude, temperature, heart, speed, distance, power, cadence } = recording;
  let paused = 0;
  const timer = Float64Array.from(time, (second, i) => {
    const step = i === 0 ? 0 : second - time[i - 1]!;
    // A hole longer than smart recording and a pool length make it is a pause.
    if (step > 8 && entry.type !== "LAP_SWIMMING") paused += step - 1;
    return second - paused;
  });
  return keptSamples(life, entry, recording).map((i) => ({
    startTimeInSeconds: start + time[i]!,
    ...(lat && lng ? { latitudeInDegree: round(lat[i]!, 7), longitudeInDegree: round(lng[i]!, 7) } : {}),
    ...(altitude ? { elevationInMeters: Math.fround(round(altitude[i]!, 1)) } : {}),
    ...(temperature ? { airTemperatureCelcius: temperature[i]! } : {}),
    ...(heart[i]! > 0 ? { heartRate: heart[i]! } : {}),
    ...(speed ? { speedMetersPerSecond: Math.fround(round(speed[i]!, 3)) } : {}),
    ...(cadence && isRun(entry.type) ? { stepsPerMinute: cadence[i]! * 2 } : {}),
    ...(cadence && isRide(entry.type) ? { bikeCadenceInRPM: cadence[i]! } : {}),
    ...(cadence && entry.type === "LAP_SWIMMING" ? { swimCadenceInStrokesPerMinute: cadence[i]! } : {}),
    ...(distance ? { totalDistanceInMeters: Math.fround(round(distance[i]!, 2)) } : {}),
    ...(power ? { powerInWatts: power[i]! } : {}),
    timerDurationInSeconds: timer[i]!,
    clockDurationInSeconds: time[i]!,
    movingDurationInSeconds: Math.max(0, timer[i]! - 1),
  }));
}

/** Starts of laps in epoch s: each kilometre on foot, each five by bike, else one. */
export function lapStarts({ activity, type }: Entry, recording: Recording): number[] {
  const every = isRun(type) ? 1000 : isRide(type) ? 5000 : Number.POSITIVE_INFINITY;
  const start = seconds(activity.start);
  const cut = Number.isFinite(every) ? splits(recording, every) : [];
  return cut.length > 0 ? cut.map((piece) => start + recording.time[piece.from]!) : [start];
}

/** What lasted longer than a day comes as a file only. */
export const detailsBetween = ofEntries(detailFields, (entry) => entry.activity.duration_s <= 86_400);
