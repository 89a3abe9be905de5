/**
 * Getting, prolonging and giving back what a provider granted, whatever its protocol; each protocol's messages are in a file of its
 * own. New accounts are connected by the entry that counts now, grants that are there live by the one of their own kind.
 */
import type { Context } from "../platform/context.ts";
import { parseJson } from "../platform/egress.ts";
import type { Env } from "../platform/env.ts";
import { type Fault, ProviderError } from "../platform/errors.ts";
import type { Account, Auth, Provider, ProviderRequest, TokenBody } from "../providers/provider.ts";
import type { Grant, OAuth2Grant } from "../store/grants.ts";
import { exchangeKey } from "./apikey.ts";
import { authorizationUrl, generateCodeVerifier, generateState } from "./authorize.ts";
import { authOf, type Credentials, credentialsOf, redirectAuth } from "./credentials.ts";
import { faultOf } from "./fault.ts";
import { accessToken, confirmationUrl, readCallback, requestToken } from "./oauth1.ts";
import { exchangeCode, grantedScopes, refreshTokens, type TokenOutcome, toGrant, validateCallback } from "./oauth2.ts";
import { ask } from "./request.ts";

/** A person waits for it. */
const REVOKE_TIMEOUT_MS = 5_000;

export type Redirect = "oauth1" | "oauth2";

/** What must come back unchanged with the browser, and what it is held against. */
export interface Attempt {
  protocol: Redirect;
  /** Comes back in the callback's address: `state`, or the temporary `oauth_token`. */
  state: string;
  /** Never leaves but in the exchange: PKCE's verifier (null where the provider knows none), or the temporary token's secret. */
  secret: string | null;
}

export type Finished =
  | { is: "granted"; grant: Grant; granted_scopes: string[]; learned: Record<string, string>; body: TokenBody }
  | { is: "declined" | "invalid" }
  /** The provider did not take the code. */
  | { is: "refused" }
  /** It could not answer, or not so that it can be read. */
  | { is: "unavailable" };

export type Refreshed =
  | { is: "granted"; grant: Grant; learned: Record<string, string> }
  /** There is nothing to ask with, or no use in asking again: the person must do something. */
  | { is: "ended"; code: "invalid_grant" | "key_expired" }
  | Exclude<TokenOutcome, { is: "tokens" }>;

/** Throws where the operator took the credentials away while a connection still needs them. */
function partiesOf<Kind extends Redirect>(context: Context, provider: Provider, kind: Kind) {
  const auth = authOf(context.env, provider, kind);
  const credentials = credentialsOf(context.env, provider, kind);
  if (!auth || !credentials) throw new ProviderError(provider.id, { kind: "unavailable", status: null });
  return { context, provider, auth, credentials } as {
    context: Context;
    provider: Provider;
    auth: Extract<Auth, { type: Kind }>;
    credentials: Credentials;
  };
}

/** Where to send the browser, and what to keep for its return. ProviderError `unauthorized`: we ourselves were refused. */
export async function begin(
  context: Context,
  provider: Provider,
  redirectUri: string,
): Promise<{ url: URL; attempt: Attempt }> {
  if (redirectAuth(context.env, provider)?.type === "oauth1") {
    const parties = partiesOf(context, provider, "oauth1");
    const issued = await requestToken(parties, redirectUri);
    if (issued.is !== "issued") {
      const { status } = issued;
      const fault: Fault = issued.is === "refused" ? { kind: "unauthorized" } : { kind: "unavailable", status };
      throw new ProviderError(provider.id, fault);
    }
    const { token, token_secret } = issued.token;
    return {
      url: confirmationUrl(parties.auth, token, redirectUri),
      attempt: { protocol: "oauth1", state: token, secret: token_secret },
    };
  }
  const { auth, credentials } = partiesOf(context, provider, "oauth2");
  const state = generateState();
  const verifier = auth.pkce ? generateCodeVerifier() : null;
  const { client_id } = credentials;
  return {
    url: authorizationUrl(auth, { client_id, redirect_uri: redirectUri, state, verifier }),
    attempt: { protocol: "oauth2", state, secret: verifier },
  };
}

/** What names an attempt in a callback's address; empty where nothing does. */
export const stateIn = (parameters: URLSearchParams): string =>
  parameters.get("state") ?? parameters.get("oauth_token") ?? "";

/** Whether the callback is worth its one consumption. */
export function check(
  context: Context,
  provider: Provider,
  attempt: Attempt,
  parameters: URLSearchParams,
): "good" | "declined" | "invalid" {
  if (attempt.protocol === "oauth1") {
    const returned = readCallback(parameters, attempt.state);
    return returned.is === "verifier" ? "good" : returned.is;
  }
  const { auth, credentials } = partiesOf(context, provider, "oauth2");
  const returned = validateCallback(auth, credentials, parameters, attempt.state);
  return returned.is === "code" ? "good" : returned.is;
}

/** The exchange. Whoever calls it has consumed the attempt. */
export function finish(
  context: Context,
  provider: Provider,
  attempt: Attempt,
  redirectUri: string,
  parameters: URLSearchParams,
): Promise<Finished> {
  return attempt.protocol === "oauth1"
    ? finishOAuth1(context, provider, attempt, parameters)
    : finishOAuth2(context, provider, attempt, redirectUri, parameters);
}

async function finishOAuth1(
  context: Context,
  provider: Provider,
  attempt: Attempt,
  parameters: URLSearchParams,
): Promise<Finished> {
  const returned = readCallback(parameters, attempt.state);
  if (returned.is !== "verifier") return returned;
  const temporary = { token: attempt.state, token_secret: attempt.secret ?? "" };
  const parties = partiesOf(context, provider, "oauth1");
  const issued = await accessToken(parties, temporary, returned.verifier);
  if (issued.is !== "issued") return { is: issued.is };
  const grant: Grant = { kind: "oauth1", ...issued.token, expires_at: null, issued_at: context.now() };
  // Nothing is told: all that can be granted was, until the provider says otherwise.
  const granted_scopes = (parties.auth.scopes ?? []).map(({ name }) => name);
  return { is: "granted", grant, granted_scopes, learned: {}, body: issued.more };
}

async function finishOAuth2(
  context: Context,
  provider: Provider,
  attempt: Attempt,
  redirectUri: string,
  parameters: URLSearchParams,
): Promise<Finished> {
  const parties = partiesOf(context, provider, "oauth2");
  const { auth } = parties;
  const returned = validateCallback(auth, parties.credentials, parameters, attempt.state);
  if (returned.is !== "code") return returned;
  const outcome = await exchangeCode(parties, returned.parameters, redirectUri, attempt.secret);
  if (outcome.is === "refused") return { is: "refused" };
  if (outcome.is !== "tokens") return { is: "unavailable" };
  return {
    is: "granted",
    grant: toGrant(auth, outcome.body, context.now(), null),
    granted_scopes: grantedScopes(auth, outcome.body, parameters),
    learned: auth.token.length > 1 ? { token: outcome.url } : {},
    body: outcome.body,
  };
}

/** How a grant is renewed: how long before its end; null where nothing renews it. */
export function renewal(env: Env, provider: Provider, grant: Grant): { early_s: number } | null {
  if (grant.kind === "oauth1") return null;
  const auth = authOf(env, provider, grant.kind);
  if (!auth) return null;
  if (auth.type === "oauth2" && (auth.refresh === "none" || (grant as OAuth2Grant).refresh_token === null)) return null;
  return { early_s: auth.early_s ?? 300 };
}

export async function refresh(
  context: Context,
  provider: Provider,
  grant: Grant,
  learned: Record<string, string>,
): Promise<Refreshed> {
  switch (grant.kind) {
    case "oauth1":
      return { is: "ended", code: "invalid_grant" };
    case "api_key": {
      const auth = authOf(context.env, provider, "api_key");
      if (!auth) return { is: "ended", code: "invalid_grant" };
      const exchanged = await exchangeKey(context, provider, auth, grant);
      if (exchanged.is === "ended") return { is: "ended", code: "key_expired" };
      return exchanged.is === "granted" ? { is: "granted", grant: exchanged.grant, learned } : exchanged;
    }
    case "oauth2":
      return refreshOAuth2(context, provider, grant, learned);
  }
}

async function refreshOAuth2(
  context: Context,
  provider: Provider,
  grant: OAuth2Grant,
  learned: Record<string, string>,
): Promise<Refreshed> {
  const parties = partiesOf(context, provider, "oauth2");
  const { auth } = parties;
  const { access_token, refresh_token } = grant;
  if (auth.refresh === "none" || refresh_token === null) return { is: "ended", code: "invalid_grant" };
  const outcome = await refreshTokens(parties, { access_token, refresh_token }, learned.token);
  if (outcome.is !== "tokens") return outcome;
  const remembered = auth.token.length > 1 && !auth.refresh_url ? { ...learned, token: outcome.url } : learned;
  return { is: "granted", grant: toGrant(auth, outcome.body, context.now(), grant), learned: remembered };
}

/** What tells the provider that we are done; empty where it knows no such request. */
export function revocationRequests(
  context: Context,
  provider: Provider,
  grant: Grant,
  account: Account,
): ProviderRequest[] {
  if (grant.kind === "oauth2") {
    const { access_token, refresh_token } = grant;
    return partiesOf(context, provider, "oauth2").auth.revoke({ access_token, refresh_token }, account);
  }
  return authOf(context.env, provider, grant.kind)?.revoke(account) ?? [];
}

/**
 * Gives the grant back. `refused`: the provider says no for good, which a grant that is dead already makes it say; `later`: it
 * could not answer.
 */
export async function revoke(
  context: Context,
  provider: Provider,
  grant: Grant,
  account: Account,
): Promise<"revoked" | "refused" | "later"> {
  const requests = revocationRequests(context, provider, grant, account);
  let outcome: "revoked" | "refused" | "later" = requests.length === 0 ? "revoked" : "refused";
  for (const request of requests) {
    try {
      // RFC 7009 asks for no body; where there is one it may say no all the same.
      const told = { ...request, as: "text" as const };
      const answer = await ask(context, provider, told, grant, { timeout_ms: REVOKE_TIMEOUT_MS });
      const body = typeof answer.body === "string" ? (parseJson(answer.body) ?? null) : answer.body;
      const fault = faultOf(provider, request, { ...answer, body }, context.now());
      if (fault === null) return "revoked";
      if (fault.kind === "unavailable" || fault.kind === "rate_limited") outcome = "later";
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      outcome = "later";
    }
  }
  return outcome;
}
