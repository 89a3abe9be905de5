import { readFileSync } from "node:fs";
import { URL } from "node:url";
import { describe, expect, it } from "vitest";
import { append, type Batch, emptyBatch, type SampleColumns } from "../../domain/batch.ts";
import { garmin } from "../garmin/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: a fixture is whatever was recorded
const fixture = (name: string): any =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8"));
/** What a body of pushes comes to; the person's zone is four hours ahead. */
function delivered(body: Record<string, unknown[]>): Batch {
  const batch = emptyBatch();
  const hints = { now: Date.parse("2026-03-20T12:00:00Z"), offsetAt: () => 14_400 };
  for (const [key, elements] of Object.entries(body)) {
    for (const item of elements.flatMap((one) => garmin.push.read(one, key, hints))) {
      if (item.is === "data") append(batch, item.batch);
    }
  }
  return batch;
}
const s = (instant: string) => Date.parse(instant) / 1000;
/** `{metric: {stream: [[time, value, offset]]}}` */
function samples(batch: Batch): Record<string, Record<string, number[][]>> {
  const all: Record<string, Record<string, number[][]>> = {};
  for (const { metric, stream, time, value, utc_offset_s } of batch.samples as SampleColumns[]) {
    all[metric] = { ...all[metric], [stream]: time.map((at, i) => [at, value[i]!, utc_offset_s[i]!]) };
  }
  return all;
}
const days = (batch: Batch) => batch.days.map(({ date, metric, value }) => [date, metric, value]);

describe("a night", () => {
  const { nights, rejections } = delivered(fixture("push_sleeps_composed"));

  it("lasts until its waking hours are over, and its stages are in order", () => {
    expect(rejections).toEqual([]);
    expect(nights).toEqual([
      {
        external_id: "1752706800",
        part: "list",
        rank: 6_028_800,
        replaces: "overlapping_type",
        element: 0,
        fields: {
          type: "main",
          date: "2025-07-17",
          start_time: 1752706800000,
          end_time: 1752735600000,
          utc_offset_s: 7200,
          in_bed_s: 28_800,
          asleep_s: 27_360,
          awake_s: 1440,
          light_s: 16_560,
          deep_s: 5400,
          rem_s: 5400,
          unstaged_s: 0,
          latency_s: null,
          efficiency_pct: null,
          score: 87,
          avg_heart_rate_bpm: null,
          min_heart_rate_bpm: null,
          avg_hrv_rmssd_ms: null,
          avg_respiration_brpm: 42.62 / 3,
          avg_spo2_pct: 96,
          stages: [
            [0, "light", 3600],
            [3600, "deep", 5400],
            [9000, "light", 12_960],
            [21_960, "rem", 5400],
            [27_360, "awake", 1440],
          ],
          extra: {
            validation: "ENHANCED_FINAL",
            calendar_date: "2025-07-17",
            score_qualifier: "GOOD",
            score_qualifiers: {
              totalDuration: "EXCELLENT",
              stress: "EXCELLENT",
              awakeCount: "FAIR",
              remPercentage: "FAIR",
              restlessness: "GOOD",
              lightPercentage: "GOOD",
              deepPercentage: "POOR",
            },
          },
        },
      },
    ]);
  });

  it("has its own readings of breath and oxygen", () => {
    expect(samples(delivered(fixture("push_sleeps_composed")))).toEqual({
      respiration_brpm: {
        sleep: [
          [1752706860000, 15.31, 7200],
          [1752706920000, 14.58, 7200],
          [1752706980000, 12.73, 7200],
        ],
      },
      spo2_pct: {
        sleep: [
          [1752706800000, 95, 7200],
          [1752706860000, 96, 7200],
          [1752706920000, 97, 7200],
        ],
      },
    });
  });

  it("is asleep without what was awake or could not be measured; its nap is a record of its own", () => {
    const { nights, elements } = delivered(fixture("push_sleeps_real_sums"));
    expect(elements).toEqual(["sleep"]);
    expect(nights).toMatchObject([
      {
        external_id: "1773298691",
        rank: 5_033_692,
        fields: {
          type: "main",
          date: "2026-03-12",
          start_time: 1773298691000,
          end_time: 1773332383000,
          utc_offset_s: -18_000,
          in_bed_s: 33_692,
          asleep_s: 33_307,
          awake_s: 145,
          light_s: 23_786,
          deep_s: 2531,
          rem_s: 6990,
          unstaged_s: 240,
          score: 32,
          avg_spo2_pct: null,
          avg_respiration_brpm: null,
          stages: null,
        },
      },
      {
        external_id: "1773345600",
        rank: 8_000_000,
        replaces: "overlapping_type",
        fields: {
          type: "nap",
          date: "2026-03-12",
          start_time: 1773345600000,
          end_time: 1773347887000,
          utc_offset_s: -18_000,
          in_bed_s: 2287,
          asleep_s: 2287,
          unstaged_s: 2287,
          awake_s: null,
          light_s: null,
          score: null,
          extra: { validation: "MANUAL" },
        },
      },
    ]);
  });

  const night = (more: Record<string, unknown>) =>
    delivered({
      sleeps: [{ userId: "u", startTimeInSeconds: s("2026-03-11T22:00:00Z"), durationInSeconds: 28_800, ...more }],
    }).nights;
  const stages = { deepSleepDurationInSeconds: 7200, lightSleepDurationInSeconds: 14_400, remSleepInSeconds: 7200 };

  it("that has grown, under another summary id, keeps its key", () => {
    const first = night({ summaryId: "sd3836f36-69b1e260-1c20", durationInSeconds: 7200 })[0]!;
    const grown = night({ summaryId: "sd3836f36-69b1e260-7080" })[0]!;
    expect([first.external_id, grown.external_id]).toEqual(["1773266400", "1773266400"]);
    expect(grown.rank!).toBeGreaterThan(first.rank!);
  });

  it("counts by its validation first, then by its length; the newest counts of what a person set", () => {
    const rank = (validation: string, durationInSeconds = 28_800) => night({ validation, durationInSeconds })[0]!.rank!;
    const words = [
      "OFF_WRIST",
      "AUTO_TENTATIVE",
      "ENHANCED_TENTATIVE",
      "SOMETHING_NEW",
      "DEVICE",
      "AUTO_FINAL",
      "ENHANCED_FINAL",
    ];
    const ranks = words.map((word, i) => rank(word, 40_000 - i));
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    expect(rank("AUTO_FINAL", 30_000)).toBeGreaterThan(rank("AUTO_FINAL", 29_999));
    expect(rank("AUTO_MANUAL")).toBeGreaterThan(rank("ENHANCED_FINAL", 86_400));
    expect(rank("MANUAL", 3600)).toBe(rank("MANUAL", 7200));
  });

  it("of an older device, whose length includes what was awake, is asleep for its stages", () => {
    const [record] = night({ ...stages, durationInSeconds: 30_000, awakeDurationInSeconds: 1200 });
    expect(record!.fields).toMatchObject({ in_bed_s: 30_000, asleep_s: 28_800, awake_s: 1200, unstaged_s: null });
  });

  it("without stages is unstaged sleep", () => {
    const none = { deepSleepDurationInSeconds: 0, lightSleepDurationInSeconds: 0, remSleepInSeconds: 0 };
    for (const [record] of [night({}), night({ ...none, awakeDurationInSeconds: 0 })]) {
      expect(record!.fields).toMatchObject({ in_bed_s: 28_800, asleep_s: 28_800, unstaged_s: 28_800 });
      expect([record!.fields.light_s, record!.fields.deep_s, record!.fields.rem_s]).toEqual([null, null, null]);
    }
  });

  it("belongs to the day of waking, whatever day it began on", () => {
    // 03:35 in India, half an hour off the whole hours; 00:00 in New York, where Garmin's own day is not asked.
    expect(night({ startTimeOffsetInSeconds: 19_800 })[0]!.fields).toMatchObject({
      date: "2026-03-12",
      utc_offset_s: 19_800,
    });
    expect(night({ startTimeOffsetInSeconds: -18_000, durationInSeconds: 21_600 })[0]!.fields.date).toBe("2026-03-11");
    expect(night({ startTimeOffsetInSeconds: -14_400, durationInSeconds: 21_599 })[0]!.fields.date).toBe("2026-03-11");
    expect(night({ startTimeOffsetInSeconds: -14_400, durationInSeconds: 21_600 })[0]!.fields.date).toBe("2026-03-12");
  });

  it("lasts as long as it lasts when the clocks change", () => {
    // Berlin: 00:30 summer time to 07:30 winter time is eight hours; 23:00 to 07:00 in March is seven.
    const [autumn] = night({
      startTimeInSeconds: s("2026-10-24T22:30:00Z"),
      startTimeOffsetInSeconds: 7200,
      ...stages,
    });
    expect(autumn!.fields).toMatchObject({
      in_bed_s: 28_800,
      end_time: Date.parse("2026-10-25T06:30:00Z"),
      date: "2026-10-25",
    });
    const spring = {
      startTimeInSeconds: s("2026-03-28T22:00:00Z"),
      startTimeOffsetInSeconds: 3600,
      durationInSeconds: 25_200,
    };
    expect(night(spring)[0]!.fields).toMatchObject({
      in_bed_s: 25_200,
      end_time: Date.parse("2026-03-29T05:00:00Z"),
      date: "2026-03-29",
      utc_offset_s: 3600,
    });
  });

  it("of a device without a zone is on Garmin's own day, else on the person's", () => {
    expect(night({ calendarDate: "2026-03-11" })[0]!.fields).toMatchObject({ date: "2026-03-11", utc_offset_s: null });
    // Until 19:59:59 UTC it is still the 11th four hours ahead.
    expect(night({ startTimeInSeconds: s("2026-03-11T12:00:00Z"), durationInSeconds: 28_799 })[0]!.fields.date).toBe(
      "2026-03-11",
    );
    expect(night({ startTimeInSeconds: s("2026-03-11T12:00:00Z"), durationInSeconds: 28_800 })[0]!.fields.date).toBe(
      "2026-03-12",
    );
  });

  it("keeps naps that lie within it, with their own offset or else its own", () => {
    const naps = [
      { napStartTimeInSeconds: s("2026-03-12T03:00:00Z"), napDurationInSeconds: 1200, napOffsetInSeconds: 7200 },
      { napStartTimeInSeconds: s("2026-03-12T12:00:00Z"), napDurationInSeconds: 600 },
      { napStartTimeInSeconds: s("2026-03-12T13:00:00Z"), napDurationInSeconds: 0 },
    ];
    const batch = delivered({
      sleeps: [
        {
          userId: "u",
          startTimeInSeconds: s("2026-03-11T22:00:00Z"),
          startTimeOffsetInSeconds: 3600,
          durationInSeconds: 28_800,
          naps,
        },
      ],
    });
    expect(batch.nights.map(({ external_id, fields }) => [external_id, fields.type, fields.utc_offset_s])).toEqual([
      ["1773266400", "main", 3600],
      ["1773284400", "nap", 7200],
      ["1773316800", "nap", 3600],
    ]);
    expect(batch.rejections).toMatchObject([{ kind: "sleep", pointer: "/naps/2/napDurationInSeconds" }]);
  });

  it("of no length is none, and says so unless it only brings naps", () => {
    const nothing = { userId: "u", startTimeInSeconds: s("2026-03-11T22:00:00Z"), durationInSeconds: 0 };
    expect(delivered({ sleeps: [nothing] })).toMatchObject({
      nights: [],
      rejections: [{ pointer: "/durationInSeconds" }],
    });
    const naps = [{ napStartTimeInSeconds: s("2026-03-12T12:00:00Z"), napDurationInSeconds: 600 }];
    expect(delivered({ sleeps: [{ ...nothing, naps }] })).toMatchObject({
      nights: [{ fields: { type: "nap" } }],
      rejections: [],
    });
  });

  it("clips its stages to itself", () => {
    const start = s("2026-03-11T22:00:00Z");
    const sleepLevelsMap = {
      deep: [{ startTimeInSeconds: start - 600, endTimeInSeconds: start + 600 }],
      unmeasurable: [{ startTimeInSeconds: start + 600, endTimeInSeconds: start + 700 }],
      light: [{ startTimeInSeconds: start + 5000, endTimeInSeconds: start + 5000 }, { startTimeInSeconds: "x" }],
      dreams: [{ startTimeInSeconds: start, endTimeInSeconds: start + 60 }],
    };
    expect(night({ ...stages, sleepLevelsMap })[0]!.fields.stages).toEqual([
      [0, "deep", 600],
      [600, "unstaged", 100],
    ]);
  });
});

describe("a daily", () => {
  const batch = delivered(fixture("push_dailies"));

  it("becomes the day's values: all energy is active and basal, the mean heart rate of a week is none", () => {
    expect(batch.elements).toEqual(["daily"]);
    expect(days(batch)).toEqual(
      [
        ["steps", 4210],
        ["distance_m", 3146.5],
        ["active_energy_kcal", 321],
        ["basal_energy_kcal", 1731],
        ["active_s", 12_240],
        ["floors", 8],
        ["moderate_intensity_s", 81_870],
        ["vigorous_intensity_s", 4530],
        ["min_heart_rate_bpm", 59],
        ["max_heart_rate_bpm", 112],
        ["resting_heart_rate_bpm", 58],
        ["stress_avg", 43],
        ["stress_max", 87],
        ["stress_s", 13_620],
        ["rest_stress_s", 7600],
        ["activity_stress_s", 3450],
        ["low_stress_s", 6700],
        ["medium_stress_s", 4350],
        ["body_battery_charged", 40],
        ["body_battery_drained", 45],
        ["total_energy_kcal", 2052],
      ].map(([metric, value]) => ["2016-01-11", metric, value]),
    );
  });

  it("does not believe in 30 hours of stress a day", () => {
    expect(batch.rejections).toEqual([{ kind: null, pointer: "/highStressDurationInSeconds", reason: "out of range" }]);
  });

  it("brings the heart rate by its instants", () => {
    expect(samples(batch)).toEqual({
      heart_rate_bpm: {
        "": [
          [1452470415000, 75, 3600],
          [1452470430000, 75, 3600],
          [1452473580000, 76, 3600],
          [1452473595000, 65, 3600],
          [1452473610000, 65, 3600],
          [1452473625000, 73, 3600],
          [1452473640000, 74, 3600],
          [1452473655000, 74, 3600],
        ],
      },
    });
  });

  const daily = (more: Record<string, unknown>) =>
    delivered({ dailies: [{ userId: "u", startTimeInSeconds: s("2026-03-12T00:00:00Z"), ...more }] });

  it("takes back what is no reading, keeps a true 0, and touches nothing that it does not tell", () => {
    const none = { averageStressLevel: -1, restingHeartRateInBeatsPerMinute: 0, steps: 0, bodyBatteryChargedValue: 0 };
    expect(days(daily({ calendarDate: "2026-03-12", ...none, bmrKilocalories: 1700 }))).toEqual([
      ["2026-03-12", "steps", 0],
      ["2026-03-12", "basal_energy_kcal", 1700],
      ["2026-03-12", "resting_heart_rate_bpm", null],
      ["2026-03-12", "stress_avg", null],
      ["2026-03-12", "body_battery_charged", 0],
    ]);
  });

  it("is of Garmin's own day, else of the local day it began on", () => {
    const date = (more: Record<string, unknown>) => daily({ steps: 1, ...more }).days[0]!.date;
    const startTimeInSeconds = s("2026-03-11T22:00:00Z");
    expect(date({ startTimeInSeconds, calendarDate: "2026-03-12" })).toBe("2026-03-12");
    expect(date({ startTimeInSeconds, startTimeOffsetInSeconds: 7200 })).toBe("2026-03-12");
    expect(date({ startTimeInSeconds, startTimeOffsetInSeconds: 3600 })).toBe("2026-03-11");
    expect(date({ startTimeInSeconds })).toBe("2026-03-12"); // four hours ahead
  });

  it("of 25 hours keeps its last hour, at the offset it ended with", () => {
    const batch = daily({
      calendarDate: "2026-10-25",
      startTimeInSeconds: s("2026-10-24T22:00:00Z"),
      startTimeOffsetInSeconds: 7200,
      durationInSeconds: 90_000,
      timeOffsetHeartRateSamples: { 86385: 60, 88200: 61 },
    });
    expect(samples(batch).heart_rate_bpm![""]).toEqual([
      [Date.parse("2026-10-25T21:59:45Z"), 60, 7200],
      [Date.parse("2026-10-25T22:30:00Z"), 61, 3600],
    ]);
  });

  it("drops and counts samples that cannot be, and passes over gaps", () => {
    const batch = daily({ timeOffsetHeartRateSamples: { 15: 0, 30: 301, 45: "x", 60: null, x: 70, 75: 71 } });
    expect(samples(batch).heart_rate_bpm![""]!.map(([, value]) => value)).toEqual([71]);
    expect(batch.rejections).toEqual([
      { kind: "series", pointer: "/timeOffsetHeartRateSamples/30", reason: "out of range" },
      { kind: "series", pointer: "/timeOffsetHeartRateSamples/45", reason: "not a number" },
      { kind: "series", pointer: "/timeOffsetHeartRateSamples/x", reason: "not seconds from the start" },
    ]);
  });
});

describe("other summaries", () => {
  it("of stress leave out what was not worn or moving, and tell what changed the body battery", () => {
    const batch = delivered(fixture("push_stress_details"));
    expect(samples(batch)).toEqual({
      stress_level: {
        "": [
          [1490245200000, 18, 0],
          [1490245380000, 51, 0],
          [1490245560000, 28, 0],
          [1490245740000, 29, 0],
        ],
      },
      body_battery: {
        "": [
          [1490245200000, 55, 0],
          [1490245380000, 56, 0],
          [1490245560000, 59, 0],
        ],
      },
    });
    expect(batch.events).toEqual([
      {
        external_id: "body_battery:1490220000:SLEEP",
        fields: {
          kind: "body_battery",
          start_time: 1490220000000,
          end_time: 1490250840000,
          utc_offset_s: 0,
          name: "SLEEP",
          value: 25,
          extra: null,
        },
        element: 0,
      },
    ]);
    const [element] = fixture("push_stress_details").stressDetails;
    const none = {
      ...element,
      timeOffsetStressLevelValues: { 0: -1, 180: -2, 360: -5, 540: 30 },
      bodyBatteryActivityEvents: [{}],
    };
    const some = delivered({ stressDetails: [none] });
    expect(samples(some).stress_level![""]).toEqual([[1490245740000, 30, 0]]);
    expect(some.rejections).toMatchObject([{ kind: "event", pointer: "/bodyBatteryActivityEvents/0/eventType" }]);
  });

  it("of heart rate variability are a mean for the day and readings of the night", () => {
    const batch = delivered(fixture("push_hrv"));
    expect(days(batch)).toEqual([
      ["2022-05-31", "hrv_rmssd_ms", 44],
      ["2022-05-31", "hrv_rmssd_5min_high_ms", 72],
    ]);
    const read = samples(batch).hrv_rmssd_ms![""]!;
    expect(read.length).toBe(12);
    expect(read[0]).toEqual([1653976304000, 32, -18_000]);
    expect(read[11]).toEqual([1653979604000, 47, -18_000]);
  });

  it("of oxygen stand apart where the person asked the watch", () => {
    expect(samples(delivered(fixture("push_pulse_ox")))).toEqual({
      spo2_pct: {
        "": [
          [1535407846000, 94, 3600],
          [1535411446000, 98, 3600],
          [1535411506000, 99, 3600],
          [1535487046000, 96, 3600],
        ],
        on_demand: [[1535456446000, 93, 3600]],
      },
    });
  });

  it("of respiration are samples by the minute", () => {
    const read = samples(delivered(fixture("push_respiration"))).respiration_brpm![""]!;
    expect(read.map(([time, value]) => [time! - 1568171700000, value])).toEqual([
      [0, 14.63],
      [60_000, 14.4],
      [120_000, 14.38],
      [180_000, 14.38],
      [300_000, 17.1],
      [540_000, 16.61],
      [840_000, 14.88],
    ]);
    expect(read[0]![2]).toBe(-18_000);
  });

  it("of a scale are kilograms and percents", () => {
    expect(samples(delivered(fixture("push_body_comps")))).toEqual({
      weight_kg: {
        "": [
          [1439741130000, 75.45, 0],
          [1439784330000, 75.173, 0],
        ],
      },
      muscle_mass_kg: { "": [[1439741130000, 25.478, 0]] },
      bone_mass_kg: { "": [[1439741130000, 2.437, 0]] },
      body_fat_pct: { "": [[1439741130000, 17.1, 0]] },
      body_water_pct: { "": [[1439741130000, 59.4, 0]] },
      bmi_kg_m2: { "": [[1439741130000, 23.2, 0]] },
    });
  });

  it("of blood pressure are two pressures, and a pulse beside the heart rate of the watch", () => {
    expect(samples(delivered(fixture("push_blood_pressures")))).toEqual({
      systolic_mmhg: { "": [[1663776000000, 120, -18_000]] },
      diastolic_mmhg: { "": [[1663776000000, 80, -18_000]] },
      heart_rate_bpm: { blood_pressure: [[1663776000000, 82, -18_000]] },
    });
  });

  it("of fitness are known by their day alone", () => {
    expect(days(delivered(fixture("push_user_metrics")))).toEqual([
      ["2017-03-23", "vo2max_ml_kg_min", 48],
      ["2017-03-23", "vo2max_cycling_ml_kg_min", 45],
      ["2017-03-23", "fitness_age", 32],
    ]);
  });

  it("of skin temperature may be 0", () => {
    const [element] = fixture("push_skin_temp").skinTemp;
    const value = (avgDeviationCelsius: unknown) =>
      days(delivered({ skinTemp: [{ ...element, avgDeviationCelsius }] }));
    expect(value(-1.6)).toEqual([["2024-03-18", "skin_temperature_deviation_c", -1.6]]);
    expect(value(0)).toEqual([["2024-03-18", "skin_temperature_deviation_c", 0]]);
    expect(delivered(fixture("push_skin_temp")).days[0]!.value).toBe(-1.6);
  });

  it("of quarter hours add up, whatever the activities in one", () => {
    expect(samples(delivered(fixture("push_epochs")))).toEqual({
      steps: { epoch: [[1519679700000, 93, -21_600]] },
      distance_m: { epoch: [[1519679700000, 49.11, -21_600]] },
      active_energy_kcal: { epoch: [[1519679700000, 24, -21_600]] },
      physical_effort_met: { epoch: [[1519679700000, 3.3020337, -21_600]] },
    });
    const [walking] = fixture("push_epochs").epochs;
    const both = delivered({
      epochs: [walking, { ...walking, activityType: "RUNNING", steps: 200 }, { ...walking, steps: 95 }],
    });
    const steps = samples(both).steps!.epoch!;
    expect(new Map(steps.map(([time, value]) => [time, value]))).toEqual(
      new Map([
        [1519679700000, 95],
        [1519679700001, 200],
      ]),
    );
  });

  it("of a health snapshot are an event, and samples that stand apart", () => {
    const batch = delivered(fixture("push_health_snapshot"));
    expect(batch.events).toEqual([
      {
        external_id: "health_snapshot:1630409178",
        fields: {
          kind: "health_snapshot",
          start_time: 1630409178000,
          end_time: 1630409298000,
          utc_offset_s: 7200,
          name: null,
          value: null,
          extra: {
            heart_rate: { min: 78, max: 87, avg: 83 },
            respiration: { min: 13.45, max: 15.32, avg: 14.49 },
            stress: { min: 78, max: 87, avg: 82 },
            spo2: { min: 94, max: 96, avg: 95 },
            rmssd_hrv: { avg: 20 },
            sdrr_hrv: { avg: 32 },
          },
        },
        element: 0,
      },
    ]);
    expect(samples(batch)).toEqual({
      heart_rate_bpm: {
        health_snapshot: [
          [1630409178000, 84, 7200],
          [1630409179000, 84, 7200],
          [1630409180000, 83, 7200],
          [1630409298000, 85, 7200],
        ],
      },
      respiration_brpm: {
        health_snapshot: [
          [1630409178000, 15.32, 7200],
          [1630409298000, 15.32, 7200],
        ],
      },
      stress_level: {
        health_snapshot: [
          [1630409178000, 78, 7200],
          [1630409298000, 82, 7200],
        ],
      },
      spo2_pct: {
        health_snapshot: [
          [1630409178000, 96, 7200],
          [1630409298000, 96, 7200],
        ],
      },
      hrv_rmssd_ms: { health_snapshot: [[1630409178000, 20, 7200]] },
      hrv_sdnn_ms: { health_snapshot: [[1630409178000, 32, 7200]] },
    });
  });

  it("of movement that nobody started are events, not activities", () => {
    const batch = delivered(fixture("push_move_iq"));
    expect(batch.activities).toEqual([]);
    expect(batch.events).toEqual([
      {
        external_id: "move_iq:1490245200",
        fields: {
          kind: "move_iq",
          start_time: 1490245200000,
          end_time: 1490245938000,
          utc_offset_s: 0,
          name: "Running",
          value: null,
          extra: { sub_type: "Hurdles" },
        },
        element: 0,
      },
    ]);
  });
});
