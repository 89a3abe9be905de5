/** What is asked of Google, how a page is read and the next one found; docs/providers/fitbit.md, "Streams". */
import { emptyBatch } from "../../domain/batch.ts";
import { utcDate } from "../../domain/time.ts";
import type { ListStream, Position, ProviderRequest, Window } from "../provider.ts";
import { page, readAs } from "../reading.ts";
import { DAY_S, HOUR_S, single } from "../streams.ts";
import { ACTIVITY, MEASURED, type Measured, readPoints, SLEEP, snake } from "./measures.ts";
import * as schema from "./schema.ts";
import { putExercise, putNight } from "./sessions.ts";

const { HOUR_MS } = schema;
export const API = "https://health.googleapis.com/v4/users/me";
const pointsOf = (type: string): string => `${API}/dataTypes/${type}/dataPoints`;

/** Dates that a window may have anywhere, from −12 h to +14 h: four more than its days. `to` is the day after. */
const dates = ({ from, to }: Window) => ({ from: utcDate(from - 12 * HOUR_MS), to: utcDate(to + (14 + 24) * HOUR_MS) });
const instants = ({ from, to }: Window) => ({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });

// Both are edited and split, and a watch may hand them over days late.
const SESSIONS = { size: 25, overlap_s: 7 * DAY_S, back_s: 30 * DAY_S, depth_s: null };
const DAYS = { member: "date", range: dates, size: 1000, back_s: 14 * DAY_S, depth_s: null };
// There are thousands a day: no more of them than two years.
const READINGS = { range: instants, size: 5000, overlap_s: 6 * HOUR_S, back_s: 3 * DAY_S, depth_s: 730 * DAY_S };
/** `member`: what the type can be filtered by, any other is refused; `size`: the largest page. */
const RULES = {
  exercise: { ...SESSIONS, member: "interval.civil_start_time", range: dates },
  // By nothing but the waking side.
  sleep: { ...SESSIONS, member: "interval.end_time", range: instants },
  day: { ...DAYS, overlap_s: 3 * DAY_S },
  total: { ...DAYS, overlap_s: 2 * DAY_S },
  interval: { ...READINGS, member: "interval.start_time" },
  sample: { ...READINGS, member: "sample_time.physical_time" },
};
type Rules = (typeof RULES)[keyof typeof RULES];

const asked = (title: string, scope: string, days: number, { overlap_s, back_s, depth_s }: Rules) => ({
  kind: "list" as const,
  title,
  scopes: [scope],
  every_s: HOUR_S,
  overlap_s,
  reread: { every_s: DAY_S, back_s },
  max_window_s: days * DAY_S,
  // A history ends after so long a silence.
  history: { depth_s, empty_s: 365 * DAY_S },
});

/** One merged stream as the person's own app shows it: lists have each point once for every source. */
function reconcile(type: string, rules: Rules, window: Window, token: string | null): ProviderRequest {
  const { from, to } = rules.range(window);
  const member = `${snake(type)}.${rules.member}`;
  const filter = `${member} >= "${from}" AND ${member} < "${to}"`;
  return {
    url: `${pointsOf(type)}:reconcile`,
    query: { filter, pageSize: String(rules.size), ...(token !== null && { pageToken: token }) },
  };
}

// ---- Exercises and nights ----

/** `stream`: its list; `most_ms`: what ends in a window has begun so long before it at most; exercises are found by their start. */
// biome-ignore format: a table
export const SESSION_TYPES = {
  exercise: { kind: "activity", stream: "exercises", title: "exercises", scope: ACTIVITY, want: "exercise", most_ms: 0, put: putExercise },
  sleep: { kind: "sleep", stream: "nights", title: "nights", scope: SLEEP, want: "night", most_ms: 36 * HOUR_MS, put: putNight },
} as const;
type SessionType = keyof typeof SESSION_TYPES;
export const isSession = (type: string): type is SessionType => Object.hasOwn(SESSION_TYPES, type);

/** Sessions of a window so far, also those that go on, to tell at its end what is missing; `isWhole`: all have an id. */
const START = { token: null as string | null, ids: [] as string[], isWhole: true };
const seenAt = ({ cursor }: Position): typeof START => (cursor as typeof START | null) ?? START;

function sessions(type: SessionType): ListStream {
  const { kind, title, scope, want, most_ms, put } = SESSION_TYPES[type];
  return {
    ...asked(title, scope, 30, RULES[type]),
    zoneless: type === "sleep",
    request: (at) => reconcile(type, RULES[type], at.window, seenAt(at).token),
    read: ({ body }, at) =>
      readAs(schema.page, body, ({ points, token }) => {
        const batch = emptyBatch();
        const before = seenAt(at);
        const isKnown = points.map(
          (point, i) => put(batch, point, `/dataPoints/${i}`, at.offsetAt) || schema.idIn(point) !== null,
        );
        const named = points.flatMap((point) => schema.idIn(point) ?? []);
        const records = [...batch.activities, ...batch.nights].map(({ external_id }) => external_id);
        const ids = [...new Set([...before.ids, ...named, ...records])];
        const isWhole = before.isWhole && isKnown.every(Boolean);
        if (token !== null) return page(batch, { token, ids, isWhole });
        const [from, to] = [at.window.from, at.window.to - most_ms];
        if (isWhole && from < to) batch.deletions.push({ kind, from, to, keep: ids, confirm: want });
        return page(batch);
      }),
  };
}

/** Whether one is still there; what is in it tells its list. */
const stillThere = (type: SessionType) =>
  single({
    title: `deleted ${SESSION_TYPES[type].title}`,
    scopes: [SESSION_TYPES[type].scope],
    request: (id) => ({ url: `${pointsOf(type)}/${encodeURIComponent(id)}` }),
    read: () => page(),
    absent: SESSION_TYPES[type].kind,
  });

// ---- Days and readings ----

const civil = (text: string) => {
  const [year, month, day] = text.split("-").map(Number) as [number, number, number];
  return { date: { year, month, day } };
};

function rollUp(type: string, window: Window, token: string | null): ProviderRequest {
  const { from, to } = dates(window);
  const range = { start: civil(from), end: civil(to) };
  // The schema knows neither size nor token of a page; a token that comes is given back all the same.
  const json = { range, windowSizeDays: 1, ...(token !== null && { pageToken: token }) };
  return { method: "POST", url: `${pointsOf(type)}:dailyRollUp`, json };
}

function measured(row: Measured): ListStream {
  const [type, of, days, scope, title] = row;
  return {
    ...asked(title, scope, days, RULES[of]),
    request({ window, cursor }) {
      const token = cursor as string | null;
      return of === "total" ? rollUp(type, window, token) : reconcile(type, RULES[of], window, token);
    },
    read: ({ body }) => readAs(schema.page, body, ({ points, token }) => page(readPoints(row, points), token)),
  };
}

const nameOf = ([type, of]: Measured): string => (of === "total" ? `${snake(type)}_total` : snake(type));

/** Streams of a data type, as its notices ask for them. */
export const streamsOf = (type: string): string[] =>
  isSession(type) ? [SESSION_TYPES[type].stream] : MEASURED.filter(([own]) => own === type).map(nameOf);

export const streams = {
  exercises: sessions("exercise"),
  nights: sessions("sleep"),
  ...Object.fromEntries(MEASURED.map((row) => [nameOf(row), measured(row)])),
  exercise: stillThere("exercise"),
  night: stillThere("sleep"),
};
