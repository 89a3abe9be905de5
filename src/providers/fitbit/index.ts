/** Fitbit and Pixel watches by the Google Health API v4; facts and traps in docs/providers/fitbit.md. */
import type { Fault } from "../../platform/errors.ts";
import type { Answer, Provider } from "../provider.ts";
import { DAY_S } from "../streams.ts";
import { ACTIVITY, METRICS, SLEEP } from "./measures.ts";
import { push } from "./push.ts";
import { identity } from "./schema.ts";
import { API, streams } from "./streams.ts";

export const fitbit = {
  id: "fitbit",
  name: "Fitbit (Google Health)",
  about: {
    data: "Exercises, sleep stages, daily measures, steps and heart rate, by the Google Health API: Fitbit's own API was switched off on 2 November 2026, and who was connected by it connects once more",
    portal: "https://console.cloud.google.com/apis/library/health.googleapis.com",
    approval:
      "Google must verify the application and its security. Until then 100 listed test users; and until it is published to production each consent ends after seven days.",
  },
  auth: [
    {
      type: "oauth2",
      authorize: "https://accounts.google.com/o/oauth2/v2/auth",
      token: ["https://oauth2.googleapis.com/token"],
      client_auth: "client_secret_post",
      pkce: true,
      scopes: [
        { name: ACTIVITY, text: "your exercises, steps and energy" },
        { name: SLEEP, text: "your sleep" },
        { name: METRICS, text: "your heart rate, weight and other measures" },
      ],
      scope_separator: " ",
      // Without both a second consent brings no refresh token.
      authorize_params: { access_type: "offline", prompt: "consent" },
      granted: "token",
      refresh: "reusable",
      // Google forgets what is unused for half a year.
      idle_s: 60 * DAY_S,
      revoke: ({ access_token, refresh_token }) => [
        {
          method: "POST",
          url: "https://oauth2.googleapis.com/revoke",
          form: { token: refresh_token ?? access_token },
          auth: "none",
          accept: [400], // `invalid_token`: gone already
        },
      ],
    },
  ],
  hosts: ["health.googleapis.com", "oauth2.googleapis.com"],
  identify: {
    from: "request",
    request: () => ({ url: `${API}/identity` }),
    read({ body }) {
      const who = identity.safeParse(body).data;
      return who ? { provider_user_id: who.healthUserId, display_name: null, avatar_url: null } : null;
    },
  },
  // No header tells. 300 a minute and person once verified, 2.5 a second before: the lesser holds for both.
  limits: [
    { name: "person_minute", of: "user", requests: 150, per_s: 60, starts: "rolling" },
    { name: "minute", of: "application", requests: 120_000, per_s: 60, starts: "aligned" },
  ],
  read_fault: readFault,
  terms: {
    cache_days: null,
    merge: true,
    third_parties: false,
    ai: false,
    delete_on_disconnect: false,
    text: "Google allows health data to be used for what you see here alone: never for advertising, never sold, never handed on without your asking, and not to train AI.",
  },
  streams,
  push,
  attribution: { text: "Google Health" },
} satisfies Provider;

/** `{"error": {message, status, details: [{reason}]}}`: the word that counts may stand in each of them. */
function readFault(answer: Answer, now: number): Fault | undefined {
  const told = JSON.stringify(answer.body ?? null);
  const says = (...words: string[]): boolean => words.some((word) => told.includes(word));
  switch (answer.status) {
    case 400:
      if (!says("ACCOUNT_NOT_LINKED", "FAILED_PRECONDITION")) return undefined;
      return {
        kind: "needs_person",
        text: "This Google account has no Fitbit or Google Health profile. Set one up in the Fitbit app, or choose the Google account that your device belongs to.",
      };
    case 403:
      if (says("ACCESS_TOKEN_SCOPE_INSUFFICIENT")) return { kind: "scope_missing", scope: null };
      // Seen with good tokens; what cured it was a new consent.
      return says("RESOURCE_PERMISSION_DENIED") ? { kind: "forbidden", ends_after_s: DAY_S } : undefined;
    case 429:
      if (answer.headers.has("retry-after")) return undefined;
      return { kind: "rate_limited", of: "user", until: now + 5000, guessed: true };
    default:
      return undefined;
  }
}
