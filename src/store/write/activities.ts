/** Activities and their tracks: parts merged, same spans settled, duplicates derived. */
import type { ActivityRecord, Batch, Deletion } from "../../domain/batch.ts";
import { type Candidate, findDuplicates } from "../../domain/duplicates.ts";
import { ACTIVITY_FIELDS } from "../../domain/records.ts";
import { DAY_MS } from "../../domain/time.ts";
import { pieces } from "../../platform/limits.ts";
import { clearTombstones, NOW_MS, remove, upsert } from "./guards.ts";
import { applyPart, canonical, lastOfEach, partHash, type Row, readParts } from "./parts.ts";
import { type Attempt, aroundVersions, emptyPlan, monthsAround, type Plan, readAround } from "./plan.ts";
import { planTracks, type TrackParts } from "./tracks.ts";

const COLUMNS = [...ACTIVITY_FIELDS, "duplicate_of", "parts"] as const;
const TABLE = { name: "activity", key: ["user_id", "provider", "external_id"], columns: COLUMNS };
/** What decides which activities are one, and which of them stands for the others (domain/duplicates). */
const PLACING = ["start_time", "elapsed_s", "sport", "sub_sport", "utc_offset_s"] as const;
const PLACING_IF_PRESENT = ["distance_m", "avg_heart_rate_bpm"] as const;

export async function planActivities(attempt: Attempt, batch: Batch): Promise<Plan> {
  const { db, target, now, written } = attempt;
  const plan = emptyPlan();
  const deletions = batch.deletions.filter((deletion) => deletion.kind === "activity");
  if (batch.activities.length === 0 && deletions.length === 0) return plan;

  const starts = batch.activities.flatMap(({ fields }) => (fields.start_time === undefined ? [] : [fields.start_time]));
  const months = monthsAround(...starts);
  const before = await readStored(attempt, batch.activities, deletions, months);
  const rows: Map<string, Row> = new Map(before.rows);
  const changed = new Set<string>();
  const tracks = new Map<string, TrackParts>();
  const gone = new Set<string>();

  for (const record of lastOfEach(batch.activities)) {
    const stored = rows.get(record.external_id);
    if (givesWay(record, rows)) continue;
    const hash = await partHash(record.fields, record.track ?? null, record.laps ?? null);
    const row = applyPart(stored, record.part, hash, record.fields, record.rank, record.modified);
    if (row === null || !isWhole(row)) continue;
    row.external_id = record.external_id;
    if (record.replaces === "same_span") {
      for (const [id, other] of rows) {
        if (id !== record.external_id && sameSpan(other, row) && (readParts(other).rank ?? 0) < (record.rank ?? 0)) {
          rows.delete(id);
          changed.delete(id);
          if (before.rows.has(id)) gone.add(id);
        }
      }
    }
    rows.set(record.external_id, row);
    changed.add(record.external_id);
    gone.delete(record.external_id);
    written[record.element] = 1;
    if (record.track !== undefined || record.laps !== undefined) {
      tracks.set(record.external_id, { ...tracks.get(record.external_id), ...pick(record) });
    }
    for (const kind of record.wants ?? []) {
      plan.wants.push({ kind, external_id: record.external_id, start_time: row.start_time as number });
    }
  }
  for (const deletion of deletions) {
    if ("external_id" in deletion) {
      if (before.rows.has(deletion.external_id)) gone.add(deletion.external_id);
      rows.delete(deletion.external_id);
      changed.delete(deletion.external_id);
    }
  }
  for (const { external_id, start_time, confirm } of before.absent) {
    if (confirm) plan.wants.push({ kind: confirm, external_id, start_time });
    else {
      gone.add(external_id);
      rows.delete(external_id);
      changed.delete(external_id);
    }
  }
  if (changed.size === 0 && gone.size === 0) return plan;

  const moved = [...changed].filter((id) => {
    const old = before.rows.get(id);
    const row = rows.get(id)!;
    return (
      !old ||
      canonical(belonging(old)) !== canonical(belonging(row)) ||
      PLACING.some((field) => (old[field] ?? null) !== (row[field] ?? null)) ||
      PLACING_IF_PRESENT.some((field) => ((old[field] ?? null) === null) !== ((row[field] ?? null) === null))
    );
  });
  const removed = [...gone].map((id) => before.rows.get(id) ?? before.absent.find((row) => row.external_id === id)!);
  if (moved.length > 0 || removed.length > 0) {
    const instants = [
      ...moved.flatMap((id) => [before.rows.get(id)?.start_time, rows.get(id)!.start_time]),
      ...removed.map((row) => row.start_time),
    ].filter((ms): ms is number => typeof ms === "number");
    const others = await deriveDuplicates(attempt, plan, instants, before.versions, rows, changed, gone);
    plan.statements.push(...others);
  }

  const tracksPlan = await planTracks(attempt, tracks, changed);
  for (const [id, points] of tracksPlan.dropped) noteDropped(rows.get(id)!, points);
  const values = [...changed].map((id) => {
    const row = rows.get(id)!;
    const version = ((before.rows.get(id)?.version as number) ?? 0) + 1;
    return [target.user_id, target.provider, id, ...COLUMNS.map((column) => row[column] ?? null), version];
  });
  const fresh = [...changed].filter((id) => !before.rows.has(id));
  plan.statements.unshift(
    ...upsert(db, TABLE, now, values),
    ...clearTombstones(db, "activity", target.user_id, target.provider, fresh),
    ...tracksPlan.statements,
    ...remove(db, "activity", target.user_id, target.provider, [...gone]),
  );
  return plan;
}

/** A track that no row can hold is told of where the other dropped points are. */
function noteDropped(row: Row, points: number): void {
  const extra = row.extra ? (JSON.parse(row.extra as string) as Record<string, unknown>) : {};
  row.extra = canonical({ ...extra, dropped: { ...(extra.dropped as object), track: points } });
}

const pick = ({ track, laps }: ActivityRecord) => ({
  ...(track !== undefined && { track }),
  ...(laps !== undefined && { laps }),
});

const isWhole = (row: Row): boolean =>
  typeof row.start_time === "number" && typeof row.sport === "string" && typeof row.sub_sport === "string";

const sameSpan = (a: Row, b: Row): boolean =>
  a.start_time === b.start_time && a.elapsed_s === b.elapsed_s && a.sport === b.sport && a.sub_sport === b.sub_sport;

/** Whether another record of the same span and a higher rank stands already. */
function givesWay(record: ActivityRecord, rows: Map<string, Row>): boolean {
  if (record.replaces !== "same_span") return false;
  const span = { ...record.fields, elapsed_s: record.fields.elapsed_s ?? null } as Row;
  for (const [id, row] of rows) {
    if (id !== record.external_id && sameSpan(row, span) && (readParts(row).rank ?? 0) > (record.rank ?? 0))
      return true;
  }
  return false;
}

interface Stored {
  rows: Map<string, Row>;
  /** Stored, but no longer in a list that covers their start. */
  absent: { external_id: string; start_time: number; confirm: string | null }[];
  versions: Map<string, number>;
}

/** What is stored under these keys, at these spans and in these windows, with the versions that guard the sets. */
async function readStored(
  { db, target }: Attempt,
  records: ActivityRecord[],
  deletions: Deletion[],
  months: string[],
): Promise<Stored> {
  const { user_id, provider } = target;
  const ids = [...records, ...deletions].flatMap((item) => ("external_id" in item ? [item.external_id] : []));
  const spans = records.flatMap(({ replaces, fields }) => (replaces === "same_span" ? [fields.start_time] : []));
  const windows = deletions.filter((deletion) => "from" in deletion);
  const [around, byId, bySpan, ...byWindow] = await db.batch<Row>([
    readAround(db, user_id, months),
    db
      .prepare(
        "SELECT * FROM activity WHERE user_id = ?1 AND provider = ?2 AND external_id IN (SELECT value FROM json_each(?3))",
      )
      .bind(user_id, provider, JSON.stringify(ids)),
    db
      .prepare(
        "SELECT * FROM activity WHERE user_id = ?1 AND provider = ?2 AND start_time IN (SELECT value FROM json_each(?3))",
      )
      .bind(user_id, provider, JSON.stringify(spans)),
    ...windows.map((window) =>
      db
        .prepare(
          `SELECT external_id, start_time FROM activity WHERE user_id = ?1 AND provider = ?2
           AND start_time >= ?3 AND start_time < ?4 AND external_id NOT IN (SELECT value FROM json_each(?5))`,
        )
        .bind(user_id, provider, window.from, window.to, JSON.stringify(window.keep)),
    ),
  ]);
  const rows = new Map<string, Row>();
  for (const row of [...byId!.results, ...bySpan!.results]) rows.set(row.external_id as string, row);
  return {
    rows,
    absent: byWindow.flatMap(({ results }, i) =>
      results.map((row) => ({
        external_id: row.external_id as string,
        start_time: row.start_time as number,
        confirm: windows[i]!.confirm ?? null,
      })),
    ),
    versions: aroundVersions(months, around!.results as unknown as { month: string; version: number }[]),
  };
}

/** The others' duplicates once all activities of the target's provider are gone: read with the guard that the removal asserts. */
export async function planRemoval(attempt: Attempt): Promise<Plan> {
  const { db, target } = attempt;
  const plan = emptyPlan();
  const { results } = await db
    .prepare(
      `SELECT external_id, start_time, provider = ?2 AS own FROM activity
       WHERE user_id = ?1 AND (provider = ?2 OR substr(duplicate_of, 1, length(?2) + 1) = ?2 || ':')`,
    )
    .bind(target.user_id, target.provider)
    .all<{ external_id: string; start_time: number; own: number }>();
  if (results.length === 0) return plan;
  const gone = new Set(results.flatMap(({ own, external_id }) => (own ? [external_id] : [])));
  const instants = results.map(({ start_time }) => start_time);
  plan.statements = await deriveDuplicates(attempt, plan, instants, new Map(), new Map(), new Set(), gone);
  return plan;
}

/** Which records around the changed ones are one; those of other commits' making get a statement, ours their column. */
async function deriveDuplicates(
  { db, target }: Attempt,
  plan: Plan,
  instants: number[],
  versions: Map<string, number>,
  rows: Map<string, Row>,
  changed: Set<string>,
  gone: Set<string>,
): Promise<D1PreparedStatement[]> {
  const months = monthsAround(...instants);
  const from = Math.min(...instants);
  const to = Math.max(...instants);
  const [around, near] = await db.batch<Row>([
    readAround(
      db,
      target.user_id,
      months.filter((month) => !versions.has(month)),
    ),
    db
      .prepare(
        `SELECT a.provider, a.external_id, sport, sub_sport, start_time, utc_offset_s, elapsed_s, distance_m, avg_heart_rate_bpm,
           extra, duplicate_of FROM activity a
         WHERE user_id = ?1 AND start_time >= ?2 AND start_time <= ?3`,
      )
      .bind(target.user_id, from - 2 * DAY_MS, to + 2 * DAY_MS),
  ]);
  const read = aroundVersions(months, around!.results as unknown as { month: string; version: number }[]);
  for (const month of months) plan.months.set(month, versions.get(month) ?? read.get(month)!);

  const all = new Map<string, Row>();
  for (const row of near!.results) all.set(`${row.provider}:${row.external_id}`, row);
  for (const id of gone) all.delete(`${target.provider}:${id}`);
  for (const id of changed) all.set(`${target.provider}:${id}`, { ...rows.get(id)!, provider: target.provider });
  const candidates = [...all].map(([public_id, row]) => candidate(public_id, row, target.unmerged));
  const found = findDuplicates(candidates);

  const updates: [string, string, string | null][] = [];
  for (const [publicId, row] of all) {
    // Beyond a day from what changed, a partner may lie outside of what was read.
    const start = row.start_time as number;
    if (!instants.some((ms) => Math.abs(ms - start) <= DAY_MS)) continue;
    const primary = found.get(publicId) ?? null;
    const mine = row.provider === target.provider && changed.has(row.external_id as string);
    if (mine) rows.get(row.external_id as string)!.duplicate_of = primary;
    else if ((row.duplicate_of ?? null) !== primary) {
      updates.push([row.provider as string, row.external_id as string, primary]);
    }
  }
  return pieces(updates).map((json) =>
    db
      .prepare(
        `UPDATE activity SET duplicate_of = u.value->>2, version = version + 1, updated_at = ${NOW_MS}
         FROM json_each(?2) u WHERE activity.user_id = ?1 AND activity.provider = u.value->>0 AND activity.external_id = u.value->>1`,
      )
      .bind(target.user_id, json),
  );
}

/** What `extra` says of how a record came about and what it is part of. */
function belonging(row: Row): Pick<Candidate, "recording" | "parent"> {
  const extra = row.extra ? (JSON.parse(row.extra as string) as Record<string, unknown>) : {};
  const text = (value: unknown) => (typeof value === "string" ? value : null);
  return { recording: text(extra.recording), parent: text(extra.parent) };
}

function candidate(public_id: string, row: Row, unmerged: readonly string[]): Candidate {
  return {
    public_id,
    provider: row.provider as string,
    sport: row.sport as string,
    sub_sport: row.sub_sport as string,
    start_time: row.start_time as number,
    utc_offset_s: (row.utc_offset_s as number | null) ?? null,
    elapsed_s: (row.elapsed_s as number | null) ?? null,
    distance_m: (row.distance_m as number | null) ?? null,
    ...belonging(row),
    has_heart_rate: (row.avg_heart_rate_bpm ?? null) !== null,
    merge: !unmerged.includes(row.provider as string),
  };
}
