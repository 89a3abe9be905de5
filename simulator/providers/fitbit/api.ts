import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import { json } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { World } from "../../provider.ts";
import { exhausted, invalid, notFound, notLinked, scopeInsufficient, unauthenticated, withheld } from "./errors.ts";
import { readFilter } from "./filter.ts";
import type { Grants } from "./grants.ts";
import { bearerOf, lifeOf } from "./oauth.ts";
import type { Settings } from "./settings.ts";
import { civil, healthUserId, legacyUserId, type Point, SOURCES } from "./shape.ts";
import { type DataType, daysOf, sumsOf, typeOf } from "./types.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const FAMILIES = ["all-sources", "google-wearables", "google-sources", "self-sources"].map(
  (name) => `users/me/dataSourceFamilies/${name}`,
);
/** Without a size pages are small. */
const USUAL_SIZE = 50;

type Env = { Variables: { life: Life; scopes: string[] } };

/** health.googleapis.com/v4/users: token, then limit, then what stands in the way of all, then scope, then the answer. */
export function api(world: World, grants: Grants, settings: () => Settings) {
  const app = new Hono<Env>();
  const spent = new Map<string, { minute: number; count: number }>();

  app.use(async (c, next) => {
    const token = bearerOf(c);
    const access = token === null ? null : grants.byAccess(token);
    if (!access) return unauthenticated();
    const { person, client } = access.grant;
    const minute = Math.floor(world.now() / MINUTE_MS);
    const known = spent.get(`${client} ${person}`);
    const used = known?.minute === minute ? known : { minute, count: 0 };
    spent.set(`${client} ${person}`, used);
    if (++used.count > settings().per_minute) return exhausted();
    if (settings().withheld.includes(person)) return withheld();
    if (settings().unlinked.includes(person)) return notLinked();
    c.set("life", lifeOf(world, person)!);
    c.set("scopes", access.scopes);
    return next();
  });

  app.get("/:user/identity", (c) => {
    const { life, scopes } = c.var;
    if (!isMe(c, life)) return notFound();
    if (scopes.length === 0) return scopeInsufficient();
    return json({ name: "users/me/identity", healthUserId: healthUserId(life), legacyUserId: legacyUserId(life) });
  });

  app.on(["GET", "POST"], "/:user/dataTypes/:type/:call", async (c) => {
    const type = typeOf(c.req.param("type"));
    if (!isMe(c, c.var.life)) return notFound();
    if (!type) return invalid(`Data type ID '${c.req.param("type")}' is not supported.`);
    if (!c.var.scopes.includes(type.scope)) return scopeInsufficient();
    switch (`${c.req.method} ${c.req.param("call")}`) {
      case "GET dataPoints":
        return pageOf(c, type, false);
      case "GET dataPoints:reconcile":
        return pageOf(c, type, true);
      case "POST dataPoints:dailyRollUp":
        return dailyRollUp(c, type);
      default:
        return notFound();
    }
  });

  app.get("/:user/dataTypes/:type/dataPoints/:id", (c) => {
    const type = typeOf(c.req.param("type"));
    if (!isMe(c, c.var.life)) return notFound();
    if (!type?.named || !type.points) return invalid("Get is not supported for this data type.");
    if (!c.var.scopes.includes(type.scope)) return scopeInsufficient();
    const now = world.now();
    const point = type
      .points(c.var.life, 0, now + DAY_MS, now, false)
      .find((one) => one.id === c.req.param("id") && one.uploaded <= now);
    return point ? json(shown(c.var.life, type, point, false)) : notFound();
  });
  app.notFound(() => notFound());

  const isMe = (c: Context<Env>, life: Life): boolean => ["me", healthUserId(life)].includes(c.req.param("user") ?? "");

  /** List and reconcile: newest first, by filter, family and token. */
  function pageOf(c: Context<Env>, type: DataType, merged: boolean): Response {
    if (!type.points) return invalid(`${merged ? "Reconcile" : "List"} is not supported for data type '${type.id}'.`);
    const { filter: text, dataSourceFamily: family, pageToken, pageSize } = c.req.query();
    if (family !== undefined && (!merged || !FAMILIES.includes(family))) return invalid("Invalid data source family.");
    const size = pageSize === undefined ? Math.min(USUAL_SIZE, type.page) : Number(pageSize);
    if (!Number.isInteger(size) || size < 1 || size > type.page) {
      return invalid(`Page size must be between 1 and ${type.page}.`);
    }
    const filter = readFilter(type, text);
    if (filter instanceof Response) return filter;
    const mark = createHash("sha256").update(`${type.id}\n${merged}\n${text}\n${family}`).digest("hex").slice(0, 12);
    const place = pageToken ? readToken(pageToken, mark) : { offset: 0, pause: false };
    if (!place) return invalid("Invalid page token.");

    const now = world.now();
    const all = type
      .points(c.var.life, filter.from, Math.min(filter.to, now + 2 * DAY_MS), now, merged)
      .filter((point) => point.uploaded <= now && filter.passes(point) && isOf(family, point))
      .sort((a, b) => b.start - a.start);
    // A page may be empty though more is to come.
    if (place.pause) return json({ nextPageToken: makeToken(place.offset, false, mark) });
    const points = all.slice(place.offset, place.offset + size);
    const end = place.offset + points.length;
    const token = end < all.length ? makeToken(end, place.offset === 0, mark) : "";
    if (points.length === 0) return json({});
    const isSession = type.shape === "exercise" || type.shape === "sleep";
    return json({
      dataPoints: points.map((point) => shown(c.var.life, type, point, merged)),
      ...((token !== "" || isSession) && { nextPageToken: token }),
    });
  }

  async function dailyRollUp(c: Context<Env>, type: DataType): Promise<Response> {
    if (!type.rollUp) return invalid(`Daily roll-up is not supported for data type '${type.id}'.`);
    const body = await c.req.json<Record<string, unknown>>().catch(() => null);
    if (!body) return invalid("Invalid JSON payload received.");
    const unknown = Object.keys(body).find(
      (name) => !["range", "windowSizeDays", "dataSourceFamily", "pageToken"].includes(name),
    );
    if (unknown) return invalid(`Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.`);
    const { start, end } = (body.range ?? {}) as Record<string, { date?: Record<string, number> } | undefined>;
    const [from, to] = [dayIn(start?.date), dayIn(end?.date)];
    if (from === null || to === null || from >= to) return invalid("Invalid range.");
    if (to - from > type.rollUp.days) {
      return invalid(`The range of a roll-up of '${type.id}' must not exceed ${type.rollUp.days} days.`);
    }
    if (body.windowSizeDays !== undefined && body.windowSizeDays !== 1) return invalid("Only windows of one day here.");
    const { life } = c.var;
    const now = world.now();
    const rollupDataPoints: unknown[] = [];
    for (const day of [...daysOf(life, from * DAY_MS, to * DAY_MS, now)].reverse()) {
      if (day < from || day >= to) continue;
      const sums = sumsOf(life, day, now);
      const values = sums && type.rollUp.of(sums);
      if (!values) continue;
      rollupDataPoints.push({
        civilStartTime: { ...civil(day * DAY_MS), time: {} },
        civilEndTime: { ...civil((day + 1) * DAY_MS), time: {} },
        [fieldOf(type)]: values,
      });
    }
    return json(rollupDataPoints.length > 0 ? { rollupDataPoints } : {});
  }

  return { app, resetLimits: () => spent.clear() };
}

export const fieldOf = ({ id }: DataType): string => id.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

const nameOf = (life: Life, type: DataType, id: string): string =>
  `users/${healthUserId(life)}/dataTypes/${type.id}/dataPoints/${id}`;

/** Reconciled points have another name for their name, and no source. */
function shown(life: Life, type: DataType, point: Point, merged: boolean): Record<string, unknown> {
  const name = point.id === null ? {} : { [merged ? "dataPointName" : "name"]: nameOf(life, type, point.id) };
  const source = merged ? {} : { dataSource: sourceOf(type, point) };
  return { ...name, ...source, [fieldOf(type)]: point.body(merged) };
}

function sourceOf(type: DataType, point: Point): Record<string, unknown> {
  const source = SOURCES[point.source];
  if (type.shape !== "exercise" || point.source !== "watch") return source;
  return {
    ...source,
    recordingMethod: "ACTIVELY_MEASURED",
    device: { formFactor: "WATCH", displayName: "Pixel Watch 4" },
  };
}

const isOf = (family: string | undefined, { source }: Point): boolean =>
  !family?.endsWith("google-wearables") || source === "watch" || source === "derived";

const makeToken = (offset: number, pause: boolean, mark: string): string =>
  btoa(JSON.stringify({ offset, pause, mark })).replaceAll("=", "");

function readToken(text: string, mark: string): { offset: number; pause: boolean } | null {
  try {
    const place = JSON.parse(atob(text)) as { offset: number; pause: boolean; mark: string };
    return place.mark === mark ? place : null;
  } catch {
    return null;
  }
}

function dayIn(date: Record<string, number> | undefined): number | null {
  const { year, month, day } = date ?? {};
  return year && month && day ? Date.UTC(year, month - 1, day) / DAY_MS : null;
}
