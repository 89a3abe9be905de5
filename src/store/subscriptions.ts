/** What providers push to us by: one row an application, or a connection. Keys that a provider issued are sealed. */
import type { Context } from "../platform/context.ts";
import { open, seal } from "../platform/crypto.ts";
import { directory } from "./database.ts";

export interface Subscription {
  provider: string;
  /** 0: the application's. */
  connection_id: number;
  /** Several where the provider wants one for each kind of event. */
  external_ids: string[];
  callback_url: string;
  /** `active`; `failed`: the provider refused or did not answer; `taken`: it has one with another address. */
  status: "active" | "failed" | "taken";
  expires_at: number | null;
  checked_at: number | null;
  created_at: number;
}

interface Row extends Omit<Subscription, "external_ids"> {
  external_id: string | null;
  secret: string | null;
}
const place = ({ provider, connection_id }: Pick<Row, "provider" | "connection_id">) =>
  `subscription|secret|0|${connection_id}|${provider}`;

function toSubscription({ secret: _, external_id, ...row }: Row): Subscription {
  return { ...row, external_ids: external_id === null ? [] : (JSON.parse(external_id) as string[]) };
}

async function keysOf(context: Context, row: Row): Promise<string[]> {
  const text = row.secret === null ? null : await open(context.env.ENCRYPTION_KEYS, place(row), row.secret);
  return text === null ? [] : (JSON.parse(text) as string[]);
}

async function select(context: Context, where: string, ...values: unknown[]): Promise<Row[]> {
  const { results } = await directory(context)
    .prepare(`SELECT * FROM subscription WHERE ${where}`)
    .bind(...values)
    .all<Row>();
  return results;
}

export async function subscriptionOf(
  context: Context,
  provider: string,
  connectionId = 0,
): Promise<Subscription | null> {
  const [row] = await select(context, "provider = ?1 AND connection_id = ?2", provider, connectionId);
  return row ? toSubscription(row) : null;
}

/** Of applications, all there are. */
export async function applicationSubscriptions(context: Context): Promise<Subscription[]> {
  return (await select(context, "connection_id = 0 ORDER BY provider")).map(toSubscription);
}

/** Those not looked at since `before`, and those that end before `end`. */
export async function subscriptionsToCheck(context: Context, before: number, end: number): Promise<Subscription[]> {
  const rows = await select(
    context,
    "coalesce(checked_at, 0) <= ?1 OR expires_at <= ?2 ORDER BY checked_at LIMIT 200",
    before,
    end,
  );
  return rows.map(toSubscription);
}

/** Keys that the provider issued to the application, newest first. */
export async function issuedKeys(context: Context, provider: string): Promise<string[]> {
  const [row] = await select(context, "provider = ?1 AND connection_id = 0", provider);
  return row ? keysOf(context, row) : [];
}

/** Two keys are valid while a subscription changes: what is under way was signed with the old one. */
const KEYS_KEPT = 2;

/** Writes the row. `keys`: newly issued ones; those from before are kept behind them. */
export async function putSubscription(
  context: Context,
  subscription: Omit<Subscription, "created_at">,
  keys: string[],
): Promise<void> {
  const { provider, connection_id } = subscription;
  const [before] = await select(context, "provider = ?1 AND connection_id = ?2", provider, connection_id);
  const kept = before ? await keysOf(context, before) : [];
  const all = [...new Set([...keys, ...kept])].slice(0, Math.max(KEYS_KEPT, keys.length));
  const secret =
    all.length === 0
      ? (before?.secret ?? null)
      : await seal(context, context.env.ENCRYPTION_KEYS, place(subscription), JSON.stringify(all));
  await directory(context)
    .prepare(
      `INSERT INTO subscription(provider, connection_id, external_id, callback_url, secret, status, expires_at, checked_at, created_at)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
       ON CONFLICT(provider, connection_id) DO UPDATE SET external_id = excluded.external_id,
         callback_url = excluded.callback_url, secret = excluded.secret, status = excluded.status,
         expires_at = excluded.expires_at, checked_at = excluded.checked_at`,
    )
    .bind(
      provider,
      connection_id,
      JSON.stringify(subscription.external_ids),
      subscription.callback_url,
      secret,
      subscription.status,
      subscription.expires_at,
      subscription.checked_at,
      context.now(),
    )
    .run();
}

export async function dropSubscription(context: Context, provider: string, connectionId = 0): Promise<void> {
  await directory(context)
    .prepare("DELETE FROM subscription WHERE provider = ?1 AND connection_id = ?2")
    .bind(provider, connectionId)
    .run();
}

/** After a new key in ENCRYPTION_KEYS. Answers how many are still sealed with an old one: at 0 the old key may go. */
export async function rewrapSubscriptions(context: Context): Promise<number> {
  const newest = `v1.${context.env.ENCRYPTION_KEYS[0]!.kid}.`;
  const rows = await select(context, "secret IS NOT NULL AND substr(secret, 1, length(?1)) <> ?1 LIMIT 200", newest);
  let left = rows.length;
  for (const row of rows) {
    const keys = await keysOf(context, row);
    if (keys.length === 0) continue; // its key is not listed any more: a new subscription brings new ones
    const sealed = await seal(context, context.env.ENCRYPTION_KEYS, place(row), JSON.stringify(keys));
    await directory(context)
      .prepare("UPDATE subscription SET secret = ?3 WHERE provider = ?1 AND connection_id = ?2 AND secret = ?4")
      .bind(row.provider, row.connection_id, sealed, row.secret)
      .run();
    left--;
  }
  return left;
}
