/** Reading `track`: the packed course of an activity, with what of the activity gives its times a meaning. Only store/commit writes. */
import type { Track } from "../domain/records.ts";
import type { ReadRules } from "../domain/terms.ts";
import { unpackTrack } from "../domain/tracks.ts";
import type { Context } from "../platform/context.ts";
import { database } from "./database.ts";
import { bytesOf, type Packed, packedColumns } from "./packed.ts";
import { type Condition, type Kept, keptConditions, type Page, selectPacked } from "./paging.ts";
import type { Person } from "./users.ts";

export interface StoredTrack extends Track, Kept {
  external_id: string;
  /** The activity's: what `time` counts from, ms. */
  start_time: number;
  utc_offset_s: number | null;
}

type Row = Omit<StoredTrack, keyof Track> & Packed;

const of = (column: string) => `(SELECT ${column} FROM activity AS a
  WHERE a.user_id = t.user_id AND a.provider = t.provider AND a.external_id = t.external_id) AS ${column}`;
const OF_ACTIVITY = [of("start_time"), of("utc_offset_s")];

/** Null: the activity has none, or there is no such activity. */
export async function readTrack(
  context: Context,
  person: Person,
  key: { provider: string; external_id: string },
  rules: ReadRules,
): Promise<StoredTrack | null> {
  const where: Condition[] = [
    ["user_id = ?", person.id],
    ["provider = ?", key.provider],
    ["external_id = ?", key.external_id],
    ...keptConditions(rules),
  ];
  const row = await database(context, person)
    .prepare(
      `SELECT provider, external_id, ${packedColumns("data")}, fetched_at, updated_at, ${OF_ACTIVITY.join(", ")} FROM track AS t
       WHERE ${where.map(([sql]) => `(${sql})`).join(" AND ")}`,
    )
    .bind(...where.flatMap(([, ...values]) => values))
    .first<Row>();
  return row && toStored(row);
}

/** Packed bytes of one page: unpacked a track has ten times as many. */
const BYTES_PER_READ = 500_000;

/** Every track of the person in the order of its key, a page by bytes, each unpacked when asked for; for export. */
export async function listTracks(
  context: Context,
  person: Person,
  cursor: string | undefined,
  rules: ReadRules,
): Promise<Page<() => Promise<StoredTrack>>> {
  const page = await selectPacked<Row>(database(context, person), person.id, {
    table: "track",
    key: ["provider", "external_id"],
    columns: ["t.fetched_at", "t.updated_at", ...OF_ACTIVITY],
    conditions: keptConditions(rules),
    cursor,
    bytes: BYTES_PER_READ,
  });
  return { ...page, data: page.data.map((row) => () => toStored(row)) };
}

async function toStored(row: Row): Promise<StoredTrack> {
  const { data, data_2, data_3, ...kept } = row;
  return { ...kept, ...(await unpackTrack(bytesOf({ data, data_2, data_3 }))) };
}
