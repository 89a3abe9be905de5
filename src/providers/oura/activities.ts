/** Workouts, and sessions – guided breathing, meditation, rests – with what was measured in them. */
import type { Track } from "../../domain/records.ts";
import { document, present, putBlock, reject } from "./reading.ts";
import * as schema from "./schema.ts";
import { toSport } from "./sports.ts";

const UNKNOWN = ["generic", "generic"] as const;
const MEDITATION = ["meditation", "generic"] as const;

export const workout = document("activity", schema.workout, (w, into) => {
  const elapsed = (w.end_datetime.time - w.start_datetime.time) / 1000;
  if (elapsed < 0) return reject(into, "activity", "/end_datetime", "before its start");
  const [sport, sub_sport] = toSport(w.activity);
  into.batch.activities.push({
    external_id: w.id,
    part: "list",
    fields: {
      sport,
      sub_sport,
      name: w.label || null,
      start_time: w.start_datetime.time,
      utc_offset_s: w.start_datetime.offset,
      elapsed_s: elapsed,
      distance_m: w.distance ?? null,
      energy_kcal: w.calories ?? null,
      is_manual: w.source ? w.source === "manual" : null,
      extra: present({ activity: w.activity, intensity: w.intensity, source: w.source, day: w.day }),
    },
    element: into.of,
  });
});

export const session = document("activity", schema.session, (s, into) => {
  const start = s.start_datetime;
  const elapsed = (s.end_datetime.time - start.time) / 1000;
  if (elapsed < 0) return reject(into, "activity", "/end_datetime", "before its start");
  const [sport, sub_sport] = s.type === "meditation" ? MEDITATION : UNKNOWN;
  const motion = s.motion_count;
  into.batch.activities.push({
    external_id: s.id,
    part: "list",
    fields: {
      sport,
      sub_sport,
      name: null,
      start_time: start.time,
      utc_offset_s: start.offset,
      elapsed_s: elapsed,
      extra: present({
        session: s.type,
        mood: s.mood,
        day: s.day,
        motion_count: motion && { interval_s: motion.interval, items: motion.items },
      }),
    },
    track: trackOf(s.heart_rate, start.time),
    element: into.of,
  });
  putBlock(into, "heart_rate_bpm", "session", s.heart_rate, "/heart_rate");
  putBlock(into, "hrv_rmssd_ms", "session", s.heart_rate_variability, "/heart_rate_variability");
});

/** The heart over the session; null where nothing was measured. */
function trackOf(heart: schema.Block, start: number): Track | null {
  const beats = heart?.items.map((value) => (typeof value === "number" && value > 0 ? value : null)) ?? [];
  if (!heart || beats.every((beat) => beat === null)) return null;
  const { timestamp, interval } = heart;
  const time = beats.map((_, i) => timestamp.time - start + i * interval * 1000);
  return { time, channels: { heart_rate_bpm: beats }, laps: [] };
}
