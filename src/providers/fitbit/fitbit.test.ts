import { readFileSync } from "node:fs";
import { URL } from "node:url";
import { describe, expect, it } from "vitest";
import { isSport } from "../../domain/sports.ts";
import type { Answer, ListStream, Page, Position, WantStream } from "../provider.ts";
import { fitbit } from "./index.ts";
import { toSport } from "./sports.ts";

// biome-ignore lint/suspicious/noExplicitAny: a fixture is whatever was recorded
const fixture = (name: string): any =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8"));
const answer = (body: unknown, status = 200): Answer => ({ status, headers: new Headers(), body });
const ms = Date.parse;
const account = { provider_user_id: "1000000000000000001", public_id: "usr_a", learned: {} };
const at = (from: string, to: string, cursor: Position["cursor"] = null, offset = 0): Position => ({
  window: { from: ms(from), to: ms(to) },
  cursor,
  account,
  offsetAt: () => offset,
});
const WEEK = at("2026-09-20T00:00:00Z", "2026-09-27T00:00:00Z");
const list = (name: string) => (fitbit.streams as Record<string, unknown>)[name] as ListStream;
const read = (name: string, body: unknown, position = WEEK): Page => {
  const result = list(name).read(answer(body), position);
  if ("kind" in result) throw new Error(JSON.stringify(result));
  return result;
};
const night = (more: object, of: object = {}) => ({
  dataPoints: [
    {
      dataPointName: "users/1/dataTypes/sleep/dataPoints/77",
      sleep: {
        interval: {
          startTime: "2026-03-28T22:00:00Z",
          startUtcOffset: "3600s",
          endTime: "2026-03-29T05:00:00Z",
          endUtcOffset: "7200s",
        },
        type: "STAGES",
        metadata: { mainSleep: true, processed: true },
        ...more,
      },
      ...of,
    },
  ],
});
const nightOf = (more: object) => {
  const { batch } = read("nights", night(more));
  expect(batch.rejections).toEqual([]);
  return batch.nights[0]!.fields;
};

describe("exercises", () => {
  it("are read as Google lists them, ids to the last digit", () => {
    const { batch, next } = read("exercises", fixture("google_exercise_list"));
    expect(next).toBeNull();
    expect(batch.rejections).toEqual([]);
    const common = {
      distance_m: null,
      ascent_m: null,
      avg_speed_mps: null,
      steps: null,
      device: "Pixel Watch 4",
      is_manual: false,
    };
    expect(batch.activities).toEqual([
      {
        external_id: "3326913505930631001",
        part: "list",
        fields: {
          ...common,
          sport: "training",
          sub_sport: "cardio_training",
          name: "アクティビティ",
          start_time: ms("2026-09-25T00:33:29Z"),
          utc_offset_s: 32_400,
          elapsed_s: 1303,
          moving_s: 1303,
          energy_kcal: 202,
          avg_heart_rate_bpm: 115,
          extra: {
            exercise_type: "CARDIO_WORKOUT",
            active_zone_minutes: 19,
            heart_rate_zones_s: { light: 300, moderate: 900, vigorous: 120, peak: 0 },
          },
        },
        element: 0,
      },
      {
        external_id: "7140869748721445002",
        part: "list",
        fields: {
          ...common,
          sport: "training",
          sub_sport: "strength_training",
          name: "ウエイトリフティング",
          start_time: ms("2026-09-24T23:00:33Z"),
          utc_offset_s: 32_400,
          elapsed_s: 3471,
          moving_s: 3471,
          energy_kcal: 440,
          avg_heart_rate_bpm: 107,
          extra: {
            exercise_type: "WEIGHTLIFTING",
            active_zone_minutes: 30,
            heart_rate_zones_s: { light: 1620, moderate: 1860, vigorous: 0, peak: 0 },
          },
        },
        element: 1,
      },
    ]);
  });

  it("may lack name and offset: then a hash is the id, and the offset unknown", () => {
    const { activities } = read("exercises", fixture("google_exercise_walk_and_treadmill")).batch;
    const [treadmill, walk] = activities;
    expect(treadmill!.external_id).toMatch(/^[0-9a-f]{24}$/);
    expect(treadmill!.fields).toMatchObject({
      sport: "running",
      sub_sport: "treadmill",
      utc_offset_s: null,
      elapsed_s: 1957,
      moving_s: 1954,
      distance_m: 2409.648,
      steps: 3434,
      energy_kcal: 403,
      avg_heart_rate_bpm: 138,
    });
    expect(walk).toMatchObject({
      external_id: "5044284279678279003",
      fields: {
        sport: "walking",
        utc_offset_s: 36_000,
        distance_m: 1635.492,
        elapsed_s: 2240,
        moving_s: 2240,
        name: "Walk",
      },
    });
    // The same told again is the same.
    expect(read("exercises", fixture("google_exercise_walk_and_treadmill")).batch.activities[0]).toEqual(treadmill);
  });

  const point = (id: string, more: object, interval: object = {}) => ({
    dataPointName: `users/1/dataTypes/exercise/dataPoints/${id}`,
    exercise: {
      interval: {
        startTime: "2026-09-21T10:00:00Z",
        startUtcOffset: "-12600s",
        endTime: "2026-09-21T10:30:00Z",
        ...interval,
      },
      exerciseType: "RUNNING",
      ...more,
    },
  });

  it("take both forms of numbers, lengths with fractions, offsets of half hours, and no heart rate of 0", () => {
    const summary = {
      distanceMillimeters: "5000000",
      averageSpeedMillimetersPerSecond: 2777.5,
      elevationGainMillimeters: "12500",
      averageHeartRateBeatsPerMinute: "0",
      totalSwimLengths: null,
    };
    const { batch } = read("exercises", {
      dataPoints: [
        point("9007199254740993", {
          activeDuration: "1293.600s",
          metricsSummary: summary,
          exerciseMetadata: { hasGps: true, poolLengthMillimeters: "25000" },
          notes: "wet",
        }),
      ],
    });
    expect(batch.activities[0]).toMatchObject({
      external_id: "9007199254740993",
      fields: {
        utc_offset_s: -12_600,
        moving_s: 1293.6,
        distance_m: 5000,
        avg_speed_mps: 2.7775,
        ascent_m: 12.5,
        avg_heart_rate_bpm: null,
        energy_kcal: null,
        extra: { exercise_type: "RUNNING", has_gps: true, pool_length_m: 25, notes: "wet" },
      },
    });
    expect(batch.activities[0]!.fields).not.toHaveProperty("max_heart_rate_bpm");
  });

  it("of an unknown kind are generic and keep Google's word", () => {
    const { activities } = read("exercises", {
      dataPoints: [point("1", { exerciseType: "QUIDDITCH" }), point("2", { exerciseType: undefined })],
    }).batch;
    expect(activities.map(({ fields: { sport, sub_sport, extra } }) => [sport, sub_sport, extra])).toEqual([
      ["generic", "generic", { exercise_type: "QUIDDITCH" }],
      ["generic", "generic", { exercise_type: "EXERCISE_TYPE_UNSPECIFIED" }],
    ]);
  });

  it("that go on are no record yet, and are not missing either", () => {
    const { batch } = read("exercises", { dataPoints: [point("1", {}, { endTime: undefined })] });
    expect(batch.activities).toEqual([]);
    expect(batch.deletions).toEqual([
      { kind: "activity", from: WEEK.window.from, to: WEEK.window.to, keep: ["1"], confirm: "exercise" },
    ]);
  });

  it("that cannot be read are told, and nothing is missing where one has no id", () => {
    const bad = read("exercises", { dataPoints: [point("1", {}, { startTime: "yesterday" }), point("2", {})] }).batch;
    expect(bad.rejections).toEqual([
      { kind: "activity", pointer: "/dataPoints/0/exercise/interval/startTime", reason: "not an instant" },
    ]);
    expect(bad.deletions).toMatchObject([{ keep: ["1", "2"] }]);
    for (const nameless of [null, 7, {}, { exercise: {} }]) {
      const { batch } = read("exercises", { dataPoints: [nameless, point("2", {})] });
      expect([batch.rejections.length, batch.activities.length, batch.deletions]).toEqual([1, 1, []]);
    }
  });

  it("have every type of Google's list mapped to a FIT sport", () => {
    const { types } = fixture("exercise_types") as { types: [string, string, string][] };
    expect(types).toHaveLength(182);
    for (const [type, sport, sub] of types) {
      expect([type, ...toSport(type)]).toEqual([type, sport, sub]);
      expect([type, isSport(sport, sub)]).toEqual([type, true]);
    }
    expect(toSport("constructor")).toEqual(["generic", "generic"]);
  });
});

describe("pages", () => {
  it("end where there is no token, not where there are no points", () => {
    expect(read("exercises", { dataPoints: [], nextPageToken: "t" }).next).toEqual({
      token: "t",
      ids: [],
      isWhole: true,
    });
    expect(read("heart_rate", { nextPageToken: "t" }).next).toBe("t");
    for (const last of [
      fixture("google_last_page_empty"),
      { nextPageToken: "" },
      { dataPoints: [], nextPageToken: "" },
    ]) {
      expect(read("heart_rate", last)).toMatchObject({ next: null });
      expect(read("steps_total", last)).toMatchObject({ next: null });
    }
  });

  it("remember the sessions of those before, so that what is missing is told on the last", () => {
    const [one, two] = fixture("google_exercise_list").dataPoints;
    const first = read("exercises", { dataPoints: [one], nextPageToken: "t" });
    expect(first.batch.deletions).toEqual([]);
    const position = { ...WEEK, cursor: first.next };
    expect(list("exercises").request(position).query).toMatchObject({ pageToken: "t", pageSize: "25" });
    const last = read("exercises", { dataPoints: [two] }, position);
    expect(last.batch.deletions).toMatchObject([
      { keep: ["3326913505930631001", "7140869748721445002"], confirm: "exercise" },
    ]);
    // Unreadable on the first page: nothing is known to be missing on the last.
    const unsure = read("exercises", { dataPoints: [{}], nextPageToken: "t" });
    expect(read("exercises", {}, { ...WEEK, cursor: unsure.next }).batch.deletions).toEqual([]);
  });

  it("that are none are a fault", () => {
    for (const body of [null, [], "<html>", { dataPoints: 7 }]) {
      for (const name of ["exercises", "nights", "heart_rate", "daily_vo2_max"])
        expect(list(name).read(answer(body), WEEK)).toMatchObject({ kind: "unreadable" });
    }
    expect(list("steps_total").read(answer({ rollupDataPoints: {} }), WEEK)).toMatchObject({ kind: "unreadable" });
  });
});

describe("requests", () => {
  const query = (name: string, position = WEEK) => list(name).request(position);

  it("filter each type by the member that Google allows, and always name a page size", () => {
    expect(query("exercises")).toEqual({
      url: "https://health.googleapis.com/v4/users/me/dataTypes/exercise/dataPoints:reconcile",
      query: {
        // Civil dates that any offset could make of the window.
        filter: `exercise.interval.civil_start_time >= "2026-09-19" AND exercise.interval.civil_start_time < "2026-09-28"`,
        pageSize: "25",
      },
    });
    expect(query("nights").query).toEqual({
      filter: `sleep.interval.end_time >= "2026-09-20T00:00:00.000Z" AND sleep.interval.end_time < "2026-09-27T00:00:00.000Z"`,
      pageSize: "25",
    });
    expect(query("heart_rate")).toMatchObject({
      url: "https://health.googleapis.com/v4/users/me/dataTypes/heart-rate/dataPoints:reconcile",
      query: {
        filter: `heart_rate.sample_time.physical_time >= "2026-09-20T00:00:00.000Z" AND heart_rate.sample_time.physical_time < "2026-09-27T00:00:00.000Z"`,
        pageSize: "5000",
      },
    });
    expect(query("steps").query!.filter).toContain("steps.interval.start_time >=");
    expect(query("daily_resting_heart_rate").query!.filter).toBe(
      `daily_resting_heart_rate.date >= "2026-09-19" AND daily_resting_heart_rate.date < "2026-09-28"`,
    );
  });

  it("ask for sums of civil days by POST, with a token only where one came", () => {
    expect(query("total_calories_total", at("2026-09-20T00:00:00Z", "2026-09-26T12:00:00Z"))).toEqual({
      method: "POST",
      url: "https://health.googleapis.com/v4/users/me/dataTypes/total-calories/dataPoints:dailyRollUp",
      json: {
        range: {
          start: { date: { year: 2026, month: 9, day: 19 } },
          end: { date: { year: 2026, month: 9, day: 28 } },
        },
        windowSizeDays: 1,
      },
    });
    expect(query("steps_total", { ...WEEK, cursor: "t" }).json).toMatchObject({ pageToken: "t" });
  });

  it("never span more days than Google sums up at once, wherever a window begins", () => {
    const limits: [string, number][] = [
      ["steps_total", 90],
      ["distance_total", 90],
      ["floors_total", 90],
      ["active_energy_burned_total", 90],
      ["total_calories_total", 14],
      ["heart_rate_total", 14],
    ];
    for (const [name, most] of limits) {
      for (let hour = 0; hour < 24; hour++) {
        const to = ms("2026-09-26T00:30:00Z") + hour * 3_600_000;
        const window = { from: to - list(name).max_window_s! * 1000, to };
        const { start, end } = (
          query(name, { ...WEEK, window }).json as { range: Record<string, { date: Record<string, number> }> }
        ).range;
        const days = ([start, end] as const).map(
          (one) => Date.UTC(one!.date.year!, one!.date.month! - 1, one!.date.day) / 86_400_000,
        );
        expect(days[1]! - days[0]!).toBeLessThanOrEqual(most);
      }
    }
  });

  it("ask whether a session is still there, and delete it where it is not", () => {
    const want = fitbit.streams.exercise as WantStream;
    expect(want.request("3326913505930631001", account)).toEqual({
      url: "https://health.googleapis.com/v4/users/me/dataTypes/exercise/dataPoints/3326913505930631001",
      accept: [404],
    });
    const of = (status: number) => (want.read(answer({}, status), "33", account) as Page).batch;
    expect(of(404).deletions).toEqual([{ kind: "activity", external_id: "33" }]);
    expect(of(200).deletions).toEqual([]);
    const nightWant = fitbit.streams.night as WantStream;
    expect((nightWant.read(answer({}, 404), "8", account) as Page).batch.deletions).toEqual([
      { kind: "sleep", external_id: "8" },
    ]);
  });
});

describe("nights", () => {
  const expected = {
    external_id: "8808518358174752004",
    part: "list",
    fields: {
      type: "main",
      date: "2026-09-26",
      start_time: ms("2026-09-26T04:09:00Z"),
      end_time: ms("2026-09-26T08:23:00Z"),
      utc_offset_s: 32_400,
      in_bed_s: 15_240,
      asleep_s: 14_880,
      awake_s: 360,
      light_s: 8760,
      deep_s: 2880,
      rem_s: 3240,
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
        [0, "awake", 360],
        [360, "light", 780],
        [1140, "deep", 1200],
        [2340, "light", 1500],
        [3840, "rem", 720],
        [4560, "light", 1800],
        [6360, "deep", 1080],
        [7440, "light", 1680],
        [9120, "rem", 1320],
        [10_440, "light", 1800],
        [12_240, "deep", 600],
        [12_840, "light", 1200],
        [14_040, "rem", 1200],
      ],
      extra: { sleep_type: "STAGES", stages_status: "SUCCEEDED" },
    },
    element: 0,
  };

  it.each(["google_sleep_list_composed", "google_sleep_reconcile_composed"])(
    "are summed by their stages (%s)",
    (name) => {
      const { batch, next } = read("nights", fixture(name));
      expect(batch.nights).toEqual([expected]);
      expect([batch.rejections, next]).toEqual([[], null]);
      // Nights that begin in the last day and a half may end outside: of them nothing is known.
      expect(batch.deletions).toEqual([
        {
          kind: "sleep",
          from: ms("2026-09-20T00:00:00Z"),
          to: ms("2026-09-25T12:00:00Z"),
          keep: ["8808518358174752004"],
          confirm: "night",
        },
      ]);
    },
  );

  it("without stages take the first row of each kind, since rows come twice", () => {
    const sleep = structuredClone(fixture("google_sleep_reconcile_composed").dataPoints[0]);
    delete sleep.sleep.stages;
    const { fields } = read("nights", { dataPoints: [sleep] }).batch.nights[0]!;
    expect(fields).toEqual({ ...expected.fields, stages: null });
  });

  it("over a clock change last as long as they did, and belong to the day of their end's offset", () => {
    expect(nightOf({})).toMatchObject({ date: "2026-03-29", in_bed_s: 25_200, utc_offset_s: 3600 });
    const interval = (end: string, endUtcOffset?: string) => ({
      interval: {
        startTime: "2026-10-24T20:00:00Z",
        startUtcOffset: "7200s",
        endTime: end,
        ...(endUtcOffset && { endUtcOffset }),
      },
    });
    expect(nightOf(interval("2026-10-24T22:30:00Z", "3600s")).date).toBe("2026-10-24");
    expect(nightOf(interval("2026-10-24T22:30:00Z")).date).toBe("2026-10-25");
  });

  it("know half-hour and negative offsets, and guess where none is told", () => {
    const interval = { startTime: "2026-02-01T19:00:00Z", endTime: "2026-02-02T01:00:00Z" };
    expect(nightOf({ interval: { ...interval, startUtcOffset: "19800s" } })).toMatchObject({
      date: "2026-02-02",
      utc_offset_s: 19_800,
    });
    expect(nightOf({ interval: { ...interval, startUtcOffset: "-12600s" } })).toMatchObject({
      date: "2026-02-01",
      utc_offset_s: -12_600,
    });
    const guessed = list("nights").read(
      answer(night({ interval })),
      at("2026-02-01T00:00:00Z", "2026-02-03T00:00:00Z", null, -28_800),
    ) as Page;
    expect(guessed.batch.nights[0]!.fields).toMatchObject({ date: "2026-02-01", utc_offset_s: null });
  });

  it("whose stages are still to come have their times and nothing else; those that go on are none", () => {
    const waiting = nightOf({ metadata: { mainSleep: true, processed: false, stagesStatus: "IN_PROGRESS" } });
    expect(waiting).toMatchObject({
      in_bed_s: 25_200,
      asleep_s: null,
      awake_s: null,
      light_s: null,
      deep_s: null,
      rem_s: null,
      unstaged_s: null,
      stages: null,
    });
    const going = read(
      "nights",
      night({ interval: { startTime: "2026-09-26T04:09:00Z", startUtcOffset: "0s" } }),
    ).batch;
    expect([going.nights, going.rejections]).toEqual([[], []]);
    expect(going.deletions).toMatchObject([{ keep: ["77"] }]);
  });

  it("of the classic kind put sleep into unstaged, restlessness into awake", () => {
    const stage = (startTime: string, endTime: string, type: string) => ({ startTime, endTime, type });
    const fields = nightOf({
      type: "CLASSIC",
      metadata: {},
      summary: { minutesAsleep: "390", minutesAwake: "30", minutesToFallAsleep: "5" },
      stages: [
        stage("2026-03-29T04:50:00Z", "2026-03-29T05:00:00Z", "AWAKE"),
        stage("2026-03-28T22:00:00Z", "2026-03-29T04:30:00Z", "ASLEEP"),
        stage("2026-03-29T04:30:00Z", "2026-03-29T04:50:00Z", "RESTLESS"),
      ],
    });
    expect(fields).toMatchObject({
      type: "main",
      asleep_s: 23_400,
      awake_s: 1800,
      unstaged_s: 23_400,
      light_s: null,
      deep_s: null,
      rem_s: null,
      latency_s: 300,
      stages: [
        [0, "unstaged", 23_400],
        [23_400, "awake", 1200],
        [24_600, "awake", 600],
      ],
    });
  });

  it("count a stage told twice once, put them in order, clip them, and pass over what is no stage", () => {
    const stage = (startTime: string, endTime: string, type: string) => ({ startTime, endTime, type });
    const fields = nightOf({
      stages: [
        stage("2026-03-29T00:00:00Z", "2026-03-29T06:00:00Z", "REM"),
        stage("2026-03-28T21:50:00Z", "2026-03-29T00:00:00Z", "LIGHT"),
        stage("2026-03-28T21:50:00Z", "2026-03-29T00:00:00Z", "LIGHT"),
        stage("2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "DREAMING"),
        { type: "DEEP" },
        null,
      ],
    });
    expect(fields.stages).toEqual([
      [0, "light", 7200],
      [7200, "rem", 18_000],
    ]);
    expect(fields).toMatchObject({ light_s: 7200, rem_s: 18_000, deep_s: 0, asleep_s: 25_200 });
  });

  it("are naps where Google says so, or says nothing of less than three hours", () => {
    const short = { startTime: "2026-09-26T12:00:00Z", startUtcOffset: "0s", endTime: "2026-09-26T12:40:00Z" };
    expect(nightOf({ interval: short, metadata: { nap: true } }).type).toBe("nap");
    expect(nightOf({ interval: short, metadata: {} }).type).toBe("nap");
    expect(nightOf({ interval: short, metadata: { mainSleep: true } }).type).toBe("main");
    expect(nightOf({ metadata: { nap: true } }).type).toBe("nap");
    expect(nightOf({ metadata: undefined }).type).toBe("main");
    expect(nightOf({ metadata: { manuallyEdited: true } }).extra).toEqual({
      sleep_type: "STAGES",
      manually_edited: true,
    });
  });
});

describe("days", () => {
  const day = (date: string, metric: string, value: number | null) => ({ date, metric, source: "", value, element: 0 });
  const composed = fixture("google_daily_types_composed");

  it.each([
    ["daily-resting-heart-rate", [day("2026-09-26", "resting_heart_rate_bpm", 58)]],
    ["daily-heart-rate-variability", [day("2026-09-26", "hrv_rmssd_ms", 41.7)]],
    ["daily-oxygen-saturation", [day("2026-09-26", "spo2_pct", 96.4)]],
    ["daily-respiratory-rate", [day("2026-09-26", "respiration_brpm", 14.6)]],
    [
      "daily-sleep-temperature-derivations",
      [day("2026-09-26", "skin_temperature_c", 33.62), day("2026-09-26", "skin_temperature_deviation_c", 0.22)],
    ],
  ])("have %s", (type, days) => {
    const { batch } = read(type.replaceAll("-", "_"), composed[type]);
    expect(batch.days).toEqual(days);
    expect(batch.rejections).toEqual([]);
  });

  it("have VO2 max", () => {
    const date = { year: 2026, month: 9, day: 6 };
    const body = { dataPoints: [{ dailyVo2Max: { date, vo2Max: 47.5, cardioFitnessLevel: "GOOD" } }] };
    expect(read("daily_vo2_max", body).batch.days).toEqual([day("2026-09-06", "vo2max_ml_kg_min", 47.5)]);
  });

  it("take no reading of 0, no deviation without its base, and tell what cannot be", () => {
    const date = { year: 2026, month: 9, day: 26 };
    const of = (name: string, field: string, values: object) =>
      read(name, { dataPoints: [{ [field]: { date, ...values } }] }).batch;
    expect(of("daily_resting_heart_rate", "dailyRestingHeartRate", { beatsPerMinute: "0" }).days).toEqual([
      day("2026-09-26", "resting_heart_rate_bpm", null),
    ]);
    const temperature = of("daily_sleep_temperature_derivations", "dailySleepTemperatureDerivations", {
      nightlyTemperatureCelsius: 33,
    });
    expect(temperature.days.map(({ metric, value }) => [metric, value])).toEqual([
      ["skin_temperature_c", 33],
      ["skin_temperature_deviation_c", null],
    ]);
    for (const [value, reason] of [
      [900, "out of range"],
      ["fast", "not a number"],
      ["NaN", "not a number"],
    ]) {
      const { days, rejections } = of("daily_resting_heart_rate", "dailyRestingHeartRate", { beatsPerMinute: value });
      const pointer = "/dataPoints/0/dailyRestingHeartRate/beatsPerMinute";
      expect([days, rejections]).toEqual([[], [{ kind: null, pointer, reason }]]);
    }
    expect(read("daily_respiratory_rate", { dataPoints: [{ other: {} }] }).batch.rejections).toMatchObject([
      { kind: "daily", pointer: "/dataPoints/0/dailyRespiratoryRate" },
    ]);
  });

  it("that no calendar has are told", () => {
    const of = (year: number, month: number, day: number) =>
      read("daily_vo2_max", { dataPoints: [{ dailyVo2Max: { date: { year, month, day }, vo2Max: 47.5 } }] }).batch;
    for (const [year, month, day] of [
      [2026, 2, 29],
      [2026, 13, 1],
      [2026, 9, 0],
      [300_000, 1, 1],
    ] as const) {
      const { days, rejections } = of(year, month, day);
      const pointer = "/dataPoints/0/dailyVo2Max/date";
      expect([days, rejections]).toEqual([[], [{ kind: "daily", pointer, reason: "not a date" }]]);
    }
    expect(of(2024, 2, 29).days).toMatchObject([{ date: "2024-02-29" }]);
  });

  it("have sums as Google rolls them up; one that is left out is 0", () => {
    expect(read("steps_total", fixture("google_steps_daily_rollup")).batch.days).toEqual([
      day("2026-09-25", "steps", 9525),
      { ...day("2026-09-24", "steps", 6859), element: 1 },
    ]);
    const energy = read("total_calories_total", fixture("google_total_calories_daily_rollup")).batch.days;
    expect(energy.map(({ date, metric, value }) => [date, metric, value])).toEqual([
      ["2026-09-25", "total_energy_kcal", 3028.784634],
      ["2026-09-24", "total_energy_kcal", 2815.163479],
      ["2026-09-23", "total_energy_kcal", 2916.273316],
      ["2026-09-22", "total_energy_kcal", 3435.855093],
      ["2026-09-21", "total_energy_kcal", 2988.19035],
      ["2026-09-20", "total_energy_kcal", 2906.124745],
      ["2026-09-19", "total_energy_kcal", 3632.937836],
    ]);
    const rolled = (field: string, values: object) => ({
      rollupDataPoints: [{ civilStartTime: { date: { year: 2026, month: 9, day: 25 }, time: {} }, [field]: values }],
    });
    const of = (name: string, field: string, values: object) =>
      read(name, rolled(field, values)).batch.days.map(({ metric, value }) => [metric, value]);
    expect(of("steps_total", "steps", {})).toEqual([["steps", 0]]);
    expect(of("distance_total", "distance", { millimetersSum: "1234567" })).toEqual([["distance_m", 1234.567]]);
    expect(of("floors_total", "floors", { countSum: "11" })).toEqual([["floors", 11]]);
    expect(of("active_energy_burned_total", "activeEnergyBurned", { kcalSum: 512.5 })).toEqual([
      ["active_energy_kcal", 512.5],
    ]);
    expect(
      of("heart_rate_total", "heartRate", {
        beatsPerMinuteAvg: 66.25,
        beatsPerMinuteMin: "48",
        beatsPerMinuteMax: "171",
      }),
    ).toEqual([
      ["avg_heart_rate_bpm", 66.25],
      ["min_heart_rate_bpm", 48],
      ["max_heart_rate_bpm", 171],
    ]);
    expect(of("heart_rate_total", "heartRate", {})).toEqual([
      ["avg_heart_rate_bpm", null],
      ["min_heart_rate_bpm", null],
      ["max_heart_rate_bpm", null],
    ]);
    // Nothing of that kind on that day: nothing is said.
    expect(of("steps_total", "floors", {})).toEqual([]);
  });
});

describe("readings", () => {
  const columns = (name: string, body: unknown) => {
    const { batch } = read(name, body);
    expect(batch.rejections).toEqual([]);
    return batch.samples.map(({ metric, stream, time, value, utc_offset_s }) => ({
      metric,
      stream,
      time,
      value,
      utc_offset_s,
    }));
  };

  it("are kept at Google's grain, in the order they came", () => {
    expect(columns("steps", fixture("google_steps_list"))).toEqual([
      {
        metric: "steps",
        stream: "",
        time: [ms("2026-09-25T14:58:00Z"), ms("2026-09-25T14:57:00Z")],
        value: [2, 44],
        utc_offset_s: [32_400, 32_400],
      },
    ]);
    expect(columns("heart_rate", fixture("google_heart_rate_list"))).toEqual([
      {
        metric: "heart_rate_bpm",
        stream: "",
        time: [ms("2026-09-25T10:04:59Z"), ms("2026-09-25T10:04:57Z")],
        value: [49, 50],
        utc_offset_s: [32_400, 32_400],
      },
    ]);
    expect(columns("weight", fixture("google_weight_list"))).toEqual([
      {
        metric: "weight_kg",
        stream: "",
        time: [ms("2026-09-25T22:15:10Z"), ms("2026-09-13T22:57:30Z")],
        value: [90.2, 88.3],
        utc_offset_s: [32_400, 32_400],
      },
    ]);
  });

  it("of distance alone are summed by the day, and not read one by one", () => {
    expect(Object.keys(fixture("google_distance_list").dataPoints[0])).toContain("distance");
    expect(fitbit.streams).not.toHaveProperty("distance");
  });

  it("have no value of 0 but counts, whose 0 may be left out", () => {
    const sampleTime = { physicalTime: "2026-09-25T10:04:59Z" };
    const interval = { startTime: "2026-09-25T10:04:00Z", endTime: "2026-09-25T10:05:00Z" };
    expect(
      columns("heart_rate", {
        dataPoints: [{ heartRate: { sampleTime } }, { heartRate: { sampleTime, beatsPerMinute: "0" } }],
      }),
    ).toEqual([]);
    expect(columns("steps", { dataPoints: [{ steps: { interval } }] })).toMatchObject([
      { value: [0], utc_offset_s: [Number.NaN] },
    ]);
    const of = (name: string, field: string, values: object) =>
      columns(name, { dataPoints: [{ [field]: { sampleTime, ...values } }] });
    expect(of("body_fat", "bodyFat", { percentage: 21.5 })).toMatchObject([{ metric: "body_fat_pct", value: [21.5] }]);
    expect(of("oxygen_saturation", "oxygenSaturation", { percentage: 95.5 })).toMatchObject([
      { metric: "spo2_pct", value: [95.5] },
    ]);
    expect(
      of("heart_rate_variability", "heartRateVariability", {
        rootMeanSquareOfSuccessiveDifferencesMilliseconds: 38.25,
      }),
    ).toMatchObject([{ metric: "hrv_rmssd_ms", value: [38.25] }]);
  });

  it("that cannot be are told one by one", () => {
    const sampleTime = { physicalTime: "2026-09-25T10:04:59Z" };
    const { batch } = read("heart_rate", {
      dataPoints: [
        { heartRate: { sampleTime, beatsPerMinute: "999" } },
        { heartRate: { sampleTime, beatsPerMinute: {} } },
        { heartRate: {} },
        null,
      ],
    });
    expect(batch.samples).toEqual([]);
    expect(batch.rejections.map(({ pointer }) => pointer)).toEqual([
      "/dataPoints/0/heartRate/beatsPerMinute",
      "/dataPoints/1/heartRate/beatsPerMinute",
      "/dataPoints/2/heartRate/sampleTime",
      "/dataPoints/3",
    ]);
  });
});
