/** The providers that are built, a line each; all else derives from this list. */
import { appleHealth } from "./apple_health/index.ts";
import { coros } from "./coros/index.ts";
import { fitbit } from "./fitbit/index.ts";
import { garmin } from "./garmin/index.ts";
import { googleFit } from "./google_fit/index.ts";
import { oura } from "./oura/index.ts";
import { polar } from "./polar/index.ts";
import type { Provider } from "./provider.ts";
import { strava } from "./strava/index.ts";
import { whoop } from "./whoop/index.ts";

export const PROVIDERS: readonly Provider[] = [
  strava,
  garmin,
  oura,
  whoop,
  fitbit,
  polar,
  coros,
  appleHealth,
  googleFit,
];

export const providerOf = (id: string): Provider | null => PROVIDERS.find((provider) => provider.id === id) ?? null;
