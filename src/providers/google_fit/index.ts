/** Google Fit and Health Connect, which have no server for new apps: bridge apps post from the phone (docs/providers/google_fit.md). */
import { UNLIMITED } from "../../domain/terms.ts";
import type { Provider } from "../provider.ts";

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
  formats: [],
} satisfies Provider;
