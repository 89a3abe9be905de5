import type { Activity } from "../../activity.ts";
import { instantOf, localDay, standardOffset, yearOf } from "../../calendar.ts";
import { float, int64 } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { Sport } from "../../plan.ts";
import { dice } from "../../random.ts";
import { athleteId, gearId } from "./athlete.ts";

/** `sport_type`, and the older, coarser `type`. */
export const SPORT_TYPES: Record<Sport, [sport_type: string, type: string]> = {
  run: ["Run", "Run"],
  trail_run: ["TrailRun", "Run"],
  ride: ["Ride", "Ride"],
  gravel_ride: ["GravelRide", "Ride"],
  virtual_ride: ["VirtualRide", "VirtualRide"],
  swim: ["Swim", "Swim"],
  hike: ["Hike", "Hike"],
  strength: ["WeightTraining", "WeightTraining"],
  yoga: ["Yoga", "Yoga"],
};

/** Runs have 0 1 2 3 (default, race, long, workout), rides 10 11 12. */
const WORKOUT_TYPES: Record<string, Record<Activity["kind"], number>> = {
  Run: { easy: 0, race: 1, long: 2, tempo: 3, intervals: 3 },
  Ride: { easy: 10, race: 11, long: 10, tempo: 12, intervals: 12 },
};

const KNOWN_INSTANT = Date.parse("2025-10-19T20:00:00Z");
const KNOWN_ID = 16_196_740_323n;

/** Ids grow with the time of upload, some 9.8 million a day; a few lie beyond what a double can hold. */
export function activityId(activity: Activity, life: Life): string {
  let id = ids.get(activity);
  if (!id) ids.set(activity, (id = newId(activity, life)));
  return id;
}

const ids = new WeakMap<Activity, string>();

function newId(activity: Activity, life: Life): string {
  const draw = dice(life.person.seed, activity.key, "strava");
  if (draw.chance(0.015)) return String(9_007_199_254_740_993n + 2n * BigInt(draw.int(0, 400_000_000_000)));
  const days = (identity(activity) - KNOWN_INSTANT) / 86_400_000;
  return String(KNOWN_ID + BigInt(Math.round(days * 9_780_000)) + BigInt(draw.int(0, 50)));
}

/** An edit of the start must not change the id, so it hangs on the key's date; the slot keeps those of a day apart. */
function identity({ key }: Activity): number {
  const [date = "", slot = ""] = key.split("/");
  return Date.parse(`${date}T12:00:00Z`) + (slot.startsWith("a") ? 40 + Number(slot.slice(1)) : Number(slot)) * 60_000;
}

/** Instant that Strava shows: local midnight and a second where the person hides the hour. */
export const shownStart = (activity: Activity): number =>
  activity.hidden_start
    ? instantOf(activity.zone, localDay(activity.zone, activity.start), 1)
    : Math.floor(activity.start / 1000) * 1000;

/** One item of a list: resource state 2. */
export function summaryActivity(activity: Activity, life: Life) {
  const sums = life.summary(activity);
  const id = activityId(activity, life);
  const draw = dice(life.person.seed, activity.key, "kudos");
  const [sport_type, type] = SPORT_TYPES[activity.sport];
  const start = shownStart(activity);
  const upload = activity.manual ? null : String(BigInt(id) + 1_083_755_731n);
  const gear = life.person.gear.find((one) => one.key === activity.gear);
  const hasHeart = sums.avg_heart_rate_bpm !== null;
  const kudos = activity.visibility === "only_me" ? 0 : draw.int(0, 24);
  return {
    resource_state: 2,
    athlete: { id: int64(athleteId(life)), resource_state: 1 },
    name: activity.name,
    distance: float(round(sums.distance_m, 1)),
    moving_time: sums.moving_s,
    elapsed_time: sums.elapsed_s,
    total_elevation_gain: float(round(sums.ascent_m, 1)),
    type,
    sport_type,
    workout_type: WORKOUT_TYPES[type]?.[activity.kind] ?? null,
    ...(activity.manual ? {} : { device_name: activity.device?.name }),
    id: int64(id),
    start_date: iso(start),
    start_date_local: iso(start + activity.utc_offset_s * 1000),
    timezone: timezone(activity),
    utc_offset: float(activity.utc_offset_s),
    location_city: null,
    location_state: null,
    location_country: null,
    achievement_count: activity.kind === "race" ? 7 : draw.int(0, 3),
    kudos_count: kudos,
    comment_count: Math.floor(kudos / 8),
    athlete_count: activity.kind === "race" ? 250 : 1,
    photo_count: 0,
    map: { id: `a${id}`, summary_polyline: sums.summary_polyline, resource_state: 2 },
    trainer: activity.indoor && activity.sport !== "virtual_ride",
    commute: activity.commute,
    manual: activity.manual,
    private: activity.visibility === "only_me",
    visibility: activity.visibility,
    flagged: false,
    gear_id: gear ? gearId(life, gear) : null,
    start_latlng: latlng(sums.start),
    end_latlng: latlng(sums.end),
    average_speed: float(round(sums.avg_speed_mps, 3)),
    max_speed: float(round(sums.max_speed_mps, 3)),
    ...given("average_cadence", sums.avg_cadence_rpm, 1),
    ...power(activity, life),
    ...given("average_temp", sums.avg_temperature_c, 0),
    has_heartrate: hasHeart,
    ...given("average_heartrate", sums.avg_heart_rate_bpm, 1),
    ...(hasHeart ? { max_heartrate: float(sums.max_heart_rate_bpm!) } : {}),
    heartrate_opt_out: false,
    display_hide_heartrate_option: hasHeart,
    ...(activity.manual
      ? {}
      : { elev_high: round(sums.max_altitude_m ?? 0, 1), elev_low: round(sums.min_altitude_m ?? 0, 1) }),
    upload_id: upload === null ? null : int64(upload),
    ...(upload === null ? {} : { upload_id_str: upload }),
    external_id: externalName(activity, life),
    from_accepted_tag: false,
    pr_count: draw.chance(0.2) ? 1 : 0,
    total_photo_count: draw.chance(0.15) ? draw.int(1, 4) : 0,
    has_kudoed: false,
    ...(hasHeart && life.person.subscriber ? { suffer_score: suffering(activity, life) } : {}),
  };
}

export const iso = (instant: number): string => `${new Date(instant).toISOString().slice(0, 19)}Z`;

export const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;

/** A measured number under its name, or nothing at all. */
export const given = (name: string, value: number | null, digits: number) =>
  value === null ? {} : { [name]: digits === 0 ? Math.round(value) : float(round(value, digits)) };

const latlng = (point: [number, number] | null): number[] => (point ? point.map((one) => round(one, 6)) : []);

/** Work and watts are for rides only; estimated ones say so. */
function power(activity: Activity, life: Life) {
  const sums = life.summary(activity);
  if (sums.avg_power_w === null) return {};
  const meter = sums.max_power_w !== null;
  return {
    average_watts: float(round(sums.avg_power_w, 1)),
    ...(meter ? { max_watts: sums.max_power_w, weighted_average_watts: Math.round(sums.weighted_power_w!) } : {}),
    device_watts: meter,
    kilojoules: float(round(sums.work_kj!, 1)),
  };
}

/** "(GMT+01:00) Europe/Berlin": the offset of winter, all year. */
function timezone({ zone, start }: Activity): string {
  const offset = standardOffset(zone, yearOf(Math.floor(start / 86_400_000)));
  const minutes = Math.abs(offset) / 60;
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  return `(GMT${offset < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}) ${zone}`;
}

/** The name of the uploaded file, as each maker writes it. */
function externalName(activity: Activity, life: Life): string | null {
  const draw = dice(life.person.seed, activity.key, "file");
  const number = draw.int(100_000_000_000, 599_999_999_999);
  switch (activity.device?.brand) {
    case undefined:
      return null;
    case "garmin":
      return `garmin_ping_${number}`;
    case "zwift":
      return `zwift-activity-${number}.fit`;
    case "suunto":
      return `suunto-${number}.fit`;
    case "wahoo":
      return `${iso(activity.start).slice(0, 19).replaceAll(":", "")}-ELEMNT ROAM ${number % 10_000}-0.fit`;
  }
}

/** "Relative effort": minutes weighed by how high the heart beat. */
function suffering(activity: Activity, life: Life) {
  const { resting_heart_rate_bpm: rest, max_heart_rate_bpm: top } = life.person;
  const { avg_heart_rate_bpm, moving_s } = life.summary(activity);
  const share = Math.max(0, (avg_heart_rate_bpm! - rest) / (top - rest));
  return float(Math.round((moving_s / 60) * share ** 3 * 4));
}
