/** The Personal API's JSON → our records; pure. Names and units are others than the partner programme's. */
import type { ActivityRecord, Batch, SleepRecord } from "../../domain/batch.ts";
import { element } from "../../domain/batch.ts";
import type { ActivityFields, SleepFields } from "../../domain/records.ts";
import { localDate } from "../../domain/time.ts";
import type * as schema from "./personal_schema.ts";
import { hrvReading, napTimes, pair, weight as weightShape } from "./personal_schema.ts";
import { type Item, present, putDay, putSample, reading, reject, told, wrong } from "./reading.ts";
import { nap, night, rankOf, toStages } from "./sleeps.ts";
import { MULTISPORT, toSport } from "./sports.ts";

type Maybe = number | null | undefined;
type OffsetAt = (date: string) => number;

/** Local wall time − UTC, s; null where one of them is not told or they are more than a day apart. */
function offsetOf(local: Maybe, gmt: Maybe): number | null {
  if (local == null || gmt == null) return null;
  const offset = Math.round((local - gmt) / 1000);
  return Math.abs(offset) <= 86_400 ? offset : null;
}

const half = (value: Maybe): Maybe => (value == null ? value : value / 2);

/** Null: without a start. */
export function toListed(a: schema.PersonalActivity, of: number): ActivityRecord | null {
  const start = a.startTimeGMT ?? a.beginTimestamp;
  if (start == null) return null;
  const type = a.activityType?.typeKey;
  const [sport, sub_sport] = a.isMultiSportParent ? MULTISPORT : toSport(type);
  const manual = a.manualActivity ?? undefined;
  return {
    external_id: a.activityId,
    part: "list",
    fields: told<Partial<ActivityFields>>({
      sport,
      sub_sport,
      name: a.activityName,
      start_time: start,
      utc_offset_s: offsetOf(a.startTimeLocal, start),
      elapsed_s: a.elapsedDuration ?? a.duration,
      // 0: it was not measured, of weights for instance.
      moving_s: reading(a.movingDuration),
      distance_m: a.distance,
      energy_kcal: a.calories,
      ascent_m: a.elevationGain,
      descent_m: a.elevationLoss,
      avg_heart_rate_bpm: reading(a.averageHR),
      max_heart_rate_bpm: reading(a.maxHR),
      avg_speed_mps: a.averageSpeed,
      max_speed_mps: a.maxSpeed,
      avg_power_w: a.avgPower,
      max_power_w: a.maxPower,
      avg_cadence_rpm: reading(
        half(a.averageRunningCadenceInStepsPerMinute) ??
          a.averageBikingCadenceInRevPerMinute ??
          a.averageSwimCadenceInStrokesPerMinute,
      ),
      steps: a.steps,
      is_manual: manual,
      start_lat: a.startLatitude,
      start_lng: a.startLongitude,
      training_load: a.activityTrainingLoad,
      extra: present({
        activity_type: type,
        parent: a.parentId,
        device_id: a.deviceId,
        timer_s: a.duration,
        basal_energy_kcal: a.bmrCalories,
        normalized_power_w: a.normPower,
        aerobic_training_effect: a.aerobicTrainingEffect,
        anaerobic_training_effect: a.anaerobicTrainingEffect,
        vo2max_ml_kg_min: a.vO2MaxValue,
      }),
    }),
    ...(manual ? {} : { wants: ["personal_activity_detail"] }),
    element: of,
  };
}

/** What lists may lack. Effort is told in tenths. */
export function toDetailed(d: schema.PersonalDetail, of: number): ActivityRecord {
  const s = d.summaryDTO;
  const rpe = reading(s?.directWorkoutRpe);
  const fields = present({
    rpe: rpe == null ? null : rpe / 10,
    avg_power_w: s?.averagePower,
    max_power_w: s?.maxPower,
    training_load: s?.activityTrainingLoad,
    start_lat: s?.startLatitude,
    start_lng: s?.startLongitude,
  });
  return { external_id: d.activityId, part: "detail", fields: fields as Partial<ActivityFields>, element: of };
}

/** A day as far as it has come. Of a day without anything – before the watch, say – nothing is told. */
export function putPersonalDay(d: schema.PersonalDay, into: Item): void {
  const times = (value: Maybe, by: number): Maybe => (value == null ? value : value * by);
  const values: [metric: string, value: Maybe, field: string][] = [
    ["steps", d.totalSteps ?? d.movement?.steps?.value, "/totalSteps"],
    ["distance_m", d.totalDistanceMeters, "/totalDistanceMeters"],
    ["total_energy_kcal", d.totalKilocalories, "/totalKilocalories"],
    ["active_energy_kcal", d.activeKilocalories, "/activeKilocalories"],
    ["basal_energy_kcal", d.bmrKilocalories, "/bmrKilocalories"],
    ["floors", d.floorsAscended ?? d.movement?.floorsAscended?.value, "/floorsAscended"],
    ["floors_descended", d.floorsDescended, "/floorsDescended"],
    ["min_heart_rate_bpm", d.minHeartRate, "/minHeartRate"],
    ["max_heart_rate_bpm", d.maxHeartRate, "/maxHeartRate"],
    ["resting_heart_rate_bpm", d.restingHeartRate, "/restingHeartRate"],
    ["stress_avg", d.averageStressLevel, "/averageStressLevel"],
    ["stress_max", d.maxStressLevel, "/maxStressLevel"],
    ["moderate_intensity_s", times(d.moderateIntensityMinutes, 60), "/moderateIntensityMinutes"],
    ["vigorous_intensity_s", times(d.vigorousIntensityMinutes, 60), "/vigorousIntensityMinutes"],
    ["body_battery_high", d.bodyBatteryHighestValue, "/bodyBatteryHighestValue"],
    ["body_battery_low", d.bodyBatteryLowestValue, "/bodyBatteryLowestValue"],
    ["body_battery_charged", d.bodyBatteryChargedValue, "/bodyBatteryChargedValue"],
    ["body_battery_drained", d.bodyBatteryDrainedValue, "/bodyBatteryDrainedValue"],
    ["spo2_pct", d.averageSpo2, "/averageSpo2"],
    ["waking_respiration_brpm", d.avgWakingRespirationValue, "/avgWakingRespirationValue"],
  ];
  if (values.every(([, value]) => value == null)) return;
  for (const [metric, value, field] of values) putDay(into, d.calendarDate, metric, value, field);
}

/** The same days in another answer: kept apart, so that the two never undo each other. */
export function putPersonalSteps(s: schema.PersonalSteps, into: Item): void {
  putDay(into, s.calendarDate, "steps", s.totalSteps ?? undefined, "/totalSteps", "steps");
  putDay(into, s.calendarDate, "distance_m", s.totalDistance ?? undefined, "/totalDistance", "steps");
}

export function putPersonalStress({ calendarDate, values: v }: schema.PersonalStress, into: Item): void {
  const put = (metric: string, value: Maybe, field: string) =>
    putDay(into, calendarDate, metric, value ?? undefined, `/values/${field}`, "stress");
  put("stress_avg", v?.overallStressLevel, "overallStressLevel");
  put("rest_stress_s", v?.restStressDuration, "restStressDuration");
  put("low_stress_s", v?.lowStressDuration, "lowStressDuration");
  put("medium_stress_s", v?.mediumStressDuration, "mediumStressDuration");
  put("high_stress_s", v?.highStressDuration, "highStressDuration");
}

/** Pairs of ms and beats, in the order that the descriptors tell, where there are any. */
export function putPersonalHeartRate(h: schema.PersonalHeartRate, into: Item): void {
  const indexOf = (key: string, otherwise: number) =>
    h.heartRateValueDescriptors?.find((one) => one.key.toLowerCase() === key)?.index ?? otherwise;
  const [timeAt, valueAt] = [indexOf("timestamp", 0), indexOf("heartrate", 1)];
  const start = h.startTimestampGMT;
  const offset = offsetOf(h.startTimestampLocal, start);
  const endOffset = offsetOf(h.endTimestampLocal, h.endTimestampGMT);
  for (const [i, one] of (h.heartRateValues ?? []).entries()) {
    const row: unknown[] = Array.isArray(one) ? one : [];
    const time = row[timeAt];
    if (typeof time !== "number") {
      reject(into, "series", `/heartRateValues/${i}`, "no time");
      continue;
    }
    // The last hour of a day of 25.
    const late = start != null && time - start >= 86_400_000;
    putSample(
      into,
      "heart_rate_bpm",
      "",
      time,
      row[valueAt],
      late ? endOffset : offset,
      `/heartRateValues/${i}/${valueAt}`,
    );
  }
}

/** Lists of `[ms, percent]` under whatever name has SpO2 in it; 0 is none. */
export function putPersonalSpo2(answer: Record<string, unknown>, into: Item): void {
  for (const [name, value] of Object.entries(answer)) {
    if (!/spo2/i.test(name) || !Array.isArray(value)) continue;
    for (const [i, one] of value.entries()) {
      const parsed = pair.safeParse(one);
      if (parsed.success)
        putSample(into, "spo2_pct", "hourly", parsed.data[0], parsed.data[1], null, `/${name}/${i}/1`);
    }
  }
}

const LEVELS = ["deep", "light", "rem", "awake"] as const;

interface Levels {
  startGMT?: Maybe;
  endGMT?: Maybe;
  activityLevel?: Maybe;
}

/** Null: an empty placeholder, of a night that nobody slept or that is not over. */
export function toPersonalNight(
  n: schema.PersonalNight,
  levels: readonly (Levels | null | undefined)[],
  of: number,
  offsetAt: OffsetAt,
): SleepRecord | null {
  const start = n.sleepStartTimestampGMT;
  const end = n.sleepEndTimestampGMT;
  if (start == null || end == null || end <= start) return null;
  const offset = offsetOf(n.sleepStartTimestampLocal, start);
  const endOffset = offsetOf(n.sleepEndTimestampLocal, end) ?? offset;
  const { deepSleepSeconds: deep, lightSleepSeconds: light, remSleepSeconds: rem } = n;
  const staged = (deep ?? 0) + (light ?? 0) + (rem ?? 0);
  const asleep = n.sleepTimeSeconds ?? (staged > 0 ? staged : null);
  const intervals = levels.flatMap((level) => {
    const { startGMT, endGMT, activityLevel } = level ?? {};
    if (startGMT == null || endGMT == null || activityLevel == null) return [];
    const stage = activityLevel === -1 ? ("unstaged" as const) : LEVELS[activityLevel];
    return stage ? [{ start: startGMT, end: endGMT, stage }] : [];
  });
  const stages = staged > 0 ? toStages(intervals, start, end) : [];
  const score = n.sleepScores?.overall;
  const fields: SleepFields = {
    type: "main",
    date:
      endOffset === null ? (n.calendarDate ?? localDate(end, offsetAt(localDate(end, 0)))) : localDate(end, endOffset),
    start_time: start,
    end_time: end,
    utc_offset_s: offset,
    in_bed_s: (end - start) / 1000,
    asleep_s: asleep,
    awake_s: n.awakeSleepSeconds ?? null,
    light_s: staged > 0 ? (light ?? null) : null,
    deep_s: staged > 0 ? (deep ?? null) : null,
    rem_s: staged > 0 ? (rem ?? null) : null,
    unstaged_s: staged > 0 ? (n.unmeasurableSleepSeconds ?? null) : asleep,
    latency_s: null,
    efficiency_pct: null,
    score: reading(score?.value) ?? null,
    avg_heart_rate_bpm: reading(n.avgHeartRate) ?? null,
    min_heart_rate_bpm: null,
    avg_hrv_rmssd_ms: null,
    avg_respiration_brpm: reading(n.averageRespirationValue) ?? null,
    avg_spo2_pct: reading(n.averageSpO2Value) ?? null,
    stages: stages.length > 0 ? stages : null,
    extra: present({
      validation: n.sleepWindowConfirmationType,
      calendar_date: n.calendarDate,
      score_qualifier: score?.qualifierKey,
    }),
  };
  return night(start, fields, rankOf(n.sleepWindowConfirmationType, fields.in_bed_s!), of);
}

/** The offset of the night they belong to is the nearest that is known. */
export function toPersonalNaps(
  naps: unknown[],
  n: schema.PersonalNight | null,
  batch: Batch,
  offsetAt: OffsetAt,
): SleepRecord[] {
  const offset =
    n &&
    (offsetOf(n.sleepEndTimestampLocal, n.sleepEndTimestampGMT) ??
      offsetOf(n.sleepStartTimestampLocal, n.sleepStartTimestampGMT));
  return naps.flatMap((one, i) => {
    const parsed = napTimes.safeParse(one);
    const start = parsed.data?.napStartTimestampGMT;
    const end = parsed.data?.napEndTimestampGMT;
    const length = start != null && end != null ? (end - start) / 1000 : (parsed.data?.napTimeSec ?? 0);
    if (start == null || !(length > 0)) {
      batch.rejections.push({ kind: "sleep", pointer: `/dailyNapDTOS/${i}`, reason: "no start or no length" });
      return [];
    }
    const ended = start + length * 1000;
    const date = localDate(ended, offset ?? offsetAt(localDate(ended, 0)));
    return nap(start, length, offset ?? null, null, element(batch, "sleep"), { date });
  });
}

export function putPersonalHrv(h: schema.PersonalHrv, into: Item): void {
  putDay(into, h.calendarDate, "hrv_rmssd_ms", h.lastNightAvg ?? undefined, "/lastNightAvg");
  putDay(into, h.calendarDate, "hrv_rmssd_5min_high_ms", h.lastNight5MinHigh ?? undefined, "/lastNight5MinHigh");
}

export function putPersonalReadings(readings: unknown[], into: Item): void {
  for (const [i, one] of readings.entries()) {
    const parsed = hrvReading.safeParse(one);
    if (!parsed.success) {
      const { pointer, reason } = wrong(parsed.error, `/hrvReadings/${i}`);
      reject(into, "series", pointer, reason);
      continue;
    }
    const { hrvValue, readingTimeGMT: time, readingTimeLocal: local } = parsed.data;
    putSample(into, "hrv_rmssd_ms", "", time, hrvValue, offsetOf(local, time), `/hrvReadings/${i}/hrvValue`);
  }
}

/** Weights of a day; `date` is the same instant in local time. */
export function putPersonalWeights(metrics: unknown[], into: Item): void {
  for (const [i, one] of metrics.entries()) {
    const at = `/allWeightMetrics/${i}`;
    const parsed = weightShape.safeParse(one);
    if (!parsed.success) {
      const { pointer, reason } = wrong(parsed.error, at);
      reject(into, "series", pointer, reason);
      continue;
    }
    const w = parsed.data;
    const offset = offsetOf(w.date, w.timestampGMT);
    const put = (metric: string, value: Maybe, field: string) =>
      putSample(into, metric, "", w.timestampGMT, value, offset, `${at}/${field}`);
    const kg = (grams: Maybe) => (grams == null ? grams : grams / 1000);
    put("weight_kg", kg(w.weight), "weight");
    put("bone_mass_kg", kg(w.boneMass), "boneMass");
    put("muscle_mass_kg", kg(w.muscleMass), "muscleMass");
    put("body_fat_pct", w.bodyFat, "bodyFat");
    put("body_water_pct", w.bodyWater, "bodyWater");
    put("bmi_kg_m2", w.bmi, "bmi");
  }
}
