/**
 * The samples of one `series` row: one metric, provider, stream and UTC day. Packed lossless; merged, summed and bucketed here.
 * Times are whole unix ms, values finite doubles.
 */
import {
  Reader,
  readRuns,
  readTimes,
  readValues,
  seal,
  unseal,
  Writer,
  writeRuns,
  writeTimes,
  writeValues,
} from "./columns.ts";
import { sum } from "./decimals.ts";
import { DAY_MS, utcDate } from "./time.ts";

/** Ascending by time, one per instant; columns of one length. */
export interface DaySamples {
  time: Float64Array;
  value: Float64Array;
  /** s east of UTC; NaN: unknown. */
  utc_offset_s: Float64Array;
}

export const noSamples = (rows = 0): DaySamples => ({
  time: new Float64Array(rows),
  value: new Float64Array(rows),
  utc_offset_s: new Float64Array(rows),
});

/** Rows `[from, to)`, which stay where they are. */
export const rowsOf = ({ time, value, utc_offset_s }: DaySamples, from: number, to: number): DaySamples => ({
  time: time.subarray(from, to),
  value: value.subarray(from, to),
  utc_offset_s: utc_offset_s.subarray(from, to),
});

/** Rows by their numbers. */
export function pickRows({ time, value, utc_offset_s }: DaySamples, rows: Uint32Array): DaySamples {
  const picked = noSamples(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    picked.time[i] = time[row]!;
    picked.value[i] = value[row]!;
    picked.utc_offset_s[i] = utc_offset_s[row]!;
  }
  return picked;
}

/** What one local day in a row sums up to. `last` is the value at `last_time`. */
export interface LocalSummary {
  count: number;
  sum: number;
  min: number;
  max: number;
  last: number;
  last_time: number;
  /** Of its last sample; left out: unknown. */
  utc_offset_s?: number;
  /** Cumulative metrics only: local hour "00".."23" to sum. */
  hours?: Record<string, number>;
}

/** By local date. */
export type Local = Record<string, LocalSummary>;

/** The guess, s, for samples whose own offset is unknown. */
export type OffsetAt = (time: number) => number;

/** What is readable of a row without unpacking it; `first` and `last` are instants. */
export interface SeriesHeader {
  count: number;
  min: number;
  max: number;
  sum: number;
  first: number;
  last: number;
}

const UNKNOWN_OFFSET = 0;

/** Throws RangeError for times or offsets that are not whole: a caller's mistake, and packing would lose it. */
export async function pack(samples: DaySamples): Promise<Uint8Array> {
  const { time, value, utc_offset_s } = samples;
  for (let i = 0; i < time.length; i++) {
    const offset = utc_offset_s[i]!;
    if (!Number.isSafeInteger(time[i]) || !(Number.isInteger(offset) || Number.isNaN(offset)))
      throw new RangeError("samples need whole times and offsets");
  }
  const writer = new Writer();
  writer.varint(time.length);
  writeTimes(writer, time);
  writeValues(writer, value);
  writeRuns(writer, utc_offset_s, (offset) =>
    writer.varint(Number.isNaN(offset) ? UNKNOWN_OFFSET : 1 + (offset < 0 ? -2 * offset - 1 : 2 * offset)),
  );
  return seal(writer.done());
}

/** Throws RangeError (or the stream's TypeError) for data that `pack` did not make. */
export async function unpack(data: Uint8Array): Promise<DaySamples> {
  const reader = new Reader(await unseal(data));
  const count = reader.varint();
  const time = readTimes(reader, count);
  const value = readValues(reader, count);
  const utc_offset_s = readRuns(reader, count, () => {
    const code = reader.varint();
    if (code === UNKNOWN_OFFSET) return Number.NaN;
    return code % 2 === 1 ? (code - 1) / 2 : -code / 2;
  });
  return { time, value, utc_offset_s };
}

/** Of at least one sample. */
export function header({ time, value }: Pick<DaySamples, "time" | "value">): SeriesHeader {
  let min = value[0]!;
  let max = min;
  for (let i = 1; i < value.length; i++) {
    const v = value[i]!;
    if (v < min) min = v;
    if (v > max) max = v;
  }
  return { count: value.length, min, max, sum: sum(value), first: time[0]!, last: time[time.length - 1]! };
}

const HOUR_MS = 3_600_000;
const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"));
const hourOf = (localMs: number): string => HOURS[Math.floor(localMs / HOUR_MS - 24 * Math.floor(localMs / DAY_MS))]!;

/** Rows by the local hour they fall in, or another span: mostly one run each, as offsets change rarely. */
type Spans = Map<number, { from: number; to: number }[]>;

/** A sample is local at its own offset, else at the guess for its instant. */
function spansOf({ time, utc_offset_s }: DaySamples, width: number, offsetAt: OffsetAt): Spans {
  const spans: Spans = new Map();
  let span = Number.NaN;
  let run = { from: 0, to: 0 };
  for (let i = 0; i < time.length; i++) {
    const offset = utc_offset_s[i]!;
    const at = Math.floor((time[i]! + (Number.isNaN(offset) ? offsetAt(time[i]!) : offset) * 1000) / width);
    if (at !== span) {
      span = at;
      run = { from: i, to: i };
      const runs = spans.get(at);
      if (runs) runs.push(run);
      else spans.set(at, [run]);
    }
    run.to = i + 1;
  }
  return spans;
}

/** The rows of some runs, ascending. */
function joinRuns(samples: DaySamples, runs: { from: number; to: number }[]): DaySamples {
  if (runs.length === 1) return rowsOf(samples, runs[0]!.from, runs[0]!.to);
  const joined = noSamples(runs.reduce((rows, { from, to }) => rows + to - from, 0));
  let at = 0;
  for (const { from, to } of runs) {
    joined.time.set(samples.time.subarray(from, to), at);
    joined.value.set(samples.value.subarray(from, to), at);
    joined.utc_offset_s.set(samples.utc_offset_s.subarray(from, to), at);
    at += to - from;
  }
  return joined;
}

/** What each local day in the row sums up to. */
export function summarise(samples: DaySamples, cumulative: boolean, offsetAt: OffsetAt): Local {
  const result: Local = {};
  for (const [day, runs] of [...spansOf(samples, DAY_MS, offsetAt)].sort((a, b) => a[0] - b[0])) {
    const own = joinRuns(samples, runs);
    const { count, sum, min, max, last } = header(own);
    const offset = own.utc_offset_s[count - 1]!;
    result[utcDate(day * DAY_MS)] = {
      count,
      sum,
      min,
      max,
      last: own.value[count - 1]!,
      last_time: last,
      ...(!Number.isNaN(offset) && { utc_offset_s: offset }),
      ...(cumulative && { hours: {} }),
    };
  }
  if (!cumulative) return result;
  for (const [hour, runs] of [...spansOf(samples, HOUR_MS, offsetAt)].sort((a, b) => a[0] - b[0])) {
    result[utcDate(hour * HOUR_MS)]!.hours![hourOf(hour * HOUR_MS)] = sum(joinRuns(samples, runs).value);
  }
  return result;
}

/** The samples whose local date and hour ("00".."23") pass. */
export function whereLocal(
  samples: DaySamples,
  offsetAt: OffsetAt,
  passes: (date: string, hour: string) => boolean,
): DaySamples {
  const runs = [...spansOf(samples, HOUR_MS, offsetAt)]
    .filter(([hour]) => passes(utcDate(hour * HOUR_MS), hourOf(hour * HOUR_MS)))
    .flatMap(([, own]) => own);
  return joinRuns(
    samples,
    runs.sort((a, b) => a.from - b.from),
  );
}

/** The samples of one local date. */
export const onDate = (samples: DaySamples, date: string, offsetAt: OffsetAt): DaySamples =>
  whereLocal(samples, offsetAt, (local) => local === date);

/**
 * Merges incoming samples, in arrival order, into the stored ones: at one instant the last wins, and an unknown offset never
 * replaces a known one. A value of NaN removes the sample of its instant. `changed[i]` is 1 where incoming sample i put something new
 * there, so it is 0 for all but the last of an instant. Where nothing changed `samples` is `stored` itself; it may be `incoming`.
 */
export function mergeSamples(
  stored: DaySamples | null,
  incoming: DaySamples,
): { samples: DaySamples; changed: Uint8Array; any: boolean } {
  const { time, value, utc_offset_s } = incoming;
  const rows = time.length;
  const changed = new Uint8Array(rows);
  if (stored === null && isDaySamples(incoming)) return { samples: incoming, changed: changed.fill(1), any: rows > 0 };
  const old = stored ?? noSamples();
  const order = arrivalByTime(time);
  const merged = noSamples(old.time.length + rows);
  let count = 0;
  let any = false;
  let o = 0;
  const keep = (before: number) => {
    const from = o;
    while (o < old.time.length && old.time[o]! < before) o++;
    merged.time.set(old.time.subarray(from, o), count);
    merged.value.set(old.value.subarray(from, o), count);
    merged.utc_offset_s.set(old.utc_offset_s.subarray(from, o), count);
    count += o - from;
  };
  for (let n = 0; n < rows; n++) {
    const at = time[order[n]!]!;
    if (o < old.time.length && old.time[o]! < at) keep(at);
    const known = o < old.time.length && old.time[o] === at;
    let offset = known ? old.utc_offset_s[o]! : Number.NaN;
    for (; ; n++) {
      const told = utc_offset_s[order[n]!]!;
      if (!Number.isNaN(told)) offset = told;
      if (n + 1 === rows || time[order[n + 1]!] !== at) break;
    }
    const last = order[n]!;
    const now = value[last]!;
    const gone = Number.isNaN(now);
    const same = known && Object.is(now, old.value[o]) && Object.is(offset, old.utc_offset_s[o]);
    if (gone ? known : !same) {
      changed[last] = 1;
      any = true;
    }
    if (known) o++;
    if (gone) continue;
    merged.time[count] = at;
    merged.value[count] = now;
    merged.utc_offset_s[count] = offset;
    count++;
  }
  if (!any) return { samples: old, changed, any };
  keep(Number.POSITIVE_INFINITY);
  return { samples: rowsOf(merged, 0, count), changed, any };
}

/** Whether they are in order, one an instant, none a removal: then nothing is to be merged where nothing is stored. */
function isDaySamples({ time, value }: DaySamples): boolean {
  for (let i = 0; i < time.length; i++) {
    if (Number.isNaN(value[i]!) || (i > 0 && time[i]! <= time[i - 1]!)) return false;
  }
  return true;
}

/** Rows by time; those of one instant stay as they arrived. Mostly they come so. */
export function arrivalByTime(time: Float64Array): Uint32Array {
  const order = new Uint32Array(time.length);
  let ascending = true;
  for (let i = 0; i < time.length; i++) {
    order[i] = i;
    if (i > 0 && time[i]! < time[i - 1]!) ascending = false;
  }
  return ascending ? order : order.sort((a, b) => time[a]! - time[b]! || a - b);
}

export const RESOLUTIONS = { "1m": 60_000, "5m": 300_000, "1h": HOUR_MS, "1d": DAY_MS } as const;
export type Resolution = keyof typeof RESOLUTIONS;

/** `time`: the start of a UTC bucket, ms. */
export interface Bucket {
  time: number;
  avg: number;
  min: number;
  max: number;
  sum: number;
  count: number;
}

/** Buckets that hold a sample, ascending. */
export function bucket(samples: DaySamples, resolution: Resolution): Bucket[] {
  const { time, value } = samples;
  const width = RESOLUTIONS[resolution];
  const buckets: Bucket[] = [];
  let start = 0;
  while (start < time.length) {
    const bucketTime = Math.floor(time[start]! / width) * width;
    let end = start + 1;
    while (end < time.length && time[end]! < bucketTime + width) end++;
    const own = header({ time: time.subarray(start, end), value: value.subarray(start, end) });
    buckets.push({
      time: bucketTime,
      avg: own.sum / own.count,
      min: own.min,
      max: own.max,
      sum: own.sum,
      count: own.count,
    });
    start = end;
  }
  return buckets;
}
