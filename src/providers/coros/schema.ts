/** What is read of COROS' answers. Ids and codes come as text or number; most fields of a workout may be missing. */
import { z } from "zod";
import { isDate } from "../../domain/time.ts";
import { id, list, numeric, numerics, parsed, seconds, text } from "../shapes.ts";

const whole = numeric.refine(Number.isInteger, "not a whole number");
/** Unix s → ms. */
const instant = whole.refine((s) => s > 0, "not an instant").pipe(seconds);
/** Quarter hours east of UTC → s; null where no clock could say so. */
const quarters = numeric
  .transform((quarters) => (Number.isInteger(quarters) && Math.abs(quarters) <= 56 ? quarters * 900 : null))
  .nullish();
/** What is no number is told where it is read, and costs its neighbours nothing. */
const measure = numeric.nullish().catch(Number.NaN);

const leg = z.object({
  mode: whole,
  subMode: whole.nullish().transform((sub) => sub ?? null),
  ...numerics("distance duration calorie"),
  fitUrl: text,
});
export type Leg = z.infer<typeof leg>;

export const workout = z
  .object({
    labelId: id,
    ...leg.shape,
    startTime: instant,
    endTime: instant,
    startTimezone: quarters,
    deviceName: text,
    ...numerics("avgSpeed avgFrequency step"),
    planWorkoutId: z.union([z.string(), z.number().transform(String)]).nullish(),
    triathlonItemList: z.array(leg).nullish(),
  })
  .refine(({ startTime, endTime }) => endTime >= startTime, { path: ["endTime"], message: "before the start" });
export type Workout = z.infer<typeof workout>;

/** `YYYYMMDD`, as text or number → `YYYY-MM-DD`. */
const compactDate = z
  .union([z.string(), z.number()])
  .transform((text) => String(text).replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3"))
  .refine(isDate, "not a date");

/** A wall clock's `YYYY-MM-DD HH:MM:SS` without a zone → ms as if it were UTC, and its date. */
function wallOf(text: string): { wall: number; date: string } | null {
  const [, date = "", clock] = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}(?::\d{2})?)$/.exec(text) ?? [];
  const wall = Date.parse(`${date}T${clock}Z`);
  return isDate(date) && !Number.isNaN(wall) ? { wall, date } : null;
}
const wallTime = text.transform((text) => text?.trim() || null).pipe(parsed(wallOf, "not a local time").nullable());

export const day = z.object({ happenDay: compactDate, step: measure, rhr: measure, ppgHrv: measure, hrvList: list });
export const night = z.object({
  sleepStartTime: wallTime,
  sleepEndTime: wallTime,
  sleepAvgHr: numeric.nullish(),
  startTimezone: quarters,
  endTimezone: quarters,
});
export const beat = z.object({ timestamp: instant, hrv: measure, hr: measure });

export const dailyQuery = z.object({ data: z.object({ dailyList: list }).nullish() });
export const sportList = z.object({ data: list });
/** An answer without a list says of no workout that it is not there. */
export const wholeList = z.object({ data: z.array(z.unknown()) });
export const sportDetail = z.object({ data: workout });
export const userInfo = z.object({ data: z.object({ nick: text, profilePhoto: text }) });
export const bindState = z.object({ data: z.object({ bindState: whole }) });

/** Every answer but that of the token endpoint. */
export const envelope = z.object({ result: z.union([z.string(), z.number()]).transform(String) });
export const token = z.looseObject({ access_token: z.string() });
/** Whose a token or a pushed workout is. */
export const owner = z.object({ openId: z.string().min(1) });
