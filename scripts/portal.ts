/** What an operator enters in each provider's portal by hand, told to the simulated ones: the application, and where it is pushed to. */
import { createHmac } from "node:crypto";
import type { Variables } from "./variables.ts";

/** Providers by the names of their variables; `.dev.vars.example` explains each. */
export const CLOUD = ["STRAVA", "GARMIN", "OURA", "WHOOP", "FITBIT", "POLAR", "COROS"];

/** `SIM_<PROVIDER>_CLIENT` is `id:secret`, `SIM_<PROVIDER>_CALLBACK` the webhook with its path secret (docs/push.md). */
export function portalOf(variables: Variables, address: string): Record<string, string> {
  const entered: Record<string, string> = {};
  const secret = variables.SESSION_SECRET?.split(",")[0]?.trim() ?? "";
  for (const name of CLOUD) {
    const [id, key] = [variables[`${name}_CLIENT_ID`], variables[`${name}_CLIENT_SECRET`]];
    if (!id || !key) continue;
    const provider = name.toLowerCase();
    const path = createHmac("sha256", secret).update(`webhook:${provider}`).digest("hex").slice(0, 32);
    entered[`SIM_${name}_CLIENT`] = `${id}:${key}`;
    entered[`SIM_${name}_CALLBACK`] = `${address}/api/webhooks/${provider}/${path}`;
  }
  return entered;
}
