/** Polar AccessLink v3; facts and traps in docs/providers/polar.md. Times local with an offset in minutes, durations ISO 8601, distances m. */
import type { Fault } from "../../platform/errors.ts";
import type { Answer, LimitReading, Provider } from "../provider.ts";
import { push } from "./push.ts";
import { API } from "./reading.ts";
import { id } from "./schema.ts";
import * as streams from "./streams.ts";

const { registration, SCOPE, profile, ...lists } = streams;

/** In the order in which the headers name them. */
const WINDOWS = ["quarter", "day"] as const;

export const polar = {
  id: "polar",
  name: "Polar",
  about: {
    data: "Training with samples and routes, sleep, nightly recharge, daily activity and heart rate – from the day you connect: Polar tells nothing that was uploaded to Flow before",
    portal: "https://admin.polaraccesslink.com",
    approval: null,
  },
  auth: [
    {
      type: "oauth2",
      authorize: "https://flow.polar.com/oauth2/authorization",
      token: ["https://polarremote.com/v2/oauth2/token"],
      client_auth: "client_secret_basic",
      pkce: false,
      scopes: [{ name: SCOPE, text: "your training, sleep and daily activity", required: true }],
      scope_separator: " ",
      granted: "fixed",
      // Whatever `expires_in` says.
      refresh: "none",
      // Ends the registration, and the token with it.
      revoke: ({ access_token }, { provider_user_id }) =>
        provider_user_id === null
          ? []
          : [
              {
                method: "DELETE",
                url: `${API}/users/${provider_user_id}`,
                headers: { authorization: `Bearer ${access_token}` },
                auth: "none",
                as: "text",
                accept: [401, 404],
              },
            ],
    },
  ],
  hosts: ["polarremote.com", "www.polaraccesslink.com"],
  identify: {
    from: "token",
    read({ x_user_id }) {
      const parsed = id.safeParse(x_user_id);
      return parsed.success ? { provider_user_id: parsed.data, display_name: null, avatar_url: null } : null;
    },
  },
  // Without it data are refused.
  register: ({ public_id }) => registration(public_id),
  // Of one registered person; each more adds 20 and 100, which the headers tell.
  limits: [
    { name: "quarter", of: "application", requests: 520, per_s: 900, starts: "rolling" },
    { name: "day", of: "application", requests: 5100, per_s: 86_400, starts: "rolling" },
  ],
  read_limits: readLimits,
  read_fault: readFault,
  final_401: true,
  terms: {
    cache_days: null,
    merge: true,
    third_parties: true,
    ai: true,
    delete_on_disconnect: false,
    text: "Data from Polar are named as such where they are shown.",
  },
  // First who it is, since it may have to be registered.
  streams: { profile, ...lists },
  push,
  attribution: { text: "Data by Polar" },
} satisfies Provider;

/** `RateLimit-Usage: 21, 143`: of the quarter of an hour, and of the day. */
function pair(headers: Headers, name: string): number[] | null {
  const numbers = (headers.get(`ratelimit-${name}`) ?? "").split(",").map((part) => part.trim());
  return numbers.length === 2 && numbers.every((part) => /^\d+$/.test(part)) ? numbers.map(Number) : null;
}

function readLimits(headers: Headers): LimitReading[] {
  const used = pair(headers, "usage");
  const limits = pair(headers, "limit");
  const resets = pair(headers, "reset");
  if (!used || !limits) return [];
  return WINDOWS.map((name, i) => ({
    name,
    limit: limits[i]!,
    used: used[i]!,
    ...(resets && { resets_s: resets[i]! }),
  }));
}

function readFault(answer: Answer, now: number): Fault | undefined {
  switch (answer.status) {
    case 403:
      // Of data with a good token; it lives on, so nothing is revoked.
      return {
        kind: "needs_person",
        text: "Polar waits for your consent: sign in at account.polar.com, agree to what it asks for, and connect again.",
      };
    case 429: {
      const resets = readLimits(answer.headers).flatMap(({ limit, used, resets_s }) =>
        used >= limit && resets_s !== undefined ? [resets_s] : [],
      );
      if (resets.length === 0) return undefined;
      return { kind: "rate_limited", of: "application", until: now + Math.max(...resets) * 1000 };
    }
    default:
      return undefined;
  }
}
