import { expect, it } from "vitest";
import type { Context } from "../platform/context.ts";
import { enqueue, message } from "./messages.ts";

/** The sizes of the batches that were sent. */
async function sent(messages: Parameters<typeof enqueue>[2]): Promise<number[]> {
  const sizes: number[] = [];
  const queue = { sendBatch: async (batch: unknown[]) => void sizes.push(batch.length) };
  await enqueue({ env: { SYNC_QUEUE: queue } } as unknown as Context, "sync", messages);
  return sizes;
}
const of = (stream: string) => ({ connection_id: 1, epoch: 1, stream, run: 1 });

it("sends in batches that a queue takes: a hundred messages, 256 kB", async () => {
  expect(await sent([])).toEqual([]);
  expect(await sent(Array.from({ length: 250 }, () => of("activities")))).toEqual([100, 100, 50]);
  expect(await sent(Array.from({ length: 5 }, () => of("é".repeat(30_000))))).toEqual([3, 2]);
});

it("refuses a message that no queue would take", async () => {
  await expect(sent([of("x".repeat(130_000))])).rejects.toThrow(RangeError);
});

it("tells runs and goodbyes apart, and takes nothing else", () => {
  expect(message.safeParse(of("activities")).success).toBe(true);
  expect(message.safeParse({ goodbye: true, connection_id: 1, epoch: 2 }).data).toEqual({
    goodbye: true,
    connection_id: 1,
    epoch: 2,
  });
  expect(message.safeParse({ connection_id: 1, epoch: 2 }).success).toBe(false);
});
