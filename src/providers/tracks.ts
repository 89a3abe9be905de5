/** Tracks of rows, each of one time, and of FIT files; and the record that has what these tell beyond a list's entry. */
import type { ActivityRecord, PartName } from "../domain/batch.ts";
import { lineOf } from "../domain/polyline.ts";
import { type ActivityFields, type Lap, TRACK_CHANNELS, type Track, type TrackChannel } from "../domain/records.ts";
import type { Fault } from "../platform/errors.ts";
import { type FitFile, readFit } from "../platform/fit.ts";
import type { Answer, Page } from "./provider.ts";
import { finite, present, unreadable } from "./reading.ts";

/** What is told of one time; what is not told is not in it. */
export type Point = Partial<Record<TrackChannel, number>>;

/** The channel of a member, and what divides its value into our unit. */
export type Channel = readonly [channel: TrackChannel, divisor: number];

/** A sample's members by a table, its entries listed; of two members of one channel the first that is told counts. */
export function pointOf(sample: Readonly<Record<string, unknown>>, channels: [member: string, Channel][]): Point {
  // Activities have thousands: no object is made but the point itself.
  const point: Point = {};
  for (const [member, [channel, divisor]] of channels) {
    const value = finite(sample[member]);
    // A heart rate of 0 is none, a power of 0 coasting.
    if (value === null || (channel === "heart_rate_bpm" && value <= 0)) continue;
    point[channel] ??= value / divisor;
  }
  if (point.lat === undefined) delete point.lng;
  if (point.lng === undefined) delete point.lat;
  return point;
}

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

/** What follows from an answer that is a FIT file. */
export function readAsFit({ body }: Answer, then: (file: FitFile) => Page | Fault): Page | Fault {
  const file = body instanceof Uint8Array ? readFit(body) : null;
  return file === null ? unreadable("", "not a FIT file") : then(file);
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
