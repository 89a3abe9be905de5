import { conditionOn, round } from "../../condition.ts";
import type { Life } from "../../life.ts";
import { nightSeries, type Sleep, sleepsOn } from "../../night.ts";
import { dice } from "../../random.ts";
import { userId } from "./grants.ts";
import { clock, local, offsetOf, userUrl } from "./words.ts";

const MINUTE_MS = 60_000;

/** The night of a date: of two the longer. Naps are not told. */
export const nightOn = (life: Life, day: number, now: number): Sleep | null =>
  sleepsOn(life, day, now)
    .filter(({ type }) => type === "main")
    .sort((a, b) => b.in_bed_s - a.in_bed_s)[0] ?? null;

const GRADES = { awake: [0], rem: [1], light: [3, 2], deep: [4] } as const;

export function nightRecord(life: Life, night: Sleep): object {
  const draw = dice(life.person.seed, night.key, "polar");
  const series = nightSeries(life.person, night);
  const samples: Record<string, number> = {};
  for (let i = 2; i < series.heart.length; i += 5) {
    if (series.heart[i]! > 0) samples[clock(night.start + i * MINUTE_MS, night.start_offset_s)] = series.heart[i]!;
  }
  const about = {
    polar_user: userUrl(userId(life)),
    date: night.date,
    sleep_start_time: local(night.start, night.start_offset_s) + offsetOf(night.start_offset_s),
    sleep_end_time: local(night.end, night.end_offset_s) + offsetOf(night.end_offset_s),
    device_id: "2222BBBB",
  };
  const long = night.segments
    .filter(({ stage, from_s, to_s }) => stage === "awake" && to_s - from_s >= 90)
    .reduce((sum, { from_s, to_s }) => sum + to_s - from_s, 0);
  const interruptions = {
    total_interruption_duration: night.awake_s,
    short_interruption_duration: night.awake_s - long,
    long_interruption_duration: long,
  };
  // Worn was the old watch, which knows no stages.
  if (draw.chance(0.03)) return { ...about, device_id: "1111AAAA", ...interruptions, sleep_rating: 0 };

  // Now and then a stretch could not be told.
  const odd = draw.chance(0.15) ? night.segments.findLast(({ stage }) => stage === "light") : undefined;
  const unstaged = odd ? odd.to_s - odd.from_s : 0;
  const hypnogram: Record<string, number> = {};
  for (const segment of night.segments) {
    const grades = GRADES[segment.stage];
    const at = clock(night.start + segment.from_s * 1000, night.start_offset_s);
    hypnogram[at] = segment === odd ? 5 : grades[draw.int(0, grades.length - 1)]!;
  }
  return {
    ...about,
    continuity: round(Math.min(5, 5 - night.awakenings * 0.12), 1),
    continuity_class: Math.max(1, Math.min(5, Math.round(5 - night.awakenings * 0.12))),
    light_sleep: night.light_s - unstaged,
    deep_sleep: night.deep_s,
    rem_sleep: night.rem_s,
    unrecognized_sleep_stage: unstaged,
    sleep_score: night.score,
    sleep_charge: Math.max(1, Math.min(5, Math.round(night.score / 20))),
    sleep_goal: 28_800,
    sleep_rating: draw.chance(0.2) ? draw.int(1, 5) : 0,
    ...interruptions,
    sleep_cycles: Math.max(1, Math.round(night.in_bed_s / 5500)),
    group_duration_score: round(Math.min(100, (night.asleep_s / 28_800) * 100), 1),
    group_solidity_score: round(night.efficiency_pct, 1),
    group_regeneration_score: round(Math.min(100, ((night.deep_s + night.rem_s) / night.asleep_s) * 200), 1),
    hypnogram,
    heart_rate_samples: samples,
  };
}

const HOURS_4 = 240;

/** Of the first four hours asleep; null where there are none. */
export function rechargeRecord(life: Life, night: Sleep): object | null {
  const { heart, hrv, respiration } = nightSeries(life.person, night);
  if (heart.length < HOURS_4 + 20) return null;
  const mean = (values: ArrayLike<number>) => {
    const worn = Array.from(values).filter((value) => value > 0);
    return worn.reduce((a, b) => a + b, 0) / worn.length;
  };
  const pulse = mean(heart.subarray(0, HOURS_4));
  const charge = round((conditionOn(life.person, night.day).recovery_pct - 55) / 4.5, 1);
  const ans = Math.max(-10, Math.min(10, charge));
  const hrvSamples: Record<string, number> = {};
  const breaths: Record<string, number> = {};
  for (let i = 0; i < HOURS_4; i += 5) {
    const at = clock(night.start + (i + 2) * MINUTE_MS, night.start_offset_s);
    if (hrv[i / 5]! > 0) hrvSamples[at] = hrv[i / 5]!;
    breaths[at] = round(respiration[i + 2]!, 1);
  }
  return {
    polar_user: userUrl(userId(life)),
    date: night.date,
    heart_rate_avg: Math.round(pulse),
    beat_to_beat_avg: Math.round(60_000 / pulse),
    heart_rate_variability_avg: Math.round(mean(hrv.subarray(0, HOURS_4 / 5))),
    breathing_rate_avg: round(mean(respiration.subarray(0, HOURS_4)), 1),
    nightly_recharge_status: Math.max(1, Math.min(6, Math.round(3.5 + ans / 3.5))),
    ans_charge: ans,
    ans_charge_status: Math.max(1, Math.min(5, Math.round(3 + ans / 4))),
    hrv_samples: hrvSamples,
    breathing_samples: breaths,
  };
}

/** How awake a night leaves one. */
export function alertnessRecord(night: Sleep, now: number): object {
  const offset = night.end_offset_s;
  // As documented its times are UTC's.
  const at = (ms: number) => local(ms, 0);
  const hours = Array.from({ length: 16 }, (_, i) => ({
    validity: "VALIDITY_ESTIMATE",
    alertness_level: ["LOW", "MEDIUM", "HIGH", "VERY_HIGH", "HIGH", "MEDIUM"].map((word) => `ALERTNESS_LEVEL_${word}`)[
      Math.floor(i / 3)
    ],
    start_time: at(night.end + i * 3_600_000),
    end_time: at(night.end + (i + 1) * 3_600_000),
  }));
  const grade = round(Math.max(1, Math.min(10, night.score / 10)), 1);
  return {
    grade,
    grade_validity_seconds: 57_600,
    grade_type: "GRADE_TYPE_PRIMARY",
    grade_classification: grade > 7.5 ? "GRADE_CLASSIFICATION_STRONG" : "GRADE_CLASSIFICATION_FAIR",
    validity: "VALIDITY_ESTIMATE",
    sleep_inertia: "SLEEP_INERTIA_MILD",
    sleep_type: "SLEEP_TYPE_PRIMARY",
    result_type: night.end + 16 * 3_600_000 > now ? "ALERTNESS_TYPE_PREDICTION" : "ALERTNESS_TYPE_HISTORY",
    period_start_time: at(night.start),
    period_end_time: at(night.end + 16 * 3_600_000),
    sleep_period_start_time: `${at(night.start)}.57`,
    sleep_period_end_time: `${at(night.end)}.57`,
    sleep_timezone_offset_minutes: offset / 60,
    hourly_data: hours,
  };
}

export const skinTemperatureRecord = (night: Sleep): object => ({
  sleep_time_skin_temperature_celsius: round(night.skin_temperature_c, 1),
  deviation_from_baseline_celsius: round(night.skin_temperature_deviation_c, 1),
  sleep_date: night.date,
});

/** A test that is done by hand, on some mornings; null on the others. */
export function oxygenRecord(life: Life, night: Sleep, now: number): object | null {
  const draw = dice(life.person.seed, night.key, "polar spo2");
  const time = night.end + draw.int(600, 3600) * 1000;
  if (!draw.chance(0.2) || time > now) return null;
  const isPassed = !draw.chance(0.1);
  return {
    source_device_id: "2222BBBB",
    test_time: Math.floor(time / 1000),
    time_zone_offset: night.end_offset_s / 60,
    test_status: isPassed ? "SPO2_TEST_PASSED" : "SPO2_TEST_TIMEOUT",
    ...(isPassed && {
      blood_oxygen_percent: Math.round(night.spo2_pct),
      spo2_class: "SPO2_CLASS_NORMAL",
      spo2_value_deviation_from_baseline: "DEVIATION_NO_BASELINE",
      spo2_quality_average_percent: draw.int(85, 98),
      average_heart_rate_bpm: night.avg_heart_rate_bpm + 8,
      heart_rate_variability_ms: night.hrv_rmssd_ms ?? 0,
      spo2_hrv_deviation_from_baseline: "DEVIATION_NO_BASELINE",
      altitude_meters: life.person.home.altitude_m,
    }),
  };
}
