/** From values in Garmin's JSON to day values and samples of a batch: what is no reading is left out, what cannot be true is told. */

import type { z } from "zod";
import { addSample, type Batch, element, type Kind } from "../../domain/batch.ts";
import { sum } from "../../domain/decimals.ts";
import { metricOf } from "../../domain/metrics.ts";
import type { ByOffset } from "./schema.ts";

/** One element of a body while it is read. */
export interface Item {
  batch: Batch;
  /** Its index among the batch's elements. */
  of: number;
  /** RFC 6901 pointer to it. */
  at: string;
}

export const item = (batch: Batch, kind: Kind, at: string): Item => ({ batch, at, of: element(batch, kind) });

/** `kind`: of what would have been a record or sample of its own; null where one is only the poorer for it. */
export function reject({ batch, at }: Item, kind: Kind | null, field: string, reason: string): void {
  batch.rejections.push({ kind, pointer: at + field, reason });
}

/** The pointer and reason of the first thing wrong. */
export function wrong(error: z.ZodError, at = ""): { pointer: string; reason: string } {
  const issue = error.issues[0]!;
  return { pointer: at + issue.path.map((key) => `/${String(key)}`).join(""), reason: issue.message };
}

/** What may be 0 is counted, and temperatures deviate both ways; of anything else 0 and Garmin's −1, −2 … say that nothing was read. */
function isReading(metric: string, value: number): boolean {
  const { kind, min } = metricOf(metric);
  return kind === "cumulative" ? value >= 0 : value > 0 || min < 0;
}
const isPlausible = (metric: string, value: number): boolean => {
  const { min, max } = metricOf(metric);
  return value >= min && value <= max;
};

/**
 * A value of a whole day. Left out: not told, nothing is touched; no reading: what was told before is gone. `source` keeps apart what
 * two answers say of one metric.
 */
export function putDay(
  into: Item,
  date: string,
  metric: string,
  value: number | null | undefined,
  field: string,
  source = "",
): void {
  if (value === undefined) return;
  const read = value !== null && isReading(metric, value) ? value : null;
  if (read !== null && !isPlausible(metric, read)) reject(into, null, field, "out of range");
  else into.batch.days.push({ date, metric, source, value: read, element: into.of });
}

export function putSample(
  into: Item,
  metric: string,
  stream: string,
  time: number,
  value: unknown,
  offset: number | null,
  field: string,
): void {
  if (value === null || value === undefined) return;
  if (typeof value !== "number" || !Number.isFinite(value)) reject(into, "series", field, "not a number");
  else if (!isReading(metric, value)) return;
  else if (!isPlausible(metric, value)) reject(into, "series", field, "out of range");
  else addSample(into.batch, metric, stream, time, value, offset, into.of);
}

export interface Span {
  start: number;
  /** s; null: the device did not tell. */
  offset: number | null;
}

/** Samples by seconds from the start. `offsetAt`: where an offset holds for a part of them only. */
export function putSamples(
  into: Item,
  metric: string,
  stream: string,
  values: ByOffset,
  { start, offset }: Span,
  field: string,
  offsetAt: (seconds: number) => number | null = () => offset,
): void {
  for (const [key, value] of Object.entries(values ?? {})) {
    const seconds = Number(key);
    if (!Number.isFinite(seconds) || key === "")
      reject(into, "series", `${field}/${key}`, "not seconds from the start");
    else putSample(into, metric, stream, start + seconds * 1000, value, offsetAt(seconds), `${field}/${key}`);
  }
}

/** The mean of the readings; null where there are none. */
export function mean(metric: string, values: ByOffset): number | null {
  const read = Object.values(values ?? {}).filter(
    (value): value is number => typeof value === "number" && isReading(metric, value) && isPlausible(metric, value),
  );
  return read.length === 0 ? null : sum(read) / read.length;
}

/** Without what is absent. */
export const present = (all: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined));

/** Without what is not told, so that a part writes only what it carries. */
export function told<Fields extends object>(all: { [Name in keyof Fields]: Fields[Name] | undefined }): Fields {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Fields;
}

/** A heart rate of 0 is none. */
export const reading = (value: number | null | undefined): number | null | undefined =>
  value === null || value === undefined ? value : value > 0 ? value : null;
