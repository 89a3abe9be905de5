/** What a workout's FIT files tell beyond its list entry; of several legs' files one track. */
import type { ActivityRecord } from "../../domain/batch.ts";
import { encodePolyline } from "../../domain/polyline.ts";
import type { ActivityFields, Track, TrackChannel } from "../../domain/records.ts";
import { type FitFile, type FitSession, fitTrack } from "../../platform/fit.ts";

/** What has been read of a workout's files so far. */
export interface Recorded {
  sessions: FitSession[];
  track: Track;
}

const nothing = (): Recorded => ({ sessions: [], track: { time: [], channels: {}, laps: [] } });

/** Another file, in the order of the legs. `start`: the workout's, ms. */
export function addFile(before: Recorded | null, file: FitFile, start: number): Recorded {
  const { sessions, track } = before ?? nothing();
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

/** What the list entry tells as well is left to it. */
export function toFile({ sessions, track }: Recorded, external_id: string, of: number): ActivityRecord {
  const { lat = [], lng = [] } = track.channels;
  const first = lat.findIndex((degrees, i) => degrees !== null && lng[i] !== null);
  const line = polyline(track);
  const fields: Partial<ActivityFields> = {
    ...known("ascent_m", total(sessions, "ascent_m")),
    ...known("descent_m", total(sessions, "descent_m")),
    ...known("avg_heart_rate_bpm", mean(sessions, "avg_heart_rate_bpm")),
    ...known("max_heart_rate_bpm", greatest(sessions, "max_heart_rate_bpm")),
    ...known("max_speed_mps", greatest(sessions, "max_speed_mps")),
    ...known("avg_power_w", mean(sessions, "avg_power_w")),
    ...known("max_power_w", greatest(sessions, "max_power_w")),
    ...known("training_load", total(sessions, "training_load")),
    ...known("rpe", greatest(sessions, "rpe")),
    ...(first >= 0 && { start_lat: lat[first]!, start_lng: lng[first]! }),
    ...(line && { polyline: line }),
  };
  return {
    external_id,
    part: "file",
    fields,
    ...(track.time.length > 0 && { track }),
    ...(track.laps.length > 0 && { laps: track.laps }),
    element: of,
  };
}

type Measure = Exclude<keyof FitSession, "sport" | "sub_sport">;

const known = <Name extends keyof ActivityFields>(name: Name, value: number | null) =>
  value === null ? {} : { [name]: value };

const values = (sessions: FitSession[], name: Measure): number[] => sessions.flatMap((one) => one[name] ?? []);

function total(sessions: FitSession[], name: Measure): number | null {
  const told = values(sessions, name);
  return told.length === 0 ? null : told.reduce((a, b) => a + b, 0);
}

function greatest(sessions: FitSession[], name: Measure): number | null {
  const told = values(sessions, name);
  return told.length === 0 ? null : Math.max(...told);
}

/** Of several sessions the longer weighs more. */
function mean(sessions: FitSession[], name: Measure): number | null {
  const told = sessions.filter((one) => one[name] !== null);
  if (told.length < 2) return told[0]?.[name] ?? null;
  const weight = ({ elapsed_s }: FitSession) => elapsed_s ?? 0;
  const seconds = told.reduce((sum, one) => sum + weight(one), 0);
  return seconds === 0 ? null : told.reduce((sum, one) => sum + one[name]! * weight(one), 0) / seconds;
}

/** A line for the map needs no point a second. */
const LINE_POINTS = 500;
function polyline({ channels: { lat, lng } }: Track): string | null {
  const places = (lat ?? []).flatMap((y, i) => {
    const x = lng?.[i] ?? null;
    return y === null || x === null ? [] : [[y, x] as const];
  });
  if (places.length < 2) return null;
  const step = Math.ceil(places.length / LINE_POINTS);
  const kept = places.filter((_, i) => i % step === 0 || i === places.length - 1);
  return encodePolyline(
    kept.map(([y]) => y),
    kept.map(([, x]) => x),
  );
}
