import { dateOf, instantOf, offsetAt } from "../../calendar.ts";
import { buildOf, conditionOn, round } from "../../condition.ts";
import { dayOn } from "../../day.ts";
import { float } from "../../json.ts";
import type { Life } from "../../life.ts";
import { windowOf } from "../../night.ts";
import { pulseOn, STATES } from "../../pulse.ts";
import { dice } from "../../random.ts";
import { mainOn, readinessOf } from "./nights.ts";
import { type Collection, daysOf, isOff, local, midnightUtc, placeholder, uuid } from "./shape.ts";

type Make = (life: Life, day: number, now: number) => Record<string, unknown> | null;

/** A document a day: `at` is the day's midnight in UTC unless told otherwise. */
const daily =
  (name: string, make: Make, at: (life: Life, day: number) => number = (_, day) => midnightUtc(day)): Collection =>
  (life, first, last, now) =>
    [...daysOf(life, first, last, now)].flatMap((day) => {
      const id = uuid(life, name, day);
      const made = make(life, day, now);
      return made ? [{ id, at: at(life, day), make: () => ({ id, ...made }) }] : [];
    });

/** Until the morning nobody knows how the night was. */
const afterNight =
  (make: (life: Life, day: number) => Record<string, unknown>): Make =>
  (life, day, now) =>
    mainOn(life, day, now) ? make(life, day) : null;

const zoneOn = (life: Life, day: number): string => windowOf(life.person, day).zone;
/** Oura's day begins at four in the morning. */
const fourOn = (life: Life, day: number): number => instantOf(zoneOn(life, day), day, 4 * 3600);

export const dailySleep = daily("daily_sleep", (life, day, now) => {
  const night = mainOn(life, day, now);
  if (!night) return null;
  const draw = dice(life.person.seed, day, "oura sleep score");
  const near = (of: number) => Math.round(Math.max(1, Math.min(100, of + draw.normal(0, 8))));
  return {
    contributors: {
      deep_sleep: near(night.deep_s / 54),
      efficiency: near(night.efficiency_pct),
      latency: near(92 - night.latency_s / 60),
      rem_sleep: near(night.rem_s / 66),
      restfulness: near(78 - night.awakenings),
      timing: near(80),
      total_sleep: near(night.asleep_s / 300),
    },
    day: dateOf(day),
    score: night.score,
    timestamp: placeholder(day),
  };
});

export const dailyReadiness = daily(
  "daily_readiness",
  afterNight((life, day) => ({ ...readinessOf(life, day), day: dateOf(day), timestamp: placeholder(day) })),
);

const METS: Record<(typeof STATES)[number], [met: number, letter: string]> = {
  unworn: [0.1, "0"],
  asleep: [0.9, "1"],
  awake_in_bed: [1, "1"],
  still: [1.3, "2"],
  walking: [3.2, "3"],
  training: [8, "5"],
};

export const dailyActivity = daily("daily_activity", activityOn, fourOn);

/** Of a day without the ring nothing but that; today's grows. */
function activityOn(life: Life, day: number, now: number): Record<string, unknown> | null {
  const start = fourOn(life, day);
  if (start > now) return null;
  const off = isOff(life, day);
  const sums = off ? null : dayOn(life, day, now);
  const pulse = pulseOn(life, day, now);
  const states = pulse ? Array.from(pulse.state).map((state) => STATES[off ? 0 : state]!) : [];
  const timestamp = local(start, offsetAt(zoneOn(life, day), start));
  const { basal_kcal } = buildOf(life.person);
  const draw = dice(life.person.seed, day, "oura activity");
  const near = (of: number) => Math.round(Math.max(1, Math.min(100, of + draw.normal(0, 6))));
  const score = sums ? near(70 + Math.min(25, sums.active_kcal / 40)) : null;
  const high = sums?.vigorous_s ?? 0;
  const medium = Math.max(0, (sums?.training_s ?? 0) - high);
  const low = sums?.walking_s ?? 0;
  return {
    class_5_min: states
      .filter((_, i) => i % 5 === 0)
      .map((state) => METS[state][1])
      .join(""),
    score,
    active_calories: sums?.active_kcal ?? 0,
    average_met_minutes: sums ? round(1.2 + sums.active_kcal / 1500, 3) : 0.1,
    contributors: {
      meet_daily_targets: score,
      move_every_hour: score && near(90),
      recovery_time: score && near(92),
      stay_active: score && near(70),
      training_frequency: score && near(95),
      training_volume: score && near(94),
    },
    equivalent_walking_distance: Math.round(sums?.distance_m ?? 0),
    high_activity_met_minutes: Math.round(high / 6),
    high_activity_time: high,
    inactivity_alerts: draw.int(0, 3),
    low_activity_met_minutes: Math.round(low / 100),
    low_activity_time: low,
    medium_activity_met_minutes: Math.round(medium / 19),
    medium_activity_time: medium,
    met: {
      interval: float(60),
      items: states.map((state) => float(METS[state][0])),
      timestamp: timestamp.replace(/(?=[+-]\d\d:)/, ".000"),
    },
    meters_to_target: Math.round(9000 - (sums?.distance_m ?? 0)),
    non_wear_time: sums ? sums.duration_s - sums.worn_s : 86_400,
    resting_time: sums?.asleep_s ?? 0,
    sedentary_met_minutes: 13,
    sedentary_time: sums?.still_s ?? 0,
    steps: sums?.steps ?? 0,
    target_calories: 500,
    target_meters: 9000,
    total_calories: sums ? sums.active_kcal + sums.basal_kcal : basal_kcal,
    day: dateOf(day),
    timestamp,
  };
}

export const dailySpo2 = daily("daily_spo2", (life, day, now) => {
  const night = mainOn(life, day, now);
  if (!night) return null;
  const draw = dice(life.person.seed, day, "oura spo2");
  // Asleep too restlessly to be measured.
  const lost = draw.chance(0.03);
  return {
    day: dateOf(day),
    spo2_percentage: lost ? null : { average: round(night.spo2_pct + draw.between(-0.4, 0.4), 3) },
    breathing_disturbance_index: lost ? null : draw.int(2, 15),
  };
});

export const dailyStress = daily("daily_stress", (life, day, now) => {
  const sums = isOff(life, day) ? null : dayOn(life, day, now);
  if (!sums) return null;
  const quarters = (seconds: number) => Math.round(seconds / 900) * 900;
  const [stress_high, recovery_high] = [quarters(sums.high_stress_s), quarters(sums.rest_stress_s / 4)];
  const word = stress_high > 7200 ? "stressful" : recovery_high > stress_high + 3600 ? "restored" : "normal";
  return { day: dateOf(day), stress_high, recovery_high, day_summary: sums.complete ? word : null };
});

const LEVELS = ["limited", "adequate", "solid", "strong", "exceptional"];
export const dailyResilience = daily(
  "daily_resilience",
  afterNight((life, day) => {
    let sum = 0;
    for (let back = 0; back < 14; back++) sum += conditionOn(life.person, day - back).recovery_pct;
    const mean = sum / 14;
    const draw = dice(life.person.seed, day, "oura resilience");
    const near = (of: number) => float(round(Math.max(1, Math.min(100, of + draw.normal(0, 2))), 1));
    return {
      day: dateOf(day),
      contributors: { sleep_recovery: near(mean), daytime_recovery: near(mean - 6), stress: near(mean - 18) },
      level: LEVELS[Math.max(0, Math.min(4, Math.floor((mean - 40) / 10)))],
    };
  }),
);

export const cardiovascularAge = daily(
  "daily_cardiovascular_age",
  afterNight((life, day) => {
    const draw = dice(life.person.seed, day - (day % 7), "oura heart");
    const age = buildOf(life.person).age;
    return {
      day: dateOf(day),
      pulse_wave_velocity: draw.chance(0.2) ? null : float(round(5 + age / 20 + draw.between(-0.3, 0.3), 1)),
      vascular_age: age + draw.int(-6, 1),
    };
  }),
);

/** Estimated anew once a week. */
export const vo2Max = daily("vO2_max", (life, day, now) => {
  if (day % 7 !== 3 || !mainOn(life, day, now)) return null;
  const start = instantOf(zoneOn(life, day), day, 0);
  return {
    day: dateOf(day),
    timestamp: local(start, offsetAt(zoneOn(life, day), start)),
    vo2_max: Math.round(conditionOn(life.person, day).vo2max_ml_kg_min),
  };
});

export const sleepTime = daily(
  "sleep_time",
  afterNight((life, day) => {
    const found = dice(life.person.seed, day, "oura bedtime").chance(0.7);
    const day_tz = offsetAt(zoneOn(life, day), midnightUtc(day));
    return {
      day: dateOf(day),
      optimal_bedtime: found ? { day_tz, end_offset: -3600, start_offset: -7200 } : null,
      recommendation: found ? "follow_optimal_bedtime" : "earlier_bedtime",
      status: found ? "optimal_found" : "only_recommended_found",
    };
  }),
);
