/** Dropping by age of fetching, in pieces that stay short; what an invocation has no queries left for goes the next night. */
import type { Context } from "../platform/context.ts";
import { isSpent } from "../platform/queries.ts";
import { NOW_MS } from "./write/guards.ts";

const PIECE = 2000;

/**
 * Records of a kind fetched before an instant, with their tracks and finished wants. A commit that read one of them meanwhile fails
 * its guard and reads again; one that derives from their set fails on `around`. Answers how many went.
 */
export async function dropRecords(
  context: Context,
  db: D1Database,
  kind: "activity" | "sleep" | "event",
  provider: string,
  before: number,
): Promise<number> {
  let dropped = 0;
  while (!isSpent(context)) {
    const { results } = await db
      .prepare(
        `SELECT user_id, external_id, strftime('%Y-%m', start_time / 1000, 'unixepoch') AS month
         FROM ${kind} WHERE provider = ?1 AND fetched_at < ?2 LIMIT ${PIECE}`,
      )
      .bind(provider, before)
      .all<{ user_id: number; external_id: string; month: string }>();
    if (results.length === 0) return dropped;
    const keys = JSON.stringify(results.map(({ user_id, external_id }) => [user_id, external_id]));
    const months = JSON.stringify([
      ...new Map(results.map((row) => [`${row.user_id} ${row.month}`, [row.user_id, row.month]])).values(),
    ]);
    const of = "(user_id, external_id) IN (SELECT value->>0, value->>1 FROM json_each(?2))";
    const again = "AND fetched_at < ?3"; // one that was fetched meanwhile stays
    await db.batch([
      ...(kind === "event"
        ? []
        : [
            db
              .prepare(
                `INSERT INTO around (user_id, month, version) SELECT value->>0, value->>1, 1 FROM json_each(?1) WHERE true
                 ON CONFLICT (user_id, month) DO UPDATE SET version = around.version + 1`,
              )
              .bind(months),
          ]),
      db
        .prepare(
          `INSERT INTO tombstone (user_id, kind, provider, external_id, deleted_at)
           SELECT user_id, '${kind}', provider, external_id, ${NOW_MS} FROM ${kind} WHERE provider = ?1 AND ${of} ${again}
           ON CONFLICT (user_id, kind, provider, external_id) DO UPDATE SET deleted_at = excluded.deleted_at`,
        )
        .bind(provider, keys, before),
      ...(kind === "activity" ? activityRest(db, provider, keys, before) : []),
      db.prepare(`DELETE FROM ${kind} WHERE provider = ?1 AND ${of} ${again}`).bind(provider, keys, before),
    ]);
    dropped += results.length;
    if (results.length < PIECE) return dropped;
  }
  return dropped;
}

/** What hangs on activities that go: tracks, what pointed at them, follow-ups done. */
function activityRest(db: D1Database, provider: string, keys: string, before: number): D1PreparedStatement[] {
  const going = `SELECT a.user_id, a.external_id FROM activity a WHERE a.provider = ?1 AND a.fetched_at < ?3
    AND (a.user_id, a.external_id) IN (SELECT value->>0, value->>1 FROM json_each(?2))`;
  return [
    db
      .prepare(`DELETE FROM track WHERE provider = ?1 AND (user_id, external_id) IN (${going})`)
      .bind(provider, keys, before),
    db
      .prepare(
        `UPDATE activity SET duplicate_of = NULL, version = version + 1, updated_at = ${NOW_MS}
         WHERE duplicate_of IS NOT NULL AND (user_id, duplicate_of) IN (SELECT g.user_id, ?1 || ':' || g.external_id FROM (${going}) g)`,
      )
      .bind(provider, keys, before),
    db
      .prepare(
        `DELETE FROM want WHERE done >= wanted AND (user_id, external_id) IN (${going})
         AND connection_id IN (SELECT connection_id FROM sync_cursor WHERE provider = ?1)`,
      )
      .bind(provider, keys, before),
  ];
}

/** Days and samples have no name of their own; they go without a tombstone. Answers how many rows went. */
export async function dropRows(context: Context, db: D1Database, provider: string, before: number): Promise<number> {
  let dropped = 0;
  const keys = { daily: "user_id, date, provider", series: "user_id, metric, provider, stream, date" };
  for (const [table, key] of Object.entries(keys)) {
    while (!isSpent(context)) {
      const { meta } = await db
        .prepare(
          `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE provider = ?1 AND fetched_at < ?2 LIMIT ${PIECE})`,
        )
        .bind(provider, before)
        .run();
      dropped += meta.changes;
      if (meta.changes < PIECE) break;
    }
  }
  return dropped;
}
