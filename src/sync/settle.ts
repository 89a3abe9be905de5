/** What follows a fault: wait, leave out, stop the stream, reauthorise, goodbye. One table. */
import type { Fault } from "../platform/errors.ts";

export type Settlement =
  /** Again then; `failures` is the new count of them in a row. `item`: the one thing asked for waits on its own. */
  | { do: "wait"; until: number; failures: number; tries?: number; item?: number }
  /** What cannot be read is noted, and the stream goes on. */
  | { do: "pass"; reason: string }
  /** This stream only, until the person connects anew. */
  | { do: "stop"; why: string }
  | { do: "reauthorise" }
  | { do: "goodbye" };

/** Where the fault struck. */
export interface Scene {
  now: number;
  /** Faults of the stream in a row, before this one. */
  failures: number;
  /** Tries of this very page or item, before this one. */
  tries: number;
  /** When the next try of this very page counts as one; null: now. Whoever presses a button earlier only looks. */
  again_at: number | null;
  /** One record was asked for, not a list. */
  item: boolean;
  /** In [0, 1). */
  random: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** From 5 s doubling to an hour, up to a quarter of it less by chance. */
export function backoff(failures: number, random: number): number {
  return Math.round(Math.min(HOUR_MS, 5000 * 2 ** Math.min(failures, 20)) * (1 - random / 4));
}
/** A page that makes no sense is tried three times over a day. */
const AGAIN_MS = [HOUR_MS, 23 * HOUR_MS];
/** A record that is not there may be on its way, or one of the provider's servers does not know of it yet. */
const GONE_MS = [60_000, 120_000, 240_000];

export function settlementOf(fault: Fault, at: Scene): Settlement {
  const { now, failures, tries, again_at, item, random } = at;
  switch (fault.kind) {
    case "rate_limited":
      if (fault.guessed) {
        return { do: "wait", until: Math.max(fault.until, now + backoff(failures, random)), failures: failures + 1 };
      }
      return { do: "wait", until: Math.max(fault.until, now + 1000), failures };
    case "unavailable": {
      // One record's own trouble must not keep those behind it waiting.
      const until = now + backoff(failures, random);
      return {
        do: "wait",
        until,
        failures: failures + 1,
        ...(item && { item: Math.min(DAY_MS, 60_000 * 8 ** tries) + now }),
      };
    }
    case "unreadable": {
      const pause = AGAIN_MS[tries];
      if (item) return { do: "wait", until: now, failures, item: now + (pause ?? DAY_MS) };
      if (again_at !== null && now < again_at) return { do: "wait", until: again_at, failures, tries };
      if (pause === undefined) return { do: "pass", reason: `${fault.pointer} ${fault.reason}`.trim() };
      return { do: "wait", until: now + pause, failures, tries: tries + 1 };
    }
    case "gone":
      if (item) {
        const pause = GONE_MS[tries];
        if (pause === undefined) return { do: "pass", reason: "not there" };
        return { do: "wait", until: now, failures, item: now + pause };
      }
      return { do: "wait", until: now + slow(failures), failures: failures + 1 };
    case "forbidden":
      return { do: "wait", until: now + slow(failures), failures: failures + 1 };
    case "needs_person":
      // The person may have done it by then; the button asks at once.
      return { do: "wait", until: now + 6 * HOUR_MS, failures: failures + 1 };
    case "scope_missing":
      return { do: "stop", why: "scope_missing" };
    case "unauthorized":
      return { do: "reauthorise" };
    case "ended":
      return { do: "goodbye" };
    default:
      fault satisfies never;
      throw new Error("a fault of no kind");
  }
}

/** Refusals that time alone seldom mends: an hour, doubling to a day. */
const slow = (failures: number): number => Math.min(DAY_MS, HOUR_MS * 2 ** Math.min(failures, 10));
