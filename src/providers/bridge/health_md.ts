/**
 * health.md: `{schema: "healthmd.api_export", source, records}`, a record a day, from either phone (docs/providers/google_fit.md). Days are
 * the phone's; complete times are UTC. Of an imperial export nobody says which numbers are, so it is refused.
 */
import { addSample, type Batch, element, emptyBatch, type Kind } from "../../domain/batch.ts";
import { metricOf } from "../../domain/metrics.ts";
import { sleepType } from "../../domain/nights.ts";
import { isDate, localDate, utcDate } from "../../domain/time.ts";
import { type Gathered, readElements } from "../elements.ts";
import type { Format, Hints } from "../format.ts";
import { shortHash } from "../hash.ts";
import { type Entry, given, isEntry, isNumber, textOf } from "../json.ts";

/** Of the two that one key may be: what the phone measures. */
type Phone = "ios" | "android";
/** section, key, metric, factor */
type Row = [section: string, key: string, metric: string | Record<Phone, string>, factor?: number];
const HRV = { ios: "hrv_sdnn_ms", android: "hrv_rmssd_ms" };
// biome-ignore format: a table
const DAYS: Row[] = [
  ["activity", "steps", "steps"], ["activity", "activeCalories", "active_energy_kcal"],
  ["activity", "totalCalories", "total_energy_kcal"], ["activity", "basalEnergyBurned", "basal_energy_kcal"],
  ["activity", "exerciseMinutes", "exercise_s", 60], ["activity", "standHours", "stand_hours"],
  ["activity", "flightsClimbed", "floors"], ["activity", "walkingRunningDistance", "distance_m"],
  ["activity", "cyclingDistance", "cycling_distance_m"], ["activity", "swimmingDistance", "swimming_distance_m"],
  ["activity", "swimmingStrokes", "swimming_strokes"], ["activity", "pushCount", "wheelchair_pushes"],
  ["activity", "elevationGained", "elevation_gained_m"], ["activity", "vo2Max", "vo2max_ml_kg_min"],
  ["heart", "restingHeartRate", "resting_heart_rate_bpm"], ["heart", "averageHeartRate", "avg_heart_rate_bpm"],
  ["heart", "walkingHeartRateAverage", "walking_heart_rate_bpm"], ["heart", "heartRateMin", "min_heart_rate_bpm"],
  ["heart", "heartRateMax", "max_heart_rate_bpm"], ["heart", "hrv", HRV],
  ["vitals", "respiratoryRateAvg", "respiration_brpm"], ["vitals", "bloodOxygenAvg", "spo2_pct", 100],
  ["vitals", "bodyTemperatureAvg", "body_temperature_c"], ["vitals", "basalBodyTemperature", "basal_body_temperature_c"],
  ["vitals", "bloodPressureSystolicAvg", "systolic_mmhg"], ["vitals", "bloodPressureDiastolicAvg", "diastolic_mmhg"],
  ["body", "weight", "weight_kg"], ["body", "bmi", "bmi_kg_m2"], ["body", "bodyFatPercentage", "body_fat_pct", 100],
  ["body", "leanBodyMass", "lean_body_mass_kg"], ["body", "boneMass", "bone_mass_kg"], ["body", "bodyWaterMass", "body_water_mass_kg"],
  ["mindfulness", "mindfulMinutes", "mindful_s", 60],
];
// biome-ignore format: a table
const SAMPLES: Row[] = [
  ["activity", "stepSamples", "steps"], ["heart", "heartRateSamples", "heart_rate_bpm"], ["heart", "hrvSamples", HRV],
  ["vitals", "respiratoryRateSamples", "respiration_brpm"], ["vitals", "bloodOxygenSamples", "spo2_pct", 100],
];

const phoneOf = (outline: Entry): Phone => (outline.source === "ios" ? "ios" : "android");

/** `provider`: whose bodies it reads, by their `source`. */
export const healthMd = (provider: string): Format => ({
  name: `health_md_${provider}`,
  title: `Health.md, API export (${provider === "apple_health" ? "iPhone" : "Android"})`,
  recognise: (outline) =>
    isEntry(outline) &&
    outline.schema === "healthmd.api_export" &&
    (phoneOf(outline) === "ios") === (provider === "apple_health"),
  read(hints) {
    const gathered: Gathered = { soon: emptyBatch(), late: emptyBatch(), waiting: 0, settle() {} };
    const phone: Phone = provider === "apple_health" ? "ios" : "android";
    return readElements(gathered, {
      treat(path, type) {
        if (path.length === 0) return type === "object" ? "descend" : "skip";
        return path.length === 1 && path[0] === "records" && type === "array" ? null : "skip";
      },
      value(path, value, pointer) {
        if (path.length === 2) addDay(gathered, value, pointer, phone, hints);
      },
      kindAt: (path) => (path.length === 2 ? "daily" : null),
    });
  },
});

function addDay({ soon, late }: Gathered, record: unknown, pointer: string, phone: Phone, hints: Hints): undefined {
  const refuse = (kind: Kind, field: string, reason: string): undefined =>
    void soon.rejections.push({ kind, pointer: pointer + field, reason });
  if (!isEntry(record)) return refuse("daily", "", "not an object");
  const date = textOf(record, "date");
  if (date === null || !isDate(date)) return refuse("daily", "/date", "not a date");
  if ([record.unit_system, record.units].includes("imperial")) return refuse("daily", "/units", 'unit "imperial"');
  const section = (name: string): Entry => (isEntry(record[name]) ? record[name] : {});
  const plausible = (name: string, value: number): string | null => {
    const { kind, min, max } = metricOf(name);
    if (value === 0 && kind === "instantaneous" && min > 0) return "0 is no reading";
    return value >= min && value <= max ? null : "out of range";
  };
  const named = (metric: Row[2]) => (typeof metric === "string" ? metric : metric[phone]);

  for (const [of, key, metric, factor = 1] of DAYS) {
    const told = given(section(of), key);
    if (told === undefined) continue;
    const at = `/${of}/${key}`;
    if (!isNumber(told)) {
      refuse("daily", at, "not a number");
      continue;
    }
    const wrong = plausible(named(metric), told * factor);
    if (wrong) refuse("daily", at, wrong);
    else {
      const daily = metricOf(named(metric)).daily ?? named(metric);
      const value = told * factor;
      late.days.push({ date, metric: daily, source: "", value, element: element(late, "daily") });
    }
  }
  for (const [of, key, metric, factor = 1] of SAMPLES) {
    const list = given(section(of), key);
    if (!Array.isArray(list)) continue;
    for (const [i, sample] of list.entries()) {
      const at = `/${of}/${key}/${i}`;
      const time = isEntry(sample) ? utc(given(sample, "timestamp")) : null;
      const value = isEntry(sample) ? given(sample, "value") : null;
      if (time === null) refuse("series", `${at}/timestamp`, "not a date");
      else if (!isNumber(value)) refuse("series", `${at}/value`, "not a number");
      else {
        const wrong = plausible(named(metric), value * factor);
        if (wrong) refuse("series", `${at}/value`, wrong);
        else addSample(soon, named(metric), "", time, value * factor, null, element(soon, "series"));
      }
    }
  }
  const wrongNight = isEntry(record.sleep) ? addNight(late, record.sleep, date, hints) : null;
  if (wrongNight) refuse("sleep", `/sleep${wrongNight.field}`, wrongNight.reason);
  const workouts = given(record, "workouts");
  if (!Array.isArray(workouts)) return;
  for (const [i, workout] of workouts.entries()) {
    if (!isEntry(workout) || !addWorkout(late, workout)) refuse("activity", `/workouts/${i}`, "no start or length");
  }
}

/** Complete times are RFC 3339 with `Z` or an offset. */
function utc(told: unknown): number | null {
  const time = typeof told === "string" && /T.*(Z|[+-]\d\d:?\d\d)$/.test(told) ? Date.parse(told) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

function addNight(late: Batch, sleep: Entry, date: string, hints: Hints): { field: string; reason: string } | null {
  const seconds = (key: string): number | null => {
    const value = given(sleep, key);
    return isNumber(value) && value >= 0 && value <= 86_400 ? value : null;
  };
  const start = utc(given(sleep, "bedtimeISO"));
  const end = utc(given(sleep, "wakeTimeISO"));
  // A day's sum without its times is no night.
  if (start === null || end === null)
    return Object.keys(sleep).length === 0 ? null : { field: "", reason: "no sleep times" };
  if (end <= start) return { field: "", reason: "ends before it starts" };
  if (end - start > 86_400_000) return { field: "", reason: "longer than a day" };
  const [light, deep, rem] = [seconds("coreSleep") ?? seconds("lightSleep"), seconds("deepSleep"), seconds("remSleep")];
  const staged = (light ?? 0) + (deep ?? 0) + (rem ?? 0);
  const total = seconds("totalDuration") || null;
  const asleep = staged > 0 ? Math.max(staged, total ?? 0) : total;
  const type = sleepType(asleep, (end - start) / 1000);
  const wake = localDate(end, hints.offsetAt(utcDate(end)));
  const of = type === "main" ? wake || date : wake;
  late.nights.push({
    external_id: type === "main" ? `night:${of}` : `nap:${start}`,
    part: "list",
    rank: 0,
    replaces: "overlapping",
    staged_only: true,
    fields: {
      type,
      date: of,
      start_time: start,
      end_time: end,
      utc_offset_s: null,
      in_bed_s: seconds("inBedTime") || (end - start) / 1000,
      asleep_s: asleep,
      awake_s: seconds("awakeTime"),
      light_s: staged > 0 ? light : null,
      deep_s: staged > 0 ? deep : null,
      rem_s: staged > 0 ? rem : null,
      unstaged_s: asleep === null ? null : asleep - staged,
      stages: null,
    },
    element: element(late, "sleep"),
  });
  return null;
}

/** The app's words for a sport stay in `extra`. */
function addWorkout(late: Batch, workout: Entry): boolean {
  const start = utc(given(workout, "startTimeISO", "startTime", "startDate"));
  const end = utc(given(workout, "endTimeISO", "endTime", "endDate"));
  const length = given(workout, "duration");
  const elapsed = start !== null && end !== null ? (end - start) / 1000 : isNumber(length) ? length : Number.NaN;
  if (start === null || !(elapsed > 0 && elapsed <= 30 * 86_400)) return false;
  const number = (key: string): number | null => {
    const value = given(workout, key);
    return isNumber(value) && value > 0 ? value : null;
  };
  const type = (textOf(workout, "type", "workoutType") ?? "").slice(0, 200);
  const sport = ["running", "walking", "cycling", "swimming", "rowing", "hiking"].find(
    (one) => one === type.toLowerCase(),
  );
  late.activities.push({
    external_id: `w-${shortHash([start, elapsed, type].join("|"))}`,
    part: "list",
    fields: {
      sport: sport ?? "generic",
      sub_sport: "generic",
      name: null,
      start_time: start,
      utc_offset_s: null,
      elapsed_s: elapsed,
      distance_m: number("distance"),
      energy_kcal: number("calories"),
      avg_heart_rate_bpm: number("avgHeartRate"),
      max_heart_rate_bpm: number("maxHeartRate"),
      extra: sport || type === "" ? null : { type },
    },
    element: element(late, "activity"),
  });
  return true;
}
