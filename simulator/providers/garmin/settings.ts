import process from "node:process";
import type { World } from "../../provider.ts";
import { PERMISSIONS } from "./grants.ts";

export type Delivery = "push" | "ping" | "off";

/** What an operator agrees with Garmin in its portal, and how quickly the simulated Garmin works. */
export interface Settings {
  /** Where notices go; null: nowhere. */
  callback_url: string | null;
  /** By summary type; what is not named is pushed, files are pinged. */
  delivery: Record<string, Delivery>;
  /** Offered on the consent page. */
  permissions: string[];
  /** Whether 1.0a tokens may be exchanged. */
  exchange: boolean;
  /** From a backfill's 202 until its notices, s. */
  backfill_after_s: number;
  /** Days of data that backfills may ask for in a minute, and calls of the data services. */
  days_per_minute: number;
  calls_per_minute: number;
  /** Every so many notices begin with an empty item; 0: none. */
  empty_every: number;
  /** Reads of the personal API that may run at once. */
  parallel: number;
}

export const usualSettings = (world: World): Settings => ({
  callback_url: process.env.SIM_GARMIN_CALLBACK || null,
  delivery: {},
  permissions: PERMISSIONS,
  exchange: true,
  backfill_after_s: 20 / world.speed,
  days_per_minute: 100 * world.speed,
  calls_per_minute: 100 * world.speed,
  empty_every: 0,
  parallel: 11,
});
