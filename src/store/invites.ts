/** Invitations: a one-time link lets in somebody new, or somebody whom nothing else signs in any more. Kept as a hash. */
import { z } from "zod";
import { DAY_MS } from "../domain/time.ts";
import type { Context } from "../platform/context.ts";
import { randomText, sha256Hex } from "../platform/crypto.ts";
import { directory } from "./database.ts";
import { decodeCursor, encodeCursor, type Page } from "./paging.ts";
import type { Person } from "./users.ts";

export interface Invite {
  /** The beginning of its hash, which names it and opens nothing. */
  id: string;
  note: string | null;
  created_at: number;
  expires_at: number;
  used_at: number | null;
  /** Public id of whom it lets back in, or of who came by it. */
  person: string | null;
}

const ID_LENGTH = 16;
const COLUMNS = `substr(i.hash, 1, ${ID_LENGTH}) AS id, i.note, i.created_at, i.expires_at, i.used_at, u.public_id AS person`;
const SELECT = `SELECT ${COLUMNS} FROM invite i LEFT JOIN user u ON u.id = coalesce(i.used_by, i.user_id)`;

export const inviteHash = (token: string): Promise<string> => sha256Hex(`invite:${token}`);

/** The token is told this once. */
export async function createInvite(
  context: Context,
  { note, days, person }: { note: string | null; days: number; person: Person | null },
): Promise<{ id: string; token: string; expires_at: number }> {
  const token = randomText(context, 32);
  const hash = await inviteHash(token);
  const expires_at = context.now() + days * DAY_MS;
  await directory(context)
    .prepare("INSERT INTO invite(hash, note, user_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)")
    .bind(hash, note, person?.id ?? null, context.now(), expires_at)
    .run();
  return { id: hash.slice(0, ID_LENGTH), token, expires_at };
}

const position = z.tuple([z.literal("invites"), z.int(), z.string()]);

/** Newest first. Throws Problem `bad_cursor`. */
export async function listInvites(
  context: Context,
  { cursor, limit }: { cursor?: string; limit: number },
): Promise<Page<Invite>> {
  const [, before, id] = cursor === undefined ? [null, null, ""] : decodeCursor(cursor, position);
  const { results } = await directory(context)
    .prepare(
      `${SELECT} WHERE ?1 IS NULL OR i.created_at < ?1 OR (i.created_at = ?1 AND substr(i.hash, 1, ${ID_LENGTH}) < ?2)
       ORDER BY i.created_at DESC, i.hash DESC LIMIT ?3`,
    )
    .bind(before, id, limit + 1)
    .all<Invite>();
  const data = results.slice(0, limit);
  const last = data.at(-1);
  return {
    data,
    next_cursor: last && results.length > limit ? encodeCursor(["invites", last.created_at, last.id]) : null,
  };
}

/** One that can still be used, and the id of whom it lets back in. */
export const openInvite = (context: Context, hash: string): Promise<{ user_id: number | null } | null> =>
  directory(context)
    .prepare("SELECT user_id FROM invite WHERE hash = ?1 AND used_at IS NULL AND expires_at > ?2")
    .bind(hash, context.now())
    .first<{ user_id: number | null }>();

/** Uses up one that lets somebody back in. Whether it could still be used. */
export async function useReturn(context: Context, hash: string): Promise<boolean> {
  const { meta } = await directory(context)
    .prepare(
      `UPDATE invite SET used_at = ?2, used_by = user_id
       WHERE hash = ?1 AND user_id IS NOT NULL AND used_at IS NULL AND expires_at > ?2`,
    )
    .bind(hash, context.now())
    .run();
  return meta.changes > 0;
}

/** Takes back one that was not used. */
export async function dropInvite(context: Context, id: string): Promise<boolean> {
  const { meta } = await directory(context)
    .prepare(`DELETE FROM invite WHERE substr(hash, 1, ${ID_LENGTH}) = ?1 AND used_at IS NULL`)
    .bind(id)
    .run();
  return meta.changes > 0;
}
