/** The common way: the body parsed whole, then one row a sample, inserted in batches. Its own database, so that nothing is shared. */
interface Env {
  DB: D1Database;
}
interface Body {
  data: {
    metrics: {
      name: string;
      units: string;
      data: { date: string; Avg: number; Min: number; Max: number; source: string }[];
    }[];
  };
}
/** Eight columns a row, a hundred parameters a statement: D1's limit. */
const ROWS_A_STATEMENT = 12;
const STATEMENTS_A_BATCH = 100;
const COLUMNS = "user_id, metric, source, time, value, least, greatest, unit";
const INSERT = `INSERT INTO sample(${COLUMNS}) VALUES `;
const CONFLICT =
  " ON CONFLICT DO UPDATE SET value = excluded.value, least = excluded.least, greatest = excluded.greatest";

export default {
  async fetch(request, { DB }) {
    await DB.exec(
      "CREATE TABLE IF NOT EXISTS sample(id INTEGER PRIMARY KEY, user_id INTEGER, metric TEXT, source TEXT, time INTEGER, value REAL, least REAL, greatest REAL, unit TEXT, UNIQUE (user_id, metric, source, time))",
    );
    const body = await request.json<Body>();
    let rows = 0;
    let batch: D1PreparedStatement[] = [];
    const flush = async () => {
      for (const { meta } of await DB.batch(batch)) rows += meta.rows_written;
      batch = [];
    };
    for (const { name, units, data } of body.data.metrics) {
      for (let i = 0; i < data.length; i += ROWS_A_STATEMENT) {
        const some = data.slice(i, i + ROWS_A_STATEMENT);
        const values = some.flatMap(({ date, Avg, Min, Max, source }) => [
          1,
          name,
          source,
          timeOf(date),
          Avg,
          Min,
          Max,
          units,
        ]);
        batch.push(DB.prepare(INSERT + some.map(() => "(?,?,?,?,?,?,?,?)").join() + CONFLICT).bind(...values));
        if (batch.length === STATEMENTS_A_BATCH) await flush();
      }
    }
    if (batch.length > 0) await flush();
    return Response.json({ rows });
  },
} satisfies ExportedHandler<Env>;

/** `2026-01-01 00:00:00 +0100` */
const timeOf = (text: string): number =>
  Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}${text.slice(20, 23)}:${text.slice(23)}`);
