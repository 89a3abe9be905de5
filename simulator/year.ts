import { dayOf, dayOfYear, weekdayOf, yearOf } from "./calendar.ts";
import type { Person, Place } from "./person.ts";
import { dice } from "./random.ts";

/** A stay away from home, both days included; with or without a bike. */
export interface Trip {
  from: number;
  to: number;
  place: Place;
  bike: boolean;
}

export interface Race {
  day: number;
  name: string;
  distance_m: number;
  /** Share of the threshold speed. */
  pace: number;
}

/** What a year of a person holds besides training; a function of seed and year alone. */
export interface Year {
  trips: Trip[];
  races: Race[];
  ill: { from: number; to: number };
}

const GRAN_CANARIA: Place = {
  name: "Maspalomas",
  country: "Spain",
  zone: "Atlantic/Canary",
  lat: 27.7606,
  lng: -15.586,
  altitude_m: 24,
  mean_c: 22,
  swing_c: 4,
};

const NEW_YORK: Place = {
  name: "New York",
  country: "United States",
  zone: "America/New_York",
  lat: 40.7712,
  lng: -73.9742,
  altitude_m: 32,
  mean_c: 14,
  swing_c: 12,
};

const BENGALURU: Place = {
  name: "Bengaluru",
  country: "India",
  zone: "Asia/Kolkata",
  lat: 12.9763,
  lng: 77.5929,
  altitude_m: 915,
  mean_c: 26,
  swing_c: 3,
};

const years = new Map<string, Year>();

export function yearIn(person: Person, year: number): Year {
  // Who trains little does not travel for it, and races nobody.
  const keen = person.diligence > 0.5;
  const key = `${person.seed}/${keen}/${year}`;
  const known = years.get(key);
  if (known) return known;
  const draw = dice(person.seed, year, "year");
  const from = (monthDay: string) => dayOf(`${year}-${monthDay}`);
  const trip = (earliest: number, days: number, place: Place, bike: boolean): Trip => {
    const start = earliest + draw.int(0, 6);
    return { from: start, to: start + days - 1, place, bike };
  };
  const trips = [
    trip(from("02-06"), 9, GRAN_CANARIA, true),
    trip(from("05-08"), 8, NEW_YORK, false),
    trip(from("10-24"), 11, BENGALURU, false),
  ];
  const illFrom = from(draw.pick(["01-10", "03-03", "11-12", "12-01"])) + draw.int(0, 8);
  const made: Year = {
    trips: keen ? trips : [],
    races: [
      { day: sunday(from("04-08")), name: "City half marathon", distance_m: 21_097.5, pace: 0.97 },
      { day: sunday(from("06-14")), name: "10 km around the lake", distance_m: 10_000, pace: 1.03 },
      { day: sunday(from("09-22")), name: "Autumn marathon", distance_m: 42_195, pace: 0.89 },
    ].filter(() => keen),
    ill: { from: illFrom, to: illFrom + draw.int(6, 8) },
  };
  years.set(key, made);
  return made;
}

/** The first Sunday on or after a day. */
const sunday = (day: number): number => day + ((6 - weekdayOf(day) + 7) % 7);

/** Where a person wakes up on a day. */
export function stayOn(person: Person, day: number): { place: Place; bike: boolean; away: boolean } {
  const trip = yearIn(person, yearOf(day)).trips.find((one) => day >= one.from && day <= one.to);
  return trip ? { place: trip.place, bike: trip.bike, away: true } : { place: person.home, bike: true, away: false };
}

/** -1 in the middle of the (northern) winter, +1 in that of the summer. */
export const season = (day: number): number => -Math.cos((2 * Math.PI * (dayOfYear(day) - 18)) / 365.25);

/** Midday temperature, °C: climate plus weather that holds for some days. */
export function temperatureOn(person: Person, place: Place, day: number): number {
  const weather = (block: number) => dice(person.seed, "weather", place.name, block).normal(0, 3.5);
  const share = (day % 4) / 4;
  const block = Math.floor(day / 4);
  return place.mean_c + place.swing_c * season(day) + weather(block) * (1 - share) + weather(block + 1) * share;
}

/** Form as a factor of speed and power: best in early autumn, a slow wave over the years. */
export function fitnessOn(person: Person, day: number): number {
  const phase = dice(person.seed, "form").between(0, 2 * Math.PI);
  return 1 + 0.03 * season(day - 45) + 0.015 * Math.sin((2 * Math.PI * day) / 1900 + phase);
}
