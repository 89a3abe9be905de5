/** Nights: parts merged, overlapping ones settled by rank, segments joined. */
import type { Batch, SegmentRecord } from "../../domain/batch.ts";
import {
  type BuiltNight,
  decodeSegments,
  encodeSegments,
  joinSegments,
  type Segment,
  segmentKey,
} from "../../domain/nights.ts";
import { SLEEP_FIELDS } from "../../domain/records.ts";
import { DAY_MS, utcDate } from "../../domain/time.ts";
import { loadOffsets } from "../offsets.ts";
import { clearTombstones, remove, upsert } from "./guards.ts";
import { applyPart, lastOfEach, partHash, type Row, toColumn } from "./parts.ts";
import { type Attempt, aroundVersions, emptyPlan, monthsAround, type Plan, readAround } from "./plan.ts";

const COLUMNS = [...SLEEP_FIELDS, "segments", "rank", "parts"] as const;
const TABLE = { name: "sleep", key: ["user_id", "provider", "external_id"], columns: COLUMNS };
/** Nights that segments made stand above what an app summed up. */
const BUILT_RANK = 1;

export async function planNights(attempt: Attempt, batch: Batch): Promise<Plan> {
  const { db, target, now, written } = attempt;
  const plan = emptyPlan();
  const deletions = batch.deletions.filter((deletion) => deletion.kind === "sleep");
  if (batch.nights.length + batch.segments.length + deletions.length === 0) return plan;

  const stored = await readNights(attempt, batch);
  const rows = new Map(stored.rows);
  const touched = new Set<string>();
  let joined = false;

  if (batch.segments.length > 0) {
    const guessing = batch.segments.some(({ utc_offset_s }) => utc_offset_s === null);
    const offsets = await loadOffsets(db, target, "sleep", guessing);
    joined = joinInto(rows, touched, batch.segments, written, (time) => offsets.at(utcDate(time)));
    if (guessing) plan.statements.push(...offsets.statements());
  }
  for (const record of lastOfEach(batch.nights)) {
    const { external_id, fields } = record;
    const old = rows.get(external_id);
    if (record.staged_only && isStaged(old) && !isStaged(fields)) continue;
    const hash = await partHash(record.fields);
    const row = applyPart(old, record.part, hash, fields, 0, record.modified);
    if (row === null || !isWhole(row)) continue;
    row.rank = record.rank ?? 0;
    if (record.replaces === "overlapping") {
      if (overrules(rows, external_id, row)) continue;
      dropOverlapped(rows, external_id, row);
    }
    if (record.replaces === "overlapping_type") {
      if (outranked(rows, row)) continue;
      dropOutranked(rows, external_id, row);
    }
    rows.set(external_id, row);
    touched.add(external_id);
    written[record.element] = 1;
  }
  for (const deletion of deletions) {
    if ("external_id" in deletion) rows.delete(deletion.external_id);
    else if ("from" in deletion) {
      for (const [id, row] of rows) {
        const start = row.start_time as number;
        if (start < deletion.from || start >= deletion.to || deletion.keep.includes(id)) continue;
        if (deletion.confirm) plan.wants.push({ kind: deletion.confirm, external_id: id, start_time: start });
        else rows.delete(id);
      }
    }
  }

  const gone = [...stored.rows.keys()].filter((id) => !rows.has(id));
  const changed = [...touched].filter((id) => rows.has(id));
  if (changed.length + gone.length === 0) return plan;

  const moved = changed.filter((id) => {
    const old = stored.rows.get(id);
    const row = rows.get(id)!;
    return !old || old.start_time !== row.start_time || old.end_time !== row.end_time;
  });
  if (joined || moved.length + gone.length > 0) {
    const instants = [...changed.map((id) => rows.get(id)!), ...[...changed, ...gone].map((id) => stored.rows.get(id))]
      .map((row) => row?.start_time)
      .filter((ms): ms is number => typeof ms === "number");
    await assertMonths(attempt, plan, monthsAround(...instants), stored.versions);
  }
  const values = changed.map((id) => {
    const row = rows.get(id)!;
    const version = ((stored.rows.get(id)?.version as number) ?? 0) + 1;
    return [target.user_id, target.provider, id, ...COLUMNS.map((column) => row[column] ?? null), version];
  });
  const fresh = changed.filter((id) => !stored.rows.has(id));
  plan.statements.push(
    ...upsert(db, TABLE, now, values),
    ...clearTombstones(db, "sleep", target.user_id, target.provider, fresh),
    ...remove(db, "sleep", target.user_id, target.provider, gone),
  );
  return plan;
}

const isStaged = (night: { light_s?: unknown; deep_s?: unknown; rem_s?: unknown } | undefined): boolean =>
  [night?.light_s, night?.deep_s, night?.rem_s].some((value) => value !== null && value !== undefined);

const isWhole = (row: Row): boolean =>
  typeof row.start_time === "number" && typeof row.end_time === "number" && typeof row.date === "string" && !!row.type;

const overlap = (a: Row, b: Row): boolean =>
  (a.start_time as number) < (b.end_time as number) && (b.start_time as number) < (a.end_time as number);

/** Below zero: the stored one gives way, above: it stays alone, zero: both stand. One night told while it grew has one start. */
function compare(stored: Row, row: Row): number {
  const byRank = (stored.rank as number) - (row.rank as number);
  if (byRank !== 0 || stored.start_time !== row.start_time) return byRank;
  return (stored.end_time as number) - (row.end_time as number) || -1;
}

/** Whether a stored night overlaps that is worth more. */
function overrules(rows: Map<string, Row>, id: string, row: Row): boolean {
  for (const [other, stored] of rows) {
    if (other !== id && overlap(stored, row) && compare(stored, row) > 0) return true;
  }
  return false;
}

function dropOverlapped(rows: Map<string, Row>, id: string, row: Row): void {
  for (const [other, stored] of rows) {
    if (other !== id && overlap(stored, row) && compare(stored, row) < 0) rows.delete(other);
  }
}

const rivals = (stored: Row, row: Row): boolean => stored.type === row.type && overlap(stored, row);

/** Whether a stored record of its type and time, its own among them, has a higher rank. */
function outranked(rows: Map<string, Row>, row: Row): boolean {
  for (const stored of rows.values()) {
    if (rivals(stored, row) && (stored.rank as number) > (row.rank as number)) return true;
  }
  return false;
}

/** What is left of its type and time has no higher rank, and is older. */
function dropOutranked(rows: Map<string, Row>, id: string, row: Row): void {
  for (const [other, stored] of rows) if (other !== id && rivals(stored, row)) rows.delete(other);
}

/** Adds segments to those of the stored nights and builds their nights anew. */
function joinInto(
  rows: Map<string, Row>,
  touched: Set<string>,
  incoming: SegmentRecord[],
  written: Uint8Array,
  offsetAt: (time: number) => number,
): boolean {
  const segments = new Map<string, Segment>();
  for (const row of rows.values()) {
    if (row.segments)
      for (const segment of decodeSegments(row.segments as string)) segments.set(segmentKey(segment), segment);
  }
  let any = false;
  for (const segment of incoming) {
    const key = segmentKey(segment);
    if (segments.has(key)) continue;
    segments.set(key, segment);
    written[segment.element] = 1;
    any = true;
  }
  if (!any) return false;
  const nights = new Map(joinSegments([...segments.values()], offsetAt).map((night) => [night.external_id, night]));
  for (const [id, row] of rows) if (row.segments && !nights.has(id)) rows.delete(id);
  for (const [id, night] of nights) {
    const row = nightRow(night, rows.get(id));
    dropOverlapped(rows, id, row);
    if (rows.get(id)?.segments === row.segments) continue;
    rows.set(id, row);
    touched.add(id);
  }
  return true;
}

function nightRow(night: BuiltNight, old: Row | undefined): Row {
  const row: Row = {
    ...old,
    segments: encodeSegments(night.segments),
    rank: BUILT_RANK,
    parts: old?.parts ?? '{"of":{}}',
  };
  for (const field of SLEEP_FIELDS) row[field] = toColumn(night.fields[field]);
  return row;
}

interface Stored {
  rows: Map<string, Row>;
  versions: Map<string, number>;
}

async function readNights({ db, target }: Attempt, batch: Batch): Promise<Stored> {
  const { user_id, provider } = target;
  const spans: [number, number][] = [
    ...batch.nights.flatMap(({ fields }): [number, number][] =>
      fields.start_time === undefined || fields.end_time === undefined ? [] : [[fields.start_time, fields.end_time]],
    ),
    ...batch.segments.map(({ start_time, end_time }): [number, number] => [start_time, end_time]),
    ...batch.deletions.flatMap((deletion): [number, number][] =>
      deletion.kind === "sleep" && "from" in deletion ? [[deletion.from, deletion.to]] : [],
    ),
  ];
  const ids = [...batch.nights, ...batch.deletions].flatMap((item) =>
    "external_id" in item ? [item.external_id] : [],
  );
  const months = monthsAround(...spans.flat());
  // A night lasts a day at most: those that start within a day of a span are all that can touch it.
  const windows = mergeSpans(spans.map(([start, end]) => [start - DAY_MS, end + DAY_MS]));
  const [around, byId, byWindow] = await db.batch<Row>([
    readAround(db, user_id, months),
    db
      .prepare(
        "SELECT * FROM sleep WHERE user_id = ?1 AND provider = ?2 AND external_id IN (SELECT value FROM json_each(?3))",
      )
      .bind(user_id, provider, JSON.stringify(ids)),
    db
      .prepare(
        `SELECT s.* FROM json_each(?3) w CROSS JOIN sleep s ON s.user_id = ?1 AND s.start_time >= w.value->>0
           AND s.start_time < w.value->>1 AND s.provider = ?2`,
      )
      .bind(user_id, provider, JSON.stringify(windows)),
  ]);
  const rows = new Map<string, Row>();
  for (const row of [...byId!.results, ...byWindow!.results]) rows.set(row.external_id as string, row);
  return { rows, versions: aroundVersions(months, around!.results as unknown as { month: string; version: number }[]) };
}

function mergeSpans(spans: [number, number][]): [number, number][] {
  const merged: [number, number][] = [];
  for (const [start, end] of spans.sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

/** Months of what is only moved away or removed are read late: nothing was derived from them. */
async function assertMonths(
  { db, target }: Attempt,
  plan: Plan,
  months: string[],
  known: Map<string, number>,
): Promise<void> {
  const missing = months.filter((month) => !known.has(month));
  const { results } = await readAround(db, target.user_id, missing).all<{ month: string; version: number }>();
  const late = aroundVersions(missing, results);
  for (const month of months) plan.months.set(month, known.get(month) ?? late.get(month)!);
}
