/** RFC 6749 messages that are validated, exchanged or refreshed, by oauth4webapi over our egress. */
import * as oauth from "oauth4webapi";
import type { Context } from "../platform/context.ts";
import { parseJson, send, TOKEN_TIMEOUT_MS } from "../platform/egress.ts";
import { ProviderError } from "../platform/errors.ts";
import type { OAuth2, Provider, TokenBody } from "../providers/provider.ts";
import type { OAuth2Grant } from "../store/grants.ts";
import type { Credentials } from "./credentials.ts";

/** What came of a call to a token endpoint. */
export type TokenOutcome =
  | { is: "tokens"; body: TokenBody & { access_token: string }; url: string }
  /** The provider's own refusal; `error` as RFC 6749 §5.2 has it, empty where it named none. */
  | { is: "refused"; status: number; error: string }
  /** It answered that it cannot now (5xx, 429, a redirect): nothing was done. */
  | { is: "outage"; status: number; retry_at: number | null }
  /** No answer, a cut one or none that can be read: the tokens may have been issued. */
  | { is: "unknown" };

/** A callback that is not worth a request. `declined`: the person said no. */
export type Returned = { is: "code"; parameters: URLSearchParams } | { is: "declined" | "invalid" };

/** One party's view: who issues, where tokens are, how we vouch. */
export interface Parties {
  context: Context;
  provider: Provider;
  auth: OAuth2;
  credentials: Credentials;
}

const server = (auth: OAuth2, token_endpoint?: string): oauth.AuthorizationServer => ({
  issuer: auth.issuer ?? new URL(auth.authorize).origin,
  token_endpoint,
});

/** Checks `state`, `iss` (RFC 9207, where it is sent) and that there is one code. */
export function validateCallback(
  auth: OAuth2,
  credentials: Credentials,
  parameters: URLSearchParams,
  state: string,
): Returned {
  try {
    const valid = oauth.validateAuthResponse(server(auth), { client_id: credentials.client_id }, parameters, state);
    const codes = valid.getAll("code");
    return codes.length === 1 && codes[0] ? { is: "code", parameters: valid } : { is: "invalid" };
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) {
      return { is: error.error === "access_denied" ? "declined" : "invalid" };
    }
    if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
      return { is: "invalid" };
    }
    throw error;
  }
}

/** `parameters` as validateCallback returned them. A refused exchange burns the code: nothing is tried twice. */
export function exchangeCode(
  parties: Parties,
  parameters: URLSearchParams,
  redirectUri: string,
  verifier: string | null,
): Promise<TokenOutcome> {
  const { auth, credentials } = parties;
  return inOrder(auth.token, async (url) => {
    const client = { client_id: credentials.client_id };
    return attempt(parties, url, null, (options) =>
      oauth.authorizationCodeGrantRequest(
        server(auth, url),
        client,
        clientAuth(parties),
        parameters,
        redirectUri,
        verifier ?? oauth.nopkce,
        options,
      ),
    );
  });
}

/** `learned`: the token URL that answered this connection before. */
export function refreshTokens(
  parties: Parties,
  tokens: { access_token: string; refresh_token: string },
  learned: string | undefined,
): Promise<TokenOutcome> {
  const { auth, credentials } = parties;
  const known = auth.token.find((url) => url === learned);
  const urls = auth.refresh_url ? [auth.refresh_url] : known ? [known] : auth.token;
  return inOrder(urls, (url) =>
    attempt(parties, url, auth.refresh === "prolongs" ? tokens.access_token : null, (options) =>
      oauth.refreshTokenGrantRequest(
        server(auth, url),
        { client_id: credentials.client_id },
        clientAuth(parties),
        tokens.refresh_token,
        { ...options, additionalParameters: auth.refresh_params },
      ),
    ),
  );
}

/** A token answer for a request that another protocol's signature vouches for; the body is empty. */
export const exchangeSigned = (parties: Parties, url: string, authorization: string): Promise<TokenOutcome> =>
  attempt(parties, url, null, ({ [oauth.customFetch]: fetch }) =>
    fetch!(url, {
      method: "POST",
      headers: { accept: "application/json", authorization },
      body: new URLSearchParams(),
      redirect: "manual",
    }),
  );

const clientAuth = ({ auth, credentials }: Parties): oauth.ClientAuth =>
  auth.client_auth === "client_secret_basic"
    ? oauth.ClientSecretBasic(credentials.client_secret)
    : oauth.ClientSecretPost(credentials.client_secret);

/** Another URL is tried only where this one says that the request is none of its own. */
async function inOrder(urls: string[], ask: (url: string) => Promise<TokenOutcome>): Promise<TokenOutcome> {
  let outcome: TokenOutcome = { is: "unknown" };
  for (const url of urls) {
    outcome = await ask(url);
    if (outcome.is !== "refused" || ![400, 401, 403, 404].includes(outcome.status)) break;
  }
  return outcome;
}

/** Thrown through oauth4webapi where there is no message to process. */
class NoMessage extends Error {
  readonly outcome: TokenOutcome;
  constructor(outcome: TokenOutcome) {
    super(outcome.is);
    this.outcome = outcome;
  }
}

async function attempt(
  parties: Parties,
  url: string,
  prolonged: string | null,
  request: (options: oauth.TokenEndpointRequestOptions) => Promise<Response>,
): Promise<TokenOutcome> {
  const { context, provider, auth, credentials } = parties;
  let status = 0;
  let lifetime: unknown;
  const fetch = async (
    target: string,
    init: { headers: Record<string, string>; body?: unknown },
  ): Promise<Response> => {
    const { headers, body } = init;
    const answer = await send(context, provider, {
      method: "POST",
      url: target,
      headers,
      body: String(body) || undefined,
      as: "text",
      timeout_ms: TOKEN_TIMEOUT_MS,
      secret: true,
    });
    const json = answer.status < 300 ? parseJson(String(answer.body)) : answer.body;
    const read = auth.read_token?.(answer.status, json ?? null) ?? {
      status: answer.status,
      body: (json ?? {}) as TokenBody,
    };
    status = read.status;
    if (status >= 500 || status === 429 || status === 408) {
      throw new NoMessage({ is: "outage", status, retry_at: retryAfter(answer.headers, context.now()) });
    }
    if (status < 300 && json === undefined) throw new NoMessage({ is: "unknown" });
    // An `id_token` that nobody asked for would be validated against keys that nobody has.
    const message: TokenBody = { ...(typeof read.body === "object" ? read.body : {}), id_token: undefined };
    if (status < 300 && prolonged !== null && message.access_token === undefined) {
      Object.assign(message, { access_token: prolonged, token_type: "bearer", expires_in: auth.lifetime_s });
    }
    // A lifetime that makes no sense is no reason to lose tokens that were issued: toGrant reads it.
    lifetime = message.expires_in;
    return Response.json({ ...message, expires_in: undefined }, { status: status < 300 ? 200 : status });
  };
  try {
    const response = await request({ [oauth.customFetch]: fetch });
    const client = { client_id: credentials.client_id };
    const body = await oauth.processGenericTokenEndpointResponse(server(auth, url), client, response);
    return { is: "tokens", body: { ...body, expires_in: lifetime } as TokenBody & { access_token: string }, url };
  } catch (error) {
    if (error instanceof NoMessage) return error.outcome;
    if (error instanceof oauth.ResponseBodyError) return { is: "refused", status: error.status, error: error.error };
    if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
      return status >= 300 ? { is: "refused", status, error: "" } : { is: "unknown" };
    }
    if (error instanceof ProviderError && error.fault.kind === "unavailable") {
      const { status } = error.fault;
      return status !== null && status >= 300 ? { is: "outage", status, retry_at: null } : { is: "unknown" };
    }
    throw error;
  }
}

/** `before`: the grant that this one takes the place of. */
export function toGrant(
  auth: OAuth2,
  body: TokenBody & { access_token: string },
  now: number,
  before: OAuth2Grant | null,
): OAuth2Grant {
  const ends_at = endOf(auth, body, now) ?? before?.ends_at;
  return {
    kind: "oauth2",
    access_token: body.access_token,
    // Google's refreshes bring none: the old one stays.
    refresh_token: typeof body.refresh_token === "string" ? body.refresh_token : (before?.refresh_token ?? null),
    expires_at: auth.refresh === "none" ? null : expiryOf(auth, body, now),
    issued_at: now,
    ...(ends_at !== undefined && { ends_at }),
  };
}

/** `expires_in`, else Strava's `expires_at` (unix s), else what the provider documents; null: unknown, a 401 will tell. */
function expiryOf({ lifetime_s }: OAuth2, { expires_in, expires_at }: TokenBody, now: number): number | null {
  const lifetime = positive(expires_in);
  if (lifetime !== null) return now + lifetime * 1000;
  const at = positive(expires_at);
  if (at !== null && at * 1000 > now) return at * 1000;
  return lifetime_s === undefined ? null : now + lifetime_s * 1000;
}

function positive(value: unknown): number | null {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number > 0 ? number : null;
}

/** The end of a refresh token that no refresh replaces: where one is told (Google, as long as the application is being tested). */
function endOf(auth: OAuth2, { refresh_token_expires_in: lifetime }: TokenBody, now: number): number | undefined {
  return auth.refresh === "reusable" && typeof lifetime === "number" ? now + lifetime * 1000 : undefined;
}

/** Where nothing is told all that was asked for is granted (RFC 6749 §5.1). */
export function grantedScopes(auth: OAuth2, body: TokenBody, parameters: URLSearchParams): string[] {
  const told =
    auth.granted === "callback"
      ? (parameters.get("scope") ?? body.scope)
      : auth.granted === "token"
        ? body.scope
        : null;
  if (typeof told !== "string") return auth.scopes.map(({ name }) => name);
  return told
    .split(/[ ,]+/)
    .filter(Boolean)
    .map((scope) => auth.read_scope?.(scope) ?? scope);
}

/** RFC 9110 §10.2.3: seconds, or a date; null where it is neither or missing. Unix ms. */
export function retryAfter(headers: Headers, now: number): number | null {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,8}$/.test(text)) return now + Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) || text === "" ? null : Math.max(at, now);
}
