/**
 * `npm run webhooks`: tells providers where to push to. Speaks to a running Worker as its operator (scripts/operator.ts).
 *
 *   npm run webhooks                       all providers that take it from us, and the addresses to enter by hand for the others
 *   npm run webhooks -- list
 *   npm run webhooks -- register strava    `--replace` ends what it has with another address
 *   npm run webhooks -- remove strava
 */
import { parseArgs } from "node:util";
import { type Ask, command, operatorOfHere } from "./operator.ts";

export interface Pushing {
  provider: string;
  per: "application" | "user" | "by_hand";
  is_configured: boolean;
  callback_url: string;
  subscription: { status: string; expires_at: string | null } | null;
}

const list = async (ask: Ask): Promise<Pushing[]> => (await ask<{ data: Pushing[] }>("GET", "/subscriptions")).data;

const register = (ask: Ask, provider: string, replace = false): Promise<unknown> =>
  ask("POST", "/subscriptions", { provider, replace });

/** Those that are configured and not subscribed yet; answers what went wrong, by provider. */
export async function registerAll(ask: Ask, replace = false): Promise<Map<string, string>> {
  const troubles = new Map<string, string>();
  for (const { provider, per, is_configured } of await list(ask)) {
    if (per !== "application" || !is_configured) continue;
    await register(ask, provider, replace).catch((error: Error) => troubles.set(provider, error.message));
  }
  return troubles;
}

await command(import.meta.filename, async () => {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { replace: { type: "boolean" } } });
  const [what = "register", provider] = positionals;
  const ask = operatorOfHere();

  if (what === "remove" && provider) await ask("DELETE", `/subscriptions/${encodeURIComponent(provider)}`);
  else if (what === "register" && provider) await register(ask, provider, values.replace);
  else if (what === "register") {
    for (const [name, trouble] of await registerAll(ask, values.replace)) {
      console.error(`${name}: ${trouble}`);
      process.exitCode = 1;
    }
  } else if (what !== "list") throw new Error("Say list, register [provider] [--replace], or remove <provider>.");

  for (const { provider: name, per, is_configured, callback_url, subscription } of await list(ask)) {
    const state = !is_configured
      ? "not configured"
      : per === "by_hand"
        ? `to be entered in its portal: ${callback_url}`
        : per === "user"
          ? "made with each connection"
          : subscription
            ? `${subscription.status}${subscription.expires_at ? `, until ${subscription.expires_at}` : ""}`
            : "none";
    console.log(`${name.padEnd(12)} ${state}`);
  }
});
