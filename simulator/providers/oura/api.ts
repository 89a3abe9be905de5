import { type Context, Hono } from "hono";
import { buildOf } from "../../condition.ts";
import { json } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { World } from "../../provider.ts";
import * as days from "./days.ts";
import { bare, detail, invalid, notFound } from "./errors.ts";
import type { Grant, Grants } from "./grants.ts";
import type { Limits } from "./limits.ts";
import { batteryRows, heartRows, restModes, sessions, tags, workouts } from "./moments.ts";
import { sleepsFor } from "./nights.ts";
import { bearerOf, lifeOf } from "./oauth.ts";
import { type Collection, type Entry, userId, uuid } from "./shape.ts";

/** What a test, or a person in the app, did to the documents. */
export interface Settings {
  /** Documents of a page. */
  page_size: number;
  /** People whose membership has lapsed. */
  lapsed: string[];
  /** Sleeps by id: what their `type` became. */
  types: Map<string, string>;
  /** Ids that are not there any more. */
  gone: Set<string>;
}

const DAY_MS = 86_400_000;
const MOST_DAYS = 30;
const DAYS_AT_ONCE = 14;
type Env = { Variables: { grant: Grant; life: Life } };

/** Dated collections by path, and the scope each needs. */
export const collectionsFor = (settings: Settings): Record<string, [scope: string, collection: Collection]> => ({
  sleep: ["daily", sleepsFor(settings.types, settings.gone)],
  daily_sleep: ["daily", days.dailySleep],
  daily_readiness: ["daily", days.dailyReadiness],
  daily_activity: ["daily", days.dailyActivity],
  daily_stress: ["daily", days.dailyStress],
  daily_spo2: ["spo2", days.dailySpo2],
  daily_resilience: ["stress", days.dailyResilience],
  daily_cardiovascular_age: ["heart_health", days.cardiovascularAge],
  vO2_max: ["heart_health", days.vo2Max],
  sleep_time: ["daily", days.sleepTime],
  rest_mode_period: ["daily", restModes],
  workout: ["workout", workouts],
  session: ["session", sessions],
  enhanced_tag: ["tag", tags],
  // Superseded by the above; nobody writes into it any more.
  tag: ["tag", () => []],
});

/** The data calls under /v2/usercollection: token, membership, limits, scope, then the answer. */
export function api(world: World, grants: Grants, limits: Limits, settings: Settings): Hono<Env> {
  const app = new Hono<Env>();

  app.use(async (c, next) => {
    const token = bearerOf(c);
    const grant = token === null ? null : grants.byAccess(token);
    if (!token || !grant) return bare(401);
    const refused = limits.spend(grant.client, token);
    if (refused) return refused;
    if (settings.lapsed.includes(grant.person)) return bare(403);
    c.set("grant", grant);
    c.set("life", lifeOf(world, grant.person)!);
    await next();
  });

  app.get("/personal_info", (c) => {
    const { life, grant } = c.var;
    const { person } = life;
    const more = grant.scopes.includes("personal")
      ? {
          age: buildOf(person).age,
          weight: person.weight_kg,
          height: buildOf(person).height_m,
          biological_sex: person.sex === "F" ? "female" : "male",
        }
      : {};
    const email = grant.scopes.includes("email") ? { email: `${person.key}@example.com` } : {};
    return json({ id: userId(life), ...more, ...email });
  });

  app.get("/ring_configuration", (c) => {
    if (!c.var.grant.scopes.includes("ring_configuration")) return bare(401);
    const ring = {
      id: uuid(c.var.life, "ring"),
      color: "stealth_black",
      design: "heritage",
      firmware_version: "3.0.3",
    };
    const data = [{ ...ring, hardware_type: "gen3", set_up_at: "2024-03-09T10:48:37+00:00", size: 11 }];
    return json({ data: c.var.life.person.months === 0 ? [] : data, next_token: null });
  });

  for (const [path, scope, rows] of [
    ["/heartrate", "heartrate", heartRows],
    ["/ring_battery_level", "ring_configuration", batteryRows],
  ] as const) {
    app.get(path, (c) => {
      if (!c.var.grant.scopes.includes(scope)) return bare(401);
      const now = world.now();
      const window = windowOf(c, "start_datetime", "end_datetime", [now - DAY_MS, now]);
      if (window instanceof Response) return window;
      if (window === null) return json({ data: [], next_token: null });
      if (window.to - window.from > MOST_DAYS * DAY_MS) return detail(400, "The range of datetimes is too long.");
      const made = rows(c.var.life, window.from, window.to, now);
      return page(c, c.req.query("latest") === "true" ? made.slice(-1) : made);
    });
  }

  const collections = collectionsFor(settings);
  for (const [path, [scope, collection]] of Object.entries(collections)) {
    app.get(`/${path}`, (c) => {
      if (!c.var.grant.scopes.includes(scope)) return bare(401);
      const today = Math.floor(world.now() / DAY_MS) * DAY_MS;
      const window = windowOf(c, "start_date", "end_date", [today - DAY_MS, today]);
      if (window instanceof Response) return window;
      if (window === null) return json({ data: [], next_token: null });
      const first = Math.floor(window.from / DAY_MS) - 2;
      const last = Math.floor(window.to / DAY_MS) + 2;
      const found = collection(c.var.life, first, last, world.now())
        .filter(({ at, id }) => at >= window.from && at <= window.to && !settings.gone.has(id))
        .sort((a, b) => a.at - b.at);
      return page(c, found, (entry) => entry.make());
    });
    app.get(`/${path}/:id`, (c) => {
      if (!c.var.grant.scopes.includes(scope)) return bare(401);
      const entry = settings.gone.has(c.req.param("id"))
        ? null
        : find(collection, c.var.life, c.req.param("id"), world.now());
      return entry ? json(entry.make()) : notFound();
    });
  }

  /** A page of what was found; the token says where the next begins, and the other parameters come again. */
  function page<Found>(c: Context, found: Found[], show: (one: Found) => unknown = (one) => one): Response {
    const token = c.req.query("next_token");
    const from = token === undefined ? 0 : Number(/^page:(\d+)$/.exec(decode(token))?.[1] ?? Number.NaN);
    if (Number.isNaN(from)) return detail(400, "Invalid next_token");
    const to = from + settings.page_size;
    return json({
      data: found.slice(from, to).map(show),
      next_token: to < found.length ? btoa(`page:${to}`) : null,
    });
  }

  app.notFound(() => json({ detail: "Not Found" }, 404));
  return app;
}

/** Newest first, some days at a time: what is asked for by its id is new as a rule. */
export function find(collection: Collection, life: Life, id: string, now: number): Entry | null {
  for (let last = Math.floor(now / DAY_MS) + 1; last >= life.since - 1; last -= DAYS_AT_ONCE) {
    const found = collection(life, last - DAYS_AT_ONCE + 1, last, now).find((entry) => entry.id === id);
    if (found) return found;
  }
  return null;
}

/** Both ends included; a date is its midnight in UTC. Null: no instants at all, and so nothing. */
function windowOf(
  c: Context,
  start: string,
  end: string,
  [usualFrom, usualTo]: [number, number],
): { from: number; to: number } | Response | null {
  const to = instantOf(c.req.query(end)) ?? usualTo;
  const from = instantOf(c.req.query(start)) ?? (c.req.query(end) === undefined ? usualFrom : to - DAY_MS);
  if (Number.isNaN(from) || Number.isNaN(to)) return null;
  return from > to ? invalid("query", start, "Start date must be before end date") : { from, to };
}

function instantOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  return /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
}

function decode(token: string): string {
  try {
    return atob(token);
  } catch {
    return "";
  }
}
