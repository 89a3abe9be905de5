/** What a workout's FIT files tell beyond its list entry; of several legs' files one track. */
import type { ActivityRecord } from "../../domain/batch.ts";
import type { Track, TrackChannel } from "../../domain/records.ts";
import type { FitFile, FitSession } from "../../platform/fit.ts";
import { fitTrack, recorded } from "../tracks.ts";

/** What has been read of a workout's files so far. */
export interface Recorded {
  sessions: FitSession[];
  track: Track;
}

/** Another file, in the order of the legs. `start`: the workout's, ms. */
export function addFile(before: Recorded | null, file: FitFile, start: number): Recorded {
  const { sessions, track } = before ?? { sessions: [], track: { time: [], channels: {}, laps: [] } };
  return { sessions: [...sessions, ...file.sessions], track: join(track, fitTrack(file, start)) };
}

/** Each leg counts its own distance from nought. */
function join(first: Track, second: Track): Track {
  const last = first.time.at(-1) ?? Number.NEGATIVE_INFINITY;
  const kept = second.time.flatMap((time, i) => (time > last ? [i] : []));
  const done = first.channels.distance_m?.findLast((metres) => metres !== null) ?? 0;
  const channels: Track["channels"] = {};
  for (const channel of Object.keys({ ...first.channels, ...second.channels }) as TrackChannel[]) {
    const before = first.channels[channel] ?? first.time.map(() => null);
    const after = kept.map((i) => second.channels[channel]?.[i] ?? null);
    const shifted = channel === "distance_m" ? after.map((metres) => (metres === null ? null : metres + done)) : after;
    channels[channel] = [...before, ...shifted];
  }
  const laps = [...first.laps, ...second.laps].sort((a, b) => a.start - b.start);
  return { time: [...first.time, ...kept.map((i) => second.time[i]!)], channels, laps };
}

/** What sessions tell of one field, and how long each of them lasted, s. */
type Values = { value: number; seconds: number }[];
const total = (all: Values) => all.reduce((sum, { value }) => sum + value, 0);
const greatest = (all: Values) => Math.max(...all.map(({ value }) => value));
/** Of several sessions the longer weighs more. */
function mean(all: Values): number | null {
  if (all.length === 1) return all[0]!.value;
  const seconds = all.reduce((sum, one) => sum + one.seconds, 0);
  return seconds === 0 ? null : all.reduce((sum, one) => sum + one.value * one.seconds, 0) / seconds;
}

/** What the list entry tells as well is left to it. */
const MERGED = {
  ascent_m: total,
  descent_m: total,
  avg_heart_rate_bpm: mean,
  max_heart_rate_bpm: greatest,
  max_speed_mps: greatest,
  avg_power_w: mean,
  max_power_w: greatest,
  training_load: total,
  rpe: greatest,
};

export function toFile({ sessions, track }: Recorded, external_id: string, of: number): ActivityRecord {
  const { lat = [], lng = [] } = track.channels;
  const first = lat.findIndex((degrees, i) => degrees !== null && lng[i] !== null);
  const merged = Object.entries(MERGED).map(([name, merge]) => {
    const all = sessions.flatMap((session) => {
      const value = session[name as keyof typeof MERGED];
      return value === null ? [] : [{ value, seconds: session.elapsed_s ?? 0 }];
    });
    return [name, all.length === 0 ? null : merge(all)];
  });
  const fields = { ...Object.fromEntries(merged), start_lat: lat[first], start_lng: lng[first] };
  return { ...recorded(external_id, "file", fields, track), element: of };
}
