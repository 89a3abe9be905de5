/**
 * Which activities are one: two devices recorded it, or one went to several providers. All are stored; every duplicate points
 * at its primary, and only primaries count in totals.
 */
import { byCodePoints } from "./order.ts";
import { DAY_MS } from "./time.ts";

export interface Candidate {
  /** `provider:external_id` */
  public_id: string;
  provider: string;
  sport: string;
  sub_sport: string;
  start_time: number;
  utc_offset_s: number | null;
  elapsed_s: number | null;
  distance_m: number | null;
  /** `extra.recording`: Health Connect's word. */
  recording: string | null;
  /** `extra.parent`: external id of the multisport activity this is a leg of. */
  parent: string | null;
  has_heart_rate: boolean;
  /** Whether its provider's terms let it be merged with others' (domain/terms). */
  merge: boolean;
}

/** Whose record stands for the others': makers of recording devices, then phones, then who gathers from both. */
const PREFERRED = ["garmin", "coros", "polar", "whoop", "oura", "fitbit", "apple_health", "google_fit", "strava"];

/** Least share of the shorter one that must lie within the other. */
const OVERLAP = 0.8;
const HOUR_MS = 3_600_000;
/** A watch left running for longer has not recorded whatever happened meanwhile. */
const LONGEST_MS = 7 * DAY_MS;
const AUTOMATIC = "automatically_recorded";
const ACTIVE = "actively_recorded";

/**
 * For each candidate the public id of its primary, or null where it is one itself. Every duplicate matches its primary
 * directly, so there are no chains, and the answer does not depend on the order of the candidates.
 */
export function findDuplicates(candidates: Candidate[]): Map<string, string | null> {
  const found = new Map<string, string | null>(candidates.map(({ public_id }) => [public_id, null]));
  const open = candidates
    .filter((one) => one.merge && !hidesStart(one) && span(one) > 0 && span(one) <= LONGEST_MS)
    .sort(byPreference);
  const byStart = open.toSorted((a, b) => a.start_time - b.start_time);
  const longest = Math.max(0, ...open.map(span));
  const taken = new Set<string>();
  for (const primary of open) {
    if (taken.has(primary.public_id)) continue;
    taken.add(primary.public_id);
    const from = primary.start_time - longest - HOUR_MS;
    const to = primary.start_time + span(primary) + HOUR_MS;
    for (let i = firstFrom(byStart, from); i < byStart.length && byStart[i]!.start_time <= to; i++) {
      const other = byStart[i]!;
      if (taken.has(other.public_id) || !isOne(primary, other)) continue;
      taken.add(other.public_id);
      found.set(other.public_id, primary.public_id);
    }
  }
  return found;
}

const span = ({ elapsed_s }: Candidate): number => (elapsed_s ?? 0) * 1000;

/** Index of the first that starts at or after `time`. */
function firstFrom(byStart: Candidate[], time: number): number {
  let low = 0;
  let high = byStart.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byStart[middle]!.start_time < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A start at local midnight + 1 s is none: Strava writes it where the athlete hides the time (docs/providers/strava.md). */
const hidesStart = ({ start_time, utc_offset_s }: Candidate): boolean =>
  (start_time + (utc_offset_s ?? 0) * 1000) % DAY_MS === 1000;

/**
 * Richest first: heart rate, distance; what a phone guessed by itself after what a person started. Only of what hardly changes, so that
 * the primary stays the same while details and tracks arrive.
 */
function byPreference(a: Candidate, b: Candidate): number {
  return (
    Number(a.recording === AUTOMATIC) - Number(b.recording === AUTOMATIC) ||
    Number(b.has_heart_rate) - Number(a.has_heart_rate) ||
    Number(b.distance_m !== null) - Number(a.distance_m !== null) ||
    place(a) - place(b) ||
    byCodePoints(a.public_id, b.public_id)
  );
}

function place({ provider }: Candidate): number {
  const at = PREFERRED.indexOf(provider);
  return at < 0 ? PREFERRED.length : at;
}

function isOne(a: Candidate, b: Candidate): boolean {
  if (isLegOf(a, b) || isLegOf(b, a)) return false;
  if (a.provider === b.provider) return isOneWithin(a, b);
  if (a.sport !== b.sport && a.sport !== "generic" && b.sport !== "generic") return false;
  return overlapMs(a, b, 0) >= OVERLAP * Math.min(span(a), span(b)) || isOneShifted(a, b);
}

const isLegOf = (leg: Candidate, of: Candidate): boolean =>
  leg.parent !== null && `${leg.provider}:${leg.parent}` === of.public_id;

/** One provider's own duplicates: a ride uploaded twice, or a walk the phone noticed while a person recorded it. */
function isOneWithin(a: Candidate, b: Candidate): boolean {
  const noticed = [a.recording, b.recording].sort().join() === [ACTIVE, AUTOMATIC].join();
  if (a.sport !== b.sport && !noticed) return false;
  return overlapMs(a, b, 0) >= OVERLAP * Math.min(span(a), span(b));
}

/**
 * Around a clock change a device's start can be an hour off (docs/providers/polar.md): its wall time is right, its offset is not.
 * Only where the two know different offsets, name the same sport and are as long as each other.
 */
function isOneShifted(a: Candidate, b: Candidate): boolean {
  if (a.utc_offset_s === null || b.utc_offset_s === null || a.sport !== b.sport || a.sport === "generic") return false;
  const shift = (b.utc_offset_s - a.utc_offset_s) * 1000;
  return Math.abs(shift) === HOUR_MS && overlapMs(a, b, shift) >= OVERLAP * Math.max(span(a), span(b));
}

/** What two have in common when the second is moved by `shift`. */
const overlapMs = (a: Candidate, b: Candidate, shift: number): number =>
  Math.min(a.start_time + span(a), b.start_time + shift + span(b)) - Math.max(a.start_time, b.start_time + shift);
