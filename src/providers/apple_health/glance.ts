/**
 * The two shapes that nearly every element has – `{date, qty, source}` and `{date, Min, Avg, Max, source}`, keys in any order –
 * read straight from the bytes, which is several times as fast as scanning, decoding and JSON.parse. Whatever is not exactly so is left
 * to them: they decide what is wrong with it.
 */
import { nearestQuotient } from "../../domain/decimals.ts";
import { dayMs } from "./dates.ts";

export interface Glance {
  /** Where the last of the elements read ends, which follow each other from here on; -1 where the first is not of these shapes. */
  read(bytes: Uint8Array, from: number, to: number): number;
  /** How many `read` has taken. */
  readonly taken: number;
}

/** Called once for each element read. `average`: the value was the `Avg`. Absent: NaN. */
export type Take = (
  time: number,
  offset: number,
  source: string,
  average: boolean,
  value: number,
  low: number,
  high: number,
) => void;

const TENS = Array.from({ length: 23 }, (_, n) => 10 ** n);
const SOURCES = 16;
/** A longer one is looked at in peace. */
const SOURCE_BYTES = 512;
/** So is a number of more than these digits. */
const LONG = 40;
/** Digits of a long number that are kept apart from the first. */
const TAIL = 8;
/** The longest key with its quotes, and a colon. */
const KEY_ROOM = 9;

/** Four letters as the number that they are side by side. */
const letters = (text: string): number => [...text].reduce((word, letter) => word * 256 + letter.charCodeAt(0), 0);
const DATE = letters("date");
const QTY = letters('qty"');
const AVG = letters('Avg"');
const MIN = letters('Min"');
const MAX = letters('Max"');
const SOUR = letters("sour");
const CE_ = letters('ce"');

/** The first byte from `i` on that is no space. */
function afterSpace(bytes: Uint8Array, i: number): number {
  let at = i;
  for (let c = bytes[at]; c === 32 || c === 10 || c === 13 || c === 9; c = bytes[at]) at++;
  return at;
}

export function createGlance(take: Take): Glance {
  // Where the last read has come to; -1 where it failed.
  let at = 0;
  let taken = 0;
  /** The bytes, to be read four at a time. */
  let viewed: Uint8Array | null = null;
  let view: DataView = new DataView(new ArrayBuffer(0));
  /** Day and zone are mostly those of the element before: their bytes are compared. */
  let day1 = 0;
  let day2 = 0;
  let day3 = 0;
  let dayStart = Number.NaN;
  let zone1 = 0;
  let zone2 = 0;
  let offset = Number.NaN;
  /** Sources are few and long: their bytes are compared, not decoded. */
  const sources: { bytes: Uint8Array; words: Int32Array; text: string }[] = [];
  let nextSource = 0;
  /** The long number before, in the same bytes: Min, Avg and Max of one second are one. */
  let longFrom = 0;
  let longLength = 0;
  let longValue = Number.NaN;
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  /** Two digits, or less than 0. */
  function two(bytes: Uint8Array, i: number): number {
    const a = bytes[i]! - 48;
    const b = bytes[i + 1]! - 48;
    return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : -10_000;
  }

  /** `yyyy-MM-dd HH:mm:ss ±hhmm"`, from after the quote. */
  function date(bytes: Uint8Array, i: number, to: number): number {
    at = -1;
    if (i + 26 > to) return Number.NaN;
    if (view.getInt32(i) !== day1 || view.getInt32(i + 4) !== day2 || view.getInt32(i + 7) !== day3) {
      dayStart = dayAt(bytes, i);
      day1 = view.getInt32(i);
      day2 = view.getInt32(i + 4);
      day3 = view.getInt32(i + 7);
    }
    if (view.getInt32(i + 19) !== zone1 || view.getInt32(i + 22) !== zone2) {
      offset = zoneAt(bytes, i + 19);
      zone1 = view.getInt32(i + 19);
      zone2 = view.getInt32(i + 22);
    }
    const hour = two(bytes, i + 11);
    const minute = two(bytes, i + 14);
    const second = two(bytes, i + 17);
    if (bytes[i + 13] !== 58 || bytes[i + 16] !== 58) return Number.NaN;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return Number.NaN;
    const time = dayStart + (hour * 3600 + minute * 60 + second - offset) * 1000;
    if (!Number.isNaN(time)) at = i + 26;
    return time;
  }

  /** `yyyy-MM-dd `, or NaN. */
  function dayAt(bytes: Uint8Array, i: number): number {
    if (bytes[i + 4] !== 45 || bytes[i + 7] !== 45 || bytes[i + 10] !== 32) return Number.NaN;
    const year = two(bytes, i) * 100 + two(bytes, i + 2);
    const month = two(bytes, i + 5);
    const day = two(bytes, i + 8);
    return year < 0 ? Number.NaN : (dayMs(year, month, day) ?? Number.NaN);
  }

  /** ` ±hhmm"`, or NaN. */
  function zoneAt(bytes: Uint8Array, i: number): number {
    const sign = bytes[i + 1] === 43 ? 1 : bytes[i + 1] === 45 ? -1 : Number.NaN;
    const hour = two(bytes, i + 2);
    const minute = two(bytes, i + 4);
    const isZone = bytes[i] === 32 && bytes[i + 6] === 34 && hour >= 0 && hour <= 17 && minute >= 0 && minute <= 59;
    return isZone ? sign * (hour * 3600 + minute * 60) : Number.NaN;
  }

  /**
   * Exact: up to 15 digits and ten's powers up to 22 are doubles, and so is their quotient to the last bit (Clinger 1990).
   */
  function number(bytes: Uint8Array, from: number, to: number): number {
    at = -1;
    let i = from;
    const negative = bytes[i] === 45;
    if (negative) i++;
    const first = i;
    let mantissa = 0;
    let c = 0;
    while (i < to && (c = bytes[i]! - 48) >= 0 && c <= 9) {
      mantissa = mantissa * 10 + c;
      i++;
    }
    let digits = i - first;
    if (digits === 0 || (digits > 1 && bytes[first] === 48)) return Number.NaN;
    let decimals = 0;
    if (i < to && bytes[i] === 46) {
      const point = ++i;
      while (i < to && (c = bytes[i]! - 48) >= 0 && c <= 9) {
        mantissa = mantissa * 10 + c;
        i++;
      }
      decimals = i - point;
      if (decimals === 0) return Number.NaN;
      digits += decimals;
    }
    if (i >= to || (bytes[i]! | 32) === 101) return Number.NaN; // cut off, or with an exponent
    at = i;
    if (digits > 15 || decimals > 22) return longNumber(bytes, from, i, digits, decimals);
    const value = decimals === 0 ? mantissa : mantissa / TENS[decimals]!;
    return negative ? -value : value;
  }

  /** One of `digits` digits, `decimals` of them after the point, all that is in `[from, to)`. */
  function longNumber(bytes: Uint8Array, from: number, to: number, digits: number, decimals: number): number {
    const length = to - from;
    if (length > LONG) {
      at = -1;
      return Number.NaN;
    }
    let k = length === longLength ? 0 : length;
    while (k + 4 <= length && view.getInt32(from + k) === view.getInt32(longFrom + k)) k += 4;
    while (k < length && bytes[from + k] === bytes[longFrom + k]) k++;
    if (k === length && length === longLength) return longValue;
    longFrom = from;
    longLength = length;
    longValue = Number.NaN;
    if (digits <= 17 && decimals <= 22 && bytes[from] !== 45) {
      let head = 0;
      let tail = 0;
      let left = digits;
      for (let i = from; i < to; i++) {
        const c = bytes[i]! - 48;
        if (c < 0) continue; // the point
        if (left-- > TAIL) head = head * 10 + c;
        else tail = tail * 10 + c;
      }
      longValue = nearestQuotient(head, tail, TENS[decimals]!);
    }
    if (Number.isNaN(longValue)) longValue = Number(String.fromCharCode(...bytes.subarray(from, to)));
    return longValue;
  }

  /** From after the quote; fails where it has escapes or is no text. */
  function source(bytes: Uint8Array, from: number, to: number): string {
    at = -1;
    for (let n = 0; n < sources.length; n++) {
      const known = sources[n]!;
      const length = known.bytes.length;
      if (from + length >= to || bytes[from + length] !== 34) continue;
      const { words } = known;
      let k = 0;
      while (k < words.length && view.getInt32(from + 4 * k) === words[k]) k++;
      if (k < words.length) continue;
      k *= 4;
      while (k < length && bytes[from + k] === known.bytes[k]) k++;
      if (k < length) continue;
      at = from + length + 1;
      return known.text;
    }
    let i = from;
    for (; i < to; i++) {
      const c = bytes[i]!;
      if (c === 34) break;
      if (c === 92 || c < 32) return "";
    }
    if (i >= to || i - from > SOURCE_BYTES) return "";
    const copy = bytes.slice(from, i);
    try {
      const words = Int32Array.from({ length: copy.length >> 2 }, (_, k) => view.getInt32(from + 4 * k));
      sources[nextSource] = { bytes: copy, words, text: strict.decode(copy) };
    } catch {
      return "";
    }
    at = i + 1;
    const { text } = sources[nextSource]!;
    nextSource = (nextSource + 1) % SOURCES;
    return text;
  }

  /** Where the element ends, and it was taken; or -1. */
  function element(bytes: Uint8Array, from: number, to: number): number {
    let time = Number.NaN;
    let quantity = Number.NaN;
    let mean = Number.NaN;
    let low = Number.NaN;
    let high = Number.NaN;
    let name = "";
    let i = from + 1;
    for (;;) {
      let c = bytes[i]!;
      if (c <= 32) c = bytes[(i = afterSpace(bytes, i))]!;
      if (c !== 34 || i + KEY_ROOM > to) return -1;
      const key = view.getInt32(i + 1);
      if (key === SOUR) {
        if (view.getInt32(i + 4) % 0x1000000 !== CE_) return -1;
        i += 8;
      } else if (key === DATE) {
        if (bytes[i + 5] !== 34) return -1;
        i += 6;
      } else if (key === QTY || key === AVG || key === MIN || key === MAX) i += 5;
      else return -1;
      c = bytes[i]!;
      if (c <= 32) c = bytes[(i = afterSpace(bytes, i))]!;
      if (c !== 58) return -1;
      c = bytes[++i]!;
      if (c <= 32) c = bytes[(i = afterSpace(bytes, i))]!;
      if (i >= to) return -1;
      if (key === DATE || key === SOUR) {
        if (c !== 34) return -1;
        if (key === DATE) time = date(bytes, i + 1, to);
        else name = source(bytes, i + 1, to);
      } else {
        const value = number(bytes, i, to);
        if (key === QTY) quantity = value;
        else if (key === AVG) mean = value;
        else if (key === MIN) low = value;
        else high = value;
      }
      if (at < 0) return -1;
      i = at;
      c = bytes[i]!;
      if (c <= 32) c = bytes[(i = afterSpace(bytes, i))]!;
      if (i >= to) return -1;
      i++;
      if (c === 125) break;
      if (c !== 44) return -1;
    }
    // No date, no value, or a quantity beside an average: rare enough to be looked at in peace.
    const average = !Number.isNaN(mean);
    if (Number.isNaN(time) || average !== Number.isNaN(quantity)) return -1;
    take(time, offset, name, average, average ? mean : quantity, low, high);
    return i;
  }

  return {
    read(bytes, from, to) {
      if (viewed !== bytes) {
        view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        viewed = bytes;
        longLength = 0;
      }
      taken = 0;
      let end = -1;
      let i = from;
      for (;;) {
        const next = element(bytes, i, to);
        if (next < 0) return end;
        end = i = next;
        taken++;
        let c = bytes[i]!;
        if (c <= 32) c = bytes[(i = afterSpace(bytes, i))]!;
        if (c !== 44) return end;
        c = bytes[++i]!;
        if (c <= 32) c = bytes[(i = afterSpace(bytes, i))]!;
        if (c !== 123) return end;
      }
    },
    get taken() {
      return taken;
    },
  };
}
