/** Tracks of rows, each of one time, and of FIT files; and the record that has what these tell beyond a list's entry. */
import type { ActivityRecord, PartName } from "../domain/batch.ts";
import { lineOf } from "../domain/polyline.ts";
import { type ActivityFields, type Lap, TRACK_CHANNELS, type Track, type TrackChannel } from "../domain/records.ts";
import type { FitFile } from "../platform/fit.ts";
import { present } from "./reading.ts";

/** What is told of one time; what is not told is not in it. */
export type Point = Partial<Record<TrackChannel, number>>;

/** Columns of rows by their time, ms from the start, in whatever order; a channel that no row has is none. */
export function trackOf(rows: ReadonlyMap<number, Point>, laps: Lap[] = []): Track {
  const time = [...rows.keys()].sort((a, b) => a - b);
  const points = time.map((ms) => rows.get(ms)!);
  const channels: Track["channels"] = {};
  for (const channel of TRACK_CHANNELS) {
    if (points.some((point) => point[channel] !== undefined)) {
      channels[channel] = points.map((point) => point[channel] ?? null);
    }
  }
  return { time, channels, laps };
}

/** The part of a file within `[from, to]`, ms; times from `start`. */
export function fitTrack(
  file: FitFile,
  start: number,
  { from, to }: { from: number; to: number } = { from: start, to: Number.POSITIVE_INFINITY },
): Track {
  const isWithin = (ms: number): boolean => ms >= from && ms <= to;
  const rows = new Map<number, Point>();
  for (const { time, point } of file.points) {
    // Of one second the later record has what the earlier one lacks.
    if (isWithin(time)) rows.set(time - start, { ...rows.get(time - start), ...point });
  }
  const laps = file.laps
    .filter(({ start_time }) => isWithin(start_time))
    .map(({ start_time, ...lap }) => ({ start: start_time - start, ...lap }));
  return trackOf(rows, laps);
}

/** What files or samples tell of a workout; without a point there is no track, and without laps none are touched. */
export function recorded(
  external_id: string,
  part: PartName,
  fields: { [Name in keyof ActivityFields]?: ActivityFields[Name] | undefined },
  track: Track,
  laps: Lap[] = track.laps,
): Omit<ActivityRecord, "element"> {
  const polyline = lineOf(track.channels.lat, track.channels.lng);
  const more = { ...(track.time.length > 0 && { track }), ...(laps.length > 0 && { laps }) };
  return { external_id, part, fields: present({ ...fields, polyline }), ...more };
}
