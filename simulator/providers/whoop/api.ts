import { type Context, Hono } from "hono";
import { localDay } from "../../calendar.ts";
import { json } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { Sleep } from "../../night.ts";
import type { World } from "../../provider.ts";
import { bare, deactivated, unauthorized } from "./errors.ts";
import type { Grant, Grants } from "./grants.ts";
import type { Limits } from "./limits.ts";
import * as records from "./records.ts";

type Env = { Variables: { grant: Grant; life: Life } };

export interface Settings {
  edits: records.Edits;
  /** People whose membership has ended. */
  inactive: Set<string>;
}

/** One item of a collection, made only if it is shown. `end` null: it lasts. */
interface Entry {
  key: string;
  start: number;
  end(): number | null;
  make(): object;
}

const LONGEST_MS = 2 * 86_400_000;

/** The data calls under /developer: token, then limits, then membership, then scope, then the answer. */
export function api(world: World, grants: Grants, limits: Limits, settings: Settings): Hono<Env> {
  const app = new Hono<Env>();

  app.use(async (c, next) => {
    const token = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const grant = token ? grants.byAccess(token) : null;
    const life = grant && world.lives.find(({ person }) => person.key === grant.person);
    if (!grant || !life) return unauthorized();
    const spent = limits.spend(grant.client);
    if (spent.refused) return spent.refused;
    c.set("grant", grant);
    c.set("life", life);
    if (settings.inactive.has(grant.person)) c.res = deactivated();
    else await next();
    for (const [name, value] of Object.entries(spent.headers)) c.res.headers.set(name, value);
  });

  const scoped = (scope: string) => async (c: Context<Env>, next: () => Promise<void>) => {
    if (!c.var.grant.scopes.includes(scope)) return unauthorized();
    await next();
  };
  const now = () => world.now();
  /** Local days that can hold what touches the window, newest first; none from before the history. */
  const days = function* (life: Life, from: number, to: number): Generator<number> {
    const { zone } = life.person.home;
    const last = localDay(zone, Math.min(to, now())) + 2;
    for (let day = last; day >= Math.max(life.since, localDay(zone, from) - 2); day--) yield day;
  };
  const sleepsOn = (life: Life, day: number): Sleep[] =>
    records.sleepsAsLeft(life, day, now(), settings.edits).sort((a, b) => b.start - a.start);
  /** The sleep that made the recovery: the last of a broken night. */
  const mainOn = (life: Life, day: number): Sleep | undefined =>
    sleepsOn(life, day).find(({ type }) => type === "main");

  app.delete("/v2/user/access", (c) => {
    grants.end(c.var.grant.person, c.var.grant.client);
    return new Response(null, { status: 204 });
  });
  app.get("/v2/user/profile/basic", scoped("read:profile"), (c) => json(records.profileOf(c.var.life)));
  app.get("/v2/user/measurement/body", scoped("read:body_measurement"), (c) => json(records.bodyOf(c.var.life)));

  app.get("/v2/activity/workout", scoped("read:workout"), (c) =>
    collection(c, now(), function* (life, from, to) {
      for (const one of life.activities(now()).filter(records.isSeen).reverse()) {
        const start = records.workoutStart(one, life);
        if (start >= to || start + LONGEST_MS < from) continue;
        const make = () => records.workoutRecord(one, life, now());
        yield { key: one.key, start, end: () => records.workoutEnd(one, life), make };
      }
    }),
  );
  app.get("/v2/activity/workout/:id", scoped("read:workout"), (c) => {
    const { life } = c.var;
    const found = life
      .activities(now())
      .find((one) => records.isSeen(one) && records.workoutId(one, life) === c.req.param("id"));
    return found ? json(records.workoutRecord(found, life, now())) : bare(404);
  });

  app.get("/v2/activity/sleep", scoped("read:sleep"), (c) =>
    collection(c, now(), function* (life, from, to) {
      for (const day of days(life, from, to)) {
        for (const one of sleepsOn(life, day)) {
          yield {
            key: one.key,
            start: one.start,
            end: () => one.end,
            make: () => records.sleepRecord(one, life, now()),
          };
        }
      }
    }),
  );
  app.get("/v2/activity/sleep/:id", scoped("read:sleep"), (c) => {
    const { life } = c.var;
    for (const day of days(life, 0, now())) {
      const found = sleepsOn(life, day).find((one) => records.sleepId(one, life) === c.req.param("id"));
      if (found) return json(records.sleepRecord(found, life, now()));
    }
    return bare(404);
  });

  app.get("/v2/recovery", scoped("read:recovery"), (c) =>
    collection(c, now(), function* (life, from, to) {
      for (const day of days(life, from, to)) {
        const main = mainOn(life, day);
        if (!main) continue;
        const make = () => records.recoveryRecord(main, life, now());
        yield { key: main.key, start: main.start, end: () => main.end, make };
      }
    }),
  );

  app.get("/v2/cycle", scoped("read:cycles"), (c) =>
    collection(c, now(), function* (life, from, to) {
      for (const day of days(life, from, to)) {
        const cycle = records.cycleOn(life, day, now());
        if (!cycle) continue;
        const make = () => records.cycleRecord(cycle, life, now());
        yield { key: String(day), start: cycle.start, end: () => cycle.end, make };
      }
    }),
  );
  const dayOf = (c: Context<Env>): number | null => {
    const { life } = c.var;
    const day = Number(c.req.param("id")) - records.cycleId(life, 0);
    return Number.isInteger(day) && records.cycleOn(life, day, now()) ? day : null;
  };
  app.get("/v2/cycle/:id", scoped("read:cycles"), (c) => {
    const day = dayOf(c);
    return day === null
      ? bare(404)
      : json(records.cycleRecord(records.cycleOn(c.var.life, day, now())!, c.var.life, now()));
  });
  app.get("/v2/cycle/:id/sleep", scoped("read:sleep"), (c) => {
    const day = dayOf(c);
    const main = day === null ? undefined : mainOn(c.var.life, day);
    return main ? json(records.sleepRecord(main, c.var.life, now())) : bare(404);
  });
  app.get("/v2/cycle/:id/recovery", scoped("read:recovery"), (c) => {
    const day = dayOf(c);
    const main = day === null ? undefined : mainOn(c.var.life, day);
    return main ? json(records.recoveryRecord(main, c.var.life, now())) : bare(404);
  });

  app.get("/v1/activity-mapping/:id", (c) => {
    const { life } = c.var;
    const ids = [
      ...life.activities(now()).map((one) => records.workoutId(one, life)),
      ...[...days(life, 0, now())].flatMap((day) => sleepsOn(life, day).map((one) => records.sleepId(one, life))),
    ];
    const found = ids.find((id) => String(records.v1Id(id)) === c.req.param("id"));
    return found ? json({ v2_activity_id: found }) : bare(404);
  });

  app.notFound(() => bare(404));
  return app;
}

/** A page of what touches `[start, end)`, newest first. A token is of this list, this start and this end, and of no other. */
function collection(
  c: Context<Env>,
  now: number,
  entries: (life: Life, from: number, to: number) => Generator<Entry>,
): Response {
  const { limit = "10", start, end, nextToken } = c.req.query();
  const size = Number(limit);
  const from = start === undefined ? 0 : Date.parse(start);
  const to = end === undefined ? now : Date.parse(end);
  if (!Number.isInteger(size) || size < 1 || size > 25 || Number.isNaN(from) || Number.isNaN(to)) return bare(400);
  const place = `${c.req.path} ${start ?? ""} ${end ?? ""}`;
  let after: [start: number, key: string] | null = null;
  if (nextToken !== undefined) {
    const told = readToken(nextToken);
    if (told?.place !== place) return bare(400);
    after = [told.start, told.key];
  }
  const { life } = c.var;
  const shown: Entry[] = [];
  let isMore = false;
  for (const entry of entries(life, from, to)) {
    if (entry.start >= to) continue;
    if (after && (entry.start > after[0] || (entry.start === after[0] && entry.key >= after[1]))) continue;
    if ((entry.end() ?? now) < from) continue;
    isMore = shown.length === size;
    if (isMore) break;
    shown.push(entry);
  }
  const last = shown.at(-1);
  const next_token = isMore && last ? btoa(JSON.stringify({ place, start: last.start, key: last.key })) : null;
  return json({ records: shown.map((entry) => entry.make()), next_token });
}

function readToken(text: string): { place: string; start: number; key: string } | null {
  try {
    return JSON.parse(atob(text)) as { place: string; start: number; key: string };
  } catch {
    return null;
  }
}
