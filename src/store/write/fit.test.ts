import { describe, expect, it } from "vitest";
import { addSample, type Batch, element, emptyBatch } from "../../domain/batch.ts";
import type { Track } from "../../domain/records.ts";
import { refuseUnfit } from "./fit.ts";

const T0 = Date.parse("2026-03-02T08:00:00Z");
const reasons = (batch: Batch) => [...refuseUnfit(batch).refused];

function sampled(...rows: [time: number, offset: number | null, value?: number][]): Batch {
  const batch = emptyBatch();
  for (const [time, offset, value = 60] of rows)
    addSample(batch, "heart_rate_bpm", "", time, value, offset, element(batch, "series"));
  return batch;
}

describe("samples", () => {
  it("are left where they lie when nothing is unfit", () => {
    const batch = sampled([T0, 3600], [T0 + 1, null], [T0 + 2, -12_600]);
    expect(refuseUnfit(batch).batch.samples[0]).toBe(batch.samples[0]);
  });

  it("have whole milliseconds and seconds, and no offset that no clock has", () => {
    const { batch, refused } = refuseUnfit(
      sampled([T0 + 0.4, 3600.2], [T0 + 1.6, 93_601], [T0 + 3, Number.NEGATIVE_INFINITY], [T0 + 4, -0]),
    );
    expect(refused.size).toBe(0);
    expect(batch.samples[0]).toMatchObject({
      time: [T0, T0 + 2, T0 + 3, T0 + 4],
      utc_offset_s: [3600, Number.NaN, Number.NaN, 0],
      element: [0, 1, 2, 3],
    });
  });

  it("of no time or no number are refused, and their neighbours kept", () => {
    const batch = sampled([Number.NaN, 0], [T0, 0], [T0 + 1, 0, Number.POSITIVE_INFINITY], [8.64e15, 0]);
    const { batch: fit, refused } = refuseUnfit(batch);
    expect([...refused]).toEqual([
      [0, "a time out of range"],
      [2, "not a number"],
      [3, "a time out of range"],
    ]);
    expect(fit.samples[0]!.time).toEqual([T0]);
  });
});

describe("a track", () => {
  function run(track: Track): Batch {
    const batch = emptyBatch();
    const fields = { sport: "running", sub_sport: "generic", start_time: T0 };
    batch.activities.push({ external_id: "a", part: "file", fields, track, element: element(batch, "activity") });
    return batch;
  }

  it("is left as it is where its times go forward", () => {
    const batch = run({ time: [-1000, 0, 1000], channels: { heart_rate_bpm: [1, null, 3] }, laps: [] });
    expect(refuseUnfit(batch).batch.activities[0]).toBe(batch.activities[0]);
  });

  it("goes forward by whole milliseconds", () => {
    const time = [-0.2, 999.6, 1000.4, 900, Number.NaN, 2000, 1e300];
    const batch = run({ time, channels: { heart_rate_bpm: [1, 2, 3, 4, 5, null, 7] }, laps: [] });
    const { batch: fit, refused } = refuseUnfit(batch);
    expect(refused.size).toBe(0);
    expect(fit.activities[0]!.track).toEqual({
      time: [0, 1000, 2000],
      channels: { heart_rate_bpm: [1, 2, null] },
      laps: [],
    });
  });

  it("whose values are not one a point is refused", () => {
    expect(reasons(run({ time: [0, 1], channels: { power_w: [1] }, laps: [] }))).toEqual([
      [0, "a track whose columns differ in length"],
    ]);
  });
});

describe("records", () => {
  const record = (fields: object, kind: "activity" | "sleep" | "event"): Batch => {
    const batch = emptyBatch();
    const one = {
      external_id: "a",
      part: "list",
      fields: { start_time: T0, ...fields },
      element: element(batch, kind),
    };
    const list = kind === "activity" ? batch.activities : kind === "sleep" ? batch.nights : batch.events;
    (list as unknown[]).push(one);
    return batch;
  };

  it.each([Number.NaN, Number.POSITIVE_INFINITY, T0 + 0.5, Date.UTC(1899), Date.UTC(2200)])(
    "that start at %s are refused",
    (start_time) => {
      const refused = [[0, "a time out of range"]];
      for (const kind of ["activity", "sleep", "event"] as const)
        expect(reasons(record({ start_time }, kind))).toEqual(refused);
      expect(reasons(record({ end_time: start_time }, "sleep"))).toEqual(refused);
      const batch = emptyBatch();
      const piece = { source: "Watch", stage: "light" as const, start_time: T0, utc_offset_s: 0 };
      batch.segments.push({ ...piece, end_time: start_time, element: element(batch, "sleep") });
      expect(reasons(batch)).toEqual(refused);
    },
  );

  it.each([0.5, 93_601, Number.NaN])("have no offset rather than %s", (utc_offset_s) => {
    expect(refuseUnfit(record({ utc_offset_s }, "activity")).batch.activities[0]!.fields.utc_offset_s).toBeNull();
    const batch = emptyBatch();
    const piece = { source: "Watch", stage: "light" as const, start_time: T0, end_time: T0 + 1 };
    batch.segments.push({ ...piece, utc_offset_s, element: element(batch, "sleep") });
    batch.segments.push({ ...piece, utc_offset_s: 0, end_utc_offset_s: utc_offset_s, element: 0 });
    batch.segments.push({ ...piece, utc_offset_s, end_utc_offset_s: utc_offset_s, element: 0 });
    expect(refuseUnfit(batch).batch.segments).toMatchObject([
      { utc_offset_s: null },
      { utc_offset_s: 0, end_utc_offset_s: 0 },
      { utc_offset_s: null, end_utc_offset_s: null },
    ]);
  });

  it.each(["", "2026-02-30", "2026-3-2", "2026-03-02T00:00"])("of the day %j are refused", (date) => {
    const batch = emptyBatch();
    batch.days.push({ date, metric: "steps", source: "Watch", value: 1, element: element(batch, "daily") });
    expect(reasons(batch)).toEqual([[0, "not a date"]]);
    expect(reasons(record({ date }, "sleep"))).toEqual([[0, "not a date"]]);
  });

  it("of a day without a number are refused; null removes one", () => {
    const batch = emptyBatch();
    for (const value of [Number.NaN, null])
      batch.days.push({ date: "2026-03-02", metric: "steps", source: "", value, element: element(batch, "daily") });
    expect(reasons(batch)).toEqual([[0, "not a number"]]);
  });
});
