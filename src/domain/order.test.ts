import fc from "fast-check";
import { expect, it } from "vitest";
import { byCodePoints } from "./order.ts";

it("orders by code points, not by UTF-16 units or locale", () => {
  expect(["😀", "｡", "b", "a", "B", "ä", ""].sort(byCodePoints)).toEqual(["", "B", "a", "b", "ä", "｡", "😀"]);
});

it("agrees with comparing the code points one by one", () => {
  const points = (text: string) => Array.from(text, (c) => c.codePointAt(0)!);
  const compare = (a: number[], b: number[]): number => {
    for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
    return a.length - b.length;
  };
  const text = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(text, text, text, (start, a, b) => {
      expect(Math.sign(byCodePoints(start + a, start + b))).toBe(Math.sign(compare(points(a), points(b))));
    }),
  );
});
