/** Webhooks of Strava: hints only, and nothing but the path vouches for them unless a key was agreed on; docs/providers/strava.md. */
import type { Json, Push, PushItem } from "../provider.ts";
import * as schema from "./schema.ts";
import { API } from "./streams.ts";

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
    return schema.event.safeParse(element).data?.owner_id ?? null;
  },
  read(element): PushItem[] {
    const event = schema.event.safeParse(element).data;
    if (!event) return [];
    const { object_type, object_id, aspect_type, updates } = event;
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
      read: ({ body }) => schema.subscriptions.safeParse(body).data ?? null,
    },
    remove: (id) => ({ method: "DELETE", url: `${SUBSCRIPTIONS}/${id}`, auth: "client_form" }),
    read: ({ body }) => schema.subscription.safeParse(body).data ?? null,
  },
} satisfies Push;
