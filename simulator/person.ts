import { dice } from "./random.ts";

/** Somewhere to train: position in degrees, height in m, yearly mean and swing of the midday temperature in °C. */
export interface Place {
  name: string;
  country: string;
  zone: string;
  lat: number;
  lng: number;
  altitude_m: number;
  mean_c: number;
  swing_c: number;
}

/** A thing that wears out: its distance is what a provider shows beside it. */
export interface Gear {
  key: string;
  kind: "shoe" | "bike";
  name: string;
  distance_m: number;
}

/** Who is simulated. Everything a person does follows from `seed`, these numbers and the date. */
export interface Person {
  key: string;
  seed: string;
  firstname: string;
  lastname: string;
  sex: "F" | "M";
  weight_kg: number;
  resting_heart_rate_bpm: number;
  max_heart_rate_bpm: number;
  ftp_w: number;
  /** Running speed that can be held for an hour. */
  threshold_mps: number;
  home: Place;
  gear: Gear[];
  /** Share of the planned days that come true. */
  diligence: number;
  /** How much there is to find: months of history before the simulator's first start. */
  months: number;
  /** Pays the providers for their extras. */
  subscriber: boolean;
}

const MUNICH: Place = {
  name: "München",
  country: "Germany",
  zone: "Europe/Berlin",
  lat: 48.1295,
  lng: 11.5912,
  altitude_m: 518,
  mean_c: 10,
  swing_c: 11,
};

const BRISTOL: Place = {
  name: "Bristol",
  country: "United Kingdom",
  zone: "Europe/London",
  lat: 51.4601,
  lng: -2.6215,
  altitude_m: 71,
  mean_c: 11,
  swing_c: 7,
};

const DENVER: Place = {
  name: "Denver",
  country: "United States",
  zone: "America/Denver",
  lat: 39.7472,
  lng: -104.9503,
  altitude_m: 1609,
  mean_c: 11,
  swing_c: 13,
};

/** The three people of a seed: two years of history, a few weeks, and none at all. */
export function people(seed: string | number): Person[] {
  return [
    person(seed, "mira", { firstname: "Mira", lastname: "Sommer", sex: "F", home: MUNICH, months: 24 }),
    person(seed, "jonas", {
      firstname: "Jonas",
      lastname: "Field",
      sex: "M",
      home: BRISTOL,
      months: 2,
      diligence: 0.3,
      subscriber: false,
    }),
    person(seed, "ada", { firstname: "Ada", lastname: "Okafor", sex: "F", home: DENVER, months: 0, subscriber: false }),
  ];
}

/** One person; what `given` leaves out comes from the seed. */
export function person(seed: string | number, key: string, given: Partial<Person> = {}): Person {
  const draw = dice(seed, key, "person");
  const sex = given.sex ?? draw.pick(["F", "M"] as const);
  return {
    key,
    seed: `${seed}/${key}`,
    firstname: "Kim",
    lastname: "Example",
    sex,
    weight_kg: Math.round((sex === "F" ? draw.normal(60, 4) : draw.normal(74, 5)) * 10) / 10,
    resting_heart_rate_bpm: draw.int(44, 54),
    max_heart_rate_bpm: draw.int(184, 196),
    ftp_w: Math.round(sex === "F" ? draw.normal(225, 15) : draw.normal(275, 20)),
    threshold_mps: sex === "F" ? draw.between(3.9, 4.15) : draw.between(4.1, 4.4),
    home: MUNICH,
    gear: [
      { key: "road_shoe", kind: "shoe", name: "Road shoe", distance_m: draw.int(180_000, 620_000) },
      { key: "trail_shoe", kind: "shoe", name: "Trail shoe", distance_m: draw.int(90_000, 400_000) },
      { key: "road_bike", kind: "bike", name: "Road bike", distance_m: draw.int(4_000_000, 16_000_000) },
      { key: "gravel_bike", kind: "bike", name: "Gravel bike", distance_m: draw.int(1_500_000, 6_000_000) },
    ],
    diligence: 1,
    months: 24,
    subscriber: true,
    ...given,
  };
}
