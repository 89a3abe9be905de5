import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucket, type DaySamples, header, mergeSamples, onDate, pack, summarise, unpack } from "./samples.ts";

const DAY = Date.UTC(2026, 2, 1);
const at = (clock: string): number => Date.parse(`2026-03-01T${clock}Z`);
const of = (...rows: [time: number, value: number, offset?: number][]): DaySamples => ({
  time: Float64Array.from(rows, ([time]) => time),
  value: Float64Array.from(rows, ([, value]) => value),
  utc_offset_s: Float64Array.from(rows, ([, , offset]) => offset ?? Number.NaN),
});
const never = () => {
  throw new Error("no guess was needed");
};

const value = fc.oneof(
  fc.integer({ min: 20, max: 250 }),
  fc.integer({ min: -1e9, max: 1e9 }).map((k) => k / 1e6),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(-0, 0, 0.1 + 0.2, 5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 53, 2 ** 50, 0.0000005),
);
const offset = fc.oneof(
  fc.constant(Number.NaN),
  fc.constantFrom(0, 3600, 19800, -34200),
  fc.integer({ min: -86400, max: 86400 }),
);
const daySamples = fc
  .uniqueArray(fc.tuple(fc.integer({ min: DAY, max: DAY + 86_399_999 }), value, offset), {
    selector: ([time]) => time,
    maxLength: 300,
  })
  .map((rows) => of(...rows.sort((a, b) => a[0] - b[0])));

describe("packing", () => {
  it("gives back every sample as it was", async () => {
    await fc.assert(
      fc.asyncProperty(daySamples, async (samples) => {
        const back = await unpack(await pack(samples));
        expect(back).toEqual(samples);
        expect(back.value.every((v, i) => Object.is(v, samples.value[i]))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("keeps even rhythms, small values and fractions alike", async () => {
    const rhythm = fc.record({
      step: fc.integer({ min: 1, max: 300_000 }),
      values: fc.array(value, { maxLength: 200 }),
    });
    await fc.assert(
      fc.asyncProperty(rhythm, async ({ step, values }) => {
        const samples = of(...values.map((v, i): [number, number] => [DAY + i * step, v]));
        expect(await unpack(await pack(samples))).toEqual(samples);
      }),
    );
  });

  it("needs at most 3 bytes for a heart rate each second", async () => {
    let random = 1;
    let bpm = 70;
    const rows = Array.from({ length: 86_400 }, (_, i): [number, number, number] => {
      random = (Math.imul(random, 48271) >>> 0) % 2147483647;
      bpm = Math.min(190, Math.max(45, bpm + ((random >>> 8) % 7) - 3));
      return [DAY + i * 1000, bpm, 3600];
    });
    const packed = await pack(of(...rows));
    expect(packed.length).toBeLessThan(86_400 * 3);
    expect(await unpack(packed)).toEqual(of(...rows));
  });

  it("keeps a single sample within a few bytes", async () => {
    expect((await pack(of([at("07:30:00"), 71.4, 3600]))).length).toBeLessThan(20);
  });

  it("refuses what it would lose", async () => {
    await expect(pack(of([DAY + 0.5, 60]))).rejects.toThrow(RangeError);
    await expect(pack(of([DAY, 60, 0.5]))).rejects.toThrow(RangeError);
  });

  it("does not take other bytes for samples", async () => {
    await expect(unpack(new Uint8Array([9, 1, 2]))).rejects.toThrow(RangeError);
    const packed = await pack(of([at("07:30:00"), 71.4], [at("08:30:00"), 71.6]));
    await expect(unpack(packed.subarray(0, packed.length - 4))).rejects.toThrow(RangeError);
  });
});

describe("merging", () => {
  const stored = of([at("08:00:00"), 60, 3600], [at("08:00:05"), 61], [at("08:00:10"), 62, 3600]);

  it("puts new samples in their place and says which were new", () => {
    const { samples, changed, any } = mergeSamples(
      stored,
      of([at("08:00:07"), 70], [at("08:00:10"), 62], [at("07:59:00"), 50]),
    );
    expect(samples).toEqual(
      of(
        [at("07:59:00"), 50],
        [at("08:00:00"), 60, 3600],
        [at("08:00:05"), 61],
        [at("08:00:07"), 70],
        [at("08:00:10"), 62, 3600],
      ),
    );
    expect([...changed]).toEqual([1, 0, 1]);
    expect(any).toBe(true);
  });

  it("lets the last of an instant win and calls the earlier ones unchanged", () => {
    const { samples, changed } = mergeSamples(null, of([DAY, 1], [DAY + 5, 2], [DAY, 3]));
    expect(samples).toEqual(of([DAY, 3], [DAY + 5, 2]));
    expect([...changed]).toEqual([0, 1, 1]);
  });

  it("changes nothing where an instant ends as it was", () => {
    const result = mergeSamples(stored, of([at("08:00:00"), 99], [at("08:00:00"), 60]));
    expect(result.any).toBe(false);
    expect(result.samples).toBe(stored);
  });

  it("learns an offset, changes it, and does not forget it", () => {
    expect([...mergeSamples(stored, of([at("08:00:05"), 61, 7200])).changed]).toEqual([1]);
    expect([...mergeSamples(stored, of([at("08:00:00"), 60, 7200])).changed]).toEqual([1]);
    expect([...mergeSamples(stored, of([at("08:00:00"), 60])).changed]).toEqual([0]);
    expect(mergeSamples(stored, of([at("08:00:00"), 64])).samples.utc_offset_s[0]).toBe(3600);
  });

  const arrivals = fc.array(
    fc.tuple(
      fc.integer({ min: DAY, max: DAY + 40 }),
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom(Number.NaN, 0, 3600),
    ),
    {
      maxLength: 60,
    },
  );

  it("agrees with keeping a map from instant to what was told last", () => {
    fc.assert(
      fc.property(arrivals, arrivals, (first, second) => {
        const model = new Map<number, [number, number]>();
        for (const [time, v, off] of [...first, ...second]) {
          model.set(time, [v, Number.isNaN(off) ? (model.get(time)?.[1] ?? off) : off]);
        }
        const base = mergeSamples(null, of(...first)).samples;
        const { samples, changed, any } = mergeSamples(base, of(...second));
        const rows = [...model].sort((a, b) => a[0] - b[0]);
        expect(samples).toEqual(of(...rows.map(([time, [v, off]]): [number, number, number] => [time, v, off])));
        const before = new Map(Array.from(base.time, (time, i) => [time, [base.value[i], base.utc_offset_s[i]]]));
        const differing = rows.filter(
          ([time, now]) => !Object.is(before.get(time)?.[0], now[0]) || !Object.is(before.get(time)?.[1], now[1]),
        );
        expect(
          second
            .filter((_, i) => changed[i])
            .map(([time]) => time)
            .sort(),
        ).toEqual(differing.map(([time]) => time));
        expect(any).toBe(differing.length > 0);
      }),
      { numRuns: 500 },
    );
  });

  it("changes nothing when the same comes again, whole", () => {
    fc.assert(
      fc.property(arrivals, (rows) => {
        const once = mergeSamples(null, of(...rows)).samples;
        expect(mergeSamples(once, of(...rows)).samples).toEqual(once);
        expect(mergeSamples(once, once).any).toBe(false);
      }),
    );
  });

  it("does not care for the order of distinct instants", () => {
    fc.assert(
      fc.property(daySamples, fc.infiniteStream(fc.nat()), (samples, keys) => {
        const rows = Array.from(samples.time, (time, i): [number, number, number] => [
          time,
          samples.value[i]!,
          samples.utc_offset_s[i]!,
        ]);
        const shuffled = rows
          .map((row) => ({ row, key: keys.next().value! }))
          .sort((a, b) => a.key - b.key)
          .map(({ row }) => row);
        const half = shuffled.length >> 1;
        const part = mergeSamples(null, of(...shuffled.slice(0, half))).samples;
        expect(mergeSamples(part, of(...shuffled.slice(half))).samples).toEqual(samples);
      }),
    );
  });
});

describe("summing up", () => {
  it("sorts the samples of a UTC day into the local days and hours they fall in", () => {
    const samples = of(
      [at("00:10:00"), 10, -18000],
      [at("04:59:59"), 5, -18000],
      [at("05:00:00"), 7.5, -18000],
      [at("05:30:00"), 0.3, -18000],
    );
    expect(summarise(samples, true, never)).toEqual({
      "2026-02-28": {
        count: 2,
        sum: 15,
        min: 5,
        max: 10,
        last: 5,
        last_time: at("04:59:59"),
        utc_offset_s: -18000,
        hours: { "19": 10, "23": 5 },
      },
      "2026-03-01": {
        count: 2,
        sum: 7.8,
        min: 0.3,
        max: 7.5,
        last: 0.3,
        last_time: at("05:30:00"),
        utc_offset_s: -18000,
        hours: { "00": 7.8 },
      },
    });
  });

  it("asks for the offset only where it is unknown", () => {
    const samples = of([at("22:00:00"), 60, 0], [at("22:30:00"), 62], [at("23:30:00"), 70, 0]);
    const asked: number[] = [];
    const local = summarise(samples, false, (time) => asked.push(time) * 7200);
    expect(asked).toEqual([at("22:30:00")]);
    expect(local).toEqual({
      "2026-03-01": { count: 2, sum: 130, min: 60, max: 70, last: 70, last_time: at("23:30:00"), utc_offset_s: 0 },
      "2026-03-02": { count: 1, sum: 62, min: 62, max: 62, last: 62, last_time: at("22:30:00") },
    });
  });

  it("finds the samples of one local date by the same rule", () => {
    const samples = of([at("22:00:00"), 60, 0], [at("22:30:00"), 62], [at("23:30:00"), 70, 0]);
    expect(onDate(samples, "2026-03-02", () => 7200)).toEqual(of([at("22:30:00"), 62]));
    expect(onDate(samples, "2026-03-01", () => 7200)).toEqual(of([at("22:00:00"), 60, 0], [at("23:30:00"), 70, 0]));
  });

  it("heads a row with what is readable of it", () => {
    expect(header(of([at("06:00:00"), 70.1], [at("07:00:00"), 60.2], [at("08:00:00"), 65]))).toEqual({
      count: 3,
      min: 60.2,
      max: 70.1,
      sum: 195.3,
      first: at("06:00:00"),
      last: at("08:00:00"),
    });
  });
});

describe("buckets", () => {
  const samples = of([at("08:00:30"), 60], [at("08:00:59"), 63], [at("08:01:00"), 70], [at("09:00:00"), 80]);

  it("are UTC spans that hold a sample", () => {
    expect(bucket(samples, "1m")).toEqual([
      { time: at("08:00:00"), avg: 61.5, min: 60, max: 63, sum: 123, count: 2 },
      { time: at("08:01:00"), avg: 70, min: 70, max: 70, sum: 70, count: 1 },
      { time: at("09:00:00"), avg: 80, min: 80, max: 80, sum: 80, count: 1 },
    ]);
    expect(bucket(samples, "5m").map(({ count }) => count)).toEqual([3, 1]);
    expect(bucket(samples, "1h").map(({ time }) => time)).toEqual([at("08:00:00"), at("09:00:00")]);
    expect(bucket(samples, "1d")).toEqual([{ time: DAY, avg: 68.25, min: 60, max: 80, sum: 273, count: 4 }]);
    expect(bucket(of(), "1h")).toEqual([]);
  });
});
