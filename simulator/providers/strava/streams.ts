import type { Activity } from "../../activity.ts";
import type { Life } from "../../life.ts";
import { recorded } from "../../summary.ts";
import { round } from "./shape.ts";

type Channel = Int32Array | Int16Array | Float64Array | null;

/** The asked streams that exist, by type; null for an activity without a recording. `heartrate` null: no reading. */
export function streamsOf(activity: Activity, life: Life, keys: string[]) {
  const recording = recorded(life.person, activity);
  if (!recording) return null;
  const size = recording.time.length;
  const decimals = (channel: Channel, digits: number) =>
    channel && Array.from(channel, (value) => round(value, digits));
  const made: Record<string, () => unknown[] | null> = {
    time: () => Array.from(recording.time),
    distance: () => decimals(recording.distance, 1),
    latlng: () =>
      recording.lat && recording.lng
        ? Array.from(recording.lat, (lat, i) => [round(lat, 6), round(recording.lng![i]!, 6)])
        : null,
    altitude: () => decimals(recording.altitude, 1),
    velocity_smooth: () => decimals(recording.speed, 1),
    heartrate: () => Array.from(recording.heart, (beats) => (beats === 0 ? null : beats)),
    cadence: () => recording.cadence && Array.from(recording.cadence),
    watts: () => recording.power && Array.from(recording.power),
    temp: () => recording.temperature && Array.from(recording.temperature),
    moving: () => Array.from(recording.moving, (one) => one === 1),
    grade_smooth: () => decimals(recording.grade, 1),
  };
  const series_type = recording.distance ? "distance" : "time";
  const streams: Record<string, { data: unknown[]; series_type: string; original_size: number; resolution: string }> =
    {};
  for (const key of keys) {
    const data = made[key]?.();
    if (data) streams[key] = { data, series_type, original_size: size, resolution: "high" };
  }
  return streams;
}
