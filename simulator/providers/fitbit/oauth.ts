import { createHash } from "node:crypto";
import type { Context } from "hono";
import { json } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { World } from "../../provider.ts";
import { consentPage, errorPage } from "./consent.ts";
import { oauthError } from "./errors.ts";
import type { Grant, Grants } from "./grants.ts";

const PREFIX = "https://www.googleapis.com/auth/googlehealth.";
const READS = [
  "activity_and_fitness",
  "sleep",
  "health_metrics_and_measurements",
  "profile",
  "settings",
  "location",
  "ecg",
  "irn",
  "nutrition",
];
export const SCOPES: readonly string[] = READS.map((name) => `${PREFIX}${name}.readonly`);
export const ACTIVITY = SCOPES[0]!;
export const SLEEP = SCOPES[1]!;
export const METRICS = SCOPES[2]!;

/** What an authorisation request asks for, once it is known to be sound. */
export interface Asked {
  client: string;
  redirect: URL;
  scopes: string[];
  state: string | null;
  challenge: string | null;
  offline: boolean;
  /** The person is asked though they have agreed before. */
  anew: boolean;
}

/** GET shows the consent page, or answers at once where the world consents by itself; POST is the page's form. */
export function authorize(world: World, grants: Grants) {
  return async (c: Context): Promise<Response> => {
    const asked = readAsked(new URL(c.req.url).searchParams);
    if (asked instanceof Promise) return asked;
    if (c.req.method === "POST") {
      const form = new URLSearchParams(await c.req.text());
      if (form.get("decision") !== "continue") return back(asked, { error: "access_denied" });
      const life = lifeOf(world, form.get("person"));
      if (!life) return errorPage("Error 400: invalid_request", "Nobody is called so.");
      const ticked = form.getAll("scope");
      return agree(
        grants,
        asked,
        life,
        asked.scopes.filter((scope) => ticked.includes(scope)),
      );
    }
    const { consent } = world;
    if (consent === "page") return consentPage(world, asked, grants.lastPerson());
    const { person = null, scopes = null, deny = false } = consent === "auto" ? {} : consent;
    if (deny) return back(asked, { error: "access_denied" });
    const life = person === null ? world.lives[0] : lifeOf(world, person);
    if (!life) return errorPage("Error 400: invalid_request", "Nobody is called so.");
    return agree(
      grants,
      asked,
      life,
      asked.scopes.filter(
        (scope) => scopes?.some((one) => scope === one || scope === `${PREFIX}${one}.readonly`) ?? true,
      ),
    );
  };
}

/** POST /token */
export function token(grants: Grants) {
  return async (c: Context): Promise<Response> => {
    const form = new URLSearchParams(await c.req.text());
    const [client, secret] = clientOf(c, form);
    if (!client) return oauthError(400, "invalid_request", "Could not determine client ID from request.");
    if (!grants.isClient(client, secret)) return oauthError(401, "invalid_client", "Unauthorized");
    switch (form.get("grant_type")) {
      case "authorization_code": {
        const code = grants.takeCode(client, form.get("code") ?? "");
        if (!code) return oauthError(400, "invalid_grant", "Bad Request");
        if (code.redirect !== form.get("redirect_uri")) return oauthError(400, "redirect_uri_mismatch", "Bad Request");
        if (code.challenge !== null && challengeOf(form.get("code_verifier") ?? "") !== code.challenge) {
          return oauthError(400, "invalid_grant", "Invalid code verifier.");
        }
        return json(grants.grant(code));
      }
      case "refresh_token": {
        const body = grants.refresh(client, form.get("refresh_token") ?? "");
        if (body === "expired") return oauthError(400, "invalid_grant", "Token has been expired or revoked.");
        return body ? json(body) : oauthError(400, "invalid_grant", "Bad Request");
      }
      default:
        return oauthError(400, "unsupported_grant_type", `Invalid grant_type: ${form.get("grant_type") ?? ""}`);
    }
  };
}

/** POST /revoke: any token of a grant ends all of it. */
export function revoke(grants: Grants, goodbye: (grant: Grant) => void) {
  return async (c: Context): Promise<Response> => {
    const given = new URLSearchParams(await c.req.text()).get("token") ?? c.req.query("token");
    if (!given) return oauthError(400, "invalid_request", "Missing required parameter: token");
    const gone = grants.end(given);
    if (!gone) return oauthError(400, "invalid_token", "Token expired or revoked");
    goodbye(gone);
    return json({});
  };
}

export const bearerOf = (c: Context): string | null =>
  /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1] ?? null;

export const lifeOf = (world: World, person: string | null): Life | undefined =>
  world.lives.find((life) => life.person.key === person);

const challengeOf = (verifier: string): string => createHash("sha256").update(verifier).digest("base64url");

function clientOf(c: Context, form: URLSearchParams): [id: string, secret: string] {
  const basic = /^Basic (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (!basic) return [form.get("client_id") ?? "", form.get("client_secret") ?? ""];
  const [id = "", ...rest] = atob(basic).split(":");
  return [decodeURIComponent(id), decodeURIComponent(rest.join(":"))];
}

function readAsked(query: URLSearchParams): Asked | Promise<Response> {
  const missing = ["client_id", "redirect_uri", "response_type", "scope"].find((name) => !query.get(name));
  if (missing) return errorPage("Error 400: invalid_request", `Missing required parameter: ${missing}`);
  const redirect = URL.parse(query.get("redirect_uri")!);
  const isLocal = redirect?.hostname === "localhost" || redirect?.hostname === "127.0.0.1";
  if (!redirect || (redirect.protocol !== "https:" && !isLocal)) {
    return errorPage("Error 400: redirect_uri_mismatch", "The redirect URI in the request does not match.");
  }
  if (query.get("response_type") !== "code") return errorPage("Error 400: unsupported_response_type", "Use code.");
  const scopes = query.get("scope")!.split(" ").filter(Boolean);
  const unknown = scopes.filter((scope) => !SCOPES.includes(scope));
  if (unknown.length > 0)
    return errorPage("Error 400: invalid_scope", `Some requested scopes were invalid: ${unknown.join(" ")}`);
  const challenge = query.get("code_challenge");
  if (challenge !== null && query.get("code_challenge_method") !== "S256") {
    return errorPage("Error 400: invalid_request", "Use S256.");
  }
  return {
    client: query.get("client_id")!,
    redirect,
    scopes: [...new Set(scopes)],
    state: query.get("state"),
    challenge,
    offline: query.get("access_type") === "offline",
    anew: (query.get("prompt") ?? "").split(" ").includes("consent"),
  };
}

function agree(grants: Grants, asked: Asked, life: Life, scopes: string[]): Response {
  const { client, redirect, challenge, offline, anew } = asked;
  const person = life.person.key;
  const code = grants.issueCode({
    client,
    person,
    scopes,
    redirect: redirect.href,
    challenge,
    offline: offline && (anew || !grants.has(client, person)),
  });
  return back(asked, { code, scope: scopes.join(" "), iss: "https://accounts.google.com" });
}

function back({ redirect, state }: Asked, answer: Record<string, string>): Response {
  const to = new URL(redirect);
  if (state !== null) to.searchParams.set("state", state);
  for (const [name, value] of Object.entries(answer)) to.searchParams.set(name, value);
  return new Response(null, { status: 302, headers: { location: to.href } });
}
