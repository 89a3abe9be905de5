/** Webhooks of AccessLink v3: hints, signed with a key that Polar shows once; docs/providers/polar.md. */
import { z } from "zod";
import { DAY_MS, dateMs } from "../../domain/time.ts";
import type { Push, PushItem } from "../provider.ts";
import { event, webhook } from "./schema.ts";
import { API } from "./streams.ts";

const HOOKS = `${API}/webhooks`;

/** What is asked for again, by event. A recharge comes with its night and has no event of its own. */
const LISTS = new Map([
  ["SLEEP", ["sleeps", "recharges"]],
  ["CONTINUOUS_HEART_RATE", ["continuous_heart_rate"]],
  ["ACTIVITY_SUMMARY", ["daily_activity"]],
  ["SLEEP_WISE_ALERTNESS", ["alertness"]],
  ["PHYSICAL_INFORMATION", ["physical_info"]],
]);
const EVENTS = ["EXERCISE", ...LISTS.keys()];

const ping = z.object({ event: z.literal("PING") });
const created = z.object({ data: webhook });
const existing = z.object({ data: z.array(webhook) });

export const push = {
  verify: {
    by: "hmac",
    hash: "SHA-256",
    header: "polar-webhook-signature",
    encoding: "hex",
    parts: ["body"],
    key: "issued",
    // What comes between the creation and its answer cannot be checked.
    optional: true,
  },
  /** Sent before the key is told, and again when the address changes or it is activated. */
  greeting: (body) => (ping.safeParse(body).success ? { status: 200, body: {} } : null),
  elements: "body",
  account: (element) => event.safeParse(element).data?.user_id ?? null,
  /** The address is built by ourselves, never taken from the event's `url`. */
  read(element, _key, { now }): PushItem[] {
    const parsed = event.safeParse(element);
    if (!parsed.success) return [];
    const { event: name, entity_id, date, from = date, to = date } = parsed.data;
    if (name === "EXERCISE") {
      return entity_id ? [{ is: "want", kind: "exercise", external_id: entity_id, expected: true }] : [];
    }
    // A local day, whatever the offset.
    const window = {
      from: (from ? dateMs(from) : now) - DAY_MS / 2,
      to: (to ? dateMs(to) + DAY_MS : now) + DAY_MS / 2,
    };
    if (window.to - window.from > 40 * DAY_MS || window.to <= window.from) return [];
    return (LISTS.get(name) ?? []).map((stream) => ({ is: "window", stream, window }));
  },
  subscription: {
    per: "application",
    // Polar greets the address before it answers.
    create: (url) => ({ method: "POST", url: HOOKS, json: { events: EVENTS, url }, auth: "client_basic" }),
    list: {
      request: { url: HOOKS, auth: "client_basic", accept: [404] },
      // 204, 404: there is none.
      read: ({ status, body }) => (status === 200 ? (existing.safeParse(body).data?.data ?? null) : []),
    },
    // After seven days of failures it is put to sleep.
    wake: () => ({ method: "POST", url: `${HOOKS}/activate`, auth: "client_basic", as: "text" }),
    remove: (id) => ({ method: "DELETE", url: `${HOOKS}/${encodeURIComponent(id)}`, auth: "client_basic", as: "text" }),
    read: ({ body }) => created.safeParse(body).data?.data ?? null,
  },
} satisfies Push;
