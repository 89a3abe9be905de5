/**
 * From a provider's answer to a page: what can't be read is told with its pointer and loses no neighbour, what is no reading is left
 * out, what cannot be true is rejected. Every provider's `read` is made of these.
 */
import type { z } from "zod";
import { addSample, type Batch, element, emptyBatch, type Kind, type Rejection } from "../domain/batch.ts";
import { metricOf } from "../domain/metrics.ts";
import type { EventFields } from "../domain/records.ts";
import { localDate, utcDate } from "../domain/time.ts";
import type { Fault } from "../platform/errors.ts";
import type { Json, Page } from "./provider.ts";
import type { Moment } from "./shapes.ts";

export type Told = number | null | undefined;
export type OffsetAt = (date: string) => number;

/** One item of an answer while it is read. */
export interface Item {
  batch: Batch;
  /** Its index among the batch's elements. */
  of: number;
  /** RFC 6901 pointer to it. */
  at: string;
  /** `none`: less than 0 says that nothing was read, where a metric cannot be below 0 (Garmin's −1, −2 …); else it is rejected. */
  negatives?: "none";
}

export const page = (batch: Batch = emptyBatch(), next: Json = null): Page => ({ batch, next });

/** The pointer and reason of the first thing wrong. */
export function wrong(error: z.ZodError, at = ""): { pointer: string; reason: string } {
  const issue = error.issues[0]!;
  return { pointer: at + issue.path.map((key) => `/${String(key)}`).join(""), reason: issue.message };
}

export const unreadable = (pointer: string, reason: string): Fault => ({ kind: "unreadable", pointer, reason });

/** What follows from an answer of this shape; one of any other is unreadable as a whole. */
export function readAs<Shape extends z.ZodType, Result>(
  schema: Shape,
  body: unknown,
  then: (value: z.infer<Shape>) => Result,
): Result | Fault {
  const parsed = schema.safeParse(body);
  return parsed.success ? then(parsed.data) : { kind: "unreadable", ...wrong(parsed.error) };
}

/** Whether anything came of the newest element. */
const isUsed = ({ activities, nights, days, events, samples }: Batch, of: number): boolean =>
  [activities, nights, days, events].some((items) => items.at(-1)?.element === of) ||
  samples.some(({ element }) => element.at(-1) === of);

/**
 * Puts one item into the batch as an element; a bad one is a rejection, and nothing of it is stored. So is one that `into` rejects, of
 * which nothing has come: it is no element any more, or it would count twice. Whether it could be read.
 */
export function put<Shape extends z.ZodType>(
  batch: Batch,
  kind: Kind,
  schema: Shape,
  value: unknown,
  at: string,
  into: (value: z.infer<Shape>, item: Item) => void,
): boolean {
  const parsed = schema.safeParse(value);
  const { elements, rejections } = batch;
  const before = rejections.length;
  if (!parsed.success) {
    rejections.push({ kind, ...wrong(parsed.error, at) });
    return false;
  }
  const of = element(batch, kind);
  into(parsed.data, { batch, at, of });
  const isRejected = rejections.slice(before).some((one) => one.kind === kind);
  if (isRejected && of === elements.length - 1 && !isUsed(batch, of)) elements.pop();
  return true;
}

/** Reads an item, alone or of a list; a bad one is a rejection. Whether it could be read. */
export type ReadItem = (batch: Batch, value: unknown, at: string, offsetAt: OffsetAt) => boolean;
export const readerOf =
  <Shape extends z.ZodType>(
    kind: Kind,
    schema: Shape,
    into: (value: z.infer<Shape>, item: Item, offsetAt: OffsetAt) => void,
  ): ReadItem =>
  (batch, value, at, offsetAt) =>
    put(batch, kind, schema, value, at, (read, item) => into(read, item, offsetAt));

/** The items of a list, whose pointer is `at`. Whether all could be read. */
export const putAll = <Shape extends z.ZodType>(
  batch: Batch,
  kind: Kind,
  schema: Shape,
  items: readonly unknown[],
  at: string,
  into: (value: z.infer<Shape>, item: Item) => void,
): boolean => items.map((item, i) => put(batch, kind, schema, item, `${at}/${i}`, into)).every(Boolean);

/** `kind`: of what would have been a record or sample of its own; null where one is only the poorer for it. */
export const reject = ({ batch, at }: Item, kind: Kind | null, field: string, reason: string): void =>
  void batch.rejections.push({ kind, pointer: at + field, reason });

/**
 * What comes of a list within an item, piece by piece. A bad one is a rejection of that `kind` (null: the item is only the poorer for
 * it). `record`: whose they are, where it has an id.
 */
export const within = <Shape extends z.ZodType, At extends Item, Result>(
  into: At,
  kind: Kind | null,
  items: readonly unknown[] | null | undefined,
  field: string,
  schema: Shape,
  read: (one: z.infer<Shape>, into: At) => Result,
  record: Pick<Rejection, "external_id"> = {},
): Result[] =>
  (items ?? []).flatMap((item, i) => {
    const at = `${into.at}${field}/${i}`;
    const parsed = schema.safeParse(item);
    if (parsed.success) return [read(parsed.data, { ...into, at })];
    into.batch.rejections.push({ kind, ...wrong(parsed.error, at), ...record });
    return [];
  });

/** Of the pieces of a record those that can be read; of the others it is only the poorer. */
export const readable = <Shape extends z.ZodType>(
  items: readonly unknown[] | null | undefined,
  schema: Shape,
  into: Item,
  field: string,
  record: Pick<Rejection, "external_id"> = {},
): z.infer<Shape>[] => within(into, null, items, field, schema, (one) => one, record);

/** What is counted may be 0, and deviations go both ways; of all else 0 says that nothing was read. */
function isReading({ negatives }: Item, metric: string, value: number): boolean {
  const { kind, min } = metricOf(metric);
  if (value < 0 && negatives === "none") return min < 0;
  return value !== 0 || kind === "cumulative" || min < 0;
}
export function isPlausible(metric: string, value: number): boolean {
  const { min, max } = metricOf(metric);
  return value >= min && value <= max;
}

/**
 * A value of a whole day. Undefined: not told, nothing is touched. Null or no reading: what was told before is taken back; 0 is one
 * where `zero` says so. `source` keeps apart what two answers say of one metric.
 */
export function putDay(
  into: Item,
  date: string,
  metric: string,
  value: Told,
  field: string,
  { source = "", zero = false }: { source?: string; zero?: boolean } = {},
): void {
  if (value === undefined) return;
  const read = value !== null && (zero || isReading(into, metric, value)) ? value : null;
  if (Number.isNaN(read)) reject(into, null, field, "not a number");
  else if (read !== null && !isPlausible(metric, read)) reject(into, null, field, "out of range");
  else into.batch.days.push({ date, metric, source, value: read, element: into.of });
}

/** `offset` null: unknown. */
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
  else if (!isReading(into, metric, value)) return;
  else if (!isPlausible(metric, value)) reject(into, "series", field, "out of range");
  else addSample(into.batch, metric, stream, time, value, offset, into.of);
}

/** What the fields do not say of it is not told. */
export function putEvent(
  { batch, of }: Item,
  external_id: string,
  kind: string,
  { time: start_time, offset: utc_offset_s }: Moment,
  fields: Partial<EventFields>,
): void {
  const untold = { end_time: null, name: null, value: null, extra: null };
  batch.events.push({ external_id, fields: { ...untold, kind, start_time, utc_offset_s, ...fields }, element: of });
}

/** The local day of an instant; where its offset is not told by that of the person. */
export const dayOf = (ms: number, offset: Told, offsetAt: OffsetAt): string =>
  localDate(ms, offset ?? offsetAt(utcDate(ms)));

/** What is told, in another unit; null and untold stay. */
export const by = (value: Told, convert: (value: number) => number): Told =>
  value === null || value === undefined ? value : convert(value);

/** 0 and less say that nothing was read; untold stays untold. */
export const reading = (value: Told): Told => (value === undefined ? undefined : (value ?? 0) > 0 ? value : null);

/** A number as it comes; null: none. */
export const finite = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;

/** Of what its provider has no word for. */
export const nightType = (seconds: number): "main" | "nap" => (seconds >= 3 * 3600 ? "main" : "nap");

/** A header's whole numbers, `21, 143`; none where it is absent or holds anything else. */
export function numbersIn(headers: Headers, name: string): number[] {
  const parts = (headers.get(name) ?? "").split(",").map((part) => part.trim());
  return parts.every((part) => /^\d{1,10}$/.test(part)) ? parts.map(Number) : [];
}

/** Without what is absent. */
export const present = (all: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined));

/** Without what is not told, so that a part writes only what it carries. */
export function told<Fields extends object>(all: { [Name in keyof Fields]: Fields[Name] | undefined }): Fields {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Fields;
}

/** A name for the page, of its parts. */
export const nameOf = (...parts: (string | null | undefined)[]): string | null =>
  parts.filter(Boolean).join(" ") || null;
