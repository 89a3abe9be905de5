/**
 * Follow-up requests that a page left, open while `done < wanted`. A changed record raises `wanted` (store/commit), so what was
 * asked for while a request was under way stays open.
 */

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
