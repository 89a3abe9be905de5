import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromWhole, nearestQuotient, placesOf, sum, toWhole } from "./decimals.ts";

describe("short decimals", () => {
  it("finds the fewest places that hold every value", () => {
    expect(placesOf([])).toBe(0);
    expect(placesOf([61, 0, -3])).toBe(0);
    expect(placesOf([61, 98.6])).toBe(1);
    expect(placesOf([1.5, 0.000001])).toBe(6);
    expect(placesOf([52.5200066], 7)).toBe(7);
  });

  it("says so where there are none", () => {
    expect(placesOf([0.0000001])).toBe(-1);
    expect(placesOf([1 / 3])).toBe(-1);
    expect(placesOf([0.1 + 0.2])).toBe(-1);
    expect(placesOf([-0])).toBe(-1);
    expect(placesOf([2 ** 53])).toBe(-1);
    expect(placesOf([2 ** 49, 0.000001])).toBe(-1);
  });

  it("gives back the same double at the places it found, and at more", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 6 }), (whole, places) => {
        const value = fromWhole(whole, places);
        const found = placesOf([value]);
        expect(found).toBeLessThanOrEqual(places);
        for (let n = found; n <= 6; n++) expect(fromWhole(toWhole(value, n), n)).toBe(value);
      }),
    );
  });
});

describe("sums", () => {
  it("are the decimals a person would write", () => {
    expect(sum([0.1, 0.2])).toBe(0.3);
    expect(sum([1.566, 2.434, 1200.4])).toBe(1204.4);
    expect(sum([])).toBe(0);
    expect(sum([-0])).toBe(0);
  });

  it("lose no small part beside a large one", () => {
    expect(sum([1e16, 1 / 3, -1e16])).toBe(1 / 3);
    expect(sum([2 ** 53, 1, 1])).toBe(2 ** 53 + 2);
  });

  it("of short decimals do not depend on the order", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1e8, max: 1e8 })), (wholes) => {
        const values = wholes.map((whole) => whole / 1000);
        expect(sum(values.toReversed())).toBe(sum(values));
        expect(sum(values)).toBe(wholes.reduce((a, b) => a + b, 0) / 1000);
      }),
    );
  });
});

describe("a quotient of 17 digits", () => {
  const part = (most: number) => fc.oneof(fc.integer({ min: 0, max: most }), fc.constantFrom(0, 1, most));

  it("is the double that the text means, or is not told", () => {
    let told = 0;
    fc.assert(
      fc.property(part(999_999_999), part(99_999_999), fc.integer({ min: 0, max: 22 }), (head, tail, places) => {
        const text = `${head}${String(tail).padStart(8, "0")}e-${places}`;
        const value = nearestQuotient(head, tail, Number(`1e${places}`));
        if (Number.isNaN(value)) return;
        told++;
        expect(value).toBe(Number(text));
      }),
      { numRuns: 5000 },
    );
    expect(told).toBeGreaterThan(4500);
  });

  it("reads what an average is written as", () => {
    expect(nearestQuotient(132783333, 33333333, 1e14)).toBe(132.78333333333333);
    expect(nearestQuotient(7685677, 43748451, 1e15)).toBe(0.768567743748451);
  });
});
