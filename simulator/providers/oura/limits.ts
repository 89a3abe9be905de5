import type { World } from "../../provider.ts";
import { bare } from "./errors.ts";

const WINDOW_S = 300;
const REQUESTS = 5000;
type Tier = "access_token" | "application";

/** Requests of each access token and of each application within five minutes from the first; a quicker world allows more. */
export function createLimits(world: World) {
  const usual = (): Record<Tier, number> => ({
    access_token: Math.round(REQUESTS * world.speed),
    application: Math.round(REQUESTS * world.speed),
  });
  let limits = usual();
  const spent = new Map<string, { from: number; count: number }>();
  const now = () => Math.floor(world.now() / 1000);

  /** Headers come with a refusal only. */
  function refusal(tier: Tier, from: number): Response {
    const reset = from + WINDOW_S;
    return bare(429, {
      "Retry-After": String(Math.max(1, reset - now())),
      "X-RateLimit-Limit": String(limits[tier]),
      "X-RateLimit-Window": String(WINDOW_S),
      "X-RateLimit-Reset": String(reset),
      "X-RateLimit-Tier": tier,
    });
  }

  return {
    /** Counts one call; a refusal where one of the two is spent. */
    spend(client: string, token: string): Response | null {
      for (const [tier, key] of [
        ["access_token", token],
        ["application", client],
      ] as const) {
        const name = `${tier} ${key}`;
        let window = spent.get(name);
        if (!window || now() >= window.from + WINDOW_S) spent.set(name, (window = { from: now(), count: 0 }));
        window.count++;
        if (window.count > limits[tier]) return refusal(tier, window.from);
      }
      return null;
    },
    refusal: (): Response => refusal("access_token", now()),
    set: (given: Partial<Record<Tier, number>>): void => void Object.assign(limits, given),
    reset() {
      limits = usual();
      spent.clear();
    },
  };
}

export type Limits = ReturnType<typeof createLimits>;
