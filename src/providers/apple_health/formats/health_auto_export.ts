/** What Health Auto Export posts, versions 1 and 2, and what middlemen make of it (docs/providers/apple_health.md, "Envelope"). */
import { type Batch, emptyBatch, type Kind } from "../../../domain/batch.ts";
import type { Format, Hints, Path, Reader } from "../../format.ts";
import { aggregationOf } from "../aggregation.ts";
import { addEvent, EVENT_KINDS } from "../events.ts";
import { isEntry, parse, pointerOf, type Refusal } from "../json.ts";
import { lastActivities, lastNights } from "../last.ts";
import { createMetricArray, type MetricArray } from "../metric_array.ts";
import { addWorkout } from "../workouts.ts";

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
  if (Array.isArray(outline.data))
    return outline.data.every((item) => isEntry(item) && (Object.hasOwn(item, "name") || Object.hasOwn(item, "units")));
  // Not yet seen is not ruled out: `{"data": {` and something long before the arrays.
  return !whole && isEntry(outline.data) && !Object.hasOwn(outline.data, "metadata");
}

/** A workout weighs about this many times its text. */
const WORKOUT_BYTES = 3;
/** Days and nights wait for the end of the body, but not if there are more of them than anybody has. */
const MOST_LATE = 100_000;

function read(hints: Hints): Reader {
  const aggregation = aggregationOf(hints);
  const offsetAt = (date: string) => hints.offsetAt(date);
  /** Samples and workouts may be written as they come; days and nights wait, so that their rows are written once. */
  let soon = emptyBatch();
  let late = emptyBatch();
  let found = false;
  let soonBytes = 0;

  /** The entry of `metrics` being read, and the depth of its path. */
  let metric: MetricArray | null = null;
  let metricDepth = 0;
  /** Whether its `data` is. */
  let inData = false;
  /** The array of workouts or events being read. */
  let list: { name: string; pointer: string } | null = null;

  const isLate = () => late.elements.length + late.rejections.length > MOST_LATE;
  const into = () => ({ samples: soon, whole: late });
  const reject = (kind: Kind, pointer: string, { field, reason }: Refusal) =>
    soon.rejections.push({ kind, pointer: pointer + field, reason });
  const kindOf = (name: string): Kind => (name === "workouts" ? "activity" : name === "metrics" ? "series" : "event");
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
        return "skip";
      }
      if (type === "array") {
        const name = arrayAt(path);
        if (name === null) return "skip";
        found = true;
        if (name === "metrics") return "descend";
        list = { name, pointer: pointerOf(path) };
        return "elements";
      }
      if (listOf(path) === "metrics") {
        metric = createMetricArray(aggregation, offsetAt);
        metricDepth = path.length;
        return "descend";
      }
      return leads(path) ? "descend" : "skip";
    },

    glance(path, bytes, from, to) {
      if (metric === null || !inData) return -1;
      metric.at(path[metricDepth + 1] as number);
      return metric.glance(bytes, from, to);
    },

    value(path, bytes, from, to) {
      if (metric) {
        const key = path[metricDepth];
        if (path.length === metricDepth + 2) metric.value(path[metricDepth + 1] as number, bytes, from, to);
        else if (key === "name") metric.name(parse(bytes, from, to));
        else if (key === "units") metric.units(parse(bytes, from, to));
        return;
      }
      const at = path.at(-1);
      if (list && typeof at === "number") {
        const value = parse(bytes, from, to);
        const refusal =
          list.name === "workouts"
            ? addWorkout(soon, value, aggregation, offsetAt)
            : addEvent(soon, list.name, value, offsetAt);
        if (refusal) reject(kindOf(list.name), `${list.pointer}/${at}`, refusal);
        soonBytes += (to - from) * WORKOUT_BYTES;
      } else if (listOf(path) === "metrics") reject("series", pointerOf(path), { field: "", reason: "not an object" });
    },

    refuse(path, reason) {
      if (metric) {
        if (path.length === metricDepth + 2) metric.refuse(path[metricDepth + 1] as number, reason);
        // A name or unit that cannot be read is none.
        return;
      }
      if (list) reject(kindOf(list.name), pointerOf(path), { field: "", reason });
    },

    leave(path) {
      if (metric && path.length === metricDepth + 1) inData = false;
      else if (metric && path.length === metricDepth) {
        const before = soon.elements.length;
        metric.end(into());
        soonBytes += (soon.elements.length - before) * 64;
        metric = null;
      } else list = null;
    },

    get found() {
      return found;
    },
    get held() {
      const waiting = isLate() ? Number.POSITIVE_INFINITY : 0;
      return soonBytes + soon.rejections.length * 200 + (metric?.held ?? 0) + waiting;
    },

    take(all) {
      metric?.spill(into());
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
