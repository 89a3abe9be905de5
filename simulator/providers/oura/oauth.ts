import type { Context } from "hono";
import { json } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { World } from "../../provider.ts";
import { consentPage } from "./consent.ts";
import { bare, oauthError } from "./errors.ts";
import type { Grants, Pair } from "./grants.ts";

/** By today's names; `spo2Daily` is the older one of `spo2`. */
export const SCOPES = [
  "email",
  "personal",
  "daily",
  "heartrate",
  "workout",
  "tag",
  "session",
  "spo2",
  "ring_configuration",
  "stress",
  "heart_health",
];
const PREFIX = "extapi:";

/** What is registered of applications. `old`: made in the former portal, whose tokens come from the former host. */
export interface Registered {
  clients: string[] | null;
  redirect_uris: string[] | null;
  portal: "new" | "old";
}

export interface Asked {
  client: string;
  redirect: URL;
  scopes: string[];
  state: string | null;
}

/** Both hosts show the page: Oura redirects from the one to the other, and behind a gateway there is no address to redirect to. */
export function authorize(world: World, grants: Grants, registered: Registered) {
  return async (c: Context): Promise<Response> => {
    const asked = readAsked(new URL(c.req.url).searchParams, registered);
    if (asked instanceof Response) return asked;
    const agree = (life: Life | undefined, scopes: string[]): Response => {
      if (!life) return oauthError(400, "invalid_request", "Unknown member");
      const { client, redirect } = asked;
      const redirect_uri = new URL(c.req.url).searchParams.get("redirect_uri")!;
      const code = grants.issueCode({ client, person: life.person.key, scopes, redirect_uri });
      return back({ ...asked, redirect }, { code, scope: scopes.map((one) => PREFIX + one).join(" ") });
    };
    if (c.req.method === "POST") {
      const form = new URLSearchParams(await c.req.text());
      if (form.get("decision") !== "authorize") return back(asked, { error: "access_denied" });
      const ticked = form.getAll("scope");
      return agree(
        lifeOf(world, form.get("person")),
        asked.scopes.filter((scope) => ticked.includes(scope)),
      );
    }
    const { consent } = world;
    if (consent === "page") return consentPage(world, asked, grants.lastPerson());
    const { person = null, scopes = null, deny = false } = consent === "auto" ? {} : consent;
    if (deny) return back(asked, { error: "access_denied" });
    return agree(
      person === null ? world.lives[0] : lifeOf(world, person),
      asked.scopes.filter((scope) => scopes?.includes(scope) ?? true),
    );
  };
}

/** The identity provider's token endpoint: it does not know an old application, nor its code. */
export function token(grants: Grants, registered: Registered) {
  return async (c: Context): Promise<Response> => {
    const form = new URLSearchParams(await c.req.text());
    const client = clientOf(c, form, grants);
    if (client === null || registered.portal === "old") return oauthError(401, "invalid_client");
    const pair = grant(grants, client, form);
    if (pair === undefined) return oauthError(400, "unsupported_grant_type");
    return pair
      ? json({ ...tokenBody(pair), scope: pair.grant.scopes.map((one) => PREFIX + one).join(" ") })
      : oauthError(400, "invalid_grant");
  };
}

/** The documented one: of a new application it takes nothing, and what was shown to it is burnt. */
export function legacyToken(grants: Grants, registered: Registered) {
  return async (c: Context): Promise<Response> => {
    const form = new URLSearchParams(await c.req.text());
    const refused = () => oauthError(400, "invalid_request", "Invalid request");
    const client = clientOf(c, form, grants);
    if (client === null) return oauthError(401, "invalid_client");
    if (registered.portal === "new") {
      grants.burn(form.get("code") ?? "");
      return refused();
    }
    const pair = grant(grants, client, form);
    return pair ? json(tokenBody(pair)) : refused();
  };
}

/** Undefined: a grant of no kind that there is. */
function grant(grants: Grants, client: string, form: URLSearchParams): Pair | null | undefined {
  switch (form.get("grant_type")) {
    case "authorization_code":
      return grants.exchange(client, grants.burn(form.get("code") ?? ""), form.get("redirect_uri") ?? "");
    case "refresh_token":
      return grants.refresh(client, form.get("refresh_token") ?? "");
    default:
      return undefined;
  }
}

const tokenBody = ({ grant: { refresh_token }, access_token, expires_in }: Pair) => ({
  token_type: "bearer",
  access_token,
  expires_in,
  refresh_token,
});

/** RFC 7009: a token that nobody knows is as good as revoked. */
export function revoke(grants: Grants, registered: Registered) {
  return async (c: Context): Promise<Response> => {
    const form = new URLSearchParams(await c.req.text());
    const client = clientOf(c, form, grants);
    if (client === null) return oauthError(401, "invalid_client");
    const given = form.get("token");
    if (!given) return oauthError(400, "invalid_request");
    if (registered.portal === "new") grants.end(given, client);
    return new Response("", { status: 200 });
  };
}

/** Of old applications: a token in the address, or as the bearer; 401: none, or not any more. */
export function legacyRevoke(grants: Grants, registered: Registered) {
  return async (c: Context): Promise<Response> => {
    const given = c.req.query("access_token") ?? bearerOf(c);
    const gone = given && registered.portal === "old" ? grants.end(given) : null;
    return gone ? new Response("", { status: 200 }) : bare(401);
  };
}

export const bearerOf = (c: Context): string | null =>
  /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1] ?? null;

export const lifeOf = (world: World, person: string | null): Life | undefined =>
  world.lives.find((life) => life.person.key === person);

/** In the form, or by Basic; null: not a client. */
function clientOf(c: Context, form: URLSearchParams, grants: Grants): string | null {
  const basic = /^Basic (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  const [client = "", secret = ""] = basic
    ? atob(basic).split(":").map(decodeURIComponent)
    : [form.get("client_id") ?? "", form.get("client_secret") ?? ""];
  return grants.isClient(client, secret) ? client : null;
}

function readAsked(query: URLSearchParams, registered: Registered): Asked | Response {
  const client = query.get("client_id");
  if (!client || registered.clients?.includes(client) === false) return oauthError(400, "invalid_client");
  const uri = query.get("redirect_uri") ?? "";
  const redirect = URL.parse(uri);
  // To the letter as registered.
  if (!redirect || registered.redirect_uris?.includes(uri) === false) {
    return oauthError(400, "invalid_request", "Invalid redirect_uri");
  }
  const asked = { client, redirect, scopes: [] as string[], state: query.get("state") };
  if (query.get("response_type") !== "code") return back(asked, { error: "unsupported_response_type" });
  const names = (query.get("scope") ?? "")
    .split(" ")
    .filter(Boolean)
    .map((name) => name.replace(PREFIX, "").replace(/^spo2Daily$/, "spo2"));
  if (names.length === 0 || names.some((name) => !SCOPES.includes(name)))
    return back(asked, { error: "invalid_scope" });
  return { ...asked, scopes: [...new Set(names)] };
}

function back({ redirect, state }: Asked, answer: Record<string, string>): Response {
  const to = new URL(redirect);
  if (state !== null) to.searchParams.set("state", state);
  for (const [name, value] of Object.entries(answer)) to.searchParams.set(name, value);
  return new Response(null, { status: 302, headers: { location: to.href } });
}
