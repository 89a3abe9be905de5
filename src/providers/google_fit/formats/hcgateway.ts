/**
 * HCGateway (`ShuchirJ/HCGateway`): react-native-health-connect's records under `data`, one type a post. The type is in the path of
 * the app's own server, so `?type=` names it here, or else the fields do (docs/providers/google_fit.md).
 */
import { readElements } from "../../elements.ts";
import type { Format } from "../../format.ts";
import { type Entry, given, isEntry, isNumber, refusal } from "../../json.ts";
import { typeKey } from "../measures.ts";
import { createRecords, kindOf, type Records } from "../records.ts";

const hasOrigin = (record: unknown): boolean =>
  isEntry(record) && isEntry(record.metadata) && given(record.metadata, "dataOrigin") !== undefined;

export const hcGateway: Format = {
  name: "hcgateway",
  title: "HCGateway (Health Connect records under data, with ?type=)",
  recognise(outline, whole) {
    if (!isEntry(outline)) return false;
    const { data } = outline;
    if (hasOrigin(data) || (Array.isArray(data) && data.some(hasOrigin))) return true;
    return (
      !whole &&
      (isEntry(data) ? Object.hasOwn(data, "metadata") || looksCut(data) : Array.isArray(data) && data.some(looksCut))
    );
  },
  read(hints) {
    const records = createRecords(hints);
    return readElements(records, {
      treat(path, type) {
        if (path.length === 0) return type === "object" ? "descend" : "skip";
        return path.length === 1 && path[0] === "data" ? null : "skip";
      },
      value(path, value, pointer) {
        if (path[0] === "data" && (path.length === 2 || isEntry(value))) addGuessed(records, value, pointer);
      },
      kindAt: (path) => (path[0] === "data" ? kindOf(typeKey(hints.query.type ?? "")) : null),
    });
  },
};

const looksCut = (record: unknown): boolean =>
  isEntry(record) &&
  ["samples", "stages", "startTime", "laps", "exerciseRoute"].some((key) => Object.hasOwn(record, key));

/** Adds a record whose type is told by `?type=`, or by its fields. */
export function addGuessed(records: Records, record: unknown, pointer: string): undefined {
  const told = records.hints.query.type;
  const type = told !== undefined && told !== "" ? told : isEntry(record) ? guess(record) : "steps";
  if (type !== null) records.add(type, record, pointer);
  else records.reject("series", pointer, refusal("", "record type unknown"));
}

/** Fields that only one type has; the more telling ones first. */
const TELLING: [field: string, type: string][] = [
  ["stages", "sleepsession"],
  ["exerciseType", "exercisesession"],
  ["beatsPerMinute", "restingheartrate"],
  ["systolic", "bloodpressure"],
  ["heartRateVariabilityMillis", "heartratevariabilityrmssd"],
  ["heartRateVariabilityRmssd", "heartratevariabilityrmssd"],
  ["vo2MillilitersPerMinuteKilogram", "vo2max"],
  ["vo2Max", "vo2max"],
  ["basalMetabolicRate", "basalmetabolicrate"],
  ["floors", "floorsclimbed"],
  ["elevation", "elevationgained"],
  ["distance", "distance"],
  ["weight", "weight"],
  ["height", "height"],
  ["volume", "hydration"],
  ["deltas", "skintemperature"],
  ["protein", "nutrition"],
  ["totalCarbohydrate", "nutrition"],
  ["totalFat", "nutrition"],
  ["flow", "menstruationflow"],
  ["appearance", "cervicalmucus"],
  ["protectionUsed", "sexualactivity"],
  ["level", "bloodglucose"],
  ["count", "steps"],
  ["rate", "respiratoryrate"],
];
const SAMPLED: [field: string, type: string][] = [
  ["beatsPerMinute", "heartrate"],
  ["speed", "speed"],
  ["power", "power"],
  ["revolutionsPerMinute", "cyclingpedalingcadence"],
];
/** People have more oxygen than this, and less fat. */
const LEAST_OXYGEN_PCT = 60;

function guess(record: Entry): string | null {
  const { samples } = record;
  if (Array.isArray(samples)) {
    const first = samples.find(isEntry);
    if (!first) return "heartrate";
    return SAMPLED.find(([field]) => given(first, field) !== undefined)?.[1] ?? null;
  }
  const type = TELLING.find(([field]) => given(record, field) !== undefined)?.[1];
  if (type) return type;
  const told = given(record, "percentage");
  const percentage = isEntry(told) ? given(told, "value") : told;
  // Above, it is fat or oxygen.
  return isNumber(percentage) && percentage < LEAST_OXYGEN_PCT ? "bodyfat" : null;
}
