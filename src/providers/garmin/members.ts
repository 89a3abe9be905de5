/**
 * Members of Garmin's JSON: what they look like, and by tables of names what becomes of them. Pushed ones: instants are unix seconds,
 * series maps by seconds from the start; shapes are in docs/providers/garmin.md. Of the Personal API nobody has published an answer:
 * what is wrong there is absent.
 */
import { z } from "zod";
import type { Kind } from "../../domain/batch.ts";
import { metricOf } from "../../domain/metrics.ts";
import type { ActivityFields, EventFields, SleepFields } from "../../domain/records.ts";
import { localDate, utcDate } from "../../domain/time.ts";
import { type Item, type OffsetAt, putDay, putSample, reading, reject, type Told, wrong } from "../reading.ts";
import { date, number, parsed, seconds } from "../shapes.ts";
import { DAY_S } from "../streams.ts";

/** `{member: "field"}`, `{member: "metric"}` or, with the stream or source that keeps it apart, `{member: "metric stream"}`. */
export type Table = Readonly<Record<string, string>>;

/** One shape for all members that a table names. */
export const each = <Names extends Table, Shape extends z.ZodType>(table: Names, shape: Shape) =>
  Object.fromEntries(Object.keys(table).map((name) => [name, shape])) as Record<keyof Names, Shape>;

/** Members that may be absent, and are null where they are wrong. */
export const lenient = <Members extends Record<string, z.ZodType>>(members: Members) =>
  Object.fromEntries(
    Object.entries(members).map(([name, shape]) => [name, shape.nullish().catch(null)]),
  ) as unknown as {
    [Name in keyof Members]: z.ZodType<z.infer<Members[Name]> | null | undefined>;
  };

const scaled = (by: (value: number) => number) => z.number().transform(by).nullish();
export const grams = scaled((value) => value / 1000);
export const minutes = scaled((value) => value * 60);

/** The device clock's, s, so anything a person may set; beyond a day it is none. */
export const offset = z.number().min(-86_400).max(86_400);
export const byOffset = z.record(z.string(), z.unknown()).nullish().catch(null);
export const items = z.array(z.unknown()).nullish().catch(null);
export const starting = {
  startTimeInSeconds: seconds,
  durationInSeconds: number,
  ...lenient({ startTimeOffsetInSeconds: offset, calendarDate: date }),
};

/** Of the Personal API: ms, s, or `2026-11-14 06:10:00`, or with a `T` and a fraction, and no zone: read as UTC. */
export const instant = z.union([
  z.number().transform((value) => (value < 1e11 ? value * 1000 : value)),
  parsed((clock) => Date.parse(`${clock.replace(" ", "T").replace(/Z$/, "")}Z`) || null, "not a date"),
]);

type Members<Names extends Table, Value> = { [Name in keyof Names]?: Value };

/** The same under our names; of two of one name the first that is told counts, and what is untold stays so. */
export function renamed<Names extends Table>(one: Members<Names, unknown>, names: Names): Record<string, unknown> {
  const ours: Record<string, unknown> = {};
  for (const [theirs, name] of Object.entries(names)) ours[name] ??= one[theirs];
  return ours;
}

/** Of these 0 says that nothing was measured, as moving time of weights. */
const READINGS = "moving_s avg_heart_rate_bpm max_heart_rate_bpm avg_cadence_rpm avg_respiration_brpm avg_spo2_pct";
type Fields = ActivityFields & SleepFields;
export function fieldsOf<Names extends Readonly<Record<string, keyof Fields>>>(
  one: Members<Names, unknown>,
  names: Names,
): Partial<Pick<Fields, Names[keyof Names]>> {
  const fields = renamed(one, names);
  for (const name of READINGS.split(" ")) if (name in fields) fields[name] = reading(fields[name] as Told);
  return fields as Partial<Pick<Fields, Names[keyof Names]>>;
}

/** Garmin's −1, −2 … say that nothing was read, each for another reason, where a metric cannot be below 0. */
const measured = <Value>(metric: string, value: Value): Value | null =>
  typeof value === "number" && value < 0 && metricOf(metric).min >= 0 ? null : value;

/** Deliveries tell a part of a day: what they lack is not touched. */
export function putTold<Names extends Table>(into: Item, date: string, one: Members<Names, Told>, table: Names): void {
  for (const [name, target] of Object.entries(table)) {
    const [metric = "", source = ""] = target.split(" ");
    putDay(into, date, metric, measured(metric, one[name]), `/${name}`, { source });
  }
}

interface When {
  time: number;
  offset: Told;
}
export function putReading(into: Item, target: string, { time, offset }: When, value: unknown, field: string): void {
  const [metric = "", stream = ""] = target.split(" ");
  putSample(into, metric, stream, time, measured(metric, value), offset ?? null, field);
}
export function putReadings<Names extends Table>(into: Item, at: When, one: Members<Names, Told>, table: Names): void {
  for (const [name, target] of Object.entries(table)) putReading(into, target, at, one[name], `/${name}`);
}

interface Start {
  startTimeInSeconds: number;
  startTimeOffsetInSeconds?: Told;
  calendarDate?: string | null | undefined;
}
/** Maps by seconds from the start. `offsetAt`: where an offset holds for a part of them only. */
export function putSeries<Names extends Table>(
  into: Item,
  one: Start & Members<Names, z.infer<typeof byOffset>>,
  table: Names,
  offsetAt: (seconds: number) => Told = () => one.startTimeOffsetInSeconds,
): void {
  for (const [name, target] of Object.entries(table)) {
    for (const [key, value] of Object.entries(one[name] ?? {})) {
      const seconds = key === "" ? Number.NaN : Number(key);
      const when = { time: one.startTimeInSeconds + seconds * 1000, offset: offsetAt(seconds) };
      if (Number.isFinite(seconds)) putReading(into, target, when, value, `/${name}/${key}`);
      else reject(into, "series", `/${name}/${key}`, "not seconds from the start");
    }
  }
}

/** What comes of a list within an item. A bad one is a rejection of that `kind` (null: the item is only the poorer for it). */
export const within = <Shape extends z.ZodType, Result>(
  into: Item,
  kind: Kind | null,
  list: { [name: string]: readonly unknown[] | null | undefined },
  schema: Shape,
  read: (one: z.infer<Shape>, into: Item) => Result,
): Result[] =>
  Object.entries(list).flatMap(([name, all]) =>
    (all ?? []).flatMap((one, i) => {
      const item = { ...into, at: `${into.at}/${name}/${i}` };
      const parsed = schema.safeParse(one);
      if (parsed.success) return [read(parsed.data, item)];
      into.batch.rejections.push({ kind, ...wrong(parsed.error, item.at) });
      return [];
    }),
  );

interface Span extends When {
  duration: Told;
}
/** Known by its start, as every summary; a time of an event is in whole seconds. */
export function putEvent(into: Item, kind: string, span: Span, fields: Partial<EventFields>, key = ""): void {
  const { time: start_time, duration, offset } = span;
  const end_time = duration == null ? null : start_time + duration * 1000;
  const nothing = { name: null, value: null, extra: null };
  into.batch.events.push({
    external_id: `${kind}:${start_time / 1000}${key}`,
    fields: { ...nothing, kind, start_time, end_time, utc_offset_s: offset ?? null, ...fields },
    element: into.of,
  });
}

/** The local day of an instant; where the device does not tell its offset that of the person. */
export const dayOf = (ms: number, offset: Told, offsetAt: OffsetAt): string =>
  localDate(ms, offset ?? offsetAt(utcDate(ms)));

/** Garmin's own day, else that of the start. */
export const dateOf = (one: Start, offsetAt: OffsetAt): string =>
  one.calendarDate ?? dayOf(one.startTimeInSeconds, one.startTimeOffsetInSeconds, offsetAt);

/** What a local clock is ahead of UTC, s; null where one of them is not told or they are more than a day apart. */
export function clockOffset(local: Told, utc: Told): number | null {
  const offset = local == null || utc == null ? null : Math.round((local - utc) / 1000);
  return offset !== null && Math.abs(offset) <= DAY_S ? offset : null;
}
