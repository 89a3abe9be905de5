import { instantOf, localDay } from "../../calendar.ts";
import { windowOf } from "../../night.ts";
import type { Person } from "../../person.ts";
import { dice } from "../../random.ts";
import { stayOn } from "../../year.ts";

/** Instants, ms UTC, at which the watch hands over what it has: on getting up, every few hours, and on some nights in between. */
export function syncsOn(person: Person, day: number): number[] {
  let days = known.get(person);
  if (!days) known.set(person, (days = new Map()));
  let made = days.get(day);
  if (!made) days.set(day, (made = newSyncs(person, day)));
  return made;
}

const known = new WeakMap<Person, Map<number, number[]>>();

function newSyncs(person: Person, day: number): number[] {
  const draw = dice(person.seed, day, "garmin syncs");
  const morning = windowOf(person, day).end + draw.int(6, 25) * 60_000;
  const { zone } = stayOn(person, day).place;
  const hours = [10, 13, 16, 19, 22].map((hour) => instantOf(zone, day, hour * 3600 + draw.int(0, 2400)));
  const night = tentativeAt(person, day);
  return [...(night === null ? [] : [night]), morning, ...hours.filter((one) => one > morning)];
}

/** When a sync in the middle of the night that ends on a day told of a sleep still going on; null on most. */
export function tentativeAt(person: Person, day: number): number | null {
  const draw = dice(person.seed, day, "garmin night");
  const { start, end, worn } = windowOf(person, day);
  if (!worn || !draw.chance(0.08)) return null;
  return start + Math.round(((end - start) * draw.between(0.45, 0.75)) / 60_000) * 60_000;
}

/** Syncs in (from, to]. */
export function syncsBetween(person: Person, from: number, to: number): number[] {
  const { zone } = person.home;
  const made: number[] = [];
  for (let day = localDay(zone, from) - 1; day <= localDay(zone, to) + 1; day++) {
    made.push(...syncsOn(person, day).filter((one) => one > from && one <= to));
  }
  return made.sort((a, b) => a - b);
}

/** The first sync at or after an instant. */
export const nextSync = (person: Person, instant: number): number =>
  syncsBetween(person, instant - 1, instant + 2 * 86_400_000)[0]!;
