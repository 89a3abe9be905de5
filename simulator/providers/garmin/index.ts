import process from "node:process";
import { Hono } from "hono";
import { json } from "../../json.ts";
import type { ProviderFactory } from "../../provider.ts";
import { activityBody, entriesOf, manualBody, toSummary } from "./activities.ts";
import { api } from "./api.ts";
import { createBackfills } from "./backfill.ts";
import { detailFields } from "./details.ts";
import { tooMany } from "./errors.ts";
import { fitFile } from "./fit.ts";
import { createGrants, type Registration } from "./grants.ts";
import { createNotices } from "./notices.ts";
import {
  accessToken,
  confirm,
  confirm2,
  createVerifier,
  exchange,
  lifeOf,
  permissionsOf,
  requestToken,
  token,
} from "./oauth.ts";
import { personal } from "./personal.ts";
import { type Settings, usualSettings } from "./settings.ts";
import { settingsPages } from "./settings_pages.ts";
import { TYPES, uploadedBetween } from "./types.ts";
import { syncsBetween } from "./uploads.ts";

const DAY_MS = 86_400_000;

/** Garmin as docs/providers/garmin.md and garmin_personal.md know it: the partner programme in both protocols, and the personal API. */
export const garmin: ProviderFactory = (world) => {
  const grants = createGrants(world);
  // "id:secret", for signatures: a consumer's secret never travels.
  const [client, client_secret] = (process.env.SIM_GARMIN_CLIENT ?? "").split(/:(.*)/s);
  const known = () => client && client_secret && grants.setSecret(client, { client_secret });
  const verifier = createVerifier(world, grants);
  let settings: Settings = usualSettings(world);
  const notices = createNotices(world, () => settings);
  const backfills = createBackfills(world, grants, notices, () => settings);
  const data = api(world, grants, verifier, notices, backfills, () => settings);
  const own = personal(world, grants, () => settings);

  const connectapi = new Hono();
  connectapi.post("/oauth-service/oauth/request_token", requestToken(grants, verifier));
  connectapi.post("/oauth-service/oauth/access_token", accessToken(grants, verifier));
  const connect = new Hono();
  connect.on(
    ["GET", "POST"],
    "/oauthConfirm",
    confirm(world, grants, () => settings.permissions),
  );
  connect.on(
    ["GET", "POST"],
    "/oauth2Confirm",
    confirm2(world, grants, () => settings.permissions),
  );
  const diauth = new Hono();
  diauth.post("/di-oauth2-service/oauth/token", token(grants));
  const apis = new Hono();
  apis.post(
    "/partner-gateway/rest/user/token-exchange",
    exchange(grants, verifier, () => settings.exchange),
  );
  apis.route("/wellness-api/rest", data.app);
  // The same user services by their other name.
  apis.route("/partner-gateway/rest", data.app);
  const personalapi = new Hono().route("/", own.app);
  personalapi.notFound(() => new Response(null, { status: 404 }));
  for (const app of [connectapi, connect, diauth, apis]) app.notFound(() => json({ errorMessage: "Not found" }, 404));

  /** The person takes permissions away, or gives them; the application hears of it. */
  async function permit(registration: Registration, permissions: string[]): Promise<void> {
    registration.permissions = permissions;
    world.changed();
    notices.permissionsChanged(registration);
    await notices.flush();
  }

  async function end(gone: Registration[]): Promise<void> {
    for (const registration of gone) {
      notices.goodbye(registration);
      grants.end(registration);
    }
    await notices.flush();
  }

  settingsPages(connect, world, grants, { permit, end, offered: () => settings.permissions });

  /** What a watch handed over in (from, to], ms, to one application. */
  function tellUploads(registration: Registration, from: number, to: number): void {
    const life = lifeOf(world, registration.person);
    if (!life) return;
    for (const type of TYPES.filter((one) => one.permission === "HEALTH_EXPORT" || one.path === "moveiq")) {
      notices.tell(registration, type, uploadedBetween(type, life, from, to));
    }
  }

  function resetLimits(): void {
    data.resetLimits();
    backfills.resetLimits();
    own.resetLimits();
  }

  return {
    id: "garmin",
    name: "Garmin",
    hosts: {
      "connectapi.garmin.com": connectapi,
      "connect.garmin.com": connect,
      "diauth.garmin.com": diauth,
      "apis.garmin.com": apis,
      "personal.connectapi.garmin.com": personalapi,
    },
    externalId: (activity, life) => String(entriesOf(life, activity)[0]!.id),
    rateLimited: tooMany,
    expireTokens: (person) => grants.expire(person),
    async revoke(person) {
      const gone = grants.registrations(person);
      await end(gone);
      return gone.length + Number(grants.endKey(person));
    },
    issueKey: (person, { days = 90 }) => grants.issueKey(person, Number(days)),
    resetLimits,
    /**
     * `Settings`, each by name; `clients`: secrets by client id, as text or `{client_secret, consumer_secret}`;
     * `granted`: permissions by person, as if changed in Garmin Connect.
     */
    configure({ clients, granted, ...given }) {
      for (const [client, secret] of Object.entries(
        (clients ?? {}) as Record<string, string | Record<string, string>>,
      )) {
        grants.setSecret(client, typeof secret === "string" ? { client_secret: secret } : secret);
      }
      for (const [person, permissions] of Object.entries((granted ?? {}) as Record<string, string[]>)) {
        for (const registration of grants.registrations(person)) void permit(registration, permissionsOf(permissions));
      }
      settings = { ...settings, ...(given as Partial<Settings>) };
    },
    async changed({ life, activity, kind }) {
      if (kind === "delete") return;
      const there = entriesOf(life, activity).filter((one) => one.uploaded() <= world.now());
      // What is edited or typed in comes as such, and not again as from the device.
      const byHand = kind === "update" || activity.manual;
      const bodies = byHand
        ? { manuallyUpdatedActivities: manualBody }
        : { activities: activityBody, activityDetails: detailFields };
      for (const registration of grants.registrations(life.person.key)) {
        for (const [path, body] of Object.entries(bodies)) {
          const type = TYPES.find((one) => one.path === path)!;
          notices.tell(
            registration,
            type,
            there.map((entry) => toSummary(life, entry, body)),
          );
        }
        if (!byHand) notices.tellFiles(registration, there, fitFile);
      }
      await notices.flush();
    },
    async passed(from, to) {
      for (const registration of grants.registrations()) {
        if (!registration.greeted) {
          // The first sync after connecting brings the day so far; earlier days are history, for which one asks.
          registration.greeted = true;
          world.changed();
          tellUploads(registration, to - DAY_MS / 2, to);
          continue;
        }
        const life = lifeOf(world, registration.person);
        if (life && syncsBetween(life.person, from, to).length > 0) tellUploads(registration, from, to);
      }
      await backfills.work();
      await notices.flush();
    },
    reset() {
      grants.reset();
      verifier.reset();
      notices.reset();
      backfills.reset();
      resetLimits();
      settings = usualSettings(world);
    },
    save: () => ({ grants: grants.save(), backfills: backfills.save() }),
    load(saved) {
      const kept = (saved ?? {}) as { grants?: unknown; backfills?: unknown };
      grants.load(kept.grants);
      known();
      backfills.load(kept.backfills);
    },
  };
};
