/** Grants whose refresh token would die unused: where everything is pushed, nobody else ever asks for a token. */
import type { Context } from "../platform/context.ts";
import { ProviderError } from "../platform/errors.ts";
import { PROVIDERS } from "../providers/index.ts";
import type { Provider } from "../providers/provider.ts";
import { idleConnections } from "../store/connections.ts";
import { authOf } from "./credentials.ts";
import { tokenFor } from "./vault.ts";

/** Of one tick and provider; over four thousand a day. */
const MOST = 15;
/** So many failures in a row are the provider's, not the grants'. */
const PATIENCE = 3;

/** Cron. Answers how many were renewed; what fails is noted on its connection, and tried again when its time has come. */
export async function renewIdle(context: Context, providers: readonly Provider[] = PROVIDERS): Promise<number> {
  let done = 0;
  for (const provider of providers) {
    const idle = authOf(context.env, provider, "oauth2")?.idle_s;
    if (idle === undefined) continue;
    let failures = 0;
    for (const connection of await idleConnections(context, provider.id, context.now() - idle * 1000, MOST)) {
      try {
        await tokenFor(context, provider, connection);
        done++;
        failures = 0;
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
        if (++failures === PATIENCE) break;
      }
    }
  }
  return done;
}
