import type { World } from "../../provider.ts";
import { refusal } from "./errors.ts";

/** Requests per quarter of an hour and per UTC day. */
type Limit = [quarter: number, day: number];

const OVERALL: Limit = [200, 2000];
const READ: Limit = [100, 1000];
const QUARTER_MS = 900_000;
const DAY_MS = 86_400_000;

interface Spent {
  quarter: number;
  day: number;
  overall: Limit;
  read: Limit;
}

/**
 * What each application has spent. Windows begin at :00 :15 :30 :45 and at midnight UTC whatever the speed – clients
 * compute their end from the clock –, so a quicker world has larger limits instead. Refused calls count as well.
 */
export function createLimits(world: World) {
  const usual = () => ({ overall: OVERALL.map(scaled) as Limit, read: READ.map(scaled) as Limit });
  const scaled = (requests: number) => Math.round(requests * world.speed);
  let limits = usual();
  const spent = new Map<string, Spent>();

  function of(client: string): Spent {
    const quarter = Math.floor(world.now() / QUARTER_MS);
    const day = Math.floor(world.now() / DAY_MS);
    const known = spent.get(client) ?? { quarter, day, overall: [0, 0], read: [0, 0] };
    if (known.quarter !== quarter) [known.overall[0], known.read[0]] = [0, 0];
    if (known.day !== day) [known.overall[1], known.read[1]] = [0, 0];
    Object.assign(known, { quarter, day });
    spent.set(client, known);
    return known;
  }

  const headers = ({ overall, read }: Pick<Spent, "overall" | "read">): Record<string, string> => ({
    "X-RateLimit-Limit": limits.overall.join(),
    "X-RateLimit-Usage": overall.join(),
    "X-ReadRateLimit-Limit": limits.read.join(),
    "X-ReadRateLimit-Usage": read.join(),
  });

  const refused = (kind: "read" | "overall", usage: Record<string, string>): Response =>
    refusal(429, "Rate Limit Exceeded", ["Application", `${kind} rate limit`, "exceeded"], usage);

  return {
    /** Counts one call; the headers of its answer, and a refusal where a limit is spent. */
    spend(client: string, reading: boolean): { headers: Record<string, string>; refused: Response | null } {
      const used = of(client);
      for (const count of reading ? [used.overall, used.read] : [used.overall]) {
        count[0]++;
        count[1]++;
      }
      const over = (count: Limit, limit: Limit) => count[0] > limit[0] || count[1] > limit[1];
      const usage = headers(used);
      if (reading && over(used.read, limits.read)) return { headers: usage, refused: refused("read", usage) };
      return { headers: usage, refused: over(used.overall, limits.overall) ? refused("overall", usage) : null };
    },
    /** A refusal as in 2018–2025's recordings stays reachable by a `status` fault; this is today's. */
    refusal: (): Response => {
      const full = { overall: limits.read, read: limits.read };
      return refused("read", headers(full));
    },
    set({ overall = limits.overall, read = limits.read }: { overall?: Limit; read?: Limit }) {
      limits = { overall, read };
    },
    reset() {
      limits = usual();
      spent.clear();
    },
  };
}

export type Limits = ReturnType<typeof createLimits>;
