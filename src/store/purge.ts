/**
 * Taking a provider's records out of a shard. Each batch asserts the epoch it works for: whoever connects again meanwhile is not
 * robbed of what is new. The fence goes up before anything is deleted, so that nothing old comes in behind.
 */
import type { Context } from "../platform/context.ts";
import type { Connection } from "./connections.ts";
import { database } from "./database.ts";
import type { Target } from "./target.ts";
import { planRemoval } from "./write/activities.ts";
import { assertFences, raiseAround, staleGuard } from "./write/guards.ts";

/** Rows of one statement: larger deletions block the database for too long. */
const ROWS = 5_000;

/** Never down; nothing without the person's own fence, which goes first when an account is erased. */
export const raiseFence = (db: D1Database, userId: number, provider: string, epoch: number): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO fence(user_id, provider, epoch) SELECT ?1, ?2, ?3
       WHERE EXISTS (SELECT 1 FROM fence WHERE user_id = ?1 AND provider = '')
       ON CONFLICT(user_id, provider) DO UPDATE SET epoch = excluded.epoch WHERE fence.epoch < excluded.epoch`,
    )
    .bind(userId, provider, epoch);

/** The tables of a shard, largest last, with their keys. */
const KEYS = {
  activity: "user_id, provider, external_id",
  sleep: "user_id, provider, external_id",
  sync_cursor: "connection_id, stream",
  want: "connection_id, kind, external_id",
  gap: 'connection_id, stream, "from", "to"',
  around: "user_id, month",
  offset_guess: "user_id, provider, stream, date",
  tombstone: "user_id, kind, provider, external_id",
  event: "user_id, provider, external_id",
  daily: "user_id, date, provider",
  track: "user_id, provider, external_id",
  series: "user_id, metric, provider, stream, date",
} as const;
type Table = keyof typeof KEYS;

/** Some rows of a table; to be repeated while it deletes that many. */
const piece = (db: D1Database, table: Table, where: string): D1PreparedStatement =>
  db.prepare(
    `DELETE FROM ${table} WHERE (${KEYS[table]}) IN (SELECT ${KEYS[table]} FROM ${table} WHERE ${where} LIMIT ${ROWS})`,
  );

/** How far each stream has come, what is wanted and what could not be read. False: the connection has moved on. */
export async function forgetCursors(context: Context, connection: Connection): Promise<boolean> {
  const db = database(context, connection.person);
  const tables: Table[] = ["sync_cursor", "want", "gap"];
  return drain(db, connection, tables, (table) => piece(db, table, "connection_id = ?1").bind(connection.id));
}

/** All records of the target's provider. False: the connection has moved on, and its records with it. */
export async function deleteRecords(context: Context, connection: Connection, target: Target): Promise<boolean> {
  const { user_id, provider } = connection;
  const db = database(context, connection.person);
  if (!(await deleteSets(context, connection, target))) return false;
  const tables: Table[] = ["offset_guess", "tombstone", "event", "daily", "track", "series"];
  const rest = (table: Table) => piece(db, table, "user_id = ?1 AND provider = ?2").bind(user_id, provider);
  return drain(db, connection, tables, rest);
}

const TRIES = 25;

/** Activities and nights at once, with the others' duplicates as they are without them. */
async function deleteSets(context: Context, connection: Connection, target: Target): Promise<boolean> {
  const { user_id, provider } = connection;
  const db = database(context, connection.person);
  for (let tries = 1; ; tries++) {
    const plan = await planRemoval({ db, target, now: context.now(), written: new Uint8Array() });
    try {
      const changes = await guarded(db, connection, [
        ...(plan.months.size > 0 ? [raiseAround(db, user_id, [...plan.months])] : []),
        ...plan.statements,
        ...["activity", "sleep"].map((table) =>
          db.prepare(`DELETE FROM ${table} WHERE user_id = ?1 AND provider = ?2`).bind(user_id, provider),
        ),
      ]);
      return changes !== null;
    } catch (error) {
      if (staleGuard(error) !== "record" || tries === TRIES) throw error;
    }
  }
}

async function drain(
  db: D1Database,
  connection: Connection,
  tables: Table[],
  statement: (table: Table) => D1PreparedStatement,
): Promise<boolean> {
  for (let left = tables; left.length > 0; ) {
    const changes = await guarded(db, connection, left.map(statement));
    if (!changes) return false;
    left = left.filter((_, i) => changes[i]! >= ROWS);
  }
  return true;
}

/** Rows that each statement changed; null where the fence is not ours any more. */
async function guarded(
  db: D1Database,
  { user_id, provider, epoch }: Connection,
  statements: D1PreparedStatement[],
): Promise<number[] | null> {
  try {
    const [, ...results] = await db.batch([assertFences(db, user_id, [[provider, epoch]]), ...statements]);
    return results.map(({ meta }) => meta.changes);
  } catch (error) {
    if (staleGuard(error) === "fence") return null;
    throw error;
  }
}

/** The person's fences: from now on every commit for them fails. */
export async function dropFences(context: Context, person: { id: number; shard: number }): Promise<void> {
  await database(context, person).prepare("DELETE FROM fence WHERE user_id = ?1").bind(person.id).run();
}

/** Everything of a person in their shard; their fences are gone already. */
export async function deletePerson(context: Context, person: { id: number; shard: number }): Promise<void> {
  const db = database(context, person);
  for (let left = Object.keys(KEYS) as Table[]; left.length > 0; ) {
    const results = await db.batch(left.map((table) => piece(db, table, "user_id = ?1").bind(person.id)));
    left = left.filter((_, i) => results[i]!.meta.changes >= ROWS);
  }
}
