import type { Activity } from "../../activity.ts";
import { dateOf, dayOf, offsetAt } from "../../calendar.ts";
import { float, int64 } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { Sport } from "../../plan.ts";
import { dice } from "../../random.ts";
import { recorded, stretch } from "../../summary.ts";
import { fitFile } from "./fit.ts";

const MODES: Record<Sport, [mode: number, subMode: number]> = {
  run: [8, 1],
  trail_run: [15, 1],
  ride: [9, 1],
  gravel_ride: [9, 4],
  virtual_ride: [9, 2],
  swim: [10, 2],
  hike: [16, 1],
  strength: [23, 2],
  yoga: [42, 1],
};
const WATCH = "COROS PACE 3";

export interface Settings {
  /** How long an address of a file holds, s. */
  file_s: number;
  /** Keys of rides that were the first half of a multisport workout. */
  multisport: Set<string>;
}

/** The watch wrote what others wrote as well, but for a ride's second upload. */
export const isSeen = (activity: Activity): boolean => activity.copy_of === null;

const ids = new WeakMap<Activity, string>();
/** The encoder looks up each field of each second anew. */
const files = new WeakMap<Activity, Uint8Array>();

/** Eighteen digits, far beyond what a double can hold; an edit must not change them, so they hang on the key. */
export function labelId(activity: Activity, life: Life): string {
  let id = ids.get(activity);
  if (!id) {
    const [date = "", slot = ""] = activity.key.split("/");
    const draw = dice(life.person.seed, activity.key, "coros");
    const number = slot.startsWith("a") ? 40 + Number(slot.slice(1)) : Number(slot);
    id = String(
      460_000_000_000_000_000n +
        BigInt(dayOf(date)) * 350_000_000_000n +
        BigInt(number * 1_000_003_001 + draw.int(1, 999_999)),
    );
    ids.set(activity, id);
  }
  return id;
}

/** The watch was started some seconds after the others. */
export const startOf = (activity: Activity, life: Life): number =>
  Math.floor(activity.start / 1000) + dice(life.person.seed, activity.key, "coros start").int(0, 3);

/** The local day under which a workout is listed, as YYYYMMDD. */
export const dateOfWorkout = (activity: Activity, life: Life): string =>
  dateOf(Math.floor((startOf(activity, life) + activity.utc_offset_s) / 86_400)).replaceAll("-", "");

const cut = (length: number): [number, number][] => [
  [0, Math.floor(length / 2)],
  [Math.floor(length / 2), length - 1],
];

/** One item of a list; `fitUrl` makes an address of a file. */
export function workoutOf(life: Life, activity: Activity, settings: Settings, fitUrl: (file: string) => string) {
  const { person } = life;
  const recording = recorded(person, activity);
  const sums = life.summary(activity);
  const id = labelId(activity, life);
  const start = startOf(activity, life);
  const end = start + Math.round(sums.elapsed_s);
  const [mode, subMode] = MODES[activity.sport];
  const isRun = activity.sport.endsWith("run") || activity.sport === "hike";
  const rate = sums.avg_cadence_rpm === null ? 0 : Math.round(sums.avg_cadence_rpm * (isRun ? 2 : 1));
  const zone = (instant_s: number) => offsetAt(activity.zone, instant_s * 1000) / 900;
  const common = {
    labelId: dice(person.seed, activity.key, "coros bare").chance(0.25) ? int64(id) : id,
    distance: float(Math.round(sums.distance_m)),
    calorie: sums.energy_kcal * 1000,
    duration: Math.round(sums.moving_s),
    startTime: start,
    endTime: end,
    startTimezone: activity.utc_offset_s / 900,
    endTimezone: zone(end),
  };
  if (recording && settings.multisport.has(activity.key)) {
    const legs = cut(recording.time.length).map(([from, to], i) => {
      const part = stretch(recording, from, to);
      const [legMode, legSub] = i === 0 ? [mode, subMode] : MODES.run;
      return {
        mode: legMode,
        subMode: legSub,
        distance: float(Math.round(part.distance_m)),
        calorie: Math.round(sums.energy_kcal * 500),
        duration: Math.round(part.moving_s),
        fitUrl: fitUrl(`${id}_${i + 1}`),
      };
    });
    return { ...common, mode: 13, subMode: 2, deviceName: WATCH, triathlonItemList: legs };
  }
  return {
    ...common,
    mode,
    subMode,
    avgSpeed: sums.avg_speed_mps > 0 ? Math.round(1000 / sums.avg_speed_mps) : 0,
    ...(recording && {
      deviceName: WATCH,
      avgFrequency: rate,
      step: isRun ? Math.round((rate * sums.moving_s) / 60) : 0,
      fitUrl: fitUrl(id),
    }),
    planWorkoutId: 0,
  };
}

/** A file by its name: `<labelId>`, or `<labelId>_<leg>`. */
export function fileOf(life: Life, activities: Activity[], name: string, settings: Settings): Uint8Array | null {
  const [id, leg] = name.split("_");
  const activity = activities.find((one) => labelId(one, life) === id);
  const recording = activity && recorded(life.person, activity);
  if (!activity || !recording) return null;
  if (leg === undefined) {
    const whole =
      files.get(activity) ?? fitFile(life, activity, recording, [0, recording.time.length - 1], activity.sport);
    files.set(activity, whole);
    return whole;
  }
  const range = settings.multisport.has(activity.key) ? cut(recording.time.length)[Number(leg) - 1] : undefined;
  return range ? fitFile(life, activity, recording, range, leg === "1" ? activity.sport : "run") : null;
}
