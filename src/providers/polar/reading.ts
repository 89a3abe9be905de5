/** From values in Polar's JSON to day values and samples of a batch: what is no reading is left out, what cannot be true is told. */
import type { z } from "zod";
import { addSample, type Batch, element, emptyBatch, type Kind } from "../../domain/batch.ts";
import { metricOf } from "../../domain/metrics.ts";
import type { Page } from "../provider.ts";

export const API = "https://www.polaraccesslink.com/v3";

/** One item of an answer while it is read. */
export interface Item {
  batch: Batch;
  /** Its index among the batch's elements. */
  of: number;
  /** RFC 6901 pointer to it. */
  at: string;
}

export const page = (batch: Batch = emptyBatch(), next: Page["next"] = null): Page => ({ batch, next });

/** The pointer and reason of the first thing wrong. */
export function wrong(error: z.ZodError, at = ""): { pointer: string; reason: string } {
  const issue = error.issues[0]!;
  return { pointer: at + issue.path.map((key) => `/${String(key)}`).join(""), reason: issue.message };
}

export const reject = ({ batch, at }: Item, kind: Kind | null, field: string, reason: string): void =>
  void batch.rejections.push({ kind, pointer: at + field, reason });

/** Puts one item into the batch; a bad one is a rejection, and nothing of it is stored. Whether it could be read. */
export function put<Value>(
  batch: Batch,
  kind: Kind,
  schema: z.ZodType<Value>,
  value: unknown,
  at: string,
  into: (value: Value, item: Item) => void,
): boolean {
  const parsed = schema.safeParse(value);
  if (parsed.success) into(parsed.data, { batch, at, of: element(batch, kind) });
  else batch.rejections.push({ kind, ...wrong(parsed.error, at) });
  return parsed.success;
}

const isPlausible = (metric: string, value: number): boolean => {
  const { min, max } = metricOf(metric);
  return value >= min && value <= max;
};

/**
 * A value of a whole day; without one, what was told before is taken back. 0 is none, but of what is counted or goes both ways, and
 * where `mayBe0` says so.
 */
export function putDay(
  into: Item,
  date: string,
  metric: string,
  value: number | null | undefined,
  field: string,
  mayBe0 = false,
): void {
  const { kind, min } = metricOf(metric);
  const read = value || (mayBe0 || kind === "cumulative" || min < 0 ? (value ?? null) : null);
  if (read !== null && !isPlausible(metric, read)) reject(into, null, field, "out of range");
  else into.batch.days.push({ date, metric, source: "", value: read, element: into.of });
}

/** 0 is no reading. */
export function putSample(
  into: Item,
  metric: string,
  stream: string,
  time: number,
  value: unknown,
  offset: number,
  field: string,
): void {
  if (value === null || value === undefined || value === 0) return;
  if (typeof value !== "number" || !Number.isFinite(value)) reject(into, "series", field, "not a number");
  else if (!isPlausible(metric, value)) reject(into, "series", field, "out of range");
  else addSample(into.batch, metric, stream, time, value, offset, into.of);
}

/** 0 is none. */
export const above0 = (value: number | null | undefined): number | null => value || null;

/** Without what is absent. */
export const present = (all: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined));
