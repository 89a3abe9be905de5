/** Rows put into the data tables by hand, for tests of what reads them. */
import { type DaySamples, header, pack, summarise } from "../src/domain/samples.ts";
import type { Person } from "../src/store/users.ts";
import type { World } from "./world.ts";

export type Row = Record<string, string | number | null>;

/** `data` is given as hex; what every row is kept with has values of its own unless a row says otherwise. */
export async function insertRows(w: World, table: string, person: Person, rows: Row[]): Promise<void> {
  const now = w.context.now();
  const kept: Row = table === "tombstone" ? {} : { fetched_at: now, updated_at: now };
  if (table !== "tombstone") kept.version = 1;
  await w.env.DB.batch(
    rows.map((row) => {
      const all: Row = { user_id: person.id, ...kept, ...row };
      const names = Object.keys(all);
      const marks = names.map((name) => (name === "data" ? "unhex(?)" : "?"));
      return w.env.DB.prepare(`INSERT INTO ${table}(${names.join(", ")}) VALUES (${marks.join(", ")})`).bind(
        ...Object.values(all),
      );
    }),
  );
}

export const activityRow = (external_id: string, start_time: number, more: Row = {}): Row => ({
  provider: "polar",
  external_id,
  sport: "running",
  sub_sport: "generic",
  start_time,
  parts: "{}",
  ...more,
});

export const sleepRow = (
  external_id: string,
  date: string,
  start_time: number,
  end_time: number,
  more: Row = {},
): Row => ({ provider: "oura", external_id, type: "main", date, start_time, end_time, parts: "{}", ...more });

export const dayRow = (date: string, provider: string, metrics: object, more: Row = {}): Row => ({
  date,
  provider,
  metrics: JSON.stringify(metrics),
  inputs: "{}",
  ...more,
});

/** Samples `[time, value]` of one UTC day, all at one offset, s. */
export async function seriesRow(
  of: { metric: string; provider: string; stream?: string; cumulative?: boolean },
  points: [time: number, value: number][],
  offset: number | null = null,
): Promise<Row> {
  const { metric, provider, stream = "", cumulative = false } = of;
  const day: DaySamples = {
    time: Float64Array.from(points, ([time]) => time),
    value: Float64Array.from(points, ([, value]) => value),
    utc_offset_s: Float64Array.from(points, () => offset ?? Number.NaN),
  };
  return {
    metric,
    provider,
    stream,
    date: new Date(points[0]![0]).toISOString().slice(0, 10),
    ...header(day),
    local: JSON.stringify(summarise(day, cumulative, () => 0)),
    data: (await pack(day)).toHex(),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into as they come
export type Body = any;

/** Someone in a time zone, with a key that may read. */
export async function reader(w: World, time_zone: string) {
  const { person } = await w.person();
  await w.env.DB.prepare("UPDATE user SET time_zone = ?1 WHERE id = ?2").bind(time_zone, person.id).run();
  const key = await w.key(person, ["read"]);
  const ask = async (path: string, as = key): Promise<{ status: number; body: Body; response: Response }> => {
    const response = await w.request(`/api/v1${path}`, { headers: { "x-api-key": as } });
    return { status: response.status, body: await response.clone().json(), response };
  };
  return {
    person: { ...person, time_zone },
    key,
    ask,
    insert: (table: string, rows: Row[]) => insertRows(w, table, person, rows),
    /** The body of a 200. */
    async get(path: string): Promise<Body> {
      const { status, body } = await ask(path);
      if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
      return body;
    },
    /** `data` of all pages of a path with a query. */
    async all(path: string): Promise<Body[]> {
      const rows: Body[] = [];
      for (let cursor: string | null = ""; cursor !== null; ) {
        const page: Body = await this.get(`${path}${cursor && `&cursor=${cursor}`}`);
        rows.push(...page.data);
        cursor = page.next_cursor;
      }
      return rows;
    },
  };
}
