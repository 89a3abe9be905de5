/** Series, totals, terms and the export, read through the API and the typed client. */
import { beforeAll, describe, expect, it } from "vitest";
import { ApiError, createClient } from "../client/index.ts";
import { rulesOf } from "../src/access/rules.ts";
import { exportLines } from "../src/account/export.ts";
import { addSample, element, emptyBatch } from "../src/domain/batch.ts";
import type { Track } from "../src/domain/records.ts";
import { packTrack } from "../src/domain/tracks.ts";
import { weeklyTotals } from "../src/store/activities.ts";
import { commit } from "../src/store/commit.ts";
import { activityRow, type Body, dayRow, reader, seriesRow, sleepRow } from "./rows.ts";
import { BASE_URL, type World, world } from "./world.ts";

/** 2026-09-10T12:00:00Z */
const NOW = Date.UTC(2026, 8, 10, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (text: string): number => Date.parse(`2026-09-${text}Z`);
const BERLIN = 7200;
/** Of a media type that is not `text/…`. */
const textOf = async (response: Response): Promise<string> => new TextDecoder().decode(await response.arrayBuffer());

describe("series", () => {
  let w: World;
  let anna: Awaited<ReturnType<typeof reader>>;
  let bert: Awaited<ReturnType<typeof reader>>;
  const values = (rows: Body[]) => rows.map(({ value }) => value);

  beforeAll(async () => {
    w = await world({ now: NOW });
    anna = await reader(w, "Europe/Berlin");
    bert = await reader(w, "UTC");
    const heart = (provider: string, stream?: string) => ({
      metric: "heart_rate_bpm",
      provider,
      ...(stream && { stream }),
    });
    const steps = (stream: string) => ({ metric: "steps", provider: "apple_health", stream, cumulative: true });
    const floors = (stream: string) => ({ metric: "floors", provider: "apple_health", stream, cumulative: true });
    const INDIA = 19_800;
    await anna.insert("series", [
      await seriesRow(
        heart("apple_health", "Watch:minute"),
        [
          [at("01T10:00:00"), 60],
          [at("01T10:00:20"), 63],
          [at("01T10:01:05"), 90],
          [at("01T10:07:00.250"), 100],
        ],
        BERLIN,
      ),
      await seriesRow(heart("apple_health", "Watch:minute"), [[at("02T05:00:00"), 55.5]]),
      // Two sources: at one instant the first in code-point order counts.
      await seriesRow(heart("apple_health", "Watch:minute"), [
        [at("03T10:00:00"), 62],
        [at("03T10:15:00"), 65],
      ]),
      await seriesRow(heart("apple_health", "Band:minute"), [
        [at("03T10:00:00"), 61],
        [at("03T10:30:00"), 70],
      ]),
      await seriesRow(heart("oura"), [[at("05T01:00:00"), 48]]),
      // 10 to 11 in Berlin: 170 of the watch against 100; 11 to 12: 300 of the phone against 250.
      await seriesRow(
        steps("Watch:minute"),
        [
          [at("01T08:05:00"), 150],
          [at("01T08:40:00"), 20],
          [at("01T09:30:00"), 250],
        ],
        BERLIN,
      ),
      await seriesRow(
        steps("Phone:minute"),
        [
          [at("01T08:10:00"), 100],
          [at("01T09:00:00"), 300],
        ],
        BERLIN,
      ),
      await seriesRow(steps("Watch:minute"), [[at("02T07:00:00"), 500]], BERLIN),
      // One local hour of India, 05 to 06, lies in two UTC days: 7 of B against 5 of A.
      await seriesRow(floors("A:minute"), [[at("01T23:40:00"), 5]], INDIA),
      await seriesRow(floors("B:minute"), [[at("01T23:50:00"), 4]], INDIA),
      await seriesRow(floors("B:minute"), [[at("02T00:10:00"), 3]], INDIA),
      await seriesRow({ metric: "x_mood_level", provider: "apple_health" }, [[at("01T10:00:00"), 3]]),
    ]);
    await bert.insert("series", [await seriesRow(heart("apple_health"), [[at("01T10:00:00"), 180]])]);
  });

  it("answers raw samples in their own offset, and Z where none is known", async () => {
    expect(await anna.get("/series/heart_rate_bpm?end=2026-09-03")).toEqual({
      metric: "heart_rate_bpm",
      unit: "bpm",
      provider: "apple_health",
      data: [
        { time: "2026-09-01T12:00:00+02:00", value: 60 },
        { time: "2026-09-01T12:00:20+02:00", value: 63 },
        { time: "2026-09-01T12:01:05+02:00", value: 90 },
        { time: "2026-09-01T12:07:00.250+02:00", value: 100 },
        { time: "2026-09-02T05:00:00Z", value: 55.5 },
      ],
      next_cursor: null,
    });
  });

  it.each([
    [
      "1m",
      [
        { time: "2026-09-01T10:00:00Z", avg: 61.5, min: 60, max: 63, sum: 123, count: 2 },
        { time: "2026-09-01T10:01:00Z", avg: 90, min: 90, max: 90, sum: 90, count: 1 },
        { time: "2026-09-01T10:07:00Z", avg: 100, min: 100, max: 100, sum: 100, count: 1 },
      ],
    ],
    [
      "5m",
      [
        { time: "2026-09-01T10:00:00Z", avg: 71, min: 60, max: 90, sum: 213, count: 3 },
        { time: "2026-09-01T10:05:00Z", avg: 100, min: 100, max: 100, sum: 100, count: 1 },
      ],
    ],
    ["1h", [{ time: "2026-09-01T10:00:00Z", avg: 78.25, min: 60, max: 100, sum: 313, count: 4 }]],
    ["1d", [{ time: "2026-09-01T00:00:00Z", avg: 78.25, min: 60, max: 100, sum: 313, count: 4 }]],
  ])("answers buckets of %s", async (resolution, data) => {
    const range = "start=2026-09-01T00:00:00Z&end=2026-09-02T00:00:00Z";
    expect((await anna.get(`/series/heart_rate_bpm?${range}&resolution=${resolution}`)).data).toEqual(data);
  });

  it("cuts raw samples at the bounds, but never a bucket", async () => {
    const range = "start=2026-09-01T10:00:20Z&end=2026-09-01T10:01:05Z";
    expect(values((await anna.get(`/series/heart_rate_bpm?${range}`)).data)).toEqual([63]);
    const minutes = (await anna.get(`/series/heart_rate_bpm?${range}&resolution=1m`)).data;
    expect(minutes.map(({ count }: Body) => count)).toEqual([2, 1]);
    const days = (await anna.get(`/series/heart_rate_bpm?${range}&resolution=1d`)).data;
    expect(days).toMatchObject([{ time: "2026-09-01T00:00:00Z", count: 4 }]);
  });

  it("takes a date for the person's midnight", async () => {
    await anna.insert("series", [
      await seriesRow({ metric: "spo2_pct", provider: "oura" }, [
        [at("06T21:59:59"), 95],
        [at("06T22:00:00"), 96],
      ]),
    ]);
    expect(values((await anna.get("/series/spo2_pct?start=2026-09-07")).data)).toEqual([96]);
    expect(values((await anna.get("/series/spo2_pct?end=2026-09-07")).data)).toEqual([95]);
  });

  it("counts of two sources the first in code-point order at one instant", async () => {
    const range = "provider=apple_health&start=2026-09-03T00:00:00Z";
    expect(values((await anna.get(`/series/heart_rate_bpm?${range}`)).data)).toEqual([61, 65, 70]);
    const [day] = (await anna.get(`/series/heart_rate_bpm?${range}&resolution=1d`)).data;
    expect(day).toMatchObject({ min: 61, max: 70, sum: 196, count: 3 });
  });

  it("counts of a cumulative metric the stream with the larger sum in each local hour", async () => {
    expect((await anna.get("/series/steps")).data).toEqual([
      { time: "2026-09-01T10:05:00+02:00", value: 150 },
      { time: "2026-09-01T10:40:00+02:00", value: 20 },
      { time: "2026-09-01T11:00:00+02:00", value: 300 },
      { time: "2026-09-02T09:00:00+02:00", value: 500 },
    ]);
    expect((await anna.get("/series/steps?resolution=1d")).data).toMatchObject([
      { time: "2026-09-01T00:00:00Z", min: 20, max: 300, sum: 470, count: 3 },
      { time: "2026-09-02T00:00:00Z", sum: 500, count: 1 },
    ]);
  });

  it("weighs a local hour whole where it lies in two UTC days, also when only one of them is asked for", async () => {
    const sums = async (query: string) =>
      (await anna.get(`/series/floors?resolution=1d&${query}`)).data.map(({ sum }: Body) => sum);
    expect(await sums("")).toEqual([4, 3]);
    expect(await sums("end=2026-09-02T00:00:00Z")).toEqual([4]);
    expect(await sums("start=2026-09-02T00:00:00Z")).toEqual([3]);
  });

  it("answers one provider at a time: the one asked for, or the one with the newest samples in the range", async () => {
    expect(await anna.get("/series/heart_rate_bpm")).toMatchObject({ provider: "oura", data: [{ value: 48 }] });
    expect(values((await anna.get("/series/heart_rate_bpm?provider=apple_health")).data)).toHaveLength(8);
    expect((await anna.get("/series/heart_rate_bpm?end=2026-09-04")).provider).toBe("apple_health");
    // Oura's of that day begin only after the range has ended.
    expect((await anna.get("/series/heart_rate_bpm?end=2026-09-05T00:30:00Z")).provider).toBe("apple_health");
  });

  it("pages through samples and buckets, and stays with its provider when a newer one appears", async () => {
    const path = "/series/heart_rate_bpm?provider=apple_health";
    const whole = (await anna.get(path)).data;
    for (const limit of [1, 3, 7, 8]) expect(await anna.all(`${path}&limit=${limit}`)).toEqual(whole);
    const minutes = (await anna.get(`${path}&resolution=1m`)).data;
    expect(await anna.all(`${path}&resolution=1m&limit=2`)).toEqual(minutes);

    const first = await anna.get("/series/heart_rate_bpm?end=2026-09-04&limit=4");
    await anna.insert("series", [
      await seriesRow({ metric: "heart_rate_bpm", provider: "polar" }, [[at("03T20:00:00"), 99]]),
    ]);
    const second = await anna.get(`/series/heart_rate_bpm?end=2026-09-04&cursor=${first.next_cursor}`);
    expect(second.provider).toBe("apple_health");
    expect(values(second.data)).toEqual([55.5, 61, 65, 70]);
    await w.env.DB.prepare("DELETE FROM series WHERE provider = 'polar'").run();
    const { next_cursor } = first;
    for (const other of ["steps?", "heart_rate_bpm?resolution=1m&", "heart_rate_bpm?provider=oura&"]) {
      expect(await anna.ask(`/series/${other}cursor=${next_cursor}`)).toMatchObject({ body: { code: "bad_cursor" } });
    }
  });

  it("ends an answer after 50,000 points", async () => {
    const start = at("08T00:00:00");
    await bert.insert("series", [
      await seriesRow(
        { metric: "power_w", provider: "polar" },
        Array.from({ length: 50_010 }, (_, i) => [start + i * 1000, i]),
      ),
    ]);
    const first = await bert.get("/series/power_w");
    expect(first.data).toHaveLength(50_000);
    const rest = await bert.get(`/series/power_w?cursor=${first.next_cursor}`);
    expect(rest.next_cursor).toBeNull();
    expect(values(rest.data)).toEqual([50_000, 50_001, 50_002, 50_003, 50_004, 50_005, 50_006, 50_007, 50_008, 50_009]);
  });

  it("ends an answer early where it would unpack too much, and goes on with the next day", async () => {
    for (let day = 0; day < 7; day++) {
      const start = at("01T00:00:00") + day * DAY;
      await bert.insert("series", [
        await seriesRow(
          { metric: "respiration_brpm", provider: "oura" },
          Array.from({ length: 86_400 }, (_, i) => [start + i * 1000, 12 + day]),
        ),
      ]);
    }
    const path = "/series/respiration_brpm?resolution=1h";
    const first = await bert.get(path);
    expect(first.data).toHaveLength(6 * 24);
    const rest = await bert.get(`${path}&cursor=${first.next_cursor}`);
    expect(rest.next_cursor).toBeNull();
    expect(rest.data).toHaveLength(24);
    expect(rest.data[0]).toEqual({ time: "2026-09-07T00:00:00Z", avg: 18, min: 18, max: 18, sum: 64_800, count: 3600 });
    // Whole days are read from what each row says of itself.
    expect((await bert.get("/series/respiration_brpm?resolution=1d")).data).toHaveLength(7);
  });

  it("keeps people apart", async () => {
    expect(values((await bert.get("/series/heart_rate_bpm")).data)).toEqual([180]);
    expect(await bert.get("/series/steps")).toMatchObject({ provider: null, data: [], next_cursor: null });
  });

  it("takes any name a phone has given, and helps with a slip", async () => {
    expect(values((await anna.get("/series/x_mood_level")).data)).toEqual([3]);
    expect((await anna.get("/series/x_never_seen")).data).toEqual([]);
    const slip = await anna.ask("/series/heart_rate");
    expect(slip).toMatchObject({ status: 404, body: { code: "unknown_metric" } });
    expect(slip.body.near).toContain("heart_rate_bpm");
    expect(await anna.ask("/series/No-Such")).toMatchObject({ status: 404, body: { code: "unknown_metric" } });
  });
});

describe("what a commit writes", () => {
  it("is what the API answers", async () => {
    const w = await world();
    const anna = await reader(w, "UTC");
    await w.env.DB.prepare("INSERT INTO fence(user_id, provider, epoch) VALUES (?1, 'polar', 1)")
      .bind(anna.person.id)
      .run();
    const target = {
      user_id: anna.person.id,
      shard: anna.person.shard,
      time_zone: "UTC",
      provider: "polar",
      user_epoch: anna.person.epoch,
      epoch: 1,
      connection_id: 1,
      unmerged: [],
    };
    const batch = emptyBatch();
    batch.activities.push({
      external_id: "9007199254740993",
      part: "detail",
      fields: {
        sport: "running",
        sub_sport: "trail",
        start_time: at("01T06:30:00"),
        utc_offset_s: BERLIN,
        is_manual: false,
        extra: { note: "ö" },
      },
      track: { time: [0, 1500], channels: { power_w: [null, 210] }, laps: [] },
      element: element(batch, "activity"),
    });
    batch.events.push({
      external_id: "e",
      fields: {
        kind: "tag",
        start_time: at("01T07:00:00"),
        end_time: null,
        utc_offset_s: null,
        name: null,
        value: 0,
        extra: null,
      },
      element: element(batch, "event"),
    });
    const of = element(batch, "series");
    addSample(batch, "steps", "", at("01T10:00:00"), 12, BERLIN, of);
    addSample(batch, "steps", "", at("01T10:01:00"), 30, BERLIN, of);
    expect(await commit(w.context, target, batch)).toMatchObject({ stale: null });

    expect(await anna.get("/activities/polar:9007199254740993")).toMatchObject({
      start_time: "2026-09-01T08:30:00+02:00",
      is_manual: false,
      is_indoor: null,
      extra: { note: "ö" },
    });
    const track = await anna.get("/activities/polar:9007199254740993/track");
    expect(track.channels).toEqual({ time: [0, 1500], power_w: [null, 210] });
    expect((await anna.get("/events")).data).toMatchObject([
      { value: 0, name: null, start_time: "2026-09-01T07:00:00Z" },
    ]);
    expect((await anna.get("/series/steps?resolution=1d")).data).toMatchObject([
      { sum: 42, min: 12, max: 30, count: 2 },
    ]);
    expect((await anna.get("/daily")).data).toMatchObject([
      { date: "2026-09-01", provider: "polar", metrics: { steps: 42 } },
    ]);

    const goodbye = emptyBatch();
    goodbye.deletions.push({ kind: "activity", external_id: "9007199254740993" });
    expect(await commit(w.context, target, goodbye)).toMatchObject({ stale: null });
    expect((await anna.get("/activities")).data).toEqual([]);
    expect((await anna.get("/deletions")).data).toMatchObject([{ id: "polar:9007199254740993", kind: "activity" }]);
  });
});

describe("weekly totals", () => {
  it("count a run once, in the week of its own local day, and a multisport by its parent", async () => {
    const w = await world({ now: NOW });
    const anna = await reader(w, "Europe/Berlin");
    await anna.insert("activity", [
      activityRow("mon", at("07T08:00:00"), { moving_s: 1800, elapsed_s: 2000, distance_m: 5000, energy_kcal: 300 }),
      activityRow("tue", at("08T08:00:00"), { elapsed_s: 600.5, distance_m: null }),
      activityRow("tue-too", at("08T08:00:00"), { provider: "coros", duplicate_of: "polar:tue", elapsed_s: 600 }),
      // Sunday 23:30 in UTC is Monday in Berlin.
      activityRow("sun", at("06T23:30:00"), { sport: "cycling", utc_offset_s: BERLIN, moving_s: 60, ascent_m: 12 }),
      activityRow("before", at("06T12:00:00"), { moving_s: 100 }),
      activityRow("race", at("09T08:00:00"), { sport: "multisport", elapsed_s: 9000 }),
      activityRow("leg", at("09T08:00:00"), { sport: "swimming", elapsed_s: 3000, extra: '{"parent":"race"}' }),
      activityRow("lone", at("09T18:00:00"), { sport: "swimming", elapsed_s: 50, extra: '{"parent":"unknown"}' }),
      activityRow("old", at("01T08:00:00") - 30 * DAY, { moving_s: 1 }),
    ]);
    const totals = await weeklyTotals(w.context, anna.person, at("01T00:00:00"), rulesOf(w.context));
    const none = { moving_s: null, distance_m: null, energy_kcal: null, ascent_m: null, provider: null };
    expect(totals).toEqual([
      { ...none, week: "2026-09-07", sport: "cycling", activities: 1, moving_s: 60, ascent_m: 12 },
      { ...none, week: "2026-09-07", sport: "multisport", activities: 1, moving_s: 9000 },
      {
        ...none,
        week: "2026-09-07",
        sport: "running",
        activities: 2,
        moving_s: 2400.5,
        distance_m: 5000,
        energy_kcal: 300,
      },
      { ...none, week: "2026-09-07", sport: "swimming", activities: 1, moving_s: 50 },
      { ...none, week: "2026-08-31", sport: "running", activities: 1, moving_s: 100 },
    ]);
  });
});

describe("terms", () => {
  // Strava: a cache of seven days, not combined with others' data.
  const rows = [
    activityRow("fresh", NOW - HOUR, { provider: "strava", moving_s: 10, fetched_at: NOW - 6 * DAY }),
    activityRow("stale", NOW - 2 * HOUR, { provider: "strava", moving_s: 20, fetched_at: NOW - 8 * DAY }),
    activityRow("same", NOW - HOUR, { moving_s: 11, duplicate_of: "strava:fresh", fetched_at: NOW - 8 * DAY }),
  ];
  async function under(policy: string) {
    const w = await world({ now: NOW, vars: { DATA_POLICY: policy } });
    const anna = await reader(w, "UTC");
    await anna.insert("activity", rows);
    const track: Track = { time: [0], channels: { lat: [1] }, laps: [] };
    const data = (await packTrack(track)).toHex();
    await anna.insert("track", [
      { provider: "strava", external_id: "stale", points: 1, data, fetched_at: NOW - 8 * DAY },
    ]);
    return { w, anna, shown: (await anna.get("/activities")).data.map(({ id }: Body) => id) };
  }

  it("hide what is past its permitted keep, and let a provider's records stand apart", async () => {
    const { w, anna, shown } = await under("terms");
    expect(shown).toEqual(["strava:fresh", "polar:same"]);
    expect((await anna.get("/activities/polar:same")).duplicate_of).toBeNull();
    expect(await anna.ask("/activities/strava:stale")).toMatchObject({ status: 404 });
    expect(await anna.ask("/activities/strava:stale/track")).toMatchObject({
      status: 404,
      body: { code: "not_found" },
    });
    const exported = await textOf(await w.request("/api/v1/export", { headers: { "x-api-key": anna.key } }));
    expect(exported).toContain('"strava:fresh"');
    expect(exported).not.toContain("stale");
    const totals = await weeklyTotals(w.context, anna.person, 0, rulesOf(w.context));
    expect(totals.map(({ provider, activities, moving_s }) => [provider, activities, moving_s])).toEqual([
      [null, 1, 11],
      ["strava", 1, 10],
    ]);
  });

  it("do not bind a person on their own instance", async () => {
    const { w, anna, shown } = await under("terms,strava=private");
    expect(shown).toEqual(["strava:fresh", "strava:stale"]);
    expect((await anna.get("/activities/strava:stale/track")).points).toBe(1);
    const totals = await weeklyTotals(w.context, anna.person, 0, rulesOf(w.context));
    expect(totals.map(({ provider, activities, moving_s }) => [provider, activities, moving_s])).toEqual([
      [null, 2, 30],
    ]);
  });
});

describe("export and client", () => {
  let w: World;
  let anna: Awaited<ReturnType<typeof reader>>;
  const client = (key: string) =>
    createClient({ base_url: BASE_URL, key, fetch: (request) => w.request(request.url, { headers: request.headers }) });

  beforeAll(async () => {
    w = await world({ now: NOW });
    anna = await reader(w, "UTC");
    const bert = await reader(w, "UTC");
    for (const [one, mark] of [
      [anna, "anna"],
      [bert, "bert"],
    ] as const) {
      // More than one page of the export, and two packed rows.
      await one.insert(
        "activity",
        Array.from({ length: 250 }, (_, i) => activityRow(`${mark}-${i}`, at("01T00:00:00") + i * HOUR)),
      );
      const track: Track = { time: [0, 1000], channels: { lat: [1, 2] }, laps: [] };
      const data = (await packTrack(track)).toHex();
      await one.insert("track", [{ provider: "polar", external_id: `${mark}-0`, points: 2, data }]);
      await one.insert("sleep", [sleepRow(mark, "2026-09-02", at("01T22:00:00"), at("02T06:00:00"))]);
      await one.insert("daily", [dayRow("2026-09-01", "oura", { steps: 1 })]);
      await one.insert("series", [
        await seriesRow({ metric: "steps", provider: "apple_health", stream: `${mark}:minute`, cumulative: true }, [
          [at("01T10:00:00"), 5],
          [at("01T10:01:00"), 7],
        ]),
        await seriesRow({ metric: "steps", provider: "apple_health", stream: "Phone:minute", cumulative: true }, [
          [at("01T10:00:00"), 1],
        ]),
      ]);
      await one.insert("event", [{ provider: "apple_health", external_id: mark, kind: "tag", start_time: NOW }]);
      await one.insert("tombstone", [
        { kind: "sleep", provider: "oura", external_id: `${mark}-gone`, deleted_at: NOW },
      ]);
    }
  });

  it("exports everything of one person and nothing of another, a record a line, closed by its last line", async () => {
    const response = await w.request("/api/v1/export", { headers: { "x-api-key": anna.key } });
    expect(response.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="qt-connect-2026-09-10.ndjson"');
    const text = await textOf(response);
    expect(text).not.toContain("bert");
    const lines: Body[] = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const counts = Object.fromEntries(
      [...Map.groupBy(lines, ({ record }) => record)].map(([record, of]) => [record, of.length]),
    );
    expect(counts).toEqual({
      profile: 1,
      activity: 250,
      track: 1,
      sleep: 1,
      daily: 1,
      series: 2,
      event: 1,
      deletion: 1,
      end: 1,
    });
    expect(lines.at(-1)).toEqual({ record: "end", lines: 258, next_cursor: null });
    // All streams, also the one that a plain read does not count.
    expect(lines.filter(({ record }) => record === "series")).toEqual([
      {
        record: "series",
        metric: "steps",
        unit: "count",
        provider: "apple_health",
        stream: "Phone:minute",
        date: "2026-09-01",
        data: [{ time: "2026-09-01T10:00:00Z", value: 1 }],
      },
      {
        record: "series",
        metric: "steps",
        unit: "count",
        provider: "apple_health",
        stream: "anna:minute",
        date: "2026-09-01",
        data: [
          { time: "2026-09-01T10:00:00Z", value: 5 },
          { time: "2026-09-01T10:01:00Z", value: 7 },
        ],
      },
    ]);
    expect(await w.rows("SELECT action FROM audit WHERE user_id = ?", anna.person.id)).toContainEqual({
      action: "export",
    });
  });

  it("goes on where a cursor says", async () => {
    const cursor = btoa(JSON.stringify(["export", 6, null])).replace(/=+$/, "");
    const response = await w.request(`/api/v1/export?cursor=${cursor}`, { headers: { "x-api-key": anna.key } });
    const records = (await textOf(response))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).record);
    expect(records).toEqual(["event", "deletion", "end"]);
  });

  it("is whole when it is read in many parts, none of which may read much", async () => {
    const reading = { context: w.context, person: anna.person, rules: rulesOf(w.context) };
    const whole = await Array.fromAsync(exportLines(reading, undefined));
    const parts: string[] = [];
    for (let cursor: string | undefined, more = true; more; ) {
      const part = await Array.fromAsync(exportLines(reading, cursor, 2));
      const { next_cursor } = JSON.parse(part.pop()!);
      parts.push(...part);
      cursor = next_cursor ?? undefined;
      more = cursor !== undefined;
    }
    expect(parts).toEqual(whole.slice(0, -1));
  });

  it("reads lists through the client, page by page", async () => {
    const read: string[] = [];
    for await (const { external_id } of client(anna.key).activities({ limit: 100, sport: "running" }))
      read.push(external_id);
    expect(read).toEqual(Array.from({ length: 250 }, (_, i) => `anna-${249 - i}`));
    const steps: number[] = [];
    for await (const { value } of client(anna.key).series("steps", { limit: 1 })) steps.push(value);
    expect(steps).toEqual([5, 7]);
    const days: number[] = [];
    for await (const { sum } of client(anna.key).buckets("steps", "1d")) days.push(sum);
    expect(days).toEqual([12]);
  });

  it("reads single records and the export through the client", async () => {
    expect((await client(anna.key).activity("polar:anna-3")).start_time).toBe("2026-09-01T03:00:00Z");
    expect((await client(anna.key).track("polar:anna-0")).channels.lat).toEqual([1, 2]);
    expect((await client(anna.key).seriesPage("steps")).unit).toBe("count");
    const records: string[] = [];
    for await (const line of client(anna.key).export()) records.push(line.record);
    expect(records).toHaveLength(258);
  });

  it("throws the server's problem", async () => {
    const missing = client(anna.key).activity("polar:none");
    await expect(missing).rejects.toBeInstanceOf(ApiError);
    await expect(missing).rejects.toMatchObject({ status: 404, code: "not_found", retry_after_s: null });
    await expect(client("qt_wrong").profile()).rejects.toMatchObject({ status: 401, code: "invalid_key" });
  });
});
