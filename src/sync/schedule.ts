/** What is due when: a connection's rows, the tick that claims them, and the button. */
import type { Context } from "../platform/context.ts";
import { Problem } from "../platform/errors.ts";
import { providerOf } from "../providers/index.ts";
import { isReadBy, lacking, type Stream } from "../providers/provider.ts";
import { type Connection, connectionOf } from "../store/connections.ts";
import { CLOCK_SLACK_MS, type Claim, claim, makeDue, type NewCursor, putCursors, resume } from "../store/cursors.ts";
import { database } from "../store/database.ts";
import { askGapsAgain, gapsLane } from "../store/gaps.ts";
import type { Person } from "../store/users.ts";
import { retryStuckWants } from "../store/wants.ts";
import { assertFences, staleGuard } from "../store/write/guards.ts";
import { historyLane } from "./lanes.ts";
import { enqueue, type QueueName, type StreamMessage } from "./messages.ts";
import { START } from "./position.ts";

/** Rows of one statement; a tick takes as many statements as it needs. */
const CLAIMS = 1000;
/** What one tick may send: the rest is due at the next. */
const CLAIMS_PER_TICK = 20_000;

/**
 * Rows for each stream of a connection that has just become active, sent at once. Rows from before keep how far they came; a
 * stream whose scope was not granted stands still and says so.
 */
export async function startSync(context: Context, connection: Connection): Promise<void> {
  const provider = providerOf(connection.provider);
  if (!provider) return;
  const { person } = connection;
  const now = context.now();
  const db = database(context, person);
  const streams = Object.entries(provider.streams).filter(([, stream]) => isReadBy(stream, connection.grant_kind));
  const rows = streams.flatMap(([name, stream]) =>
    newCursors(name, stream, now, lacking(stream, connection.granted_scopes).length > 0 ? "scope_missing" : null),
  );
  const of = {
    connection_id: connection.id,
    user_id: person.id,
    provider: provider.id,
    epoch: connection.epoch,
  };
  try {
    const fences = assertFences(db, person.id, [
      ["", person.epoch],
      [provider.id, connection.epoch],
    ]);
    await db.batch([fences, ...putCursors(db, of, rows, now)]);
  } catch (error) {
    // Ended or erased meanwhile: nothing of it may be left behind.
    if (staleGuard(error) === "fence") return;
    throw error;
  }
  await claimOf(context, connection);
}

function newCursors(name: string, stream: Stream, now: number, stopped: string | null): NewCursor[] {
  const due_at = stopped === null ? now : null;
  if (stream.kind === "want") {
    return [{ stream: name, queue: "backfill", position: "{}", due_at: null, stopped, backfill_to: null }];
  }
  const rows: NewCursor[] = [];
  const first_at = due_at === null ? null : due_at + (stream.first_after_s ?? 0) * 1000;
  if (stream.every_s !== null) {
    // The history reads what lies further back, so the first poll need not.
    const position = JSON.stringify({ ...START, reread_at: now });
    rows.push({ stream: name, queue: "sync", position, due_at: first_at, stopped, backfill_to: null });
  }
  if (stream.history !== null) {
    const position = JSON.stringify(START);
    rows.push({ stream: historyLane(name), queue: "backfill", position, due_at: first_at, stopped, backfill_to: now });
  }
  return rows;
}

/** The button: a connection's live streams run now, and what could not be read is asked for again. */
export async function requestSync(
  context: Context,
  person: Person,
  provider: string,
): Promise<{ provider: string; streams: number }> {
  const connection = await connectionOf(context, person, provider);
  switch (connection?.status) {
    case "active":
      break;
    case "needs_reauthorization":
      throw new Problem(409, "needs_reauthorization", "The provider no longer accepts our access. Connect it again.");
    case "paused":
      throw new Problem(409, "paused", "This connection is paused.");
    case "connecting":
    case "ending":
      throw new Problem(409, "in_progress", "The connection is being changed. Try again in a minute.");
    default:
      throw new Problem(404, "not_connected", "This provider is not connected.");
  }
  const now = context.now();
  const db = database(context, person);
  const all = Object.entries(providerOf(provider)?.streams ?? {});
  const polled = all.filter(([, stream]) => stream.kind === "want" || stream.every_s !== null).map(([name]) => name);
  const granted = all.filter(([, stream]) => lacking(stream, connection.granted_scopes).length === 0);
  const allowed = granted.flatMap(([name]) => [name, historyLane(name), gapsLane(name)]);
  await db.batch([
    resume(db, connection.id, allowed, now),
    retryStuckWants(db, connection.id, now),
    askGapsAgain(db, now, connection.id),
  ]);
  const streams = await makeDue(db, connection.id, polled, now);
  await claimOf(context, connection);
  return { provider, streams };
}

/** Claims what is due of one connection and sends it. */
export async function claimOf(context: Context, connection: Pick<Connection, "id" | "person">): Promise<void> {
  const db = database(context, connection.person);
  const of = { connection_id: connection.id, limit: CLAIMS, slack_ms: CLOCK_SLACK_MS };
  await sendClaims(context, await claim(db, context.now(), of));
}

/** Claims what is due in every shard and sends it; answers how many. */
export async function claimDue(context: Context): Promise<number> {
  let sent = 0;
  for (const db of context.env.shards) {
    for (let claims = CLAIMS; claims === CLAIMS && sent < CLAIMS_PER_TICK; ) {
      const claimed = await claim(db, context.now(), { limit: CLAIMS });
      await sendClaims(context, claimed);
      claims = claimed.length;
      sent += claims;
    }
  }
  return sent;
}

async function sendClaims(context: Context, claims: Claim[]): Promise<void> {
  const of: Record<QueueName, StreamMessage[]> = { sync: [], backfill: [] };
  for (const { queue, ...message } of claims) of[queue].push(message);
  await enqueue(context, "sync", of.sync);
  await enqueue(context, "backfill", of.backfill);
}
