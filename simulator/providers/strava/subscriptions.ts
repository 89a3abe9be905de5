import { Hono } from "hono";
import { int64, json, stringify } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { Change, World } from "../../provider.ts";
import { athleteId } from "./athlete.ts";
import { badRequest, unauthorized } from "./errors.ts";
import type { Grant, Grants } from "./grants.ts";
import { formOf } from "./oauth.ts";
import { activityId, SPORT_TYPES } from "./shape.ts";

interface Subscription {
  id: number;
  client: string;
  callback_url: string;
  created_at: string;
}

const ANSWER_MS = 2000;
const ATTEMPTS = 3;
const APART_MS = 60_000;

/**
 * Webhooks: one subscription an application, made with a handshake during the call; events with up to three attempts
 * a minute apart. They carry `X-Strava-Signature` if a key was set: Strava's own is documented nowhere.
 */
export function createSubscriptions(world: World, grants: Grants) {
  let all: Subscription[] = [];
  let lastId = 131_299;
  let key: string | null = null;
  const routes = new Hono();
  const view = ({ id, client, callback_url, created_at }: Subscription) => {
    return { id, resource_state: 2, application_id: Number(client), callback_url, created_at, updated_at: created_at };
  };
  const denied = () => unauthorized("Application", "", "invalid");

  routes.post("/", async (c) => {
    const form = await formOf(c);
    const client = form.get("client_id") ?? "";
    if (!grants.isClient(client, form.get("client_secret") ?? "")) return denied();
    const callback = URL.parse(form.get("callback_url") ?? "");
    if (!callback) return badRequest("PushSubscription", "callback url", "not verifiable");
    if (all.some((one) => one.client === client)) return badRequest("PushSubscription", "", "already exists");
    if (!(await shakeHands(callback, form.get("verify_token") ?? ""))) {
      return badRequest("PushSubscription", "callback url", "GET to callback URL does not return 200");
    }
    const created_at = new Date(world.now()).toISOString();
    const made = { id: ++lastId, client, callback_url: callback.href, created_at };
    all.push(made);
    world.changed();
    return json(view(made), 201);
  });

  routes.get("/", (c) => {
    const { client_id = "", client_secret = "" } = c.req.query();
    if (!grants.isClient(client_id, client_secret)) return denied();
    return json(all.filter((one) => one.client === client_id).map(view));
  });

  routes.delete("/:id", async (c) => {
    const form = await formOf(c);
    const client = form.get("client_id") ?? c.req.query("client_id") ?? "";
    if (!grants.isClient(client, form.get("client_secret") ?? c.req.query("client_secret") ?? "")) return denied();
    const gone = all.find((one) => one.client === client && String(one.id) === c.req.param("id"));
    if (!gone) return json({ message: "Record Not Found", errors: [] }, 404);
    all = all.filter((one) => one !== gone);
    world.changed();
    return new Response(null, { status: 204 });
  });

  /** The callback must give back the challenge as JSON within two seconds. */
  async function shakeHands(callback: URL, verify: string): Promise<boolean> {
    const challenge = crypto.randomUUID().replaceAll("-", "");
    const url = new URL(callback);
    url.searchParams.set("hub.mode", "subscribe");
    url.searchParams.set("hub.challenge", challenge);
    url.searchParams.set("hub.verify_token", verify);
    try {
      const answer = await world.fetch(new Request(url, { signal: AbortSignal.timeout(ANSWER_MS) }));
      const body = (await answer.json()) as Record<string, unknown>;
      return answer.status === 200 && body["hub.challenge"] === challenge;
    } catch {
      return false;
    }
  }

  async function deliver(to: Subscription, event: Record<string, unknown>, attempt = 1): Promise<void> {
    const event_time = Math.floor(world.now() / 1000);
    const body = stringify({ ...event, event_time: event.event_time ?? event_time, subscription_id: to.id });
    const headers = new Headers({ "content-type": "application/json" });
    if (key !== null) headers.set("X-Strava-Signature", await signature(key, event_time, body));
    const signal = AbortSignal.timeout(ANSWER_MS);
    const status = await world
      .fetch(new Request(to.callback_url, { method: "POST", headers, body, signal }))
      .then((answer) => answer.status)
      .catch(() => 0);
    if (status === 200 || attempt === ATTEMPTS || !all.includes(to)) return;
    const again = () => void deliver(to, { ...event, event_time }, attempt + 1);
    setTimeout(again, Math.max(1000, APART_MS / world.speed)).unref();
  }

  const tell = (client: string, event: Record<string, unknown>) =>
    Promise.all(all.filter((one) => one.client === client).map((one) => deliver(one, event)));

  return {
    routes,
    setKey(given: string | null) {
      key = given;
    },
    /** Tells each application that the person granted. */
    async changed(change: Change): Promise<void> {
      for (const grant of grants.of(change.life.person.key)) {
        const event = eventOf(change, grant);
        if (event) await tell(grant.client, event);
      }
    },
    async deauthorized(gone: Grant[]): Promise<void> {
      for (const grant of gone) {
        const life = world.lives.find((one) => one.person.key === grant.person);
        if (!life) continue;
        const about = { object_type: "athlete", object_id: int64(athleteId(life)), owner_id: int64(athleteId(life)) };
        await tell(grant.client, { ...about, aspect_type: "update", updates: { authorized: "false" } });
      }
    },
    reset() {
      all = [];
      key = null;
    },
    save: (): unknown => ({ all, lastId }),
    load(saved: unknown) {
      if (saved) ({ all, lastId } = saved as { all: Subscription[]; lastId: number });
    },
  };
}

/** What an application hears; null where Strava keeps quiet: only title, type and privacy of an edit are told. */
function eventOf({ life, activity, kind, fields }: Change, grant: Grant): Record<string, unknown> | null {
  const all = grant.scopes.includes("activity:read_all");
  if (!all && !grant.scopes.includes("activity:read")) return null;
  const hidden = activity.visibility === "only_me";
  const event = (aspect_type: string, updates: Record<string, string> = {}) => ({
    object_type: "activity",
    object_id: int64(activityId(activity, life)),
    owner_id: ownerId(life),
    aspect_type,
    updates,
  });
  if (kind !== "update") return hidden && !all ? null : event(kind);
  // Without activity:read_all, going private looks like a deletion and coming back like a creation.
  if (fields.includes("visibility") && !all) return event(hidden ? "delete" : "create");
  if (hidden && !all) return null;
  const updates: Record<string, string> = {};
  if (fields.includes("name")) updates.title = activity.name;
  if (fields.includes("sport")) updates.type = SPORT_TYPES[activity.sport][1];
  if (fields.includes("visibility")) updates.private = String(hidden);
  return Object.keys(updates).length > 0 ? event("update", updates) : null;
}

const ownerId = (life: Life) => int64(athleteId(life));

/** `t=<unix>,v1=<hex>`: HMAC-SHA256 over "{t}.{raw body}", as receivers of 2026 read it. */
async function signature(key: string, time: number, body: string): Promise<string> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", bytes(key), algorithm, false, ["sign"]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", imported, bytes(`${time}.${body}`)));
  return `t=${time},v1=${Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
