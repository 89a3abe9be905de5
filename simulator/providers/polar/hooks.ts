import { Hono } from "hono";
import { dateOf, localDay } from "../../calendar.ts";
import { json } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { Change, World } from "../../provider.ts";
import { exercisesOf, type Settings, uploadedAt } from "./api.ts";
import { notFound, nothing, refusal, unauthorized, webhookRefusal } from "./errors.ts";
import { exerciseId, isSeen } from "./exercises.ts";
import { basicOf, type Grants, type Registration, userId } from "./grants.ts";
import { nightOn } from "./nights.ts";

interface Webhook {
  id: string;
  client: string;
  events: string[];
  url: string;
  active: boolean;
  key: string;
  /** Since when nothing has been delivered, ms. */
  failing_since: number | null;
}

export const EVENTS = [
  "EXERCISE",
  "SLEEP",
  "CONTINUOUS_HEART_RATE",
  "SLEEP_WISE_ALERTNESS",
  "SLEEP_WISE_CIRCADIAN_BEDTIME",
  "ACTIVITY_SUMMARY",
  "PHYSICAL_INFORMATION",
];
/** As was seen for a year. */
const SILENT = ["CONTINUOUS_HEART_RATE"];

const ANSWER_MS = 2000;
const DAY_MS = 86_400_000;
const GIVEN_UP_MS = 7 * DAY_MS;
/** How often a watch on the wrist hands over its day. */
const SYNC_MS = 3 * 3_600_000;
const API = "https://www.polaraccesslink.com/v3";

export type Hooks = ReturnType<typeof createHooks>;

/** One webhook an application, greeted before it is made; its key is told once. */
export function createHooks(world: World, grants: Grants, settings: () => Settings) {
  let all: Webhook[] = [];
  const routes = new Hono<{ Variables: { client: string } }>();

  routes.use(async (c, next) => {
    const [client, secret] = basicOf(c.req.header("authorization")) ?? ["", ""];
    if (!grants.isClient(client, secret)) return unauthorized(world);
    c.set("client", client);
    return next();
  });
  const of = (client: string): Webhook | undefined => all.find((one) => one.client === client);
  const wrong = (message: string) => refusal(world, 400, "BadRequestException", message);

  routes.post("/", async (c) => {
    const { client } = c.var;
    const { events, url } = (await c.req.json().catch(() => ({}))) as { events?: unknown; url?: unknown };
    if (!areEvents(events)) return wrong("Unknown events.");
    if (typeof url !== "string" || !URL.canParse(url)) return wrong("Invalid URL.");
    if (of(client)) return webhookRefusal(world, 409, "WebhookAlreadyExistsException", "Webhook already exists.");
    const refused = await greet(url);
    if (refused) return refused;
    const id = crypto.randomUUID().slice(0, 6);
    const made: Webhook = { id, client, events, url, active: true, key: crypto.randomUUID(), failing_since: null };
    all.push(made);
    world.changed();
    return json({ data: { id, events, url, signature_secret_key: made.key } }, 201);
  });
  routes.get("/", (c) => {
    const mine = all.filter(({ client }) => client === c.var.client);
    return json({ data: mine.map(({ id, events, url, active }) => ({ id, events, url, active })) });
  });
  for (const [path, active] of [
    ["/activate", true],
    ["/deactivate", false],
  ] as const) {
    routes.post(path, (c) => {
      const mine = of(c.var.client);
      if (!mine) return notFound(world, "Webhook not found.");
      Object.assign(mine, { active, failing_since: null });
      world.changed();
      return nothing(200);
    });
  }
  routes.patch("/:id", async (c) => {
    const mine = of(c.var.client);
    if (mine?.id !== c.req.param("id")) return notFound(world, "Webhook not found.");
    const { events, url } = (await c.req.json().catch(() => ({}))) as { events?: unknown; url?: unknown };
    if (events !== undefined && !areEvents(events)) return wrong("Unknown events.");
    if (url !== undefined && (typeof url !== "string" || !URL.canParse(url))) return wrong("Invalid URL.");
    const refused = url === undefined ? null : await greet(url as string);
    if (refused) return refused;
    Object.assign(mine!, { ...(events !== undefined && { events }), ...(url !== undefined && { url }) });
    world.changed();
    const { id, active } = mine!;
    return json({ data: { id, events: mine!.events, url: mine!.url, active } });
  });
  routes.delete("/:id", (c) => {
    const mine = of(c.var.client);
    if (mine?.id !== c.req.param("id")) return notFound(world, "Webhook not found.");
    all = all.filter((one) => one !== mine);
    world.changed();
    return nothing();
  });
  routes.notFound(() => notFound(world, "Not found."));

  /** Anything but 200 is no address to push to. */
  async function greet(url: string): Promise<Response | null> {
    const body = JSON.stringify({ timestamp: seconds(world.now()), event: "PING" });
    const headers = { "content-type": "application/json", "Polar-Webhook-Event": "PING" };
    const status = await post(url, body, headers);
    if (status === 200) return null;
    const message = `Ping failed to URL ${url}. Response code was [${status}]`;
    return webhookRefusal(world, 400, "WebhookPingFailedException", message);
  }

  const post = (url: string, body: string, headers: Record<string, string>): Promise<number> =>
    world
      .fetch(new Request(url, { method: "POST", headers, body, signal: AbortSignal.timeout(ANSWER_MS) }))
      .then(({ status }) => status)
      .catch(() => 0);

  async function deliver(to: Webhook, event: Record<string, unknown>): Promise<void> {
    const body = JSON.stringify(event);
    const status = await post(to.url, body, {
      "content-type": "application/json",
      "Polar-Webhook-Event": String(event.event),
      "Polar-Webhook-Signature": await signature(to.key, body),
    });
    if (status === 200) {
      to.failing_since = null;
      return;
    }
    to.failing_since ??= world.now();
    if (world.now() - to.failing_since >= GIVEN_UP_MS) to.active = false;
    world.changed();
  }

  async function tell({ client }: Registration, life: Life, event: string, path: string, about: object): Promise<void> {
    const to = of(client);
    if (!to?.active || !to.events.includes(event) || SILENT.includes(event)) return;
    const told = { event, user_id: userId(life), ...about, timestamp: seconds(world.now()), url: `${API}${path}` };
    await deliver(to, told);
  }

  const exercise = (to: Registration, life: Life, id: string) =>
    tell(to, life, "EXERCISE", `/exercises/${id}`, { entity_id: id });
  const dated = (to: Registration, life: Life, event: string, path: string, date: string) =>
    tell(to, life, event, `${path}/${date}`, { date });

  /** A night comes twice, almost at once. */
  async function night(to: Registration, life: Life, date: string): Promise<void> {
    for (let i = 0; i < 2; i++) await dated(to, life, "SLEEP", "/users/sleep", date);
    const query = `?from=${date}&to=${date}`;
    const path = `/users/sleepwise/alertness/date${query}`;
    await tell(to, life, "SLEEP_WISE_ALERTNESS", path, { from: date, to: date });
  }
  async function day(to: Registration, life: Life, date: string): Promise<void> {
    await dated(to, life, "ACTIVITY_SUMMARY", "/users/activities", date);
    await dated(to, life, "CONTINUOUS_HEART_RATE", "/users/continuous-heart-rate", date);
  }

  /** All that the watch held when its owner became known. */
  async function backlog(to: Registration, life: Life, now: number): Promise<void> {
    const last = localDay(life.person.home.zone, now);
    for (const one of exercisesOf(life, to.since, now)) await exercise(to, life, exerciseId(one, life));
    for (let at = Math.max(life.since, last - 27); at <= last; at++) {
      if (nightOn(life, at, now)) await night(to, life, dateOf(at));
      await day(to, life, dateOf(at));
    }
  }

  return {
    routes,
    /** New ones are told of; a deleted one just vanishes. */
    async changed({ life, activity, kind }: Change): Promise<void> {
      if (!isSeen(activity) || kind === "delete") return;
      for (const to of grants.registrations(life.person.key)) {
        if (uploadedAt(to, settings()) > world.now()) continue;
        if (!exercisesOf(life, to.since, world.now()).some(({ key }) => key === activity.key)) continue;
        await exercise(to, life, exerciseId(activity, life));
      }
    },
    async passed(from: number, to: number): Promise<void> {
      for (const registration of grants.registrations()) {
        const life = world.lives.find(({ person }) => person.key === registration.person);
        if (!life) continue;
        const first = uploadedAt(registration, settings());
        if (first > to) continue;
        // What was there at once is found by asking.
        if (first > from && settings().upload_after_s > 0) {
          await backlog(registration, life, to);
          continue;
        }
        const today = localDay(life.person.home.zone, to);
        for (let at = localDay(life.person.home.zone, from) - 1; at <= today + 1; at++) {
          const slept = nightOn(life, at, to);
          if (slept && slept.end > from && slept.end <= to) await night(registration, life, slept.date);
        }
        if (Math.floor(from / SYNC_MS) !== Math.floor(to / SYNC_MS)) await day(registration, life, dateOf(today));
      }
    },
    /** Puts all of them to sleep, as after a week of failures. */
    deactivate() {
      for (const one of all) one.active = false;
    },
    reset() {
      all = [];
    },
    save: (): unknown => all,
    load(saved: unknown) {
      if (saved) all = saved as Webhook[];
    },
  };
}

const areEvents = (events: unknown): events is string[] =>
  Array.isArray(events) && events.length > 0 && events.every((event) => EVENTS.includes(event));

const seconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Lower-case hex of HMAC-SHA256. */
export async function signature(key: string, body: string): Promise<string> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const imported = await crypto.subtle.importKey("raw", bytes(key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", imported, bytes(body)));
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
