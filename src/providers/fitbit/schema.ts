/**
 * What the normalisers read of the Google Health API's JSON, and no more. It is proto3's: int64 are strings, what has its default value
 * is left out, lengths are `"1303s"`.
 */
import { z } from "zod";

/** As a number or as its digits. */
const number = z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)]).transform(Number);
const count = number.nullish();
const text = z.string().nullish();
const flag = z.boolean().nullish();

/** `"1293.600s"` → s. */
const length = z
  .string()
  .regex(/^-?\d+(\.\d+)?s$/, "not a length of time")
  .transform((value) => Number(value.slice(0, -1)));

/** RFC 3339 → ms; digits beyond milliseconds are let go. */
const instant = z.string().transform((value, check) => {
  const ms = Date.parse(value);
  if (!Number.isNaN(ms)) return ms;
  check.addIssue({ code: "custom", message: "not a date" });
  return z.NEVER;
});

/** `{year, month, day}` → YYYY-MM-DD. */
const date = z
  .object({ year: number, month: number, day: number })
  .transform(({ year, month, day }) => new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10));

/** What is still going on has no end. */
export const interval = z.object({
  startTime: instant,
  startUtcOffset: length.nullish(),
  endTime: instant.nullish(),
  endUtcOffset: length.nullish(),
});
export const sampleTime = z.object({ physicalTime: instant, utcOffset: length.nullish() });

// ---- Pages ----

/** The last page may be `{}`, its token left out or empty. */
const token = z.string().nullish();
export const page = z.object({ dataPoints: z.array(z.unknown()).nullish(), nextPageToken: token });
export const rollUpPage = z.object({ rollupDataPoints: z.array(z.unknown()).nullish(), nextPageToken: token });

/** Reconciled points call their name another way than listed ones. */
const named = { name: text, dataPointName: text };
export const nameOnly = z.object(named);

// ---- Sessions ----

export const exercise = z.object({
  ...named,
  dataSource: z
    .object({ recordingMethod: text, device: z.object({ displayName: text }).nullish() })
    .nullish()
    .catch(null),
  exercise: z.object({
    interval,
    exerciseType: z.string().catch("EXERCISE_TYPE_UNSPECIFIED"),
    displayName: text,
    activeDuration: length.nullish(),
    metricsSummary: z
      .object({
        caloriesKcal: count,
        distanceMillimeters: count,
        steps: count,
        averageHeartRateBeatsPerMinute: count,
        averageSpeedMillimetersPerSecond: count,
        averagePaceSecondsPerMeter: count,
        elevationGainMillimeters: count,
        activeZoneMinutes: count,
        heartRateZoneDurations: z.record(z.string(), length.nullish().catch(null)).nullish(),
        totalSwimLengths: count,
        runVo2Max: count,
      })
      .nullish(),
    exerciseMetadata: z.object({ hasGps: flag, poolLengthMillimeters: count }).nullish(),
    notes: text,
  }),
});
export type Exercise = z.output<typeof exercise>;

export const stage = z.object({ startTime: instant, endTime: instant, type: z.string() });
export type StageItem = z.output<typeof stage>;

export const sleep = z.object({
  ...named,
  sleep: z.object({
    interval,
    type: text,
    stages: z.array(z.unknown()).nullish(),
    metadata: z
      .object({ mainSleep: flag, nap: flag, processed: flag, stagesStatus: text, manuallyEdited: flag })
      .nullish(),
    summary: z
      .object({
        minutesAsleep: count,
        minutesAwake: count,
        minutesToFallAsleep: count,
        stagesSummary: z.array(z.object({ type: z.string().catch(""), minutes: count })).nullish(),
      })
      .nullish(),
  }),
});
export type Sleep = z.output<typeof sleep>;

// ---- Days and samples: under the type's own field ----

const under = <Shape extends z.ZodType>(field: string, shape: Shape) =>
  z.record(z.string(), z.unknown()).transform((point, check) => {
    const parsed = shape.safeParse(point[field]);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0]!;
    check.addIssue({ code: "custom", message: issue.message, path: [field, ...issue.path] });
    return z.NEVER;
  });

/** Of a day: its date, and what it says. */
export const dayOf = (field: string) => under(field, z.looseObject({ date }));
export const sampleOf = (field: string) => under(field, z.looseObject({ sampleTime }));
export const intervalOf = (field: string) => under(field, z.looseObject({ interval }));

export const rolledUp = z.looseObject({ civilStartTime: z.object({ date }) });

/** Null: not told; undefined: what is there is no number. */
export function readNumber(value: unknown): number | null | undefined {
  return value === undefined || value === null ? null : number.safeParse(value).data;
}

// ---- Who, refusals, notices ----

export const identity = z.object({ healthUserId: z.union([z.string(), z.number()]).transform(String) });

/** `{"error": {message, status, details: [{reason}]}}`; of the token endpoint `error` is a word. */
export const refusal = z
  .object({
    error: z.object({
      message: z.string().catch(""),
      status: z.string().catch(""),
      details: z.array(z.object({ reason: z.string().catch("") }).catch({ reason: "" })).catch([]),
    }),
  })
  .transform(({ error: { message, status, details } }) => ({
    message,
    status,
    reasons: details.map((one) => one.reason),
  }))
  .catch({ message: "", status: "", reasons: [] });

const wall = z.object({
  date: z.object({ year: number, month: number, day: number }),
  time: z.object({ hours: count, minutes: count, seconds: count }).nullish(),
});
/** As if UTC, ms. */
const civil = wall.transform(({ date: { year, month, day }, time }) =>
  Date.UTC(year, month - 1, day, time?.hours ?? 0, time?.minutes ?? 0, time?.seconds ?? 0),
);
/** `2026-03-07T17:29:00` → as if UTC, ms. */
const iso = z.string().transform((value, check) => {
  const ms = Date.parse(/[zZ]$/.test(value) ? value : `${value}${value.length === 10 ? "T00:00:00" : ""}Z`);
  if (!Number.isNaN(ms)) return ms;
  check.addIssue({ code: "custom", message: "not a date" });
  return z.NEVER;
});

export const notice = z.object({
  data: z.object({
    healthUserId: z.union([z.string(), z.number()]).transform(String),
    operation: z.string().catch(""),
    dataType: z.string(),
    recordId: text.catch(null),
    intervals: z
      .array(
        z
          .object({
            physicalTimeInterval: z.object({ startTime: instant, endTime: instant }).nullish().catch(null),
            civilIso8601TimeInterval: z.object({ startTime: iso, endTime: iso }).nullish().catch(null),
            civilDateTimeInterval: z.object({ startDateTime: civil, endDateTime: civil }).nullish().catch(null),
          })
          .nullable()
          .catch(null),
      )
      .nullish()
      .catch(null),
  }),
});
export type Notice = z.output<typeof notice>["data"];

export const verification = z.object({ type: z.literal("verification") });
