/**
 * Garmin's partner programme, by OAuth 1.0a or 2: history is asked for, and all else comes as pushes. docs/providers/garmin.md,
 * "Access", "Delivery".
 */
import type { Identify, OAuth1, OAuth2, ProviderRequest } from "../provider.ts";
import { DAY_S } from "../streams.ts";
import { API, PARTNER, readFault, streams } from "./history.ts";
import { delivered, push } from "./push.ts";

const CONNECT = "https://connect.garmin.com";

/** Mandatory when a person disconnects; Garmin answers with a deregistration. Already gone: 401 or 403. */
const leave: ProviderRequest = { method: "DELETE", url: `${API}/user/registration`, accept: [401, 403, 404] };

/** Ticked on the consent page, the last only where the person opens it; no parameter asks for them. */
const SCOPES = [
  { name: "ACTIVITY_EXPORT", text: "your activities" },
  { name: "HEALTH_EXPORT", text: "your sleep, days and other health data" },
  { name: "HISTORICAL_DATA_EXPORT", text: "the month before today" },
];

const oauth1 = {
  type: "oauth1",
  when: { variable: "GARMIN_OAUTH_VERSION", is: "1.0a" },
  request_token: "https://connectapi.garmin.com/oauth-service/oauth/request_token",
  authorize: `${CONNECT}/oauthConfirm`,
  access_token: "https://connectapi.garmin.com/oauth-service/oauth/access_token",
  requires_callback_confirmed: false,
  callback_in_authorize: true,
  exchange: { url: `${PARTNER}/partner-gateway/rest/user/token-exchange`, for: "oauth2" },
  scopes: SCOPES,
  revoke: () => [leave],
} satisfies OAuth1;

const oauth2 = {
  type: "oauth2",
  when: { variable: "GARMIN_OAUTH_VERSION", is: "2.0" },
  authorize: `${CONNECT}/oauth2Confirm`,
  token: ["https://diauth.garmin.com/di-oauth2-service/oauth/token"],
  client_auth: "client_secret_post",
  pkce: true,
  scopes: SCOPES,
  scopes_sent: false,
  scope_separator: " ",
  granted: "fixed",
  refresh: "rotating",
  early_s: 600,
  idle_s: 30 * DAY_S,
  revoke: () => [leave],
} satisfies OAuth2;

const identify = {
  from: "request",
  request: () => ({ url: `${API}/user/id` }),
  read({ body }) {
    const { data } = delivered.safeParse(body);
    return data ? { provider_user_id: data.userId, display_name: null, avatar_url: null } : null;
  },
} satisfies Identify;

/** What garmin/index.ts, the one provider, takes of it. */
export const partner = { auth: [oauth1, oauth2] as const, identify, read_fault: readFault, streams, push };
