/** The reading API over rows put there by hand: what is asserted is what a customer's backend receives. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Track } from "../src/domain/records.ts";
import { packTrack } from "../src/domain/tracks.ts";
import { activityRow, type Body, dayRow, reader, sleepRow } from "./rows.ts";
import { type World, world } from "./world.ts";

/** 2026-09-10T12:00:00Z */
const NOW = Date.UTC(2026, 8, 10, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const ids = (rows: Body[]): string[] => rows.map(({ id }) => id);

let w: World;
let anna: Awaited<ReturnType<typeof reader>>;
let bert: Awaited<ReturnType<typeof reader>>;

beforeAll(async () => {
  w = await world({ now: NOW });
  anna = await reader(w, "Europe/Berlin");
  bert = await reader(w, "UTC");
});

describe("activities", () => {
  const RUN = Date.UTC(2026, 8, 1, 6, 30);

  beforeAll(async () => {
    await anna.insert("activity", [
      activityRow("full", RUN, {
        name: "Before work",
        utc_offset_s: 7200,
        elapsed_s: 2730.5,
        distance_m: 8000,
        is_manual: 0,
        is_indoor: 1,
        extra: '{"mood":"fine"}',
      }),
      // Five that start in the same instant, stored in no particular order.
      ...["e", "a", "d", "b", "c"].map((id) =>
        activityRow(id, RUN - DAY, { sport: "cycling", updated_at: NOW - 5000, utc_offset_s: 0 }),
      ),
      activityRow("twin", RUN, { provider: "coros", duplicate_of: "polar:full", updated_at: NOW + 1000 }),
      // 23:30 of August 14th in New York is the 15th in Berlin and in UTC.
      activityRow("late", Date.UTC(2026, 7, 15, 3, 30), { utc_offset_s: -14_400, updated_at: NOW - 9000 }),
      // 00:30 of August 21st in Berlin, told without an offset.
      activityRow("bare", Date.UTC(2026, 7, 20, 22, 30), { updated_at: NOW - 9000 }),
    ]);
    await bert.insert("activity", [activityRow("of-bert", RUN)]);
    const track: Track = {
      time: [0, 1000, 2500],
      channels: { lat: [52.5, null, 52.5001], heart_rate_bpm: [120, 121, null] },
      laps: [
        {
          start: 0,
          elapsed_s: 2.5,
          moving_s: null,
          distance_m: 11,
          avg_heart_rate_bpm: null,
          max_heart_rate_bpm: null,
        },
      ],
    };
    await anna.insert("track", [
      { provider: "polar", external_id: "full", points: 3, data: (await packTrack(track)).toHex() },
    ]);
  });

  it("answers times in the record's offset, nulls explicitly, flags as booleans and no column of our own", async () => {
    expect(await anna.get("/activities/polar:full")).toEqual({
      id: "polar:full",
      provider: "polar",
      external_id: "full",
      sport: "running",
      sub_sport: "generic",
      name: "Before work",
      start_time: "2026-09-01T08:30:00+02:00",
      utc_offset_s: 7200,
      elapsed_s: 2730.5,
      moving_s: null,
      distance_m: 8000,
      energy_kcal: null,
      ascent_m: null,
      descent_m: null,
      avg_heart_rate_bpm: null,
      max_heart_rate_bpm: null,
      avg_speed_mps: null,
      max_speed_mps: null,
      avg_power_w: null,
      max_power_w: null,
      avg_cadence_rpm: null,
      steps: null,
      device: null,
      is_manual: false,
      is_indoor: true,
      start_lat: null,
      start_lng: null,
      polyline: null,
      training_load: null,
      rpe: null,
      extra: { mood: "fine" },
      duplicate_of: null,
      fetched_at: "2026-09-10T12:00:00Z",
      updated_at: "2026-09-10T12:00:00Z",
    });
  });

  it("loses none of the activities that start in one instant, whatever the size of a page", async () => {
    const all = ids(await anna.all("/activities?limit=500"));
    expect(new Set(all)).toEqual(
      new Set(["polar:full", "polar:a", "polar:b", "polar:c", "polar:d", "polar:e", "polar:late", "polar:bare"]),
    );
    expect(all[0]).toBe("polar:full");
    expect(all.slice(-2)).toEqual(["polar:bare", "polar:late"]);
    for (const limit of [1, 2, 3, 7]) expect(ids(await anna.all(`/activities?limit=${limit}`))).toEqual(all);
  });

  it("keeps its place while newer activities arrive between two pages", async () => {
    const first = await anna.get("/activities?limit=3");
    await anna.insert("activity", [activityRow("arrived", RUN + DAY)]);
    const second = await anna.get(`/activities?limit=3&cursor=${first.next_cursor}`);
    await w.env.DB.prepare("DELETE FROM activity WHERE external_id = 'arrived'").run();
    expect(ids([...first.data, ...second.data])).toEqual(ids((await anna.get("/activities?limit=6")).data));
  });

  it("answers changes since an instant inclusively and oldest first, so that a poll from the last one misses nothing", async () => {
    const since = encodeURIComponent("2026-09-10T11:59:55Z"); // NOW - 5000
    const changed = await anna.all(`/activities?updated_since=${since}&limit=2&duplicates=all`);
    expect(ids(changed)).toEqual(["polar:a", "polar:b", "polar:c", "polar:d", "polar:e", "polar:full", "coros:twin"]);
    const again = await anna.all(`/activities?updated_since=${changed.at(-1).updated_at}&duplicates=all`);
    expect(ids(again)).toEqual(["coros:twin"]);
  });

  it("brings a record again that changes while its list of changes is read", async () => {
    const path = "/activities?updated_since=2026-09-10T11:59:55Z&limit=3";
    const first = await anna.get(path);
    expect(ids(first.data)).toEqual(["polar:a", "polar:b", "polar:c"]);
    const touch = (at: number) =>
      w.env.DB.prepare("UPDATE activity SET updated_at = ?1 WHERE external_id = 'b'").bind(at).run();
    await touch(NOW + 2000);
    expect(ids((await anna.get(`${path}&cursor=${first.next_cursor}`)).data)).toEqual([
      "polar:d",
      "polar:e",
      "polar:full",
    ]);
    const { next_cursor } = await anna.get(`${path}&cursor=${first.next_cursor}`);
    expect(ids((await anna.get(`${path}&cursor=${next_cursor}`)).data)).toEqual(["polar:b"]);
    await touch(NOW - 5000);
  });

  it("leaves out what another record stands for, unless all are asked for", async () => {
    const day = "start=2026-09-01&end=2026-09-02";
    expect(ids((await anna.get(`/activities?${day}`)).data)).toEqual(["polar:full"]);
    const all = (await anna.get(`/activities?${day}&duplicates=all`)).data;
    expect(ids(all).sort()).toEqual(["coros:twin", "polar:full"]);
    expect((await anna.get("/activities/coros:twin")).duplicate_of).toBe("polar:full");
  });

  it("filters by sport and by provider", async () => {
    expect(ids((await anna.get("/activities?sport=cycling")).data)).toHaveLength(5);
    expect(ids((await anna.get("/activities?provider=coros&duplicates=all")).data)).toEqual(["coros:twin"]);
    expect((await anna.get("/activities?provider=garmin")).data).toEqual([]);
  });

  it("takes a date for the local day of each activity, or for the person's where no offset is known", async () => {
    expect(ids((await anna.get("/activities?start=2026-08-14&end=2026-08-15")).data)).toEqual(["polar:late"]);
    expect((await anna.get("/activities?start=2026-08-15&end=2026-08-16")).data).toEqual([]);
    expect(ids((await anna.get("/activities?start=2026-08-21&end=2026-08-22")).data)).toEqual(["polar:bare"]);
    expect((await anna.get("/activities?start=2026-08-20&end=2026-08-21")).data).toEqual([]);
  });

  it("takes an instant as it is, with the start in the range and the end out of it, also where a plus arrives as a space", async () => {
    const start = "2026-09-01T08:30:00+02:00";
    expect(ids((await anna.get(`/activities?start=${encodeURIComponent(start)}`)).data)).toEqual(["polar:full"]);
    expect(ids((await anna.get(`/activities?start=${start}`)).data)).toEqual(["polar:full"]);
    expect(ids((await anna.get(`/activities?end=${start}&limit=1`)).data)[0]).not.toBe("polar:full");
    expect((await anna.get("/activities?start=2026-09-01T06:30:00.001Z")).data).toEqual([]);
  });

  it("answers a track as columns from the activity's start", async () => {
    expect(await anna.get("/activities/polar:full/track")).toEqual({
      id: "polar:full",
      provider: "polar",
      external_id: "full",
      start_time: "2026-09-01T08:30:00+02:00",
      utc_offset_s: 7200,
      points: 3,
      channels: { time: [0, 1000, 2500], lat: [52.5, null, 52.5001], heart_rate_bpm: [120, 121, null] },
      laps: [
        {
          start: 0,
          elapsed_s: 2.5,
          moving_s: null,
          distance_m: 11,
          avg_heart_rate_bpm: null,
          max_heart_rate_bpm: null,
        },
      ],
      fetched_at: "2026-09-10T12:00:00Z",
      updated_at: "2026-09-10T12:00:00Z",
    });
    expect(await anna.ask("/activities/polar:a/track")).toMatchObject({ status: 404, body: { code: "no_track" } });
  });

  it("finds ids that hold colons, slashes and other signs", async () => {
    await anna.insert("activity", [activityRow("a:b/c d%", RUN - 40 * DAY)]);
    const id = "polar:a:b/c d%";
    expect((await anna.get(`/activities/${encodeURIComponent(id)}`)).id).toBe(id);
    await w.env.DB.prepare("DELETE FROM activity WHERE external_id = 'a:b/c d%'").run();
  });

  it("knows no activity of another person", async () => {
    for (const path of ["/activities/polar:of-bert", "/activities/polar:of-bert/track", "/activities/nothing"]) {
      expect(await anna.ask(path)).toMatchObject({ status: 404, body: { code: "not_found" } });
    }
    expect(await bert.ask("/activities/polar:full")).toMatchObject({ status: 404 });
    expect(await bert.ask("/activities/polar:full/track")).toMatchObject({ status: 404 });
    expect(ids((await bert.get("/activities")).data)).toEqual(["polar:of-bert"]);
  });
});

describe("parameters", () => {
  it.each([
    ["/activities?limit=501", "limit"],
    ["/activities?limit=0", "limit"],
    ["/activities?limit=ten", "limit"],
    ["/activities?limit=1.5", "limit"],
    ["/activities?limit=", "limit"],
    ["/sleep?start=yesterday", "start"],
    ["/daily?end=2026-02-30", "end"],
    ["/events?updated_since=2026-09-01T08:30:00", "updated_since"],
    ["/activities?duplicates=none", "duplicates"],
    ["/activities?provider=Some%20One", "provider"],
    ["/series/heart_rate_bpm?resolution=2m", "resolution"],
    ["/series/heart_rate_bpm?limit=50001", "limit"],
  ])("refuses %s and names what is wrong with it", async (path, parameter) => {
    const { status, body, response } = await anna.ask(path);
    expect(status).toBe(400);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(body).toMatchObject({ status: 400, code: "bad_parameter", parameter });
    expect(body.detail).toContain(`\`${parameter}\``);
  });

  it("refuses a cursor that it did not give for this kind of list", async () => {
    const coded = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "");
    const { next_cursor } = await anna.get("/activities?limit=1");
    for (const path of [
      "/activities?cursor=nonsense",
      "/activities?cursor=%00",
      `/activities?cursor=${coded(["start_time", 1])}`,
      `/activities?cursor=${coded(["start_time", "1", "polar", "a"])}`,
      `/activities?cursor=${coded({ start_time: 1 })}`,
      `/activities?updated_since=2026-01-01&cursor=${next_cursor}`,
      `/daily?cursor=${next_cursor}`,
      `/deletions?cursor=${next_cursor}`,
      `/series/heart_rate_bpm?cursor=${next_cursor}`,
      `/export?cursor=${next_cursor}`,
    ]) {
      expect(await anna.ask(path), path).toMatchObject({ status: 400, body: { code: "bad_cursor" } });
    }
  });

  it("ignores parameters it does not know", async () => {
    expect(await anna.get("/activities?limit=2&colour=red")).toEqual(await anna.get("/activities?limit=2"));
  });

  it("takes dates far beyond any record", async () => {
    expect(ids((await anna.get("/activities?start=0001-01-01&end=9999-12-31")).data)).toEqual(
      ids((await anna.get("/activities")).data),
    );
    expect((await anna.get("/daily?start=9999-12-31T23:59:59Z")).data).toEqual([]);
    expect((await anna.get("/series/heart_rate_bpm?start=9999-12-31")).data).toEqual([]);
  });

  it("lets nobody read without a key that may", async () => {
    const ingest = await w.key(anna.person, ["ingest"]);
    for (const path of ["/profile", "/activities", "/activities/polar:full", "/sleep", "/series/steps", "/export"]) {
      expect((await w.request(`/api/v1${path}`)).status).toBe(401);
      expect(await anna.ask(path, ingest)).toMatchObject({ status: 403, body: { code: "missing_scope" } });
    }
  });

  it("takes the key as a bearer, too", async () => {
    const response = await w.request("/api/v1/profile", { headers: { authorization: `Bearer ${anna.key}` } });
    expect(await response.json()).toEqual({
      id: anna.person.public_id,
      display_name: anna.person.display_name,
      avatar_url: null,
      time_zone: "Europe/Berlin",
    });
  });
});

describe("sleep", () => {
  const START = Date.UTC(2026, 8, 1, 21, 15);

  beforeAll(async () => {
    await anna.insert("sleep", [
      sleepRow("n1", "2026-09-02", START, START + 8 * HOUR, {
        utc_offset_s: 7200,
        in_bed_s: 28_800,
        asleep_s: 27_000,
        deep_s: 0,
        stages: '[[0,"awake",1800],[1800,"light",27000]]',
        segments: "[]",
      }),
      sleepRow("n2", "2026-09-03", START + DAY, START + DAY + 7 * HOUR),
      sleepRow("nap", "2026-09-03", START + DAY + 14 * HOUR, START + DAY + 15 * HOUR, { type: "nap" }),
    ]);
    await bert.insert("sleep", [sleepRow("n9", "2026-09-02", START, START + HOUR)]);
  });

  it("answers a night in its offset, with its stages and the nulls it has", async () => {
    const [night] = (await anna.get("/sleep?start=2026-09-02&end=2026-09-03")).data;
    expect(night).toEqual({
      id: "oura:n1",
      provider: "oura",
      external_id: "n1",
      type: "main",
      date: "2026-09-02",
      start_time: "2026-09-01T23:15:00+02:00",
      end_time: "2026-09-02T07:15:00+02:00",
      utc_offset_s: 7200,
      in_bed_s: 28_800,
      asleep_s: 27_000,
      awake_s: null,
      light_s: null,
      deep_s: 0,
      rem_s: null,
      unstaged_s: null,
      latency_s: null,
      efficiency_pct: null,
      score: null,
      avg_heart_rate_bpm: null,
      min_heart_rate_bpm: null,
      avg_hrv_rmssd_ms: null,
      avg_respiration_brpm: null,
      avg_spo2_pct: null,
      stages: [
        [0, "awake", 1800],
        [1800, "light", 27_000],
      ],
      extra: null,
      fetched_at: "2026-09-10T12:00:00Z",
      updated_at: "2026-09-10T12:00:00Z",
    });
  });

  it("takes a date for the day of waking and an instant for the start", async () => {
    expect(ids((await anna.get("/sleep?start=2026-09-03")).data)).toEqual(["oura:nap", "oura:n2"]);
    expect(ids((await anna.get("/sleep?end=2026-09-03")).data)).toEqual(["oura:n1"]);
    expect(ids((await anna.get("/sleep?start=2026-09-01T21:15:00Z&end=2026-09-02T21:15:00Z")).data)).toEqual([
      "oura:n1",
    ]);
  });

  it("pages, and keeps people apart", async () => {
    expect(ids(await anna.all("/sleep?limit=1"))).toEqual(["oura:nap", "oura:n2", "oura:n1"]);
    expect(ids(await anna.all("/sleep?limit=1&updated_since=2026-09-10"))).toEqual(["oura:n1", "oura:n2", "oura:nap"]);
    expect(ids((await bert.get("/sleep")).data)).toEqual(["oura:n9"]);
  });
});

describe("daily", () => {
  beforeAll(async () => {
    await anna.insert("daily", [
      dayRow("2026-09-01", "oura", { steps: 8000, readiness_score: 81 }),
      dayRow("2026-09-01", "polar", { steps: 7900 }, { updated_at: NOW + 60_000 }),
      dayRow("2026-09-02", "oura", { steps: 0 }),
      dayRow("2026-09-03", "oura", { steps: 1200 }),
      // What is left of a day whose last value was taken back.
      dayRow("2026-09-04", "oura", {}, { updated_at: NOW + 30_000 }),
    ]);
    await bert.insert("daily", [dayRow("2026-09-01", "oura", { steps: 1 })]);
  });
  const days = (rows: Body[]) => rows.map(({ date, provider }) => `${date} ${provider}`);

  it("answers one object a date and provider", async () => {
    expect((await anna.get("/daily?start=2026-09-01&end=2026-09-02")).data).toEqual([
      {
        date: "2026-09-01",
        provider: "polar",
        metrics: { steps: 7900 },
        fetched_at: "2026-09-10T12:00:00Z",
        updated_at: "2026-09-10T12:01:00Z",
      },
      {
        date: "2026-09-01",
        provider: "oura",
        metrics: { steps: 8000, readiness_score: 81 },
        fetched_at: "2026-09-10T12:00:00Z",
        updated_at: "2026-09-10T12:00:00Z",
      },
    ]);
  });

  it("pages without losing the second provider of a date", async () => {
    const all = ["2026-09-03 oura", "2026-09-02 oura", "2026-09-01 polar", "2026-09-01 oura"];
    expect(days(await anna.all("/daily?limit=3"))).toEqual(all);
    expect(days(await anna.all("/daily?limit=1"))).toEqual(all);
  });

  it("takes an instant for the person's day it lies in", async () => {
    // 22:30 UTC is 00:30 of the next day in Berlin.
    expect(days((await anna.get("/daily?start=2026-09-01T22:30:00Z&end=2026-09-02T22:00:00Z")).data)).toEqual([
      "2026-09-02 oura",
    ]);
  });

  it("polls by change, and keeps people apart", async () => {
    expect(days((await anna.get("/daily?updated_since=2026-09-10T12:00:30Z")).data)).toEqual([
      "2026-09-04 oura",
      "2026-09-01 polar",
    ]);
    expect((await bert.get("/daily")).data).toHaveLength(1);
  });
});

describe("events and deletions", () => {
  const AT = Date.UTC(2026, 8, 4, 18);

  beforeAll(async () => {
    const event = (external_id: string, more: object) => ({
      provider: "apple_health",
      external_id,
      kind: "symptom",
      start_time: AT,
      ...more,
    });
    await anna.insert("event", [
      event("e1", { end_time: AT + HOUR, utc_offset_s: 7200, name: "Headache", value: '"severe"', extra: '{"a":[1]}' }),
      event("e2", { kind: "ecg", value: "71", start_time: AT + HOUR }),
    ]);
    const gone = (external_id: string, deleted_at: number) => ({
      kind: "activity",
      provider: "strava",
      external_id,
      deleted_at,
    });
    await anna.insert("tombstone", [gone("3", NOW), gone("1", NOW - DAY), gone("2", NOW)]);
    await bert.insert("event", [event("e9", {})]);
    await bert.insert("tombstone", [gone("9", NOW)]);
  });

  it("answers events with words and numbers as they were given", async () => {
    expect((await anna.get("/events?kind=symptom")).data).toEqual([
      {
        id: "apple_health:e1",
        provider: "apple_health",
        external_id: "e1",
        kind: "symptom",
        start_time: "2026-09-04T20:00:00+02:00",
        end_time: "2026-09-04T21:00:00+02:00",
        utc_offset_s: 7200,
        name: "Headache",
        value: "severe",
        extra: { a: [1] },
        fetched_at: "2026-09-10T12:00:00Z",
        updated_at: "2026-09-10T12:00:00Z",
      },
    ]);
    const [ecg] = (await anna.get("/events?kind=ecg")).data;
    expect(ecg).toMatchObject({ start_time: "2026-09-04T19:00:00Z", end_time: null, value: 71, name: null });
    expect(ids((await bert.get("/events")).data)).toEqual(["apple_health:e9"]);
  });

  it("answers what was deleted in the order of deletion", async () => {
    expect((await anna.get("/deletions?limit=1")).data).toEqual([
      {
        id: "strava:1",
        provider: "strava",
        external_id: "1",
        kind: "activity",
        deleted_at: "2026-09-09T12:00:00Z",
      },
    ]);
    expect(ids(await anna.all("/deletions?limit=1"))).toEqual(["strava:1", "strava:2", "strava:3"]);
    expect(ids((await anna.get("/deletions?updated_since=2026-09-10T12:00:00Z")).data)).toEqual([
      "strava:2",
      "strava:3",
    ]);
    expect((await anna.get("/deletions?kind=sleep")).data).toEqual([]);
    expect(ids((await bert.get("/deletions")).data)).toEqual(["strava:9"]);
  });
});
