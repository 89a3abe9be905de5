import { expect, it } from "vitest";
import { emptyBatch } from "../domain/batch.ts";
import { putDays, putReadings, putSeries, putTold, renamed } from "./tables.ts";

const item = () => ({ batch: emptyBatch(), of: 0, at: "/data/3" });
const DAY = "2024-10-10";

it("of two members of one name the first that is told counts, and what is untold stays so", () => {
  const names = { bike: "avg_cadence_rpm", swim: "avg_cadence_rpm", far: "distance_m", up: "ascent_m" } as const;
  expect(renamed({ bike: null, swim: 30, up: null }, names)).toEqual({
    avg_cadence_rpm: 30,
    distance_m: undefined,
    ascent_m: null,
  });
});

it("what an answer lacks is none, where the answer is all there is of the day", () => {
  const into = item();
  putDays(into, DAY, { count: 12 }, { count: "steps", far: "distance_m" });
  expect(into.batch.days.map(({ metric, value }) => [metric, value])).toEqual([
    ["steps", 12],
    ["distance_m", null],
  ]);
});

it("what an answer of a part of a day lacks is not touched, and its source keeps it apart", () => {
  const into = item();
  putTold(into, DAY, { count: 12, up: null }, { count: "steps watch", far: "distance_m", up: "floors" });
  expect(into.batch.days.map(({ metric, source, value }) => [metric, source, value])).toEqual([
    ["steps", "watch", 12],
    ["floors", "", null],
  ]);
});

it("readings of one time are samples, each in its stream", () => {
  const at = { ...item(), time: 1000, offset: null };
  putReadings(at, { mass: 70, pulse: 60 }, { mass: "weight_kg", pulse: "heart_rate_bpm scale" });
  expect(at.batch.samples).toMatchObject([
    { metric: "weight_kg", stream: "", time: [1000], value: [70] },
    { metric: "heart_rate_bpm", stream: "scale", time: [1000], value: [60] },
  ]);
});

it("a series is by seconds from its start, and what is none is told", () => {
  const start = { ...item(), time: 1000, offset: 3600 };
  const offsetAt = (seconds: number) => (seconds < 60 ? 3600 : 0);
  putSeries(start, { beats: { 0: 60, 60: 61, "": 62, x: 63 } }, { beats: "heart_rate_bpm" }, offsetAt);
  expect(start.batch.samples).toMatchObject([{ time: [1000, 61_000], value: [60, 61], utc_offset_s: [3600, 0] }]);
  expect(start.batch.rejections.map(({ pointer, reason }) => [pointer, reason])).toEqual([
    ["/data/3/beats/", "not seconds from the start"],
    ["/data/3/beats/x", "not seconds from the start"],
  ]);
});
