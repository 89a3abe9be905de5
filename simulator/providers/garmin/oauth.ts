import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Context } from "hono";
import { json } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { World } from "../../provider.ts";
import { consentPage } from "./consent.ts";
import { oauthError, page, refusal } from "./errors.ts";
import { type Grants, PERMISSIONS, type Registration } from "./grants.ts";
import { readSigned, type Signed, signatureOf } from "./oauth1.ts";

const CLOCK_S = 300;

/** Checks signatures, and remembers nonces for as long as their timestamps are accepted. */
export function createVerifier(world: World, grants: Grants) {
  const nonces = new Map<string, number>();

  /** The signed request with the secrets it named, or a refusal's words. `tokenSecret` null: no such token. */
  async function verify(c: Context, secretOf: (signed: Signed) => string | null): Promise<Signed | string> {
    const signed = readSigned(c.req.header("authorization"));
    if (typeof signed === "string") return signed;
    const consumerSecret = grants.consumerSecret(signed.consumer);
    // A simulator cannot learn it from a request: it never travels.
    if (consumerSecret === null) return `the simulator was not told the secret of ${signed.consumer}`;
    const tokenSecret = secretOf(signed);
    if (tokenSecret === null) return "unknown token";
    const urlencoded = (c.req.header("content-type") ?? "").startsWith("application/x-www-form-urlencoded");
    const form = urlencoded ? await c.req.raw.clone().text() : "";
    const expected = signatureOf(c.req.method, new URL(c.req.url), form, signed.params, consumerSecret, tokenSecret);
    if (expected !== signed.signature) return "Invalid signature for signature method HMAC-SHA1";
    const now = world.now() / 1000;
    if (Math.abs(signed.timestamp - now) > CLOCK_S) return `Timestamp ${signed.timestamp} is out of bounds`;
    const nonce = `${signed.consumer} ${signed.timestamp} ${signed.nonce}`;
    for (const [known, at] of nonces) if (at < now - 2 * CLOCK_S) nonces.delete(known);
    if (nonces.has(nonce)) return "Nonce already used";
    nonces.set(nonce, signed.timestamp);
    return signed;
  }

  return { verify, reset: () => nonces.clear() };
}

export type Verifier = ReturnType<typeof createVerifier>;

/** OAuth 1.0a, first leg: POST /oauth-service/oauth/request_token */
export function requestToken(grants: Grants, verifier: Verifier) {
  return async (c: Context): Promise<Response> => {
    const signed = await verifier.verify(c, ({ token }) => (token === null ? "" : null));
    if (typeof signed === "string") return page(401, signed);
    if ((await c.req.text()) !== "") return page(400, "Unexpected body");
    const { token, secret } = grants.requestToken(signed.consumer, signed.params.oauth_callback ?? "");
    return tokens(token, secret);
  };
}

/** Third leg: POST /oauth-service/oauth/access_token */
export function accessToken(grants: Grants, verifier: Verifier) {
  return async (c: Context): Promise<Response> => {
    const signed = await verifier.verify(c, ({ consumer, token }) => {
      const request = grants.byRequestToken(token);
      return request?.client === consumer ? request.secret : null;
    });
    if (typeof signed === "string") return page(401, signed);
    const user = grants.userToken(grants.byRequestToken(signed.token)!, signed.params.oauth_verifier ?? "");
    return user ? tokens(user.token, user.secret) : page(401, "Invalid verifier");
  };
}

const tokens = (oauth_token: string, oauth_token_secret: string): Response =>
  new Response(new URLSearchParams({ oauth_token, oauth_token_secret }).toString(), {
    headers: { "content-type": "application/x-www-form-urlencoded", "cache-control": "no-store" },
  });

/** The person's answer on a consent page. Null: declined. */
type Answer = { life: Life; permissions: string[] } | null;

/** Shows the page, or answers at once where the world consents by itself; null while a page is shown instead. */
async function ask(
  c: Context,
  world: World,
  grants: Grants,
  offered: string[],
  redirect: URL,
): Promise<Answer | Response> {
  if (c.req.method === "POST") {
    const form = new URLSearchParams(await c.req.text());
    if (form.get("decision") !== "agree") return null;
    const life = lifeOf(world, form.get("person"));
    const ticked = form.getAll("permission");
    return life ? { life, permissions: offered.filter((one) => ticked.includes(one)) } : page(400, "Nobody chosen");
  }
  const { consent } = world;
  if (consent === "page") return consentPage(world, redirect, offered, grants.lastPerson());
  const { person = null, scopes = null, deny = false } = consent === "auto" ? {} : consent;
  if (deny) return null;
  const life = person === null ? world.lives[0] : lifeOf(world, person);
  if (!life) return page(400, "Nobody of that name");
  return { life, permissions: offered.filter((one) => scopes?.includes(one) ?? true) };
}

/** OAuth 1.0a, second leg: /oauthConfirm on Garmin Connect. A refusal comes back with the word "null". */
export function confirm(world: World, grants: Grants, offered: () => string[]) {
  return async (c: Context): Promise<Response> => {
    const request = grants.byRequestToken(c.req.query("oauth_token") ?? null);
    if (!request || request.agreed) return page(400, "Unknown or used oauth_token");
    const given = c.req.query("oauth_callback");
    if (given && request.callback && given !== request.callback) return page(400, "oauth_callback differs");
    const redirect = redirectOf(given || request.callback);
    if (!redirect) return page(400, "No oauth_callback");
    const answer = await ask(c, world, grants, offered(), redirect);
    if (answer instanceof Response) return answer;
    if (!answer) grants.drop(request);
    const oauth_verifier = answer ? grants.agree(request, answer.life.person.key, answer.permissions) : "null";
    return back(redirect, { oauth_token: request.token, oauth_verifier });
  };
}

/** OAuth 2 with PKCE: /oauth2Confirm on Garmin Connect; there is no scope parameter. */
export function confirm2(world: World, grants: Grants, offered: () => string[]) {
  return async (c: Context): Promise<Response> => {
    const { client_id, redirect_uri, response_type, code_challenge, code_challenge_method, state } = c.req.query();
    const redirect = redirectOf(redirect_uri ?? "");
    if (!client_id || !redirect) return page(400, "Invalid client_id or redirect_uri");
    if (response_type !== "code") return page(400, "Invalid response_type");
    if (code_challenge_method !== "S256" || !/^[\w-]{43}$/.test(code_challenge ?? "")) {
      return page(400, "Invalid code_challenge");
    }
    const answer = await ask(c, world, grants, offered(), redirect);
    if (answer instanceof Response) return answer;
    const kept: Record<string, string> = state === undefined ? {} : { state };
    if (!answer) return back(redirect, { error: "access_denied", ...kept });
    const code = grants.issueCode({
      client: client_id,
      person: answer.life.person.key,
      permissions: answer.permissions,
      redirect: redirect_uri!,
      challenge: code_challenge!,
    });
    return back(redirect, { code, ...kept });
  };
}

/** POST /di-oauth2-service/oauth/token */
export function token(grants: Grants) {
  return async (c: Context): Promise<Response> => {
    const form = new URLSearchParams(await c.req.text());
    const [name, secret] = basicOf(c) ?? [form.get("client_id") ?? "", form.get("client_secret") ?? ""];
    if (!grants.isClient(name, secret)) return oauthError(401, "invalid_client", "Bad client credentials");
    switch (form.get("grant_type")) {
      case "authorization_code": {
        const code = grants.redeem(name, form.get("code") ?? "");
        if (!code) return oauthError(400, "invalid_grant", "Invalid authorization code");
        if (form.get("redirect_uri") !== code.redirect) return oauthError(400, "invalid_grant", "Invalid redirect_uri");
        const verifier = form.get("code_verifier") ?? "";
        const proof = createHash("sha256").update(verifier).digest("base64url");
        if (!/^[\w.~-]{43,128}$/.test(verifier) || proof !== code.challenge) {
          return oauthError(400, "invalid_grant", "Invalid code verifier");
        }
        return json(grants.pairFor(code), 200, { "cache-control": "no-store" });
      }
      case "refresh_token": {
        const pair = grants.refresh(name, form.get("refresh_token") ?? "");
        if (!pair) return oauthError(400, "invalid_grant", "Invalid refresh token");
        return json(pair, 200, { "cache-control": "no-store" });
      }
      default:
        return oauthError(400, "unsupported_grant_type", "Unsupported grant type");
    }
  };
}

/** Who calls a data service: signed by 1.0a, or with a bearer. Or the refusal. */
export async function callerOf(
  c: Context,
  grants: Grants,
  verifier: Verifier,
): Promise<{ registration: Registration; version: "1.0a" | "2.0" } | Response> {
  const header = c.req.header("authorization") ?? "";
  const bearer = /^Bearer (\S+)$/i.exec(header)?.[1];
  if (bearer) {
    const registration = grants.byAccess(bearer);
    return registration ? { registration, version: "2.0" } : inactiveToken();
  }
  if (!/^OAuth\s/i.test(header)) return refusal(401, "Unauthorized");
  const read = readSigned(header);
  if (typeof read !== "string" && !grants.byUserToken(read.consumer, read.token ?? "")) {
    return refusal(403, "Unknown UserAccessToken");
  }
  const find = ({ consumer, token }: Signed) => grants.byUserToken(consumer, token ?? "");
  const signed = await verifier.verify(c, (one) => find(one)?.user?.secret ?? null);
  if (typeof signed === "string") return refusal(401, signed);
  return { registration: find(signed)!, version: "1.0a" };
}

/** POST /partner-gateway/rest/user/token-exchange, signed with the user's 1.0a token, without a body. */
export function exchange(grants: Grants, verifier: Verifier, enabled: () => boolean) {
  return async (c: Context): Promise<Response> => {
    const caller = await callerOf(c, grants, verifier);
    if (caller instanceof Response) return caller;
    if (caller.version !== "1.0a") return refusal(401, "OAuth 1.0a signature required");
    if (!enabled()) return refusal(403, "Token exchange is not enabled for this application");
    if ((await c.req.text()) !== "") return refusal(400, "Unexpected body");
    return json(grants.exchange(caller.registration), 200, { "cache-control": "no-store" });
  };
}

export const lifeOf = (world: World, person: string | null): Life | undefined =>
  world.lives.find((life) => life.person.key === person);

/** Known permissions among those given. */
export const permissionsOf = (given: unknown): string[] =>
  PERMISSIONS.filter((one) => Array.isArray(given) && given.includes(one));

const inactiveToken = (): Response =>
  refusal(401, "Token is not active", {
    "www-authenticate": 'Bearer error="invalid_token", error_description="Token is not active"',
  });

function redirectOf(text: string): URL | null {
  const url = URL.parse(text);
  return url && (url.protocol === "https:" || url.protocol === "http:") ? url : null;
}

function back(redirect: URL, answer: Record<string, string>): Response {
  const to = new URL(redirect);
  for (const [name, value] of Object.entries(answer)) to.searchParams.set(name, value);
  return new Response(null, { status: 302, headers: { location: to.href } });
}

function basicOf(c: Context): [string, string] | null {
  const given = /^Basic (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (!given) return null;
  const [name = "", ...rest] = Buffer.from(given, "base64").toString().split(":");
  return [decodeURIComponent(name), decodeURIComponent(rest.join(":"))];
}
