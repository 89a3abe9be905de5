/** Documents of a whole day, keyed by Oura's own `day`. */
import { document, type Item, present, putDay, type ReadDocument } from "./reading.ts";
import * as schema from "./schema.ts";

/** What a score is made of, 1–100 each, under names of our own making: `x_readiness_hrv_balance`. None of them is a measure. */
function putContributors(
  into: Item,
  date: string,
  of: string,
  contributors: Record<string, unknown> | null | undefined,
) {
  for (const [name, value] of Object.entries(contributors ?? {})) {
    if (value !== null && typeof value !== "number") continue;
    putDay(into, date, `x_${of}_${name}`, value || null, `/contributors/${name}`);
  }
}

export const dailySleep = document("daily", schema.dailyScore, (d, into) => {
  putDay(into, d.day, "sleep_score", d.score, "/score");
  putContributors(into, d.day, "sleep", d.contributors);
});

export const dailyReadiness = document("daily", schema.dailyScore, (d, into) => {
  putDay(into, d.day, "readiness_score", d.score, "/score");
  putDay(into, d.day, "skin_temperature_deviation_c", d.temperature_deviation, "/temperature_deviation");
  const trend = d.temperature_trend_deviation;
  putDay(into, d.day, "skin_temperature_trend_deviation_c", trend, "/temperature_trend_deviation");
  putContributors(into, d.day, "readiness", d.contributors);
});

/** Daily metric → Oura's name. A day without the ring stores none of them. */
const ACTIVITY: readonly (readonly [metric: string, name: keyof schema.DailyActivity])[] = [
  ["activity_score", "score"],
  ["steps", "steps"],
  ["distance_m", "equivalent_walking_distance"],
  ["active_energy_kcal", "active_calories"],
  ["total_energy_kcal", "total_calories"],
  ["moderate_intensity_s", "medium_activity_time"],
  ["vigorous_intensity_s", "high_activity_time"],
  ["sedentary_s", "sedentary_time"],
  ["resting_s", "resting_time"],
];

export const dailyActivity = document("daily", schema.dailyActivity, (d, into) => {
  const isWorn = !wasOff(d);
  for (const [metric, name] of ACTIVITY) {
    putDay(into, d.day, metric, isWorn ? (d[name] as number | null | undefined) : null, `/${name}`);
  }
  const { low_activity_time: low, medium_activity_time: medium, high_activity_time: high } = d;
  const isActive = isWorn && low != null && medium != null && high != null;
  putDay(into, d.day, "active_s", isActive ? low + medium + high : null, "/low_activity_time");
  putDay(into, d.day, "non_wear_s", d.non_wear_time, "/non_wear_time");
  putContributors(into, d.day, "activity", isWorn ? d.contributors : null);
});

/** All of the day: 24 hours, or what five-minute classes there are (23 hours where the clock goes forward). */
function wasOff({ non_wear_time, class_5_min }: schema.DailyActivity): boolean {
  return (non_wear_time ?? 0) >= 86_400 || (!!class_5_min && /^0+$/.test(class_5_min));
}

export const dailySpo2 = document("daily", schema.dailySpo2, (d, into) => {
  putDay(into, d.day, "spo2_pct", d.spo2_percentage?.average, "/spo2_percentage/average");
  putDay(into, d.day, "breathing_disturbances", d.breathing_disturbance_index, "/breathing_disturbance_index");
});

export const cardiovascularAge = document("daily", schema.cardiovascularAge, (d, into) => {
  putDay(into, d.day, "vascular_age", d.vascular_age, "/vascular_age");
  putDay(into, d.day, "pulse_wave_velocity_mps", d.pulse_wave_velocity, "/pulse_wave_velocity");
});

export const vo2Max = document("daily", schema.vo2Max, (d, into) => {
  putDay(into, d.day, "vo2max_ml_kg_min", d.vo2_max, "/vo2_max");
});

const stressTimes = document("daily", schema.dailyStress, (d, into) => {
  putDay(into, d.day, "high_stress_s", d.stress_high, "/stress_high");
  putDay(into, d.day, "high_recovery_s", d.recovery_high, "/recovery_high");
});
const stressWord = ofDay("stress", schema.dailyStress, (d) => ({ value: d.day_summary }));
/** Seconds for the day, and Oura's word for it. */
export const dailyStress: ReadDocument = (value, batch, at, offsetAt) => {
  stressTimes(value, batch, at, offsetAt);
  // What is wrong with it has been said.
  if (schema.dailyStress.safeParse(value).success) stressWord(value, batch, at, offsetAt);
};

export const dailyResilience = ofDay("resilience", schema.dailyResilience, (d) => ({
  value: d.level,
  more: { contributors: d.contributors },
}));
export const sleepTime = ofDay("bedtime", schema.sleepTime, (d) => ({
  value: d.recommendation,
  more: { status: d.status, optimal_bedtime: d.optimal_bedtime },
}));

/** What Oura says of a day in words: an event at the day's local midnight, since it names no instant. Without a word there is none. */
function ofDay<Schema extends typeof schema.dailyResilience | typeof schema.dailyStress | typeof schema.sleepTime>(
  kind: string,
  of: Schema,
  say: (document: ReturnType<Schema["parse"]>) => { value: string | null | undefined; more?: Record<string, unknown> },
): ReadDocument {
  return document("event", of, (parsed, into, offsetAt) => {
    const d = parsed as ReturnType<Schema["parse"]>;
    const { value, more } = say(d);
    if (!value) return void into.batch.deletions.push({ kind: "event", external_id: d.id });
    into.batch.events.push({
      external_id: d.id,
      fields: {
        kind,
        start_time: Date.parse(`${d.day}T00:00:00Z`) - offsetAt(d.day) * 1000,
        end_time: null,
        utc_offset_s: null,
        name: null,
        value,
        extra: present({ day: d.day, ...more }),
      },
      element: into.of,
    });
  });
}
