/** Sessions of browsers: a random id in a cookie, its hash here. */

import { DAY_MS } from "../domain/time.ts";
import type { Context } from "../platform/context.ts";
import { randomText, sha256Hex } from "../platform/crypto.ts";
import { directory } from "./database.ts";
import { PERSON_COLUMNS, type Person } from "./users.ts";

export const SESSION_IDLE_MS = 30 * DAY_MS;
export const SESSION_MS = 90 * DAY_MS;
/** `seen_at` is written at most this often. */
const SEEN_MS = 3_600_000;

export interface Session {
  hash: string;
  person: Person;
}

/** A new id at each sign-in. Throws where the person's account is being erased: they cannot enter any more. */
export async function createSession(context: Context, person: Person): Promise<{ id: string; hash: string }> {
  const id = randomText(context, 32);
  const hash = await sha256Hex(id);
  const { meta } = await directory(context)
    .prepare(
      `INSERT INTO session(hash, user_id, created_at, seen_at, expires_at)
       SELECT ?1, id, ?2, ?2, ?3 FROM user WHERE id = ?4 AND erasing_at IS NULL`,
    )
    .bind(hash, context.now(), context.now() + SESSION_MS, person.id)
    .run();
  if (meta.changes === 0) throw new Error("a session for nobody");
  return { id, hash };
}

/** Null where the id is unknown, too old, idle for too long, or its person's account is being erased. */
export async function findSession(context: Context, id: string): Promise<Session | null> {
  const hash = await sha256Hex(id);
  const now = context.now();
  const row = await directory(context)
    .prepare(
      `SELECT ${PERSON_COLUMNS.map((column) => `u.${column}`).join(", ")}, s.seen_at FROM session s JOIN user u ON u.id = s.user_id
       WHERE s.hash = ?1 AND s.expires_at > ?2 AND s.seen_at > ?3 AND u.erasing_at IS NULL`,
    )
    .bind(hash, now, now - SESSION_IDLE_MS)
    .first<Person & { seen_at: number }>();
  if (!row) return null;
  const { seen_at, ...person } = row;
  if (seen_at < now - SEEN_MS) {
    await directory(context).prepare("UPDATE session SET seen_at = ?2 WHERE hash = ?1").bind(hash, now).run();
  }
  return { hash, person };
}

export async function endSession(context: Context, hash: string): Promise<void> {
  await directory(context).prepare("DELETE FROM session WHERE hash = ?1").bind(hash).run();
}

/** Housekeeping: what can never sign in again. */
export async function forgetSessions(context: Context): Promise<number> {
  const { meta } = await directory(context)
    .prepare("DELETE FROM session WHERE expires_at <= ?1 OR seen_at <= ?2")
    .bind(context.now(), context.now() - SESSION_IDLE_MS)
    .run();
  return meta.changes;
}
