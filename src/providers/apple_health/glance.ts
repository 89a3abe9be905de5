/**
 * The two shapes that nearly every element has – `{date, qty, source}` and `{date, Min, Avg, Max, source}`, keys in any order –
 * read straight from the bytes, which is several times as fast as scanning, decoding and JSON.parse. Whatever is not exactly so is left
 * to them: they decide what is wrong with it.
 */
import { dayMs } from "./dates.ts";

/** Where it ends, and it was taken; or -1. */
export type Glance = (bytes: Uint8Array, from: number, to: number) => number;

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
const LONG = 40;

export function createGlance(take: Take): Glance {
  // Where the last read has come to; -1 where it failed.
  let at = 0;
  let offset = 0;
  let lastDay = -1;
  let lastDayMs = 0;
  /** Sources are few and long: their bytes are compared, not decoded. */
  const sources: { bytes: Uint8Array; text: string }[] = [];
  let nextSource = 0;
  /** The last number of more digits than the quick way takes. */
  const long = new Uint8Array(LONG);
  let longLength = 0;
  let longValue = 0;
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  /** Two digits, or NaN. */
  function two(bytes: Uint8Array, i: number): number {
    const a = bytes[i]! - 48;
    const b = bytes[i + 1]! - 48;
    return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : Number.NaN;
  }

  /** `yyyy-MM-dd HH:mm:ss ±hhmm"`, from after the quote. */
  function date(bytes: Uint8Array, i: number, to: number): number {
    at = -1;
    if (i + 26 > to || bytes[i + 25] !== 34) return Number.NaN;
    if (bytes[i + 4] !== 45 || bytes[i + 7] !== 45 || bytes[i + 10] !== 32 || bytes[i + 13] !== 58) return Number.NaN;
    if (bytes[i + 16] !== 58 || bytes[i + 19] !== 32) return Number.NaN;
    const sign = bytes[i + 20] === 43 ? 1 : bytes[i + 20] === 45 ? -1 : Number.NaN;
    const day = two(bytes, i) * 1_000_000 + two(bytes, i + 2) * 10_000 + two(bytes, i + 5) * 100 + two(bytes, i + 8);
    const hour = two(bytes, i + 11);
    const minute = two(bytes, i + 14);
    const second = two(bytes, i + 17);
    const zoneHour = two(bytes, i + 21);
    const zoneMinute = two(bytes, i + 23);
    if (!(hour <= 23 && minute <= 59 && second <= 59 && zoneHour <= 17 && zoneMinute <= 59)) return Number.NaN;
    if (day !== lastDay) {
      if (Number.isNaN(day)) return Number.NaN;
      const ms = dayMs(Math.floor(day / 10_000), Math.floor(day / 100) % 100, day % 100);
      if (ms === null) return Number.NaN;
      lastDay = day;
      lastDayMs = ms;
    }
    offset = sign * (zoneHour * 3600 + zoneMinute * 60);
    const time = lastDayMs + (hour * 3600 + minute * 60 + second - offset) * 1000;
    if (!Number.isNaN(time)) at = i + 26;
    return time;
  }

  /**
   * Exact: up to 15 digits and ten's powers up to 22 are doubles, and so is their quotient to the last bit (Clinger 1990); more
   * digits go the long way.
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
    if (digits > 15 || decimals > 22) {
      const length = i - from;
      if (length > LONG) {
        at = -1;
        return Number.NaN;
      }
      // Min, Avg and Max of one second are one number.
      let k = length === longLength ? 0 : -1;
      while (k >= 0 && k < length) k = bytes[from + k] === long[k] ? k + 1 : -1;
      if (k === length) return longValue;
      let text = "";
      for (k = 0; k < length; k++) text += String.fromCharCode((long[k] = bytes[from + k]!));
      longLength = length;
      return (longValue = Number(text));
    }
    const value = decimals === 0 ? mantissa : mantissa / TENS[decimals]!;
    return negative ? -value : value;
  }

  /** From after the quote; null where it has escapes or is no text. */
  function source(bytes: Uint8Array, from: number, to: number): string | null {
    at = -1;
    for (const known of sources) {
      const length = known.bytes.length;
      if (bytes[from + length] !== 34 || from + length >= to) continue;
      let k = 0;
      while (k < length && bytes[from + k] === known.bytes[k]) k++;
      if (k < length) continue;
      at = from + length + 1;
      return known.text;
    }
    let i = from;
    for (; i < to; i++) {
      const c = bytes[i]!;
      if (c === 34) break;
      if (c === 92 || c < 32) return null;
    }
    if (i >= to || i - from > SOURCE_BYTES) return null;
    const copy = bytes.slice(from, i);
    try {
      sources[nextSource] = { bytes: copy, text: strict.decode(copy) };
    } catch {
      return null;
    }
    at = i + 1;
    const { text } = sources[nextSource]!;
    nextSource = (nextSource + 1) % SOURCES;
    return text;
  }

  return (bytes, from, to) => {
    let time = Number.NaN;
    let quantity = Number.NaN;
    let mean = Number.NaN;
    let low = Number.NaN;
    let high = Number.NaN;
    let name = "";
    let zone = 0;
    let i = from + 1;
    for (;;) {
      let c = bytes[i]!;
      while (c === 32 || c === 10 || c === 13 || c === 9) c = bytes[++i]!;
      if (c !== 34 || i + 8 > to) return -1;
      // The key, by its first letter and its length.
      c = bytes[i + 1]!;
      let key = 0;
      if (c === 100 && bytes[i + 2] === 97 && bytes[i + 3] === 116 && bytes[i + 4] === 101 && bytes[i + 5] === 34) {
        key = 1; // date
        i += 6;
      } else if (c === 113 && bytes[i + 2] === 116 && bytes[i + 3] === 121 && bytes[i + 4] === 34) {
        key = 2; // qty
        i += 5;
      } else if (c === 65 && bytes[i + 2] === 118 && bytes[i + 3] === 103 && bytes[i + 4] === 34) {
        key = 3; // Avg
        i += 5;
      } else if (c === 77 && bytes[i + 2] === 105 && bytes[i + 3] === 110 && bytes[i + 4] === 34) {
        key = 4; // Min
        i += 5;
      } else if (c === 77 && bytes[i + 2] === 97 && bytes[i + 3] === 120 && bytes[i + 4] === 34) {
        key = 5; // Max
        i += 5;
      } else if (
        c === 115 &&
        bytes[i + 2] === 111 &&
        bytes[i + 3] === 117 &&
        bytes[i + 4] === 114 &&
        bytes[i + 5] === 99 &&
        bytes[i + 6] === 101 &&
        bytes[i + 7] === 34
      ) {
        key = 6; // source
        i += 8;
      } else return -1;
      c = bytes[i]!;
      while (c === 32 || c === 10 || c === 13 || c === 9) c = bytes[++i]!;
      if (c !== 58) return -1;
      c = bytes[++i]!;
      while (c === 32 || c === 10 || c === 13 || c === 9) c = bytes[++i]!;
      if (i >= to) return -1;
      if (key === 1) {
        if (c !== 34) return -1;
        time = date(bytes, i + 1, to);
        zone = offset;
      } else if (key === 6) {
        if (c !== 34) return -1;
        const found = source(bytes, i + 1, to);
        if (found === null) return -1;
        name = found;
      } else {
        const value = number(bytes, i, to);
        if (key === 2) quantity = value;
        else if (key === 3) mean = value;
        else if (key === 4) low = value;
        else high = value;
      }
      if (at < 0) return -1;
      i = at;
      c = bytes[i]!;
      while (c === 32 || c === 10 || c === 13 || c === 9) c = bytes[++i]!;
      if (i >= to) return -1;
      i++;
      if (c === 125) break;
      if (c !== 44) return -1;
    }
    // No date, no value, or a quantity beside an average: rare enough to be looked at in peace.
    const average = !Number.isNaN(mean);
    if (Number.isNaN(time) || average !== Number.isNaN(quantity)) return -1;
    take(time, zone, name, average, average ? mean : quantity, low, high);
    return i;
  };
}
