/** The batch loop. Queues carry work that may run now; `retry` is for crashes alone, and what exhausts it is kept as dead. */
import { sayGoodbye } from "./connect/disconnect.ts";
import type { Context } from "./platform/context.ts";
import { errorText, type LogFields } from "./platform/log.ts";
import { counted } from "./platform/queries.ts";
import { processInbox } from "./push/process.ts";
import { connectionById, noteOutcome } from "./store/connections.ts";
import { noteStreamError } from "./store/cursors.ts";
import { database } from "./store/database.ts";
import { addDead } from "./store/dead.ts";
import { type Message, message as schema } from "./sync/messages.ts";
import { runStream } from "./sync/page.ts";

/** A crash is tried again after so long, longer each time. */
const RETRY_S = [5, 20, 60];

export async function consume(given: Context, batch: MessageBatch<unknown>): Promise<void> {
  const context = counted(given);
  const handle = batch.queue === "qt-dead" ? bury : work;
  await Promise.all(
    batch.messages.map(async (one) => {
      try {
        await handle(context, one, batch.queue);
        one.ack();
      } catch (error) {
        context.log("crash", { route: batch.queue, error: errorText(error), ...about(one.body) });
        one.retry({ delaySeconds: RETRY_S[Math.min(one.attempts, RETRY_S.length) - 1] ?? RETRY_S[0] });
      }
    }),
  );
}

async function work(context: Context, one: { body: unknown }, queue: string): Promise<void> {
  const parsed = schema.safeParse(one.body);
  if (!parsed.success) {
    // Of an older version of ours, perhaps: trying again would not help.
    await addDead(context, { connection_id: null, queue, body: JSON.stringify(one.body) });
    return;
  }
  await run(context, parsed.data);
}

function run(context: Context, message: Message): Promise<void> {
  if ("goodbye" in message) return sayGoodbye(context, message);
  return "inbox" in message ? processInbox(context, message.inbox) : runStream(context, message);
}

/** Recorded, also on the connection. The stream itself is due again when its lease has ended, a push with its row. */
async function bury(context: Context, one: { body: unknown }, queue: string): Promise<void> {
  const { connection_id, epoch, stream } = ids(one.body);
  const connection = connection_id === undefined ? null : await connectionById(context, connection_id);
  await addDead(context, { connection_id: connection?.id ?? null, queue, body: JSON.stringify(one.body) });
  if (!connection || connection_id === undefined || epoch === undefined) return;
  const code = "retries_exhausted";
  if (stream === undefined) await noteOutcome(context, connection.id, epoch, code);
  else {
    const of = { connection_id, epoch, stream };
    await noteStreamError(database(context, connection.person), of, { code, at: context.now() });
  }
}

/** Of a message about one connection: which. */
function ids(body: unknown): { connection_id?: number; epoch?: number; stream?: string } {
  const parsed = schema.safeParse(body);
  if (!parsed.success || "inbox" in parsed.data) return {};
  const { connection_id, epoch } = parsed.data;
  return { connection_id, epoch, ...("stream" in parsed.data && { stream: parsed.data.stream }) };
}

function about(body: unknown): LogFields {
  const { connection_id, stream } = ids(body);
  return { connection_id, stream };
}
