/** From a document to a batch: activities and events. Nights and days have files of their own. */
import type { ActivityFields, Track } from "../../domain/records.ts";
import { dateMs } from "../../domain/time.ts";
import { type Item, type OffsetAt, present, putEvent, putSample, readerOf, reject } from "../reading.ts";
import type { Moment } from "../shapes.ts";
import { GENERIC, type Sport } from "../sports.ts";
import * as schema from "./schema.ts";
import { toSport } from "./sports.ts";

export function putBlock(into: Item, metric: string, stream: string, block: schema.Block, field: string): void {
  block?.items.forEach((value, i) => {
    const { time, offset } = block.timestamp;
    putSample(into, metric, stream, time + i * block.interval * 1000, value, offset, `${field}/items/${i}`);
  });
}

/** False, and told, where the end is before the start. */
function putActivity(into: Item, of: schema.Span, sport: Sport, more: Partial<ActivityFields>, track?: Track | null) {
  const { id, start_datetime: start, end_datetime: end } = of;
  const elapsed_s = (end.time - start.time) / 1000;
  const when = { start_time: start.time, utc_offset_s: start.offset, elapsed_s };
  const fields = { sport: sport[0], sub_sport: sport[1], ...when, ...more };
  if (elapsed_s < 0) reject(into, "activity", "/end_datetime", "before its start");
  else into.batch.activities.push({ external_id: id, part: "list", fields, track, element: into.of });
  return elapsed_s >= 0;
}

export const workout = readerOf("activity", schema.workout, (w, into) => {
  const { activity, calories: energy_kcal, distance: distance_m, intensity, source, day } = w;
  const is_manual = source ? source === "manual" : null;
  const extra = present({ activity, intensity, source, day });
  putActivity(into, w, toSport(activity), { name: w.label || null, distance_m, energy_kcal, is_manual, extra });
});

/** Guided breathing, meditation, rests. */
export const session = readerOf("activity", schema.session, (s, into) => {
  const { type, mood, day, motion_count: motion } = s;
  const motion_count = motion && { interval_s: motion.interval, items: motion.items };
  const fields = { name: null, extra: present({ session: type, mood, day, motion_count }) };
  const track = trackOf(s.heart_rate, s.start_datetime.time);
  if (!putActivity(into, s, type === "meditation" ? toSport(type) : GENERIC, fields, track)) return;
  putBlock(into, "heart_rate_bpm", "session", s.heart_rate, "/heart_rate");
  putBlock(into, "hrv_rmssd_ms", "session", s.heart_rate_variability, "/heart_rate_variability");
});

/** Null where nothing was measured. */
function trackOf(heart: schema.Block, start: number): Track | null {
  const beats = heart?.items.map((value) => (typeof value === "number" && value > 0 ? value : null)) ?? [];
  if (!heart || beats.every((beat) => beat === null)) return null;
  const time = beats.map((_, i) => heart.timestamp.time - start + i * heart.interval * 1000);
  return { time, channels: { heart_rate_bpm: beats }, laps: [] };
}

/** Of a day that names no instant; the offset is a guess, and not kept. */
export function midnight(day: string, offsetAt: OffsetAt): Moment {
  return { time: dateMs(day) - offsetAt(day) * 1000, offset: null };
}

export const tag = readerOf("event", schema.tag, (t, into) => {
  const { tag_type_code, start_day, end_day } = t;
  putEvent(into, t.id, "tag", t.start_time, {
    end_time: t.end_time?.time ?? null,
    name: t.custom_name || tag_type_code || null,
    value: t.comment || null,
    extra: present({ tag_type_code, start_day, end_day }),
  });
});

/** From the instant where it is told, else from the day's midnight; without an end it lasts. */
export const restMode = readerOf("event", schema.restMode, (r, into, offsetAt) => {
  const { start_day, end_day, episodes } = r;
  const more = { end_time: r.end_time?.time ?? null, extra: present({ start_day, end_day, episodes }) };
  putEvent(into, r.id, "rest_mode", r.start_time ?? midnight(start_day, offsetAt), more);
});
