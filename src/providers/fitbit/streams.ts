/** What is asked of the Google Health API, how a page is read and the next one found; docs/providers/fitbit.md, "Streams". */
import { emptyBatch } from "../../domain/batch.ts";
import { addDays, utcDate } from "../../domain/time.ts";
import type { ListStream, Page, Position, ProviderRequest, WantStream, Window } from "../provider.ts";
import { pointsOf, putDailies, putExercises, putNights, putSamples, putTotals, type Sessions } from "./reading.ts";
import { ACTIVITY, DAILY, SERIES, SLEEP, snake, TOTALS } from "./types.ts";

export const API = "https://health.googleapis.com/v4/users/me";
const HOUR_MS = 3_600_000;
const DAY_S = 86_400;
/** A history ends after so long a silence. */
const SILENCE_S = 365 * DAY_S;
/** Of readings there are thousands a day: no more of them than two years. */
const SERIES_DEPTH_S = 730 * DAY_S;

/** Offsets reach from −12 h to +14 h: the dates that a stretch of time may have anywhere. `to` is the day after the last. */
const datesOf = ({ from, to }: Window): { from: string; to: string } => ({
  from: utcDate(from - 12 * HOUR_MS),
  to: addDays(utcDate(to + 14 * HOUR_MS), 1),
});
/** Days by which that is longer. */
const MARGIN_DAYS = 4;

const rfc3339 = (ms: number): string => new Date(ms).toISOString();

interface Range {
  /** What the type can be filtered by; any other member is refused. */
  member: string;
  from: string;
  to: string;
}

/** One merged stream as the person's own app shows it: lists have each point once for every source. */
function reconcile(type: string, { member, from, to }: Range, size: number, token: string | null): ProviderRequest {
  const filter = `${snake(type)}.${member} >= "${from}" AND ${snake(type)}.${member} < "${to}"`;
  return {
    url: `${API}/dataTypes/${type}/dataPoints:reconcile`,
    query: { filter, pageSize: String(size), ...(token !== null && { pageToken: token }) },
  };
}

// ---- Exercises and nights ----

/** Sessions of the window so far, so that on its last page what is missing can be told. */
interface Seen extends Sessions {
  token: string | null;
}
const START: Seen = { token: null, ids: [], isWhole: true };
const seenAt = (at: Position): Seen => (at.cursor as unknown as Seen | null) ?? START;
/** The largest page that Google gives of them. */
const SESSIONS = 25;
/** No night is longer: those that end in a window have begun so long before it at most. */
const NIGHT_MS = 36 * HOUR_MS;

interface SessionRules {
  title: string;
  type: "exercise" | "sleep";
  kind: "activity" | "sleep";
  scope: string;
  /** The want that asks whether a session is still there. */
  confirm: string;
  range(window: Window): Range;
  /** Starts of which the window shows everything. */
  whole(window: Window): Window;
  put(batch: Page["batch"], points: unknown[], at: Position): Sessions;
}

function sessions({ title, type, kind, scope, confirm, range, whole, put }: SessionRules): ListStream {
  return {
    kind: "list",
    title,
    scopes: [scope],
    every_s: 3600,
    // Both are edited and split, and a watch may hand them over days late.
    overlap_s: 7 * DAY_S,
    reread: { every_s: DAY_S, back_s: 30 * DAY_S },
    max_window_s: 30 * DAY_S,
    history: { depth_s: null, empty_s: SILENCE_S },
    zoneless: type === "sleep",
    request: (at) => reconcile(type, range(at.window), SESSIONS, seenAt(at).token),
    read(answer, at) {
      const read = pointsOf(answer.body, "dataPoints");
      if ("kind" in read) return read;
      const batch = emptyBatch();
      const before = seenAt(at);
      const page = put(batch, read.points, at);
      const ids = [...before.ids, ...page.ids];
      const isWhole = before.isWhole && page.isWhole;
      if (read.token !== null) return { batch, next: { token: read.token, ids, isWhole } };
      const { from, to } = whole(at.window);
      if (isWhole && from < to) batch.deletions.push({ kind, from, to, keep: ids, confirm });
      return { batch, next: null };
    },
  };
}

const exercises = sessions({
  title: "exercises",
  type: "exercise",
  kind: "activity",
  scope: ACTIVITY,
  confirm: "exercise",
  // By nothing but civil time.
  range: (window) => ({ member: "interval.civil_start_time", ...datesOf(window) }),
  whole: (window) => window,
  put: putExercises,
});

const nights = sessions({
  title: "nights",
  type: "sleep",
  kind: "sleep",
  scope: SLEEP,
  confirm: "night",
  // By nothing but the waking side.
  range: ({ from, to }) => ({ member: "interval.end_time", from: rfc3339(from), to: rfc3339(to) }),
  whole: ({ from, to }) => ({ from, to: to - NIGHT_MS }),
  put: (batch, points, at) => putNights(batch, points, at.offsetAt),
});

/** Whether one is still there; what is in it tells its list. */
function stillThere(title: string, type: "exercise" | "sleep", kind: "activity" | "sleep", scope: string): WantStream {
  return {
    kind: "want",
    title,
    scopes: [scope],
    request: (id) => ({ url: `${API}/dataTypes/${type}/dataPoints/${encodeURIComponent(id)}`, accept: [404] }),
    read(answer, external_id) {
      const batch = emptyBatch();
      if (answer.status === 404) batch.deletions.push({ kind, external_id });
      return { batch, next: null };
    },
  };
}

// ---- Days ----

const POINTS = 1000;
const token = (at: Position): string | null => (at.cursor as string | null) ?? null;

const daily = (type: string): ListStream => ({
  kind: "list",
  title: DAILY[type]!.title,
  scopes: [DAILY[type]!.scope],
  every_s: 3600,
  overlap_s: 3 * DAY_S,
  reread: { every_s: DAY_S, back_s: 14 * DAY_S },
  max_window_s: 365 * DAY_S,
  history: { depth_s: null, empty_s: SILENCE_S },
  request: (at) => reconcile(type, { member: "date", ...datesOf(at.window) }, POINTS, token(at)),
  read(answer) {
    const read = pointsOf(answer.body, "dataPoints");
    if ("kind" in read) return read;
    const batch = emptyBatch();
    putDailies(batch, type, read.points);
    return { batch, next: read.token };
  },
});

const civil = (date: string) => {
  const [year, month, day] = date.split("-").map(Number) as [number, number, number];
  return { date: { year, month, day } };
};

const total = (type: string): ListStream => ({
  kind: "list",
  title: TOTALS[type]!.title,
  scopes: [TOTALS[type]!.scope],
  every_s: 3600,
  overlap_s: 2 * DAY_S,
  reread: { every_s: DAY_S, back_s: 14 * DAY_S },
  max_window_s: (TOTALS[type]!.days - MARGIN_DAYS) * DAY_S,
  history: { depth_s: null, empty_s: SILENCE_S },
  request(at) {
    const { from, to } = datesOf(at.window);
    const range = { start: civil(from), end: civil(to) };
    const next = token(at);
    return {
      method: "POST",
      url: `${API}/dataTypes/${type}/dataPoints:dailyRollUp`,
      // The schema knows neither size nor token of a page; a token that comes is given back all the same.
      json: { range, windowSizeDays: 1, ...(next !== null && { pageToken: next }) },
    };
  },
  read(answer) {
    const read = pointsOf(answer.body, "rollupDataPoints");
    if ("kind" in read) return read;
    const batch = emptyBatch();
    putTotals(batch, type, read.points);
    return { batch, next: read.token };
  },
});

// ---- Readings ----

const READINGS = 5000;
const MEMBER = { interval: "interval.start_time", sample: "sample_time.physical_time" };

const series = (type: string): ListStream => ({
  kind: "list",
  title: SERIES[type]!.title,
  scopes: [SERIES[type]!.scope],
  every_s: 3600,
  overlap_s: 6 * 3600,
  reread: { every_s: DAY_S, back_s: 3 * DAY_S },
  max_window_s: SERIES[type]!.most_days * DAY_S,
  history: { depth_s: SERIES_DEPTH_S, empty_s: SILENCE_S },
  request(at) {
    const { from, to } = at.window;
    const range = { member: MEMBER[SERIES[type]!.of], from: rfc3339(from), to: rfc3339(to) };
    return reconcile(type, range, READINGS, token(at));
  },
  read(answer) {
    const read = pointsOf(answer.body, "dataPoints");
    if ("kind" in read) return read;
    const batch = emptyBatch();
    putSamples(batch, type, read.points);
    return { batch, next: read.token };
  },
});

/** Streams of a data type, as its notices ask for them: sessions, days, sums, readings. */
export const streamsOf = (type: string): string[] => {
  if (type === "exercise") return ["exercises"];
  if (type === "sleep") return ["nights"];
  if (Object.hasOwn(DAILY, type)) return [snake(type)];
  return [
    ...(Object.hasOwn(TOTALS, type) ? [`${snake(type)}_total`] : []),
    ...(Object.hasOwn(SERIES, type) ? [snake(type)] : []),
  ];
};

const all = (types: object, name: (type: string) => string, make: (type: string) => ListStream) =>
  Object.fromEntries(Object.keys(types).map((type) => [name(type), make(type)]));

export const streams = {
  exercises,
  nights,
  ...all(DAILY, snake, daily),
  ...all(TOTALS, (type) => `${snake(type)}_total`, total),
  ...all(SERIES, snake, series),
  exercise: stillThere("deleted exercises", "exercise", "activity", ACTIVITY),
  night: stillThere("deleted nights", "sleep", "sleep", SLEEP),
};
