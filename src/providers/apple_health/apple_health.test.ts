import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { URL } from "node:url";
import { decode as decodePolyline } from "@placemarkio/polyline";
import { describe, expect, it } from "vitest";
import type { Batch } from "../../domain/batch.ts";
import { createScanner } from "../../platform/scanner.ts";
import { healthAutoExport } from "./formats/health_auto_export.ts";

const fixture = (name: string): string => readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), "utf8");

interface Options {
  headers?: Record<string, string>;
  /** Bytes of a chunk. */
  chunk?: number;
  offset?: number;
}
/** What the reader makes of a body. */
function read(body: unknown, { headers = {}, chunk = 1 << 20, offset = 0 }: Options = {}): Batch {
  const bytes = new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
  const reader = healthAutoExport.read({ headers, query: {}, offsetAt: () => offset, now: 0 });
  const scanner = createScanner(reader);
  for (let at = 0; at < bytes.length; at += chunk) expect(scanner.push(bytes.slice(at, at + chunk))).toBeNull();
  expect(scanner.end()).toBeNull();
  return reader.take(true);
}
const ms = (text: string): number => Date.parse(text);
const metric = (name: string, units: string | undefined, data: unknown[]) => ({
  data: { metrics: [{ name, units, data }] },
});
const watch = "Test Person’s Apple Watch";

/** Samples as rows `[metric, stream, time, value, offset]`. */
const samples = (batch: Batch) =>
  batch.samples.flatMap(({ metric: name, stream, time, value, utc_offset_s }) =>
    time.map((t, i) => [name, stream, t, value[i], utc_offset_s[i]]),
  );
const days = (batch: Batch) => batch.days.map(({ date, metric: name, source, value }) => [date, name, source, value]);
const rejections = (batch: Batch) => batch.rejections.map(({ kind, pointer, reason }) => [kind, pointer, reason]);

describe("fixtures", () => {
  it("reads minutes in kJ and makes nothing of an empty metric and of empty top-level workouts", () => {
    const batch = read(fixture("hae_v1_metrics_minutes_kj_with_empty_metric"));
    expect(samples(batch)).toEqual([
      ["active_energy_kcal", ":minute", ms("2021-11-19T00:04:00+08:00"), 0.7685677437484512 / 4.184, 28_800],
      ["active_energy_kcal", ":minute", ms("2021-11-19T00:05:00+08:00"), 0.377848256251549 / 4.184, 28_800],
    ]);
    expect(batch.elements).toEqual(["series", "series"]);
    expect(rejections(batch)).toEqual([]);
  });

  it("reads 12-hour dates, 12 AM as midnight and 12:05 PM as noon", () => {
    const batch = read(fixture("hae_metrics_12h_dates_composed"));
    const stream = `${watch}:minute`;
    const at = ["07:57:00", "07:58:00", "00:00:00", "12:05:00"].map((clock) => ms(`2024-09-21T${clock}+10:00`));
    expect(samples(batch)).toEqual([
      ...[60, 59, 51, 75].map((bpm, i) => ["heart_rate_bpm", stream, at[i], bpm, 36_000]),
      ...[58, 57, 50, 70].map((bpm, i) => ["heart_rate_min_bpm", stream, at[i], bpm, 36_000]),
      ...[63, 61, 52, 80].map((bpm, i) => ["heart_rate_max_bpm", stream, at[i], bpm, 36_000]),
    ]);
    expect(batch.elements).toEqual(["series", "series", "series", "series"]);
  });

  it("takes midnights as days, and keeps a metric nobody knows under its own name", () => {
    const batch = read(fixture("hae_v2_metrics_days_activity_unknown_metric"));
    const nine = "2026-03-09";
    const ten = "2026-03-10";
    expect(days(batch)).toEqual([
      [nine, "steps", "", 9500],
      [ten, "steps", "", 12_000],
      [nine, "active_energy_kcal", "", 1800 / 4.184],
      [ten, "active_energy_kcal", "", 2200 / 4.184],
      [nine, "exercise_s", "", 30 * 60],
      [ten, "exercise_s", "", 55 * 60],
      [nine, "distance_m", "", 6.2 * 1000],
      [ten, "distance_m", "", 9.8 * 1000],
      [nine, "stand_hours", "", 10],
      [ten, "stand_hours", "", 12],
      [nine, "floors", "", 5],
      [ten, "floors", "", 8],
      [nine, "x_totally_unknown_metric", "", 999],
    ]);
    expect(batch.samples).toEqual([]);
    expect(batch.elements).toEqual(Array(13).fill("daily"));
  });

  it("gives a day without Avg its extremes and invents no average", () => {
    const batch = read(fixture("hae_v2_metrics_days_heart_no_avg"));
    expect(days(batch)).toEqual([
      ["2026-03-09", "min_heart_rate_bpm", "", 48],
      ["2026-03-09", "max_heart_rate_bpm", "", 165],
      ["2026-03-10", "min_heart_rate_bpm", "", 50],
      ["2026-03-10", "max_heart_rate_bpm", "", 178],
      ["2026-03-09", "resting_heart_rate_bpm", "", 52],
      ["2026-03-10", "resting_heart_rate_bpm", "", 54],
      ["2026-03-09", "hrv_sdnn_ms", "", 58],
      ["2026-03-10", "hrv_sdnn_ms", "", 55],
      ["2026-03-10", "vo2max_ml_kg_min", "", 45.2],
      ["2026-03-09", "walking_heart_rate_bpm", "", 98],
      ["2026-03-10", "walking_heart_rate_bpm", "", 102],
    ]);
    expect(batch.days.map((day) => day.element)).toEqual([0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(rejections(batch)).toEqual([]);
  });

  it("converts speeds and lengths", () => {
    expect(days(read(fixture("hae_v2_metrics_days_mobility")))).toEqual([
      ["2026-03-09", "walking_speed_mps", "", 5.1 / 3.6],
      ["2026-03-10", "walking_speed_mps", "", 5.3 / 3.6],
      ["2026-03-09", "walking_step_length_m", "", 0.72],
      ["2026-03-10", "walking_step_length_m", "", 0.74],
    ]);
  });

  it("reads every special shape", () => {
    const batch = read(fixture("hae_v2_metrics_special_shapes_composed"));
    const at = ms("2024-02-06T14:30:00-08:00");
    expect(samples(batch)).toEqual([
      ["systolic_mmhg", "Cuff:minute", at, 120, -28_800],
      ["diastolic_mmhg", "Cuff:minute", at, 80, -28_800],
      ["blood_glucose_mmol_l", ":minute", at, 98 / 18.01559, -28_800],
      ["heart_rate_bpm", ":minute", at, 72, -28_800],
      ["heart_rate_min_bpm", ":minute", at, 65, -28_800],
      ["heart_rate_max_bpm", ":minute", at, 85, -28_800],
      ["sexual_activity", ":minute", at, 1, -28_800],
      ["handwashing_s", ":minute", at, 20, -28_800],
      ["insulin_iu", ":minute", at, 4, -28_800],
    ]);
    // Six samples – the blood pressure is one – and the night at the end.
    expect(batch.elements).toEqual([...Array(6).fill("series"), "sleep"]);
    expect(batch.nights).toHaveLength(1);
    expect(batch.nights[0]).toMatchObject({
      external_id: "night:2024-02-06",
      staged_only: true,
      replaces: "overlapping",
      rank: 0,
      fields: {
        type: "main",
        date: "2024-02-06",
        start_time: ms("2024-02-05T22:45:00-08:00"),
        end_time: ms("2024-02-06T06:45:00-08:00"),
        utc_offset_s: -28_800,
        in_bed_s: 8 * 3600,
        // 3.5 + 1.5 + 2.0 = 7.0 of stages: `asleep` 7.0 is the whole, nothing is unstaged; totalSleep 7.5 is not used.
        asleep_s: 7 * 3600,
        light_s: 3.5 * 3600,
        deep_s: 1.5 * 3600,
        rem_s: 2 * 3600,
        unstaged_s: 0,
        awake_s: null,
      },
      element: 6,
    });
    expect(rejections(batch)).toEqual([]);
  });

  it("reads a night of before 6.6.2: all of it unstaged", () => {
    const { nights } = read(fixture("hae_sleep_aggregated_before_6_6_2"));
    expect(nights).toHaveLength(1);
    expect(nights[0]).toMatchObject({
      external_id: "night:2021-11-13",
      fields: {
        type: "main",
        date: "2021-11-13",
        start_time: ms("2021-11-13T02:12:50+08:00"),
        end_time: ms("2021-11-13T09:04:45+08:00"),
        utc_offset_s: 28_800,
        asleep_s: 21_990, // 6.108333333333333 h
        unstaged_s: 21_990,
        light_s: null,
        deep_s: null,
        rem_s: null,
        awake_s: null,
        in_bed_s: 24_515.024, // 6.809728874299261 h, to the millisecond
        stages: null,
        extra: { source: `${watch}|iPhone` },
      },
    });
  });

  it("reads a night from 6.6.2 on, whose asleep is the unstaged rest", () => {
    const { nights, elements } = read(fixture("hae_sleep_aggregated_from_6_6_2_two_sources"));
    expect(elements).toEqual(["sleep"]);
    expect(nights[0]).toMatchObject({
      external_id: "night:2022-12-27",
      fields: {
        type: "main",
        date: "2022-12-27",
        start_time: ms("2022-12-27T00:23:47+08:00"),
        end_time: ms("2022-12-27T08:39:12+08:00"),
        light_s: 11_880, // 3.3 h
        deep_s: 3090,
        rem_s: 4530,
        asleep_s: 11_880 + 3090 + 4530,
        unstaged_s: 0,
        awake_s: 420,
        in_bed_s: 29_322.039, // 8.145010935001903 h
        extra: { source: `Test Person's iPhone|${watch}` },
      },
    });
  });

  it("reads pieces of a night, one with its date null", () => {
    expect(read(fixture("hae_sleep_segments_unaggregated_two_sources")).segments).toEqual([
      {
        source: "Test Person's iPhone",
        start_time: ms("2022-12-27T02:44:02+08:00"),
        end_time: ms("2022-12-27T08:40:13+08:00"),
        utc_offset_s: 28_800,
        stage: "in_bed",
        element: 0,
      },
      {
        source: watch,
        start_time: ms("2022-12-27T03:07:12+08:00"),
        end_time: ms("2022-12-27T03:21:12+08:00"),
        utc_offset_s: 28_800,
        stage: "light",
        element: 1,
      },
    ]);
    expect(read(fixture("hae_sleep_segment_null_date")).segments).toEqual([
      {
        source: watch,
        start_time: ms("2021-11-13T02:21:06+08:00"),
        end_time: ms("2021-11-13T08:57:06+08:00"),
        utc_offset_s: 28_800,
        stage: "light",
        element: 0,
      },
    ]);
  });

  it("reads a walk of version 1", () => {
    const batch = read(fixture("hae_v1_workout_walking_route"));
    const start = ms("2021-11-19T08:02:43+08:00");
    const end = ms("2021-11-19T08:21:53+08:00");
    const hash = createHash("sha256").update(`${start}|${end}|walking/generic`).digest("hex").slice(0, 24);
    expect(batch.activities).toEqual([
      {
        external_id: `w-${hash}`,
        part: "list",
        replaces: "same_span",
        rank: 0,
        fields: {
          sport: "walking",
          sub_sport: "generic",
          name: "Walking",
          start_time: start,
          utc_offset_s: 28_800,
          elapsed_s: 1150, // 8:02:43 – 8:21:53
          energy_kcal: 226.21122641832523 / 4.184,
          steps: 908,
          ascent_m: 16.36,
          descent_m: 0,
          avg_heart_rate_bpm: 108,
          max_heart_rate_bpm: 108,
          is_indoor: false,
          start_lat: 10.8951,
          start_lng: 20.0364,
          polyline: expect.any(String),
        },
        track: {
          time: [4000, 122_000], // heart rate 8:02:47, route 8:04:45
          channels: {
            lat: [null, 10.8951],
            lng: [null, 20.0364],
            altitude_m: [null, 8.02762222290039],
            heart_rate_bpm: [108, null],
          },
          laps: [],
        },
        element: 0,
      },
    ]);
    expect(decodePolyline(batch.activities[0]!.fields.polyline!)).toEqual([[20.0364, 10.8951]]);
    expect(samples(batch)).toEqual([["heart_rate_bpm", ":minute", ms("2021-11-19T08:02:47+08:00"), 108, 28_800]]);
    expect(batch.elements).toEqual(["activity"]);
  });

  it("reads a run of version 2 with everything", () => {
    const batch = read(fixture("hae_v2_workout_full_reference_composed"));
    const start = ms("2024-02-06T07:00:00-08:00");
    expect(batch.activities).toEqual([
      {
        external_id: "6F1D7E0B-6B3E-4C4B-9C55-0A1D3B9B7F10",
        part: "list",
        replaces: "same_span",
        rank: 1,
        fields: {
          sport: "running",
          sub_sport: "generic",
          name: "Outdoor Run",
          start_time: start,
          utc_offset_s: -28_800,
          elapsed_s: 1800,
          moving_s: 1800,
          distance_m: 3.1 * 1609.344,
          energy_kcal: 320.5,
          ascent_m: 120 * 0.3048,
          descent_m: 118 * 0.3048,
          avg_heart_rate_bpm: 150,
          max_heart_rate_bpm: 175,
          avg_speed_mps: 6.2 * 0.44704,
          max_speed_mps: 8.9 * 0.44704,
          avg_cadence_rpm: 168 / 2,
          steps: 5000,
          is_indoor: false,
          start_lat: 10.0001,
          start_lng: 20.0001,
          polyline: expect.any(String),
          extra: {
            total_energy_kcal: 361,
            humidity_pct: 60,
            temperature_c: ((52 - 32) * 5) / 9,
            intensity_met: 9.8,
            flights_climbed: 3,
            heart_rate_recovery: [[1800, 145]],
            location: "Outdoor",
          },
        },
        track: {
          time: [0, 5000],
          channels: {
            lat: [10.0001, 10.0004],
            lng: [20.0001, 20.0003],
            altitude_m: [50.5, 50.9],
            speed_mps: [3.1, null], // -1 is none
            heart_rate_bpm: [150, null],
          },
          laps: [],
        },
        element: 0,
      },
    ]);
    expect(decodePolyline(batch.activities[0]!.fields.polyline!)).toEqual([
      [20.0001, 10.0001],
      [20.0003, 10.0004],
    ]);
    // Energy, steps and distance inside the workout are no samples of the day.
    expect(samples(batch)).toEqual([["heart_rate_bpm", "Apple Watch:minute", start, 150, -28_800]]);
    expect(rejections(batch)).toEqual([]);
  });

  it("reads workouts without an id, whatever they are", () => {
    const { activities } = read(fixture("hae_v2_workouts_basic_no_id"));
    expect(
      activities.map(({ fields }) => [
        fields.sport,
        fields.sub_sport,
        fields.is_indoor,
        fields.elapsed_s,
        fields.energy_kcal,
      ]),
    ).toEqual([
      ["training", "strength_training", undefined, 3600, 600 / 4.184],
      ["running", "generic", false, 2100, 900 / 4.184],
      ["training", "yoga", undefined, 2700, 200 / 4.184],
    ]);
    expect(activities[1]!.fields).toMatchObject({
      avg_heart_rate_bpm: 155,
      max_heart_rate_bpm: 178,
      moving_s: 2100,
      extra: { temperature_c: 8, humidity_pct: 65 },
    });
    expect(new Set(activities.map((activity) => activity.external_id)).size).toBe(3);
    for (const { external_id, replaces, rank } of activities) {
      expect(external_id).toMatch(/^w-[0-9a-f]{24}$/);
      expect({ replaces, rank }).toEqual({ replaces: "same_span", rank: 0 });
    }
  });

  it("reads an ECG and a state of mind", () => {
    const batch = read(fixture("hae_ecg_stateofmind_actual_types_composed"));
    expect(batch.events.map(({ fields }) => fields)).toEqual([
      {
        kind: "ecg",
        start_time: ms("2026-03-01T00:29:13+01:00"),
        end_time: ms("2026-03-01T00:29:43+01:00"),
        utc_offset_s: 3600,
        name: "Sinus Rhythm",
        value: 62,
        extra: { numberOfVoltageMeasurements: 15_379, samplingFrequency: 512, source: "ECG" },
      },
      {
        kind: "state_of_mind",
        start_time: ms("2026-03-01T08:00:00+01:00"),
        end_time: ms("2026-03-01T08:00:00+01:00"),
        utc_offset_s: 3600,
        name: "daily_mood",
        value: 0.6,
        extra: { labels: ["calm"], valenceClassification: "pleasant" },
      },
    ]);
    expect(batch.events[0]!.external_id).toMatch(/^e-[0-9a-f]{24}$/);
    expect(batch.events[1]!.external_id).toBe("5E0C1B1E-3C0C-4B57-9C43-6E2B3A5B7D11");
  });

  it("takes the grain from the header of the request", () => {
    const { headers } = JSON.parse(fixture("hae_request_headers")) as { headers: Record<string, string> };
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const batch = read(metric("step_count", "count", [{ date: "2024-02-06 14:30:00 -0800", qty: 5, source: "W" }]), {
      headers: lower,
    });
    expect(samples(batch)).toEqual([["steps", "W:hour", ms("2024-02-06T14:30:00-08:00"), 5, -28_800]]);
  });

  it("takes the app's own configuration for no body of this format", () => {
    expect(healthAutoExport.recognise(JSON.parse(fixture("hae_automation_config_export")), true)).toBe(false);
  });
});

describe("day or sample", () => {
  const midnights = [
    { date: "2024-02-06 00:00:00 +0100", qty: 10 },
    { date: "2024-02-07 00:00:00 +0100", qty: 20 },
  ];
  it("follows the header before the dates", () => {
    const body = metric("step_count", "count", midnights);
    expect(days(read(body))).toEqual([
      ["2024-02-06", "steps", "", 10],
      ["2024-02-07", "steps", "", 20],
    ]);
    const hours = read(body, { headers: { "automation-aggregation": "hours" } });
    expect(samples(hours).map((sample) => sample.slice(1, 4))).toEqual([
      [":hour", ms("2024-02-06T00:00:00+01:00"), 10],
      [":hour", ms("2024-02-07T00:00:00+01:00"), 20],
    ]);
    const odd = metric("step_count", "count", [{ date: "2024-02-06 14:30:00 +0100", qty: 10 }]);
    expect(days(read(odd, { headers: { "automation-aggregation": "Days" } }))).toEqual([
      ["2024-02-06", "steps", "", 10],
    ]);
    for (const aggregation of ["Weeks", "Months", "Years"]) {
      expect(rejections(read(odd, { headers: { "automation-aggregation": aggregation } }))).toEqual([
        ["series", "/data/metrics/0/data/0", "covers more than a day"],
      ]);
    }
  });

  it("takes a date that repeats under one source, or any other time, for samples", () => {
    const twice = metric("step_count", "count", [...midnights, { date: "2024-02-07 00:00:00 +0100", qty: 21 }]);
    expect(samples(read(twice)).map((sample) => [sample[1], sample[3]])).toEqual([
      [":hour", 10],
      [":hour", 20],
      [":hour", 21],
    ]);
    const two = metric("step_count", "count", [
      { ...midnights[0], source: "A" },
      { ...midnights[0], source: "B" },
    ]);
    expect(days(read(two))).toEqual([
      ["2024-02-06", "steps", "A", 10],
      ["2024-02-06", "steps", "B", 10],
    ]);
    const late = metric("step_count", "count", [...midnights, { date: "2024-02-07 00:01:00 +0100", qty: 21 }]);
    expect(samples(read(late)).map((sample) => sample[1])).toEqual([":minute", ":minute", ":minute"]);
  });

  it("takes bare dates for days, never for instants", () => {
    const batch = read(
      metric("step_count", "count", [
        { date: "2024-02-06", qty: 7 },
        { date: "2024-02-06 10:30:00 +0100", qty: 3 },
      ]),
    );
    expect(days(batch)).toEqual([["2024-02-06", "steps", "", 7]]);
    expect(samples(batch).map((sample) => sample[3])).toEqual([3]);
  });

  it("calls hours what lies on the hour at least twice, in the phone's own zone", () => {
    const at = (clock: string) => ({ date: `2024-02-06 ${clock} +0530`, qty: 1 });
    const stream = (...clocks: string[]) => samples(read(metric("step_count", "count", clocks.map(at))))[0]![1];
    expect(stream("10:00:00", "11:00:00")).toBe(":hour");
    expect(stream("10:00:00")).toBe(":minute");
    expect(stream("10:00:00", "11:00:30")).toBe(":minute");
  });
});

describe("dates", () => {
  const read1 = (date: string, offset = 0) => {
    const batch = read(metric("step_count", "count", [{ date, qty: 1 }]), {
      headers: { "automation-aggregation": "Default" },
      offset,
    });
    return batch.samples[0]
      ? [batch.samples[0].time[0], batch.samples[0].utc_offset_s[0]]
      : (rejections(batch)[0] ?? days(batch)[0]);
  };
  it.each<[string, string, number]>([
    ["2024-09-21 19:57:03 +1000", "2024-09-21T19:57:03+10:00", 36_000],
    ["2024-09-21 7:57:03 pm +1000", "2024-09-21T19:57:03+10:00", 36_000],
    ["2024-09-21 7:57:03\u202fPM +1000", "2024-09-21T19:57:03+10:00", 36_000],
    ["2024-09-21 12:00:00 AM -0330", "2024-09-21T00:00:00-03:30", -12_600],
    ["2024-09-21 12:00:00 pm +0000", "2024-09-21T12:00:00Z", 0],
    ["2024-09-21 19:57:03.250 +1000", "2024-09-21T19:57:03.250+10:00", 36_000],
    ["2024-09-21T19:57:03+10:00", "2024-09-21T19:57:03+10:00", 36_000],
    ["2024-09-21T19:57:03Z", "2024-09-21T19:57:03Z", Number.NaN],
  ])("reads %j", (date, instant, offset) => {
    expect(read1(date)).toEqual([ms(instant), offset]);
  });

  it("reads a time without a zone with the offset it is handed, which stays a guess", () => {
    expect(read1("2024-09-21 19:57:03", 7200)).toEqual([ms("2024-09-21T19:57:03+02:00"), Number.NaN]);
  });

  it.each([
    "21.09.2024 19:57",
    "2024-02-30 10:00:00 +0100",
    "2024-13-01",
    "2024-09-21 25:00:00 +0000",
    "2024-09-21 13:00:00 pm +0000",
    "yesterday",
    "",
  ])("refuses %j", (date) => expect(read1(date)).toEqual(["series", "/data/metrics/0/data/0/date", "not a date"]));
});

describe("a local time without a zone", () => {
  /** What the reader hears and is told of offsets. */
  function heard(body: unknown, headers: Record<string, string> = {}) {
    const known: [number, number][] = [];
    const reader = healthAutoExport.read({
      headers,
      query: {},
      offsetAt: () => known.at(-1)?.[1] ?? 7200,
      knowOffset: (time, offset) => known.push([time, offset]),
      now: 0,
    });
    const scanner = createScanner(reader);
    scanner.push(new TextEncoder().encode(JSON.stringify(body)));
    return { batch: reader.take(true), known };
  }

  it("is a midnight where its own clock says so, and dates its day by that clock", () => {
    const { batch } = heard(metric("step_count", "count", [{ date: "2024-02-06 00:00:00", qty: 10 }]));
    expect(days(batch)).toEqual([["2024-02-06", "steps", "", 10]]);
    const night = { sleepStart: "2024-02-05 22:00:00", sleepEnd: "2024-02-06 00:30:00", asleep: 2 };
    expect(heard(metric("sleep_analysis", "hr", [night])).batch.nights[0]!.fields).toMatchObject({
      date: "2024-02-06",
      start_time: ms("2024-02-05T22:00:00+02:00"),
      utc_offset_s: null,
    });
    const workout = { name: "Yoga", start: "2024-02-06 10:00:00", duration: 60 };
    expect(heard({ data: { workouts: [workout] } }).batch.activities[0]!.fields).not.toHaveProperty("utc_offset_s");
  });

  it("hears what earlier elements of the body say of the offset, once for each day and offset", () => {
    const at = (date: string) => ({ date, qty: 1 });
    const { batch, known } = heard(
      metric("step_count", "count", [
        at("2024-02-06 10:00:00 +0900"),
        at("2024-02-06 10:01:00 +0900"),
        at("2024-02-06 10:02:00"),
      ]),
    );
    expect(known).toEqual([[ms("2024-02-06T10:00:00+09:00"), 32_400]]);
    expect(samples(batch).map((sample) => sample.slice(2))).toEqual([
      [ms("2024-02-06T10:00:00+09:00"), 1, 32_400],
      [ms("2024-02-06T10:01:00+09:00"), 1, 32_400],
      [ms("2024-02-06T10:02:00+09:00"), 1, Number.NaN],
    ]);
  });
});

describe("values", () => {
  const date = "2024-02-06 14:30:00 -0800";
  const reason = (name: string, units: string | undefined, fields: object) =>
    rejections(read(metric(name, units, [{ date, ...fields }])))[0]?.slice(1);
  const value = (name: string, units: string | undefined, qty: number) =>
    samples(read(metric(name, units, [{ date, qty }])))[0]
      ?.slice(0, 4)
      .filter((_, i) => i === 0 || i === 3);
  const at = "/data/metrics/0/data/0";

  it("says why a value is none", () => {
    expect(reason("step_count", "count", { qty: "12" })).toEqual([`${at}/qty`, "not a number"]);
    expect(reason("step_count", "count", {})).toEqual([`${at}/qty`, "not a number"]);
    expect(reason("step_count", "count", { qty: -1 })).toEqual([`${at}/qty`, "out of range"]);
    expect(reason("heart_rate", "bpm", { Min: 60, Max: 70 })).toEqual([at, "no Avg"]);
    expect(reason("heart_rate", "bpm", { Min: 0, Avg: 0, Max: 0 })).toEqual([`${at}/Avg`, "0 is no reading"]);
    expect(reason("heart_rate", "bpm", { Avg: "x" })).toEqual([`${at}/Avg`, "not a number"]);
    expect(reason("blood_oxygen_saturation", "%", { qty: 0 })).toEqual([`${at}/qty`, "0 is no reading"]);
    expect(reason("weight_body_mass", undefined, { qty: 70 })).toEqual([at, "no unit"]);
    expect(reason("weight_body_mass", "stone?", { qty: 70 })).toEqual([at, 'unit "stone?"']);
    expect(reason("weight_body_mass", "kg", { qty: 7000 })).toEqual([`${at}/qty`, "out of range"]);
    expect(reason("blood_pressure", "mmHg", { systolic: 120 })).toEqual([`${at}/diastolic`, "not a number"]);
    expect(
      rejections(
        read(`{"data":{"metrics":[{"name":"step_count","units":"count","data":[{"date":"${date}","qty":1e999}]}]}}`),
      ),
    ).toEqual([["series", `${at}/qty`, "not a number"]]);
  });

  it("stores the neighbours of a bad element", () => {
    const elements = [
      { date, qty: 10 },
      { date: "2024-02-06 14:31:00 -0800", qty: "x" },
      7,
      null,
      { date: "2024-02-06 14:32:00 -0800", qty: 12 },
    ];
    const batch = read(metric("step_count", "count", elements));
    expect(samples(batch).map((sample) => sample[3])).toEqual([10, 12]);
    expect(rejections(batch)).toEqual([
      ["series", "/data/metrics/0/data/1/qty", "not a number"],
      ["series", "/data/metrics/0/data/2", "not an object"],
      ["series", "/data/metrics/0/data/3", "not an object"],
    ]);
    expect(batch.elements).toEqual(["series", "series"]);
  });

  it("takes the one usual unit where none is sent, and a fraction of oxygen for a fraction", () => {
    expect(value("apple_exercise_time", undefined, 2)).toEqual(["exercise_s", 120]);
    expect(value("respiratory_rate", undefined, 14.5)).toEqual(["respiration_brpm", 14.5]);
    for (const name of ["vo2_max", "vo2max", "cardio_fitness"]) {
      expect(value(name, undefined, 45.2)).toEqual(["vo2max_ml_kg_min", 45.2]);
    }
    expect(value("blood_oxygen_saturation", undefined, 0.97)).toEqual(["spo2_pct", 97]);
    expect(value("heart_rate_variability", undefined, 42.5)).toEqual(["hrv_sdnn_ms", 42.5]);
    expect(value("blood_oxygen_saturation", "%", 0.97)).toEqual(["spo2_pct", 97]);
    expect(value("oxygen saturation", "%", 97)).toEqual(["spo2_pct", 97]);
    expect(value("step_count", "步", 5)).toEqual(["steps", 5]);
    expect(value("weight_body_mass", "lb", 150)).toEqual(["weight_kg", 150 * 0.45359237]);
    expect(value("apple_sleeping_wrist_temperature", "degF", 95)).toEqual(["wrist_temperature_c", 35]);
    expect(value("Moon Phase", "lux/m", 0)).toEqual(["x_moon_phase_lux_m", 0]);
    expect(value("x_foo", undefined, 3)).toEqual(["x_foo", 3]);
    expect(value("heart_rate", "bpm", 61)).toEqual(["heart_rate_bpm", 61]);
  });

  it("keeps long names apart and short", () => {
    const long = "a".repeat(300);
    const [one, two] = [value(`${long} one`, undefined, 1)![0], value(`${long} two`, undefined, 1)![0]];
    expect(one).toMatch(/^x_a{93}_[0-9a-f]{24}$/);
    expect(one).not.toBe(two);
    expect(reason("weight_body_mass", "k".repeat(5000), { qty: 70 })).toEqual([at, `unit "${"k".repeat(60)}…"`]);
  });

  it("names the key that is there", () => {
    expect(reason("heart_rate", "bpm", { min: 50, avg: 0, max: 70 })).toEqual([`${at}/avg`, "0 is no reading"]);
    expect(reason("heart_rate", "bpm", { Min: 400, Max: 400 })).toEqual([`${at}/Min`, "out of range"]);
    expect(reason("respiratory_rate", "count/min", { avg: 500 })).toEqual([`${at}/avg`, "out of range"]);
    expect(reason("sexual_activity", "count", { "Protection Used": -1 })).toEqual([at, "out of range"]);
  });

  it("refuses a bucket whose extremes cannot be, sample or day", () => {
    expect(reason("heart_rate", "bpm", { Min: 0, Avg: 60, Max: 70 })).toEqual([`${at}/Min`, "0 is no reading"]);
    expect(reason("heart_rate", "bpm", { Min: 50, Avg: 60, Max: 7000 })).toEqual([`${at}/Max`, "out of range"]);
    expect(reason("heart_rate", "bpm", { min: 50, avg: 60, max: 7000 })).toEqual([`${at}/max`, "out of range"]);
    const day = { date: "2024-02-06 00:00:00 -0800", Min: 0, Avg: 60, Max: 70 };
    const batch = read(metric("heart_rate", "bpm", [day]));
    expect([days(batch), rejections(batch)]).toEqual([[], [["daily", `${at}/Min`, "0 is no reading"]]]);
  });

  it("keeps the extremes of any bucket, a day's under its own names", () => {
    const bucket = { date, Min: 12, Avg: 15, Max: 15, source: "W" };
    const time = ms("2024-02-06T14:30:00-08:00");
    expect(samples(read(metric("respiratory_rate", "count/min", [bucket])))).toEqual([
      ["respiration_brpm", "W:minute", time, 15, -28_800],
      ["respiration_min_brpm", "W:minute", time, 12, -28_800],
    ]);
    // What an earlier telling of the bucket said of them goes.
    const extremes = (name: string, units: string) => read(metric(name, units, [bucket])).samples[0]!.clears;
    expect(extremes("respiratory_rate", "count/min")).toEqual(["respiration_min_brpm", "respiration_max_brpm"]);
    expect(extremes("Moon Phase", "lux")).toEqual(["x_moon_phase_min_lux", "x_moon_phase_max_lux"]);
    expect(extremes("uv_exposure", "count")).toEqual(["uv_index_min", "uv_index_max"]);
    const day = { ...bucket, date: "2024-02-06 00:00:00 -0800" };
    expect(days(read(metric("respiratory_rate", "count/min", [day])))).toEqual([
      ["2024-02-06", "respiration_brpm", "W", 15],
      ["2024-02-06", "min_respiration_brpm", "W", 12],
      ["2024-02-06", "max_respiration_brpm", "W", 15],
    ]);
  });

  it("refuses a date of which a digit is none, wherever it stands", () => {
    const whole = "2024-02-06 14:30:00 -0800";
    for (let i = 0; i < whole.length; i++) {
      const broken = `${whole.slice(0, i)}x${whole.slice(i + 1)}`;
      const after = { date: whole, qty: 61, source: "W" };
      const batch = read(metric("heart_rate", "bpm", [after, { ...after, date: broken }, { ...after, qty: 62 }]));
      expect(rejections(batch), broken).toEqual([["series", "/data/metrics/0/data/1/date", "not a date"]]);
      expect(samples(batch).map((sample) => sample[3])).toEqual([61, 62]);
    }
  });

  it("says that data is no array, but nothing of data that is not there", () => {
    const bodies = ["x", 5, { a: 1 }, null].map((data) => ({ name: "step_count", units: "count", data }));
    expect(rejections(read({ data: { metrics: bodies } }))).toEqual(
      [0, 1, 2].map((i) => ["series", `/data/metrics/${i}/data`, "not an array"]),
    );
  });

  it("counts text that is too long in characters", () => {
    const source = (text: string) => reason("step_count", "count", { qty: 1, source: text });
    expect(source("ü".repeat(512))).toBeUndefined();
    expect(source("😀".repeat(512))).toBeUndefined();
    expect(source("😀".repeat(513))).toEqual([`${at}/source`, "longer than 512 characters"]);
  });

  it("takes lower-case keys, and Min where it is Max", () => {
    expect(
      samples(read(metric("heart_rate", "bpm", [{ date, min: 50, avg: 60, max: 70 }]))).map((sample) => [
        sample[0],
        sample[3],
      ]),
    ).toEqual([
      ["heart_rate_bpm", 60],
      ["heart_rate_min_bpm", 50],
      ["heart_rate_max_bpm", 70],
    ]);
    const one = read(metric("heart_rate", "bpm", [{ date, Min: 64, Max: 64 }]));
    expect(samples(one).map((sample) => [sample[0], sample[3]])).toEqual([["heart_rate_bpm", 64]]);
    expect(one.samples[0]!.clears).toEqual(["heart_rate_min_bpm", "heart_rate_max_bpm"]);
  });
});
