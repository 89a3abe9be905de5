/** Two writers on one database, stopped at every await of theirs: the schedules under which guards must hold. */
import { watched } from "../src/platform/queries.ts";

type Gate = () => Promise<void>;

/** A database whose every round trip first passes the gate. */
export const gated = (db: D1Database, gate: Gate): D1Database => watched(db, gate);

export type Writer<T> = (db: D1Database) => Promise<T>;

/**
 * Runs `first` up to its n-th round trip, then all of `second`, then the rest of `first`. Answers whether `first` came to an n-th
 * round trip at all.
 */
export async function interleaved<A, B>(
  db: D1Database,
  first: Writer<A>,
  second: Writer<B>,
  n: number,
): Promise<{ a: A; b: B; met: boolean }> {
  let trips = 0;
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  let reached = () => {};
  const stopped = new Promise<void>((resolve) => (reached = resolve));
  const a = first(
    gated(db, async () => {
      if (trips++ === n) {
        reached();
        await opened;
      }
    }),
  );
  await Promise.race([stopped, a.then(() => {})]);
  const met = trips > n;
  const b = await second(db);
  open();
  return { a: await a, b, met };
}

/** Every schedule of the kind above, both ways round, each on fresh ground; at least `least` of them or the test is none. */
export async function everySchedule<G>(
  db: D1Database,
  ground: () => Promise<G>,
  first: (on: G) => Writer<unknown>,
  second: (on: G) => Writer<unknown>,
  check: (on: G) => Promise<void>,
  least = 2,
): Promise<void> {
  for (const swap of [false, true]) {
    let schedules = 0;
    for (let n = 0; ; n++) {
      const on = await ground();
      const [one, two] = swap ? [second(on), first(on)] : [first(on), second(on)];
      const { met } = await interleaved(db, one, two, n);
      await check(on);
      if (!met) break;
      schedules++;
    }
    if (schedules < least) throw new Error(`only ${schedules} schedules`);
  }
}
