/**
 * What is read of the Personal API, whose answers nobody has published: the names of the same services on Connect's own host, everything
 * may be absent, and wrappers are seen through. docs/providers/garmin.md, "Personal API".
 */
import { z } from "zod";

const number = z.number().nullish().catch(null);
const text = z.string().nullish().catch(null);
const flag = z.boolean().nullish().catch(null);
const list = z.array(z.unknown()).nullish().catch(null);
const id = z.union([z.string().regex(/^\d+$/), z.number().int().nonnegative()]).transform(String);
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);

/** `2026-11-14 06:10:00`, or with a `T` and a fraction, and no zone: read as UTC. */
const clock = z
  .string()
  .transform((value) => Date.parse(`${value.replace(" ", "T").replace(/Z$/, "")}Z`))
  .pipe(z.number());
const optionalClock = clock.nullish().catch(null);
/** The same, or ms, or s. */
const moment = z
  .union([z.number().transform((value) => (value < 1e11 ? value * 1000 : value)), clock])
  .nullish()
  .catch(null);

/** A bare list, one in `data`, or the one list within an object; nothing: none; anything else: the one item itself. */
export function itemsOf(body: unknown): unknown[] {
  if (body === null || body === undefined || body === "") return [];
  if (Array.isArray(body)) return body;
  if (typeof body !== "object") return [body];
  const { data } = body as { data?: unknown };
  if (data !== undefined) return itemsOf(data);
  const lists = Object.values(body).filter(Array.isArray);
  return lists.length === 1 && !("calendarDate" in body) ? lists[0]! : [body];
}

const typeKey = z.object({ typeKey: text }).nullish().catch(null);

export const activity = z.object({
  activityId: id,
  activityName: text,
  startTimeGMT: optionalClock,
  startTimeLocal: optionalClock,
  beginTimestamp: number,
  activityType: typeKey,
  distance: number,
  duration: number,
  elapsedDuration: number,
  movingDuration: number,
  calories: number,
  bmrCalories: number,
  averageHR: number,
  maxHR: number,
  averageSpeed: number,
  maxSpeed: number,
  elevationGain: number,
  elevationLoss: number,
  averageRunningCadenceInStepsPerMinute: number,
  averageBikingCadenceInRevPerMinute: number,
  averageSwimCadenceInStrokesPerMinute: number,
  avgPower: number,
  maxPower: number,
  normPower: number,
  steps: number,
  startLatitude: number,
  startLongitude: number,
  manualActivity: flag,
  isMultiSportParent: flag,
  parentId: id.nullish().catch(null),
  deviceId: id.nullish().catch(null),
  aerobicTrainingEffect: number,
  anaerobicTrainingEffect: number,
  activityTrainingLoad: number,
  vO2MaxValue: number,
});
export type PersonalActivity = z.infer<typeof activity>;

export const detail = z.object({
  activityId: id,
  description: text,
  summaryDTO: z
    .object({
      startLatitude: number,
      startLongitude: number,
      averagePower: number,
      maxPower: number,
      activityTrainingLoad: number,
      directWorkoutRpe: number,
    })
    .nullish()
    .catch(null),
});
export type PersonalDetail = z.infer<typeof detail>;

const measure = z.object({ value: number }).nullish().catch(null);
/** The flat summary of a day, and what the nested one of a range has of it. */
export const day = z.object({
  calendarDate: date,
  totalSteps: number,
  totalDistanceMeters: number,
  totalKilocalories: number,
  activeKilocalories: number,
  bmrKilocalories: number,
  floorsAscended: number,
  floorsDescended: number,
  minHeartRate: number,
  maxHeartRate: number,
  restingHeartRate: number,
  averageStressLevel: number,
  maxStressLevel: number,
  moderateIntensityMinutes: number,
  vigorousIntensityMinutes: number,
  bodyBatteryHighestValue: number,
  bodyBatteryLowestValue: number,
  bodyBatteryChargedValue: number,
  bodyBatteryDrainedValue: number,
  averageSpo2: number,
  avgWakingRespirationValue: number,
  movement: z.object({ steps: measure, floorsAscended: measure }).nullish().catch(null),
});
export type PersonalDay = z.infer<typeof day>;

export const steps = z.object({ calendarDate: date, totalSteps: number, totalDistance: number });
export type PersonalSteps = z.infer<typeof steps>;

export const stress = z.object({
  calendarDate: date,
  values: z
    .object({
      overallStressLevel: number,
      restStressDuration: number,
      lowStressDuration: number,
      mediumStressDuration: number,
      highStressDuration: number,
    })
    .nullish()
    .catch(null),
});
export type PersonalStress = z.infer<typeof stress>;

export const heartRate = z.object({
  startTimestampGMT: optionalClock,
  startTimestampLocal: optionalClock,
  endTimestampGMT: optionalClock,
  endTimestampLocal: optionalClock,
  heartRateValueDescriptors: z
    .array(z.object({ key: z.string(), index: z.number().int().nonnegative() }))
    .nullish()
    .catch(null),
  heartRateValues: list,
});
export type PersonalHeartRate = z.infer<typeof heartRate>;

/** Hours of a day, `[ms, percent]`; what the list is called is not known. */
export const spo2 = z.record(z.string(), z.unknown());
export const pair = z.tuple([z.number(), z.number().nullable()]).rest(z.unknown());

const level = z.object({ startGMT: moment, endGMT: moment, activityLevel: number });
export const napTimes = z.object({
  napStartTimestampGMT: moment,
  napEndTimestampGMT: moment,
  napTimeSec: number,
});
const nightMembers = {
  calendarDate: date.nullish().catch(null),
  sleepTimeSeconds: number,
  sleepStartTimestampGMT: moment,
  sleepEndTimestampGMT: moment,
  sleepStartTimestampLocal: moment,
  sleepEndTimestampLocal: moment,
  sleepWindowConfirmationType: text,
  deepSleepSeconds: number,
  lightSleepSeconds: number,
  remSleepSeconds: number,
  awakeSleepSeconds: number,
  unmeasurableSleepSeconds: number,
  sleepScores: z
    .object({ overall: z.object({ value: number, qualifierKey: text }).nullish().catch(null) })
    .nullish()
    .catch(null),
  averageRespirationValue: number,
  averageSpO2Value: number,
  avgHeartRate: number,
};
/** A night of a range is bare; a night by itself has its levels and naps beside it. */
export const bareNight = z.object(nightMembers);
export type PersonalNight = z.infer<typeof bareNight>;
export const night = z.object({
  dailySleepDTO: bareNight.nullish().catch(null),
  sleepLevels: z.array(level.nullish().catch(null)).nullish().catch(null),
  dailyNapDTOS: list,
});

export const hrvSummary = z.object({ calendarDate: date, lastNightAvg: number, lastNight5MinHigh: number });
export type PersonalHrv = z.infer<typeof hrvSummary>;
export const hrvNight = z.object({ hrvSummary: z.unknown(), hrvReadings: list });
export const hrvReading = z.object({ hrvValue: z.number(), readingTimeGMT: clock, readingTimeLocal: optionalClock });

export const weightDay = z.object({ allWeightMetrics: list });
export const weight = z.object({
  timestampGMT: z.number(),
  date: number,
  weight: number,
  bmi: number,
  bodyFat: number,
  bodyWater: number,
  boneMass: number,
  muscleMass: number,
});
export type PersonalWeight = z.infer<typeof weight>;

export const owner = z.object({
  userProfileId: id.nullish().catch(null),
  userProfilePK: id.nullish().catch(null),
  userProfilePk: id.nullish().catch(null),
});

/** The exchange's answer; only that the bearer lives for a day is known. */
export const bearer = z.object({
  access_token: text,
  token: text,
  accessToken: text,
  expires_in: z.coerce.number().positive().nullish().catch(null),
});
export const claims = z.object({ exp: z.number().positive() });
