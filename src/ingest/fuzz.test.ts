/**
 * Bodies that nobody should send: mutated fixtures of both phones, by a seed, through outline, scanner and reader. Nothing may throw, whatever is
 * read adds up, and no neighbour of what is broken is lost.
 */
import { readdirSync, readFileSync } from "node:fs";
import { URL } from "node:url";
import { describe, expect, it } from "vitest";
import { mutate, random } from "../../test/mutate.ts";
import { KINDS } from "../domain/batch.ts";
import { createScanner } from "../platform/scanner.ts";
import type { Hints } from "../providers/format.ts";
import { FORMATS } from "./formats.ts";
import { readLines } from "./lines.ts";
import { outlineOf } from "./outline.ts";

const CASES = 20_000;
const folder = new URL("../providers/", import.meta.url);
const fixtures = ["apple_health", "google_fit"].flatMap((provider) =>
  readdirSync(new URL(`${provider}/fixtures/`, folder))
    .filter((file) => file.endsWith(".json"))
    .map((file) => readFileSync(new URL(`${provider}/fixtures/${file}`, folder), "utf8")),
);
const hints: Hints = { headers: {}, query: {}, offsetAt: () => 3600, now: 0 };

/** What receive does with a body, without a database. Null: nobody's. */
function read(bytes: Uint8Array, chunk: number) {
  const { value, cut } = outlineOf(bytes.slice(0, 65_536));
  const known =
    FORMATS.find(({ format }) => format.recognise(value, true)) ??
    (cut ? FORMATS.find(({ format }) => format.recognise(value, false)) : undefined);
  if (!known) return null;
  const reader = readLines(() => known.format.read(hints), false);
  const scanner = createScanner(reader);
  let fault = null;
  for (let at = 0; at < bytes.length && !fault; at += chunk) fault = scanner.push(bytes.slice(at, at + chunk));
  return { fault: fault ?? scanner.end(), batch: reader.take(true) };
}

describe("a body", () => {
  it(`may be anything: ${CASES} mutated fixtures are read or refused`, () => {
    const next = random(20_261_124);
    let known = 0;
    let elements = 0;
    for (let i = 0; i < CASES; i++) {
      const bytes = mutate(fixtures[next() % fixtures.length]!, next);
      const result = read(bytes, 1 + (next() % 2 ? next() % 64 : 65_536));
      if (!result) continue;
      known++;
      const { batch } = result;
      elements += batch.elements.length;
      for (const kind of batch.elements) if (!KINDS.includes(kind)) throw new Error(`case ${i}: ${kind}`);
      for (const { time, value, utc_offset_s, element } of batch.samples) {
        const whole = time.every((at) => Number.isSafeInteger(at));
        const sound = [value, utc_offset_s, element].every((column) => column.length === time.length);
        if (!whole || !sound || value.includes(Number.POSITIVE_INFINITY)) throw new Error(`case ${i}`);
      }
      for (const { element } of [
        ...batch.activities,
        ...batch.nights,
        ...batch.segments,
        ...batch.days,
        ...batch.events,
      ]) {
        if (batch.elements[element] === undefined) throw new Error(`case ${i}: no element ${element}`);
      }
      for (const { pointer, reason } of batch.rejections) {
        if ((pointer !== "" && !pointer.startsWith("/")) || reason === "") throw new Error(`case ${i}: ${pointer}`);
      }
    }
    expect(known).toBeGreaterThan(CASES / 2);
    expect(elements).toBeGreaterThan(CASES);
  }, 60_000);

  it("loses no neighbour of an element that is broken", () => {
    const next = random(7);
    for (let i = 0; i < 500; i++) {
      const broken = next() % 10;
      const rubbish = [
        '"x"',
        "null",
        "[]",
        "{}",
        '{"time":{"__proto__":1}}',
        "1e999",
        `{"bpm":${"[".repeat(70)}${"]".repeat(70)}}`,
      ];
      const beats = Array.from({ length: 10 }, (_, n) =>
        n === broken ? rubbish[next() % rubbish.length] : `{"bpm":${60 + n},"time":"2026-03-02T08:00:0${n}Z"}`,
      );
      const { batch } = read(new TextEncoder().encode(`{"heart_rate":[${beats.join()}]}`), 1 + (next() % 50))!;
      expect(batch.samples[0]!.value).toEqual(
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((n) => n !== broken).map((n) => 60 + n),
      );
      expect(batch.rejections).toMatchObject([{ pointer: expect.stringContaining(`/heart_rate/${broken}`) }]);
    }
  });
});
