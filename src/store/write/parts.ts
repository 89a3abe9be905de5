/** What a record was made from, so that re-reading a list never undoes a detail. */
import { PART_RANK, type PartName } from "../../domain/batch.ts";
import { sha256Hex } from "../../platform/crypto.ts";

export interface Parts {
  /** Among records of one provider that stand for the same thing (domain/batch `rank`). */
  rank?: number;
  /** When its source last changed it, where that is told. */
  modified?: number;
  of: Partial<Record<PartName, { hash: string; fields: string[] }>>;
}
export type Column = string | number | null;
export type Row = Record<string, Column>;

export const readParts = (row: Row | undefined): Parts => (row ? JSON.parse(row.parts as string) : { of: {} });

/** JSON with keys in code-point order: equal content is equal text whatever order it came in. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** A field as its column holds it. */
export function toColumn(value: unknown): Column {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "object" ? canonical(value) : (value as Column);
}

export const partHash = async (...content: unknown[]): Promise<string> =>
  (await sha256Hex(canonical(content))).slice(0, 24);

/**
 * One part laid over a stored row. A part writes only fields it carries, only an explicit null clears, and a field that a part of
 * higher rank carries stays. Null where the part is the one already stored, or older than it (`modified`).
 */
export function applyPart(
  stored: Row | undefined,
  part: PartName,
  hash: string,
  fields: Record<string, unknown>,
  rank = 0,
  modified: number | null = null,
): Row | null {
  const parts = readParts(stored);
  if (modified !== null && parts.modified !== undefined && modified < parts.modified) return null;
  if (parts.of[part]?.hash === hash && (parts.rank ?? 0) === rank) return null;
  const kept = new Set<string>();
  for (const [other, { fields: theirs }] of Object.entries(parts.of)) {
    if (PART_RANK[other as PartName] > PART_RANK[part]) for (const field of theirs) kept.add(field);
  }
  const row: Row = { ...stored };
  const carried: string[] = [];
  for (const [field, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    carried.push(field);
    if (!kept.has(field)) row[field] = toColumn(value);
  }
  const next: Parts = { of: { ...parts.of, [part]: { hash, fields: carried.sort() } } };
  if (rank !== 0) next.rank = rank;
  const changed = modified ?? parts.modified;
  if (changed !== undefined) next.modified = changed;
  row.parts = canonical(next);
  return row;
}

/** Of several records for one part of one key the last counts, or a repetition of the batch would write both again. */
export function lastOfEach<R extends { external_id: string; part: PartName }>(records: R[]): R[] {
  return [...new Map(records.map((record) => [`${record.part} ${record.external_id}`, record])).values()];
}
