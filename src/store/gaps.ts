/** Windows of a list that could not be read, and why; shown, and asked again nightly and by button. */
import { WANT_TRIES } from "./wants.ts";

export interface Gap {
  connection_id: number;
  stream: string;
  from: number;
  to: number;
  position: string;
  reason: string;
  at: number;
}

/** The row that asks again for a stream's gaps. */
export const gapsLane = (stream: string): string => `${stream}:gaps`;

/** Notes a gap and makes sure that its stream has a row to ask again with, of this epoch. */
export function addGap(
  db: D1Database,
  gap: Gap,
  of: { user_id: number; provider: string; epoch: number; position: string },
): D1PreparedStatement[] {
  return [
    db
      .prepare(
        `INSERT INTO gap (connection_id, stream, "from", "to", user_id, position, reason, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET position = excluded.position, reason = excluded.reason, at = excluded.at`,
      )
      .bind(gap.connection_id, gap.stream, gap.from, gap.to, of.user_id, gap.position, gap.reason, gap.at),
    db
      .prepare(
        `INSERT INTO sync_cursor (connection_id, user_id, provider, epoch, stream, queue, position, version)
         VALUES (?1, ?2, ?3, ?4, ?5, 'backfill', ?6, 1)
         ON CONFLICT (connection_id, stream) DO UPDATE SET epoch = excluded.epoch WHERE sync_cursor.epoch < excluded.epoch`,
      )
      .bind(gap.connection_id, of.user_id, of.provider, of.epoch, gapsLane(gap.stream), of.position),
  ];
}

/** The gap that was asked for longest ago, none since `asked`. */
export const nextGap = (db: D1Database, connectionId: number, stream: string, asked: number): Promise<Gap | null> =>
  db
    .prepare("SELECT * FROM gap WHERE connection_id = ?1 AND stream = ?2 AND at < ?3 ORDER BY at LIMIT 1")
    .bind(connectionId, stream, asked)
    .first<Gap>();

export const closeGap = (
  db: D1Database,
  of: { connection_id: number; stream: string; from: number; to: number },
): D1PreparedStatement =>
  db
    .prepare(`DELETE FROM gap WHERE connection_id = ?1 AND stream = ?2 AND "from" = ?3 AND "to" = ?4`)
    .bind(of.connection_id, of.stream, of.from, of.to);

/** How many a stream has; of a kind of want, how many records could not be read so far. */
export async function gapsOf(db: D1Database, connectionId: number): Promise<Map<string, number>> {
  const { results } = await db
    .prepare(
      `SELECT stream, count(*) AS count FROM gap WHERE connection_id = ?1 GROUP BY stream
       UNION ALL
       SELECT kind, count(*) FROM want WHERE connection_id = ?1 AND done < wanted AND attempts >= ${WANT_TRIES} GROUP BY kind`,
    )
    .bind(connectionId)
    .all<{ stream: string; count: number }>();
  return new Map(results.map(({ stream, count }) => [stream, count]));
}

/** Makes the rows due that ask again; of one connection, or of all. */
export const askGapsAgain = (db: D1Database, now: number, connectionId: number | null): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE sync_cursor SET due_at = min(coalesce(due_at, ?1), ?1)
       WHERE stopped IS NULL AND (?2 IS NULL OR connection_id = ?2) AND (connection_id, stream) IN (
         SELECT connection_id, stream || ':gaps' FROM gap)`,
    )
    .bind(now, connectionId);
