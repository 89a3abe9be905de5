/** What the operator has set for a provider, and which of its protocols counts. */
import type { Env } from "../platform/env.ts";
import type { OAuth2, Provider } from "../providers/provider.ts";

export interface Credentials {
  client_id: string;
  client_secret: string;
}

/** Null: not configured; the provider is listed so, and everything else works. */
export function credentialsOf(env: Env, provider: Provider): Credentials | null {
  const variables = env as unknown as Record<string, string | null | undefined>;
  const client_id = variables[`${provider.id.toUpperCase()}_CLIENT_ID`];
  const client_secret = variables[`${provider.id.toUpperCase()}_CLIENT_SECRET`];
  return client_id && client_secret ? { client_id, client_secret } : null;
}

/** The first OAuth 2 entry whose condition holds; null for a phone bridge. */
export function oauth2Of(env: Env, provider: Provider): OAuth2 | null {
  const variables = env as unknown as Record<string, unknown>;
  for (const entry of provider.auth) {
    if (entry.type === "oauth2" && (!entry.when || variables[entry.when.variable] === entry.when.is)) return entry;
  }
  return null;
}

/** Whether a person may connect it now. */
export const isConfigured = (env: Env, provider: Provider): boolean =>
  credentialsOf(env, provider) !== null && oauth2Of(env, provider) !== null;
