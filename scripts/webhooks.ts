/**
 * `npm run webhooks`: tells providers where to push to. Speaks to a running Worker as its operator, by BASE_URL and OPERATOR_TOKEN of the
 * environment, else of `.dev.vars`.
 *
 *   npm run webhooks                       all providers that take it from us, and the addresses to enter by hand for the others
 *   npm run webhooks -- list
 *   npm run webhooks -- register strava    `--replace` ends what it has with another address
 *   npm run webhooks -- remove strava
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, URL } from "node:url";
import { parseArgs } from "node:util";
import { readVariables } from "./variables.ts";

export interface Pushing {
  provider: string;
  per: "application" | "user" | "by_hand";
  is_configured: boolean;
  callback_url: string;
  subscription: { status: string; expires_at: string | null } | null;
}

export interface Operator {
  list(): Promise<Pushing[]>;
  /** Null, or why not. */
  register(provider: string, replace?: boolean): Promise<string | null>;
  remove(provider: string): Promise<string | null>;
}

export function operatorOf(address: string, token: string): Operator {
  const ask = (method: string, route: string, body?: object) =>
    fetch(new URL(`/api/operator/subscriptions${route}`, address), {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
  const trouble = async (answer: Response): Promise<string | null> => {
    if (answer.ok) return null;
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
    return problem.detail ?? `it answered ${answer.status}`;
  };
  return {
    async list() {
      const answer = await ask("GET", "");
      const why = await trouble(answer.clone());
      if (why !== null) throw new Error(why);
      return ((await answer.json()) as { data: Pushing[] }).data;
    },
    register: async (provider, replace = false) => trouble(await ask("POST", "", { provider, replace })),
    remove: async (provider) => trouble(await ask("DELETE", `/${encodeURIComponent(provider)}`)),
  };
}

/** Those that are configured and not subscribed yet; answers what went wrong, by provider. */
export async function registerAll(operator: Operator, replace = false): Promise<Map<string, string>> {
  const troubles = new Map<string, string>();
  for (const { provider, per, is_configured } of await operator.list()) {
    if (per !== "application" || !is_configured) continue;
    const why = await operator.register(provider, replace);
    if (why !== null) troubles.set(provider, why);
  }
  return troubles;
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { replace: { type: "boolean" } } });
  const [command = "register", provider] = positionals;
  const file = path.join(fileURLToPath(new URL("..", import.meta.url)), ".dev.vars");
  const variables = { ...(existsSync(file) ? readVariables(file) : {}), ...process.env };
  const { BASE_URL, OPERATOR_TOKEN } = variables;
  if (!BASE_URL || !OPERATOR_TOKEN) throw new Error("Set BASE_URL and OPERATOR_TOKEN, as the Worker has them.");
  const operator = operatorOf(BASE_URL, OPERATOR_TOKEN);

  let why: string | null = null;
  if (command === "remove" && provider) why = await operator.remove(provider);
  else if (command === "register" && provider) why = await operator.register(provider, values.replace);
  else if (command === "register") {
    for (const [name, trouble] of await registerAll(operator, values.replace)) {
      console.error(`${name}: ${trouble}`);
      process.exitCode = 1;
    }
  } else if (command !== "list") throw new Error("Say list, register [provider] [--replace], or remove <provider>.");
  if (why !== null) throw new Error(why);

  for (const { provider: name, per, is_configured, callback_url, subscription } of await operator.list()) {
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
}

if (import.meta.filename === process.argv[1]) {
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
