import type { World } from "../../provider.ts";
import { bare } from "./errors.ts";

interface Window {
  /** s */
  length: number;
  requests: number;
}
interface Spent {
  /** ms */
  since: number;
  used: number;
}

const MINUTE: Window = { length: 60, requests: 100 };
const DAY: Window = { length: 86_400, requests: 10_000 };

/** What each application has spent, all of its users together. A window begins with its first call. */
export function createLimits(world: World) {
  const usual = (): Window[] =>
    [MINUTE, DAY].map((one) => ({ ...one, requests: Math.round(one.requests * world.speed) }));
  let windows = usual();
  const spent = new Map<string, Spent[]>();

  function of(client: string): Spent[] {
    const now = world.now();
    const known = spent.get(client) ?? windows.map(() => ({ since: now, used: 0 }));
    known.forEach((one, i) => {
      if (one.since + windows[i]!.length * 1000 <= now) Object.assign(one, { since: now, used: 0 });
    });
    spent.set(client, known);
    return known;
  }

  /** The limit that one is nearest to, then all of them; seconds until it begins anew. */
  function headers(all: Spent[]): Record<string, string> {
    const left = (i: number) => Math.max(0, windows[i]!.requests - all[i]!.used);
    const nearest = windows.map((_, i) => i).sort((a, b) => left(a) - left(b))[0]!;
    const { length, requests } = windows[nearest]!;
    const reset = Math.ceil((all[nearest]!.since + length * 1000 - world.now()) / 1000);
    const list = windows.map((one) => `${one.requests};window=${one.length}`);
    return {
      "X-RateLimit-Limit": [requests, ...list].join(", "),
      "X-RateLimit-Remaining": String(left(nearest)),
      "X-RateLimit-Reset": String(reset),
    };
  }

  return {
    /** Counts one call; the headers of its answer, and a refusal where a limit is spent. */
    spend(client: string): { headers: Record<string, string>; refused: Response | null } {
      const all = of(client);
      const isOver = all.some(({ used }, i) => used >= windows[i]!.requests);
      if (!isOver) for (const one of all) one.used++;
      const told = headers(all);
      return { headers: told, refused: isOver ? bare(429, told) : null };
    },
    refusal: (): Response =>
      bare(429, headers(windows.map(({ requests }) => ({ since: world.now(), used: requests })))),
    /** Requests in a minute and in a day. */
    set([minute, day]: [number, number]) {
      windows = [
        { ...MINUTE, requests: minute },
        { ...DAY, requests: day },
      ];
    },
    reset() {
      windows = usual();
      spent.clear();
    },
  };
}

export type Limits = ReturnType<typeof createLimits>;
