/**
 * What one element may carry: text that a key, a name or a word needs, not a book. D1 takes values of 2 MB and the log of posts has
 * to stay readable, so what is longer is refused with its pointer.
 */
import { type Entry, type Refusal, refusal } from "../json.ts";

/** Characters, by key, of every kind of element. */
const LONGEST: Readonly<Record<string, number>> = {
  id: 512,
  source: 512,
  sleepSource: 512,
  inBedSource: 512,
  name: 2000,
  nickname: 2000,
  displayText: 2000,
  kind: 2000,
  classification: 2000,
  heartNotification: 2000,
  value: 2000,
  severity: 2000,
  status: 2000,
  valence: 2000,
  averageHeartRate: 2000,
  threshold: 2000,
};
/** `extra` of an element, as JSON. */
const EXTRA_BYTES = 65_536;
/** Units as they are told again. */
const TOLD_UNIT = 60;

export const isLonger = (text: string, most: number): boolean =>
  text.length > most && (text.length > 2 * most || Array.from(text).length > most);

/** The first text of an element that is longer than it may be. */
export function longText(entry: Entry): Refusal | null {
  for (const key in LONGEST) {
    const text = Object.hasOwn(entry, key) ? entry[key] : undefined;
    const wrong = longField(key, text);
    if (wrong) return wrong;
  }
  return null;
}

export function longField(key: string, text: unknown): Refusal | null {
  const most = LONGEST[key]!;
  return typeof text === "string" && isLonger(text, most) ? refusal(`/${key}`, `longer than ${most} characters`) : null;
}

/** What `extra` is made of, by the element's keys: refused at the largest where it is too much. */
export function largeExtra(told: Iterable<readonly [key: string, value: unknown]>): Refusal | null {
  const encoder = new TextEncoder();
  let sum = 0;
  let largest = { key: "", bytes: 0 };
  for (const [key, value] of told) {
    const bytes = encoder.encode(JSON.stringify(value)).length;
    sum += bytes;
    if (bytes > largest.bytes) largest = { key, bytes };
  }
  return sum > EXTRA_BYTES ? refusal(`/${largest.key}`, `longer than ${EXTRA_BYTES} bytes of JSON`) : null;
}

/** A unit nobody knows, for a reason. */
export const toldUnit = (unit: string): string =>
  `unit "${unit.length > TOLD_UNIT ? `${Array.from(unit).slice(0, TOLD_UNIT).join("")}…` : unit}"`;
