/**
 * What follows a move that the directory has begun: the shard's fence goes up, what must go is deleted behind it, the directory
 * gets the final status. Each step may be repeated, so that cron can finish what a crash has left half-way.
 */
import { targetOf } from "../access/target.ts";
import type { Context } from "../platform/context.ts";
import { errorText } from "../platform/log.ts";
import { type Connection, connectionById, finishMove, halfwayConnections, settleMove } from "../store/connections.ts";
import { database, directory } from "../store/database.ts";
import { adoptInbox } from "../store/inbox.ts";
import { deleteRecords, forgetCursors, raiseFence } from "../store/purge.ts";
import { enqueueInbox } from "../sync/messages.ts";
import { startSync } from "../sync/schedule.ts";
import { subscribePerson } from "./subscriptions.ts";

/** A move older than this has lost the request that began it. */
const HALFWAY_MS = 60_000;
/** Of one tick (cron/index.ts). */
const MOST = 8;

/** Takes a move from where it stands to its end. Does nothing where the connection has moved on since it was read. */
export async function advance(context: Context, connection: Connection): Promise<void> {
  const { id, user_id, provider, epoch, status, data } = connection;
  if (status === "connecting" || status === "ending") {
    await raiseFence(database(context, connection.person), user_id, provider, epoch).run();
    if (data !== "keep" && !(await forgetCursors(context, connection))) return;
    if (
      data === "delete" &&
      !(await deleteRecords(context, connection, targetOf(context, connection.person, connection)))
    )
      return;
    if (status === "ending") await deleteWaiting(context, connection, data === "delete");
    if (!(await finishMove(context, connection))) return;
  }
  const now = await connectionById(context, id);
  if (now?.epoch !== epoch) return;
  if (now.status === "active") {
    await startSync(context, now);
    // What came while it was being made.
    await enqueueInbox(context, await adoptInbox(context, now));
    await subscribePerson(context, now);
  }
  await settleMove(context, now);
}

/** What the directory keeps for the connection's work; with its data also what tells of them. */
async function deleteWaiting(context: Context, { id, user_id, provider }: Connection, all: boolean): Promise<void> {
  const db = directory(context);
  const of = (sql: string) => db.prepare(sql).bind(id);
  await db.batch([
    of("DELETE FROM inbox WHERE connection_id = ?1"),
    of("DELETE FROM subscription WHERE connection_id = ?1"),
    db.prepare('DELETE FROM budget WHERE "of" = ?1').bind(`user:${id}`),
    ...(all
      ? [
          of("DELETE FROM run WHERE connection_id = ?1"),
          of("DELETE FROM dead WHERE connection_id = ?1"),
          db.prepare("DELETE FROM post WHERE user_id = ?1 AND provider = ?2").bind(user_id, provider),
        ]
      : []),
  ]);
}

/** Cron: finishes moves that a crash has left half-way. Answers how many it took up. */
export async function finishHalfway(context: Context): Promise<number> {
  const found = await halfwayConnections(context, context.now() - HALFWAY_MS, MOST);
  for (const connection of found) {
    try {
      await advance(context, connection);
    } catch (error) {
      // The next tick tries again; the others must not wait for it.
      context.log("halfway", { connection_id: connection.id, provider: connection.provider, error: errorText(error) });
    }
  }
  return found.length;
}
