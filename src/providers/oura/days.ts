/** Documents of a whole day, keyed by Oura's own `day`. */
import { z } from "zod";
import { element } from "../../domain/batch.ts";
import { type Item, type OffsetAt, present, putDay, putEvent, readerOf } from "../reading.ts";
import { number } from "../shapes.ts";
import { DAY_S } from "../streams.ts";
import { putDays, shapesOf } from "../tables.ts";
import { midnight } from "./normalise.ts";
import * as schema from "./schema.ts";

/** What a score is made of, 1–100 each, under names of our own making: `x_readiness_hrv_balance`. None of them is a measure. */
function putContributors(into: Item, { day, contributors }: z.infer<typeof schema.day>, of: string): void {
  for (const [name, value] of Object.entries(contributors ?? {})) {
    if (value !== null && typeof value !== "number") continue;
    putDay(into, day, `x_${of}_${name}`, value || null, `/contributors/${name}`);
  }
}

/** Numbers that are values of the day as they stand, `{field: metric}`; `score`: whose contributors come along. */
const valuesOf = (table: Record<string, string>, score?: string) =>
  readerOf("daily", schema.day.and(z.object(shapesOf(table, number))), (d, into) => {
    putDays(into, d.day, d, table);
    if (score) putContributors(into, d, score);
  });

export const dailySleep = valuesOf({ score: "sleep_score" }, "sleep");
const READINESS = {
  score: "readiness_score",
  temperature_deviation: "skin_temperature_deviation_c",
  temperature_trend_deviation: "skin_temperature_trend_deviation_c",
};
export const dailyReadiness = valuesOf(READINESS, "readiness");
export const vascularAge = valuesOf({ vascular_age: "vascular_age", pulse_wave_velocity: "pulse_wave_velocity_mps" });
export const vo2Max = valuesOf({ vo2_max: "vo2max_ml_kg_min" });

/** A day without the ring stores none of them. */
// biome-ignore format: a table
const WORN = {
  score: "activity_score", steps: "steps", equivalent_walking_distance: "distance_m",
  active_calories: "active_energy_kcal", total_calories: "total_energy_kcal",
  medium_activity_time: "moderate_intensity_s", high_activity_time: "vigorous_intensity_s",
  sedentary_time: "sedentary_s", resting_time: "resting_s",
};
export const dailyActivity = readerOf("daily", schema.dailyActivity, (d, into) => {
  const { low_activity_time: low, medium_activity_time: medium, high_activity_time: high } = d;
  // Off all of the day: 24 hours, or what five-minute classes there are (23 hours where the clock goes forward).
  const isOff = (d.non_wear_time ?? 0) >= DAY_S || /^0+$/.test(d.class_5_min ?? "");
  const isActive = !isOff && low != null && medium != null && high != null;
  putDays(into, d.day, isOff ? {} : d, WORN);
  putDay(into, d.day, "active_s", isActive ? low + medium + high : null, "/low_activity_time");
  putDays(into, d.day, d, { non_wear_time: "non_wear_s" });
  if (!isOff) putContributors(into, d, "activity");
});

export const dailySpo2 = readerOf("daily", schema.dailySpo2, (d, into) => {
  putDays(into, d.day, d.spo2_percentage ?? {}, { average: "spo2_pct" }, "/spo2_percentage");
  putDays(into, d.day, d, { breathing_disturbance_index: "breathing_disturbances" });
});

/** What Oura says of a day: an event at its local midnight, since Oura names no instant. Without a word there is none. */
function say(into: Item, offsetAt: OffsetAt, id: string, kind: string, extra: { day: string }, value?: string | null) {
  if (value) putEvent(into, id, kind, midnight(extra.day, offsetAt), { value, extra: present(extra) });
  else into.batch.deletions.push({ kind: "event", external_id: id });
}

/** Seconds for the day, and Oura's word for it. */
export const dailyStress = readerOf("daily", schema.dailyStress, ({ id, day, ...d }, into, offsetAt) => {
  putDays(into, day, d, { stress_high: "high_stress_s", recovery_high: "high_recovery_s" });
  say({ ...into, of: element(into.batch, "event") }, offsetAt, id, "stress", { day }, d.day_summary);
});
export const dailyResilience = readerOf("event", schema.dailyResilience, ({ id, level, ...extra }, into, offsetAt) =>
  say(into, offsetAt, id, "resilience", extra, level),
);
export const sleepTime = readerOf("event", schema.sleepTime, ({ id, recommendation, ...extra }, into, offsetAt) =>
  say(into, offsetAt, id, "bedtime", extra, recommendation),
);
