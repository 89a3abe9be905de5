/**
 * Times as the app and what stands between write them (docs/providers/apple_health.md, "Dates"): `yyyy-MM-dd HH:mm:ss +hhmm`, on
 * 12-hour phones `h:mm:ss am`, with milliseconds, as RFC 3339, or a bare date. No guess is made at a locale's own order.
 */
import { DAY_MS } from "../../domain/time.ts";
import type { Hints } from "../format.ts";

export interface Moment {
  /** Unix ms; of a bare date its midnight UTC. */
  time: number;
  /** Null: told as `Z`, which says nothing of where the person was, or without a zone. */
  utc_offset_s: number | null;
  /** The wall clock as if it were UTC, ms; known of a time without a zone, too, whose instant is a guess. */
  local: number;
  /** A day, no instant. */
  bare: boolean;
}

/** What is known of where the person was. */
export interface Offsets {
  /** The offset to read a local time without a zone with, s. */
  at(date: string): number;
  /** Told of an instant. */
  know(time: number, offset: number): void;
}

/** Those of a post; of all that its times say, the reader hears once for each day and offset. */
export function offsetsOf(hints: Hints): Offsets {
  let day = Number.NaN;
  let last = Number.NaN;
  return {
    at: (date) => hints.offsetAt(date),
    know(time, offset) {
      const on = Math.floor(time / DAY_MS);
      if (on === day && offset === last) return;
      day = on;
      last = offset;
      hints.knowOffset?.(time, offset);
    },
  };
}

const FORM =
  /^(\d{4})-(\d\d)-(\d\d)(?:(?:[Tt]|[\s\u00a0\u202f]+)(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:[\s\u00a0\u202f]*([AaPp])\.?[Mm]\.?)?[\s\u00a0\u202f]*([Zz]|[+-]\d\d:?\d\d)?)?$/;

const MOST_OFFSET_S = 18 * 3600;

/** Null where it is no date of any known form. */
export function readDate(text: unknown, offsets: Offsets): Moment | null {
  const match = typeof text === "string" ? FORM.exec(text.trim()) : null;
  if (!match) return null;
  const [, year, month, day, hour, minute, second, fraction, half, zone] = match;
  const midnight = dayMs(Number(year), Number(month), Number(day));
  if (midnight === null) return null;
  if (hour === undefined) return { time: midnight, utc_offset_s: null, local: midnight, bare: true };
  let h = Number(hour);
  if (half !== undefined) {
    if (h > 12) return null;
    h = (h % 12) + (half.toLowerCase() === "p" ? 12 : 0);
  }
  const m = Number(minute);
  const s = Number(second ?? 0);
  if (h > 23 || m > 59 || s > 59) return null;
  const wall = midnight + ((h * 60 + m) * 60 + s) * 1000 + Math.round(Number(`0.${fraction ?? 0}`) * 1000);
  if (zone === undefined) {
    const guess = offsets.at(`${year}-${month}-${day}`);
    return { time: wall - guess * 1000, utc_offset_s: null, local: wall, bare: false };
  }
  if (zone === "Z" || zone === "z") return { time: wall, utc_offset_s: null, local: wall, bare: false };
  const minutes = Number(zone.slice(-2));
  const offset = (Number(zone.slice(1, 3)) * 3600 + minutes * 60) * (zone[0] === "-" ? -1 : 1);
  if (minutes > 59 || Math.abs(offset) > MOST_OFFSET_S) return null;
  const time = wall - offset * 1000;
  offsets.know(time, offset);
  return { time, utc_offset_s: offset, local: wall, bare: false };
}

/** Midnight UTC of a date of the calendar; null where there is none such. */
export function dayMs(year: number, month: number, day: number): number | null {
  if (month < 1 || month > 12 || day < 1 || day > 31) return null;
  const ms = new Date(0).setUTCFullYear(year, month - 1, day);
  const date = new Date(ms);
  return date.getUTCDate() === day && date.getUTCMonth() === month - 1 ? ms : null;
}
