/** Reading `event`: mood, symptoms, medication, ECG, cycle, notifications, tags. Only store/commit writes. */
import type { EventFields } from "../domain/records.ts";
import type { ReadRules } from "../domain/terms.ts";
import type { Context } from "../platform/context.ts";
import { database } from "./database.ts";
import { commonConditions, type Kept, type ListQuery, orderOf, type Page, selectPage, startsWithin } from "./paging.ts";
import type { Person } from "./users.ts";

export interface StoredEvent extends EventFields, Kept {
  external_id: string;
}

export interface EventQuery extends ListQuery {
  kind?: string | undefined;
}

type Row = Omit<StoredEvent, "value" | "extra"> & { value: string | null; extra: string | null };

/** Newest first by start, or by time of change with `updated_since`. */
export async function listEvents(
  context: Context,
  person: Person,
  query: EventQuery,
  rules: ReadRules,
): Promise<Page<StoredEvent>> {
  const conditions = [...commonConditions(query, rules), ...startsWithin(query, person.time_zone)];
  if (query.kind !== undefined) conditions.push(["kind = ?", query.kind]);
  const page = await selectPage<Row>(database(context, person), person.id, {
    table: "event",
    columns:
      "provider, external_id, kind, start_time, end_time, utc_offset_s, name, value, extra, fetched_at, updated_at",
    order: orderOf(query, "start_time", ["provider", "external_id"]),
    conditions,
    cursor: query.cursor,
    limit: query.limit,
  });
  return {
    ...page,
    data: page.data.map((row) => ({
      ...row,
      value: row.value === null ? null : (JSON.parse(row.value) as string | number),
      extra: row.extra === null ? null : (JSON.parse(row.extra) as Record<string, unknown>),
    })),
  };
}
