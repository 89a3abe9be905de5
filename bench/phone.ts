/** A local Worker with a person and a key, and the bodies that a phone posts to it. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createTestHarness } from "wrangler";
import type { Context } from "../src/platform/context.ts";
import { createKey } from "../src/store/keys.ts";
import { createPerson } from "../src/store/users.ts";

export const BASE_URL = "http://127.0.0.1:8787";
const SECRETS = {
  BASE_URL,
  SESSION_SECRET: "bench-session-secret-of-more-than-32-characters",
  ENCRYPTION_KEYS: `k1:${btoa("0123456789abcdef0123456789abcdef")}`,
  DATA_POLICY: "private",
  PROVIDER_GATEWAY: "http://localhost:8788",
};
const DATE = "2026-08-20";
const HOUR_MS = 3_600_000;

/** A sample as Health Auto Export writes a second of heart rate, at the offset of central Europe. */
function sample(time: number, value: number): string {
  const local = new Date(time + HOUR_MS).toISOString().slice(0, 19).replace("T", " ");
  return `{"date":"${local} +0100","Min":${value},"Avg":${value},"Max":${value},"source":"Test Person’s Apple Watch"}`;
}

export interface Body {
  bytes: Buffer;
  samples: number;
}

/** Seconds of heart rate from an instant on, until so many samples or bytes; whole numbers, or the averages of an app's minutes. */
export function heartRate(start: number, averages: boolean, most: { samples?: number; bytes?: number }): Body {
  const head = '{"data":{"metrics":[{"name":"heart_rate","units":"count/min","data":[';
  const tail = "]}]}}";
  const pieces: Buffer[] = [];
  let piece = head;
  let bytes = head.length + tail.length;
  let bpm = 60;
  let state = 7;
  let samples = 0;
  for (; samples < (most.samples ?? Number.POSITIVE_INFINITY); samples++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    bpm = Math.min(180, Math.max(45, bpm + ((state >> 16) % 3) - 1));
    const value = averages ? bpm + ((state >> 8) % 60) / 60 : bpm;
    const text = `${samples > 0 ? "," : ""}${sample(start + samples * 1000, value)}`;
    // The apostrophe has three bytes.
    if (bytes + text.length + 2 > (most.bytes ?? Number.POSITIVE_INFINITY)) break;
    bytes += text.length + 2;
    piece += text;
    if (piece.length > 1 << 20) {
      pieces.push(Buffer.from(piece));
      piece = "";
    }
  }
  pieces.push(Buffer.from(piece + tail));
  return { bytes: Buffer.concat(pieces), samples };
}

/** An hourly metric over years. */
export function hourly(name: string, start: number, hours: number): Buffer {
  const data = Array.from({ length: hours }, (_, i) => {
    const local = new Date(start + i * HOUR_MS + HOUR_MS).toISOString().slice(0, 19).replace("T", " ");
    return `{"date":"${local} +0100","qty":${14 + (i % 5)},"source":"Watch"}`;
  });
  return Buffer.from(`{"data":{"metrics":[{"name":"${name}","units":"count/min","data":[${data.join(",")}]}]}}`);
}

export interface Post {
  s: number;
  rows: number;
  written: number;
}
/** The use of the key is written once a minute. */
const KEY_ROWS = 1;

export async function openPhone() {
  const server = createTestHarness({
    workers: [
      { configPath: "wrangler.toml", secrets: SECRETS },
      { config: { name: "json", main: "bench/json_worker.ts", compatibility_date: DATE } },
      {
        config: {
          name: "rows",
          main: "bench/rows_worker.ts",
          compatibility_date: DATE,
          d1_databases: [{ binding: "DB", database_name: "rows", database_id: "rows" }],
        },
      },
    ],
  });
  await server.listen();
  const worker = server.getWorker<{ DB: D1Database }>();
  await worker.applyD1Migrations("DB");
  const { DB } = await worker.getEnv();
  const context = {
    env: { DB, shards: [DB] },
    now: () => Date.now(),
    random: (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)),
  } as unknown as Context;
  const person = await createPerson(context, {
    display_name: null,
    avatar_url: null,
    time_zone: "Europe/Berlin",
    identity: { provider: "bench", provider_user_id: "1" },
    only: null,
  });
  const key = person && (await createKey(context, person, { name: "bench", scopes: ["ingest", "read"] }));
  if (!key) throw new Error("no key");
  const headers = { "x-api-key": key.key, "content-type": "application/json", "automation-aggregation": "Seconds" };

  async function seconds(act: () => Promise<unknown>): Promise<number> {
    const began = performance.now();
    await act();
    return (performance.now() - began) / 1000;
  }
  return {
    DB,
    close: () => server.close(),
    /** Ours. */
    async post(body: Buffer): Promise<Post> {
      const began = performance.now();
      const response = await worker.fetch(`${BASE_URL}/api/webhooks/ingest`, { method: "POST", headers, body });
      const answer = (await response.json()) as { written: number; detail?: string };
      if (response.status !== 200) throw new Error(`${response.status} ${answer.detail}`);
      const s = (performance.now() - began) / 1000;
      return { s, rows: Number(response.headers.get("x-rows-written")) + KEY_ROWS, written: answer.written };
    },
    /** `await request.json()` and nothing else. */
    parse: (body: Buffer) =>
      seconds(async () => (await server.getWorker("json").fetch("http://json/", { method: "POST", body })).text()),
    /** A row a sample. */
    async rows(body: Buffer): Promise<{ s: number; rows: number }> {
      let rows = 0;
      const s = await seconds(async () => {
        const response = await server.getWorker("rows").fetch("http://rows/", { method: "POST", body });
        ({ rows } = (await response.json()) as { rows: number });
      });
      return { s, rows };
    },
    read: (path: string) =>
      seconds(async () => {
        const response = await worker.fetch(`${BASE_URL}${path}`, { headers });
        if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
        await response.arrayBuffer();
      }),
  };
}

/** Resident memory of this process's workerd, MB: now, and the greatest since `forget`. Linux only; else null. */
export function memory(): { now: number; peak: number; forget(): void } | null {
  try {
    const children = readdirSync("/proc")
      .filter((pid) => /^\d+$/.test(pid))
      .filter((pid) => {
        try {
          const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
          return (
            stat.includes("(workerd)") && Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === process.pid
          );
        } catch {
          return false;
        }
      });
    const of = (field: string) =>
      children.reduce((sum, pid) => {
        const [, kb] = new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
        return sum + Number(kb) / 1024;
      }, 0);
    if (children.length === 0) return null;
    return {
      now: of("VmRSS"),
      peak: of("VmHWM"),
      forget: () => {
        for (const pid of children) writeFileSync(`/proc/${pid}/clear_refs`, "5");
      },
    };
  } catch {
    return null;
  }
}

export const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
