/** Grants that their providers are still to be told of; sealed as in store/grants. */
import type { Context } from "../platform/context.ts";
import { directory } from "./database.ts";
import type { Held } from "./grants.ts";

export interface Revocation {
  id: number;
  user_id: number;
  provider: string;
  provider_user_id: string | null;
  connection_id: number;
  grant: string;
  learned: string;
  attempts: number;
  due_at: number;
  created_at: number;
}
export interface NewRevocation {
  user_id: number;
  provider: string;
  provider_user_id: string | null;
  connection_id: number;
  /** Sealed for this table. */
  sealed: string;
  learned: Record<string, string>;
  due_at: number;
}

/** `held`: only while the connection still has the grant that was sealed anew, and no move is under way. */
export function revocationStatement(context: Context, given: NewRevocation, held?: Held): D1PreparedStatement {
  return directory(context)
    .prepare(
      `INSERT INTO revocation(user_id, provider, provider_user_id, connection_id, "grant", learned, due_at, created_at)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
       WHERE ?9 IS NULL OR EXISTS (SELECT 1 FROM provider_connection WHERE id = ?4 AND token_version = ?9 AND epoch = ?10
         AND status NOT IN ('connecting', 'ending'))
       RETURNING id`,
    )
    .bind(
      given.user_id,
      given.provider,
      given.provider_user_id,
      given.connection_id,
      given.sealed,
      JSON.stringify(given.learned),
      given.due_at,
      context.now(),
      held?.token_version ?? null,
      held?.epoch ?? null,
    );
}

/** Takes those that are due, of one person or of all, each for one runner: their next attempt is put off first. */
export async function takeRevocations(
  context: Context,
  userId: number | null,
  most: number,
  putOffMs: number,
): Promise<Revocation[]> {
  const { results } = await directory(context)
    .prepare(
      `UPDATE revocation SET due_at = ?2, attempts = attempts + 1
       WHERE id IN (SELECT id FROM revocation WHERE due_at <= ?1 AND (?4 IS NULL OR user_id = ?4) ORDER BY due_at LIMIT ?3)
       RETURNING *`,
    )
    .bind(context.now(), context.now() + putOffMs, most, userId)
    .all<Revocation>();
  return results;
}

export async function putOffRevocation(
  context: Context,
  id: number,
  later: { due_at: number; sealed?: string },
): Promise<void> {
  await directory(context)
    .prepare(`UPDATE revocation SET due_at = ?2, "grant" = coalesce(?3, "grant") WHERE id = ?1`)
    .bind(id, later.due_at, later.sealed ?? null)
    .run();
}

export async function dropRevocation(context: Context, id: number): Promise<void> {
  await directory(context).prepare("DELETE FROM revocation WHERE id = ?1").bind(id).run();
}

/** Takes one back that its person decided about. Null where it is not theirs, or was revoked already. */
export const takeBack = (context: Context, id: number, userId: number, provider: string): Promise<Revocation | null> =>
  directory(context)
    .prepare("DELETE FROM revocation WHERE id = ?1 AND user_id = ?2 AND provider = ?3 AND attempts = 0 RETURNING *")
    .bind(id, userId, provider)
    .first<Revocation>();
