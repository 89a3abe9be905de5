/** What a flow may touch of the outside; tests replace any of it. */
import type { Env } from "./env.ts";
import type { Log } from "./log.ts";
import { log } from "./log.ts";

export interface Context {
  env: Env;
  now(): number;
  random(bytes: number): Uint8Array;
  /** Only platform/egress calls it. */
  fetch: typeof fetch;
  log: Log;
  /** D1 statements so far; platform/queries counts them for each invocation. */
  queries: { readonly spent: number };
  waitUntil(promise: Promise<unknown>): void;
}

export function createContext(env: Env, execution: { waitUntil(promise: Promise<unknown>): void }): Context {
  return {
    env,
    now: () => Date.now(),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    fetch: (input, init) => fetch(input, init),
    log,
    queries: { spent: 0 },
    waitUntil: (promise) => execution.waitUntil(promise),
  };
}
