import { type Context, Hono } from "hono";
import { dayOf, localDay } from "../../calendar.ts";
import { json } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { Sleep } from "../../night.ts";
import type { World } from "../../provider.ts";
import * as days from "./days.ts";
import { consentsMissing, notFound, nothing, refusal, unauthorized } from "./errors.ts";
import { exerciseId, exerciseRecord, isSeen } from "./exercises.ts";
import { type Grants, type Registration, type Token, userId } from "./grants.ts";
import type { Limits } from "./limits.ts";
import * as nights from "./nights.ts";

type Env = { Variables: { token: Token; life: Life; since: number } };

export interface Settings {
  /** People who have not agreed to all that Polar asks of them at account.polar.com. */
  consents_missing: Set<string>;
  /** From the registration until the watch has uploaded what it holds, s. */
  upload_after_s: number;
  /** How a range of the pulse is wrapped. */
  heart_rate_shape: "wrapped" | "array" | "object";
}
export const usualSettings = (): Settings => ({
  consents_missing: new Set(),
  upload_after_s: 0,
  heart_rate_shape: "wrapped",
});

const DAY_MS = 86_400_000;
/** What the watch still holds when its owner becomes known. */
const HELD_DAYS = 28;

/** Whether the watch has uploaded anything since its owner became known. */
export const uploadedAt = ({ since }: Registration, settings: Settings): number =>
  since + settings.upload_after_s * 1000;

/** Exercises that an application may see, oldest first. */
export function exercisesOf(life: Life, since: number, now: number) {
  const from = Math.max(since - HELD_DAYS * DAY_MS, now - 30 * DAY_MS);
  return life.activities(now).filter((one) => isSeen(one) && one.start >= from);
}

/** The data calls: token, then limits, then registration, then consents, then the answer. */
export function api(world: World, grants: Grants, limits: Limits, settings: () => Settings): Hono<Env> {
  const app = new Hono<Env>();
  const now = () => world.now();

  app.use(async (c, next) => {
    const given = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const token = given ? grants.byAccess(given) : null;
    const life = token && world.lives.find(({ person }) => person.key === token.person);
    if (!token || !life) return unauthorized(world);
    const spent = limits.spend(token.client);
    if (spent.refused) return spent.refused;
    c.set("token", token);
    c.set("life", life);
    // Who does not say what it reads is told in the default.
    if (c.req.method === "GET" && !(c.req.header("accept") ?? "").includes("application/json")) {
      c.res = new Response("<data/>", { headers: { "content-type": "application/xml" } });
    } else await next();
    for (const [name, value] of Object.entries(spent.headers)) c.res.headers.set(name, value);
  });

  const consented = async (c: Context<Env>, next: () => Promise<void>) => {
    if (settings().consents_missing.has(c.var.token.person)) return consentsMissing(world);
    await next();
  };

  app.post("/users", consented, async (c) => {
    if (!(c.req.header("content-type") ?? "").startsWith("application/json")) {
      return refusal(world, 415, "UnsupportedMediaTypeException", "Unsupported media type.");
    }
    const body = (await c.req.json().catch(() => ({}))) as Record<string, unknown>;
    const member = body["member-id"];
    if (typeof member !== "string" || member === "") {
      return refusal(world, 400, "BadRequestException", "member-id is missing.");
    }
    const made = grants.register(c.var.token, member);
    return made ? json(userRecord(c.var.life, made)) : nothing(409);
  });
  app.get("/users/:id{[0-9]+}", (c) => {
    const { life, token } = c.var;
    if (c.req.param("id") !== String(userId(life))) return refusal(world, 403, "ForbiddenException", "Forbidden.");
    const registration = grants.registration(token);
    return registration ? json(userRecord(life, registration)) : nothing();
  });
  app.delete("/users/:id{[0-9]+}", (c) => {
    const { life, token } = c.var;
    if (c.req.param("id") !== String(userId(life))) return refusal(world, 403, "ForbiddenException", "Forbidden.");
    grants.end(token.person, token.client);
    return nothing();
  });

  app.use(consented);
  app.use(async (c, next) => {
    const registration = grants.registration(c.var.token);
    if (!registration) return refusal(world, 403, "ForbiddenException", "User is not registered.");
    const isUploaded = now() >= uploadedAt(registration, settings());
    c.set("since", isUploaded ? registration.since : Number.POSITIVE_INFINITY);
    await next();
  });

  app.get("/exercises", (c) => {
    const { life, since } = c.var;
    const wishes = wishesOf(c);
    return json(exercisesOf(life, since, now()).map((one) => exerciseRecord(life, one, since, wishes)));
  });
  app.get("/exercises/:id", (c) => {
    const { life, since } = c.var;
    const found = exercisesOf(life, since, now()).find((one) => exerciseId(one, life) === c.req.param("id"));
    return found ? json(exerciseRecord(life, found, since, wishesOf(c))) : notFound(world, "Exercise not found.");
  });

  const today = (life: Life): number => localDay(life.person.home.zone, now());
  /** The first day of what may be seen. */
  const firstDay = ({ life, since }: Env["Variables"]): number =>
    Number.isFinite(since) ? Math.max(life.since, localDay(life.person.home.zone, since) - HELD_DAYS) : today(life) + 9;
  /** Nights of 28 days, newest last. A traveller may be a day ahead. */
  function* nightsOf(c: Context<Env>): Generator<Sleep> {
    const { life } = c.var;
    for (let day = Math.max(firstDay(c.var), today(life) - 27); day <= today(life) + 1; day++) {
      const night = nights.nightOn(life, day, now());
      if (night) yield night;
    }
  }
  /** Days of `from` and `to`, of 28 days where they are left out; or a refusal. */
  const range = (c: Context<Env>): number[] | Response => {
    const { from, to } = c.req.query();
    const { life } = c.var;
    const last = to === undefined ? today(life) : dayOf(to);
    const first = from === undefined ? last - 27 : dayOf(from);
    const isWrong = [from, to].some((date) => date !== undefined && !/^\d{4}-\d\d-\d\d$/.test(date));
    if (isWrong || Number.isNaN(first) || Number.isNaN(last) || first > last) {
      return refusal(world, 400, "BadRequestException", "Invalid date range.");
    }
    if (last - first + 1 > 28) return refusal(world, 400, "BadRequestException", "Range is longer than 28 days.");
    if (today(life) - first > 365) return refusal(world, 400, "BadRequestException", "Range is too far back.");
    const all: number[] = [];
    for (let day = Math.max(first, firstDay(c.var)); day <= Math.min(last, today(life) + 1); day++) all.push(day);
    return all;
  };
  const some = (all: unknown[]): Response => (all.length > 0 ? json(all) : nothing());
  /** What a call with a date in its path asks for; NaN: no date. */
  const dayIn = (c: Context<Env>): number => {
    const day = dayOf(c.req.param("date") ?? "");
    return day >= firstDay(c.var) ? day : Number.NaN;
  };
  const single = (made: unknown): Response => (made ? json(made) : notFound(world));

  /** `from` and `to` are not for nights. */
  const whole = async (c: Context<Env>, next: () => Promise<void>) => {
    if (c.req.query("from") !== undefined || c.req.query("to") !== undefined) {
      return refusal(world, 403, "ForbiddenException", "Forbidden.");
    }
    await next();
  };
  app.get("/users/sleep", whole, (c) =>
    json({ nights: [...nightsOf(c)].map((night) => nights.nightRecord(c.var.life, night)) }),
  );
  app.get("/users/sleep/available", (c) =>
    json({
      available: [...nightsOf(c)].map(({ date, start, end }) => ({
        date,
        start_time: new Date(start),
        end_time: new Date(end),
      })),
    }),
  );
  app.get("/users/sleep/:date", (c) => {
    const night = [...nightsOf(c)].find(({ date }) => date === c.req.param("date"));
    return single(night && nights.nightRecord(c.var.life, night));
  });
  app.get("/users/nightly-recharge", whole, (c) =>
    json({ recharges: [...nightsOf(c)].map((night) => nights.rechargeRecord(c.var.life, night)).filter(Boolean) }),
  );
  app.get("/users/nightly-recharge/:date", (c) => {
    const night = [...nightsOf(c)].find(({ date }) => date === c.req.param("date"));
    return single(night && nights.rechargeRecord(c.var.life, night));
  });

  app.get("/users/activities", (c) => {
    const all = range(c);
    if (all instanceof Response) return all;
    const wishes = dayWishesOf(c);
    return some(all.map((day) => days.activityRecord(c.var.life, day, now(), wishes)).filter(Boolean));
  });
  app.get("/users/activities/:date", (c) => {
    const day = dayIn(c);
    return single(!Number.isNaN(day) && days.activityRecord(c.var.life, day, now(), dayWishesOf(c)));
  });
  app.get("/users/continuous-heart-rate", (c) => {
    const all = range(c);
    if (all instanceof Response) return all;
    const found = all.map((day) => days.heartRecord(c.var.life, day, now())).filter((one) => one !== null);
    if (found.length === 0) return nothing();
    const { heart_rate_shape } = settings();
    return json(
      heart_rate_shape === "wrapped" ? { heart_rates: found } : heart_rate_shape === "array" ? found : found.at(-1),
    );
  });
  app.get("/users/continuous-heart-rate/:date", (c) => {
    const day = dayIn(c);
    return single(!Number.isNaN(day) && days.heartRecord(c.var.life, day, now()));
  });

  const loads = (c: Context<Env>, all: number[]): Response =>
    some(all.map((day) => days.loadRecord(c.var.life, day, firstDay(c.var))));
  const lastDays = (c: Context<Env>, count: number): number[] => {
    const first = Math.max(firstDay(c.var), today(c.var.life) - count + 1);
    return Array.from({ length: Math.max(0, today(c.var.life) - first + 1) }, (_, i) => first + i);
  };
  app.get("/users/cardio-load", (c) => loads(c, lastDays(c, 28)));
  app.get("/users/cardio-load/date", (c) => {
    const all = range(c);
    return all instanceof Response ? all : loads(c, all);
  });
  app.get("/users/cardio-load/period/days/:count{[0-9]+}", (c) => loads(c, lastDays(c, Number(c.req.param("count")))));

  app.get("/users/sleepwise/alertness", (c) =>
    some([...nightsOf(c)].map((night) => nights.alertnessRecord(night, now()))),
  );
  app.get("/users/sleepwise/alertness/date", (c) => {
    const all = range(c);
    if (all instanceof Response) return all;
    const found = all.map((day) => nights.nightOn(c.var.life, day, now())).filter((night) => night !== null);
    return some(found.map((night) => nights.alertnessRecord(night, now())));
  });
  app.get("/users/sleepwise/circadian-bedtime", () => nothing());
  app.get("/users/sleepwise/circadian-bedtime/date", () => nothing());

  app.get("/users/biosensing/skintemperature", (c) => {
    const all = range(c);
    if (all instanceof Response) return all;
    const found = all.map((day) => nights.nightOn(c.var.life, day, now())).filter((night) => night !== null);
    return some(found.map(nights.skinTemperatureRecord));
  });
  app.get("/users/biosensing/spo2", (c) => {
    const all = range(c);
    if (all instanceof Response) return all;
    const found = all.map((day) => nights.nightOn(c.var.life, day, now())).filter((night) => night !== null);
    return some(found.map((night) => nights.oxygenRecord(c.var.life, night, now())).filter(Boolean));
  });
  for (const kind of ["bodytemperature", "ecg", "skincontacts"]) app.get(`/users/biosensing/${kind}`, () => nothing());

  app.get("/users/physical-info", (c) =>
    Number.isFinite(c.var.since) ? json(days.physicalRecord(c.var.life, today(c.var.life), now())) : nothing(),
  );

  app.notFound(() => notFound(world, "Not found."));
  return app;
}

const isAsked = (c: Context<Env>, name: string): boolean => c.req.query(name) === "true";
const wishesOf = (c: Context<Env>) => ({
  samples: isAsked(c, "samples"),
  zones: isAsked(c, "zones"),
  route: isAsked(c, "route"),
});
const dayWishesOf = (c: Context<Env>) => ({
  steps: isAsked(c, "steps"),
  activity_zones: isAsked(c, "activity_zones"),
  inactivity_stamps: isAsked(c, "inactivity_stamps"),
});

export function userRecord({ person }: Life, { member, since }: Registration): object {
  return {
    "polar-user-id": userId({ person } as Life),
    "member-id": member,
    "registration-date": new Date(since).toISOString(),
    "first-name": person.firstname,
    "last-name": person.lastname,
    birthdate: "1990-09-06",
    gender: person.sex === "F" ? "FEMALE" : "MALE",
    weight: person.weight_kg,
    height: 170,
    "extra-info": [],
  };
}
