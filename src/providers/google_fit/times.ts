/** Times and offsets as Android's exporters write them, and the local dates that hang on them (docs/providers/google_fit.md). */
import { DAY_MS, localDate, utcDate } from "../../domain/time.ts";
import type { Hints } from "../format.ts";
import { type Entry, given, isEntry, isNumber } from "../json.ts";

export interface Moment {
  /** Unix ms, whole. */
  time: number;
  /** As it is told; null: unknown. */
  utc_offset_s: number | null;
}

const FORM = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*([Zz]|[+-]\d\d:?\d\d)?$/;
const MOST_OFFSET_S = 18 * 3600;
/** Unix seconds until the year 5138; what is larger are ms. */
const LEAST_MS = 1e11;
const LATEST_MS = Date.UTC(2200);

/** RFC 3339, also without a zone, in which case its offset is guessed; unix ms or seconds. Null where it is none of these. */
export function readMoment(told: unknown, hints: Hints): Moment | null {
  if (isNumber(told)) {
    const time = Math.round(told < LEAST_MS ? told * 1000 : told);
    return time > 0 && time < LATEST_MS ? { time, utc_offset_s: null } : null;
  }
  const match = typeof told === "string" ? FORM.exec(told.trim()) : null;
  if (!match) return null;
  const [, date, clock, second, fraction, zone] = match;
  // Date.parse rolls 30 February over into March.
  const wall = Date.parse(`${date}T${clock}:${second ?? "00"}Z`);
  if (Number.isNaN(wall) || utcDate(wall) !== date) return null;
  const time = wall + Math.round(Number(`0.${fraction ?? 0}`) * 1000);
  if (zone === undefined) return { time: time - hints.offsetAt(date!) * 1000, utc_offset_s: null };
  if (zone.toUpperCase() === "Z") return { time, utc_offset_s: null };
  const offset = readOffset(zone);
  return offset === null ? null : { time: time - offset * 1000, utc_offset_s: offset };
}

/** `"+09:00"`, `Z`, `{totalSeconds}` or seconds. */
export function readOffset(told: unknown): number | null {
  const value = isEntry(told) ? (given(told, "totalSeconds", "total_seconds", "id") ?? null) : told;
  if (isNumber(value)) return Number.isInteger(value) && Math.abs(value) <= MOST_OFFSET_S ? value : null;
  if (value === "Z") return 0;
  const match = typeof value === "string" ? /^([+-])(\d\d):?(\d\d)$/.exec(value) : null;
  if (!match || Number(match[3]) > 59) return null;
  const size = Number(match[2]) * 3600 + Number(match[3]) * 60;
  return size > MOST_OFFSET_S ? null : match[1] === "-" ? -size : size;
}

/** The first of the keys that is given, its name, and the moment it tells (null: it cannot be read). */
export function momentOf(
  entry: Entry,
  keys: readonly string[],
  hints: Hints,
): { key: string; moment: Moment | null } | null {
  const key = keys.find((name) => given(entry, name) !== undefined);
  return key === undefined ? null : { key, moment: readMoment(entry[key], hints) };
}

const QUARTER_MS = 900_000;
const HOUR_MS = 3_600_000;
/** A day's interval, on days of a clock change too, and what exporters are off by. */
const SHORTEST_DAY_MS = 23 * HOUR_MS - 1000;
const LONGEST_DAY_MS = 25 * HOUR_MS + 1000;
const LATE_MS = 120_000;

/**
 * What intervals of a day tell of where the person was: one of 23 to 25 hours that begins at a quarter of an hour begins at local
 * midnight. Of offsets a day apart the guessed one is right, else the eastern one: more people live there.
 */
export function midnightOffset(start: number, end: number, guess: (date: string) => number): number | null {
  const length = end - start;
  if (length < SHORTEST_DAY_MS || length > LONGEST_DAY_MS || start % QUARTER_MS > LATE_MS) return null;
  const clock = (Math.floor(start / QUARTER_MS) * QUARTER_MS) % DAY_MS;
  const west = 0 - clock / 1000;
  const east = west + 86_400;
  const fits = [west, east].filter((offset) => offset >= -12 * 3600 && offset <= 13.75 * 3600);
  if (fits.length === 1) return fits[0]!;
  const guessed = guess(utcDate(start));
  return fits.includes(guessed) ? guessed : east;
}

/** The offset that a post's days tell, of several the nearest in time. */
export interface Midnights {
  learn(start: number, offset: number): void;
  near(time: number): number | null;
}

export function createMidnights(): Midnights {
  const known: [start: number, offset: number][] = [];
  return {
    learn: (start, offset) => void known.push([start, offset]),
    near(time) {
      let best: [distance: number, start: number, offset: number] | null = null;
      for (const [start, offset] of known) {
        const distance = Math.abs(time - start);
        if (best === null || distance < best[0] || (distance === best[0] && start < best[1])) {
          best = [distance, start, offset];
        }
      }
      return best?.[2] ?? null;
    },
  };
}

/** The local date of an instant: by its own offset, else by what the post's days tell, else by what is known of the person. */
export function dateOf({ time, utc_offset_s }: Moment, midnights: Midnights, hints: Hints): string {
  return localDate(time, utc_offset_s ?? midnights.near(time) ?? hints.offsetAt(utcDate(time)));
}
