import { type Context, Hono } from "hono";
import type { Activity } from "../../activity.ts";
import { json } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { World } from "../../provider.ts";
import { dice } from "../../random.ts";
import { detailedAthlete, summaryAthlete } from "./athlete.ts";
import { detailedActivity, laps } from "./detail.ts";
import { refusal, unauthorized } from "./errors.ts";
import type { Grant, Grants } from "./grants.ts";
import type { Limits } from "./limits.ts";
import { bearerOf, lifeOf } from "./oauth.ts";
import { activityId, shownStart, summaryActivity } from "./shape.ts";
import { streamsOf } from "./streams.ts";

type Env = { Variables: { grant: Grant; life: Life } };

/** The data calls under /api/v3: token, then limits, then scope, then the answer. */
export function api(world: World, grants: Grants, limits: Limits): Hono<Env> {
  const app = new Hono<Env>();

  app.use(async (c, next) => {
    const token = bearerOf(c);
    const grant = token === null ? null : grants.byAccess(token);
    if (!grant) return unauthorized("Athlete", "access_token", "invalid");
    const spent = limits.spend(grant.client, c.req.method === "GET");
    if (spent.refused) return spent.refused;
    c.set("grant", grant);
    c.set("life", lifeOf(world, grant.person)!);
    await next();
    for (const [name, value] of Object.entries(spent.headers)) c.res.headers.set(name, value);
  });

  app.get("/athlete", (c) => {
    const { grant, life } = c.var;
    return json(grant.scopes.includes("profile:read_all") ? detailedAthlete(life) : summaryAthlete(life));
  });

  app.use("/athlete/activities", mayReadActivities);
  app.use("/activities/*", mayReadActivities);

  app.get("/athlete/activities", (c) => {
    const { grant, life } = c.var;
    const before = epoch(c, "before");
    const after = epoch(c, "after");
    const page = Math.max(1, epoch(c, "page") ?? 1);
    const size = Math.max(1, Math.min(200, epoch(c, "per_page") ?? 30));
    const within = life.activities(world.now()).filter((activity) => {
      const start = shownStart(activity) / 1000;
      return (before === null || start < before) && (after === null || start > after);
    });
    // Newest first – unless only `after` is given. Several may share a start, so the id decides.
    const ordered = within.sort((a, b) => shownStart(b) - shownStart(a) || compareIds(b, a, life));
    if (after !== null && before === null) ordered.reverse();
    const shown = pageOf(ordered, page, size, life, (activity) => sees(grant, activity));
    return json(shown.map((activity) => summaryActivity(activity, life)));
  });

  app.get("/activities/:id", (c) => withActivity(c, world, (activity, life) => json(detailedActivity(activity, life))));

  app.get("/activities/:id/streams", (c) =>
    withActivity(c, world, (activity, life) => {
      const keys = (c.req.query("keys") ?? "").split(",").filter(Boolean);
      const streams = streamsOf(activity, life, keys);
      if (!streams) return notFound();
      if (c.req.query("key_by_type") === "true") return json(streams);
      return json(Object.entries(streams).map(([type, stream]) => ({ type, ...stream })));
    }),
  );

  app.get("/activities/:id/laps", (c) => withActivity(c, world, (activity, life) => json(laps(activity, life))));

  app.get("/activities/:id/zones", (c) =>
    withActivity(c, world, (activity, life) =>
      life.person.subscriber
        ? json(heartZones(activity, life))
        : refusal(402, "Payment Required", ["Athlete", "subscription", "required"]),
    ),
  );

  app.notFound(() =>
    json({ message: "Record Not Found", errors: [{ resource: "resource", field: "path", code: "invalid" }] }, 404),
  );
  return app;
}

async function mayReadActivities(c: Context<Env>, next: () => Promise<void>): Promise<Response | undefined> {
  const { scopes } = c.var.grant;
  if (!scopes.includes("activity:read") && !scopes.includes("activity:read_all")) {
    return unauthorized("AccessToken", "activity:read_permission", "missing");
  }
  await next();
}

const sees = (grant: Grant, activity: Activity): boolean =>
  activity.visibility !== "only_me" || grant.scopes.includes("activity:read_all");

/** Pages are cut first and hidden items taken out afterwards, so that a short page in the middle is no end. */
function pageOf(
  all: Activity[],
  page: number,
  size: number,
  life: Life,
  shown: (activity: Activity) => boolean,
): Activity[] {
  // Small pages would come out empty, which does mean the end: there what is hidden goes first.
  if (size < 10) return all.filter(shown).slice((page - 1) * size, page * size);
  const held = (activity: Activity) => dice(life.person.seed, activity.key, "held").chance(0.025);
  // Beside some activities lies one that Strava holds back and never shows.
  const places = all.flatMap((activity) => (held(activity) ? [activity, null] : [activity]));
  return places.slice((page - 1) * size, page * size).filter((one): one is Activity => one !== null && shown(one));
}

/** The athlete's activity of that id. What is deleted or not to be seen is an empty 404, what never was one with words. */
function withActivity(c: Context<Env>, world: World, answer: (activity: Activity, life: Life) => Response): Response {
  const { grant, life } = c.var;
  const id = c.req.param("id") ?? "";
  const activity = life.activities(world.now()).find((one) => activityId(one, life) === id);
  if (!activity)
    return life.removed().some((one) => activityId(one, life) === id) ? new Response("", { status: 404 }) : notFound();
  return sees(grant, activity) ? answer(activity, life) : new Response("", { status: 404 });
}

const notFound = (): Response => refusal(404, "Record Not Found", ["Activity", "id", "not found"]);

const compareIds = (a: Activity, b: Activity, life: Life): number =>
  BigInt(activityId(a, life)) < BigInt(activityId(b, life)) ? -1 : 1;

function epoch(c: Context, name: string): number | null {
  const value = c.req.query(name);
  return value === undefined || !/^\d+$/.test(value) ? null : Number(value);
}

/** Seconds in five zones of the heart rate. */
function heartZones(activity: Activity, life: Life) {
  const streams = streamsOf(activity, life, ["heartrate"]);
  if (!streams) return [];
  const top = life.person.max_heart_rate_bpm;
  const edges = [0, 0.65, 0.8, 0.87, 0.94].map((share) => Math.round(share * top));
  const beats = streams.heartrate!.data as (number | null)[];
  const buckets = edges.map((min, i) => {
    const max = edges[i + 1] ?? -1;
    return { min, max, time: beats.filter((beat) => beat !== null && beat >= min && (max < 0 || beat < max)).length };
  });
  return [
    {
      type: "heartrate",
      resource_state: 3,
      sensor_based: true,
      points: 0,
      custom_zones: false,
      distribution_buckets: buckets,
    },
  ];
}
