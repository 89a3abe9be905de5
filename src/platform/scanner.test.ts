import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createScanner, type Listener, type ScanFault } from "./scanner.ts";

const encode = (text: string) => new TextEncoder().encode(text);

type Event = [what: "value" | "leave" | "refuse", path: string, text?: string];
type Treat = Listener["treat"];

/** RFC 6901, but `/` for the root. */
const pointer = (path: readonly (string | number)[]): string =>
  `/${path.map((key) => String(key).replaceAll("~", "~0").replaceAll("/", "~1")).join("/")}`;

/** What a listener hears of a body cut into chunks at the given places. */
function scan(body: Uint8Array, treat: Treat, cuts: number[] = [], limits?: Parameters<typeof createScanner>[1]) {
  const events: Event[] = [];
  const scanner = createScanner(
    {
      treat,
      value: (path, bytes, from, to) =>
        events.push(["value", pointer(path), new TextDecoder().decode(bytes.subarray(from, to))]),
      leave: (path) => events.push(["leave", pointer(path)]),
      refuse: (path, reason) => events.push(["refuse", pointer(path), reason]),
    },
    limits,
  );
  let fault: ScanFault | null = null;
  let at = 0;
  for (const cut of [...cuts.map((cut) => Math.min(cut, body.length)).sort((a, b) => a - b), body.length]) {
    // A buffer of its own, overwritten afterwards: nobody may have kept it.
    const chunk = body.slice(at, cut);
    fault = scanner.push(chunk);
    chunk.fill(0);
    at = cut;
  }
  fault = scanner.end();
  return { events, fault };
}

const everything: Treat = () => "descend";

/** Arrays under `list` element by element, `whole` whole, `skip` not at all. */
const mixed: Treat = (path) => {
  const key = path.at(-1);
  return key === "list" ? "elements" : key === "whole" ? "value" : key === "skip" ? "skip" : "descend";
};

/** Rebuilds the document from the scalars of a full descent. */
function rebuild(events: Event[]): unknown {
  const bare = () => Object.create(null) as Record<string, unknown>;
  const root = bare();
  for (const [what, path, text] of events) {
    if (what !== "value") continue;
    const keys = path
      .split("/")
      .slice(1)
      .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
    let holder = root;
    let key = "value";
    for (const next of path === "/" ? [] : keys) {
      holder[key] ??= bare();
      holder = holder[key] as Record<string, unknown>;
      key = next;
    }
    Object.defineProperty(holder, key, {
      value: JSON.parse(text!),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return root.value;
}
/** The same shape of a parsed document: arrays as objects by index, containers without a scalar left out. */
function scalars(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, scalars(item)] as const);
  const kept = entries.filter(([, item]) => item !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

const keys = fc.oneof(
  fc.constantFrom("list", "whole", "skip", "data", "__proto__", "é", 'a"b', "\\"),
  fc.string({ minLength: 1, maxLength: 5 }),
);
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.string({ unit: "binary", maxLength: 6 }).filter((text) => text.isWellFormed()),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.constantFrom(null, true, false, "", "’", '\n\t"\\/', 0, -0.5, 1e21),
    fc.array(tie("json"), { maxLength: 5 }),
    fc.dictionary(keys, tie("json"), { maxKeys: 5 }),
  ),
}));
const texts = fc
  .tuple(json, fc.constantFrom(0, 1, "\r\n\t"))
  .map(([value, indent]) => JSON.stringify(value, null, indent));

describe("scanner", () => {
  it("tells the same whatever the chunks", () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(400), { maxLength: 12 }), (text, cuts) => {
        const body = encode(text);
        for (const treat of [mixed, everything]) {
          const whole = scan(body, treat);
          expect(scan(body, treat, cuts)).toEqual(whole);
          expect(
            scan(
              body,
              treat,
              Array.from(body, (_, i) => i),
            ),
          ).toEqual(whole);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("finds what JSON.parse finds", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { events, fault } = scan(encode(text), everything);
        expect(fault).toBeNull();
        expect(scalars(rebuild(events))).toEqual(scalars(JSON.parse(text)));
      }),
      { numRuns: 300 },
    );
  });

  it("takes exactly what JSON.parse takes", () => {
    const damage = fc.tuple(
      fc.nat(200),
      fc.nat(3),
      fc.constantFrom("", ",", "]", "}", "{", '"', "0", "-", ".", "e", "\\", "\u0001", "tru", ":", " "),
    );
    fc.assert(
      fc.property(texts, fc.array(damage, { maxLength: 2 }), (text, damages) => {
        let damaged = text;
        for (const [at, cut, put] of damages) damaged = damaged.slice(0, at) + put + damaged.slice(at + cut);
        if (!damaged.isWellFormed()) return;
        let valid = true;
        try {
          JSON.parse(damaged);
        } catch {
          valid = false;
        }
        for (const treat of [mixed, everything, () => "skip" as const]) {
          expect(scan(encode(damaged), treat).fault === null, damaged).toBe(valid);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it.each<[string, number]>([
    ["", 0],
    ["{", 1],
    ['{"a": 1', 7],
    ['{"a": [1, 2', 11],
    ['{"a": 1} x', 9],
    ['{"a": 01}', 7],
    ['{"a": 1,}', 8],
    ["[1, ]", 4],
    ['{"skip": {"b": tru}}', 18],
    ['{"skip": {"b": "\\x"}}', 17],
    ['{"é": nul}', 10],
    ["[1e]", 3],
    ["[-]", 2],
    ['{"list": ["a\nb"]}', 12],
    ["\ufeff{} []", 6],
  ])("says at which byte %j is wrong", (text, offset) => {
    const body = encode(text);
    expect(scan(body, mixed).fault?.offset).toBe(offset);
    expect(
      scan(
        body,
        mixed,
        Array.from(body, (_, i) => i),
      ).fault?.offset,
    ).toBe(offset);
  });

  it("tolerates a byte order mark and takes a root of any type", () => {
    expect(scan(encode('\ufeff {"a":1}'), everything)).toEqual({
      events: [
        ["value", "/a", "1"],
        ["leave", "/"],
      ],
      fault: null,
    });
    expect(scan(encode("[1, 2]"), everything).events).toEqual([
      ["value", "/0", "1"],
      ["value", "/1", "2"],
      ["leave", "/"],
    ]);
    expect(scan(encode(" 12.5e3 "), everything)).toEqual({ events: [["value", "/", "12.5e3"]], fault: null });
    expect(scan(encode("7"), everything)).toEqual({ events: [["value", "/", "7"]], fault: null });
  });

  it("refuses a value that is not UTF-8 or half a character and delivers its neighbours", () => {
    const body = new Uint8Array([
      ...encode('{"list":["a","'),
      0xff,
      ...encode('","\\ud83d","\\ud83d\\ude00","\\\\ud83d","b"]}'),
    ]);
    expect(scan(body, mixed).events).toEqual([
      ["value", "/list/0", '"a"'],
      ["refuse", "/list/1", "not UTF-8"],
      ["refuse", "/list/2", "a lone surrogate"],
      ["value", "/list/3", '"\\ud83d\\ude00"'],
      ["value", "/list/4", '"\\\\ud83d"'],
      ["value", "/list/5", '"b"'],
      ["leave", "/list"],
      ["leave", "/"],
    ]);
  });

  it("refuses a value that is too large or too deep and delivers its neighbours", () => {
    const body = encode(`{"list":[[1],"${"x".repeat(50)}",[[[[2]]]],3]}`);
    for (const cuts of [[], [20, 40, 60], Array.from(body, (_, i) => i)]) {
      expect(scan(body, mixed, cuts, { element_bytes: 40, element_depth: 3 }).events).toEqual([
        ["value", "/list/0", "[1]"],
        ["refuse", "/list/1", "larger than 40 bytes"],
        ["refuse", "/list/2", "nested deeper than 3 levels"],
        ["value", "/list/3", "3"],
        ["leave", "/list"],
        ["leave", "/"],
      ]);
    }
  });

  it("checks a million brackets without falling over them", () => {
    const deep = 1_000_000;
    const body = encode(`{"skip":${"[".repeat(deep)}${"]".repeat(deep)},"list":[1]}`);
    expect(scan(body, mixed)).toEqual({
      events: [
        ["value", "/list/0", "1"],
        ["leave", "/list"],
        ["leave", "/"],
      ],
      fault: null,
    });
    expect(scan(body.subarray(0, 8 + deep + 5), mixed).fault).toEqual({ offset: 8 + deep + 5, reason: "cut off" });
  });

  it("never holds a long key of the structure", () => {
    const body = encode(`{"${"k".repeat(10_000)}":1,"list":[2]}`);
    for (const cuts of [[], [3000, 6000, 9000]]) {
      expect(scan(body, mixed, cuts).events[0]).toEqual(["value", "/(a long key)", "1"]);
    }
  });

  it("goes on where a glance has read an element, and scans it where it has not", () => {
    const heard: string[] = [];
    const scanner = createScanner({
      treat: mixed,
      glance: (path, bytes, from) => {
        if (bytes[from + 1] !== 125) return -1; // only `{}`
        heard.push(`glance ${path.join("/")}`);
        return from + 2;
      },
      value: (path) => heard.push(`value ${path.join("/")}`),
      leave: () => {},
      refuse: () => {},
    });
    scanner.push(encode('{"list":[{} , {"a":{}},{}'));
    scanner.push(encode(",{}]}"));
    expect(scanner.end()).toBeNull();
    expect(heard).toEqual(["glance list/0", "value list/1", "glance list/2", "glance list/3"]);
  });
});
