/** What is read of Google's JSON. It is proto3's: int64 are strings, defaults are left out, lengths are `"1303s"`. */
import { z } from "zod";
import { dateMs, isDate } from "../../domain/time.ts";
import type { Window } from "../provider.ts";
import { each, flags, instant, isInstant, list, numeric, numerics, offset, parsed, text, texts } from "../shapes.ts";
import { HOUR_S } from "../streams.ts";

export const HOUR_MS = HOUR_S * 1000;

const maybe = <Members extends z.ZodRawShape>(members: Members) => z.object(members).nullish();
const under = <Shape extends z.ZodType>(field: string, shape: Shape) =>
  z.object({ [field]: shape }).transform((point) => point[field] as z.output<Shape>);

/** `"1293.600s"` → s. */
const LENGTH = /^-?\d{1,7}(\.\d+)?s$/;
const length = parsed((value) => (LENGTH.test(value) ? Number.parseFloat(value) : null), "not a duration");
const offsets = each(length.pipe(offset).nullish().catch(null));

/** `{year, month, day}` → YYYY-MM-DD. */
const date = z
  .object({ year: numeric, month: numeric, day: numeric })
  .transform(({ year, month, day }) => [year, month, day].map((part) => String(part).padStart(2, "0")).join("-"))
  .refine(isDate, "not a date");

/** What is still going on has no end. */
const interval = z.object({
  startTime: instant,
  endTime: instant.nullish(),
  ...offsets("startUtcOffset endUtcOffset"),
});
const ends = { startTime: instant, endTime: instant };

/** An empty page is not the last where there is a token; the last may be `{}`, its token left out or empty. */
export const page = z
  .object({ dataPoints: list, rollupDataPoints: list, nextPageToken: text })
  .transform(({ dataPoints, rollupDataPoints, nextPageToken }) => ({
    points: dataPoints ?? rollupDataPoints ?? [],
    token: nextPageToken || null,
  }));

// ---- Sessions ----

/** Reconciled points call their name another way than listed ones. */
const named = z.object(texts("name dataPointName"));
/** The last part of the point's name, to the last digit; null where it has none. */
export function idIn(point: unknown): string | null {
  const { name, dataPointName } = named.safeParse(point).data ?? {};
  return (dataPointName || name)?.split("/").at(-1) || null;
}

/** `lightTime` → `light`. */
const zone = z.string().transform((name) => name.replace(/Time$/, ""));

export const exercise = named.extend({
  dataSource: maybe({ recordingMethod: text, device: maybe({ displayName: text }) }).catch(null),
  exercise: z.object({
    interval,
    exerciseType: z.string().catch("EXERCISE_TYPE_UNSPECIFIED"),
    activeDuration: length.nullish(),
    metricsSummary: maybe({
      ...numerics("caloriesKcal distanceMillimeters steps elevationGainMillimeters averageHeartRateBeatsPerMinute"),
      ...numerics("averageSpeedMillimetersPerSecond averagePaceSecondsPerMeter"),
      ...numerics("activeZoneMinutes totalSwimLengths runVo2Max"),
      heartRateZoneDurations: z.record(zone, length.nullish().catch(null)).nullish(),
    }),
    exerciseMetadata: maybe({ ...flags("hasGps"), ...numerics("poolLengthMillimeters") }),
    ...texts("displayName notes"),
  }),
});

export const stage = z.object({ ...ends, type: z.string() });
const row = z.object({ type: z.string().catch(""), ...numerics("minutes") });

export const sleep = named.extend({
  sleep: z.object({
    interval,
    type: text,
    stages: list,
    metadata: maybe({ ...flags("mainSleep nap manuallyEdited"), stagesStatus: text }),
    summary: maybe({
      ...numerics("minutesAsleep minutesAwake minutesToFallAsleep"),
      stagesSummary: z.array(row).nullish(),
    }),
  }),
});

// ---- Days and readings: what they say is under the type's own field ----

const day = z.looseObject({ date }).transform((values) => ({ date: values.date, values }));
const sample = z
  .looseObject({ sampleTime: z.object({ physicalTime: instant, ...offsets("utcOffset") }) })
  .transform((values) => ({ time: values.sampleTime.physicalTime, offset: values.sampleTime.utcOffset, values }));
/** Of a sum over an interval its start. */
const summed = z
  .looseObject({ interval })
  .transform((values) => ({ time: values.interval.startTime, offset: values.interval.startUtcOffset, values }));
/** A day of which nothing is known has no values. */
const rolledUp = z.looseObject({ civilStartTime: z.object({ date }) });
const told = z.record(z.string(), z.unknown()).nullish().catch(null);

export const POINTS = {
  day: (field: string) => under(field, day),
  total: (field: string) =>
    rolledUp.transform((point) => ({ date: point.civilStartTime.date, values: told.parse(point[field]) })),
  interval: (field: string) => under(field, summed),
  sample: (field: string) => under(field, sample),
};

// ---- Who, notices ----

const healthUserId = z.union([z.string(), z.number()]).transform(String);
export const identity = z.object({ healthUserId });

/** As if UTC, ms. */
const wall = z.object({ date, time: maybe(numerics("hours minutes seconds")) }).transform(({ date, time }) => {
  const { hours, minutes, seconds } = time ?? {};
  return dateMs(date) + (hours ?? 0) * HOUR_MS + (minutes ?? 0) * 60_000 + (seconds ?? 0) * 1000;
});
/** `2026-03-07T17:29:00` → as if UTC, ms. */
const iso = z
  .string()
  .transform((value) => (/z$/i.test(value) ? value : `${value}${value.length === 10 ? "T00:00:00" : ""}Z`))
  .pipe(instant);
/** What civil times may be on earth. */
const anywhere = (from: number, to: number): Window => ({ from: from - 14 * HOUR_MS, to: to + 12 * HOUR_MS });
const span = z.object(ends).transform((at): Window => ({ from: at.startTime, to: at.endTime }));
const civil = z.object({ startTime: iso, endTime: iso }).transform((at) => anywhere(at.startTime, at.endTime));
const walls = z
  .object({ startDateTime: wall.refine(isInstant), endDateTime: wall.refine(isInstant) })
  .transform((at) => anywhere(at.startDateTime, at.endDateTime));
/** Any form may be missing: the physical times count, else civil ones. */
const stretch = z.union([
  under("physicalTimeInterval", span),
  under("civilIso8601TimeInterval", civil),
  under("civilDateTimeInterval", walls),
]);

export const notice = z.object({
  data: z.object({
    healthUserId,
    operation: z.string().catch(""),
    dataType: z.string(),
    recordId: text.catch(null),
    intervals: z.array(stretch.nullable().catch(null)).nullish().catch(null),
  }),
});

export const verification = z.object({ type: z.literal("verification") });
