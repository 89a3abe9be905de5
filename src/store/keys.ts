/** API keys: `qt_`, 160 random bits, a checksum; the SHA-256 is stored, the key is shown once. */
import type { Context } from "../platform/context.ts";
import { base62, sha256Hex, utf8 } from "../platform/crypto.ts";
import { directory } from "./database.ts";
import { PERSON_COLUMNS, type Person } from "./users.ts";

export const KEY_SCOPES = ["ingest", "read", "manage"] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];
export const STANDARD_SCOPES: readonly KeyScope[] = ["ingest", "read"];

export interface Key {
  id: number;
  name: string;
  /** The beginning of the key, to tell it from others. */
  prefix: string;
  scopes: KeyScope[];
  created_at: number;
  last_used_at: number | null;
  expires_at: number | null;
  revoked_at: number | null;
}
type Row = Omit<Key, "scopes"> & { scopes: string };
const COLUMNS = "k.id, k.name, k.prefix, k.scopes, k.created_at, k.last_used_at, k.expires_at, k.revoked_at";
const toKey = (row: Row): Key => ({ ...row, scopes: JSON.parse(row.scopes) as KeyScope[] });

/** Base62 digits of 160 bits, and of a CRC-32. */
const SECRET = 27;
const CHECKSUM = 6;
/** Characters of the key that lists show, `qt_` included. */
const PREFIX = 9;
/** `last_used_at` is written at most this often. */
const USED_MS = 60_000;

function crc32(text: string): Uint8Array {
  let crc = 0xffffffff;
  for (const byte of utf8(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  crc = ~crc >>> 0;
  return Uint8Array.of(crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 255, crc & 255);
}
const checksum = (body: string): string => base62(crc32(body), CHECKSUM);

/** Whether a text can be a key at all: a typing error costs no query. */
export function isKey(text: string): boolean {
  const shape = new RegExp(`^qt_[0-9A-Za-z]{${SECRET + CHECKSUM}}$`);
  return shape.test(text) && checksum(text.slice(0, -CHECKSUM)) === text.slice(-CHECKSUM);
}

export interface NewKey {
  name: string;
  scopes?: readonly KeyScope[];
  expires_at?: number | null;
}

/** `key` is known only here and now. Null where the person's account is being erased. */
export async function createKey(
  context: Context,
  person: Person,
  given: NewKey,
): Promise<(Key & { key: string }) | null> {
  const body = `qt_${base62(context.random(20), SECRET)}`;
  const key = body + checksum(body);
  const row = await directory(context)
    .prepare(
      `INSERT INTO api_key(user_id, hash, prefix, name, scopes, created_at, expires_at)
       SELECT id, ?1, ?2, ?3, ?4, ?5, ?6 FROM user WHERE id = ?7 AND erasing_at IS NULL
       RETURNING id, name, prefix, scopes, created_at, last_used_at, expires_at, revoked_at`,
    )
    .bind(
      await sha256Hex(key),
      key.slice(0, PREFIX),
      given.name,
      JSON.stringify(given.scopes ?? STANDARD_SCOPES),
      context.now(),
      given.expires_at ?? null,
      person.id,
    )
    .first<Row>();
  return row && { ...toKey(row), key };
}

/** Newest first; revoked ones are gone from the list. */
export async function keysOf(context: Context, person: Person): Promise<Key[]> {
  const { results } = await directory(context)
    .prepare(`SELECT ${COLUMNS} FROM api_key k WHERE k.user_id = ?1 AND k.revoked_at IS NULL ORDER BY k.id DESC`)
    .bind(person.id)
    .all<Row>();
  return results.map(toKey);
}

/** False where the person has no such key. */
export async function revokeKey(context: Context, person: Person, id: number): Promise<boolean> {
  const { meta } = await directory(context)
    .prepare("UPDATE api_key SET revoked_at = ?3 WHERE id = ?1 AND user_id = ?2 AND revoked_at IS NULL")
    .bind(id, person.id, context.now())
    .run();
  return meta.changes > 0;
}

/** Whose key it is, and that it was used. Null where it is unknown, revoked or expired. */
export async function useKey(context: Context, text: string): Promise<{ key: Key; person: Person } | null> {
  if (!isKey(text)) return null;
  const now = context.now();
  const row = await directory(context)
    .prepare(
      `SELECT ${COLUMNS}, ${PERSON_COLUMNS.map((column) => `u.${column} AS user_${column}`).join(", ")}
       FROM api_key k JOIN user u ON u.id = k.user_id
       WHERE k.hash = ?1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > ?2) AND u.erasing_at IS NULL`,
    )
    .bind(await sha256Hex(text), now)
    .first<Row & Record<string, unknown>>();
  if (!row) return null;
  if ((row.last_used_at ?? 0) < now - USED_MS) {
    await directory(context).prepare("UPDATE api_key SET last_used_at = ?2 WHERE id = ?1").bind(row.id, now).run();
  }
  const { id, name, prefix, scopes, created_at, last_used_at, expires_at, revoked_at } = row;
  const person = Object.fromEntries(
    PERSON_COLUMNS.map((column) => [column, row[`user_${column}`]]),
  ) as unknown as Person;
  return { key: toKey({ id, name, prefix, scopes, created_at, last_used_at, expires_at, revoked_at }), person };
}
