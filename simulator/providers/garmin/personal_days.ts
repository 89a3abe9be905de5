import { offsetAt } from "../../calendar.ts";
import { conditionOn, round } from "../../condition.ts";
import { dayOn, weighingOn } from "../../day.ts";
import { float } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { Sleep } from "../../night.ts";
import { pulseOn } from "../../pulse.ts";
import { dice } from "../../random.ts";
import { endOffset, hrvMeans, hrvReadings, nightsOf, nightsOn, qualifier, type Shown } from "./nights.ts";
import { iso, pointed, profileOf } from "./personal_words.ts";

/** Mean resting heart rate of seven days. */
const week = (life: Life, day: number): number =>
  Math.round(
    [0, 1, 2, 3, 4, 5, 6].reduce((sum, back) => sum + conditionOn(life.person, day - back).resting_heart_rate_bpm, 0) /
      7,
  );

export function daySummary(life: Life, day: number, now: number): Record<string, unknown> | null {
  const sums = dayOn(life, day, now);
  if (!sums) return null;
  const local = (ms: number) => pointed(ms + sums.utc_offset_s * 1000);
  const draw = dice(life.person.seed, day, "garmin uuid");
  const { duration_s } = sums;
  return {
    userProfileId: profileOf(life),
    calendarDate: sums.date,
    uuid: Array.from({ length: 32 }, () => draw.int(0, 15).toString(16)).join(""),
    totalKilocalories: float(sums.active_kcal + sums.basal_kcal),
    activeKilocalories: float(sums.active_kcal),
    bmrKilocalories: float(sums.basal_kcal),
    totalSteps: sums.steps,
    totalDistanceMeters: Math.round(sums.distance_m),
    dailyStepGoal: 9000,
    wellnessStartTimeGmt: pointed(sums.start),
    wellnessStartTimeLocal: local(sums.start),
    wellnessEndTimeGmt: pointed(sums.start + duration_s * 1000),
    wellnessEndTimeLocal: local(sums.start + duration_s * 1000),
    durationInMilliseconds: duration_s * 1000,
    minHeartRate: sums.min_heart_rate_bpm,
    maxHeartRate: sums.max_heart_rate_bpm,
    restingHeartRate: sums.resting_heart_rate_bpm,
    lastSevenDaysAvgRestingHeartRate: week(life, day),
    averageStressLevel: sums.avg_stress ?? -1,
    maxStressLevel: sums.max_stress ?? -1,
    floorsAscended: float(round(sums.floors + 0.05, 4)),
    floorsDescended: float(round(sums.floors * 0.94, 4)),
    moderateIntensityMinutes: Math.round(sums.moderate_s / 60),
    vigorousIntensityMinutes: Math.round(sums.vigorous_s / 60),
    bodyBatteryHighestValue: Math.max(...sums.battery),
    bodyBatteryLowestValue: Math.min(...sums.battery),
    averageSpo2: null,
    avgWakingRespirationValue: float(Math.round(sums.condition.respiration_brpm + 1)),
    source: "GARMIN",
    privacyProtected: false,
  };
}

/** The nested form; its resting value may be the day's minimum. */
export function dayV2(life: Life, day: number, now: number): Record<string, unknown> | null {
  const sums = dayOn(life, day, now);
  if (!sums) return null;
  return {
    calendarDate: sums.date,
    movement: { steps: { value: sums.steps, goal: 9000 }, floorsAscended: { value: sums.floors, goal: 10 } },
    heartRate: { restingValue: sums.resting_heart_rate_bpm ?? sums.min_heart_rate_bpm },
  };
}

export function stepsOfDay(life: Life, day: number, now: number): Record<string, unknown> | null {
  const sums = dayOn(life, day, now);
  return (
    sums && {
      calendarDate: sums.date,
      totalSteps: sums.steps,
      totalDistance: Math.round(sums.distance_m),
      stepGoal: 9000,
    }
  );
}

export function stressOfDay(life: Life, day: number, now: number): Record<string, unknown> | null {
  const sums = dayOn(life, day, now);
  return (
    sums && {
      calendarDate: sums.date,
      values: {
        highStressDuration: sums.high_stress_s,
        lowStressDuration: sums.low_stress_s,
        overallStressLevel: sums.avg_stress ?? -1,
        restStressDuration: sums.rest_stress_s,
        mediumStressDuration: sums.medium_stress_s,
      },
    }
  );
}

/** Every two minutes; null where nothing was worn. */
export function heartRates(life: Life, day: number, now: number): Record<string, unknown> | null {
  const sums = dayOn(life, day, now);
  const pulse = pulseOn(life, day, now);
  if (!sums || !pulse) return null;
  const end = sums.start + sums.duration_s * 1000;
  const values: [number, number | null][] = [];
  for (let i = 0; i < pulse.heart.length; i += 2) values.push([pulse.start + i * 60_000, pulse.heart[i] || null]);
  return {
    userProfilePK: profileOf(life),
    calendarDate: sums.date,
    startTimestampGMT: pointed(sums.start),
    endTimestampGMT: pointed(end),
    startTimestampLocal: pointed(sums.start + sums.utc_offset_s * 1000),
    endTimestampLocal: pointed(end + sums.utc_offset_s * 1000),
    maxHeartRate: sums.max_heart_rate_bpm,
    minHeartRate: sums.min_heart_rate_bpm,
    restingHeartRate: sums.resting_heart_rate_bpm,
    lastSevenDaysAvgRestingHeartRate: week(life, day),
    heartRateValueDescriptors: [
      { key: "timestamp", index: 0 },
      { key: "heartrate", index: 1 },
    ],
    heartRateValues: values,
  };
}

/** Hourly means, 0 where there is none. */
export function spo2Hours(life: Life, day: number, now: number): Record<string, unknown> | null {
  const sums = dayOn(life, day, now);
  if (!sums) return null;
  const nights = nightsOf(life, day, now);
  const hours = Array.from({ length: Math.floor(sums.duration_s / 3600) }, (_, i): [number, number] => {
    const at = sums.start + i * 3600_000;
    const night = nights.find((one) => one.start <= at && at + 3600_000 <= one.end);
    return [at, night ? Math.round(night.spo2_pct + ((i % 3) - 1) * 0.6) : 0];
  });
  return {
    userProfilePK: profileOf(life),
    calendarDate: sums.date,
    startTimestampGMT: pointed(sums.start),
    endTimestampGMT: pointed(sums.start + sums.duration_s * 1000),
    spO2HourlyAverages: hours,
  };
}

function sleepFields(life: Life, { sleep, naps, total, unmeasurable_s }: Shown): Record<string, unknown> {
  const [deep, light, rem, awake] = (["deep", "light", "rem", "awake"] as const).map(total) as [
    number,
    number,
    number,
    number,
  ];
  const offset = endOffset(sleep);
  return {
    id: sleep.start,
    userProfilePK: profileOf(life),
    calendarDate: sleep.date,
    sleepTimeSeconds: deep + light + rem,
    napTimeSeconds: naps.reduce((sum, one) => sum + one.asleep_s, 0),
    sleepWindowConfirmed: true,
    sleepWindowConfirmationType: "enhanced_confirmed_final",
    sleepStartTimestampGMT: sleep.start,
    sleepEndTimestampGMT: sleep.end,
    // Wall clocks written as if they were UTC, each with the offset of its own instant.
    sleepStartTimestampLocal: sleep.start + sleep.start_offset_s * 1000,
    sleepEndTimestampLocal: sleep.end + offset * 1000,
    unmeasurableSleepSeconds: unmeasurable_s,
    deepSleepSeconds: deep,
    lightSleepSeconds: light,
    remSleepSeconds: rem,
    awakeSleepSeconds: awake,
    sleepScores: { overall: { value: sleep.score, qualifierKey: qualifier(sleep.score) } },
    averageRespirationValue: float(Math.round(sleep.respiration_brpm)),
    avgHeartRate: float(Math.round(sleep.avg_heart_rate_bpm)),
    avgSleepStress: float(Math.max(5, 100 - sleep.score)),
    awakeCount: sleep.awakenings,
  };
}

const PLACEHOLDER = [
  "sleepTimeSeconds",
  "napTimeSeconds",
  "sleepWindowConfirmed",
  "sleepWindowConfirmationType",
  "sleepStartTimestampGMT",
  "sleepEndTimestampGMT",
  "sleepStartTimestampLocal",
  "sleepEndTimestampLocal",
  "unmeasurableSleepSeconds",
  "deepSleepSeconds",
  "lightSleepSeconds",
  "remSleepSeconds",
  "awakeSleepSeconds",
];

/** Of the nights that end on a date the longest; an empty form where the day is there and the night is not. */
export function nightSummary(life: Life, day: number, now: number): Record<string, unknown> | null {
  const shown = longest(nightsOn(life, day, now).filter(({ sleep }) => sleep.end <= now));
  if (shown) return sleepFields(life, shown);
  const sums = dayOn(life, day, now);
  if (!sums) return null;
  const nothing = Object.fromEntries(PLACEHOLDER.map((name) => [name, null]));
  return { id: null, userProfilePK: profileOf(life), calendarDate: sums.date, ...nothing };
}

const LEVELS = { deep: 0, light: 1, rem: 2, awake: 3 };

export function nightDetail(life: Life, day: number, now: number): Record<string, unknown> | null {
  const shown = longest(nightsOn(life, day, now).filter(({ sleep }) => sleep.end <= now));
  if (!shown) return null;
  const { sleep, segments, naps } = shown;
  return {
    dailySleepDTO: sleepFields(life, shown),
    sleepLevels: segments.map(({ stage, from_s, to_s }) => ({
      startGMT: pointed(sleep.start + from_s * 1000),
      endGMT: pointed(sleep.start + to_s * 1000),
      activityLevel: float(LEVELS[stage]),
    })),
    dailyNapDTOS: naps.map((nap) => ({
      napStartTimestampGMT: iso(nap.start).slice(0, 19),
      napEndTimestampGMT: iso(nap.end).slice(0, 19),
      napTimeSec: nap.asleep_s,
    })),
  };
}

const longest = (shown: Shown[]): Shown | null =>
  shown.reduce<Shown | null>((best, one) => (best && best.until_s >= one.until_s ? best : one), null);

function hrvOf(life: Life, sleep: Sleep, day: number): Record<string, unknown> | null {
  const values = hrvReadings(life, sleep);
  if (values.length < 6) return null;
  const usual =
    [1, 2, 3, 4, 5, 6, 7].reduce((sum, back) => sum + conditionOn(life.person, day - back).hrv_rmssd_ms, 0) / 7;
  const balanced = {
    lowUpper: Math.round(usual * 0.8),
    balancedLow: Math.round(usual * 0.86),
    balancedUpper: Math.round(usual * 1.14),
  };
  const { lastNightAvg, lastNight5MinHigh } = hrvMeans(values);
  const status = lastNightAvg < balanced.balancedLow ? "UNBALANCED" : "BALANCED";
  return {
    calendarDate: sleep.date,
    weeklyAvg: Math.round(usual),
    lastNightAvg,
    lastNight5MinHigh,
    baseline: { ...balanced, markerValue: round(Math.max(0, Math.min(1, lastNightAvg / usual - 0.5)), 2) },
    status,
    feedbackPhrase: `HRV_${status}_6`,
    createTimeStamp: iso(sleep.end + 600_000).slice(0, 23),
  };
}

const nightOf = (life: Life, day: number, now: number): Sleep | null =>
  nightsOf(life, day, now).reduce<Sleep | null>(
    (best, one) => (best && best.in_bed_s >= one.in_bed_s ? best : one),
    null,
  );

export function hrvSummary(life: Life, day: number, now: number): Record<string, unknown> | null {
  const sleep = nightOf(life, day, now);
  return sleep && hrvOf(life, sleep, day);
}

export function hrvNight(life: Life, day: number, now: number): Record<string, unknown> | null {
  const sleep = nightOf(life, day, now);
  const summary = sleep && hrvOf(life, sleep, day);
  if (!sleep || !summary) return null;
  return {
    userProfilePk: profileOf(life),
    hrvSummary: summary,
    hrvReadings: hrvReadings(life, sleep).map(([offset, hrvValue]) => {
      const at = sleep.start + offset * 1000;
      return { hrvValue, readingTimeGMT: pointed(at), readingTimeLocal: pointed(at + offsetAt(sleep.zone, at) * 1000) };
    }),
  };
}

export function weights(life: Life, day: number, now: number): Record<string, unknown> | null {
  const scale = weighingOn(life, day, now);
  if (!scale) return null;
  const local = scale.time + scale.utc_offset_s * 1000;
  const date = iso(local).slice(0, 10);
  return {
    summaryDate: date,
    numOfWeightEntries: 1,
    allWeightMetrics: [
      {
        samplePk: scale.time + 412,
        date: local,
        calendarDate: date,
        weight: float(Math.round(scale.weight_kg * 1000)),
        bmi: scale.bmi,
        bodyFat: scale.body_fat_pct,
        sourceType: "INDEX_SCALE",
        timestampGMT: scale.time,
      },
    ],
  };
}
