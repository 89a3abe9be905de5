import { Hono } from "hono";
import { json } from "../../json.ts";
import type { World } from "../../provider.ts";
import { type Backfills, switchedOff, windowOf } from "./backfill.ts";
import { refusal, tooMany } from "./errors.ts";
import type { Grants, Registration } from "./grants.ts";
import { delivery, type Notices } from "./notices.ts";
import { callerOf, lifeOf, type Verifier } from "./oauth.ts";
import type { Settings } from "./settings.ts";
import { userIdOf } from "./summary.ts";
import { TYPES, uploadedBetween } from "./types.ts";

type Env = { Variables: { registration: Registration; version: "1.0a" | "2.0" } };

const DAY_S = 86_400;

/** The data services under /wellness-api/rest: user, pulls of pings, lists of 1.0a, backfills. */
export function api(
  world: World,
  grants: Grants,
  verifier: Verifier,
  notices: Notices,
  backfills: Backfills,
  settings: () => Settings,
) {
  let calls = new Map<string, number[]>();
  const app = new Hono<Env>();

  app.use(async (c, next) => {
    const caller = await callerOf(c, grants, verifier);
    if (caller instanceof Response) return caller;
    const { client } = caller.registration;
    const recent = (calls.get(client) ?? []).filter((at) => at > world.now() - 60_000);
    calls.set(client, [...recent, world.now()]);
    if (recent.length >= settings().calls_per_minute) return tooMany();
    c.set("registration", caller.registration);
    c.set("version", caller.version);
    await next();
  });

  const life = (registration: Registration) => lifeOf(world, registration.person)!;

  app.get("/user/id", (c) => json({ userId: userIdOf(life(c.var.registration)) }));
  app.get("/user/permissions", (c) => json(c.var.registration.permissions));
  app.delete("/user/registration", (c) => {
    const { registration } = c.var;
    notices.goodbye(registration);
    grants.end(registration);
    void notices.flush();
    return new Response(null, { status: 204 });
  });

  app.get("/activityFile", (c) => {
    const pull = notices.pull(c.req.query("token") ?? "", "activityFile", c.var.registration);
    if (pull === "gone") return refusal(410, "File already downloaded");
    if (!pull) return refusal(404, "Unknown file");
    return new Response(pull.make() as Uint8Array<ArrayBuffer>, {
      headers: { "content-type": "application/octet-stream" },
    });
  });

  for (const type of TYPES) {
    app.get(`/backfill/${type.path}`, (c) => backfills.backfill(c, c.var.registration, type));
    app.get(`/${type.path}`, (c) => {
      const { registration, version } = c.var;
      const token = c.req.query("token");
      if (token !== undefined) {
        const pull = notices.pull(token, type.path, registration);
        if (pull === "gone") return refusal(410, "Pull token expired");
        return pull ? json(pull.make()) : refusal(400, "InvalidPullTokenException failure");
      }
      if (version === "2.0") return refusal(400, "InvalidPullTokenException failure");
      const window = windowOf(c, "uploadStartTimeInSeconds", "uploadEndTimeInSeconds", DAY_S);
      if (window instanceof Response) return window;
      if (delivery(settings(), type.path) === "off") {
        return refusal(400, `Endpoint not enabled for summary type: ${type.portal}`);
      }
      if (!registration.permissions.includes(type.permission)) return switchedOff();
      const { user } = registration;
      const who = { userId: userIdOf(life(registration)), userAccessToken: user!.token };
      const to = Math.min(window.to * 1000 - 1, world.now());
      const found = uploadedBetween(type, life(registration), window.from * 1000 - 1, to);
      return json(found.map((one) => ({ ...who, ...one.body() })));
    });
  }

  return {
    app,
    resetLimits() {
      calls = new Map();
    },
  };
}
