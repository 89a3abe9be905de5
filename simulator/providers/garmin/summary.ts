import { createHash } from "node:crypto";
import { localDay } from "../../calendar.ts";
import type { Life } from "../../life.ts";
import { nextSync, syncsBetween } from "./uploads.ts";

/** One record of one type, before it is put into a notice. Epoch seconds unless told. */
export interface Summary {
  from: number;
  /** When it reached Garmin, ms: once – or often, while it grew. */
  uploaded(): number[];
  /** Its fields without `userId`. */
  body(): Record<string, unknown>;
}

/** A kind of summary: its path in the API, its key in a notice, and where its records come from. */
export interface SummaryType {
  path: string;
  key: string;
  permission: "ACTIVITY_EXPORT" | "HEALTH_EXPORT" | "MCT_EXPORT";
  /** Its name in the developer portal. */
  portal: string;
  /** Longest backfill. */
  days: 30 | 90;
  /** Records that start in [from, to), as known at `now` (ms). */
  between(life: Life, from: number, to: number, now: number): Summary[];
}

/** `between` of a type whose records are made day by day. */
export const byDay =
  (on: (life: Life, day: number, now: number) => Summary[]): SummaryType["between"] =>
  (life, from, to, now) => {
    const { zone } = life.person.home;
    const made: Summary[] = [];
    const last = Math.min(localDay(zone, to * 1000), localDay(zone, now)) + 1;
    for (let day = Math.max(life.since, localDay(zone, from * 1000) - 1); day <= last; day++)
      made.push(...on(life, day, now));
    return made.filter((one) => one.from >= from && one.from < to);
  };

/** Of a record that is complete at an instant, ms. */
export const uploadedOnce = (life: Life, end: number) => (): number[] => [nextSync(life.person, end)];

/** Of a record that grows from start to end, ms: at every sync, and once more when it is over. */
export const uploadedGrowing = (life: Life, start: number, end: number) => (): number[] =>
  syncsBetween(life.person, start + 900_000, nextSync(life.person, end));

/** Garmin's number of a person, the same for all applications and connections. */
export const userIdOf = (life: Life): string => hex(`${life.person.seed} user`, 32);

/** `x15372ea-5d7866b4`: prefix of person and type, start in hex, and for some what they grow by. */
export const summaryId = (life: Life, type: string, from: number, more?: string | number): string => {
  const tail = more === undefined ? "" : `-${typeof more === "number" ? more.toString(16) : more}`;
  return `x${hex(`${life.person.seed} ${type}`, 7)}-${from.toString(16)}${tail}`;
};

const hex = (text: string, digits: number): string => createHash("sha256").update(text).digest("hex").slice(0, digits);

/** A series as an object: offsets in s as keys. */
export function offsets(entries: Iterable<[offset: number, value: number]>): Record<string, number> {
  const made: Record<string, number> = {};
  for (const [offset, value] of entries) made[offset] = value;
  return made;
}

export const seconds = (ms: number): number => Math.floor(ms / 1000);
