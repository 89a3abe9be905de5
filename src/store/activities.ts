/** Reading `activity`: rows as domain records (instants in ms), for API and pages alike. Only store/commit writes. */
import { ACTIVITY_FIELDS, type ActivityFields } from "../domain/records.ts";
import type { ReadRules } from "../domain/terms.ts";
import { addDays, dateMs, localDate, zoneOffset } from "../domain/time.ts";
import type { Context } from "../platform/context.ts";
import { database } from "./database.ts";
import {
  type Condition,
  commonConditions,
  type Kept,
  keptConditions,
  type ListQuery,
  orderOf,
  type Page,
  selectPage,
  startsWithin,
} from "./paging.ts";
import type { Person } from "./users.ts";

export interface StoredActivity extends ActivityFields, Kept {
  external_id: string;
  /** Public id of the record that stands for this one. */
  duplicate_of: string | null;
}

export interface ActivityQuery extends ListQuery {
  sport?: string | undefined;
  /** `merged` leaves out what another record stands for. */
  duplicates: "merged" | "all";
}

type Row = Omit<StoredActivity, "extra" | "is_manual" | "is_indoor"> & {
  extra: string | null;
  is_manual: number | null;
  is_indoor: number | null;
};
const COLUMNS = ["provider", "external_id", ...ACTIVITY_FIELDS, "duplicate_of", "fetched_at", "updated_at"].join(", ");
const KEY = ["provider", "external_id"] as const;

/** Newest first by start, or by time of change with `updated_since`. */
export async function listActivities(
  context: Context,
  person: Person,
  query: ActivityQuery,
  rules: ReadRules,
): Promise<Page<StoredActivity>> {
  const conditions = [...commonConditions(query, rules), ...startsWithin(query, person.time_zone)];
  if (query.sport !== undefined) conditions.push(["sport = ?", query.sport]);
  if (query.duplicates === "merged") conditions.push(standsForItself(rules));
  const page = await selectPage<Row>(database(context, person), person.id, {
    table: "activity",
    columns: COLUMNS,
    order: orderOf(query, "start_time", KEY),
    conditions,
    cursor: query.cursor,
    limit: query.limit,
  });
  return { ...page, data: page.data.map((row) => toStored(row, rules)) };
}

/** Null: the person has no such activity. */
export async function readActivity(
  context: Context,
  person: Person,
  key: { provider: string; external_id: string },
  rules: ReadRules,
): Promise<StoredActivity | null> {
  const where: Condition[] = [
    ["user_id = ?", person.id],
    ["provider = ?", key.provider],
    ["external_id = ?", key.external_id],
    ...keptConditions(rules),
  ];
  const row = await database(context, person)
    .prepare(`SELECT ${COLUMNS} FROM activity WHERE ${where.map(([sql]) => `(${sql})`).join(" AND ")}`)
    .bind(...where.flatMap(([, ...values]) => values))
    .first<Row>();
  return row && toStored(row, rules);
}

/** The provider in a public id. */
const STANDING = "substr(duplicate_of, 1, instr(duplicate_of, ':') - 1)";

/** A link made under a freer policy counts no longer once either side must stand apart. */
function standsForItself(rules: ReadRules): Condition {
  const unmerged = JSON.stringify(rules.unmerged);
  return [
    `duplicate_of IS NULL OR provider IN (SELECT value FROM json_each(?)) OR ${STANDING} IN (SELECT value FROM json_each(?))`,
    unmerged,
    unmerged,
  ];
}

function toStored(row: Row, rules: ReadRules): StoredActivity {
  const apart =
    rules.unmerged.includes(row.provider) ||
    rules.unmerged.some((provider) => row.duplicate_of?.startsWith(`${provider}:`));
  return {
    ...row,
    is_manual: row.is_manual === null ? null : row.is_manual === 1,
    is_indoor: row.is_indoor === null ? null : row.is_indoor === 1,
    extra: row.extra === null ? null : (JSON.parse(row.extra) as Record<string, unknown>),
    duplicate_of: apart ? null : row.duplicate_of,
  };
}

export interface WeekTotal {
  /** Monday of the week, in the local time of each activity. */
  week: string;
  sport: string;
  /** Null: all providers whose data may be combined; a provider's id: one that stands apart. */
  provider: string | null;
  activities: number;
  /** Moving time, elapsed where no moving time is known. Sums are null where no activity has the value. */
  moving_s: number | null;
  distance_m: number | null;
  energy_kcal: number | null;
  ascent_m: number | null;
}
const SUMS = ["moving_s", "distance_m", "energy_kcal", "ascent_m"] as const;
type Slim = Pick<StoredActivity, "provider" | "sport" | "start_time" | "utc_offset_s"> &
  Record<(typeof SUMS)[number], number | null>;

/** A leg whose multisport parent is stored counts in the parent. */
const COUNTED_IN_PARENT = `EXISTS (SELECT 1 FROM activity AS parent
  WHERE parent.user_id = activity.user_id AND parent.provider = activity.provider
    AND parent.external_id = CAST(json_extract(activity.extra, '$.parent') AS TEXT))`;

/** Totals by week, sport and what may be combined; duplicates and legs count once. Newest week first, then sports by name. */
export async function weeklyTotals(
  context: Context,
  person: Person,
  sinceMs: number,
  rules: ReadRules,
): Promise<WeekTotal[]> {
  const where: Condition[] = [
    ["user_id = ?", person.id],
    ["start_time >= ?", sinceMs],
    standsForItself(rules),
    ...keptConditions(rules),
    [`NOT ${COUNTED_IN_PARENT}`],
  ];
  const { results } = await database(context, person)
    .prepare(
      `SELECT provider, sport, start_time, utc_offset_s, coalesce(moving_s, elapsed_s) AS moving_s, distance_m, energy_kcal, ascent_m
       FROM activity WHERE ${where.map(([sql]) => `(${sql})`).join(" AND ")}`,
    )
    .bind(...where.flatMap(([, ...values]) => values))
    .all<Slim>();
  const totals = new Map<string, WeekTotal>();
  for (const row of results) {
    const offset = row.utc_offset_s ?? zoneOffset(person.time_zone, row.start_time);
    const week = mondayOf(localDate(row.start_time, offset));
    const provider = rules.unmerged.includes(row.provider) ? row.provider : null;
    const key = JSON.stringify([week, row.sport, provider]);
    let total = totals.get(key);
    if (!total) {
      total = {
        week,
        sport: row.sport,
        provider,
        activities: 0,
        moving_s: null,
        distance_m: null,
        energy_kcal: null,
        ascent_m: null,
      };
      totals.set(key, total);
    }
    total.activities++;
    for (const sum of SUMS) {
      const value = row[sum];
      if (value !== null) total[sum] = (total[sum] ?? 0) + value;
    }
  }
  return [...totals.values()].sort(
    (a, b) => compare(b.week, a.week) || compare(a.sport, b.sport) || compare(a.provider ?? "", b.provider ?? ""),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The Monday on or before a date. */
export function mondayOf(date: string): string {
  const weekday = new Date(dateMs(date)).getUTCDay();
  return addDays(date, -((weekday + 6) % 7));
}
