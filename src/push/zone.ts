/** Offsets for local times without a zone, looked up only where what was pushed turns out to have such times: few providers do. */
import type { Context } from "../platform/context.ts";
import { database } from "../store/database.ts";
import { loadOffsets, type Offsets } from "../store/offsets.ts";
import type { Target } from "../store/target.ts";

/** The stream under which guessed offsets of pushes are kept. */
const STREAM = "push";

export interface Zone {
  /** To be asked within `reading` only. */
  offsetAt(date: string): number;
  /** Reads once, and again where an offset was asked for that was not there: `read` must be pure. */
  reading<Result>(read: () => Result): Promise<Result>;
  /** What goes with the commit of what was read. */
  statements(): D1PreparedStatement[];
}

export function zoneOf(context: Context, target: Target): Zone {
  let offsets: Offsets | null = null;
  let isMissed = false;
  return {
    offsetAt(date) {
      isMissed ||= offsets === null;
      return offsets?.at(date) ?? 0;
    },
    async reading(read) {
      const first = read();
      if (!isMissed) return first;
      offsets = await loadOffsets(database(context, target), target, STREAM, true);
      isMissed = false;
      return read();
    },
    statements: () => offsets?.statements() ?? [],
  };
}
