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
  time: number[];
  value: number[];
  /** s east of UTC; NaN: unknown. */
  utc_offset_s: number[];
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
export function header({ time, value }: DaySamples): SeriesHeader {
  let min = value[0]!;
  let max = value[0]!;
  for (const v of value) {
    if (v < min) min = v;
    if (v > max) max = v;
  }
  return { count: value.length, min, max, sum: sum(value), first: time[0]!, last: time[time.length - 1]! };
}

/** Local ms of each sample: at its own offset, else at the guess for its instant. */
function* localTimes(samples: DaySamples, offsetAt: OffsetAt): Generator<number> {
  const { time, utc_offset_s } = samples;
  for (let i = 0; i < time.length; i++) {
    const offset = utc_offset_s[i]!;
    yield time[i]! + (Number.isNaN(offset) ? offsetAt(time[i]!) : offset) * 1000;
  }
}

const HOUR_MS = 3_600_000;
const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"));
const hourOf = (localMs: number): string => HOURS[Math.floor(localMs / HOUR_MS - 24 * Math.floor(localMs / DAY_MS))]!;

/** What each local day in the row sums up to. */
export function summarise(samples: DaySamples, cumulative: boolean, offsetAt: OffsetAt): Local {
  const { time, value } = samples;
  const days = new Map<number, number[]>();
  const hours = new Map<number, number[]>();
  let i = 0;
  for (const local of localTimes(samples, offsetAt)) {
    push(days, Math.floor(local / DAY_MS), i);
    if (cumulative) push(hours, Math.floor(local / HOUR_MS), value[i]!);
    i++;
  }
  const result: Local = {};
  for (const [day, indexes] of [...days].sort((a, b) => a[0] - b[0])) {
    const own = header({ time: indexes.map((j) => time[j]!), value: indexes.map((j) => value[j]!), utc_offset_s: [] });
    result[utcDate(day * DAY_MS)] = {
      count: own.count,
      sum: own.sum,
      min: own.min,
      max: own.max,
      last: value[indexes[indexes.length - 1]!]!,
      last_time: own.last,
      ...known(samples.utc_offset_s[indexes[indexes.length - 1]!]!),
      ...(cumulative && { hours: {} }),
    };
  }
  for (const [hour, values] of [...hours].sort((a, b) => a[0] - b[0]))
    result[utcDate(hour * HOUR_MS)]!.hours![hourOf(hour * HOUR_MS)] = sum(values);
  return result;
}

const known = (offset: number): { utc_offset_s?: number } => (Number.isNaN(offset) ? {} : { utc_offset_s: offset });

function push<K>(lists: Map<K, number[]>, key: K, value: number): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** The samples whose local date and hour ("00".."23") pass. */
export function whereLocal(
  samples: DaySamples,
  offsetAt: OffsetAt,
  passes: (date: string, hour: string) => boolean,
): DaySamples {
  const result: DaySamples = { time: [], value: [], utc_offset_s: [] };
  const asked = new Map<number, boolean>();
  let i = 0;
  for (const local of localTimes(samples, offsetAt)) {
    const hour = Math.floor(local / HOUR_MS);
    let pass = asked.get(hour);
    if (pass === undefined) asked.set(hour, (pass = passes(utcDate(local), hourOf(local))));
    if (pass) {
      result.time.push(samples.time[i]!);
      result.value.push(samples.value[i]!);
      result.utc_offset_s.push(samples.utc_offset_s[i]!);
    }
    i++;
  }
  return result;
}

/** The samples of one local date. */
export const onDate = (samples: DaySamples, date: string, offsetAt: OffsetAt): DaySamples =>
  whereLocal(samples, offsetAt, (local) => local === date);

/**
 * Merges incoming samples, in arrival order, into the stored ones: at one instant the last wins, and an unknown offset never
 * replaces a known one. A value of NaN removes the sample of its instant. `changed[i]` is 1 where incoming sample i put something new there, so it is 0 for all but the last of an instant.
 * Where nothing changed `samples` is `stored` itself.
 */
export function mergeSamples(
  stored: DaySamples | null,
  incoming: { time: number[]; value: number[]; utc_offset_s: number[] },
): { samples: DaySamples; changed: Uint8Array; any: boolean } {
  const old = stored ?? { time: [], value: [], utc_offset_s: [] };
  const { time, value, utc_offset_s } = incoming;
  const changed = new Uint8Array(time.length);
  const order = Array.from(time, (_, i) => i);
  // Mostly they come in order; sort is stable, so the last of an instant stays last.
  if (time.some((t, i) => i > 0 && t < time[i - 1]!)) order.sort((a, b) => time[a]! - time[b]!);

  const merged: DaySamples = { time: [], value: [], utc_offset_s: [] };
  const put = (t: number, v: number, offset: number) => {
    merged.time.push(t);
    merged.value.push(v);
    merged.utc_offset_s.push(offset);
  };
  let any = false;
  let o = 0;
  for (let n = 0; n < order.length; n++) {
    const at = time[order[n]!]!;
    for (; o < old.time.length && old.time[o]! < at; o++) put(old.time[o]!, old.value[o]!, old.utc_offset_s[o]!);
    const known = o < old.time.length && old.time[o] === at;
    let offset = known ? old.utc_offset_s[o]! : Number.NaN;
    for (; ; n++) {
      if (!Number.isNaN(utc_offset_s[order[n]!])) offset = utc_offset_s[order[n]!]!;
      if (n + 1 === order.length || time[order[n + 1]!] !== at) break;
    }
    const last = order[n]!;
    if (Number.isNaN(value[last])) {
      if (known) {
        changed[last] = 1;
        any = true;
        o++;
      }
      continue;
    }
    if (!known || !Object.is(value[last], old.value[o]) || !Object.is(offset, old.utc_offset_s[o])) {
      changed[last] = 1;
      any = true;
    }
    put(at, value[last]!, offset);
    if (known) o++;
  }
  if (!any) return { samples: old, changed, any };
  for (; o < old.time.length; o++) put(old.time[o]!, old.value[o]!, old.utc_offset_s[o]!);
  return { samples: merged, changed, any };
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
    const own = header({ time: time.slice(start, end), value: value.slice(start, end), utc_offset_s: [] });
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
