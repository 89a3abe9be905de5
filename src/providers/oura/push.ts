/** Webhooks of Oura: signed hints. What is new is asked for, what is gone is believed; docs/providers/oura.md, "Webhooks". */
import { DAY_MS, datesOf } from "../../domain/time.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Account, Answer, Json, Page, Position, Push, PushItem, Subscribed, Window } from "../provider.ts";
import { type OffsetAt, page } from "../reading.ts";
import { withoutRecord } from "../streams.ts";
import * as schema from "./schema.ts";
import { API, COLLECTIONS, type CollectionName, documentOf, NAMES, streams } from "./streams.ts";

const SUBSCRIPTIONS = `${API}/webhook/subscription`;
const auth = { client_id: "x-client-id", client_secret: "x-client-secret" };
/** What is gone was of these days before the notice. */
const BACK_MS = 31 * DAY_MS;
/** No request says whose it is: the token does. */
const account: Account = { provider_user_id: null, public_id: "", learned: {} };

/** Oura's `data_type` is the last part of the path, but for the one that is spelt otherwise there. */
const DATA_TYPES: ReadonlyMap<string, CollectionName> = new Map(
  NAMES.map((name) => [COLLECTIONS[name].path.toLowerCase(), name]),
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
  account: (element) => schema.event.safeParse(element).data?.user_id ?? null,
  read(element, _key, { now, offsetAt }): PushItem[] {
    const event = schema.event.safeParse(element).data;
    const name = DATA_TYPES.get(event?.data_type.toLowerCase() ?? "");
    if (!event || name === undefined) return [];
    const to = event.event_time?.time ?? now;
    const window = { from: to - BACK_MS, to };
    if (event.event_type === "delete") return gone(name, event.object_id, window, offsetAt);
    // Whose local midnights are guessed is read as a list, so that there is one guess of a day.
    if (COLLECTIONS[name].zoneless) return [{ is: "window", stream: name, window }];
    const { request, read } = documentOf(name, offsetAt);
    const id = event.object_id;
    return [{ is: "fetch", request: request(id, account), read: (answer) => read(answer, id, account), stream: name }];
  },
  subscription: {
    per: "application",
    // Oura calls the address before it answers.
    create: (callback_url, verification_token) =>
      [...DATA_TYPES.keys()].flatMap((data_type) =>
        EVENT_TYPES.map((event_type) => {
          const json = { callback_url, verification_token, event_type, data_type };
          return { method: "POST" as const, url: SUBSCRIPTIONS, json, auth };
        }),
      ),
    list: {
      request: { url: SUBSCRIPTIONS, auth },
      read({ body }) {
        const all = schema.subscriptions.safeParse(body).data;
        return all?.map((one) => ({ ...subscribed(one), callback_url: one.callback_url })) ?? null;
      },
    },
    renew: (id) => ({ method: "PUT", url: `${SUBSCRIPTIONS}/renew/${id}`, auth }),
    // An unknown one is forbidden.
    remove: (id) => ({ method: "DELETE", url: `${SUBSCRIPTIONS}/${id}`, auth, accept: [403] }),
    read({ body }) {
      const one = schema.subscription.safeParse(body).data;
      return one ? subscribed(one) : null;
    },
  },
} satisfies Push;

/** `expiration_time` has no zone and means UTC. */
function subscribed({ id, expiration_time: end }: { id: string; expiration_time?: string | null }): Subscribed {
  const expires_at = Date.parse(/[Zz]|[+-]\d\d:\d\d$/.test(end ?? "") ? end! : `${end}Z`);
  return { external_id: id, secret: null, expires_at: Number.isNaN(expires_at) ? null : expires_at };
}

/** A record goes by its id. Values of days do not have it, so days that the list lacks lose theirs; mornings go with their nights. */
function gone(name: CollectionName, external_id: string, window: Window, offsetAt: OffsetAt): PushItem[] {
  const { kind } = COLLECTIONS[name];
  const { batch } = kind ? withoutRecord(kind, external_id) : page();
  const data: PushItem = { is: "data", batch };
  if (name === "sleep") return [data, { is: "window", stream: name, window }];
  if (kind && name !== "daily_stress") return [data];
  const at = { window, cursor: null, account, offsetAt };
  const request = streams[name].request(at);
  return [data, { is: "fetch", request, read: (answer) => readWithAbsent(name, external_id, answer, at) }];
}

/** A day that is absent reads as a document with nothing in it; what has contributors is told by the others. */
function readWithAbsent(name: CollectionName, id: string, answer: Answer, at: Position): Page | Fault {
  const read = streams[name].read(answer, at);
  // One that could not be read is not absent.
  if ("kind" in read || read.next !== null || read.batch.rejections.length > 0) return read;
  const there = new Set(read.batch.days.map(({ date }) => date));
  const names = read.batch.days.flatMap(({ metric }) => /^x_[a-z]+_(.+)$/.exec(metric)?.[1] ?? []);
  const contributors = Object.fromEntries(names.map((name) => [name, null]));
  for (const day of datesOf(at.window.from, at.window.to)) {
    if (!there.has(day)) COLLECTIONS[name].read(read.batch, { id, day, contributors }, "", at.offsetAt);
  }
  return read;
}
