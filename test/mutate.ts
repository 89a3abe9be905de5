/** Bodies as no app writes them, by a seed: values swapped for rubbish, keys renamed, pieces doubled, dropped, cut, bytes flipped. */

export type Random = () => number;
/** A whole number from 0 to 2^31 - 1; the same ones for the same seed. */
export function random(seed: number): Random {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    // The low bits of such a generator are no good.
    return (state >>> 8) ^ ((state & 0xff) << 16);
  };
}

const RUBBISH = [
  "null",
  "true",
  "0",
  "-1",
  "1e999",
  "-0",
  "1e-400",
  "123456789012345678901234567890",
  "9007199254740993",
  '""',
  '"x"',
  '"1e5"',
  "[]",
  "{}",
  "[[]]",
  '{"__proto__":{"a":1}}',
  '{"constructor":null}',
  '"\\ud800"',
  '"\\u0000"',
  '"9999-99-99T99:99:99Z"',
  '"2026-02-30 10:00:00 +0100"',
  '"0000-01-01T00:00:00Z"',
  '"9999-12-31T23:59:59+17:59"',
  "8640000000000001",
  "-62135596800000",
  '"NaN"',
  "[1,2,3]",
  '{"inKilocalories":"x"}',
  `"${"y".repeat(3000)}"`,
  `${"[".repeat(80)}${"]".repeat(80)}`,
];
const KEYS = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "",
  "data",
  "time",
  "samples",
  "date",
  "a/b~c",
  "length",
];

/** One to four changes. */
export function mutate(body: string, next: Random): Uint8Array {
  let text = body;
  for (let left = 1 + (next() % 4); left > 0; left--) text = CHANGES[next() % CHANGES.length]!(text, next);
  const bytes = new TextEncoder().encode(text);
  if (next() % 6 === 0 && bytes.length > 0) bytes[next() % bytes.length] = next() & 0xff;
  return bytes;
}

/** Where a value or a key begins and ends, of all that a pattern finds the one that chance picks. */
function pick(text: string, pattern: RegExp, next: Random): { from: number; to: number } | null {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return null;
  const [one, before = "", after = ""] = found[next() % found.length]! as unknown as [string, string, string] & {
    index: number;
  };
  const { index } = found.find((match) => match[0] === one)!;
  return { from: index + before.length, to: index + one.length - after.length };
}

const put = (text: string, at: { from: number; to: number } | null, what: string): string =>
  at === null ? text : text.slice(0, at.from) + what + text.slice(at.to);

const VALUE = /(:\s*)(?:"(?:[^"\\]|\\.)*"|-?[\d.eE+-]+|true|false|null)/g;
const KEY = /(")[^"\\]{1,40}("\s*:)/g;
const FLAT_OBJECT = /\{[^{}]*\}/g;

const CHANGES: ((text: string, next: Random) => string)[] = [
  (text, next) => put(text, pick(text, VALUE, next), RUBBISH[next() % RUBBISH.length]!),
  (text, next) => put(text, pick(text, VALUE, next), RUBBISH[next() % RUBBISH.length]!),
  (text, next) => put(text, pick(text, VALUE, next), RUBBISH[next() % RUBBISH.length]!),
  (text, next) => put(text, pick(text, KEY, next), KEYS[next() % KEYS.length]!),
  // An element twice, or for it something else.
  (text, next) => {
    const at = pick(text, FLAT_OBJECT, next);
    return at ? put(text, at, `${text.slice(at.from, at.to)},${text.slice(at.from, at.to)}`) : text;
  },
  (text, next) => put(text, pick(text, FLAT_OBJECT, next), RUBBISH[next() % RUBBISH.length]!),
  // Cut off, or with a piece missing.
  (text, next) => (next() % 3 === 0 ? text.slice(0, next() % (text.length + 1)) : text),
  (text, next) => {
    const from = next() % (text.length + 1);
    return next() % 3 === 0 ? text.slice(0, from) + text.slice(from + (next() % 40)) : text;
  },
  // Two posts in one.
  (text, next) => (next() % 3 === 0 ? `${text}\n${text}` : text),
];
