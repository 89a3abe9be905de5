/** COROS' partner API; facts and traps in docs/providers/coros.md. Instants s, distances m, energy cal, pace s/km, zones in quarter hours. */
import { UNLIMITED } from "../../domain/terms.ts";
import type { Provider } from "../provider.ts";
import { DAY_S } from "../streams.ts";
import { readFault, readToken } from "./envelope.ts";
import { push } from "./push.ts";
import * as schema from "./schema.ts";
import { API, call, daily, profile, workouts } from "./streams.ts";
import { FILE_HOSTS, workout_check, workout_file } from "./wants.ts";

export const coros = {
  id: "coros",
  name: "COROS",
  about: {
    data: "Workouts with their files, days and nights of the last three months",
    portal: API,
    approval: "By application, free of charge; COROS may take weeks to answer.",
  },
  auth: [
    {
      type: "oauth2",
      authorize: `${API}/oauth2/authorize`,
      token: [`${API}/oauth2/accesstoken`],
      refresh_url: `${API}/oauth2/refresh-token`,
      client_auth: "client_secret_post",
      pkce: false,
      // It knows none: who agrees, agrees to all.
      scopes: [],
      scopes_sent: false,
      scope_separator: " ",
      granted: "fixed",
      // The old token lives on for thirty days from now.
      refresh: "prolongs",
      lifetime_s: 30 * DAY_S,
      early_s: 10 * DAY_S,
      token_in: { query: "token" },
      read_token: readToken,
      // The token in the query is what is revoked, and its refresh token with it.
      revoke: () => [{ method: "POST", url: `${API}/oauth2/deauthorize` }],
    },
  ],
  hosts: ["open.coros.com", ...FILE_HOSTS],
  identify: {
    from: "token",
    read(token) {
      const { data } = schema.owner.safeParse(token);
      return data ? { provider_user_id: data.openId, display_name: null, avatar_url: null } : null;
    },
  },
  // Unpublished, and no header tells of any.
  limits: [{ name: "second", of: "application", requests: 1, per_s: 1, starts: "rolling" }],
  read_fault: readFault,
  still_bound: {
    request: (account) => call("/coros/bindState", account),
    read({ body }) {
      const parsed = schema.bindState.safeParse(body);
      return parsed.success ? parsed.data.data.bindState !== 0 : null;
    },
  },
  terms: {
    ...UNLIMITED,
    text: "COROS' agreement comes with its approval of the application: its operator has read what it allows.",
  },
  streams: { profile, workouts, workout_file, workout_check, daily },
  push,
  attribution: { text: "COROS", with_device: true },
} satisfies Provider;
