/**
 * What is polled of the Personal API, how far back, and what days and samples it tells. Its answers nobody has published: they are those
 * of the same services on Connect's own host, and wrappers are seen through. docs/providers/garmin.md, "Personal API".
 */
import { z } from "zod";
import { type Batch, emptyBatch, type Kind } from "../../domain/batch.ts";
import { addDays, DAY_MS, localDate, utcDate } from "../../domain/time.ts";
import type { ListStream, Page, Position, ProviderRequest, WantStream } from "../provider.ts";
import { type Item, page, put, putAll, readAs, reject, unreadable } from "../reading.ts";
import { date, number } from "../shapes.ts";
import { DAY_S, HOUR_S, single } from "../streams.ts";
import { listed, putListedActivity, putSummed, summed } from "./activities.ts";
import { clockOffset, putReading, putReadings, putTold, within } from "./members.ts";
import { each, grams, instant, items, lenient } from "./schema.ts";
import { putPersonalNight } from "./sleeps.ts";
import { HRV } from "./summaries.ts";

export const PERSONAL = "https://personal.connectapi.garmin.com";

/** The person's first and last day of a window. */
function datesOf({ window, offsetAt }: Position): { first: string; last: string } {
  const at = (ms: number) => localDate(ms, offsetAt(utcDate(ms)));
  return { first: at(window.from), last: at(window.to - 1) };
}

type Read = (body: unknown, batch: Batch, at: Position) => void;

const list = (
  title: string,
  request: ListStream["request"],
  read: Read,
  next: (at: Position, body: unknown) => Page["next"] = () => null,
): ListStream => ({
  kind: "list",
  title,
  auth: ["api_key"],
  scopes: [],
  every_s: HOUR_S,
  // Late uploads and what grows, as far back as Garmin still changes a day.
  overlap_s: 3 * DAY_S,
  // Asked for in one call: 28 days, first and last included.
  max_window_s: 27 * DAY_S,
  // How far back it goes nobody has told: to the first half year without anything.
  history: { depth_s: null, empty_s: 180 * DAY_S },
  zoneless: true,
  request,
  read({ body }, at) {
    const batch = emptyBatch();
    read(body, batch, at);
    return page(batch, next(at, body));
  },
});

const get = (path: string, query?: Record<string, string>): ProviderRequest => ({
  url: `${PERSONAL}/${path}`,
  ...(query && { query }),
});

/** One request a window. */
const byRange = (title: string, request: (range: string) => ProviderRequest, read: Read): ListStream =>
  list(title, (at) => request(`${datesOf(at).first}/${datesOf(at).last}`), read);

/** One request a day, the newest first; the cursor is the date. */
function byDay(title: string, request: (date: string) => ProviderRequest, read: Read): ListStream {
  const dateOf = (at: Position) => (at.cursor as string | null) ?? datesOf(at).last;
  const next = (at: Position) => (dateOf(at) > datesOf(at).first ? addDays(dateOf(at), -1) : null);
  return list(title, (at) => request(dateOf(at)), read, next);
}

/** A bare list, one in `data`, or the one list within an object; nothing: none; anything else: the one item itself. */
function itemsOf(body: unknown): unknown[] {
  if (body === null || body === undefined || body === "") return [];
  if (Array.isArray(body)) return body;
  if (typeof body !== "object") return [body];
  if ("data" in body) return itemsOf(body.data);
  const lists = Object.values(body).filter(Array.isArray);
  const isItem = "calendarDate" in body || "dailySleepDTO" in body;
  return lists.length === 1 && !isItem ? lists[0]! : [body];
}

type Put<Shape extends z.ZodType> = (one: z.infer<Shape>, into: Item, at: Position) => void;

const all =
  <Shape extends z.ZodType>(kind: Kind, shape: Shape, into: Put<Shape>): Read =>
  (body, batch, at) =>
    void putAll(batch, kind, shape, itemsOf(body), "", (one, item) => into(one, item, at));

/** The one object that an answer is; nothing is nothing. */
const only =
  <Shape extends z.ZodType>(kind: Kind, shape: Shape, into: Put<Shape>): Read =>
  (body, batch, at) => {
    const isNothing = body === null || body === "" || (Array.isArray(body) && body.length === 0);
    if (!isNothing) put(batch, kind, shape, body, "", (one, item) => into(one, item, at));
  };

// biome-ignore format: a table
const DAY = {
  totalSteps: "steps", totalDistanceMeters: "distance_m", totalKilocalories: "total_energy_kcal",
  activeKilocalories: "active_energy_kcal", bmrKilocalories: "basal_energy_kcal", floorsAscended: "floors",
  floorsDescended: "floors_descended", minHeartRate: "min_heart_rate_bpm", maxHeartRate: "max_heart_rate_bpm",
  restingHeartRate: "resting_heart_rate_bpm", averageStressLevel: "stress_avg", maxStressLevel: "stress_max",
  moderateIntensityMinutes: "moderate_intensity_s", vigorousIntensityMinutes: "vigorous_intensity_s",
  bodyBatteryHighestValue: "body_battery_high", bodyBatteryLowestValue: "body_battery_low",
  bodyBatteryChargedValue: "body_battery_charged", bodyBatteryDrainedValue: "body_battery_drained",
  averageSpo2: "spo2_pct", avgWakingRespirationValue: "waking_respiration_brpm",
};
const minutes = z.number().transform((value) => value * 60);
const sums = z.object(lenient({ value: number }));
/** The flat summary of a day, and what the nested one of a range has of it. */
const day = z.object({
  calendarDate: date,
  ...lenient({
    ...each(DAY, number),
    ...{ moderateIntensityMinutes: minutes, vigorousIntensityMinutes: minutes },
    movement: z.object(lenient({ steps: sums, floorsAscended: sums })),
  }),
});

/** A day as far as it has come. Of a day without anything – before the watch, say – nothing is told. */
function putPersonalDay({ calendarDate, movement, ...flat }: z.infer<typeof day>, into: Item): void {
  const totalSteps = flat.totalSteps ?? movement?.steps?.value;
  const floorsAscended = flat.floorsAscended ?? movement?.floorsAscended?.value;
  const told = { ...flat, totalSteps, floorsAscended };
  if (Object.values(told).some((value) => value != null)) putTold(into, calendarDate, told, DAY);
}

/** The same days in other answers: a source keeps them apart, so that the two never undo each other, nor does a null. */
const quiet = number.catch(undefined).transform((value) => value ?? undefined);
const STEPS = { totalSteps: "steps steps", totalDistance: "distance_m steps" };
// biome-ignore format: a table
const STRESS = {
  overallStressLevel: "stress_avg stress", restStressDuration: "rest_stress_s stress",
  lowStressDuration: "low_stress_s stress", mediumStressDuration: "medium_stress_s stress",
  highStressDuration: "high_stress_s stress",
};
const steps = z.object({ calendarDate: date, ...each(STEPS, quiet) });
const stress = z.object({ calendarDate: date, ...lenient({ values: z.object(each(STRESS, quiet)) }) });
const hrv = z.object({ calendarDate: date, ...each(HRV, quiet) });

const heartRate = z.object(
  lenient({
    ...{
      startTimestampGMT: instant,
      startTimestampLocal: instant,
      endTimestampGMT: instant,
      endTimestampLocal: instant,
    },
    heartRateValueDescriptors: z.array(z.object({ key: z.string(), index: z.number().int().nonnegative() })),
    heartRateValues: z.array(z.unknown()),
  }),
);

/** Pairs of ms and beats, in the order that the descriptors tell, where there are any. */
function putHeartRate(h: z.infer<typeof heartRate>, into: Item): void {
  const { heartRateValueDescriptors: told, startTimestampGMT: start } = h;
  const indexOf = (key: string) => told?.find((one) => one.key.toLowerCase() === key)?.index;
  const [timeAt, valueAt] = [indexOf("timestamp") ?? 0, indexOf("heartrate") ?? 1];
  const offset = clockOffset(h.startTimestampLocal, start);
  const endOffset = clockOffset(h.endTimestampLocal, h.endTimestampGMT);
  within(into, "series", { heartRateValues: h.heartRateValues }, z.array(z.unknown()), (row, at) => {
    const time = row[timeAt];
    if (typeof time !== "number") return reject(at, "series", "", "no time");
    // The last hour of a day of 25.
    const isLate = start != null && time - start >= DAY_MS;
    putReading(at, "heart_rate_bpm", { time, offset: isLate ? endOffset : offset }, row[valueAt], `/${valueAt}`);
  });
}

const hour = z.tuple([z.number(), z.number()]).rest(z.unknown());
/** Lists of `[ms, percent]` under whatever name has SpO2 in it. */
function putSpo2(answer: Record<string, unknown>, into: Item): void {
  for (const [name, rows] of Object.entries(answer)) {
    if (!/spo2/i.test(name) || !Array.isArray(rows)) continue;
    for (const [i, row] of rows.entries()) {
      const { data } = hour.safeParse(row);
      if (data) putReading(into, "spo2_pct hourly", { time: data[0], offset: null }, data[1], `/${name}/${i}/1`);
    }
  }
}

/** The night's mean and its readings. */
const hrvNight = z.object(lenient({ hrvSummary: hrv, hrvReadings: z.array(z.unknown()) }));
const hrvReading = z.object({
  hrvValue: z.number(),
  readingTimeGMT: instant,
  ...lenient({ readingTimeLocal: instant }),
});
function putHrvNight({ hrvSummary, hrvReadings }: z.infer<typeof hrvNight>, into: Item): void {
  if (hrvSummary) putTold(into, hrvSummary.calendarDate, hrvSummary, HRV);
  within(into, "series", { hrvReadings }, hrvReading, (one, at) => {
    const { readingTimeGMT: time, readingTimeLocal: local } = one;
    putReadings(at, { time, offset: clockOffset(local, time) }, one, { hrvValue: "hrv_rmssd_ms" });
  });
}

// biome-ignore format: a table
const WEIGHT = {
  weight: "weight_kg", boneMass: "bone_mass_kg", muscleMass: "muscle_mass_kg",
  bodyFat: "body_fat_pct", bodyWater: "body_water_pct", bmi: "bmi_kg_m2",
};
/** `date` is the same instant in local time. */
const weight = z.object({
  timestampGMT: z.number(),
  ...lenient({ date: number, ...each(WEIGHT, number), weight: grams, boneMass: grams, muscleMass: grams }),
});

const days = (what: string) => (range: string) => get(`usersummary-service/stats/${what}/daily/${range}`);
export const dayRequest = (calendarDate: string): ProviderRequest =>
  get("usersummary-service/usersummary/daily", { calendarDate });

const PAGE_SIZE = 50;
const startOf = (at: Position): number => (at.cursor as number | null) ?? 0;

/** What lists lack. Not found says nothing: which paths the API has is not published. */
const personal_activity_detail = single({
  title: "activity details",
  scopes: [],
  request: (id) => get(`activity-service/activity/${id}`),
  absent: () => page(),
  read: ({ body }, external_id) =>
    readAs(summed, body, (one) => {
      if (one.activityId !== external_id) return unreadable("/activityId", "another activity");
      const batch = emptyBatch();
      putSummed(one, { batch, at: "", of: batch.elements.push("activity") - 1 });
      return page(batch);
    }),
});

export const personalStreams = {
  personal_activities: list(
    "activities",
    (at) => {
      const { first: startDate, last: endDate } = datesOf(at);
      const pages = { start: String(startOf(at)), limit: String(PAGE_SIZE), excludeChildren: "false" };
      return get("activitylist-service/activities/search/activities", { startDate, endDate, ...pages });
    },
    all("activity", listed, putListedActivity),
    // A short page is the end.
    (at, body) => (itemsOf(body).length < PAGE_SIZE ? null : startOf(at) + PAGE_SIZE),
  ),
  personal_activity_detail: { ...personal_activity_detail, auth: ["api_key"] } satisfies WantStream,
  personal_days: byDay("days", dayRequest, all("daily", day, putPersonalDay)),
  personal_steps: byRange(
    "steps",
    days("steps"),
    all("daily", steps, (one, into) => putTold(into, one.calendarDate, one, STEPS)),
  ),
  personal_stress: byRange(
    "stress",
    days("stress"),
    all("daily", stress, ({ calendarDate, values }, into) =>
      putTold({ ...into, at: `${into.at}/values` }, calendarDate, values ?? {}, STRESS),
    ),
  ),
  personal_heart_rate: byDay(
    "heart rate",
    (date) => get("wellness-service/wellness/dailyHeartRate", { date }),
    only("series", heartRate, putHeartRate),
  ),
  personal_spo2: byDay(
    "blood oxygen",
    (date) => get(`wellness-service/wellness/daily/spo2acclimation/${date}`),
    only("series", z.record(z.string(), z.unknown()), putSpo2),
  ),
  personal_nights: byDay(
    "nights",
    (date) => get("sleep-service/sleep/dailySleepData", { date }),
    (body, batch, { offsetAt }) => {
      for (const [i, one] of itemsOf(body).entries()) putPersonalNight(batch, one, `/${i}`, offsetAt);
    },
  ),
  personal_hrv: byRange(
    "heart rate variability",
    (range) => get(`hrv-service/hrv/daily/${range}`),
    all("daily", hrv, (one, into) => putTold(into, one.calendarDate, one, HRV)),
  ),
  personal_hrv_readings: byDay(
    "heart rate variability of the night",
    (date) => get(`hrv-service/hrv/${date}`),
    only("daily", hrvNight, putHrvNight),
  ),
  personal_weight: byRange(
    "weight",
    (range) => get(`weight-service/weight/range/${range}`, { includeAll: "true" }),
    all("series", z.object({ allWeightMetrics: items }), ({ allWeightMetrics }, into) =>
      within(into, "series", { allWeightMetrics }, weight, (one, at) =>
        putReadings(at, { time: one.timestampGMT, offset: clockOffset(one.date, one.timestampGMT) }, one, WEIGHT),
      ),
    ),
  ),
};
