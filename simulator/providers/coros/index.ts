import { Hono } from "hono";
import type { ProviderFactory } from "../../provider.ts";
import { api, createFiles, type Mood, type Rate } from "./api.ts";
import { refused, tooMany } from "./errors.ts";
import { createGrants } from "./grants.ts";
import { createHooks } from "./hooks.ts";
import { accessToken, authorize, bindState, deauthorize, refreshToken } from "./oauth.ts";
import { labelId, type Settings } from "./workouts.ts";

interface Configuration {
  callback_url?: string | null;
  clients?: Record<string, string>;
  file_s?: number;
  per_s?: number | null;
  refuse?: string | null;
  multisport?: string[];
}

const FILE_S = 7200;
/** What `npm start` enters in the portal for us. */
const CALLBACK = globalThis.process?.env?.SIM_COROS_CALLBACK || null;
const CLIENT = globalThis.process?.env?.SIM_COROS_CLIENT || null;

/** COROS' partner API as docs/providers/coros.md knows it. */
export const coros: ProviderFactory = (world) => {
  const grants = createGrants(world);
  const settings: Settings = { file_s: FILE_S, multisport: new Set() };
  const files = createFiles(world, settings);
  const hooks = createHooks(world, grants, settings, files);
  const rate: Rate = { per_s: null, second: 0, used: 0 };
  const mood: Mood = { refuse: null };

  function enter(): void {
    Object.assign(settings, { file_s: FILE_S, multisport: new Set() });
    Object.assign(rate, { per_s: null });
    mood.refuse = null;
    hooks.setUrl(CALLBACK);
    const at = CLIENT?.indexOf(":") ?? -1;
    if (CLIENT && at > 0) grants.setClient(CLIENT.slice(0, at), CLIENT.slice(at + 1));
  }
  enter();

  const app = new Hono();
  app.on(["GET", "POST"], "/oauth2/authorize", authorize(world, grants));
  app.post("/oauth2/accesstoken", accessToken(world, grants));
  app.post("/oauth2/refresh-token", refreshToken(grants));
  app.on(["GET", "POST"], "/oauth2/deauthorize", deauthorize(grants));
  app.get("/coros/bindState", bindState(world, grants));
  app.route("/", api(world, grants, settings, files, rate, mood));
  app.notFound(() => refused("1001"));

  return {
    id: "coros",
    name: "COROS",
    hosts: { "open.coros.com": app, ...files.hosts },
    externalId: labelId,
    rateLimited: tooMany,
    expireTokens: (person) => grants.expire(person),
    // Nothing tells of it: the next call is refused.
    revoke: async (person) => grants.end(person),
    resetLimits() {
      rate.used = 0;
    },
    /**
     * `callback_url`: the workout push URL, null: none; `clients`: `{id: secret}`; `file_s`: life of a file's address; `per_s`: calls a
     * second, null: any; `refuse`: the code that every data call is refused with, null: none; `multisport`: keys of rides that went on
     * as a run.
     */
    configure(given) {
      const { callback_url, clients, file_s, per_s, refuse, multisport } = given as Configuration;
      if (callback_url !== undefined) hooks.setUrl(callback_url);
      for (const [client, secret] of Object.entries(clients ?? {})) grants.setClient(client, secret);
      if (file_s !== undefined) settings.file_s = file_s;
      if (per_s !== undefined) rate.per_s = per_s;
      if (refuse !== undefined) mood.refuse = refuse;
      if (multisport !== undefined) settings.multisport = new Set(multisport);
    },
    changed: (change) => hooks.changed(change),
    reset() {
      grants.reset();
      enter();
    },
    save: () => ({ grants: grants.save() }),
    load(saved) {
      grants.load((saved as { grants?: unknown } | undefined)?.grants);
    },
  };
};
