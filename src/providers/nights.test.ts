import { expect, it } from "vitest";
import { type Interval, joined, toStages } from "./nights.ts";

const interval = (start: number, end: number, stage: Interval["stage"]): Interval => ({ start, end, stage });

it("stages are in order, and clipped to their night", () => {
  const intervals = [
    interval(60_000, 90_000, "rem"),
    interval(-5000, 60_000, "light"),
    interval(90_000, 95_000, "deep"),
  ];
  expect(toStages(intervals, 0, 80_000)).toEqual([
    [0, "light", 60],
    [60, "rem", 20],
  ]);
  expect(toStages(intervals, 200_000, 300_000)).toBeNull();
});

it("neighbours of one stage are one, but across a gap", () => {
  const intervals = [
    interval(0, 30, "deep"),
    interval(30, 60, "deep"),
    interval(90, 99, "deep"),
    interval(99, 99, "rem"),
  ];
  expect(joined(intervals)).toEqual([interval(0, 60, "deep"), interval(90, 99, "deep"), interval(99, 99, "rem")]);
});
