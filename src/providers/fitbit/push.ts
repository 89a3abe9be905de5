/** Notices of the Google Health API: signed hints without values; docs/providers/fitbit.md, "Webhooks". */
import type { Json, Push, PushItem, Window } from "../provider.ts";
import * as schema from "./schema.ts";
import { streamsOf } from "./streams.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

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
    if (!schema.verification.safeParse(body).success) return null;
    return authorized ? { status: 201, body: {} } : { status: 401, body: {} };
  },
  elements: "items",
  account(element) {
    const parsed = schema.notice.safeParse(element);
    return parsed.success ? parsed.data.data.healthUserId : null;
  },
  read(element, _key, { now }): PushItem[] {
    const parsed = schema.notice.safeParse(element);
    if (!parsed.success) return [];
    const { data } = parsed.data;
    const windows = windowsOf(data, now);
    const items: PushItem[] = streamsOf(data.dataType).flatMap((stream) =>
      windows.map((window) => ({ is: "window", stream, window: widened(data.dataType, window) }) as const),
    );
    // What was deleted is asked for by its name: 404 deletes. Words that are new mean "look again".
    const want = WANTS[data.dataType];
    if (data.operation !== "DELETE" || !want || !data.recordId) return items;
    return [{ is: "want", kind: want, external_id: data.recordId.split("/").at(-1)! }, ...items];
  },
  answer: { status: 204, body: null },
  subscription: { per: "by_hand" },
} satisfies Push;

const WANTS: Readonly<Record<string, string>> = { exercise: "exercise", sleep: "night" };

/** Of each interval the physical times, else what civil ones may be anywhere; where there is none, the last two days. */
function windowsOf({ intervals }: schema.Notice, now: number): Window[] {
  const windows = (intervals ?? []).flatMap((one): Window[] => {
    if (one?.physicalTimeInterval)
      return [{ from: one.physicalTimeInterval.startTime, to: one.physicalTimeInterval.endTime }];
    const civil =
      one?.civilIso8601TimeInterval ??
      (one?.civilDateTimeInterval && {
        startTime: one.civilDateTimeInterval.startDateTime,
        endTime: one.civilDateTimeInterval.endDateTime,
      });
    return civil ? [{ from: civil.startTime - 14 * HOUR_MS, to: civil.endTime + 12 * HOUR_MS }] : [];
  });
  return windows.length > 0 ? windows : [{ from: now - 2 * DAY_MS, to: now }];
}

/**
 * A session is found by one of its ends, and told to be missing only where all around it is seen: a day and a half. Of readings a
 * second more, since the last one's own is not in a half-open window.
 */
function widened(type: string, { from, to }: Window): Window {
  if (type === "sleep") return { from: from - HOUR_MS, to: to + 37 * HOUR_MS };
  if (type === "exercise") return { from: from - HOUR_MS, to: to + HOUR_MS };
  return { from: from - 1000, to: Math.max(to, from) + 1000 };
}
