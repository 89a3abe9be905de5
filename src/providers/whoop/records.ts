/** WHOOP's records → workouts, nights, day values. Of most numbers 0 is no reading; docs/providers/whoop.md. */
import type { z } from "zod";
import type { ActivityRecord, SleepRecord } from "../../domain/batch.ts";
import { addDays, DAY_MS, localDate } from "../../domain/time.ts";
import { kcalOfKj } from "../../domain/units.ts";
import { by, type Item, present, putDay, type Told } from "../reading.ts";
import type * as schema from "./schema.ts";
import { toSport } from "./sports.ts";

/** A score without any heart rate and without energy measured nothing: its 0 kJ are no reading. */
function energyOf(score: { kilojoule?: Told; average_heart_rate?: Told; max_heart_rate?: Told }): number | null {
  const isEmpty = !score.kilojoule && !score.average_heart_rate && !score.max_heart_rate;
  return isEmpty ? null : (by(score.kilojoule, kcalOfKj) ?? null);
}

/** Documented as 0–100, it comes as 0–1. */
const percentOf = (share: number): number => (share <= 1 ? Number((share * 100).toPrecision(12)) : share);

/** Sauna, ice bath and meditation are workouts too. None while it lasts; an unscored one has its times. */
export function putWorkout(workout: z.infer<typeof schema.workout>, { batch, of }: Item): void {
  const { id, start, end, timezone_offset, sport_name, sport_id, score_state } = workout;
  if (end == null || end <= start) return;
  const score = workout.score ?? {};
  const [sport, sub_sport] = toSport(sport_name, sport_id);
  const { altitude_change_meter, zone_durations } = score;
  const percent_recorded = by(score.percent_recorded, percentOf);
  const fields: ActivityRecord["fields"] = {
    sport,
    sub_sport,
    start_time: start,
    utc_offset_s: timezone_offset,
    elapsed_s: (end - start) / 1000,
    distance_m: score.distance_meter ?? null,
    energy_kcal: energyOf(score),
    ascent_m: score.altitude_gain_meter ?? null,
    avg_heart_rate_bpm: score.average_heart_rate || null,
    max_heart_rate_bpm: score.max_heart_rate || null,
    training_load: score.strain ?? null,
    extra: present({ sport_name, sport_id, score_state, percent_recorded, altitude_change_meter, zone_durations }),
  };
  batch.activities.push({ external_id: id, part: "list", fields, element: of });
}

/** What other answers need of a sleep: they carry neither its times nor its offset. Null while it lasts. */
export function toNight(sleep: z.infer<typeof schema.sleep>) {
  const { id, cycle_id = null, start, end, timezone_offset: offset, nap } = sleep;
  return end == null || end <= start ? null : { id, cycle_id, start, end, offset, nap: nap === true };
}
export type Night = NonNullable<ReturnType<typeof toNight>>;

/** Local day of waking: one offset is told for the whole sleep. */
const dateOf = ({ end, offset }: Night): string => localDate(end, offset ?? 0);

const placeOf = (night: Night) => ({
  type: night.nap ? ("nap" as const) : ("main" as const),
  date: dateOf(night),
  start_time: night.start,
  end_time: night.end,
  utc_offset_s: night.offset,
});

const secondsOf = (milli: Told): number | null => (milli == null ? null : milli / 1000);
type Stage = "in_bed" | "awake" | "no_data" | "light_sleep" | "slow_wave_sleep" | "rem_sleep";

/** A night or nap. None while it lasts; an unscored one has its times. */
export function putSleep(sleep: z.infer<typeof schema.sleep>, { batch, of }: Item): void {
  const night = toNight(sleep);
  if (!night) return;
  const score = sleep.score ?? {};
  const stages = score.stage_summary ?? {};
  const stage = (name: Stage): Told => stages[`total_${name}_time_milli`];
  const asleep = [stage("light_sleep"), stage("slow_wave_sleep"), stage("rem_sleep")].filter((milli) => milli != null);
  const fields: SleepRecord["fields"] = {
    ...placeOf(night),
    in_bed_s: secondsOf(stage("in_bed") ?? night.end - night.start),
    // What the strap did not see is in bed, not asleep.
    asleep_s: asleep.length > 0 ? secondsOf(asleep.reduce((sum, milli) => sum + milli)) : null,
    awake_s: secondsOf(stage("awake")),
    light_s: secondsOf(stage("light_sleep")),
    deep_s: secondsOf(stage("slow_wave_sleep")),
    rem_s: secondsOf(stage("rem_sleep")),
    unstaged_s: secondsOf(stage("no_data")),
    efficiency_pct: score.sleep_efficiency_percentage ?? null,
    score: score.sleep_performance_percentage || null,
    avg_respiration_brpm: score.respiratory_rate || null,
    extra: present({
      cycle_id: night.cycle_id,
      score_state: sleep.score_state,
      sleep_cycle_count: stages.sleep_cycle_count,
      disturbance_count: stages.disturbance_count,
      sleep_consistency_percentage: score.sleep_consistency_percentage,
      sleep_needed: score.sleep_needed,
    }),
  };
  batch.nights.push({ external_id: night.id, part: "list", fields, element: of });
}

const RECOVERY = {
  recovery_score: "recovery_score",
  resting_heart_rate: "resting_heart_rate_bpm",
  hrv_rmssd_milli: "hrv_rmssd_ms",
  spo2_percentage: "spo2_pct",
  skin_temp_celsius: "skin_temperature_c", // as it is on the skin, not how far from usual
};
const CYCLE = {
  strain: "strain",
  kilojoule: "total_energy_kcal",
  average_heart_rate: "avg_heart_rate_bpm",
  max_heart_rate: "max_heart_rate_bpm",
};

export type Cycle = z.infer<typeof schema.cycle>;

/** An edited sleep may end on another day than before: the days beside it keep nothing of this source. */
function putScore<Field extends string>(
  into: Item,
  date: string,
  source: string,
  score: { [Name in Field]?: Told },
  table: Readonly<Record<Field, string>>,
): void {
  for (const [field, metric] of Object.entries<string>(table)) {
    const value = score[field as Field] ?? null;
    putDay(into, date, metric, value, `/score/${field}`, { source, zero: metric === "strain" });
    for (const shift of [-1, 1]) putDay(into, addDays(date, shift), metric, null, "", { source });
  }
}

/** On the day that its sleep ended. The sleep's UUID is the source, so that it goes with the sleep. */
export function putRecovery(recovery: z.infer<typeof schema.recovery>, into: Item, night: Night): void {
  const { sleep_id, score, score_state } = recovery;
  // What was said before stands until there is a score.
  if (score_state === "PENDING_SCORE") return;
  putScore(into, dateOf(night), sleep_id, score ?? {}, RECOVERY);
  if (night.id !== sleep_id) return;
  // Below the night's own answer: that one is not known here, and whichever comes first makes the record.
  const fields = {
    ...placeOf(night),
    avg_hrv_rmssd_ms: score?.hrv_rmssd_milli || null,
    avg_spo2_pct: score?.spo2_percentage || null,
  };
  into.batch.nights.push({ external_id: sleep_id, part: "notice", fields, element: into.of });
}

/**
 * A closed cycle, on the day of waking: it begins when its sleep does, as a rule the evening before. Without its sleep (not
 * worn, or not ours to see) that is the local date of its start and half a day.
 */
export function putCycle(cycle: Cycle, into: Item, nights: readonly Night[]): void {
  if (cycle.score_state === "PENDING_SCORE") return;
  const [last] = nights.filter(({ cycle_id }) => cycle_id === cycle.id).sort((a, b) => b.end - a.end);
  const date = last ? dateOf(last) : localDate(cycle.start + DAY_MS / 2, cycle.timezone_offset ?? 0);
  const score = cycle.score ?? {};
  putScore(into, date, cycle.id, { ...score, kilojoule: energyOf(score) }, CYCLE);
}
