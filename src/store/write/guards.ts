/**
 * The guards of a commit. A D1 batch rolls back only on an error, and a compare-and-swap that matches no row is none, so each
 * guard makes its column NULL where the writer is stale: `NOT NULL constraint failed: <table>.<column>` undoes the whole batch.
 */
import { pieces } from "../../platform/limits.ts";
import { sortRows } from "../packed.ts";

/** Instants are taken inside the batch: a client polling `updated_since` would miss rows stamped before they were visible. */
export const NOW_MS = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/** Asserts the epochs of person (`''`) and provider; a missing row fails it. Writes nothing when right. */
export function assertFences(db: D1Database, userId: number, fences: [provider: string, epoch: number][]) {
  return db
    .prepare(
      `INSERT INTO fence(user_id, provider, epoch)
       SELECT ?1, value->>0,
         (SELECT CASE WHEN f.epoch = value->>1 THEN f.epoch END FROM fence f WHERE f.user_id = ?1 AND f.provider = value->>0)
       FROM json_each(?2) WHERE true
       ON CONFLICT(user_id, provider) DO UPDATE SET epoch = excluded.epoch WHERE fence.epoch IS NOT excluded.epoch`,
    )
    .bind(userId, JSON.stringify(fences));
}

/** Asserts the version of each month's set of activities and nights as it was read (0: no row), and raises it. */
export function raiseAround(db: D1Database, userId: number, months: [month: string, version: number][]) {
  return db
    .prepare(
      `INSERT INTO around(user_id, month, version)
       SELECT ?1, value->>0, CASE WHEN coalesce(
           (SELECT a.version FROM around a WHERE a.user_id = ?1 AND a.month = value->>0), 0) = value->>1 THEN value->>1 + 1 END
       FROM json_each(?2) WHERE true
       ON CONFLICT(user_id, month) DO UPDATE SET version = excluded.version`,
    )
    .bind(userId, JSON.stringify(months));
}

export interface GuardedTable {
  name: string;
  key: readonly string[];
  columns: readonly string[];
  /** The column of packed bytes, if there is one; its values come as Uint8Array. */
  blob?: string;
}

/**
 * Writes rows `[...key, ...columns, version]`: version 1 must be new, a higher one must replace exactly the version below it.
 * A row that was deleted meanwhile fails too, or a late writer would bring it back.
 */
export function upsert(
  db: D1Database,
  table: GuardedTable,
  fetchedAt: number,
  rows: unknown[][],
): D1PreparedStatement[] {
  const { name, key, columns, blob } = table;
  const all = [...key, ...columns];
  // `j`: a table may have a column called value, as event has.
  const version = `j.value->>${all.length}`;
  const exists = key.map((column, i) => `e.${column} = j.value->>${i}`).join(" AND ");
  const sql = (blobValue: string) => `INSERT INTO ${name}(${all.join(", ")}, version, fetched_at, updated_at)
    SELECT ${all.map((column, i) => (column === blob ? blobValue : `j.value->>${i}`)).join(", ")},
      CASE WHEN ${version} = 1 OR EXISTS (SELECT 1 FROM ${name} e WHERE ${exists}) THEN ${version} END, ?2, ${NOW_MS}
    FROM json_each(?1) j WHERE true
    ON CONFLICT(${key.join(", ")}) DO UPDATE SET
      ${columns.map((column) => `${column} = excluded.${column}`).join(", ")},
      version = CASE WHEN ${name}.version = excluded.version - 1 THEN excluded.version END,
      fetched_at = excluded.fetched_at, updated_at = excluded.updated_at`;
  if (blob === undefined) return pieces(rows).map((json) => db.prepare(sql("")).bind(json, fetchedAt));
  const at = all.indexOf(blob);
  const { inline, alone } = sortRows(rows, at);
  return [
    ...pieces(inline).map((json) => db.prepare(sql(`unhex(j.value->>${at})`)).bind(json, fetchedAt)),
    ...alone.map(({ row, blob: bytes }) => db.prepare(sql("?3")).bind(JSON.stringify([row]), fetchedAt, bytes)),
  ];
}

/** Removes records by key and leaves tombstones for `/api/v1/deletions`. */
export function remove(
  db: D1Database,
  kind: "activity" | "sleep" | "event",
  userId: number,
  provider: string,
  externalIds: string[],
): D1PreparedStatement[] {
  return pieces(externalIds).flatMap((json) => [
    db
      .prepare(
        `INSERT INTO tombstone(user_id, kind, provider, external_id, deleted_at)
         SELECT ?1, ?2, ?3, value, ${NOW_MS} FROM json_each(?4) WHERE true
         ON CONFLICT(user_id, kind, provider, external_id) DO UPDATE SET deleted_at = excluded.deleted_at`,
      )
      .bind(userId, kind, provider, json),
    ...(kind === "activity" ? ["track", kind] : [kind]).map((table) =>
      db
        .prepare(
          `DELETE FROM ${table} WHERE user_id = ?1 AND provider = ?2 AND external_id IN (SELECT value FROM json_each(?3))`,
        )
        .bind(userId, provider, json),
    ),
  ]);
}

/** A record that is back is no longer deleted. */
export function clearTombstones(
  db: D1Database,
  kind: "activity" | "sleep" | "event",
  userId: number,
  provider: string,
  externalIds: string[],
): D1PreparedStatement[] {
  return pieces(externalIds).map((json) =>
    db
      .prepare(
        `DELETE FROM tombstone WHERE user_id = ?1 AND kind = ?2 AND provider = ?3
         AND external_id IN (SELECT value FROM json_each(?4))`,
      )
      .bind(userId, kind, provider, json),
  );
}

/** What a failed batch tells: whose guard it was. Null: no guard of ours, a fault of D1 or a bug. */
export function staleGuard(error: unknown): "fence" | "cursor" | "record" | null {
  const table = /NOT NULL constraint failed: (\w+)\./.exec(error instanceof Error ? error.message : "")?.[1];
  if (table === undefined) return null;
  if (table === "fence") return "fence";
  if (table === "sync_cursor" || table === "want") return "cursor";
  return "record";
}

/** Faults of D1 after which the same guarded batch may be tried again (D1's own advice on retrying). */
export function isTransient(error: unknown): boolean {
  return /Network connection lost|storage caused object to be reset|reset because its code was updated|overloaded/i.test(
    error instanceof Error ? error.message : "",
  );
}
