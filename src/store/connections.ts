/**
 * A person's link to a provider. Status moves are single statements of the directory; the shard follows them (store/fences).
 * The sealed grant stays in store/grants: nobody else needs it.
 */
import type { Context } from "../platform/context.ts";
import { directory } from "./database.ts";
import type { Grant, Sealed } from "./grants.ts";
import type { CONNECTION_STATUS } from "./schema.ts";
import { PERSON_COLUMNS, type Person } from "./users.ts";

export type Status = (typeof CONNECTION_STATUS)[number];
/** Data are fetched or may be again by themselves: nobody else may take the account. */
export const LIVE: readonly Status[] = ["active", "needs_reauthorization", "paused"];

/** What the settings page shows of the account. */
export interface Profile {
  display_name?: string | null;
  avatar_url?: string | null;
  member_since?: number | null;
  /** The account whose data are here, after somebody else has connected it. */
  given_up?: string;
}

export interface Connection {
  id: number;
  user_id: number;
  provider: string;
  /** Null for a phone bridge, and after the account went to somebody else. */
  provider_user_id: string | null;
  status: Status;
  epoch: number;
  granted_scopes: string[];
  /** Which protocol its grant is of; null: it has none. */
  grant_kind: Grant["kind"] | null;
  expires_at: number | null;
  key_expires_at: number | null;
  learned: Record<string, string>;
  profile: Profile;
  connected_at: number | null;
  last_success_at: number | null;
  last_error_code: string | null;
  last_error_at: number | null;
  /** Set while a move between statuses is under way: what becomes of the data, and the status after it. */
  moved_at: number | null;
  data: Rest | null;
  next_status: Status | null;
  person: Person;
}
/** `restart`: records stay, but what was read how far is forgotten. */
export type Rest = "keep" | "restart" | "delete";

const COLUMNS = [
  "id",
  "user_id",
  "provider",
  "provider_user_id",
  "status",
  "epoch",
  "granted_scopes",
  "grant_kind",
  "expires_at",
  "key_expires_at",
  "learned",
  "profile",
  "connected_at",
  "last_success_at",
  "last_error_code",
  "last_error_at",
  "moved_at",
  "data",
  "next_status",
] as const;
// Columns of two tables have the same names.
const SELECT = `SELECT ${COLUMNS.map((column) => `c."${column}"`).join(", ")},
  ${PERSON_COLUMNS.map((column) => `u.${column} AS person_${column}`).join(", ")}
  FROM provider_connection c JOIN user u ON u.id = c.user_id`;

function toConnection(row: Record<string, unknown>): Connection {
  const of = (columns: readonly string[], prefix: string) =>
    Object.fromEntries(columns.map((column) => [column, row[`${prefix}${column}`]]));
  return {
    ...of(COLUMNS, ""),
    granted_scopes: JSON.parse(row.granted_scopes as string),
    learned: JSON.parse(row.learned as string),
    profile: JSON.parse(row.profile as string),
    person: of(PERSON_COLUMNS, "person_"),
  } as unknown as Connection;
}

async function one(context: Context, where: string, ...values: unknown[]): Promise<Connection | null> {
  const row = await directory(context)
    .prepare(`${SELECT} WHERE ${where}`)
    .bind(...values)
    .first<Record<string, unknown>>();
  return row && toConnection(row);
}
async function many(context: Context, where: string, ...values: unknown[]): Promise<Connection[]> {
  const { results } = await directory(context)
    .prepare(`${SELECT} WHERE ${where}`)
    .bind(...values)
    .all<Record<string, unknown>>();
  return results.map(toConnection);
}

export const connectionById = (context: Context, id: number) => one(context, "c.id = ?1", id);
export const connectionOf = (context: Context, person: Person, provider: string) =>
  one(context, "c.user_id = ?1 AND c.provider = ?2", person.id, provider);
export const connectionsOf = (context: Context, person: Person) =>
  many(context, "c.user_id = ?1 ORDER BY c.id", person.id);
/** Whoever holds the provider's account now; an ended connection may still hold it. */
export const connectionWithAccount = (context: Context, provider: string, providerUserId: string) =>
  one(context, "c.provider = ?1 AND c.provider_user_id = ?2", provider, providerUserId);
/** Moves that were begun before `before` and have not ended; in no order: one that fails each time must not keep others waiting. */
export const halfwayConnections = (context: Context, before: number, most: number) =>
  many(context, "c.moved_at <= ?1 ORDER BY random() LIMIT ?2", before, most);

/** Connections by OAuth 2 whose access token ended before `before`: nobody has needed one since. */
export const idleConnections = (context: Context, provider: string, before: number, most: number) =>
  many(
    context,
    `c.provider = ?1 AND c.grant_kind = 'oauth2' AND c.expires_at <= ?2 AND c.refresh_at <= ?3 AND c.status IN ('active', 'paused')
     ORDER BY c.expires_at LIMIT ?4`,
    provider,
    before,
    context.now(),
    most,
  );

/** The row that moves start from: ended, without an account. Nothing happens where there is one, or an erasure. */
export async function ensureConnection(context: Context, person: Person, provider: string): Promise<Connection | null> {
  await directory(context)
    .prepare(
      `INSERT INTO provider_connection(user_id, provider, status, epoch, created_at)
       SELECT id, ?2, 'revoked', 0, ?3 FROM user WHERE id = ?1 AND erasing_at IS NULL
       ON CONFLICT(user_id, provider) DO NOTHING`,
    )
    .bind(person.id, provider, context.now())
    .run();
  return connectionOf(context, person, provider);
}

export interface Linking {
  provider_user_id: string | null;
  /** Sealed for this connection; null for a phone bridge. */
  grant: Sealed | null;
  granted_scopes: string[];
  learned: Record<string, string>;
  profile: Profile;
  rest: Rest;
}

/**
 * Directory first: `connecting` under a new epoch, with all that the connection will have. Null where the row has moved on since
 * it was read, where somebody else holds the account, or where the person's account is being erased.
 * `revocation` keeps the grant of the account that was connected before, for the provider to be told, in the same batch.
 */
export async function beginConnecting(
  context: Context,
  before: Connection,
  linking: Linking,
  revocation: D1PreparedStatement | null = null,
): Promise<Connection | null> {
  const db = directory(context);
  const move = db
    .prepare(
      `UPDATE provider_connection SET status = 'connecting', next_status = 'active', data = ?3, moved_at = ?4, epoch = epoch + 1,
         provider_user_id = ?5, "grant" = ?6, expires_at = ?7, granted_scopes = ?8, learned = ?9, profile = ?10,
         connected_at = ?4, token_version = token_version + 1, lease = NULL, lease_until = 0, refresh_at = 0,
         refresh_failures = 0, refresh_state = NULL, refused_at = '[]', last_error_code = NULL, last_error_at = NULL,
         grant_kind = ?11, key_expires_at = ?12
       WHERE id = ?1 AND epoch = ?2 AND status NOT IN ('connecting', 'ending')
         AND EXISTS (SELECT 1 FROM user WHERE id = provider_connection.user_id AND erasing_at IS NULL)
         AND NOT EXISTS (SELECT 1 FROM provider_connection o
           WHERE o.provider = provider_connection.provider AND o.provider_user_id = ?5 AND o.id <> ?1)`,
    )
    .bind(
      before.id,
      before.epoch,
      linking.rest,
      context.now(),
      linking.provider_user_id,
      linking.grant?.sealed ?? null,
      linking.grant?.expires_at ?? null,
      JSON.stringify(linking.granted_scopes),
      JSON.stringify(linking.learned),
      JSON.stringify(linking.profile),
      linking.grant?.kind ?? null,
      linking.grant?.key_expires_at ?? null,
    );
  const results = await db.batch(revocation ? [revocation, move] : [move]);
  return results.at(-1)!.meta.changes === 0 ? null : connectionById(context, before.id);
}

/**
 * Directory first: `ending` under a new epoch; the grant is forgotten at once. `revocation` is the statement that keeps it for the
 * provider to be told, in the same batch. False where the row has moved on since it was read.
 */
export async function beginEnding(
  context: Context,
  before: Connection & { token_version: number },
  rest: Rest,
  revocation: D1PreparedStatement | null,
): Promise<boolean> {
  const db = directory(context);
  const move = db
    .prepare(
      `UPDATE provider_connection SET status = 'ending', next_status = 'revoked', data = ?4, moved_at = ?5, epoch = epoch + 1,
         "grant" = NULL, grant_kind = NULL, expires_at = NULL, key_expires_at = NULL, token_version = token_version + 1, lease = NULL, lease_until = 0, refresh_state = NULL
       WHERE id = ?1 AND epoch = ?2 AND token_version = ?3 AND status NOT IN ('connecting', 'ending')`,
    )
    .bind(before.id, before.epoch, before.token_version, rest, context.now());
  const results = await db.batch(revocation ? [revocation, move] : [move]);
  return results.at(-1)!.meta.changes > 0;
}

/** Directory last: the status the move was for. `moved_at` stays until all that follows it is done. */
export async function finishMove(context: Context, { id, epoch }: Connection): Promise<boolean> {
  const { meta } = await directory(context)
    .prepare(
      `UPDATE provider_connection SET status = next_status, next_status = NULL, data = NULL
       WHERE id = ?1 AND epoch = ?2 AND status IN ('connecting', 'ending')`,
    )
    .bind(id, epoch)
    .run();
  return meta.changes > 0;
}

export async function settleMove(context: Context, { id, epoch }: Connection): Promise<void> {
  await directory(context)
    .prepare("UPDATE provider_connection SET moved_at = NULL WHERE id = ?1 AND epoch = ?2")
    .bind(id, epoch)
    .run();
}

/** A move whose fence is gone with its person's account: it cannot go on. */
export async function abandonMove(context: Context, id: number): Promise<void> {
  await directory(context)
    .prepare(
      `UPDATE provider_connection SET status = 'revoked', next_status = NULL, data = NULL, moved_at = NULL
       WHERE id = ?1 AND status IN ('connecting', 'ending')`,
    )
    .bind(id)
    .run();
}

/** An ended connection gives its account up to whoever connects it now. False where it is not ended. */
export async function giveUpAccount(context: Context, id: number): Promise<boolean> {
  const { meta } = await directory(context)
    .prepare(
      `UPDATE provider_connection SET profile = json_set(profile, '$.given_up', provider_user_id), provider_user_id = NULL
       WHERE id = ?1 AND status = 'revoked'`,
    )
    .bind(id)
    .run();
  return meta.changes > 0;
}

/** The grant no longer works, so the person must consent again. Only while the version that failed is the newest. */
export async function flagConnection(
  context: Context,
  id: number,
  tokenVersion: number,
  code: string,
): Promise<boolean> {
  const { meta } = await directory(context)
    .prepare(
      `UPDATE provider_connection SET status = 'needs_reauthorization', lease = NULL, lease_until = 0,
         last_error_code = ?3, last_error_at = ?4
       WHERE id = ?1 AND token_version = ?2 AND status IN ('active', 'paused')`,
    )
    .bind(id, tokenVersion, code, context.now())
    .run();
  return meta.changes > 0;
}

/** A success is written once a minute: a connection's streams are polled together. */
const SUCCESS_MS = 60_000;

/**
 * What concerns the connection as a whole; an error of one stream is its row's (store/cursors). `code` null: a success. Never for an
 * older epoch, whose news are not this connection's.
 */
export async function noteOutcome(context: Context, id: number, epoch: number, code: string | null): Promise<void> {
  await outcomeStatement(context, id, epoch, code).run();
}

/** What notes a success: nothing where the connection, as it was read, says so already. */
export function successStatements(context: Context, connection: Connection): D1PreparedStatement[] {
  const { id, epoch, last_error_code, last_success_at } = connection;
  const isNoted = last_error_code === null && last_success_at !== null && last_success_at > context.now() - SUCCESS_MS;
  return isNoted ? [] : [outcomeStatement(context, id, epoch, null)];
}

export function outcomeStatement(
  context: Context,
  id: number,
  epoch: number,
  code: string | null,
): D1PreparedStatement {
  const set =
    code === null
      ? `SET last_success_at = ?3, last_error_code = NULL, last_error_at = NULL
         WHERE id = ?1 AND epoch = ?2 AND (last_error_code IS NOT NULL OR last_success_at IS NULL OR last_success_at <= ?3 - ${SUCCESS_MS})`
      : "SET last_error_code = ?4, last_error_at = ?3 WHERE id = ?1 AND epoch = ?2";
  const values = code === null ? [id, epoch, context.now()] : [id, epoch, context.now(), code];
  return directory(context)
    .prepare(`UPDATE provider_connection ${set}`)
    .bind(...values);
}

/** What the person allows now, without consenting anew. False where nothing changed, or the connection has moved on. */
export async function putScopes(context: Context, id: number, epoch: number, granted: string[]): Promise<boolean> {
  const { meta } = await directory(context)
    .prepare("UPDATE provider_connection SET granted_scopes = ?3 WHERE id = ?1 AND epoch = ?2 AND granted_scopes <> ?3")
    .bind(id, epoch, JSON.stringify(granted))
    .run();
  return meta.changes > 0;
}

export async function noteProfile(context: Context, id: number, epoch: number, profile: Profile): Promise<void> {
  await directory(context)
    .prepare("UPDATE provider_connection SET profile = json_patch(profile, ?3) WHERE id = ?1 AND epoch = ?2")
    .bind(id, epoch, JSON.stringify(profile))
    .run();
}
