/** What an answer means: the provider's own reading first, then its status. */
import type { Fault } from "../platform/errors.ts";
import type { Answer, Provider, ProviderRequest } from "../providers/provider.ts";
import { retryAfter } from "./oauth2.ts";

/** Without any word of the provider a 429 is waited out for so long. */
const PAUSE_MS = 60_000;

/** Null: an answer to be read. */
export function faultOf(provider: Provider, request: ProviderRequest, answer: Answer, now: number): Fault | null {
  const told = provider.read_fault?.(answer, now);
  if (told !== undefined && !(told !== null && request.accept?.includes(answer.status))) return told;
  const { status } = answer;
  if ((status >= 200 && status < 300) || request.accept?.includes(status)) return null;
  switch (status) {
    case 401:
      return { kind: "unauthorized" };
    case 403:
      return { kind: "forbidden" };
    case 404:
    case 410:
      return { kind: "gone" };
    case 429:
      return { kind: "rate_limited", of: "application", until: waitUntil(provider, answer, now) };
    case 408:
      return { kind: "unavailable", status };
    default:
      if (status >= 500) return { kind: "unavailable", status };
      return { kind: "unreadable", pointer: "", reason: `refused with ${status}` };
  }
}

/** Retry-After, else the end of the longest spent window, as told or as published, else of the shortest there is. */
function waitUntil(provider: Provider, answer: Answer, now: number): number {
  const said = retryAfter(answer.headers, now);
  if (said !== null) return said;
  const spent = (provider.read_limits?.(answer.headers) ?? []).filter(({ limit, used }) => used >= limit);
  const ends = spent.flatMap(({ name, resets_s }) => {
    if (resets_s !== undefined) return now + resets_s * 1000;
    const limit = provider.limits.find((one) => one.name === name);
    return limit ? windowEnd(limit.per_s, limit.starts, now) : [];
  });
  if (ends.length > 0) return Math.max(...ends);
  const shortest = [...provider.limits].sort((a, b) => a.per_s - b.per_s)[0];
  return shortest ? windowEnd(shortest.per_s, shortest.starts, now) : now + PAUSE_MS;
}

const windowEnd = (perS: number, starts: "aligned" | "rolling", now: number): number =>
  starts === "aligned" ? (Math.floor(now / (perS * 1000)) + 1) * perS * 1000 : now + perS * 1000;
