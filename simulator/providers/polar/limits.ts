import type { World } from "../../provider.ts";
import type { Grants } from "./grants.ts";

interface Spent {
  /** Ms. */
  since: number;
  used: number;
}

const LENGTHS_S = [900, 86_400] as const;

/** What each application has spent; windows begin with their first call, limits grow with its people. */
export function createLimits(world: World, grants: Grants) {
  let fixed: [quarter: number, day: number] | null = null;
  const spent = new Map<string, Spent[]>();

  const limitsOf = (client: string): number[] => {
    const users = grants.users(client);
    return fixed ?? [500 + users * 20, 5000 + users * 100].map((one) => Math.round(one * world.speed));
  };

  function of(client: string): Spent[] {
    const now = world.now();
    const known = spent.get(client) ?? LENGTHS_S.map(() => ({ since: now, used: 0 }));
    known.forEach((one, i) => {
      if (one.since + LENGTHS_S[i]! * 1000 <= now) Object.assign(one, { since: now, used: 0 });
    });
    spent.set(client, known);
    return known;
  }

  const headers = (all: Spent[], limits: number[]): Record<string, string> => ({
    "RateLimit-Usage": all.map(({ used }) => used).join(", "),
    "RateLimit-Limit": limits.join(", "),
    "RateLimit-Reset": all
      .map(({ since }, i) => Math.ceil((since + LENGTHS_S[i]! * 1000 - world.now()) / 1000))
      .join(", "),
  });
  const refused = (told: Record<string, string>): Response => new Response(null, { status: 429, headers: told });

  return {
    /** Counts one call; the headers of its answer, and a refusal where a limit is spent. */
    spend(client: string): { headers: Record<string, string>; refused: Response | null } {
      const all = of(client);
      const limits = limitsOf(client);
      const isOver = all.some(({ used }, i) => used >= limits[i]!);
      if (!isOver) for (const one of all) one.used++;
      const told = headers(all, limits);
      return { headers: told, refused: isOver ? refused(told) : null };
    },
    refusal(): Response {
      const limits = limitsOf("");
      return refused(
        headers(
          limits.map((used, i) => ({ since: world.now(), used: i === 0 ? used : 0 })),
          limits,
        ),
      );
    },
    set(limits: [number, number] | null) {
      fixed = limits;
    },
    reset() {
      fixed = null;
      spent.clear();
    },
    clear: () => spent.clear(),
  };
}

export type Limits = ReturnType<typeof createLimits>;
