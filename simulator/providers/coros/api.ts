import { type Context, Hono } from "hono";
import { dayOf } from "../../calendar.ts";
import type { Life } from "../../life.ts";
import type { World } from "../../provider.ts";
import { rowOf } from "./days.ts";
import { good, refused, tooMany } from "./errors.ts";
import { earliestDay, type Grants, openIdOf } from "./grants.ts";
import { dateOfWorkout, fileOf, isSeen, labelId, type Settings, workoutOf } from "./workouts.ts";

type Env = { Variables: { life: Life } };

const MOST_DAYS = 30;

/** Calls in a second that are let through; nobody publishes a limit, so by default all are. */
export interface Rate {
  per_s: number | null;
  second: number;
  used: number;
}

/** What COROS refuses though nothing is wrong with the call: a code for every data call, until taken away. */
export interface Mood {
  refuse: string | null;
}

export function api(world: World, grants: Grants, settings: Settings, files: Files, rate: Rate, mood: Mood): Hono<Env> {
  const app = new Hono<Env>();

  // Token and account in the query; a header is not looked at.
  app.use(async (c, next) => {
    const second = Math.floor(world.now() / 1000);
    if (rate.second !== second) Object.assign(rate, { second, used: 0 });
    if (rate.per_s !== null && ++rate.used > rate.per_s) return tooMany();
    const grant = grants.byAccess(c.req.query("token") ?? "");
    const life = grant && world.lives.find(({ person }) => person.key === grant.person);
    if (!life) return refused("5006");
    if (c.req.query("openId") !== openIdOf(life)) return refused("5010");
    if (mood.refuse !== null) return refused(mood.refuse);
    c.set("life", life);
    await next();
  });

  app.get("/v2/coros/sport/list", (c) => {
    const days = window(c, world.now());
    if (!days) return refused("1031");
    const { life } = c.var;
    const [from, to] = [c.req.query("startDate")!, c.req.query("endDate")!];
    const listed = life.activities(world.now()).filter((activity) => {
      const date = dateOfWorkout(activity, life);
      return isSeen(activity) && date >= from && date <= to;
    });
    return good(listed.map((activity) => workoutOf(life, activity, settings, files.addressOf(life))));
  });

  app.get("/v2/coros/sport/detail/fit", (c) => {
    const { life } = c.var;
    const { labelId: id, mode, subMode } = c.req.query();
    if (!id || !mode || !subMode) return refused("1031");
    const activity = life.activities(world.now()).find((one) => isSeen(one) && labelId(one, life) === id);
    if (!activity) return refused("1001");
    const workout = workoutOf(life, activity, settings, files.addressOf(life));
    return String(workout.mode) === mode && String(workout.subMode) === subMode ? good(workout) : refused("1031");
  });

  app.get("/coros/daily/query", (c) => {
    const days = window(c, world.now());
    if (!days) return refused("1031");
    const rows = [];
    for (let day = days[0]; day <= days[1]; day++) {
      const row = rowOf(c.var.life, day, world.now());
      if (row) rows.push(row);
    }
    return good({ dailyList: rows });
  });

  app.get("/coros/userinfosim", (c) => {
    const { life } = c.var;
    const { firstname, lastname, key } = life.person;
    return good({
      openId: openIdOf(life),
      nick: `${firstname} ${lastname}`,
      profilePhoto: `https://oss.coros.com/photo/${key}.jpg`,
    });
  });
  return app;
}

/** Days of the epoch, both included: at most thirty, and none older than three months. */
function window(c: Context<Env>, now: number): [from: number, to: number] | null {
  const days = ["startDate", "endDate"].map((name) => {
    const text = c.req.query(name) ?? "";
    return /^\d{8}$/.test(text) ? dayOf(text.replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3")) : Number.NaN;
  });
  const [from, to] = days as [number, number];
  const today = Math.floor(now / 86_400_000);
  if (!(from <= to) || to - from + 1 > MOST_DAYS || from < earliestDay(today)) return null;
  return [from, to];
}

export type Files = ReturnType<typeof createFiles>;

/** Files lie elsewhere, at addresses that are signed and expire; no token is asked for there. */
export function createFiles(world: World, settings: Settings) {
  const hosts = ["oss.coros.com", "d1f4k3c0r0s7.cloudfront.net"];
  const accountOf = (life: Life) => BigInt(`0x${openIdOf(life).slice(0, 14)}`).toString();
  // Nobody is to be kept out: the signature is there to be passed on whole.
  const signatureOf = (path: string, expires: string) => btoa(`${path}${expires}`).replace(/[+/=]/g, "").slice(-24);

  const app = new Hono();
  app.get("/fit/:account/:file", (c) => {
    const { account, file } = c.req.param();
    const expires = c.req.query("Expires") ?? "";
    const isSigned = c.req.query("Signature") === signatureOf(`${account}/${file}`, expires);
    if (!isSigned || Number(expires) * 1000 <= world.now())
      return new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 });
    const life = world.lives.find((one) => accountOf(one) === account);
    const bytes = life && fileOf(life, life.activities(world.now()), file.replace(/\.fit$/, ""), settings);
    if (!bytes) return new Response("<Error><Code>NoSuchKey</Code></Error>", { status: 404 });
    return new Response(new Uint8Array(bytes), { headers: { "content-type": "application/octet-stream" } });
  });
  return {
    hosts: Object.fromEntries(hosts.map((host) => [host, app])),
    addressOf: (life: Life) => (name: string) => {
      const account = accountOf(life);
      const expires = String(Math.floor(world.now() / 1000) + settings.file_s);
      const host = hosts[Number(BigInt(name.split("_")[0]!) % BigInt(hosts.length))];
      const file = `${name}.fit`;
      return `https://${host}/fit/${account}/${file}?Expires=${expires}&Signature=${signatureOf(`${account}/${file}`, expires)}`;
    },
  };
}
