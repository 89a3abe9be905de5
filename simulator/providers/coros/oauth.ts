import type { Context } from "hono";
import { json } from "../../json.ts";
import type { World } from "../../provider.ts";
import { consentPage } from "./consent.ts";
import { good, refused } from "./errors.ts";
import { type Grants, openIdOf } from "./grants.ts";

export interface Asked {
  client: string;
  /** As it was given: the exchange must say the same. */
  redirect: string;
  state: string;
}

/** GET shows the consent page, or answers at once where the world consents by itself; POST is the page's form. There are no scopes. */
export function authorize(world: World, grants: Grants) {
  return async (c: Context): Promise<Response> => {
    const asked = readAsked(new URL(c.req.url).searchParams);
    if (!asked) return refused("1031");
    const agree = (person: string | null): Response => {
      const life = person === null ? world.lives[0] : world.lives.find((one) => one.person.key === person);
      if (!life) return refused("1031");
      const code = grants.issueCode(asked.client, life.person.key, asked.redirect);
      return back(asked, { code });
    };
    const deny = () => back(asked, { error: "access_denied" });
    if (c.req.method === "POST") {
      const form = new URLSearchParams(await c.req.text());
      return form.get("decision") === "grant" ? agree(form.get("person") ?? "") : deny();
    }
    const { consent } = world;
    if (consent === "page") return consentPage(world, asked, grants.lastPerson());
    if (consent === "auto") return agree(null);
    return consent.deny ? deny() : agree(consent.person ?? null);
  };
}

function readAsked(query: URLSearchParams): Asked | null {
  const [client, redirect, state] = ["client_id", "redirect_uri", "state"].map((name) => query.get(name) ?? "");
  if (!client || !redirect || !URL.canParse(redirect) || !state || query.get("response_type") !== "code") return null;
  return { client, redirect, state };
}

function back({ redirect, state }: Asked, parameters: Record<string, string>): Response {
  const to = new URL(redirect);
  for (const [name, value] of Object.entries({ ...parameters, state })) to.searchParams.set(name, value);
  return new Response(null, { status: 302, headers: { location: to.href } });
}

/** The form of a token call whose client is known; else its refusal. */
async function readForm(c: Context, grants: Grants, type: string): Promise<URLSearchParams | Response> {
  if (!(c.req.header("content-type") ?? "").startsWith("application/x-www-form-urlencoded")) return refused("1031");
  const form = new URLSearchParams(await c.req.text());
  if (form.get("grant_type") !== type) return refused("1031");
  const isKnown = grants.isClient(form.get("client_id") ?? "", form.get("client_secret") ?? "");
  return isKnown && !c.req.header("authorization") ? form : refused("1001");
}

/** The answer stands bare: no envelope, and no token type. */
export function accessToken(world: World, grants: Grants) {
  return async (c: Context): Promise<Response> => {
    const form = await readForm(c, grants, "authorization_code");
    if (form instanceof Response) return form;
    const [client, code, redirect] = ["client_id", "code", "redirect_uri"].map((name) => form.get(name) ?? "");
    if (!code || !redirect) return refused("1031");
    const grant = grants.exchange(client!, code, redirect);
    const life = grant && world.lives.find(({ person }) => person.key === grant.person);
    if (!grant || !life) return refused("1001");
    const { access_token, refresh_token } = grant;
    return json({ expires_in: grants.lifetime_s, refresh_token, access_token, openId: openIdOf(life) });
  };
}

/** Nothing is issued: the old token lives on. */
export function refreshToken(grants: Grants) {
  return async (c: Context): Promise<Response> => {
    const form = await readForm(c, grants, "refresh_token");
    if (form instanceof Response) return form;
    const given = form.get("refresh_token");
    if (!given) return refused("1031");
    return grants.prolong(form.get("client_id")!, given) ? good() : refused("5006");
  };
}

/** The token in the query, or in a form. */
export function deauthorize(grants: Grants) {
  return async (c: Context): Promise<Response> => {
    const form = c.req.method === "POST" ? new URLSearchParams(await c.req.text()) : null;
    const token = c.req.query("token") ?? form?.get("token");
    if (!token) return refused("1031");
    return grants.revoke(token) ? good() : refused("5006");
  };
}

/** Whether the consent stands, whatever has become of the token. */
export function bindState(world: World, grants: Grants) {
  return (c: Context): Response => {
    const grant = grants.everKnown(c.req.query("token") ?? "");
    if (!grant) return refused("5006");
    const life = world.lives.find(({ person }) => person.key === grant.person);
    if (!life || openIdOf(life) !== c.req.query("openId")) return refused("5010");
    return good({ bindState: grants.isBound(grant.client, grant.person) ? 1 : 0 });
  };
}
