/** What Health Auto Export posts, versions 1 and 2, and what middlemen make of it (docs/providers/apple_health.md, "Envelope"). */
import { type Batch, emptyBatch, type Kind } from "../../../domain/batch.ts";
import type { Format, Hints, Path, Reader } from "../../format.ts";
import { isEntry, parse, pointerOf, type Refusal, refusal } from "../../json.ts";
import { aggregationOf } from "../aggregation.ts";
import { offsetsOf } from "../dates.ts";
import { addEvent, EVENT_KINDS } from "../events.ts";
import { lastActivities, lastNights } from "../last.ts";
import { createMetricArray, type MetricArray } from "../metric_array.ts";
import { createWorkout, type WorkoutReading } from "../workouts.ts";

/** Where an array may lie: at the top, under `data`, or in an object of its own. */
function arrayAt(path: Path): string | null {
  const from = path[0] === "data" ? 1 : 0;
  const [outer, inner] = [path[from], path[from + 1]];
  const depth = path.length - from;
  if (depth === 0 && from === 1) return "metrics"; // `data` itself is an array of metrics
  if (depth === 1 && (outer === "metrics" || outer === "workouts" || EVENT_KINDS.has(outer as string)))
    return outer as string;
  if (depth === 2 && outer === "healthMetrics" && inner === "metrics") return "metrics";
  if (depth === 2 && outer === "workouts" && inner === "workouts") return "workouts";
  return null;
}

/** Objects on the way to those arrays. */
function leads(path: Path): boolean {
  const from = path[0] === "data" ? 1 : 0;
  const depth = path.length - from;
  return depth === 0 || (depth === 1 && (path[from] === "healthMetrics" || path[from] === "workouts"));
}

/** First byte of `null`, which is as good as nothing. */
const NULL = 110;

/** Under `data`, a record of Health Connect has these: another app's. */
const RECORD_KEYS = ["metadata", "samples", "stages", "startTime"];

const ARRAYS = ["metrics", "workouts", ...EVENT_KINDS.keys()];

function recognise(outline: unknown, whole: boolean): boolean {
  if (!isEntry(outline)) return false;
  const roots = [outline, outline.data].filter(isEntry);
  for (const holder of [...roots, ...roots.flatMap((root) => [root.healthMetrics, root.workouts]).filter(isEntry)]) {
    for (const name of ARRAYS) {
      const array = holder[name];
      // The app's own configuration has `metrics` too, a list of names.
      if (Array.isArray(array) && (holder !== outline || array.length === 0 || array.some(isEntry))) return true;
    }
  }
  const { data } = outline;
  if (Array.isArray(data) && (data.length === 0 || data.some(isMetric))) return true;
  // Not yet seen is not ruled out: something long may lie before `data`, or in it before the arrays.
  if (whole) return false;
  if (Array.isArray(data)) return data.some(isEntry);
  return data === undefined || (isEntry(data) && !RECORD_KEYS.some((key) => Object.hasOwn(data, key)));
}

const isMetric = (item: unknown): boolean =>
  isEntry(item) && (Object.hasOwn(item, "name") || Object.hasOwn(item, "units"));

/** Rough bytes in memory: of a workout or another entry, and of a point of a track in all its columns and samples. */
const ENTRY_BYTES = 4096;
const POINT_BYTES = 200;
const SAMPLE_BYTES = 64;
/** An entry of metrics of more than this is moved in parts. */
const LARGE_BYTES = 6 * 1024 * 1024;
/** Days and nights wait for the end of the body, but not if there are more of them than anybody has. */
const MOST_LATE = 100_000;

function read(hints: Hints): Reader {
  const aggregation = aggregationOf(hints);
  const offsets = offsetsOf(hints);
  /** Samples and workouts may be written as they come; days and nights wait, so that their rows are written once. */
  let soon = emptyBatch();
  let late = emptyBatch();
  let found = false;
  let soonBytes = 0;

  /** The entry of `metrics` being read, and the depth of its path. */
  let metric: MetricArray | null = null;
  let metricDepth = 0;
  /** Entries that have ended, as long as something of a large one waits: of one instant told twice the last is stored last. */
  const ended: MetricArray[] = [];
  /** Whether its `data` is. */
  let inData = false;
  /** The array of workouts or events being read. */
  let list: { name: string; pointer: string; depth: number } | null = null;
  /** The workout of it. */
  let workout: WorkoutReading | null = null;

  const isLate = () => late.elements.length + late.rejections.length > MOST_LATE;
  const into = () => ({ samples: soon, whole: late });
  const reject = (kind: Kind, pointer: string, { field, reason }: Refusal) =>
    soon.rejections.push({ kind, pointer: pointer + field, reason });
  const finish = (entry: MetricArray) => {
    const before = soon.elements.length;
    entry.finish(into());
    soonBytes += (soon.elements.length - before) * SAMPLE_BYTES;
  };
  /** The array that a path names an element of. */
  const listOf = (path: Path): string | null => (typeof path.at(-1) === "number" ? arrayAt(path.slice(0, -1)) : null);

  return {
    treat(path, type) {
      if (metric) {
        if (path.length === metricDepth + 1 && path[metricDepth] === "data" && type === "array") {
          metric.data(pointerOf(path));
          inData = true;
          return "elements";
        }
        if (path.length === metricDepth + 1 && path[metricDepth] === "data") metric.noArray(pointerOf(path));
        return "skip";
      }
      if (workout) return workout.treat(path.at(-1) as string, type);
      if (list || listOf(path) === "metrics") {
        if (type === "array") {
          reject(list ? "activity" : "series", pointerOf(path), refusal("", "not an object"));
          return "skip";
        }
        if (list) {
          workout = createWorkout(aggregation, offsets);
          return "descend";
        }
        metric = createMetricArray(aggregation, offsets);
        metricDepth = path.length;
        return "descend";
      }
      if (type === "array") {
        const name = arrayAt(path);
        if (name === null) return "skip";
        found = true;
        if (name === "metrics") return "descend";
        list = { name, pointer: pointerOf(path), depth: path.length };
        return name === "workouts" ? "descend" : "elements";
      }
      return leads(path) ? "descend" : "skip";
    },

    glance(path, bytes, from, to) {
      if (metric === null || !inData) return -1;
      return metric.glance(path[metricDepth + 1] as number, bytes, from, to);
    },
    get glanced() {
      return metric?.glanced ?? 1;
    },

    value(path, bytes, from, to) {
      if (metric) {
        const key = path[metricDepth];
        if (path.length === metricDepth + 2) metric.value(path[metricDepth + 1] as number, bytes, from, to);
        else if (key === "name") metric.name(parse(bytes, from, to));
        else if (key === "units") metric.units(parse(bytes, from, to));
        else if (key === "data" && bytes[from] !== NULL) metric.noArray(pointerOf(path));
        return;
      }
      if (workout && list) {
        const key = path[list.depth + 1] as string;
        const isPoint = path.length > list.depth + 2;
        workout[isPoint ? "point" : "member"](key, () => parse(bytes, from, to));
        return;
      }
      if (list) {
        const at = pointerOf(path);
        if (list.name === "workouts") return reject("activity", at, refusal("", "not an object"));
        const refused = addEvent(soon, list.name, parse(bytes, from, to), offsets);
        if (refused) reject("event", at, refused);
        soonBytes += ENTRY_BYTES + to - from;
      } else if (listOf(path) === "metrics") reject("series", pointerOf(path), refusal("", "not an object"));
    },

    refuse(path, reason) {
      if (metric) {
        if (path.length === metricDepth + 2) metric.refuse(path[metricDepth + 1] as number, reason);
        // A name or unit that cannot be read is none.
        return;
      }
      if (workout && list) {
        workout.refuse(path[list.depth + 1] as string, reason, path.length > list.depth + 2);
        return;
      }
      if (list) reject(list.name === "workouts" ? "activity" : "event", pointerOf(path), refusal("", reason));
    },

    leave(path) {
      if (metric && path.length === metricDepth + 1) inData = false;
      else if (metric && path.length === metricDepth) {
        metric.end();
        if (ended.length > 0 || metric.held > LARGE_BYTES) ended.push(metric);
        else finish(metric);
        metric = null;
      } else if (workout && list && path.length > list.depth) {
        // One of its series, or the workout itself.
        if (path.length > list.depth + 1) return;
        const refused = workout.end(soon);
        if (refused) reject("activity", pointerOf(path), refused);
        soonBytes += ENTRY_BYTES + workout.points * POINT_BYTES;
        workout = null;
      } else list = null;
    },

    get found() {
      return found;
    },
    get held() {
      const waiting = isLate() ? Number.POSITIVE_INFINITY : 0;
      const entries = ended.reduce((bytes, { held }) => bytes + held, metric?.held ?? 0);
      return soonBytes + soon.rejections.length * 200 + entries + waiting;
    },

    take(all) {
      if (all) for (const entry of ended.splice(0)) finish(entry);
      if (ended.length > 0) {
        ended[0]!.spill(into());
        while (ended.length > 0 && ended[0]!.held <= LARGE_BYTES) finish(ended.shift()!);
      } else metric?.spill(into());
      const taken = { ...soon, activities: lastActivities(soon.activities) };
      soon = emptyBatch();
      soonBytes = 0;
      if (!all && !isLate()) return taken;
      const rest = { ...late, nights: lastNights(late.nights) };
      late = emptyBatch();
      return joined(taken, rest);
    },
  };
}

/** Two batches as one; the second's elements follow the first's. */
function joined(first: Batch, second: Batch): Batch {
  const by = first.elements.length;
  const shifted = <Item extends { element: number }>(items: Item[]): Item[] =>
    items.map((item) => ({ ...item, element: item.element + by }));
  return {
    ...first,
    elements: [...first.elements, ...second.elements],
    nights: [...first.nights, ...shifted(second.nights)],
    segments: [...first.segments, ...shifted(second.segments)],
    days: [...first.days, ...shifted(second.days)],
    rejections: [...first.rejections, ...second.rejections],
  };
}

export const healthAutoExport: Format = {
  name: "health_auto_export",
  title: "Health Auto Export (JSON, export version 1 or 2)",
  recognise,
  read,
};
