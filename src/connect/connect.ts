/** Connecting: to the provider and back with a code, to a grant, to an account, to a connection under a new epoch. */

import { authOf, isConfigured, redirectAuth } from "../access/credentials.ts";
import { faultOf } from "../access/fault.ts";
import { begin as beginGrant, check, finish as finishGrant } from "../access/grant.ts";
import { ask } from "../access/request.ts";
import { keepGrant } from "../access/vault.ts";
import type { Context } from "../platform/context.ts";
import { throughGateway } from "../platform/egress.ts";
import { Problem, ProviderError } from "../platform/errors.ts";
import type { Account, Identity, Provider, ProviderRequest, Scope, TokenBody } from "../providers/provider.ts";
import { auditStatement } from "../store/audit.ts";
import {
  beginConnecting,
  type Connection,
  connectionWithAccount,
  ensureConnection,
  giveUpAccount,
  LIVE,
  type Rest,
} from "../store/connections.ts";
import { directory } from "../store/database.ts";
import { type Grant, sealForConnection } from "../store/grants.ts";
import { linkIdentity, type Person } from "../store/users.ts";
import { advance } from "./move.ts";
import { ATTEMPT_MS, consume, type Pending } from "./pending.ts";
import { giveBack, retryRevocations, toRevokeHeld } from "./revocations.ts";

/** From configuration, byte for byte the same at start and exchange. */
const redirectUri = (context: Context, provider: Provider): string =>
  `${context.env.BASE_URL}/api/oauth/callback/${provider.id}`;

/** Where the browser goes, and what its cookie must hold. Problems `not_configured`; `provider_unavailable`, `refused`. */
export async function begin(
  context: Context,
  provider: Provider,
  from: { session: string | null; return_to: string },
): Promise<{ url: URL; pending: Pending }> {
  if (!isConfigured(context.env, provider)) {
    throw new Problem(
      503,
      "not_configured",
      `${provider.name} is not set up here yet: the operator must register an application with it.`,
    );
  }
  const redirect_uri = redirectUri(context, provider);
  const { url, attempt } = await beginGrant(context, provider, redirect_uri).catch((error: unknown) => {
    if (!(error instanceof ProviderError)) throw error;
    context.log("begin_failed", { provider: provider.id, fault: error.fault.kind });
    throw error.fault.kind === "unauthorized"
      ? new Problem(502, "refused", `${provider.name} does not accept this server’s application: tell the operator.`)
      : unavailable(provider);
  });
  const pending: Pending = {
    provider: provider.id,
    purpose: from.session === null ? "sign_in" : "connect",
    ...attempt,
    redirect_uri,
    return_to: from.return_to,
    session: from.session,
    expires_at: context.now() + ATTEMPT_MS,
  };
  return { url: throughGateway(context.env, url), pending };
}

const unavailable = ({ name }: Provider): Problem =>
  new Problem(502, "provider_unavailable", `${name} does not answer as it should. Try again in a few minutes.`);

/** An account of the provider that has consented, not yet anybody's connection. */
export interface Arrival {
  identity: Identity;
  grant: Grant;
  granted_scopes: string[];
  learned: Record<string, string>;
}

/**
 * The way back: everything that can be checked is, before the attempt is consumed and the code exchanged. `pending` is null where
 * the browser brought no cookie for this state. Problems say what to do; nothing is stored then.
 */
export async function finish(
  context: Context,
  provider: Provider,
  pending: Pending | null,
  session: string | null,
  parameters: URLSearchParams,
): Promise<Arrival> {
  const again = `Start again, in this browser, and finish within ten minutes.`;
  if (!pending)
    throw new Problem(400, "unknown_attempt", `This browser did not start this connection, or too long ago. ${again}`);
  if (pending.provider !== provider.id)
    throw new Problem(400, "wrong_provider", `This answer is not one of ${provider.name}. ${again}`);
  if (pending.expires_at <= context.now())
    throw new Problem(400, "expired", `This took longer than ten minutes. ${again}`);
  if (pending.session !== session) {
    throw new Problem(400, "other_session", `You have signed in or out since you started. ${again}`);
  }
  const returned = check(context, provider, pending, parameters);
  if (returned === "invalid")
    throw new Problem(400, "invalid_answer", `${provider.name} sent you back with an error. ${again}`);
  if (!(await consume(context, pending))) throw new Problem(400, "used", `This consent was used already. ${again}`);
  if (returned === "declined") {
    throw new Problem(
      400,
      "declined",
      `You did not give access at ${provider.name}, so nothing was connected or stored.`,
    );
  }

  const finished = await finishGrant(context, provider, pending, pending.redirect_uri, parameters);
  if (finished.is !== "granted") {
    context.log("exchange_failed", { provider: provider.id, code: finished.is });
    throw finished.is === "unavailable"
      ? unavailable(provider)
      : new Problem(
          502,
          "refused",
          `${provider.name} did not take the code it had sent. Start again; if it stays, tell the operator.`,
        );
  }
  const { grant, learned } = finished;
  const identity = await identify(context, provider, grant, finished.body, learned, finished.granted_scopes);
  const account: Account = { provider_user_id: identity.provider_user_id, public_id: "", learned };
  const granted_scopes = (await askPermissions(context, provider, grant, account)) ?? finished.granted_scopes;
  const arrival = { identity, grant, granted_scopes, learned };
  const missing = missingScopes(context, provider, grant.kind, granted_scopes).filter(({ required }) => required);
  if (missing.length > 0) {
    await giveBack(context, provider, grant, identity.provider_user_id);
    const what = missing.map(({ text }) => text).join(", ");
    throw new Problem(
      400,
      "scopes_missing",
      `Without access to ${what} there is nothing to connect. Start again and leave it ticked.`,
    );
  }
  return arrival;
}

/** What can be granted by the protocol of a connection – of one without a grant: by the one that counts now – and was not. */
export function missingScopes(
  context: Context,
  provider: Provider,
  kind: Grant["kind"] | null,
  granted: readonly string[],
): Scope[] {
  const { env } = context;
  const auth = kind === null ? redirectAuth(env, provider) : authOf(env, provider, kind);
  if (!auth || auth.type === "api_key") return [];
  return (auth.scopes ?? []).filter(({ name }) => !granted.includes(name));
}

/** `body`: the answer that the grant came with. Problems say what to do. */
export async function identify(
  context: Context,
  provider: Provider,
  grant: Grant,
  body: TokenBody,
  learned: Record<string, string>,
  granted_scopes?: readonly string[],
): Promise<Identity> {
  const own = grant.kind === "api_key" ? authOf(context.env, provider, "api_key")?.identify : undefined;
  const identify = own ?? provider.identify;
  if (!identify) throw new Error(`${provider.id} says of nobody who they are`);
  const account: Account = { provider_user_id: null, public_id: "", learned, granted_scopes };
  const identity =
    identify.from === "token"
      ? identify.read(body)
      : identify.read(await askOnce(context, provider, identify.request(account, context.now()), grant));
  if (identity) return identity;
  context.log("unidentified", { provider: provider.id });
  throw new Problem(
    502,
    "unidentified",
    `${provider.name} did not say which account this is. Start again; if it stays, tell the operator.`,
  );
}

/** What the person allowed, where no token tells it and the provider can be asked. Null: not to be had, which is no reason to fail. */
async function askPermissions(
  context: Context,
  provider: Provider,
  grant: Grant,
  account: Account,
): Promise<string[] | null> {
  const { permissions } = provider.push ?? {};
  const told = grant.kind === "oauth2" && authOf(context.env, provider, "oauth2")?.granted !== "fixed";
  if (!permissions || told || grant.kind === "api_key") return null;
  try {
    const request = permissions.request(account);
    const answer = await ask(context, provider, request, grant);
    return faultOf(provider, request, answer, context.now()) === null ? permissions.read(answer) : null;
  } catch (error) {
    if (error instanceof ProviderError) return null;
    throw error;
  }
}

/** A request of the connecting itself. Faults are pages, not work for later: the person waits. */
async function askOnce(context: Context, provider: Provider, request: ProviderRequest, grant: Grant) {
  try {
    const answer = await ask(context, provider, request, grant);
    const fault = faultOf(provider, request, answer, context.now());
    if (fault) throw new ProviderError(provider.id, fault);
    return answer;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const { fault } = error;
    context.log("connect_failed", { provider: provider.id, fault: fault.kind });
    if (fault.kind === "needs_person") throw new Problem(409, "needs_person", fault.text);
    if (fault.kind === "scope_missing") {
      throw new Problem(
        400,
        "scopes_missing",
        `You gave ${provider.name} no permission to tell us anything. Start again and leave something ticked.`,
      );
    }
    throw unavailable(provider);
  }
}

export type Linked =
  | { is: "connected"; missing: string[] }
  /** The person has data of another account of this provider: what shall become of them? */
  | { is: "asks"; before: Connection };

/** How often another move may come between reading and moving. */
const TRIES = 5;

/** The connection of the person, under a new epoch. `replace`: their answer where the account is another than before. */
export async function link(
  context: Context,
  person: Person,
  provider: Provider,
  arrival: Arrival,
  replace: Exclude<Rest, "keep"> | null = null,
): Promise<Linked> {
  const { identity, grant, granted_scopes, learned } = arrival;
  const { provider_user_id } = identity;
  for (let tries = 0; tries < TRIES; tries++) {
    if (!(await makeRoom(context, person, provider, arrival))) continue;
    const before = await ensureConnection(context, person, provider.id);
    if (!before) throw new Problem(409, "erased", "Your account here is being erased.");
    if (before.status === "connecting" || before.status === "ending") {
      await advance(context, before);
      continue;
    }
    const last = before.provider_user_id ?? before.profile.given_up ?? null;
    const changed = last !== null && last !== provider_user_id;
    if (changed && !replace) return { is: "asks", before };

    const account: Account = { provider_user_id, public_id: person.public_id, learned };
    if (provider.register) await askOnce(context, provider, provider.register(account), grant);
    const owner = { user_id: person.id, connection_id: before.id, provider: provider.id };
    const linking = {
      provider_user_id,
      grant: await sealForConnection(context, owner, grant),
      granted_scopes,
      learned,
      profile: { display_name: identity.display_name, avatar_url: identity.avatar_url },
      rest: changed ? replace! : ("keep" as const),
    };
    const moved = await beginConnecting(context, before, linking, changed ? await toRevokeHeld(context, before) : null);
    if (!moved) continue;
    if (changed) context.waitUntil(retryRevocations(context));
    await directory(context).batch([
      linkIdentity(context, person, provider.id, provider_user_id),
      auditStatement(context, { user_id: person.id, action: "connect", provider: provider.id }),
    ]);
    await advance(context, moved);
    const missing = missingScopes(context, provider, grant.kind, granted_scopes);
    return { is: "connected", missing: missing.map(({ text }) => text) };
  }
  throw new Problem(503, "busy", "The connection is being changed. Try again in a minute.", { retry_after_s: 60 });
}

/** False: look again. Problem `account_taken` where the account is somebody else's live connection. */
async function makeRoom(context: Context, person: Person, provider: Provider, arrival: Arrival): Promise<boolean> {
  const holder = await connectionWithAccount(context, provider.id, arrival.identity.provider_user_id);
  if (!holder || holder.user_id === person.id) return true;
  if (LIVE.includes(holder.status)) {
    // Where a provider knows one grant an account, the old one may have died by this consent.
    await keepGrant(context, holder, arrival);
    throw new Problem(
      409,
      "account_taken",
      `This ${provider.name} account is connected to another account here. Disconnect it there first, or choose another ${provider.name} account.`,
    );
  }
  if (holder.status === "revoked") return giveUpAccount(context, holder.id);
  await advance(context, holder);
  return false;
}
