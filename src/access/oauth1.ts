/** OAuth 1.0a (RFC 5849) with HMAC-SHA1 in the Authorization header: how a request is signed, and the way to a token. */
import type { Context } from "../platform/context.ts";
import { hmac, toHex } from "../platform/crypto.ts";
import { send, TOKEN_TIMEOUT_MS } from "../platform/egress.ts";
import { ProviderError } from "../platform/errors.ts";
import type { OAuth1, Provider } from "../providers/provider.ts";
import type { Credentials } from "./credentials.ts";

// ---- Signing ----

/** Decoded. A name may occur more than once. */
export type Parameter = readonly [name: string, value: string];

/** §3.6: all but `A-Za-z0-9-._~`, in upper-case hex. */
export const encode = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** §3.4.1.2: without query; scheme and host in lower case and no default port, as a URL has them already. */
export const baseUri = ({ protocol, host, pathname }: URL): string => `${protocol}//${host}${pathname}`;

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** §3.4.1. `parameters`: all beside the URL's query – of an urlencoded body, and of the header but `realm` and the signature. */
export function baseString(method: string, url: URL, parameters: readonly Parameter[]): string {
  const pairs = [...url.searchParams, ...parameters]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => order(a, b) || order(x, y));
  const text = pairs.map(([name, value]) => `${name}=${value}`).join("&");
  return [method.toUpperCase(), baseUri(url), text].map(encode).join("&");
}

/** §3.4.2, base64. The `&` of the key is there without a token too. */
export async function signature(base: string, clientSecret: string, tokenSecret: string): Promise<string> {
  const bytes = await hmac("SHA-1", `${encode(clientSecret)}&${encode(tokenSecret)}`, base);
  return btoa(String.fromCharCode(...bytes));
}

export interface SignedToken {
  token: string;
  token_secret: string;
}

/**
 * The Authorization header of one request, never used twice: whoever tries again signs anew. `url` is the provider's own, with the
 * query that will be sent.
 */
export async function authorization(
  context: Pick<Context, "now" | "random">,
  { client_id, client_secret }: Credentials,
  token: SignedToken | null,
  request: { method: string; url: URL; form?: URLSearchParams | null },
  more: readonly Parameter[] = [],
): Promise<string> {
  const parameters: Parameter[] = [
    ["oauth_consumer_key", client_id],
    ["oauth_nonce", toHex(context.random(16))],
    ["oauth_signature_method", "HMAC-SHA1"],
    ["oauth_timestamp", String(Math.floor(context.now() / 1000))],
    ["oauth_version", "1.0"],
    ...(token ? ([["oauth_token", token.token]] as const) : []),
    ...more,
  ];
  const base = baseString(request.method, request.url, [...(request.form ?? []), ...parameters]);
  const signed = await signature(base, client_secret, token?.token_secret ?? "");
  return `OAuth ${[...parameters, ["oauth_signature", signed] as const]
    .map(([name, value]) => `${encode(name)}="${encode(value)}"`)
    .join(", ")}`;
}

// ---- The way to a token ----

export interface Parties {
  context: Context;
  provider: Provider;
  auth: OAuth1;
  credentials: Credentials;
}

export type Issued =
  /** `more`: what else was told with it. */
  | { is: "issued"; token: SignedToken; more: Record<string, string> }
  | { is: "refused"; status: number }
  | { is: "unavailable"; status: number | null };

/** §2.1. Not confirmed where it must be, or confirmed as something else than `true`: refused. */
export async function requestToken(parties: Parties, callback: string): Promise<Issued> {
  const issued = await ask(parties, parties.auth.request_token, null, [["oauth_callback", callback]]);
  if (issued.is !== "issued") return issued;
  const confirmed = issued.more.oauth_callback_confirmed;
  const good = confirmed === undefined ? !parties.auth.requires_callback_confirmed : confirmed === "true";
  return good ? issued : { is: "refused", status: 200 };
}

/** §2.2: where the browser goes. */
export function confirmationUrl(auth: OAuth1, token: string, callback: string): URL {
  const url = new URL(auth.authorize);
  url.searchParams.set("oauth_token", token);
  if (auth.callback_in_authorize) url.searchParams.set("oauth_callback", callback);
  return url;
}

/** The callback's parameters. Who declines comes back without a verifier, or (Garmin) with the word `null`. */
export function readCallback(
  parameters: URLSearchParams,
  token: string,
): { is: "verifier"; verifier: string } | { is: "declined" | "invalid" } {
  const tokens = parameters.getAll("oauth_token");
  const [verifier, ...others] = parameters.getAll("oauth_verifier");
  if (tokens.length !== 1 || tokens[0] !== token || others.length > 0) return { is: "invalid" };
  return verifier && verifier !== "null" ? { is: "verifier", verifier } : { is: "declined" };
}

/** §2.3. */
export const accessToken = (parties: Parties, temporary: SignedToken, verifier: string): Promise<Issued> =>
  ask(parties, parties.auth.access_token, temporary, [["oauth_verifier", verifier]]);

async function ask(
  { context, provider, credentials }: Parties,
  address: string,
  token: SignedToken | null,
  more: Parameter[],
): Promise<Issued> {
  const url = new URL(address);
  try {
    const answer = await send(context, provider, {
      method: "POST",
      url: url.href,
      headers: { authorization: await authorization(context, credentials, token, { method: "POST", url }, more) },
      as: "text",
      timeout_ms: TOKEN_TIMEOUT_MS,
      secret: true,
    });
    const { status } = answer;
    if (status >= 500 || status === 429 || status === 408) return { is: "unavailable", status };
    if (status < 200 || status > 299) return { is: "refused", status };
    const { oauth_token, oauth_token_secret, ...rest } = Object.fromEntries(new URLSearchParams(String(answer.body)));
    if (!oauth_token || !oauth_token_secret) return { is: "unavailable", status };
    return { is: "issued", token: { token: oauth_token, token_secret: oauth_token_secret }, more: rest };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { is: "unavailable", status: error.fault.kind === "unavailable" ? error.fault.status : null };
  }
}
