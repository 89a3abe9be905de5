/** Reading `daily`: one object a local day and provider. Only store/commit writes. */
import type { MetricMap } from "../domain/records.ts";
import type { ReadRules } from "../domain/terms.ts";
import { localDate, zoneOffset } from "../domain/time.ts";
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

export interface StoredDay extends Kept {
  /** The provider's own local day. */
  date: string;
  metrics: MetricMap;
}

type Row = Omit<StoredDay, "metrics"> & { metrics: string };

/**
 * Newest first, or by time of change with `updated_since`. Dates are compared with `date`; an instant stands for the day it lies
 * in, in the person's zone, so that every day that overlaps `[start, end)` is there.
 */
export async function listDays(
  context: Context,
  person: Person,
  query: ListQuery,
  rules: ReadRules,
): Promise<Page<StoredDay>> {
  const page = await selectPage<Row>(database(context, person), person.id, {
    table: "daily",
    columns: "date, provider, metrics, fetched_at, updated_at",
    order: orderOf(query, "date", ["date", "provider"]),
    // A day of which nothing is left stays as a row; only who follows changes is told.
    conditions: [
      ...(query.updated_since === undefined ? NOT_EMPTY : []),
      ...commonConditions(query, rules),
      ...daysWithin(query, person.time_zone),
    ],
    cursor: query.cursor,
    limit: query.limit,
  });
  return { ...page, data: page.data.map((row) => ({ ...row, metrics: JSON.parse(row.metrics) as MetricMap })) };
}

const NOT_EMPTY: Condition[] = [["metrics <> '{}'"]];

function daysWithin({ start, end }: ListQuery, timeZone: string): Condition[] {
  const dayOf = (at: number) => localDate(at, zoneOffset(timeZone, at));
  const conditions: Condition[] = [];
  if (start) conditions.push(["date >= ?", "at" in start ? dayOf(start.at) : start.date]);
  if (end) conditions.push("at" in end ? ["date <= ?", dayOf(end.at - 1)] : ["date < ?", end.date]);
  return conditions;
}
