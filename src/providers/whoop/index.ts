/** WHOOP API v2; facts and traps in docs/providers/whoop.md. Instants RFC 3339 with ms, durations ms, energy kJ. */
import type { Fault } from "../../platform/errors.ts";
import type { Answer, LimitReading, Provider } from "../provider.ts";
import * as joined from "./joined.ts";
import { push } from "./push.ts";
import { API } from "./reading.ts";
import { collection, owned, profile, refusal } from "./schema.ts";
import * as streams from "./streams.ts";

const OAUTH = "https://api.prod.whoop.com/oauth/oauth2";

/** Where an account's number stands, whatever was granted; a member has a cycle as soon as the strap is worn. */
const WHO: readonly (readonly [scope: string, path: string])[] = [
  ["read:profile", "/v2/user/profile/basic"],
  ["read:cycles", "/v2/cycle"],
  ["read:sleep", "/v2/activity/sleep"],
  ["read:recovery", "/v2/recovery"],
  ["read:workout", "/v2/activity/workout"],
];

/** Lengths of the windows, s, as the header names them. */
const WINDOWS: Readonly<Record<string, string>> = { minute: "60", day: "86400" };

export const whoop = {
  id: "whoop",
  name: "WHOOP",
  about: {
    data: "Recovery, strain, sleep and workouts, all of their history",
    portal: "https://developer-dashboard.whoop.com",
    approval: "A membership is needed. A new application serves ten members until WHOOP has approved it.",
  },
  auth: [
    {
      type: "oauth2",
      authorize: `${OAUTH}/auth`,
      token: [`${OAUTH}/token`],
      client_auth: "client_secret_post",
      pkce: false,
      scopes: [
        { name: "offline", text: "your data while you are away", required: true },
        { name: "read:profile", text: "your name" },
        { name: "read:sleep", text: "your sleep" },
        { name: "read:recovery", text: "your recovery" },
        { name: "read:cycles", text: "your strain" },
        { name: "read:workout", text: "your workouts" },
        { name: "read:body_measurement", text: "your weight and height" },
      ],
      scope_separator: " ",
      granted: "token",
      // Both old tokens die at once, and using them again may end the new ones too.
      refresh: "rotating",
      refresh_params: { scope: "offline" },
      revoke: ({ access_token }) => [
        {
          method: "DELETE",
          url: `${API}/v2/user/access`,
          headers: { authorization: `Bearer ${access_token}` },
          auth: "none",
          accept: [401],
        },
      ],
    },
  ],
  hosts: ["api.prod.whoop.com"],
  identify: {
    from: "request",
    request({ granted_scopes = [] }) {
      const [, path] = WHO.find(([scope]) => granted_scopes.includes(scope)) ?? WHO[0]!;
      return { url: API + path, query: path === WHO[0]![1] ? undefined : { limit: "1" } };
    },
    read({ body }) {
      const person = profile.safeParse(body);
      const records = collection.safeParse(body);
      const owner = owned.safeParse(records.success ? records.data.records[0] : body);
      if (!owner.success) return null;
      const display_name = person.success ? streams.nameOf(person.data) : null;
      return { provider_user_id: owner.data.user_id, display_name, avatar_url: null };
    },
  },
  limits: [
    { name: "minute", of: "application", requests: 100, per_s: 60, starts: "rolling" },
    { name: "day", of: "application", requests: 10_000, per_s: 86_400, starts: "rolling" },
  ],
  read_limits: readLimits,
  read_fault: readFault,
  terms: {
    cache_days: null,
    merge: true,
    third_parties: true,
    ai: true,
    delete_on_disconnect: false,
    text: "Data from WHOOP are named as such where they are shown.",
  },
  streams: {
    profile: streams.profile,
    body: streams.body,
    sleeps: streams.sleeps,
    recoveries: joined.recoveries,
    cycles: joined.cycles,
    workouts: streams.workouts,
    workout: streams.workout,
    workout_check: streams.workout_check,
    sleep: streams.sleep,
    sleep_check: streams.sleep_check,
    recovery: joined.recovery,
  },
  push,
  attribution: { text: "Data by WHOOP" },
} satisfies Provider;

/**
 * `X-RateLimit-Limit: 100, 100;window=60, 10000;window=86400`: first the limit that one is nearest to, whose are `Remaining` and `Reset`
 * (s from now), then all of them. Of the others the use is not told.
 */
function readLimits(headers: Headers): LimitReading[] {
  const [first, ...all] = (headers.get("x-ratelimit-limit") ?? "").split(",").map((part) => part.trim());
  const readings = Object.entries(WINDOWS).flatMap(([name, length]): LimitReading[] => {
    const match = all.map((part) => /^(\d+) *; *window=(\d+)$/.exec(part)).find((one) => one?.[2] === length);
    return match ? [{ name, limit: Number(match[1]), used: 0 }] : [];
  });
  const remaining = numberIn(headers, "x-ratelimit-remaining");
  const resets_s = numberIn(headers, "x-ratelimit-reset");
  // Were two as large, it would be the shorter one.
  const nearest = readings.find(({ limit }) => String(limit) === first);
  if (nearest && remaining !== null) nearest.used = Math.max(0, nearest.limit - remaining);
  if (nearest && resets_s !== null) nearest.resets_s = resets_s;
  return readings;
}

function numberIn(headers: Headers, name: string): number | null {
  const text = headers.get(name)?.trim() ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

function readFault(answer: Answer, now: number): Fault | undefined {
  switch (answer.status) {
    case 429: {
      // Seconds from now, not an instant; there is no Retry-After.
      const reset = numberIn(answer.headers, "x-ratelimit-reset");
      return reset === null ? undefined : { kind: "rate_limited", of: "application", until: now + reset * 1000 };
    }
    case 403:
      if (refusal.parse(answer.body).error !== "deactivated_user") return undefined;
      return { kind: "needs_person", text: "WHOOP says that this membership is not active." };
    default:
      return undefined;
  }
}
