/** Oura API v2; facts and traps in docs/providers/oura.md. Durations s, distances m, HRV is RMSSD in ms. */
import { UNLIMITED } from "../../domain/terms.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Answer, LimitReading, Provider, ProviderRequest, TokenBody } from "../provider.ts";
import { numbersIn } from "../reading.ts";
import { DAY_S } from "../streams.ts";
import { push } from "./push.ts";
import * as schema from "./schema.ts";
import { API, streams } from "./streams.ts";

const LEGACY = "https://api.ouraring.com/oauth";
const MOI = "https://moi.ouraring.com/oauth/v2/ext";
const WINDOW_S = 300;

export const oura = {
  id: "oura",
  name: "Oura",
  about: {
    data: "Sleep, readiness, daily activity, heart rate, HRV, workouts, sessions and tags, as far back as the ring goes",
    portal: "https://developer.ouraring.com",
    approval:
      "Ten people until Oura has approved the application. Members whose membership has lapsed cannot share data.",
  },
  auth: [
    {
      type: "oauth2",
      authorize: "https://cloud.ouraring.com/oauth/authorize",
      // The documented URL fails for new applications, and a refused exchange burns the code.
      token: [`${MOI}/oauth-token`, `${LEGACY}/token`],
      client_auth: "client_secret_post",
      // Not documented, and the page that redirects need not hand the challenge on.
      pkce: false,
      scopes: [
        { name: "daily", text: "your nights, and Oura's daily scores" },
        { name: "heartrate", text: "your heart rate through the day" },
        { name: "workout", text: "your workouts" },
        { name: "session", text: "your sessions of breathing and meditation" },
        { name: "tag", text: "your tags" },
        { name: "spo2", text: "your blood oxygen at night" },
        { name: "stress", text: "your resilience" },
        { name: "heart_health", text: "your cardiovascular age and VO₂ max" },
      ],
      scope_separator: " ",
      granted: "callback",
      // Granted as `extapi:daily`; `spo2` was `spo2Daily` once.
      read_scope: (told) => told.replace(/^extapi:/, "").replace(/^spo2Daily$/, "spo2"),
      refresh: "rotating",
      lifetime_s: DAY_S,
      read_token: readToken,
      revoke: ({ access_token, refresh_token }, { learned }) => {
        const token = refresh_token ?? access_token;
        const headers = { authorization: `Bearer ${token}` };
        // 401: revoked already.
        const old: ProviderRequest = { method: "POST", url: `${LEGACY}/revoke`, headers, auth: "none", accept: [401] };
        // RFC 7009: one that nobody knows is as good as revoked, so an old application's has to be told to the old server.
        const now = { method: "POST", url: `${MOI}/oauth-revoke`, form: { token }, auth: "client_form" } as const;
        return learned.token?.startsWith(LEGACY) ? [old] : [now, old];
      },
    },
  ],
  hosts: ["api.ouraring.com", "moi.ouraring.com", "cloud.ouraring.com"],
  identify: {
    from: "request",
    // The id alone needs no scope.
    request: () => ({ url: `${API}/usercollection/personal_info` }),
    read({ body }) {
      const person = schema.personalInfo.safeParse(body).data;
      return person ? { provider_user_id: person.id, display_name: null, avatar_url: null } : null;
    },
  },
  limits: [
    { name: "application", of: "application", requests: 5000, per_s: WINDOW_S, starts: "rolling" },
    { name: "person", of: "user", requests: 5000, per_s: WINDOW_S, starts: "rolling" },
  ],
  read_limits: readLimits,
  read_fault: readFault,
  // A token that was just issued and is refused lacks the collection's scope.
  fresh_401: "scope_missing",
  terms: {
    ...UNLIMITED,
    text: "Oura sets no limit that we know of to keeping your data; they are kept until you delete them.",
  },
  streams,
  push,
  attribution: { text: "Oura" },
} satisfies Provider;

/** A spent refresh token is `invalid_request` here and `invalid_grant` there. */
function readToken(status: number, body: unknown): { status: number; body: TokenBody } {
  const isSpent = status === 400 && (body as TokenBody | null)?.error === "invalid_request";
  return { status, body: isSpent ? { error: "invalid_grant" } : (body as TokenBody) };
}

const tierOf = (headers: Headers): "user" | "application" =>
  headers.get("x-ratelimit-tier") === "access_token" ? "user" : "application";

/** Told with a 429 only: then all of it is spent. */
function readLimits(headers: Headers): LimitReading[] {
  const [limit] = numbersIn(headers, "x-ratelimit-limit");
  if (limit === undefined || numbersIn(headers, "x-ratelimit-window")[0] !== WINDOW_S) return [];
  return [{ name: tierOf(headers) === "user" ? "person" : "application", limit, used: limit }];
}

function readFault({ status, headers }: Answer, now: number): Fault | undefined {
  if (status === 403 || status === 426) {
    return {
      kind: "needs_person",
      text: "Oura does not share data of members whose membership has lapsed: renew it, or check the permissions in the Oura app.",
    };
  }
  if (status !== 429) return undefined;
  const [after] = numbersIn(headers, "retry-after");
  const [reset = 0] = numbersIn(headers, "x-ratelimit-reset");
  const until = after !== undefined ? now + after * 1000 : reset * 1000 > now ? reset * 1000 : now + WINDOW_S * 1000;
  return { kind: "rate_limited", of: tierOf(headers), until };
}
