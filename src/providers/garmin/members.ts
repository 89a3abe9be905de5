/** From members of one of Garmin's objects to fields, day values, samples and events, by tables of names. */
import type { z } from "zod";
import type { Kind } from "../../domain/batch.ts";
import { metricOf } from "../../domain/metrics.ts";
import type { ActivityFields, EventFields, SleepFields } from "../../domain/records.ts";
import { localDate, utcDate } from "../../domain/time.ts";
import { type Item, type OffsetAt, putDay, putSample, reading, reject, type Told, wrong } from "../reading.ts";
import { DAY_S } from "../streams.ts";
import type { byOffset, Table } from "./schema.ts";

type Members<Names extends Table, Value> = { [Name in keyof Names]?: Value };

type Fields = ActivityFields & SleepFields;
type Ours<Names extends Table> = {
  [Name in Names[keyof Names]]?: Name extends keyof Fields ? Fields[Name] : unknown;
};
/** Of these 0 says that nothing was measured, as moving time of weights. */
const READINGS = "moving_s avg_heart_rate_bpm max_heart_rate_bpm avg_cadence_rpm avg_respiration_brpm avg_spo2_pct";

/** The same under our names; of two of one name the first that is told counts, and what is untold stays so. */
export function renamed<Names extends Table>(one: Members<Names, unknown>, names: Names): Ours<Names> {
  const ours: Record<string, unknown> = {};
  for (const [theirs, name] of Object.entries(names)) ours[name] ??= one[theirs];
  for (const name of READINGS.split(" ")) if (name in ours) ours[name] = reading(ours[name] as Told);
  return ours as Ours<Names>;
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

/** Where samples go: their item, instant and offset. */
export interface Moment extends Item {
  time: number;
  offset: Told;
  duration?: Told;
}
export function putReading(at: Moment, target: string, value: unknown, field: string): void {
  const [metric = "", stream = ""] = target.split(" ");
  putSample(at, metric, stream, at.time, measured(metric, value), at.offset ?? null, field);
}
export function putReadings<Names extends Table>(at: Moment, one: Members<Names, Told>, table: Names): void {
  for (const [name, target] of Object.entries(table)) putReading(at, target, one[name], `/${name}`);
}

/** Maps by seconds from the start. `offsetAt`: where an offset holds for a part of them only. */
export function putSeries<Names extends Table>(
  start: Moment,
  one: Members<Names, z.infer<typeof byOffset>>,
  table: Names,
  offsetAt: (seconds: number) => Told = () => start.offset,
): void {
  for (const [name, target] of Object.entries(table)) {
    for (const [key, value] of Object.entries(one[name] ?? {})) {
      const seconds = key === "" ? Number.NaN : Number(key);
      const at = { ...start, time: start.time + seconds * 1000, offset: offsetAt(seconds) };
      if (Number.isFinite(seconds)) putReading(at, target, value, `/${name}/${key}`);
      else reject(start, "series", `/${name}/${key}`, "not seconds from the start");
    }
  }
}

/** What comes of a list within an item. A bad one is a rejection of that `kind` (null: the item is only the poorer for it). */
export const within = <Name extends string, Shape extends z.ZodType, At extends Item, Result>(
  into: At,
  kind: Kind | null,
  one: Members<Record<Name, string>, readonly unknown[] | null | undefined>,
  name: Name,
  schema: Shape,
  read: (one: z.infer<Shape>, into: At) => Result,
): Result[] =>
  (one[name] ?? []).flatMap((member, i) => {
    const at = `${into.at}/${name}/${i}`;
    const parsed = schema.safeParse(member);
    if (parsed.success) return [read(parsed.data, { ...into, at })];
    into.batch.rejections.push({ kind, ...wrong(parsed.error, at) });
    return [];
  });

/** Known by its start, as every summary; a time of an event is in whole seconds. */
export function putEvent(at: Moment, kind: string, fields: Partial<EventFields>, key = ""): void {
  const { time: start_time, duration, offset } = at;
  const end_time = duration == null ? null : start_time + duration * 1000;
  const nothing = { name: null, value: null, extra: null };
  at.batch.events.push({
    external_id: `${kind}:${start_time / 1000}${key}`,
    fields: { ...nothing, kind, start_time, end_time, utc_offset_s: offset ?? null, ...fields },
    element: at.of,
  });
}

/** The local day of an instant; where the device does not tell its offset that of the person. */
export const dayOf = (ms: number, offset: Told, offsetAt: OffsetAt): string =>
  localDate(ms, offset ?? offsetAt(utcDate(ms)));

/** What a local clock is ahead of UTC, s; null where one of them is not told or they are more than a day apart. */
export function clockOffset(local: Told, utc: Told): number | null {
  const offset = local == null || utc == null ? null : Math.round((local - utc) / 1000);
  return offset !== null && Math.abs(offset) <= DAY_S ? offset : null;
}
