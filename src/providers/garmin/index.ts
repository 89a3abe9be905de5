/** Garmin Connect: the partner programme's push API, and the Personal API by a key; facts and traps in docs/providers/garmin.md. */
import { personal } from "../garmin_personal/index.ts";
import type { Provider, ProviderRequest } from "../provider.ts";
import { DAY_S } from "../streams.ts";
import { API, delivered, PARTNER, partnerStreams, push, readFault } from "./partner.ts";

const CONNECT = "https://connect.garmin.com";

/** Mandatory when a person disconnects; Garmin answers with a deregistration. Already gone: 401 or 403. */
const leave: ProviderRequest = { method: "DELETE", url: `${API}/user/registration`, accept: [401, 403, 404] };

/** Ticked on the consent page, the last only where the person opens it; no parameter asks for them. */
const SCOPES = [
  { name: "ACTIVITY_EXPORT", text: "your activities" },
  { name: "HEALTH_EXPORT", text: "your sleep, days and other health data" },
  { name: "HISTORICAL_DATA_EXPORT", text: "the month before today" },
];

export const garmin = {
  id: "garmin",
  name: "Garmin Connect",
  about: {
    data: "Activities, sleep, daily measures, heart rate, stress and HRV; a month of history, with a personal key all of it",
    portal: "https://developer.garmin.com/gc-developer-program/",
    approval:
      "Companies only, and new applications have been on hold since 2026. A self-hoster needs none: a personal API key does.",
  },
  auth: [
    {
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
    },
    {
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
    },
    personal.auth,
  ],
  hosts: ["apis", "connectapi", "connect", "diauth", "personal.connectapi"].map((name) => `${name}.garmin.com`),
  identify: {
    from: "request",
    request: () => ({ url: `${API}/user/id` }),
    read({ body }) {
      const { data } = delivered.safeParse(body);
      return data ? { provider_user_id: data.userId, display_name: null, avatar_url: null } : null;
    },
  },
  // Unpublished; told by developers.
  limits: [
    { name: "minute", of: "application", requests: 100, per_s: 60, starts: "aligned", auth: ["oauth1", "oauth2"] },
    // A dozen requests at once are refused.
    { name: "person_second", of: "user", requests: 2, per_s: 1, starts: "rolling", auth: ["api_key"] },
  ],
  read_fault: readFault,
  terms: {
    cache_days: null,
    merge: true,
    third_parties: true,
    ai: true,
    delete_on_disconnect: false,
    text: "Data from Garmin are shown with the name of the device that recorded them, also in exports.",
  },
  streams: { ...partnerStreams, ...personal.streams },
  push,
  attribution: { text: "Garmin", with_device: true, link: (id) => `${CONNECT}/modern/activity/${id}` },
} satisfies Provider;
