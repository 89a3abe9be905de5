/** One item of each summary type, pushed or fetched alike, into a batch. */
import { z } from "zod";
import type { Batch, Kind } from "../../domain/batch.ts";
import { by, type Item, type OffsetAt, present, put, reading, type Told } from "../reading.ts";
import { date, flag, number, numbers, seconds, text, texts } from "../shapes.ts";
import { DAY_S } from "../streams.ts";
import { activity, activityDetail, putActivity, putDetail } from "./activities.ts";
import {
  byOffset,
  dateOf,
  dayOf,
  each,
  grams,
  items,
  lenient,
  offset,
  putEvent,
  putReadings,
  putSeries,
  putTold,
  starting,
  type Table,
  within,
} from "./members.ts";
import { putSleep, sleep } from "./sleeps.ts";

type Into<Shape extends z.ZodType> = (one: z.infer<Shape>, into: Item, offsetAt: OffsetAt) => void;
/** Reads one item; `at` is its pointer. Never throws. */
export type ReadSummary = (batch: Batch, value: unknown, at: string, offsetAt: OffsetAt) => void;

/** What does not fit is a rejection; the item is otherwise put where it belongs. */
const summary =
  <Shape extends z.ZodType>(kind: Kind, schema: Shape, into: Into<Shape>): ReadSummary =>
  (batch, value, at, offsetAt) =>
    void put(batch, kind, schema, value, at, (one, item) => into(one, item, offsetAt));

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

/**
 * A quarter of an hour in pieces by kind of activity, all with one start. They add up, and samples are known by their instant: so each
 * kind is a millisecond after the other.
 */
const EPOCH_KINDS = ["WALKING", "RUNNING", "WHEELCHAIR_PUSH", "SEDENTARY", "GENERIC", "SLEEP"];
// biome-ignore format: a table
const EPOCH = {
  steps: "steps epoch", distanceInMeters: "distance_m epoch",
  activeKilocalories: "active_energy_kcal epoch", met: "physical_effort_met epoch",
};
/** RMSSD of a night, five minutes by five, and its mean, which stands for the day. */
export const HRV = { lastNightAvg: "hrv_rmssd_ms", lastNight5MinHigh: "hrv_rmssd_5min_high_ms" };
const HRV_VALUES = { hrvValues: "hrv_rmssd_ms" };
const STRESS = { timeOffsetStressLevelValues: "stress_level", timeOffsetBodyBatteryValues: "body_battery" };
const SPO2 = { timeOffsetSpo2Values: "spo2_pct" };
/** What the person asked the watch for stands apart from what it measured by itself. */
const SPO2_ASKED = { timeOffsetSpo2Values: "spo2_pct on_demand" };
const BREATHS = { timeOffsetEpochToBreaths: "respiration_brpm" };
// biome-ignore format: a table
const FITNESS = { vo2Max: "vo2max_ml_kg_min", vo2MaxCycling: "vo2max_cycling_ml_kg_min", fitnessAge: "fitness_age" };
/** How far a night's skin temperature was from the usual one; 0 is a reading. */
const SKIN = { avgDeviationCelsius: "skin_temperature_deviation_c" };
// biome-ignore format: a table
const BODY = {
  weightInGrams: "weight_kg", muscleMassInGrams: "muscle_mass_kg", boneMassInGrams: "bone_mass_kg",
  bodyFatInPercent: "body_fat_pct", bodyWaterInPercent: "body_water_pct", bodyMassIndex: "bmi_kg_m2",
};
const GRAMS = { weightInGrams: grams, muscleMassInGrams: grams, boneMassInGrams: grams };
const PRESSURE = { systolic: "systolic_mmhg", diastolic: "diastolic_mmhg", pulse: "heart_rate_bpm blood_pressure" };

/** Measured at one time. */
function measurement<Names extends Table>(table: Names, units: Record<string, z.ZodType<Told>> = {}): ReadSummary {
  const at = { measurementTimeInSeconds: seconds, ...lenient({ measurementTimeOffsetInSeconds: offset }) };
  return summary("series", z.object({ ...(each(table, number) as typeof units), ...units, ...at }), (m, into) => {
    const when = { time: m.measurementTimeInSeconds, offset: m.measurementTimeOffsetInSeconds };
    putReadings(into, when, m as Record<string, Told>, table);
  });
}

const eventStart = { eventStartTimeInSeconds: seconds, ...lenient({ eventStartTimeOffsetInSeconds: offset }) };
const bodyBatteryEvent = z.object({ eventType: z.string(), ...eventStart, ...numbers("duration bodyBatteryImpact") });

/** A snapshot's type → our metric. Of heart rate variability there is the mean alone. */
// biome-ignore format: a table
const SNAPSHOT = new Map(Object.entries({
  heart_rate: "heart_rate_bpm", respiration: "respiration_brpm", stress: "stress_level",
  spo2: "spo2_pct", rmssd_hrv: "hrv_rmssd_ms", sdrr_hrv: "hrv_sdnn_ms",
}));
const sums = numbers("minValue maxValue avgValue");
const snapshot = z.object({ summaryType: z.string(), ...sums, epochSummaries: byOffset });

const MOVE = { ...lenient({ offsetInSeconds: offset }), ...texts("activityType activitySubType") };

/** Of an item that begins at an instant. */
const begun = <Members extends z.ZodRawShape>(
  kind: Kind,
  members: Members,
  into: Into<z.ZodObject<typeof starting & Members>>,
): ReadSummary => summary(kind, z.object({ ...starting, ...members }), into);

/** By the key of the array that items come in. */
export const SUMMARIES: Readonly<Record<string, ReadSummary>> = {
  activities: summary("activity", activity, putActivity),
  manuallyUpdatedActivities: summary("activity", activity, putActivity),
  activityDetails: summary("activity", activityDetail, putDetail),
  sleeps: summary("sleep", sleep, putSleep),
  // A day as far as it has come; a later delivery has more of it.
  dailies: begun("daily", { ...each(DAILY, number), ...each(HEART, byOffset) }, (d, into, offsetAt) => {
    const date = dateOf(d, offsetAt);
    putTold(into, date, d, DAILY);
    const { activeKilocalories: active, bmrKilocalories: basal, startTimeOffsetInSeconds: offset } = d;
    if (active != null && basal != null) putTold(into, date, { activeKilocalories: active + basal }, TOTAL);
    // A day of 25 hours ends at an offset other than it began with, or its last hour would be the next day's.
    const longer = Math.max(0, (d.durationInSeconds ?? 0) - DAY_S);
    const isLate = (at: number) => longer <= 7200 && at >= DAY_S;
    putSeries(into, d, HEART, (at) => by(offset, (before) => (isLate(at) ? before - longer : before)));
  }),
  epochs: begun("series", { activityType: text, ...each(EPOCH, number) }, (e, into) => {
    const kind = EPOCH_KINDS.indexOf(e.activityType?.toUpperCase() ?? "");
    const time = e.startTimeInSeconds + (kind < 0 ? EPOCH_KINDS.length : kind);
    putReadings(into, { time, offset: e.startTimeOffsetInSeconds }, e, EPOCH);
  }),
  // Sleep, naps, exercise and rest changed the body battery, each by so much.
  stressDetails: begun("series", { ...each(STRESS, byOffset), bodyBatteryActivityEvents: items }, (s, into) => {
    putSeries(into, s, STRESS);
    const { bodyBatteryActivityEvents } = s;
    within(into, "event", { bodyBatteryActivityEvents }, bodyBatteryEvent, (e) => {
      const { eventType: name, eventStartTimeInSeconds: time, duration, bodyBatteryImpact: value = null } = e;
      const offset = e.eventStartTimeOffsetInSeconds ?? s.startTimeOffsetInSeconds;
      putEvent(into, "body_battery", { time, duration, offset }, { name, value }, `:${name}`);
    });
  }),
  hrv: begun("daily", { ...each(HRV, number), ...each(HRV_VALUES, byOffset) }, (h, into, offsetAt) => {
    const end = h.startTimeInSeconds + (h.durationInSeconds ?? 0) * 1000;
    putTold(into, h.calendarDate ?? dayOf(end, h.startTimeOffsetInSeconds, offsetAt), h, HRV);
    putSeries(into, h, HRV_VALUES);
  }),
  pulseox: begun("series", { ...each(SPO2, byOffset), onDemand: flag }, (p, into) =>
    putSeries(into, p, p.onDemand ? SPO2_ASKED : SPO2),
  ),
  allDayRespiration: begun("series", each(BREATHS, byOffset), (r, into) => putSeries(into, r, BREATHS)),
  skinTemp: begun("daily", each(SKIN, number), (t, into, offsetAt) => putTold(into, dateOf(t, offsetAt), t, SKIN)),
  userMetrics: summary("daily", z.object({ calendarDate: date, ...each(FITNESS, number) }), (m, into) =>
    putTold(into, m.calendarDate, m, FITNESS),
  ),
  bodyComps: measurement(BODY, GRAMS),
  bloodPressures: measurement(PRESSURE),
  // Two minutes of sitting still: their readings are samples, their sums the event's.
  healthSnapshot: begun("event", { ...lenient({ offsetStartTimeInSeconds: offset }), summaries: items }, (s, into) => {
    const { startTimeInSeconds: time, durationInSeconds: duration, summaries } = s;
    const offset = s.startTimeOffsetInSeconds ?? s.offsetStartTimeInSeconds;
    const sums = within(into, null, { summaries }, snapshot, ({ summaryType, epochSummaries, ...one }, part) => {
      const [min, max, avg] = [reading(one.minValue), reading(one.maxValue), reading(one.avgValue)];
      const metric = SNAPSHOT.get(summaryType);
      const target = `${metric} health_snapshot`;
      if (metric && epochSummaries)
        putSeries(part, { startTimeInSeconds: time, epochSummaries }, { epochSummaries: target }, () => offset);
      else if (metric) putReadings(part, { time, offset }, { avgValue: avg }, { avgValue: target });
      return [summaryType, present({ min, max, avg })];
    });
    putEvent(into, "health_snapshot", { time, duration, offset }, { extra: Object.fromEntries(sums) });
  }),
  // Noticed movement is no workout: nobody started it.
  moveIQActivities: begun("event", MOVE, (m, into) => {
    const { startTimeInSeconds: time, durationInSeconds: duration, activityType: name = null } = m;
    const offset = m.offsetInSeconds ?? m.startTimeOffsetInSeconds;
    putEvent(into, "move_iq", { time, duration, offset }, { name, extra: present({ sub_type: m.activitySubType }) });
  }),
};
