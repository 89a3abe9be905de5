/**
 * Follow-up requests that a page left, open while `done < wanted`. A changed record raises `wanted` (store/commit), so what was
 * asked for while a request was under way stays open.
 */

import { pieces } from "../platform/limits.ts";
import type { Target } from "./target.ts";
import { NOW_MS } from "./write/guards.ts";

/** From so many failed tries on a want counts as a gap: shown, and asked again once a day. */
export const WANT_TRIES = 3;

export interface Want {
  connection_id: number;
  kind: string;
  external_id: string;
  start_time: number;
  wanted: number;
  attempts: number;
}

export interface NewWant {
  kind: string;
  external_id: string;
  start_time: number;
}

/** Newest record first. */
export async function openWants(
  db: D1Database,
  connectionId: number,
  kind: string,
  now: number,
  limit: number,
): Promise<Want[]> {
  const { results } = await db
    .prepare(
      `SELECT connection_id, kind, external_id, start_time, wanted, attempts FROM want
       WHERE connection_id = ?1 AND kind = ?2 AND done < wanted AND due_at <= ?3
       ORDER BY start_time DESC, external_id DESC LIMIT ?4`,
    )
    .bind(connectionId, kind, now, limit)
    .all<Want>();
  return results;
}

/** Done as far as it was wanted before the fetch. */
export const finishWant = (db: D1Database, want: Want): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE want SET done = max(done, ?4), attempts = CASE WHEN wanted = ?4 THEN 0 ELSE attempts END
       WHERE connection_id = ?1 AND kind = ?2 AND external_id = ?3`,
    )
    .bind(want.connection_id, want.kind, want.external_id, want.wanted);

/** Tried in vain: not before `dueAt` again. One that was raised meanwhile stays due. */
export const delayWant = (db: D1Database, want: Want, dueAt: number): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE want SET attempts = attempts + 1, due_at = ?5
       WHERE connection_id = ?1 AND kind = ?2 AND external_id = ?3 AND wanted = ?4`,
    )
    .bind(want.connection_id, want.kind, want.external_id, want.wanted, dueAt);

/** Makes due what could not be read so far: the button. */
export const retryStuckWants = (db: D1Database, connectionId: number, now: number): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE want SET due_at = ?2 WHERE connection_id = ?1 AND done < wanted AND attempts >= ${WANT_TRIES} AND due_at > ?2`,
    )
    .bind(connectionId, now);

/** Opens each want anew and makes its stream due. */
export function raiseWants(db: D1Database, target: Target, wants: readonly NewWant[]): D1PreparedStatement[] {
  if (wants.length === 0) return [];
  const rows = wants.map(({ kind, external_id, start_time }) => [kind, external_id, start_time]);
  return [
    ...pieces(rows).map((json) =>
      db
        .prepare(
          `INSERT INTO want(connection_id, user_id, kind, external_id, start_time, wanted, done, due_at)
           SELECT ?1, ?2, value->>0, value->>1, value->>2, 1, 0, ${NOW_MS} FROM json_each(?3) WHERE true
           ON CONFLICT(connection_id, kind, external_id) DO UPDATE SET
             wanted = want.wanted + 1, attempts = 0, due_at = excluded.due_at, start_time = excluded.start_time`,
        )
        .bind(target.connection_id, target.user_id, json),
    ),
    db
      .prepare(
        `UPDATE sync_cursor SET due_at = min(coalesce(due_at, ${NOW_MS}), ${NOW_MS})
         WHERE connection_id = ?1 AND stream IN (SELECT value FROM json_each(?2)) AND stopped IS NULL`,
      )
      .bind(target.connection_id, JSON.stringify([...new Set(wants.map(({ kind }) => kind))])),
  ];
}

/** How many of a kind are still to be asked for; those that failed again and again are counted as gaps instead (store/gaps). */
export async function pendingOf(db: D1Database, connectionId: number): Promise<Map<string, number>> {
  const { results } = await db
    .prepare(
      `SELECT kind, count(*) AS count FROM want
       WHERE connection_id = ?1 AND done < wanted AND attempts < ${WANT_TRIES} GROUP BY kind`,
    )
    .bind(connectionId)
    .all<{ kind: string; count: number }>();
  return new Map(results.map(({ kind, count }) => [kind, count]));
}

/** Of the ids those of records that are stored. */
export async function storedAmong(db: D1Database, target: Target, ids: readonly string[]): Promise<Set<string>> {
  const of = ["activity", "sleep", "event"].map(
    (table) =>
      `SELECT external_id FROM ${table} WHERE user_id = ?1 AND provider = ?2 AND external_id IN (SELECT value FROM json_each(?3))`,
  );
  const { results } = await db
    .prepare(of.join(" UNION ALL "))
    .bind(target.user_id, target.provider, JSON.stringify(ids))
    .all<{ external_id: string }>();
  return new Set(results.map(({ external_id }) => external_id));
}

/** Of the ids those that are still to be asked for. */
export async function openAmong(db: D1Database, connectionId: number, ids: readonly string[]): Promise<Set<string>> {
  const { results } = await db
    .prepare(
      `SELECT external_id FROM want
       WHERE connection_id = ?1 AND done < wanted AND external_id IN (SELECT value FROM json_each(?2))`,
    )
    .bind(connectionId, JSON.stringify(ids))
    .all<{ external_id: string }>();
  return new Set(results.map(({ external_id }) => external_id));
}
