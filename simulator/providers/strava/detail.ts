import type { Activity } from "../../activity.ts";
import { float, int64 } from "../../json.ts";
import type { Life } from "../../life.ts";
import { quickest, recorded, type Stretch, splits, stretch } from "../../summary.ts";
import { athleteId, gearOf } from "./athlete.ts";
import { activityId, given, iso, round, shownStart, summaryActivity } from "./shape.ts";

const EFFORTS: [name: string, metres: number][] = [
  ["400m", 400],
  ["1K", 1000],
  ["1 mile", 1609.344],
  ["5K", 5000],
  ["10K", 10_000],
  ["Half-Marathon", 21_097.5],
  ["Marathon", 42_195],
];

/** Resource state 3: what only a call of its own brings. */
export function detailedActivity(activity: Activity, life: Life) {
  const item = summaryActivity(activity, life);
  const sums = life.summary(activity);
  const recording = recorded(life.person, activity);
  const foot = ["run", "trail_run", "hike"].includes(activity.sport);
  const gear = life.person.gear.find((one) => one.key === activity.gear);
  return {
    ...item,
    resource_state: 3,
    map: { id: item.map.id, polyline: sums.polyline, resource_state: 3, summary_polyline: sums.summary_polyline },
    description: activity.description,
    calories: float(sums.energy_kcal),
    perceived_exertion: activity.rpe === null ? null : float(activity.rpe),
    prefer_perceived_exertion: activity.rpe === null ? null : false,
    segment_efforts: [],
    ...(recording && foot
      ? {
          splits_metric: splits(recording, 1000).map(split),
          splits_standard: splits(recording, 1609.344).map(split),
          best_efforts: bestEfforts(activity, life),
        }
      : {}),
    laps: laps(activity, life),
    ...(gear ? { gear: gearOf(life, gear, true) } : {}),
    photos: { primary: null, count: 0 },
    stats_visibility: ["heart_rate", "pace", "power", "speed", "calories"].map((type) => ({
      type,
      visibility: "everyone",
    })),
    hide_from_home: false,
    ...(activity.device ? { device_name: activity.device.name } : {}),
    embed_token: "0".repeat(40),
    similar_activities: null,
    available_zones: life.person.subscriber && recording ? ["heartrate", ...(foot ? ["pace"] : [])] : [],
  };
}

/** Laps: one each kilometre on foot, each 5 km by bike, else the whole. */
export function laps(activity: Activity, life: Life) {
  const recording = recorded(life.person, activity);
  if (!recording) return [];
  const every = activity.sport.endsWith("run")
    ? 1000
    : activity.sport.endsWith("ride")
      ? 5000
      : Number.POSITIVE_INFINITY;
  const cut = splits(recording, every);
  const pieces = cut.length > 0 ? cut : [stretch(recording, 0, recording.time.length - 1)];
  return pieces.map((piece, i) => lap(activity, life, piece, i, recording.time[piece.from]!));
}

function lap(activity: Activity, life: Life, piece: Stretch, i: number, second: number) {
  return {
    id: int64(BigInt(activityId(activity, life)) * 3n + BigInt(i)),
    resource_state: 2,
    name: `Lap ${i + 1}`,
    ...within(activity, life, second),
    elapsed_time: piece.elapsed_s,
    moving_time: Math.round(piece.moving_s),
    distance: float(round(piece.distance_m, 2)),
    average_speed: float(round(piece.avg_speed_mps, 2)),
    max_speed: float(round(piece.max_speed_mps, 3)),
    lap_index: i + 1,
    split: i + 1,
    start_index: piece.from,
    end_index: piece.to,
    total_elevation_gain: float(round(piece.ascent_m, 1)),
    ...given("average_cadence", piece.avg_cadence_rpm, 1),
    device_watts: piece.avg_power_w !== null,
    ...given("average_watts", piece.avg_power_w, 1),
    ...given("average_heartrate", piece.avg_heart_rate_bpm, 1),
    ...(piece.max_heart_rate_bpm === null ? {} : { max_heartrate: float(piece.max_heart_rate_bpm) }),
    pace_zone: 2,
  };
}

/** Whose part of what: the same head for laps and efforts. */
function within(activity: Activity, life: Life, second: number) {
  const start = shownStart(activity) + second * 1000;
  return {
    activity: { id: int64(activityId(activity, life)), visibility: activity.visibility, resource_state: 1 },
    athlete: { id: int64(athleteId(life)), resource_state: 1 },
    start_date: iso(start),
    start_date_local: iso(start + activity.utc_offset_s * 1000),
  };
}

function split(piece: Stretch, i: number) {
  const grade = piece.distance_m > 0 ? piece.climb_m / piece.distance_m : 0;
  return {
    distance: float(round(piece.distance_m, 1)),
    elapsed_time: piece.elapsed_s,
    elevation_difference: float(round(piece.climb_m, 1)),
    moving_time: Math.round(piece.moving_s),
    split: i + 1,
    average_speed: float(round(piece.avg_speed_mps, 2)),
    average_grade_adjusted_speed: float(round(piece.avg_speed_mps * (1 + 2.5 * grade), 2)),
    ...(piece.avg_heart_rate_bpm === null ? {} : { average_heartrate: piece.avg_heart_rate_bpm }),
    pace_zone: 2,
  };
}

function bestEfforts(activity: Activity, life: Life) {
  const recording = recorded(life.person, activity)!;
  return EFFORTS.flatMap(([name, metres], i) => {
    const best = quickest(recording, metres);
    if (!best) return [];
    return {
      id: int64(BigInt(activityId(activity, life)) * 7n + BigInt(i)),
      resource_state: 2,
      name,
      ...within(activity, life, recording.time[best.from]!),
      elapsed_time: best.elapsed_s,
      moving_time: best.elapsed_s,
      distance: metres,
      pr_rank: null,
      achievements: [],
      start_index: best.from,
      end_index: best.to,
    };
  });
}
