/** Rows that have served: nightly, each kind by its own age. */
import { DAY_MS } from "../domain/time.ts";
import type { Context } from "../platform/context.ts";
import { directory } from "../store/database.ts";

/** `?1` is the instant before which a row goes. */
const PRUNED: readonly (readonly [sql: string, days: number])[] = [
  ["DELETE FROM invite WHERE expires_at < ?1 AND used_at IS NULL", 30],
  // The longest window of a limit is a day.
  ["DELETE FROM budget WHERE window_start < ?1", 3],
  ["DELETE FROM dead WHERE at < ?1", 30],
  ["DELETE FROM run WHERE ended_at < ?1 OR connection_id NOT IN (SELECT id FROM provider_connection)", 30],
  ["DELETE FROM post WHERE at < ?1", 90],
];

export async function prune(context: Context): Promise<void> {
  const db = directory(context);
  const now = context.now();
  const results = await db.batch(PRUNED.map(([sql, days]) => db.prepare(sql).bind(now - days * DAY_MS)));
  context.log("pruned", { count: results.reduce((sum, { meta }) => sum + meta.changes, 0) });
}
