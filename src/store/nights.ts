/** Reading `sleep`: nights and naps as domain records (instants in ms). Only store/commit writes. */
import { SLEEP_FIELDS, type SleepFields, type Stage } from "../domain/records.ts";
import type { ReadRules } from "../domain/terms.ts";
import { DAY_MS, dateMs } from "../domain/time.ts";
import type { Context } from "../platform/context.ts";
import { database } from "./database.ts";
import {
  type Condition,
  commonConditions,
  type Kept,
  type ListQuery,
  orderOf,
  type Page,
  selectPage,
} from "./paging.ts";
import type { Person } from "./users.ts";

export interface StoredNight extends SleepFields, Kept {
  external_id: string;
}

type Row = Omit<StoredNight, "stages" | "extra"> & { stages: string | null; extra: string | null };
const COLUMNS = ["provider", "external_id", ...SLEEP_FIELDS, "fetched_at", "updated_at"].join(", ");

/**
 * Newest first by start, or by time of change with `updated_since`. A date in `start` or `end` is compared with the night's own
 * `date`, the local day of waking; an instant with its start.
 */
export async function listNights(
  context: Context,
  person: Person,
  query: ListQuery,
  rules: ReadRules,
): Promise<Page<StoredNight>> {
  const page = await selectPage<Row>(database(context, person), person.id, {
    table: "sleep",
    columns: COLUMNS,
    order: orderOf(query, "start_time", ["provider", "external_id"]),
    conditions: [...commonConditions(query, rules), ...nightsWithin(query)],
    cursor: query.cursor,
    limit: query.limit,
  });
  return { ...page, data: page.data.map(toStored) };
}

/** A night begins within these of the midnight (UTC) of its date: lets the index of `start_time` bound the search. */
const BEFORE_MS = 4 * DAY_MS;
const AFTER_MS = 2 * DAY_MS;

function nightsWithin({ start, end }: ListQuery): Condition[] {
  const conditions: Condition[] = [];
  if (start) {
    if ("at" in start) conditions.push(["start_time >= ?", start.at]);
    else conditions.push(["start_time >= ? AND date >= ?", dateMs(start.date) - BEFORE_MS, start.date]);
  }
  if (end) {
    if ("at" in end) conditions.push(["start_time < ?", end.at]);
    else conditions.push(["start_time < ? AND date < ?", dateMs(end.date) + AFTER_MS, end.date]);
  }
  return conditions;
}

function toStored(row: Row): StoredNight {
  return {
    ...row,
    stages: row.stages === null ? null : (JSON.parse(row.stages) as Stage[]),
    extra: row.extra === null ? null : (JSON.parse(row.extra) as Record<string, unknown>),
  };
}
