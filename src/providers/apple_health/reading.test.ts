import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Batch } from "../../domain/batch.ts";
import { createScanner } from "../../platform/scanner.ts";
import { healthAutoExport } from "./formats/health_auto_export.ts";

const open = (headers: Record<string, string> = {}) =>
  healthAutoExport.read({ headers, query: {}, offsetAt: () => 3600, now: 0 });

/** Chunks of a single byte keep every element from being glanced at: the long way throughout. */
function read(text: string, chunk: number, headers?: Record<string, string>): Batch {
  const bytes = new TextEncoder().encode(text);
  const reader = open(headers);
  const scanner = createScanner(reader);
  for (let at = 0; at < bytes.length; at += chunk) scanner.push(bytes.slice(at, at + chunk));
  expect(scanner.end()).toBeNull();
  return reader.take(true);
}

/** A text with the keys of its objects in the order of `random`. */
function write(value: unknown, random: () => number, space: string): string {
  if (Array.isArray(value))
    return `[${space}${value.map((item) => write(item, random, space)).join(`${space},${space}`)}${space}]`;
  if (typeof value !== "object" || value === null)
    return typeof value === "string" && value.startsWith("raw:") ? value.slice(4) : JSON.stringify(value);
  const keys = Object.keys(value)
    .map((key) => [random(), key] as const)
    .sort((a, b) => a[0] - b[0]);
  const members = keys.map(
    ([, key]) =>
      `${JSON.stringify(key)}${space}:${space}${write((value as Record<string, unknown>)[key], random, space)}`,
  );
  return `{${space}${members.join(`${space},${space}`)}${space}}`;
}
function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff);
}

const number = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 200 }) },
  { weight: 3, arbitrary: fc.double({ min: 0, max: 300, noNaN: true }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(
      "raw:61.50",
      "raw:0.10000000000000001",
      "raw:123456789012345678",
      "raw:1e2",
      "raw:-0",
      "raw:0.000",
      "raw:1E-2",
      "raw:1e999",
      "raw:-5",
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom<unknown>("61", null, true, {}, []) },
);
const date = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.integer({ min: 0, max: 400 }),
        fc.constantFrom("+0000", "-0800", "+0530", "+1345"),
        fc.constantFrom(0, 60, 3600, 1),
      )
      .map(
        ([steps, zone, by]) =>
          `${new Date(Date.UTC(2024, 1, 28) + steps * by * 1000).toISOString().slice(0, 19).replace("T", " ")} ${zone}`,
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "2024-02-28",
      "2024-02-30 10:00:00 +0000",
      "2024-02-28 24:00:00 +0000",
      "2024-02-28 7:00:00 am +0100",
      "2024-02-28T10:00:00Z",
      "2024-02-28 10:00:00 +1900",
      5,
      null,
    ),
  },
);
const source = fc.constantFrom("Watch", "Test Person’s Apple Watch", "iPhone|Watch", "", 'a"b', 5);
const elements = fc.oneof(
  { weight: 8, arbitrary: fc.record({ date, qty: number, source }, { requiredKeys: ["date", "qty"] }) },
  {
    weight: 5,
    arbitrary: fc.record({ date, Min: number, Avg: number, Max: number, source }, { requiredKeys: ["date"] }),
  },
  { weight: 1, arbitrary: fc.record({ date, qty: number, Avg: number, note: source }) },
  { weight: 1, arbitrary: fc.record({ date, systolic: number, diastolic: number }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      null,
      5,
      "x",
      [],
      {},
      { startDate: "2024-02-28 01:00:00 +0000", endDate: "2024-02-28 02:00:00 +0000", value: "Core" },
    ),
  },
);
const bodies = fc.record({
  data: fc.record({
    metrics: fc.array(
      fc.record(
        {
          name: fc.constantFrom(
            "heart_rate",
            "step_count",
            "blood_pressure",
            "sexual_activity",
            "sleep_analysis",
            "weight_body_mass",
            "nobody knows",
          ),
          units: fc.constantFrom("count/min", "count", "kg", "hr", "mmHg"),
          data: fc.array(elements, { maxLength: 12 }),
        },
        { requiredKeys: ["data"] },
      ),
      { maxLength: 3 },
    ),
  }),
});
const headers = fc.constantFrom<Record<string, string>>(
  {},
  { "automation-aggregation": "Minutes" },
  { "automation-aggregation": "Days" },
  { "automation-aggregation": "Months" },
);

/** A body of one array that comes before its name, in pieces as they arrive. */
function* before(name: string, element: string, times: number): Generator<string> {
  yield `{"data":{"metrics":[{"data":[${element}`;
  const piece = `,${element}`.repeat(1000);
  for (let i = 0; i < times; i++) yield piece;
  yield `],"units":"bpm","name":"${name}"}]}}`;
}

describe("an array before its name", () => {
  it("loses nothing of 35 MB that are not of the commonest shape", () => {
    const reader = open();
    const scanner = createScanner(reader);
    const element = `{"date":"2026-03-01 10:00:00 +0100","min":50,"avg":60,"max":70,"source":"Test Person’s Watch"}`;
    let bytes = 0;
    let elements = 0;
    let rejected = 0;
    const store = (all: boolean) => {
      const batch = reader.take(all);
      elements += batch.elements.length;
      rejected += batch.rejections.length;
    };
    for (const text of before("heart_rate", element, 370)) {
      const piece = new TextEncoder().encode(text);
      bytes += piece.length;
      expect(scanner.push(piece)).toBeNull();
    }
    expect(scanner.end()).toBeNull();
    store(true);
    expect(bytes).toBeGreaterThan(35e6);
    expect([elements, rejected]).toEqual([370_001, 0]);
  });

  it("moves a large one in parts, by days, and the newer telling of an instant after the older", () => {
    const seconds = (value: number) =>
      Array.from({ length: 300_000 }, (_, i) => {
        const local = new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString().slice(0, 19).replace("T", " ");
        return `{"qty":${value},"date":"${local} +0000"}`;
      }).join(",");
    const reader = open({ "automation-aggregation": "Seconds" });
    const scanner = createScanner(reader);
    const array = (data: string) => `{"data":[${data}],"units":"bpm","name":"heart_rate"}`;
    const again = `{"date":"2026-01-01 00:00:00 +0000","qty":80}`;
    scanner.push(new TextEncoder().encode(`{"data":{"metrics":[${array(seconds(60))},${array(again)}]}}`));
    const taken: [number, number | undefined][] = [];
    for (let held = reader.held; held > 6e6; held = reader.held) {
      const batch = reader.take(false);
      taken.push([batch.elements.length, batch.samples[0]?.value.at(-1)]);
    }
    // Two days of 86,400 seconds, then the rest of 300,000 with what came after it.
    expect(taken).toEqual([
      [172_800, 60],
      [127_200 + 1, 80],
    ]);
  });
});

describe("the reader of Health Auto Export", () => {
  it("makes the same of a body read from the bytes and the long way, in any chunks", () => {
    fc.assert(
      fc.property(
        bodies,
        headers,
        fc.nat(),
        fc.constantFrom("", " ", "\n  "),
        fc.integer({ min: 2, max: 300 }),
        (body, header, seed, space, chunk) => {
          const text = write(body, seeded(seed), space);
          const longWay = read(text, 1, header);
          expect(read(text, 1 << 20, header)).toEqual(longWay);
          expect(read(text, chunk, header)).toEqual(longWay);
        },
      ),
      { numRuns: 600 },
    );
  });

  it("makes the same of keys in any order", () => {
    fc.assert(
      fc.property(bodies, headers, fc.nat(), fc.nat(), (body, header, first, second) => {
        expect(read(write(body, seeded(first), ""), 1 << 20, header)).toEqual(
          read(write(body, seeded(second), " "), 1 << 20, header),
        );
      }),
      { numRuns: 400 },
    );
  });

  it("counts every element once, as taken or as refused", () => {
    fc.assert(
      fc.property(bodies, headers, fc.nat(), (body, header, seed) => {
        const batch = read(write(body, seeded(seed), ""), 1 << 20, header);
        const sent = body.data.metrics.reduce((sum, metric) => sum + metric.data.length, 0);
        expect(batch.elements.length + batch.rejections.length).toBe(sent);
      }),
      { numRuns: 300 },
    );
  });

  it("lets go of finished days while reading and loses nothing by it", () => {
    const elements: object[] = [];
    for (let i = 0; i < 3 * 1440; i += 5) {
      elements.push({
        date: `${new Date(Date.UTC(2024, 1, 27) + i * 60_000 + 1000).toISOString().slice(0, 19).replace("T", " ")} +0000`,
        qty: i,
        source: "W",
      });
    }
    const body = { data: { metrics: [{ name: "step_count", units: "count", data: elements }] } };
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    const reader = open();
    const scanner = createScanner(reader);
    const whole: number[] = [];
    const dates: Set<string>[] = [];
    const keep = (batch: Batch) => {
      dates.push(new Set(batch.samples.flatMap(({ time }) => time.map((t) => new Date(t).toISOString().slice(0, 10)))));
      for (const { value } of batch.samples) whole.push(...value);
    };
    for (let at = 0; at < bytes.length; at += 10_000) {
      scanner.push(bytes.slice(at, at + 10_000));
      if (reader.held > 20_000) keep(reader.take(false));
    }
    scanner.end();
    keep(reader.take(true));
    expect(whole).toEqual(elements.map((_, i) => i * 5));
    expect(dates.length).toBeGreaterThan(2);
    // No day was let go of twice.
    expect(dates.flatMap((set) => [...set]).sort()).toEqual(["2024-02-27", "2024-02-28", "2024-02-29"]);
  });

  it.each<[string, unknown, number]>([
    [
      "data.metrics",
      {
        data: {
          metrics: [{ name: "step_count", units: "count", data: [{ date: "2024-02-06 10:01:00 +0000", qty: 1 }] }],
        },
      },
      1,
    ],
    [
      "data.healthMetrics.metrics",
      {
        data: {
          healthMetrics: { metrics: [{ name: "step_count", data: [{ date: "2024-02-06 10:01:00 +0000", qty: 1 }] }] },
        },
      },
      1,
    ],
    ["data as the array", { data: [{ name: "Step Count", data: [{ date: "2024-02-06 10:01:00 +0000", qty: 1 }] }] }, 1],
    [
      "metrics at the top",
      { metrics: [{ name: "step_count", data: [{ date: "2024-02-06 10:01:00 +0000", qty: 1 }] }] },
      1,
    ],
    [
      "data.workouts.workouts",
      { data: { workouts: { workouts: [{ name: "Yoga", start: "2024-02-06 10:00:00 +0000", duration: 60 }] } } },
      1,
    ],
    ["workouts at the top", { workouts: [{ name: "Yoga", start: "2024-02-06 10:00:00 +0000", duration: 60 }] }, 1],
    ["known arrays, all empty", { data: { metrics: [], workouts: [], ecg: [] } }, 0],
  ])("knows the envelope: %s", (_, body, count) => {
    expect(healthAutoExport.recognise(body, true)).toBe(true);
    const reader = open();
    const scanner = createScanner(reader);
    scanner.push(new TextEncoder().encode(JSON.stringify(body)));
    expect(scanner.end()).toBeNull();
    expect(reader.found).toBe(true);
    expect(reader.take(true).elements).toHaveLength(count);
  });

  it.each([
    {},
    { data: {} },
    { data: { metrics: {} } },
    [],
    5,
    { steps: [] },
    { data: [{ metadata: {} }] },
    { data: { metadata: { dataOrigin: "x" } } },
  ])("does not take %j for its own", (body) => expect(healthAutoExport.recognise(body, true)).toBe(false));

  it("leaves prototypes alone and lets the last of two equal keys win", () => {
    const element = '{"date":"2024-02-06 10:01:00 +0000","qty":1,"qty":2,"__proto__":{"qty":9},"constructor":1}';
    const batch = read(
      `{"__proto__":{"data":1},"data":{"__proto__":[1],"metrics":[{"name":"x","name":"step_count","data":[{}],"data":[${element}]}]}}`,
      1 << 20,
    );
    expect(batch.samples.map(({ metric, value }) => [metric, value])).toEqual([["steps", [2]]]);
    expect(batch.rejections).toEqual([]);
    expect(({} as Record<string, unknown>).qty).toBeUndefined();
  });
});
