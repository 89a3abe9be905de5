/** A guard against abuse: requests a minute of one key, counted in this isolate only. */
import { Problem } from "../../platform/errors.ts";

export const REQUESTS_PER_MINUTE = 600;
const MINUTE_MS = 60_000;
const MOST_KEYS = 10_000;

const counted = new Map<number, { minute: number; requests: number }>();

/** Throws 429 with `retry_after_s` once the minute is full. */
export function countRequest(keyId: number, now: number): void {
  const minute = Math.floor(now / MINUTE_MS);
  const entry = counted.get(keyId);
  if (entry?.minute !== minute) {
    if (counted.size >= MOST_KEYS) counted.clear();
    counted.set(keyId, { minute, requests: 1 });
    return;
  }
  entry.requests++;
  if (entry.requests > REQUESTS_PER_MINUTE) {
    const wait = Math.ceil(((minute + 1) * MINUTE_MS - now) / 1000);
    throw new Problem(
      429,
      "too_many_requests",
      `A key may make ${REQUESTS_PER_MINUTE} requests a minute; wait ${wait} s.`,
      {
        retry_after_s: wait,
      },
    );
  }
}
