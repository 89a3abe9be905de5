/** What the last runs of a connection did, and what they could not read; of a run that found nothing new there is no row. */
import type { Context } from "../platform/context.ts";
import { directory } from "./database.ts";

/** Of all runs, and besides of those that rejected something. */
const KEPT = 20;

/** Where in an answer, why, and – where that much could be read – of which record. */
export interface Rejected {
  pointer: string;
  reason: string;
  external_id?: string;
}

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
  /** The first of what was rejected. */
  rejections: Rejected[];
}

const isQuiet = ({ outcome, written, rejected }: Run): boolean => outcome === "done" && written + rejected === 0;

/** Never for an older epoch: the account may have been erased meanwhile. `also`: what else the directory is told at a run's end. */
export async function addRun(
  context: Context,
  of: { id: number; epoch: number },
  run: Run,
  also: D1PreparedStatement[],
): Promise<void> {
  const statements = isQuiet(run) ? also : [...runStatements(context, of, run), ...also];
  if (statements.length > 0) await directory(context).batch(statements);
}

function runStatements(context: Context, of: { id: number; epoch: number }, run: Run): D1PreparedStatement[] {
  const db = directory(context);
  return [
    db
      .prepare(
        `INSERT INTO run (connection_id, stream, started_at, ended_at, pages, received, written, rejected, outcome, rejections)
         SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?11 FROM provider_connection WHERE id = ?1 AND epoch = ?10`,
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
        JSON.stringify(run.rejections),
      ),
    db
      .prepare(
        `DELETE FROM run WHERE connection_id = ?1
         AND id <= (SELECT id FROM run WHERE connection_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ${KEPT})
         AND id NOT IN (SELECT id FROM run WHERE connection_id = ?1 AND rejections <> '[]' ORDER BY id DESC LIMIT ${KEPT})`,
      )
      .bind(of.id),
  ];
}

export interface StreamRejection extends Rejected {
  stream: string;
  at: number;
}

/** What runs since then could not read, each record once, newest first. */
export async function rejectionsOf(context: Context, connectionId: number, since: number): Promise<StreamRejection[]> {
  const { results } = await directory(context)
    .prepare(
      `SELECT stream, ended_at AS at, rejections FROM run
       WHERE connection_id = ?1 AND rejections <> '[]' AND ended_at >= ?2 ORDER BY id DESC`,
    )
    .bind(connectionId, since)
    .all<{ stream: string; at: number; rejections: string }>();
  const found = new Map<string, StreamRejection>();
  for (const { stream: lane, at, rejections } of results) {
    const stream = lane.split(":")[0]!;
    for (const one of JSON.parse(rejections) as Rejected[]) {
      const key = JSON.stringify([stream, one.external_id ?? [one.pointer, one.reason]]);
      if (!found.has(key)) found.set(key, { ...one, stream, at });
    }
  }
  return [...found.values()];
}
