/**
 * Keyset paging, one way for every table: a page is "what comes after this key", so that rows written meanwhile shift nothing.
 * A cursor is opaque to clients: base64url of `[order, …key of the last row]`. A bad one is a 400 problem.
 */
import { z } from "zod";
import type { ReadRules } from "../domain/terms.ts";
import { dateMs, zonedInstant } from "../domain/time.ts";
import { fromBase64Url, toBase64Url, utf8 } from "../platform/crypto.ts";
import { Problem } from "../platform/errors.ts";
import { packedColumns } from "./packed.ts";

export type SqlValue = string | number | null;
/** A condition and what its `?` stand for. */
export type Condition = readonly [sql: string, ...values: SqlValue[]];

/** An instant, ms, or a date of the person. */
export type Bound = { at: number } | { date: string };

/** What all lists understand. `[start, end)`; `updated_since` is inclusive and orders by time of change, oldest first. */
export interface ListQuery {
  start?: Bound | undefined;
  end?: Bound | undefined;
  /** ms */
  updated_since?: number | undefined;
  provider?: string | undefined;
  cursor?: string | undefined;
  limit: number;
}

export interface Page<Row> {
  data: Row[];
  next_cursor: string | null;
}

/** What a row of any list was kept with. */
export interface Kept {
  provider: string;
  fetched_at: number;
  updated_at: number;
}

export interface Order {
  /** Columns that together are unique; the first names the order. */
  key: readonly string[];
  direction: "asc" | "desc";
}

/** Newest first by `newest`; or, for a client that polls, in the order of change. `key` is the table's, without the person. */
export function orderOf(query: ListQuery, newest: string, key: readonly string[]): Order {
  return query.updated_since === undefined
    ? { key: [newest, ...key.filter((column) => column !== newest)], direction: "desc" }
    : { key: ["updated_at", ...key], direction: "asc" };
}

export function badCursor(): Problem {
  return new Problem(
    400,
    "bad_cursor",
    "The cursor is not one that this list gave for the same kind of query; start again without it.",
    { parameter: "cursor" },
  );
}

export const encodeCursor = (value: unknown): string => toBase64Url(utf8(JSON.stringify(value)));

/** Throws Problem `bad_cursor`. */
export function decodeCursor<T>(cursor: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(fromBase64Url(cursor) ?? new Uint8Array()));
  } catch {
    throw badCursor();
  }
  const result = schema.safeParse(value);
  if (!result.success) throw badCursor();
  return result.data;
}

const position = z.array(z.union([z.int(), z.string().max(2000)])).max(8);
const isInstant = (column: string) => /_(time|at)$/.test(column);

/** The key after which a page begins. */
function after(cursor: string, order: Order): SqlValue[] {
  const [name, ...values] = decodeCursor(cursor, position);
  const fits =
    name === order.key[0] &&
    values.length === order.key.length &&
    values.every((value, i) => (typeof value === "number") === isInstant(order.key[i]!));
  if (!fits) throw badCursor();
  return values;
}

/** One page of a person's rows; `conditions` never need to name the person. */
export async function selectPage<Row>(
  db: D1Database,
  userId: number,
  list: {
    table: string;
    columns: string;
    order: Order;
    conditions: readonly Condition[];
    cursor?: string | undefined;
    limit: number;
  },
): Promise<Page<Row>> {
  const { key, direction } = list.order;
  const where: Condition[] = [["user_id = ?", userId], ...list.conditions];
  if (list.cursor !== undefined) {
    const values = after(list.cursor, list.order);
    where.push([
      `(${key.join(", ")}) ${direction === "asc" ? ">" : "<"} (${values.map(() => "?").join(", ")})`,
      ...values,
    ]);
  }
  const { results } = await db
    .prepare(
      `SELECT ${list.columns} FROM ${list.table} WHERE ${where.map(([sql]) => `(${sql})`).join(" AND ")}
       ORDER BY ${key.map((column) => `${column} ${direction}`).join(", ")} LIMIT ?`,
    )
    .bind(...where.flatMap(([, ...values]) => values), list.limit + 1)
    .all<Row & Record<string, SqlValue>>();
  const more = results.length > list.limit;
  if (more) results.pop();
  const last = results.at(-1);
  return {
    data: results,
    next_cursor: more && last ? encodeCursor([key[0], ...key.map((column) => last[column])]) : null,
  };
}

/** Rows looked at for a page of packed ones. */
const PACKED_ROWS = 200;

/** A page of rows with their BLOB `data` as hex, in the order of the key: as many as `bytes` of it allow, at least one. */
export async function selectPacked<Row>(
  db: D1Database,
  userId: number,
  list: {
    table: string;
    /** Without the person. */
    key: readonly string[];
    /** Of the table as `t`. */
    columns: readonly string[];
    conditions: readonly Condition[];
    cursor?: string | undefined;
    bytes: number;
  },
): Promise<Page<Row>> {
  const { table, key } = list;
  const where: Condition[] = [["user_id = ?", userId], ...list.conditions];
  if (list.cursor !== undefined) {
    const values = after(list.cursor, { key, direction: "asc" });
    where.push([`(${key.join(", ")}) > (${values.map(() => "?").join(", ")})`, ...values]);
  }
  const names = key.join(", ");
  const { results } = await db
    .prepare(
      `SELECT ${[...key.map((column) => `t.${column}`), ...list.columns].join(", ")}, ${packedColumns("t.data")}, page.of AS of
       FROM (
         SELECT *, sum(bytes) OVER (ORDER BY ${names}) AS upto, row_number() OVER (ORDER BY ${names}) AS n, count(*) OVER () AS of
         FROM (
           SELECT ${names}, length(data) AS bytes FROM ${table}
           WHERE ${where.map(([sql]) => `(${sql})`).join(" AND ")} ORDER BY ${names} LIMIT ${PACKED_ROWS}
         )
       ) AS page
       JOIN ${table} AS t ON t.user_id = ? AND ${key.map((column) => `t.${column} = page.${column}`).join(" AND ")}
       WHERE page.upto <= ? OR page.n = 1 ORDER BY page.n`,
    )
    .bind(...where.flatMap(([, ...values]) => values), userId, list.bytes)
    .all<Row & Record<string, SqlValue>>();
  const last = results.at(-1);
  const more = last !== undefined && (results.length < Number(last.of) || last.of === PACKED_ROWS);
  return {
    data: results.map(({ of: _, ...row }) => row as unknown as Row),
    next_cursor: more ? encodeCursor([key[0], ...key.map((column) => last[column])]) : null,
  };
}

/** `provider`, `updated_since`, and what the terms let be shown. */
export function commonConditions(query: ListQuery, rules: ReadRules): Condition[] {
  const conditions = keptConditions(rules);
  if (query.provider !== undefined) conditions.push(["provider = ?", query.provider]);
  // A cursor lies in what was asked for already; both bounds at once would make each page walk from the first one.
  if (query.updated_since !== undefined && query.cursor === undefined) {
    conditions.push(["updated_at >= ?", query.updated_since]);
  }
  return conditions;
}

/** Nothing past its permitted keep, also before housekeeping has dropped it. */
export function keptConditions(rules: ReadRules): Condition[] {
  return Object.entries(rules.fetched_since).map(([provider, since]) => [
    "provider <> ? OR fetched_at >= ?",
    provider,
    since,
  ]);
}

/** No offset on Earth is as large; lets the index of `start_time` bound what is compared in local time. */
const OFFSET_MS = 86_400_000;

/**
 * `[start, end)` over `start_time`. An instant is compared as such; a date with the record's local start: in the record's own
 * offset, or in the person's zone where the provider told none.
 */
export function startsWithin(query: ListQuery, timeZone: string): Condition[] {
  const conditions: Condition[] = [];
  for (const [bound, sign, margin] of [
    [query.start, ">=", -OFFSET_MS],
    [query.end, "<", OFFSET_MS],
  ] as const) {
    if (bound === undefined) continue;
    if ("at" in bound) {
      conditions.push([`start_time ${sign} ?`, bound.at]);
      continue;
    }
    const wall = dateMs(bound.date);
    conditions.push([`start_time ${sign} ?`, wall + margin]);
    conditions.push([
      `CASE WHEN utc_offset_s IS NULL THEN start_time ${sign} ? ELSE start_time + utc_offset_s * 1000 ${sign} ? END`,
      zonedInstant(timeZone, wall),
      wall,
    ]);
  }
  return conditions;
}
