/** What is read of COROS' answers. Ids and codes come as text or number; most fields of a workout may be missing. */
import { z } from "zod";

/** Ids of 64 bits: egress keeps all digits of bare numbers by making them text. */
const id = z.union([z.string().regex(/^\d+$/), z.int().nonnegative().transform(String)]);
const number = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .transform(Number),
]);
const whole = number.refine(Number.isInteger, "not a whole number");
const optional = number.nullish();
const text = z.string().nullish();
/** Unix s → ms. */
const instant = whole.refine((s) => s > 0 && s < 1e11, "not an instant").transform((s) => s * 1000);
/** Quarter hours east of UTC → s; null where no clock could say so. */
const quarters = optional.transform((quarters) => {
  if (quarters === undefined || quarters === null) return quarters;
  return Number.isInteger(quarters) && Math.abs(quarters) <= 56 ? quarters * 900 : null;
});

const leg = z.object({
  mode: whole,
  subMode: whole.nullish().transform((sub) => sub ?? null),
  distance: optional,
  duration: optional,
  calorie: optional,
  fitUrl: text,
});
export type Leg = z.infer<typeof leg>;

export const workout = z.object({
  labelId: id,
  mode: whole,
  subMode: whole.nullish().transform((sub) => sub ?? null),
  startTime: instant,
  endTime: instant,
  startTimezone: quarters,
  deviceName: text,
  distance: optional,
  duration: optional,
  calorie: optional,
  avgSpeed: optional,
  avgFrequency: optional,
  step: optional,
  fitUrl: text,
  planWorkoutId: z.union([z.string(), z.number().transform(String)]).nullish(),
  triathlonItemList: z.array(leg).nullish(),
});
export type Workout = z.infer<typeof workout>;

/** `YYYYMMDD`, as text or number → `YYYY-MM-DD`. */
const compactDate = z
  .union([z.string(), z.number().transform(String)])
  .transform((text) => text.replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3"))
  .refine((text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && isReal(text), "not a date");

/** A wall clock's `YYYY-MM-DD HH:MM:SS` without a zone → ms as if it were UTC, and its date. */
const wallTime = z
  .string()
  .nullish()
  .transform((text) => text?.trim() || null)
  .transform((text, context) => {
    if (text === null) return null;
    const wall = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}(:\d{2})?$/.test(text)
      ? Date.parse(`${text.replace(" ", "T")}Z`)
      : Number.NaN;
    if (!Number.isNaN(wall) && isReal(text.slice(0, 10))) return { wall, date: text.slice(0, 10) };
    context.addIssue({ code: "custom", message: "not a local time" });
    return z.NEVER;
  });

/** The 31st of April is a date to the parser, and the 1st of May. */
function isReal(date: string): boolean {
  const ms = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10) === date;
}

export const day = z.object({
  happenDay: compactDate,
  step: z.unknown().optional(),
  rhr: z.unknown().optional(),
  ppgHrv: z.unknown().optional(),
  hrvList: z.array(z.unknown()).nullish(),
});
export type Day = z.infer<typeof day>;

export const night = z.object({
  sleepStartTime: wallTime,
  sleepEndTime: wallTime,
  sleepAvgHr: optional,
  startTimezone: quarters,
  endTimezone: quarters,
});

export const beat = z.object({ timestamp: instant, hrv: z.unknown().optional(), hr: z.unknown().optional() });
export const value = number;

export const dailyQuery = z.object({ data: z.object({ dailyList: z.array(z.unknown()).nullish() }).nullish() });
export const sportList = z.object({ data: z.array(z.unknown()).nullish() });
export const sportDetail = z.object({ data: workout });
export const userInfo = z.object({ data: z.object({ nick: text, profilePhoto: text }) });
export const bindState = z.object({ data: z.object({ bindState: whole }) });

/** Every answer but that of the token endpoint. */
export const envelope = z.object({ result: z.union([z.string(), z.number()]).transform(String) });
export const token = z.looseObject({ access_token: z.string() });
export const identity = z.object({ openId: z.string().min(1) });
/** Whose a pushed workout is. */
export const pushed = z.object({ openId: z.string().min(1) });
