import { Hono } from "hono";
import type { ProviderFactory } from "../../provider.ts";
import { api, type Settings, usualSettings } from "./api.ts";
import { notFound } from "./errors.ts";
import { exerciseId } from "./exercises.ts";
import { createGrants } from "./grants.ts";
import { createHooks } from "./hooks.ts";
import { createLimits } from "./limits.ts";
import { authorize, token } from "./oauth.ts";

interface Configuration {
  limits?: [quarter: number, day: number];
  consents_missing?: string[];
  upload_after_s?: number;
  heart_rate_shape?: Settings["heart_rate_shape"];
  deactivate?: true;
}

/** Polar AccessLink v3 as docs/providers/polar.md knows it. */
export const polar: ProviderFactory = (world) => {
  const grants = createGrants(world);
  const limits = createLimits(world, grants);
  let settings = usualSettings();
  const hooks = createHooks(world, grants, () => settings);
  const flow = new Hono().on(["GET", "POST"], "/oauth2/authorization", authorize(world, grants));
  const remote = new Hono().post("/v2/oauth2/token", token(world, grants));
  const accesslink = new Hono();
  accesslink.route("/v3/webhooks", hooks.routes);
  accesslink.route(
    "/v3",
    api(world, grants, limits, () => settings),
  );
  for (const app of [flow, remote, accesslink]) app.notFound(() => notFound(world, "Not found."));

  return {
    id: "polar",
    name: "Polar",
    hosts: { "flow.polar.com": flow, "polarremote.com": remote, "www.polaraccesslink.com": accesslink },
    externalId: exerciseId,
    rateLimited: () => limits.refusal(),
    // They do not expire.
    expireTokens: () => 0,
    // Nothing tells of it: the next call is refused.
    revoke: async (person) => grants.end(person),
    resetLimits: () => limits.clear(),
    /**
     * `limits`: [quarter, day] whatever the number of people; `consents_missing`: people by key; `upload_after_s`: from the registration
     * until the watch uploads what it holds; `heart_rate_shape`: `wrapped`, `array` or `object`; `deactivate`: webhooks are put to sleep.
     */
    configure(given) {
      const { limits: most, consents_missing, upload_after_s, heart_rate_shape, deactivate } = given as Configuration;
      if (most !== undefined) limits.set(most);
      if (consents_missing !== undefined) settings.consents_missing = new Set(consents_missing);
      if (upload_after_s !== undefined) settings.upload_after_s = upload_after_s;
      if (heart_rate_shape !== undefined) settings.heart_rate_shape = heart_rate_shape;
      if (deactivate) hooks.deactivate();
    },
    changed: (change) => hooks.changed(change),
    passed: (from, to) => hooks.passed(from, to),
    reset() {
      grants.reset();
      limits.reset();
      hooks.reset();
      settings = usualSettings();
    },
    save: () => ({ grants: grants.save(), hooks: hooks.save() }),
    load(saved) {
      const { grants: kept, hooks: told } = (saved ?? {}) as { grants?: unknown; hooks?: unknown };
      grants.load(kept);
      hooks.load(told);
    },
  };
};
