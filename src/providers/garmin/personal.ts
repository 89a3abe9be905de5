/** What is polled of the Personal API, and how far back. docs/providers/garmin.md, "Personal API". */
import type { z } from "zod";
import { type Batch, emptyBatch, type Kind } from "../../domain/batch.ts";
import { addDays, localDate, utcDate } from "../../domain/time.ts";
import type { Answer, ListStream, Page, Position, ProviderRequest, WantStream } from "../provider.ts";
import {
  putPersonalDay,
  putPersonalHeartRate,
  putPersonalHrv,
  putPersonalReadings,
  putPersonalSpo2,
  putPersonalSteps,
  putPersonalStress,
  putPersonalWeights,
  toDetailed,
  toListed,
  toPersonalNaps,
  toPersonalNight,
} from "./personal_records.ts";
import * as schema from "./personal_schema.ts";
import { type Item, item, wrong } from "./reading.ts";

export const PERSONAL_HOST = "personal.connectapi.garmin.com";
export const PERSONAL_API = `https://${PERSONAL_HOST}`;
const DAY_S = 86_400;

/** Asked for in one call: 28 days, first and last included. */
const MOST_DAYS = 28;
const common = {
  kind: "list",
  auth: ["api_key"],
  scopes: [],
  every_s: 3600,
  // Late uploads and what grows, as far back as Garmin still changes a day.
  overlap_s: 3 * DAY_S,
  max_window_s: (MOST_DAYS - 1) * DAY_S,
  // How far back it goes nobody has told: to the first half year without anything.
  history: { depth_s: null, empty_s: 180 * DAY_S },
  zoneless: true,
} satisfies Partial<ListStream>;

/** The person's first and last day of a window. */
function datesOf({ window, offsetAt }: Position): { first: string; last: string } {
  const at = (ms: number) => localDate(ms, offsetAt(utcDate(ms)));
  return { first: at(window.from), last: at(window.to - 1) };
}

type Read = (answer: Answer, batch: Batch, at: Position) => void;

function page(read: Read, next: (at: Position, answer: Answer) => Page["next"]): ListStream["read"] {
  return (answer, at) => {
    const batch = emptyBatch();
    read(answer, batch, at);
    return { batch, next: next(at, answer) };
  };
}

/** One request a window. */
const byRange = (title: string, request: (first: string, last: string) => ProviderRequest, read: Read): ListStream => ({
  ...common,
  title,
  request(at) {
    const { first, last } = datesOf(at);
    return request(first, last);
  },
  read: page(read, () => null),
});

/** One request a day, the newest first; the cursor is the date. */
function byDay(title: string, request: (date: string) => ProviderRequest, read: Read): ListStream {
  const dateOf = (at: Position) => (at.cursor as string | null) ?? datesOf(at).last;
  return {
    ...common,
    title,
    request: (at) => request(dateOf(at)),
    read: page(read, (at) => (dateOf(at) > datesOf(at).first ? addDays(dateOf(at), -1) : null)),
  };
}

/** Each item of whatever list an answer is; one that does not fit is a rejection. */
function each<Shape extends z.ZodType>(
  kind: Kind,
  shape: Shape,
  put: (one: z.output<Shape>, into: Item, at: Position) => void,
): Read {
  return ({ body }, batch, at) => {
    for (const [i, one] of schema.itemsOf(body).entries()) {
      const read = shape.safeParse(one);
      if (read.success) put(read.data, item(batch, kind, `/${i}`), at);
      else batch.rejections.push({ kind, ...wrong(read.error, `/${i}`) });
    }
  };
}

/** The one object that an answer is; nothing is nothing. */
function only<Shape extends z.ZodType>(
  kind: Kind,
  shape: Shape,
  put: (one: z.output<Shape>, into: Item) => void,
): Read {
  return ({ body }, batch) => {
    if (isNothing(body)) return;
    const read = shape.safeParse(body);
    if (read.success) put(read.data, item(batch, kind, ""));
    else batch.rejections.push({ kind, ...wrong(read.error) });
  };
}
const isNothing = (body: unknown): boolean =>
  body === null || body === "" || (Array.isArray(body) && body.length === 0);

export const dayRequest = (date: string): ProviderRequest => ({
  url: `${PERSONAL_API}/usersummary-service/usersummary/daily`,
  query: { calendarDate: date },
});
const stats = (what: string) => (first: string, last: string) => ({
  url: `${PERSONAL_API}/usersummary-service/stats/${what}/daily/${first}/${last}`,
});

const PAGE_SIZE = 50;
const startOf = (at: Position): number => (at.cursor as number | null) ?? 0;

const personal_activities: ListStream = {
  ...common,
  title: "activities",
  request(at) {
    const { first, last } = datesOf(at);
    return {
      url: `${PERSONAL_API}/activitylist-service/activities/search/activities`,
      query: {
        startDate: first,
        endDate: last,
        start: String(startOf(at)),
        limit: String(PAGE_SIZE),
        excludeChildren: "false",
      },
    };
  },
  read: page(
    each("activity", schema.activity, (one, into) => {
      const record = toListed(one, into.of);
      if (record) into.batch.activities.push(record);
      else into.batch.rejections.push({ kind: null, pointer: `${into.at}/startTimeGMT`, reason: "no start" });
    }),
    // A short page is the end.
    (at, { body }) => (schema.itemsOf(body).length < PAGE_SIZE ? null : startOf(at) + PAGE_SIZE),
  ),
};

/** What lists lack. Not found says nothing: which paths the API has is not published. */
const personal_activity_detail: WantStream = {
  kind: "want",
  title: "activity details",
  auth: ["api_key"],
  scopes: [],
  request: (id) => ({ url: `${PERSONAL_API}/activity-service/activity/${id}`, accept: [404] }),
  read({ status, body }, external_id) {
    const batch = emptyBatch();
    if (status === 404) return { batch, next: null };
    const read = schema.detail.safeParse(body);
    if (!read.success) return { kind: "unreadable", ...wrong(read.error) };
    if (read.data.activityId !== external_id)
      return { kind: "unreadable", pointer: "/activityId", reason: "another activity" };
    const { of } = item(batch, "activity", "");
    batch.activities.push(toDetailed(read.data, of));
    return { batch, next: null };
  },
};

/** One night with its levels and naps, or a list of bare ones. */
const readNights: Read = ({ body }, batch, { offsetAt }) => {
  const isOne = schema.night.safeParse(body).data?.dailySleepDTO != null;
  for (const [i, one] of (isOne ? [body] : schema.itemsOf(body)).entries()) {
    const whole = schema.night.safeParse(one);
    const bare = schema.bareNight.safeParse(whole.data?.dailySleepDTO ?? one);
    if (!whole.success || !bare.success) {
      batch.rejections.push({ kind: "sleep", pointer: `/${i}`, reason: "not a night" });
      continue;
    }
    const record = toPersonalNight(bare.data, whole.data.sleepLevels ?? [], batch.elements.length, offsetAt);
    if (record) {
      batch.elements.push("sleep");
      batch.nights.push(record);
    }
    batch.nights.push(...toPersonalNaps(whole.data.dailyNapDTOS ?? [], bare.data, batch, offsetAt));
  }
};

/** The night's mean and its readings. */
const readHrvNight = only("daily", schema.hrvNight, ({ hrvSummary, hrvReadings }, into) => {
  const summary = schema.hrvSummary.safeParse(hrvSummary);
  if (summary.success) putPersonalHrv(summary.data, into);
  putPersonalReadings(hrvReadings ?? [], into);
});

export const personalStreams = {
  personal_activities,
  personal_activity_detail,
  personal_days: byDay("days", dayRequest, each("daily", schema.day, putPersonalDay)),
  personal_steps: byRange("steps", stats("steps"), each("daily", schema.steps, putPersonalSteps)),
  personal_stress: byRange("stress", stats("stress"), each("daily", schema.stress, putPersonalStress)),
  personal_heart_rate: byDay(
    "heart rate",
    (date) => ({ url: `${PERSONAL_API}/wellness-service/wellness/dailyHeartRate`, query: { date } }),
    only("series", schema.heartRate, putPersonalHeartRate),
  ),
  personal_spo2: byDay(
    "blood oxygen",
    (date) => ({ url: `${PERSONAL_API}/wellness-service/wellness/daily/spo2acclimation/${date}` }),
    only("series", schema.spo2, putPersonalSpo2),
  ),
  personal_nights: byDay(
    "nights",
    (date) => ({ url: `${PERSONAL_API}/sleep-service/sleep/dailySleepData`, query: { date } }),
    readNights,
  ),
  personal_hrv: byRange(
    "heart rate variability",
    (first, last) => ({ url: `${PERSONAL_API}/hrv-service/hrv/daily/${first}/${last}` }),
    each("daily", schema.hrvSummary, putPersonalHrv),
  ),
  personal_hrv_readings: byDay(
    "heart rate variability of the night",
    (date) => ({ url: `${PERSONAL_API}/hrv-service/hrv/${date}` }),
    readHrvNight,
  ),
  personal_weight: byRange(
    "weight",
    (first, last) => ({
      url: `${PERSONAL_API}/weight-service/weight/range/${first}/${last}`,
      query: { includeAll: "true" },
    }),
    each("series", schema.weightDay, (one, into) => putPersonalWeights(one.allWeightMetrics ?? [], into)),
  ),
};
