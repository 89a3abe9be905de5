import { readFileSync } from "node:fs";
import { URL } from "node:url";
import { describe, expect, it } from "vitest";
import { faultOf } from "../../access/fault.ts";
import type { Answer, Page, Position } from "../provider.ts";
import { lacking } from "../provider.ts";
import { strava } from "./index.ts";
import { toSport } from "./sports.ts";

// biome-ignore lint/suspicious/noExplicitAny: a fixture is whatever was recorded
const fixture = (name: string): any =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8"));
const answer = (body: unknown, status = 200, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: new Headers(headers),
  body,
});
const { activities, activity_absent, activity_detail, activity_track, profile } = strava.streams;
const account = { provider_user_id: "90010017", public_id: "usr_a", learned: {} };
const NOW = Date.parse("2025-11-01T12:00:00Z");
const at = (from: number, to: number, cursor: Position["cursor"] = null): Position => ({
  window: { from, to },
  cursor,
  account,
  offsetAt: () => 0,
});
const page = (result: Page | { kind: string }): Page => {
  if ("kind" in result) throw new Error(`${result.kind}: ${JSON.stringify(result)}`);
  return result;
};
const s = (date: string) => Date.parse(date) / 1000;

describe("a page of activities", () => {
  const read = page(activities.read(answer(fixture("activities_page")), at(0, NOW)));

  it("becomes records of the list's rank", () => {
    expect(read.batch.activities.map((a) => [a.external_id, a.part, a.fields.sport, a.fields.sub_sport])).toEqual([
      ["16196740323", "list", "running", "generic"],
      ["15879799306", "list", "running", "trail"],
      ["15606266919", "list", "training", "generic"],
      ["13691718896", "list", "alpine_skiing", "generic"],
      ["12960706381", "list", "swimming", "generic"],
      ["11987691801", "list", "hiking", "generic"],
      ["1700154218", "list", "training", "strength_training"],
    ]);
    expect(read.batch.rejections).toEqual([]);
  });

  it("keeps each value as it was given", () => {
    expect(read.batch.activities[0]!.fields).toEqual({
      sport: "running",
      sub_sport: "generic",
      name: "Morning Run",
      start_time: 1760904000000,
      utc_offset_s: -14400,
      elapsed_s: 2178,
      moving_s: 2151,
      distance_m: 6764.8,
      ascent_m: 34,
      avg_heart_rate_bpm: 146.8,
      max_heart_rate_bpm: 162,
      avg_speed_mps: 3.145,
      max_speed_mps: 11.486,
      avg_power_w: null,
      max_power_w: null,
      avg_cadence_rpm: 78.4,
      is_manual: false,
      is_indoor: false,
      start_lat: 37.66,
      start_lng: -66.7,
      polyline: "_p~iF~ps|U_ulLnnqC_mqNvxq`@",
      training_load: 76,
      extra: {
        sport_type: "Run",
        timezone: "(GMT-05:00) America/New_York",
        average_temp_c: 28,
        elev_high_m: 15,
        elev_low_m: -6.2,
        workout_type: 0,
        commute: false,
        private: false,
        visibility: "everyone",
        flagged: false,
        gear_id: "g10000001",
        external_id: "garmin_ping_503700939728",
        upload_id: "17280496054",
      },
    });
  });

  it("reads an empty position and an empty polyline as none", () => {
    const { fields } = read.batch.activities[2]!;
    expect([fields.start_lat, fields.start_lng, fields.polyline]).toEqual([null, null, null]);
  });

  it("wants detail and streams of what was recorded, and the detail alone of what was typed in", () => {
    expect(read.batch.activities[0]!.wants).toEqual(["activity_detail", "activity_track"]);
    expect(read.batch.activities[6]!.wants).toEqual(["activity_detail"]);
  });

  it("does not call an activity changed for its kudos", () => {
    const more = fixture("activities_page");
    more[0].kudos_count = 99;
    more[0].achievement_count = 99;
    const again = page(activities.read(answer(more), at(0, NOW)));
    expect(again.batch.activities[0]).toEqual(read.batch.activities[0]);
  });

  it("goes on from the oldest second it saw", () => {
    expect(read.next).toEqual({ before: s("2018-07-13T01:03:00Z") + 1, page: 1 });
  });

  it("asks for a confirmation of what is absent from the stretch it shows whole", () => {
    expect(read.batch.deletions).toEqual([
      {
        kind: "activity",
        from: Date.parse("2018-07-13T01:03:01Z"),
        to: NOW,
        keep: ["16196740323", "15879799306", "15606266919", "13691718896", "12960706381", "11987691801", "1700154218"],
        confirm: "activity_absent",
      },
    ]);
  });

  it("rejects a bad item with its pointer, stores its neighbours and claims no deletion", () => {
    const bad = fixture("activities_page");
    bad[1].start_date = "yesterday";
    const some = page(activities.read(answer(bad), at(0, NOW)));
    expect(some.batch.activities.map((a) => a.external_id)).toEqual([
      "16196740323",
      "15606266919",
      "13691718896",
      "12960706381",
      "11987691801",
      "1700154218",
    ]);
    expect(some.batch.rejections).toEqual([{ kind: "activity", pointer: "/1/start_date", reason: "not an instant" }]);
    expect(some.batch.deletions).toEqual([]);
  });

  it("knows a bad item that has an id and a time as there, and goes on to say what is absent", () => {
    const bad = fixture("activities_page");
    bad[6].distance = "far";
    const some = page(activities.read(answer(bad), at(0, NOW)));
    expect(some.batch.activities).toHaveLength(6);
    expect(some.batch.rejections).toMatchObject([
      { kind: "activity", pointer: "/6/distance", external_id: "1700154218" },
    ]);
    expect(some.batch.deletions).toEqual(read.batch.deletions);
    expect(some.next).toEqual(read.next);
  });

  it("without a single item that says which it is and when is unreadable", () => {
    const [one, two] = fixture("activities_page");
    const bad = [
      { ...one, start_date: "yesterday" },
      { ...two, id: null },
    ];
    expect(activities.read(answer(bad), at(0, NOW))).toEqual({
      kind: "unreadable",
      pointer: "/0/start_date",
      reason: "not an instant",
    });
  });

  it("that does not heed what was asked for is unreadable, not the beginning of an endless list", () => {
    const all = fixture("activities_page");
    const again = activities.read(answer(all), at(0, NOW, read.next));
    expect(again).toEqual({ kind: "unreadable", pointer: "", reason: "not before what was asked for" });
    // Of one activity the page by time is the same once more, and rightly so; the page by number is not.
    const alone = page(activities.read(answer(all.slice(0, 1)), at(0, NOW)));
    const byTime = page(activities.read(answer(all.slice(0, 1)), at(0, NOW, alone.next)));
    expect(activities.read(answer(all.slice(0, 1)), at(0, NOW, byTime.next))).toEqual({
      kind: "unreadable",
      pointer: "",
      reason: "the page before once more",
    });
    expect(page(activities.read(answer([]), at(0, NOW, byTime.next))).next).toBeNull();
  });

  it("takes no number that cannot be, and no place that is not on earth", () => {
    const [one] = fixture("activities_page");
    const odd = { ...one, distance: -5, elapsed_time: -100, moving_time: 0, start_latlng: [999, 13] };
    const [record] = page(activities.read(answer([odd]), at(0, NOW))).batch.activities;
    expect(record!.fields).toMatchObject({
      distance_m: null,
      elapsed_s: null,
      moving_s: 0,
      start_lat: null,
      start_lng: null,
    });
  });

  it("keeps every digit of an id beyond 2^53", () => {
    const [one] = fixture("activities_page");
    const big = page(activities.read(answer([{ ...one, id: "154504250376823001" }]), at(0, NOW)));
    expect(big.batch.activities[0]!.external_id).toBe("154504250376823001");
  });

  it("ends below the window without another request, and leaves out what lies there", () => {
    const from = Date.parse("2025-09-01T00:00:00Z");
    const some = page(activities.read(answer(fixture("activities_page")), at(from, NOW)));
    expect(some.batch.activities.map((a) => a.external_id)).toEqual(["16196740323", "15879799306"]);
    expect(some.next).toBeNull();
    expect(some.batch.deletions).toMatchObject([{ from, to: NOW, keep: ["16196740323", "15879799306"] }]);
  });

  it("is the last only when it is empty", () => {
    const last = page(activities.read(answer([]), at(0, NOW, { before: 1531443781, page: 1 })));
    expect(last.next).toBeNull();
    expect(last.batch.deletions).toEqual([
      { kind: "activity", from: 0, to: 1531443781000, keep: [], confirm: "activity_absent" },
    ]);
  });

  it("turns to page numbers where a second fills a page, and claims nothing of that second", () => {
    const [one] = fixture("activities_page");
    const second = { before: s(one.start_date) + 1, page: 1 };
    const same = page(activities.read(answer([one, { ...one, id: 5 }]), at(0, NOW, second)));
    expect(same.next).toEqual({ before: second.before, page: 2, behind: "16196740323" });
    expect(same.batch.deletions).toEqual([]);
  });

  it("of a wrong shape is unreadable", () => {
    expect(activities.read(answer({ message: "hello" }), at(0, NOW))).toEqual({
      kind: "unreadable",
      pointer: "",
      reason: "not a list",
    });
  });

  it("is asked for by time, 200 at once", () => {
    expect(activities.request(at(0, 1_700_000_000_500))).toEqual({
      url: "https://www.strava.com/api/v3/athlete/activities",
      query: { before: "1700000001", page: "1", per_page: "200" },
    });
  });
});

describe("a manual swim", () => {
  const one = (body: unknown) => page(activities.read(answer([body]), at(0, NOW))).batch.activities[0]!.fields;

  it("has no top speed, for nothing was measured", () => {
    expect(one(fixture("activity_manual_swim"))).toMatchObject({
      sport: "swimming",
      sub_sport: "generic",
      start_time: 1523059800000,
      utc_offset_s: -14400,
      distance_m: 1874.5,
      is_manual: true,
      max_speed_mps: null,
      avg_heart_rate_bpm: null,
      polyline: null,
      start_lat: null,
    });
  });

  it("of an old copy has no offset, and its sport from the older field", () => {
    const { utc_offset: _offset, sport_type: _sport, ...old } = fixture("activity_manual_swim");
    expect(one(old)).toMatchObject({ sport: "swimming", sub_sport: "generic", utc_offset_s: null });
  });
});

describe("a detail", () => {
  const read = page(activity_detail.read(answer(fixture("activity_detail_run")), "1947652101", account));

  it("brings calories, description, device and gear", () => {
    const { part, fields } = read.batch.activities[0]!;
    expect(part).toBe("detail");
    expect(fields).toMatchObject({
      energy_kcal: 3760,
      device: "Fitbit Ionic",
      rpe: null,
      start_time: 1541343226000,
      utc_offset_s: -18000,
      elapsed_s: 13333,
      moving_s: 13085,
      distance_m: 42268.1,
      ascent_m: 270.9,
      training_load: 656,
      polyline: "_p~iF~ps|U_ulLnnqC_mqNvxq`@",
    });
    expect(fields.extra).toMatchObject({
      description: "Felt good.",
      gear: "Road shoe",
      external_id: "28011415028.tcx",
    });
  });

  it("brings the laps", () => {
    expect(read.batch.activities[0]!.laps).toEqual([
      {
        start: 0,
        elapsed_s: 13306,
        moving_s: 13299,
        distance_m: 42882.9,
        avg_heart_rate_bpm: 170.1,
        max_heart_rate_bpm: 187,
      },
    ]);
    expect(read.batch.activities[0]!.track).toBeUndefined();
  });

  it("keeps the activity where a lap is bad", () => {
    const body = {
      ...fixture("activity_detail_run"),
      laps: [{ elapsed_time: 1 }, ...fixture("activity_detail_run").laps],
    };
    const some = page(activity_detail.read(answer(body), "1947652101", account));
    expect(some.batch.activities[0]!.laps).toHaveLength(1);
    expect(some.batch.rejections.map(({ pointer }) => pointer)).toEqual(["/laps/0/start_date"]);
  });

  it("reads laps of their own answer's shape, in ms from the start", () => {
    const [lap] = fixture("activity_laps");
    const body = { ...fixture("activity_detail_run"), start_date: "2025-08-27T13:54:00Z", laps: [lap] };
    expect(page(activity_detail.read(answer(body), "1947652101", account)).batch.activities[0]!.laps).toEqual([
      {
        start: 22_000,
        elapsed_s: 1008,
        moving_s: 1008,
        distance_m: 133.46,
        avg_heart_rate_bpm: 124.9,
        max_heart_rate_bpm: 181,
      },
    ]);
  });

  it("of another activity is unreadable", () => {
    expect(activity_detail.read(answer(fixture("activity_detail_run")), "1", account)).toMatchObject({
      kind: "unreadable",
      pointer: "/id",
    });
  });

  it("deletes the activity where it was asked for because it is missed, and is not found, with or without a body", () => {
    expect(activity_absent.request("7", account)).toEqual({ ...activity_detail.request("7", account), accept: [404] });
    expect(activity_detail.request("7", account).accept).toBeUndefined();
    const errors: { status: number; body: unknown }[] = fixture("errors");
    for (const { body } of errors.filter(({ status }) => status === 404)) {
      const gone = page(activity_absent.read(answer(body, 404), "1947652101", account));
      expect(gone.batch.deletions).toEqual([{ kind: "activity", external_id: "1947652101" }]);
      expect(gone.batch.activities).toEqual([]);
    }
    const found = answer(fixture("activity_detail_run"));
    const id = String(fixture("activity_detail_run").id);
    expect(activity_absent.read(found, id, account)).toEqual(activity_detail.read(found, id, account));
  });
});

describe("streams", () => {
  it("become a track by their times", () => {
    const read = page(activity_track.read(answer(fixture("streams_key_by_type_composed")), "7", account));
    const { external_id, part, fields, track } = read.batch.activities[0]!;
    expect({ external_id, part, fields }).toEqual({ external_id: "7", part: "file", fields: {} });
    expect(track!.time).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10000, 11000]);
    expect(track!.channels.lat!.slice(0, 2)).toEqual([37.6, 37.60002]);
    expect(track!.channels.lng!.slice(0, 2)).toEqual([-119, -118.99999]);
    expect(track!.channels.heart_rate_bpm!.at(-1)).toBe(121);
    expect(track!.channels.cadence_rpm!.slice(0, 2)).toEqual([0, 82]);
    expect(track!.channels.power_w!.slice(0, 2)).toEqual([null, 210]);
    expect(track!.channels.speed_mps!.slice(0, 2)).toEqual([0, 2.9]);
    expect(track!.channels.temperature_c![0]).toBe(17);
    expect(track!.channels.distance_m!.at(-1)).toBe(43.8);
    expect(track!.channels.altitude_m!.at(-1)).toBe(23.4);
    expect(track!.channels.moving!.slice(0, 2)).toEqual([0, 1]);
  });

  it("know no heart rate of 0, but a power of 0", () => {
    const body = { time: { data: [0, 5] }, heartrate: { data: [0, 120] }, watts: { data: [0, 200] } };
    const { track } = page(activity_track.read(answer(body), "7", account)).batch.activities[0]!;
    expect(track).toEqual({
      time: [0, 5000],
      channels: { heart_rate_bpm: [null, 120], power_w: [0, 200] },
      laps: [],
    });
  });

  it("without their times are no track", () => {
    const read = page(activity_track.read(answer(fixture("streams_distance_only")), "7", account));
    expect(read.batch.activities).toEqual([]);
    expect(read.batch.rejections).toEqual([
      { kind: "activity", pointer: "/time", reason: "streams without their times" },
    ]);
  });

  it("that are none, or not found, clear the track", () => {
    for (const none of [answer({}), answer("", 404)]) {
      expect(page(activity_track.read(none, "7", account)).batch.activities).toMatchObject([
        { external_id: "7", track: null },
      ]);
    }
  });
});

describe("the athlete", () => {
  it("is who the token says, without a picture that is none", () => {
    expect(strava.identify.read(fixture("token_authorization_code"))).toEqual({
      provider_user_id: "90010017",
      display_name: "Sam Example",
      avatar_url: null,
    });
    expect(strava.identify.read({})).toBeNull();
  });

  it("tells since when there may be activities", () => {
    expect(page(profile.read(answer(fixture("athlete")), at(0, NOW))).profile).toEqual({
      display_name: "Sam Example",
      avatar_url: null,
      member_since: 1509530400000,
    });
  });
});

describe("refusals", () => {
  const errors: { request: string; status: number; body: unknown; headers?: Record<string, string> }[] =
    fixture("errors");
  const find = (words: string) => errors.find(({ request }) => request.includes(words))!;
  const means = (given: Answer, now = NOW) => faultOf(strava, { url: "" }, given, now);
  const fault = (words: string, now = NOW) => {
    const { status, body, headers } = find(words);
    return means(answer(body, status, headers), now);
  };
  const token = (words: string) => {
    const { status, body } = find(words);
    return strava.auth[0]!.read_token(status, body);
  };

  it("of the token endpoint are told in the words of RFC 6749", () => {
    expect(token("unknown client_id")).toEqual({ status: 401, body: { error: "invalid_client" } });
    expect(token("bad code")).toEqual({ status: 400, body: { error: "invalid_grant" } });
    expect(token("refresh token revoked")).toEqual({ status: 400, body: { error: "invalid_grant" } });
  });

  it("of a token endpoint that is down say nothing of the grant", () => {
    expect(strava.auth[0]!.read_token(503, "<html>")).toEqual({ status: 503, body: {} });
    expect(strava.auth[0]!.read_token(429, find("GET /api/v3/activities/{id} (today)").body)).toEqual({
      status: 429,
      body: {},
    });
  });

  it("tell a missing scope from an expired token and from an application that is refused", () => {
    expect(fault("scope missing")).toEqual({ kind: "scope_missing", scope: "activity:read" });
    expect(fault("expired or revoked")).toEqual({ kind: "unauthorized" });
    expect(fault("bad application")).toEqual({ kind: "unavailable", status: 401 });
  });

  it("for the limit last to the next quarter, or to midnight where the day is spent", () => {
    const now = Date.parse("2025-11-01T12:07:30Z");
    expect(fault("(today)", now)).toEqual({
      kind: "rate_limited",
      of: "application",
      until: Date.parse("2025-11-01T12:15:00Z"),
    });
    const day = errors.find(({ headers }) => headers?.["X-RateLimit-Usage"] === "600,30000")!;
    expect(means(answer(day.body, 429, day.headers), now)).toEqual({
      kind: "rate_limited",
      of: "application",
      until: Date.parse("2025-11-02T00:00:00Z"),
    });
    expect(means(answer("", 429), now)).toMatchObject({ until: Date.parse("2025-11-01T12:15:00Z") });
  });

  it("for the limit last as long as Retry-After says, where there is one", () => {
    const now = Date.parse("2025-11-01T12:07:30Z");
    expect(means(answer("", 429, { "Retry-After": "90" }), now)).toMatchObject({ until: now + 90_000 });
  });

  it("of any other kind are left to their status", () => {
    expect(strava.read_fault(answer("", 404))).toBeUndefined();
    expect(strava.read_fault(answer([]))).toBeUndefined();
  });
});

it("reads its limits from the headers, whatever their case", () => {
  expect(strava.read_limits(new Headers(fixture("rate_limit_headers").headers))).toEqual([
    { name: "all_quarter", limit: 200, used: 5 },
    { name: "all_day", limit: 2000, used: 148 },
    { name: "read_quarter", limit: 100, used: 5 },
    { name: "read_day", limit: 1000, used: 148 },
  ]);
  expect(strava.read_limits(new Headers({ "x-ratelimit-limit": "many" }))).toEqual([]);
});

it("names each sport in the words of FIT", () => {
  expect(toSport("GravelRide", "Ride", false)).toEqual(["cycling", "gravel_cycling"]);
  expect(toSport("Padel", undefined, false)).toEqual(["racket", "padel"]);
  expect(toSport("Ride", "Ride", true)).toEqual(["cycling", "indoor_cycling"]);
  expect(toSport("Run", "Run", true)).toEqual(["running", "treadmill"]);
  expect(toSport("TrailRun", "Run", true)).toEqual(["running", "trail"]);
  expect(toSport("SomethingNew", "Ride", false)).toEqual(["cycling", "generic"]);
  // Known, though FIT has no name for it: the coarser type would say less that is true.
  expect(toSport("Skateboard", "Ride", false)).toEqual(["generic", "generic"]);
  expect(toSport("constructor", undefined, false)).toEqual(["generic", "generic"]);
});

it("asks for activities with either scope, and for none without", () => {
  expect(lacking(activities, ["read", "activity:read"])).toEqual([]);
  expect(lacking(activities, ["read"])).toEqual(["activity:read_all"]);
});
