import { dateOf, instantOf, offsetAt } from "./calendar.ts";
import type { Person, Place } from "./person.ts";
import { type Kind, planOf, type Session, type Sport } from "./plan.ts";
import { type Dice, dice } from "./random.ts";
import { stayOn, temperatureOn } from "./year.ts";

/** What recorded an activity, and what uploaded it to the providers. */
export interface Device {
  name: string;
  /** Pauses leave a hole in the samples instead of standing samples. */
  auto_pause: boolean;
  /** Seconds between samples: 1, or 0 for "when something changes". */
  every_s: 0 | 1;
  power_meter: boolean;
  brand: "garmin" | "wahoo" | "zwift" | "suunto";
}

export type Visibility = "everyone" | "followers_only" | "only_me";

/**
 * One thing a person did, told for no provider in particular. Instants in ms UTC. `duration_s` is time in motion; what
 * it took with pauses, and all sums, come from the recording (`recordingOf`).
 */
export interface Activity {
  /** Date and number in the day: "2026-03-01/0". */
  key: string;
  /** Names the dice of the recording: copies of one ride share it. */
  track: string;
  sport: Sport;
  kind: Kind;
  name: string;
  description: string | null;
  start: number;
  zone: string;
  utc_offset_s: number;
  place: Place;
  duration_s: number;
  distance_m: number;
  effort: number;
  temperature_c: number;
  /** Climbing that the route has, m. */
  climb_m: number;
  indoor: boolean;
  commute: boolean;
  /** Typed in by hand: no recording, no device. */
  manual: boolean;
  device: Device | null;
  gear: string | null;
  visibility: Visibility;
  /** The person hides when they were out. */
  hidden_start: boolean;
  /** Perceived exertion 1–10, where the person noted it. */
  rpe: number | null;
  /** From its end until it reaches a provider. */
  upload_after_s: number;
  copy_of: string | null;
}

const FORERUNNER: Device = {
  name: "Garmin Forerunner 965",
  auto_pause: true,
  every_s: 1,
  power_meter: false,
  brand: "garmin",
};
const EDGE: Device = { name: "Garmin Edge 840", auto_pause: true, every_s: 1, power_meter: true, brand: "garmin" };
const ELEMNT: Device = { name: "Wahoo ELEMNT ROAM", auto_pause: true, every_s: 1, power_meter: false, brand: "wahoo" };
const ZWIFT: Device = { name: "Zwift", auto_pause: false, every_s: 1, power_meter: true, brand: "zwift" };
const SUUNTO: Device = { name: "Suunto Vertical", auto_pause: false, every_s: 0, power_meter: false, brand: "suunto" };

const DEVICES: Record<Sport, Device> = {
  run: FORERUNNER,
  trail_run: SUUNTO,
  ride: EDGE,
  gravel_ride: ELEMNT,
  virtual_ride: ZWIFT,
  swim: FORERUNNER,
  hike: SUUNTO,
  strength: FORERUNNER,
  yoga: FORERUNNER,
};

const GEAR: Partial<Record<Sport, string>> = {
  run: "road_shoe",
  trail_run: "trail_shoe",
  hike: "trail_shoe",
  ride: "road_bike",
  virtual_ride: "road_bike",
  gravel_ride: "gravel_bike",
};

/** Metres of climbing per kilometre. */
const CLIMB: Partial<Record<Sport, number>> = {
  run: 7,
  trail_run: 31,
  ride: 10,
  gravel_ride: 13,
  virtual_ride: 11,
  hike: 52,
};

const WORDS: Record<Sport, string> = {
  run: "Run",
  trail_run: "Trail Run",
  ride: "Ride",
  gravel_ride: "Gravel Ride",
  virtual_ride: "Virtual Ride",
  swim: "Swim",
  hike: "Hike",
  strength: "Weight Training",
  yoga: "Yoga",
};

const TITLES: Partial<Record<`${Sport}/${Kind}` | Sport, string[]>> = {
  "run/intervals": ["8 × 400 m", "6 × 800 m, last one fast", "Pyramide 1-2-3-2-1"],
  "run/tempo": ["Tempo 2 × 15 min", "Schwelle"],
  "run/long": ["Long run 🌤", "Langer Lauf an der Isar", "Sunday long one"],
  "ride/long": ["Endlich Sonne ☀️", "To the lakes & back", "Große Runde"],
  virtual_ride: ["Zwift - Watopia's Waistband", "Zwift - Race: Tempus Fugit (B)"],
  hike: ['Up to the "Hütte"'],
};

/** What a person did on a day; the same for every "now". */
export function activitiesOn(person: Person, day: number): Activity[] {
  const made: Activity[] = [];
  const privacy = dice(person.seed, day, "privacy");
  // Some days hide their hours altogether, so that several activities share one start.
  const hidden = privacy.chance(0.035);
  for (const session of planOf(person, day)) {
    const key = `${dateOf(day)}/${made.length}`;
    const draw = dice(person.seed, key, "activity");
    const activity = activityOf(person, day, key, session, draw);
    activity.hidden_start = hidden || draw.chance(0.01);
    made.push(activity);
    if (session.sport === "ride" && !session.commute && !activity.manual && draw.chance(0.07)) {
      made.push(secondUpload(activity, `${dateOf(day)}/${made.length}`, draw));
    }
  }
  return made;
}

function activityOf(person: Person, day: number, key: string, session: Session, draw: Dice): Activity {
  const { place } = stayOn(person, day);
  const { sport, kind } = session;
  const manual = draw.chance(sport === "yoga" ? 0.4 : sport === "strength" ? 0.2 : 0.015);
  const start = instantOf(place.zone, day, manual ? Math.round(session.start_s / 300) * 300 : session.start_s);
  const shade = draw();
  const km = session.distance_m / 1000;
  return {
    key,
    track: key,
    sport,
    kind,
    name: session.title ?? title(sport, kind, session.start_s, draw),
    description: draw.chance(0.2)
      ? draw.pick(["Felt good.", "Müde Beine.\nTrotzdem schön.", "Windy 💨", "With Jo"])
      : null,
    start,
    zone: place.zone,
    utc_offset_s: offsetAt(place.zone, start),
    place,
    duration_s: manual ? Math.round(session.duration_s / 60) * 60 : session.duration_s,
    distance_m: manual ? Math.round(session.distance_m / 100) * 100 : session.distance_m,
    effort: session.effort,
    temperature_c: Math.round(temperatureOn(person, place, day) + (session.start_s < 36_000 ? -3 : 0)),
    climb_m: Math.round(km * (CLIMB[sport] ?? 0) * draw.between(0.6, 1.4)),
    indoor: sport === "virtual_ride" || sport === "swim" || sport === "strength" || sport === "yoga",
    commute: session.commute,
    manual,
    device: manual ? null : DEVICES[sport],
    gear: GEAR[sport] ?? null,
    visibility: shade < 0.05 ? "only_me" : shade < 0.15 ? "followers_only" : "everyone",
    hidden_start: false,
    rpe: draw.chance(0.3) ? Math.max(1, Math.min(10, Math.round(session.effort * 13 - 3.5))) : null,
    // Most reach the providers at once; now and then a watch is synced days later.
    upload_after_s: draw.chance(0.02) ? draw.int(86_400, 4 * 86_400) : draw.int(20, 240),
    copy_of: null,
  };
}

/** The same ride from the watch: started seconds earlier, a little shorter, without the power meter. */
function secondUpload(ride: Activity, key: string, draw: Dice): Activity {
  return {
    ...ride,
    key,
    name: WORDS.ride,
    description: null,
    start: ride.start - draw.int(3, 20) * 1000,
    distance_m: Math.round(ride.distance_m * draw.between(0.985, 0.998) * 10) / 10,
    device: FORERUNNER,
    rpe: null,
    upload_after_s: ride.upload_after_s + draw.int(30, 600),
    copy_of: ride.key,
  };
}

/** A name as a provider makes it from the hour, or one of the person's own. */
export function title(sport: Sport, kind: Kind, second: number, draw: Dice): string {
  const own = TITLES[`${sport}/${kind}`] ?? TITLES[sport];
  if (own && draw.chance(0.45)) return draw.pick(own);
  const hour = second / 3600;
  const part = hour < 11 ? "Morning" : hour < 14 ? "Lunch" : hour < 17 ? "Afternoon" : hour < 21 ? "Evening" : "Night";
  return `${part} ${WORDS[sport]}`;
}
