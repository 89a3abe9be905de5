/** Where providers push to, and what only they can know: derived from SESSION_SECRET, so that nothing has to be kept. */
import type { Context } from "../platform/context.ts";
import { hmac, toHex } from "../platform/crypto.ts";
import type { Provider } from "../providers/provider.ts";

type Of = Pick<Context, "env">;

const derived = (context: Of, message: string): Promise<string[]> =>
  Promise.all(context.env.SESSION_SECRET.map(async (item) => toHex(await hmac("SHA-256", item, message)).slice(0, 32)));

/** Path secrets, the one that providers are told first; each of them is accepted. */
export const pathSecrets = (context: Of, provider: Pick<Provider, "id">): Promise<string[]> =>
  derived(context, `webhook:${provider.id}`);

/** What a provider repeats in its handshake, and as `Authorization` where it promises to: never the path secret. */
export const verifyTokens = (context: Of, provider: Pick<Provider, "id">): Promise<string[]> =>
  derived(context, `webhook-verify:${provider.id}`);

export async function callbackUrl(context: Of, provider: Pick<Provider, "id">): Promise<string> {
  const [secret] = await pathSecrets(context, provider);
  return `${context.env.BASE_URL}/api/webhooks/${provider.id}/${secret}`;
}

/** Keys agreed by hand, newest first; empty where there are none. */
export function webhookSecrets(context: Of, provider: Pick<Provider, "id">): string[] {
  const variables = context.env as unknown as Record<string, string | null | undefined>;
  const text = variables[`${provider.id.toUpperCase()}_WEBHOOK_SECRET`] ?? "";
  return text
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean);
}
