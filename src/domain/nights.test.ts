import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SegmentStage } from "./batch.ts";
import {
  type BuiltNight,
  decodeSegments,
  encodeSegments,
  JOIN_MS,
  joinSegments,
  type Segment,
  segmentKey,
  sleepType,
} from "./nights.ts";

/** Clock times after noon belong to 28 February, the others to 1 March, in +08:00. */
const at = (clock: string): number => Date.parse(`${clock < "12" ? "2026-03-01" : "2026-02-28"}T${clock}:00+08:00`);
const segment = (
  source: string,
  from: string,
  to: string,
  stage: SegmentStage,
  offset: number | null = 28_800,
): Segment => ({
  source,
  start_time: at(from),
  end_time: at(to),
  utc_offset_s: offset,
  stage,
});
const seconds = ({ fields }: BuiltNight) => {
  const { in_bed_s, asleep_s, awake_s, light_s, deep_s, rem_s, unstaged_s } = fields;
  return { in_bed_s, asleep_s, awake_s, light_s, deep_s, rem_s, unstaged_s };
};

describe("the date of a night", () => {
  it("is that of the clock at its end, also after a flight", () => {
    // From 7:00 in -08:00 to 23:30 UTC: 15:30 there, 1:30 of the day after in +02:00.
    const flown: Segment = {
      source: "Watch",
      start_time: Date.parse("2026-02-28T15:00:00Z"),
      end_time: Date.parse("2026-02-28T23:30:00Z"),
      utc_offset_s: -28_800,
      end_utc_offset_s: 7200,
      stage: "light",
    };
    const [night] = joinSegments([flown]);
    expect(night!.fields).toMatchObject({ date: "2026-03-01", utc_offset_s: -28_800 });
    expect(encodeSegments([flown])).toBe('[["Watch",1772290800000,1772321400000,-28800,"light",7200]]');
    expect(joinSegments(decodeSegments(encodeSegments(night!.segments)))).toEqual([night]);
    const { end_utc_offset_s, ...stayed } = flown;
    expect(joinSegments([stayed])[0]!.fields.date).toBe("2026-02-28");
    expect(encodeSegments([stayed])).toBe('[["Watch",1772290800000,1772321400000,-28800,"light"]]');
  });
});

describe("a night from segments", () => {
  it("takes stages from the watch, time in bed from the phone, and its span from both", () => {
    const [night, ...more] = joinSegments([
      segment("Phone", "22:30", "06:40", "in_bed"),
      segment("Watch", "23:00", "01:00", "light"),
      segment("Watch", "01:00", "02:00", "deep"),
      segment("Watch", "02:00", "02:10", "awake"),
      segment("Watch", "02:10", "04:00", "rem"),
      segment("Watch", "04:00", "07:00", "light"),
    ]);
    expect(more).toEqual([]);
    expect(night).toMatchObject({
      external_id: `sleep:${at("22:30")}`,
      fields: {
        type: "main",
        date: "2026-03-01",
        start_time: at("22:30"),
        end_time: at("07:00"),
        utc_offset_s: 28_800,
        latency_s: null,
        efficiency_pct: null,
      },
    });
    expect(seconds(night!)).toEqual({
      in_bed_s: 29_400,
      asleep_s: 28_200,
      awake_s: 600,
      light_s: 18_000,
      deep_s: 3600,
      rem_s: 6600,
      unstaged_s: 0,
    });
    expect(night!.fields.stages).toEqual([
      [1800, "light", 7200],
      [9000, "deep", 3600],
      [12_600, "awake", 600],
      [13_200, "rem", 6600],
      [19_800, "light", 10_800],
    ]);
    expect(night!.segments).toHaveLength(6);
  });

  it("joins what is an hour apart and no more", () => {
    const apart = (to: string) =>
      joinSegments([segment("A", "22:00", "23:00", "light"), segment("A", to, "06:00", "light")]);
    expect(apart("00:00")).toHaveLength(1);
    expect(apart("00:01").map(({ external_id }) => external_id)).toEqual([
      `sleep:${at("22:00")}`,
      `sleep:${at("00:01")}`,
    ]);
    expect(apart("00:00")[0]!.fields).toMatchObject({ in_bed_s: 28_800, asleep_s: 25_200 });
  });

  it("keeps two sources' groups apart unless they overlap, however close", () => {
    expect(
      joinSegments([segment("A", "22:00", "23:00", "light"), segment("B", "23:00", "06:00", "light")]),
    ).toHaveLength(2);
  });

  it("lets another source bridge what one left out", () => {
    const nights = joinSegments([
      segment("W", "22:00", "23:30", "deep"),
      segment("W", "02:00", "06:00", "deep"),
      segment("P", "22:10", "06:30", "in_bed"),
    ]);
    expect(nights).toHaveLength(1);
    expect(nights[0]!.fields).toMatchObject({ asleep_s: 19_800, in_bed_s: 30_000, end_time: at("06:30") });
  });

  it("leaves a night spent only in bed without sleep", () => {
    const [night] = joinSegments([
      segment("Phone", "23:00", "03:00", "in_bed"),
      segment("Phone", "03:10", "05:00", "in_bed"),
      segment("Pad", "02:00", "03:05", "in_bed"),
    ]);
    expect(seconds(night!)).toEqual({
      in_bed_s: 21_300,
      asleep_s: null,
      awake_s: null,
      light_s: null,
      deep_s: null,
      rem_s: null,
      unstaged_s: null,
    });
    expect(night!.fields).toMatchObject({ stages: null, type: "main" });
  });

  it("puts sleep without stages into unstaged, and does not know how long one was awake", () => {
    const [night] = joinSegments([segment("Band", "13:00", "14:30", "unstaged")]);
    expect(seconds(night!)).toEqual({
      in_bed_s: 5400,
      asleep_s: 5400,
      awake_s: null,
      light_s: null,
      deep_s: null,
      rem_s: null,
      unstaged_s: 5400,
    });
    expect(night!.fields).toMatchObject({ type: "nap", date: "2026-02-28", stages: [[0, "unstaged", 5400]] });
  });

  it("prefers the most staged, then the most sleep, then the first source in code-point order", () => {
    const asleep = (source: string) => segment(source, "23:00", "07:00", "unstaged");
    const staged = (source: string) => segment(source, "23:00", "00:00", "light");
    expect(joinSegments([asleep("A"), staged("B")])[0]!.fields).toMatchObject({ light_s: 3600, asleep_s: 3600 });
    expect(
      joinSegments([staged("A"), staged("B"), segment("B", "00:00", "03:00", "unstaged")])[0]!.fields.asleep_s,
    ).toBe(14_400);
    expect(joinSegments([staged("B"), segment("A", "23:00", "00:00", "deep")])[0]!.fields).toMatchObject({
      light_s: 0,
      deep_s: 3600,
    });
  });

  it("gives each instant one stage where a source's segments overlap", () => {
    const [night] = joinSegments([
      segment("A", "23:00", "07:00", "unstaged"),
      segment("A", "00:00", "06:00", "light"),
      segment("A", "01:00", "02:00", "deep"),
      segment("A", "06:30", "06:40", "awake"),
    ]);
    expect(night!.fields.stages).toEqual([
      [0, "unstaged", 3600],
      [3600, "light", 3600],
      [7200, "deep", 3600],
      [10_800, "light", 14_400],
      [25_200, "unstaged", 1800],
      [27_000, "awake", 600],
      [27_600, "unstaged", 1200],
    ]);
    expect(seconds(night!)).toMatchObject({
      asleep_s: 28_200,
      awake_s: 600,
      light_s: 18_000,
      deep_s: 3600,
      rem_s: 0,
      unstaged_s: 6600,
    });
  });

  it("keeps what a source told twice once, and its offset if either telling knew it", () => {
    const one = segment("A", "23:00", "07:00", "light", null);
    const [night] = joinSegments([one, { ...one, utc_offset_s: 28_800 }, one]);
    expect(night!.segments).toEqual([{ ...one, utc_offset_s: 28_800 }]);
    expect(night!.fields.asleep_s).toBe(28_800);
  });

  it("takes the date from the end's own offset, which may differ from the start's, else from the guess", () => {
    const flight = [segment("A", "23:00", "23:50", "light", 28_800), segment("A", "23:50", "00:30", "light", 18_000)];
    expect(joinSegments(flight)[0]!.fields).toMatchObject({ utc_offset_s: 28_800, date: "2026-02-28" });
    const unknown = [segment("A", "23:00", "00:30", "light", null)];
    expect(joinSegments(unknown)[0]!.fields).toMatchObject({ utc_offset_s: null, date: "2026-02-28" });
    expect(joinSegments(unknown, () => 28_800)[0]!.fields.date).toBe("2026-03-01");
  });

  it("makes nothing of a segment that ends where it starts", () => {
    expect(joinSegments([segment("A", "23:00", "23:00", "light"), segment("A", "23:00", "22:00", "light")])).toEqual(
      [],
    );
  });

  it("calls three hours of sleep a main one", () => {
    expect([sleepType(10_800, 0), sleepType(10_799.9, 90_000), sleepType(null, 10_800), sleepType(0, 30_000)]).toEqual([
      "main",
      "nap",
      "main",
      "nap",
    ]);
  });
});

describe("the same set of segments", () => {
  const MINUTE = 60_000;
  const STAGES: SegmentStage[] = ["in_bed", "awake", "light", "deep", "rem", "unstaged"];
  const segments: fc.Arbitrary<Segment[]> = fc.array(
    fc
      .record({
        source: fc.constantFrom("Phone", "Watch", "😀"),
        start: fc.nat({ max: 100 }),
        length: fc.integer({ min: 1, max: 12 }),
        stage: fc.constantFrom(...STAGES),
        utc_offset_s: fc.constantFrom(null, 0, 28_800),
      })
      .map(({ start, length, ...rest }) => ({
        ...rest,
        start_time: start * 20 * MINUTE,
        end_time: (start + length) * 20 * MINUTE,
      })),
    { maxLength: 25 },
  );

  it("makes the same nights in any order", () => {
    fc.assert(
      fc.property(segments, fc.infiniteStream(fc.nat()), (all, keys) => {
        const shuffled = all
          .map((one) => ({ one, key: keys.next().value! }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        expect(joinSegments(shuffled)).toEqual(joinSegments(all));
      }),
      { numRuns: 300 },
    );
  });

  it("makes the same nights in any parts, looking no further than an hour around what is new", () => {
    fc.assert(
      fc.property(segments, fc.integer({ min: 1, max: 6 }), (all, size) => {
        let stored: BuiltNight[] = [];
        for (let i = 0; i < all.length; i += size) {
          const fresh = all.slice(i, i + size);
          const near = ({ fields }: BuiltNight) =>
            fresh.some(
              (one) => fields.start_time <= one.end_time + JOIN_MS && fields.end_time >= one.start_time - JOIN_MS,
            );
          const old = stored.filter(near).flatMap((night) => decodeSegments(encodeSegments(night.segments)));
          stored = [...stored.filter((night) => !near(night)), ...joinSegments([...old, ...fresh])];
        }
        expect(stored.sort((a, b) => a.fields.start_time - b.fields.start_time)).toEqual(joinSegments(all));
      }),
      { numRuns: 300 },
    );
  });

  it("makes the nights that a naive reading of the rules, minute by minute, makes", () => {
    /** Sets of items that are linked, directly or through others. */
    const closure = <T>(items: T[], linked: (a: T, b: T) => boolean): T[][] => {
      const left = new Set(items);
      const sets: T[][] = [];
      for (const item of items) {
        if (!left.delete(item)) continue;
        const set = [item];
        for (const member of set)
          for (const other of [...left]) if (linked(member, other) && left.delete(other)) set.push(other);
        sets.push(set);
      }
      return sets;
    };
    const spanOf = (set: Segment[]) =>
      [Math.min(...set.map((s) => s.start_time)), Math.max(...set.map((s) => s.end_time))] as const;
    const apart = (a: Segment, b: Segment) => Math.max(a.start_time, b.start_time) - Math.min(a.end_time, b.end_time);

    const expected = (all: Segment[]) => {
      const groups = closure(all, (a, b) => a.source === b.source && apart(a, b) <= 60 * MINUTE);
      const nights = closure(groups, (a, b) => {
        const [[aStart, aEnd], [bStart, bEnd]] = [spanOf(a), spanOf(b)];
        return aStart < bEnd && bStart < aEnd;
      });
      return nights
        .map((sets) => {
          const set = sets.flat();
          const [start, end] = spanOf(set);
          const totals = new Map<string, Record<SegmentStage, number>>();
          for (const source of ["Phone", "Watch", "😀", "bed"])
            totals.set(source, { in_bed: 0, awake: 0, light: 0, deep: 0, rem: 0, unstaged: 0 });
          for (let t = start; t < end; t += MINUTE) {
            const now = set.filter((s) => s.start_time <= t && t < s.end_time);
            if (now.some(({ stage }) => stage === "in_bed")) totals.get("bed")!.in_bed += 60;
            for (const source of ["Phone", "Watch", "😀"]) {
              const own = now.filter((s) => s.source === source && s.stage !== "in_bed");
              const telling = own.filter(({ stage }) => stage !== "unstaged");
              const top = (telling.length > 0 ? telling : own).sort(
                (a, b) =>
                  a.end_time - a.start_time - (b.end_time - b.start_time) ||
                  a.start_time - b.start_time ||
                  (a.stage < b.stage ? -1 : 1),
              )[0];
              if (top) totals.get(source)![top.stage] += 60;
            }
          }
          const best = ["Phone", "Watch", "😀"]
            .map((source) => totals.get(source)!)
            .map((of) => ({
              ...of,
              staged: of.light + of.deep + of.rem,
              asleep: of.light + of.deep + of.rem + of.unstaged,
            }))
            .reduce((a, b) => (b.staged > a.staged || (b.staged === a.staged && b.asleep > a.asleep) ? b : a));
          const told = set.some(({ stage }) => stage === "in_bed");
          return { start, end, in_bed: told ? totals.get("bed")!.in_bed : (end - start) / 1000, best };
        })
        .sort((a, b) => a.start - b.start);
    };

    fc.assert(
      fc.property(segments, (all) => {
        const nights = expected(all);
        const built = joinSegments(all);
        expect(built.map(({ external_id }) => external_id)).toEqual(nights.map(({ start }) => `sleep:${start}`));
        built.forEach(({ fields, segments }, i) => {
          const { start, end, in_bed, best } = nights[i]!;
          expect(fields).toMatchObject({ start_time: start, end_time: end, in_bed_s: in_bed });
          expect(fields.asleep_s).toBe(best.asleep || null);
          expect(fields.light_s).toBe(best.staged ? best.light : null);
          expect(fields.deep_s).toBe(best.staged ? best.deep : null);
          expect(fields.rem_s).toBe(best.staged ? best.rem : null);
          expect(fields.unstaged_s).toBe(best.asleep ? best.unstaged : null);
          if (best.asleep) expect(fields.awake_s).toBe(best.staged || best.awake ? best.awake : null);
          const among = all.filter((one) => one.start_time >= start && one.end_time <= end);
          expect(segments.map(segmentKey).sort()).toEqual([...new Set(among.map(segmentKey))].sort());
          let reached = 0;
          for (const [offset, , length] of fields.stages ?? []) {
            expect(offset).toBeGreaterThanOrEqual(reached);
            reached = offset + length;
          }
          expect(reached).toBeLessThanOrEqual((end - start) / 1000);
        });
      }),
      { numRuns: 300 },
    );
  });
});
