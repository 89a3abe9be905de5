import type { ProviderFactory } from "../provider.ts";
import { coros } from "./coros/index.ts";
import { fitbit } from "./fitbit/index.ts";
import { garmin } from "./garmin/index.ts";
import { oura } from "./oura/index.ts";
import { polar } from "./polar/index.ts";
import { strava } from "./strava/index.ts";
import { whoop } from "./whoop/index.ts";

/** The providers that are played, a line each. */
export const PROVIDERS: ProviderFactory[] = [strava, garmin, whoop, oura, fitbit, coros, polar];
