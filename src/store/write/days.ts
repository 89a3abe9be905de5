/** Samples into `series`, given values into `inputs`, and the local days both make. */
import type { Batch, DayValue, SampleColumns } from "../../domain/batch.ts";
import { type DayStream, deriveDay, type Inputs } from "../../domain/days.ts";
import { metricOf } from "../../domain/metrics.ts";
import {
  type DaySamples,
  header,
  type Local,
  mergeSamples,
  onDate,
  pack,
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

interface Group {
  metric: string;
  stream: string;
  date: string;
  time: number[];
  value: number[];
  utc_offset_s: number[];
  element: number[];
}

interface StoredRow {
  metric: string;
  stream: string;
  date: string;
  version: number;
  local: Local;
  /** Only where it was asked for. */
  data?: Uint8Array;
  samples?: DaySamples;
}

const keyOf = ({ metric, stream, date }: { metric: string; stream: string; date: string }) =>
  `${metric}\u0000${stream}\u0000${date}`;

export async function planDays(attempt: Attempt, batch: Batch): Promise<Plan> {
  const plan = emptyPlan();
  const { db, target, now, written } = attempt;
  const groups = groupByDay(await worthMerging(attempt, batch.samples));
  const gone = batch.deletions.filter((deletion) => deletion.kind === "daily").map(({ source }) => source);
  const given = await dayValues(attempt, batch, gone);
  if (groups.length === 0 && given.length === 0) return plan;

  const sampled = [...new Set(groups.map(({ date }) => date))];
  const dates = new Set(given.map(({ date }) => date));
  for (const date of sampled) for (const shift of [-1, 0, 1]) dates.add(addDays(date, shift));
  const read = await readDays(attempt, groups, [...dates]);
  const offsets = await loadOffsets(db, target, "series", groups.some(hasUnknownOffset));
  const offsetAt = (time: number) => offsets.at(utcDate(time));

  const affected = new Set<string>();
  const seriesRows: unknown[][] = [];
  for (const group of groups) {
    const stored = read.series.get(keyOf(group));
    const old = stored?.data ? await unpack(stored.data) : null;
    const { samples, changed, any } = mergeSamples(old, group);
    if (!any) continue;
    const packed = await pack(samples);
    if (packed.length > PACKED_BYTES) {
      for (const of of group.element) plan.refused.set(of, "too many samples for one day");
      continue;
    }
    for (let i = 0; i < changed.length; i++) if (changed[i]) written[group.element[i]!] = 1;
    const local = summarise(samples, metricOf(group.metric).kind === "cumulative", offsetAt);
    for (const date of [...Object.keys(stored?.local ?? {}), ...Object.keys(local)]) affected.add(date);
    const { metric, stream, date } = group;
    const version = (stored?.version ?? 0) + 1;
    read.series.set(keyOf(group), { metric, stream, date, version, local, samples });
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
  for (const date of [...affected].sort()) {
    const own = inputs.get(date) ?? read.daily.get(date)?.inputs ?? {};
    const metrics = await deriveDay(date, own, dayStreams(attempt, read.series, date, offsetAt));
    const version = (read.daily.get(date)?.version ?? 0) + 1;
    dailyRows.push([target.user_id, date, target.provider, canonical(metrics), canonical(own), version]);
  }
  if (seriesRows.length + dailyRows.length === 0) return plan;
  plan.statements.push(
    ...upsert(db, SERIES, now, seriesRows),
    // First written under its guard, then taken away: an unguarded DELETE would lose what another writer has just added.
    ...(seriesRows.some((row) => row[COUNT] === 0) ? [dropEmpty(db, target)] : []),
    ...upsert(db, DAILY, now, dailyRows),
    ...guessesOf(offsets, groups),
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

/** Guesses are kept only where one was needed. */
const guessesOf = (offsets: Offsets, groups: Group[]) => (groups.some(hasUnknownOffset) ? offsets.statements() : []);

const hasUnknownOffset = ({ utc_offset_s }: Group): boolean => utc_offset_s.some(Number.isNaN);

/**
 * Without those columns that only remove samples of a stream that has none: seconds, whose least and greatest are themselves, come
 * with two such columns each. A writer that adds some meanwhile writes the stream of the values too, whose guard makes us read again.
 */
async function worthMerging({ db, target }: Attempt, samples: SampleColumns[]): Promise<SampleColumns[]> {
  const removing = samples.filter(({ value }) => value.every(Number.isNaN));
  if (removing.length === 0) return samples;
  const { results } = await db
    .prepare(
      `SELECT k.key AS at FROM json_each(?3) k
       WHERE EXISTS (SELECT 1 FROM series WHERE user_id = ?1 AND metric = k.value->>0 AND provider = ?2 AND stream = k.value->>1)`,
    )
    .bind(target.user_id, target.provider, JSON.stringify(removing.map(({ metric, stream }) => [metric, stream])))
    .all<{ at: number }>();
  const stored = new Set(results.map(({ at }) => removing[at]!));
  // What this batch itself has added to the stream is in its other columns.
  const added = new Set(
    samples.filter((column) => !removing.includes(column)).map(({ metric, stream }) => `${stream} ${metric}`),
  );
  return samples.filter(
    (column) => !removing.includes(column) || stored.has(column) || added.has(`${column.stream} ${column.metric}`),
  );
}

function groupByDay(samples: SampleColumns[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { metric, stream, time, value, utc_offset_s, element } of samples) {
    let day = Number.NaN;
    let group: Group | undefined;
    for (let i = 0; i < time.length; i++) {
      const at = Math.floor(time[i]! / DAY_MS);
      if (at !== day || !group) {
        day = at;
        const key = { metric, stream, date: utcDate(day * DAY_MS) };
        group = groups.get(keyOf(key));
        if (!group) {
          group = { ...key, time: [], value: [], utc_offset_s: [], element: [] };
          groups.set(keyOf(key), group);
        }
      }
      group.time.push(time[i]!);
      group.value.push(value[i]!);
      group.utc_offset_s.push(utc_offset_s[i]!);
      group.element.push(element[i]!);
    }
  }
  return [...groups.values()];
}

interface Read {
  daily: Map<string, { version: number; inputs: Inputs }>;
  series: Map<string, StoredRow>;
}

/** In one transaction, so that what a day is derived from and the day's version belong together. */
async function readDays({ db, target }: Attempt, groups: Group[], dates: string[]): Promise<Read> {
  const { user_id, provider } = target;
  const utcDates = new Set(dates.flatMap((date) => [addDays(date, -1), date, addDays(date, 1)]));
  const keys = groups.map(({ metric, stream, date }) => [metric, stream, date]);
  const chunks: string[] = [];
  for (let i = 0; i < keys.length; i += ROWS_PER_READ) chunks.push(JSON.stringify(keys.slice(i, i + ROWS_PER_READ)));
  const [days, locals, ...packed] = await db.batch<Record<string, string | number>>([
    db
      .prepare(
        `SELECT date, version, inputs FROM daily
         WHERE user_id = ?1 AND provider = ?2 AND date IN (SELECT value FROM json_each(?3))`,
      )
      .bind(user_id, provider, JSON.stringify(dates)),
    db
      .prepare(
        `SELECT metric, stream, date, version, local FROM series
         WHERE user_id = ?1 AND provider = ?2 AND date IN (SELECT value FROM json_each(?3))`,
      )
      .bind(user_id, provider, JSON.stringify([...utcDates])),
    ...chunks.map((json) =>
      db
        .prepare(
          `SELECT s.metric, s.stream, s.date, ${packedColumns("s.data")} FROM json_each(?3) k
           CROSS JOIN series s ON s.user_id = ?1 AND s.metric = k.value->>0 AND s.provider = ?2
             AND s.stream = k.value->>1 AND s.date = k.value->>2`,
        )
        .bind(user_id, provider, json),
    ),
  ]);
  const series = new Map<string, StoredRow>();
  for (const row of locals!.results as unknown as (Omit<StoredRow, "local"> & { local: string })[]) {
    series.set(keyOf(row), { ...row, local: JSON.parse(row.local) as Local });
  }
  for (const { results } of packed) {
    for (const row of results as unknown as (Packed & StoredRow)[]) series.get(keyOf(row))!.data = bytesOf(row);
  }
  const daily = new Map(
    (days!.results as unknown as { date: string; version: number; inputs: string }[]).map((row) => [
      row.date,
      { version: row.version, inputs: JSON.parse(row.inputs) as Inputs },
    ]),
  );
  return { daily, series };
}

/** Every row that has samples of this local date, its own samples unpacked only when the derivation asks. */
function dayStreams(
  { db, target }: Attempt,
  series: Map<string, StoredRow>,
  date: string,
  offsetAt: (time: number) => number,
): DayStream[] {
  const streams: DayStream[] = [];
  for (const shift of [-1, 0, 1]) {
    const utcDay = addDays(date, shift);
    for (const row of series.values()) {
      const summary = row.date === utcDay ? row.local[date] : undefined;
      if (!summary) continue;
      const samples = async () => {
        row.samples ??= await unpack(row.data ?? (await readPacked(db, target, row)));
        return onDate(row.samples, date, offsetAt);
      };
      streams.push({ metric: row.metric, stream: row.stream, summary, samples });
    }
  }
  return streams;
}

/** The guard of the day makes up for its being read later than the headers: a row that has changed or gone has raised it. */
async function readPacked(
  db: D1Database,
  { user_id, provider }: Attempt["target"],
  { metric, stream, date }: StoredRow,
): Promise<Uint8Array> {
  const row = await db
    .prepare(
      `SELECT ${packedColumns("data")} FROM series
       WHERE user_id = ?1 AND metric = ?2 AND provider = ?3 AND stream = ?4 AND date = ?5`,
    )
    .bind(user_id, metric, provider, stream, date)
    .first<Packed>();
  return row ? bytesOf(row) : pack({ time: [], value: [], utc_offset_s: [] });
}
