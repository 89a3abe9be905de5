/** Summaries that are samples: stress and body battery, HRV, SpO2, respiration, epochs, body composition, blood pressure. */
import { localDate, utcDate } from "../../domain/time.ts";
import { type Item, putDay, putSample, putSamples, type Span } from "./reading.ts";
import type * as schema from "./schema.ts";

type OffsetAt = (date: string) => number;
const span = (one: { startTimeInSeconds: number; startTimeOffsetInSeconds?: number | null }): Span => ({
  start: one.startTimeInSeconds,
  offset: one.startTimeOffsetInSeconds ?? null,
});

/** Below 0: off the wrist, moving, no data, recovering after exercise, unidentified. */
export function putStress(s: schema.StressDetail, into: Item): void {
  putSamples(into, "stress_level", "", s.timeOffsetStressLevelValues, span(s), "/timeOffsetStressLevelValues");
  putSamples(into, "body_battery", "", s.timeOffsetBodyBatteryValues, span(s), "/timeOffsetBodyBatteryValues");
}

/** RMSSD of a night, five minutes by five, and its mean, which stands for the day. */
export function putHrv(h: schema.Hrv, into: Item, offsetAt: OffsetAt): void {
  const start = h.startTimeInSeconds;
  const end = start + (h.durationInSeconds ?? 0) * 1000;
  const date = h.calendarDate ?? localDate(end, h.startTimeOffsetInSeconds ?? offsetAt(utcDate(end)));
  putDay(into, date, "hrv_rmssd_ms", h.lastNightAvg, "/lastNightAvg");
  putDay(into, date, "hrv_rmssd_5min_high_ms", h.lastNight5MinHigh, "/lastNight5MinHigh");
  putSamples(into, "hrv_rmssd_ms", "", h.hrvValues, span(h), "/hrvValues");
}

/** What the person asked the watch for stands apart from what it measured by itself. */
export function putPulseOx(p: schema.PulseOx, into: Item): void {
  const stream = p.onDemand ? "on_demand" : "";
  putSamples(into, "spo2_pct", stream, p.timeOffsetSpo2Values, span(p), "/timeOffsetSpo2Values");
}

export function putRespiration(r: schema.Respiration, into: Item): void {
  putSamples(into, "respiration_brpm", "", r.timeOffsetEpochToBreaths, span(r), "/timeOffsetEpochToBreaths");
}

/**
 * A quarter of an hour in pieces by kind of activity, all with one start. They add up, and samples are known by their instant: so each
 * kind is a millisecond after the other.
 */
const EPOCH_KINDS = ["WALKING", "RUNNING", "WHEELCHAIR_PUSH", "SEDENTARY", "GENERIC", "SLEEP"];

export function putEpoch(e: schema.Epoch, into: Item): void {
  const kind = EPOCH_KINDS.indexOf(e.activityType?.toUpperCase() ?? "");
  const time = e.startTimeInSeconds + (kind < 0 ? EPOCH_KINDS.length : kind);
  const offset = e.startTimeOffsetInSeconds ?? null;
  putSample(into, "steps", "epoch", time, e.steps, offset, "/steps");
  putSample(into, "distance_m", "epoch", time, e.distanceInMeters, offset, "/distanceInMeters");
  putSample(into, "active_energy_kcal", "epoch", time, e.activeKilocalories, offset, "/activeKilocalories");
  putSample(into, "physical_effort_met", "epoch", time, e.met, offset, "/met");
}

export function putBodyComposition(b: schema.BodyComp, into: Item): void {
  const put = (metric: string, value: number | null | undefined, field: string) =>
    putSample(into, metric, "", b.measurementTimeInSeconds, value, b.measurementTimeOffsetInSeconds ?? null, field);
  const kg = (grams: number | null | undefined) => (grams == null ? grams : grams / 1000);
  put("weight_kg", kg(b.weightInGrams), "/weightInGrams");
  put("muscle_mass_kg", kg(b.muscleMassInGrams), "/muscleMassInGrams");
  put("bone_mass_kg", kg(b.boneMassInGrams), "/boneMassInGrams");
  put("body_fat_pct", b.bodyFatInPercent, "/bodyFatInPercent");
  put("body_water_pct", b.bodyWaterInPercent, "/bodyWaterInPercent");
  put("bmi_kg_m2", b.bodyMassIndex, "/bodyMassIndex");
}

export function putBloodPressure(p: schema.BloodPressure, into: Item): void {
  const put = (metric: string, stream: string, value: number | null | undefined, field: string) =>
    putSample(into, metric, stream, p.measurementTimeInSeconds, value, p.measurementTimeOffsetInSeconds ?? null, field);
  put("systolic_mmhg", "", p.systolic, "/systolic");
  put("diastolic_mmhg", "", p.diastolic, "/diastolic");
  put("heart_rate_bpm", "blood_pressure", p.pulse, "/pulse");
}
