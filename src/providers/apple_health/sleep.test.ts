import { describe, expect, it } from "vitest";
import { emptyBatch } from "../../domain/batch.ts";
import { metricNamed } from "./metrics.ts";
import { addNight } from "./sleep.ts";

function read(entry: Record<string, unknown>, units: string | null = "hr") {
  const batch = emptyBatch();
  const refusal = addNight(batch, entry, metricNamed("sleep_analysis", units).toOurs(units), {
    at: () => 0,
    know: () => {},
  });
  return { refusal, night: batch.nights[0], fields: batch.nights[0]?.fields, segments: batch.segments };
}
const night = { sleepStart: "2024-02-05 23:00:00 +0100", sleepEnd: "2024-02-06 07:00:00 +0100" };

describe("nights summed up", () => {
  it("adds the unstaged rest where asleep is less than the stages", () => {
    // 1 + 2 + 3 h staged and half an hour of a band that knows no stages.
    expect(read({ ...night, deep: 1, rem: 2, core: 3, asleep: 0.5, awake: 0.25 }).fields).toMatchObject({
      asleep_s: 6.5 * 3600,
      unstaged_s: 1800,
      awake_s: 900,
    });
  });

  it("takes asleep for the whole where it is the stages' sum but for rounding", () => {
    expect(read({ ...night, deep: 1, rem: 2, core: 3, asleep: 5.995 }).fields).toMatchObject({
      asleep_s: 5.995 * 3600,
      unstaged_s: 0,
    });
    expect(read({ ...night, deep: 1, rem: 2, core: 3, asleep: 5.98 }).fields).toMatchObject({ asleep_s: 11.98 * 3600 });
  });

  it("does not use totalSleep where there are stages, and does where there is nothing else", () => {
    // In some versions it holds the time awake: 7.2 = 6.65 + 0.55.
    const staged = { deep: 1.2, rem: 1.8, core: 3.65, awake: 0.55, totalSleep: 7.2 };
    expect(read({ ...night, ...staged, asleep: 0 }).fields).toMatchObject({ asleep_s: 6.65 * 3600, unstaged_s: 0 });
    expect(read({ ...night, totalSleep: 7.2, deep: 0, rem: 0, core: 0, asleep: 0 }).fields).toMatchObject({
      asleep_s: 7.2 * 3600,
      unstaged_s: 7.2 * 3600,
      light_s: null,
      deep_s: null,
      rem_s: null,
    });
  });

  it("takes a band's sleep without stages", () => {
    expect(read({ ...night, deep: 0, rem: 0, core: 0, asleep: 6 }).fields).toMatchObject({
      asleep_s: 21_600,
      light_s: null,
    });
  });

  it("takes time in bed from inBed, else from its times, else from the span, but not with a swallowed nap", () => {
    expect(read({ ...night, asleep: 7, inBed: 8.5 }).fields?.in_bed_s).toBe(8.5 * 3600);
    const bed = { inBedStart: "2024-02-05 22:30:00 +0100", inBedEnd: "2024-02-06 07:00:00 +0100" };
    expect(read({ ...night, ...bed, asleep: 7, inBed: 0 }).fields).toMatchObject({
      in_bed_s: 8.5 * 3600,
      start_time: Date.parse("2024-02-05T22:30:00+01:00"),
    });
    expect(read({ ...night, asleep: 7 }).fields?.in_bed_s).toBe(8 * 3600);
    // 17:31 – 13:55 is 20.4 h around 7 h of sleep.
    expect(
      read({ sleepStart: "2024-02-05 17:31:00 +0100", sleepEnd: "2024-02-06 13:55:00 +0100", asleep: 7 }).fields
        ?.in_bed_s,
    ).toBeNull();
  });

  it("calls less than three hours a nap, by its start", () => {
    expect(
      read({ sleepStart: "2024-02-06 13:00:00 +0100", sleepEnd: "2024-02-06 14:00:00 +0100", asleep: 0.9 }).night,
    ).toMatchObject({
      external_id: `nap:${Date.parse("2024-02-06T13:00:00+01:00")}`,
      fields: { type: "nap", date: "2024-02-06" },
    });
  });

  it("dates the night by its end, in the element's own date where the offset is unknown", () => {
    const utc = { sleepStart: "2024-02-05T22:00:00Z", sleepEnd: "2024-02-05T23:30:00Z" };
    expect(read({ ...utc, date: "2024-02-06", asleep: 1 }).fields).toMatchObject({
      date: "2024-02-06",
      utc_offset_s: null,
    });
    expect(read({ ...utc, asleep: 1 }).fields?.date).toBe("2024-02-05");
  });

  it("says why it is none", () => {
    expect(read({ date: "2024-02-06", asleep: 7 }).refusal).toEqual({ field: "", reason: "no sleep times" });
    expect(read({ ...night, sleepEnd: night.sleepStart }).refusal).toEqual({
      field: "",
      reason: "ends before it starts",
    });
    expect(read({ ...night, sleepEnd: "2024-02-06 23:00:01 +0100" }).refusal).toEqual({
      field: "",
      reason: "longer than a day",
    });
    expect(read({ ...night, asleep: "7" }).refusal).toEqual({ field: "/asleep", reason: "not a number" });
    expect(read({ ...night, asleep: 7 }, "moons").refusal).toEqual({ field: "", reason: 'unit "moons"' });
  });

  it("reads minutes and a missing unit as well", () => {
    expect(read({ ...night, asleep: 420 }, "min").fields?.asleep_s).toBe(25_200);
    expect(read({ ...night, asleep: 7 }, null).fields?.asleep_s).toBe(25_200);
  });
});

describe("what is too long", () => {
  it("is refused where it is", () => {
    const source = "x".repeat(513);
    expect(read({ ...night, asleep: 7, sleepSource: source }).refusal).toEqual({
      field: "/sleepSource",
      reason: "longer than 512 characters",
    });
  });
});

describe("pieces of nights", () => {
  const piece = { startDate: "2024-02-05 23:00:00 +0100", endDate: "2024-02-05 23:30:00 +0100", source: "W" };
  it.each([
    ["InBed", "in_bed"],
    ["Asleep", "unstaged"],
    ["Core", "light"],
    ["Deep", "deep"],
    ["REM", "rem"],
    ["Awake", "awake"],
    ["核心", "light"],
    ["深度", "deep"],
    ["快速动眼期", "rem"],
    ["清醒", "awake"],
  ])("reads %s", (value, stage) => expect(read({ ...piece, value }).segments[0]?.stage).toBe(stage));

  it("keeps the offset of its end where that is another", () => {
    expect(read({ ...piece, value: "REM" }).segments[0]).not.toHaveProperty("end_utc_offset_s");
    expect(read({ ...piece, value: "REM", endDate: "2024-02-06 02:00:00 +0200" }).segments[0]).toMatchObject({
      utc_offset_s: 3600,
      end_utc_offset_s: 7200,
    });
  });

  it("says why it is none", () => {
    expect(read({ ...piece, value: "Dreaming" }).refusal).toEqual({ field: "/value", reason: "unknown sleep stage" });
    expect(read({ ...piece, value: "REM", endDate: piece.startDate }).refusal).toEqual({
      field: "",
      reason: "ends before it starts",
    });
    expect(read({ ...piece, value: "REM", startDate: null }).refusal).toEqual({
      field: "/startDate",
      reason: "not a date",
    });
  });
});
