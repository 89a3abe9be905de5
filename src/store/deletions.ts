/** Reading `tombstone`: what was deleted and when, in the order of deletion. Only store/commit writes. */
import type { Context } from "../platform/context.ts";
import { database } from "./database.ts";
import { type Condition, type Page, selectPage } from "./paging.ts";
import type { Person } from "./users.ts";

export interface StoredDeletion {
  kind: string;
  provider: string;
  external_id: string;
  /** ms */
  deleted_at: number;
}

export interface DeletionQuery {
  /** ms, inclusive, over `deleted_at`. */
  updated_since?: number | undefined;
  provider?: string | undefined;
  kind?: string | undefined;
  cursor?: string | undefined;
  limit: number;
}

export async function listDeletions(
  context: Context,
  person: Person,
  query: DeletionQuery,
): Promise<Page<StoredDeletion>> {
  const conditions: Condition[] = [];
  // As in store/paging: a cursor lies in what was asked for already.
  if (query.updated_since !== undefined && query.cursor === undefined)
    conditions.push(["deleted_at >= ?", query.updated_since]);
  if (query.provider !== undefined) conditions.push(["provider = ?", query.provider]);
  if (query.kind !== undefined) conditions.push(["kind = ?", query.kind]);
  return selectPage<StoredDeletion>(database(context, person), person.id, {
    table: "tombstone",
    columns: "kind, provider, external_id, deleted_at",
    order: { key: ["deleted_at", "kind", "provider", "external_id"], direction: "asc" },
    conditions,
    cursor: query.cursor,
    limit: query.limit,
  });
}
