import { describe, expect, it } from "vitest";
import type { WeekTotal } from "../../../store/activities.ts";
import type { StoredDay } from "../../../store/days.ts";
import type { StoredNight } from "../../../store/nights.ts";
import { dayLine, latestTiles, sleepBars, weekBars, weekTiles } from "./figures.ts";

const nameOf = (id: string) => ({ strava: "Strava", oura: "Oura", apple_health: "Apple Health" })[id] ?? id;
const total = (week: string, hours: number | null, more: Partial<WeekTotal> = {}): WeekTotal => ({
  week,
  sport: "running",
  provider: null,
  activities: 1,
  moving_s: hours === null ? null : hours * 3600,
  distance_m: 10_000,
  energy_kcal: null,
  ascent_m: null,
  ...more,
});
const night = (date: string, hours: number | null, more: Partial<StoredNight> = {}) =>
  ({ date, provider: "oura", type: "main", asleep_s: hours === null ? null : hours * 3600, ...more }) as StoredNight;
const day = (date: string, provider: string, metrics: Record<string, number>) =>
  ({ date, provider, metrics }) as StoredDay;
/** Unix seconds of a midnight UTC. */
const at = (date: string) => Date.parse(`${date}T00:00:00Z`) / 1000;

describe("weeks", () => {
  it("sum all sports, are zero where nothing was done, and end with this week", () => {
    const chart = weekBars(
      [total("2026-03-02", 2), total("2026-03-02", 1.5, { sport: "cycling" }), total("2026-02-16", 4)],
      "2026-03-02",
      4,
      nameOf,
    )!;
    expect(chart.x).toEqual(["2026-02-09", "2026-02-16", "2026-02-23", "2026-03-02"].map(at));
    expect(chart.series).toEqual([{ label: "Moving time", values: [0, 4, 0, 3.5] }]);
    expect(chart.summary).toBe("Moving time: latest 3.5, between 0 and 4 h");
  });

  it("keep apart what may not be combined, in bars and in tiles", () => {
    const totals = [total("2026-03-02", 2), total("2026-03-02", 3, { provider: "strava", distance_m: 25_000 })];
    expect(weekBars(totals, "2026-03-02", 1, nameOf)!.series).toEqual([
      { label: "Moving time", values: [2] },
      { label: "Moving time, Strava", values: [3] },
    ]);
    expect(weekTiles(totals, "2026-03-02", nameOf)).toEqual([
      { label: "Time this week", value: "2 h", note: "1 activity" },
      { label: "Distance this week", value: "10.0 km", note: "all sports" },
      { label: "Time this week (Strava)", value: "3 h", note: "1 activity" },
      { label: "Distance this week (Strava)", value: "25.0 km", note: "all sports" },
    ]);
  });

  it("are no chart without an activity among them", () => {
    expect(weekBars([total("2024-01-01", 2)], "2026-03-02", 4, nameOf)).toBeNull();
    expect(weekTiles([], "2026-03-02", nameOf)[0]).toEqual({
      label: "Time this week",
      value: "0 s",
      note: "0 activities",
    });
  });
});

describe("nights", () => {
  it("count by the day of waking, a nap with its night, each source by itself", () => {
    const nights = [
      night("2026-03-01", 7),
      night("2026-03-01", 0.5, { type: "nap" }),
      night("2026-03-02", 6, { provider: "apple_health" }),
      night("2026-03-02", null),
      night("2026-02-01", 9),
    ];
    const chart = sleepBars(nights, "2026-03-02", 3, nameOf)!;
    expect(chart.x).toEqual(["2026-02-28", "2026-03-01", "2026-03-02"].map(at));
    expect(chart.series).toEqual([
      { label: "Apple Health", values: [null, null, 6] },
      { label: "Oura", values: [null, 7.5, null] },
    ]);
  });
});

describe("days", () => {
  const days = [
    day("2026-03-01", "oura", { steps: 4000, hrv_rmssd_ms: 61.4 }),
    day("2026-03-02", "apple_health", { steps: 5000, hrv_sdnn_ms: 40 }),
  ];

  it("draw a line a source and metric, with gaps where there is nothing", () => {
    const chart = { title: "HRV", unit: "ms", digits: 0 };
    const metrics = [
      { metric: "hrv_rmssd_ms", label: "RMSSD" },
      { metric: "hrv_sdnn_ms", label: "SDNN" },
    ];
    expect(dayLine(days, { ...chart, metrics }, { today: "2026-03-02", days: 2 }, nameOf)!.series).toEqual([
      { label: "Apple Health, SDNN", values: [null, 40] },
      { label: "Oura, RMSSD", values: [61.4, null] },
    ]);
    expect(
      dayLine(days, { ...chart, metrics: [{ metric: "weight_kg" }] }, { today: "2026-03-02", days: 2 }, nameOf),
    ).toBeNull();
  });

  it("give the largest count of a day that several sources count", () => {
    const steps = (provider: string, count: number) => ({
      ...days[0]!,
      date: "2026-03-02",
      provider,
      metrics: { steps: count },
    });
    const tiles = latestTiles(
      [],
      [steps("polar", 0), steps("apple_health", 9000), steps("oura", 8000)],
      "2026-03-02",
      nameOf,
    );
    expect(tiles).toEqual([{ label: "Steps", value: "9,000", note: "today, Apple Health" }]);
  });

  it("give the newest value of each metric with its day and source", () => {
    const nights = [night("2026-03-02", 7.25), night("2026-03-02", 1, { type: "nap" }), night("2026-03-01", 8)];
    expect(latestTiles(nights, days, "2026-03-03", nameOf)).toEqual([
      { label: "Asleep", value: "7 h 15 min", note: "yesterday, Oura" },
      { label: "Steps", value: "5,000", note: "yesterday, Apple Health" },
      { label: "HRV", value: "40 ms", note: "yesterday, Apple Health" },
    ]);
  });
});
