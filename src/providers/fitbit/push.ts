/** Notices of the Google Health API: signed hints without values; docs/providers/fitbit.md, "Webhooks". */
import { DAY_MS } from "../../domain/time.ts";
import type { Json, Push, PushItem, Window } from "../provider.ts";
import { HOUR_MS, notice, verification } from "./schema.ts";
import { isSession, SESSION_TYPES, streamsOf } from "./streams.ts";

export const push = {
  verify: {
    by: "ecdsa_p256",
    // The second is the name of spring, and still comes.
    headers: ["google-health-api-signature", "x-healthapi-signature"],
    keys: "https://www.gstatic.com/googlehealthapi/webhooks/webhooks_public_keyset.json",
    authorization: "webhook_secret",
  },
  /** Asked twice, with our secret and without: only the one with it may be welcome. */
  greeting(body, _headers, authorized): { status: number; body: Json } | null {
    return verification.safeParse(body).success ? { status: authorized ? 201 : 401, body: {} } : null;
  },
  elements: "items",
  account: (element) => notice.safeParse(element).data?.data.healthUserId ?? null,
  read(element, _key, { now }): PushItem[] {
    const parsed = notice.safeParse(element);
    if (!parsed.success) return [];
    const { dataType, operation, recordId, intervals } = parsed.data.data;
    const told = (intervals ?? []).filter((one) => one !== null);
    const windows = told.length > 0 ? told : [{ from: now - 2 * DAY_MS, to: now }];
    const items = streamsOf(dataType).flatMap((stream) =>
      windows.map((window): PushItem => ({ is: "window", stream, window: widened(dataType, window) })),
    );
    // What was deleted is asked for by its name: 404 deletes. Words that are new mean "look again".
    if (operation !== "DELETE" || !isSession(dataType) || !recordId) return items;
    return [{ is: "want", kind: SESSION_TYPES[dataType].want, external_id: recordId.split("/").at(-1)! }, ...items];
  },
  answer: { status: 204, body: null },
  subscription: { per: "by_hand" },
} satisfies Push;

/**
 * A session is found by one of its ends, and told to be missing only where all around it is seen: a day and a half.
 * Of readings a second more, since the last one's own is not in a half-open window.
 */
function widened(type: string, { from, to }: Window): Window {
  if (type === "sleep") return { from: from - HOUR_MS, to: to + 37 * HOUR_MS };
  if (type === "exercise") return { from: from - HOUR_MS, to: to + HOUR_MS };
  return { from: from - 1000, to: Math.max(to, from) + 1000 };
}
