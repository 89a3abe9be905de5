import { readFileSync } from "node:fs";
import { URL } from "node:url";
import { describe, expect, it } from "vitest";
import type { Batch, SampleColumns } from "../../domain/batch.ts";
import { METRICS } from "../../domain/metrics.ts";
import type { Answer, ListStream, Page, Position } from "../provider.ts";
import { lacking } from "../provider.ts";
import { oura } from "./index.ts";
import { toSport } from "./sports.ts";

// biome-ignore lint/suspicious/noExplicitAny: a fixture is whatever was recorded
const fixture = (name: string): any =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8"));
const answer = (body: unknown, status = 200, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: new Headers(headers),
  body,
});
const { streams } = oura;
type Name = Exclude<keyof typeof streams, "night">;
const account = { provider_user_id: "b0cd17fe-5809-5ab6-b338-52a93df7730f", public_id: "usr_a", learned: {} };
const ms = (text: string) => Date.parse(text);
/** The person's zone is two hours ahead. */
const at = (from: string, to: string, cursor: Position["cursor"] = null): Position => ({
  window: { from: ms(from), to: ms(to) },
  cursor,
  account,
  offsetAt: () => 7200,
});
const ANY = at("2024-10-01T00:00:00Z", "2024-10-02T00:00:00Z");
const page = (result: Page | { kind: string }): Page => {
  if ("kind" in result) throw new Error(JSON.stringify(result));
  return result;
};
const read = (name: Name, body: unknown, position = ANY): Batch =>
  page(streams[name].read(answer(body), position)).batch;
const list = (...data: unknown[]) => ({ data, next_token: null });
/** `{date: {metric: value}}` */
function days(batch: Batch): Record<string, Record<string, number | null>> {
  const all: Record<string, Record<string, number | null>> = {};
  for (const { date, metric, value } of batch.days) all[date] = { ...all[date], [metric]: value };
  return all;
}
const columns = (batch: Batch, metric: string, stream: string): SampleColumns =>
  batch.samples.find((one) => one.metric === metric && one.stream === stream)!;
/** Only what was read. */
const values = (all: Record<string, number | null>) =>
  Object.fromEntries(Object.entries(all).filter(([name, value]) => value !== null && !name.startsWith("x_")));

describe("nights", () => {
  const batch = read("sleep", fixture("sleep"), at("2024-10-09T12:00:00Z", "2024-10-12T00:00:00Z"));
  const [long, nap, blank, next] = batch.nights.map(({ fields }) => fields);

  it("are records of their own ids, and none is refused", () => {
    expect(batch.rejections).toEqual([]);
    expect(batch.nights.map((night) => [night.external_id, night.fields.type, night.fields.date])).toEqual([
      ["230b6d18-7c0e-516f-803c-11498c1666c0", "main", "2024-10-10"],
      ["fa6c356e-0e95-5fe4-91b1-6b3bcda41658", "nap", "2024-10-10"],
      ["05e58bcb-e345-5e6c-a758-c39ced544c42", "nap", "2024-10-10"], // Oura's day is the 11th
      ["4f4ea106-8d73-5a8a-8619-c7080ef583a8", "main", "2024-10-11"],
    ]);
  });

  it("take their durations from their own fields, not from the letters", () => {
    const { stages, extra, ...rest } = long!;
    expect(rest).toEqual({
      type: "main",
      date: "2024-10-10",
      start_time: ms("2024-10-09T23:01:59Z"),
      end_time: ms("2024-10-10T07:04:12Z"),
      utc_offset_s: 7200,
      in_bed_s: 28_933,
      asleep_s: 23_220,
      awake_s: 5713,
      light_s: 17_160,
      deep_s: 3060, // twelve letters would be 3600
      rem_s: 3000,
      unstaged_s: null,
      latency_s: 930,
      efficiency_pct: 80,
      score: null,
      avg_heart_rate_bpm: 71.25,
      min_heart_rate_bpm: 60,
      avg_hrv_rmssd_ms: 38,
      avg_respiration_brpm: 14.5,
      avg_spo2_pct: null,
    });
    expect(stages!.slice(0, 4)).toEqual([
      [0, "awake", 300],
      [300, "light", 300],
      [600, "awake", 600],
      [1200, "light", 300],
    ]);
    // 97 letters, the last of 133 s.
    expect(stages!.at(-1)).toEqual([28_800, "awake", 133]);
    expect(extra).toMatchObject({
      day: "2024-10-10",
      type: "long_sleep",
      period: 0,
      restless_periods: 283,
      sleep_algorithm_version: "v2",
      readiness: { score: 71, contributors: { recovery_index: 23 } },
    });
  });

  it("of an hour are naps with their stages", () => {
    expect(nap).toMatchObject({ in_bed_s: 3360, asleep_s: 2580, latency_s: 300, min_heart_rate_bpm: 72 });
    expect(nap!.stages).toEqual([
      [0, "awake", 300],
      [300, "light", 600],
      [900, "awake", 600],
      [1500, "light", 1800],
      [3300, "awake", 60],
    ]);
  });

  it("without a reading have none: 255, 0 and null", () => {
    expect(blank).toMatchObject({
      in_bed_s: 961,
      asleep_s: 30,
      light_s: 30,
      deep_s: 0,
      rem_s: 0,
      latency_s: null,
      efficiency_pct: 3,
      min_heart_rate_bpm: null,
      avg_heart_rate_bpm: 74.75,
      avg_hrv_rmssd_ms: null,
      stages: [[0, "awake", 961]],
    });
    expect(blank!.extra).toMatchObject({ day: "2024-10-11", type: "sleep" });
    expect(next).toMatchObject({ deep_s: 5010, light_s: 16_830, rem_s: 5550, asleep_s: 27_390, latency_s: 630 });
  });

  it("bring heart rate and HRV each five minutes, gaps keeping their slots", () => {
    const heart = columns(batch, "heart_rate_bpm", "sleep");
    expect(heart.time).toHaveLength(93 + 6 + 94);
    expect([heart.time[0], heart.value[0], heart.utc_offset_s[0]]).toEqual([ms("2024-10-09T23:01:59Z"), 76, 7200]);
    // The last night: 67, null, 72
    const start = ms("2024-10-10T22:40:02Z");
    expect(heart.time.slice(99, 101)).toEqual([start, start + 600_000]);
    expect(heart.value.slice(99, 101)).toEqual([67, 72]);
    expect(columns(batch, "hrv_rmssd_ms", "sleep").value.slice(0, 3)).toEqual([12, 9, 14]);
  });

  it("say their mornings' resting heart rate and HRV; a morning without a main night has none", () => {
    expect(days(batch)).toEqual({
      "2024-10-09": { resting_heart_rate_bpm: null, hrv_rmssd_ms: null },
      "2024-10-10": { resting_heart_rate_bpm: 60, hrv_rmssd_ms: 38 },
      "2024-10-11": { resting_heart_rate_bpm: 55, hrv_rmssd_ms: 70 },
      "2024-10-12": { resting_heart_rate_bpm: null, hrv_rmssd_ms: null },
    });
  });

  it("on both sides of a clock change keep each its offset", () => {
    const { nights } = read("sleep", fixture("sleep_cest_then_cet"));
    expect(nights.map(({ fields: f }) => [f.date, f.start_time, f.utc_offset_s, f.asleep_s, f.deep_s])).toEqual([
      ["2024-10-25", ms("2024-10-25T00:31:00Z"), 7200, 26_160, 5760],
      ["2024-10-28", ms("2024-10-28T00:35:33Z"), 3600, 26_310, 6150],
    ]);
    expect(nights[1]!.fields).toMatchObject({ awake_s: 2718, light_s: 15_090, rem_s: 5070, in_bed_s: 29_028 });
  });

  it("alone are read as in a list", () => {
    const { batch } = page(
      streams.night.read(answer(fixture("sleep_single")), "b4476dc3-49e7-597b-9b37-cb4df089786d", account),
    );
    expect(batch.nights[0]).toMatchObject({
      external_id: "b4476dc3-49e7-597b-9b37-cb4df089786d",
      fields: {
        date: "2024-10-30",
        in_bed_s: 32_971,
        awake_s: 6541,
        min_heart_rate_bpm: 59,
        avg_respiration_brpm: 14.375,
      },
    });
    expect(columns(batch, "heart_rate_bpm", "sleep").time).toHaveLength(105);
    expect(days(batch)).toEqual({ "2024-10-30": { resting_heart_rate_bpm: 59, hrv_rmssd_ms: 32 } });
  });
});

describe("a night", () => {
  const bare = { id: "n1", bedtime_start: "2026-03-01T23:10:00+01:00", bedtime_end: "2026-03-02T06:10:00+01:00" };
  const one = (more: Record<string, unknown>) => read("sleep", list({ ...bare, ...more }));
  const fields = (more: Record<string, unknown>) => one(more).nights[0]!.fields;

  it("is what the required fields say where there is nothing else", () => {
    expect(fields({})).toMatchObject({
      type: "main",
      date: "2026-03-02",
      in_bed_s: 25_200,
      asleep_s: null,
      light_s: null,
      unstaged_s: null,
      stages: null,
      extra: {},
    });
    expect(fields({ bedtime_end: "2026-03-02T01:10:00+01:00" }).type).toBe("nap");
  });

  it("without stages is unstaged as long as it was slept", () => {
    expect(fields({ total_sleep_duration: 20_000 })).toMatchObject({
      asleep_s: 20_000,
      unstaged_s: 20_000,
      deep_s: null,
    });
    expect(fields({ light_sleep_duration: 100, deep_sleep_duration: 50 })).toMatchObject({
      asleep_s: 150,
      unstaged_s: null,
    });
  });

  it.each([
    [
      "the clock going back",
      "2026-10-25T00:30:00+02:00",
      "2026-10-25T07:30:00+01:00",
      28_800,
      "2026-10-25",
      7200,
      3600,
    ],
    [
      "the clock going forward",
      "2026-03-28T23:30:00+01:00",
      "2026-03-29T07:00:00+02:00",
      23_400,
      "2026-03-29",
      3600,
      7200,
    ],
    [
      "half an hour west",
      "2026-03-01T23:10:00-03:30",
      "2026-03-02T06:10:00-03:30",
      25_200,
      "2026-03-02",
      -12_600,
      undefined,
    ],
    [
      "half an hour east",
      "2026-03-01T23:10:00+05:30",
      "2026-03-02T06:10:00+05:30",
      25_200,
      "2026-03-02",
      19_800,
      undefined,
    ],
    [
      "a flight west over midnight",
      "2026-03-02T01:00:00+09:00",
      "2026-03-01T23:30:00-08:00",
      55_800,
      "2026-03-01",
      32_400,
      -28_800,
    ],
  ])("over %s lasts what the instants say, on the date of its end", (_, start, end, span, date, offset, endOffset) => {
    const night = fields({ bedtime_start: start, bedtime_end: end });
    expect([night.in_bed_s, night.date, night.utc_offset_s]).toEqual([span, date, offset]);
    expect(night.extra!.end_utc_offset_s).toBe(endOffset);
  });

  it("prefers the finer letters, joins slots, and stops at its end", () => {
    const night = fields({
      bedtime_end: "2026-03-01T23:12:10+01:00",
      sleep_phase_30_sec: "42211",
      sleep_phase_5_min: "4",
    });
    expect(night.stages).toEqual([
      [0, "awake", 30],
      [30, "light", 60],
      [90, "deep", 40],
    ]);
    expect(fields({ sleep_phase_30_sec: null, sleep_phase_5_min: "2?3" }).stages).toEqual([
      [0, "light", 300],
      [600, "rem", 300],
    ]);
    expect(fields({ app_sleep_phase_5_min: "1" }).stages).toEqual([[0, "deep", 300]]);
  });

  it.each(["rest", "deleted"])("of type %s is taken away", (type) => {
    const batch = one({ type });
    expect(batch.nights).toEqual([]);
    expect(batch.deletions).toContainEqual({ kind: "sleep", external_id: "n1" });
  });

  it("is taken away also where its end is not told", () => {
    const batch = one({ type: "deleted", bedtime_end: null });
    expect(batch.deletions).toContainEqual({ kind: "sleep", external_id: "n1" });
  });

  it("late in the day is a nap, whatever its length", () => {
    expect(fields({ type: "late_nap", bedtime_end: "2026-03-02T06:10:00+01:00" }).type).toBe("nap");
  });

  it("that goes on is no record yet, one that ends before it starts is refused", () => {
    expect(one({ bedtime_end: null })).toMatchObject({ nights: [], rejections: [] });
    expect(one({ bedtime_end: "2026-03-01T23:00:00+01:00" }).rejections).toEqual([
      { kind: "sleep", pointer: "/data/0/bedtime_end", reason: "not after its start" },
    ]);
    expect(one({ bedtime_start: "2026-03-01T23:10:00" }).rejections).toEqual([
      { kind: "sleep", pointer: "/data/0/bedtime_start", reason: "not an instant" },
    ]);
  });

  it("that is not in a whole window is asked for by itself; parts of a window say nothing", () => {
    const window = at("2026-03-01T00:00:00Z", "2026-03-03T00:00:00Z");
    const rest = { ...bare, id: "n2", type: "rest" };
    expect(read("sleep", list(bare, rest), window).deletions).toEqual([
      { kind: "sleep", external_id: "n2" },
      { kind: "sleep", from: window.window.from, to: window.window.to, keep: ["n1", "n2"], confirm: "night" },
    ]);
    const part = page(streams.sleep.read(answer({ data: [bare], next_token: "t" }), window));
    expect([part.next, part.batch.deletions]).toEqual(["t", []]);
    expect(page(streams.night.read(answer(null, 404), "n1", account)).batch.deletions).toEqual([
      { kind: "sleep", external_id: "n1" },
    ]);
  });

  it("does not lose its neighbours to a bad one, nor its samples to a bad sample", () => {
    const heart_rate = { interval: 300, items: [60, 0, "x", 400, 61], timestamp: "2026-03-01T23:10:00.000+01:00" };
    const batch = read("sleep", list({ id: "x" }, { ...bare, heart_rate }));
    expect(batch.nights.map(({ external_id }) => external_id)).toEqual(["n1"]);
    expect(columns(batch, "heart_rate_bpm", "sleep").value).toEqual([60, 61]);
    expect(batch.rejections.map(({ kind, pointer }) => [kind, pointer])).toEqual([
      ["sleep", "/data/0/bedtime_start"],
      ["series", "/data/1/heart_rate/items/2"],
      ["series", "/data/1/heart_rate/items/3"],
    ]);
  });

  it("of several mains on a day gives the morning of the longest", () => {
    const short = {
      ...bare,
      id: "n0",
      type: "long_sleep",
      bedtime_start: "2026-03-02T07:00:00+01:00",
      bedtime_end: "2026-03-02T10:30:00+01:00",
    };
    const batch = read("sleep", list({ ...bare, lowest_heart_rate: 48 }, { ...short, lowest_heart_rate: 52 }));
    expect(days(batch)["2026-03-02"]).toEqual({ resting_heart_rate_bpm: 48, hrv_rmssd_ms: null });
  });
});

describe("days", () => {
  it("have sleep and readiness scores with what they are made of", () => {
    const sleep = days(read("daily_sleep", fixture("daily_sleep")));
    expect(sleep["2024-11-11"]).toEqual({
      sleep_score: 77,
      x_sleep_deep_sleep: 68,
      x_sleep_efficiency: 93,
      x_sleep_latency: 94,
      x_sleep_rem_sleep: 55,
      x_sleep_restfulness: 66,
      x_sleep_timing: 60,
      x_sleep_total_sleep: 86,
    });
    expect(sleep["2024-11-12"]!.sleep_score).toBe(83);
    expect(days(read("daily_sleep", fixture("daily_sleep_sandbox")))["2021-01-01"]!.sleep_score).toBe(73);
    const readiness = days(read("daily_readiness", fixture("daily_readiness")));
    expect(values(readiness["2024-11-11"]!)).toEqual({
      readiness_score: 86,
      skin_temperature_deviation_c: 0.1,
      skin_temperature_trend_deviation_c: 0.13,
    });
    expect(values(readiness["2024-11-12"]!)).toEqual({
      readiness_score: 87,
      skin_temperature_deviation_c: -0.29,
      skin_temperature_trend_deviation_c: -0.03,
    });
    // A score of one to a hundred, no pulse.
    expect(readiness["2024-11-11"]).toMatchObject({ x_readiness_resting_heart_rate: 92 });
  });

  it("have activity", () => {
    const all = days(read("daily_activity", fixture("daily_activity")));
    expect(values(all["2024-11-11"]!)).toEqual({
      activity_score: 95,
      steps: 15_185,
      distance_m: 17_850,
      active_energy_kcal: 1153,
      total_energy_kcal: 3502,
      moderate_intensity_s: 4860,
      vigorous_intensity_s: 2460,
      active_s: 18_060 + 4860 + 2460,
      sedentary_s: 38_100,
      resting_s: 22_860,
      non_wear_s: 60,
    });
  });

  it("without the ring have no steps, also where the day has 23 hours", () => {
    const off = {
      day: "2026-03-29",
      steps: 0,
      active_calories: 0,
      total_calories: 1500,
      low_activity_time: 0,
      medium_activity_time: 0,
      high_activity_time: 0,
    };
    for (const told of [{ non_wear_time: 86_400 }, { non_wear_time: 82_800, class_5_min: "0".repeat(276) }]) {
      const day = days(read("daily_activity", list({ ...off, ...told })))["2026-03-29"]!;
      expect(values(day)).toEqual({ non_wear_s: told.non_wear_time });
      expect(day.steps).toBeNull();
    }
    expect(days(read("daily_activity", list({ ...off, non_wear_time: 80_000 })))["2026-03-29"]).toMatchObject({
      steps: 0,
      active_energy_kcal: 0,
      active_s: 0,
    });
  });

  it("have oxygen, cardiovascular age and VO2 max; null and 0 are no readings", () => {
    expect(days(read("daily_spo2", fixture("daily_spo2")))).toEqual({
      "2024-11-11": { spo2_pct: 98.072, breathing_disturbances: 15 },
      "2024-11-12": { spo2_pct: 96.153, breathing_disturbances: 6 },
    });
    expect(
      days(
        read(
          "daily_spo2",
          list({ day: "2026-01-01", spo2_percentage: { average: 0 } }, { day: "2026-01-02", spo2_percentage: null }),
        ),
      ),
    ).toEqual({
      "2026-01-01": { spo2_pct: null, breathing_disturbances: null },
      "2026-01-02": { spo2_pct: null, breathing_disturbances: null },
    });
    expect(days(read("cardiovascular_age", fixture("daily_cardiovascular_age_composed")))).toEqual({
      "2026-05-11": { vascular_age: 39, pulse_wave_velocity_mps: 6.9 },
      "2026-05-12": { vascular_age: 35, pulse_wave_velocity_mps: null },
    });
    expect(days(read("vo2_max", fixture("vO2_max_composed")))).toEqual({ "2026-05-11": { vo2max_ml_kg_min: 47 } });
  });

  it("have stress in seconds, and Oura's word as an event at the day's midnight", () => {
    const batch = read("daily_stress", fixture("daily_stress"));
    expect(days(batch)).toEqual({
      "2024-11-11": { high_stress_s: 1800, high_recovery_s: 7200 },
      "2024-11-12": { high_stress_s: 1800, high_recovery_s: 9900 },
    });
    expect(batch.events.map(({ external_id, fields }) => [external_id, fields])).toEqual([
      [
        "f5b22daa-3f93-567d-9142-2afc800c375c",
        {
          kind: "stress",
          start_time: ms("2024-11-10T22:00:00Z"),
          end_time: null,
          utc_offset_s: null,
          name: null,
          value: "normal",
          extra: { day: "2024-11-11" },
        },
      ],
      ["0516991d-1e4e-56dc-ac32-45fb1b883540", expect.objectContaining({ value: "restored" })],
    ]);
    const unknown = read(
      "daily_stress",
      list({ id: "s", day: "2026-01-01", stress_high: 0, recovery_high: null, day_summary: null }),
    );
    expect(days(unknown)).toEqual({ "2026-01-01": { high_stress_s: 0, high_recovery_s: null } });
    expect(unknown.deletions).toEqual([{ kind: "event", external_id: "s" }]);
    expect(read("daily_stress", list({ id: "s" })).rejections).toHaveLength(1);
  });

  it("have resilience and bedtimes in words", () => {
    expect(read("daily_resilience", fixture("daily_resilience")).events.map(({ fields }) => fields)).toEqual([
      {
        kind: "resilience",
        start_time: ms("2024-11-10T22:00:00Z"),
        end_time: null,
        utc_offset_s: null,
        name: null,
        value: "adequate",
        extra: { day: "2024-11-11", contributors: { sleep_recovery: 46.2, daytime_recovery: 49.3, stress: 34.5 } },
      },
      expect.objectContaining({ value: "adequate", start_time: ms("2024-11-11T22:00:00Z") }),
    ]);
    expect(
      read("bedtimes", fixture("sleep_time")).events.map(({ fields: { value, extra } }) => [value, extra]),
    ).toEqual(
      ["2024-10-10", "2024-10-11", "2024-10-12"].map((day) => [
        "earlier_bedtime",
        { day, status: "only_recommended_found" },
      ]),
    );
    expect(read("bedtimes", fixture("sleep_time_window_composed")).events[0]!.fields).toMatchObject({
      kind: "bedtime",
      value: "follow_optimal_bedtime",
      extra: { optimal_bedtime: { day_tz: 7200, start_offset: -7200, end_offset: -3600 } },
    });
  });

  it("that no calendar has are refused", () => {
    for (const [name, day] of [
      ["daily_sleep", "2026-02-30"],
      ["daily_resilience", "2026-13-01"],
    ] as const) {
      const { days, events, rejections } = read(name, list({ id: "d", day, score: 80, level: "solid" }));
      expect([days, events]).toEqual([[], []]);
      expect(rejections).toMatchObject([{ pointer: "/data/0/day", reason: "not a date" }]);
    }
    const { events, rejections } = read("rest_mode", list({ id: "r", start_day: "2026-02-30" }));
    expect([events, rejections.map(({ pointer }) => pointer)]).toEqual([[], ["/data/0/start_day"]]);
  });

  it("are named by the registry, but for contributors", () => {
    const named = (["daily_sleep", "daily_readiness", "daily_activity", "daily_stress", "daily_spo2"] as const).flatMap(
      (name) => read(name, fixture(name)).days.map(({ metric }) => metric),
    );
    expect(named.filter((metric) => !METRICS.has(metric) && !/^x_(sleep|readiness|activity)_/.test(metric))).toEqual(
      [],
    );
  });
});

describe("workouts and sessions", () => {
  it("keep what they were given, in their own offset", () => {
    const { activities, rejections } = read("workouts", fixture("workout"));
    expect(rejections).toEqual([]);
    expect(activities.map(({ external_id }) => external_id.slice(0, 8))).toEqual([
      "46f552be",
      "b8617315",
      "a8891e62",
      "d88144c2",
    ]);
    expect(activities[0]!.fields).toEqual({
      sport: "walking",
      sub_sport: "generic",
      name: null,
      start_time: ms("2024-10-09T07:07:00Z"),
      utc_offset_s: 7200,
      elapsed_s: 660,
      distance_m: null,
      energy_kcal: 21.967,
      is_manual: false,
      extra: { activity: "walking", intensity: "easy", source: "confirmed", day: "2024-10-09" },
    });
    expect(activities[1]!.fields).toMatchObject({ utc_offset_s: 0, elapsed_s: 2640, distance_m: 269.87872314453125 });
    expect(activities[2]!.fields).toMatchObject({ elapsed_s: 600, energy_kcal: 19.97 });
    expect(activities[3]!.fields).toMatchObject({
      sport: "running",
      elapsed_s: 3660,
      distance_m: 9459.251953125,
      energy_kcal: 671.183,
    });
  });

  it("written by hand say so; one without an end is refused alone", () => {
    const bare = {
      id: "w",
      activity: "Kitesurfing on Mars",
      start_datetime: "2026-01-01T10:00:00-03:30",
      end_datetime: "2026-01-01T11:00:00-03:30",
    };
    const batch = read(
      "workouts",
      list({ ...bare, source: "manual", label: "Fun" }, { ...bare, id: "v", end_datetime: null }),
    );
    expect(batch.activities[0]!.fields).toMatchObject({
      sport: "generic",
      sub_sport: "generic",
      name: "Fun",
      is_manual: true,
      utc_offset_s: -12_600,
      extra: { activity: "Kitesurfing on Mars" },
    });
    expect(batch.rejections.map(({ pointer }) => pointer)).toEqual(["/data/1/end_datetime"]);
  });

  it("map every known name, however it is written, and leave others generic", () => {
    for (const [name, ...fit] of fixture("activity_names")) {
      expect([name, ...toSport(name)]).toEqual([name, ...fit]);
      expect(toSport(name.replaceAll("_", " ").toUpperCase())).toEqual(fit);
    }
    expect(toSport("strengthTraining")).toEqual(["training", "strength_training"]);
    for (const odd of ["", "constructor", "quidditch"]) expect(toSport(odd)).toEqual(["generic", "generic"]);
  });

  it("sessions are activities, the heart beside them", () => {
    const breathing = read("sessions", fixture("session"));
    expect(breathing.activities[0]).toMatchObject({
      external_id: "11f5fa47-c1e8-5416-9a62-849be549a9a9",
      track: null,
      fields: {
        sport: "generic",
        sub_sport: "generic",
        start_time: ms("2024-10-09T14:39:07Z"),
        elapsed_s: 277,
        utc_offset_s: 7200,
      },
    });
    const { extra } = breathing.activities[0]!.fields;
    expect(extra).toMatchObject({ session: "breathing", mood: "same", motion_count: { interval_s: 5 } });
    expect((extra!.motion_count as { items: number[] }).items).toHaveLength(57);
    expect(breathing.samples).toEqual([]);

    const series = read("sessions", list(fixture("session_with_series_composed")));
    const start = ms("2026-05-11T18:15:00Z");
    const heart = columns(series, "heart_rate_bpm", "session");
    expect([heart.time[0], heart.value[0], heart.time.length]).toEqual([start + 10_000, 61.2, 10]);
    const hrv = columns(series, "hrv_rmssd_ms", "session");
    expect([hrv.time[0], hrv.value[0], hrv.time.length]).toEqual([start + 20_000, 48, 8]);
    expect(series.activities[0]!.track!.time.slice(0, 3)).toEqual([0, 5000, 10_000]);
    expect(series.activities[0]!.track!.channels.heart_rate_bpm!.slice(0, 4)).toEqual([null, null, 61.2, 61]);
    const meditation = read("sessions", list({ ...fixture("session_with_series_composed"), type: "meditation" }));
    expect(meditation.activities[0]!.fields.sport).toBe("meditation");
  });
});

describe("tags and rest mode", () => {
  it("are events in the person's words", () => {
    const { events } = read("tags", fixture("enhanced_tag"));
    expect(events.map(({ fields }) => fields)).toEqual([
      {
        kind: "tag",
        start_time: ms("2024-08-05T18:15:01Z"),
        end_time: null,
        utc_offset_s: 7200,
        name: "tag_generic_fasting",
        value: null,
        extra: { tag_type_code: "tag_generic_fasting", start_day: "2024-08-05" },
      },
      expect.objectContaining({
        name: "tag_generic_party",
        start_time: ms("2024-11-08T23:44:30Z"),
        utc_offset_s: 3600,
      }),
    ]);
    const own = {
      id: "t",
      tag_type_code: "custom",
      custom_name: "Sauna",
      comment: "hot",
      start_time: "2026-01-01T20:00:00+01:00",
    };
    expect(read("tags", list(own)).events[0]!.fields).toMatchObject({ name: "Sauna", value: "hot" });
  });

  it("rest mode begins at its instant, or at its day's midnight", () => {
    expect(read("rest_mode", fixture("rest_mode_period")).events[0]).toEqual({
      external_id: "41cbdd59-8e33-542f-b8cf-ca1e7483a4a5",
      fields: {
        kind: "rest_mode",
        start_time: ms("2024-03-17T10:45:56Z"),
        end_time: ms("2024-03-17T10:45:56Z"),
        utc_offset_s: 3600,
        name: null,
        value: null,
        extra: { start_day: "2024-03-17", end_day: "2024-03-17", episodes: [] },
      },
      element: 0,
    });
    expect(read("rest_mode", list({ id: "r", start_day: "2026-01-05" })).events[0]!.fields).toMatchObject({
      start_time: ms("2026-01-04T22:00:00Z"),
      end_time: null,
    });
  });
});

describe("heart rate", () => {
  it("is read from rows of today and of before, in the order they came", () => {
    for (const [name, count, first] of [
      ["heartrate_composed", 20, "2024-12-13T12:41:57Z"],
      ["heartrate_before_timestamp_unix", 36, "2024-12-13T12:31:21Z"],
    ] as const) {
      const { time, value, utc_offset_s } = columns(read("heart_rate", fixture(name)), "heart_rate_bpm", "");
      expect([time.length, time[0], utc_offset_s[0]]).toEqual([count, ms(first), Number.NaN]);
      expect(value.every((bpm) => bpm > 60 && bpm < 130)).toBe(true);
    }
    const row = (second: number, bpm: unknown) => ({ timestamp: `2026-01-01T00:00:0${second}+00:00`, bpm });
    const odd = read("heart_rate", list(row(5, 70), row(1, 60), row(5, 71), row(2, null), row(3, 0)));
    // Duplicates are the store's: the last counts.
    expect(columns(odd, "heart_rate_bpm", "").value).toEqual([70, 60, 71]);
    expect(odd.rejections).toEqual([]);
  });

  it("is asked for by instants, at most 30 days at once", () => {
    const { query, url } = streams.heart_rate.request(at("2026-01-01T00:00:00Z", "2026-01-15T12:30:00.500Z"));
    expect(url).toBe("https://api.ouraring.com/v2/usercollection/heartrate");
    expect(query).toEqual({ start_datetime: "2026-01-01T00:00:00Z", end_datetime: "2026-01-15T12:30:01Z" });
    expect(streams.heart_rate.max_window_s).toBeLessThanOrEqual(30 * 86_400);
  });
});

describe("a list", () => {
  it("is asked for two days wider on both sides, and the token comes with all else", () => {
    const position = at("2026-03-10T22:00:00Z", "2026-03-12T01:00:00Z", "a b+c");
    expect(streams.vo2_max.request(position)).toEqual({
      url: "https://api.ouraring.com/v2/usercollection/vO2_max",
      query: { start_date: "2026-03-08", end_date: "2026-03-14", next_token: "a b+c" },
    });
  });

  it("of another shape cannot be read, nor one that comes again and again", () => {
    expect(streams.workouts.read(answer({ detail: "no" }), ANY)).toMatchObject({
      kind: "unreadable",
      pointer: "/data",
    });
    const again = at("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "t");
    expect(streams.workouts.read(answer({ data: [], next_token: "t" }), again)).toMatchObject({ kind: "unreadable" });
    expect(page(streams.workouts.read(answer({ data: [] }), ANY)).next).toBeNull();
  });

  it("needs its own scope only", () => {
    const without = (scope: string) =>
      Object.entries(streams)
        .filter(
          ([, stream]) =>
            lacking(
              stream,
              oura.auth[0]!.scopes.map(({ name }) => name).filter((name) => name !== scope),
            ).length > 0,
        )
        .map(([name]) => name);
    expect(without("stress")).toEqual(["daily_resilience"]);
    expect(without("heart_health")).toEqual(["cardiovascular_age", "vo2_max"]);
    expect(without("spo2")).toEqual(["daily_spo2"]);
    expect(without("tag")).toEqual(["tags"]);
    for (const stream of Object.values(streams)) expect(stream.scopes.length).toBeGreaterThan(0);
    expect((streams.sleep as ListStream).max_window_s).toBeLessThanOrEqual(90 * 86_400);
  });
});

describe("access", () => {
  const auth = oura.auth[0]!;

  it("reads scopes with their prefix, and the older name", () => {
    const told: string[] = fixture("token_response_composed").scope.split(" ");
    expect(told.map(auth.read_scope)).toEqual([
      "daily",
      "heartrate",
      "personal",
      "workout",
      "session",
      "spo2",
      "stress",
      "heart_health",
    ]);
    expect(auth.read_scope("spo2Daily")).toBe("spo2");
  });

  it("reads a spent refresh token out of either refusal, and leaves the rest", () => {
    const errors = fixture("errors") as { what: string; status: number; body: unknown }[];
    const of = (what: string) => errors.find((error) => error.what.startsWith(what))!;
    const spent = of("refresh with a spent token, or");
    expect(auth.read_token(spent.status, spent.body)).toEqual({ status: 400, body: { error: "invalid_grant" } });
    const spentNow = of("refresh with a spent token, new");
    expect(auth.read_token(spentNow.status, spentNow.body)).toEqual({ status: 400, body: { error: "invalid_grant" } });
    const client = of("wrong client");
    expect(auth.read_token(client.status, client.body)).toEqual({ status: 401, body: { error: "invalid_client" } });
    for (const name of ["token_response_composed", "token_response_legacy_composed"]) {
      expect(auth.read_token(200, fixture(name))).toEqual({ status: 200, body: fixture(name) });
    }
  });

  it("tries the new token host first, and is revoked where the tokens came from", () => {
    const [first, second] = auth.token;
    expect([first, second]).toEqual([
      "https://moi.ouraring.com/oauth/v2/ext/oauth-token",
      "https://api.ouraring.com/oauth/token",
    ]);
    const tokens = { access_token: "a", refresh_token: "r" };
    const urls = (learned: Record<string, string>) =>
      auth.revoke(tokens, { ...account, learned }).map(({ url }) => url);
    expect(urls({ token: first! })).toEqual([
      "https://moi.ouraring.com/oauth/v2/ext/oauth-revoke",
      "https://api.ouraring.com/oauth/revoke",
    ]);
    expect(urls({ token: second! })).toEqual(["https://api.ouraring.com/oauth/revoke"]);
  });

  it("knows the account by its id, with or without scopes", () => {
    for (const name of ["personal_info_composed", "personal_info_without_scopes_composed"]) {
      expect(oura.identify.read(answer(fixture(name)))!.provider_user_id).toBe("b0cd17fe-5809-5ab6-b338-52a93df7730f");
    }
    expect(oura.identify.read(answer({}))).toBeNull();
  });

  it("waits as long as it is told, asks the person where membership lapsed, and leaves the rest to the status", () => {
    const limit = (fixture("errors") as { what: string; headers: Record<string, string> }[]).find(
      ({ what }) => what === "rate limit",
    )!;
    const now = ms("2026-05-11T06:00:00Z");
    expect(oura.read_fault(answer(null, 429, limit.headers), now)).toEqual({
      kind: "rate_limited",
      of: "user",
      until: now + 17_000,
    });
    expect(oura.read_limits(new Headers(limit.headers))).toEqual([{ name: "person", limit: 5000, used: 5000 }]);
    const reset = { "X-RateLimit-Reset": String(now / 1000 + 100), "X-RateLimit-Tier": "application" };
    expect(oura.read_fault(answer(null, 429, reset), now)).toEqual({
      kind: "rate_limited",
      of: "application",
      until: now + 100_000,
    });
    expect(oura.read_fault(answer(null, 429), now)).toEqual({
      kind: "rate_limited",
      of: "application",
      until: now + 300_000,
    });
    expect(oura.read_fault(answer(null, 403), now)).toMatchObject({
      kind: "needs_person",
      text: expect.stringContaining("membership"),
    });
    for (const status of [200, 401, 404, 422, 500]) expect(oura.read_fault(answer(null, status), now)).toBeUndefined();
  });
});
