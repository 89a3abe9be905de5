/** What the operator has set for a provider, and which of its protocols counts for whom. */
import { isPrivate } from "../domain/terms.ts";
import type { Env } from "../platform/env.ts";
import type { ApiKey, Auth, OAuth1, OAuth2, Provider } from "../providers/provider.ts";

export interface Credentials {
  client_id: string;
  client_secret: string;
}

const variablesOf = (env: Env) => env as unknown as Record<string, string | null | undefined>;

/** Null: not configured; the provider is listed so, and everything else works. */
export function credentialsOf(
  env: Env,
  provider: Provider,
  protocol: "oauth1" | "oauth2" = "oauth2",
): Credentials | null {
  const variables = variablesOf(env);
  const of = (name: string) => variables[`${provider.id.toUpperCase()}_${name}`];
  const client_id = of("CLIENT_ID");
  // Who has switched to OAuth 2 may have got a new secret for it, and signs with the old one until all grants are exchanged.
  const client_secret = (protocol === "oauth1" && of("OAUTH1_SECRET")) || of("CLIENT_SECRET");
  return client_id && client_secret ? { client_id, client_secret } : null;
}

const holds = (env: Env, { when }: OAuth1 | OAuth2): boolean => !when || variablesOf(env)[when.variable] === when.is;
const isRedirect = (entry: Auth): entry is OAuth1 | OAuth2 => entry.type !== "api_key";

/** How accounts are connected by going to the provider: the first entry whose condition holds. Null: not at all. */
export const redirectAuth = (env: Env, provider: Provider): OAuth1 | OAuth2 | null =>
  provider.auth.filter(isRedirect).find((entry) => holds(env, entry)) ?? null;

/** The entry that a grant of this kind lives by, also where new accounts are connected by another. */
export function authOf<Kind extends Auth["type"]>(
  env: Env,
  provider: Provider,
  kind: Kind,
): Extract<Auth, { type: Kind }> | null {
  const entries = provider.auth.filter((entry) => entry.type === kind);
  const entry = entries.find((one) => !isRedirect(one) || holds(env, one)) ?? entries[0] ?? null;
  return entry as Extract<Auth, { type: Kind }> | null;
}

/** The way by a key of the person's own, where it may be offered. */
export function offeredKey(env: Env, provider: Provider): ApiKey | null {
  const entry = authOf(env, provider, "api_key");
  return entry && (!entry.private_only || isPrivate(provider, env.DATA_POLICY)) ? entry : null;
}

/** Whether a person may connect it now by going there. */
export function isConfigured(env: Env, provider: Provider): boolean {
  const auth = redirectAuth(env, provider);
  return auth !== null && credentialsOf(env, provider, auth.type) !== null;
}
