/** Webhooks of Oura: signed hints. What is new is asked for, what is gone is believed; docs/providers/oura.md, "Webhooks". */
import { emptyBatch } from "../../domain/batch.ts";
import { addDays, DAY_MS, utcDate } from "../../domain/time.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Answer, ClientHeaders, Json, Page, Position, Push, PushItem, Subscribed, Window } from "../provider.ts";
import type { OffsetAt } from "./reading.ts";
import * as schema from "./schema.ts";
import { API, COLLECTIONS, type CollectionName, documentRequest, readDocument, streams } from "./streams.ts";

const SUBSCRIPTIONS = `${API}/webhook/subscription`;
const auth: ClientHeaders = { client_id: "x-client-id", client_secret: "x-client-secret" };
/** What is gone was of these days before the notice. */
const BACK_DAYS = 31;

/** Oura's `data_type` is the last part of the path, but for the one that is spelt otherwise there. */
const DATA_TYPES: ReadonlyMap<string, CollectionName> = new Map(
  (Object.keys(COLLECTIONS) as CollectionName[]).map((name) => [COLLECTIONS[name].path.toLowerCase(), name]),
);
const EVENT_TYPES = ["create", "update", "delete"];

export const push = {
  verify: {
    by: "hmac",
    hash: "SHA-256",
    header: "x-oura-signature",
    encoding: "hex", // in upper case
    parts: ["timestamp", "body"],
    // Nobody knows whether a retry, up to an hour later, is signed anew.
    timestamp: { header: "x-oura-timestamp", unit: "any", tolerance_s: 7200 },
    key: "client_secret",
  },
  handshake({ verification_token, challenge }, verify_token): { status: number; body: Json } | null {
    if (verification_token === undefined || challenge === undefined) return null;
    return verification_token === verify_token
      ? { status: 200, body: { challenge } }
      : { status: 401, body: { detail: "Invalid verification token" } };
  },
  elements: "body",
  account(element) {
    const event = schema.event.safeParse(element);
    return event.success ? event.data.user_id : null;
  },
  read(element, _key, { now, offsetAt }): PushItem[] {
    const event = schema.event.safeParse(element);
    const name = event.success ? DATA_TYPES.get(event.data.data_type.toLowerCase()) : undefined;
    if (!event.success || name === undefined) return [];
    const { event_type, object_id, event_time } = event.data;
    const told = Date.parse(event_time ?? "");
    const to = Number.isNaN(told) ? now : told;
    const window = { from: to - BACK_DAYS * DAY_MS, to };
    if (event_type === "delete") return gone(name, object_id, window, offsetAt);
    // Whose local midnights are guessed is read as a list, so that there is one guess of a day.
    if (streams[name].zoneless) return [{ is: "window", stream: name, window }];
    const request = documentRequest(name, object_id);
    return [{ is: "fetch", request, read: (answer) => readDocument(name, answer, object_id, offsetAt) }];
  },
  subscription: {
    per: "application",
    // Oura calls the address before it answers.
    create: (callback_url, verification_token) =>
      [...DATA_TYPES.keys()].flatMap((data_type) =>
        EVENT_TYPES.map((event_type) => ({
          method: "POST" as const,
          url: SUBSCRIPTIONS,
          json: { callback_url, verification_token, event_type, data_type },
          auth,
        })),
      ),
    list: {
      request: { url: SUBSCRIPTIONS, auth },
      read(answer) {
        const parsed = schema.subscriptions.safeParse(answer.body);
        return parsed.success
          ? parsed.data.map((one) => ({ ...subscribed(one), callback_url: one.callback_url }))
          : null;
      },
    },
    renew: (id) => ({ method: "PUT", url: `${SUBSCRIPTIONS}/renew/${id}`, auth }),
    // An unknown one is forbidden.
    remove: (id) => ({ method: "DELETE", url: `${SUBSCRIPTIONS}/${id}`, auth, accept: [403] }),
    read(answer) {
      const parsed = schema.subscription.safeParse(answer.body);
      return parsed.success ? subscribed(parsed.data) : null;
    },
  },
} satisfies Push;

function subscribed({ id, expiration_time }: { id: string; expiration_time?: string | null }): Subscribed {
  const end = Date.parse(/[Zz]|[+-]\d\d:\d\d$/.test(expiration_time ?? "") ? expiration_time! : `${expiration_time}Z`);
  return { external_id: id, secret: null, expires_at: Number.isNaN(end) ? null : end };
}

/** A record goes by its id. Values of days do not have it, so days that the list lacks lose theirs; mornings go with their nights. */
function gone(name: CollectionName, external_id: string, window: Window, offsetAt: OffsetAt): PushItem[] {
  const { kind } = COLLECTIONS[name];
  const batch = emptyBatch();
  if (kind) batch.deletions.push({ kind, external_id });
  const items: PushItem[] = [{ is: "data", batch }];
  if (name === "sleep") items.push({ is: "window", stream: name, window });
  if (kind !== null && name !== "daily_stress") return items;
  const account = { provider_user_id: null, public_id: "", learned: {} };
  const at = { window, cursor: null, account, offsetAt };
  const request = streams[name].request(at);
  return [...items, { is: "fetch", request, read: (answer) => readWithAbsent(name, external_id, answer, at) }];
}

/** A day that is absent reads as a document with nothing in it. */
function readWithAbsent(name: CollectionName, id: string, answer: Answer, at: Position): Page | Fault {
  const page = streams[name].read(answer, at);
  if ("kind" in page || page.next !== null) return page;
  const { batch } = page;
  const there = new Set(batch.days.map(({ date }) => date));
  const contributors = new Set(batch.days.map(({ metric }) => metric).filter((metric) => metric.startsWith("x_")));
  const last = utcDate(at.window.to);
  for (let date = utcDate(at.window.from); date <= last; date = addDays(date, 1)) {
    if (there.has(date)) continue;
    COLLECTIONS[name].read({ id, day: date }, batch, "", at.offsetAt);
    const element = batch.elements.length - 1;
    for (const metric of contributors) batch.days.push({ date, metric, source: "", value: null, element });
  }
  return page;
}
