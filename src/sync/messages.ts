/** What the queues carry: ids, and work that may run now. Waiting lives in D1. */
import { z } from "zod";
import type { Context } from "../platform/context.ts";
import { QUEUE_MESSAGE_BYTES, QUEUE_SEND_BATCH, QUEUE_SEND_BYTES, utf8Length } from "../platform/limits.ts";

/** A run of a stream, live, history or wants; the epoch is the connection's when it was claimed. */
export const streamMessage = z.object({
  connection_id: z.number().int(),
  epoch: z.number().int(),
  stream: z.string(),
  run: z.number().int(),
});
export type StreamMessage = z.infer<typeof streamMessage>;

/** A connection that its provider has ended. */
export const goodbye = z.object({ goodbye: z.literal(true), connection_id: z.number().int(), epoch: z.number().int() });
export type Goodbye = z.infer<typeof goodbye>;

/** Pushes that wait in the inbox. */
export const inboxMessage = z.object({ inbox: z.array(z.number().int()).min(1) });
export type InboxMessage = z.infer<typeof inboxMessage>;

export const message = z.union([streamMessage, goodbye, inboxMessage]);
export type Message = z.infer<typeof message>;

export type QueueName = "sync" | "backfill";

/** Rows of one message: what a consumer does in one go, some twenty queries each and as many for each page that it follows. */
const INBOX_ROWS = 10;

/** Sends rows of the inbox on their way. */
export async function enqueueInbox(context: Context, ids: readonly number[]): Promise<void> {
  const messages: InboxMessage[] = [];
  for (let i = 0; i < ids.length; i += INBOX_ROWS) messages.push({ inbox: ids.slice(i, i + INBOX_ROWS) });
  await enqueue(context, "sync", messages);
}

/** Sends in batches that stay below what a queue takes. */
export async function enqueue(context: Context, queue: QueueName, messages: readonly Message[]): Promise<void> {
  const to = queue === "sync" ? context.env.SYNC_QUEUE : context.env.BACKFILL_QUEUE;
  let batch: { body: Message }[] = [];
  let bytes = 0;
  const send = async () => {
    if (batch.length > 0) await to.sendBatch(batch);
    batch = [];
    bytes = 0;
  };
  for (const body of messages) {
    const size = utf8Length(JSON.stringify(body)) + 100; // and what the queue itself adds
    if (size > QUEUE_MESSAGE_BYTES) throw new RangeError(`a message of ${size} bytes`);
    if (batch.length === QUEUE_SEND_BATCH || bytes + size > QUEUE_SEND_BYTES) await send();
    batch.push({ body });
    bytes += size;
  }
  await send();
}
