import { Encoder, type Mesg, Profile } from "@garmin/fitsdk";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SPORTS, SUB_SPORTS } from "../../domain/sports.ts";
import { parseJson } from "../../platform/egress.ts";
import type { Account, Answer, ListStream, Page, Position } from "../provider.ts";
import bindFixture from "./fixtures/bind_state_composed.json" with { type: "json" };
import dailyFixture from "./fixtures/daily_query_composed.json" with { type: "json" };
import deauthorizeFixture from "./fixtures/deauthorize_response_composed.json" with { type: "json" };
import errorFixtures from "./fixtures/errors_composed.json" with { type: "json" };
import modes from "./fixtures/modes.json" with { type: "json" };
import refreshFixture from "./fixtures/refresh_response.json" with { type: "json" };
import detailFixture from "./fixtures/sport_detail_fit.json" with { type: "json" };
import listFixture from "./fixtures/sport_list.json" with { type: "json" };
import listComposed from "./fixtures/sport_list_composed.json" with { type: "json" };
import tokenFixture from "./fixtures/token_response_composed.json" with { type: "json" };
import userFixture from "./fixtures/user_info_composed.json" with { type: "json" };
import pushFixture from "./fixtures/webhook_push_composed.json" with { type: "json" };
import { coros } from "./index.ts";
import { isIndoor, toSport } from "./sports.ts";

const NOW = Date.UTC(2026, 3, 29, 12);
const OPEN_ID = "0123456789abcdef0123456789abcdef";
const account: Account = { provider_user_id: OPEN_ID, public_id: "usr_1", learned: {} };
const { workouts, daily, profile, workout_file } = coros.streams;
const [auth] = coros.auth;

const answer = (body: unknown, status = 200, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: new Headers(headers),
  body,
});
const UTC: Position["offsetAt"] = () => 0;
const at = (from: string, to: string, offsetAt: Position["offsetAt"] = UTC): Position => ({
  window: { from: Date.parse(from), to: Date.parse(to) },
  cursor: null,
  account,
  offsetAt,
});
const MONTH = at("2026-04-02T12:00:00Z", "2026-04-29T12:00:00Z");
function read(stream: ListStream, body: unknown, position = MONTH): Page {
  const page = stream.read(answer(body), position);
  if ("kind" in page) throw new Error(`a fault: ${JSON.stringify(page)}`);
  return page;
}
const listed = (items: unknown) => read(workouts, { result: "0000", data: items }).batch;
const days = (rows: unknown, offsetAt = UTC) =>
  read(daily, { result: "0000", data: { dailyList: rows } }, { ...MONTH, offsetAt }).batch;
const plain = { labelId: "1", mode: 8, subMode: 1, startTime: 1775203200, endTime: 1775206480 };

describe("workouts", () => {
  it("reads the guide's own sample, which lacks all that may be missing", () => {
    const { batch, next } = read(workouts, listFixture);
    expect(next).toBeNull();
    expect(batch.activities).toEqual([
      {
        external_id: "418173292602490880",
        part: "list",
        fields: {
          sport: "running",
          sub_sport: "generic",
          start_time: Date.parse("2018-01-16T10:01:09Z"),
          utc_offset_s: 28_800,
          elapsed_s: 493,
          is_indoor: false,
          extra: { mode: 8, sub_mode: 1, files: 1 },
        },
        wants: ["workout_file"],
        element: 0,
      },
    ]);
    expect(batch.rejections).toEqual([]);
  });

  it("reads a run: small calories, pace, both feet, quarter hours", () => {
    const { activities } = read(workouts, listComposed).batch;
    expect(activities[0]!.fields).toEqual({
      sport: "running",
      sub_sport: "generic",
      start_time: Date.parse("2026-04-03T08:00:00Z"),
      utc_offset_s: 7200,
      elapsed_s: 3280,
      moving_s: 3224,
      distance_m: 10_012,
      energy_kcal: 612,
      avg_speed_mps: 1000 / 322,
      avg_cadence_rpm: 87,
      steps: 9350,
      device: "COROS PACE 3",
      is_indoor: false,
      extra: { mode: 8, sub_mode: 1, files: 1 },
    });
    expect(activities[1]!.fields).toEqual({
      sport: "cycling",
      sub_sport: "indoor_cycling",
      start_time: Date.parse("2026-04-04T08:00:00Z"),
      utc_offset_s: 7200,
      elapsed_s: 3660,
      moving_s: 3600,
      distance_m: 30_500,
      energy_kcal: 540.5,
      avg_speed_mps: 1000 / 118,
      avg_cadence_rpm: 88,
      steps: 0,
      device: "COROS DURA",
      is_indoor: true,
      extra: { mode: 9, sub_mode: 2, files: 1 },
    });
  });

  it("makes one activity of a triathlon, with its legs beside it", () => {
    const { activities } = read(workouts, listComposed).batch;
    expect(activities).toHaveLength(3);
    expect(activities[2]).toEqual({
      external_id: "467000000000000103",
      part: "list",
      fields: {
        sport: "multisport",
        sub_sport: "generic",
        start_time: Date.parse("2026-08-01T04:00:00Z"),
        utc_offset_s: 3600,
        elapsed_s: 9000,
        moving_s: 8700,
        distance_m: 51_500,
        energy_kcal: 1890,
        device: "COROS VERTIX 2S",
        extra: {
          mode: 13,
          sub_mode: 1,
          files: 3,
          legs: [
            {
              sport: "swimming",
              sub_sport: "open_water",
              mode: 10,
              sub_mode: 1,
              distance_m: 1500,
              moving_s: 1750,
              energy_kcal: 380,
            },
            {
              sport: "cycling",
              sub_sport: "road",
              mode: 9,
              sub_mode: 1,
              distance_m: 40_000,
              moving_s: 4300,
              energy_kcal: 980,
            },
            {
              sport: "running",
              sub_sport: "generic",
              mode: 8,
              sub_mode: 1,
              distance_m: 10_000,
              moving_s: 2650,
              energy_kcal: 530,
            },
          ],
        },
      },
      wants: ["workout_file"],
      element: 2,
    });
  });

  it("keeps every digit of ids that come as bare numbers", () => {
    const text =
      '{"result":"0000","data":[{"labelId":418173292602490881,"mode":8,"subMode":1,"startTime":1516096869,"endTime":1516097362},{"labelId":77,"mode":8,"subMode":1,"startTime":1516096869,"endTime":1516097362}]}';
    expect(read(workouts, parseJson(text)).batch.activities.map((one) => one.external_id)).toEqual([
      "418173292602490881",
      "77",
    ]);
  });

  it("leaves out what is missing, clears what is null, and takes 0 for none where nothing could be 0", () => {
    const { activities } = listed([
      { ...plain, avgSpeed: 0, avgFrequency: 0, distance: 0, step: 0, calorie: 0, startTimezone: -14, deviceName: "" },
      {
        ...plain,
        labelId: "2",
        distance: null,
        duration: null,
        calorie: null,
        startTimezone: null,
        planWorkoutId: 467000000000000999n.toString(),
      },
      { ...plain, labelId: "3", startTimezone: 400, planWorkoutId: 0, fitUrl: "" },
      { ...plain, labelId: "4", startTimezone: 23 },
    ]);
    expect(activities.map(({ fields }) => fields)).toEqual([
      expect.objectContaining({
        avg_speed_mps: null,
        avg_cadence_rpm: null,
        distance_m: 0,
        steps: 0,
        energy_kcal: 0,
        utc_offset_s: -12_600,
        device: null,
      }),
      expect.objectContaining({
        distance_m: null,
        moving_s: null,
        energy_kcal: null,
        utc_offset_s: null,
        extra: { mode: 8, sub_mode: 1, plan_workout_id: "467000000000000999" },
      }),
      expect.objectContaining({ utc_offset_s: null, extra: { mode: 8, sub_mode: 1 } }),
      expect.objectContaining({ utc_offset_s: 20_700 }),
    ]);
    expect(Object.keys(activities[3]!.fields).sort()).toEqual([
      "elapsed_s",
      "extra",
      "is_indoor",
      "sport",
      "start_time",
      "sub_sport",
      "utc_offset_s",
    ]);
    expect(activities.map(({ wants }) => wants)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("believes a pool's pace only where distance and time agree", () => {
    const pool = { ...plain, mode: 10, subMode: 2, distance: 1500, duration: 1800 };
    const { activities } = listed([
      { ...pool, avgSpeed: 1200 },
      { ...pool, labelId: "2", avgSpeed: 120 },
    ]);
    expect(activities[0]!.fields.avg_speed_mps).toBeCloseTo(1 / 1.2, 12);
    expect(activities[1]!.fields).toMatchObject({ avg_speed_mps: null, extra: { avg_pace: 120 } });
  });

  it("rejects what is none, and goes on with its neighbours", () => {
    const { activities, rejections, deletions } = listed([
      { ...plain, labelId: null },
      { ...plain, endTime: plain.startTime - 1 },
      { ...plain, mode: "eight" },
      "nonsense",
      plain,
    ]);
    expect(activities.map((one) => one.external_id)).toEqual(["1"]);
    expect(rejections.map(({ kind, pointer }) => [kind, pointer])).toEqual([
      ["activity", "/data/0/labelId"],
      ["activity", "/data/1/endTime"],
      ["activity", "/data/2/mode"],
      ["activity", "/data/3"],
    ]);
    expect(rejections[1]!.reason).toBe("before the start");
    // With one unread nobody can say what is absent.
    expect(deletions).toEqual([]);
  });

  it("has what is stored and absent from a whole list confirmed, but not where nothing came", () => {
    expect(listed([plain]).deletions).toEqual([
      { kind: "activity", ...MONTH.window, keep: ["1"], confirm: "workout_check" },
    ]);
    expect(listed([]).deletions).toEqual([]);
    expect(listed(null).deletions).toEqual([]);
  });

  it("asks by local days wherever the person is, thirty at most", () => {
    expect(workouts.request(at("2026-04-02T13:00:00Z", "2026-04-29T13:00:00Z"))).toEqual({
      url: "https://open.coros.com/v2/coros/sport/list",
      query: { openId: OPEN_ID, startDate: "20260402", endDate: "20260430" },
    });
    // In Kiribati it is already the third, in Honolulu still the first.
    expect(workouts.request(at("2026-04-02T10:30:00Z", "2026-04-02T10:30:00Z")).query).toMatchObject({
      startDate: "20260401",
      endDate: "20260403",
    });
    for (let hour = 0; hour < 24; hour++) {
      const to = Date.UTC(2026, 3, 29, hour);
      const { query } = workouts.request({ ...MONTH, window: { from: to - workouts.max_window_s! * 1000, to } });
      const [first, last] = [query!.startDate!, query!.endDate!].map((day) =>
        Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`),
      );
      expect((last! - first!) / 86_400_000 + 1).toBeLessThanOrEqual(30);
    }
  });
});

describe("sports", () => {
  it("knows every pair of the list, and every one is a name of ours", () => {
    for (const [mode, sub, , sport, sub_sport] of modes.modes as [number, number | null, string, string, string][]) {
      expect([mode, sub, ...toSport(mode, sub)]).toEqual([mode, sub, sport, sub_sport]);
      expect(SPORTS.has(sport)).toBe(true);
      expect(SUB_SPORTS.has(sub_sport)).toBe(true);
    }
  });

  it("takes an unknown pair for the mode's first kind, then for the mode, then for none, and keeps the numbers", () => {
    expect(toSport(8, 9)).toEqual(["running", "generic"]);
    expect(toSport(42, 1)).toEqual(["training", "yoga"]);
    expect(toSport(23, 1)).toEqual(["generic", "generic"]);
    expect(listed([{ ...plain, mode: 801, subMode: 7 }]).activities[0]!.fields).toMatchObject({
      sport: "generic",
      sub_sport: "generic",
      extra: { mode: 801, sub_mode: 7 },
    });
    expect([isIndoor(99, null), isIndoor(98, 1), isIndoor(10, 2)]).toEqual([true, false, null]);
  });
});

describe("days and nights", () => {
  it("reads a day, its night and the beats of it", () => {
    const { batch } = read(daily, dailyFixture);
    expect(batch.days).toEqual([
      { date: "2026-04-28", metric: "steps", source: "", value: 9120, element: 0 },
      { date: "2026-04-28", metric: "resting_heart_rate_bpm", source: "", value: 56, element: 0 },
      { date: "2026-04-28", metric: "hrv_rmssd_ms", source: "", value: 50, element: 0 },
    ]);
    expect(batch.nights).toEqual([
      {
        external_id: "2026-04-28",
        part: "list",
        fields: {
          type: "main",
          date: "2026-04-28",
          start_time: Date.parse("2026-04-27T19:15:00Z"),
          end_time: Date.parse("2026-04-28T03:45:00Z"),
          utc_offset_s: 10_800,
          in_bed_s: 30_600,
          asleep_s: null,
          avg_heart_rate_bpm: 58,
          avg_hrv_rmssd_ms: 50,
        },
        element: 1,
      },
    ]);
    const times = [Date.parse("2026-04-27T23:00:00Z"), Date.parse("2026-04-28T00:00:00Z")];
    const columns = { stream: "", time: times, utc_offset_s: [10_800, 10_800], element: [2, 2] };
    expect(batch.samples).toEqual([
      { metric: "hrv_rmssd_ms", ...columns, value: [25, 41] },
      { metric: "heart_rate_bpm", ...columns, value: [60, 54] },
    ]);
    expect(batch.rejections).toEqual([]);
  });

  const sleep = (sleepStartTime: unknown, sleepEndTime: unknown, more: object = {}) => ({
    happenDay: "20260329",
    sleepStartTime,
    sleepEndTime,
    ...more,
  });
  const berlin = (date: string) => (date < "2026-03-29" ? 3600 : 7200);
  const nightOf = (row: object, offsetAt = UTC) => days([row], offsetAt).nights[0]?.fields;

  it("measures a night across a clock change by its instants, with zones and without", () => {
    const expected = {
      start_time: Date.parse("2026-03-28T22:00:00Z"),
      end_time: Date.parse("2026-03-29T05:00:00Z"),
      utc_offset_s: 3600,
      in_bed_s: 7 * 3600,
      date: "2026-03-29",
    };
    const row = sleep("2026-03-28 23:00:00", "2026-03-29 07:00:00");
    expect(nightOf({ ...row, startTimezone: 4, endTimezone: 8 })).toMatchObject(expected);
    expect(nightOf(row, berlin)).toMatchObject(expected);
    const autumn = sleep("2026-10-24 23:00:00", "2026-10-25 07:00:00", { startTimezone: 8, endTimezone: 4 });
    expect(nightOf(autumn)).toMatchObject({ in_bed_s: 9 * 3600, utc_offset_s: 7200 });
  });

  it("reads offsets west of Greenwich and of half hours", () => {
    const row = sleep("2026-03-28 23:30:00", "2026-03-29 06:30:00", { startTimezone: -14, endTimezone: -14 });
    expect(nightOf(row)).toMatchObject({ start_time: Date.parse("2026-03-29T03:00:00Z"), utc_offset_s: -12_600 });
    const kathmandu = sleep("2026-03-28 23:30:00", "2026-03-29 06:30:00", { startTimezone: 23 });
    expect(nightOf(kathmandu)).toMatchObject({ end_time: Date.parse("2026-03-29T00:45:00Z"), utc_offset_s: 20_700 });
  });

  it("calls less than three hours a nap, and dates a night by its end, whatever row it is in", () => {
    expect(nightOf(sleep("2026-03-29 13:00:00", "2026-03-29 14:10:00"))).toMatchObject({ type: "nap", in_bed_s: 4200 });
    const batch = days([sleep("2026-03-29 22:00:00", "2026-03-30 06:00:00")]);
    expect(batch.nights[0]).toMatchObject({
      external_id: "2026-03-29",
      fields: { date: "2026-03-30", extra: { happen_day: "2026-03-29" } },
    });
  });

  it("drops windows of no length, backward ones and those of more than a day, and what was stored of them", () => {
    const gone = [{ kind: "sleep", external_id: "2026-03-29" }];
    for (const [from, to, reason] of [
      ["2026-03-29 06:00:00", "2026-03-29 06:00:00", "not after the start"],
      ["2026-03-29 06:00:00", "2026-03-28 22:00:00", "not after the start"],
      ["2026-03-27 20:00:00", "2026-03-30 06:00:00", "a night of more than a day"],
    ]) {
      const batch = days([sleep(from, to, { step: 10 })]);
      expect(batch.nights).toEqual([]);
      expect(batch.days).toMatchObject([{ metric: "steps", value: 10 }]);
      expect(batch.rejections).toEqual([{ kind: "sleep", pointer: "/data/dailyList/0/sleepEndTime", reason }]);
      expect(batch.deletions).toEqual(gone);
    }
    expect(nightOf(sleep("2026-03-28 06:00:00", "2026-03-29 06:00:00"))).toMatchObject({ in_bed_s: 86_400 });
    // A night that the row has no more.
    for (const none of [undefined, null, ""]) expect(days([sleep(none, none)]).deletions).toEqual(gone);
  });

  it("rejects a wall time that is none, and keeps the day", () => {
    const batch = days([sleep("2026-02-30 22:00:00", "2026-03-29 06:00:00", { rhr: 50 })]);
    expect(batch.rejections).toEqual([
      { kind: "sleep", pointer: "/data/dailyList/0/sleepStartTime", reason: "not a local time" },
    ]);
    expect(batch.days).toMatchObject([{ metric: "resting_heart_rate_bpm", value: 50 }]);
    // What could not be read says nothing of the night that is stored.
    expect(batch.deletions).toEqual([]);
  });

  it("takes 0 for no reading but of steps, clears what is null, and leaves what is not told", () => {
    const value = (row: object) =>
      days([{ happenDay: 20260329, ...row }]).days.map(({ metric, value }) => [metric, value]);
    expect(value({ step: 0, rhr: 0, ppgHrv: 0 })).toEqual([
      ["steps", 0],
      ["resting_heart_rate_bpm", null],
      ["hrv_rmssd_ms", null],
    ]);
    expect(value({ step: null, rhr: null })).toEqual([
      ["steps", null],
      ["resting_heart_rate_bpm", null],
    ]);
    expect(value({ calorie: 9553 })).toEqual([]);
    expect(value({ step: "52" })).toEqual([["steps", 52]]);
    const row = sleep("2026-03-28 23:00:00", "2026-03-29 07:00:00", { sleepAvgHr: 0, ppgHrv: 0 });
    expect(nightOf(row)).toMatchObject({ avg_heart_rate_bpm: null, avg_hrv_rmssd_ms: null });
    // What a night's row takes back of its day it takes back of the night.
    expect(nightOf({ ...row, sleepAvgHr: null, ppgHrv: null })).toMatchObject({
      avg_heart_rate_bpm: null,
      avg_hrv_rmssd_ms: null,
    });
    expect(nightOf({ ...row, ppgHrv: "many" })).not.toHaveProperty("avg_hrv_rmssd_ms");
  });

  it("tells of values that cannot be true, and of rows without a date", () => {
    const batch = days([
      { happenDay: 20260231, step: 1 },
      { happenDay: 20260329, rhr: 900, step: "many" },
      { step: 3 },
    ]);
    expect(batch.days).toEqual([]);
    expect(batch.rejections).toEqual([
      { kind: "daily", pointer: "/data/dailyList/0/happenDay", reason: "not a date" },
      { kind: null, pointer: "/data/dailyList/1/step", reason: "not a number" },
      { kind: null, pointer: "/data/dailyList/1/rhr", reason: "out of range" },
      expect.objectContaining({ kind: "daily", pointer: "/data/dailyList/2/happenDay" }),
    ]);
  });

  it("keeps beats out of order and twice as they come, and leaves out what is no reading", () => {
    const beat = (timestamp: unknown, hrv: unknown, hr?: unknown) => ({ timestamp, hrv, hr });
    const hrvList = [
      beat(1777334400, 41, 0),
      beat(1777330800, 25, 60),
      beat(1777330800, 26),
      beat(0, 30, 50),
      beat(1777338000, "x", 55),
      beat(1777338000, 0, null),
      beat("1777341600", "28", "900"),
    ];
    const batch = days([{ happenDay: 20260428, hrvList }]);
    expect(batch.samples.map(({ metric, time, value }) => [metric, time, value])).toEqual([
      ["hrv_rmssd_ms", [1777334400000, 1777330800000, 1777330800000, 1777341600000], [41, 25, 26, 28]],
      ["heart_rate_bpm", [1777330800000, 1777338000000], [60, 55]],
    ]);
    expect(batch.samples[0]!.utc_offset_s).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    expect(batch.rejections).toEqual([
      { kind: "series", pointer: "/data/dailyList/0/hrvList/3/timestamp", reason: "not an instant" },
      { kind: "series", pointer: "/data/dailyList/0/hrvList/4/hrv", reason: "not a number" },
      { kind: "series", pointer: "/data/dailyList/0/hrvList/6/hr", reason: "out of range" },
    ]);
  });

  it("finds nothing where nothing is", () => {
    expect(days([]).elements).toEqual([]);
    expect(read(daily, { result: "0000", data: null }).batch.elements).toEqual([]);
    expect(daily.read(answer({ result: "0000", data: { dailyList: {} } }), MONTH)).toMatchObject({
      kind: "unreadable",
    });
  });
});

describe("files", () => {
  const START = Date.parse("2026-04-03T08:00:00Z");
  /** A file of a point every ten seconds. */
  function fitOf(from: number, hearts: number[], session: object): Uint8Array {
    const encoder = new Encoder();
    const write = (name: keyof typeof Profile.MesgNum, fields: object) =>
      encoder.onMesg(Profile.MesgNum[name] as number, fields as Mesg);
    write("FILE_ID", {
      type: "activity",
      manufacturer: "coros",
      product: 1,
      serialNumber: 1,
      timeCreated: new Date(from),
    });
    for (const [i, heartRate] of hearts.entries()) {
      const place = { positionLat: 2 ** 29 + i * 2000, positionLong: 2 ** 27 };
      write("RECORD", { timestamp: new Date(from + i * 10_000), heartRate, distance: i * 30, ...place });
    }
    write("LAP", {
      timestamp: new Date(from + 20_000),
      startTime: new Date(from),
      totalElapsedTime: 20,
      totalDistance: 60,
    });
    write("SESSION", {
      timestamp: new Date(from + 20_000),
      startTime: new Date(from),
      sport: "running",
      subSport: "generic",
      ...session,
    });
    return encoder.close();
  }
  const bytes = fitOf(START, [120, 130, 140], {
    totalElapsedTime: 20,
    totalAscent: 7,
    avgHeartRate: 130,
    maxHeartRate: 140,
  });
  const [run, , triathlon] = listComposed.data;
  const ID = run!.labelId;
  const TRI = triathlon!.labelId;
  type Cursor = Page["next"];
  const asked = (id: string, cursor: Cursor = null) => workout_file.request(id, account, cursor, START);
  function step(got: Answer, id = ID, cursor: Cursor = null): Page {
    const page = workout_file.read(got, id, account, cursor);
    if ("kind" in page) throw new Error(`a fault: ${JSON.stringify(page)}`);
    return page;
  }

  it("finds the workout in the list of its day, then fetches its file without our token", () => {
    expect(asked(ID)).toEqual({
      url: "https://open.coros.com/v2/coros/sport/list",
      query: { openId: OPEN_ID, startDate: "20260402", endDate: "20260403" },
    });
    const found = step(answer(listComposed));
    expect(found.batch.activities.map(({ external_id, part, wants }) => [external_id, part, wants])).toEqual([
      [ID, "list", undefined],
    ]);
    expect(asked(ID, found.next)).toEqual({
      url: run!.fitUrl,
      auth: "none",
      as: "bytes",
      accept: [403, 404, 410],
      max_bytes: 8_388_608,
    });
    const { batch, next } = step(answer(bytes), ID, found.next);
    expect(next).toBeNull();
    expect(batch.activities).toEqual([
      {
        external_id: ID,
        part: "file",
        fields: {
          ascent_m: 7,
          avg_heart_rate_bpm: 130,
          max_heart_rate_bpm: 140,
          start_lat: 45,
          start_lng: 11.25,
          polyline: expect.any(String),
        },
        track: {
          time: [0, 10_000, 20_000],
          channels: {
            lat: [45, 45.0001676, 45.0003353],
            lng: [11.25, 11.25, 11.25],
            heart_rate_bpm: [120, 130, 140],
            distance_m: [0, 30, 60],
          },
          laps: expect.any(Array),
        },
        laps: [
          {
            start: 0,
            elapsed_s: 20,
            moving_s: null,
            distance_m: 60,
            avg_heart_rate_bpm: null,
            max_heart_rate_bpm: null,
          },
        ],
        element: 0,
      },
    ]);
  });

  it("asks for a fresh address once where one has expired", () => {
    const { next } = step(answer(listFixture), "418173292602490880");
    for (const status of [403, 404, 410]) {
      const expired = step(answer("<Error/>", status), "418173292602490880", next);
      expect(asked("418173292602490880", expired.next)).toEqual({
        url: "https://open.coros.com/v2/coros/sport/detail/fit",
        query: { openId: OPEN_ID, labelId: "418173292602490880", mode: "8", subMode: "1" },
      });
      const fresh = step(answer(detailFixture), "418173292602490880", expired.next);
      expect(asked("418173292602490880", fresh.next).url).toBe(detailFixture.data.fitUrl);
      expect(workout_file.read(answer("", status), "418173292602490880", account, fresh.next)).toEqual({
        kind: "gone",
      });
    }
  });

  it("joins the files of a triathlon's legs into one track", () => {
    let page = step(answer(listComposed), TRI);
    const urls = triathlon!.triathlonItemList!.map(({ fitUrl }) => fitUrl);
    const begun = triathlon!.startTime * 1000;
    for (const [i, url] of urls.entries()) {
      expect(asked(TRI, page.next).url).toBe(url);
      const file = fitOf(begun + i * 60_000, [100 + i, 110 + i], {
        totalElapsedTime: 10 * (i + 1),
        avgHeartRate: 110 + 10 * i,
        maxHeartRate: 150 + i,
        totalAscent: 5,
      });
      page = step(answer(file), TRI, page.next);
    }
    expect(page.next).toBeNull();
    const [record] = page.batch.activities;
    expect(record!.track!.time).toEqual([0, 10_000, 60_000, 70_000, 120_000, 130_000]);
    expect(record!.track!.channels.heart_rate_bpm).toEqual([100, 110, 101, 111, 102, 112]);
    // Each leg's file counts from nought.
    expect(record!.track!.channels.distance_m).toEqual([0, 30, 30, 60, 60, 90]);
    expect(record!.laps!.map(({ start }) => start)).toEqual([0, 60_000, 120_000]);
    // (110·10 + 120·20 + 130·30) / 60
    expect(record!.fields).toMatchObject({ avg_heart_rate_bpm: 7400 / 60, max_heart_rate_bpm: 152, ascent_m: 15 });
  });

  it("goes to no address but COROS' own hosts", () => {
    for (const fitUrl of [
      "https://evil.example/a.fit",
      "http://oss.coros.com/a.fit",
      "https://oss.coros.com:8443/a.fit",
      "https://u@oss.coros.com/a.fit",
      "https://cloudfront.net.evil.example/a",
      "https://cloudfront.net/a",
      "file",
    ]) {
      const { batch, next } = step(answer({ data: [{ ...plain, fitUrl }] }), "1");
      expect([fitUrl, next, batch.rejections]).toEqual([
        fitUrl,
        null,
        [{ kind: null, pointer: "/data/0/fitUrl", reason: "an address that is not COROS's" }],
      ]);
    }
    const { next } = step(answer(listComposed), listComposed.data[1]!.labelId);
    expect(asked("x", next)).toMatchObject({ url: listComposed.data[1]!.fitUrl, auth: "none" });
  });

  it("looks again for one that is not listed yet, and deletes only what was stored and is listed no more", () => {
    const { workout_check } = coros.streams;
    expect(workout_file.read(answer({ data: [] }), "5", account)).toEqual({ kind: "gone" });
    expect(workout_check.request("5", account, null, START)).toEqual(asked("5"));
    const check = (body: unknown, id = "5") => workout_check.read(answer(body), id, account);
    expect(check({ data: [plain] })).toMatchObject({
      next: null,
      batch: { deletions: [{ kind: "activity", external_id: "5" }] },
    });
    expect(check({ data: [plain] }, "1")).toMatchObject({
      batch: { activities: [{ external_id: "1" }], deletions: [] },
    });
    // No list, or one that cannot be read, says nothing.
    for (const read of [workout_file, workout_check]) {
      expect(read.read(answer({ data: null }), "5", account)).toMatchObject({ kind: "unreadable", pointer: "/data" });
      const item = { ...plain, mode: null };
      expect(read.read(answer({ data: [item] }), "5", account)).toMatchObject({
        kind: "unreadable",
        pointer: "/data/0/mode",
      });
    }
    // The one that is meant can be read, whatever is beside it.
    expect(step(answer({ data: [null, plain] }), "1").batch.activities).toHaveLength(1);
  });

  it("takes nothing for a file that is none", () => {
    const { next } = step(answer(listComposed));
    expect(workout_file.read(answer(new TextEncoder().encode("<html>")), ID, account, next)).toMatchObject({
      kind: "unreadable",
    });
  });
});

describe("refusals", () => {
  const fault = (body: unknown, status = 200, headers?: Record<string, string>) =>
    coros.read_fault(answer(body, status, headers), NOW);

  it("reads a refusal in an answer of 200", () => {
    expect(errorFixtures.map(({ body }) => [body.result, fault(body)])).toEqual([
      ["5006", { kind: "unauthorized" }],
      ["5010", { kind: "unavailable", status: 200, doubtful: true }],
      ["5016", { kind: "unavailable", status: 200 }],
      ["1031", { kind: "unreadable", pointer: "/result", reason: "refused with 1031" }],
      ["30009", { kind: "forbidden" }],
      ["1001", { kind: "unavailable", status: 200, doubtful: true }],
    ]);
    for (const result of ["0000", "00000", "0", 0]) expect(fault({ result, message: "OK" })).toBeUndefined();
    expect(fault({ result: 77777 })).toMatchObject({ doubtful: true });
    for (const good of [listComposed, dailyFixture, deauthorizeFixture, new Uint8Array()])
      expect(fault(good)).toBeUndefined();
  });

  it("leaves the gateway's refusals to their status, and waits out a 429 that does not say how long", () => {
    for (const status of [401, 403, 408, 503]) expect(fault(null, status)).toBeUndefined();
    expect(fault(null, 429)).toEqual({ kind: "rate_limited", of: "application", until: NOW + 60_000, guessed: true });
    expect(fault(null, 429, { "retry-after": "5" })).toBeUndefined();
  });

  it("knows from bindState whether the consent stands", () => {
    expect(coros.still_bound.request(account)).toEqual({
      url: "https://open.coros.com/coros/bindState",
      query: { openId: OPEN_ID },
    });
    expect(coros.still_bound.read(answer(bindFixture.bound))).toBe(true);
    expect(coros.still_bound.read(answer(bindFixture.unbound))).toBe(false);
    expect(coros.still_bound.read(answer({ result: "0000" }))).toBeNull();
  });
});

describe("access", () => {
  it("makes the answers of the token endpoint those of RFC 6749", () => {
    expect(auth!.read_token(200, tokenFixture)).toEqual({
      status: 200,
      body: { token_type: "bearer", ...tokenFixture },
    });
    expect(auth!.read_token(200, refreshFixture)).toEqual({ status: 200, body: {} });
    expect(auth!.read_token(200, { result: "5006" })).toEqual({ status: 400, body: { error: "invalid_grant" } });
    expect(auth!.read_token(200, { result: "1031" })).toEqual({ status: 400, body: { error: "invalid_request" } });
    expect(auth!.read_token(200, { result: "5016" }).status).toBe(503);
    expect(auth!.read_token(200, {}).status).toBe(502);
    expect(auth!.read_token(503, "busy")).toEqual({ status: 503, body: {} });
  });

  it("knows the account by the token's answer, and its name by the profile", () => {
    expect(coros.identify.read(tokenFixture)).toEqual({
      provider_user_id: OPEN_ID,
      display_name: null,
      avatar_url: null,
    });
    expect(coros.identify.read({ access_token: "a" })).toBeNull();
    expect(read(profile, userFixture).profile).toEqual({
      display_name: "Test User",
      avatar_url: "https://oss.coros.com/x.jpg",
    });
    expect(profile.request(MONTH)).toEqual({
      url: "https://open.coros.com/coros/userinfosim",
      query: { openId: OPEN_ID },
    });
  });
});

describe("pushes", () => {
  const { push } = coros;
  const [element] = pushFixture.request.body.sportDataList;
  const hints = { now: NOW, offsetAt: UTC };

  it("reads a pushed workout as a listed one, with its want", () => {
    expect(push.account(element, "sportDataList")).toBe(OPEN_ID);
    const [item] = push.read(element, "sportDataList", hints);
    const [expected] = read(workouts, listComposed).batch.activities;
    expect(item).toMatchObject({ is: "data", batch: { activities: [expected], rejections: [] } });
  });

  it("passes over other arrays and workouts of nobody, and rejects what is none", () => {
    expect(push.account(element, "dailyList")).toBeNull();
    expect(push.account({ ...element, openId: "" }, "sportDataList")).toBeNull();
    const [item] = push.read({ openId: OPEN_ID }, "sportDataList", hints);
    expect(item).toMatchObject({
      is: "data",
      batch: { activities: [], rejections: [{ kind: "activity", pointer: "/labelId" }] },
    });
  });

  it("answers in COROS' own words", () => {
    expect(push.answer).toMatchObject(pushFixture.reply);
    expect((push.answer!.refused as { result: string }).result).not.toMatch(/^0+$/);
    expect(push.handshake!({}, "any")!.status).toBe(pushFixture.status_check.reply_status);
    expect(push.verify).toEqual({ by: "headers", client_id: "client", client_secret: "secret" });
  });
});

it("throws at nothing, whatever stands in a field, and counts what it leaves out", () => {
  const [workout] = listComposed.data;
  const [day] = dailyFixture.data.dailyList;
  const spoilt = <Row extends object>(row: Row) =>
    fc
      .tuple(fc.constantFrom(...Object.keys(row)), fc.jsonValue())
      .map(([field, value]) => ({ ...row, [field]: value }));
  fc.assert(
    fc.property(spoilt(workout!), spoilt(day!), fc.jsonValue(), (one, other, anything) => {
      const listed = read(workouts, { data: [one] }).batch;
      expect(listed.activities.length + listed.rejections.length).toBeGreaterThan(0);
      const rows = read(daily, { data: { dailyList: [other] } }).batch;
      expect(rows.elements.length + rows.rejections.length).toBeGreaterThan(0);
      for (const stream of [workouts, daily, profile]) stream.read(answer(anything), MONTH);
      workout_file.read(answer(anything), "1", account, null);
      coros.push.read(anything, "sportDataList", { now: NOW, offsetAt: UTC });
      coros.read_fault(answer(anything), NOW);
      auth!.read_token(200, anything);
    }),
    { numRuns: 300 },
  );
});
