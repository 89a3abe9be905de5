/** Getting, prolonging and giving back what a provider granted; the protocol's messages are in a file of its own. */
import type { Context } from "../platform/context.ts";
import { parseJson } from "../platform/egress.ts";
import { ProviderError } from "../platform/errors.ts";
import type { Account, OAuth2, Provider, TokenBody } from "../providers/provider.ts";
import type { Grant } from "../store/grants.ts";
import { authorizationUrl, generateCodeVerifier, generateState } from "./authorize.ts";
import { type Credentials, credentialsOf, oauth2Of } from "./credentials.ts";
import { faultOf } from "./fault.ts";
import { exchangeCode, refreshTokens, type TokenOutcome, validateCallback } from "./oauth2.ts";
import { ask } from "./request.ts";

/** A person waits for it. */
const REVOKE_TIMEOUT_MS = 5_000;

/** What must come back unchanged with the browser. */
export interface Attempt {
  state: string;
  verifier: string | null;
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
  | Exclude<TokenOutcome, { is: "tokens" }>;

interface Protocol {
  auth: OAuth2;
  credentials: Credentials;
}
/** Throws where the operator took the credentials away while a connection still needs them. */
function protocolOf(context: Context, provider: Provider): Protocol {
  const auth = oauth2Of(context.env, provider);
  const credentials = credentialsOf(context.env, provider);
  if (!auth || !credentials) throw new ProviderError(provider.id, { kind: "unavailable", status: null });
  return { auth, credentials };
}

/** Where to send the browser, and what to keep for its return. */
export async function begin(
  context: Context,
  provider: Provider,
  redirectUri: string,
): Promise<{ url: URL; attempt: Attempt }> {
  const { auth, credentials } = protocolOf(context, provider);
  const attempt = { state: generateState(), verifier: auth.pkce ? generateCodeVerifier() : null };
  const { client_id } = credentials;
  return { url: authorizationUrl(auth, { client_id, redirect_uri: redirectUri, ...attempt }), attempt };
}

/** Whether the callback is worth its one consumption. */
export function check(context: Context, provider: Provider, attempt: Attempt, parameters: URLSearchParams) {
  const { auth, credentials } = protocolOf(context, provider);
  return validateCallback(auth, credentials, parameters, attempt.state);
}

/** The exchange. Whoever calls it has consumed the attempt. */
export async function finish(
  context: Context,
  provider: Provider,
  attempt: Attempt,
  redirectUri: string,
  parameters: URLSearchParams,
): Promise<Finished> {
  const { auth, credentials } = protocolOf(context, provider);
  const returned = validateCallback(auth, credentials, parameters, attempt.state);
  if (returned.is !== "code") return returned;
  const outcome = await exchangeCode(
    { context, provider, auth, credentials },
    returned.parameters,
    redirectUri,
    attempt.verifier,
  );
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

/** Where nothing can be refreshed – tokens that never expire, no refresh token – the answer is a refusal. */
export async function refresh(
  context: Context,
  provider: Provider,
  grant: Grant,
  learned: Record<string, string>,
): Promise<Refreshed> {
  const { auth, credentials } = protocolOf(context, provider);
  const { access_token, refresh_token } = grant;
  if (!canRefresh(auth, grant) || refresh_token === null) return { is: "refused", status: 400, error: "invalid_grant" };
  const outcome = await refreshTokens(
    { context, provider, auth, credentials },
    { access_token, refresh_token },
    learned.token,
  );
  if (outcome.is !== "tokens") return outcome;
  const remembered = auth.token.length > 1 && !auth.refresh_url ? { ...learned, token: outcome.url } : learned;
  return { is: "granted", grant: toGrant(auth, outcome.body, context.now(), grant), learned: remembered };
}

export const canRefresh = (auth: OAuth2, grant: Grant): boolean =>
  auth.refresh !== "none" && grant.refresh_token !== null;

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
  const { auth } = protocolOf(context, provider);
  const requests = auth.revoke({ access_token: grant.access_token, refresh_token: grant.refresh_token }, account);
  let outcome: "revoked" | "refused" | "later" = requests.length === 0 ? "revoked" : "refused";
  for (const request of requests) {
    try {
      // RFC 7009 asks for no body; where there is one it may say no all the same.
      const told = { ...request, as: "text" as const };
      const answer = await ask(context, provider, told, grant.access_token, { timeout_ms: REVOKE_TIMEOUT_MS });
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

function toGrant(auth: OAuth2, body: TokenBody & { access_token: string }, now: number, before: Grant | null): Grant {
  const lifetime = typeof body.expires_in === "number" ? body.expires_in : auth.lifetime_s;
  return {
    kind: "oauth2",
    access_token: body.access_token,
    // Google's refreshes bring none: the old one stays.
    refresh_token: typeof body.refresh_token === "string" ? body.refresh_token : (before?.refresh_token ?? null),
    expires_at: auth.refresh === "none" || lifetime === undefined ? null : now + lifetime * 1000,
    issued_at: now,
  };
}

/** Where nothing is told all that was asked for is granted (RFC 6749 §5.1). */
function grantedScopes(auth: OAuth2, body: TokenBody, parameters: URLSearchParams): string[] {
  const told = auth.granted === "callback" ? parameters.get("scope") : auth.granted === "token" ? body.scope : null;
  if (typeof told !== "string") return auth.scopes.map(({ name }) => name);
  return told
    .split(/[ ,]+/)
    .filter(Boolean)
    .map((scope) => auth.read_scope?.(scope) ?? scope);
}
