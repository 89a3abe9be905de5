/** WHOOP API v2; facts and traps in docs/providers/whoop.md. Instants RFC 3339 with ms, durations ms, energy kJ. */
import { UNLIMITED } from "../../domain/terms.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Answer, Limit, LimitReading, Provider } from "../provider.ts";
import { numbersIn } from "../reading.ts";
import { push } from "./push.ts";
import { collection, deactivated, owned, profile } from "./schema.ts";
import { API, streams } from "./streams.ts";

const OAUTH = "https://api.prod.whoop.com/oauth/oauth2";

/** Where an account's number stands, whatever was granted; a member has a cycle as soon as the strap is worn. */
const WHO: readonly (readonly [scope: string, path: string])[] = [
  ["read:profile", "/v2/user/profile/basic"],
  ["read:cycles", "/v2/cycle"],
  ["read:sleep", "/v2/activity/sleep"],
  ["read:recovery", "/v2/recovery"],
  ["read:workout", "/v2/activity/workout"],
];

const LIMITS: Limit[] = [
  { name: "minute", of: "application", requests: 100, per_s: 60, starts: "rolling" },
  { name: "day", of: "application", requests: 10_000, per_s: 86_400, starts: "rolling" },
];

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
      revoke({ access_token }) {
        const headers = { authorization: `Bearer ${access_token}` };
        return [{ method: "DELETE", url: `${API}/v2/user/access`, headers, auth: "none", accept: [401] }];
      },
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
      const owner = owned.safeParse(collection.safeParse(body).data?.records[0] ?? body);
      const display_name = profile.safeParse(body).data ?? null;
      return owner.success ? { provider_user_id: owner.data.user_id, display_name, avatar_url: null } : null;
    },
  },
  limits: LIMITS,
  /**
   * `X-RateLimit-Limit: 100, 100;window=60, 10000;window=86400`: first the limit that one is nearest to, whose are `Remaining`
   * and `Reset` (s from now), then all of them. Of the others the use is not told.
   */
  read_limits(headers: Headers): LimitReading[] {
    const [first, ...all] = (headers.get("x-ratelimit-limit") ?? "").split(",").map((part) => part.trim());
    const told = all.map((part) => /^(\d+) *; *window=(\d+)$/.exec(part));
    const readings = LIMITS.flatMap(({ name, per_s }): LimitReading[] => {
      const match = told.find((one) => one?.[2] === String(per_s));
      return match ? [{ name, limit: Number(match[1]), used: 0 }] : [];
    });
    // Were two as large, it would be the shorter one.
    const nearest = readings.find(({ limit }) => String(limit) === first);
    const [remaining] = numbersIn(headers, "x-ratelimit-remaining");
    const [resets_s] = numbersIn(headers, "x-ratelimit-reset");
    if (nearest && remaining !== undefined) nearest.used = Math.max(0, nearest.limit - remaining);
    if (nearest && resets_s !== undefined) nearest.resets_s = resets_s;
    return readings;
  },
  read_fault({ status, headers, body }: Answer, now: number): Fault | undefined {
    // Seconds from now, not an instant; there is no Retry-After.
    const [reset_s] = numbersIn(headers, "x-ratelimit-reset");
    if (status === 429 && reset_s !== undefined) {
      return { kind: "rate_limited", of: "application", until: now + reset_s * 1000 };
    }
    if (status !== 403 || !deactivated.safeParse(body).success) return undefined;
    return { kind: "needs_person", text: "WHOOP says that this membership is not active." };
  },
  terms: { ...UNLIMITED, text: "Data from WHOOP are named as such where they are shown." },
  streams,
  push,
  attribution: { text: "Data by WHOOP" },
} satisfies Provider;
