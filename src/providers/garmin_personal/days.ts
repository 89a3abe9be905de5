/** Values of whole days. */
import { z } from "zod";
import { HRV } from "../garmin/fields.ts";
import { date, each, lenient, number } from "../shapes.ts";
import { putTold, shapesOf } from "../tables.ts";
import { all } from "./lists.ts";

export const dayPath = (date: string): string => `usersummary-service/usersummary/daily?calendarDate=${date}`;

// biome-ignore format: a table
const DAY = {
  totalSteps: "steps", totalDistanceMeters: "distance_m", totalKilocalories: "total_energy_kcal",
  activeKilocalories: "active_energy_kcal", bmrKilocalories: "basal_energy_kcal", floorsAscended: "floors",
  floorsDescended: "floors_descended", minHeartRate: "min_heart_rate_bpm", maxHeartRate: "max_heart_rate_bpm",
  restingHeartRate: "resting_heart_rate_bpm", averageStressLevel: "stress_avg", maxStressLevel: "stress_max",
  moderateIntensityMinutes: "moderate_intensity_s", vigorousIntensityMinutes: "vigorous_intensity_s",
  bodyBatteryHighestValue: "body_battery_high", bodyBatteryLowestValue: "body_battery_low",
  bodyBatteryChargedValue: "body_battery_charged", bodyBatteryDrainedValue: "body_battery_drained",
  averageSpo2: "spo2_pct", avgWakingRespirationValue: "waking_respiration_brpm",
};
const minutes = each(z.number().transform((value) => value * 60));
const numbers = { ...shapesOf(DAY, number), ...minutes("moderateIntensityMinutes vigorousIntensityMinutes") };
const sum = z.object(lenient({ value: number }));
const movement = z.object(lenient({ steps: sum, floorsAscended: sum }));

/** A day as far as it has come: the flat summary of one, and what the nested one of a range has of it. */
export const day = all(
  "daily",
  z.object({ calendarDate: date, ...lenient({ ...numbers, movement }) }),
  ({ calendarDate, movement, ...flat }, into) => {
    const totalSteps = flat.totalSteps ?? movement?.steps?.value;
    const floorsAscended = flat.floorsAscended ?? movement?.floorsAscended?.value;
    const told = { ...flat, totalSteps, floorsAscended };
    // Of a day without anything – before the watch, say – nothing is told.
    if (Object.values(told).some((value) => value != null)) putTold(into, calendarDate, told, DAY);
  },
);

/** The same days in other answers: a source keeps them apart, so that the two never undo each other, nor does a null. */
const quiet = number.catch(undefined).transform((value) => value ?? undefined);
const STEPS = { totalSteps: "steps steps", totalDistance: "distance_m steps" };
const stepsDay = z.object({ calendarDate: date, ...shapesOf(STEPS, quiet) });
export const steps = all("daily", stepsDay, (one, into) => putTold(into, one.calendarDate, one, STEPS));
// biome-ignore format: a table
const STRESS = {
  overallStressLevel: "stress_avg stress", restStressDuration: "rest_stress_s stress",
  lowStressDuration: "low_stress_s stress", mediumStressDuration: "medium_stress_s stress",
  highStressDuration: "high_stress_s stress",
};
const values = z.object(shapesOf(STRESS, quiet));
export const stress = all("daily", z.object({ calendarDate: date, ...lenient({ values }) }), (one, into) =>
  putTold({ ...into, at: `${into.at}/values` }, one.calendarDate, one.values ?? {}, STRESS),
);

export const hrvDay = z.object({ calendarDate: date, ...shapesOf(HRV, quiet) });
export const hrvDays = all("daily", hrvDay, (one, into) => putTold(into, one.calendarDate, one, HRV));
