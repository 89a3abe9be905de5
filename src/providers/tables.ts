/** From members of an answer to fields, day values and samples, by tables of names. */
import type { z } from "zod";
import type { ActivityFields, SleepFields } from "../domain/records.ts";
import { type Item, putDay, putSample, reject, type Told } from "./reading.ts";
import type { words } from "./shapes.ts";

/** `{member: "field"}`, `{member: "metric"}` or, with the stream or source that keeps it apart, `{member: "metric stream"}`. */
export type Table = Readonly<Record<string, string>>;

/** One shape for all members that a table names. */
export const shapesOf = <Names extends Table, Shape extends z.ZodType>(table: Names, shape: Shape) =>
  Object.fromEntries(Object.keys(table).map((name) => [name, shape])) as Record<keyof Names, Shape>;

type Members<Names extends Table, Value> = { [Name in keyof Names]?: Value };
type Fields = ActivityFields & SleepFields;
type Renamed<Names extends Table> = {
  [Name in Names[keyof Names]]?: Name extends keyof Fields ? Fields[Name] : unknown;
};
/** The same under our names; of two of one name the first that is told counts, and what is untold stays so. */
export function renamed<Names extends Table>(one: Members<Names, unknown>, names: Names): Renamed<Names> {
  const ours: Record<string, unknown> = {};
  for (const [theirs, name] of Object.entries(names)) ours[name] ??= one[theirs];
  return ours as Renamed<Names>;
}

/** Members that are day values as they stand; one that the answer lacks is none: the answer is all there is of the day. */
export function putDays<Field extends string>(
  into: Item,
  date: string,
  from: { [Name in NoInfer<Field>]?: Told },
  table: Readonly<Record<Field, string>>,
  at = "",
): void {
  for (const [field, metric] of Object.entries<string>(table)) {
    putDay(into, date, metric, from[field as Field] ?? null, `${at}/${field}`);
  }
}

/** The same where answers tell a part of a day: what they lack is not touched. */
export function putTold<Names extends Table>(into: Item, date: string, one: Members<Names, Told>, table: Names): void {
  for (const [name, target] of Object.entries(table)) {
    const [metric = "", source = ""] = target.split(" ");
    putDay(into, date, metric, one[name], `/${name}`, { source });
  }
}

/** Where samples go: their item, instant (ms) and offset (s). */
export interface Timed extends Item {
  time: number;
  offset: Told;
}
export function putReading(at: Timed, target: string, value: unknown, field: string): void {
  const [metric = "", stream = ""] = target.split(" ");
  putSample(at, metric, stream, at.time, value, at.offset ?? null, field);
}
export function putReadings<Names extends Table>(at: Timed, one: Members<Names, Told>, table: Names): void {
  for (const [name, target] of Object.entries(table)) putReading(at, target, one[name], `/${name}`);
}

/** Maps by seconds from the start, `{"15": 75}`. `offsetAt`: where an offset holds for a part of them only. */
export function putSeries<Names extends Table>(
  start: Timed,
  one: Members<Names, z.infer<typeof words>>,
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
