/** What each kind of record adds to a commit. */
import { DAY_MS } from "../../domain/time.ts";
import type { Target } from "../target.ts";

/** One try of a commit: what was read, so that guards can assert it. */
export interface Attempt {
  db: D1Database;
  target: Target;
  now: number;
  /** Set to 1 for each element of which something is written. */
  written: Uint8Array;
}

export interface Plan {
  statements: D1PreparedStatement[];
  /** Months whose set of activities or nights changes, with their versions as read. */
  months: Map<string, number>;
  /** Elements that no row can hold, and why. */
  refused: Map<number, string>;
  /** Follow-up requests to raise. */
  wants: { kind: string; external_id: string; start_time: number }[];
}

export const emptyPlan = (): Plan => ({ statements: [], months: new Map(), refused: new Map(), wants: [] });

/** Months in which records that may belong together with one at this instant start. */
export function monthsAround(...instants: number[]): string[] {
  const months = new Set<string>();
  for (const ms of instants) {
    for (const shift of [-DAY_MS, 0, DAY_MS]) months.add(new Date(ms + shift).toISOString().slice(0, 7));
  }
  return [...months];
}

export const readAround = (db: D1Database, userId: number, months: string[]) =>
  db
    .prepare("SELECT month, version FROM around WHERE user_id = ?1 AND month IN (SELECT value FROM json_each(?2))")
    .bind(userId, JSON.stringify(months));

/** Versions by month; 0 where there is no row yet. */
export function aroundVersions(months: string[], rows: { month: string; version: number }[]): Map<string, number> {
  const versions = new Map(months.map((month) => [month, 0]));
  for (const { month, version } of rows) versions.set(month, version);
  return versions;
}
