/**
 * Shapes that members of providers' JSON come in. A schema names what is read and no more: unknown members pass, and most members
 * may be null or absent.
 */
import { z } from "zod";
import { dateMs, isDate } from "../domain/time.ts";

export const number = z.number().nullish();
export const text = z.string().nullish();
export const flag = z.boolean().nullish();
export const list = z.array(z.unknown()).nullish();
/** Whatever an object holds, by name. */
export const words = z.record(z.string(), z.unknown()).nullish();

/** int64: a number while it fits, a string of all its digits beyond 2^53 (and in some answers always). */
export const id = z.union([z.string().regex(/^\d+$/), z.number().int().nonnegative()]).transform(String);

/** A number, or its digits as text. */
export const numeric = z
  .union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)])
  .transform(Number)
  .refine(Number.isFinite, "not a number");

/** A string that `read` makes sense of; null is the reason for a rejection. */
export const parsed = <Value>(read: (value: string) => Value | null, reason: string) =>
  z.string().transform((value, check): Value => {
    const result = read(value);
    if (result !== null) return result;
    check.addIssue({ code: "custom", message: reason });
    return z.NEVER;
  });

const FIRST_MS = Date.UTC(1900);
const LAST_MS = Date.UTC(2200);
/** What is further away would be a date of another length, or none at all. */
export const isInstant = (ms: number): boolean => ms >= FIRST_MS && ms < LAST_MS;

const isDay = (text: string): boolean => isDate(text) && isInstant(dateMs(text));
/** YYYY-MM-DD that the calendar has. */
export const date = z.string().refine(isDay, "not a date");

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/;
/** RFC 3339, the seconds or the offset's colon left out or not → ms; digits beyond are let go. Without `Z` or offset it is no instant. */
export function instantOf(text: string): number | null {
  const ms = INSTANT.test(text) && isDay(text.slice(0, 10)) ? Date.parse(text) : Number.NaN;
  return isInstant(ms) ? ms : null;
}
export const instant = parsed(instantOf, "not an instant");

/** What nothing that is recorded lasts, s. */
const MOST_S = 31 * 86_400;
/** s that something lasts. */
export const lasting = z.number().min(-MOST_S, "not a duration").max(MOST_S, "too long");
export const length = lasting.nullish();

const UNITS_S = [86_400, 3600, 60, 1];
/** ISO 8601 → s: `PT2H44M`, `PT4658.866S`, `P1DT2H`. */
export function secondsOf(value: string): number | null {
  const parts = /^P(?=.)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(value)?.slice(1);
  const seconds = parts?.reduce((sum, part, i) => sum + Number(part ?? 0) * UNITS_S[i]!, 0) ?? Number.NaN;
  return seconds <= MOST_S ? seconds : null;
}
export const duration = parsed(secondsOf, "not a duration");

/** `HH:MM`, `HH:MM:SS` → s of a day. */
export function clockOf(value: unknown): number | null {
  const match = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(String(value));
  return match && Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0);
}

/** Unix s → ms. Milliseconds would be thousands of years away. */
export const seconds = z
  .number()
  .nonnegative()
  .transform((s) => Math.round(s * 1000))
  .refine(isInstant, "not in seconds");

/** s east of UTC. A device clock is anybody's to set, but not by more than this. */
const MOST_OFFSET_S = 26 * 3600;
export const offset = z.number().refine((s) => Math.abs(s) <= MOST_OFFSET_S, "not an offset");
/** The same in minutes → s. */
export const minutes = z
  .number()
  .transform((minutes) => minutes * 60)
  .pipe(offset);

/** `+hh:mm`, `+hhmm` → s; `Z` is 0 to one provider and unknown to another. Undefined: no offset. */
export function offsetOf(value: string): number | null | undefined {
  const [whole, sign, hours, minutes] = /(?:Z|([+-])([01]\d|2[0-3]):?([0-5]\d))$/.exec(value) ?? [];
  if (whole === undefined) return undefined;
  return sign === undefined ? null : (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}

/** An instant and what its text says of the place. */
export interface Moment {
  /** ms. */
  time: number;
  /** s; null: `Z`. */
  offset: number | null;
}
/** `2024-10-10T01:01:59+02:00`. */
export const moment = parsed((value): Moment | null => {
  const time = instantOf(value);
  return time === null ? null : { time, offset: offsetOf(value) ?? null };
}, "not an instant");

type Words<Text extends string> = Text extends `${infer First} ${infer Rest}` ? First | Words<Rest> : Text;
/** Members of one shape, by their names. */
export const each =
  <Shape extends z.ZodType>(shape: Shape) =>
  <const Names extends string>(names: Names) =>
    Object.fromEntries(names.split(" ").map((name) => [name, shape])) as Record<Words<Names>, Shape>;

/** Members that may be absent, and are null where they are wrong. */
export function lenient<Members extends Record<string, z.ZodType>>(members: Members) {
  type Lenient = { [Name in keyof Members]: z.ZodType<z.infer<Members[Name]> | null | undefined> };
  const shapes = Object.entries(members).map(([name, shape]) => [name, shape.nullish().catch(null)]);
  return Object.fromEntries(shapes) as Lenient;
}

/** To be spread into an object's members: `...numbers("steps distance")`. */
export const numbers = each(number);
export const texts = each(text);
export const flags = each(flag);
export const numerics = each(numeric.nullish());
export const lengths = each(length);
export const offsets = each(offset.nullish().catch(null));
/** Of which 0 says that nothing was read. */
export const readings = each(number.transform((value) => value || null));
