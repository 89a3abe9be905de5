import { type Context, Hono } from "hono";
import type { Call } from "./app.ts";
import type { createFaults, Fault, Match } from "./faults.ts";
import { json } from "./json.ts";
import { type Addition, isSurelyThere, type Life, type Patch } from "./life.ts";
import type { Change, Consent, SimulatedProvider, World } from "./provider.ts";

export interface ActivityView {
  key: string;
  /** By provider. */
  ids: Record<string, string>;
  sport: string;
  name: string;
  /** RFC 3339, UTC. */
  start: string;
  visibility: string;
  manual: boolean;
  copy_of: string | null;
  hidden_start: boolean;
  distance_m: number;
  elapsed_s: number;
  moving_s: number;
}

/** Everything a test may do to the simulated world. People are named by key, activities by key or a provider's id. */
export type Control = ReturnType<typeof createControl>;

interface Parts {
  world: World & { offset_ms: number; ticked: number };
  providers: SimulatedProvider[];
  faults: ReturnType<typeof createFaults>;
  calls: Call[];
}

export function createControl({ world, providers, faults, calls }: Parts) {
  const lifeOf = (person: string): Life => {
    const life = world.lives.find((one) => one.person.key === person);
    if (!life) throw new RangeError(`nobody is called ${person}`);
    return life;
  };
  const some = (provider?: string) => providers.filter((one) => provider === undefined || one.id === provider);
  const keyOf = (life: Life, name: string): string => {
    const known = life.activities(world.now()).find((a) => providers.some((p) => p.externalId(a, life) === name));
    return known?.key ?? name;
  };
  const tell = (change: Change) => Promise.all(providers.map((provider) => provider.changed(change)));
  const view = (life: Life, activity: Change["activity"]): ActivityView => {
    const { key, sport, name, visibility, manual, copy_of, hidden_start } = activity;
    const ids = Object.fromEntries(providers.map((one) => [one.id, one.externalId(activity, life)]));
    const start = new Date(activity.start).toISOString();
    const said = { key, ids, sport, name, start, visibility, manual, copy_of, hidden_start };
    // Sums are made from recordings: of two years only where somebody looks at them.
    const sum = (name: "distance_m" | "elapsed_s" | "moving_s") => ({
      enumerable: true,
      get: () => life.summary(activity)[name],
    });
    const sums = { distance_m: sum("distance_m"), elapsed_s: sum("elapsed_s"), moving_s: sum("moving_s") };
    return Object.defineProperties(said as ActivityView, sums);
  };

  const control = {
    fault: (fault: Fault) => faults.add(fault),
    faults: () => faults.list(),
    clearFaults: (id?: number) => faults.clear(id),

    /** What arrived at the providers, oldest first; headers and bodies as sent. */
    calls: (match: Match = {}) =>
      calls.filter(
        (call) =>
          (match.host === undefined || call.host === match.host) &&
          (match.method === undefined || call.method === match.method) &&
          (match.contains === undefined || `${call.query}\n${call.body}`.includes(match.contains)) &&
          (match.path === undefined ||
            (match.path instanceof RegExp ? match.path.test(call.path) : call.path === match.path)),
      ),
    clearCalls: () => void calls.splice(0),

    consent(consent: Consent) {
      world.consent = consent;
      world.changed();
    },
    now: () => world.now(),
    /** The simulator's clock against the machine's. */
    clock(offset_ms: number) {
      world.offset_ms = offset_ms;
    },
    advance(ms: number) {
      world.offset_ms += ms;
    },

    people: () =>
      world.lives.map((life) => {
        const { key, firstname, lastname, home } = life.person;
        return {
          key,
          name: `${firstname} ${lastname}`,
          zone: home.zone,
          activities: life.activities(world.now()).length,
        };
      }),
    activities: (person: string): ActivityView[] => {
      const life = lifeOf(person);
      return life.activities(world.now()).map((activity) => view(life, activity));
    },
    async addActivity(person: string, addition: Addition): Promise<ActivityView> {
      const life = lifeOf(person);
      const activity = life.add(addition);
      await tell({ life, activity, kind: "create", fields: [] });
      return view(life, activity);
    },
    async editActivity(person: string, name: string, patch: Patch): Promise<ActivityView> {
      const life = lifeOf(person);
      const activity = life.edit(keyOf(life, name), patch);
      if (!activity) throw new RangeError(`${person} has no activity ${name}`);
      await tell({ life, activity, kind: "update", fields: Object.keys(patch) });
      return view(life, activity);
    },
    /** Tells subscribers of what came since the last tick; the server ticks by itself. */
    async tick(): Promise<void> {
      const from = world.ticked;
      world.ticked = world.now();
      for (const life of world.lives) {
        for (const activity of life.activities(world.ticked)) {
          if (isSurelyThere(activity, from)) continue;
          const there = activity.start + (life.summary(activity).elapsed_s + activity.upload_after_s) * 1000;
          if (there > from) await tell({ life, activity, kind: "create", fields: [] });
        }
      }
      await Promise.all(providers.map((provider) => provider.passed?.(from, world.ticked)));
    },
    async deleteActivity(person: string, name: string): Promise<void> {
      const life = lifeOf(person);
      const key = keyOf(life, name);
      const activity = life.activities(world.now()).find((one) => one.key === key);
      if (!activity || !life.remove(key)) throw new RangeError(`${person} has no activity ${name}`);
      await tell({ life, activity, kind: "delete", fields: [] });
    },

    resetLimits(provider?: string) {
      for (const one of some(provider)) one.resetLimits();
    },
    /** Settings of one provider: see its `configure`. */
    configure(provider: string, settings: Record<string, unknown>) {
      for (const one of some(provider)) one.configure(settings);
    },
    expireTokens: (provider?: string, person?: string) =>
      some(provider).reduce((sum, one) => sum + one.expireTokens(person), 0),
    async revoke(provider: string, person: string): Promise<number> {
      const counts = await Promise.all(some(provider).map((one) => one.revoke(person)));
      return counts.reduce((a, b) => a + b, 0);
    },
    /** A key that a person makes in the provider's settings, where it has such. */
    issueKey(provider: string, person: string, wishes: { days?: number } = {}) {
      const key = lifeOf(person) && some(provider)[0]?.issueKey?.(person, wishes);
      if (!key) throw new RangeError(`${provider} gives no keys`);
      return key;
    },
    /** As new: no grants, faults, calls, edits or offset; consent pages are shown again. */
    reset() {
      faults.clear();
      calls.splice(0);
      for (const one of [...world.lives, ...providers]) one.reset();
      world.offset_ms = 0;
      world.ticked = world.now();
      world.consent = "page";
      world.changed();
    },
  };
  return control;
}

/** The same over HTTP: JSON in, JSON out, under /control. */
export function controlRoutes(control: Control): Hono {
  const app = new Hono();
  // A page of another site that a tester happens to visit has no business here.
  app.use(async (c, next) => {
    if (c.req.header("sec-fetch-site") === "cross-site") return json({ error: "not from another site" }, 403);
    await next();
  });
  app.onError((error) => json({ error: error.message }, error instanceof RangeError ? 404 : 400));
  // biome-ignore lint/suspicious/noExplicitAny: a test tool takes what it is given
  const body = async (c: Context): Promise<any> => JSON.parse((await c.req.text()) || "{}");
  const done = json.bind(null, { ok: true });

  app.get("/faults", () => json(control.faults()));
  app.post("/faults", async (c) => json({ id: control.fault(await body(c)) }, 201));
  app.delete("/faults/:id?", (c) => {
    const id = c.req.param("id");
    control.clearFaults(id === undefined ? undefined : Number(id));
    return done();
  });
  app.get("/calls", (c) => json(control.calls(c.req.query())));
  app.delete("/calls", () => {
    control.clearCalls();
    return done();
  });
  app.put("/consent", async (c) => {
    control.consent((await body(c)).consent);
    return done();
  });
  app.get("/clock", () => json({ now: control.now() }));
  app.put("/clock", async (c) => {
    const { offset_ms, advance_ms } = await body(c);
    if (typeof offset_ms === "number") control.clock(offset_ms);
    if (typeof advance_ms === "number") control.advance(advance_ms);
    return json({ now: control.now() });
  });
  app.get("/people", () => json(control.people()));
  app.get("/people/:person/activities", (c) => json(control.activities(c.req.param("person"))));
  app.post("/people/:person/activities", async (c) => {
    const given = await body(c);
    return json(await control.addActivity(c.req.param("person"), { ...given, start: Date.parse(given.start) }), 201);
  });
  // A key holds a slash: 2026-03-01/0.
  app.patch("/people/:person/activities/:name{.+}", async (c) => {
    const given = await body(c);
    const patch = given.start === undefined ? given : { ...given, start: Date.parse(given.start) };
    return json(await control.editActivity(c.req.param("person"), c.req.param("name"), patch));
  });
  app.delete("/people/:person/activities/:name{.+}", async (c) => {
    await control.deleteActivity(c.req.param("person"), c.req.param("name"));
    return done();
  });
  app.post("/tick", async () => {
    await control.tick();
    return done();
  });
  app.post("/limits/reset", async (c) => {
    control.resetLimits((await body(c)).provider);
    return done();
  });
  app.put("/settings/:provider", async (c) => {
    control.configure(c.req.param("provider"), await body(c));
    return done();
  });
  app.post("/tokens/expire", async (c) => {
    const { provider, person } = await body(c);
    return json({ expired: control.expireTokens(provider, person) });
  });
  app.post("/grants/revoke", async (c) => {
    const { provider, person } = await body(c);
    return json({ revoked: await control.revoke(provider, person) });
  });
  app.post("/keys/:provider/:person", async (c) => {
    const { provider, person } = c.req.param();
    return json(control.issueKey(provider, person, await body(c)), 201);
  });
  app.post("/reset", () => {
    control.reset();
    return done();
  });
  return app;
}
