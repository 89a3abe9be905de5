/** Webhooks of AccessLink v3: hints, signed with a key that Polar shows once; docs/providers/polar.md. */
import { DAY_MS, dateMs } from "../../domain/time.ts";
import type { Json, Push, PushItem } from "../provider.ts";
import { API } from "./reading.ts";
import * as schema from "./schema.ts";

const WEBHOOKS = `${API}/webhooks`;

/** What is asked for again, by event. A recharge comes with its night and has no event of its own. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  SLEEP: ["sleeps", "recharges"],
  CONTINUOUS_HEART_RATE: ["continuous_heart_rate"],
  ACTIVITY_SUMMARY: ["daily_activity"],
  SLEEP_WISE_ALERTNESS: ["alertness"],
  PHYSICAL_INFORMATION: ["physical_info"],
};

const subscribed = ({ id, url, active, signature_secret_key }: ReturnType<typeof schema.webhook.parse>) => ({
  external_id: id,
  callback_url: url,
  secret: signature_secret_key ?? null,
  expires_at: null,
  is_asleep: active === false,
});

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
  greeting: (body): { status: number; body: Json } | null =>
    schema.greeting.safeParse(body).success ? { status: 200, body: {} } : null,
  elements: "body",
  account(element) {
    const event = schema.event.safeParse(element);
    return event.success ? event.data.user_id : null;
  },
  /** The address is built by ourselves, never taken from the event's `url`. */
  read(element, _key, { now }): PushItem[] {
    const parsed = schema.event.safeParse(element);
    if (!parsed.success) return [];
    const { event, entity_id, date, from = date, to = date } = parsed.data;
    if (event === "EXERCISE") {
      return entity_id ? [{ is: "want", kind: "exercise", external_id: entity_id, expected: true }] : [];
    }
    // A local day, whatever the offset.
    const window = {
      from: (from ? dateMs(from) : now) - DAY_MS / 2,
      to: (to ? dateMs(to) + DAY_MS : now) + DAY_MS / 2,
    };
    if (window.to - window.from > 40 * DAY_MS || window.to <= window.from) return [];
    return (Object.hasOwn(LISTS, event) ? LISTS[event]! : []).map((stream) => ({ is: "window", stream, window }));
  },
  subscription: {
    per: "application",
    // Polar greets the address before it answers.
    create: (callback_url) => ({
      method: "POST",
      url: WEBHOOKS,
      json: { events: ["EXERCISE", ...Object.keys(LISTS)], url: callback_url },
      auth: "client_basic",
    }),
    list: {
      request: { url: WEBHOOKS, auth: "client_basic", accept: [404] },
      read(answer) {
        if (answer.status === 204 || answer.status === 404) return [];
        const parsed = schema.webhooks.safeParse(answer.body);
        return parsed.success ? parsed.data.data.map(subscribed) : null;
      },
    },
    // After seven days of failures it is put to sleep.
    wake: () => ({ method: "POST", url: `${WEBHOOKS}/activate`, auth: "client_basic", as: "text" }),
    remove: (id) => ({
      method: "DELETE",
      url: `${WEBHOOKS}/${encodeURIComponent(id)}`,
      auth: "client_basic",
      as: "text",
    }),
    read(answer) {
      const parsed = schema.createdWebhook.safeParse(answer.body);
      return parsed.success ? subscribed(parsed.data.data) : null;
    },
  },
} satisfies Push;
