import type { World } from "../../provider.ts";

/** What `configure` may change. */
export interface Settings {
  /** Calls of a person a minute. */
  per_minute: number;
  /** The consent screen is not published: refresh tokens end after seven days. */
  testing: boolean;
  /** People without a Google Health profile. */
  unlinked: string[];
  /** People of whom every call is refused though the token is good. */
  withheld: string[];
  /** Under which of its two names the signature comes. */
  signature_header: string;
  /** Notices come without our `Authorization`, as they did in spring. */
  unauthorized: boolean;
}

export const usualSettings = (world: World): Settings => ({
  per_minute: Math.round(300 * world.speed),
  testing: false,
  unlinked: [],
  withheld: [],
  signature_header: "GOOGLE-HEALTH-API-SIGNATURE",
  unauthorized: false,
});
