/** Google Fit's own REST answers, which people have kept: data sets, buckets and sessions (docs/providers/google_fit.md). */
import { readElements } from "../../elements.ts";
import type { Format, Path } from "../../format.ts";
import { type Entry, given, isEntry, isNumber, refusal, textOf } from "../../json.ts";
import { toActivity } from "../exercise.ts";
import { fitActivityKind } from "../exercise_types.ts";
import { commonsOf } from "../record.ts";
import { createRecords, type Records, unknownName } from "../records.ts";
import { readNight } from "../sleep.ts";
import type { Moment } from "../times.ts";

const isSession = (value: unknown): boolean =>
  isEntry(value) && Object.hasOwn(value, "activityType") && Object.hasOwn(value, "startTimeMillis");

export const googleFitRest: Format = {
  name: "google_fit_rest",
  title: "Google Fit REST (data sets, buckets, sessions)",
  recognise(outline, whole) {
    if (!isEntry(outline)) return false;
    const { bucket, session } = outline;
    if (isSession(outline) || Array.isArray(outline.point) || Array.isArray(session)) return true;
    if (Array.isArray(bucket)) return true;
    return !whole && Object.hasOwn(outline, "dataSourceId");
  },
  read(hints) {
    const records = createRecords(hints);
    /** Members of a body that is one session itself. */
    const own: Entry = {};
    records.atEnd = () => {
      if (isSession(own)) addSession(records, own, "");
    };
    return readElements(records, {
      treat(path, type) {
        if (path.length === 0) return type === "object" ? "descend" : "skip";
        if (path[0] === "application" && path.length === 1) return "value";
        if (type === "array" && (path[0] === "session" || path[0] === "point") && path.length === 1) return null;
        if (path[0] !== "bucket") return "skip";
        return isPoints(path) && type === "array" ? null : path.length <= 4 ? "descend" : "skip";
      },
      value(path, value, pointer) {
        if (path.length === 1) own[path[0] as string] = value;
        else if (path[0] === "session") addSession(records, value, pointer);
        else if (path.at(-2) === "point") addPoint(records, value, pointer);
      },
      kindAt: (path) => (path[0] === "session" ? "activity" : path.at(-2) === "point" ? "series" : null),
      isFound: () => isSession(own) || Object.hasOwn(own, "dataSourceId"),
    });
  },
};

/** `bucket[].dataset[].point` */
const isPoints = (path: Path): boolean => path.length === 5 && path[2] === "dataset" && path[4] === "point";

const SLEEP = 72;
/** Data types without `com.google.`, and the metric or what else they are; aggregates are named as what they sum up. */
const TYPES: Readonly<Record<string, string>> = {
  "step_count.delta": "steps",
  "distance.delta": "distance_m",
  "calories.expended": "total_energy_kcal",
  "heart_rate.bpm": "heart_rate_bpm",
  "heart_rate.summary": "heart_rate_bpm",
  weight: "weight_kg",
  "weight.summary": "weight_kg",
  height: "height_m",
  "height.summary": "height_m",
  "body.fat.percentage": "body_fat_pct",
  "body.fat.percentage.summary": "body_fat_pct",
  hydration: "water_l",
};
/** Sleep segments' numbers are Health Connect's but for these: 2 is sleep, 3 out of bed. */
const STAGES: Readonly<Record<number, "awake" | "unstaged" | "light" | "deep" | "rem">> = {
  1: "awake",
  2: "unstaged",
  3: "awake",
  4: "light",
  5: "deep",
  6: "rem",
};

/** Nanoseconds, as text or as a number beyond 2^53 (whose digits come as text). */
function nanos(told: unknown): Moment | null {
  let time: number;
  if (typeof told === "string" && /^\d{1,19}$/.test(told)) time = Number(BigInt(told) / 1_000_000n);
  else if (isNumber(told) && told > 0) time = Math.floor(told / 1e6);
  else return null;
  return time > 0 ? { time, utc_offset_s: null } : null;
}

function addPoint(records: Records, point: unknown, pointer: string): undefined {
  if (!isEntry(point)) return records.reject("series", pointer, refusal("", "not an object"));
  const name = (textOf(point, "dataTypeName") ?? "").replace(/^com\.google\./, "");
  const start = nanos(given(point, "startTimeNanos"));
  const end = nanos(given(point, "endTimeNanos"));
  if (start === null) return records.reject("series", pointer, refusal("/startTimeNanos", "not a date"));
  if (end === null) return records.reject("series", pointer, refusal("/endTimeNanos", "not a date"));
  const values = given(point, "value");
  const first = Array.isArray(values) && isEntry(values[0]) ? values[0] : {};
  const value = given(first, "fpVal", "intVal");
  const origin = (textOf(point, "originDataSourceId") ?? "").slice(0, 512);
  if (!isNumber(value)) return records.reject("series", pointer, refusal("/value", "not a number"));
  if (name === "sleep.segment") {
    const stage = Object.hasOwn(STAGES, value) ? STAGES[value] : undefined;
    if (stage === undefined) return records.reject("sleep", pointer, refusal("/value", "unknown sleep stage"));
    if (end.time <= start.time) return records.reject("sleep", pointer, refusal("", "ends before it starts"));
    return records.addSegment({
      source: origin,
      start_time: start.time,
      end_time: end.time,
      utc_offset_s: null,
      stage,
    });
  }
  const known = Object.hasOwn(TYPES, name) ? TYPES[name]! : null;
  const metric = known ?? unknownName(name || "point");
  const instant = end.time === start.time ? null : end;
  records.addValue({ metric, value, start, end: instant, origin, pointer, field: "/value" });
}

function addSession(records: Records, session: unknown, pointer: string): undefined {
  if (!isEntry(session)) return records.reject("activity", pointer, refusal("", "not an object"));
  const { hints } = records;
  const ms = (key: string) => {
    const told = given(session, key);
    return typeof told === "string" && /^\d{1,16}$/.test(told) ? Number(told) : told;
  };
  const application = given(session, "application");
  const origin = isEntry(application) ? (textOf(application, "packageName", "name") ?? "") : "";
  const record: Entry = {
    ...session,
    startTime: ms("startTimeMillis"),
    endTime: ms("endTimeMillis"),
    dataOrigin: origin.slice(0, 512),
  };
  const type = given(session, "activityType");
  const commons = { ...commonsOf(record, hints), start_key: "startTimeMillis", end_key: "endTimeMillis" };
  if (Number(type) === SLEEP) {
    const night = readNight(record, commons, hints);
    if ("reason" in night) records.reject("sleep", pointer, night);
    else records.addNight(night);
    return;
  }
  const activity = toActivity(record, commons, hints, fitActivityKind(type));
  if ("reason" in activity) records.reject("activity", pointer, activity);
  else records.addActivity(activity);
}
