/**
 * What is asked of Oura: a stream a collection, and its documents one by one for what webhooks name. Windows of dated collections
 * mean something else in each of them, so all are asked two days wider on both sides; docs/providers/oura.md, "Windows".
 */
import { emptyBatch } from "../../domain/batch.ts";
import { addDays, DAY_MS, utcDate } from "../../domain/time.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Answer, ListStream, Page, Position, ProviderRequest, WantStream } from "../provider.ts";
import { session, workout } from "./activities.ts";
import * as days from "./days.ts";
import { restMode, tag } from "./events.ts";
import { document, type OffsetAt, putSample, type ReadDocument, wrong } from "./reading.ts";
import * as schema from "./schema.ts";
import { putMornings, sleep } from "./sleep.ts";

export const API = "https://api.ouraring.com/v2";
const DAY_S = 86_400;
const WIDER_MS = 2 * DAY_MS;

interface Collection {
  /** The last part of its path. */
  path: string;
  read: ReadDocument;
  /** Records of it, for what a notice of deletion names; null: values of days. */
  kind: "activity" | "sleep" | "event" | null;
}

/** By the stream that reads it. */
export const COLLECTIONS = {
  sleep: { path: "sleep", read: sleep, kind: "sleep" },
  workouts: { path: "workout", read: workout, kind: "activity" },
  sessions: { path: "session", read: session, kind: "activity" },
  daily_sleep: { path: "daily_sleep", read: days.dailySleep, kind: null },
  daily_readiness: { path: "daily_readiness", read: days.dailyReadiness, kind: null },
  daily_activity: { path: "daily_activity", read: days.dailyActivity, kind: null },
  daily_spo2: { path: "daily_spo2", read: days.dailySpo2, kind: null },
  daily_stress: { path: "daily_stress", read: days.dailyStress, kind: "event" },
  daily_resilience: { path: "daily_resilience", read: days.dailyResilience, kind: "event" },
  cardiovascular_age: { path: "daily_cardiovascular_age", read: days.cardiovascularAge, kind: null },
  // Spelt so; `vo2_max` is not found.
  vo2_max: { path: "vO2_max", read: days.vo2Max, kind: null },
  bedtimes: { path: "sleep_time", read: days.sleepTime, kind: "event" },
  tags: { path: "enhanced_tag", read: tag, kind: "event" },
  rest_mode: { path: "rest_mode_period", read: restMode, kind: "event" },
} as const satisfies Record<string, Collection>;
export type CollectionName = keyof typeof COLLECTIONS;

const unreadable = (pointer: string, reason: string): Fault => ({ kind: "unreadable", pointer, reason });

/** The documents of a list answer, and how to go on. */
function readPage(answer: Answer, at: Position): { data: unknown[]; next: string | null } | Fault {
  const parsed = schema.page.safeParse(answer.body);
  if (!parsed.success) {
    const { pointer, reason } = wrong(parsed.error);
    return unreadable(pointer, reason);
  }
  const next = parsed.data.next_token || null;
  return next !== null && next === at.cursor
    ? unreadable("/next_token", "the same again")
    : { data: parsed.data.data, next };
}

/** The other parameters are repeated with the token. */
const continued = ({ cursor }: Position): Record<string, string> =>
  cursor === null ? {} : { next_token: String(cursor) };

function dated(name: CollectionName, title: string, scope: string, more: Partial<ListStream> = {}): ListStream {
  const { path, read }: Collection = COLLECTIONS[name];
  return {
    kind: "list",
    title,
    scopes: [scope],
    every_s: 3600,
    // A ring may be read days later; corrections of the month daily.
    overlap_s: 7 * DAY_S,
    reread: { every_s: DAY_S, back_s: 30 * DAY_S },
    max_window_s: 88 * DAY_S,
    history: { depth_s: null, empty_s: 730 * DAY_S },
    request: (at) => ({
      url: `${API}/usercollection/${path}`,
      query: {
        start_date: utcDate(at.window.from - WIDER_MS),
        end_date: utcDate(at.window.to + WIDER_MS),
        ...continued(at),
      },
    }),
    read(answer, at) {
      const page = readPage(answer, at);
      if ("kind" in page) return page;
      const batch = emptyBatch();
      for (const [i, one] of page.data.entries()) read(one, batch, `/data/${i}`, at.offsetAt);
      return { batch, next: page.next };
    },
    ...more,
  };
}

const nights = dated("sleep", "nights", "daily");
const lists = {
  sleep: { ...nights, max_window_s: 56 * DAY_S, read: readNights },
  workouts: dated("workouts", "workouts", "workout"),
  sessions: dated("sessions", "sessions", "session"),
  daily_sleep: dated("daily_sleep", "sleep scores", "daily"),
  daily_readiness: dated("daily_readiness", "readiness", "daily"),
  daily_activity: dated("daily_activity", "daily activity", "daily"),
  daily_spo2: dated("daily_spo2", "blood oxygen", "spo2"),
  daily_stress: dated("daily_stress", "stress", "daily", { zoneless: true }),
  daily_resilience: dated("daily_resilience", "resilience", "stress", { zoneless: true }),
  cardiovascular_age: dated("cardiovascular_age", "cardiovascular age", "heart_health"),
  vo2_max: dated("vo2_max", "VO₂ max", "heart_health"),
  bedtimes: dated("bedtimes", "bedtimes", "daily", { zoneless: true }),
  tags: dated("tags", "tags", "tag"),
  rest_mode: dated("rest_mode", "rest mode", "daily", { zoneless: true }),
} satisfies Record<CollectionName, ListStream>;

/** A window on one page is whole: a stored night that is not there is asked for by itself, and days without a night say so. */
function readNights(answer: Answer, at: Position): Page | Fault {
  const read = nights.read(answer, at);
  if ("kind" in read) return read;
  const { batch, next } = read;
  const isWhole = at.cursor === null && next === null && !batch.rejections.some(({ kind }) => kind === "sleep");
  if (!isWhole) {
    putMornings(batch, []);
    return read;
  }
  const { from, to } = at.window;
  const keep = [...batch.nights, ...batch.deletions].map((one) => (one as { external_id: string }).external_id);
  batch.deletions.push({ kind: "sleep", from, to, keep, confirm: "night" });
  const dates: string[] = [];
  for (let date = utcDate(from); date <= utcDate(to); date = addDays(date, 1)) dates.push(date);
  putMornings(batch, dates);
  return read;
}

const beat = document("series", schema.beat, ({ timestamp, bpm }, into) =>
  // In UTC, which says nothing of where the person was.
  putSample(into, "heart_rate_bpm", "", { time: timestamp.time, offset: null }, bpm, "/bpm"),
);
const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

const heart_rate: ListStream = {
  kind: "list",
  title: "heart rate",
  scopes: ["heartrate"],
  every_s: 3600,
  overlap_s: 2 * DAY_S,
  reread: { every_s: DAY_S, back_s: 8 * DAY_S },
  // Thirty days are the most that is known to be answered; half of them have some 16,000 rows.
  max_window_s: 15 * DAY_S,
  history: { depth_s: null, empty_s: 365 * DAY_S },
  request: (at) => ({
    url: `${API}/usercollection/heartrate`,
    query: { start_datetime: iso(at.window.from), end_datetime: iso(at.window.to + 999), ...continued(at) },
  }),
  read(answer, at) {
    const page = readPage(answer, at);
    if ("kind" in page) return page;
    const batch = emptyBatch();
    for (const [i, one] of page.data.entries()) beat(one, batch, `/data/${i}`, at.offsetAt);
    return { batch, next: page.next };
  },
};

// ---- One document ----

export const documentRequest = (name: CollectionName, id: string): ProviderRequest => ({
  url: `${API}/usercollection/${COLLECTIONS[name].path}/${encodeURIComponent(id)}`,
  accept: [404],
});

/** Not found: gone in the meantime. */
export function readDocument(name: CollectionName, answer: Answer, id: string, offsetAt: OffsetAt): Page | Fault {
  const { read, kind }: Collection = COLLECTIONS[name];
  const batch = emptyBatch();
  if (answer.status === 404) {
    if (kind) batch.deletions.push({ kind, external_id: id });
    return { batch, next: null };
  }
  read(answer.body, batch, "", offsetAt);
  const [bad] = batch.rejections;
  if (batch.elements.length === 0) return unreadable(bad?.pointer ?? "", bad?.reason ?? "nothing in it");
  if (name === "sleep") putMornings(batch, []);
  return { batch, next: null };
}

/** A night that a list no longer shows. */
const night: WantStream = {
  kind: "want",
  title: "missing nights",
  scopes: ["daily"],
  request: (id) => documentRequest("sleep", id),
  read: (answer, id) => readDocument("sleep", answer, id, () => 0),
};

export const streams = { heart_rate, ...lists, night };
