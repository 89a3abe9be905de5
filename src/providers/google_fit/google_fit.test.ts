import { readFileSync } from "node:fs";
import { URL } from "node:url";
import { describe, expect, it } from "vitest";
import type { Batch } from "../../domain/batch.ts";
import { createScanner } from "../../platform/scanner.ts";
import type { Hints } from "../format.ts";
import { googleFit } from "./index.ts";

const fixture = (name: string) => JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), "utf8"));

interface Options {
  query?: Record<string, string>;
  offset?: number;
  chunk?: number;
}
/** What the first format that knows the body makes of it. */
function read(body: unknown, { query = {}, offset = 0, chunk = 1 << 20 }: Options = {}): Batch & { format: string } {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const format = googleFit.formats.find((one) => one.recognise(JSON.parse(text), true));
  if (!format) throw new Error("no format");
  const hints: Hints = { headers: {}, query, offsetAt: () => offset, now: 0 };
  const bytes = new TextEncoder().encode(text);
  const reader = format.read(hints);
  const scanner = createScanner(reader);
  for (let at = 0; at < bytes.length; at += chunk) expect(scanner.push(bytes.slice(at, at + chunk))).toBeNull();
  expect(scanner.end()).toBeNull();
  expect(reader.found).toBe(true);
  return { ...reader.take(true), format: format.name };
}
const ms = (text: string): number => Date.parse(text);
/** `[metric, stream, time, value, offset]`; null: unknown. */
const samples = (batch: Batch) =>
  batch.samples.flatMap(({ metric, stream, time, value, utc_offset_s }) =>
    time.map((at, i) => [metric, stream, at, value[i], Number.isNaN(utc_offset_s[i]) ? null : utc_offset_s[i]]),
  );
const days = (batch: Batch) => batch.days.map(({ date, metric, source, value }) => [date, metric, source, value]);
const rejections = (batch: Batch) => batch.rejections.map(({ kind, pointer, reason }) => [kind, pointer, reason]);
const samsung = "com.sec.android.app.shealth";

describe("HC Webhook", () => {
  it("takes a day's interval for a day value and its midnight for the offset of the post", () => {
    const batch = read(fixture("hcwebhook_doc_example"), { offset: 7200 });
    expect(batch.format).toBe("hc_webhook");
    expect(days(batch)).toEqual([["2026-05-08", "steps", "", 8421]]);
    expect(samples(batch)).toEqual([["heart_rate_bpm", "", ms("2026-05-09T08:15:00Z"), 72, null]]);
    expect(batch.elements.toSorted()).toEqual(["daily", "series"]);
  });

  it("takes shorter intervals for samples at their start", () => {
    const batch = read(fixture("hcwebhook_peer_mixed"));
    expect(samples(batch)).toEqual([
      ["steps", "", ms("2024-01-01T00:00:00Z"), 8421, null],
      ["heart_rate_bpm", "", ms("2024-01-01T00:30:00Z"), 72, null],
      ["weight_kg", "", ms("2024-01-01T08:00:00Z"), 72.5, null],
      ["distance_m", "", ms("2024-01-01T07:00:00Z"), 1500, null],
      ["active_energy_kcal", "", ms("2024-01-01T07:00:00Z"), 250.5, null],
    ]);
    expect(batch.elements).toEqual(Array(5).fill("series"));
    expect(batch.rejections).toEqual([]);
  });

  it("writes nothing of a test ping", () => {
    const batch = read(fixture("hcwebhook_test_ping_all_types"));
    expect({ ...batch, format: "", elements: [] }).toEqual({
      format: "",
      elements: [],
      activities: [],
      nights: [],
      segments: [],
      days: [],
      samples: [],
      events: [],
      deletions: [],
      rejections: [],
    });
    expect(batch.elements.filter((kind) => kind === "event")).toHaveLength(6);
    expect(batch.elements).toHaveLength(31);
  });

  it("reads every type that the ping shows", () => {
    const { test: _, ...real } = fixture("hcwebhook_test_ping_all_types");
    const batch = read(real);
    const fit = "com.google.android.apps.fitness";
    const at = (clock: string) => ms(`2026-07-13T${clock}:00Z`);
    expect(rejections(batch)).toEqual([]);
    // No interval of a day tells where midnight is.
    expect(days(batch)).toEqual([]);
    const nutrients = [
      ["dietary_energy_kcal", 350],
      ["dietary_protein_g", 25],
      ["dietary_carbohydrates_g", 45],
      ["dietary_total_fat_g", 10],
      ["dietary_sugar_g", 8],
      ["dietary_sodium_mg", 800],
      ["dietary_fiber_g", 5],
    ].map(([metric, value]) => [metric, "", at("07:30"), value, null]);
    expect(samples(batch)).toEqual(
      expect.arrayContaining([
        ["heart_rate_bpm", "", at("09:00"), 72, null],
        ["hrv_rmssd_ms", "", at("06:30"), 42.5, null],
        ["distance_m", fit, at("08:00"), 5420, null],
        ["active_energy_kcal", fit, at("08:00"), 312, null],
        ["weight_kg", "", at("07:30"), 75.5, null],
        ["height_m", "", at("07:30"), 1.78, null],
        ["systolic_mmhg", "", at("08:30"), 120, null],
        ["diastolic_mmhg", "", at("08:30"), 80, null],
        ["blood_glucose_mmol_l", "", at("08:00"), 5.4, null],
        ["spo2_pct", "", at("06:30"), 98.5, null],
        ["body_temperature_c", "", at("07:00"), 36.6, null],
        ["skin_temperature_deviation_c", "", at("07:00"), 0.1, null],
        ["skin_temperature_baseline_c", "", at("07:00"), 36.5, null],
        ["respiration_brpm", "", at("06:30"), 14, null],
        ["resting_heart_rate_bpm", "", at("06:00"), 58, null],
        ["water_l", "", at("08:30"), 0.5, null],
        ...nutrients,
        ["basal_metabolic_rate_kcal_day", "", at("06:00"), 85 * 20.650096, null],
        ["body_fat_pct", "", at("07:30"), 18.5, null],
        ["lean_body_mass_kg", "", at("07:30"), 61.5, null],
        ["vo2max_ml_kg_min", "", at("09:00"), 48, null],
        ["bone_mass_kg", "", at("07:30"), 3.2, null],
        ["basal_body_temperature_c", "", at("06:30"), 36.4, null],
        ["steps", fit, at("00:00"), 8432, null],
        ["total_energy_kcal", "", at("00:00"), 2100, null],
      ]),
    );
    expect(samples(batch)).toHaveLength(31);
    expect(batch.events.map(({ fields }) => [fields.kind, fields.name, fields.value])).toEqual([
      ["cycle", "menstruation_flow", 2],
      ["cycle", "menstruation_period", null],
      ["cycle", "intermenstrual_bleeding", null],
      ["cycle", "ovulation_test", 1],
      ["cycle", "cervical_mucus", 3],
      ["cycle", "sexual_activity", 1],
    ]);
    expect(batch.events[1]!.fields).toMatchObject({ start_time: at("00:00"), end_time: at("23:59") });
    expect(batch.nights).toMatchObject([
      {
        external_id: "night:2026-07-13",
        fields: {
          type: "main",
          date: "2026-07-13",
          start_time: ms("2026-07-12T23:30:00Z"),
          end_time: at("07:00"),
          utc_offset_s: null,
          in_bed_s: 27_000,
          asleep_s: 25_200,
          awake_s: 0,
          deep_s: 7200,
          rem_s: 12_600,
          light_s: 5400,
          unstaged_s: 0,
          stages: [
            [1800, "deep", 7200],
            [9000, "rem", 12_600],
            [21_600, "light", 5400],
          ],
        },
      },
    ]);
    expect(batch.activities).toMatchObject([
      {
        fields: {
          sport: "running",
          sub_sport: "generic",
          start_time: at("08:00"),
          elapsed_s: 3600,
          moving_s: 3600,
          distance_m: 5420,
          steps: 6800,
          avg_cadence_rpm: 85,
          is_manual: null,
          extra: { max_cadence_rpm: 91, stride_length_m: 1.2 },
        },
      },
    ]);
  });

  const post = (arrays: object) => ({ timestamp: "2026-03-02T12:00:00Z", app_version: "1.9.13", ...arrays });

  it("knows the day that grows under one start once another day tells its midnight", () => {
    const steps = (start: string, end: string, count: number) => ({ count, start_time: start, end_time: end });
    const body = post({
      steps: [
        steps("2026-02-28T23:00:00Z", "2026-03-01T23:00:00Z", 9000),
        steps("2026-03-01T23:00:00Z", "2026-03-02T11:59:00Z", 4000),
        steps("2026-03-01T23:00:00Z", "2026-03-02T09:00:00Z", 2500),
        steps("2026-03-02T08:00:00Z", "2026-03-02T09:30:00Z", 900),
      ],
    });
    const batch = read(body);
    // Of one day the last counts, and that is the one that ends last.
    expect(days(batch)).toEqual([
      ["2026-03-01", "steps", "", 9000],
      ["2026-03-02", "steps", "", 2500],
      ["2026-03-02", "steps", "", 4000],
    ]);
    expect(samples(batch)).toEqual([["steps", "", ms("2026-03-02T08:00:00Z"), 900, null]]);
    expect(batch.elements).toHaveLength(4);
  });

  it.each([
    ["2026-03-01T18:30:00Z", "2026-03-02"], // +5:30
    ["2026-03-01T10:15:00Z", "2026-03-02"], // +13:45, Chatham
    ["2026-03-01T11:00:00Z", "2026-03-02"], // +13 rather than -11
    ["2026-03-01T10:00:00Z", "2026-03-01"], // -10, Hawaii
    ["2026-03-01T05:01:30Z", "2026-03-01"], // -5, a little late
  ])("dates a day from %s", (start, date) => {
    const end = new Date(ms(start) + 86_400_000 - 1).toISOString();
    expect(days(read(post({ distance: [{ meters: 1, start_time: start, end_time: end }] })))).toEqual([
      [date, "distance_m", "", 1],
    ]);
  });

  it("dates a day that does not begin at a quarter by what is known of the person", () => {
    const record = { calories: 2000, start_time: "2026-03-01T22:07:00Z", end_time: "2026-03-02T22:07:00Z" };
    expect(days(read(post({ total_calories: [record] }), { offset: 7200 }))).toEqual([
      ["2026-03-02", "total_energy_kcal", "", 2000],
    ]);
  });

  it("lets the later end of one start stand, in whatever order they come", () => {
    const one = { count: 10, start_time: "2026-03-02T08:00:00Z", end_time: "2026-03-02T08:10:00Z" };
    const two = { count: 30, start_time: "2026-03-02T08:00:00Z", end_time: "2026-03-02T08:30:00Z" };
    const last = (batch: Batch) => samples(batch).at(-1);
    expect(last(read(post({ steps: [one, two] })))).toEqual(["steps", "", ms(one.start_time), 30, null]);
    expect(last(read(post({ steps: [two, one] })))).toEqual(["steps", "", ms(one.start_time), 30, null]);
  });

  it("keeps the extremes of buckets that differ from their average", () => {
    const batch = read(
      post({
        heart_rate: [
          { time: "2026-03-02T08:00:00Z", avg: 70.5, min: 61, max: 80 },
          { time: "2026-03-02T08:05:00Z", avg: 70, min: 70, max: 70 },
        ],
      }),
    );
    const at = [ms("2026-03-02T08:00:00Z"), ms("2026-03-02T08:05:00Z")];
    expect(samples(batch)).toEqual([
      ["heart_rate_bpm", "", at[0], 70.5, null],
      ["heart_rate_bpm", "", at[1], 70, null],
      ["heart_rate_min_bpm", "", at[0], 61, null],
      // Not a number: takes away what was there.
      ["heart_rate_min_bpm", "", at[1], Number.NaN, null],
      ["heart_rate_max_bpm", "", at[0], 80, null],
      ["heart_rate_max_bpm", "", at[1], Number.NaN, null],
    ]);
    expect(batch.elements).toHaveLength(2);
  });

  it("reads numbers as text, recordings and devices of real posts", () => {
    const batch = read(
      post({
        exercise: [
          {
            type: "57",
            title: "Evening run",
            start_time: "2026-03-02T18:00:00Z",
            end_time: "2026-03-02T18:40:00Z",
            duration_seconds: 2300,
            metadata: {
              data_origin: "com.strava",
              recording_method: "manual_entry",
              device: { manufacturer: "Google", model: "Pixel 8", type: "phone" },
            },
          },
          { type: "43", start_time: "2026-03-02T19:00:00Z", end_time: "2026-03-02T19:10:00Z" },
        ],
        sleep: [
          {
            session_end_time: "2026-03-02T06:00:00Z",
            duration_seconds: 10_000,
            stages: [
              { stage: "4", start_time: "2026-03-02T03:00:00Z", end_time: "2026-03-02T04:00:00Z" },
              { stage: "3", start_time: "2026-03-02T04:00:00Z", end_time: "2026-03-02T04:10:00Z" },
              { stage: "2", start_time: "2026-03-02T05:00:00Z", end_time: "2026-03-02T07:00:00Z" },
              { stage: "9", start_time: "2026-03-02T04:10:00Z", end_time: "2026-03-02T04:20:00Z" },
            ],
          },
        ],
      }),
    );
    expect(batch.activities.map(({ fields }) => fields)).toMatchObject([
      {
        sport: "running",
        sub_sport: "treadmill",
        name: "Evening run",
        moving_s: 2300,
        elapsed_s: 2400,
        is_manual: true,
        device: "Google Pixel 8",
        extra: { recording: "manual_entry", data_origin: "com.strava" },
      },
      { sport: "generic", sub_sport: "generic", extra: { type: "43" } },
    ]);
    // 03:13:20 to 06:00: 46:40 light, 10 out of bed, an hour of the last, which is clipped.
    expect(batch.nights[0]!.fields).toMatchObject({
      type: "nap",
      asleep_s: 2800 + 3600,
      light_s: 2800,
      deep_s: 0,
      unstaged_s: 3600,
      awake_s: 600,
      stages: [
        [0, "light", 2800],
        [2800, "awake", 600],
        [6400, "unstaged", 3600],
      ],
      extra: { dropped: { stages: 1 } },
    });
  });

  it("lets the longest of one start stand", () => {
    const night = (hours: number) => ({
      session_end_time: new Date(ms("2026-03-02T00:00:00Z") + hours * 3_600_000).toISOString(),
      duration_seconds: hours * 3600,
      stages: [],
    });
    const batch = read(post({ sleep: [night(5), night(7), night(6)] }));
    expect(batch.nights).toMatchObject([{ fields: { in_bed_s: 7 * 3600, asleep_s: null, stages: null } }]);
    expect(batch.elements).toEqual(["sleep", "sleep", "sleep"]);
  });

  it("rejects what cannot be, stores its neighbours, and keeps what nobody knows", () => {
    const time = "2026-03-02T08:00:00Z";
    const batch = read(
      post({
        heart_rate: [{ bpm: 0, time }, { bpm: "72", time }, { bpm: 72, time }, { bpm: 70 }, 5],
        steps: [
          { count: 5, start_time: time, end_time: time },
          { count: -1, start_time: time, end_time: "2026-03-02T08:01:00Z" },
        ],
        oxygen_saturation: [{ percentage: 0, time }],
        blood_pressure: [{ systolic: 80, diastolic: 80, time }],
        exercise: [{ type: "56", start_time: time, end_time: time }],
        sleep: [{ session_end_time: "yesterday", duration_seconds: 5 }],
        mood_level: [{ level: 3, time }],
      }),
    );
    expect(rejections(batch)).toEqual([
      ["series", "/heart_rate/0/bpm", "0 is no reading"],
      ["series", "/heart_rate/1/bpm", "not a number"],
      ["series", "/heart_rate/3/time", "not a date"],
      ["series", "/heart_rate/4", "not an object"],
      ["series", "/steps/0", "ends before it starts"],
      ["series", "/steps/1/count", "out of range"],
      ["series", "/oxygen_saturation/0/percentage", "0 is no reading"],
      ["series", "/blood_pressure/0/systolic", "not above diastolic"],
      ["activity", "/exercise/0", "ends before it starts"],
      ["sleep", "/sleep/0/session_end_time", "not a date"],
    ]);
    expect(samples(batch)).toEqual([
      ["heart_rate_bpm", "", ms(time), 72, null],
      ["x_mood_level", "", ms(time), 3, null],
    ]);
  });
});

describe("HCGateway", () => {
  it("reads a walk, a heart rate, a night without stages and Samsung's day of steps", () => {
    const walk = read(fixture("hcgateway_sync_ExerciseSession"));
    expect(walk.format).toBe("hcgateway");
    expect(walk.activities).toMatchObject([
      {
        external_id: "9531985d-5d9d-49f8-9818-e811892f902b",
        fields: {
          sport: "walking",
          sub_sport: "generic",
          name: null,
          start_time: ms("2023-07-01T12:22:29.897Z"),
          elapsed_s: 1011.403,
          moving_s: null,
          utc_offset_s: null,
          extra: { data_origin: samsung },
        },
      },
    ]);
    const heart = read(fixture("hcgateway_sync_HeartRate"));
    expect(samples(heart)).toEqual([["heart_rate_bpm", samsung, ms("2023-07-02T02:00:37.019Z"), 78, null]]);
    expect(heart.elements).toEqual(["series"]);
    const night = read(fixture("hcgateway_sync_SleepSession_no_stages"), { offset: 19_800 });
    expect(night.nights).toMatchObject([
      {
        external_id: "36f675cc-81e7-4ef5-a8e2-5d940ed90475",
        fields: {
          type: "main",
          date: "2023-07-27",
          in_bed_s: 23_400,
          asleep_s: null,
          light_s: null,
          unstaged_s: null,
          awake_s: null,
          stages: null,
        },
      },
    ]);
    expect(days(read(fixture("hcgateway_sync_Steps")))).toEqual([["2023-07-18", "steps", samsung, 3634]]);
  });

  const record = (fields: object) => ({
    data: [
      {
        metadata: { id: "a", dataOrigin: "app" },
        startTime: "2026-03-02T08:00:00Z",
        endTime: "2026-03-02T08:30:00Z",
        ...fields,
      },
    ],
  });

  it("takes the type from ?type=, and rejects what may be two", () => {
    const energy = record({ energy: { inCalories: 120_000, inKilocalories: 120 } });
    expect(rejections(read(energy))).toEqual([["series", "/data/0", "record type unknown"]]);
    for (const type of ["ActiveCaloriesBurned", "activeCaloriesBurned", "ActiveCaloriesBurnedRecord"]) {
      expect(samples(read(energy, { query: { type } }))).toEqual([
        ["active_energy_kcal", "app", ms("2026-03-02T08:00:00Z"), 120, null],
      ]);
    }
    const percent = (percentage: number) =>
      read(record({ percentage, time: "2026-03-02T08:00:00Z", endTime: undefined }));
    expect(samples(percent(22))[0]).toEqual(["body_fat_pct", "app", ms("2026-03-02T08:00:00Z"), 22, null]);
    expect(rejections(percent(97))).toEqual([["series", "/data/0", "record type unknown"]]);
  });

  it("takes each sample of a series record for an element", () => {
    const batch = read({
      data: {
        metadata: { dataOrigin: "app" },
        startTime: "2026-03-02T08:00:00Z",
        startZoneOffset: { totalSeconds: 3600 },
        samples: [
          { time: "2026-03-02T08:00:00Z", beatsPerMinute: 60 },
          { time: "2026-03-02T08:00:05Z", beatsPerMinute: 0 },
          { time: "2026-03-02T08:00:10Z", beatsPerMinute: 62 },
        ],
      },
    });
    expect(samples(batch)).toEqual([
      ["heart_rate_bpm", "app", ms("2026-03-02T08:00:00Z"), 60, 3600],
      ["heart_rate_bpm", "app", ms("2026-03-02T08:00:10Z"), 62, 3600],
    ]);
    expect(rejections(batch)).toEqual([["series", "/data/samples/1/beatsPerMinute", "0 is no reading"]]);
  });

  it("reads a route and laps", () => {
    const batch = read(
      record({
        exerciseType: 56,
        exerciseRoute: {
          route: [
            { time: "2026-03-02T08:00:10Z", latitude: 48.2, longitude: 16.3, altitude: { inMeters: 171 } },
            { time: "2026-03-02T08:00:00Z", latitude: 48.1, longitude: 16.2 },
            { time: "2026-03-02T08:00:20Z", latitude: 148, longitude: 16.3 },
          ],
        },
        laps: [{ startTime: "2026-03-02T08:00:00Z", endTime: "2026-03-02T08:10:00Z", length: { inMeters: 1000 } }],
      }),
    );
    expect(batch.activities[0]!.track).toEqual({
      time: [0, 10_000],
      channels: { lat: [48.1, 48.2], lng: [16.2, 16.3], altitude_m: [null, 171] },
      laps: [],
    });
    expect(batch.activities[0]!.laps).toMatchObject([{ start: 0, elapsed_s: 600, distance_m: 1000 }]);
    expect(batch.activities[0]!.fields).toMatchObject({
      start_lat: 48.1,
      start_lng: 16.2,
      extra: { dropped: { track: 1 } },
    });
  });

  it("lets the newest of one id stand", () => {
    const of = (title: string, lastModifiedTime: string) => ({
      ...record({ exerciseType: 56, title }).data[0],
      metadata: { id: "a", dataOrigin: "app", lastModifiedTime },
    });
    const batch = read({ data: [of("new", "2026-03-03T00:00:00Z"), of("old", "2026-03-02T00:00:00Z")] });
    expect(batch.activities.map(({ fields }) => fields.name)).toEqual(["new"]);
    expect(batch.elements).toEqual(["activity", "activity"]);
  });
});

describe("typed sync", () => {
  it("reads payloads, and zone offsets as text or as seconds", () => {
    const batch = read({
      deviceId: "d",
      syncId: "s",
      records: [
        {
          type: "StepsRecord",
          recordId: "1",
          source: "app",
          startTime: "2026-03-01T15:00:00Z",
          endTime: "2026-03-01T17:00:00Z",
          payload: { count: 700, startZoneOffset: "+09:00" },
        },
        {
          type: "WeightRecord",
          source: "scale",
          startTime: "2026-03-01T22:00:00Z",
          payload: {
            time: "2026-03-01T22:00:00Z",
            weight: { inKilograms: 70.2 },
            zoneOffset: { totalSeconds: -18_000 },
          },
        },
        {
          type: "DistanceRecord",
          source: "app",
          startTime: "2026-03-01T22:00:00Z",
          endTime: "2026-03-01T22:10:00Z",
          payload: {},
        },
      ],
    });
    expect(batch.format).toBe("typed_sync");
    // It begins at the midnight of its own offset.
    expect(days(batch)).toEqual([["2026-03-02", "steps", "app", 700]]);
    expect(samples(batch)).toEqual([["weight_kg", "scale", ms("2026-03-01T22:00:00Z"), 70.2, -18_000]]);
    expect(rejections(batch)).toEqual([["series", "/records/2/meters", "not a number"]]);
  });
});

describe("flat records", () => {
  const start = 1_713_446_400_000;
  it("reads steps, heart rate and weight", () => {
    expect(samples(read(fixture("flat_records_mixed")))).toEqual(
      [
        ["heart_rate_bpm", "", start, 72, null],
        ["steps", "", start, 8421, null],
      ].sort((a, b) => (a[0]! > b[0]! ? 1 : -1)),
    );
    expect(samples(read(fixture("flat_records_weight")))).toEqual([["weight_kg", "", start, 72.5, null]]);
    expect(samples(read(fixture("flat_records_duplicate")))).toEqual([["steps", "", start, 8421, null]]);
  });

  it("rejects a record without times", () => {
    expect(rejections(read(fixture("flat_records_invalid_missing_fields")))).toEqual([
      ["series", "/records/0/start_time_ms", "not a date"],
    ]);
  });

  it("converts units, refuses unknown ones and keeps unknown types", () => {
    const of = (record_type: string, value: unknown, unit?: string) => ({
      record_type,
      value,
      unit,
      start_time_ms: start,
    });
    const batch = read({
      records: [
        of("weight", 150, "lb"),
        of("distance", 2, "km"),
        of("weight", 70, "stone-age"),
        of("weight", 70),
        of("weight", "70", "kg"),
        of("mood", 4, "points"),
      ],
    });
    expect(samples(batch)).toEqual([
      ["weight_kg", "", start, 150 * 0.45359237, null],
      ["distance_m", "", start, 2000, null],
      ["x_mood", "", start, 4, null],
    ]);
    expect(rejections(batch)).toEqual([
      ["series", "/records/2", 'unit "stone-age"'],
      ["series", "/records/3/unit", "no unit"],
      ["series", "/records/4/value", "not a number"],
    ]);
  });
});

describe("Google Fit REST", () => {
  it("reads a session in the body by Google Fit's own numbers", () => {
    const batch = read(fixture("googlefit_rest_session"));
    expect(batch.activities).toMatchObject([
      {
        external_id: "someSessionId",
        fields: {
          sport: "cycling",
          sub_sport: "generic",
          name: "My example workout",
          start_time: 1_396_710_000_000,
          elapsed_s: 3600,
          extra: { notes: "A very intense workout", data_origin: "Foo Example App" },
        },
      },
    ]);
  });

  it("reads nanoseconds as text and as numbers beyond 2^53, points, buckets and sleep", () => {
    const point = (name: string, from: string, to: string, value: object) => ({
      dataTypeName: `com.google.${name}`,
      startTimeNanos: from,
      endTimeNanos: to,
      originDataSourceId: "raw:x",
      value: [value],
    });
    const steps = point("step_count.delta", "1396710000123456789", "1396710060000000000", { intVal: 12 });
    expect(samples(read({ dataSourceId: "d", point: [steps] }))).toEqual([
      ["steps", "raw:x", 1_396_710_000_123, 12, null],
    ]);
    const bare = JSON.stringify({ dataSourceId: "d", point: [steps] }).replaceAll(/"(\d{19})"/g, "$1");
    expect(samples(read(bare))).toEqual([["steps", "raw:x", 1_396_710_000_123, 12, null]]);
    const bucket = { bucket: [{ startTimeMillis: "0", dataset: [{ dataSourceId: "d", point: [steps] }] }] };
    expect(samples(read(bucket))).toEqual([["steps", "raw:x", 1_396_710_000_123, 12, null]]);
    const sleep = point("sleep.segment", "1396710000000000000", "1396713600000000000", { intVal: 5 });
    expect(read({ dataSourceId: "d", point: [sleep] }).segments).toMatchObject([
      { source: "raw:x", start_time: 1_396_710_000_000, end_time: 1_396_713_600_000, stage: "deep" },
    ]);
  });

  it("takes a session of sleep for a night", () => {
    const session = { id: "n", startTimeMillis: "1396710000000", endTimeMillis: "1396735200000", activityType: 72 };
    expect(read({ session: [session] }).nights).toMatchObject([
      { external_id: "n", fields: { in_bed_s: 25_200, asleep_s: null } },
    ]);
  });
});

describe("Health Connect to Home Assistant", () => {
  it("reads maps by date, in seconds", () => {
    const at = 1_772_400_000; // 2026-03-01T21:20:00Z
    const batch = read(
      {
        state: "on",
        attributes: {
          steps: { "2026-03-01": { startTime: at, endTime: at + 60, count: 6000 } },
          calories: { "2026-03-01": { energy: 2100.5, format: "kcal" } },
          hydration: { "2026-03-01": 1500 },
          heart: { "2026-03-01": { [at]: { time: at, bpm: 61 } } },
          weight: { "2026-03-01": { [at]: 70.5 } },
          oxygen: { "2026-03-01": { [at]: 97 } },
          exercise: { "2026-03-01": { sessions: [{ startTime: at, endTime: at + 600, exerciseType: "79" }] } },
          sleep: {
            "2026-03-01": {
              start: at,
              end: at + 7 * 3600,
              stage: [
                { stage: "5", sessions: [{ startTime: at + 3600, endTime: at + 7200 }] },
                {
                  stage: "4",
                  sessions: [
                    { startTime: at + 7200, endTime: at + 9000 },
                    { startTime: at, endTime: at + 3600 },
                  ],
                },
              ],
            },
            lastSleep: { start: at, end: at + 7 * 3600, stage: [] },
          },
        },
      },
      { offset: 3600 },
    );
    expect(batch.format).toBe("home_assistant");
    expect(rejections(batch)).toEqual([]);
    expect(days(batch)).toEqual([
      ["2026-03-01", "steps", "", 6000],
      ["2026-03-01", "total_energy_kcal", "", 2100.5],
      ["2026-03-01", "water_l", "", 1.5],
    ]);
    expect(samples(batch)).toEqual([
      ["heart_rate_bpm", "", at * 1000, 61, null],
      ["weight_kg", "", at * 1000, 70.5, null],
      ["spo2_pct", "", at * 1000, 97, null],
    ]);
    expect(batch.activities).toMatchObject([{ fields: { sport: "walking", elapsed_s: 600 } }]);
    // The key is the evening's date, the night is that of the morning.
    expect(batch.nights).toMatchObject([
      {
        external_id: `nap:${at * 1000}`,
        fields: { type: "nap", date: "2026-03-02", deep_s: 3600, light_s: 5400, in_bed_s: 25_200, asleep_s: 9000 },
      },
    ]);
  });
});

describe("Tasker", () => {
  it("reads blood pressures, and rejects one upside down", () => {
    const batch = read(fixture("tasker_blood_pressure_records"));
    expect(batch.format).toBe("tasker");
    const at = (hour: number) => ms(`2024-04-27T${hour}:02:50.265Z`);
    expect(samples(batch)).toEqual([
      ["systolic_mmhg", "", at(13), 59, null],
      ["systolic_mmhg", "", at(15), 54, null],
      ["diastolic_mmhg", "", at(13), 13, null],
      ["diastolic_mmhg", "", at(15), 34, null],
    ]);
    expect(rejections(batch)).toEqual([["series", "/1/systolic", "not above diastolic"]]);
    expect(batch.elements).toEqual(["series", "series"]);
  });

  it("reads windows: days of what adds up, samples of the rest", () => {
    const batch = read(
      [
        {
          startTime: "2024-02-05T16:20:36.910Z",
          endTime: "2024-02-06T16:20:36.910Z",
          HeartRateRecord_BPM_AVG: 69,
          StepsRecord_COUNT_TOTAL: 19_822,
          NutritionRecord_BIOTIN_TOTAL: 3,
        },
      ],
      { offset: 3600 },
    );
    expect(days(batch)).toEqual([["2024-02-05", "steps", "", 19_822]]);
    expect(samples(batch)).toEqual([
      ["heart_rate_bpm", "", ms("2024-02-05T16:20:36.910Z"), 69, null],
      ["x_nutrition_record_biotin_total", "", ms("2024-02-05T16:20:36.910Z"), 3, null],
    ]);
  });

  it("reads the new records by ?type= or their fields, and no sums without a time", () => {
    const time = 1_709_280_000_000;
    const record = {
      metadata: { id: "1", dataOrigin: { packageName: "app" } },
      startTime: time,
      endTime: time + 60_000,
      distance: { meters: 1200.5, miles: 0.7459 },
    };
    const batch = read({
      pageToken: null,
      records: [record, { dataOrigins: [], doubleValues: {}, longValues: { a: 1 } }],
    });
    expect(samples(batch)).toEqual([["distance_m", "app", time, 1200.5, null]]);
    expect(rejections(batch)).toEqual([["series", "/records/1", "no time"]]);
  });
});
