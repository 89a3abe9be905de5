/** One item of each summary type, pushed or fetched alike, into a batch. */
import { z } from "zod";
import type { Kind } from "../../domain/batch.ts";
import type { EventFields } from "../../domain/records.ts";
import { grams, HRV, lists } from "../garmin/fields.ts";
import {
  by,
  dayOf,
  type Item,
  type OffsetAt,
  present,
  putEvent,
  type ReadItem,
  readerOf,
  reading,
  type Told,
  within,
} from "../reading.ts";
import { date, flag, length, number, numbers, seconds, text, texts } from "../shapes.ts";
import { DAY_S } from "../streams.ts";
import { putReading, putReadings, putSeries, putTold, shapesOf, type Table, type Timed } from "../tables.ts";
import { activity, activityDetail, putActivity, putDetail } from "./activities.ts";
import { byOffset, offsets, starting } from "./schema.ts";
import { putSleep, sleep } from "./sleeps.ts";

type Into<Shape extends z.ZodType, At> = (one: z.infer<Shape>, at: At, offsetAt: OffsetAt) => void;

const summary = <Shape extends z.ZodType>(kind: Kind, schema: Shape, into: Into<Shape, Item>): ReadItem =>
  readerOf(kind, schema, (one, item, offsetAt) => into(one, { ...item, negatives: "none" }, offsetAt));

/** Of an item that begins at an instant and lasts, s; `dateOf`: Garmin's own day, else that of an instant. */
type Start = Timed & { duration?: Told };
type Begun = Start & { dateOf(ms: number): string };
const begun = <Shape extends z.ZodRawShape>(kind: Kind, shape: Shape, into: Into<z.ZodObject<Shape>, Begun>) =>
  summary(kind, z.object(starting).and(z.object(shape)), (one, item, offsetAt) => {
    const { startTimeInSeconds: time, startTimeOffsetInSeconds: offset, durationInSeconds: duration } = one;
    const dateOf = (ms: number) => one.calendarDate ?? dayOf(ms, offset, offsetAt);
    into(one, { ...item, time, offset, duration, dateOf }, offsetAt);
  });

/** Known by its start, as every summary; a time of an event is in whole seconds. */
function putStarted(at: Start, kind: string, fields: Partial<EventFields>, key = ""): void {
  const { time, duration, offset = null } = at;
  const end_time = duration == null ? null : time + duration * 1000;
  putEvent(at, `${kind}:${time / 1000}${key}`, kind, { time, offset }, { end_time, ...fields });
}

/** Of what is measured at one time. */
const measured = (table: Table, units: Record<string, z.ZodType<Told>> = {}): ReadItem =>
  summary("series", z.object(measuring).and(z.object({ ...shapesOf(table, number), ...units })), (one, item) => {
    const { measurementTimeInSeconds: time, measurementTimeOffsetInSeconds: offset } = one;
    putReadings({ ...item, time, offset }, one, table);
  });
const measuring = { measurementTimeInSeconds: seconds, ...offsets("measurementTimeOffsetInSeconds") };

/** `averageHeartRateInBeatsPerMinute` is a mean of seven days and not read. */
// biome-ignore format: a table
const DAILY = {
  steps: "steps", distanceInMeters: "distance_m", pushes: "wheelchair_pushes", pushDistanceInMeters: "wheelchair_distance_m",
  activeKilocalories: "active_energy_kcal", bmrKilocalories: "basal_energy_kcal", activeTimeInSeconds: "active_s",
  floorsClimbed: "floors", moderateIntensityDurationInSeconds: "moderate_intensity_s",
  vigorousIntensityDurationInSeconds: "vigorous_intensity_s", minHeartRateInBeatsPerMinute: "min_heart_rate_bpm",
  maxHeartRateInBeatsPerMinute: "max_heart_rate_bpm", restingHeartRateInBeatsPerMinute: "resting_heart_rate_bpm",
  averageStressLevel: "stress_avg", maxStressLevel: "stress_max", stressDurationInSeconds: "stress_s",
  restStressDurationInSeconds: "rest_stress_s", activityStressDurationInSeconds: "activity_stress_s",
  lowStressDurationInSeconds: "low_stress_s", mediumStressDurationInSeconds: "medium_stress_s",
  highStressDurationInSeconds: "high_stress_s", bodyBatteryChargedValue: "body_battery_charged",
  bodyBatteryDrainedValue: "body_battery_drained",
};
const TOTAL = { activeKilocalories: "total_energy_kcal" };
const HEART = { timeOffsetHeartRateSamples: "heart_rate_bpm" };

/** Pieces of a quarter of an hour have one start and add up; samples are known by their instant: so each kind is a ms after the other. */
const EPOCH_KINDS = ["WALKING", "RUNNING", "WHEELCHAIR_PUSH", "SEDENTARY", "GENERIC", "SLEEP"];
// biome-ignore format: a table
const EPOCH = {
  steps: "steps epoch", distanceInMeters: "distance_m epoch",
  activeKilocalories: "active_energy_kcal epoch", met: "physical_effort_met epoch",
};
const HRV_VALUES = { hrvValues: "hrv_rmssd_ms" };
const STRESS = { timeOffsetStressLevelValues: "stress_level", timeOffsetBodyBatteryValues: "body_battery" };
const SPO2 = { timeOffsetSpo2Values: "spo2_pct" };
/** What the person asked the watch for stands apart from what it measured by itself. */
const SPO2_ASKED = { timeOffsetSpo2Values: "spo2_pct on_demand" };
const BREATHS = { timeOffsetEpochToBreaths: "respiration_brpm" };
const FITNESS = { vo2Max: "vo2max_ml_kg_min", vo2MaxCycling: "vo2max_cycling_ml_kg_min", fitnessAge: "fitness_age" };
/** How far a night's skin temperature was from the usual one; 0 is a reading. */
const SKIN = { avgDeviationCelsius: "skin_temperature_deviation_c" };
// biome-ignore format: a table
const BODY = {
  weightInGrams: "weight_kg", muscleMassInGrams: "muscle_mass_kg", boneMassInGrams: "bone_mass_kg",
  bodyFatInPercent: "body_fat_pct", bodyWaterInPercent: "body_water_pct", bodyMassIndex: "bmi_kg_m2",
};
const PRESSURE = { systolic: "systolic_mmhg", diastolic: "diastolic_mmhg", pulse: "heart_rate_bpm blood_pressure" };

const eventStart = { eventStartTimeInSeconds: seconds, ...offsets("eventStartTimeOffsetInSeconds"), duration: length };
const bodyBatteryEvent = z.object({ eventType: z.string(), ...eventStart, ...numbers("bodyBatteryImpact") });

/** A snapshot's type → our metric. Of heart rate variability there is the mean alone. */
// biome-ignore format: a table
const SNAPSHOT = new Map(Object.entries({
  heart_rate: "heart_rate_bpm", respiration: "respiration_brpm", stress: "stress_level",
  spo2: "spo2_pct", rmssd_hrv: "hrv_rmssd_ms", sdrr_hrv: "hrv_sdnn_ms",
}));
const sums = numbers("minValue maxValue avgValue");
const snapshot = z.object({ summaryType: z.string(), ...sums, epochSummaries: byOffset });
/** The samples of one of its measures; answers what is kept of it with the event. */
function putMeasured({ summaryType, epochSummaries, ...one }: z.infer<typeof snapshot>, into: Timed) {
  const [min, max, avg] = [reading(one.minValue), reading(one.maxValue), reading(one.avgValue)];
  const metric = SNAPSHOT.get(summaryType);
  const target = `${metric} health_snapshot`;
  if (metric && epochSummaries) putSeries(into, { epochSummaries }, { epochSummaries: target });
  else if (metric) putReading(into, target, avg, "/avgValue");
  return [summaryType, present({ min, max, avg })] as const;
}
const MOVE = { ...offsets("offsetInSeconds"), ...texts("activityType activitySubType") };

/** By the key of the array that items come in. */
export const SUMMARIES: Readonly<Record<string, ReadItem>> = {
  activities: summary("activity", activity, putActivity),
  manuallyUpdatedActivities: summary("activity", activity, putActivity),
  activityDetails: summary("activity", activityDetail, putDetail),
  sleeps: summary("sleep", sleep, putSleep),
  // A day as far as it has come; a later delivery has more of it.
  dailies: begun("daily", { ...shapesOf(DAILY, number), ...shapesOf(HEART, byOffset) }, (d, at) => {
    const date = at.dateOf(at.time);
    putTold(at, date, d, DAILY);
    const { activeKilocalories: active, bmrKilocalories: basal } = d;
    if (active != null && basal != null) putTold(at, date, { activeKilocalories: active + basal }, TOTAL);
    // A day of 25 hours ends at an offset other than it began with, or its last hour would be the next day's.
    const longer = Math.max(0, (at.duration ?? 0) - DAY_S);
    const isLate = (seconds: number) => longer <= 7200 && seconds >= DAY_S;
    putSeries(at, d, HEART, (seconds) => by(at.offset, (before) => (isLate(seconds) ? before - longer : before)));
  }),
  epochs: begun("series", { activityType: text, ...shapesOf(EPOCH, number) }, (e, at) => {
    const kind = EPOCH_KINDS.indexOf(e.activityType?.toUpperCase() ?? "");
    putReadings({ ...at, time: at.time + (kind < 0 ? EPOCH_KINDS.length : kind) }, e, EPOCH);
  }),
  // Sleep, naps, exercise and rest changed the body battery, each by so much.
  stressDetails: begun("series", { ...shapesOf(STRESS, byOffset), ...lists("bodyBatteryActivityEvents") }, (s, at) => {
    putSeries(at, s, STRESS);
    within(at, "event", s.bodyBatteryActivityEvents, "/bodyBatteryActivityEvents", bodyBatteryEvent, (e) => {
      const { eventType: name, eventStartTimeInSeconds: time, duration, bodyBatteryImpact: value = null } = e;
      const offset = e.eventStartTimeOffsetInSeconds ?? at.offset;
      putStarted({ ...at, time, duration, offset }, "body_battery", { name, value }, `:${name}`);
    });
  }),
  hrv: begun("daily", { ...shapesOf(HRV, number), ...shapesOf(HRV_VALUES, byOffset) }, (h, at) => {
    putTold(at, at.dateOf(at.time + (at.duration ?? 0) * 1000), h, HRV);
    putSeries(at, h, HRV_VALUES);
  }),
  pulseox: begun("series", { ...shapesOf(SPO2, byOffset), onDemand: flag }, (p, at) =>
    putSeries(at, p, p.onDemand ? SPO2_ASKED : SPO2),
  ),
  allDayRespiration: begun("series", shapesOf(BREATHS, byOffset), (r, at) => putSeries(at, r, BREATHS)),
  skinTemp: begun("daily", shapesOf(SKIN, number), (t, at) => putTold(at, at.dateOf(at.time), t, SKIN)),
  userMetrics: summary("daily", z.object({ calendarDate: date, ...shapesOf(FITNESS, number) }), (m, into) =>
    putTold(into, m.calendarDate, m, FITNESS),
  ),
  bodyComps: measured(BODY, grams("weightInGrams muscleMassInGrams boneMassInGrams")),
  bloodPressures: measured(PRESSURE),
  // Two minutes of sitting still: their readings are samples, their sums the event's.
  healthSnapshot: begun("event", { ...offsets("offsetStartTimeInSeconds"), ...lists("summaries") }, (s, start) => {
    const at = { ...start, offset: start.offset ?? s.offsetStartTimeInSeconds };
    const sums = within(at, null, s.summaries, "/summaries", snapshot, putMeasured);
    putStarted(at, "health_snapshot", { extra: Object.fromEntries(sums) });
  }),
  // Noticed movement is no workout: nobody started it.
  moveIQActivities: begun("event", MOVE, (m, at) => {
    const extra = present({ sub_type: m.activitySubType });
    putStarted({ ...at, offset: m.offsetInSeconds ?? at.offset }, "move_iq", { name: m.activityType ?? null, extra });
  }),
};
