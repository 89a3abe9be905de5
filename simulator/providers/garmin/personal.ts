import { type Context, Hono } from "hono";
import { json } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { World } from "../../provider.ts";
import { entries } from "./activities.ts";
import type { Grants } from "./grants.ts";
import { lifeOf } from "./oauth.ts";
import { activityDetail, activityItem } from "./personal_activities.ts";
import {
  daySummary,
  dayV2,
  heartRates,
  hrvNight,
  hrvSummary,
  nightDetail,
  nightSummary,
  spo2Hours,
  stepsOfDay,
  stressOfDay,
  weights,
} from "./personal_days.ts";
import { profileOf } from "./personal_words.ts";
import type { Settings } from "./settings.ts";

type Env = { Variables: { life: Life } };

const RETRY_S = "14";
const WORK_MS = 3;
const DATE = /^\d{4}-\d\d-\d\d$/;
const PREFIXES =
  /^\/(activity|activitylist|biometric|fitnessage|goal|hrv|nutrition|periodichealth|sleep|usersummary|userprofile|weight|wellness|wellnessactivity)-service\//;

const empty = (status: number, headers: Record<string, string> = {}): Response =>
  new Response(null, { status, headers });

/** The personal API: a key for a bearer, and reads of one's own data. Bodies of refusals are unknown, so there are none. */
export function personal(world: World, grants: Grants, settings: () => Settings) {
  let running = 0;
  const app = new Hono<Env>();

  app.post("/personalapitoken-service/personal-api/personal-api-key/token", async (c) => {
    const key = /^ApiKey (\S+)$/.exec(c.req.header("authorization") ?? "")?.[1];
    if ((await c.req.text()) !== "") return empty(400);
    const bearer = key === undefined ? null : grants.bearerFor(key);
    return bearer ? json(bearer, 200, { "cache-control": "no-store" }) : empty(401);
  });

  app.use(async (c, next) => {
    if (!PREFIXES.test(c.req.path)) return empty(404);
    const bearer = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const person = bearer === undefined ? null : grants.byBearer(bearer);
    if (person === null) return empty(401);
    if (running >= settings().parallel) return empty(429, { "retry-after": RETRY_S });
    running++;
    try {
      // As long as a read takes others can run beside it.
      await new Promise((resolve) => setTimeout(resolve, WORK_MS));
      c.set("life", lifeOf(world, person)!);
      await next();
    } finally {
      running--;
    }
  });

  const dayOf = (text: string | undefined): number | null =>
    text !== undefined && DATE.test(text) ? Date.parse(`${text}T00:00:00Z`) / 86_400_000 : null;

  /** Days of a range, or 400 where it is none or longer than `most`. */
  function range(from: string | undefined, to: string | undefined, most: number): number[] | Response {
    const [first, last] = [dayOf(from), dayOf(to)];
    if (first === null || last === null || last < first || last - first + 1 > most) return empty(400);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  }

  /** Answers one item a day, days without any left out. */
  function list<T>(
    days: number[] | Response,
    of: (day: number) => T | null,
    wrap: (items: T[]) => unknown = (items) => items,
  ): Response {
    return days instanceof Response ? days : json(wrap(days.map(of).filter((one) => one !== null)));
  }

  /** One day: what is not there is an empty answer of the given kind. */
  function one(text: string | undefined, of: (day: number) => unknown, none: 204 | "null" = 204): Response {
    const day = dayOf(text);
    if (day === null) return empty(400);
    const found = of(day);
    return found === null ? (none === 204 ? empty(204) : json(null)) : json(found);
  }

  const query = (c: Context) => c.req.query();

  app.get("/activitylist-service/activities/search/activities", (c) => {
    const { start = "0", limit = "20", startDate, endDate, activityType, sortOrder, excludeChildren } = query(c);
    if (![start, limit].every((text) => /^\d+$/.test(text)) || Number(limit) > 1000) return empty(400);
    if ([startDate, endDate].some((text) => text !== undefined && !DATE.test(text))) return empty(400);
    const found = entries(c.var.life, world.now()).filter((entry) => {
      const { start: instant, utc_offset_s } = entry.activity;
      const date = new Date(instant + utc_offset_s * 1000).toISOString().slice(0, 10);
      if (startDate !== undefined && date < startDate) return false;
      if (endDate !== undefined && date > endDate) return false;
      if (activityType !== undefined && entry.type.toLowerCase() !== activityType) return false;
      return excludeChildren !== "true" || entry.parent === null;
    });
    // Newest first; of one start, the later id.
    const order = sortOrder === "asc" ? 1 : -1;
    found.sort((a, b) => order * (a.activity.start - b.activity.start || a.id - b.id));
    const page = found.slice(Number(start), Number(start) + Number(limit));
    return json(page.map((entry) => activityItem(c.var.life, entry)));
  });

  app.get("/activity-service/activity/:id", (c) => {
    const found = entries(c.var.life, world.now()).find((entry) => String(entry.id) === c.req.param("id"));
    return found ? json(activityDetail(c.var.life, found)) : empty(404);
  });
  app.get("/activity-service/activity/:id/workouts", () => json([]));

  app.get("/usersummary-service/usersummary/daily", (c) =>
    one(query(c).calendarDate, (day) => daySummary(c.var.life, day, world.now()), "null"),
  );
  // The prefix of this one was never seen: any that is allowed does.
  app.get("/:service/*", async (c, next) => {
    const { startDate, endDate } = query(c);
    if (c.req.path.endsWith("/v2/dailysummaries")) {
      return list(
        range(startDate, endDate, 35),
        (day) => dayV2(c.var.life, day, world.now()),
        (data) => ({ data }),
      );
    }
    if (c.req.path.endsWith("/dailySleepSummariesByDate")) {
      return list(range(startDate, endDate, 31), (day) => nightSummary(c.var.life, day, world.now()));
    }
    await next();
  });

  app.get("/usersummary-service/stats/:what/daily/:from/:to", (c) => {
    const { what, from, to } = c.req.param();
    const days = range(from, to, 28);
    const { life } = c.var;
    if (what === "steps") return list(days, (day) => stepsOfDay(life, day, world.now()));
    if (what === "stress") return list(days, (day) => stressOfDay(life, day, world.now()));
    // Nobody notes what they drink.
    return what === "hydration" ? list(days, () => null) : empty(404);
  });

  app.get("/wellness-service/wellness/dailyHeartRate", (c) =>
    one(query(c).date, (day) => heartRates(c.var.life, day, world.now()), "null"),
  );
  app.get("/wellness-service/wellness/daily/spo2acclimation/:date", (c) =>
    one(c.req.param("date"), (day) => spo2Hours(c.var.life, day, world.now())),
  );
  app.get("/sleep-service/sleep/dailySleepData", (c) =>
    one(query(c).date, (day) => nightDetail(c.var.life, day, world.now())),
  );
  app.get("/hrv-service/hrv/daily/:from/:to", (c) => {
    const { from, to } = c.req.param();
    return list(
      range(from, to, 35),
      (day) => hrvSummary(c.var.life, day, world.now()),
      (hrvSummaries) => ({
        hrvSummaries,
        userProfilePk: profileOf(c.var.life),
      }),
    );
  });
  app.get("/hrv-service/hrv/:date", (c) => one(c.req.param("date"), (day) => hrvNight(c.var.life, day, world.now())));
  app.get("/weight-service/weight/range/:from/:to", (c) => {
    const { from, to } = c.req.param();
    return list(
      range(from, to, 366),
      (day) => weights(c.var.life, day, world.now()),
      (found) => ({
        dailyWeightSummaries: found,
      }),
    );
  });

  return {
    app,
    resetLimits() {
      running = 0;
    },
  };
}
