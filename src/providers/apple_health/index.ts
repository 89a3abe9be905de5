/** Apple Health, which has no server: the app Health Auto Export posts it from the phone (docs/providers/apple_health.md). */
import { UNLIMITED } from "../../domain/terms.ts";
import type { Provider } from "../provider.ts";
import { healthAutoExport } from "./formats/health_auto_export.ts";

export const appleHealth = {
  id: "apple_health",
  name: "Apple Health",
  about: {
    data: "Workouts with routes and heart rate, nights, daily measures and samples of an iPhone and what reports to it.",
    portal: null,
    approval: null,
  },
  auth: [],
  hosts: [],
  limits: [],
  terms: UNLIMITED,
  streams: {},
  formats: [healthAutoExport],
} satisfies Provider;
