/** Garmin Connect: the partner programme's push API, and the Personal API by a key; facts and traps in docs/providers/garmin.md. */
import { partner } from "../garmin_partner/index.ts";
import { personal } from "../garmin_personal/index.ts";
import type { Provider } from "../provider.ts";

const CONNECT = "https://connect.garmin.com";

export const garmin = {
  id: "garmin",
  name: "Garmin Connect",
  about: {
    data: "Activities, sleep, daily measures, heart rate, stress and HRV; a month of history, with a personal key all of it",
    portal: "https://developer.garmin.com/gc-developer-program/",
    approval:
      "Companies only, and new applications have been on hold since 2026. A self-hoster needs none: a personal API key does.",
  },
  auth: [...partner.auth, personal.auth],
  hosts: ["apis", "connectapi", "connect", "diauth", "personal.connectapi"].map((name) => `${name}.garmin.com`),
  identify: partner.identify,
  // Unpublished; told by developers.
  limits: [
    { name: "minute", of: "application", requests: 100, per_s: 60, starts: "aligned", auth: ["oauth1", "oauth2"] },
    // A dozen requests at once are refused.
    { name: "person_second", of: "user", requests: 2, per_s: 1, starts: "rolling", auth: ["api_key"] },
  ],
  read_fault: partner.read_fault,
  terms: {
    cache_days: null,
    merge: true,
    third_parties: true,
    ai: true,
    delete_on_disconnect: false,
    text: "Data from Garmin are shown with the name of the device that recorded them, also in exports.",
  },
  streams: { ...partner.streams, ...personal.streams },
  push: partner.push,
  attribution: { text: "Garmin", with_device: true, link: (id) => `${CONNECT}/modern/activity/${id}` },
} satisfies Provider;
