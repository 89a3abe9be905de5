import { describe, expect, it } from "vitest";
import { clockOf, date, instant, lasting, moment, numeric, offset, offsetOf, seconds, secondsOf } from "./shapes.ts";

const LONG = "9".repeat(400);

describe("an instant", () => {
  it.each([
    ["2024-10-10T01:01:59Z", Date.UTC(2024, 9, 10, 1, 1, 59)],
    ["2024-10-10T01:01:59+02:00", Date.UTC(2024, 9, 9, 23, 1, 59)],
    ["2024-10-10T01:01:59-0730", Date.UTC(2024, 9, 10, 8, 31, 59)],
    ["2024-10-10T01:01Z", Date.UTC(2024, 9, 10, 1, 1)],
    ["2024-10-10T01:01:59.123456789Z", Date.UTC(2024, 9, 10, 1, 1, 59, 123)],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
    ["1900-01-01T00:00:00Z", Date.UTC(1900)],
    ["2199-12-31T23:59:59Z", Date.UTC(2200) - 1000],
  ])("%s", (text, ms) => {
    expect(instant.parse(text)).toBe(ms);
    expect(moment.parse(text).time).toBe(ms);
  });

  it.each([
    "5",
    "99999",
    "Oct 10 2024",
    "2024-10-10",
    "2024-10-10T01:01:59",
    "2024-10-10 01:01:59Z",
    "2024-02-30T01:01:59Z",
    "2023-02-29T01:01:59+01:00",
    "2024-10-10T25:00:00Z",
    "2024-10-10T01:01:59+24:00",
    "1899-12-31T23:59:59Z",
    "2200-01-01T00:00:00Z",
    "2199-12-31T23:59:59-01:00",
    "0000-01-01T00:00:00Z",
    "+012345-01-01T00:00:00Z",
    "",
    1_728_522_119_000,
  ])("is none: %s", (value) => {
    expect([instant.safeParse(value).success, moment.safeParse(value).success]).toEqual([false, false]);
  });

  it("in seconds, not in milliseconds", () => {
    expect(seconds.parse(1_728_522_119)).toBe(1_728_522_119_000);
    expect(seconds.parse(0)).toBe(0);
    for (const value of [-1, 7_258_118_400, 1_728_522_119_000, 1e300])
      expect(seconds.safeParse(value).success).toBe(false);
  });
});

it("a date is one that the calendar has, of our centuries", () => {
  expect(date.parse("2024-02-29")).toBe("2024-02-29");
  const none = ["2024-02-30", "2023-02-29", "2024-2-9", "2024-10-10T00:00:00Z", "0000-01-01", "2200-01-01", ""];
  for (const text of none) expect(date.safeParse(text).success, text).toBe(false);
});

it("an offset is one that a clock can have", () => {
  expect(["+02:00", "-0730", "+00:00", "+23:59"].map(offsetOf)).toEqual([7200, -27_000, 0, 86_340]);
  expect([offsetOf("Z"), offsetOf(""), offsetOf("+99:00"), offsetOf("+01:60")]).toEqual([
    null,
    undefined,
    undefined,
    undefined,
  ]);
  expect(moment.parse("2024-10-10T01:01:59+02:00").offset).toBe(7200);
  expect(moment.parse("2024-10-10T01:01:59Z").offset).toBeNull();
  expect([93_600, -93_600, 93_601, 1e300].map((s) => offset.safeParse(s).success)).toEqual([true, true, false, false]);
});

it("a duration is no longer than a month", () => {
  expect(["PT2H44M", "PT4658.866S", "P1DT2H", "PT0S"].map(secondsOf)).toEqual([9840, 4658.866, 93_600, 0]);
  expect(["P", "PT", "P1DT", "PT1.5H", "2 hours", "P32D", `PT${LONG}S`].map(secondsOf)).toEqual(Array(7).fill(null));
  expect([2_678_400, 2_678_401, 1e13].map((s) => lasting.safeParse(s).success)).toEqual([true, false, false]);
});

it("a clock has 24 hours", () => {
  expect(["00:00", "23:59:59", "07:05"].map(clockOf)).toEqual([0, 86_399, 25_500]);
  expect(["24:00", "7:05", "07:60", "07:05:60", null, 705].map(clockOf)).toEqual(Array(6).fill(null));
});

it("a number may come as its digits", () => {
  expect(["12", "-1.5", 3].map((value) => numeric.parse(value))).toEqual([12, -1.5, 3]);
  for (const value of ["", " 1", "1e3", "x", LONG, null]) expect(numeric.safeParse(value).success).toBe(false);
});
