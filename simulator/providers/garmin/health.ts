import { offsetAt } from "../../calendar.ts";
import { buildOf, conditionOn, round } from "../../condition.ts";
import { bloodPressureOn, type Day, dayOn, MOVING, weighingOn } from "../../day.ts";
import type { Life } from "../../life.ts";
import { sleepsOn, windowOf } from "../../night.ts";
import { type Pulse, pulseOn } from "../../pulse.ts";
import { dice } from "../../random.ts";
import { offsets, type Summary, seconds, summaryId, uploadedGrowing, uploadedOnce } from "./summary.ts";

/** Seconds that a daily covers: 24 hours, on clock changes 23 or 25; a long day in the air is cut at 24. */
const coveredBy = (day: Day): number => {
  const whole = (day.end - day.start) / 1000;
  return Math.min(day.duration_s, whole > 90_000 ? 86_400 : whole);
};

/** Heart rate every 15 s, between the minutes a straight line; a gap is left where nothing was worn. */
function* heartSamples({ heart }: Pulse): Generator<[number, number]> {
  for (let i = 0; i < heart.length; i++) {
    if (heart[i] === 0) continue;
    const next = heart[i + 1] || heart[i]!;
    for (let quarter = 0; quarter < 4; quarter++) {
      yield [i * 60 + quarter * 15, Math.round(heart[i]! + ((next - heart[i]!) * quarter) / 4)];
    }
  }
}

/** One a local day; `averageHeartRate…` is the mean of seven days. */
export function dailiesOn(life: Life, day: number, now: number): Summary[] {
  const sums = dayOn(life, day, now);
  const pulse = pulseOn(life, day, now);
  if (!sums || !pulse) return [];
  const { person } = life;
  const from = seconds(sums.start);
  const body = () => {
    const duration = coveredBy(sums);
    const week = [0, 1, 2, 3, 4, 5, 6].reduce(
      (sum, back) => sum + conditionOn(person, day - back).resting_heart_rate_bpm,
      0,
    );
    const moving = 180 * sums.stress.filter((one) => one === MOVING).length;
    const charged = { up: 0, down: 0 };
    for (let i = 1; i < sums.battery.length; i++) {
      const step = sums.battery[i]! - sums.battery[i - 1]!;
      if (step > 0) charged.up += step;
      else charged.down -= step;
    }
    const words =
      sums.avg_stress === null ? null : sums.avg_stress > 45 ? "stressful" : sums.avg_stress > 30 ? "balanced" : "calm";
    return {
      summaryId: summaryId(life, "daily", from, duration),
      calendarDate: sums.date,
      activityType: "WALKING",
      activeKilocalories: sums.active_kcal,
      bmrKilocalories: sums.basal_kcal,
      steps: sums.steps,
      distanceInMeters: sums.distance_m,
      durationInSeconds: duration,
      activeTimeInSeconds: sums.walking_s + sums.training_s,
      startTimeInSeconds: from,
      startTimeOffsetInSeconds: sums.utc_offset_s,
      moderateIntensityDurationInSeconds: sums.moderate_s,
      vigorousIntensityDurationInSeconds: sums.vigorous_s,
      floorsClimbed: sums.floors,
      ...(sums.min_heart_rate_bpm === null
        ? {}
        : {
            minHeartRateInBeatsPerMinute: sums.min_heart_rate_bpm,
            averageHeartRateInBeatsPerMinute: Math.round(week / 7) + 16,
            maxHeartRateInBeatsPerMinute: sums.max_heart_rate_bpm,
          }),
      ...(sums.resting_heart_rate_bpm === null
        ? {}
        : { restingHeartRateInBeatsPerMinute: sums.resting_heart_rate_bpm }),
      timeOffsetHeartRateSamples: offsets(heartSamples({ ...pulse, heart: pulse.heart.subarray(0, duration / 60) })),
      averageStressLevel: sums.avg_stress ?? -1,
      ...(sums.max_stress === null ? {} : { maxStressLevel: sums.max_stress }),
      stressDurationInSeconds: sums.low_stress_s + sums.medium_stress_s + sums.high_stress_s,
      restStressDurationInSeconds: sums.rest_stress_s,
      activityStressDurationInSeconds: moving,
      lowStressDurationInSeconds: sums.low_stress_s,
      mediumStressDurationInSeconds: sums.medium_stress_s,
      highStressDurationInSeconds: sums.high_stress_s,
      ...(words === null ? {} : { stressQualifier: `${words}_awake` }),
      bodyBatteryChargedValue: charged.up,
      bodyBatteryDrainedValue: charged.down,
      stepsGoal: 9000,
      intensityDurationGoalInSeconds: 9000,
      floorsClimbedGoal: 10,
    };
  };
  return [{ from, uploaded: uploadedGrowing(life, sums.start, sums.end), body }];
}

/** Stress and body battery each three minutes, with what charged and drained it. */
export function stressOn(life: Life, day: number, now: number): Summary[] {
  const sums = dayOn(life, day, now);
  if (!sums) return [];
  const from = seconds(sums.start);
  const body = () => {
    const duration = coveredBy(sums);
    const count = Math.min(sums.stress.length, Math.floor(duration / 180));
    const every = (values: Int8Array) => offsets(Array.from(values.subarray(0, count), (value, i) => [i * 180, value]));
    const level = sums.battery[Math.max(0, count - 1)] ?? 50;
    const nights = sleepsOn(life, day, now).map(({ type, start, end, start_offset_s, in_bed_s }) => {
      const slot = (at: number) =>
        sums.battery[Math.max(0, Math.min(count - 1, Math.round((at - sums.start) / 180_000)))] ?? 50;
      return {
        eventType: type === "main" ? "SLEEP" : "NAP",
        eventStartTimeInSeconds: seconds(start),
        eventStartTimeOffsetInSeconds: start_offset_s,
        duration: in_bed_s,
        bodyBatteryImpact: slot(end) - slot(start),
      };
    });
    const trained = life.on(day).map((activity) => ({
      eventType: "ACTIVITY",
      eventStartTimeInSeconds: seconds(activity.start),
      eventStartTimeOffsetInSeconds: activity.utc_offset_s,
      duration: activity.duration_s,
      bodyBatteryImpact: -Math.round(3 + (activity.duration_s / 3600) * activity.effort * 14),
    }));
    return {
      summaryId: summaryId(life, "stress", from),
      calendarDate: sums.date,
      startTimeInSeconds: from,
      startTimeOffsetInSeconds: sums.utc_offset_s,
      durationInSeconds: duration,
      timeOffsetStressLevelValues: every(sums.stress),
      timeOffsetBodyBatteryValues: every(sums.battery),
      bodyBatteryDynamicFeedbackEvent: {
        eventStartTimeInSeconds: from + Math.max(0, count - 1) * 180,
        bodyBatteryLevel: level < 20 ? "VERY_LOW" : level < 45 ? "LOW" : level < 75 ? "MODERATE" : "HIGH",
      },
      bodyBatteryActivityEvents: [
        ...nights,
        ...trained.filter((one) => one.eventStartTimeInSeconds + one.duration <= seconds(now)),
      ],
    };
  };
  return [{ from, uploaded: uploadedGrowing(life, sums.start, sums.end), body }];
}

export function bodyCompsOn(life: Life, day: number, now: number): Summary[] {
  const scale = weighingOn(life, day, now);
  if (!scale) return [];
  const from = seconds(scale.time);
  // A third is typed in by hand, and is a weight and nothing else.
  const byHand = dice(life.person.seed, day, "garmin scale").chance(0.3);
  const body = () => ({
    summaryId: summaryId(life, "body", from),
    measurementTimeInSeconds: from,
    measurementTimeOffsetInSeconds: scale.utc_offset_s,
    ...(byHand
      ? {}
      : {
          muscleMassInGrams: Math.round(scale.muscle_kg * 1000),
          boneMassInGrams: Math.round(scale.bone_kg * 1000),
          bodyWaterInPercent: scale.body_water_pct,
          bodyFatInPercent: scale.body_fat_pct,
          bodyMassIndex: scale.bmi,
        }),
    weightInGrams: Math.round(scale.weight_kg * 1000),
  });
  return [{ from, uploaded: uploadedOnce(life, scale.time), body }];
}

export function bloodPressuresOn(life: Life, day: number, now: number): Summary[] {
  const cuff = bloodPressureOn(life, day, now);
  if (!cuff) return [];
  const from = seconds(cuff.time);
  const body = () => ({
    summaryId: summaryId(life, "pressure", from),
    systolic: cuff.systolic_mmhg,
    diastolic: cuff.diastolic_mmhg,
    pulse: cuff.pulse_bpm,
    sourceType: "MANUAL",
    measurementTimeInSeconds: from,
    measurementTimeOffsetInSeconds: cuff.utc_offset_s,
  });
  return [{ from, uploaded: uploadedOnce(life, cuff.time), body }];
}

/** Known with the morning, and of the whole date. */
export function userMetricsOn(life: Life, day: number, now: number): Summary[] {
  const { worn, end } = windowOf(life.person, day);
  const sums = worn && end <= now ? dayOn(life, day, now) : null;
  if (!sums) return [];
  const from = seconds(sums.start);
  const { vo2max_ml_kg_min: vo2max } = sums.condition;
  const body = () => ({
    summaryId: summaryId(life, "metrics", from),
    calendarDate: sums.date,
    vo2Max: Math.round(vo2max),
    vo2MaxCycling: Math.round(vo2max - 3),
    enhanced: true,
    fitnessAge: Math.max(20, Math.round(buildOf(life.person).age - (vo2max - 42) * 0.7)),
  });
  return [{ from, uploaded: uploadedOnce(life, end), body }];
}

/** Two minutes of sitting still, once in nine days or so. */
export function healthSnapshotsOn(life: Life, day: number, now: number): Summary[] {
  const draw = dice(life.person.seed, day, "garmin snapshot");
  const { worn, end, zone } = windowOf(life.person, day);
  const start = end + draw.int(40, 90) * 60_000;
  if (!worn || !draw.chance(0.11) || start + 120_000 > now || day < life.since) return [];
  const from = seconds(start);
  const body = conditionOn(life.person, day);
  const series = (type: string, mean: number, spread: number, digits: number) => {
    const values = Array.from({ length: 25 }, (_, i): [number, number] => [
      i * 5,
      round(mean + draw.normal(0, spread), digits),
    ]);
    const numbers = values.map(([, value]) => value);
    return {
      summaryType: type,
      minValue: Math.min(...numbers),
      maxValue: Math.max(...numbers),
      avgValue: round(numbers.reduce((a, b) => a + b, 0) / numbers.length, 2),
      epochSummaries: offsets(values),
    };
  };
  const made = {
    summaryId: summaryId(life, "snapshot", from, draw.int(1e8, 9e8)),
    calendarDate: dayOn(life, day, now)?.date,
    startTimeInSeconds: from,
    durationInSeconds: 120,
    offsetStartTimeInSeconds: offsetAt(zone, start),
    summaries: [
      series("heart_rate", body.resting_heart_rate_bpm + 12, 2, 0),
      series("respiration", body.respiration_brpm, 0.5, 2),
      series("stress", 25, 5, 0),
      series("spo2", body.spo2_pct, 0.7, 0),
      { summaryType: "rmssd_hrv", avgValue: Math.round(body.hrv_rmssd_ms * 0.8) },
      { summaryType: "sdrr_hrv", avgValue: Math.round(body.hrv_rmssd_ms * 1.15) },
    ],
  };
  return [{ from, uploaded: uploadedOnce(life, start + 120_000), body: () => made }];
}
