import { int64 } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { Gear } from "../../person.ts";
import { dice } from "../../random.ts";

/** Strava's number of a person. */
export const athleteId = (life: Life): string =>
  String(90_000_000 + dice(life.person.seed, "strava").int(0, 9_999_999));

export const gearId = (life: Life, gear: Gear): string =>
  `${gear.kind === "bike" ? "b" : "g"}${dice(life.person.seed, gear.key, "strava").int(1_000_000, 29_999_999)}`;

/** Resource state 2: what a token answer carries and `read` may see. */
export function summaryAthlete(life: Life) {
  const { firstname, lastname, sex, home, subscriber } = life.person;
  return {
    id: int64(athleteId(life)),
    username: `${firstname}_${lastname}`.toLowerCase(),
    resource_state: 2,
    firstname,
    lastname,
    bio: null,
    city: home.name,
    state: "",
    country: home.country,
    sex,
    premium: subscriber,
    summit: subscriber,
    created_at: "2017-11-01T10:00:00Z",
    updated_at: "2025-09-27T12:57:32Z",
    badge_type_id: subscriber ? 1 : 0,
    profile_medium: "avatar/athlete/medium.png",
    profile: "avatar/athlete/large.png",
    friend: null,
    follower: null,
  };
}

/** Resource state 3: with `profile:read_all`. */
export function detailedAthlete(life: Life) {
  const { weight_kg, ftp_w, gear } = life.person;
  const things = (kind: Gear["kind"]) => gear.filter((one) => one.kind === kind);
  return {
    ...summaryAthlete(life),
    resource_state: 3,
    weight: weight_kg,
    blocked: false,
    can_follow: true,
    follower_count: 20,
    friend_count: 25,
    mutual_friend_count: 0,
    athlete_type: 1,
    date_preference: "%d/%m/%Y",
    measurement_preference: "meters",
    clubs: [],
    postable_clubs_count: 0,
    ftp: ftp_w,
    bikes: things("bike").map((one, i) => gearOf(life, one, i === 0)),
    shoes: things("shoe").map((one, i) => gearOf(life, one, i === 0)),
  };
}

export function gearOf(life: Life, gear: Gear, primary: boolean) {
  return {
    id: gearId(life, gear),
    primary,
    name: gear.name,
    nickname: null,
    resource_state: 2,
    retired: false,
    distance: gear.distance_m,
    converted_distance: Math.round(gear.distance_m / 100) / 10,
  };
}
