/**
 * What the normalisers read of Garmin's pushed JSON, and no more: unknown members pass, and a member that is not read cannot fail.
 * Instants are unix seconds; maps are by seconds from the start. Shapes: docs/providers/garmin.md.
 */
import { z } from "zod";

const number = z.number().nullish();
const text = z.string().nullish();
const flag = z.boolean().nullish();
/** int64: a number while it fits, else (and in some deliveries) a string of all its digits. */
const id = z.union([z.string().regex(/^\d+$/), z.number().int().nonnegative()]).transform(String);
/** Milliseconds would be the year 5138 and later. */
const instant = z
  .number()
  .nonnegative()
  .max(99_999_999_999, "not in seconds")
  .transform((s) => s * 1000);
/** The device clock's, so anything a person may set; beyond a day it is none. */
const offset = z.number().min(-86_400).max(86_400).nullish().catch(null);
const date = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/)
  .nullish()
  .catch(null);
const byOffset = z.record(z.string(), z.unknown()).nullish().catch(null);
const list = z.array(z.unknown()).nullish().catch(null);

/** Values by seconds from the start: `{"15": 75}`. */
export type ByOffset = z.infer<typeof byOffset>;

const starting = {
  startTimeInSeconds: instant,
  startTimeOffsetInSeconds: offset,
  durationInSeconds: number,
};

/** `activities`, `manuallyUpdatedActivities`, and the `summary` of `activityDetails`. */
const activityMembers = {
  ...starting,
  activityName: text,
  activityType: text,
  distanceInMeters: number,
  activeKilocalories: number,
  averageHeartRateInBeatsPerMinute: number,
  maxHeartRateInBeatsPerMinute: number,
  averageSpeedInMetersPerSecond: number,
  maxSpeedInMetersPerSecond: number,
  averageRunCadenceInStepsPerMinute: number,
  averageBikeCadenceInRoundsPerMinute: number,
  averageSwimCadenceInStrokesPerMinute: number,
  averageWheelchairCadenceInPushesPerMinute: number,
  numberOfActiveLengths: number,
  steps: number,
  pushes: number,
  totalElevationGainInMeters: number,
  totalElevationLossInMeters: number,
  startingLatitudeInDegree: number,
  startingLongitudeInDegree: number,
  deviceName: text,
  manual: flag,
  isWebUpload: flag,
  isParent: flag,
  parentSummaryId: id.nullish(),
};
export const activitySummary = z.object(activityMembers);
export type ActivitySummary = z.infer<typeof activitySummary>;

/** A manual update tells `summaryId` only; it is the activity's id. */
export const activity = z
  .object({ ...activityMembers, activityId: id.nullish(), summaryId: id.nullish() })
  .refine(({ activityId, summaryId }) => activityId ?? summaryId, { message: "no id", path: ["activityId"] });
export type Activity = z.infer<typeof activity>;

export const activityDetail = z.object({
  activityId: id,
  summary: activitySummary,
  isParent: flag,
  parentSummaryId: id.nullish(),
  samples: list,
  laps: list,
});
export type ActivityDetail = z.infer<typeof activityDetail>;
export const lap = z.object({ startTimeInSeconds: instant });

export const activityFile = z.object({
  activityId: id,
  callbackURL: z.string(),
  fileType: text,
  startTimeInSeconds: instant.nullish(),
  activityType: text,
  activityName: text,
  deviceName: text,
  manual: flag,
});
export type ActivityFile = z.infer<typeof activityFile>;

export const daily = z.object({
  ...starting,
  calendarDate: date,
  steps: number,
  distanceInMeters: number,
  pushes: number,
  pushDistanceInMeters: number,
  activeKilocalories: number,
  bmrKilocalories: number,
  activeTimeInSeconds: number,
  floorsClimbed: number,
  moderateIntensityDurationInSeconds: number,
  vigorousIntensityDurationInSeconds: number,
  minHeartRateInBeatsPerMinute: number,
  maxHeartRateInBeatsPerMinute: number,
  restingHeartRateInBeatsPerMinute: number,
  timeOffsetHeartRateSamples: byOffset,
  averageStressLevel: number,
  maxStressLevel: number,
  stressDurationInSeconds: number,
  restStressDurationInSeconds: number,
  activityStressDurationInSeconds: number,
  lowStressDurationInSeconds: number,
  mediumStressDurationInSeconds: number,
  highStressDurationInSeconds: number,
  bodyBatteryChargedValue: number,
  bodyBatteryDrainedValue: number,
});
export type Daily = z.infer<typeof daily>;

export const epoch = z.object({
  ...starting,
  activityType: text,
  steps: number,
  distanceInMeters: number,
  activeKilocalories: number,
  met: number,
});
export type Epoch = z.infer<typeof epoch>;

export const nap = z.object({
  napStartTimeInSeconds: instant,
  napOffsetInSeconds: offset,
  napDurationInSeconds: z.number().positive(),
  napValidation: text,
});
export type Nap = z.infer<typeof nap>;

export const sleep = z.object({
  ...starting,
  calendarDate: date,
  deepSleepDurationInSeconds: number,
  lightSleepDurationInSeconds: number,
  remSleepInSeconds: number,
  remSleepDurationInSeconds: number,
  awakeDurationInSeconds: number,
  awakeSleepDurationInSeconds: number,
  unmeasurableSleepInSeconds: number,
  unmeasurableSleepDurationInSeconds: number,
  sleepLevelsMap: z.record(z.string(), list).nullish().catch(null),
  validation: text,
  overallSleepScore: z.object({ value: number, qualifierKey: text }).nullish().catch(null),
  sleepScores: z.record(z.string(), z.unknown()).nullish().catch(null),
  timeOffsetSleepSpo2: byOffset,
  timeOffsetSleepRespiration: byOffset,
  naps: list,
});
export type Sleep = z.infer<typeof sleep>;
export const sleepInterval = z.object({ startTimeInSeconds: instant, endTimeInSeconds: instant });

export const stressDetail = z.object({
  ...starting,
  timeOffsetStressLevelValues: byOffset,
  timeOffsetBodyBatteryValues: byOffset,
  bodyBatteryActivityEvents: list,
});
export type StressDetail = z.infer<typeof stressDetail>;
export const bodyBatteryEvent = z.object({
  eventType: z.string(),
  eventStartTimeInSeconds: instant,
  eventStartTimeOffsetInSeconds: offset,
  duration: number,
  bodyBatteryImpact: number,
});
export type BodyBatteryEvent = z.infer<typeof bodyBatteryEvent>;

export const hrv = z.object({
  ...starting,
  calendarDate: date,
  lastNightAvg: number,
  lastNight5MinHigh: number,
  hrvValues: byOffset,
});
export type Hrv = z.infer<typeof hrv>;

export const pulseOx = z.object({ ...starting, timeOffsetSpo2Values: byOffset, onDemand: flag });
export type PulseOx = z.infer<typeof pulseOx>;

export const respiration = z.object({ ...starting, timeOffsetEpochToBreaths: byOffset });
export type Respiration = z.infer<typeof respiration>;

export const bodyComp = z.object({
  measurementTimeInSeconds: instant,
  measurementTimeOffsetInSeconds: offset,
  weightInGrams: number,
  muscleMassInGrams: number,
  boneMassInGrams: number,
  bodyFatInPercent: number,
  bodyWaterInPercent: number,
  bodyMassIndex: number,
});
export type BodyComp = z.infer<typeof bodyComp>;

export const bloodPressure = z.object({
  measurementTimeInSeconds: instant,
  measurementTimeOffsetInSeconds: offset,
  systolic: number,
  diastolic: number,
  pulse: number,
});
export type BloodPressure = z.infer<typeof bloodPressure>;

/** Known by its date alone. */
export const userMetrics = z.object({
  calendarDate: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  vo2Max: number,
  vo2MaxCycling: number,
  fitnessAge: number,
});
export type UserMetrics = z.infer<typeof userMetrics>;

export const skinTemp = z.object({ ...starting, calendarDate: date, avgDeviationCelsius: number });
export type SkinTemp = z.infer<typeof skinTemp>;

export const snapshot = z.object({
  ...starting,
  offsetStartTimeInSeconds: offset,
  calendarDate: date,
  summaries: list,
});
export type Snapshot = z.infer<typeof snapshot>;
export const snapshotSummary = z.object({
  summaryType: z.string(),
  minValue: number,
  maxValue: number,
  avgValue: number,
  epochSummaries: byOffset,
});
export type SnapshotSummary = z.infer<typeof snapshotSummary>;

export const moveIq = z.object({
  ...starting,
  offsetInSeconds: offset,
  activityType: text,
  activitySubType: text,
});
export type MoveIq = z.infer<typeof moveIq>;

/** Any element: whose it is, and where its data are to be fetched. */
export const element = z.object({ userId: z.string().min(1), callbackURL: z.string().optional() });
export const permissionsChange = z.object({ permissions: z.unknown() });
/** A list of names, within an object in one client's reading, or a map of all names to whether they hold. */
export function readPermissions(told: unknown): string[] | null {
  const inner =
    told !== null && typeof told === "object" && !Array.isArray(told) && "permissions" in told
      ? told.permissions
      : told;
  if (Array.isArray(inner)) return inner.filter((name): name is string => typeof name === "string");
  if (inner === null || typeof inner !== "object") return null;
  return Object.entries(inner).flatMap(([name, holds]) => (holds === true ? [name] : []));
}

export const userId = z.object({ userId: z.string().min(1) });
/** Any other body – a page of HTML, nothing – says nothing. */
export const refusal = z.object({ errorMessage: z.string().catch("") }).catch({ errorMessage: "" });
