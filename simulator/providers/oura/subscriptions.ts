import { Hono } from "hono";
import { json } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { World } from "../../provider.ts";
import { detail, invalid } from "./errors.ts";
import type { Grant, Grants } from "./grants.ts";
import { userId, uuid } from "./shape.ts";

interface Subscription {
  id: string;
  client: string;
  callback_url: string;
  event_type: string;
  data_type: string;
  /** Epoch ms. */
  expires_at: number;
}

export interface Event {
  event_type: "create" | "update" | "delete";
  data_type: string;
  object_id: string;
}

const EVENTS = ["create", "update", "delete"];
/** And the scope whose grant an application must have to hear of it. */
const DATA: Record<string, string> = {
  tag: "tag",
  enhanced_tag: "tag",
  workout: "workout",
  session: "session",
  sleep: "daily",
  daily_sleep: "daily",
  daily_readiness: "daily",
  daily_activity: "daily",
  daily_spo2: "spo2",
  sleep_time: "daily",
  rest_mode_period: "daily",
  ring_configuration: "ring_configuration",
  daily_stress: "daily",
  daily_cardiovascular_age: "heart_health",
  daily_resilience: "stress",
  vo2_max: "heart_health",
  meal: "daily",
};
const LIFETIME_MS = 90 * 86_400_000;
const ANSWER_MS = 10_000;
const ATTEMPTS = 11;
const APART_MS = 6 * 60_000;

/** Webhooks: a subscription a kind of event, made with a handshake during the call; signed, and tried again for about an hour. */
export function createSubscriptions(world: World, grants: Grants) {
  let all: Subscription[] = [];
  let made = 0;
  const routes = new Hono<{ Variables: { client: string } }>();
  // Python writes microseconds, and no zone.
  const written = (ms: number) => new Date(ms).toISOString().replace("Z", "118");
  const view = ({ id, callback_url, event_type, data_type, expires_at }: Subscription) => {
    return { id, callback_url, event_type, data_type, expiration_time: written(expires_at) };
  };
  const alive = () => (all = all.filter(({ expires_at }) => expires_at > world.now()));

  routes.use(async (c, next) => {
    const client = c.req.header("x-client-id") ?? "";
    if (!grants.isClient(client, c.req.header("x-client-secret") ?? "")) return json({ detail: "Unauthorized" }, 401);
    c.set("client", client);
    alive();
    await next();
  });

  const ofBody = async (request: Request): Promise<Record<string, unknown>> => {
    const body: unknown = await request.json().catch(() => null);
    return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  };

  routes.get("/", (c) => json(all.filter((one) => one.client === c.var.client).map(view)));

  routes.post("/", async (c) => {
    const body = await ofBody(c.req.raw);
    const wrong = refusalOf(body);
    if (wrong) return wrong;
    const { callback_url, event_type, data_type, verification_token } = body as Record<string, string>;
    const { client } = c.var;
    const exists = all.some(
      (one) => one.client === client && one.event_type === event_type && one.data_type === data_type,
    );
    if (exists) return detail(409, "Subscription already exists.");
    if (!(await shakeHands(callback_url!, verification_token!))) {
      return invalid("body", "callback_url", "Callback URL could not be verified");
    }
    const id = uuid(world.lives[0]!, "subscription", client, ++made, Math.floor(world.now()));
    const expires_at = world.now() + LIFETIME_MS;
    const one = { id, client, callback_url: callback_url!, event_type: event_type!, data_type: data_type!, expires_at };
    all.push(one);
    world.changed();
    return json(view(one), 201);
  });

  routes.put("/renew/:id", (c) => {
    const one = all.find(({ id, client }) => id === c.req.param("id") && client === c.var.client);
    if (!one) return detail(403, "Forbidden");
    one.expires_at = world.now() + LIFETIME_MS;
    world.changed();
    return json(view(one));
  });

  routes.get("/:id", (c) => {
    const one = all.find(({ id, client }) => id === c.req.param("id") && client === c.var.client);
    return one ? json(view(one)) : detail(403, "Forbidden");
  });

  routes.put("/:id", async (c) => {
    const one = all.find(({ id, client }) => id === c.req.param("id") && client === c.var.client);
    if (!one) return detail(403, "Forbidden");
    const changed = { ...view(one), ...(await ofBody(c.req.raw)) } as Record<string, string>;
    const wrong = refusalOf(changed);
    if (wrong) return wrong;
    const { callback_url, event_type, data_type, verification_token } = changed;
    if (!(await shakeHands(callback_url!, verification_token!))) {
      return invalid("body", "callback_url", "Callback URL could not be verified");
    }
    Object.assign(one, { callback_url, event_type, data_type });
    world.changed();
    return json(view(one));
  });

  routes.delete("/:id", (c) => {
    const one = all.find(({ id, client }) => id === c.req.param("id") && client === c.var.client);
    if (!one) return detail(403, "Forbidden");
    all = all.filter((other) => other !== one);
    world.changed();
    return new Response(null, { status: 204 });
  });

  /** The address must give the challenge back. */
  async function shakeHands(callback: string, token: string): Promise<boolean> {
    const challenge = crypto.randomUUID().slice(0, 8);
    const url = new URL(callback);
    url.searchParams.set("verification_token", token);
    url.searchParams.set("challenge", challenge);
    try {
      const answer = await world.fetch(new Request(url, { signal: AbortSignal.timeout(ANSWER_MS) }));
      const body = (await answer.json()) as Record<string, unknown>;
      return answer.status === 200 && body.challenge === challenge;
    } catch {
      return false;
    }
  }

  async function deliver(to: Subscription, body: string, attempt = 1): Promise<void> {
    const timestamp = String(Math.floor(world.now() / 1000));
    const headers = {
      "content-type": "application/json",
      "x-oura-timestamp": timestamp,
      "x-oura-signature": await signature(grants.secretOf(to.client), timestamp + body),
    };
    const status = await world
      .fetch(new Request(to.callback_url, { method: "POST", headers, body, signal: AbortSignal.timeout(ANSWER_MS) }))
      .then((answer) => answer.status)
      .catch(() => 0);
    if (status === 410) {
      all = all.filter((one) => one !== to);
      world.changed();
      return;
    }
    if ((status >= 200 && status < 400) || attempt === ATTEMPTS || !all.includes(to)) return;
    setTimeout(() => void deliver(to, body, attempt + 1), Math.max(1000, APART_MS / world.speed)).unref();
  }

  return {
    routes,
    /** Tells each application that may know and wants to. */
    async tell(life: Life, { event_type, data_type, object_id }: Event): Promise<void> {
      const event_time = new Date(world.now()).toISOString().replace(/\.\d+Z$/, "+00:00");
      const body = JSON.stringify({ event_type, data_type, object_id, event_time, user_id: userId(life) });
      const hears = (grant: Grant) => grant.scopes.includes(DATA[data_type]!);
      const clients = grants
        .of(life.person.key)
        .filter(hears)
        .map(({ client }) => client);
      await Promise.all(
        alive()
          .filter((one) => one.data_type === data_type && one.event_type === event_type && clients.includes(one.client))
          .map((one) => deliver(one, body)),
      );
    },
    reset() {
      all = [];
    },
    save: (): unknown => ({ all, made }),
    load(saved: unknown) {
      if (saved) ({ all, made } = saved as { all: Subscription[]; made: number });
    },
  };
}

function refusalOf({
  callback_url,
  event_type,
  data_type,
  verification_token,
}: Record<string, unknown>): Response | null {
  if (typeof data_type !== "string" || !(data_type in DATA))
    return invalid("body", "data_type", "Invalid data_type value", "enum");
  if (typeof event_type !== "string" || !EVENTS.includes(event_type)) {
    return invalid("body", "event_type", "Invalid event_type value", "enum");
  }
  if (typeof verification_token !== "string") return invalid("body", "verification_token", "Field required", "missing");
  return typeof callback_url === "string" && URL.canParse(callback_url)
    ? null
    : invalid("body", "callback_url", "Invalid URL", "url_parsing");
}

/** Upper-case hex of HMAC-SHA256 over timestamp and body. */
export async function signature(key: string, text: string): Promise<string> {
  const bytes = (of: string) => new TextEncoder().encode(of);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", bytes(key), algorithm, false, ["sign"]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", imported, bytes(text)));
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .toUpperCase();
}
