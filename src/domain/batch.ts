/**
 * The waist of the house: page, push and ingest all become one `Batch`; only store/commit writes one.
 * Normalisers fill it and look nowhere else: what is replaced, merged or derived is `commit`'s to find out.
 */
import type { ActivityFields, EventFields, Lap, SleepFields, Track } from "./records.ts";

/**
 * Which answer a record was made from; a lower rank never overwrites a field that a higher one carries. `notice`: what comes with a
 * file says of its record, whose own answer may still be to come.
 */
export const PART_RANK = { notice: 0, list: 1, detail: 2, file: 3 } as const;
export type PartName = keyof typeof PART_RANK;

/**
 * One workout as one answer tells it. Fields left out are not touched; an explicit null clears.
 * `start_time`, `sport` and `sub_sport` must be there for an activity not stored yet.
 */
export interface ActivityRecord {
  external_id: string;
  part: PartName;
  fields: Partial<ActivityFields>;
  /** Replaces the stored channels; null removes the track; left out: not touched. */
  track?: Track | null;
  /** Replaces the stored laps; left out: `track.laps` where a track comes along and has some, else not touched. */
  laps?: Lap[];
  /** Kinds of want (streams of kind "want") to raise when this part is new or changed. */
  wants?: string[];
  /**
   * `same_span`: of records of this provider with equal start, elapsed time and sport the one of the highest `rank` stays
   * (Apple Health: a workout with an id has rank 1, the same without one rank 0).
   */
  replaces?: "same_span";
  rank?: number;
  /** When the source last changed it, unix ms: what is older than what is stored under its key changes nothing. */
  modified?: number | null;
  element: number;
}

/**
 * One night or nap.
 * With `replaces: "overlapping"` the `rank` (default 0) decides between overlapping records of one provider: a higher one replaces,
 * a lower one gives way, equal ones replace by external_id alone; of equal ones with one start the longer stays. Nights built from segments have rank 1, aggregated ones 0.
 * With `overlapping_type` only records of one `type` compete, the one stored under the same external_id among them, and of equal
 * ranks the newer stays: for providers that send a night several times and may move its start.
 * `staged_only`: a night without stages never replaces one with (ingest rules).
 */
export interface SleepRecord {
  external_id: string;
  part: PartName;
  fields: Partial<SleepFields>;
  rank?: number;
  replaces?: "overlapping" | "overlapping_type";
  staged_only?: boolean;
  /** As an activity's. */
  modified?: number | null;
  element: number;
}

export type SegmentStage = "in_bed" | "awake" | "light" | "deep" | "rem" | "unstaged";
/** A piece of a night, where a phone sends pieces; commit joins them (domain/nights). */
export interface SegmentRecord {
  source: string;
  start_time: number;
  end_time: number;
  utc_offset_s: number | null;
  /** Of the end, which the night's date hangs on; left out: that of the start. */
  end_utc_offset_s?: number | null;
  stage: SegmentStage;
  element: number;
}

/** A value given for a whole local day. Null removes the input. */
export interface DayValue {
  date: string;
  /** A key of `daily.metrics` (domain/metrics). */
  metric: string;
  source: string;
  value: number | null;
  element: number;
}

/** Samples of one metric and one stream in arrival order; columns of one length. */
export interface SampleColumns {
  metric: string;
  /** Source and grain, e.g. `Watch:minute`; empty where there is one. */
  stream: string;
  time: number[];
  value: number[];
  /** NaN: unknown. */
  utc_offset_s: number[];
  /** Ascending. */
  element: number[];
  /**
   * Metrics of which the stream loses what it has at each of these instants: what an earlier telling of them said. What the same
   * element, or a later one, says of them stays.
   */
  clears?: readonly string[];
}

export interface EventRecord {
  external_id: string;
  fields: EventFields;
  element: number;
}

export type Kind = "activity" | "sleep" | "daily" | "series" | "event";
export const KINDS: readonly Kind[] = ["activity", "sleep", "daily", "series", "event"];

/**
 * By key, or everything of a kind that starts within `[from, to)`, ms, but `keep`. With `confirm` what is absent is not deleted yet:
 * that want is raised, and its answer decides. `daily`: the day values of that source, whatever their date.
 */
export type Deletion =
  | { kind: "activity" | "sleep" | "event"; external_id: string }
  | { kind: "activity" | "sleep" | "event"; from: number; to: number; keep: string[]; confirm?: string }
  | { kind: "daily"; source: string };

/** `pointer` is the RFC 6901 pointer of the element or its bad field in the answer or body. */
export interface Rejection {
  kind: Kind | null;
  pointer: string;
  reason: string;
  /** Of the record, where that much could be read. */
  external_id?: string;
}

export interface Batch {
  /** The kind of each element; items name their element by its index, so that counts are of elements, not of rows. */
  elements: Kind[];
  activities: ActivityRecord[];
  nights: SleepRecord[];
  segments: SegmentRecord[];
  days: DayValue[];
  samples: SampleColumns[];
  events: EventRecord[];
  deletions: Deletion[];
  rejections: Rejection[];
}

export function emptyBatch(): Batch {
  return {
    elements: [],
    activities: [],
    nights: [],
    segments: [],
    days: [],
    samples: [],
    events: [],
    deletions: [],
    rejections: [],
  };
}

/** Registers an element and returns its index, for the `element` of what it leads to. */
export function element(batch: Batch, kind: Kind): number {
  return batch.elements.push(kind) - 1;
}

/** The columns of a metric and stream, made if there are none. A batch has few, so the newest are looked at first. */
export function sampleColumns(
  batch: Batch,
  metric: string,
  stream: string,
  clears: readonly string[] = [],
): SampleColumns {
  for (let i = batch.samples.length - 1; i >= 0; i--) {
    const candidate = batch.samples[i]!;
    if (candidate.metric === metric && candidate.stream === stream && isSame(candidate.clears, clears))
      return candidate;
  }
  const columns: SampleColumns = { metric, stream, time: [], value: [], utc_offset_s: [], element: [] };
  if (clears.length > 0) columns.clears = clears;
  batch.samples.push(columns);
  return columns;
}

const isSame = (a: readonly string[] = [], b: readonly string[]): boolean =>
  a.length === b.length && a.every((metric, i) => metric === b[i]);

/** Appends a sample to the columns of its metric and stream. */
export function addSample(
  batch: Batch,
  metric: string,
  stream: string,
  time: number,
  value: number,
  utcOffset: number | null,
  of: number,
): void {
  const columns = sampleColumns(batch, metric, stream);
  columns.time.push(time);
  columns.value.push(value);
  columns.utc_offset_s.push(utcOffset ?? Number.NaN);
  columns.element.push(of);
}

/** Adds all of one batch to another; its elements come behind those that are there. */
export function append(to: Batch, from: Batch): void {
  const first = to.elements.length;
  // One by one: as arguments of one call a hundred thousand are too many.
  for (const kind of from.elements) to.elements.push(kind);
  const move = <Item extends { element: number }>(items: Item[], into: Item[]): void => {
    for (const item of items) into.push({ ...item, element: item.element + first });
  };
  move(from.activities, to.activities);
  move(from.nights, to.nights);
  move(from.segments, to.segments);
  move(from.days, to.days);
  move(from.events, to.events);
  to.deletions.push(...from.deletions);
  for (const rejection of from.rejections) to.rejections.push(rejection);
  for (const { metric, stream, time, value, utc_offset_s, element: of, clears } of from.samples) {
    const columns = sampleColumns(to, metric, stream, clears);
    for (let i = 0; i < time.length; i++) {
      columns.time.push(time[i]!);
      columns.value.push(value[i]!);
      columns.utc_offset_s.push(utc_offset_s[i]!);
      columns.element.push(of[i]! + first);
    }
  }
}

export interface Counts {
  received: number;
  written: number;
  unchanged: number;
  rejected: number;
}
