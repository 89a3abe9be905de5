/**
 * A local day's metrics: a function of the day values given and of the samples, whatever order they came in, and which
 * stream's samples count where several measured the same (docs/ingest.md, "Cumulative, no double counting").
 */
import { sum } from "./decimals.ts";
import { type Metric, metricOf } from "./metrics.ts";
import { byCodePoints } from "./order.ts";
import type { MetricMap } from "./records.ts";
import {
  arrivalByTime,
  type DaySamples,
  header,
  type Local,
  type LocalSummary,
  noSamples,
  type OffsetAt,
  rowsOf,
  whereLocal,
} from "./samples.ts";

/** Day values as given: daily metric name, source, value. */
export type Inputs = Record<string, Record<string, number>>;

/** What one series row contributes to a local date: a date has up to three rows of a metric and stream (the UTC days around it). */
export interface DayStream {
  metric: string;
  stream: string;
  summary: LocalSummary;
  /** The row's samples of that local date (domain/samples `onDate`); asked for only of `askedRows`. */
  samples(date: string): Promise<DaySamples>;
}

/** Streams are `<source>:<grain>`; by source, then grain, in code-point order. */
export function byStream(a: string, b: string): number {
  const [aSource, aGrain] = parts(a);
  const [bSource, bGrain] = parts(b);
  return byCodePoints(aSource, bSource) || byCodePoints(aGrain, bGrain);
}

function parts(stream: string): [source: string, grain: string] {
  const at = stream.lastIndexOf(":");
  return at < 0 ? [stream, ""] : [stream.slice(0, at), stream.slice(at + 1)];
}

/** Of a date's rows those whose samples `deriveDay` asks for: where no value was given and several streams may share an instant. */
export function askedRows<Row extends Pick<DayStream, "metric" | "stream">>(inputs: Inputs, rows: Row[]): Row[] {
  return [...Map.groupBy(rows, ({ metric }) => metric)].flatMap(([name, own]) => {
    const { kind, daily } = metricOf(name);
    if (kind === "cumulative" || daily === null || Object.keys(inputs[daily] ?? {}).length > 0) return [];
    return isOneStream(own) ? [] : own;
  });
}

const isOneStream = (rows: { stream: string }[]): boolean => rows.every(({ stream }) => stream === rows[0]!.stream);

/**
 * The metrics of one local date. Cumulative: of each local hour the stream with the largest sum, or a day value where that is
 * larger. Instantaneous: the day value of the first source in code-point order, else the registry's aggregate of the samples.
 */
export async function deriveDay(date: string, inputs: Inputs, streams: DayStream[]): Promise<MetricMap> {
  const values = new Map<string, number>();
  for (const [key, bySource] of Object.entries(inputs)) {
    const given = Object.entries(bySource).sort(([a], [b]) => byCodePoints(a, b));
    if (given.length === 0) continue;
    const cumulative = metricOf(key).kind === "cumulative";
    values.set(key, cumulative ? Math.max(...given.map(([, value]) => value)) : given[0]![1]);
  }
  const byMetric = Map.groupBy(streams, ({ metric }) => metric);
  for (const name of [...byMetric.keys()].sort(byCodePoints)) {
    const metric = metricOf(name);
    if (metric.daily === null) continue;
    const rows = byMetric.get(name)!;
    const given = values.get(metric.daily);
    if (metric.kind === "cumulative") {
      const counted = countedSum(rows.map(({ stream, summary }) => ({ stream, hours: summary.hours ?? {} })));
      values.set(metric.daily, given === undefined ? counted : Math.max(counted, given));
    } else if (given === undefined) {
      values.set(metric.daily, await aggregate(metric, date, rows));
    }
  }
  return Object.fromEntries([...values].sort(([a], [b]) => byCodePoints(a, b)));
}

interface StreamHours {
  stream: string;
  hours: Record<string, number>;
}

/** Of one local date, for each hour: the stream with the largest sum (tie: the first in code-point order), and that sum. */
function countingHours(rows: StreamHours[]): Map<string, { stream: string; sum: number }> {
  // A half-hour offset puts one local hour into two UTC days, that is two rows of a stream.
  const pieces = new Map<string, Map<string, number[]>>();
  for (const { stream, hours } of rows) {
    for (const [hour, value] of Object.entries(hours)) {
      const ofHour = pieces.get(hour) ?? new Map<string, number[]>();
      pieces.set(hour, ofHour);
      ofHour.set(stream, [...(ofHour.get(stream) ?? []), value]);
    }
  }
  const counting = new Map<string, { stream: string; sum: number }>();
  for (const hour of [...pieces.keys()].sort()) {
    for (const [stream, values] of pieces.get(hour)!) {
      const own = { stream, sum: sum(values.sort((a, b) => a - b)) };
      const best = counting.get(hour);
      if (!best || own.sum > best.sum || (own.sum === best.sum && byStream(stream, best.stream) < 0))
        counting.set(hour, own);
    }
  }
  return counting;
}

const countedSum = (rows: StreamHours[]): number => sum([...countingHours(rows).values()].map((hour) => hour.sum));

/** The registry's aggregate over the samples of the date; at one instant only the first stream in code-point order counts. */
async function aggregate({ aggregate }: Metric, date: string, rows: DayStream[]): Promise<number> {
  let of: LocalSummary[];
  if (isOneStream(rows)) {
    of = rows.map(({ summary }) => summary).sort((a, b) => a.last_time - b.last_time);
  } else {
    const counted = interleave(
      await Promise.all(rows.map(async ({ stream, samples }) => ({ stream, samples: await samples(date) }))),
    );
    of = [{ ...header(counted), last: counted.value.at(-1)!, last_time: counted.time.at(-1)! }];
  }
  switch (aggregate) {
    case "avg":
      return sum(of.map((s) => s.sum)) / sum(of.map((s) => s.count));
    case "sum":
      return sum(of.map((s) => s.sum));
    case "min":
      return Math.min(...of.map((s) => s.min));
    case "max":
      return Math.max(...of.map((s) => s.max));
    case "last":
      return of.at(-1)!.last;
    default:
      return aggregate satisfies never;
  }
}

interface StreamSamples {
  stream: string;
  samples: DaySamples;
}

/** Samples of several streams as one series, ascending: at one instant the first stream in code-point order counts. */
export function interleave(streams: StreamSamples[]): DaySamples {
  const ordered = streams.toSorted((a, b) => byStream(a.stream, b.stream));
  const all = noSamples(ordered.reduce((rows, { samples }) => rows + samples.time.length, 0));
  let rows = 0;
  for (const { samples } of ordered) {
    all.time.set(samples.time, rows);
    all.value.set(samples.value, rows);
    all.utc_offset_s.set(samples.utc_offset_s, rows);
    rows += samples.time.length;
  }
  const order = arrivalByTime(all.time);
  const result = noSamples(rows);
  let count = 0;
  for (const row of order) {
    const time = all.time[row]!;
    if (count > 0 && result.time[count - 1] === time) continue;
    result.time[count] = time;
    result.value[count] = all.value[row]!;
    result.utc_offset_s[count] = all.utc_offset_s[row]!;
    count++;
  }
  return rowsOf(result, 0, count);
}

/**
 * Which stream of a cumulative metric counts in a local hour. `rows`: one provider's rows of the metric; for a true answer at
 * the edges of a range also those of the UTC day before and after it.
 */
export function countingStreams(
  rows: { stream: string; local: Local }[],
): (date: string, hour: string) => string | null {
  const byDate = new Map<string, StreamHours[]>();
  for (const { stream, local } of rows) {
    for (const [date, { hours }] of Object.entries(local)) {
      const ofDate = byDate.get(date) ?? [];
      byDate.set(date, ofDate);
      ofDate.push({ stream, hours: hours ?? {} });
    }
  }
  const counting = new Map([...byDate].map(([date, ofDate]) => [date, countingHours(ofDate)]));
  return (date, hour) => counting.get(date)?.get(hour)?.stream ?? null;
}

/**
 * What a plain read of one provider's series answers: of a cumulative metric the counting stream of each local hour
 * (`counting`, from `countingStreams`), of any other the streams interleaved.
 */
export function countedSamples(
  metric: string,
  rows: (StreamSamples & { offsetAt: OffsetAt })[],
  counting: (date: string, hour: string) => string | null,
): DaySamples {
  if (metricOf(metric).kind !== "cumulative") return interleave(rows);
  return interleave(
    rows.map(({ stream, samples, offsetAt }) => ({
      stream,
      samples: whereLocal(samples, offsetAt, (date, hour) => counting(date, hour) === stream),
    })),
  );
}
