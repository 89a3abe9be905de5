import { beforeEach, describe, expect, it } from "vitest";
import { disconnect } from "../src/connect/disconnect.ts";
import { receive } from "../src/ingest/receive.ts";
import { BODY_BYTES } from "../src/platform/body.ts";
import type { Problem } from "../src/platform/errors.ts";
import { watched } from "../src/platform/queries.ts";
import configuration from "../src/providers/apple_health/fixtures/hae_automation_config_export.json";
import ecg from "../src/providers/apple_health/fixtures/hae_ecg_stateofmind_actual_types_composed.json";
import clock12 from "../src/providers/apple_health/fixtures/hae_metrics_12h_dates_composed.json";
import nightBefore from "../src/providers/apple_health/fixtures/hae_sleep_aggregated_before_6_6_2.json";
import nightFrom from "../src/providers/apple_health/fixtures/hae_sleep_aggregated_from_6_6_2_two_sources.json";
import segmentNull from "../src/providers/apple_health/fixtures/hae_sleep_segment_null_date.json";
import segments from "../src/providers/apple_health/fixtures/hae_sleep_segments_unaggregated_two_sources.json";
import minutes from "../src/providers/apple_health/fixtures/hae_v1_metrics_minutes_kj_with_empty_metric.json";
import walk from "../src/providers/apple_health/fixtures/hae_v1_workout_walking_route.json";
import activityDays from "../src/providers/apple_health/fixtures/hae_v2_metrics_days_activity_unknown_metric.json";
import heartDays from "../src/providers/apple_health/fixtures/hae_v2_metrics_days_heart_no_avg.json";
import mobilityDays from "../src/providers/apple_health/fixtures/hae_v2_metrics_days_mobility.json";
import special from "../src/providers/apple_health/fixtures/hae_v2_metrics_special_shapes_composed.json";
import full from "../src/providers/apple_health/fixtures/hae_v2_workout_full_reference_composed.json";
import basic from "../src/providers/apple_health/fixtures/hae_v2_workouts_basic_no_id.json";
import { appleHealth } from "../src/providers/apple_health/index.ts";
import type { Person } from "../src/store/users.ts";
import { type World, world } from "./world.ts";

let w: World;
let person: Person;
let key: string;
beforeEach(async () => {
  w = await world();
  ({ person } = await w.person());
  key = await w.key(person);
});

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into as they come
type Answer = { status: number; body: any; response: Response };
async function post(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await w.request("/api/webhooks/ingest", {
    method: "POST",
    headers: { "x-api-key": key, "content-type": "application/json", ...headers },
    body:
      typeof body === "string" || body instanceof ReadableStream || body instanceof Uint8Array
        ? body
        : JSON.stringify(body),
  });
  return { status: response.status, body: await response.clone().json(), response };
}
const counts = (received: number, written: number, rejected = 0) => ({
  received,
  written,
  unchanged: received - written - rejected,
  rejected,
});
const metric = (name: string, units: string, data: unknown[]) => ({ data: { metrics: [{ name, units, data }] } });
const steps = (values: unknown[]) =>
  metric(
    "step_count",
    "count",
    values.map((qty, i) => ({ date: `2026-03-01 10:0${i}:00 +0100`, qty, source: "Watch" })),
  );
async function daily(date: string): Promise<Record<string, number>> {
  const rows = await w.rows<{ metrics: string }>("SELECT metrics FROM daily WHERE date = ?1", date);
  return rows[0] ? JSON.parse(rows[0].metrics) : {};
}
/** All that is stored, without the times of storing. */
async function stored(): Promise<unknown> {
  const tables: Record<string, unknown> = {};
  for (const table of ["activity", "track", "sleep", "daily", "series", "event", "tombstone"]) {
    const rows = await w.rows(`SELECT * FROM ${table} ORDER BY 1, 2, 3, 4, 5`);
    tables[table] = rows.map(({ fetched_at, updated_at, ...row }) => row);
  }
  return tables;
}
const zeros = counts(0, 0);

describe("what a phone posts", () => {
  it("answers with the counts of each kind", async () => {
    const { status, body } = await post(special);
    expect(status).toBe(200);
    expect(body).toEqual({
      ...counts(7, 7),
      kinds: { activity: zeros, sleep: counts(1, 1), daily: zeros, series: counts(6, 6), event: zeros },
      rejections: [],
    });
  });

  it.each<[string, unknown, string, number]>([
    ["minutes in kJ", minutes, "series", 2],
    ["12-hour dates", clock12, "series", 4],
    ["days of activity", activityDays, "daily", 13],
    ["days of heart rate", heartDays, "daily", 9],
    ["days of mobility", mobilityDays, "daily", 4],
    ["an old night", nightBefore, "sleep", 1],
    ["a newer night", nightFrom, "sleep", 1],
    ["pieces of a night", segments, "sleep", 2],
    ["a piece with its date null", segmentNull, "sleep", 1],
    ["a walk of version 1", walk, "activity", 1],
    ["a run with everything", full, "activity", 1],
    ["workouts without id", basic, "activity", 3],
    ["an ECG and a mood", ecg, "event", 2],
  ])("stores %s and changes nothing the second time", async (_, body, kind, elements) => {
    const first = await post(body);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ ...counts(elements, elements), kinds: { [kind]: counts(elements, elements) } });
    const before = await stored();
    const second = await post(body);
    expect(second.body).toMatchObject(counts(elements, 0));
    expect(await stored()).toEqual(before);
  });

  it("makes days of day values and of samples", async () => {
    await post(activityDays);
    expect(await daily("2026-03-09")).toEqual({
      steps: 9500,
      active_energy_kcal: 1800 / 4.184,
      exercise_s: 1800,
      distance_m: 6200,
      stand_hours: 10,
      floors: 5,
      x_totally_unknown_metric: 999,
    });
    await post(minutes);
    // 0:04 and 0:05 in China on 19 November: one hour of one source.
    expect((await daily("2021-11-19")).active_energy_kcal).toBeCloseTo(
      (0.7685677437484512 + 0.377848256251549) / 4.184,
      12,
    );
  });

  it("serves the workout, its track and its heart rate by the API", async () => {
    await post(full);
    const headers = { "x-api-key": key };
    const list = (await (
      await w.request("/api/v1/activities?start=2024-02-01&end=2024-03-01", { headers })
    ).json()) as Answer["body"];
    expect(list.data).toHaveLength(1);
    expect(list.data[0]).toMatchObject({
      id: "apple_health:6F1D7E0B-6B3E-4C4B-9C55-0A1D3B9B7F10",
      start_time: "2024-02-06T07:00:00-08:00",
      distance_m: 3.1 * 1609.344,
      avg_cadence_rpm: 84,
    });
    const track = (await (
      await w.request(`/api/v1/activities/${list.data[0].id}/track`, { headers })
    ).json()) as Answer["body"];
    expect(JSON.stringify(track)).toContain("10.0004");
    const series = (await (
      await w.request("/api/v1/series/heart_rate_bpm?start=2024-02-06&end=2024-02-08", { headers })
    ).json()) as Answer["body"];
    expect(series.data.map((point: { value: number }) => point.value)).toEqual([150]);
  });

  it("stores the neighbours of a bad element and says where it is", async () => {
    const { status, body } = await post(steps([10, "x", 12]));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...counts(3, 2, 1),
      rejections: [{ pointer: "/data/metrics/0/data/1/qty", reason: "not a number" }],
    });
    expect((await daily("2026-03-01")).steps).toBe(22);
  });

  it("counts the last of one instant, the earlier ones are unchanged", async () => {
    const at = (qty: number) => ({ date: "2026-03-01 10:00:30 +0100", qty, source: "Watch" });
    expect((await post(metric("step_count", "count", [at(5), at(7)]))).body).toMatchObject(counts(2, 1));
    expect((await daily("2026-03-01")).steps).toBe(7);
  });

  it("makes the same of one post and of two, in whatever order", async () => {
    await post(steps([1, 2, 3, 4]));
    const whole = await daily("2026-03-01");
    w = await world();
    ({ person } = await w.person());
    key = await w.key(person);
    const later = steps([1, 2, 3, 4]).data.metrics[0]!;
    await post({ data: { metrics: [{ ...later, data: later.data.slice(2) }] } });
    await post({ data: { metrics: [{ ...later, data: later.data.slice(0, 2) }] } });
    expect(await daily("2026-03-01")).toEqual(whole);
  });

  it("lets a workout with an id take the place of the same one without", async () => {
    const run = full.data.workouts[0]!;
    const { id, ...older } = run;
    await post({ data: { workouts: [older] } });
    await post({ data: { workouts: [run] } });
    expect(await w.rows("SELECT external_id FROM activity")).toEqual([{ external_id: id }]);
  });

  it("counts the last of one night and of one workout, the earlier ones are unchanged", async () => {
    const night = special.data.metrics.find(({ name }) => name === "sleep_analysis")!.data[0] as Record<
      string,
      unknown
    >;
    const run = full.data.workouts[0]!;
    const body = {
      data: {
        metrics: [
          {
            name: "sleep_analysis",
            units: "hr",
            // The last one with stages: the one after it has none.
            data: [
              { ...night, awake: 0.1 },
              { ...night, awake: 0.2 },
              { ...night, core: 0, deep: 0, rem: 0, awake: 0.3 },
            ],
          },
        ],
        workouts: [
          { ...run, distance: { qty: 1, units: "km" } },
          { ...run, route: undefined, distance: { qty: 2, units: "km" } },
        ],
      },
    };
    expect((await post(body)).body).toMatchObject(counts(5, 2));
    expect(await w.rows("SELECT awake_s FROM sleep")).toEqual([{ awake_s: 720 }]);
    expect(await w.rows("SELECT distance_m, start_lat FROM activity")).toEqual([
      { distance_m: 2000, start_lat: 10.0001 },
    ]);
    expect((await post(body)).body).toMatchObject(counts(5, 0));
  });

  it("lets a corrected mood replace the one of the same id", async () => {
    await post(ecg);
    const [mood] = ecg.data.stateOfMind;
    const corrected = { data: { stateOfMind: [{ ...mood, valence: -0.2 }] } };
    expect((await post(corrected)).body).toMatchObject(counts(1, 1));
    expect((await post(corrected)).body).toMatchObject(counts(1, 0));
    expect(await w.rows("SELECT value FROM event WHERE kind = 'state_of_mind'")).toEqual([{ value: "-0.2" }]);
  });

  it("takes gzip, text/plain and a body in small pieces", async () => {
    const text = JSON.stringify(steps([1, 2, 3]));
    const zipped = new Response(text).body!.pipeThrough(new CompressionStream("gzip"));
    expect((await post(zipped, { "content-encoding": "gzip" })).body).toMatchObject(counts(3, 3));
    expect((await post(text, { "content-type": "text/plain" })).body).toMatchObject(counts(3, 0));
    const { readable, writable } = new IdentityTransformStream();
    const pieces = (async () => {
      const writer = writable.getWriter();
      for (const byte of new TextEncoder().encode(text)) await writer.write(Uint8Array.of(byte));
      await writer.close();
    })();
    expect((await post(readable)).body).toMatchObject(counts(3, 0));
    await pieces;
  });
});

describe("nights told twice", () => {
  const segment = (from: string, to: string, value: string) => ({
    startDate: `2026-03-01 ${from}:00 +0100`,
    endDate: `2026-03-01 ${to}:00 +0100`,
    value,
    source: "Watch",
  });
  const pieces = metric("sleep_analysis", "hr", [segment("00:10", "03:00", "Core"), segment("03:00", "06:50", "Deep")]);
  const night = metric("sleep_analysis", "hr", [
    { date: "2026-03-01", sleepStart: "2026-03-01 00:00:00 +0100", sleepEnd: "2026-03-01 07:00:00 +0100", asleep: 6.5 },
  ]);
  const nap = metric("sleep_analysis", "hr", [
    { date: "2026-03-01", sleepStart: "2026-03-01 05:00:00 +0100", sleepEnd: "2026-03-01 06:00:00 +0100", asleep: 1 },
  ]);
  const both = (...bodies: (typeof night)[]) =>
    metric(
      "sleep_analysis",
      "hr",
      bodies.flatMap(({ data }) => data.metrics[0]!.data),
    );
  const built = [{ external_id: `sleep:${Date.parse("2026-03-01T00:10:00+01:00")}`, rank: 1 }];
  const rows = () => w.rows("SELECT external_id, rank FROM sleep");

  it("stand as their pieces make them, whichever came first, also in one body", async () => {
    expect((await post(night)).body).toMatchObject(counts(1, 1));
    expect((await post(pieces)).body).toMatchObject(counts(2, 2));
    expect(await rows()).toEqual(built);
    expect((await post(night)).body).toMatchObject(counts(1, 0));
    expect((await post(nap)).body).toMatchObject(counts(1, 0));
    expect(await rows()).toEqual(built);
    expect((await post(both(night, pieces, nap))).body).toMatchObject(counts(4, 0));
    expect(await rows()).toEqual(built);
  });

  it("give way to their pieces in one body", async () => {
    expect((await post(both(night, nap, pieces))).body).toMatchObject(counts(4, 2));
    expect(await rows()).toEqual(built);
  });
});

describe("a workout with and without its id", () => {
  const plain = {
    name: "Outdoor Run",
    start: "2026-03-01 10:00:00 +0100",
    end: "2026-03-01 10:30:00 +0100",
    duration: 1800,
  };
  const known = { ...plain, id: "A" };
  const runs = (...workouts: unknown[]) => ({ data: { workouts } });
  const rows = () => w.rows("SELECT external_id FROM activity");

  it("is one, whichever came first", async () => {
    expect((await post(runs(known))).body).toMatchObject(counts(1, 1));
    expect((await post(runs(plain))).body).toMatchObject(counts(1, 0));
    expect(await rows()).toEqual([{ external_id: "A" }]);
  });

  it("is one in one body", async () => {
    expect((await post(runs(plain, known, plain))).body).toMatchObject(counts(3, 1));
    expect((await post(runs(known, plain))).body).toMatchObject(counts(2, 0));
    expect(await rows()).toEqual([{ external_id: "A" }]);
  });
});

describe("what is large", () => {
  it("refuses text that is too long and stores its neighbours", async () => {
    const long = "x".repeat(2_500_000);
    const start = "2026-03-01 10:00:00 +0100";
    const run = { name: "Run", start, duration: 60 };
    const { status, body } = await post({
      data: {
        workouts: [run, { ...run, name: long }, { ...run, id: long }, { ...run, metadata: { note: long } }],
        symptoms: [
          { name: "Headache", start },
          { name: long, start },
        ],
        metrics: [
          {
            name: "step_count",
            units: "count",
            data: [
              { date: start, qty: 1 },
              { date: start, qty: 1, source: long },
            ],
          },
          { name: "weight_body_mass", units: long, data: [{ date: start, qty: 70 }] },
          { name: long, units: long, data: [{ date: start, qty: 70 }] },
        ],
      },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject(counts(10, 4, 6));
    expect(
      new Set(body.rejections.map(({ pointer, reason }: Record<string, string>) => `${pointer} ${reason}`)),
    ).toEqual(
      new Set([
        "/data/workouts/1/name longer than 2000 characters",
        "/data/workouts/2/id longer than 512 characters",
        "/data/workouts/3/metadata longer than 65536 bytes of JSON",
        "/data/symptoms/1/name longer than 2000 characters",
        "/data/metrics/0/data/1/source longer than 512 characters",
        `/data/metrics/1/data/0 unit "${"x".repeat(60)}…"`,
      ]),
    );
  });

  it("stores a route of a day of seconds", async () => {
    const start = Date.UTC(2026, 2, 1);
    const route = Array.from({ length: 86_400 }, (_, i) => ({
      latitude: 47 + i * 1.234567e-6,
      longitude: 8.2,
      altitude: 500.123456789,
      course: 123.456789,
      courseAccuracy: 1.2345678,
      horizontalAccuracy: 3.1234567,
      verticalAccuracy: 2.1234567,
      timestamp: `${new Date(start + i * 1000).toISOString().slice(0, 19).replace("T", " ")} +0000`,
      speed: 3.1234567,
      speedAccuracy: 0.1234567,
    }));
    const text = JSON.stringify({
      data: { workouts: [{ id: "R", name: "Outdoor Walk", start: route[0]!.timestamp, duration: 86_400, route }] },
    });
    expect(text.length).toBeGreaterThan(20e6);
    expect((await post(text)).body).toMatchObject(counts(1, 1));
    expect(await w.rows("SELECT points FROM track")).toEqual([{ points: 86_400 }]);
    expect((await post(text)).body).toMatchObject(counts(1, 0));
  });
});

describe("a bucket told again", () => {
  it("loses the extremes that it no longer has", async () => {
    const bucket = (Min: number, Max: number) =>
      metric("heart_rate", "bpm", [{ date: "2026-03-01 10:01:00 +0100", Min, Avg: 60, Max }]);
    const extremes = () => w.rows("SELECT metric, max FROM series WHERE metric != 'heart_rate_bpm' AND count > 0");
    await post(bucket(50, 70));
    expect(await extremes()).toEqual([
      { metric: "heart_rate_max_bpm", max: 70 },
      { metric: "heart_rate_min_bpm", max: 50 },
    ]);
    expect((await post(bucket(60, 60))).body).toMatchObject(counts(1, 1));
    expect(await extremes()).toEqual([]);
    expect((await post(bucket(60, 60))).body).toMatchObject(counts(1, 0));
  });
});

describe("a time without a zone", () => {
  it("takes the offset that the body told before, and says that it is not known", async () => {
    const qty = 1;
    const body = metric("step_count", "count", [
      { date: "2026-03-01 10:00:30 +0900", qty },
      { date: "2026-03-01 10:01:30", qty },
    ]);
    expect((await post(body)).body).toMatchObject(counts(2, 2));
    expect((await post(body)).body).toMatchObject(counts(2, 0));
    const answer = await w.request("/api/v1/series/steps?start=2026-02-28&end=2026-03-02", {
      headers: { "x-api-key": key },
    });
    const { data } = (await answer.json()) as Answer["body"];
    expect(data.map(({ time }: { time: string }) => time)).toEqual([
      "2026-03-01T10:00:30+09:00",
      "2026-03-01T01:01:30Z",
    ]);
  });
});

describe("what is refused", () => {
  it("wants a key of the scope", async () => {
    const ask = (headers: Record<string, string>) =>
      w.request("/api/webhooks/ingest", { method: "POST", headers, body: "{}" });
    expect((await ask({})).status).toBe(401);
    expect((await ask({ "x-api-key": "qt_wrong" })).status).toBe(401);
    expect((await ask({ "x-api-key": await w.key(person, ["read"]) })).status).toBe(403);
    const { browser } = await w.person();
    expect((await browser.json("POST", "/api/webhooks/ingest", {})).status).toBe(401);
    expect(await w.rows("SELECT * FROM post")).toEqual([]);
  });

  it.each<[string, string, number]>([
    ["cut off", '{"data":{"metrics":[', 20],
    ["not JSON at all", "hello", 0],
    ["empty", "", 0],
    ["with garbage behind", '{"data":{"metrics":[]}} x', 24],
    ["wrong in a part nobody reads", '{"nothing":[1,2,]}', 16],
  ])("says at which byte a body is wrong: %s", async (_, text, offset) => {
    const { status, body, response } = await post(text);
    expect(status).toBe(400);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(body).toMatchObject({ code: "not_json", offset, ...zeros });
  });

  it("says that a body is empty", async () => {
    expect((await post("")).body).toMatchObject({
      code: "not_json",
      detail: expect.stringContaining("The body is empty"),
    });
  });

  it.each<[string, string]>([
    ["a long string", `"${"x".repeat(300_000)}"`],
    ["deep arrays", "[".repeat(60) + "]".repeat(60)],
  ])("reads on after %s that nobody asked for", async (_, junk) => {
    const one = JSON.stringify(steps([1]).data);
    expect((await post(`{"junk":${junk},"data":${one}}`)).body).toMatchObject(counts(1, 1));
    expect((await post(`{"junk":${junk},"hello":1}`)).body).toMatchObject({ code: "unknown_format" });
    expect(await w.rows("SELECT provider FROM post WHERE status = 422")).toEqual([{ provider: "" }]);
  });

  it("stores the metrics beside what is none", async () => {
    const [one] = steps([1]).data.metrics;
    expect((await post({ data: [one, 5] })).body).toMatchObject({
      ...counts(2, 1, 1),
      rejections: [{ pointer: "/data/1", reason: "not an object" }],
    });
  });

  it.each(["PUT", "DELETE", "PATCH", "OPTIONS"])("is not to be spoken to with %s", async (method) => {
    const response = await w.request("/api/webhooks/ingest", { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD, POST"]);
    expect(await response.json()).toMatchObject({ status: 405, code: "method_not_allowed" });
  });

  it.each<[string, Record<string, string>, number]>([
    ["declared too large", { "content-length": String(BODY_BYTES + 1) }, 413],
    ["of a format that says so itself", { "content-type": "text/csv" }, 422],
  ])("reads a body %s to its end, so that the answer is read", async (_, headers, status) => {
    const { readable, writable } = new IdentityTransformStream();
    const answer = post(readable, headers);
    const writer = writable.getWriter();
    for (let piece = 0; piece < 20; piece++) await writer.write(new Uint8Array(1 << 20));
    await writer.close();
    expect((await answer).status).toBe(status);
  });

  it("stores what had ended before a body was cut off, and says so", async () => {
    const one = JSON.stringify(steps([1, 2, 3]).data.metrics[0]);
    const text = `{"data":{"metrics":[${one},{"name":"step_count","units":"count","data":[{"date":"2026-03-02 10`;
    const { status, body } = await post(text);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "not_json", offset: text.length, ...counts(3, 3) });
    expect((await daily("2026-03-01")).steps).toBe(6);
  });

  it.each<[string, unknown]>([
    ["an object of something else", { hello: "world" }],
    ["data without any known array", { data: {} }],
    ["the app's own configuration", configuration],
    ["a list", [1, 2]],
  ])("does not know %s, and lists what it knows", async (_, content) => {
    const { status, body } = await post(content);
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: "unknown_format", formats: expect.arrayContaining(["health_auto_export"]) });
    expect(await w.rows("SELECT * FROM provider_connection")).toEqual([]);
  });

  it("does not know CSV", async () => {
    expect((await post("--x", { "content-type": "multipart/form-data; boundary=x" })).body).toMatchObject({
      status: 422,
      code: "unknown_format",
      formats: expect.arrayContaining(["health_auto_export"]),
      ...zeros,
    });
  });

  it("takes a known envelope with nothing in it", async () => {
    expect((await post({ data: { metrics: [], workouts: [] } })).body).toMatchObject(zeros);
  });

  it("refuses too much by the declared length, and unzipped as it comes", async () => {
    expect((await post("{}", { "content-length": String(BODY_BYTES + 1) })).status).toBe(413);
    const { readable, writable } = new IdentityTransformStream();
    const zipped = readable.pipeThrough(new CompressionStream("gzip"));
    const sending = (async () => {
      const writer = writable.getWriter();
      try {
        await writer.write(new TextEncoder().encode(`{"data":{"metrics":[]},"x":"`));
        const piece = new Uint8Array(1 << 20).fill(97);
        for (let i = 0; i < 101; i++) await writer.write(piece);
        await writer.close();
      } catch {} // refused before the end, as it must be
    })();
    const { status, body } = await post(zipped, { "content-encoding": "gzip" });
    expect(status).toBe(413);
    expect(body).toMatchObject({ code: "too_large", ...zeros });
    await sending;
  });

  it("says what is wrong with gzip that is none", async () => {
    expect((await post("{}", { "content-encoding": "gzip" })).body).toMatchObject({ code: "not_json" });
    expect((await post("{}", { "content-encoding": "br" })).status).toBe(415);
  });
});

describe("the connection", () => {
  const connection = async () =>
    (
      await w.rows<{ status: string; epoch: number; last_success_at: number | null }>(
        "SELECT status, epoch, last_success_at FROM provider_connection",
      )
    )[0];

  it("appears with the first post", async () => {
    await post(steps([1]));
    expect(await connection()).toEqual({ status: "active", epoch: 1, last_success_at: expect.any(Number) });
    expect(await w.rows("SELECT epoch FROM fence WHERE provider = 'apple_health'")).toEqual([{ epoch: 1 }]);
  });

  it("comes back with the first post after it was ended", async () => {
    await post(steps([1]));
    await disconnect(w.context, person, appleHealth, "delete");
    expect(await w.rows("SELECT * FROM series")).toEqual([]);
    expect((await post(steps([2]))).body).toMatchObject(counts(1, 1));
    expect(await connection()).toMatchObject({ status: "active", epoch: 3 });
    expect((await daily("2026-03-01")).steps).toBe(2);
  });

  it("takes nothing while it is paused", async () => {
    await post(steps([1]));
    await w.env.DB.prepare("UPDATE provider_connection SET status = 'paused'").run();
    expect((await post(steps([5]))).body).toMatchObject({ status: 409, code: "paused", ...zeros });
    expect((await daily("2026-03-01")).steps).toBe(1);
  });

  /** A post whose first half has arrived when something happens. */
  async function meanwhile(happens: () => Promise<unknown>): Promise<Answer> {
    const text = JSON.stringify(steps([1, 2, 3]));
    const { readable, writable } = new IdentityTransformStream();
    const answer = post(readable);
    const writer = writable.getWriter();
    await writer.write(new TextEncoder().encode(text.slice(0, 100)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await happens();
    await writer.write(new TextEncoder().encode(text.slice(100)));
    await writer.close();
    return answer;
  }

  it("stores nothing of a post that was under way when the person disconnected", async () => {
    await post(steps([9]));
    const { status, body } = await meanwhile(() => disconnect(w.context, person, appleHealth, "delete"));
    expect([status, body.code]).toEqual([409, "disconnected"]);
    expect(await w.rows("SELECT * FROM series")).toEqual([]);
    expect(await w.rows("SELECT * FROM daily")).toEqual([]);
    expect(await connection()).toMatchObject({ status: "revoked" });
  });

  it("stores nothing of a post that was under way when the account was erased", async () => {
    await post(steps([9]));
    const { status, body } = await meanwhile(async () => {
      await w.env.DB.prepare("UPDATE user SET erasing_at = 1").run();
      for (const table of ["fence", "series", "daily", "provider_connection", "post"])
        await w.env.DB.prepare(`DELETE FROM ${table}`).run();
    });
    expect([status, body.code]).toEqual([410, "account_erased"]);
    for (const table of ["series", "daily", "provider_connection", "post"])
      expect(await w.rows(`SELECT * FROM ${table}`)).toEqual([]);
  });
});

describe("what is told of the phone", () => {
  it("is the newest of each kind that it sent", async () => {
    await post(steps([1, 2]));
    await post(metric("step_count", "count", [{ date: "2026-02-27 10:00:00 +0100", qty: 5, source: "Watch" }]));
    await post(walk);
    const response = await w.request("/api/connections", { headers: { "x-api-key": key } });
    const { data } = (await response.json()) as { data: { streams: { stream: string; last_data_at: string }[] }[] };
    const told = Object.fromEntries(data[0]!.streams.map(({ stream, last_data_at }) => [stream, last_data_at]));
    const [workout] = await w.rows<{ start_time: number }>("SELECT max(start_time) AS start_time FROM activity");
    expect(told).toEqual({
      activity: new Date(workout!.start_time).toISOString().replace(".000", ""),
      daily: "2026-03-01T00:00:00Z",
      series: "2026-03-01T09:01:00Z",
    });
  });
});

describe("two posts at once", () => {
  /** An hour's steps of two sources, of which the larger counts. */
  const hour = (watch: number, phone: number) =>
    metric("step_count", "count", [
      { date: "2026-03-01 10:01:00 +0100", qty: watch, source: "Watch" },
      { date: "2026-03-01 10:02:00 +0100", qty: phone, source: "Phone" },
    ]);
  /** What each tells of the other's bucket as well: in one order the watch is the larger, in the other the phone. */
  const bodies = [hour(100, 300), hour(250, 200)];
  /** A person of their own to each round. */
  async function begin() {
    w = await world();
    ({ person } = await w.person());
    key = await w.key(person);
    await post(hour(10, 20));
  }
  const left = async () => JSON.stringify(await stored()).replaceAll(`"user_id":${person.id}`, '"user_id":0');

  it("leave what one of their two orders leaves, the day too", async () => {
    const serial: unknown[] = [];
    for (const order of [bodies, bodies.toReversed()]) {
      await begin();
      for (const body of order) await post(body);
      serial.push(await left());
    }
    expect(serial[0]).not.toEqual(serial[1]);
    for (let round = 0; round < 10; round++) {
      await begin();
      const answers = await Promise.all(bodies.map((body) => post(body)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(serial).toContain(await left());
      expect([300, 250]).toContain((await daily("2026-03-01")).steps);
    }
  });
});

describe("many at once", () => {
  it("lets at most two bodies stream, a third waits for its turn", async () => {
    const slow = async () => {
      const { readable, writable } = new IdentityTransformStream();
      const answer = post(readable);
      const writer = writable.getWriter();
      await writer.write(new TextEncoder().encode("{"));
      const end = async () => {
        await writer.write(new TextEncoder().encode(`"data":{"metrics":[]}}`));
        await writer.close();
        return (await answer).status;
      };
      return end;
    };
    const first = await slow();
    const second = await slow();
    let arrived = false;
    const third = post(steps([1])).then((answer) => {
      arrived = true;
      return answer.status;
    });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(arrived).toBe(false);
    expect(await first()).toBe(200);
    expect(await third).toBe(200);
    expect(await second()).toBe(200);
  });
});

describe("the log of posts", () => {
  it("keeps the last 20 of a key, refused ones too", async () => {
    await post(steps([1, "x"]));
    await post("{");
    for (let i = 0; i < 19; i++) await post(steps([1]));
    const rows = await w.rows<{ status: number; bytes: number; provider: string; answer: string }>(
      "SELECT * FROM post ORDER BY number",
    );
    expect(rows).toHaveLength(20);
    expect(rows[0]).toMatchObject({ status: 400, bytes: 1 });
    expect(JSON.parse(rows[0]!.answer)).toMatchObject({ code: "not_json", received: 0 });
    expect(rows[1]).toMatchObject({ status: 200, provider: "apple_health", bytes: JSON.stringify(steps([1])).length });
    expect(JSON.parse(rows[1]!.answer)).toMatchObject(counts(1, 0));
  });
});

describe("who looks with a browser", () => {
  it("finds no door for the pages of others: phone apps are no pages", async () => {
    const asks = { origin: "https://elsewhere.example", "access-control-request-method": "POST" };
    for (const path of ["/api/webhooks/ingest", "/api/v1/daily", "/api/keys", "/api/connections"]) {
      for (const method of ["OPTIONS", "GET"]) {
        const { headers } = await w.request(path, { method, headers: { ...asks, "x-api-key": key } });
        expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
      }
    }
  });

  it("is told how to post", async () => {
    const response = await w.request("/api/webhooks/ingest");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ method: "POST", header: "X-API-Key: qt_…" });
    expect((await w.request("/api/webhooks/ingest", { method: "HEAD" })).status).toBe(200);
  });
});

describe("the queries of one request", () => {
  /** A post, and the D1 statements it took; of them so many are spent already. */
  async function spend(body: unknown, spent = 0): Promise<{ statements: number; problem: Problem | null }> {
    const queries = { spent };
    const DB = watched(w.env.DB, (statements) => void (queries.spent += statements));
    const context = { ...w.context, env: { ...w.context.env, DB, shards: [DB] }, queries };
    const headers = new Headers({ "content-type": "application/json", "automation-aggregation": "Hours" });
    const [{ id }] = (await w.rows<{ id: number }>("SELECT id FROM api_key")) as [{ id: number }];
    const incoming = { person, api_key_id: id, headers, query: {}, body: new Response(JSON.stringify(body)).body };
    const problem = await receive(context, incoming).then(
      () => null,
      (error: Problem) => error,
    );
    return { statements: queries.spent - spent, problem };
  }
  const DAY = 86_400_000;
  const NAMES = ["respiratory_rate", "heart_rate_variability", "resting_heart_rate", "walking_heart_rate_average"];
  /** Two hours of each of so many days, of each metric. */
  const years = (days: number, qty: number, source = "Watch") => ({
    data: {
      metrics: NAMES.map((name) => ({
        name,
        units: name === "heart_rate_variability" ? "ms" : "count/min",
        data: Array.from({ length: 2 * days }, (_, i) => ({
          date: `${new Date(Date.UTC(2020, 0, 1) + (i >> 1) * DAY).toISOString().slice(0, 10)} 1${i % 2}:00:00 +0000`,
          qty,
          source,
        })),
      })),
    },
  });

  it("do for years of small rows, also where all of them are stored already", async () => {
    const first = await spend(years(600, 50));
    expect(await w.rows("SELECT count(*) AS n FROM series")).toEqual([{ n: 2400 }]);
    const second = await spend(years(600, 51));
    expect([first.problem, second.problem]).toEqual([null, null]);
    expect(await daily("2021-08-22")).toMatchObject({ respiration_brpm: 51, hrv_sdnn_ms: 51 });
    // Five reads of five hundred rows; the rest is what any post takes.
    expect(Math.max(first.statements, second.statements)).toBeLessThan(60);
  });

  it("do for years of a second device beside the first one's", async () => {
    await spend(years(600, 50));
    const { statements, problem } = await spend(years(600, 60, "Phone"));
    expect(problem).toBeNull();
    expect(statements).toBeLessThan(100);
    // Of one instant the first source in order counts.
    expect(await daily("2021-08-22")).toMatchObject({ respiration_brpm: 60, hrv_sdnn_ms: 60 });
  });

  it("end a body that would take more of them, after what is stored", async () => {
    const data = Array.from({ length: 180_000 }, (_, i) => ({
      date: `${new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString().slice(0, 19).replace("T", " ")} +0000`,
      qty: 60,
    }));
    const { problem } = await spend(metric("respiratory_rate", "count/min", data), 840);
    expect(problem).toMatchObject({ status: 413, code: "too_much" });
    const { written } = problem!.more as { written: number };
    expect(written).toBeGreaterThan(0);
    expect(await w.rows("SELECT sum(count) AS n FROM series")).toEqual([{ n: written }]);
  });
});
