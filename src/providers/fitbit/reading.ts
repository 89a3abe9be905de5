/** Pages of points → records, days and samples of a batch: what is no reading is left out, what cannot be true is told. */
import type { z } from "zod";
import { addSample, type Batch, element, type Kind } from "../../domain/batch.ts";
import { metricOf } from "../../domain/metrics.ts";
import type { Fault } from "../../platform/errors.ts";
import * as schema from "./schema.ts";
import { idIn, toExercise, toNight } from "./sessions.ts";
import { camel, DAILY, type Measure, SERIES, TOTALS } from "./types.ts";

/** The points of an answer, and the token of the next page. An empty page is not the last where there is a token. */
export function pointsOf(
  body: unknown,
  of: "dataPoints" | "rollupDataPoints",
): { points: unknown[]; token: string | null } | Fault {
  const parsed = of === "dataPoints" ? schema.page.safeParse(body) : schema.rollUpPage.safeParse(body);
  if (!parsed.success) return { kind: "unreadable", ...wrong(parsed.error) };
  const points = (parsed.data as Record<string, unknown[] | null | undefined>)[of] ?? [];
  return { points, token: parsed.data.nextPageToken || null };
}

/** The pointer and reason of the first thing wrong. */
export function wrong(error: z.ZodError, at = ""): { pointer: string; reason: string } {
  const issue = error.issues[0]!;
  return { pointer: at + issue.path.map((key) => `/${String(key)}`).join(""), reason: issue.message };
}

/** Ids of the sessions of a page, also of those that are going on; `isWhole`: each could be read. */
export interface Sessions {
  ids: string[];
  isWhole: boolean;
}

export function putExercises(batch: Batch, points: unknown[]): Sessions {
  return putSessions(batch, "activity", schema.exercise, points, (point, of) => {
    const record = toExercise(point, of);
    if (record) batch.activities.push(record);
    return record?.external_id ?? idIn(point);
  });
}

export function putNights(batch: Batch, points: unknown[], offsetAt: (date: string) => number): Sessions {
  return putSessions(batch, "sleep", schema.sleep, points, (point, of) => {
    const record = toNight(point, of, offsetAt);
    if (record) batch.nights.push(record);
    return record?.external_id ?? idIn(point);
  });
}

function putSessions<Shape extends z.ZodType>(
  batch: Batch,
  kind: Kind,
  shape: Shape,
  points: unknown[],
  put: (point: z.output<Shape>, of: number) => string | null,
): Sessions {
  const sessions: Sessions = { ids: [], isWhole: true };
  for (const [i, point] of points.entries()) {
    const parsed = shape.safeParse(point);
    let id: string | null;
    if (parsed.success) id = put(parsed.data, element(batch, kind));
    else {
      batch.rejections.push({ kind, ...wrong(parsed.error, `/dataPoints/${i}`) });
      const named = schema.nameOnly.safeParse(point);
      id = named.success ? idIn(named.data) : null;
    }
    if (id !== null) sessions.ids.push(id);
    else if (!parsed.success) sessions.isWhole = false;
  }
  return sessions;
}

export function putDailies(batch: Batch, type: string, points: unknown[]): void {
  const shape = schema.dayOf(camel(type));
  for (const [i, point] of points.entries()) {
    const parsed = shape.safeParse(point);
    const at = `/dataPoints/${i}`;
    if (!parsed.success) batch.rejections.push({ kind: "daily", ...wrong(parsed.error, at) });
    else putDay(batch, parsed.data.date, parsed.data, DAILY[type]!.measures, `${at}/${camel(type)}`);
  }
}

export function putTotals(batch: Batch, type: string, points: unknown[]): void {
  const field = camel(type);
  for (const [i, point] of points.entries()) {
    const parsed = schema.rolledUp.safeParse(point);
    const at = `/rollupDataPoints/${i}`;
    if (!parsed.success) {
      batch.rejections.push({ kind: "daily", ...wrong(parsed.error, at) });
      continue;
    }
    const values = parsed.data[field];
    // A day of which nothing is known has no values.
    if (typeof values !== "object" || values === null) continue;
    putDay(
      batch,
      parsed.data.civilStartTime.date,
      values as Record<string, unknown>,
      TOTALS[type]!.measures,
      `${at}/${field}`,
    );
  }
}

function putDay(batch: Batch, date: string, values: Record<string, unknown>, measures: Measure[], at: string): void {
  const of = element(batch, "daily");
  for (const { metric, read } of measures) {
    const value = read(values);
    if (value === undefined) batch.rejections.push({ kind: null, pointer: at, reason: `no number: ${metric}` });
    else if (value !== null && isReading(metric, value) && !isPlausible(metric, value)) {
      batch.rejections.push({ kind: null, pointer: at, reason: `out of range: ${metric}` });
    } else {
      const told = value !== null && isReading(metric, value) ? value : null;
      batch.days.push({ date, metric, source: "", value: told, element: of });
    }
  }
}

export function putSamples(batch: Batch, type: string, points: unknown[]): void {
  const { of, metric, read } = SERIES[type]!;
  const field = camel(type);
  const sample = schema.sampleOf(field);
  const interval = schema.intervalOf(field);
  for (const [i, point] of points.entries()) {
    const at = `/dataPoints/${i}`;
    const parsed = of === "sample" ? sample.safeParse(point) : interval.safeParse(point);
    if (!parsed.success) {
      batch.rejections.push({ kind: "series", ...wrong(parsed.error, at) });
      continue;
    }
    const one = parsed.data;
    const { time, offset } = whenOf(one);
    const value = read(one);
    if (value === undefined)
      batch.rejections.push({ kind: "series", pointer: `${at}/${field}`, reason: "not a number" });
    else if (value === null || !isReading(metric, value)) continue;
    else if (!isPlausible(metric, value)) {
      batch.rejections.push({ kind: "series", pointer: `${at}/${field}`, reason: "out of range" });
    } else addSample(batch, metric, "", time, value, offset, element(batch, "series"));
  }
}

type Reading = z.output<ReturnType<typeof schema.sampleOf>> | z.output<ReturnType<typeof schema.intervalOf>>;

/** Of a sum over an interval its start. */
function whenOf(one: Reading): { time: number; offset: number | null } {
  if ("sampleTime" in one) {
    const { physicalTime, utcOffset } = one.sampleTime as z.output<typeof schema.sampleTime>;
    return { time: physicalTime, offset: utcOffset ?? null };
  }
  const { startTime, startUtcOffset } = one.interval as z.output<typeof schema.interval>;
  return { time: startTime, offset: startUtcOffset ?? null };
}

/** What may be 0 is counted, and temperatures deviate both ways; of anything else 0 says that nothing was read. */
function isReading(metric: string, value: number): boolean {
  const { kind, min } = metricOf(metric);
  return kind === "cumulative" ? value >= 0 : value > 0 || min < 0;
}
const isPlausible = (metric: string, value: number): boolean => {
  const { min, max } = metricOf(metric);
  return value >= min && value <= max;
};
