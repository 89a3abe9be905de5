/** Webhooks of Strava: hints only, and nothing but the path vouches for them unless a key was agreed on; docs/providers/strava.md. */
import type { Json, Push, PushItem } from "../provider.ts";
import * as schema from "./schema.ts";

/** Moves with the API in 2027. */
const API = "https://www.strava.com/api/v3";
const SUBSCRIPTIONS = `${API}/push_subscriptions`;

export const push = {
  // Strava documents neither the header nor its key; what receivers of 2026 read.
  verify: {
    by: "hmac",
    hash: "SHA-256",
    header: "x-strava-signature",
    member: "v1",
    encoding: "hex",
    parts: ["timestamp", "'.'", "body"],
    timestamp: { header: "x-strava-signature", member: "t", unit: "s", tolerance_s: 300 },
    key: "webhook_secret",
    optional: true,
  },
  handshake(query, verify_token): { status: number; body: Json } | null {
    const mode = query["hub.mode"];
    if (mode === undefined) return null;
    const challenge = query["hub.challenge"];
    if (mode !== "subscribe" || !challenge) return { status: 400, body: {} };
    if (query["hub.verify_token"] !== verify_token) return { status: 403, body: {} };
    return { status: 200, body: { "hub.challenge": challenge } };
  },
  elements: "body",
  account(element) {
    const event = schema.event.safeParse(element);
    return event.success ? event.data.owner_id : null;
  },
  read(element): PushItem[] {
    const event = schema.event.safeParse(element);
    if (!event.success) return [];
    const { object_type, object_id, aspect_type, updates } = event.data;
    if (object_type === "athlete") {
      return String(updates?.authorized ?? "") === "false" ? [{ is: "goodbye" }] : [];
    }
    if (object_type !== "activity") return [];
    // The answer decides, also of a deletion, and of one that is hidden from us from now on.
    const hidden = String(updates?.private ?? "") === "true";
    if (aspect_type === "delete" || hidden) {
      return [{ is: "want", kind: "activity_absent", external_id: object_id }];
    }
    const detail = { is: "want", kind: "activity_detail", external_id: object_id } as const;
    if (aspect_type !== "create") return [detail];
    return [
      { ...detail, expected: true },
      { is: "want", kind: "activity_track", external_id: object_id },
    ];
  },
  confirm: () => ({ url: `${API}/athlete` }),
  subscription: {
    per: "application",
    // Strava calls the address before it answers.
    create: (callback_url, verify_token) => ({
      method: "POST",
      url: SUBSCRIPTIONS,
      form: { callback_url, verify_token },
      auth: "client_form",
    }),
    list: {
      request: { url: SUBSCRIPTIONS, auth: "client_form" },
      read(answer) {
        const parsed = schema.subscriptions.safeParse(answer.body);
        return parsed.success ? parsed.data.map(({ id, callback_url }) => subscribed(id, callback_url)) : null;
      },
    },
    remove: (id) => ({ method: "DELETE", url: `${SUBSCRIPTIONS}/${id}`, auth: "client_form" }),
    read(answer) {
      const parsed = schema.subscription.safeParse(answer.body);
      return parsed.success ? subscribed(parsed.data.id, parsed.data.callback_url) : null;
    },
  },
} satisfies Push;

const subscribed = (external_id: string, callback_url: string) => ({
  external_id,
  callback_url,
  secret: null,
  expires_at: null,
});
