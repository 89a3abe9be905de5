/** What is told of whole days, and the pulse of a day. Fields and traps in docs/providers/polar.md. */
import type { z } from "zod";
import { dateMs, localDate, utcDate } from "../../domain/time.ts";
import { above0, type Item, putDay, putSample, reject } from "./reading.ts";
import type * as schema from "./schema.ts";

type Of<Schema extends z.ZodType> = z.infer<Schema>;

export function putActivityDay(d: Of<typeof schema.activityDay>, into: Item): void {
  const date = d.start_time;
  putDay(into, date, "steps", d.steps, "/steps");
  putDay(into, date, "total_energy_kcal", d.calories, "/calories");
  putDay(into, date, "active_energy_kcal", d.active_calories, "/active_calories");
  putDay(into, date, "distance_m", d.distance_from_steps, "/distance_from_steps");
  putDay(into, date, "active_s", d.active_duration, "/active_duration");
  putDay(into, date, "x_daily_activity_pct", d.daily_activity, "/daily_activity");
  putDay(into, date, "x_inactivity_alerts", d.inactivity_alert_count, "/inactivity_alert_count");
}

/** By the clock of the device, whose offset nobody tells. */
export function putHeartDay(
  { date, heart_rate_samples }: Of<typeof schema.heartDay>,
  into: Item,
  offset: number,
): void {
  for (const [i, { heart_rate, sample_time }] of (heart_rate_samples ?? []).entries()) {
    const match = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(String(sample_time));
    const field = `/heart_rate_samples/${i}`;
    if (!match) {
      reject(into, "series", `${field}/sample_time`, "not a time");
      continue;
    }
    const [, hours, minutes, seconds = "0"] = match;
    const clock = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    putSample(
      into,
      "heart_rate_bpm",
      "",
      dateMs(date) + (clock - offset) * 1000,
      heart_rate,
      offset,
      `${field}/heart_rate`,
    );
  }
}

/** Days without a status have numbers that mean nothing. */
export function putCardioLoad(d: Of<typeof schema.cardioLoad>, into: Item): void {
  const isTold = !d.cardio_load_status?.endsWith("NOT_AVAILABLE");
  const told = (value: number | null | undefined) => (isTold && (value ?? -1) >= 0 ? value : null);
  // A day of rest is no load.
  putDay(into, d.date, "cardio_load", told(d.cardio_load), "/cardio_load", true);
  putDay(into, d.date, "x_cardio_strain", told(d.strain), "/strain");
  putDay(into, d.date, "x_cardio_tolerance", told(d.tolerance), "/tolerance");
  putDay(into, d.date, "x_cardio_load_ratio", told(d.cardio_load_ratio), "/cardio_load_ratio");
}

/** Of the day on which the person, or a test, changed it. */
export function putPhysicalInfo(
  p: Of<typeof schema.physicalInfo>,
  into: Item,
  offsetAt: (date: string) => number,
): void {
  const ms = Date.parse(p.modified ?? "");
  if (Number.isNaN(ms)) {
    reject(into, "daily", "/modified", "not a date");
    return;
  }
  const date = localDate(ms, offsetAt(utcDate(ms)));
  putDay(into, date, "weight_kg", p.weight, "/weight");
  putDay(into, date, "height_m", p.height == null ? null : p.height / 100, "/height");
  putDay(into, date, "resting_heart_rate_bpm", p.resting_heart_rate, "/resting_heart_rate");
  putDay(into, date, "vo2max_ml_kg_min", p.vo2_max, "/vo2_max");
}

export function putSkinTemperature(d: Of<typeof schema.skinTemperature>, into: Item): void {
  putDay(
    into,
    d.sleep_date,
    "skin_temperature_c",
    d.sleep_time_skin_temperature_celsius,
    "/sleep_time_skin_temperature_celsius",
  );
  putDay(
    into,
    d.sleep_date,
    "skin_temperature_deviation_c",
    d.deviation_from_baseline_celsius,
    "/deviation_from_baseline_celsius",
  );
}

export function putOxygenTest(t: Of<typeof schema.oxygenTest>, into: Item): void {
  if (t.test_status !== "SPO2_TEST_PASSED") return;
  const offset = t.time_zone_offset * 60;
  putSample(into, "spo2_pct", "test", t.test_time * 1000, t.blood_oxygen_percent, offset, "/blood_oxygen_percent");
}

/** The grade of the night's sleep; what is foretold of days to come, and naps, are left out. */
export function putAlertness(a: Of<typeof schema.alertness>, into: Item): void {
  if (a.result_type !== "ALERTNESS_TYPE_HISTORY" || a.grade_type !== "GRADE_TYPE_PRIMARY") return;
  putDay(into, a.sleep_period_end_time, "x_alertness_grade", above0(a.grade), "/grade");
}
