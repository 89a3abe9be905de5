import process from "node:process";
import { Hono } from "hono";
import { localDay } from "../../calendar.ts";
import { json } from "../../json.ts";
import type { Life } from "../../life.ts";
import { sleepsOn } from "../../night.ts";
import type { ProviderFactory } from "../../provider.ts";
import { pulseOn } from "../../pulse.ts";
import { api } from "./api.ts";
import { exhausted, notFound } from "./errors.ts";
import { createGrants, type Grant } from "./grants.ts";
import { authorize, lifeOf, revoke, token } from "./oauth.ts";
import { exerciseId, exerciseOf, nightId } from "./sessions.ts";
import { type Settings, usualSettings } from "./settings.ts";
import { createWebhooks, type News } from "./webhooks.ts";

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;
/** After the watch handed a night over, and once more when its stages have been found. */
const NIGHT_MS = [9 * 60_000, 14 * 60_000];

/** Google's OAuth and the Google Health API v4 as docs/providers/fitbit.md knows them. */
export const fitbit: ProviderFactory = (world) => {
  let settings: Settings = usualSettings(world);
  const grants = createGrants(world, () => settings.testing);
  const webhooks = createWebhooks(world, grants, () => settings, process.env.SIM_FITBIT_CALLBACK);
  const data = api(world, grants, () => settings);

  const accounts = new Hono();
  accounts.on(["GET", "POST"], "/o/oauth2/v2/auth", authorize(world, grants));
  const oauth2 = new Hono();
  oauth2.post("/token", token(grants));
  oauth2.post(
    "/revoke",
    revoke(grants, ({ person }) => goodbye(lifeOf(world, person))),
  );
  const health = new Hono();
  health.route("/v4/projects", webhooks.routes);
  health.route("/v4/users", data.app);
  const gstatic = new Hono();
  gstatic.get("/googlehealthapi/webhooks/webhooks_public_keyset.json", async () =>
    json(await webhooks.signer.keyset()),
  );
  for (const app of [accounts, oauth2, health, gstatic]) app.notFound(() => notFound());

  function goodbye(life: Life | undefined): void {
    if (!life) return;
    webhooks.withdrawn(life);
    void webhooks.flush();
  }

  return {
    id: "fitbit",
    name: "Fitbit (Google Health)",
    hosts: {
      "accounts.google.com": accounts,
      "oauth2.googleapis.com": oauth2,
      "health.googleapis.com": health,
      "www.gstatic.com": gstatic,
    },
    externalId: (activity, life) => exerciseId(life, activity),
    rateLimited: exhausted,
    expireTokens: (person) => grants.expire(person),
    async revoke(person) {
      const gone = grants.endOf(person);
      if (gone.length > 0) webhooks.withdrawn(lifeOf(world, person)!);
      await webhooks.flush();
      return gone.length;
    },
    resetLimits: () => data.resetLimits(),
    /** `Settings`, each by name. `rotate_key`: notices are signed by a new key from now on. */
    configure({ rotate_key, ...given }) {
      if (rotate_key) webhooks.signer.rotate();
      settings = { ...settings, ...(given as Partial<Settings>) };
    },
    async changed({ life, activity, kind }) {
      // A second upload of one ride is no exercise of its own.
      if (activity.copy_of !== null) return;
      const { start, end, offset_s } = exerciseOf(life, activity);
      const operation = kind === "delete" ? "DELETE" : "UPSERT";
      const recordId = exerciseId(life, activity);
      webhooks.tell([{ life, type: "exercise", operation, from: start, to: end, offset_s, recordId }]);
      await webhooks.flush();
    },
    async passed(from, to) {
      for (const life of peopleOf(grants.all()))
        webhooks.tell([...nightNews(life, from, to), ...dayNews(life, from, to)]);
      await webhooks.flush();
    },
    reset() {
      grants.reset();
      webhooks.reset();
      data.resetLimits();
      settings = usualSettings(world);
    },
    save: () => ({ grants: grants.save(), subscribers: webhooks.save() }),
    load(saved) {
      const kept = (saved ?? {}) as { grants?: unknown; subscribers?: unknown };
      grants.load(kept.grants);
      webhooks.load(kept.subscribers);
    },
  };

  function peopleOf(all: Grant[]): Life[] {
    return [...new Set(all.map(({ person }) => person))].flatMap((person) => lifeOf(world, person) ?? []);
  }
};

/** Nights that were handed over in (from, to], and what is derived of them. */
function nightNews(life: Life, from: number, to: number): News[] {
  const news: News[] = [];
  const { zone } = life.person.home;
  for (let day = localDay(zone, from) - 1; day <= localDay(zone, to) + 1; day++) {
    for (const sleep of sleepsOn(life, day, to)) {
      const times = NIGHT_MS.filter((ms) => sleep.end + ms > from && sleep.end + ms <= to);
      const about = { life, operation: "UPSERT", offset_s: sleep.end_offset_s } as const;
      for (const _ of times) {
        news.push({ ...about, type: "sleep", from: sleep.start, to: sleep.end, recordId: nightId(life, sleep) });
      }
      if (!times.includes(NIGHT_MS[1]!) || sleep.type !== "main") continue;
      // The whole civil day.
      const midnight = sleep.day * DAY_MS - sleep.end_offset_s * 1000;
      for (const type of ["daily-resting-heart-rate", "daily-heart-rate-variability", "daily-oxygen-saturation"]) {
        news.push({ ...about, type, from: midnight, to: midnight + DAY_MS });
      }
    }
  }
  return news;
}

/** Steps and heartbeats, as the phone hands them over each quarter of an hour. */
function dayNews(life: Life, from: number, to: number): News[] {
  const [last, now] = [from, to].map((ms) => Math.floor(ms / QUARTER_MS) * QUARTER_MS) as [number, number];
  const pulse = pulseOn(life, localDay(life.person.home.zone, now), now);
  if (!pulse || pulse.heart.length === 0) return [];
  const start = Math.max(last, pulse.start);
  if (start >= now) return [];
  const about = { life, operation: "UPSERT", from: start, to: now, offset_s: pulse.utc_offset_s } as const;
  return [
    { ...about, type: "steps" },
    { ...about, type: "heart-rate" },
  ];
}
