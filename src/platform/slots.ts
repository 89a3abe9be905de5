/**
 * How many bodies stream at once in an isolate, whose 128 MB all its requests share: others wait unread. A request whose caller has
 * gone may never come to give its slot back, so one that has not moved for long is taken from it; and nobody waits for another
 * request's promise, but looks again.
 */
import { Problem } from "./errors.ts";

const SLOTS = 2;
const LOOK_MS = 20;
const PATIENCE_MS = 60_000;
const STILL_MS = 60_000;

export interface Slot {
  /** To be called with each piece of the body. */
  moved(): void;
  release(): void;
}

const taken: { at: number }[] = [];

/** Problem 503 `busy` after a minute. */
export async function takeSlot(): Promise<Slot> {
  // The machine's clock: what is measured is this isolate's, not the product's.
  const since = Date.now();
  for (;;) {
    const now = Date.now();
    for (let i = taken.length - 1; i >= 0; i--) if (now - taken[i]!.at > STILL_MS) taken.splice(i, 1);
    if (taken.length < SLOTS) {
      const own = { at: now };
      taken.push(own);
      return {
        moved: () => void (own.at = Date.now()),
        release: () => {
          const i = taken.indexOf(own);
          if (i >= 0) taken.splice(i, 1);
        },
      };
    }
    if (now - since > PATIENCE_MS) {
      throw new Problem(503, "busy", "Other bodies are being received. Send this one again in a minute.", {
        retry_after_s: 60,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
