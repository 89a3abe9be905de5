import { Hono } from "hono";
import { type Control, controlRoutes, createControl } from "./control.ts";
import { type Arrival, createFaults, Dropped } from "./faults.ts";
import { json } from "./json.ts";
import { lifeOf } from "./life.ts";
import { type Person, people } from "./person.ts";
import type { Consent, World } from "./provider.ts";
import { PROVIDERS } from "./providers/index.ts";

export interface SimulatorOptions {
  /** Same seed, same people and data; 1 by default. */
  seed?: number | string;
  /** Limits grow by it, lifetimes shrink; 1 is real. */
  speed?: number;
  /** Ms UTC. */
  now?: () => number;
  /** Who exists; by default the three people of the seed. */
  users?: Person[];
  consent?: Consent;
  /** Calls to subscribers, for webhooks; the global fetch by default. */
  fetch?: (request: Request) => Promise<Response>;
  /** What `save` was given before, and where to put what must outlive a restart. */
  saved?: unknown;
  save?: (state: unknown) => void;
}

/** One call as it arrived at a provider, and what became of it. `status` 0: no answer. */
export interface Call extends Arrival {
  /** Ms UTC, simulator's clock. */
  at: number;
  headers: Record<string, string>;
  status: number;
  fault: string | null;
}

export interface Simulator {
  /** Takes `http://any/{host}{path}` as through PROVIDER_GATEWAY, and `/control/…`. */
  app: Hono;
  /** Also takes the providers' real URLs. Rejects where a connection would break. */
  fetch(request: Request): Promise<Response>;
  control: Control;
}

interface Saved {
  since?: Record<string, number>;
  consent?: Consent;
  providers?: Record<string, unknown>;
}

const MOST_CALLS = 20_000;

export function createSimulator(options: SimulatorOptions = {}): Simulator {
  const seed = String(options.seed ?? 1);
  const clock = options.now ?? Date.now;
  const saved = (options.saved ?? {}) as Saved;
  const folk = options.users ?? people(seed);
  // What a provider takes over from its settings while it loads is no change.
  let loaded = false;
  const world: World & { offset_ms: number; ticked: number } = {
    seed,
    offset_ms: 0,
    ticked: clock(),
    now: () => clock() + world.offset_ms,
    speed: Math.max(1, options.speed ?? 1),
    lives: folk.map((person) => lifeOf(person, clock(), saved.since?.[person.key])),
    consent: options.consent ?? saved.consent ?? "page",
    fetch: options.fetch ?? ((request) => fetch(request)),
    changed: () => void (loaded && options.save?.(state())),
  };
  const providers = PROVIDERS.map((create) => create(world));
  for (const provider of providers) provider.load(saved.providers?.[provider.id]);
  const state = (): Saved => ({
    since: Object.fromEntries(world.lives.map((life) => [life.person.key, life.since])),
    consent: world.consent,
    providers: Object.fromEntries(providers.map((provider) => [provider.id, provider.save()])),
  });
  loaded = true;
  const faults = createFaults();
  const calls: Call[] = [];
  const control = createControl({ world, providers, faults, calls });

  /** A request to a provider, by its real URL. */
  async function deliver(request: Request, url: URL): Promise<Response> {
    const body = request.body ? new Uint8Array(await request.arrayBuffer()) : null;
    const { method } = request;
    const call: Call = {
      at: world.now(),
      method,
      host: url.host,
      path: url.pathname,
      query: url.search.slice(1),
      headers: Object.fromEntries(request.headers),
      body: body ? new TextDecoder().decode(body) : "",
      status: 0,
      fault: null,
    };
    calls.push(call);
    if (calls.length > MOST_CALLS) calls.shift();
    const provider = providers.find((one) => url.host in one.hosts);
    if (!provider) {
      call.status = 599;
      return json({ error: `the simulator plays no host ${url.host}`, hosts: hosts() }, 599);
    }
    const work = async () => provider.hosts[url.host]!.fetch(new Request(url, { method, headers: call.headers, body }));
    const fault = faults.take(call);
    call.fault = fault?.kind ?? null;
    const response = await (fault ? faults.play(fault, work, () => provider.rateLimited(), request.signal) : work());
    call.status = response.status;
    return response;
  }

  const hosts = () => providers.flatMap((provider) => Object.keys(provider.hosts));
  const app = new Hono();
  app.onError((error) => {
    if (error instanceof Dropped) throw error;
    return json({ error: error.message }, 598);
  });
  app.get("/", () =>
    json({
      simulator: providers.map(({ id, name }) => ({ id, name })),
      hosts: hosts(),
      people: control.people(),
      control: "/control",
    }),
  );
  app.get("/favicon.ico", () => new Response(null, { status: 204 }));
  app.route("/control", controlRoutes(control));
  app.all("/*", (c) => {
    const url = new URL(c.req.url);
    const [, host = "", ...path] = url.pathname.split("/");
    if (!host.includes(".")) return json({ error: `nothing at ${url.pathname}; providers are at /{host}/{path}` }, 404);
    return deliver(c.req.raw, new URL(`https://${host}/${path.join("/")}${url.search}`));
  });

  return {
    app,
    control,
    async fetch(request) {
      const url = new URL(request.url);
      return hosts().includes(url.host) ? deliver(request, url) : app.fetch(request);
    },
  };
}
