/**
 * Batch + what goes with it, in one D1 batch behind guards. Nothing else writes a record.
 *
 * Everything that is derived is read no earlier than the version that guards it. Where another writer was faster a guard fails the
 * whole batch; then all is read again. A replay finds everything equal and writes nothing.
 */
import { type Batch, type Counts, KINDS, type Kind, type Rejection } from "../domain/batch.ts";
import type { Context } from "../platform/context.ts";
import { STATEMENTS_PER_BATCH } from "../platform/limits.ts";
import { database } from "./database.ts";
import type { Target } from "./target.ts";
import { raiseWants } from "./wants.ts";
import { planActivities } from "./write/activities.ts";
import { planDays } from "./write/days.ts";
import { planEvents } from "./write/events.ts";
import { refuseUnfit } from "./write/fit.ts";
import { assertFences, isTransient, raiseAround, staleGuard } from "./write/guards.ts";
import { planNights } from "./write/nights.ts";
import type { Attempt, Plan } from "./write/plan.ts";
import { split } from "./write/split.ts";

export interface Committed {
  stale: null;
  /** 1 for each element of the batch of which anything was written. */
  written: Uint8Array;
  kinds: Record<Kind, Counts>;
  /** The batch's own, and those of records that no row can hold. */
  rejections: Rejection[];
  /** D1's own count of rows written. */
  rows_written: number;
}

/**
 * `fence`: the person or connection this work was for is gone or has moved on – drop it.
 * `cursor`: another runner has this stream – stop.
 */
export type CommitResult = Committed | { stale: "fence" | "cursor" };

const MOST_TRIES = 25;

/**
 * `also`: guarded statements of the caller (cursor moves, finished wants) that stand or fall with the batch. A batch too large for
 * one transaction goes in pieces that are each whole in themselves; `also` goes with the last.
 */
export async function commit(
  context: Context,
  target: Target,
  batch: Batch,
  also: D1PreparedStatement[] = [],
): Promise<CommitResult> {
  const written = new Uint8Array(batch.elements.length);
  let rowsWritten = 0;
  const { batch: fitting, refused } = refuseUnfit(batch);
  const parts = split(fitting);
  for (const [i, part] of parts.entries()) {
    const result = await write(context, target, part, i === parts.length - 1 ? also : [], written.length);
    if ("stale" in result) return result;
    rowsWritten += result.rowsWritten;
    for (let e = 0; e < written.length; e++) if (result.written[e]) written[e] = 1;
    for (const [element, reason] of result.refused) refused.set(element, reason);
  }
  const rejections = [...batch.rejections];
  for (const [element, reason] of refused) rejections.push({ kind: batch.elements[element]!, pointer: "", reason });
  return { stale: null, written, kinds: countKinds(batch, written, refused), rejections, rows_written: rowsWritten };
}

async function write(
  context: Context,
  target: Target,
  batch: Batch,
  also: D1PreparedStatement[],
  elements: number,
): Promise<{ written: Uint8Array; refused: Map<number, string>; rowsWritten: number } | { stale: "fence" | "cursor" }> {
  const db = database(context, target);
  for (let tries = 1; ; tries++) {
    const attempt: Attempt = { db, target, now: context.now(), written: new Uint8Array(elements) };
    try {
      const plans = await Promise.all([
        planActivities(attempt, batch),
        planNights(attempt, batch),
        planDays(attempt, batch),
        planEvents(attempt, batch),
      ]);
      const statements = assemble(attempt, plans, also);
      const refused = new Map(plans.flatMap((plan) => [...plan.refused]));
      if (statements.length === 0) return { written: attempt.written, refused, rowsWritten: 0 };
      const results = await db.batch(statements);
      return {
        written: attempt.written,
        refused,
        rowsWritten: results.reduce((sum, { meta }) => sum + meta.rows_written, 0),
      };
    } catch (error) {
      const stale = staleGuard(error);
      if (stale === "fence" || stale === "cursor") return { stale };
      if ((stale === null && !isTransient(error)) || tries === MOST_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, (context.random(1)[0]! / 255) * Math.min(10 * tries, 200)));
    }
  }
}

/** Guards first: a stale writer does no work. Empty where there is nothing to write. */
function assemble({ db, target }: Attempt, plans: Plan[], also: D1PreparedStatement[]): D1PreparedStatement[] {
  const statements = plans.flatMap((plan) => plan.statements);
  const wants = plans.flatMap((plan) => plan.wants);
  if (statements.length + wants.length + also.length === 0) return [];
  const months = new Map<string, number>();
  for (const plan of plans) {
    for (const [month, version] of plan.months) {
      // Read at different moments by two plans: the earlier one guards both.
      months.set(month, Math.min(months.get(month) ?? version, version));
    }
  }
  const all = [
    assertFences(db, target.user_id, [
      ["", target.user_epoch],
      [target.provider, target.epoch],
    ]),
    ...(months.size > 0 ? [raiseAround(db, target.user_id, [...months])] : []),
    ...statements,
    ...raiseWants(db, target, wants),
    ...also,
  ];
  if (all.length > STATEMENTS_PER_BATCH) throw new RangeError(`${all.length} statements in one commit`);
  return all;
}

function countKinds(batch: Batch, written: Uint8Array, refused: Map<number, string>): Record<Kind, Counts> {
  const kinds = Object.fromEntries(
    KINDS.map((kind) => [kind, { received: 0, written: 0, unchanged: 0, rejected: 0 }]),
  ) as Record<Kind, Counts>;
  const areRefused = refused.size > 0;
  for (const [i, kind] of batch.elements.entries()) {
    const counts = kinds[kind];
    counts.received++;
    if (areRefused && refused.has(i)) counts.rejected++;
    else if (written[i]) counts.written++;
    else counts.unchanged++;
  }
  for (const { kind } of batch.rejections) {
    if (kind === null) continue;
    kinds[kind].received++;
    kinds[kind].rejected++;
  }
  return kinds;
}
