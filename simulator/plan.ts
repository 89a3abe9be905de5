import { weekdayOf, weekOf, yearOf } from "./calendar.ts";
import type { Person } from "./person.ts";
import { type Dice, dice } from "./random.ts";
import { fitnessOn, season, stayOn, yearIn } from "./year.ts";

export type Sport =
  | "run"
  | "trail_run"
  | "ride"
  | "gravel_ride"
  | "virtual_ride"
  | "swim"
  | "hike"
  | "strength"
  | "yoga";

export type Kind = "easy" | "long" | "tempo" | "intervals" | "race";

/** One training session as it was meant: seconds of moving, metres, start in seconds of the local day. */
export interface Session {
  sport: Sport;
  kind: Kind;
  start_s: number;
  duration_s: number;
  distance_m: number;
  /** Mean share of the heart rate reserve. */
  effort: number;
  commute: boolean;
  title: string | null;
}

const EFFORT: Record<Kind, number> = { easy: 0.64, long: 0.68, tempo: 0.78, intervals: 0.76, race: 0.88 };

/** Speed relative to a run at threshold, and minutes of an ordinary session. */
const SPORTS: Record<Sport, { speed: number; minutes: number; effort: number }> = {
  run: { speed: 0.8, minutes: 48, effort: 0 },
  trail_run: { speed: 0.62, minutes: 95, effort: 0.04 },
  ride: { speed: 1.94, minutes: 90, effort: -0.04 },
  gravel_ride: { speed: 1.56, minutes: 120, effort: -0.02 },
  virtual_ride: { speed: 2.2, minutes: 60, effort: 0.02 },
  swim: { speed: 0.2, minutes: 42, effort: -0.02 },
  hike: { speed: 0.29, minutes: 170, effort: -0.16 },
  strength: { speed: 0, minutes: 45, effort: -0.22 },
  yoga: { speed: 0, minutes: 35, effort: -0.42 },
};

const PACE: Record<Kind, number> = { easy: 1, long: 0.99, tempo: 1.13, intervals: 1.06, race: 1.2 };

/** Load of the weeks of a block: three that build, one to recover. */
const BLOCK = [0.88, 1, 1.12, 0.62];

/** What a person does on a day, in order; a function of seed and date alone. */
export function planOf(person: Person, day: number): Session[] {
  const draw = dice(person.seed, day, "plan");
  const year = yearIn(person, yearOf(day));
  if (day >= year.ill.from && day <= year.ill.to) return [];
  const race = year.races.find((one) => one.day === day);
  const stay = stayOn(person, day);
  if (race && !stay.away) {
    const speed = person.threshold_mps * race.pace * fitnessOn(person, day);
    const effort = EFFORT.race - race.distance_m / 700_000;
    const duration_s = Math.round(race.distance_m / speed);
    const base = { sport: "run", kind: "race", commute: false } as const;
    return [{ ...base, start_s: 10 * 3600, duration_s, distance_m: race.distance_m, effort, title: race.name }];
  }
  if (year.races.some((one) => day > one.day && day <= one.day + 2)) return [];
  if (draw.chance(0.05) || !draw.chance(person.diligence)) return [];
  const load = BLOCK[weekOf(day) % 4]! * (year.races.some((one) => one.day - day < 8 && one.day > day) ? 0.7 : 1);
  const session = sessions(person, day, load, draw);
  return stay.away ? abroad(person, day, load, draw, stay.bike) : WEEK[weekdayOf(day)]!(session, draw, season(day));
}

type Make = (sport: Sport, kind: Kind, hour: number, share?: number, more?: Partial<Session>) => Session;
type DayPlan = (make: Make, draw: Dice, season: number) => Session[];

/** Monday to Sunday. */
const WEEK: DayPlan[] = [
  (make, draw) => {
    const which = draw();
    if (which < 0.3) return [make("yoga", "easy", 19.5)];
    return which < 0.65 ? [make("swim", "easy", 6.6)] : [];
  },
  (make, draw) => [make("run", draw.chance(0.7) ? "intervals" : "tempo", 18)],
  (make, draw, season) => {
    const bike = draw.chance(season > -0.3 ? 0.85 : 0.3)
      ? make("ride", draw.chance(0.3) ? "tempo" : "easy", 17.3, 0.8)
      : make("virtual_ride", draw.chance(0.5) ? "intervals" : "easy", 18.2);
    return draw.chance(0.55) ? [make("strength", "easy", 6.7), bike] : [bike];
  },
  (make, draw, season) => {
    const run = make("run", "easy", draw.chance(0.5) ? 6.5 : 18.4, 0.95);
    if (season < 0 || !draw.chance(0.35)) return [run];
    const way = { commute: true, title: draw.chance(0.5) ? "Zur Arbeit" : null };
    return [
      make("ride", "easy", 8.1, 0.28, way),
      { ...run, start_s: run.start_s + (run.start_s < 36_000 ? 43_000 : 0) },
    ];
  },
  (make, draw) => {
    const which = draw();
    if (which < 0.25) return [make("swim", "easy", 12.1)];
    return which < 0.45 ? [make("yoga", "easy", 20)] : which < 0.6 ? [make("strength", "easy", 17.5)] : [];
  },
  (make, draw, season) => {
    if (season < -0.55) return [make("virtual_ride", "long", 10, 1.4)];
    return [draw.chance(0.4) ? make("gravel_ride", "long", 9.6) : make("ride", "long", 9.2, 1.75)];
  },
  (make, draw, season) => {
    if (season > -0.2 && draw.chance(0.22)) return [make("hike", "easy", 10)];
    return [draw.chance(0.3) ? make("trail_run", "long", 9.4) : make("run", "long", 9, 2.05)];
  },
];

/** Away from home there is running, walking and the hotel's gym; in a training camp also the bike. */
function abroad(person: Person, day: number, load: number, draw: Dice, bike: boolean): Session[] {
  const make = sessions(person, day, load, draw);
  const which = draw();
  if (bike) return which < 0.7 ? [make("ride", which < 0.3 ? "long" : "easy", 9.8, 1.6)] : [make("run", "easy", 8)];
  if (which < 0.5) return [make("run", "easy", 6.4, 0.85)];
  if (which < 0.62) return [make("hike", "easy", 9)];
  return which < 0.75 ? [make("strength", "easy", 7, 0.7)] : [];
}

function sessions(person: Person, day: number, load: number, draw: Dice): Make {
  const fitness = fitnessOn(person, day);
  return (sport, kind, hour, share = 1, more = {}) => {
    const about = SPORTS[sport];
    const still = about.speed === 0;
    const duration_s = Math.round(about.minutes * 60 * share * (still ? 1 : load) * draw.normal(1, 0.09));
    const speed = person.threshold_mps * about.speed * PACE[kind] * fitness * draw.normal(1, 0.025);
    const metres = duration_s * speed;
    return {
      sport,
      kind,
      start_s: Math.round(hour * 3600 + draw.normal(0, 900)),
      duration_s,
      // A pool is swum in lengths of 25 m.
      distance_m: still ? 0 : sport === "swim" ? Math.round(metres / 25) * 25 : Math.round(metres * 10) / 10,
      effort: EFFORT[kind] + about.effort + draw.normal(0, 0.015),
      commute: false,
      title: null,
      ...more,
    };
  };
}
