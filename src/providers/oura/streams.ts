/**
 * What is asked of Oura: a stream a collection, and its documents one by one for what webhooks name. Windows of dated collections
 * mean something else in each of them, so all are asked two days wider on both sides; docs/providers/oura.md, "Windows".
 */
import { emptyBatch } from "../../domain/batch.ts";
import { DAY_MS, datesOf, utcDate } from "../../domain/time.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Answer, ListStream, Page, Position, WantStream, Window } from "../provider.ts";
import { type OffsetAt, page, putSample, type ReadItem, readAs, readerOf, unreadable } from "../reading.ts";
import { DAY_S, HOUR_S, single } from "../streams.ts";
import * as days from "./days.ts";
import { restMode, session, tag, workout } from "./normalise.ts";
import * as schema from "./schema.ts";
import { putMornings, sleep } from "./sleep.ts";

export const API = "https://api.ouraring.com/v2";
const WIDER_MS = 2 * DAY_MS;

/** `kind`: of its records, for what a notice of deletion names; left out: values of days. */
type More = { kind?: "activity" | "sleep" | "event"; zoneless?: true };
const collection = (path: string, title: string, scope: string, read: ReadItem, more: More = {}) => {
  return { path, title, scope, read, ...more };
};
/** Events at midnight of a day. */
const DATED: More = { kind: "event", zoneless: true };

/** By the stream that reads it. */
export const COLLECTIONS = {
  sleep: collection("sleep", "nights", "daily", sleep, { kind: "sleep" }),
  workouts: collection("workout", "workouts", "workout", workout, { kind: "activity" }),
  sessions: collection("session", "sessions", "session", session, { kind: "activity" }),
  daily_sleep: collection("daily_sleep", "sleep scores", "daily", days.dailySleep),
  daily_readiness: collection("daily_readiness", "readiness", "daily", days.dailyReadiness),
  daily_activity: collection("daily_activity", "daily activity", "daily", days.dailyActivity),
  daily_spo2: collection("daily_spo2", "blood oxygen", "spo2", days.dailySpo2),
  daily_stress: collection("daily_stress", "stress", "daily", days.dailyStress, DATED),
  daily_resilience: collection("daily_resilience", "resilience", "stress", days.dailyResilience, DATED),
  cardiovascular_age: collection("daily_cardiovascular_age", "cardiovascular age", "heart_health", days.vascularAge),
  // Spelt so; `vo2_max` is not found.
  vo2_max: collection("vO2_max", "VO₂ max", "heart_health", days.vo2Max),
  bedtimes: collection("sleep_time", "bedtimes", "daily", days.sleepTime, DATED),
  tags: collection("enhanced_tag", "tags", "tag", tag, { kind: "event" }),
  rest_mode: collection("rest_mode_period", "rest mode", "daily", restMode, DATED),
};
export type CollectionName = keyof typeof COLLECTIONS;
export const NAMES = Object.keys(COLLECTIONS) as CollectionName[];

type Query = (window: Window) => Record<string, string>;
const byDate: Query = ({ from, to }) => ({ start_date: utcDate(from - WIDER_MS), end_date: utcDate(to + WIDER_MS) });
const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
const byInstant: Query = ({ from, to }) => ({ start_datetime: iso(from), end_datetime: iso(to + 999) });

const list = (of: ReturnType<typeof collection>, more: Partial<ListStream> = {}, query = byDate): ListStream => ({
  kind: "list",
  title: of.title,
  scopes: [of.scope],
  every_s: HOUR_S,
  // A ring may be read days later; corrections of the month daily.
  overlap_s: 7 * DAY_S,
  reread: { every_s: DAY_S, back_s: 30 * DAY_S },
  max_window_s: 88 * DAY_S,
  history: { depth_s: null, empty_s: 730 * DAY_S },
  ...(of.zoneless && { zoneless: true }),
  ...more,
  request: ({ window, cursor }) => ({
    url: `${API}/usercollection/${of.path}`,
    // The other parameters are repeated with the token.
    query: { ...query(window), ...(cursor !== null && { next_token: String(cursor) }) },
  }),
  read: ({ body }, { cursor, offsetAt }) =>
    readAs(schema.page, body, ({ data, next_token }) => {
      const next = next_token || null;
      if (next !== null && next === cursor) return unreadable("/next_token", "the same again");
      const batch = emptyBatch();
      for (const [i, one] of data.entries()) of.read(batch, one, `/data/${i}`, offsetAt);
      return page(batch, next);
    }),
});
type Lists = Record<CollectionName, ListStream>;
const lists = Object.fromEntries(NAMES.map((name) => [name, list(COLLECTIONS[name])])) as Lists;

const beat = readerOf("series", schema.beat, ({ timestamp, bpm }, into) =>
  // In UTC, which says nothing of where the person was.
  putSample(into, "heart_rate_bpm", "", timestamp.time, bpm, null, "/bpm"),
);
const BEATS = {
  overlap_s: 2 * DAY_S,
  reread: { every_s: DAY_S, back_s: 8 * DAY_S },
  // Thirty days are the most that is known to be answered; half of them have some 16,000 rows.
  max_window_s: 15 * DAY_S,
  history: { depth_s: null, empty_s: 365 * DAY_S },
};
const heart_rate = list(collection("heartrate", "heart rate", "heartrate", beat), BEATS, byInstant);

/** A window on one page is whole: a stored night that is not there is asked for by itself, and days without a night say so. */
function readNights(answer: Answer, at: Position): Page | Fault {
  const read = lists.sleep.read(answer, at);
  if ("kind" in read) return read;
  const { batch, next } = read;
  const isWhole = at.cursor === null && next === null && !batch.rejections.some(({ kind }) => kind === "sleep");
  if (isWhole) {
    const keep = [...batch.nights, ...batch.deletions].map((one) => (one as { external_id: string }).external_id);
    batch.deletions.push({ kind: "sleep", ...at.window, keep, confirm: "night" });
  }
  putMornings(batch, isWhole ? datesOf(at.window.from, at.window.to) : []);
  return read;
}

/** One document by its id; not found: gone in the meantime. */
export function documentOf(name: CollectionName, offsetAt: OffsetAt): WantStream {
  const { path, title, scope, read, kind } = COLLECTIONS[name];
  return single({
    title,
    scopes: [scope],
    request: (id) => ({ url: `${API}/usercollection/${path}/${encodeURIComponent(id)}` }),
    read({ body }) {
      const batch = emptyBatch();
      read(batch, body, "", offsetAt);
      const [bad] = batch.rejections;
      if (batch.elements.length === 0) return unreadable(bad?.pointer ?? "", bad?.reason ?? "nothing in it");
      if (name === "sleep") putMornings(batch);
      return page(batch);
    },
    absent: kind ?? (() => page()),
  });
}

export const streams = {
  heart_rate,
  ...lists,
  sleep: { ...lists.sleep, max_window_s: 56 * DAY_S, read: readNights },
  /** A night that a list no longer shows. */
  night: { ...documentOf("sleep", () => 0), title: "missing nights" },
};
