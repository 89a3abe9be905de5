/**
 * How the Personal API is asked, by ranges of days or day by day, and how far back; and how the items of an answer are found, whatever
 * is around them.
 */
import type { z } from "zod";
import { type Batch, emptyBatch, type Kind } from "../../domain/batch.ts";
import { addDays } from "../../domain/time.ts";
import type { ListStream, Page, Position, ProviderRequest } from "../provider.ts";
import { dayOf, type Item, page, put } from "../reading.ts";
import { DAY_S, HOUR_S } from "../streams.ts";

const API = "https://personal.connectapi.garmin.com";

export function get(path: string): ProviderRequest {
  const [place, query] = path.split("?");
  return { url: `${API}/${place}`, ...(query && { query: Object.fromEntries(new URLSearchParams(query)) }) };
}

/** The person's first and last day of a window. */
export function datesOf({ window, offsetAt }: Position): { first: string; last: string } {
  const at = (ms: number) => dayOf(ms, null, offsetAt);
  return { first: at(window.from), last: at(window.to - 1) };
}

export type Read = (body: unknown, batch: Batch, at: Position) => void;
type Next = (at: Position, body: unknown) => Page["next"];
const last: Next = () => null;

export const list = (title: string, path: (at: Position) => string, read: Read, next = last): ListStream => ({
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
  request: (at) => get(path(at)),
  read({ body }, at) {
    const batch = emptyBatch();
    read(body, batch, at);
    return page(batch, next(at, body));
  },
});

/** One request a window. */
export const byRange = (title: string, path: (range: string) => string, read: Read): ListStream =>
  list(title, (at) => path(`${datesOf(at).first}/${datesOf(at).last}`), read);

/** One request a day, the newest first; the cursor is the date. */
export function byDay(title: string, path: (date: string) => string, read: Read): ListStream {
  const dateOf = (at: Position) => (at.cursor as string | null) ?? datesOf(at).last;
  const next = (at: Position) => (dateOf(at) > datesOf(at).first ? addDays(dateOf(at), -1) : null);
  return list(title, (at) => path(dateOf(at)), read, next);
}

/** A bare list, one in `data`, or the one list within an object; nothing: none; anything else: the one item itself. */
export function itemsOf(body: unknown, at = ""): [pointer: string, item: unknown][] {
  if (body === null || body === undefined || body === "") return [];
  if (Array.isArray(body)) return body.map((item, i) => [`${at}/${i}`, item]);
  if (typeof body !== "object") return [[at, body]];
  if ("data" in body) return itemsOf(body.data, `${at}/data`);
  const lists = Object.entries(body).filter(([, member]) => Array.isArray(member));
  const isItem = "calendarDate" in body || "dailySleepDTO" in body;
  return lists.length === 1 && !isItem ? itemsOf(lists[0]![1], `${at}/${lists[0]![0]}`) : [[at, body]];
}

/** Reads each of the items that `of` finds in an answer. */
const reader =
  (of: typeof itemsOf) =>
  <Shape extends z.ZodType>(kind: Kind, shape: Shape, into: (one: z.infer<Shape>, item: Item) => void): Read =>
  (body, batch) => {
    for (const [pointer, value] of of(body))
      put(batch, kind, shape, value, pointer, (one, item) => into(one, { ...item, negatives: "none" }));
  };
export const all = reader(itemsOf);
/** The one object that an answer is; nothing is nothing. */
export const only = reader((body) => {
  const isNothing = body === null || body === "" || (Array.isArray(body) && body.length === 0);
  return isNothing ? [] : [["", body]];
});
