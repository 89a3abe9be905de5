import type { Context } from "hono";
import { json } from "../../json.ts";
import type { World } from "../../provider.ts";
import { consentPage } from "./consent.ts";
import { oauthRefusal } from "./errors.ts";
import { basicOf, type Grants, userId } from "./grants.ts";

const SCOPE = "accesslink.read_all";

export interface Asked {
  client: string;
  /** As it was given: the exchange must say the same. */
  redirect: string;
  state: string | null;
}

/** GET shows the consent page, or answers at once where the world consents by itself; POST is the page's form. */
export function authorize(world: World, grants: Grants) {
  return async (c: Context): Promise<Response> => {
    const asked = readAsked(new URL(c.req.url).searchParams);
    if (asked instanceof Response) return asked;
    const { client, redirect, state } = asked;
    const agree = (person: string | null): Response => {
      const life = person === null ? world.lives[0] : world.lives.find((one) => one.person.key === person);
      if (!life) return oauthRefusal("invalid_request");
      return back(redirect, { code: grants.issueCode(client, life.person.key, redirect), state });
    };
    const deny = () => back(redirect, { error: "access_denied", state });
    if (c.req.method === "POST") {
      const form = new URLSearchParams(await c.req.text());
      return form.get("decision") === "accept" ? agree(form.get("person") ?? "") : deny();
    }
    const { consent } = world;
    if (consent === "page") return consentPage(world, asked, grants.lastPerson());
    if (consent === "auto") return agree(null);
    // There is one scope, and without it nothing to agree to.
    const isWithout = consent.scopes !== undefined && !consent.scopes.includes(SCOPE);
    return consent.deny || isWithout ? deny() : agree(consent.person ?? null);
  };
}

/** POST /v2/oauth2/token: the client in the header only, and no refresh. */
export function token(world: World, grants: Grants) {
  return async (c: Context): Promise<Response> => {
    const [client, secret] = basicOf(c.req.header("authorization")) ?? ["", ""];
    if (!grants.isClient(client, secret)) return oauthRefusal("invalid_client");
    if (!(c.req.header("content-type") ?? "").startsWith("application/x-www-form-urlencoded")) {
      return oauthRefusal("invalid_request");
    }
    const form = new URLSearchParams(await c.req.text());
    const grant = form.get("grant_type");
    if (grant !== "authorization_code") return oauthRefusal(grant ? "unsupported_grant_type" : "invalid_request");
    const code = form.get("code");
    if (!code) return oauthRefusal("invalid_request");
    const made = grants.exchange(client, code, form.get("redirect_uri"));
    const life = made && world.lives.find(({ person }) => person.key === made.person);
    if (!made || !life) return oauthRefusal("invalid_grant", "Invalid authorization code");
    return json({ access_token: made.token, token_type: "bearer", expires_in: 31_535_999, x_user_id: userId(life) });
  };
}

function readAsked(query: URLSearchParams): Asked | Response {
  const client = query.get("client_id");
  const redirect = query.get("redirect_uri") ?? "";
  if (!client) return oauthRefusal("invalid_client");
  if (!URL.canParse(redirect)) return oauthRefusal("invalid_request");
  const state = query.get("state");
  if (query.get("response_type") !== "code") return back(redirect, { error: "unsupported_response_type", state });
  if ((query.get("scope") ?? SCOPE) !== SCOPE) return back(redirect, { error: "invalid_scope", state });
  return { client, redirect, state };
}

function back(redirect: string, parameters: Record<string, string | null>): Response {
  const to = new URL(redirect);
  for (const [name, value] of Object.entries(parameters)) if (value !== null) to.searchParams.set(name, value);
  return new Response(null, { status: 302, headers: { location: to.href } });
}
