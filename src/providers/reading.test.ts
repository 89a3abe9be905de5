import { describe, expect, it } from "vitest";
import { z } from "zod";
import { emptyBatch } from "../domain/batch.ts";
import { finite, nightType, numbersIn, put, putAll, putDay, putSample, readable, reject } from "./reading.ts";
import { seconds } from "./shapes.ts";

const item = () => ({ batch: emptyBatch(), of: 0, at: "/data/3" });
const DAY = "2024-10-10";

describe("a value of a day", () => {
  const put = (metric: string, value: number | null | undefined, more = {}) => {
    const into = item();
    putDay(into, DAY, metric, value, "/value", more);
    const [rejection] = into.batch.rejections;
    return rejection ? [rejection.pointer, rejection.reason] : into.batch.days.map(({ value }) => value);
  };

  it("that is not told touches nothing; null takes back", () => {
    expect(put("steps", undefined)).toEqual([]);
    expect(put("steps", null)).toEqual([null]);
  });

  it("of 0 is one of what is counted, or goes both ways, or is said to be; of all else it is none", () => {
    expect(put("steps", 0)).toEqual([0]);
    expect(put("skin_temperature_deviation_c", 0)).toEqual([0]);
    expect(put("resting_heart_rate_bpm", 0)).toEqual([null]);
    expect(put("strain", 0, { zero: true })).toEqual([0]);
  });

  it("that is no number, or cannot be, is rejected with its pointer", () => {
    expect(put("steps", Number.NaN)).toEqual(["/data/3/value", "not a number"]);
    expect(put("steps", Number.POSITIVE_INFINITY)).toEqual(["/data/3/value", "out of range"]);
    expect(put("resting_heart_rate_bpm", 900)).toEqual(["/data/3/value", "out of range"]);
  });

  it("below 0 is none where its provider says so by it, but of what goes both ways", () => {
    const into = { ...item(), negatives: "none" as const };
    for (const metric of ["steps", "stress_avg", "skin_temperature_deviation_c"]) putDay(into, DAY, metric, -1, "");
    expect(into.batch.days.map(({ value }) => value)).toEqual([null, null, -1]);
    expect(put("stress_avg", -1)).toEqual(["/data/3/value", "out of range"]);
  });
});

describe("a sample", () => {
  it.each([
    [60, [60], []],
    [0, [], []],
    [null, [], []],
    [undefined, [], []],
    ["60", [], ["not a number"]],
    [Number.NaN, [], ["not a number"]],
    [900, [], ["out of range"]],
  ])("%s", (value, values, reasons) => {
    const into = item();
    putSample(into, "heart_rate_bpm", "", 1000, value, null, "/bpm");
    expect(into.batch.samples.flatMap(({ value }) => value)).toEqual(values);
    expect(into.batch.rejections.map(({ pointer, reason }) => [pointer, reason])).toEqual(
      reasons.map((reason) => ["/data/3/bpm", reason]),
    );
  });
});

describe("an item", () => {
  const shape = z.object({ start: seconds, end: seconds });
  const read = (items: unknown[]) => {
    const batch = emptyBatch();
    const isWhole = putAll(batch, "event", shape, items, "/data", ({ start, end }, into) => {
      if (end < start) return reject(into, "event", "/end", "before its start");
      putSample(into, "heart_rate_bpm", "", start, end - start === 1000 ? 900 : 60, null, "/bpm");
    });
    return { ...batch, isWhole };
  };

  it("that cannot be read is a rejection, and its neighbours stay", () => {
    const { elements, rejections, isWhole } = read([{ start: 1 }, { start: 1, end: 3 }]);
    expect(elements).toEqual(["event"]);
    expect(rejections).toMatchObject([{ kind: "event", pointer: "/data/0/end" }]);
    expect(isWhole).toBe(false);
  });

  it("that cannot be true is counted once, as a rejection", () => {
    const { elements, rejections, samples } = read([
      { start: 2, end: 1 },
      { start: 1, end: 3 },
    ]);
    expect(elements).toEqual(["event"]);
    expect(rejections).toEqual([{ kind: "event", pointer: "/data/0/end", reason: "before its start" }]);
    expect(samples[0]!.element).toEqual([0]);
  });

  it("of which something else is rejected stays one", () => {
    const { elements, rejections } = read([{ start: 1, end: 2 }]);
    expect(elements).toEqual(["event"]);
    expect(rejections).toMatchObject([{ kind: "series" }]);
  });

  it("of which something has come stays one", () => {
    const batch = emptyBatch();
    put(batch, "series", z.object({}), {}, "", (_, into) => {
      putSample(into, "heart_rate_bpm", "", 1000, 60, null, "/0");
      putSample(into, "heart_rate_bpm", "", 2000, 900, null, "/1");
    });
    expect([batch.elements, batch.rejections.length]).toEqual([["series"], 1]);
  });

  it("is the poorer for a piece that cannot be read", () => {
    const into = item();
    const pieces = readable([{ start: 1, end: 2 }, null], shape, into, "/laps", { external_id: "7" });
    expect(pieces).toEqual([{ start: 1000, end: 2000 }]);
    expect(into.batch.rejections).toMatchObject([{ kind: null, pointer: "/data/3/laps/1", external_id: "7" }]);
  });
});

it("a header's numbers are whole", () => {
  const headers = new Headers({ a: "21, 143", b: " 5 ", c: "-1", d: "Wed, 21 Oct 2026", e: "" });
  expect(["a", "b", "c", "d", "e", "f"].map((name) => numbersIn(headers, name))).toEqual([
    [21, 143],
    [5],
    [],
    [],
    [],
    [],
  ]);
});

it("three hours are a night", () => {
  expect([10_799.9, 10_800].map(nightType)).toEqual(["nap", "main"]);
});

it("what is no number is none", () => {
  expect([0, "1", Number.NaN, null, true].map(finite)).toEqual([0, null, null, null, null]);
});
