import fc from "fast-check";
import { expect, it } from "vitest";
import { outlineOf } from "./outline.ts";

const outline = (text: string) => JSON.parse(JSON.stringify(outlineOf(new TextEncoder().encode(text)).value ?? null));

it("is the JSON itself where nothing was cut, arrays to their first elements", () => {
  expect(outline(' {"a": [1, 2.5, -1e3], "b": {"c": "x\\"y", "d": null}} ')).toEqual({
    a: [1, 2.5, -1000],
    b: { c: 'x"y', d: null },
  });
  expect(outline("[1,2,3,4,5,6,7,8,9,10]")).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(outline('"x"')).toBe("x");
});

it.each<[string, unknown]>([
  ['{"data":{"metrics":[{"name":"step', { data: { metrics: [{}] } }],
  ['{"data":{"metrics":[{"name":"a","qty":12', { data: { metrics: [{ name: "a" }] } }],
  ['{"data":{"met', { data: {} }],
  ['{"data":', {}],
  ["hello", null],
  ["", null],
])("ends where %j was cut", (text, expected) => expect(outline(text)).toEqual(expected));

it("looks at the first 64 kB, of whatever pieces a body comes in", () => {
  const long = (bytes: number) => `{"junk":"${"x".repeat(bytes)}","data":1}`;
  expect(outline(long(60_000))).toHaveProperty("data", 1);
  expect(outline(long(70_000))).not.toHaveProperty("data");
  const many = `{"data":[${Array.from({ length: 20 }, (_, i) => `{"a": [${i}, "]}"]}`).join(" , ")}],"name":"n"}`;
  expect(outline(many)).toEqual({ data: Array.from({ length: 8 }, (_, i) => ({ a: [i, "]}"] })), name: "n" });
});

it("passes over what is deep, and says whether there may be more", () => {
  const deep = `{"junk":${"[".repeat(60)}"]"${"]".repeat(60)},"data":1}`;
  expect(outline(deep)).toHaveProperty("data", 1);
  const cut = (text: string) => outlineOf(new TextEncoder().encode(text)).cut;
  expect([cut(deep), cut(deep.slice(0, 100)), cut('{"a":"'), cut("{}")]).toEqual([false, true, true, false]);
});

it("never throws, whatever the bytes", () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(200), fc.uint8Array({ maxLength: 5 }), (text, cut, noise) => {
      outlineOf(new Uint8Array([...new TextEncoder().encode(text).slice(0, cut), ...noise]));
    }),
  );
});
