/**
 * What providers have pushed and is still to be worked on: a row an account and body. A row is due at once and is put off by who takes
 * it, so that of two copies of its message one works; it goes when it is done, with its connection's data, or with its person.
 */
import { DAY_MS } from "../domain/time.ts";
import type { Context } from "../platform/context.ts";
import { pieces } from "../platform/limits.ts";
import type { Connection } from "./connections.ts";
import { directory } from "./database.ts";

/** The push of an account that nobody has connected waits so long for the connection that is being made. */
const UNKNOWN_MS = 3_600_000;
/** A message that was lost is sent again after so long. */
const LOST_MS = 300_000;
/** A runner that died has had the row for so long; longer each time. */
const LEASE_MS = 300_000;
const KEPT_DAYS = 7;

export interface InboxRow {
  id: number;
  provider: string;
  provider_user_id: string;
  user_id: number;
  connection_id: number;
  epoch: number;
  /** JSON: `[[key, element], …]`. */
  body: string;
  received_at: number;
  due_at: number;
  /** This one included. */
  attempts: number;
}

export interface NewInboxRow {
  provider_user_id: string;
  body: string;
  hash: string;
}

/**
 * Stores pushes under the epoch that their connections have now; answers the ids of those that may be worked on. Those of an ended
 * connection are dropped, and so is what waits already, word for word.
 */
export async function putInbox(context: Context, provider: string, rows: NewInboxRow[]): Promise<number[]> {
  if (rows.length === 0) return [];
  const db = directory(context);
  const values = rows.map(({ provider_user_id, body, hash }) => [provider_user_id, body, hash]);
  const results = await db.batch<{ id: number; connection_id: number | null }>(
    pieces(values).map((json) =>
      db
        .prepare(
          `INSERT INTO inbox(provider, provider_user_id, user_id, connection_id, epoch, body, hash, received_at, due_at)
           SELECT ?1, j.value->>0, c.user_id, c.id, c.epoch, j.value->>1, j.value->>2, ?3,
             CASE WHEN c.id IS NULL THEN ?3 + ${UNKNOWN_MS} ELSE ?3 END
           FROM json_each(?2) j
           LEFT JOIN provider_connection c ON c.provider = ?1 AND c.provider_user_id = j.value->>0
           WHERE (c.id IS NULL OR c.status NOT IN ('ending', 'revoked')) AND NOT EXISTS (
             SELECT 1 FROM inbox i WHERE i.connection_id IS c.id AND i.epoch IS c.epoch AND i.attempts = 0
               AND i.provider = ?1 AND i.provider_user_id = j.value->>0 AND i.hash = j.value->>2)
           RETURNING id, connection_id`,
        )
        .bind(provider, json, context.now()),
    ),
  );
  return results.flatMap(({ results: put }) => put.filter((row) => row.connection_id !== null).map(({ id }) => id));
}

/** Takes those of the rows that are due, each for one runner, in the order in which they came. */
export async function takeInbox(context: Context, ids: readonly number[]): Promise<InboxRow[]> {
  const { results } = await directory(context)
    .prepare(
      `UPDATE inbox SET due_at = ?2 + ${LEASE_MS} * (1 << min(attempts, 4)), attempts = attempts + 1
       WHERE id IN (SELECT value FROM json_each(?1)) AND due_at <= ?2 AND connection_id IS NOT NULL RETURNING *`,
    )
    .bind(JSON.stringify(ids), context.now())
    .all<InboxRow>();
  return results.sort((a, b) => a.id - b.id);
}

/** Done. `also`: what else the directory is told of it. */
export async function dropInbox(context: Context, id: number, also: D1PreparedStatement[] = []): Promise<void> {
  const db = directory(context);
  await db.batch([db.prepare("DELETE FROM inbox WHERE id = ?1").bind(id), ...also]);
}

/** As if it had not been taken. */
const UNTRIED = "attempts = max(attempts - 1, 0)";

/**
 * Not now: what of the row is left, and from when on; `untried`: nothing of that was tried. A row of which a part is done is no longer
 * the push that it came as: the same words once more are news.
 */
export async function putOffInbox(
  context: Context,
  id: number,
  later: { due_at: number; body?: string | undefined; untried?: boolean },
  also: D1PreparedStatement[] = [],
): Promise<void> {
  const db = directory(context);
  const put = db.prepare(
    `UPDATE inbox SET due_at = ?2, body = coalesce(?3, body), hash = CASE WHEN ?3 IS NULL THEN hash ELSE '' END
     ${later.untried ? `, ${UNTRIED}` : ""} WHERE id = ?1`,
  );
  await db.batch([put.bind(id, later.due_at, later.body ?? null), ...also]);
}

/** Due at once, as if they had not been taken. */
export async function giveBackInbox(context: Context, ids: readonly number[]): Promise<void> {
  await directory(context)
    .prepare(`UPDATE inbox SET due_at = ?2, ${UNTRIED} WHERE id IN (SELECT value FROM json_each(?1))`)
    .bind(JSON.stringify(ids), context.now())
    .run();
}

/** Due at once, and tried: its work crashed. */
export async function retryInbox(context: Context, id: number): Promise<void> {
  await directory(context).prepare("UPDATE inbox SET due_at = ?2 WHERE id = ?1").bind(id, context.now()).run();
}

/** Gives what came before its connection to it. Answers the ids. */
export async function adoptInbox(context: Context, connection: Connection): Promise<number[]> {
  const { id, user_id, provider, provider_user_id, epoch } = connection;
  const { results } = await directory(context)
    .prepare(
      `UPDATE inbox SET connection_id = ?1, user_id = ?2, epoch = ?3, due_at = ?6
       WHERE connection_id IS NULL AND provider = ?4 AND provider_user_id = ?5 AND due_at > ?6 RETURNING id`,
    )
    .bind(id, user_id, epoch, provider, provider_user_id, context.now())
    .all<{ id: number }>();
  return results.map((row) => row.id);
}

/** Drops what nobody will come for: without a connection after an hour, any after a week. */
export async function forgetInbox(context: Context): Promise<number> {
  const { meta } = await directory(context)
    .prepare("DELETE FROM inbox WHERE (connection_id IS NULL AND due_at <= ?1) OR received_at <= ?2")
    .bind(context.now(), context.now() - KEPT_DAYS * DAY_MS)
    .run();
  return meta.changes;
}

/** What is due and has no message on its way, as far as anybody knows. */
export async function leftInbox(context: Context, most: number): Promise<number[]> {
  const now = context.now();
  const { results } = await directory(context)
    .prepare(
      `SELECT id FROM inbox WHERE due_at <= ?1 AND connection_id IS NOT NULL AND (attempts > 0 OR due_at <= ?2)
       ORDER BY due_at LIMIT ?3`,
    )
    .bind(now, now - LOST_MS, most)
    .all<{ id: number }>();
  return results.map(({ id }) => id);
}

/** For the operator. */
export async function inboxState(context: Context): Promise<{ waiting: number; oldest_at: number | null }> {
  const row = await directory(context)
    .prepare("SELECT count(*) AS waiting, min(received_at) AS oldest_at FROM inbox WHERE connection_id IS NOT NULL")
    .first<{ waiting: number; oldest_at: number | null }>();
  return row ?? { waiting: 0, oldest_at: null };
}
