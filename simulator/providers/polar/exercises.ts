import type { Activity } from "../../activity.ts";
import { round } from "../../condition.ts";
import { points } from "../../day.ts";
import type { Life } from "../../life.ts";
import type { Sport } from "../../plan.ts";
import { dice } from "../../random.ts";
import type { Recording } from "../../recording.ts";
import { recorded } from "../../summary.ts";
import { userId } from "./grants.ts";
import { durationOf, local, userUrl } from "./words.ts";

/** Coarse and detailed names; since summer 2026 v3 has forgotten some of them. */
const SPORTS: Record<Sport, [sport: string, detailed: string | null]> = {
  run: ["RUNNING", "ROAD_RUNNING"],
  trail_run: ["RUNNING", "TRAIL_RUNNING"],
  ride: ["CYCLING", "ROAD_BIKING"],
  gravel_ride: ["CYCLING", "GRAVEL"],
  virtual_ride: ["CYCLING", "INDOOR_CYCLING"],
  swim: ["SWIMMING", "POOL_SWIMMING"],
  hike: ["OTHER", "HIKING"],
  strength: ["STRENGTH_TRAINING", "STRENGTH_TRAINING"],
  yoga: ["OTHER", "YOGA"],
};
const FORGOTTEN_SINCE = Date.parse("2026-06-20T00:00:00Z");

const WATCH = { name: "Polar Vantage V3", auto_pause: true, every_s: 1, brand: "garmin" } as const;
const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

/** What the watch on the wrist recorded: neither what was typed in, nor what another device uploaded once more. */
export const isSeen = (activity: Activity): boolean => !activity.manual && activity.copy_of === null;

export function exerciseId(activity: Activity, life: Life): string {
  const draw = dice(life.person.seed, activity.key, "polar id");
  return Array.from({ length: 8 }, () => LETTERS[draw.int(0, LETTERS.length - 1)]).join("");
}

const known = new WeakMap<Activity, Activity>();

/** The same on this wrist: some seconds earlier or later, some metres longer or shorter. */
function asWorn(life: Life, activity: Activity): Activity {
  let made = known.get(activity);
  if (!made) {
    const draw = dice(life.person.seed, activity.key, "polar");
    made = {
      ...activity,
      start: activity.start + draw.int(-5, 12) * 1000,
      distance_m: Math.round(activity.distance_m * draw.between(0.992, 1.008) * 10) / 10,
      device: { ...WATCH, power_meter: activity.device?.power_meter === true },
    };
    known.set(activity, made);
  }
  return made;
}

export interface Wishes {
  samples: boolean;
  zones: boolean;
  route: boolean;
}

/** An exercise of the last thirty days; `since` is when its owner became known to the application. */
export function exerciseRecord(life: Life, source: Activity, since: number, wishes: Wishes): object {
  const activity = asWorn(life, source);
  const draw = dice(life.person.seed, source.key, "polar words");
  const sums = life.summary(activity);
  const recording = recorded(life.person, activity);
  const elapsed = sums.elapsed_s + draw.int(0, 999) / 1000;
  const end = activity.start + elapsed * 1000;
  const uploaded = Math.max(since, end + activity.upload_after_s * 1000);
  const [sport, detailed] = SPORTS[activity.sport];
  const isForgotten = activity.sport === "yoga" && activity.start >= FORGOTTEN_SINCE;
  const hasRoute = !activity.indoor && recording?.lat != null;
  const isWorn = !draw.chance(0.04) && sums.avg_heart_rate_bpm !== null;
  const load = round(points(activity), 2);
  const fat = Math.round(70 - activity.effort * 45);
  return {
    id: exerciseId(source, life),
    upload_time: new Date(uploaded).toISOString(),
    polar_user: userUrl(userId(life)),
    device: WATCH.name,
    device_id: "2222BBBB",
    start_time: local(activity.start, activity.utc_offset_s),
    start_time_utc_offset: activity.utc_offset_s / 60,
    duration: draw.chance(0.5) ? `PT${elapsed}S` : durationOf(elapsed),
    calories: sums.energy_kcal,
    ...(sums.distance_m > 0 && { distance: round(sums.distance_m, 1) }),
    heart_rate: isWorn
      ? { average: Math.round(sums.avg_heart_rate_bpm!), maximum: Math.round(sums.max_heart_rate_bpm!) }
      : {},
    training_load: load,
    sport: isForgotten ? "OTHER" : sport,
    has_route: hasRoute,
    detailed_sport_info: isForgotten ? "OTHER_INDOOR" : detailed,
    fat_percentage: fat,
    carbohydrate_percentage: 98 - fat,
    protein_percentage: 2,
    ...(activity.sport.endsWith("run") && { "running-index": draw.int(49, 60) }),
    ...(wishes.zones && isWorn && { heart_rate_zones: zonesOf(life, recording!) }),
    ...(wishes.samples && recording && { samples: samplesOf(activity, recording, isWorn) }),
    ...(wishes.route && hasRoute && { route: routeOf(recording) }),
    training_load_pro: {
      date: local(activity.start, activity.utc_offset_s).slice(0, 10),
      "cardio-load": load,
      "muscle-load": recording?.power ? round(sums.work_kj ?? 0, 1) : "NOT_AVAILABLE",
      "perceived-load": round(load * draw.between(0.8, 1.2), 1),
      "cardio-load-interpretation": load > 120 ? "HIGH" : load > 60 ? "MEDIUM" : "LOW",
      "muscle-load-interpretation": "UNKNOWN",
      "perceived-load-interpretation": "MEDIUM",
      "user-rpe": "UNKNOWN",
    },
  };
}

function zonesOf(life: Life, { heart, time }: Recording): object[] {
  const most = life.person.max_heart_rate_bpm;
  return [0.5, 0.6, 0.7, 0.8, 0.9].map((share, i) => {
    const [low, high] = [Math.round(most * share), Math.round(most * (share + 0.1))];
    let seconds = 0;
    for (let j = 1; j < heart.length; j++) {
      if (heart[j]! >= low && (heart[j]! < high || i === 4)) seconds += Math.min(8, time[j]! - time[j - 1]!);
    }
    return { index: i + 1, "lower-limit": low, "upper-limit": high, "in-zone": durationOf(seconds) };
  });
}

/** Slots of one length; pauses and lost sensors leave them empty, or say null. */
function samplesOf(activity: Activity, recording: Recording, isWorn: boolean): object[] {
  const { time } = recording;
  const rate = time.at(-1)! > 10_800 ? 5 : 1;
  const longest = activity.sport === "swim" ? 90 : 8;
  const at: number[] = [];
  for (let slot = 0, i = 0; slot * rate <= time.at(-1)!; slot++) {
    while (i + 1 < time.length && time[i + 1]! <= slot * rate) i++;
    at.push(slot * rate - time[i]! <= longest ? i : -1);
  }
  const list = (type: number, values: ArrayLike<number> | null, write: (value: number) => string) =>
    values && {
      "recording-rate": rate,
      "sample-type": String(type),
      data: at.map((i, slot) => (i < 0 ? (slot % 2 ? "null" : "") : write(values[i]!))).join(),
    };
  const short = (places: number) => (value: number) => String(round(value, places));
  const isRun = activity.sport.endsWith("run") || activity.sport === "hike";
  const heart = list(0, isWorn ? recording.heart : null, (value) => (value > 0 ? String(value) : "null"));
  const all = [
    heart,
    list(1, recording.speed, (value) => String(round(value * 3.6, 1))),
    isRun
      ? list(8, recording.cadence, (strides) => String(strides * 2))
      : activity.sport.endsWith("ride") && list(2, recording.cadence, String),
    activity.indoor ? null : list(3, recording.altitude, short(1)),
    list(4, recording.power, String),
    activity.indoor ? null : list(9, recording.temperature, String),
    list(10, recording.distance, short(1)),
    heart && {
      "recording-rate": null,
      "sample-type": "11",
      data: [...recording.heart.subarray(0, 60)]
        .filter(Boolean)
        .map((bpm) => Math.round(60_000 / bpm))
        .join(),
    },
  ];
  return all.filter(Boolean) as object[];
}

function routeOf({ time, lat, lng }: Recording): object[] {
  return Array.from(time, (seconds, i) => ({
    latitude: round(lat![i]!, 6),
    longitude: round(lng![i]!, 6),
    time: `PT${i % 300 === 1 ? seconds + 0.002 : seconds}S`,
    satellites: 9,
    fix: 3,
  }));
}
