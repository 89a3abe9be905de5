/** Google's data types: names in their three spellings, what they can be filtered by, and what a value of one is to us. */
import { sum } from "../../domain/decimals.ts";
import { readNumber } from "./schema.ts";

const READ = "https://www.googleapis.com/auth/googlehealth";
export const ACTIVITY = `${READ}.activity_and_fitness.readonly`;
export const SLEEP = `${READ}.sleep.readonly`;
export const METRICS = `${READ}.health_metrics_and_measurements.readonly`;

/** `daily-vo2-max` → `daily_vo2_max`, as filters spell it. */
export const snake = (type: string): string => type.replaceAll("-", "_");
/** → `dailyVo2Max`, the field of a point. */
export const camel = (type: string): string => type.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

type Values = Record<string, unknown>;
/** Null: not told; undefined: no number. */
type Read = (values: Values) => number | null | undefined;

const value =
  (name: string, of: (value: number) => number = (x) => x): Read =>
  (values) => {
    const read = readNumber(values[name]);
    return typeof read === "number" ? of(read) : read;
  };
/** A sum that is left out is 0. */
const counted =
  (name: string, of?: (value: number) => number): Read =>
  (values) => {
    const read = value(name, of)(values);
    return read === null ? 0 : read;
  };
const thousandth = (x: number): number => x / 1000;

export interface Measure {
  metric: string;
  read: Read;
}

/** What the person's own day has, one point a date. */
export const DAILY: Readonly<Record<string, { scope: string; title: string; measures: Measure[] }>> = {
  "daily-resting-heart-rate": {
    scope: METRICS,
    title: "resting heart rate",
    measures: [{ metric: "resting_heart_rate_bpm", read: value("beatsPerMinute") }],
  },
  "daily-heart-rate-variability": {
    scope: METRICS,
    title: "heart rate variability",
    measures: [{ metric: "hrv_rmssd_ms", read: value("averageHeartRateVariabilityMilliseconds") }],
  },
  "daily-oxygen-saturation": {
    scope: METRICS,
    title: "blood oxygen",
    measures: [{ metric: "spo2_pct", read: value("averagePercentage") }],
  },
  "daily-respiratory-rate": {
    scope: METRICS,
    title: "breathing rate",
    measures: [{ metric: "respiration_brpm", read: value("breathsPerMinute") }],
  },
  "daily-sleep-temperature-derivations": {
    scope: METRICS,
    title: "skin temperature",
    measures: [
      { metric: "skin_temperature_c", read: value("nightlyTemperatureCelsius") },
      { metric: "skin_temperature_deviation_c", read: deviation },
    ],
  },
  "daily-vo2-max": {
    scope: ACTIVITY,
    title: "VO2 max",
    measures: [{ metric: "vo2max_ml_kg_min", read: value("vo2Max") }],
  },
};

function deviation(values: Values): number | null | undefined {
  const nightly = readNumber(values.nightlyTemperatureCelsius);
  const baseline = readNumber(values.baselineTemperatureCelsius);
  if (nightly === undefined || baseline === undefined) return undefined;
  return nightly === null || baseline === null ? null : sum([nightly, -baseline]);
}

/** Sums of a civil day; `days`: the longest range of one request. */
export const TOTALS: Readonly<Record<string, { scope: string; title: string; days: 14 | 90; measures: Measure[] }>> = {
  steps: {
    scope: ACTIVITY,
    title: "steps a day",
    days: 90,
    measures: [{ metric: "steps", read: counted("countSum") }],
  },
  distance: {
    scope: ACTIVITY,
    title: "distance a day",
    days: 90,
    measures: [{ metric: "distance_m", read: counted("millimetersSum", thousandth) }],
  },
  floors: {
    scope: ACTIVITY,
    title: "floors a day",
    days: 90,
    measures: [{ metric: "floors", read: counted("countSum") }],
  },
  "active-energy-burned": {
    scope: ACTIVITY,
    title: "active energy a day",
    days: 90,
    measures: [{ metric: "active_energy_kcal", read: counted("kcalSum") }],
  },
  "total-calories": {
    scope: ACTIVITY,
    title: "energy a day",
    days: 14,
    measures: [{ metric: "total_energy_kcal", read: counted("kcalSum") }],
  },
  "heart-rate": {
    scope: METRICS,
    title: "heart rate of the day",
    days: 14,
    measures: [
      { metric: "avg_heart_rate_bpm", read: value("beatsPerMinuteAvg") },
      { metric: "min_heart_rate_bpm", read: value("beatsPerMinuteMin") },
      { metric: "max_heart_rate_bpm", read: value("beatsPerMinuteMax") },
    ],
  },
};

/** Readings one by one, at Google's own grain. `most_days`: of one window, a few thousand to a few hundred thousand of them. */
export const SERIES: Readonly<
  Record<string, { scope: string; title: string; of: "interval" | "sample"; most_days: number } & Measure>
> = {
  steps: { scope: ACTIVITY, title: "steps", of: "interval", most_days: 30, metric: "steps", read: counted("count") },
  "heart-rate": {
    scope: METRICS,
    title: "heart rate",
    of: "sample",
    most_days: 7,
    metric: "heart_rate_bpm",
    read: value("beatsPerMinute"),
  },
  "heart-rate-variability": {
    scope: METRICS,
    title: "heart rate variability at night",
    of: "sample",
    most_days: 30,
    metric: "hrv_rmssd_ms",
    read: value("rootMeanSquareOfSuccessiveDifferencesMilliseconds"),
  },
  "oxygen-saturation": {
    scope: METRICS,
    title: "blood oxygen at night",
    of: "sample",
    most_days: 30,
    metric: "spo2_pct",
    read: value("percentage"),
  },
  weight: {
    scope: METRICS,
    title: "weight",
    of: "sample",
    most_days: 365,
    metric: "weight_kg",
    read: value("weightGrams", thousandth),
  },
  "body-fat": {
    scope: METRICS,
    title: "body fat",
    of: "sample",
    most_days: 365,
    metric: "body_fat_pct",
    read: value("percentage"),
  },
};
