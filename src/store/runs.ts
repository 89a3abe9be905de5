/** What the last runs of a connection did, for the settings page and the operator. */
import type { Context } from "../platform/context.ts";
import { directory } from "./database.ts";

const KEPT = 20;

export interface Run {
  stream: string;
  started_at: number;
  ended_at: number;
  pages: number;
  received: number;
  written: number;
  rejected: number;
  /** `done`, `continued`, or the kind of fault it stopped at. */
  outcome: string;
}

/** Never for an older epoch: the account may have been erased meanwhile. */
export async function addRun(context: Context, of: { id: number; epoch: number }, run: Run): Promise<void> {
  const db = directory(context);
  await db.batch([
    db
      .prepare(
        `INSERT INTO run (connection_id, stream, started_at, ended_at, pages, received, written, rejected, outcome)
         SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM provider_connection WHERE id = ?1 AND epoch = ?10`,
      )
      .bind(
        of.id,
        run.stream,
        run.started_at,
        run.ended_at,
        run.pages,
        run.received,
        run.written,
        run.rejected,
        run.outcome,
        of.epoch,
      ),
    db
      .prepare(
        `DELETE FROM run WHERE connection_id = ?1
         AND id <= (SELECT id FROM run WHERE connection_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ${KEPT})`,
      )
      .bind(of.id),
  ]);
}

/** Newest first. */
export async function runsOf(context: Context, connectionId: number): Promise<Run[]> {
  const { results } = await directory(context)
    .prepare(
      `SELECT stream, started_at, ended_at, pages, received, written, rejected, outcome
       FROM run WHERE connection_id = ?1 ORDER BY id DESC`,
    )
    .bind(connectionId)
    .all<Run>();
  return results;
}
