/** Workouts, among them what WHOOP calls recovery: sauna, ice bath, meditation. Fields and traps in docs/providers/whoop.md. */
import type { ActivityRecord } from "../../domain/batch.ts";
import type { Workout } from "./schema.ts";
import { toSport } from "./sports.ts";
import { isEmpty, KJ_PER_KCAL, present, reading } from "./values.ts";

/** Null while it lasts. An unscored one is a record with its times. */
export function toWorkout(w: Workout, of: number): ActivityRecord | null {
  if (w.end == null || w.end <= w.start) return null;
  const score = w.score ?? {};
  const [sport, sub_sport] = toSport(w.sport_name, w.sport_id);
  return {
    external_id: w.id,
    part: "list",
    fields: {
      sport,
      sub_sport,
      start_time: w.start,
      utc_offset_s: w.timezone_offset,
      elapsed_s: (w.end - w.start) / 1000,
      distance_m: score.distance_meter ?? null,
      energy_kcal: score.kilojoule == null || isEmpty(score) ? null : score.kilojoule / KJ_PER_KCAL,
      ascent_m: score.altitude_gain_meter ?? null,
      avg_heart_rate_bpm: reading(score.average_heart_rate),
      max_heart_rate_bpm: reading(score.max_heart_rate),
      training_load: score.strain ?? null,
      extra: present({
        sport_name: w.sport_name,
        sport_id: w.sport_id,
        score_state: w.score_state,
        percent_recorded: toPercent(score.percent_recorded),
        altitude_change_meter: score.altitude_change_meter,
        zone_durations: score.zone_durations,
      }),
    },
    element: of,
  };
}

/** Documented as 0–100, it comes as 0–1. */
const toPercent = (share: number | null | undefined): number | null =>
  share == null ? null : share <= 1 ? Number((share * 100).toPrecision(12)) : share;
