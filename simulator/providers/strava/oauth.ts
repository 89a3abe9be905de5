import type { Context } from "hono";
import { json } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { World } from "../../provider.ts";
import { summaryAthlete } from "./athlete.ts";
import { consentPage } from "./consent.ts";
import { badRequest, unauthorized } from "./errors.ts";
import type { Grant, Grants, Pair } from "./grants.ts";

export const SCOPES = [
  "read",
  "read_all",
  "profile:read_all",
  "profile:write",
  "activity:read",
  "activity:read_all",
  "activity:write",
];

/** What is registered of applications; null: anything goes. */
export interface Allowed {
  clients: string[] | null;
  callback_domains: string[] | null;
}

/** What an authorisation request asks for, once it is known to be sound. */
export interface Asked {
  client: string;
  redirect: URL;
  scopes: string[];
  state: string | null;
}

/** GET shows the consent page, or answers at once where the world consents by itself; POST is the page's form. */
export function authorize(world: World, grants: Grants, allowed: Allowed) {
  return async (c: Context): Promise<Response> => {
    const asked = readAsked(new URL(c.req.url).searchParams, allowed);
    if (asked instanceof Response) return asked;
    if (c.req.method === "POST") {
      const form = new URLSearchParams(await c.req.text());
      if (form.get("decision") !== "authorize") return back(asked, { error: "access_denied" });
      const life = lifeOf(world, form.get("person"));
      if (!life) return badRequest("Athlete", "id");
      const ticked = form.getAll("scope");
      return agree(
        grants,
        asked,
        life,
        asked.scopes.filter((scope) => scope === "read" || ticked.includes(scope)),
      );
    }
    const { consent } = world;
    if (consent === "page") return consentPage(world, asked, grants.lastPerson());
    const { person = null, scopes = null, deny = false } = consent === "auto" ? {} : consent;
    if (deny) return back(asked, { error: "access_denied" });
    const life = person === null ? world.lives[0] : lifeOf(world, person);
    if (!life) return badRequest("Athlete", "id");
    return agree(
      grants,
      asked,
      life,
      asked.scopes.filter((scope) => scopes?.includes(scope) ?? true),
    );
  };
}

/** POST /oauth/token */
export function token(world: World, grants: Grants) {
  return async (c: Context): Promise<Response> => {
    const form = await formOf(c);
    const client = form.get("client_id") ?? "";
    if (!grants.isClient(client, form.get("client_secret") ?? "")) return badRequest("Application", "client_id");
    switch (form.get("grant_type")) {
      case "authorization_code": {
        const pair = grants.exchange(client, form.get("code") ?? "");
        if (!pair) return badRequest("RequestToken", "code");
        const life = lifeOf(world, pair.grant.person)!;
        return json({ ...tokenBody(world, pair), athlete: summaryAthlete(life) });
      }
      case "refresh_token": {
        const pair = grants.refresh(client, form.get("refresh_token") ?? "");
        return pair ? json(tokenBody(world, pair)) : badRequest("RefreshToken", "refresh_token");
      }
      default:
        return badRequest("OAuth", "grant_type");
    }
  };
}

/** POST /oauth/revoke: client by Basic; an unknown token is as good as revoked (RFC 7009). */
export function revoke(grants: Grants, goodbye: (grant: Grant) => void) {
  return async (c: Context): Promise<Response> => {
    const basic = /^Basic (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const [client = "", secret = ""] = basic ? decodeBasic(basic) : [];
    if (!grants.isClient(client, secret)) return unauthorized("Application", "", "invalid");
    const given = (await formOf(c)).get("token");
    if (!given) return badRequest("RevokeToken", "token", "missing");
    const gone = grants.end(given, client);
    if (gone) goodbye(gone);
    return new Response("", { status: 200 });
  };
}

/** POST /oauth/deauthorize, until 1 June 2027: the access token as bearer or parameter. */
export function deauthorize(grants: Grants, goodbye: (grant: Grant) => void) {
  return async (c: Context): Promise<Response> => {
    const form = await formOf(c);
    const given = bearerOf(c) ?? form.get("access_token") ?? c.req.query("access_token") ?? "";
    const gone = grants.byAccess(given) && grants.end(given);
    if (!gone) return unauthorized("Athlete", "access_token", "invalid");
    goodbye(gone);
    return json({ access_token: given });
  };
}

export const bearerOf = (c: Context): string | null =>
  /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1] ?? null;

export const lifeOf = (world: World, person: string | null): Life | undefined =>
  world.lives.find((life) => life.person.key === person);

/** Urlencoded or multipart fields; parameters of the URL are no body. */
export async function formOf(c: Context): Promise<URLSearchParams> {
  const type = c.req.header("content-type") ?? "";
  if (!type.startsWith("multipart/form-data")) return new URLSearchParams(await c.req.text());
  const fields = new URLSearchParams();
  for (const [name, value] of await c.req.formData()) if (typeof value === "string") fields.append(name, value);
  return fields;
}

function readAsked(query: URLSearchParams, allowed: Allowed): Asked | Response {
  const client = query.get("client_id");
  if (!client || allowed.clients?.includes(client) === false) return badRequest("Application", "client_id");
  const redirect = URL.parse(query.get("redirect_uri") ?? "");
  if (!redirect || !mayReturn(redirect, allowed)) return badRequest("Application", "redirect_uri");
  if (query.get("response_type") !== "code") return badRequest("Authorize", "response_type");
  const asked = (query.get("scope") ?? "").split(",").filter(Boolean);
  if (asked.length === 0 || asked.some((scope) => !SCOPES.includes(scope))) return badRequest("Authorize", "scope");
  // Every grant can read what is public.
  return { client, redirect, scopes: [...new Set(["read", ...asked])], state: query.get("state") };
}

/** In the registered callback domain; localhost always is. */
function mayReturn({ protocol, hostname }: URL, { callback_domains }: Allowed): boolean {
  if (protocol !== "https:" && protocol !== "http:") return false;
  if (callback_domains === null || hostname === "localhost" || hostname === "127.0.0.1") return true;
  return callback_domains.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`));
}

function agree(grants: Grants, asked: Asked, life: Life, scopes: string[]): Response {
  const code = grants.issueCode(asked.client, life.person.key, scopes);
  return back(asked, { code, scope: scopes.join(",") });
}

/** Back to the application: `?state=…&code=…&scope=…`, state also when it is empty. */
function back({ redirect, state }: Asked, answer: Record<string, string>): Response {
  const to = new URL(redirect);
  to.searchParams.set("state", state ?? "");
  for (const [name, value] of Object.entries(answer)) to.searchParams.set(name, value);
  return new Response(null, { status: 302, headers: { location: to.href } });
}

function tokenBody(world: World, { grant, access_token, expires_at }: Pair) {
  const expires_in = expires_at - Math.floor(world.now() / 1000);
  return { token_type: "Bearer", expires_at, expires_in, refresh_token: grant.refresh_token, access_token };
}

/** Name and password; encoded or plain, Strava's contain nothing that differs. */
function decodeBasic(text: string): string[] {
  try {
    const [name = "", ...rest] = atob(text).split(":");
    return [name, rest.join(":")].map((part) => decodeURIComponent(part));
  } catch {
    return [];
  }
}
