/** Bodies of Android's exporters, of anybody's own script and of lines, through the Worker and its database. */
import { beforeEach, describe, expect, it } from "vitest";
import appleNight from "../src/providers/apple_health/fixtures/hae_sleep_segments_unaggregated_two_sources.json";
import apple from "../src/providers/apple_health/fixtures/hae_v2_metrics_special_shapes_composed.json";
import appleRun from "../src/providers/apple_health/fixtures/hae_v2_workout_full_reference_composed.json";
import flat from "../src/providers/google_fit/fixtures/flat_records_mixed.json";
import session from "../src/providers/google_fit/fixtures/googlefit_rest_session.json";
import walk from "../src/providers/google_fit/fixtures/hcgateway_sync_ExerciseSession.json";
import heart from "../src/providers/google_fit/fixtures/hcgateway_sync_HeartRate.json";
import night from "../src/providers/google_fit/fixtures/hcgateway_sync_SleepSession_no_stages.json";
import steps from "../src/providers/google_fit/fixtures/hcgateway_sync_Steps.json";
import example from "../src/providers/google_fit/fixtures/hcwebhook_doc_example.json";
import peer from "../src/providers/google_fit/fixtures/hcwebhook_peer_mixed.json";
import ping from "../src/providers/google_fit/fixtures/hcwebhook_test_ping_all_types.json";
import pressures from "../src/providers/google_fit/fixtures/tasker_blood_pressure_records.json";
import { mutate, random } from "./mutate.ts";
import type { Body } from "./rows.ts";
import { type World, world } from "./world.ts";

let w: World;
let key: string;
beforeEach(async () => {
  w = await world();
  const { person } = await w.person();
  key = await w.key(person);
});

async function post(body: unknown, type = "application/json", path = "/api/webhooks/ingest") {
  const response = await w.request(path, {
    method: "POST",
    headers: { "x-api-key": key, "content-type": type },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Body };
}
const counts = (received: number, written: number, rejected = 0) => ({
  received,
  written,
  unchanged: received - written - rejected,
  rejected,
});
async function stored(): Promise<unknown> {
  const tables: Record<string, unknown> = {};
  for (const table of ["activity", "track", "sleep", "daily", "series", "event"]) {
    const rows = await w.rows(`SELECT * FROM ${table} ORDER BY 1, 2, 3, 4, 5`);
    tables[table] = rows.map(({ fetched_at, updated_at, version, user_id, ...row }) => row);
  }
  return tables;
}
const daily = async (date: string) => {
  const rows = await w.rows<{ metrics: string }>("SELECT metrics FROM daily WHERE date = ?1", date);
  return rows[0] ? JSON.parse(rows[0].metrics) : null;
};

describe("Android's exporters", () => {
  it.each<[string, unknown, number, number]>([
    ["HC Webhook's example", example, 2, 0],
    ["a mixed post of HC Webhook", peer, 5, 0],
    ["HCGateway's walk", walk, 1, 0],
    ["HCGateway's heart rate", heart, 1, 0],
    ["HCGateway's night", night, 1, 0],
    ["HCGateway's steps", steps, 1, 0],
    ["flat records", flat, 2, 0],
    ["a session of Google Fit", session, 1, 0],
    ["Tasker's blood pressures", pressures, 3, 1],
  ])("are stored: %s, and change nothing the second time", async (_, body, received, rejected) => {
    const first = await post(body);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject(counts(received, received - rejected, rejected));
    const before = await stored();
    expect((await post(body)).body).toMatchObject(counts(received, 0, rejected));
    expect(await stored()).toEqual(before);
    expect(await w.rows("SELECT provider FROM provider_connection")).toEqual([{ provider: "google_fit" }]);
  });

  it("may send a test, of which nothing is written", async () => {
    const before = await stored();
    const { status, body } = await post(ping);
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...counts(31, 0), kinds: { event: counts(6, 0) }, rejections: [] });
    expect(await stored()).toEqual(before);
    expect(await w.rows("SELECT * FROM provider_connection")).toEqual([]);
    expect(await w.rows("SELECT provider, status FROM post")).toEqual([{ provider: "", status: 200 }]);
  });

  it("make days of intervals, and of a day that grows the last", async () => {
    await post(steps);
    expect(await daily("2023-07-18")).toEqual({ steps: 3634 });
    const grown = structuredClone(steps);
    grown.data[0]!.count = 4000;
    expect((await post(grown)).body).toMatchObject(counts(1, 1));
    expect(await daily("2023-07-18")).toEqual({ steps: 4000 });
  });

  it("change nothing by what is older than what is stored under its id", async () => {
    const told = (title: string, lastModifiedTime: string) => {
      const body: Body = structuredClone(walk);
      Object.assign(body.data[0], { title, metadata: { ...body.data[0].metadata, lastModifiedTime } });
      return body;
    };
    await post(told("second", "2023-07-02T00:00:00Z"));
    expect((await post(told("first", "2023-07-01T00:00:00Z"))).body).toMatchObject(counts(1, 0));
    expect((await post(told("third", "2023-07-03T00:00:00Z"))).body).toMatchObject(counts(1, 1));
    expect((await post(told("second", "2023-07-02T00:00:00Z"))).body).toMatchObject(counts(1, 0));
    expect(await w.rows("SELECT name FROM activity")).toEqual([{ name: "third" }]);
  });

  it("are known by what comes first, however long it is", async () => {
    const at = (i: number) => new Date(Date.UTC(2026, 2, 1) + i * 1000).toISOString();
    const samples = Array.from({ length: 6000 }, (_, i) => ({ time: at(i), beatsPerMinute: 60 + (i % 7) }));
    const { status, body } = await post({ data: { samples, metadata: { dataOrigin: "app" }, startTime: at(0) } });
    expect(status).toBe(200);
    expect(body).toMatchObject(counts(6000, 6000));
    expect(await w.rows("SELECT metric, stream, count FROM series")).toEqual([
      { metric: "heart_rate_bpm", stream: "app", count: 6000 },
    ]);
  });

  it("may name the type in the address", async () => {
    const record = { metadata: { dataOrigin: "app" }, energy: { inKilocalories: 90 }, ...times() };
    expect((await post({ data: [record] })).body.rejections).toEqual([
      { pointer: "/data/0", reason: "record type unknown" },
    ]);
    const { body } = await post({ data: [record] }, undefined, "/api/webhooks/ingest?type=ActiveCaloriesBurned");
    expect(body).toMatchObject(counts(1, 1));
    expect(await daily("2026-03-02")).toEqual({ active_energy_kcal: 90 });
  });

  const times = () => ({ startTime: "2026-03-02T08:00:00Z", endTime: "2026-03-02T08:30:00Z" });
});

describe("anybody's own script", () => {
  const body = {
    source: "google_fit",
    samples: [
      { metric: "heart_rate_bpm", time: "2026-03-02T08:00:00+01:00", value: 61 },
      { metric: "weight_kg", time: "2026-03-02T08:00:00+01:00", value: 154, unit: "lb", source: "scale" },
      { metric: "Coffee cups", time: "2026-03-02T08:00:00+01:00", value: 2 },
      { metric: "heart_rate_bpm", time: "8 o'clock", value: 61 },
      { metric: "heart_rate_bpm", time: "2026-03-02T08:00:00+01:00", value: "61" },
    ],
    days: [{ metric: "steps", date: "2026-03-02", value: 9000 }],
    activities: [
      {
        id: "run-1",
        sport: "running",
        sub_sport: "trail",
        start_time: "2026-03-02T07:00:00+01:00",
        end_time: "2026-03-02T07:30:00+01:00",
        distance_m: 5200,
      },
    ],
    nights: [
      {
        start_time: "2026-03-01T23:00:00+01:00",
        end_time: "2026-03-02T06:30:00+01:00",
        stages: [
          { stage: "light", start_time: "2026-03-01T23:00:00+01:00", end_time: "2026-03-02T03:00:00+01:00" },
          { stage: "deep", start_time: "2026-03-02T03:00:00+01:00", end_time: "2026-03-02T06:30:00+01:00" },
        ],
      },
    ],
  };

  it("is stored in our names, each element judged on its own", async () => {
    const answer = await post(body);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      ...counts(8, 6, 2),
      kinds: { series: counts(5, 3, 2), daily: counts(1, 1), activity: counts(1, 1), sleep: counts(1, 1) },
    });
    expect(answer.body.rejections.map(({ pointer }: Body) => pointer)).toEqual(["/samples/3/time", "/samples/4/value"]);
    expect(await daily("2026-03-02")).toEqual({
      avg_heart_rate_bpm: 61,
      steps: 9000,
      weight_kg: 154 * 0.45359237,
      x_coffee_cups: 2,
    });
    expect(await w.rows("SELECT external_id, sport, sub_sport, elapsed_s, utc_offset_s FROM activity")).toEqual([
      { external_id: "run-1", sport: "running", sub_sport: "trail", elapsed_s: 1800, utc_offset_s: 3600 },
    ]);
    expect(await w.rows("SELECT external_id, date, asleep_s, light_s, deep_s FROM sleep")).toEqual([
      { external_id: "night:2026-03-02", date: "2026-03-02", asleep_s: 27_000, light_s: 14_400, deep_s: 12_600 },
    ]);
    expect((await post(body)).body).toMatchObject(counts(8, 0, 2));
  });

  it("is Apple's where it says so", async () => {
    await post({ ...body, source: "apple_health" });
    expect(await w.rows("SELECT DISTINCT provider FROM series")).toEqual([{ provider: "apple_health" }]);
    expect((await post({ ...body, source: "a wall" })).body).toMatchObject({ code: "unknown_format" });
  });

  it("is in the OpenAPI document", async () => {
    const document = (await (await w.request("/openapi.json")).json()) as Body;
    expect(Object.keys(document.components.schemas.OwnBody.properties)).toEqual([
      "source",
      "samples",
      "days",
      "activities",
      "nights",
    ]);
  });
});

describe("lines", () => {
  const line = (value: number) =>
    JSON.stringify({
      source: "google_fit",
      samples: [{ metric: "heart_rate_bpm", time: `2026-03-02T08:00:0${value % 10}Z`, value }],
    });

  it.each([
    ["by their content type", "application/x-ndjson"],
    ["by themselves", "application/json"],
  ])("are known %s, each read on its own", async (_, type) => {
    const { status, body } = await post(`${line(61)}\n${line(2)}\r\n${line(63)}\n`, type);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...counts(3, 2, 1),
      rejections: [{ pointer: "/1/samples/0/value", reason: "out of range" }],
    });
  });

  it("may be posts of an app", async () => {
    const { body } = await post(`${JSON.stringify(example)}\n${JSON.stringify(peer)}`);
    expect(body).toMatchObject(counts(7, 7));
  });

  it("store what came before one that is cut off, and say of one that is nobody's that it is", async () => {
    const cut = await post(`${line(61)}\n${line(62).slice(0, 40)}`, "application/x-ndjson");
    expect(cut.status).toBe(400);
    expect(cut.body).toMatchObject({ code: "not_json", written: 1 });
    const { body } = await post(`${line(63)}\n{"a":1}\n`);
    expect(body.rejections).toEqual([{ pointer: "/1", reason: "nothing known was found" }]);
  });
});

describe("Health.md", () => {
  const body = (source: string) => ({
    schema: "healthmd.api_export",
    schema_version: 1,
    source,
    date_range: { start: "2026-03-02", end: "2026-03-02" },
    record_count: 1,
    records: [
      {
        schema: "healthmd.health_data",
        date: "2026-03-02",
        units: "metric",
        activity: { steps: 8000, activeCalories: 420, exerciseMinutes: 30 },
        heart: { restingHeartRate: 55, hrv: 48 },
        vitals: { bloodOxygenAvg: 0.97 },
        sleep: {
          totalDuration: 25_200,
          deepSleep: 3600,
          coreSleep: 18_000,
          remSleep: 3600,
          bedtimeISO: "2026-03-01T22:00:00Z",
          wakeTimeISO: "2026-03-02T05:30:00Z",
        },
      },
    ],
    failed_date_details: [],
  });

  it("is of the phone that it says, whose variability is its own measure", async () => {
    expect((await post(body("android"))).body).toMatchObject(counts(7, 7));
    expect(await daily("2026-03-02")).toEqual({
      active_energy_kcal: 420,
      exercise_s: 1800,
      hrv_rmssd_ms: 48,
      resting_heart_rate_bpm: 55,
      spo2_pct: 97,
      steps: 8000,
    });
    expect(await w.rows("SELECT external_id, asleep_s, unstaged_s FROM sleep")).toEqual([
      { external_id: "night:2026-03-02", asleep_s: 25_200, unstaged_s: 0 },
    ]);
    await post(body("ios"));
    const rows = await w.rows<{ metrics: string }>("SELECT metrics FROM daily WHERE provider = 'apple_health'");
    expect(JSON.parse(rows[0]!.metrics)).toHaveProperty("hrv_sdnn_ms", 48);
  });
});

describe("whatever is posted", () => {
  it("is answered with counts that add up, or with a problem: 250 mutated bodies", async () => {
    const next = random(38);
    const bodies = [
      example,
      peer,
      ping,
      walk,
      heart,
      night,
      steps,
      flat,
      session,
      pressures,
      apple,
      appleNight,
      appleRun,
    ];
    let taken = 0;
    for (let i = 0; i < 250; i++) {
      const body = mutate(JSON.stringify(bodies[next() % bodies.length]), next);
      const response = await w.request("/api/webhooks/ingest", { method: "POST", headers: { "x-api-key": key }, body });
      const answer = (await response.json()) as Body;
      if (response.status === 200) {
        taken++;
        expect(answer.written + answer.unchanged + answer.rejected, `case ${i}`).toBe(answer.received);
      } else {
        expect([400, 422], `case ${i}: ${JSON.stringify(answer)}`).toContain(response.status);
        expect(response.headers.get("content-type")).toContain("application/problem+json");
        expect(answer.code).toMatch(/^[a-z_]+$/);
      }
    }
    expect(taken).toBeGreaterThan(80);
  });

  it("makes the same database in whatever order and pieces, and however often", async () => {
    const next = random(5);
    const at = (minutes: number) => new Date(Date.UTC(2026, 2, 1, 21) + minutes * 60_000).toISOString();
    const local = (minutes: number) => `${at(minutes).slice(0, 19).replace("T", " ")} +0000`;
    const android = Array.from({ length: 40 }, (_, i): [string, object] =>
      i % 2
        ? ["heart_rate", { bpm: 60 + i, time: at(17 * i) }]
        : [
            "steps",
            {
              count: 10 + i,
              start_time: at(17 * i),
              end_time: at(17 * i + 9),
              metadata: { data_origin: `app${i % 3}` },
            },
          ],
    );
    const apple = Array.from({ length: 40 }, (_, i): [string, object] =>
      i % 2
        ? ["heart_rate", { date: local(17 * i), Min: 50 + i, Avg: 60 + i, Max: 70 + i, source: `Watch ${i % 3}` }]
        : ["step_count", { date: local(17 * i), qty: 10 + i, source: `Watch ${i % 3}` }],
    );
    const lists = (elements: [string, object][]) =>
      Map.groupBy(elements, ([name]) => name)
        .entries()
        .map(([name, list]) => [name, list.map(([, element]) => element)] as const);
    const asAndroid = (elements: [string, object][]) => Object.fromEntries(lists(elements));
    const asApple = (elements: [string, object][]) => ({
      data: { metrics: [...lists(elements)].map(([name, data]) => ({ name, units: "count/min", data })) },
    });
    for (const [elements, asBody] of [
      [android, asAndroid],
      [apple, asApple],
    ] as const) {
      let whole: unknown;
      for (let round = 0; round < 5; round++) {
        w = await world();
        const { person } = await w.person();
        key = await w.key(person);
        if (round === 0) await post(asBody(elements));
        else {
          const order = elements.map((element) => [next(), element] as const).sort((a, b) => a[0] - b[0]);
          const shuffled = order.map(([, element]) => element);
          // Three posts that overlap.
          for (const [from, to] of [
            [0, 20],
            [10, 30],
            [25, 40],
          ]) {
            await post(asBody(shuffled.slice(from, to)));
          }
        }
        const now = await stored();
        whole ??= now;
        expect(now).toEqual(whole);
      }
    }
  });
});

describe("the extremes of buckets", () => {
  const beats = (...rows: [second: number, least: number, average: number, most: number, source?: string][]) => ({
    data: {
      metrics: [
        {
          name: "heart_rate",
          units: "count/min",
          data: rows.map(([second, Min, Avg, Max, source = "Watch"]) => ({
            date: `2026-03-01 10:00:${String(second).padStart(2, "0")} +0100`,
            Min,
            Avg,
            Max,
            source,
          })),
        },
      ],
    },
  });
  const rows = () => w.rows("SELECT metric, stream, count, sum FROM series ORDER BY metric, stream");

  it("are kept where they differ from the average, whatever came before and between them", async () => {
    await post(
      beats(
        [1, 60, 60, 60],
        [2, 61, 61, 61],
        [3, 50, 62, 62],
        [4, 63, 63, 63],
        [5, 70, 71, 72, "Ring"],
        [6, 9e9, 1, 1],
      ),
    );
    expect(await rows()).toEqual([
      { metric: "heart_rate_bpm", stream: "Ring:minute", count: 1, sum: 71 },
      { metric: "heart_rate_bpm", stream: "Watch:minute", count: 4, sum: 60 + 61 + 62 + 63 },
      { metric: "heart_rate_max_bpm", stream: "Ring:minute", count: 1, sum: 72 },
      { metric: "heart_rate_min_bpm", stream: "Ring:minute", count: 1, sum: 70 },
      { metric: "heart_rate_min_bpm", stream: "Watch:minute", count: 1, sum: 50 },
    ]);
  });

  it("go with a correction that has none, in a later post and in the same", async () => {
    await post(beats([1, 50, 60, 70], [2, 51, 61, 71]));
    await post(beats([1, 60, 60, 60]));
    const left = [
      { metric: "heart_rate_bpm", stream: "Watch:minute", count: 2, sum: 121 },
      { metric: "heart_rate_max_bpm", stream: "Watch:minute", count: 1, sum: 71 },
      { metric: "heart_rate_min_bpm", stream: "Watch:minute", count: 1, sum: 51 },
    ];
    expect(await rows()).toEqual(left);
    await post(beats([2, 40, 61, 80], [2, 61, 61, 61]));
    expect(await rows()).toEqual(left.slice(0, 1));
    await post(beats([2, 61, 61, 61], [2, 51, 61, 71]));
    expect(await rows()).toEqual(left);
    // Lines are bodies one after the other.
    await post([beats([2, 40, 61, 80]), beats([2, 61, 61, 61])].map((body) => JSON.stringify(body)).join("\n"));
    expect(await rows()).toEqual(left.slice(0, 1));
  });
});

describe("the settings page", () => {
  it("sends a test that nobody takes for the phone, and asks after one that fell silent", async () => {
    const { person, browser } = await w.person();
    const page = async () => (await browser.request("/dashboard/settings")).text();
    const badge = async () => /id="bridge".*?<span class="badge ?\w*">([^<]*)</s.exec(await page())![1];
    const test = async () => {
      await browser.form("/dashboard/settings/test-post", {});
      return page();
    };
    expect(await test()).toContain("Make an API key with the scope “ingest” first.");
    key = await w.key(person);
    const html = await test();
    expect(html).toContain("The test post arrived");
    expect(html).toContain(">Test</span>");
    expect(await badge()).toBe("Waiting for the first post");
    await post(peer);
    expect(await badge()).toBe("Receiving");
    w.advance(3 * 86_400_000);
    expect(await badge()).toMatch(/^No post since /);
  });
});
