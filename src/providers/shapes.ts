/**
 * Shapes that members of providers' JSON come in. A schema names what is read and no more: unknown members pass, and most members
 * may be null or absent.
 */
import { z } from "zod";
import { isDate } from "../domain/time.ts";

export const number = z.number().nullish();
export const text = z.string().nullish();
export const flag = z.boolean().nullish();
export const list = z.array(z.unknown()).nullish();
/** Whatever an object holds, by name. */
export const words = z.record(z.string(), z.unknown()).nullish();

/** int64: a number while it fits, a string of all its digits beyond 2^53 (and in some answers always). */
export const id = z.union([z.string().regex(/^\d+$/), z.number().int().nonnegative()]).transform(String);

/** A number, or its digits as text. */
export const numeric = z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)]).transform(Number);

/** A string that `read` makes sense of; null is the reason for a rejection. */
export const parsed = <Value>(read: (value: string) => Value | null, reason: string) =>
  z.string().transform((value, check): Value => {
    const result = read(value);
    if (result !== null) return result;
    check.addIssue({ code: "custom", message: reason });
    return z.NEVER;
  });

/** YYYY-MM-DD that the calendar has. */
export const date = z.string().refine(isDate, "not a date");

const msOf = (value: string): number | null => {
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? null : ms;
};
/** RFC 3339 → ms; digits beyond milliseconds are let go. */
export const instant = parsed(msOf, "not a date");

const UNITS_S = [86_400, 3600, 60, 1];
/** ISO 8601 → s: `PT2H44M`, `PT4658.866S`, `P1DT2H`. */
export function secondsOf(value: string): number | null {
  const parts = /^P(?=.)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(value)?.slice(1);
  return parts?.reduce((sum, part, i) => sum + Number(part ?? 0) * UNITS_S[i]!, 0) ?? null;
}
export const duration = parsed(secondsOf, "not a duration");

/** `HH:MM`, `HH:MM:SS` → s of a day. */
export function clockOf(value: unknown): number | null {
  const match = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(String(value));
  return match && Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0);
}

/** Unix s → ms. Milliseconds would be the year 5138 and later. */
export const seconds = z
  .number()
  .nonnegative()
  .max(99_999_999_999, "not in seconds")
  .transform((s) => s * 1000);

/** `+hh:mm`, `+hhmm` → s; `Z` is 0 to one provider and unknown to another. Undefined: no offset. */
export function offsetOf(value: string): number | null | undefined {
  const [whole, sign, hours, minutes] = /(?:Z|([+-])(\d\d):?(\d\d))$/.exec(value) ?? [];
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
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/;
/** `2024-10-10T01:01:59+02:00`. Without an offset it is no instant. */
export const moment = parsed((value): Moment | null => {
  const time = MOMENT.test(value) ? msOf(value) : null;
  return time === null ? null : { time, offset: offsetOf(value) ?? null };
}, "not an instant");

type Words<Text extends string> = Text extends `${infer First} ${infer Rest}` ? First | Words<Rest> : Text;
/** Members of one shape, by their names. */
export const each =
  <Shape extends z.ZodType>(shape: Shape) =>
  <const Names extends string>(names: Names) =>
    Object.fromEntries(names.split(" ").map((name) => [name, shape])) as Record<Words<Names>, Shape>;

/** To be spread into an object's members: `...numbers("steps distance")`. */
export const numbers = each(number);
export const texts = each(text);
export const flags = each(flag);
export const numerics = each(numeric.nullish());
/** Of which 0 says that nothing was read. */
export const readings = each(number.transform((value) => value || null));
