/** Polar AccessLink v3; facts and traps in docs/providers/polar.md. Times local with an offset in minutes, durations ISO 8601, distances m. */
import { UNLIMITED } from "../../domain/terms.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Answer, LimitReading, Provider } from "../provider.ts";
import { numbersIn } from "../reading.ts";
import { DAY_S, HOUR_S } from "../streams.ts";
import { push } from "./push.ts";
import { id } from "./schema.ts";
import { API, registration, SCOPE, streams } from "./streams.ts";

const CONSENT =
  "Polar waits for your consent: sign in at account.polar.com, agree to what it asks for, and connect again.";

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
      revoke({ access_token }, { provider_user_id }) {
        if (provider_user_id === null) return [];
        const url = `${API}/users/${provider_user_id}`;
        const headers = { authorization: `Bearer ${access_token}` };
        return [{ method: "DELETE", url, headers, auth: "none", as: "text", accept: [401, 404] }];
      },
    },
  ],
  hosts: ["polarremote.com", "www.polaraccesslink.com"],
  identify: {
    from: "token",
    read({ x_user_id }) {
      const { data } = id.safeParse(x_user_id);
      return data === undefined ? null : { provider_user_id: data, display_name: null, avatar_url: null };
    },
  },
  // Without it data are refused.
  register: ({ public_id }) => registration(public_id),
  // Of one registered person; each more adds 20 and 100, which the headers tell; in the order in which they do.
  limits: [
    { name: "quarter", of: "application", requests: 520, per_s: HOUR_S / 4, starts: "rolling" },
    { name: "day", of: "application", requests: 5100, per_s: DAY_S, starts: "rolling" },
  ],
  read_limits: readLimits,
  // A 403 is of data with a good token, which lives on: nothing is revoked.
  read_fault: ({ status }: Answer): Fault | undefined =>
    status === 403 ? { kind: "needs_person", text: CONSENT } : undefined,
  final_401: true,
  terms: { ...UNLIMITED, text: "Data from Polar are named as such where they are shown." },
  streams,
  push,
  attribution: { text: "Data by Polar" },
} satisfies Provider;

/** `RateLimit-Usage: 21, 143`: of the quarter of an hour, and of the day. */
function readLimits(headers: Headers): LimitReading[] {
  const [used = [], limits = [], resets = []] = ["usage", "limit", "reset"].map((name) =>
    numbersIn(headers, `ratelimit-${name}`),
  );
  if (used.length !== 2 || limits.length !== 2) return [];
  return polar.limits.map(({ name }, i) => ({ name, limit: limits[i]!, used: used[i]!, resets_s: resets[i] }));
}
