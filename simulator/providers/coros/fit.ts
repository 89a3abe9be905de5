import { Encoder, type Mesg, Profile } from "@garmin/fitsdk";
import type { Activity } from "../../activity.ts";
import { writeRecords } from "../../fit.ts";
import type { Life } from "../../life.ts";
import type { Sport } from "../../plan.ts";
import type { Recording } from "../../recording.ts";
import { splits, stretch } from "../../summary.ts";
import { startOf } from "./workouts.ts";

const SPORTS: Record<Sport, [sport: string, sub: string]> = {
  run: ["running", "generic"],
  trail_run: ["running", "trail"],
  ride: ["cycling", "road"],
  gravel_ride: ["cycling", "gravelCycling"],
  virtual_ride: ["cycling", "indoorCycling"],
  swim: ["swimming", "lapSwimming"],
  hike: ["hiking", "generic"],
  strength: ["training", "strengthTraining"],
  yoga: ["training", "yoga"],
};

const semicircles = (degrees: number): number => Math.round((degrees * 2 ** 31) / 180);
const LAP_M: Partial<Record<Sport, number>> = { run: 1000, trail_run: 1000, ride: 5000, gravel_ride: 5000 };

/** The watch's file of a workout, or of a leg: samples `[from, to]` of the recording. */
export function fitFile(
  life: Life,
  activity: Activity,
  recording: Recording,
  [from, to]: [number, number],
  kind: Sport,
): Uint8Array {
  const encoder = new Encoder();
  // The library types messages by number only; names and units are those of the profile.
  const write = (name: keyof typeof Profile.MesgNum, fields: Record<string, unknown>) =>
    encoder.onMesg(Profile.MesgNum[name] as number, fields as Mesg);
  const { time, lat, lng, altitude, heart, cadence, power, speed, distance } = recording;
  const begun = startOf(activity, life);
  const at = (i: number) => new Date((begun + time[i]!) * 1000);
  const [sport, subSport] = SPORTS[kind];
  write("FILE_ID", { type: "activity", manufacturer: "coros", product: 841, serialNumber: 1, timeCreated: at(from) });
  write("EVENT", { timestamp: at(from), event: "timer", eventType: "start" });
  const sample = (i: number) => ({
    timestamp: at(i),
    ...(lat && lng ? { positionLat: semicircles(lat[i]!), positionLong: semicircles(lng[i]!) } : {}),
    ...(altitude ? { enhancedAltitude: altitude[i]! } : {}),
    ...(heart[i]! > 0 ? { heartRate: heart[i]! } : {}),
    ...(cadence ? { cadence: cadence[i]! } : {}),
    ...(power ? { power: power[i]! } : {}),
    ...(speed ? { enhancedSpeed: speed[i]! } : {}),
    ...(distance ? { distance: distance[i]! - distance[from]! } : {}),
  });
  writeRecords(
    encoder,
    Array.from({ length: to - from + 1 }, (_, i) => sample(from + i)),
  );
  const every = LAP_M[kind];
  const all = distance && every ? splits(recording, every) : [];
  const inside = all.filter((lap) => lap.from >= from && lap.to <= to);
  const laps = inside.length > 0 ? inside : [stretch(recording, from, to)];
  for (const [index, lap] of laps.entries()) {
    write("LAP", {
      messageIndex: index,
      timestamp: at(lap.to),
      startTime: at(lap.from),
      totalElapsedTime: lap.elapsed_s,
      totalTimerTime: lap.moving_s,
      totalDistance: lap.distance_m,
      ...heartOf(lap),
      sport,
    });
  }
  const whole = stretch(recording, from, to);
  write("EVENT", { timestamp: at(to), event: "timer", eventType: "stopAll" });
  write("SESSION", {
    messageIndex: 0,
    timestamp: at(to),
    startTime: at(from),
    totalElapsedTime: whole.elapsed_s,
    totalTimerTime: whole.moving_s,
    totalDistance: whole.distance_m,
    totalAscent: Math.round(whole.ascent_m),
    ...heartOf(whole),
    ...(speed ? { enhancedMaxSpeed: whole.max_speed_mps } : {}),
    sport,
    subSport,
  });
  const localTimestamp = begun + time[to]! - 631_065_600 + activity.utc_offset_s;
  write("ACTIVITY", {
    timestamp: at(to),
    totalTimerTime: whole.moving_s,
    numSessions: 1,
    type: "manual",
    localTimestamp,
  });
  return encoder.close();
}

function heartOf({ avg_heart_rate_bpm, max_heart_rate_bpm }: ReturnType<typeof stretch>): Record<string, number> {
  if (avg_heart_rate_bpm === null || max_heart_rate_bpm === null) return {};
  return { avgHeartRate: Math.round(avg_heart_rate_bpm), maxHeartRate: max_heart_rate_bpm };
}
