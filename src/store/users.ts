/** People and the accounts that sign them in. */
import type { Context } from "../platform/context.ts";
import { base62 } from "../platform/crypto.ts";
import { database, directory } from "./database.ts";

export interface Person {
  id: number;
  public_id: string;
  display_name: string | null;
  avatar_url: string | null;
  time_zone: string;
  shard: number;
  /** Asserted by every commit for this person. */
  epoch: number;
}

/** Columns of `user` that make a Person, for selects and joins. */
export const PERSON_COLUMNS = ["id", "public_id", "display_name", "avatar_url", "time_zone", "shard", "epoch"] as const;
const SELECT = `SELECT ${PERSON_COLUMNS.map((column) => `u.${column}`).join(", ")} FROM user u`;

/** Null where there is none, or where their account is being erased. */
export const personById = (context: Context, id: number): Promise<Person | null> =>
  directory(context).prepare(`${SELECT} WHERE u.id = ?1 AND u.erasing_at IS NULL`).bind(id).first<Person>();

export const personByIdentity = (context: Context, provider: string, providerUserId: string): Promise<Person | null> =>
  directory(context)
    .prepare(
      `${SELECT} JOIN identity i ON i.user_id = u.id
       WHERE i.provider = ?1 AND i.provider_user_id = ?2 AND u.erasing_at IS NULL`,
    )
    .bind(provider, providerUserId)
    .first<Person>();

export const personByPublicId = (context: Context, publicId: string): Promise<Person | null> =>
  directory(context)
    .prepare(`${SELECT} WHERE u.public_id = ?1 AND u.erasing_at IS NULL`)
    .bind(publicId)
    .first<Person>();

export async function anybody(context: Context): Promise<boolean> {
  return (await directory(context).prepare("SELECT 1 FROM user LIMIT 1").first()) !== null;
}

export interface NewPerson {
  display_name: string | null;
  avatar_url: string | null;
  time_zone: string | null;
  /** What signs them in from now on; null: they came by an invitation. */
  identity: { provider: string; provider_user_id: string } | null;
  /** What must hold, asserted by the insert, since two may try at once: that they are the very first, that the invitation is open. */
  only: "first" | { invite: string } | null;
}

/** A person with their identity and their fence. Null where another was first: with the identity, the invitation, or at all. */
export async function createPerson(context: Context, given: NewPerson): Promise<Person | null> {
  const db = directory(context);
  const publicId = `usr_${base62(context.random(16), 22)}`;
  const shard = context.env.shards.length - 1; // the newest: older ones are fuller
  const { provider = null, provider_user_id = null } = given.identity ?? {};
  const now = context.now();
  const invite = typeof given.only === "object" ? (given.only?.invite ?? null) : null;
  await db.batch([
    db
      .prepare(
        `INSERT INTO user(public_id, display_name, avatar_url, time_zone, shard, created_at)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6
         WHERE NOT EXISTS (SELECT 1 FROM identity WHERE provider = ?7 AND provider_user_id = ?8)
           AND (?9 = 0 OR NOT EXISTS (SELECT 1 FROM user))
           AND (?10 IS NULL OR EXISTS (
             SELECT 1 FROM invite WHERE hash = ?10 AND user_id IS NULL AND used_at IS NULL AND expires_at > ?6))`,
      )
      .bind(
        publicId,
        given.display_name,
        given.avatar_url,
        given.time_zone ?? "UTC",
        shard,
        now,
        provider,
        provider_user_id,
        given.only === "first" ? 1 : 0,
        invite,
      ),
    db
      .prepare(
        `INSERT INTO identity(provider, provider_user_id, user_id, created_at)
         SELECT ?1, ?2, id, ?3 FROM user WHERE public_id = ?4 AND ?1 IS NOT NULL`,
      )
      .bind(provider, provider_user_id, now, publicId),
    db
      .prepare(
        `UPDATE invite SET used_at = ?2, used_by = u.id FROM user u
         WHERE u.public_id = ?3 AND invite.hash = ?1 AND invite.used_at IS NULL`,
      )
      .bind(invite, now, publicId),
  ]);
  const person = await db.prepare(`${SELECT} WHERE u.public_id = ?1`).bind(publicId).first<Person>();
  if (person) await openFence(context, person);
  return person;
}

/** The person's fence, without which no commit passes. Also at each sign-in: the shard may have failed at the first one. */
export async function openFence(context: Context, person: Person): Promise<void> {
  await database(context, person)
    .prepare("INSERT INTO fence(user_id, provider, epoch) VALUES (?1, '', ?2) ON CONFLICT DO NOTHING")
    .bind(person.id, person.epoch)
    .run();
}

/** Lets an account sign its person in. One that signs somebody in already keeps doing so. */
export function linkIdentity(
  context: Context,
  person: Person,
  provider: string,
  providerUserId: string,
): D1PreparedStatement {
  return directory(context)
    .prepare(
      `INSERT INTO identity(provider, provider_user_id, user_id, created_at)
       SELECT ?1, ?2, id, ?3 FROM user WHERE id = ?4 AND erasing_at IS NULL
       ON CONFLICT(provider, provider_user_id) DO NOTHING`,
    )
    .bind(provider, providerUserId, context.now(), person.id);
}

export interface ProfileChange {
  display_name?: string;
  /** IANA; the caller has checked it. */
  time_zone?: string;
}

export async function changeProfile(context: Context, person: Person, change: ProfileChange): Promise<void> {
  await directory(context)
    .prepare(
      "UPDATE user SET display_name = coalesce(?2, display_name), time_zone = coalesce(?3, time_zone) WHERE id = ?1",
    )
    .bind(person.id, change.display_name ?? null, change.time_zone ?? null)
    .run();
}

// ---- Erasing ----

/** First of all: marked, signed out everywhere, every key dead. */
export async function markErasing(context: Context, person: Person): Promise<void> {
  const db = directory(context);
  await db.batch([
    db.prepare("UPDATE user SET erasing_at = coalesce(erasing_at, ?2) WHERE id = ?1").bind(person.id, context.now()),
    db.prepare("DELETE FROM session WHERE user_id = ?1").bind(person.id),
    db.prepare("DELETE FROM api_key WHERE user_id = ?1").bind(person.id),
  ]);
}

/** In no order: one that fails each time must not keep the others waiting. */
export async function erasingPeople(context: Context, before: number, most: number): Promise<Person[]> {
  const { results } = await directory(context)
    .prepare(`${SELECT} WHERE u.erasing_at <= ?1 ORDER BY random() LIMIT ?2`)
    .bind(before, most)
    .all<Person>();
  return results;
}

/** Last of all: what the directory has of them. What is still to be revoked stays until it is; the audit stays without a name. */
export async function forgetPerson(context: Context, person: Person, receipt: string): Promise<void> {
  const db = directory(context);
  const of = (sql: string) => db.prepare(sql).bind(person.id);
  const connections = "SELECT id FROM provider_connection WHERE user_id = ?1";
  await db.batch([
    of(`DELETE FROM run WHERE connection_id IN (${connections})`),
    of(`DELETE FROM dead WHERE connection_id IN (${connections})`),
    of(`DELETE FROM subscription WHERE connection_id IN (${connections})`),
    of(`DELETE FROM inbox WHERE user_id = ?1 OR connection_id IN (${connections})`),
    of(`DELETE FROM budget WHERE "of" IN (SELECT 'user:' || id FROM provider_connection WHERE user_id = ?1)`),
    of("DELETE FROM provider_connection WHERE user_id = ?1"),
    of("DELETE FROM post WHERE user_id = ?1"),
    of("DELETE FROM identity WHERE user_id = ?1"),
    of("DELETE FROM session WHERE user_id = ?1"),
    of("DELETE FROM api_key WHERE user_id = ?1"),
    of("DELETE FROM preference WHERE user_id = ?1"),
    of("UPDATE invite SET used_by = NULL WHERE used_by = ?1"),
    of("DELETE FROM invite WHERE user_id = ?1"),
    of("UPDATE audit SET user_id = NULL WHERE user_id = ?1"),
    db
      .prepare("INSERT INTO audit(user_id, at, action, detail) SELECT NULL, ?2, 'erased', ?3 FROM user WHERE id = ?1")
      .bind(person.id, context.now(), receipt),
    of("DELETE FROM user WHERE id = ?1"),
  ]);
}
