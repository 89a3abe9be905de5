/**
 * The Tasker plugin (`RafhaanShah/TaskerHealthConnect`): old arrays of records or of aggregates, new `{pageToken, records}`, whose type
 * `?type=` names (docs/providers/google_fit.md).
 */
import { readElements } from "../../elements.ts";
import type { Format } from "../../format.ts";
import { type Entry, isEntry, isNumber, refusal } from "../../json.ts";
import { createRecords, type Records, unknownName } from "../records.ts";
import { momentOf } from "../times.ts";
import { addGuessed } from "./hcgateway.ts";

const AGGREGATE = /^[A-Za-z0-9]+Record_[A-Z0-9_]+$/;

const isOld = (record: unknown): boolean =>
  isEntry(record) &&
  (Object.hasOwn(record, "time") ||
    (Object.hasOwn(record, "startTime") &&
      (Object.keys(record).length === 1 ||
        Object.hasOwn(record, "endTime") ||
        Object.keys(record).some((key) => AGGREGATE.test(key)))));

export const tasker: Format = {
  name: "tasker",
  title: "Tasker Health Connect plugin (arrays, or pageToken and records)",
  recognise(outline, whole) {
    if (Array.isArray(outline)) return outline.some(isOld) || (!whole && outline.some(isEntry));
    if (!isEntry(outline)) return false;
    return Object.hasOwn(outline, "pageToken") && (Array.isArray(outline.records) || !whole);
  },
  read(hints) {
    const records = createRecords(hints);
    return readElements(records, {
      treat(path, type) {
        if (path.length === 0) return type === "array" ? null : "descend";
        return path.length === 1 && path[0] === "records" && type === "array" ? null : "skip";
      },
      value(path, value, pointer) {
        if (path.length === 1 && typeof path[0] === "number") addOld(records, value, pointer);
        else if (path.length === 2) addNew(records, value, pointer);
      },
      kindAt: (path) => (path.length === 2 || typeof path[0] === "number" ? "series" : null),
    });
  },
};

function addOld(records: Records, record: unknown, pointer: string): undefined {
  if (!isEntry(record)) return records.reject("series", pointer, refusal("", "not an object"));
  if (Object.keys(record).some((key) => AGGREGATE.test(key))) addAggregate(records, record, pointer);
  else addGuessed(records, record, pointer);
}

function addNew(records: Records, record: unknown, pointer: string): undefined {
  // Sums of a window that nobody names.
  const isSum = isEntry(record) && (Object.hasOwn(record, "doubleValues") || Object.hasOwn(record, "longValues"));
  if (isSum) records.reject("series", pointer, refusal("", "no time"));
  else addGuessed(records, record, pointer);
}

/** What of a window is a metric of ours: its name, and by what its unit is told. */
const AGGREGATES: Readonly<Record<string, string>> = {
  StepsRecord_COUNT_TOTAL: "steps",
  DistanceRecord_DISTANCE_TOTAL: "distance_m",
  ActiveCaloriesBurnedRecord_ACTIVE_CALORIES_TOTAL: "active_energy_kcal",
  TotalCaloriesBurnedRecord_ENERGY_TOTAL: "total_energy_kcal",
  FloorsClimbedRecord_FLOORS_CLIMBED_TOTAL: "floors",
  ElevationGainedRecord_ELEVATION_GAINED_TOTAL: "elevation_gained_m",
  WheelchairPushesRecord_COUNT_TOTAL: "wheelchair_pushes",
  HydrationRecord_VOLUME_TOTAL: "water_l",
  NutritionRecord_ENERGY_TOTAL: "dietary_energy_kcal",
  HeartRateRecord_BPM_AVG: "heart_rate_bpm",
  HeartRateRecord_BPM_MIN: "heart_rate_min_bpm",
  HeartRateRecord_BPM_MAX: "heart_rate_max_bpm",
  RestingHeartRateRecord_BPM_AVG: "resting_heart_rate_bpm",
  RestingHeartRateRecord_BPM_MIN: "resting_heart_rate_min_bpm",
  RestingHeartRateRecord_BPM_MAX: "resting_heart_rate_max_bpm",
  WeightRecord_WEIGHT_AVG: "weight_kg",
  WeightRecord_WEIGHT_MIN: "weight_min_kg",
  WeightRecord_WEIGHT_MAX: "weight_max_kg",
  HeightRecord_HEIGHT_AVG: "height_m",
  HeightRecord_HEIGHT_MIN: "height_min_m",
  HeightRecord_HEIGHT_MAX: "height_max_m",
  PowerRecord_POWER_AVG: "power_w",
  PowerRecord_POWER_MIN: "power_min_w",
  PowerRecord_POWER_MAX: "power_max_w",
};

/** A window's sums, each of which is a value of its own: over a day, or a sample at its start. */
function addAggregate(records: Records, record: Entry, pointer: string): undefined {
  const start = momentOf(record, ["startTime"], records.hints)?.moment;
  if (!start) return records.reject("series", pointer, refusal("/startTime", "not a date"));
  const end = momentOf(record, ["endTime"], records.hints)?.moment;
  if (!end) return records.reject("series", pointer, refusal("/endTime", "not a date"));
  for (const [key, value] of Object.entries(record)) {
    if (!AGGREGATE.test(key)) continue;
    const at = `${pointer}/${key}`;
    const metric = Object.hasOwn(AGGREGATES, key) ? AGGREGATES[key]! : unknownName(key);
    if (!isNumber(value)) records.reject("series", at, refusal("", "not a number"));
    else records.addValue({ metric, value, start, end, origin: "", pointer: at, field: "" });
  }
}
