/**
 * Reading `series`: one provider's samples of a metric, raw or in UTC buckets. Packed rows are read as `hex(data)`; how much is unpacked
 * for one answer is bounded, so an answer may end early with a cursor. Only store/commit writes.
 */
import { z } from "zod";
import { countedSamples, countingStreams } from "../domain/days.ts";
import { metricOf } from "../domain/metrics.ts";
import {
  type Bucket,
  bucket,
  type DaySamples,
  type Local,
  RESOLUTIONS,
  type Resolution,
  unpack,
} from "../domain/samples.ts";
import type { ReadRules } from "../domain/terms.ts";
import { addDays, DAY_MS, dateMs, utcDate } from "../domain/time.ts";
import type { Context } from "../platform/context.ts";
import { database } from "./database.ts";
import { loadOffsets } from "./offsets.ts";
import { bytesOf, type Packed, packedColumns } from "./packed.ts";
import {
  badCursor,
  type Condition,
  decodeCursor,
  encodeCursor,
  keptConditions,
  type Page,
  selectPacked,
} from "./paging.ts";
import type { Person } from "./users.ts";

export interface SeriesQuery {
  metric: string;
  /** Left out: the provider with the newest samples within the time asked for. One answer never mixes two. */
  provider?: string | undefined;
  /** ms, `[start, end)`. Buckets that the bounds cut are whole: their values never depend on the bounds. */
  start?: number | undefined;
  end?: number | undefined;
  resolution: "raw" | Resolution;
  cursor?: string | undefined;
  limit: number;
}

export interface Point {
  time: number;
  value: number;
  /** Null: unknown. */
  utc_offset_s: number | null;
}

export interface SeriesPage extends Page<Point | Bucket> {
  /** Null: there are no samples. */
  provider: string | null;
}

/** Samples unpacked for one answer: a month at one every five seconds. */
const SAMPLES_PER_READ = 520_000;
/** Headers looked at for one answer: ten years of one stream. */
const HEADERS_PER_READ = 4000;
/** Packed bytes of one query. */
const BYTES_PER_READ = 1_000_000;

interface Header {
  stream: string;
  date: string;
  count: number;
  min: number;
  max: number;
  sum: number;
  local: string;
  bytes: number;
}

const cursorOf = z.tuple([z.string(), z.string(), z.string(), z.int()]);

export async function readSeries(
  context: Context,
  person: Person,
  query: SeriesQuery,
  rules: ReadRules,
): Promise<SeriesPage> {
  const db = database(context, person);
  const { metric, resolution } = query;
  const width = resolution === "raw" ? 1 : RESOLUTIONS[resolution];
  const until = query.end === undefined ? Number.POSITIVE_INFINITY : Math.ceil(query.end / width) * width;
  let from = query.start === undefined ? Number.NEGATIVE_INFINITY : Math.floor(query.start / width) * width;
  let provider = query.provider ?? null;
  if (query.cursor !== undefined) {
    const [ofMetric, ofResolution, ofProvider, next] = decodeCursor(query.cursor, cursorOf);
    if (ofMetric !== metric || ofResolution !== resolution || (provider ?? ofProvider) !== ofProvider)
      throw badCursor();
    provider = ofProvider;
    from = Math.max(from, next);
  }
  if (from >= until) return { provider, data: [], next_cursor: null };

  const where: Condition[] = [["user_id = ?", person.id], ["metric = ?", metric], ...keptConditions(rules)];
  const within: Condition[] = [];
  if (from > Number.NEGATIVE_INFINITY) within.push(["date >= ? AND last >= ?", utcDate(from), from]);
  if (until < Number.POSITIVE_INFINITY) within.push(["date <= ? AND first < ?", utcDate(until - 1), until]);
  provider ??= await newestProvider(db, [...where, ...within]);
  if (provider === null) return { provider, data: [], next_cursor: null };
  where.push(["provider = ?", provider]);

  const { days, rest } = await readHeaders(db, where, from, until);
  const reading = await openReading(db, person, { metric, provider, resolution }, days);
  const asked = [...days.keys()].filter(
    (date) => dateMs(date) + DAY_MS > from && dateMs(date) < until && (rest === null || dateMs(date) < rest),
  );
  const data: (Point | Bucket)[] = [];
  const answer = (next: number | null): SeriesPage => ({
    provider,
    data,
    next_cursor: next === null ? null : encodeCursor([metric, resolution, provider, next]),
  });
  let unpacked = 0;
  for (const dates of together(reading, asked)) {
    const packed = await readPacked(reading, dates);
    for (const date of dates) {
      const samples = isWhole(reading, date) ? 0 : totalOf(days.get(date)!, "count");
      if (unpacked > 0 && unpacked + samples > SAMPLES_PER_READ) return answer(dateMs(date));
      unpacked += samples;
      for (const item of await itemsOf(reading, date, packed)) {
        if (item.time < from || item.time >= until) continue;
        if (data.length === query.limit) return answer(item.time);
        data.push(item);
      }
    }
  }
  return answer(rest !== null && rest < until ? rest : null);
}

async function newestProvider(db: D1Database, where: Condition[]): Promise<string | null> {
  const row = await db
    .prepare(
      `SELECT provider FROM series WHERE ${where.map(([sql]) => `(${sql})`).join(" AND ")}
       GROUP BY provider ORDER BY max(last) DESC, provider LIMIT 1`,
    )
    .bind(...where.flatMap(([, ...values]) => values))
    .first<{ provider: string }>();
  return row?.provider ?? null;
}

/** By UTC day, with the day before and after, whose hours decide which stream counts; `rest`: where what was not looked at begins. */
async function readHeaders(
  db: D1Database,
  where: Condition[],
  from: number,
  until: number,
): Promise<{ days: Map<string, Header[]>; rest: number | null }> {
  const conditions = [...where];
  if (from > Number.NEGATIVE_INFINITY) conditions.push(["date >= ?", addDays(utcDate(from), -1)]);
  if (until < Number.POSITIVE_INFINITY) conditions.push(["date <= ?", addDays(utcDate(until - 1), 1)]);
  const { results } = await db
    .prepare(
      `SELECT stream, date, count, min, max, sum, local, length(data) AS bytes FROM series
       WHERE ${conditions.map(([sql]) => `(${sql})`).join(" AND ")} ORDER BY date, stream LIMIT ${HEADERS_PER_READ}`,
    )
    .bind(...conditions.flatMap(([, ...values]) => values))
    .all<Header>();
  const days = Map.groupBy(results, ({ date }) => date);
  const last = results.at(-1);
  if (results.length < HEADERS_PER_READ || !last) return { days, rest: null };
  // The last day may lack streams, and the day before it therefore a neighbour.
  days.delete(last.date);
  return { days, rest: dateMs(addDays(last.date, -1)) };
}

/** One provider's rows of a metric, and what decides between their streams. */
interface Reading {
  db: D1Database;
  user_id: number;
  metric: string;
  provider: string;
  resolution: "raw" | Resolution;
  days: Map<string, Header[]>;
  counting: ReturnType<typeof countingStreams>;
  offsetAt(time: number): number;
}

async function openReading(
  db: D1Database,
  person: Person,
  of: Pick<Reading, "metric" | "provider" | "resolution">,
  days: Map<string, Header[]>,
): Promise<Reading> {
  const headers = [...days.values()].flat();
  const several = new Set(headers.map(({ stream }) => stream)).size > 1;
  const cumulative = metricOf(of.metric).kind === "cumulative";
  const offsets =
    several && cumulative
      ? await loadOffsets(
          db,
          { user_id: person.id, provider: of.provider, time_zone: person.time_zone },
          "series",
          false,
        )
      : null;
  return {
    db,
    user_id: person.id,
    ...of,
    days,
    counting: countingStreams(
      several && cumulative ? headers.map(({ stream, local }) => ({ stream, local: JSON.parse(local) as Local })) : [],
    ),
    offsetAt: (time) => offsets?.at(utcDate(time)) ?? 0,
  };
}

/** Whether one stream covers the day: of a cumulative metric also around it, as a local hour may lie in two UTC days. */
function isAlone({ days, metric }: Reading, date: string): boolean {
  const near = metricOf(metric).kind === "cumulative" ? [addDays(date, -1), date, addDays(date, 1)] : [date];
  const streams = near.flatMap((day) => days.get(day) ?? []).map(({ stream }) => stream);
  return streams.every((stream) => stream === streams[0]);
}

/** Whether the header alone says what is asked of the day. */
const isWhole = (reading: Reading, date: string): boolean => reading.resolution === "1d" && isAlone(reading, date);

const totalOf = (headers: Header[], what: "count" | "bytes"): number =>
  headers.reduce((total, header) => total + header[what], 0);

/** Dates whose packed rows fit one query. */
function* together(reading: Reading, dates: string[]): Generator<string[]> {
  let group: string[] = [];
  let bytes = 0;
  for (const date of dates) {
    const more = isWhole(reading, date) ? 0 : totalOf(reading.days.get(date)!, "bytes");
    if (group.length > 0 && bytes + more > BYTES_PER_READ) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(date);
    bytes += more;
  }
  if (group.length > 0) yield group;
}

const keyOf = (stream: string, date: string): string => JSON.stringify([stream, date]);

/** Packed rows by stream and date. */
async function readPacked(reading: Reading, dates: string[]): Promise<Map<string, Uint8Array>> {
  const keys = dates
    .filter((date) => !isWhole(reading, date))
    .flatMap((date) => reading.days.get(date)!.map(({ stream }) => [stream, date]));
  if (keys.length === 0) return new Map();
  // CROSS: else SQLite walks the metric's rows for each key.
  const { results } = await reading.db
    .prepare(
      `SELECT s.stream, s.date, ${packedColumns("s.data")} FROM json_each(?4) k
       CROSS JOIN series s ON s.user_id = ?1 AND s.metric = ?2 AND s.provider = ?3 AND s.stream = k.value->>0 AND s.date = k.value->>1`,
    )
    .bind(reading.user_id, reading.metric, reading.provider, JSON.stringify(keys))
    .all<Packed & { stream: string; date: string }>();
  return new Map(results.map((row) => [keyOf(row.stream, row.date), bytesOf(row)]));
}

async function itemsOf(reading: Reading, date: string, packed: Map<string, Uint8Array>): Promise<(Point | Bucket)[]> {
  const { metric, resolution, counting, offsetAt } = reading;
  const headers = reading.days.get(date)!;
  if (isWhole(reading, date)) {
    const { count, min, max, sum } = headers[0]!;
    return [{ time: dateMs(date), avg: sum / count, min, max, sum, count }];
  }
  const rows: { stream: string; samples: DaySamples; offsetAt: Reading["offsetAt"] }[] = [];
  for (const { stream } of headers) {
    const data = packed.get(keyOf(stream, date));
    // Gone since its header was read: deleted meanwhile.
    if (data !== undefined) rows.push({ stream, samples: await unpack(data), offsetAt });
  }
  const samples =
    isAlone(reading, date) && rows.length === 1 ? rows[0]!.samples : countedSamples(metric, rows, counting);
  return resolution === "raw" ? pointsOf(samples) : bucket(samples, resolution);
}

const pointsOf = ({ time, value, utc_offset_s }: DaySamples): Point[] =>
  Array.from(time, (at, i) => {
    const offset = utc_offset_s[i]!;
    return { time: at, value: value[i]!, utc_offset_s: Number.isNaN(offset) ? null : offset };
  });

/** One row as it is kept: all of a provider's streams are here, also those that a plain read does not count. */
export interface StoredSeries {
  metric: string;
  provider: string;
  stream: string;
  /** UTC day. */
  date: string;
  points: Point[];
  fetched_at: number;
  updated_at: number;
}

/** Every row of the person in the order of its key, a page by bytes; for export. */
export async function listSeries(
  context: Context,
  person: Person,
  cursor: string | undefined,
  rules: ReadRules,
): Promise<Page<() => Promise<StoredSeries>>> {
  const page = await selectPacked<Omit<StoredSeries, "points"> & Packed>(database(context, person), person.id, {
    table: "series",
    key: ["metric", "provider", "stream", "date"],
    columns: ["t.fetched_at", "t.updated_at"],
    conditions: keptConditions(rules),
    cursor,
    bytes: BYTES_PER_READ,
  });
  return {
    ...page,
    data: page.data.map((row) => async () => {
      const { data, data_2, data_3, ...of } = row;
      return { ...of, points: pointsOf(await unpack(bytesOf({ data, data_2, data_3 }))) };
    }),
  };
}
