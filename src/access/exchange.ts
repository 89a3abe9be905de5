/**
 * Stored OAuth 1.0a grants become OAuth 2 ones once the operator has switched, and nobody is asked to consent again. Each swap is
 * guarded as a refresh is. What fails stays as it is – it works on – and is tried again, later each time.
 */
import { DAY_MS } from "../domain/time.ts";
import type { Context } from "../platform/context.ts";
import { randomText } from "../platform/crypto.ts";
import { errorText } from "../platform/log.ts";
import { PROVIDERS } from "../providers/index.ts";
import type { Provider } from "../providers/provider.ts";
import { type Held, leaseOAuth1, openGrant, putFailure, putRefreshed, sealForConnection } from "../store/grants.ts";
import { type Credentials, credentialsOf, redirectAuth } from "./credentials.ts";
import { authorization } from "./oauth1.ts";
import { exchangeSigned, type Parties, type TokenOutcome, toGrant } from "./oauth2.ts";
import { backoff, LEASE_MS, orphaned, owner } from "./vault.ts";

/** Of one run: a request and one or two queries each, so that a tick stays far below what an invocation may do. */
export const MOST_A_RUN = 100;
/** Leased together, and so few at a time that all are done long before the lease ends, though each took its 10 s. */
const GROUP = 20;
const AT_ONCE = 5;
const FIRST_MS = 300_000;

/** Where the exchange is, and who vouches by which protocol. */
interface Switch extends Parties {
  url: string;
  consumer: Credentials;
}

/** Cron: some at a time, the next run goes on. Answers how many were exchanged. */
export async function exchangeGrants(context: Context, providers: readonly Provider[] = PROVIDERS): Promise<number> {
  let total = 0;
  for (const provider of providers) {
    const way = switchOf(context, provider);
    if (!way) continue;
    const done = await exchangeSome(context, way);
    if (done > 0) context.log("exchanged", { provider: provider.id, count: done });
    total += done;
  }
  return total;
}

/** Null where there is no such exchange, or the operator has not switched. */
function switchOf(context: Context, provider: Provider): Switch | null {
  const from = provider.auth.find((entry) => entry.type === "oauth1");
  const auth = redirectAuth(context.env, provider);
  if (!from?.exchange || auth?.type !== from.exchange.for) return null;
  const consumer = credentialsOf(context.env, provider, "oauth1");
  const credentials = credentialsOf(context.env, provider, "oauth2");
  return consumer && credentials && { context, provider, auth, credentials, consumer, url: from.exchange.url };
}

async function exchangeSome(context: Context, way: Switch): Promise<number> {
  const of = { provider: way.provider.id, most: GROUP };
  let done = 0;
  for (let begun = 0; begun < MOST_A_RUN; ) {
    const lease = randomText(context, 16);
    const held = await leaseOAuth1(context, of, lease, context.now() + LEASE_MS);
    let now = 0;
    for (let at = 0; at < held.length; at += AT_ONCE) {
      const few = held.slice(at, at + AT_ONCE);
      const outcomes = await Promise.all(few.map((one) => exchangeOne(context, way, one, lease)));
      now += outcomes.filter(Boolean).length;
    }
    done += now;
    begun += held.length;
    // Where all of them fail the provider is down, or has not let the application switch yet.
    if (held.length < GROUP || now === 0) break;
  }
  return done;
}

async function exchangeOne(context: Context, way: Switch, held: Held, lease: string): Promise<boolean> {
  try {
    const grant = await openGrant(context, "provider_connection", owner(held), held.grant ?? "");
    if (grant?.kind !== "oauth1") throw new Error(`the grant of connection ${held.id} does not open`);
    const request = { method: "POST", url: new URL(way.url) };
    const header = await authorization(context, way.consumer, grant, request);
    const outcome = await exchangeSigned(way, way.url, header);
    if (outcome.is === "tokens") return await store(context, way, held, lease, outcome);
    context.log("exchange", {
      provider: held.provider,
      connection_id: held.id,
      code: outcome.is,
      status: "status" in outcome ? outcome.status : null,
    });
    await later(context, held, lease, outcome.is === "outage" ? outcome.retry_at : null);
  } catch (error) {
    // One that cannot be exchanged must not keep the others from it.
    context.log("exchange", { provider: held.provider, connection_id: held.id, error: errorText(error) });
    await later(context, held, lease, null);
  }
  return false;
}

async function store(
  context: Context,
  { provider, auth }: Switch,
  held: Held,
  lease: string,
  { body }: Extract<TokenOutcome, { is: "tokens" }>,
): Promise<boolean> {
  const grant = toGrant(auth, body, context.now(), null);
  const learned = JSON.parse(held.learned) as Record<string, string>;
  const sealed = await sealForConnection(context, owner(held), grant);
  if (await putRefreshed(context, held, lease, { ...sealed, learned })) return true;
  await orphaned(context, provider, held, { grant, learned });
  return false;
}

/** The old grant goes on; `last_error` says nothing of it, since the person misses nothing. */
async function later(context: Context, held: Held, lease: string, notBefore: number | null): Promise<void> {
  const failures = held.refresh_failures + 1;
  const refresh_at = Math.max(notBefore ?? 0, context.now() + backoff(context, FIRST_MS, failures, DAY_MS));
  await putFailure(context, held, lease, {
    refresh_at,
    lease_until: 0,
    failures,
    state: held.refresh_state,
    code: null,
  });
}
