/**
 * Sealed grants, and the lease of who refreshes one. Every change is a compare-and-swap on
 * `token_version`, which each new grant raises. Ciphertexts are tied to table, column, person, connection and provider.
 */
import type { Context } from "../platform/context.ts";
import { open, seal } from "../platform/crypto.ts";
import { directory } from "./database.ts";

/** Instants are unix ms. */
interface Lifetime {
  /** When requests need a new token; null: it does not end by itself. */
  expires_at: number | null;
  issued_at: number;
}
export interface OAuth2Grant extends Lifetime {
  kind: "oauth2";
  access_token: string;
  refresh_token: string | null;
  /** When refreshing ends too, and only a new consent helps; left out: nobody said. */
  ends_at?: number;
}
/** Requests are signed with the secret, which never leaves. */
export interface OAuth1Grant extends Lifetime {
  kind: "oauth1";
  token: string;
  token_secret: string;
}
/** The person's own key, and the bearer that it was exchanged for. */
export interface ApiKeyGrant extends Lifetime {
  kind: "api_key";
  key: string;
  access_token: string;
  /** As the person said; null: nobody knows. */
  key_expires_at: number | null;
}
export type Grant = OAuth2Grant | OAuth1Grant | ApiKeyGrant;

/** A grant on its way into a connection's row: sealed, with what the row says of it in the open. */
export interface Sealed {
  sealed: string;
  kind: Grant["kind"];
  expires_at: number | null;
  /** When only the person can go on: the end of a key, or of a consent. */
  key_expires_at: number | null;
}

interface Owner {
  user_id: number;
  connection_id: number;
  provider: string;
}
type Table = "provider_connection" | "revocation";
const place = (table: Table, { user_id, connection_id, provider }: Owner): string =>
  `${table}|grant|${user_id}|${connection_id}|${provider}`;

export const sealGrant = (context: Context, table: Table, owner: Owner, grant: Grant): Promise<string> =>
  seal(context, context.env.ENCRYPTION_KEYS, place(table, owner), JSON.stringify(grant));

export async function sealForConnection(context: Context, owner: Owner, grant: Grant): Promise<Sealed> {
  return {
    sealed: await sealGrant(context, "provider_connection", owner, grant),
    kind: grant.kind,
    expires_at: grant.expires_at,
    key_expires_at: endOf(grant),
  };
}

function endOf(grant: Grant): number | null {
  if (grant.kind === "api_key") return grant.key_expires_at;
  return grant.kind === "oauth2" ? (grant.ends_at ?? null) : null;
}

/** Null where it does not open: the key is gone from ENCRYPTION_KEYS, or the row was tampered with. */
export async function openGrant(context: Context, table: Table, owner: Owner, sealed: string): Promise<Grant | null> {
  const text = await open(context.env.ENCRYPTION_KEYS, place(table, owner), sealed);
  return text === null ? null : (JSON.parse(text) as Grant);
}

/** The row as the vault needs it. */
export interface Held {
  id: number;
  user_id: number;
  provider: string;
  status: string;
  epoch: number;
  grant: string | null;
  token_version: number;
  lease_until: number;
  refresh_at: number;
  refresh_failures: number;
  refresh_state: string | null;
  refused_at: string;
  learned: string;
}
const HELD = `id, user_id, provider, status, epoch, "grant", token_version, lease_until, refresh_at, refresh_failures,
  refresh_state, refused_at, learned`;

export const heldStatement = (context: Context, connectionId: number): D1PreparedStatement =>
  directory(context).prepare(`SELECT ${HELD} FROM provider_connection WHERE id = ?1`).bind(connectionId);

export const heldGrant = (context: Context, connectionId: number): Promise<Held | null> =>
  heldStatement(context, connectionId).first<Held>();

/** Of any number of callers one wins. Null: the version is not the newest, somebody has the lease, or it is too early. */
export async function takeLease(
  context: Context,
  { id, token_version }: Held,
  lease: string,
  untilMs: number,
): Promise<Held | null> {
  return directory(context)
    .prepare(
      `UPDATE provider_connection SET lease = ?3, lease_until = ?4
       WHERE id = ?1 AND token_version = ?2 AND lease_until <= ?5 AND refresh_at <= ?5
         AND status IN ('active', 'connecting', 'paused')
       RETURNING ${HELD}`,
    )
    .bind(id, token_version, lease, untilMs, context.now())
    .first<Held>();
}

/** The swap after a refresh or an exchange. False: a disconnect or a new consent was first. */
export async function putRefreshed(
  context: Context,
  held: Held,
  lease: string,
  fresh: Sealed & { learned: Record<string, string> },
): Promise<boolean> {
  const { meta } = await directory(context)
    .prepare(
      `UPDATE provider_connection SET "grant" = ?4, grant_kind = ?5, expires_at = ?6, key_expires_at = ?7, learned = ?8,
         token_version = token_version + 1, lease = NULL, lease_until = 0, refresh_at = 0, refresh_failures = 0,
         refresh_state = NULL
       WHERE id = ?1 AND token_version = ?2 AND lease = ?3`,
    )
    .bind(
      held.id,
      held.token_version,
      lease,
      fresh.sealed,
      fresh.kind,
      fresh.expires_at,
      fresh.key_expires_at,
      JSON.stringify(fresh.learned),
    )
    .run();
  return meta.changes > 0;
}

/**
 * After a refresh that brought nothing. `lease_until` in the future keeps the lease: nobody tries before it. `code` null: nothing
 * that the person should know of.
 */
export async function putFailure(
  context: Context,
  held: Held,
  lease: string,
  failure: { refresh_at: number; lease_until: number; failures: number; state: string | null; code: string | null },
): Promise<void> {
  await directory(context)
    .prepare(
      `UPDATE provider_connection SET refresh_at = ?4, lease_until = ?5, refresh_failures = ?6, refresh_state = ?7,
         last_error_code = coalesce(?8, last_error_code), last_error_at = CASE WHEN ?8 IS NULL THEN last_error_at ELSE ?9 END
       WHERE id = ?1 AND token_version = ?2 AND lease = ?3`,
    )
    .bind(
      held.id,
      held.token_version,
      lease,
      failure.refresh_at,
      failure.lease_until,
      failure.failures,
      failure.state,
      failure.code,
      context.now(),
    )
    .run();
}

/** A fresh grant of a consent takes the place of the one that is there, without a new epoch. False: the row has moved on. */
export async function replaceGrant(
  context: Context,
  held: Held,
  fresh: Sealed & { learned: Record<string, string>; granted_scopes: string[] },
): Promise<boolean> {
  const { meta } = await directory(context)
    .prepare(
      `UPDATE provider_connection SET "grant" = ?4, expires_at = ?5, learned = ?6, granted_scopes = ?7, grant_kind = ?8,
         key_expires_at = ?9,
         token_version = token_version + 1, lease = NULL, lease_until = 0, refresh_at = 0, refresh_failures = 0,
         refresh_state = NULL, refused_at = '[]'
       WHERE id = ?1 AND token_version = ?2 AND epoch = ?3`,
    )
    .bind(
      held.id,
      held.token_version,
      held.epoch,
      fresh.sealed,
      fresh.expires_at,
      JSON.stringify(fresh.learned),
      JSON.stringify(fresh.granted_scopes),
      fresh.kind,
      fresh.key_expires_at,
    )
    .run();
  return meta.changes > 0;
}

/** Instants of 401s to tokens just issued. */
export async function putRefusals(
  context: Context,
  id: number,
  tokenVersion: number,
  instants: number[],
): Promise<void> {
  await directory(context)
    .prepare("UPDATE provider_connection SET refused_at = ?3 WHERE id = ?1 AND token_version = ?2")
    .bind(id, tokenVersion, JSON.stringify(instants))
    .run();
}

// ---- Another protocol ----

/**
 * Leases OAuth 1.0a grants that are in use, to be exchanged for others: those never tried first, then those whose time has come
 * again.
 */
export async function leaseOAuth1(
  context: Context,
  of: { provider: string; most: number },
  lease: string,
  untilMs: number,
): Promise<Held[]> {
  const { results } = await directory(context)
    .prepare(
      `UPDATE provider_connection SET lease = ?2, lease_until = ?3
       WHERE id IN (SELECT id FROM provider_connection
         WHERE provider = ?1 AND grant_kind = 'oauth1' AND refresh_at <= ?4 AND lease_until <= ?4
           AND status IN ('active', 'paused') AND provider_user_id IS NOT NULL ORDER BY refresh_at, id LIMIT ?5)
       RETURNING ${HELD}`,
    )
    .bind(of.provider, lease, untilMs, context.now(), of.most)
    .all<Held>();
  return results;
}

// ---- Rotation of keys ----

/** A row whose ciphertext is another key's. */
export interface OldSeal {
  table: Table;
  id: number;
  user_id: number;
  connection_id: number;
  provider: string;
  grant: string;
}

/** Rows whose ciphertext does not name the newest key: some of those behind `after`, in order, and how many there are in all. */
export async function sealedWithOldKeys(
  context: Context,
  most: number,
  after: Pick<OldSeal, "table" | "id"> | null,
): Promise<{ rows: OldSeal[]; count: number }> {
  const newest = `v1.${context.env.ENCRYPTION_KEYS[0]!.kid}.`;
  const old = `"grant" IS NOT NULL AND substr("grant", 1, length(?1)) <> ?1`;
  const all = `SELECT 'provider_connection' AS "table", id, user_id, id AS connection_id, provider, "grant" FROM provider_connection WHERE ${old}
    UNION ALL SELECT 'revocation', id, user_id, connection_id, provider, "grant" FROM revocation WHERE ${old}`;
  const db = directory(context);
  const [rows, count] = await db.batch([
    db
      .prepare(`SELECT * FROM (${all}) WHERE ("table", id) > (?2, ?3) ORDER BY "table", id LIMIT ?4`)
      .bind(newest, after?.table ?? "", after?.id ?? 0, most),
    db.prepare(`SELECT count(*) AS count FROM (${all})`).bind(newest),
  ]);
  return { rows: rows!.results as unknown as OldSeal[], count: (count!.results[0] as { count: number }).count };
}

/** Only where nothing has changed it meanwhile. */
export async function putRewrapped(context: Context, { table, id, grant }: OldSeal, sealed: string): Promise<boolean> {
  const { meta } = await directory(context)
    .prepare(`UPDATE ${table} SET "grant" = ?3 WHERE id = ?1 AND "grant" = ?2`)
    .bind(id, grant, sealed)
    .run();
  return meta.changes > 0;
}
