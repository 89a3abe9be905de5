import type { Context } from "hono";
import { json } from "../../json.ts";
import type { World } from "../../provider.ts";
import { consentPage } from "./consent.ts";
import { type OAuthError, oauthRefusal, refusal } from "./errors.ts";
import type { Grant, Grants } from "./grants.ts";

export const SCOPES = [
  "offline",
  "read:recovery",
  "read:cycles",
  "read:sleep",
  "read:workout",
  "read:profile",
  "read:body_measurement",
];

/** What is registered of applications; null: anything goes. */
export interface Allowed {
  clients: string[] | null;
  redirect_uris: string[] | null;
}

export interface Asked {
  client: string;
  /** As it was given: the exchange must say the same. */
  redirect: string;
  scopes: string[];
  state: string;
}

/** GET shows the consent page, or answers at once where the world consents by itself; POST is the page's form. */
export function authorize(world: World, grants: Grants, allowed: Allowed) {
  return async (c: Context): Promise<Response> => {
    const asked = readAsked(new URL(c.req.url).searchParams, allowed);
    if (asked instanceof Response) return asked;
    const agree = (person: string | null, mayBe: (scope: string) => boolean): Response => {
      const life = person === null ? world.lives[0] : world.lives.find((one) => one.person.key === person);
      if (!life) return oauthRefusal("invalid_request");
      const scopes = asked.scopes.filter((scope) => scope === "offline" || mayBe(scope));
      const code = grants.issueCode(asked.client, life.person.key, scopes, asked.redirect);
      return back(asked.redirect, { code, scope: scopes.join(" "), state: asked.state });
    };
    const deny = () => back(asked.redirect, { ...refusal("access_denied"), state: asked.state });
    if (c.req.method === "POST") {
      const form = new URLSearchParams(await c.req.text());
      if (form.get("decision") !== "grant") return deny();
      const ticked = form.getAll("scope");
      return agree(form.get("person") ?? "", (scope) => ticked.includes(scope));
    }
    const { consent } = world;
    if (consent === "page") return consentPage(world, asked, grants.lastPerson());
    if (consent === "auto") return agree(null, () => true);
    if (consent.deny) return deny();
    return agree(consent.person ?? null, (scope) => consent.scopes?.includes(scope) ?? true);
  };
}

/** POST /oauth/oauth2/token: the client in the body only. */
export function token(grants: Grants) {
  return async (c: Context): Promise<Response> => {
    if (!(c.req.header("content-type") ?? "").startsWith("application/x-www-form-urlencoded")) {
      return oauthRefusal("invalid_request");
    }
    const form = new URLSearchParams(await c.req.text());
    const client = form.get("client_id") ?? "";
    if (c.req.header("authorization") || !grants.isClient(client, form.get("client_secret") ?? "")) {
      return oauthRefusal("invalid_client");
    }
    switch (form.get("grant_type")) {
      case "authorization_code": {
        const code = form.get("code");
        const redirect = form.get("redirect_uri");
        if (!code || !redirect) return oauthRefusal("invalid_request");
        return answer(grants, grants.exchange(client, code, redirect));
      }
      case "refresh_token": {
        const given = form.get("refresh_token");
        if (!given) return oauthRefusal("invalid_request");
        const asked = (form.get("scope") ?? "").split(" ").filter(Boolean);
        const held = grants.holding(client, given);
        if (held && asked.some((scope) => !held.scopes.includes(scope))) return oauthRefusal("invalid_scope");
        // As documented, the scope is sent again to go on having a refresh token.
        return answer(grants, grants.refresh(client, given, asked.includes("offline")));
      }
      case null:
        return oauthRefusal("invalid_request");
      default:
        return oauthRefusal("unsupported_grant_type");
    }
  };
}

function answer(grants: Grants, grant: Grant | null): Response {
  if (!grant) return oauthRefusal("invalid_grant");
  const { access_token, refresh_token, scopes } = grant;
  return json({
    access_token,
    expires_in: grants.lifetime_s,
    ...(refresh_token === null ? {} : { refresh_token }),
    scope: scopes.join(" "),
    token_type: "bearer",
  });
}

/** Who asks and where to answer must be sure before anything is sent back there. */
function readAsked(query: URLSearchParams, allowed: Allowed): Asked | Response {
  const client = query.get("client_id");
  if (!client || allowed.clients?.includes(client) === false) return oauthRefusal("invalid_client");
  const redirect = query.get("redirect_uri") ?? "";
  const isKnown = URL.canParse(redirect) && (allowed.redirect_uris?.includes(redirect) ?? true);
  if (!isKnown) return oauthRefusal("invalid_request");
  const state = query.get("state") ?? "";
  const refuse = (error: OAuthError) => back(redirect, { ...refusal(error), ...(state && { state }) });
  if (query.get("response_type") !== "code") return refuse("unsupported_response_type");
  if (state.length < 8) return refuse("invalid_state");
  const scopes = [...new Set((query.get("scope") ?? "").split(" ").filter(Boolean))];
  if (scopes.length === 0 || scopes.some((scope) => !SCOPES.includes(scope))) return refuse("invalid_scope");
  return { client, redirect, scopes, state };
}

function back(redirect: string, parameters: Record<string, string>): Response {
  const to = new URL(redirect);
  for (const [name, value] of Object.entries(parameters)) to.searchParams.set(name, value);
  return new Response(null, { status: 302, headers: { location: to.href } });
}
