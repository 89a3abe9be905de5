/** Events: one answer makes one whole, so the last one counts. */
import type { Batch, EventRecord } from "../../domain/batch.ts";
import { clearTombstones, remove, upsert } from "./guards.ts";
import { type Column, type Row, toColumn } from "./parts.ts";
import { type Attempt, emptyPlan, type Plan } from "./plan.ts";

const COLUMNS = ["kind", "start_time", "end_time", "utc_offset_s", "name", "value", "extra"] as const;
const TABLE = { name: "event", key: ["user_id", "provider", "external_id"], columns: COLUMNS };

const columnsOf = ({ fields }: EventRecord): Column[] => [
  fields.kind,
  fields.start_time,
  fields.end_time,
  fields.utc_offset_s,
  fields.name,
  fields.value === null ? null : JSON.stringify(fields.value),
  toColumn(fields.extra),
];

export async function planEvents({ db, target, now, written }: Attempt, batch: Batch): Promise<Plan> {
  const plan = emptyPlan();
  const deletions = batch.deletions.filter((deletion) => deletion.kind === "event");
  if (batch.events.length === 0 && deletions.length === 0) return plan;

  const last = new Map(batch.events.map((event) => [event.external_id, event]));
  const ids = [
    ...last.keys(),
    ...deletions.flatMap((deletion) => ("external_id" in deletion ? [deletion.external_id] : [])),
  ];
  const gone = new Set<string>();
  for (const deletion of deletions) {
    if (!("from" in deletion)) continue;
    const { results } = await db
      .prepare(
        `SELECT external_id, start_time FROM event WHERE user_id = ?1 AND provider = ?2 AND start_time >= ?3 AND start_time < ?4
         AND external_id NOT IN (SELECT value FROM json_each(?5))`,
      )
      .bind(target.user_id, target.provider, deletion.from, deletion.to, JSON.stringify(deletion.keep))
      .all<{ external_id: string; start_time: number }>();
    for (const { external_id, start_time } of results) {
      if (deletion.confirm) plan.wants.push({ kind: deletion.confirm, external_id, start_time });
      else gone.add(external_id);
    }
  }
  const { results } = await db
    .prepare(
      "SELECT * FROM event WHERE user_id = ?1 AND provider = ?2 AND external_id IN (SELECT value FROM json_each(?3))",
    )
    .bind(target.user_id, target.provider, JSON.stringify(ids))
    .all<Row>();
  const stored = new Map(results.map((row) => [row.external_id as string, row]));
  for (const deletion of deletions) {
    if ("external_id" in deletion && stored.has(deletion.external_id)) gone.add(deletion.external_id);
  }

  const rows: unknown[][] = [];
  const fresh: string[] = [];
  for (const [id, event] of last) {
    const before = stored.get(id);
    const columns = columnsOf(event);
    if (before && COLUMNS.every((column, i) => before[column] === columns[i])) continue;
    written[event.element] = 1;
    rows.push([target.user_id, target.provider, id, ...columns, ((before?.version as number) ?? 0) + 1]);
    if (!before) fresh.push(id);
    gone.delete(id);
  }
  plan.statements.push(
    ...upsert(db, TABLE, now, rows),
    ...clearTombstones(db, "event", target.user_id, target.provider, fresh),
    ...remove(db, "event", target.user_id, target.provider, [...gone]),
  );
  return plan;
}
