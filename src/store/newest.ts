/** The newest of what one provider brought, by kind: for phones, which have no streams that are asked. */
import type { Kind } from "../domain/batch.ts";

export interface Newest {
  kind: Kind;
  /** Its start, or its day's midnight UTC, ms. */
  at: number;
}

/** Kinds of which there is something. Samples are looked for in the newest rows only, which the index has. */
export async function newestOf(db: D1Database, userId: number, provider: string): Promise<Newest[]> {
  const starts = ["activity", "sleep", "event"].map(
    (table) => `SELECT '${table}' AS kind, max(start_time) AS at FROM ${table} WHERE user_id = ?1 AND provider = ?2`,
  );
  const { results } = await db
    .prepare(
      `SELECT kind, at FROM (
         ${starts.join(" UNION ALL ")}
         UNION ALL SELECT 'daily', unixepoch(max(date)) * 1000 FROM daily WHERE user_id = ?1 AND provider = ?2
         UNION ALL SELECT 'series', max(last) FROM series WHERE user_id = ?1 AND provider = ?2 AND date =
           (SELECT max(date) FROM series WHERE user_id = ?1 AND provider = ?2)
       ) WHERE at IS NOT NULL ORDER BY kind`,
    )
    .bind(userId, provider)
    .all<Newest>();
  return results;
}
