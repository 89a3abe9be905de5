/** Summaries of a whole day: dailies, user metrics, skin temperature. Keyed by Garmin's own local day. */
import { localDate, utcDate } from "../../domain/time.ts";
import { type Item, putDay, putSamples } from "./reading.ts";
import type * as schema from "./schema.ts";

type OffsetAt = (date: string) => number;
const DAY_S = 86_400;

/** Daily metric → Garmin's name; absent ones are not touched. `averageHeartRate…` is a mean of seven days and not read. */
const DAILY: readonly (readonly [metric: string, name: keyof schema.Daily])[] = [
  ["steps", "steps"],
  ["distance_m", "distanceInMeters"],
  ["wheelchair_pushes", "pushes"],
  ["wheelchair_distance_m", "pushDistanceInMeters"],
  ["active_energy_kcal", "activeKilocalories"],
  ["basal_energy_kcal", "bmrKilocalories"],
  ["active_s", "activeTimeInSeconds"],
  ["floors", "floorsClimbed"],
  ["moderate_intensity_s", "moderateIntensityDurationInSeconds"],
  ["vigorous_intensity_s", "vigorousIntensityDurationInSeconds"],
  ["min_heart_rate_bpm", "minHeartRateInBeatsPerMinute"],
  ["max_heart_rate_bpm", "maxHeartRateInBeatsPerMinute"],
  ["resting_heart_rate_bpm", "restingHeartRateInBeatsPerMinute"],
  ["stress_avg", "averageStressLevel"],
  ["stress_max", "maxStressLevel"],
  ["stress_s", "stressDurationInSeconds"],
  ["rest_stress_s", "restStressDurationInSeconds"],
  ["activity_stress_s", "activityStressDurationInSeconds"],
  ["low_stress_s", "lowStressDurationInSeconds"],
  ["medium_stress_s", "mediumStressDurationInSeconds"],
  ["high_stress_s", "highStressDurationInSeconds"],
  ["body_battery_charged", "bodyBatteryChargedValue"],
  ["body_battery_drained", "bodyBatteryDrainedValue"],
];

/** A day as far as it has come; a later delivery has more of it. */
export function putDaily(d: schema.Daily, into: Item, offsetAt: OffsetAt): void {
  const date = dateOf(d, offsetAt);
  for (const [metric, name] of DAILY) putDay(into, date, metric, d[name] as number | null | undefined, `/${name}`);
  const { activeKilocalories: active, bmrKilocalories: basal } = d;
  if (active != null && basal != null) putDay(into, date, "total_energy_kcal", active + basal, "/activeKilocalories");

  const start = d.startTimeInSeconds;
  const offset = d.startTimeOffsetInSeconds ?? null;
  // A day of 25 hours ends at an offset other than it began with, or its last hour would be the next day's.
  const longer = Math.max(0, (d.durationInSeconds ?? 0) - DAY_S);
  const offsetWithin = (seconds: number) =>
    offset !== null && longer <= 7200 && seconds >= DAY_S ? offset - longer : offset;
  const at = "timeOffsetHeartRateSamples" as const;
  putSamples(into, "heart_rate_bpm", "", d[at], { start, offset }, `/${at}`, offsetWithin);
}

export function putUserMetrics(m: schema.UserMetrics, into: Item): void {
  putDay(into, m.calendarDate, "vo2max_ml_kg_min", m.vo2Max, "/vo2Max");
  putDay(into, m.calendarDate, "vo2max_cycling_ml_kg_min", m.vo2MaxCycling, "/vo2MaxCycling");
  putDay(into, m.calendarDate, "fitness_age", m.fitnessAge, "/fitnessAge");
}

/** How far a night's skin temperature was from the usual one; 0 is a reading. */
export function putSkinTemperature(t: schema.SkinTemp, into: Item, offsetAt: OffsetAt): void {
  putDay(into, dateOf(t, offsetAt), "skin_temperature_deviation_c", t.avgDeviationCelsius, "/avgDeviationCelsius");
}

/** Garmin's own day, else that of the start. */
export function dateOf(
  one: { calendarDate?: string | null; startTimeInSeconds: number; startTimeOffsetInSeconds?: number | null },
  offsetAt: OffsetAt,
): string {
  const { calendarDate, startTimeInSeconds: start, startTimeOffsetInSeconds: offset } = one;
  return calendarDate ?? localDate(start, offset ?? offsetAt(utcDate(start)));
}
