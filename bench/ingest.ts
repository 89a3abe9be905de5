/**
 * Claim: 100,000 heart-rate samples in one post are stored within 2 s and with at most 50 rows written, by D1's own count.
 * `npm run bench:ingest` (`-- 400000` for another number of samples). Beside it: the time of `await request.json()` alone.
 *
 * Rows come from the header `x-rows-written`, which the route sends in development only; it counts the commits, the log of posts and
 * the connection's news. The use of the key, written once a minute, is added here.
 */
import { createTestHarness } from "wrangler";
import type { Context } from "../src/platform/context.ts";
import { createKey } from "../src/store/keys.ts";
import { createPerson } from "../src/store/users.ts";

const SAMPLES = Number(process.argv[2] ?? 100_000);
const RUNS = 3;
const GOAL_S = 2;
const GOAL_ROWS = 50;
const KEY_ROWS = 1;
const HOUR_MS = 3_600_000;

const BASE_URL = "http://127.0.0.1:8787";
const secrets = {
  BASE_URL,
  SESSION_SECRET: "bench-session-secret-of-more-than-32-characters",
  ENCRYPTION_KEYS: `k1:${btoa("0123456789abcdef0123456789abcdef")}`,
  DATA_POLICY: "private",
  PROVIDER_GATEWAY: "http://localhost:8788",
};

/** As Health Auto Export writes seconds: whole numbers, or the averages of its minutes, from an hour before midnight. */
function body(day: number, averages: boolean): string {
  const start = Date.UTC(2026, 0, day, 23);
  let bpm = 60;
  let state = 7;
  const elements: string[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    bpm = Math.min(180, Math.max(45, bpm + ((state >> 16) % 3) - 1));
    const value = averages ? bpm + ((state >> 8) % 60) / 60 : bpm;
    const local = new Date(start + i * 1000 + HOUR_MS).toISOString().slice(0, 19).replace("T", " ");
    elements.push(
      `{"date":"${local} +0100","Min":${value},"Avg":${value},"Max":${value},"source":"Test Person’s Apple Watch"}`,
    );
  }
  return `{"data":{"metrics":[{"name":"heart_rate","units":"count/min","data":[${elements.join(",")}]}]}}`;
}

const server = createTestHarness({
  workers: [
    { configPath: "wrangler.toml", secrets },
    { config: { name: "json", main: "bench/json_worker.ts", compatibility_date: "2026-08-20" } },
  ],
});
try {
  await server.listen();
  const worker = server.getWorker<{ DB: D1Database }>();
  await worker.applyD1Migrations("DB");
  const { DB } = await worker.getEnv();
  const context = {
    env: { DB, shards: [DB] },
    now: () => Date.now(),
    random: (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)),
  } as unknown as Context;
  const identity = { provider: "bench", provider_user_id: "1" };
  const person = await createPerson(context, {
    display_name: null,
    avatar_url: null,
    time_zone: "Europe/Berlin",
    identity,
    only_first: false,
  });
  const key = person && (await createKey(context, person, { name: "bench", scopes: ["ingest"] }));
  if (!key) throw new Error("no key");

  const headers = { "x-api-key": key.key, "content-type": "application/json", "automation-aggregation": "Seconds" };
  async function post(text: string) {
    const began = performance.now();
    const response = await worker.fetch(`${BASE_URL}/api/webhooks/ingest`, { method: "POST", headers, body: text });
    const answer = (await response.json()) as { written: number; detail?: string };
    if (response.status !== 200) throw new Error(`${response.status} ${answer.detail}`);
    const s = (performance.now() - began) / 1000;
    return { s, rows: Number(response.headers.get("x-rows-written")) + KEY_ROWS, written: answer.written };
  }
  async function parse(text: string) {
    const began = performance.now();
    await server.getWorker("json").fetch("http://json/", { method: "POST", body: text });
    return (performance.now() - began) / 1000;
  }

  const table: Record<string, string | number>[] = [];
  const add = (what: string, mb: number, s: number, of: number, rows: number | string, written: number | string) =>
    table.push({
      what,
      MB: mb.toFixed(1),
      s: s.toFixed(2),
      "of json()": (s / of).toFixed(2),
      "rows written": rows,
      "elements written": written,
    });
  let worst = { s: 0, rows: 0 };
  let day = 1;
  for (const averages of [false, true]) {
    const name = averages ? "fractional averages" : "whole numbers";
    let json = Number.POSITIVE_INFINITY;
    for (let run = 0; run < RUNS; run++) json = Math.min(json, await parse(body(day, averages)));
    let text = "";
    for (let run = 0; run < RUNS; run++) {
      text = body(day, averages);
      day += 40;
      const { s, rows, written } = await post(text);
      add(`${name}, post ${run + 1}`, Buffer.byteLength(text) / 1e6, s, json, rows, written);
      worst = { s: Math.max(worst.s, s), rows: Math.max(worst.rows, rows) };
    }
    const again = await post(text);
    add(`${name}, the same again`, Buffer.byteLength(text) / 1e6, again.s, json, again.rows, again.written);
    add(`${name}, await request.json() alone`, Buffer.byteLength(text) / 1e6, json, json, "", "");
  }
  console.table(table);
  const stored = await DB.prepare("SELECT sum(length(data)) AS bytes, sum(count) AS samples FROM series").first<{
    bytes: number;
    samples: number;
  }>();
  console.log(`stored: ${(stored!.bytes / stored!.samples).toFixed(2)} bytes a sample`);
  const met = SAMPLES > 100_000 || (worst.s <= GOAL_S && worst.rows <= GOAL_ROWS);
  console.log(
    `${met ? "met" : "MISSED"}: slowest ${worst.s.toFixed(2)} s (goal ${GOAL_S}), most rows ${worst.rows} (goal ${GOAL_ROWS})`,
  );
  process.exitCode = met ? 0 : 1;
} finally {
  await server.close();
}
