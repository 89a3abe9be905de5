import { Encoder, type Mesg, Profile } from "@garmin/fitsdk";
import { writeRecords } from "../../fit.ts";
import type { Life } from "../../life.ts";
import { recorded } from "../../summary.ts";
import { type Entry, sumsOf } from "./activities.ts";
import { keptSamples, lapStarts } from "./details.ts";

const SPORTS: Record<string, [sport: string, sub: string]> = {
  RUNNING: ["running", "generic"],
  TRAIL_RUNNING: ["running", "trail"],
  ROAD_BIKING: ["cycling", "road"],
  CYCLING: ["cycling", "generic"],
  GRAVEL_CYCLING: ["cycling", "gravelCycling"],
  VIRTUAL_RIDE: ["cycling", "virtualActivity"],
  LAP_SWIMMING: ["swimming", "lapSwimming"],
  HIKING: ["hiking", "generic"],
  STRENGTH_TRAINING: ["training", "strengthTraining"],
  YOGA: ["training", "yoga"],
  TRANSITION_V2: ["transition", "generic"],
};

const semicircles = (degrees: number): number => Math.round((degrees * 2 ** 31) / 180);

/** The device's own file of an activity: one session, or one a leg; records, laps, and the closing activity message. */
export function fitFile(life: Life, entry: Entry): Uint8Array {
  const encoder = new Encoder();
  // The library types messages by number only; names and units are those of the profile.
  const write = (name: keyof typeof Profile.MesgNum, fields: Record<string, unknown>) =>
    encoder.onMesg(Profile.MesgNum[name] as number, fields as Mesg);
  const parts = entry.legs.length > 0 ? entry.legs : [entry];
  const begun = new Date(entry.activity.start);
  write("FILE_ID", {
    type: "activity",
    manufacturer: "garmin",
    product: 4315,
    serialNumber: 3_400_000_001,
    timeCreated: begun,
  });
  let over = begun;
  for (const [index, part] of parts.entries()) {
    const { activity } = part;
    const sums = sumsOf(life, part);
    const at = (second: number) => new Date(activity.start + second * 1000);
    const end = at(sums.elapsed_s);
    over = end;
    const [sport, subSport] = SPORTS[part.type] ?? ["generic", "generic"];
    write("EVENT", { timestamp: at(0), event: "timer", eventType: "start" });
    const recording = recorded(life.person, activity);
    if (recording) {
      const { time, lat, lng, altitude, heart, cadence, power, speed, distance, temperature } = recording;
      const sample = (i: number) => ({
        timestamp: at(time[i]!),
        ...(lat && lng ? { positionLat: semicircles(lat[i]!), positionLong: semicircles(lng[i]!) } : {}),
        ...(altitude ? { enhancedAltitude: altitude[i]! } : {}),
        ...(heart[i]! > 0 ? { heartRate: heart[i]! } : {}),
        ...(cadence ? { cadence: cadence[i]! } : {}),
        ...(power ? { power: power[i]! } : {}),
        ...(speed ? { enhancedSpeed: speed[i]! } : {}),
        ...(distance ? { distance: distance[i]! } : {}),
        ...(temperature ? { temperature: temperature[i]! } : {}),
      });
      writeRecords(encoder, [...keptSamples(life, part, recording)].map(sample));
      const starts = lapStarts(part, recording);
      for (const [lap, start] of starts.entries()) {
        const until = starts[lap + 1] === undefined ? end : new Date(starts[lap + 1]! * 1000);
        const seconds = (until.getTime() - start * 1000) / 1000;
        write("LAP", {
          messageIndex: lap,
          timestamp: until,
          startTime: new Date(start * 1000),
          totalElapsedTime: seconds,
          totalTimerTime: seconds,
          sport,
        });
      }
    }
    write("EVENT", { timestamp: end, event: "timer", eventType: "stopAll" });
    write("SESSION", {
      messageIndex: index,
      timestamp: end,
      startTime: at(0),
      totalElapsedTime: sums.elapsed_s,
      totalTimerTime: sums.moving_s,
      totalDistance: sums.distance_m,
      totalCalories: sums.energy_kcal,
      totalAscent: Math.round(sums.ascent_m),
      ...(sums.avg_heart_rate_bpm === null
        ? {}
        : { avgHeartRate: Math.round(sums.avg_heart_rate_bpm), maxHeartRate: sums.max_heart_rate_bpm }),
      sport,
      subSport,
    });
  }
  write("ACTIVITY", {
    timestamp: over,
    totalTimerTime: sumsOf(life, entry).moving_s,
    numSessions: parts.length,
    type: parts.length > 1 ? "autoMultiSport" : "manual",
    localTimestamp: Math.floor(over.getTime() / 1000) - 631_065_600 + entry.activity.utc_offset_s,
  });
  return encoder.close();
}
