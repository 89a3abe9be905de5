/** One request of a provider's definition, with what vouches for it in its place. */
import type { Context } from "../platform/context.ts";
import { type Outgoing, send } from "../platform/egress.ts";
import type { Answer, Provider, ProviderRequest } from "../providers/provider.ts";
import { credentialsOf, oauth2Of } from "./credentials.ts";

/** `token` may be null for requests that need none. Throws ProviderError where there is no answer worth reading. */
export function ask(
  context: Context,
  provider: Provider,
  request: ProviderRequest,
  token: string | null,
  options: { timeout_ms?: number } = {},
): Promise<Answer> {
  return send(context, provider, { ...toOutgoing(context, provider, request, token), ...options });
}

function toOutgoing(context: Context, provider: Provider, request: ProviderRequest, token: string | null): Outgoing {
  const { method = "GET", auth = "token", as, max_bytes } = request;
  const url = new URL(request.url);
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
  const headers = new Headers(request.headers);
  const form = request.form ? new URLSearchParams(request.form) : null;

  const credentials = credentialsOf(context.env, provider);
  if (auth === "token") {
    if (token === null) throw new Error(`${provider.id}: a request needs a token and has none`);
    const place = oauth2Of(context.env, provider)?.token_in;
    if (place) url.searchParams.set(place.query, token);
    else headers.set("authorization", `Bearer ${token}`);
  } else if (auth !== "none") {
    if (!credentials) throw new Error(`${provider.id} is not configured`);
    const { client_id, client_secret } = credentials;
    if (auth === "client_basic") {
      headers.set(
        "authorization",
        `Basic ${btoa(`${encodeURIComponent(client_id)}:${encodeURIComponent(client_secret)}`)}`,
      );
    } else {
      form?.set("client_id", client_id);
      form?.set("client_secret", client_secret);
      if (!form) {
        url.searchParams.set("client_id", client_id);
        url.searchParams.set("client_secret", client_secret);
      }
    }
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
