import { readFileSync } from "node:fs";
import { URL } from "node:url";
import { describe, expect, it } from "vitest";
import { garmin } from "../garmin/index.ts";
import type { Answer, Json, Page, Position } from "../provider.ts";
import { personalKey } from "./key.ts";

// biome-ignore lint/suspicious/noExplicitAny: a fixture is whatever was composed
const fixture = (name: string): any =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}_composed.json`, import.meta.url), "utf8"));
const answer = (body: unknown, status = 200): Answer => ({ status, headers: new Headers(), body });
const account = { provider_user_id: "100200300", public_id: "usr_a", learned: {} };
const DAY = 86_400_000;
const NOW = Date.parse("2026-11-14T20:00:00Z");
/** Three days, of a person an hour ahead unless told otherwise. */
const at = (cursor: Json | null = null, window = { from: NOW - 3 * DAY, to: NOW }, offset = 3600): Position => ({
  window,
  cursor,
  account,
  offsetAt: () => offset,
});
const page = (result: Page | { kind: string }): Page => {
  if ("kind" in result) throw new Error(JSON.stringify(result));
  return result;
};
const { streams } = garmin;
const API = "https://personal.connectapi.garmin.com";

describe("the key", () => {
  const now = Date.parse("2026-11-14T20:00:00Z");
  const read = (body: unknown) => personalKey.exchange.read(answer(body), now);

  it("is exchanged as the header says, and only on a private instance", () => {
    expect(personalKey).toMatchObject({ type: "api_key", private_only: true, early_s: 3600 });
    expect(personalKey.exchange).toMatchObject({
      request: { method: "POST", url: `${API}/personalapitoken-service/personal-api/personal-api-key/token` },
      header: { name: "authorization", prefix: "ApiKey " },
    });
  });

  it("brings a bearer under whatever name, for as long as is told, else as the token itself says, else a day", () => {
    const told = fixture("errors").find(({ status }: { status: number }) => status === 200).body;
    expect(read(JSON.stringify(told))).toEqual({ access_token: "eyJ.test.token", expires_at: now + DAY });
    expect(read(JSON.stringify({ token: "abc", expires_in: "60" }))).toEqual({
      access_token: "abc",
      expires_at: now + 60_000,
    });
    expect(read({ accessToken: "abc" })).toEqual({ access_token: "abc", expires_at: now + DAY });
    const jwt = `h.${btoa(JSON.stringify({ exp: 1794700000 })).replaceAll("=", "")}.s`;
    expect(read(jwt)).toEqual({ access_token: jwt, expires_at: 1794700000000 });
    for (const nothing of ["", "{}", "<html> no </html>", "null", JSON.stringify({ token: "" })]) {
      expect(read(nothing)).toMatchObject({ kind: "unreadable" });
    }
  });

  it("is of the person whose number any day names", () => {
    const { identify } = personalKey;
    expect(identify.request(account, now)).toEqual({
      url: `${API}/usersummary-service/usersummary/daily`,
      query: { calendarDate: "2026-11-13" },
    });
    expect(identify.read(answer(fixture("daily_summary")))).toMatchObject({ provider_user_id: "100200300" });
    expect(identify.read(answer(fixture("heart_rate")))).toMatchObject({ provider_user_id: "100200300" });
    expect(identify.read(answer(null))).toBeNull();
  });

  it("reads streams of its own, as the partner programme's protocols do theirs", () => {
    for (const [name, stream] of Object.entries(streams)) {
      expect([name, stream.auth]).toEqual([name, name.startsWith("personal_") ? ["api_key"] : ["oauth1", "oauth2"]]);
    }
  });
});

describe("activities", () => {
  const { personal_activities } = streams;
  const read = page(personal_activities.read(answer(fixture("activities")), at()));

  it("are asked for by local days, in pages", () => {
    expect(personal_activities.request(at())).toEqual({
      url: `${API}/activitylist-service/activities/search/activities`,
      query: { startDate: "2026-11-11", endDate: "2026-11-14", start: "0", limit: "50", excludeChildren: "false" },
    });
    expect(personal_activities.request(at(50)).query!.start).toBe("50");
    expect(read.next).toBeNull();
    expect(page(personal_activities.read(answer(Array(50).fill({})), at(50))).next).toBe(100);
    for (const nothing of [null, [], ""]) {
      expect(page(personal_activities.read(answer(nothing), at()))).toMatchObject({
        next: null,
        batch: { rejections: [] },
      });
    }
  });

  it("become records: steps are halved, the offset is between the two clocks", () => {
    expect(read.batch.rejections).toEqual([]);
    expect(read.batch.activities[0]).toEqual({
      external_id: "23100000412",
      part: "list",
      wants: ["personal_activity_detail"],
      element: 0,
      fields: {
        sport: "running",
        sub_sport: "generic",
        name: "Morning Run",
        start_time: Date.parse("2026-11-14T06:10:00Z"),
        utc_offset_s: 3600,
        elapsed_s: 2764,
        moving_s: 2698.2,
        distance_m: 8012.6,
        energy_kcal: 588,
        ascent_m: 61,
        descent_m: 59,
        avg_heart_rate_bpm: 151,
        max_heart_rate_bpm: 169,
        avg_speed_mps: 2.956,
        max_speed_mps: 4.11,
        avg_power_w: 262,
        max_power_w: 391,
        avg_cadence_rpm: 84,
        steps: 7588,
        is_manual: false,
        training_load: 96.5,
        extra: {
          activity_type: "running",
          device_id: "3400000001",
          timer_s: 2710.4,
          basal_energy_kcal: 61,
          normalized_power_w: 270,
          aerobic_training_effect: 3.2,
          vo2max_ml_kg_min: 50,
        },
      },
    });
  });

  it("name their sports in lower case, and legs their parent", () => {
    expect(
      read.batch.activities.map(({ external_id, fields }) => [
        external_id,
        fields.sport,
        fields.sub_sport,
        fields.extra!.parent,
      ]),
    ).toEqual([
      ["23100000412", "running", "generic", undefined],
      ["23099100377", "cycling", "road", undefined],
      ["23098000120", "multisport", "generic", undefined],
      ["23098000123", "cycling", "generic", "23098000120"],
      ["23098000122", "transition", "generic", "23098000120"],
      ["23098000121", "running", "generic", "23098000120"],
      ["23097500042", "training", "strength_training", undefined],
    ]);
  });

  it("of which nothing was measured say so", () => {
    const ride = read.batch.activities[1]!.fields;
    expect([ride.avg_cadence_rpm, ride.elapsed_s, ride.utc_offset_s]).toEqual([84, 5712.5, 3600]);
    expect(read.batch.activities[4]!.fields).toMatchObject({ avg_heart_rate_bpm: null, max_heart_rate_bpm: null });
    expect(read.batch.activities[6]!.fields).toMatchObject({ moving_s: null, distance_m: 0, elapsed_s: 2400 });
  });

  it("without a start are rejections, their neighbours are not", () => {
    const body = { activityList: [{ activityId: 1 }, { activityId: 2, beginTimestamp: 1794636600000 }, { name: "x" }] };
    const { batch } = page(personal_activities.read(answer(body), at()));
    expect(batch.activities).toMatchObject([
      { external_id: "2", fields: { start_time: 1794636600000, utc_offset_s: null, sport: "generic" } },
    ]);
    expect(batch.rejections.map(({ pointer }) => pointer)).toEqual([
      "/activityList/0/startTimeGMT",
      "/activityList/2/activityId",
    ]);
  });

  it("have details that tell effort, in tenths; not found says nothing", () => {
    const stream = streams.personal_activity_detail;
    expect(stream.request("23100000412", account)).toEqual({
      url: `${API}/activity-service/activity/23100000412`,
      accept: [404],
    });
    const detail = {
      activityId: 23100000412,
      summaryDTO: { directWorkoutRpe: 60, startLatitude: 52.5, startLongitude: 13.4, maxPower: "x" },
    };
    const { batch } = page(stream.read(answer(detail), "23100000412", account));
    expect(batch.activities).toEqual([
      { external_id: "23100000412", part: "detail", fields: { rpe: 6, start_lat: 52.5, start_lng: 13.4 }, element: 0 },
    ]);
    expect(stream.read(answer(detail), "1", account)).toMatchObject({ kind: "unreadable", pointer: "/activityId" });
    expect(page(stream.read(answer("", 404), "1", account)).batch).toMatchObject({ activities: [], deletions: [] });
  });
});

describe("days", () => {
  const days = (result: Page | { kind: string }) =>
    page(result).batch.days.map(({ date, metric, source, value }) => [date, metric, source, value]);

  it("are asked for one by one, today first, back to the window's first", () => {
    const stream = streams.personal_days;
    const asked: unknown[] = [];
    let cursor: Json | null = null;
    do {
      asked.push(stream.request(at(cursor)).query!.calendarDate);
      cursor = page(stream.read(answer(null), at(cursor))).next;
    } while (cursor !== null);
    expect(asked).toEqual(["2026-11-14", "2026-11-13", "2026-11-12", "2026-11-11"]);
    // Twelve hours ahead the day of the window's end is tomorrow.
    expect(stream.request(at(null, { from: NOW - DAY, to: NOW }, 43_200)).query).toEqual({
      calendarDate: "2026-11-15",
    });
  });

  it("have the values of a summary, and none of the mean of a week", () => {
    expect(days(streams.personal_days.read(answer(fixture("daily_summary")), at()))).toEqual(
      [
        ["steps", 13_204],
        ["distance_m", 11_086],
        ["total_energy_kcal", 2710],
        ["active_energy_kcal", 815],
        ["basal_energy_kcal", 1895],
        ["floors", 8.0524],
        ["floors_descended", 7.5311],
        ["min_heart_rate_bpm", 43],
        ["max_heart_rate_bpm", 169],
        ["resting_heart_rate_bpm", 47],
        ["stress_avg", 27],
        ["stress_max", 91],
        ["moderate_intensity_s", 720],
        ["vigorous_intensity_s", 2460],
        ["body_battery_high", 93],
        ["body_battery_low", 21],
        ["spo2_pct", null],
        ["waking_respiration_brpm", 14],
      ].map(([metric, value]) => ["2026-11-14", metric, "", value]),
    );
  });

  it("in the nested shape of a range tell steps and floors; its resting heart rate may be another thing", () => {
    expect(days(streams.personal_days.read(answer(fixture("daily_summaries_v2")), at()))).toEqual([
      ["2026-11-13", "steps", "", 7410],
      ["2026-11-13", "floors", "", 4],
      ["2026-11-14", "steps", "", 13_204],
      ["2026-11-14", "floors", "", 8],
    ]);
  });

  it("without anything tell nothing, and negative stress is none", () => {
    const empty = { calendarDate: "2020-01-01", totalSteps: null, averageStressLevel: null };
    expect(days(streams.personal_days.read(answer(empty), at()))).toEqual([]);
    const some = { calendarDate: "2020-01-01", totalSteps: 0, averageStressLevel: -2 };
    expect(days(streams.personal_days.read(answer(some), at()))).toEqual([
      ["2020-01-01", "steps", "", 0],
      ["2020-01-01", "stress_avg", "", null],
    ]);
  });

  it("of steps, stress and heart rate variability come 28 at a time", () => {
    const month = at(null, { from: NOW - streams.personal_steps.max_window_s! * 1000, to: NOW });
    expect(streams.personal_steps.request(month).url).toBe(
      `${API}/usersummary-service/stats/steps/daily/2026-10-18/2026-11-14`,
    );
    expect(days(streams.personal_steps.read(answer(fixture("steps_daily")), month))).toEqual([
      ["2026-11-13", "steps", "steps", 7410],
      ["2026-11-13", "distance_m", "steps", 6105],
      ["2026-11-14", "steps", "steps", 13_204],
      ["2026-11-14", "distance_m", "steps", 11_086],
    ]);
    expect(streams.personal_stress.request(month).url).toBe(
      `${API}/usersummary-service/stats/stress/daily/2026-10-18/2026-11-14`,
    );
    expect(days(streams.personal_stress.read(answer(fixture("stress_daily")), month)).slice(0, 5)).toEqual([
      ["2026-11-13", "stress_avg", "stress", 33],
      ["2026-11-13", "rest_stress_s", "stress", 24_600],
      ["2026-11-13", "low_stress_s", "stress", 19_800],
      ["2026-11-13", "medium_stress_s", "stress", 12_600],
      ["2026-11-13", "high_stress_s", "stress", 3600],
    ]);
    expect(streams.personal_hrv.request(month).url).toBe(`${API}/hrv-service/hrv/daily/2026-10-18/2026-11-14`);
    expect(days(streams.personal_hrv.read(answer(fixture("hrv")), month))).toEqual([
      ["2026-11-13", "hrv_rmssd_ms", "", 51],
      ["2026-11-13", "hrv_rmssd_5min_high_ms", "", 78],
      ["2026-11-14", "hrv_rmssd_ms", "", 54],
      ["2026-11-14", "hrv_rmssd_5min_high_ms", "", 83],
    ]);
  });
});

describe("samples", () => {
  const samples = (result: Page | { kind: string }) =>
    page(result).batch.samples.map(({ metric, stream, time, value, utc_offset_s }) => [
      metric,
      stream,
      time.map((one, i) => [new Date(one).toISOString().slice(0, 19), value[i], utc_offset_s[i]]),
    ]);

  it("of the heart keep their gaps, in whatever order the pairs are", () => {
    const stream = streams.personal_heart_rate;
    expect(stream.request(at())).toEqual({
      url: `${API}/wellness-service/wellness/dailyHeartRate`,
      query: { date: "2026-11-14" },
    });
    const expected = [
      [
        "heart_rate_bpm",
        "",
        [
          ["2026-11-13T23:00:00", 49, 3600],
          ["2026-11-13T23:02:00", 48, 3600],
          ["2026-11-13T23:04:00", 48, 3600],
          ["2026-11-13T23:08:00", 47, 3600],
          ["2026-11-13T23:10:00", 50, 3600],
        ],
      ],
    ];
    const body = fixture("heart_rate");
    expect(samples(stream.read(answer(body), at()))).toEqual(expected);
    const turned = {
      ...body,
      heartRateValueDescriptors: [
        { key: "heartrate", index: 0 },
        { key: "timestamp", index: 1 },
      ],
      heartRateValues: body.heartRateValues.map(([time, bpm]: number[]) => [bpm, time]),
    };
    expect(samples(stream.read(answer(turned), at()))).toEqual(expected);
    const { heartRateValueDescriptors: _, ...bare } = body;
    expect(samples(stream.read(answer(bare), at()))).toEqual(expected);
    expect(page(stream.read(answer([]), at())).batch.rejections).toEqual([]);
    expect(page(stream.read(answer({ heartRateValues: ["x"] }), at())).batch.rejections).toMatchObject([
      { pointer: "/heartRateValues/0" },
    ]);
  });

  it("of a night's heart rate variability come with its mean", () => {
    const stream = streams.personal_hrv_readings;
    expect(stream.request(at()).url).toBe(`${API}/hrv-service/hrv/2026-11-14`);
    const read = stream.read(answer(fixture("hrv_night")), at());
    expect(samples(read)).toEqual([
      [
        "hrv_rmssd_ms",
        "",
        [
          ["2026-11-13T22:25:30", 49, 3600],
          ["2026-11-13T22:30:30", 52, 3600],
          ["2026-11-13T22:35:30", 61, 3600],
        ],
      ],
    ]);
    expect(page(read).batch.days[0]).toMatchObject({ date: "2026-11-14", metric: "hrv_rmssd_ms", value: 54 });
    expect(page(stream.read(answer(null, 204), at())).batch).toMatchObject({ elements: [], rejections: [] });
  });

  it("of weight are at their true time", () => {
    expect(samples(streams.personal_weight.read(answer(fixture("weight")), at()))).toEqual([
      ["weight_kg", "", [["2026-11-14T06:00:30", 72.45, 3600]]],
      ["body_fat_pct", "", [["2026-11-14T06:00:30", 17.4, 3600]]],
      ["bmi_kg_m2", "", [["2026-11-14T06:00:30", 22.6, 3600]]],
    ]);
  });

  it("of oxygen are read under any name, and 0 is none", () => {
    const body = {
      spO2HourlyAverages: [[1794610800000, 95], [1794614400000, 0], "x"],
      lowestSpO2: 90,
      other: [[1, 2]],
    };
    expect(samples(streams.personal_spo2.read(answer(body), at()))).toEqual([
      ["spo2_pct", "hourly", [["2026-11-13T23:00:00", 95, Number.NaN]]],
    ]);
  });
});

describe("a night", () => {
  const stream = streams.personal_nights;
  const nights = (body: unknown) => page(stream.read(answer(body), at())).batch.nights;

  it("has its levels, and its nap stands apart", () => {
    expect(stream.request(at())).toEqual({
      url: `${API}/sleep-service/sleep/dailySleepData`,
      query: { date: "2026-11-14" },
    });
    const read = nights(fixture("sleep_night"));
    expect(read[0]).toEqual({
      external_id: "1794608400",
      part: "list",
      rank: 6_027_000,
      replaces: "overlapping_type",
      element: 0,
      fields: {
        type: "main",
        date: "2026-11-14",
        start_time: 1794608400000,
        end_time: 1794635400000,
        utc_offset_s: 3600,
        in_bed_s: 27_000,
        asleep_s: 26_280,
        awake_s: 720,
        light_s: 15_480,
        deep_s: 5400,
        rem_s: 5400,
        unstaged_s: 0,
        latency_s: null,
        efficiency_pct: null,
        score: 82,
        avg_heart_rate_bpm: 49,
        min_heart_rate_bpm: null,
        avg_hrv_rmssd_ms: null,
        avg_respiration_brpm: 13,
        avg_spo2_pct: null,
        stages: [
          [0, "light", 1800],
          [1800, "deep", 3600],
          [5400, "light", 5400],
          [10_800, "rem", 2700],
          [13_500, "awake", 720],
          [14_220, "light", 4680],
          [18_900, "deep", 1800],
          [20_700, "light", 3600],
          [24_300, "rem", 2700],
        ],
        extra: { validation: "enhanced_confirmed_final", calendar_date: "2026-11-14", score_qualifier: "GOOD" },
      },
    });
    expect(read[1]).toMatchObject({
      external_id: "1794661500",
      fields: {
        type: "nap",
        date: "2026-11-14",
        start_time: Date.parse("2026-11-14T13:05:00Z"),
        end_time: Date.parse("2026-11-14T13:30:00Z"),
        utc_offset_s: 3600,
        asleep_s: 1500,
        unstaged_s: 1500,
      },
    });
    expect(read.length).toBe(2);
  });

  it("of a range is bare, and an empty one is none", () => {
    const bare = nights(fixture("sleep_summaries"));
    expect(bare.map(({ external_id, fields }) => [external_id, fields.date, fields.asleep_s, fields.score])).toEqual([
      ["1794523800", "2026-11-13", 23_700, 74],
      ["1794608400", "2026-11-14", 26_280, 82],
    ]);
    expect(nights({ data: fixture("sleep_summaries") })).toEqual(bare);
    expect(nights({ sleepSummaries: fixture("sleep_summaries") })).toEqual(bare);
    expect(page(stream.read(answer(fixture("sleep_summaries")), at())).batch.elements).toEqual(["sleep", "sleep"]);
    for (const nothing of [null, [], { dailySleepDTO: null, sleepLevels: [] }]) expect(nights(nothing)).toEqual([]);
  });

  it("that is not over may have naps, of which one without a length is told", () => {
    const nap = { napStartTimestampGMT: "2026-11-14T13:05:00", napTimeSec: 1500 };
    const { batch } = page(stream.read(answer({ dailySleepDTO: null, dailyNapDTOS: [nap, {}] }), at()));
    expect(batch.nights).toMatchObject([{ external_id: "1794661500", fields: { type: "nap", in_bed_s: 1500 } }]);
    expect(batch.rejections).toEqual([{ kind: "sleep", pointer: "/dailyNapDTOS/1", reason: "no start or no length" }]);
  });

  it("over a change of the clocks is of the day at its end's own offset", () => {
    const dto = {
      calendarDate: "2026-10-25",
      sleepStartTimestampGMT: Date.parse("2026-10-24T22:00:00Z"),
      sleepEndTimestampGMT: Date.parse("2026-10-25T06:00:00Z"),
      sleepStartTimestampLocal: Date.parse("2026-10-25T00:00:00Z"),
      sleepEndTimestampLocal: Date.parse("2026-10-25T07:00:00Z"),
    };
    expect(nights({ dailySleepDTO: dto })[0]!.fields).toMatchObject({
      utc_offset_s: 7200,
      in_bed_s: 28_800,
      date: "2026-10-25",
    });
    // Half past eleven at the offset it began with, half past midnight at that of its end.
    const late = {
      ...dto,
      sleepEndTimestampGMT: Date.parse("2026-10-25T21:30:00Z"),
      sleepEndTimestampLocal: Date.parse("2026-10-26T00:30:00Z"),
    };
    expect(nights({ dailySleepDTO: late })[0]!.fields.date).toBe("2026-10-26");
  });

  it("may tell its times in seconds or in words", () => {
    const ms = { sleepStartTimestampGMT: 1794608400000, sleepEndTimestampGMT: 1794635400000 };
    const s = { sleepStartTimestampGMT: 1794608400, sleepEndTimestampGMT: 1794635400 };
    const words = { sleepStartTimestampGMT: "2026-11-13T22:20:00.0", sleepEndTimestampGMT: "2026-11-14 05:50:00" };
    for (const times of [ms, s, words]) {
      expect(nights({ dailySleepDTO: { ...times, calendarDate: "2026-11-14" } })[0]!.fields).toMatchObject({
        start_time: 1794608400000,
        end_time: 1794635400000,
        utc_offset_s: null,
        date: "2026-11-14",
      });
    }
  });
});

it("what cannot be read is told by where it stands, whatever is around it", () => {
  const pointers = (name: "personal_days" | "personal_weight" | "personal_nights", body: unknown) =>
    page(streams[name].read(answer(body), at())).batch.rejections.map(({ pointer }) => pointer);
  const day = { calendarDate: "2026-02-30" };
  expect(pointers("personal_days", day)).toEqual(["/calendarDate"]);
  expect(pointers("personal_days", [day])).toEqual(["/0/calendarDate"]);
  expect(pointers("personal_days", { data: [day] })).toEqual(["/data/0/calendarDate"]);
  expect(pointers("personal_days", { data: { days: [day] } })).toEqual(["/data/days/0/calendarDate"]);
  const weighing = { dailyWeightSummaries: [{ allWeightMetrics: [{ timestampGMT: "?" }] }] };
  expect(pointers("personal_weight", weighing)).toEqual(["/dailyWeightSummaries/0/allWeightMetrics/0/timestampGMT"]);
  expect(pointers("personal_nights", { data: [{ dailyNapDTOS: [{}] }] })).toEqual(["/data/0/dailyNapDTOS/0"]);
});
