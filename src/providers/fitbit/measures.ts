/** Measures of days and moments: Google's types of data, and what a value is to us; docs/providers/fitbit.md. */
import { type Batch, emptyBatch } from "../../domain/batch.ts";
import { sum } from "../../domain/decimals.ts";
import { metricOf } from "../../domain/metrics.ts";
import { by, putAll, putDay, putSample, reject } from "../reading.ts";
import { numeric } from "../shapes.ts";
import * as schema from "./schema.ts";

const READ = "https://www.googleapis.com/auth/googlehealth";
export const ACTIVITY = `${READ}.activity_and_fitness.readonly`;
export const SLEEP = `${READ}.sleep.readonly`;
export const METRICS = `${READ}.health_metrics_and_measurements.readonly`;

/** `daily-vo2-max` → `daily_vo2_max`, as filters spell it. */
export const snake = (type: string): string => type.replaceAll("-", "_");
/** → `dailyVo2Max`, the field of a point. */
const camel = (type: string): string => type.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** The person's own day, one point a date; the sum of a civil day; readings one by one, at Google's own grain. */
type Grain = keyof typeof schema.POINTS;
/** Metric → the fields that it is the sum of, each divided by its number. */
type Metrics = Record<string, Record<string, number>>;
export type Measured = [type: string, of: Grain, days: number, scope: string, title: string, metrics: Metrics];

/** `days` of a window: some hundred thousand readings; of sums Google's 90 or 14 less the four of `dates`. */
// biome-ignore format: a table
export const MEASURED: readonly Measured[] = [
  ["daily-resting-heart-rate", "day", 365, METRICS, "resting heart rate",
    { resting_heart_rate_bpm: { beatsPerMinute: 1 } }],
  ["daily-heart-rate-variability", "day", 365, METRICS, "heart rate variability",
    { hrv_rmssd_ms: { averageHeartRateVariabilityMilliseconds: 1 } }],
  ["daily-oxygen-saturation", "day", 365, METRICS, "blood oxygen", { spo2_pct: { averagePercentage: 1 } }],
  ["daily-respiratory-rate", "day", 365, METRICS, "breathing rate", { respiration_brpm: { breathsPerMinute: 1 } }],
  ["daily-sleep-temperature-derivations", "day", 365, METRICS, "skin temperature", {
    skin_temperature_c: { nightlyTemperatureCelsius: 1 },
    skin_temperature_deviation_c: { baselineTemperatureCelsius: -1, nightlyTemperatureCelsius: 1 },
  }],
  ["daily-vo2-max", "day", 365, ACTIVITY, "VO2 max", { vo2max_ml_kg_min: { vo2Max: 1 } }],
  ["steps", "total", 86, ACTIVITY, "steps a day", { steps: { countSum: 1 } }],
  ["distance", "total", 86, ACTIVITY, "distance a day", { distance_m: { millimetersSum: 1000 } }],
  ["floors", "total", 86, ACTIVITY, "floors a day", { floors: { countSum: 1 } }],
  ["active-energy-burned", "total", 86, ACTIVITY, "active energy a day", { active_energy_kcal: { kcalSum: 1 } }],
  ["total-calories", "total", 10, ACTIVITY, "energy a day", { total_energy_kcal: { kcalSum: 1 } }],
  ["heart-rate", "total", 10, METRICS, "heart rate of the day", {
    avg_heart_rate_bpm: { beatsPerMinuteAvg: 1 },
    min_heart_rate_bpm: { beatsPerMinuteMin: 1 },
    max_heart_rate_bpm: { beatsPerMinuteMax: 1 },
  }],
  ["steps", "interval", 30, ACTIVITY, "steps", { steps: { count: 1 } }],
  ["heart-rate", "sample", 7, METRICS, "heart rate", { heart_rate_bpm: { beatsPerMinute: 1 } }],
  ["heart-rate-variability", "sample", 30, METRICS, "heart rate variability at night",
    { hrv_rmssd_ms: { rootMeanSquareOfSuccessiveDifferencesMilliseconds: 1 } }],
  ["oxygen-saturation", "sample", 30, METRICS, "blood oxygen at night", { spo2_pct: { percentage: 1 } }],
  ["weight", "sample", 365, METRICS, "weight", { weight_kg: { weightGrams: 1000 } }],
  ["body-fat", "sample", 365, METRICS, "body fat", { body_fat_pct: { percentage: 1 } }],
];

/** What the points of a page say, each measure by itself. */
export function readPoints([type, of, , , , metrics]: Measured, points: unknown[]): Batch {
  const batch = emptyBatch();
  const field = camel(type);
  const kind = of === "day" || of === "total" ? "daily" : "series";
  const at = of === "total" ? "/rollupDataPoints" : "/dataPoints";
  putAll(batch, kind, schema.POINTS[of](field), points, at, (point, into) => {
    if (!point.values) return;
    for (const [metric, fields] of Object.entries(metrics)) {
      const value = measureOf(metric, fields, point.values);
      const pointer = `/${field}/${Object.keys(fields)[0]}`;
      if ("time" in point) putSample(into, metric, "", point.time, value, point.offset ?? null, pointer);
      else if (Number.isNaN(value)) reject(into, null, pointer, "not a number");
      else putDay(into, point.date, metric, value, pointer);
    }
  });
  return batch;
}

const member = numeric.nullish().catch(Number.NaN);

/** Null: not told, but a count that is left out is 0. NaN: what is told is no number. */
function measureOf(metric: string, fields: Record<string, number>, values: Record<string, unknown>): number | null {
  const parts = Object.entries(fields).map(([name, divisor]) => by(member.parse(values[name]), (x) => x / divisor));
  if (parts.every((part) => typeof part === "number")) return sum(parts);
  return metricOf(metric).kind === "cumulative" ? 0 : null;
}
