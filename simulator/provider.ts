import type { Hono } from "hono";
import type { Activity } from "./activity.ts";
import type { Life } from "./life.ts";

/**
 * How consent pages behave: `page` shows one; `auto` answers at once as a person who agrees to everything – or is
 * somebody else than the first, grants only some scopes, or declines.
 */
export type Consent = "page" | "auto" | { person?: string; scopes?: string[]; deny?: boolean };

/** What happened to an activity, so that a provider can tell its subscribers. */
export interface Change {
  life: Life;
  activity: Activity;
  kind: "create" | "update" | "delete";
  /** Neutral names of the fields that an update changed. */
  fields: string[];
}

/** What every simulated provider shares. */
export interface World {
  seed: string;
  /** Ms UTC, with the offset set over the control API. */
  now(): number;
  /** How many times faster than life limits and lifetimes are. */
  speed: number;
  lives: Life[];
  consent: Consent;
  /** Calls to a subscriber's address. */
  fetch(request: Request): Promise<Response>;
  /** To be called when something worth keeping changed. */
  changed(): void;
}

/** One provider: the hosts it plays, and what the control API can do to it. */
export interface SimulatedProvider {
  id: string;
  name: string;
  /** Apps by host name; their paths are those of the real host. */
  hosts: Record<string, Hono>;
  /** The id under which the provider shows an activity. */
  externalId(activity: Activity, life: Life): string;
  /** Its own refusal, as if a limit were spent. */
  rateLimited(): Response;
  /** Every access token, or those of one person, ends now; refresh tokens live on. */
  expireTokens(person?: string): number;
  /** The person removes the application in the provider's settings. */
  revoke(person: string): Promise<number>;
  /** A key that the person makes in the provider's settings; expiry in epoch s. */
  issueKey?(person: string, wishes: { days?: number }): { key: string; expires_at: number };
  resetLimits(): void;
  /** Settings of its own, such as limits, known clients or the key of its webhooks. */
  configure(settings: Record<string, unknown>): void;
  changed(change: Change): Promise<void>;
  /** Time went by, ms UTC: nights ended and days grew (activities come by `changed`). */
  passed?(from: number, to: number): Promise<void>;
  /** Everything back to the beginning: grants, limits, subscriptions. */
  reset(): void;
  save(): unknown;
  load(saved: unknown): void;
}

export type ProviderFactory = (world: World) => SimulatedProvider;
