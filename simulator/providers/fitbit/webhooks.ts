import { type Context, Hono } from "hono";
import { json } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { World } from "../../provider.ts";
import { invalid, notFound, refusal, unauthenticated } from "./errors.ts";
import type { Grants } from "./grants.ts";
import { bearerOf } from "./oauth.ts";
import type { Settings } from "./settings.ts";
import { civil, healthUserId, instant } from "./shape.ts";
import { createSigner } from "./signing.ts";
import { TYPES, typeOf } from "./types.ts";

interface Subscriber {
  name: string;
  endpoint: string;
  /** Null: none was agreed on. */
  secret: string | null;
  types: string[];
}

/** What Google tells of. */
const TOLD = [
  "steps",
  "distance",
  "floors",
  "exercise",
  "sleep",
  "heart-rate",
  "weight",
  "body-fat",
  ...TYPES.map(({ id }) => id).filter((id) => id.startsWith("daily-")),
];

/** What happened to data of one type, ms. */
export interface News {
  life: Life;
  type: string;
  operation: "UPSERT" | "DELETE";
  from: number;
  to: number;
  offset_s: number;
  recordId?: string;
}

interface Pending {
  subscriber: string;
  body: string;
  attempts: number;
  due: number;
  expires: number;
}

const ANSWER_MS = 10_000;
const PAUSE_MS = 10_000;
const LONGEST_MS = 3_600_000;
const WEEK_MS = 7 * 86_400_000;
const MOST = 99;
const AGENT = "Google-Health-API-Webhooks; (simulated)";

/**
 * Subscribers of a project, made by whoever has its service account; notices of every person who consented. `callback`: an address that
 * was registered before.
 */
export function createWebhooks(world: World, grants: Grants, settings: () => Settings, callback: string | undefined) {
  const known: Subscriber[] = callback
    ? [{ name: "projects/1/subscribers/known", endpoint: callback, secret: null, types: TOLD }]
    : [];
  let subscribers: Subscriber[] = [];
  let pending: Pending[] = [];
  let working: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | null = null;
  const signer = createSigner();
  const routes = new Hono();
  const all = () => [...known, ...subscribers];

  routes.use(async (c, next) => {
    // Of a service account, which no person's token is.
    const token = bearerOf(c);
    return token === null || grants.byAccess(token) ? unauthenticated() : next();
  });

  const view = ({ name, endpoint, types }: Subscriber) => ({
    name,
    endpointUri: endpoint,
    subscriberConfigs: [{ dataTypes: types, subscriptionCreatePolicy: "AUTOMATIC" }],
    endpointAuthorization: { secretSet: true },
    state: "ACTIVE",
  });
  const operation = (c: Context, one: Subscriber) =>
    json({
      name: `projects/${c.req.param("project")}/operations/op-${subscribers.length}`,
      done: true,
      response: { "@type": "type.googleapis.com/google.devicesandservices.health.v4.Subscriber", ...view(one) },
    });
  const parent = (c: Context) => `projects/${c.req.param("project")}/subscribers`;

  routes.get("/:project/subscribers", (c) =>
    json({ subscribers: subscribers.filter(({ name }) => name.startsWith(parent(c))).map(view) }),
  );

  routes.post("/:project/subscribers", async (c) => {
    const id = c.req.query("subscriberId") ?? "";
    if (!/^\d+$/.test(c.req.param("project"))) return invalid("The project must be given by its number.");
    if (!/^[a-z][a-z0-9-]{3,35}$/.test(id)) return invalid("Invalid subscriber id.");
    const name = `${parent(c)}/${id}`;
    if (subscribers.some((one) => one.name === name)) return refusal(409, "ALREADY_EXISTS", `${name} already exists.`);
    const made = await subscriberOf(c, name);
    if (made instanceof Response) return made;
    subscribers.push(made);
    world.changed();
    return operation(c, made);
  });

  routes.patch("/:project/subscribers/:id", async (c) => {
    const name = `${parent(c)}/${c.req.param("id")}`;
    if (!subscribers.some((one) => one.name === name)) return notFound();
    const made = await subscriberOf(c, name);
    if (made instanceof Response) return made;
    subscribers = subscribers.map((one) => (one.name === name ? made : one));
    world.changed();
    return operation(c, made);
  });

  routes.delete("/:project/subscribers/:id", (c) => {
    const name = `${parent(c)}/${c.req.param("id")}`;
    if (!subscribers.some((one) => one.name === name)) return notFound();
    subscribers = subscribers.filter((one) => one.name !== name);
    world.changed();
    return json({});
  });

  async function subscriberOf(c: Context, name: string): Promise<Subscriber | Response> {
    // biome-ignore lint/suspicious/noExplicitAny: whatever was sent
    const body: any = await c.req.json().catch(() => null);
    const secret = body?.endpointAuthorization?.secret;
    const endpoint = URL.parse(body?.endpointUri ?? "");
    if (!endpoint || !secret) return invalid("endpointUri and endpointAuthorization.secret are required.");
    const types = ((body.subscriberConfigs ?? []) as { dataTypes?: string[] }[]).flatMap((one) => one.dataTypes ?? []);
    const wrong = types.find((type) => !TOLD.includes(type));
    if (types.length === 0 || wrong) return invalid(`Data type '${wrong ?? ""}' has no notifications.`);
    const made = { name, endpoint: endpoint.href, secret, types };
    const verified = (await verify(made, true)) && (await verify(made, false));
    return verified ? made : refusal(400, "FAILED_PRECONDITION", "Endpoint verification failed.");
  }

  /** Twice: 201 with what was agreed on, 401 or 403 without. */
  async function verify({ endpoint, secret }: Subscriber, authorized: boolean): Promise<boolean> {
    const headers = {
      "content-type": "application/json",
      "user-agent": AGENT,
      ...(authorized && secret && { authorization: secret }),
    };
    const request = new Request(endpoint, {
      method: "POST",
      headers,
      body: JSON.stringify({ type: "verification" }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const status = await world.fetch(request).then(
      async (answer) => {
        await answer.body?.cancel();
        return answer.status;
      },
      () => 0,
    );
    return authorized ? status === 201 || status === 200 : status === 401 || status === 403;
  }

  /** To everybody who asked for the type, of people who granted its scope. */
  function tell(news: News[]): void {
    for (const subscriber of all()) {
      const own = news.filter(
        ({ type, life }) =>
          subscriber.types.includes(type) &&
          grants.of(life.person.key).some(({ scopes }) => scopes.includes(typeOf(type)!.scope)),
      );
      post(subscriber, own);
    }
  }

  /** Also of what is no longer granted: the goodbye. */
  function withdrawn(life: Life): void {
    const at = world.now();
    for (const subscriber of all()) {
      const gone = subscriber.types.map(
        (type): News => ({ life, type, operation: "DELETE", from: at, to: at, offset_s: 0 }),
      );
      post(subscriber, gone, false);
    }
  }

  function post(subscriber: Subscriber, news: News[], withIntervals = true): void {
    for (let i = 0; i < news.length; i += MOST) {
      const items = news.slice(i, i + MOST).map((one) => noticeOf(one, withIntervals));
      const body = JSON.stringify(items.length === 1 ? items[0] : items);
      pending.push({
        subscriber: subscriber.name,
        body,
        attempts: 0,
        due: world.now(),
        expires: world.now() + WEEK_MS,
      });
    }
  }

  /** Delivers what is due; resolves when all that was due has been tried. */
  function flush(): Promise<void> {
    working = working.then(async () => {
      for (;;) {
        const one = pending.find(({ due }) => due <= world.now());
        if (!one) break;
        pending = pending.filter((other) => other !== one);
        await attempt(one);
      }
      arm();
    });
    return working;
  }

  async function attempt(one: Pending): Promise<void> {
    const to = all().find(({ name }) => name === one.subscriber);
    if (!to) return;
    const headers = new Headers({ "content-type": "application/json", "user-agent": AGENT });
    if (to.secret !== null && !settings().unauthorized) headers.set("authorization", to.secret);
    headers.set(settings().signature_header, await signer.sign(one.body));
    const request = new Request(to.endpoint, {
      method: "POST",
      headers,
      body: one.body,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const taken = await world.fetch(request).then(
      async (answer) => {
        await answer.body?.cancel();
        return answer.ok;
      },
      () => false,
    );
    if (taken) return;
    const due = world.now() + Math.max(1000, Math.min(PAUSE_MS * 2 ** one.attempts, LONGEST_MS) / world.speed);
    if (due < one.expires) pending.push({ ...one, attempts: one.attempts + 1, due });
  }

  function arm(): void {
    if (timer) clearTimeout(timer);
    timer = null;
    if (pending.length === 0) return;
    const wait = Math.min(...pending.map(({ due }) => due)) - world.now();
    timer = setTimeout(() => void flush(), Math.max(250, wait));
    timer.unref?.();
  }

  return {
    routes,
    signer,
    tell,
    withdrawn,
    flush,
    reset() {
      subscribers = [];
      pending = [];
      arm();
    },
    save: (): unknown => subscribers,
    load(saved: unknown) {
      if (saved) subscribers = saved as Subscriber[];
    },
  };
}

/** A stable name of the subscription that a type makes of a person. */
const subscriptionName = (life: Life, type: string): string => {
  const tail = String(TYPES.findIndex(({ id }) => id === type)).padStart(2, "0");
  return `2b1f6e9e-6f0e-4c8e-9b7e-${healthUserId(life).slice(-10)}${tail}`;
};

function noticeOf(
  { life, type, operation, from, to, offset_s, recordId }: News,
  withInterval: boolean,
): Record<string, unknown> {
  const [start, end] = [from + offset_s * 1000, to + offset_s * 1000];
  const wall = (ms: number) => new Date(ms).toISOString().slice(0, 19);
  const interval = {
    // Of what is gone only the wall clock's time is told.
    ...(operation === "UPSERT" && { physicalTimeInterval: { startTime: instant(from), endTime: instant(to) } }),
    civilDateTimeInterval: { startDateTime: civil(start), endDateTime: civil(end) },
    civilIso8601TimeInterval: { startTime: wall(start), endTime: wall(end) },
  };
  return {
    data: {
      version: "1",
      clientProvidedSubscriptionName: subscriptionName(life, type),
      healthUserId: healthUserId(life),
      operation,
      dataType: type,
      intervals: withInterval ? [interval] : [],
      ...(recordId && { recordId }),
    },
  };
}
