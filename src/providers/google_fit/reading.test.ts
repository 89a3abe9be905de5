/** The same post in whatever pieces and order: property tests by seeds that fast-check tells where one fails. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Batch } from "../../domain/batch.ts";
import { createScanner } from "../../platform/scanner.ts";
import { hcWebhook } from "./formats/hc_webhook.ts";

function read(text: string, chunk: number): Batch {
  const bytes = new TextEncoder().encode(text);
  const reader = hcWebhook.read({ headers: {}, query: {}, offsetAt: () => 3600, now: 0 });
  const scanner = createScanner(reader);
  for (let at = 0; at < bytes.length; at += chunk) scanner.push(bytes.slice(at, at + chunk));
  expect(scanner.end()).toBeNull();
  return reader.take(true);
}

/** What the database would hold: of one key the last, in no order. */
function meaning(batch: Batch): unknown {
  const samples = new Map<string, number>();
  for (const { metric, stream, time, value } of batch.samples) {
    for (let i = 0; i < time.length; i++) samples.set(`${metric} ${stream} ${time[i]}`, value[i]!);
  }
  const days = new Map(batch.days.map(({ date, metric, source, value }) => [`${date} ${metric} ${source}`, value]));
  const records = <Item extends { external_id: string; element: number }>(items: Item[]) =>
    items.map(({ element: _, ...item }) => item).sort((a, b) => (a.external_id < b.external_id ? -1 : 1));
  return {
    samples: [...samples].sort(),
    days: [...days].sort(),
    nights: records(batch.nights),
    activities: records(batch.activities),
    events: records(batch.events),
    elements: batch.elements.length + batch.rejections.length,
    reasons: batch.rejections.map(({ reason }) => reason).sort(),
  };
}

const START = Date.UTC(2026, 2, 1, 23);
const HOUR = 3_600_000;
const instant = (ms: number) => new Date(ms).toISOString();
const at = fc.integer({ min: 0, max: 300 });
const origin = fc.constantFrom(undefined, { data_origin: "a" }, { data_origin: "b", recording_method: "manual_entry" });
const interval = (field: string) =>
  fc.record({
    [field]: fc.integer({ min: 0, max: 900 }),
    from: at,
    length: fc.constantFrom(0, 0.25, 1, 2, 10, 23, 24, 25),
    metadata: origin,
  });
const written = ({ from, length, ...rest }: { from: number; length: number }) => ({
  ...rest,
  start_time: instant(START + from * HOUR),
  end_time: instant(START + from * HOUR + length * HOUR),
});
/** Two of one start and end would be a question of order. */
const distinct = {
  selector: ({ from, metadata }: { from: number; metadata?: object }) => `${from} ${JSON.stringify(metadata)}`,
  maxLength: 12,
};
const timed = (field: string, least: number) =>
  fc.uniqueArray(
    fc.record({
      [field]: fc.oneof(fc.integer({ min: least, max: 200 }), fc.constantFrom<unknown>(null, "x")),
      from: at,
      metadata: origin,
    }),
    distinct as never,
  );
const posts = fc.record({
  steps: fc.uniqueArray(interval("count"), distinct as never),
  distance: fc.uniqueArray(interval("meters"), distinct as never),
  heart_rate: timed("bpm", 0),
  weight: timed("kilograms", 1),
  // Without an id, one start, end and sport is one workout, whoever tells it.
  exercise: fc.uniqueArray(interval("duration_seconds"), { selector: ({ from }) => from, maxLength: 12 }),
});
type Arrays = Record<string, { from: number; length?: number }[]>;
const body = (arrays: Arrays) =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, list]) => [
      name,
      list.map((one) =>
        one.length === undefined
          ? { ...one, from: undefined, time: instant(START + one.from * HOUR) }
          : written(one as never),
      ),
    ]),
  );

/** In another order: of the keys of each object, and of the elements of each list. */
function shuffled(value: unknown, random: () => number): unknown {
  const inOrder = <Item>(items: Item[]): Item[] =>
    items
      .map((item) => [random(), item] as const)
      .sort((a, b) => a[0] - b[0])
      .map(([, item]) => item);
  if (Array.isArray(value)) return inOrder(value.map((item) => shuffled(item, random)));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(inOrder(Object.entries(value)).map(([key, item]) => [key, shuffled(item, random)]));
}
function seeded(seed: number): () => number {
  let state = seed | 1;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff) >>> 8;
}

it("is the same in whatever pieces, order of keys and order of elements it comes, and however often", () => {
  fc.assert(
    fc.property(posts, fc.nat(), fc.integer({ min: 1, max: 90 }), (arrays, seed, chunk) => {
      const post = { timestamp: instant(START), app_version: "1.9", ...body(arrays as unknown as Arrays) };
      const whole = meaning(read(JSON.stringify(post), 1 << 20));
      expect(meaning(read(JSON.stringify(post), chunk))).toEqual(whole);
      expect(meaning(read(JSON.stringify(shuffled(post, seeded(seed))), chunk))).toEqual(whole);
      const twice = Object.fromEntries(
        Object.entries(post).map(([key, list]) => [key, Array.isArray(list) ? [...list, ...list] : list]),
      );
      const {
        elements: _,
        reasons: __,
        ...again
      } = meaning(read(JSON.stringify(twice), 1 << 20)) as Record<string, unknown>;
      expect(whole).toMatchObject(again);
    }),
    { numRuns: 200, seed: 14 },
  );
});
