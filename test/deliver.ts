import { expect } from "vitest";
import { consume } from "../src/queue.ts";
import type { World } from "./world.ts";

let messages = 0;

/** Delivers all that is queued, and what that queues; each message must be done with, and nothing crash. */
export async function deliverAll(w: World): Promise<void> {
  for (;;) {
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
    expect([outcome, w.logs.filter(({ event }) => event === "crash")]).toEqual(["ack", []]);
  }
}
