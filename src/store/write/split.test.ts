import { expect, it } from "vitest";
import { type Batch, emptyBatch } from "../../domain/batch.ts";
import { split } from "./split.ts";

const T0 = Date.parse("2026-03-02T00:00:00Z");
const deletion = (external_id: string) => ({ kind: "event" as const, external_id });

function batchOf(counts: { segments?: number; nights?: number; days?: number; events?: number }): Batch {
  const batch = emptyBatch();
  const each = <Item>(count = 0, item: (i: number) => Item): Item[] => Array.from({ length: count }, (_, i) => item(i));
  batch.segments = each(counts.segments, (i) => ({
    source: "Watch",
    stage: "light",
    start_time: T0 + i,
    end_time: T0 + i + 1,
    utc_offset_s: 0,
    element: i,
  }));
  batch.nights = each(counts.nights, (i) => ({ external_id: `n${i}`, part: "list", fields: {}, element: i }));
  batch.days = each(counts.days, (i) => ({
    date: "2026-03-02",
    metric: "steps",
    source: `${i}`,
    value: 1,
    element: i,
  }));
  batch.events = each(counts.events, (i) => ({ external_id: `e${i}`, fields: {} as never, element: i }));
  return batch;
}
const sizes = (parts: Batch[], of: "segments" | "nights" | "days" | "events" | "deletions") =>
  parts.map((part) => part[of].length).filter((count) => count > 0);

it("leaves a batch whole that fits, and an empty one", () => {
  const batch = { ...batchOf({ segments: 10, nights: 500, days: 5_000, events: 1 }), deletions: [deletion("gone")] };
  expect(split(batch)).toEqual([batch]);
  expect(split(emptyBatch())).toEqual([emptyBatch()]);
});

it("loses and doubles nothing, and keeps the order", () => {
  const batch = batchOf({ segments: 11_000, nights: 1_001, days: 10_001, events: 1_500 });
  batch.deletions = Array.from({ length: 501 }, (_, i) => deletion(`${i}`));
  const parts = split(batch);
  expect(sizes(parts, "segments")).toEqual([5_000, 5_000, 1_000]);
  expect(sizes(parts, "nights")).toEqual([500, 500, 1]);
  expect(sizes(parts, "days")).toEqual([5_000, 5_000, 1]);
  expect(sizes(parts, "events")).toEqual([500, 500, 500]);
  expect(sizes(parts, "deletions")).toEqual([500, 1]);
  for (const kind of ["segments", "nights", "days", "events", "deletions"] as const) {
    expect(parts.flatMap((part): unknown[] => part[kind])).toEqual(batch[kind]);
  }
  const lastOf = (kind: "segments" | "events") => parts.findLastIndex((part) => part[kind].length > 0);
  const firstOf = (kind: "nights" | "deletions") => parts.findIndex((part) => part[kind].length > 0);
  expect(lastOf("segments")).toBeLessThan(firstOf("nights"));
  expect(lastOf("events")).toBeLessThanOrEqual(firstOf("deletions"));
});

it("removes a source's day values before the first of those that came with it", () => {
  const removal = { kind: "daily" as const, source: "0" };
  const parts = split({ ...batchOf({ days: 5_001 }), deletions: [deletion("gone"), removal] });
  expect(parts.map(({ days, deletions }) => [days.length, deletions])).toEqual([
    [5_000, [removal]],
    [1, [deletion("gone")]],
  ]);
});
