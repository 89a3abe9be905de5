/** One request of a provider's definition, with what vouches for it in its place. */
import type { Context } from "../platform/context.ts";
import { type Outgoing, send } from "../platform/egress.ts";
import { ProviderError } from "../platform/errors.ts";
import type { Answer, ClientHeaders, Provider, ProviderRequest } from "../providers/provider.ts";
import type { Grant } from "../store/grants.ts";
import { authOf, type Credentials, credentialsOf } from "./credentials.ts";
import { authorization } from "./oauth1.ts";

/**
 * `grant` may be null for requests that need none. Each call signs anew. `secret`: the request's own headers carry one. Throws
 * ProviderError where there is no answer worth reading.
 */
export async function ask(
  context: Context,
  provider: Provider,
  request: ProviderRequest,
  grant: Grant | null,
  { secret, ...options }: { timeout_ms?: number; secret?: true } = {},
): Promise<Answer> {
  const outgoing = await toOutgoing(context, provider, request, grant);
  return send(context, provider, { ...outgoing, secret: secret ?? outgoing.secret, ...options });
}

async function toOutgoing(
  context: Context,
  provider: Provider,
  request: ProviderRequest,
  grant: Grant | null,
): Promise<Outgoing> {
  const { method = "GET", auth = "token", as, max_bytes } = request;
  const url = new URL(request.url);
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
  const headers = new Headers(request.headers);
  const form = request.form ? new URLSearchParams(request.form) : null;

  if (auth === "token") {
    if (grant === null) throw new Error(`${provider.id}: a request needs a token and has none`);
    await placeToken(context, provider, grant, { method, url, headers, form });
  } else if (auth !== "none") {
    placeClient(auth, credentialsOf(context.env, provider), provider, { url, headers, form });
  }

  let body: string | undefined;
  if (request.json !== undefined) {
    headers.set("content-type", "application/json");
    body = JSON.stringify(request.json);
  } else if (form) {
    headers.set("content-type", "application/x-www-form-urlencoded");
    body = form.toString();
  }
  const secret = auth !== "none" || headers.has("authorization");
  return { method, url: url.href, headers: Object.fromEntries(headers), body, as, max_bytes, secret };
}

interface Parts {
  url: URL;
  headers: Headers;
  form: URLSearchParams | null;
}

async function placeToken(
  context: Context,
  provider: Provider,
  grant: Grant,
  { method, url, headers, form }: Parts & { method: string },
): Promise<void> {
  switch (grant.kind) {
    case "oauth1": {
      const credentials = credentialsOf(context.env, provider, "oauth1");
      // The operator took them away while a connection still needs them: it waits.
      if (!credentials) throw new ProviderError(provider.id, { kind: "unavailable", status: null });
      headers.set("authorization", await authorization(context, credentials, grant, { method, url, form }));
      return;
    }
    case "oauth2": {
      const place = authOf(context.env, provider, "oauth2")?.token_in;
      if (place) url.searchParams.set(place.query, grant.access_token);
      else headers.set("authorization", `Bearer ${grant.access_token}`);
      return;
    }
    case "api_key":
      headers.set("authorization", `Bearer ${grant.access_token}`);
      return;
    default:
      grant satisfies never;
  }
}

function placeClient(
  as: "client_basic" | "client_form" | ClientHeaders,
  credentials: Credentials | null,
  provider: Provider,
  { url, headers, form }: Parts,
): void {
  if (!credentials) throw new Error(`${provider.id} is not configured`);
  const { client_id, client_secret } = credentials;
  if (as === "client_basic") {
    const pair = `${encodeURIComponent(client_id)}:${encodeURIComponent(client_secret)}`;
    headers.set("authorization", `Basic ${btoa(pair)}`);
    return;
  }
  if (typeof as === "object") {
    headers.set(as.client_id, client_id);
    headers.set(as.client_secret, client_secret);
    return;
  }
  const place = form ?? url.searchParams;
  place.set("client_id", client_id);
  place.set("client_secret", client_secret);
}
