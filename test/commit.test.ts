import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { addSample, type Batch, element, emptyBatch } from "../src/domain/batch.ts";
import { unpack } from "../src/domain/samples.ts";
import { DAY_MS } from "../src/domain/time.ts";
import { unpackTrack } from "../src/domain/tracks.ts";
import { type Context, createContext } from "../src/platform/context.ts";
import { fromHex } from "../src/platform/crypto.ts";
import { parseEnv } from "../src/platform/env.ts";
import { ENOUGH_QUERIES } from "../src/platform/limits.ts";
import { type Committed, commit } from "../src/store/commit.ts";
import { bytesOf, type Packed, packedColumns } from "../src/store/packed.ts";
import { dropRecords, dropRows } from "../src/store/retention.ts";
import type { Target } from "../src/store/target.ts";
import { everySchedule } from "./interleave.ts";

const raw = env as unknown as { DB: D1Database };
const db = raw.DB;

function contextOn(database: D1Database): Context {
  const parsed = parseEnv({
    ...env,
    BASE_URL: "http://127.0.0.1:8787",
    SESSION_SECRET: "s".repeat(40),
    ENCRYPTION_KEYS: `k1:${btoa("k".repeat(32))}`,
    DB: database,
  });
  return { ...createContext(parsed, { waitUntil: () => {} }), log: () => {} };
}
const context = contextOn(db);

let nextUser = 500_000;
/** A person with fences for the providers, and nothing stored. */
async function ground(...providers: string[]): Promise<(provider?: string) => Target> {
  const user_id = nextUser++;
  await db.batch(
    ["", ...providers].map((provider) =>
      db.prepare("INSERT INTO fence(user_id, provider, epoch) VALUES (?1, ?2, 1)").bind(user_id, provider),
    ),
  );
  return (provider = providers[0]!) => ({
    user_id,
    shard: 0,
    time_zone: "Europe/Berlin",
    provider,
    user_epoch: 1,
    epoch: 1,
    connection_id: user_id * 10 + providers.indexOf(provider),
    unmerged: [],
  });
}

async function done(result: ReturnType<typeof commit>): Promise<Committed> {
  const value = await result;
  if (value.stale !== null) throw new Error(`stale ${value.stale}`);
  return value;
}
const writer = (target: Target, batch: () => Batch) => (database: D1Database) =>
  done(commit(contextOn(database), target, batch()));

const rows = async (table: string, user: number, order = "1") =>
  (await db.prepare(`SELECT * FROM ${table} WHERE user_id = ?1 ORDER BY ${order}`).bind(user).all()).results;

const T0 = Date.parse("2026-03-02T08:00:00Z");
const MINUTE = 60_000;

/** Samples `[minutes after T0, value]` of one stream, an hour east of UTC. */
function samples(metric: string, stream: string, ...points: [number, number][]): Batch {
  const batch = emptyBatch();
  for (const [minutes, value] of points) {
    addSample(batch, metric, stream, T0 + minutes * MINUTE, value, 3600, element(batch, "series"));
  }
  return batch;
}
function dayValue(metric: string, source: string, value: number | null, date = "2026-03-02"): Batch {
  const batch = emptyBatch();
  batch.days.push({ date, metric, source, value, element: element(batch, "daily") });
  return batch;
}
function run(external_id: string, more: Partial<Batch["activities"][number]> = {}): Batch {
  const batch = emptyBatch();
  const base = { sport: "running", sub_sport: "generic", start_time: T0, elapsed_s: 1800, utc_offset_s: 3600 };
  const fields = { ...base, ...more.fields };
  batch.activities.push({ external_id, part: "list", element: element(batch, "activity"), ...more, fields });
  return batch;
}
function segment(from: number, to: number, stage: "light" | "deep" | "in_bed", source = "Watch"): Batch {
  const batch = emptyBatch();
  batch.segments.push({
    source,
    stage,
    start_time: T0 + from * MINUTE,
    end_time: T0 + to * MINUTE,
    utc_offset_s: 3600,
    element: element(batch, "sleep"),
  });
  return batch;
}
function event(batch: Batch, external_id: string): Batch["events"][number] {
  const nothing = { end_time: null, utc_offset_s: null, value: null, extra: null };
  const fields = { kind: "symptom" as const, start_time: T0, name: "Cough", ...nothing };
  return { external_id, fields, element: element(batch, "event") };
}
const metricsOf = async (target: Target, date = "2026-03-02", provider = target.provider) => {
  const row = await db
    .prepare("SELECT metrics FROM daily WHERE user_id = ?1 AND date = ?2 AND provider = ?3")
    .bind(target.user_id, date, provider)
    .first<{ metrics: string }>();
  return row ? JSON.parse(row.metrics) : null;
};
const storedSamples = async (target: Target) => {
  const { results } = await db
    .prepare("SELECT stream, hex(data) AS data FROM series WHERE user_id = ?1 ORDER BY stream")
    .bind(target.user_id)
    .all<{ stream: string; data: string }>();
  const all: [string, number, number][] = [];
  for (const { stream, data } of results) {
    const { time, value } = await unpack(fromHex(data));
    for (const [i, at] of time.entries()) all.push([stream, (at - T0) / MINUTE, value[i]!]);
  }
  return all;
};

describe("a replay", () => {
  it("of any batch writes no row and counts every element as unchanged", async () => {
    const on = await ground("apple_health");
    const batch = () => {
      const all = samples("heart_rate_bpm", "Watch:minute", [0, 61], [1, 62.5]);
      const act = run("a1", { track: { time: [0, 1000], channels: { heart_rate_bpm: [90, 91] }, laps: [] } });
      all.activities = act.activities.map((record) => ({ ...record, element: element(all, "activity") }));
      all.segments = segment(0, 200, "light").segments.map((one) => ({ ...one, element: element(all, "sleep") }));
      all.days = dayValue("floors", "Phone", 4).days.map((day) => ({ ...day, element: element(all, "daily") }));
      all.events.push({
        external_id: "e1",
        fields: {
          kind: "symptom",
          start_time: T0,
          end_time: null,
          utc_offset_s: null,
          name: "Cough",
          value: "Mild",
          extra: null,
        },
        element: element(all, "event"),
      });
      return all;
    };
    const first = await done(commit(context, on(), batch()));
    expect([...first.written]).toEqual([1, 1, 1, 1, 1, 1]);
    expect(first.rows_written).toBeGreaterThan(0);
    const again = await done(commit(context, on(), batch()));
    expect(again.rows_written).toBe(0);
    expect([...again.written]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(again.kinds.series).toEqual({ received: 2, written: 0, unchanged: 2, rejected: 0 });
  });
});

describe("a batch of very many", () => {
  const many = 1_200;

  it("events is written in pieces, and a replay of it not at all", async () => {
    const on = await ground("apple_health");
    const batch = () => {
      const all = emptyBatch();
      for (let i = 0; i < many; i++) all.events.push(event(all, `${"x".repeat(1_900)}${i}`));
      return all;
    };
    const first = await done(commit(context, on(), batch()));
    expect(first.kinds.event).toEqual({ received: many, written: many, unchanged: 0, rejected: 0 });
    expect(await rows("event", on().user_id)).toHaveLength(many);
    expect((await done(commit(context, on(), batch()))).rows_written).toBe(0);
  });

  it("segments makes one night of those that are one", async () => {
    const on = await ground("apple_health");
    const batch = emptyBatch();
    const second = 1_000;
    for (let i = 0; i < 6_000; i++) {
      const [start_time, end_time] = [T0 + i * 4 * second, T0 + (i + 1) * 4 * second];
      const stage = i % 2 ? ("light" as const) : ("deep" as const);
      const of = element(batch, "sleep");
      batch.segments.push({ source: "Watch", stage, start_time, end_time, utc_offset_s: 3600, element: of });
    }
    await done(commit(context, on(), batch));
    const nights = await rows("sleep", on().user_id);
    expect(nights).toMatchObject([{ start_time: T0, end_time: T0 + 24_000 * second, light_s: 12_000, deep_s: 12_000 }]);
  });
});

describe("an event that a whole stretch does not show any more", () => {
  const absent = (confirm?: string): Batch => ({
    ...emptyBatch(),
    deletions: [{ kind: "event", from: T0 - MINUTE, to: T0 + MINUTE, keep: ["kept"], ...(confirm && { confirm }) }],
  });

  it("goes, or is asked for first where the provider says so", async () => {
    const on = await ground("oura");
    const batch = emptyBatch();
    for (const id of ["kept", "absent"]) batch.events.push(event(batch, id));
    await done(commit(context, on(), batch));
    const left = async () => (await rows("event", on().user_id, "external_id")).map(({ external_id }) => external_id);
    await done(commit(context, on(), absent("event_check")));
    expect(await left()).toEqual(["absent", "kept"]);
    expect(await rows("want", on().user_id)).toMatchObject([
      { kind: "event_check", external_id: "absent", start_time: T0, wanted: 1, done: 0 },
    ]);
    await done(commit(context, on(), absent()));
    expect(await left()).toEqual(["kept"]);
  });
});

describe("two records of one key in a batch", () => {
  it("are the last one, and a replay writes nothing", async () => {
    const on = await ground("strava");
    const batch = () => {
      const both = run("a1", { fields: { name: "one" } });
      for (const record of run("a1", { fields: { name: "two" } }).activities) {
        both.activities.push({ ...record, element: element(both, "activity") });
      }
      return both;
    };
    expect([...(await done(commit(context, on(), batch()))).written]).toEqual([0, 1]);
    expect((await rows("activity", on().user_id)).map(({ name }) => name)).toEqual(["two"]);
    expect((await done(commit(context, on(), batch()))).rows_written).toBe(0);
  });
});

describe("the fences", () => {
  for (const [which, change] of [
    ["the provider's epoch was raised", "UPDATE fence SET epoch = 2 WHERE user_id = ?1 AND provider = 'strava'"],
    ["the provider's fence is gone", "DELETE FROM fence WHERE user_id = ?1 AND provider = 'strava'"],
    ["the person's fence is gone", "DELETE FROM fence WHERE user_id = ?1 AND provider = ''"],
  ] as const) {
    it(`stop a commit at any await after ${which}, and nothing of it is there`, async () => {
      await everySchedule(
        db,
        () => ground("strava"),
        (on) => (database) => {
          const all = run("a1");
          all.samples = samples("steps", "", [0, 10]).samples.map((column) => ({
            ...column,
            element: [element(all, "series")],
          }));
          return commit(contextOn(database), on(), all);
        },
        (on) => (database) =>
          database.batch([
            database.prepare(change).bind(on().user_id),
            ...["activity", "series", "daily"].map((table) =>
              database.prepare(`DELETE FROM ${table} WHERE user_id = ?1`).bind(on().user_id),
            ),
          ]),
        async (on) => {
          const left = await db
            .prepare(
              `SELECT (SELECT count(*) FROM activity WHERE user_id = ?1) + (SELECT count(*) FROM series WHERE user_id = ?1)
               + (SELECT count(*) FROM daily WHERE user_id = ?1) AS n`,
            )
            .bind(on().user_id)
            .first<{ n: number }>();
          expect(left?.n).toBe(0);
        },
        1,
      );
    });
  }
});

describe("two writers side by side", () => {
  it("of one series day keep both their samples, and the day's mean is of all", async () => {
    await everySchedule(
      db,
      () => ground("apple_health"),
      (on) => writer(on(), () => samples("heart_rate_bpm", "Watch:minute", [0, 60], [2, 90])),
      (on) => writer(on(), () => samples("heart_rate_bpm", "Watch:minute", [1, 75], [3, 75])),
      async (on) => {
        expect(await storedSamples(on())).toEqual([0, 1, 2, 3].map((m) => ["Watch:minute", m, [60, 75, 90, 75][m]]));
        expect(await metricsOf(on())).toEqual({ avg_heart_rate_bpm: 75 });
      },
    );
  });

  it("of two streams leave the day that the larger of each hour makes", async () => {
    // 09:00–10:00 local: Phone 300, Watch 100 + 250; 10:00–11:00: Phone 80, Watch 20. Day = 350 + 80.
    await everySchedule(
      db,
      async () => {
        const on = await ground("apple_health");
        await done(commit(context, on(), samples("steps", "Watch:minute", [0, 100])));
        return on;
      },
      (on) => writer(on(), () => samples("steps", "Phone:minute", [0, 300], [61, 80])),
      (on) => writer(on(), () => samples("steps", "Watch:minute", [10, 250], [62, 20])),
      async (on) => expect(await metricsOf(on())).toEqual({ steps: 430 }),
    );
  });

  it("of day values of one date keep both, and samples beside them still count", async () => {
    await everySchedule(
      db,
      () => ground("apple_health"),
      (on) => writer(on(), () => dayValue("floors", "Phone", 7)),
      (on) =>
        writer(on(), () => {
          const batch = dayValue("resting_heart_rate_bpm", "Watch", 52);
          batch.samples = samples("steps", "Watch:minute", [0, 12.5]).samples;
          return batch;
        }),
      async (on) => expect(await metricsOf(on())).toEqual({ floors: 7, resting_heart_rate_bpm: 52, steps: 12.5 }),
    );
  });

  it("of a list and a detail leave the detail's fields and the list's others, in any order", async () => {
    await everySchedule(
      db,
      () => ground("strava"),
      (on) => writer(on(), () => run("a1", { fields: { name: "from list", distance_m: 5000 } })),
      (on) =>
        writer(on(), () => run("a1", { part: "detail", fields: { name: "from detail", energy_kcal: 320 }, laps: [] })),
      async (on) => {
        const [row] = await rows("activity", on().user_id);
        expect(row).toMatchObject({ name: "from detail", distance_m: 5000, energy_kcal: 320 });
      },
    );
  });

  it("of the same run from two providers leave one standing for both", async () => {
    await everySchedule(
      db,
      () => ground("garmin", "strava"),
      (on) => writer(on("garmin"), () => run("g1", { fields: { elapsed_s: 1800 } })),
      (on) => writer(on("strava"), () => run("s1", { fields: { start_time: T0 + 5000, elapsed_s: 1795 } })),
      async (on) => {
        const found = (await rows("activity", on().user_id, "provider")).map(({ provider, duplicate_of }) => [
          provider,
          duplicate_of,
        ]);
        expect(found).toEqual([
          ["garmin", null],
          ["strava", "garmin:g1"],
        ]);
      },
    );
  });

  it("of the pieces of one night leave one night of all pieces", async () => {
    await everySchedule(
      db,
      () => ground("apple_health"),
      (on) => writer(on(), () => segment(0, 90, "light")),
      (on) => writer(on(), () => segment(120, 240, "deep")),
      async (on) => {
        const nights = await rows("sleep", on().user_id);
        expect(
          nights.map(({ external_id, light_s, deep_s, asleep_s }) => [external_id, light_s, deep_s, asleep_s]),
        ).toEqual([[`sleep:${T0}`, 90 * 60, 120 * 60, 210 * 60]]);
      },
    );
  });

  it("never bring back what the other has deleted", async () => {
    await everySchedule(
      db,
      async () => {
        const on = await ground("strava");
        await done(commit(context, on(), run("a1", { fields: { name: "old" } })));
        return on;
      },
      (on) =>
        writer(on(), () => {
          const batch = emptyBatch();
          // A detail does not say where it starts: it belongs to a record that must be there.
          batch.activities.push({
            external_id: "a1",
            part: "detail",
            fields: { energy_kcal: 1 },
            element: element(batch, "activity"),
          });
          return batch;
        }),
      (on) =>
        writer(on(), () => {
          const batch = emptyBatch();
          batch.deletions.push({ kind: "activity", external_id: "a1" });
          return batch;
        }),
      async (on) => {
        expect(await rows("activity", on().user_id)).toEqual([]);
        expect((await rows("tombstone", on().user_id)).map((row) => row.external_id)).toEqual(["a1"]);
      },
    );
  });
});

describe("what goes with a batch", () => {
  it("stands or falls with it: a stale cursor undoes the records", async () => {
    const on = await ground("strava");
    const { user_id, connection_id } = on();
    await db
      .prepare(
        `INSERT INTO sync_cursor(connection_id, stream, user_id, provider, epoch, queue, position, version)
         VALUES (?1, 'activities', ?2, 'strava', 1, 'sync', '{}', 4)`,
      )
      .bind(connection_id, user_id)
      .run();
    const move = (version: number) =>
      db
        .prepare(
          `UPDATE sync_cursor SET version = CASE WHEN version = ?2 THEN ?2 + 1 END, position = '{"moved":true}' WHERE connection_id = ?1`,
        )
        .bind(connection_id, version);
    expect(await commit(context, on(), run("a1"), [move(3)])).toEqual({ stale: "cursor" });
    expect(await rows("activity", user_id)).toEqual([]);
    expect(await commit(context, on(), run("a1"), [move(4)])).toMatchObject({ stale: null });
    expect(await rows("activity", user_id)).toHaveLength(1);
  });

  it("is a want only for a part that is new or changed", async () => {
    const on = await ground("strava");
    const page = (name: string) => run("a1", { fields: { name }, wants: ["detail"] });
    const wanted = async () =>
      (await rows("want", on().user_id)).map((row) => [row.external_id, row.wanted, row.done, row.start_time]);
    await done(commit(context, on(), page("one")));
    expect(await wanted()).toEqual([["a1", 1, 0, T0]]);
    await done(commit(context, on(), page("one")));
    expect(await wanted()).toEqual([["a1", 1, 0, T0]]);
    await done(commit(context, on(), page("two")));
    expect(await wanted()).toEqual([["a1", 2, 0, T0]]);
  });

  it("asks about a record that a list no longer shows instead of deleting it, where the list says so", async () => {
    const on = await ground("strava");
    await done(commit(context, on(), run("a1")));
    const page = emptyBatch();
    page.deletions.push({ kind: "activity", from: T0 - 1000, to: T0 + 1000, keep: [], confirm: "detail" });
    await done(commit(context, on(), page));
    expect(await rows("activity", on().user_id)).toHaveLength(1);
    expect((await rows("want", on().user_id)).map((row) => [row.kind, row.external_id])).toEqual([["detail", "a1"]]);
  });
});

describe("records", () => {
  it("keep a field of a higher part when the list is read again, and take its explicit null", async () => {
    const on = await ground("strava");
    await done(commit(context, on(), run("a1", { fields: { name: "list", distance_m: 1 } })));
    await done(commit(context, on(), run("a1", { part: "detail", fields: { name: "detail", device: "Watch" } })));
    await done(commit(context, on(), run("a1", { fields: { name: "list 2", distance_m: 2 } })));
    expect((await rows("activity", on().user_id))[0]).toMatchObject({ name: "detail", distance_m: 2, device: "Watch" });
    await done(commit(context, on(), run("a1", { part: "detail", fields: { name: "detail", device: null } })));
    expect((await rows("activity", on().user_id))[0]).toMatchObject({ device: null });
  });

  it("keep the laps of one answer beside the channels of another, and lose both with their activity", async () => {
    const on = await ground("strava");
    const lap = {
      start: 0,
      elapsed_s: 60,
      moving_s: 60,
      distance_m: 200,
      avg_heart_rate_bpm: null,
      max_heart_rate_bpm: null,
    };
    const track = { time: [0, 1000], channels: { speed_mps: [3.5, null] }, laps: [] };
    await done(commit(context, on(), run("a1", { part: "detail", laps: [lap] })));
    await done(commit(context, on(), run("a1", { part: "file", track })));
    const { data } = (await db
      .prepare("SELECT hex(data) AS data FROM track WHERE user_id = ?1")
      .bind(on().user_id)
      .first<{ data: string }>())!;
    expect(await unpackTrack(fromHex(data))).toEqual({ ...track, laps: [lap] });
    const gone = emptyBatch();
    gone.deletions.push({ kind: "activity", external_id: "a1" });
    await done(commit(context, on(), gone));
    expect(await rows("track", on().user_id)).toEqual([]);
  });

  it("with an id replace the id-less one of the same span, whichever comes first", async () => {
    const withId = () => run("UUID", { replaces: "same_span", rank: 1 });
    const without = () => run("w-1", { replaces: "same_span", rank: 0 });
    for (const order of [
      [withId, without],
      [without, withId],
    ]) {
      const on = await ground("apple_health");
      for (const batch of order) await done(commit(context, on(), batch!()));
      expect((await rows("activity", on().user_id)).map((row) => row.external_id)).toEqual(["UUID"]);
    }
  });

  it("with ids of their own stand side by side in one span", async () => {
    const on = await ground("apple_health");
    for (const id of ["AAA", "BBB"]) await done(commit(context, on(), run(id, { replaces: "same_span", rank: 1 })));
    expect((await rows("activity", on().user_id)).map((row) => row.external_id)).toEqual(["AAA", "BBB"]);
  });

  it("keep a track of sixteen hours at a point a second, and say of a longer one that it is too long", async () => {
    const on = await ground("apple_health");
    // Digits as a phone sends them: nothing to compress.
    let state = 1;
    const odd = () => (state = (state * 48271) % 2147483647) / 2147483647;
    const course = (points: number) => ({
      time: Array.from({ length: points }, (_, i) => i * 1000),
      channels: {
        lat: Array.from({ length: points }, () => 50 + odd()),
        lng: Array.from({ length: points }, () => 10 + odd()),
        altitude_m: Array.from({ length: points }, () => 100 * odd()),
      },
      laps: [],
    });
    const track = course(60_000);
    await done(commit(context, on(), run("long", { track })));
    const stored = await db
      .prepare(`SELECT ${packedColumns("data")}, length(data) AS bytes FROM track WHERE user_id = ?1`)
      .bind(on().user_id)
      .first<Packed & { bytes: number }>();
    expect(stored?.bytes).toBeGreaterThan(1_000_000);
    expect(await unpackTrack(bytesOf(stored!))).toEqual(track);
    expect([...(await done(commit(context, on(), run("longer", { track: course(120_000) })))).written]).toEqual([1]);
    const [, longer] = await rows("activity", on().user_id, "external_id");
    expect(JSON.parse(longer!.extra as string)).toEqual({ dropped: { track: 120_000 } });
  });

  it("that no row can hold are rejected one by one", async () => {
    const on = await ground("apple_health");
    const batch = run("a1", { fields: { name: "x".repeat(600_000) } });
    for (const record of run("a2").activities)
      batch.activities.push({ ...record, element: element(batch, "activity") });
    const result = await done(commit(context, on(), batch));
    expect(result.kinds.activity).toEqual({ received: 2, written: 1, unchanged: 0, rejected: 1 });
    expect(result.rejections).toEqual([{ kind: "activity", pointer: "", reason: "larger than 500000 bytes" }]);
    expect((await rows("activity", on().user_id)).map((row) => row.external_id)).toEqual(["a2"]);
  });

  it("with a time or an offset that nobody can mean do not spoil their neighbours", async () => {
    const on = await ground("strava");
    const batch = run("future", { fields: { start_time: 8.64e15 } });
    for (const more of [run("offset", { fields: { utc_offset_s: 1e13 } }), run("fine")]) {
      for (const record of more.activities) batch.activities.push({ ...record, element: element(batch, "activity") });
    }
    addSample(batch, "steps", "", Number.POSITIVE_INFINITY, 1, 0, element(batch, "series"));
    const result = await done(commit(context, on(), batch));
    expect([...result.written]).toEqual([0, 1, 1, 0]);
    expect(result.rejections.map(({ reason }) => reason)).toEqual(["a time out of range", "a time out of range"]);
    expect(
      (await rows("activity", on().user_id)).map(({ external_id, utc_offset_s }) => [external_id, utc_offset_s]),
    ).toEqual([
      ["fine", 3600],
      ["offset", null],
    ]);
  });

  it("with a part of a millisecond, or no day at all, do not fail what came with them", async () => {
    const on = await ground("strava");
    const track = { time: [0, 999.7], channels: { heart_rate_bpm: [60, 61] }, laps: [] };
    const make = () => {
      const batch = run("a", { track });
      addSample(batch, "heart_rate_bpm", "", T0 + 0.4, 60, 3600, element(batch, "series"));
      addSample(batch, "heart_rate_bpm", "", T0 + MINUTE, 62, 3600.5, element(batch, "series"));
      batch.days.push({ date: "", metric: "steps", source: "", value: 1, element: element(batch, "daily") });
      return batch;
    };
    const result = await done(commit(context, on(), make()));
    expect([...result.written]).toEqual([1, 1, 1, 0]);
    expect(result.rejections).toEqual([{ kind: "daily", pointer: "", reason: "not a date" }]);
    expect((await storedSamples(on())).map(([, minutes, value]) => [minutes, value])).toEqual([
      [0, 60],
      [1, 62],
    ]);
    expect((await done(commit(context, on(), make()))).rows_written).toBe(0);
  });

  it("told of one night while it grew are the longest of them, in any order", async () => {
    const night = (external_id: string, minutes: number) => (): Batch => {
      const batch = emptyBatch();
      const fields = { type: "nap" as const, date: "2026-03-02", start_time: T0, end_time: T0 + minutes * MINUTE };
      const of = element(batch, "sleep");
      batch.nights.push({ external_id, part: "list", replaces: "overlapping", rank: 0, fields, element: of });
      return batch;
    };
    const [short, long] = [night("nap:1", 100), night("night:2026-03-02", 400)];
    for (const order of [
      [short, long, short],
      [long, short],
    ]) {
      const on = await ground("apple_health");
      for (const batch of order) await done(commit(context, on(), batch()));
      expect((await rows("sleep", on().user_id)).map((row) => row.external_id)).toEqual(["night:2026-03-02"]);
    }
  });

  it("lose a sample that is taken back, and the row and the day with the last of them", async () => {
    const on = await ground("apple_health");
    await done(commit(context, on(), samples("heart_rate_bpm", "Watch:minute", [0, 60], [1, 90])));
    const back = await done(
      commit(context, on(), samples("heart_rate_bpm", "Watch:minute", [1, Number.NaN], [2, Number.NaN])),
    );
    expect([...back.written]).toEqual([1, 0]);
    expect(await metricsOf(on())).toEqual({ avg_heart_rate_bpm: 60 });
    await done(commit(context, on(), samples("heart_rate_bpm", "Watch:minute", [0, Number.NaN])));
    expect(await rows("series", on().user_id)).toEqual([]);
    expect(await metricsOf(on())).toEqual({});
  });

  it("drop an input that is null and derive the day anew", async () => {
    const on = await ground("apple_health");
    await done(commit(context, on(), dayValue("steps", "Phone", 4000)));
    await done(commit(context, on(), dayValue("steps", "Watch", 5000)));
    expect(await metricsOf(on())).toEqual({ steps: 5000 });
    await done(commit(context, on(), dayValue("steps", "Watch", null)));
    expect(await metricsOf(on())).toEqual({ steps: 4000 });
  });

  it("let a night built from pieces stand where an app's sum overlaps it", async () => {
    const sum = (): Batch => {
      const batch = emptyBatch();
      batch.nights.push({
        external_id: "night:2026-03-02",
        part: "list",
        replaces: "overlapping",
        rank: 0,
        staged_only: true,
        fields: {
          type: "main",
          date: "2026-03-02",
          start_time: T0,
          end_time: T0 + 300 * MINUTE,
          utc_offset_s: 3600,
          asleep_s: 17000,
        },
        element: element(batch, "sleep"),
      });
      return batch;
    };
    for (const order of [
      [sum, () => segment(0, 240, "light")],
      [() => segment(0, 240, "light"), sum],
    ]) {
      const on = await ground("apple_health");
      for (const batch of order) await done(commit(context, on(), batch()));
      expect((await rows("sleep", on().user_id)).map((row) => row.external_id)).toEqual([`sleep:${T0}`]);
    }
  });
});

describe("any number of writers at once", () => {
  it("leave the days that one writer of all their samples leaves", async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const on = await ground("apple_health");
      let state = seed;
      const random = (below: number) => (state = (state * 48271) % 2147483647) % below;
      // Each writer has its own minutes, so that which of two values of an instant is the last is not in question.
      const batches = Array.from({ length: 5 }, (_, w) =>
        samples(
          "steps",
          random(2) === 0 ? "Phone:minute" : "Watch:minute",
          ...Array.from({ length: 12 }, (_, i): [number, number] => [random(20) * 60 + i * 5 + w, random(300)]),
        ),
      );
      await Promise.all(batches.map((batch) => done(commit(context, on(), batch))));

      // The rule by hand: per local hour the larger stream, each instant once.
      const hours = new Map<string, Map<string, number>>();
      for (const [stream, minute, value] of await storedSamples(on())) {
        const local = new Date(T0 + minute * MINUTE + 3_600_000).toISOString().slice(0, 13);
        const of = hours.get(local) ?? new Map<string, number>();
        hours.set(local, of.set(stream, (of.get(stream) ?? 0) + value));
      }
      const days = new Map<string, number>();
      for (const [hour, streams] of hours) {
        const date = hour.slice(0, 10);
        days.set(date, (days.get(date) ?? 0) + Math.max(...streams.values()));
      }
      const sent = new Set(
        batches.flatMap((batch) => batch.samples.flatMap(({ stream, time }) => time.map((t) => `${stream} ${t}`))),
      );
      expect((await storedSamples(on())).length).toBe(sent.size);
      for (const [date, steps] of days) expect(await metricsOf(on(), date)).toEqual({ steps });
    }
  });
});

describe("what is too old to be kept", () => {
  it("stays for another night where this one has no queries left", async () => {
    const on = await ground("ancient");
    await done(commit(context, on(), run("a")));
    await done(commit(context, on(), samples("heart_rate_bpm", "", [0, 60])));
    const counts = async () =>
      Promise.all(
        ["activity", "series", "daily", "tombstone"].map(async (of) => (await rows(of, on().user_id)).length),
      );
    const before = Date.now() + DAY_MS;
    const dropAll = async (own: Context) =>
      (await dropRecords(own, db, "activity", "ancient", before)) + (await dropRows(own, db, "ancient", before));
    expect(await dropAll({ ...context, queries: { spent: ENOUGH_QUERIES } })).toBe(0);
    expect(await counts()).toEqual([1, 1, 1, 0]);
    expect(await dropAll({ ...context, queries: { spent: ENOUGH_QUERIES - 1 } })).toBe(3);
    expect(await counts()).toEqual([0, 0, 0, 1]);
  });
});
