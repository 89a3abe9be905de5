import { expect, vi } from "vitest";
import { tick } from "../src/cron/index.ts";
import { consume } from "../src/queue.ts";
import type { World } from "./world.ts";

let messages = 0;

/** Delivers all that is queued, and what that queues, or as much as is wanted; each message must be done with, within what D1 allows, and nothing crash. */
export async function deliverAll(w: World, isEnough: () => Promise<boolean> = async () => false): Promise<void> {
  while (!(await isEnough())) {
    await w.settle();
    const body = w.queued.sync.shift() ?? w.queued.backfill.shift();
    if (body === undefined) return;
    let outcome = "none";
    const message = {
      id: String(++messages),
      timestamp: new Date(),
      attempts: 1,
      body,
      ack: () => void (outcome = "ack"),
      retry: () => void (outcome = "retry"),
    };
    await consume(w.context, { queue: "qt-sync", messages: [message] } as unknown as MessageBatch<unknown>);
    const trouble = w.logs.filter(({ event }) => event === "crash" || event === "too_many_queries");
    expect([outcome, trouble]).toEqual(["ack", []]);
  }
}

/** Time passes, what goes on elsewhere happens, cron ticks, queues deliver. */
export async function passTime(
  w: World,
  ms: number,
  elsewhere: () => unknown = () => {},
  isEnough?: () => Promise<boolean>,
): Promise<void> {
  w.advance(ms);
  await elsewhere();
  await tick(w.context, "*/5 * * * *");
  await deliverAll(w, isEnough);
}

/** Waits inside a message end at once, and the world's clock goes on by them; time-outs, which are longer, stay. */
export function hurry(w: World): void {
  const real = globalThis.setTimeout;
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((work: () => void, ms = 0) => {
    if (ms < 900 || ms >= 10_000) return real(work, ms);
    w.advance(ms);
    return real(work, 0);
  }) as typeof setTimeout);
}
