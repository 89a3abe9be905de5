import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Candidate, findDuplicates } from "./duplicates.ts";

const NINE = Date.UTC(2026, 2, 1, 9);
const minutes = (n: number): number => n * 60_000;
/** An hour's run at 9:00 UTC in +01:00. */
function run(public_id: string, more: Partial<Candidate> = {}): Candidate {
  return {
    public_id,
    provider: public_id.split(":")[0]!,
    sport: "running",
    sub_sport: "generic",
    start_time: NINE,
    utc_offset_s: 3600,
    elapsed_s: 3600,
    distance_m: 10_000,
    recording: null,
    parent: null,
    has_heart_rate: true,
    merge: true,
    ...more,
  };
}
const pairs = (...candidates: Candidate[]) =>
  Object.fromEntries([...findDuplicates(candidates)].filter(([, primary]) => primary !== null));

describe("activities of different providers", () => {
  it("are one when they overlap by 80 % of the shorter", () => {
    expect(pairs(run("garmin:1"), run("strava:1", { start_time: NINE + minutes(12) }))).toEqual({
      "strava:1": "garmin:1",
    });
    expect(pairs(run("garmin:1"), run("strava:1", { start_time: NINE + minutes(13) }))).toEqual({});
    const short = run("strava:1", { start_time: NINE + minutes(30), elapsed_s: 1800 });
    expect(pairs(run("garmin:1"), short)).toEqual({ "strava:1": "garmin:1" });
  });

  it("need the same sport, or one that does not say", () => {
    expect(pairs(run("garmin:1"), run("whoop:1", { sport: "cycling" }))).toEqual({});
    expect(pairs(run("garmin:1"), run("whoop:1", { sport: "generic" }))).toEqual({ "whoop:1": "garmin:1" });
  });

  it("need a length", () => {
    expect(pairs(run("garmin:1"), run("strava:1", { elapsed_s: null }))).toEqual({});
    expect(pairs(run("garmin:1"), run("strava:1", { elapsed_s: 0 }))).toEqual({});
  });

  it("are never matched by a hidden start, which is no time", () => {
    const midnight = Date.UTC(2026, 1, 28, 23, 0, 1);
    const hidden = run("strava:1", { start_time: midnight });
    expect(pairs(run("garmin:1", { start_time: midnight - 1000 }), hidden)).toEqual({});
    expect(pairs(hidden, run("strava:2", { start_time: midnight }))).toEqual({});
  });

  it("take no part where the terms forbid it", () => {
    expect(pairs(run("garmin:1"), run("strava:1", { merge: false }), run("polar:1"))).toEqual({
      "polar:1": "garmin:1",
    });
    expect(findDuplicates([run("strava:1", { merge: false })])).toEqual(new Map([["strava:1", null]]));
  });

  it("may be an hour apart where one took the wrong side of a clock change", () => {
    const polar = run("polar:1", { start_time: NINE - minutes(60), utc_offset_s: 7200 });
    expect(pairs(run("garmin:1"), polar)).toEqual({ "polar:1": "garmin:1" });
    expect(pairs(run("garmin:1"), { ...polar, utc_offset_s: 3600 })).toEqual({});
    expect(pairs(run("garmin:1"), { ...polar, sport: "generic" })).toEqual({});
    expect(pairs(run("garmin:1"), { ...polar, elapsed_s: 2400 })).toEqual({});
  });
});

describe("activities of one provider", () => {
  it("are one when the same ride was uploaded twice", () => {
    const ride = { sport: "cycling" };
    expect(pairs(run("strava:2", ride), run("strava:1", ride))).toEqual({ "strava:2": "strava:1" });
    expect(pairs(run("strava:2", ride), run("strava:1", { sport: "generic" }))).toEqual({});
  });

  it("are one when the phone noticed what a person was recording, whatever it took it for", () => {
    const noticed = run("google_fit:1", { recording: "automatically_recorded", sport: "walking" });
    const recorded = run("google_fit:2", {
      recording: "actively_recorded",
      sport: "hiking",
      has_heart_rate: false,
      distance_m: null,
    });
    expect(pairs(noticed, recorded)).toEqual({ "google_fit:1": "google_fit:2" });
    expect(pairs(noticed, { ...recorded, recording: null })).toEqual({});
  });

  it("are not when one is a leg of the other", () => {
    const parent = run("garmin:1", { sport: "multisport", elapsed_s: 7200 });
    const leg = run("garmin:2", { sport: "multisport", parent: "1" });
    expect(pairs(parent, leg)).toEqual({});
    expect(pairs(parent, leg, run("strava:1", { sport: "generic", elapsed_s: 7200, has_heart_rate: false }))).toEqual({
      "strava:1": "garmin:1",
    });
  });
});

describe("the primary", () => {
  it("is the richest, then the recording device's maker's, then the first id", () => {
    expect(pairs(run("garmin:1", { has_heart_rate: false }), run("strava:1"))).toEqual({ "garmin:1": "strava:1" });
    expect(pairs(run("garmin:1", { distance_m: null }), run("strava:1"))).toEqual({ "garmin:1": "strava:1" });
    expect(pairs(run("strava:1"), run("apple_health:1"), run("polar:1"))).toEqual({
      "strava:1": "polar:1",
      "apple_health:1": "polar:1",
    });
    expect(pairs(run("unheard_of:1"), run("strava:1"))).toEqual({ "unheard_of:1": "strava:1" });
  });

  const candidates = fc.uniqueArray(
    fc.record({
      id: fc.nat({ max: 9 }),
      provider: fc.constantFrom("garmin", "strava", "google_fit", "polar"),
      sport: fc.constantFrom("running", "cycling", "generic"),
      start: fc.nat({ max: 20 }),
      length: fc.integer({ min: 0, max: 12 }),
      offset: fc.constantFrom(null, 0, 3600),
      recording: fc.constantFrom(null, "actively_recorded", "automatically_recorded"),
      parent: fc.option(fc.nat({ max: 9 }).map(String)),
      rich: fc.boolean(),
      merge: fc.constantFrom(true, true, true, false),
    }),
    { selector: ({ id, provider }) => `${provider}:${id}`, maxLength: 15 },
  );

  it("is one itself, takes part, shares time with its duplicates, and depends on no order", () => {
    fc.assert(
      fc.property(candidates, (drawn) => {
        const all = drawn.map(({ id, provider, start, length, offset, rich, ...rest }) =>
          run(`${provider}:${id}`, {
            ...rest,
            start_time: NINE + minutes(start * 10),
            elapsed_s: length * 600,
            utc_offset_s: offset,
            has_heart_rate: rich,
          }),
        );
        const found = findDuplicates(all);
        const byId = new Map(all.map((one) => [one.public_id, one]));
        expect([...found.keys()].sort()).toEqual([...byId.keys()].sort());
        for (const [id, primary] of found) {
          if (primary === null) continue;
          expect(found.get(primary)).toBeNull();
          const [one, other] = [byId.get(id)!, byId.get(primary)!];
          expect(one.merge && other.merge).toBe(true);
          expect(`${one.provider}:${one.parent}`).not.toBe(primary);
          expect(pairs(one, other)).toEqual({ [id]: primary });
        }
        const primaries = all.filter((one) => found.get(one.public_id) === null);
        expect(pairs(...primaries)).toEqual({});
        expect(Object.fromEntries(findDuplicates(all.toReversed()))).toEqual(Object.fromEntries(found));
      }),
      { numRuns: 500 },
    );
  });
});
