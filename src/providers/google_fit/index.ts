/** Google Fit and Health Connect, which have no server for new apps: bridge apps post from the phone (docs/providers/google_fit.md). */
import { UNLIMITED } from "../../domain/terms.ts";
import type { Provider } from "../provider.ts";
import { flatRecords } from "./formats/flat_records.ts";
import { googleFitRest } from "./formats/google_fit_rest.ts";
import { hcWebhook } from "./formats/hc_webhook.ts";
import { hcGateway } from "./formats/hcgateway.ts";
import { homeAssistant } from "./formats/home_assistant.ts";
import { tasker } from "./formats/tasker.ts";
import { typedSync } from "./formats/typed_sync.ts";

export const googleFit = {
  id: "google_fit",
  name: "Google Fit and Health Connect",
  about: {
    data: "Workouts, nights, daily measures and samples of an Android phone and what reports to Health Connect.",
    portal: null,
    approval: null,
  },
  auth: [],
  hosts: [],
  limits: [],
  terms: UNLIMITED,
  streams: {},
  formats: [hcWebhook, hcGateway, typedSync, flatRecords, googleFitRest, homeAssistant, tasker],
} satisfies Provider;
