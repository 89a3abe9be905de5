import { Hono } from "hono";
import type { ProviderFactory } from "../../provider.ts";
import { api } from "./api.ts";
import { createGrants, type Grant } from "./grants.ts";
import { createLimits } from "./limits.ts";
import { type Allowed, authorize, deauthorize, revoke, token } from "./oauth.ts";
import { activityId } from "./shape.ts";
import { createSubscriptions } from "./subscriptions.ts";

/** Strava API v3 as docs/providers/strava.md knows it. */
export const strava: ProviderFactory = (world) => {
  const grants = createGrants(world);
  const limits = createLimits(world);
  const subscriptions = createSubscriptions(world, grants);
  const allowed: Allowed = { clients: null, callback_domains: null };
  const app = new Hono();
  const goodbye = (grant: Grant) => void subscriptions.deauthorized([grant]);
  for (const path of ["/oauth/authorize", "/oauth/mobile/authorize", "/api/v3/oauth/authorize"]) {
    app.on(["GET", "POST"], path, authorize(world, grants, allowed));
  }
  for (const path of ["/oauth/token", "/api/v3/oauth/token"]) app.post(path, token(world, grants));
  app.post("/oauth/revoke", revoke(grants, goodbye));
  app.post("/oauth/deauthorize", deauthorize(grants, goodbye));
  app.route("/api/v3/push_subscriptions", subscriptions.routes);
  app.route("/api/v3", api(world, grants, limits));
  app.notFound((c) => c.json({ message: "Record Not Found", path: c.req.path }, 404));

  return {
    id: "strava",
    name: "Strava",
    hosts: { "www.strava.com": app },
    externalId: activityId,
    rateLimited: () => limits.refusal(),
    expireTokens: (person) => grants.expire(person),
    async revoke(person) {
      const gone = grants.endOf(person);
      await subscriptions.deauthorized(gone);
      return gone.length;
    },
    resetLimits: () => limits.reset(),
    /** `overall`, `read`: [quarter, day]; `clients`, `callback_domains`: lists, null: any; `webhook_key`: text or null. */
    configure({ overall, read, clients, callback_domains, webhook_key }) {
      limits.set({ overall, read } as Parameters<typeof limits.set>[0]);
      if (clients !== undefined) allowed.clients = clients as string[] | null;
      if (callback_domains !== undefined) allowed.callback_domains = callback_domains as string[] | null;
      if (webhook_key !== undefined) subscriptions.setKey(webhook_key as string | null);
    },
    changed: (change) => subscriptions.changed(change),
    reset() {
      grants.reset();
      limits.reset();
      Object.assign(allowed, { clients: null, callback_domains: null });
      subscriptions.reset();
    },
    save: () => ({ grants: grants.save(), subscriptions: subscriptions.save() }),
    load(saved) {
      const { grants: kept, subscriptions: told } = (saved ?? {}) as { grants?: unknown; subscriptions?: unknown };
      grants.load(kept);
      subscriptions.load(told);
    },
  };
};
