/**
 * Health Connect to Home Assistant: a sensor's state, whose attributes are maps from a date to what was measured
 * (docs/providers/google_fit.md). Times are unix seconds, also as keys. One date is one value here: the map is delivered whole.
 */
import { isDate } from "../../../domain/time.ts";
import { readElements } from "../../elements.ts";
import type { Format } from "../../format.ts";
import { type Entry, given, isEntry, isNumber, refusal } from "../../json.ts";
import { createRecords, kindOf, type Records } from "../records.ts";

const TYPES: Readonly<Record<string, string>> = {
  sleep: "sleepsession",
  heart: "heartrate",
  steps: "steps",
  weight: "weight",
  oxygen: "oxygensaturation",
  hydration: "hydration",
  calories: "totalcaloriesburned",
  exercise: "exercisesession",
  bodyTemperature: "bodytemperature",
};
const FIELDS: Readonly<Record<string, string>> = {
  heartrate: "bpm",
  weight: "kilograms",
  oxygensaturation: "percentage",
  hydration: "liters",
  bodytemperature: "celsius",
  steps: "count",
  totalcaloriesburned: "calories",
};

export const homeAssistant: Format = {
  name: "home_assistant",
  title: "Health Connect to Home Assistant (state and attributes)",
  recognise: (outline, whole) =>
    isEntry(outline) &&
    (isEntry(outline.attributes)
      ? Object.keys(TYPES).some((key) => isEntry((outline.attributes as Entry)[key])) ||
        (Object.hasOwn(outline, "state") && Object.keys(outline.attributes).length === 0)
      : !whole && Object.hasOwn(outline, "state")),
  read(hints) {
    const records = createRecords(hints);
    let found = false;
    return readElements(records, {
      treat(path, type) {
        if (type === "array") return path[0] === "attributes" && path.length > 2 ? "value" : "skip";
        if (path.length === 0 || (path.length === 1 && path[0] === "attributes")) return "descend";
        if (path[0] !== "attributes" || !Object.hasOwn(TYPES, path[1] as string)) return "skip";
        found = true;
        return path.length === 2 ? "descend" : null;
      },
      value(path, value, pointer) {
        if (path.length !== 3 || path[0] !== "attributes") return;
        addDate(records, TYPES[path[1] as string]!, path[2] as string, value, pointer);
      },
      kindAt: (path) => (path.length === 3 && path[0] === "attributes" ? kindOf(TYPES[path[1] as string] ?? "") : null),
      isFound: () => found,
    });
  },
};

function addDate(records: Records, type: string, date: string, value: unknown, pointer: string): undefined {
  if (type === "sleepsession") {
    // The night before, once more.
    if (date === "lastSleep") return;
    const night = isEntry(value) ? { ...value, stages: stagesOf(value) } : value;
    return records.add(type, night, pointer);
  }
  if (type === "exercisesession") {
    const sessions = isEntry(value) ? given(value, "sessions") : value;
    if (!Array.isArray(sessions)) return records.reject("activity", pointer, refusal("", "no sessions"));
    const at = isEntry(value) ? `${pointer}/sessions` : pointer;
    for (const [i, session] of sessions.entries()) records.add(type, session, `${at}/${i}`);
    return;
  }
  const field = FIELDS[type]!;
  const day = isDate(date) ? date : null;
  if (type === "steps" || type === "totalcaloriesburned" || type === "hydration") {
    const told = isEntry(value) ? given(value, field, "count", "energy", "volume", "value", "total") : value;
    if (!isNumber(told)) return records.reject("daily", pointer, refusal("", "not a number"));
    if (day === null) return records.reject("daily", pointer, refusal("", "not a date"));
    const metric = { steps: "steps", totalcaloriesburned: "total_energy_kcal", hydration: "water_l" }[type];
    // Hydration is told in millilitres.
    return records.addDay(day, metric, "", type === "hydration" ? told / 1000 : told, pointer);
  }
  if (typeof value !== "object" || value === null) {
    return records.reject("series", pointer, refusal("", "not an object"));
  }
  for (const [key, sample] of Object.entries(value)) {
    const time = isEntry(sample) ? (given(sample, "time") ?? Number(key)) : Number(key);
    const measured = isEntry(sample) ? given(sample, field, "bpm", "value", "temperature") : sample;
    records.add(type, { time, [field]: measured }, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
  }
}

/** Stages are grouped: each with its `sessions`, in no order. */
function stagesOf(night: Entry): unknown[] {
  const groups = given(night, "stage", "stages");
  if (!Array.isArray(groups)) return [];
  return groups.flatMap((group) => {
    const sessions = isEntry(group) ? given(group, "sessions") : undefined;
    if (!Array.isArray(sessions)) return [group];
    return sessions.map((session) => (isEntry(session) ? { ...session, stage: (group as Entry).stage } : session));
  });
}
