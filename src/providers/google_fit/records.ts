/**
 * Health Connect records, whatever exporter wrote them → ours (docs/providers/google_fit.md, "What becomes of it"). What needs the whole
 * post to be understood – local dates, which of several tellings stands – waits for its end.
 */
import { addSample, type Batch, element, emptyBatch, type Kind, type SegmentRecord } from "../../domain/batch.ts";
import { type Metric, metricOf } from "../../domain/metrics.ts";
import type { Gathered } from "../elements.ts";
import type { Hints } from "../format.ts";
import { shortHash } from "../hash.ts";
import { type Entry, given, isEntry, isNumber, type Refusal, refusal } from "../json.ts";
import { type Activity, toActivity } from "./exercise.ts";
import { EVENTS, MEASURES, type Measure, numberUnder, typeKey } from "./measures.ts";
import { type Commons, commonsOf, END_KEYS, START_KEYS } from "./record.ts";
import { type Night, readNight } from "./sleep.ts";
import { createMidnights, dateOf, type Midnights, type Moment, midnightOffset, momentOf } from "./times.ts";

export interface Records extends Gathered {
  /**
   * One record of a type, however it is spelt; `date`: that of the key it lies under, which makes a cumulative one a day value.
   */
  add(typeName: string, entry: unknown, pointer: string, date?: string | null): undefined;
  reject(kind: Kind, pointer: string, refused: Refusal): undefined;
  /** A number of a metric at an instant or, with an end, over an interval. */
  addValue(given: Value): undefined;
  /** A value of a local date. */
  addDay(date: string, metric: string, source: string, value: number, pointer: string): undefined;
  /** A night or workout that the format has read itself. */
  addNight(night: PendingNight): undefined;
  addActivity(activity: PendingActivity): undefined;
  addSegment(segment: Omit<SegmentRecord, "element">): undefined;
  /** Called before what waits is settled. */
  atEnd: (() => void) | null;
  hints: Hints;
  /** The post is a test: nothing of it is written. */
  isTest: boolean;
}

export interface Value {
  metric: string;
  value: number;
  start: Moment;
  end: Moment | null;
  origin: string;
  pointer: string;
  field: string;
  date?: string | null;
}
export type PendingNight = Night;
export type PendingActivity = Activity;

/** An interval that may be a day's value. */
interface Interval {
  metric: Metric;
  value: number;
  start: Moment;
  end: Moment;
  origin: string;
  element: number;
}

const HOUR_MS = 3_600_000;
/** Of an interval this long nobody can say in which hours it was. */
const DAY_VALUE_MS = 20 * HOUR_MS;
const LONGEST_MS = 400 * 24 * HOUR_MS;
const WAITING_BYTES = 300;
const RECORD_BYTES = 4096;
const ORIGIN_CHARS = 512;

export function createRecords(hints: Hints): Records {
  /** Elements of what waits are counted in a batch of their own. */
  let intervals: Interval[] = [];
  let days: { date: string; metric: string; source: string; value: number; end: number; element: number }[] = [];
  let nights: { night: PendingNight; element: number }[] = [];
  let activities: { activity: PendingActivity; element: number }[] = [];
  const midnights: Midnights = createMidnights();
  /** Where in the batch the interval of a start lies, and when it ends: one that ends later takes its place. */
  let spans = new Map<string, { at: number; end: number }>();
  let spansOf: Batch | null = null;

  const records: Records = {
    soon: emptyBatch(),
    late: emptyBatch(),
    hints,
    isTest: false,
    get waiting() {
      return (intervals.length + days.length) * WAITING_BYTES + (nights.length + activities.length) * RECORD_BYTES;
    },
    reject(kind, pointer, { field, reason }) {
      records.soon.rejections.push({ kind, pointer: pointer + field, reason });
    },
    add,
    addValue,
    addDay(date, metric, source, value, pointer) {
      const wrong = checked(metricOf(metric), value, "");
      if (typeof wrong === "object") return records.reject("daily", pointer, wrong);
      days.push({ date, metric, source, value, end: 0, element: element(records.late, "daily") });
    },
    addNight: (night) => void nights.push({ night, element: element(records.late, "sleep") }),
    addActivity: (activity) => void activities.push({ activity, element: element(records.late, "activity") }),
    addSegment: (segment) => void records.late.segments.push({ ...segment, element: element(records.late, "sleep") }),
    atEnd: null,
    settle,
  };

  function add(typeName: string, entry: unknown, pointer: string, date: string | null = null): undefined {
    const type = typeKey(typeName);
    const kind = kindOf(type);
    if (!isEntry(entry)) return records.reject(kind, pointer, refusal("", "not an object"));
    const commons = commonsOf(entry, hints);
    if (commons.origin.length > ORIGIN_CHARS) {
      return records.reject(kind, pointer, refusal("", `a source longer than ${ORIGIN_CHARS} characters`));
    }
    if (type === "sleepsession") {
      const night = readNight(entry, commons, hints);
      if ("reason" in night) records.reject("sleep", pointer, night);
      else records.addNight(night);
      return;
    }
    if (type === "exercisesession") {
      const activity = toActivity(entry, commons, hints);
      if ("reason" in activity) records.reject("activity", pointer, activity);
      else records.addActivity(activity);
      return;
    }
    const samples = ["samples", "deltas"].find((key) => Array.isArray(given(entry, key)));
    if (samples !== undefined && MEASURES.has(type)) {
      for (const [i, sample] of (entry[samples] as unknown[]).entries()) {
        const at = `${pointer}/${samples}/${i}`;
        if (isEntry(sample)) addMeasure(MEASURES.get(type)!, sample, commons, at, null, commons.offset);
        else records.reject("series", at, refusal("", "not an object"));
      }
      return;
    }
    const measures = MEASURES.get(type);
    if (measures) addMeasure(measures, entry, commons, pointer, date, null);
    else if (EVENTS.has(type)) addEvent(type, entry, commons, pointer);
    else addUnknown(typeName.replace(/_?[Rr]ecords?$/, ""), entry, commons, pointer);
  }

  /** All numbers of one record: they are one element. `fallback`: the offset of the record that a sample lies in. */
  function addMeasure(
    measures: readonly Measure[],
    entry: Entry,
    commons: Commons,
    pointer: string,
    date: string | null,
    fallback: number | null,
  ): undefined {
    const main = metricOf(measures[0]!.metric);
    const kind: Kind = date !== null && main.kind === "cumulative" ? "daily" : "series";
    const span = spanOf(entry, commons, main.kind === "cumulative", fallback);
    if ("reason" in span) return records.reject(kind, pointer, span);
    const { start, end } = span;
    const values: { metric: Metric; value: number }[] = [];
    for (const measure of measures) {
      const found = numberUnder(entry, measure.keys, measure);
      if (found === undefined) {
        if (measure.optional) continue;
        return records.reject(kind, pointer, refusal(`/${measure.keys[0]}`, "not a number"));
      }
      if ("reason" in found) return records.reject(kind, pointer, found);
      const metric = metricOf(measure.metric);
      const value = checked(metric, found.value, `/${found.key}`);
      if (typeof value === "object") return records.reject(kind, pointer, value);
      values.push({ metric, value });
      for (const [keys, extreme] of [
        [measure.low, "min"],
        [measure.high, "max"],
      ] as const) {
        const edge = keys && numberUnder(entry, keys, measure);
        if (edge === undefined) continue;
        if ("reason" in edge) return records.reject(kind, pointer, edge);
        const bound = checked(metric, edge.value, `/${edge.key}`);
        if (typeof bound === "object") return records.reject(kind, pointer, bound);
        // One that is the average itself takes away what an earlier telling of the bucket had.
        values.push({ metric: extremeOf(metric, extreme), value: bound === value ? Number.NaN : bound });
      }
    }
    if (values.length === 0) return records.reject(kind, pointer, refusal("", "no value"));
    if (main.name === "systolic_mmhg" && values[0]!.value <= values[1]!.value) {
      return records.reject(kind, pointer, refusal("/systolic", "not above diastolic"));
    }
    if (values.length === 1) {
      const [{ metric, value }] = values as [(typeof values)[0]];
      place(metric, value, start, end, commons.origin, date);
      return;
    }
    const at = element(records.soon, "series");
    for (const { metric, value } of values) putSample(metric.name, value, start, end, commons.origin, at);
  }

  function addValue({ metric: name, value, start, end, origin, pointer, field, date = null }: Value): undefined {
    const metric = metricOf(name);
    const ours = checked(metric, value, field);
    if (typeof ours === "object") return records.reject(date === null ? "series" : "daily", pointer, ours);
    if (end !== null) {
      const wrong = spanRefusal(start, end, metric.kind === "cumulative");
      if (wrong) return records.reject("series", pointer, wrong);
    }
    place(metric, ours, start, end, origin, date);
  }

  /** A value where it belongs: a day's, a sample, or to be seen at the end of the post. */
  function place(
    metric: Metric,
    value: number,
    start: Moment,
    end: Moment | null,
    origin: string,
    date: string | null,
  ): undefined {
    if (date !== null && metric.kind === "cumulative") {
      const at = element(records.late, "daily");
      days.push({ date, metric: metric.daily ?? metric.name, source: origin, value, end: end?.time ?? 0, element: at });
      return;
    }
    if (metric.kind === "cumulative" && end !== null && end.time - start.time > HOUR_MS) {
      const offset =
        start.utc_offset_s === null ? midnightOffset(start.time, end.time, (on) => hints.offsetAt(on)) : null;
      if (offset !== null) midnights.learn(start.time, offset);
      intervals.push({ metric, value, start, end, origin, element: -1 });
      return;
    }
    putSample(metric.name, value, start, end, origin, element(records.soon, "series"));
  }

  function putSample(
    metric: string,
    value: number,
    start: Moment,
    end: Moment | null,
    origin: string,
    at: number,
  ): undefined {
    const { soon } = records;
    if (end !== null) {
      if (spansOf !== soon) {
        spans = new Map();
        spansOf = soon;
      }
      const key = `${start.time} ${metric} ${origin}`;
      const before = spans.get(key);
      // One that ends earlier has been overtaken: it is an element, and unchanged.
      if (before && before.end > end.time) return;
      spans.set(key, { at, end: end.time });
    }
    addSample(soon, metric, origin, start.time, value, start.utc_offset_s, at);
  }

  function spanOf(
    entry: Entry,
    { offset, start_key, end_key }: Commons,
    isInterval: boolean,
    fallback: number | null,
  ): { start: Moment; end: Moment | null } | Refusal {
    const from = momentOf(entry, START_KEYS, hints);
    if (from === null || from.moment === null) return refusal(`/${from?.key ?? start_key}`, "not a date");
    const start = { time: from.moment.time, utc_offset_s: offset ?? from.moment.utc_offset_s ?? fallback };
    if (start.utc_offset_s !== null) hints.knowOffset?.(start.time, start.utc_offset_s);
    const to = momentOf(entry, END_KEYS, hints);
    if (to === null) return { start, end: null };
    if (to.moment === null) return refusal(`/${to.key ?? end_key}`, "not a date");
    return spanRefusal(start, to.moment, isInterval) ?? { start, end: to.moment };
  }

  function addEvent(type: string, entry: Entry, commons: Commons, pointer: string): undefined {
    const { name, value: fields } = EVENTS.get(type)!;
    const span = spanOf(entry, commons, false, null);
    if ("reason" in span) return records.reject("event", pointer, span);
    const { start, end } = span;
    const told = given(entry, ...fields);
    const value = isNumber(told) || (typeof told === "string" && told.length <= 2000) ? told : null;
    records.soon.events.push({
      external_id: commons.id ?? `e-${shortHash(["cycle", start.time, end?.time ?? "", name].join("|"))}`,
      fields: {
        kind: "cycle",
        start_time: start.time,
        end_time: end?.time ?? null,
        utc_offset_s: start.utc_offset_s,
        name,
        value,
        extra: commons.origin === "" ? null : { data_origin: commons.origin },
      },
      element: element(records.soon, "event"),
    });
  }

  /** What nobody has named yet is kept as it came, under `x_…`. */
  function addUnknown(type: string, entry: Entry, commons: Commons, pointer: string): undefined {
    const span = spanOf(entry, commons, false, null);
    if ("reason" in span) return records.reject("series", pointer, span);
    const numbers = Object.entries(entry).filter(
      ([key, value]) => isNumber(value) && !START_KEYS.includes(key) && !END_KEYS.includes(key),
    ) as [string, number][];
    if (numbers.length === 0) return records.reject("series", pointer, refusal("", "no value"));
    const at = element(records.soon, "series");
    for (const [key, value] of numbers) {
      const name = numbers.length === 1 ? unknownName(type) : unknownName(`${type}_${key}`);
      putSample(name, value, span.start, span.end, commons.origin, at);
    }
  }

  function settle(): undefined {
    records.atEnd?.();
    // The later end last, so that it counts: of one day's intervals the one that has grown furthest.
    for (const { metric, value, start, end, origin } of intervals.sort((a, b) => a.end.time - b.end.time)) {
      const offset = start.utc_offset_s ?? midnights.near(start.time);
      const atMidnight = offset !== null && (start.time + offset * 1000) % (24 * HOUR_MS) <= 120_000;
      if (end.time - start.time < DAY_VALUE_MS && !atMidnight) {
        putSample(metric.name, value, start, end, origin, element(records.soon, "series"));
        continue;
      }
      const at = element(records.late, "daily");
      const date = dateOf(start, midnights, hints);
      days.push({ date, metric: metric.daily ?? metric.name, source: origin, value, end: end.time, element: at });
    }
    intervals = [];
    for (const { end: _, ...day } of days.sort((a, b) => a.end - b.end)) records.late.days.push(day);
    days = [];
    const { late } = records;
    for (const { night, element: at } of lastOf(nights, ({ night }) => night.toRecord(midnights).external_id, longer)) {
      late.nights.push({ ...night.toRecord(midnights), element: at });
    }
    nights = [];
    for (const { activity, element: at } of lastOf(activities, ({ activity }) => activity.external_id, newer)) {
      late.activities.push({ ...activity, element: at });
    }
    activities = [];
    if (records.isTest) {
      records.soon = { ...emptyBatch(), elements: records.soon.elements, rejections: records.soon.rejections };
      records.late = { ...emptyBatch(), elements: late.elements, rejections: late.rejections };
    }
  }

  return records;
}

/** Of several tellings of one record the one that stands; the others are elements all the same. */
function lastOf<Item>(items: Item[], id: (item: Item) => string, over: (earlier: Item, later: Item) => Item): Item[] {
  const byId = new Map<string, Item>();
  for (const item of items) {
    const key = id(item);
    const earlier = byId.get(key);
    byId.set(key, earlier ? over(earlier, item) : item);
  }
  return [...byId.values()];
}

const newer = (earlier: { activity: PendingActivity }, later: { activity: PendingActivity }) =>
  (earlier.activity.modified ?? 0) > (later.activity.modified ?? 0)
    ? (earlier as { activity: PendingActivity; element: number })
    : (later as { activity: PendingActivity; element: number });

/** Some bands write a growing night as many sessions with one start; one with stages tells more than one without. */
function longer<Item extends { night: PendingNight }>(earlier: Item, later: Item): Item {
  const [a, b] = [earlier.night, later.night];
  if (a.start === b.start && a.end !== b.end) return a.end > b.end ? earlier : later;
  if (a.staged !== b.staged) return a.staged ? earlier : later;
  return (a.modified ?? 0) > (b.modified ?? 0) ? earlier : later;
}

export function kindOf(type: string): Kind {
  if (type === "sleepsession") return "sleep";
  if (type === "exercisesession") return "activity";
  return EVENTS.has(type) ? "event" : "series";
}

function checked(metric: Metric, value: number, field: string): number | Refusal {
  if (!Number.isFinite(value)) return refusal(field, "not a number");
  if (value === 0 && metric.kind === "instantaneous" && metric.min > 0) return refusal(field, "0 is no reading");
  return value >= metric.min && value <= metric.max ? value : refusal(field, "out of range");
}

function spanRefusal(start: Moment, end: Moment, isInterval: boolean): Refusal | null {
  const length = end.time - start.time;
  if (length < 0 || (isInterval && length === 0)) return refusal("", "ends before it starts");
  return length > LONGEST_MS ? refusal("", "longer than a year") : null;
}

/** `respiration_brpm` → `respiration_min_brpm`. */
function extremeOf({ name }: Metric, extreme: "min" | "max"): Metric {
  const at = name.lastIndexOf("_");
  return metricOf(
    name.endsWith("_ml_kg_min") || name.endsWith("_mmol_l") || name.endsWith("_kcal_day")
      ? name.replace(/_(ml_kg_min|mmol_l|kcal_day)$/, `_${extreme}_$1`)
      : `${name.slice(0, at)}_${extreme}${name.slice(at)}`,
  );
}

export function unknownName(words: string): string {
  const slug = words
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  return slug === ""
    ? `x_${shortHash(words)}`
    : `x_${slug.length > 100 ? `${slug.slice(0, 80)}_${shortHash(slug)}` : slug}`;
}
