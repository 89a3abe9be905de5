import { expect, it } from "vitest";
import { trackCharts } from "./track.ts";

it("shows a channel as the means of equal stretches, a stretch without a value as a gap", () => {
  // 900 points a second apart make 300 stretches of just under three seconds.
  const time = Array.from({ length: 901 }, (_, i) => i * 1000);
  const heart = time.map((_, i) => (i < 3 ? 120 + i : i < 6 ? null : 150));
  const charts = trackCharts({ time, channels: { heart_rate_bpm: heart, power_w: time.map(() => null) }, laps: [] });
  expect(charts.map(({ title }) => title)).toEqual(["Heart rate"]);
  const [chart] = charts;
  expect(chart!.x).toHaveLength(300);
  expect(chart!.x[0]).toBeCloseTo(0.025);
  expect(chart!.series[0]!.values.slice(0, 3)).toEqual([121, null, 150]);
  expect(chart!.summary).toBe("between 121 and 150 bpm");
});

it("shows speed in km/h, and nothing of an activity without duration", () => {
  const [speed] = trackCharts({ time: [0, 60_000], channels: { speed_mps: [2, 4] }, laps: [] });
  expect(speed!.series[0]!.values).toEqual([7.2, 14.4]);
  expect(trackCharts({ time: [0], channels: { speed_mps: [2] }, laps: [] })).toEqual([]);
});
