/** From a document to a batch: what is no reading is left out, what cannot be true is told. */
import type { z } from "zod";
import { addSample, type Batch, element, type Kind } from "../../domain/batch.ts";
import { metricOf } from "../../domain/metrics.ts";
import type { Block, Moment } from "./schema.ts";

export interface Item {
  batch: Batch;
  /** Its index among the batch's elements. */
  of: number;
  /** RFC 6901 pointer to it. */
  at: string;
}
export type OffsetAt = (date: string) => number;
/** One document of a collection, alone or of a list; a bad one is a rejection. */
export type ReadDocument = (value: unknown, batch: Batch, at: string, offsetAt: OffsetAt) => void;

export const document =
  <Schema extends z.ZodType>(
    kind: Kind,
    schema: Schema,
    put: (document: z.infer<Schema>, into: Item, offsetAt: OffsetAt) => void,
  ): ReadDocument =>
  (value, batch, at, offsetAt) => {
    const parsed = schema.safeParse(value);
    if (parsed.success) put(parsed.data, { batch, at, of: element(batch, kind) }, offsetAt);
    else batch.rejections.push({ kind, ...wrong(parsed.error, at) });
  };

/** The pointer and reason of the first thing wrong. */
export function wrong(error: z.ZodError, at = ""): { pointer: string; reason: string } {
  const issue = error.issues[0]!;
  return { pointer: at + issue.path.map((key) => `/${String(key)}`).join(""), reason: issue.message };
}

export const reject = ({ batch, at }: Item, kind: Kind | null, field: string, reason: string): void =>
  void batch.rejections.push({ kind, pointer: at + field, reason });

/** Null where nothing was read: what is counted may be 0 and deviations go both ways, of all else 0 says that there is none. */
function reading(metric: string, value: number): number | null {
  const { kind, min } = metricOf(metric);
  return value !== 0 || kind === "cumulative" || min < 0 ? value : null;
}
const isPlausible = (metric: string, value: number): boolean => {
  const { min, max } = metricOf(metric);
  return value >= min && value <= max;
};

/** A value of a whole day; without one, what was told before is taken back. */
export function putDay(
  into: Item,
  date: string,
  metric: string,
  value: number | null | undefined,
  field: string,
): void {
  const read = value === null || value === undefined ? null : reading(metric, value);
  if (read !== null && !isPlausible(metric, read)) reject(into, null, field, "out of range");
  else into.batch.days.push({ date, metric, source: "", value: read, element: into.of });
}

export function putSample(
  into: Item,
  metric: string,
  stream: string,
  { time, offset }: Moment,
  value: unknown,
  field: string,
): void {
  if (value === null || value === undefined || value === 0) return;
  if (typeof value !== "number" || !Number.isFinite(value)) reject(into, "series", field, "not a number");
  else if (!isPlausible(metric, value)) reject(into, "series", field, "out of range");
  else addSample(into.batch, metric, stream, time, value, offset, into.of);
}

export function putBlock(into: Item, metric: string, stream: string, samples: Block, field: string): void {
  if (!samples) return;
  const { interval, items, timestamp } = samples;
  items.forEach((value, i) => {
    const at = { ...timestamp, time: timestamp.time + i * interval * 1000 };
    putSample(into, metric, stream, at, value, `${field}/items/${i}`);
  });
}

/** 0 is none. */
export const above0 = (value: number | null | undefined): number | null => value || null;

/** Without what is absent. */
export const present = (all: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined));
