/** Strava API v3; facts and traps in docs/providers/strava.md. Instants s, durations s, distances m. */
import type { Fault } from "../../platform/errors.ts";
import type { Answer, LimitReading, Provider, TokenBody } from "../provider.ts";
import { numbersIn } from "../reading.ts";
import { toIdentity } from "./normalise.ts";
import { push } from "./push.ts";
import { athlete, refusal } from "./schema.ts";
import { activities, activity_absent, activity_detail, activity_track, profile } from "./streams.ts";

const SITE = "https://www.strava.com";

/** Header pairs and the limits they tell of, each `quarter,day`. All that we ask is "read". */
const PAIRS = [
  ["x-ratelimit", "all"],
  ["x-readratelimit", "read"],
] as const;

export const strava = {
  id: "strava",
  name: "Strava",
  about: {
    data: "Activities of any length of history, with laps and tracks",
    portal: `${SITE}/settings/api`,
    approval:
      "The developer needs a Strava subscription; one athlete, ten after a self-service upgrade, more by review.",
  },
  auth: [
    {
      type: "oauth2",
      authorize: `${SITE}/oauth/authorize`,
      token: [`${SITE}/oauth/token`],
      client_auth: "client_secret_post",
      pkce: false,
      scopes: [
        { name: "read", text: "your name and picture" },
        { name: "activity:read_all", text: "your activities, also private ones" },
        { name: "profile:read_all", text: "your whole profile" },
      ],
      scope_separator: ",",
      authorize_params: { approval_prompt: "auto" },
      // The token answer does not tell them, and a person may untick some.
      granted: "callback",
      refresh: "rotating",
      read_token: readToken,
      revoke: ({ access_token, refresh_token }) => [
        {
          method: "POST",
          url: `${SITE}/oauth/revoke`,
          form: { token: refresh_token ?? access_token },
          auth: "client_basic",
        },
        // Ends on 1 June 2027.
        {
          method: "POST",
          url: `${SITE}/oauth/deauthorize`,
          headers: { authorization: `Bearer ${access_token}` },
          auth: "none",
          accept: [401],
        },
      ],
    },
  ],
  hosts: ["www.strava.com"],
  identify: {
    from: "token",
    read(token) {
      const { data } = athlete.safeParse(token.athlete);
      return data ? toIdentity(data) : null;
    },
  },
  limits: [
    { name: "all_quarter", of: "application", requests: 200, per_s: 900, starts: "aligned" },
    { name: "all_day", of: "application", requests: 2000, per_s: 86_400, starts: "aligned" },
    { name: "read_quarter", of: "application", requests: 100, per_s: 900, starts: "aligned" },
    { name: "read_day", of: "application", requests: 1000, per_s: 86_400, starts: "aligned" },
  ],
  read_limits: readLimits,
  read_fault: readFault,
  terms: {
    cache_days: 7,
    merge: false,
    third_parties: false,
    ai: false,
    delete_on_disconnect: true,
    text: "Strava allows its data to be kept for seven days, shown to you alone, and neither combined with other sources nor used by AI; it is deleted when you disconnect.",
  },
  streams: { profile, activities, activity_detail, activity_track, activity_absent },
  push,
  attribution: { text: "Powered by Strava", link: (id) => `${SITE}/activities/${id}` },
} satisfies Provider;

/** Refusals name the thing that is wrong instead of an RFC 6749 `error`. */
function readToken(status: number, body: unknown): { status: number; body: TokenBody } {
  if (status < 400) return { status, body: body as TokenBody };
  const { errors } = refusal.parse(body);
  const of = (resource: string) => errors.some((error) => error.resource === resource);
  if (status >= 500 || status === 429 || errors.length === 0) return { status, body: {} };
  if (of("Application")) return { status: 401, body: { error: "invalid_client" } };
  if (of("RefreshToken") || of("RequestToken") || of("AuthorizationCode")) {
    return { status: 400, body: { error: "invalid_grant" } };
  }
  return { status: 400, body: { error: "invalid_request" } };
}

function readLimits(headers: Headers): LimitReading[] {
  return PAIRS.flatMap(([prefix, name]) => {
    const limits = numbersIn(headers, `${prefix}-limit`);
    const used = numbersIn(headers, `${prefix}-usage`);
    if (limits.length !== 2 || used.length !== 2) return [];
    return ["quarter", "day"].map((of, i) => ({ name: `${name}_${of}`, limit: limits[i]!, used: used[i]! }));
  });
}

/** A 429 is left to its status: Retry-After where there is one, else the end of the window that the headers say is spent. */
function readFault(answer: Answer): Fault | undefined {
  if (answer.status !== 401) return undefined;
  const { errors } = refusal.parse(answer.body);
  const missing = errors.find((error) => error.code === "missing");
  if (missing) return { kind: "scope_missing", scope: missing.field.replace(/_permission$/, "") || null };
  // Our application is refused, not this person's token: refreshing it would not help.
  if (errors.some((error) => error.resource === "Application")) return { kind: "unavailable", status: 401 };
  return { kind: "unauthorized" };
}
