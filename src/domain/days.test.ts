import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  askedRows,
  byStream,
  countedSamples,
  countingStreams,
  type DayStream,
  deriveDay,
  type Inputs,
  interleave,
} from "./days.ts";
import { metricOf } from "./metrics.ts";
import { type DaySamples, type Local, mergeSamples, onDate, summarise } from "./samples.ts";
import { addDays, DAY_MS, utcDate } from "./time.ts";

/** metric, stream, instant, value, offset (NaN: unknown) */
type Told = [metric: string, stream: string, time: number, value: number, offset: number];
interface Row {
  metric: string;
  stream: string;
  date: string;
  samples: DaySamples;
  local: Local;
}
const GUESS = 7200;
const offsetAt = () => GUESS;

/** Rows as a store would keep them. */
function rowsOf(told: Told[]): Row[] {
  const rows = new Map<string, Row>();
  for (const [metric, stream, time, value, offset] of told) {
    const date = utcDate(time);
    const key = `${metric} ${stream} ${date}`;
    const { samples } = mergeSamples(rows.get(key)?.samples ?? null, {
      time: Float64Array.of(time),
      value: Float64Array.of(value),
      utc_offset_s: Float64Array.of(offset),
    });
    rows.set(key, {
      metric,
      stream,
      date,
      samples,
      local: summarise(samples, metricOf(metric).kind === "cumulative", offsetAt),
    });
  }
  return [...rows.values()];
}

const streamsOf = (rows: Row[], date: string): DayStream[] =>
  rows.flatMap(({ metric, stream, samples, local }) =>
    local[date] ? [{ metric, stream, summary: local[date], samples: async (of) => onDate(samples, of, offsetAt) }] : [],
  );
const derive = (date: string, told: Told[], inputs: Inputs = {}) =>
  deriveDay(date, inputs, streamsOf(rowsOf(told), date));

const at = (clock: string, date = "2026-03-01"): number => Date.parse(`${date}T${clock}Z`);
const steps = (stream: string, clock: string, value: number, offset = 0): Told => [
  "steps",
  stream,
  at(clock),
  value,
  offset,
];
const pulse = (stream: string, clock: string, value: number): Told => ["heart_rate_bpm", stream, at(clock), value, 0];
const weight = (stream: string, clock: string, value: number): Told => ["weight_kg", stream, at(clock), value, 0];

describe("a cumulative day", () => {
  it("counts in every hour only the stream with the largest sum", async () => {
    const told = [
      steps("Phone:minute", "08:10:00", 300),
      steps("Phone:minute", "08:20:00", 250),
      steps("Watch:minute", "08:10:00", 600),
      steps("Phone:minute", "09:10:00", 80),
      steps("Watch:minute", "09:10:00", 20),
      steps("Watch:hour", "10:00:00", 40.5),
    ];
    expect(await derive("2026-03-01", told)).toEqual({ steps: 720.5 });
  });

  it("adds the two halves of an hour that a half-hour offset puts into two UTC days", async () => {
    const india = 19_800;
    const told: Told[] = [
      ["steps", "Watch:minute", at("23:40:00", "2026-02-28"), 100, india],
      ["steps", "Watch:minute", at("00:10:00"), 100, india],
      ["steps", "Phone:minute", at("23:40:00", "2026-02-28"), 150, india],
    ];
    expect(await derive("2026-03-01", told)).toEqual({ steps: 200 });
  });

  it("is the day value where that is larger, and the largest of several", async () => {
    const told = [steps("Phone:minute", "08:10:00", 300)];
    expect(await derive("2026-03-01", told, { steps: { Phone: 250 } })).toEqual({ steps: 300 });
    expect(await derive("2026-03-01", told, { steps: { Phone: 4000, Watch: 4100 } })).toEqual({ steps: 4100 });
    expect(await derive("2026-03-01", [], { steps: { Phone: 4000, Watch: 0 } })).toEqual({ steps: 4000 });
  });

  it("may be zero", async () => {
    expect(await derive("2026-03-01", [steps("Phone:minute", "08:10:00", 0)])).toEqual({ steps: 0 });
  });
});

describe("an instantaneous day", () => {
  it("is the registry's aggregate, under the registry's daily name", async () => {
    const told = [
      pulse("W:minute", "08:00:00", 60),
      pulse("W:minute", "09:00:00", 71),
      weight("S:minute", "07:00:00", 70.1),
      weight("S:minute", "06:00:00", 71),
    ];
    expect(await derive("2026-03-01", told)).toEqual({ avg_heart_rate_bpm: 65.5, weight_kg: 70.1 });
  });

  it("takes only the first stream at one instant", async () => {
    const told = [
      pulse("B:minute", "08:00:00", 100),
      pulse("A:minute", "08:00:00", 60),
      pulse("B:minute", "09:00:00", 80),
    ];
    expect(await derive("2026-03-01", told)).toEqual({ avg_heart_rate_bpm: 70 });
    expect(
      await derive("2026-03-01", [weight("B:minute", "08:00:00", 80), weight("A:minute", "08:00:00", 70)]),
    ).toEqual({ weight_kg: 70 });
  });

  it("is the given value, of the first source, even where it is the smaller", async () => {
    const told = [pulse("A:minute", "08:00:00", 60)];
    expect(await derive("2026-03-01", told, { avg_heart_rate_bpm: { B: 90, A: 55 } })).toEqual({
      avg_heart_rate_bpm: 55,
    });
  });

  it("has no key for samples that make no day", async () => {
    expect(await derive("2026-03-01", [["heart_rate_max_bpm", "A:minute", at("08:00:00"), 150, 0]])).toEqual({});
  });

  it("uses the guess where the offset is unknown", async () => {
    const told: Told[] = [["heart_rate_bpm", "A:minute", at("22:30:00"), 60, Number.NaN]];
    expect(await derive("2026-03-02", told)).toEqual({ avg_heart_rate_bpm: 60 });
    expect(await derive("2026-03-01", told)).toEqual({});
  });
});

describe("against a naive model", () => {
  const METRICS = ["steps", "heart_rate_bpm", "weight_kg", "heart_rate_max_bpm", "uv_index", "x_mood"];
  const SOURCES = ["Phone:minute", "Phone:hour", "Wａtch:minute", "😀:minute", ""];
  const told: fc.Arbitrary<Told[]> = fc.array(
    fc.tuple(
      fc.constantFrom(...METRICS),
      fc.constantFrom(...SOURCES),
      fc
        .integer({ min: -12, max: 36 })
        .chain((hour) => fc.constantFrom(0, 10, 45).map((minute) => at("00:00:00") + (hour * 60 + minute) * 60_000)),
      fc.integer({ min: 0, max: 20_000 }).map((k) => k / 100),
      fc.constantFrom(0, 3600, 19_800, -18_000, Number.NaN),
    ),
    { maxLength: 40 },
  );
  const inputs: fc.Arbitrary<Inputs> = fc.dictionary(
    fc.constantFrom("steps", "weight_kg", "avg_heart_rate_bpm", "readiness_score"),
    fc.dictionary(fc.constantFrom("Phone", "Watch", "｡", "😀"), fc.integer({ min: 0, max: 400 })),
  );
  const first = (names: string[]): string =>
    names.sort((a, b) => {
      const [x, y] = [Array.from(a), Array.from(b)].map((text) =>
        text.map((c) => c.codePointAt(0)!.toString(16).padStart(6, "0")).join(""),
      );
      return x! < y! ? -1 : x! > y! ? 1 : 0;
    })[0]!;

  function model(date: string, all: Told[], given: Inputs): Record<string, number> {
    // An unknown offset never replaces a known one: what was known of an instant stays known.
    const last = new Map<string, Told>();
    for (const one of all) {
      const key = one.slice(0, 3).join("|");
      const before = last.get(key);
      last.set(key, Number.isNaN(one[4]) && before ? ([...one.slice(0, 4), before[4]] as Told) : one);
    }
    const wall = ([, , time, , offset]: Told) =>
      new Date(time + (Number.isNaN(offset) ? GUESS : offset) * 1000).toISOString();
    const result: Record<string, number> = {};
    const days = {
      steps: "steps",
      heart_rate_bpm: "avg_heart_rate_bpm",
      weight_kg: "weight_kg",
      uv_index: "uv_index",
      x_mood: "x_mood",
    };
    for (const [metric, key] of Object.entries(days)) {
      const mine = [...last.values()].filter((one) => one[0] === metric && wall(one).slice(0, 10) === date);
      if (mine.length === 0) continue;
      if (metric === "steps") {
        let total = 0;
        for (const hour of new Set(mine.map((one) => wall(one).slice(11, 13)))) {
          const inHour = mine.filter((one) => wall(one).slice(11, 13) === hour);
          total += Math.max(
            ...SOURCES.map((s) =>
              inHour.filter((one) => one[1] === s).reduce((sum, one) => sum + Math.round(one[3] * 100), 0),
            ),
          );
        }
        result[key] = total / 100;
        continue;
      }
      const instants = [...new Set(mine.map((one) => one[2]))].sort((a, b) => a - b);
      const values = instants.map((time) => {
        const there = mine.filter((one) => one[2] === time);
        const winner = first(there.map((one) => one[1].replace(":", "\u0000")));
        return there.find((one) => one[1].replace(":", "\u0000") === winner)![3];
      });
      const total = values.reduce((sum, v) => sum + Math.round(v * 100), 0) / 100;
      if (metric === "weight_kg") result[key] = values.at(-1)!;
      else if (metric === "uv_index") result[key] = Math.max(...values);
      else result[key] = total / values.length;
    }
    for (const [key, bySource] of Object.entries(given)) {
      const names = Object.keys(bySource);
      if (names.length === 0) continue;
      result[key] = key === "steps" ? Math.max(result[key] ?? 0, ...Object.values(bySource)) : bySource[first(names)]!;
    }
    return result;
  }

  it("asks for the samples of those rows that it says it will", async () => {
    await fc.assert(
      fc.asyncProperty(told, inputs, async (all, given) => {
        const asked = new Set<DayStream>();
        const streams = streamsOf(rowsOf(all), "2026-03-01").map((one) => {
          const samples = (of: string) => {
            asked.add(own);
            return one.samples(of);
          };
          const own: DayStream = { ...one, samples };
          return own;
        });
        await deriveDay("2026-03-01", given, streams);
        expect(asked).toEqual(new Set(askedRows(given, streams)));
      }),
    );
  });

  it("derives the same days", async () => {
    await fc.assert(
      fc.asyncProperty(told, inputs, async (all, given) => {
        for (const shift of [-1, 0, 1]) {
          const date = addDays("2026-03-01", shift);
          expect(await derive(date, all, given)).toEqual(model(date, all, given));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("does not care in which order rows, streams and sources are listed", async () => {
    await fc.assert(
      fc.asyncProperty(told, inputs, async (all, given) => {
        const streams = streamsOf(rowsOf(all), "2026-03-01");
        const reversed = Object.fromEntries(
          Object.entries(given)
            .reverse()
            .map(([key, bySource]) => [key, Object.fromEntries(Object.entries(bySource).reverse())]),
        );
        const day = await deriveDay("2026-03-01", given, streams);
        expect(JSON.stringify(await deriveDay("2026-03-01", reversed, streams.reverse()))).toBe(JSON.stringify(day));
      }),
    );
  });

  it("answers a plain read with samples that add up to the days", () => {
    fc.assert(
      fc.property(told, (all) => {
        const rows = rowsOf(all.map(([, stream, time, value]): Told => ["steps", stream, time, value, 3600]));
        const read = countedSamples(
          "steps",
          rows.map((row) => ({ ...row, offsetAt })),
          countingStreams(rows),
        );
        const byDate = new Map<string, number>();
        read.time.forEach((time, i) => {
          const date = utcDate(time + 3_600_000);
          byDate.set(date, (byDate.get(date) ?? 0) + Math.round(read.value[i]! * 100));
        });
        for (const date of new Set(rows.flatMap(({ local }) => Object.keys(local)))) {
          expect((byDate.get(date) ?? 0) / 100).toBe(model(date, rows.flatMap(tell), {}).steps);
        }
      }),
    );
  });
  const tell = ({ metric, stream, samples }: Row): Told[] =>
    Array.from(samples.time, (time, i) => [metric, stream, time, samples.value[i]!, samples.utc_offset_s[i]!]);
});

describe("reading a series", () => {
  it("answers with the stream that counts in each hour", () => {
    const rows = rowsOf([
      steps("Phone:minute", "08:10:00", 300),
      steps("Watch:minute", "08:05:00", 600),
      steps("Phone:minute", "09:10:00", 80),
      steps("Watch:minute", "09:10:00", 80),
    ]);
    const counting = countingStreams(rows);
    expect(counting("2026-03-01", "08")).toBe("Watch:minute");
    expect(counting("2026-03-01", "09")).toBe("Phone:minute");
    expect(counting("2026-03-01", "10")).toBeNull();
    const read = countedSamples(
      "steps",
      rows.map((row) => ({ ...row, offsetAt })),
      counting,
    );
    expect(Array.from(read.time, (time) => time % DAY_MS)).toEqual([at("08:05:00") % DAY_MS, at("09:10:00") % DAY_MS]);
    expect([...read.value]).toEqual([600, 80]);
  });

  it("interleaves the streams of other metrics, the first one counting at an instant", () => {
    const rows = rowsOf([
      pulse("B:minute", "08:00:00", 100),
      pulse("A:minute", "08:00:00", 60),
      pulse("B:minute", "07:00:00", 80),
    ]);
    expect([...interleave(rows).value]).toEqual([80, 60]);
    const read = countedSamples(
      "heart_rate_bpm",
      rows.map((row) => ({ ...row, offsetAt })),
      () => null,
    );
    expect([...read.value]).toEqual([80, 60]);
  });

  it("orders streams by source, then grain", () => {
    expect(["A:minute", "A b:hour", "A:hour", "😀:hour", "｡:hour", ""].sort(byStream)).toEqual([
      "",
      "A:hour",
      "A:minute",
      "A b:hour",
      "｡:hour",
      "😀:hour",
    ]);
  });
});
