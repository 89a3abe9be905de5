import { Hono } from "hono";
import { localDay } from "../../calendar.ts";
import type { Life } from "../../life.ts";
import { sleepsOn } from "../../night.ts";
import type { ProviderFactory } from "../../provider.ts";
import { api, collectionsFor, type Settings } from "./api.ts";
import { createGrants } from "./grants.ts";
import { createLimits } from "./limits.ts";
import { workoutId } from "./moments.ts";
import { sleepId } from "./nights.ts";
import { authorize, legacyRevoke, legacyToken, type Registered, revoke, token } from "./oauth.ts";
import { createSubscriptions, type Event } from "./subscriptions.ts";

const PAGE_SIZE = 5000;
const DAY_MS = 86_400_000;
/** A phone hands its ring's steps over so often. */
const HOUR_MS = 3_600_000;
/** What is made of a morning, besides the night itself. */
const OF_MORNING = ["daily_sleep", "daily_readiness", "daily_spo2", "daily_resilience"];

/** Oura API v2 as docs/providers/oura.md knows it. */
export const oura: ProviderFactory = (world) => {
  const grants = createGrants(world);
  const limits = createLimits(world);
  const subscriptions = createSubscriptions(world, grants);
  const registered: Registered = { clients: null, redirect_uris: null, portal: "new" };
  const settings: Settings = { page_size: PAGE_SIZE, lapsed: [], types: new Map(), gone: new Set() };

  const cloud = new Hono();
  cloud.on(["GET", "POST"], "/oauth/authorize", authorize(world, grants, registered));
  const moi = new Hono();
  moi.on(["GET", "POST"], "/oauth/v2/ext/oauth-authorize", authorize(world, grants, registered));
  moi.post("/oauth/v2/ext/oauth-token", token(grants, registered));
  moi.post("/oauth/v2/ext/oauth-revoke", revoke(grants, registered));
  const data = new Hono();
  data.post("/oauth/token", legacyToken(grants, registered));
  data.post("/oauth/revoke", legacyRevoke(grants, registered));
  data.route("/v2/webhook/subscription", subscriptions.routes);
  data.route("/v2/usercollection", api(world, grants, limits, settings));
  data.notFound((c) => c.json({ detail: "Not Found" }, 404));

  /** The documents of a day that the passing time made or changed. */
  async function tellOf(life: Life, day: number, from: number, to: number): Promise<void> {
    const collections = collectionsFor(settings);
    const idOf = (name: string) =>
      collections[name]![1](life, day, day, to).find(
        ({ make }) => make().day === new Date(day * DAY_MS).toISOString().slice(0, 10),
      )?.id;
    const ended = sleepsOn(life, day, to).filter(({ end }) => end > from);
    const events: Event[] = ended.map((sleep) => ({
      event_type: "create",
      data_type: "sleep",
      object_id: sleepId(life, sleep),
    }));
    if (ended.some(({ type }) => type === "main")) {
      for (const name of OF_MORNING) {
        const id = idOf(name);
        if (id) events.push({ event_type: "create", data_type: name, object_id: id });
      }
    }
    const isHandedOver = Math.floor(from / HOUR_MS) < Math.floor(to / HOUR_MS);
    const isToday = day === localDay(life.person.home.zone, to);
    const activity = isToday && isHandedOver ? idOf("daily_activity") : undefined;
    if (activity) events.push({ event_type: "update", data_type: "daily_activity", object_id: activity });
    for (const event of events) await subscriptions.tell(life, event);
  }

  return {
    id: "oura",
    name: "Oura",
    hosts: { "cloud.ouraring.com": cloud, "moi.ouraring.com": moi, "api.ouraring.com": data },
    externalId: workoutId,
    rateLimited: () => limits.refusal(),
    expireTokens: (person) => grants.expire(person),
    revoke: async (person) => grants.endOf(person).length,
    resetLimits: () => limits.reset(),
    /**
     * `access_token`, `application`: requests in five minutes; `clients`, `redirect_uris`: lists, null: any; `portal`: "new" or "old";
     * `page_size`; `lapsed`: people; `types`: sleeps by id → type; `gone`: ids of documents.
     */
    configure({ access_token, application, clients, redirect_uris, portal, page_size, lapsed, types, gone }) {
      if (access_token !== undefined) limits.set({ access_token: access_token as number });
      if (application !== undefined) limits.set({ application: application as number });
      if (clients !== undefined) registered.clients = clients as string[] | null;
      if (redirect_uris !== undefined) registered.redirect_uris = redirect_uris as string[] | null;
      if (portal !== undefined) registered.portal = portal as Registered["portal"];
      if (page_size !== undefined) settings.page_size = page_size as number;
      if (lapsed !== undefined) settings.lapsed = lapsed as string[];
      for (const [id, type] of Object.entries((types as Record<string, string> | undefined) ?? {}))
        settings.types.set(id, type);
      for (const id of (gone as string[] | undefined) ?? []) settings.gone.add(id);
    },
    async changed({ life, activity, kind }) {
      if (activity.copy_of !== null) return;
      await subscriptions.tell(life, { event_type: kind, data_type: "workout", object_id: workoutId(activity, life) });
    },
    async passed(from, to) {
      for (const life of world.lives) {
        if (life.person.months === 0 || grants.of(life.person.key).length === 0) continue;
        const today = localDay(life.person.home.zone, to);
        for (const day of [today - 1, today, today + 1]) await tellOf(life, day, from, to);
      }
    },
    reset() {
      grants.reset();
      limits.reset();
      subscriptions.reset();
      Object.assign(registered, { clients: null, redirect_uris: null, portal: "new" });
      Object.assign(settings, { page_size: PAGE_SIZE, lapsed: [] });
      settings.types.clear();
      settings.gone.clear();
    },
    save: () => ({ grants: grants.save(), subscriptions: subscriptions.save() }),
    load(saved) {
      const { grants: kept, subscriptions: told } = (saved ?? {}) as { grants?: unknown; subscriptions?: unknown };
      grants.load(kept);
      subscriptions.load(told);
    },
  };
};
