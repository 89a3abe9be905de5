import { Hono } from "hono";
import type { ProviderFactory } from "../../provider.ts";
import { api, type Settings } from "./api.ts";
import { bare } from "./errors.ts";
import { createGrants } from "./grants.ts";
import { createHooks } from "./hooks.ts";
import { createLimits } from "./limits.ts";
import { type Allowed, authorize, token } from "./oauth.ts";
import { workoutId } from "./records.ts";

interface Configuration {
  clients?: string[] | null;
  redirect_uris?: string[] | null;
  webhook_urls?: string[];
  limits?: [minute: number, day: number];
  inactive?: string[];
  edit_sleep?: { person: string; key: string; end: number | null };
}

/** WHOOP API v2 as docs/providers/whoop.md knows it. */
export const whoop: ProviderFactory = (world) => {
  const grants = createGrants(world);
  const limits = createLimits(world);
  const settings: Settings = { edits: new Map(), inactive: new Set() };
  const hooks = createHooks(world, grants, settings);
  const allowed: Allowed = { clients: null, redirect_uris: null };
  const app = new Hono();
  app.on(["GET", "POST"], "/oauth/oauth2/auth", authorize(world, grants, allowed));
  app.post("/oauth/oauth2/token", token(grants));
  app.route("/developer", api(world, grants, limits, settings));
  app.notFound(() => bare(404));

  return {
    id: "whoop",
    name: "WHOOP",
    hosts: { "api.prod.whoop.com": app },
    externalId: workoutId,
    rateLimited: () => limits.refusal(),
    expireTokens: (person) => grants.expire(person),
    // Nothing tells of it: the next call is refused.
    revoke: async (person) => grants.end(person),
    resetLimits: () => limits.reset(),
    /**
     * `clients`, `redirect_uris`: lists, null: any; `webhook_urls`: as entered in the dashboard; `limits`: [minute, day]; `inactive`:
     * people whose membership has ended; `edit_sleep`: a sleep's new end, ms, or null where it is deleted.
     */
    configure(given) {
      const { clients, redirect_uris, webhook_urls, limits: most, inactive, edit_sleep } = given as Configuration;
      if (clients !== undefined) allowed.clients = clients;
      if (redirect_uris !== undefined) allowed.redirect_uris = redirect_uris;
      if (webhook_urls !== undefined) hooks.setUrls(webhook_urls);
      if (most !== undefined) limits.set(most);
      if (inactive !== undefined) settings.inactive = new Set(inactive);
      if (edit_sleep === undefined) return;
      const { person, key, end } = edit_sleep;
      const life = world.lives.find((one) => one.person.key === person);
      if (!life) throw new RangeError(`nobody is called ${person}`);
      settings.edits.set(`${person} ${key}`, end);
      void hooks.edited(life, key, end === null ? "deleted" : "updated");
    },
    changed: (change) => hooks.changed(change),
    passed: (from, to) => hooks.passed(from, to),
    reset() {
      grants.reset();
      limits.reset();
      hooks.reset();
      settings.edits.clear();
      settings.inactive.clear();
      Object.assign(allowed, { clients: null, redirect_uris: null });
    },
    save: () => grants.save(),
    load: (saved) => grants.load(saved),
  };
};
