/** Samples into `series`, given values into `inputs`, and the local days both make. */
import type { Batch, DayValue, SampleColumns } from "../../domain/batch.ts";
import { askedRows, type DayStream, deriveDay, type Inputs } from "../../domain/days.ts";
import { metricOf } from "../../domain/metrics.ts";
import {
  type DaySamples,
  header,
  type Local,
  mergeSamples,
  noSamples,
  onDate,
  pack,
  pickRows,
  summarise,
  unpack,
} from "../../domain/samples.ts";
import { addDays, DAY_MS, utcDate } from "../../domain/time.ts";
import { loadOffsets, type Offsets } from "../offsets.ts";
import { bytesOf, PACKED_BYTES, type Packed, packedColumns } from "../packed.ts";
import { upsert } from "./guards.ts";
import { canonical } from "./parts.ts";
import { type Attempt, emptyPlan, type Plan } from "./plan.ts";

const SERIES = {
  name: "series",
  key: ["user_id", "metric", "provider", "stream", "date"],
  columns: ["count", "min", "max", "sum", "first", "last", "local", "data"],
  blob: "data",
};
const DAILY = { name: "daily", key: ["user_id", "date", "provider"], columns: ["metrics", "inputs"] };
const NOTHING = { count: 0, min: 0, max: 0, sum: 0, first: 0, last: 0 };
/** Rows of packed days that one query reads: about 50 kB each, twice as hex. */
const ROWS_PER_READ = 40;
/**
 * Years of hours have thousands of small rows, which would be more queries than an invocation has: where few samples are told few are
 * stored as a rule, and so many rows are read at once, but for those that are larger after all.
 */
const FEW_SAMPLES = 300;
const FEW_BYTES = 4_000;
const SMALL_ROWS_PER_READ = 500;

/** What one row of `series` is told. */
interface Group {
  metric: string;
  stream: string;
  date: string;
  pieces: Piece[];
}

/** Rows of columns that lie together; `gone`: what is stored at their instants goes. */
interface Piece {
  columns: SampleColumns;
  from: number;
  to: number;
  gone: boolean;
}

interface StoredRow {
  metric: string;
  stream: string;
  date: string;
  version: number;
  local: Local;
  /** Of `data`, as it was stored. */
  bytes: number;
  /** Only where it was asked for. */
  data?: Uint8Array;
  samples?: DaySamples;
}

const keyOf = ({ metric, stream, date }: { metric: string; stream: string; date: string }) =>
  `${metric}\u0000${stream}\u0000${date}`;

export async function planDays(attempt: Attempt, batch: Batch): Promise<Plan> {
  const plan = emptyPlan();
  const { db, target, now, written } = attempt;
  const told = groupByDay(batch.samples);
  const gone = batch.deletions.filter((deletion) => deletion.kind === "daily").map(({ source }) => source);
  const given = await dayValues(attempt, batch, gone);
  if (told.size === 0 && given.length === 0) return plan;

  const dates = new Set(given.map(({ date }) => date));
  for (const { date } of told.values()) for (const shift of [-1, 0, 1]) dates.add(addDays(date, shift));
  const read = await readDays(attempt, [...told.values()], [...dates]);
  const guessing = batch.samples.some(({ utc_offset_s }) => hasNaN(utc_offset_s));
  // Most samples say where the person was: then nothing has to be guessed.
  let offsets: Promise<Offsets> | undefined;
  const guesses = () => (offsets ??= loadOffsets(db, target, "series", guessing));
  clear(told, read.series);
  const unread = [...told.values()].filter((group) => {
    const stored = read.series.get(keyOf(group));
    return stored !== undefined && stored.data === undefined;
  });
  for (const [key, data] of await readPacked(attempt, unread)) read.series.get(key)!.data = data;

  const affected = new Set<string>();
  const seriesRows: unknown[][] = [];
  for (const group of told.values()) {
    const stored = read.series.get(keyOf(group));
    const { samples: incoming, element } = samplesOf(group);
    const old = stored?.data ? await unpack(stored.data) : null;
    const { samples, changed, any } = mergeSamples(old, incoming);
    if (!any) continue;
    const packed = await pack(samples);
    if (packed.length > PACKED_BYTES) {
      for (const of of element) plan.refused.set(of, "too many samples for one day");
      continue;
    }
    for (let i = 0; i < changed.length; i++) if (changed[i]) written[element[i]!] = 1;
    const guess = hasUnknownOffset(samples) ? await guesses() : null;
    const local = summarise(samples, metricOf(group.metric).kind === "cumulative", (time) => guess!.at(utcDate(time)));
    for (const date of [...Object.keys(stored?.local ?? {}), ...Object.keys(local)]) affected.add(date);
    const { metric, stream, date } = group;
    const version = (stored?.version ?? 0) + 1;
    read.series.set(keyOf(group), { metric, stream, date, version, local, bytes: packed.length, samples });
    const { count, min, max, sum, first, last } = samples.time.length > 0 ? header(samples) : NOTHING;
    const values = [count, min, max, sum, first, last, canonical(local), packed];
    seriesRows.push([target.user_id, metric, target.provider, stream, date, ...values, version]);
  }

  const inputs = new Map<string, Inputs>();
  const last = new Map<string, number>();
  for (const [i, { date, metric, source }] of given.entries()) last.set(`${date}\u0000${metric}\u0000${source}`, i);
  for (const index of last.values()) {
    const { date, metric, source, value, element } = given[index]!;
    const own = inputs.get(date) ?? structuredClone(read.daily.get(date)?.inputs ?? {});
    inputs.set(date, own);
    if ((own[metric]?.[source] ?? null) === value) continue;
    if (element !== NO_ELEMENT) written[element] = 1;
    affected.add(date);
    if (value !== null) own[metric] = { ...own[metric], [source]: value };
    else {
      delete own[metric]![source];
      if (Object.keys(own[metric]!).length === 0) delete own[metric];
    }
  }

  const dailyRows: unknown[][] = [];
  const byDay = Map.groupBy(read.series.values(), ({ date }) => date);
  const inputsOf = (date: string) => inputs.get(date) ?? read.daily.get(date)?.inputs ?? {};
  await readAsked(
    attempt,
    [...affected].flatMap((date) => askedRows(inputsOf(date), rowsOn(byDay, date))),
  );
  for (const date of [...affected].sort()) {
    const own = inputsOf(date);
    const metrics = await deriveDay(date, own, dayStreams(byDay, date, guesses));
    // No later date has samples of the day before this one.
    for (const row of byDay.get(addDays(date, -1)) ?? []) row.data = row.samples = undefined;
    const version = (read.daily.get(date)?.version ?? 0) + 1;
    dailyRows.push([target.user_id, date, target.provider, canonical(metrics), canonical(own), version]);
  }
  if (seriesRows.length + dailyRows.length === 0) return plan;
  plan.statements.push(
    ...upsert(db, SERIES, now, seriesRows),
    // First written under its guard, then taken away: an unguarded DELETE would lose what another writer has just added.
    ...(seriesRows.some((row) => row[COUNT] === 0) ? [dropEmpty(db, target)] : []),
    ...upsert(db, DAILY, now, dailyRows),
    // Guesses are kept only where one was needed.
    ...(guessing ? (await guesses()).statements() : []),
  );
  return plan;
}

/** Of a removal, which is no element of what came. */
const NO_ELEMENT = -1;

/** The values given, and before them what removes those that deleted sources have stored; what is given after all stays. */
async function dayValues({ db, target }: Attempt, batch: Batch, gone: string[]): Promise<DayValue[]> {
  if (gone.length === 0) return batch.days;
  const { results } = await db
    .prepare(
      `SELECT d.date, m.key AS metric, s.key AS source FROM daily d, json_each(d.inputs) m, json_each(m.value) s
       WHERE d.user_id = ?1 AND d.provider = ?2 AND s.key IN (SELECT value FROM json_each(?3))`,
    )
    .bind(target.user_id, target.provider, JSON.stringify(gone))
    .all<Pick<DayValue, "date" | "metric" | "source">>();
  return [...results.map((stored) => ({ ...stored, value: null, element: NO_ELEMENT })), ...batch.days];
}

const COUNT = SERIES.key.length;

const dropEmpty = (db: D1Database, { user_id, provider }: Attempt["target"]): D1PreparedStatement =>
  db.prepare("DELETE FROM series WHERE user_id = ?1 AND provider = ?2 AND count = 0").bind(user_id, provider);

const hasUnknownOffset = ({ utc_offset_s }: DaySamples): boolean => hasNaN(utc_offset_s);

/** Of a million: `some` makes an object of each. */
function hasNaN(numbers: ArrayLike<number>): boolean {
  for (let i = 0; i < numbers.length; i++) if (Number.isNaN(numbers[i]!)) return true;
  return false;
}

/** Rows of `series` that samples belong in. */
function groupByDay(samples: SampleColumns[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const columns of samples) {
    const { metric, stream, time } = columns;
    for (let from = 0; from < time.length; ) {
      const day = Math.floor(time[from]! / DAY_MS) * DAY_MS;
      let to = from + 1;
      while (to < time.length && time[to]! >= day && time[to]! < day + DAY_MS) to++;
      groupOf(groups, metric, stream, utcDate(day)).pieces.push({ columns, from, to, gone: false });
      from = to;
    }
  }
  return groups;
}

function groupOf(groups: Map<string, Group>, metric: string, stream: string, date: string): Group {
  const key = keyOf({ metric, stream, date });
  let group = groups.get(key);
  if (!group) groups.set(key, (group = { metric, stream, date, pieces: [] }));
  return group;
}

/** Adds what `clears` takes away, where there is something to take: stored, or told in the same batch. */
function clear(told: Map<string, Group>, stored: Map<string, StoredRow>): void {
  for (const { stream, date, pieces } of [...told.values()]) {
    for (const piece of pieces) {
      if (piece.gone) continue;
      for (const metric of piece.columns.clears ?? []) {
        const key = keyOf({ metric, stream, date });
        if (told.has(key) || stored.has(key)) {
          groupOf(told, metric, stream, date).pieces.push({ ...piece, gone: true });
        }
      }
    }
  }
}

/** The samples of a group in the order they were told, and the element of each. */
function samplesOf({ pieces }: Group): { samples: DaySamples; element: Uint32Array } {
  const samples = noSamples(pieces.reduce((rows, { from, to }) => rows + to - from, 0));
  const element = new Uint32Array(samples.time.length);
  let rows = 0;
  // Of what one element says, what it takes away comes first.
  for (const { columns, from, to, gone } of [
    ...pieces.filter((one) => one.gone),
    ...pieces.filter((one) => !one.gone),
  ]) {
    for (let i = from; i < to; i++) {
      samples.time[rows] = columns.time[i]!;
      samples.value[rows] = gone ? Number.NaN : columns.value[i]!;
      samples.utc_offset_s[rows] = columns.utc_offset_s[i]!;
      element[rows] = columns.element[i]!;
      rows++;
    }
  }
  if (pieces.every(({ columns }) => columns === pieces[0]!.columns)) return { samples, element };
  const order = element.map((_, row) => row).sort((a, b) => element[a]! - element[b]! || a - b);
  return { samples: pickRows(samples, order), element: order.map((row) => element[row]!) };
}

interface Read {
  daily: Map<string, { version: number; inputs: Inputs }>;
  series: Map<string, StoredRow>;
}

/** In one transaction, so that what a day is derived from and the day's version belong together. */
async function readDays({ db, target }: Attempt, groups: Group[], dates: string[]): Promise<Read> {
  const { user_id, provider } = target;
  const utcDates = new Set(dates.flatMap((date) => [addDays(date, -1), date, addDays(date, 1)]));
  const [days, locals, ...packed] = await db.batch<Record<string, string | number>>([
    db
      .prepare(
        `SELECT date, version, inputs FROM daily
         WHERE user_id = ?1 AND provider = ?2 AND date IN (SELECT value FROM json_each(?3))`,
      )
      .bind(user_id, provider, JSON.stringify(dates)),
    db
      .prepare(
        `SELECT metric, stream, date, version, local, length(data) AS bytes FROM series
         WHERE user_id = ?1 AND provider = ?2 AND date IN (SELECT value FROM json_each(?3))`,
      )
      .bind(user_id, provider, JSON.stringify([...utcDates])),
    ...selectSmall(db, target, groups.filter(hasFew)),
    ...selectPacked(
      db,
      target,
      groups.filter((group) => !hasFew(group)),
    ),
  ]);
  const series = new Map<string, StoredRow>();
  for (const row of locals!.results as unknown as (Omit<StoredRow, "local"> & { local: string })[]) {
    series.set(keyOf(row), { ...row, local: JSON.parse(row.local) as Local });
  }
  for (const [key, data] of packedRows(packed)) series.get(key)!.data = data;
  const daily = new Map(
    (days!.results as unknown as { date: string; version: number; inputs: string }[]).map((row) => [
      row.date,
      { version: row.version, inputs: JSON.parse(row.inputs) as Inputs },
    ]),
  );
  return { daily, series };
}

const hasFew = ({ pieces }: Group): boolean =>
  pieces.reduce((rows, { from, to }) => rows + to - from, 0) <= FEW_SAMPLES;

type Key = Pick<Group, "metric" | "stream" | "date">;

const selectPacked = (db: D1Database, target: Attempt["target"], keys: Key[]): D1PreparedStatement[] =>
  selectRows(db, target, keys, ROWS_PER_READ, packedColumns("s.data"), "");

const selectSmall = (db: D1Database, target: Attempt["target"], keys: Key[]): D1PreparedStatement[] => {
  const columns = "hex(s.data) AS data, '' AS data_2, '' AS data_3";
  return selectRows(db, target, keys, SMALL_ROWS_PER_READ, columns, `AND length(s.data) <= ${FEW_BYTES}`);
};

function selectRows(
  db: D1Database,
  { user_id, provider }: Attempt["target"],
  keys: Key[],
  perRead: number,
  columns: string,
  where: string,
): D1PreparedStatement[] {
  const statements: D1PreparedStatement[] = [];
  for (let i = 0; i < keys.length; i += perRead) {
    const some = keys.slice(i, i + perRead).map(({ metric, stream, date }) => [metric, stream, date]);
    statements.push(
      db
        .prepare(
          `SELECT s.metric, s.stream, s.date, ${columns} FROM json_each(?3) k
           CROSS JOIN series s ON s.user_id = ?1 AND s.metric = k.value->>0 AND s.provider = ?2
             AND s.stream = k.value->>1 AND s.date = k.value->>2 ${where}`,
        )
        .bind(user_id, provider, JSON.stringify(some)),
    );
  }
  return statements;
}

const packedRows = (results: D1Result<unknown>[]): [key: string, data: Uint8Array][] =>
  results.flatMap((result) => (result.results as (Packed & Key)[]).map((row) => [keyOf(row), bytesOf(row)] as const));

/** The guard of the row or the day makes up for its being read later than the headers: what has changed or gone has raised it. */
async function readPacked({ db, target }: Attempt, keys: Key[]): Promise<[key: string, data: Uint8Array][]> {
  return keys.length === 0 ? [] : packedRows(await db.batch(selectPacked(db, target, keys)));
}

/**
 * Reads rows that were not told, of all dates together: a person's second device has thousands beside the first one's. A query at a
 * time, so that few are held as text.
 */
async function readAsked({ db, target }: Attempt, asked: StoredRow[]): Promise<void> {
  const rows = new Map(asked.filter(({ data, samples }) => !data && !samples).map((row) => [keyOf(row), row]));
  const [small, large] = [true, false].map((is) => [...rows.values()].filter(({ bytes }) => bytes <= FEW_BYTES === is));
  for (const statement of [...selectSmall(db, target, small!), ...selectPacked(db, target, large!)]) {
    for (const [key, data] of packedRows([await statement.all()])) rows.get(key)!.data = data;
  }
}

/** Every row that has samples of this local date. */
const rowsOn = (byDay: Map<string, StoredRow[]>, date: string): StoredRow[] =>
  [-1, 0, 1].flatMap((shift) => (byDay.get(addDays(date, shift)) ?? []).filter(({ local }) => local[date]));

/** Their own samples are unpacked only when the derivation asks. */
const dayStreams = (byDay: Map<string, StoredRow[]>, date: string, guesses: () => Promise<Offsets>): DayStream[] =>
  rowsOn(byDay, date).map((row) => ({
    metric: row.metric,
    stream: row.stream,
    summary: row.local[date]!,
    async samples() {
      // One that has gone since it was listed fails the day's guard.
      row.samples ??= row.data ? await unpack(row.data) : noSamples();
      const guess = hasUnknownOffset(row.samples) ? await guesses() : null;
      return onDate(row.samples, date, (time) => guess!.at(utcDate(time)));
    },
  }));
