import type { Activity } from "../../activity.ts";
import { dateOf, instantOf, localDay, offsetAt } from "../../calendar.ts";
import { conditionOn, round } from "../../condition.ts";
import { float } from "../../json.ts";
import type { Life } from "../../life.ts";
import { windowOf } from "../../night.ts";
import type { Sport } from "../../plan.ts";
import { pulseBetween } from "../../pulse.ts";
import { dice } from "../../random.ts";
import { type Collection, daysOf, type Entry, isOff, local, utc, uuid } from "./shape.ts";

const NAMES: Record<Sport, string> = {
  run: "running",
  trail_run: "trail_running",
  ride: "cycling",
  gravel_ride: "cycling",
  virtual_ride: "indoor_cycling",
  swim: "swimming",
  hike: "hiking",
  strength: "strength_training",
  yoga: "yoga",
};
const MINUTE_MS = 60_000;

export const workoutId = (activity: Activity, life: Life): string => uuid(life, "workout", activity.key);

/** What the ring noticed, or the person wrote down; one for each thing done, whatever else recorded it, in whole minutes. */
export const workouts: Collection = (life, first, last, now) =>
  life
    .activities(now)
    .filter((one) => one.copy_of === null)
    .filter((one) => within(localDay(one.zone, one.start), first, last))
    .map((activity) => ({
      id: workoutId(activity, life),
      at: Math.floor(activity.start / MINUTE_MS) * MINUTE_MS,
      make: () => workout(activity, life),
    }));

function workout(activity: Activity, life: Life) {
  const sums = life.summary(activity);
  const draw = dice(life.person.seed, activity.key, "oura workout");
  const start = Math.floor(activity.start / MINUTE_MS) * MINUTE_MS;
  const end = Math.ceil((activity.start + sums.elapsed_s * 1000) / MINUTE_MS) * MINUTE_MS;
  const far = sums.distance_m > 0 && !activity.indoor;
  return {
    id: workoutId(activity, life),
    activity: NAMES[activity.sport],
    calories: float(round(sums.energy_kcal * draw.between(0.9, 1.08), 3)),
    day: dateOf(localDay(activity.zone, activity.start)),
    distance: far ? float(sums.distance_m * draw.between(0.97, 1.03)) : null,
    end_datetime: local(end, offsetAt(activity.zone, end)),
    intensity: activity.effort > 0.75 ? "hard" : activity.effort > 0.6 ? "moderate" : "easy",
    label: activity.manual ? activity.name : null,
    source: activity.manual ? "manual" : draw.pick(["confirmed", "confirmed", "autodetected", "workout_heart_rate"]),
    start_datetime: local(start, activity.utc_offset_s),
  };
}

const TYPES = ["breathing", "meditation", "meditation", "relaxation"] as const;
const MOODS = ["bad", "worse", "same", "good", "great"] as const;
const BEAT_S = 5;

/** Guided quiet, some evenings. */
export const sessions: Collection = (life, first, last, now) =>
  [...daysOf(life, first, last, now)].flatMap((day): Entry[] => {
    const draw = dice(life.person.seed, day, "oura session");
    if (!draw.chance(0.14)) return [];
    const { zone } = windowOf(life.person, day);
    const start = instantOf(zone, day, 20.2 * 3600 + draw.int(0, 3000));
    const seconds = draw.int(240, 900);
    if (start + seconds * 1000 > now) return [];
    const id = uuid(life, "session", day);
    const offset = offsetAt(zone, start);
    const count = Math.floor(seconds / BEAT_S);
    const timestamp = local(start, offset, ".000");
    const rest = conditionOn(life.person, day).resting_heart_rate_bpm + 9;
    const series = (value: (i: number) => number, missing: number) => ({
      interval: float(BEAT_S),
      items: Array.from({ length: count }, (_, i) => (i < missing ? null : float(round(value(i), 1)))),
      timestamp,
    });
    return [
      {
        id,
        at: start,
        make: () => {
          const measured = dice(life.person.seed, day, "oura measured");
          const hasHeart = measured.chance(0.8);
          return {
            id,
            day: dateOf(day),
            start_datetime: local(start, offset),
            end_datetime: local(start + seconds * 1000, offset),
            type: draw.pick(TYPES),
            heart_rate: hasHeart ? series((i) => rest - (6 * i) / count + measured.normal(0, 0.6), 2) : null,
            heart_rate_variability: hasHeart ? series((i) => 45 + (9 * i) / count, 4) : null,
            mood: measured.pick(MOODS),
            motion_count: series((i) => (i === 0 ? 0 : measured.int(0, 20)), 0),
          };
        },
      },
    ];
  });

/** What the person noted down: a drink the evening before a bad night, feeling ill, a sauna. */
export const tags: Collection = (life, first, last, now) =>
  [...daysOf(life, first, last, now)].flatMap((day): Entry[] => {
    const { late } = conditionOn(life.person, day + 1);
    const { illness } = conditionOn(life.person, day);
    const draw = dice(life.person.seed, day, "oura tag");
    const sauna = draw.chance(0.03);
    const code = late ? "tag_generic_alcohol" : illness > 0.6 ? "tag_generic_sick" : sauna ? "custom" : null;
    const { zone } = windowOf(life.person, day);
    const start = instantOf(zone, day, late ? 21.5 * 3600 + draw.int(0, 3600) : 17 * 3600 + draw.int(0, 9000));
    if (code === null || start > now) return [];
    const id = uuid(life, "enhanced_tag", day);
    const offset = offsetAt(zone, start);
    const made = {
      id,
      tag_type_code: code,
      start_time: local(start, offset),
      end_time: sauna && !late ? local(start + 1_800_000, offset) : null,
      start_day: dateOf(day),
      end_day: sauna && !late ? dateOf(day) : null,
      comment: draw.chance(0.3) ? "noted later" : "",
      custom_name: code === "custom" ? "Sauna" : null,
    };
    return [{ id, at: start, make: () => made }];
  });

const isIll = (life: Life, day: number): boolean => conditionOn(life.person, day).illness >= 0.6;

/** Rest mode goes on with an illness and off after it. */
export const restModes: Collection = (life, first, last, now) =>
  [...daysOf(life, first, last, now)].flatMap((day): Entry[] => {
    if (!isIll(life, day) || isIll(life, day - 1)) return [];
    let end = day + 1;
    while (isIll(life, end)) end++;
    const { zone } = windowOf(life.person, day);
    const [from, to] = [instantOf(zone, day, 9.5 * 3600), instantOf(zone, end, 10 * 3600)];
    if (from > now) return [];
    const over = to <= now;
    const id = uuid(life, "rest_mode_period", day);
    const made = {
      id,
      end_day: over ? dateOf(end) : null,
      end_time: over ? local(to, offsetAt(zone, to)) : null,
      episodes: [{ tags: ["tag_generic_sick"], timestamp: local(from, offsetAt(zone, from)) }],
      start_day: dateOf(day),
      start_time: local(from, offsetAt(zone, from)),
    };
    return [{ id, at: from, make: () => made }];
  });

const SOURCES = {
  asleep: "sleep",
  awake_in_bed: "rest",
  still: "awake",
  walking: "awake",
  training: "workout",
  unworn: "rest",
};

/** Each five minutes, in training each minute; both ends included. */
export function heartRows(life: Life, from: number, to: number, now: number): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = [];
  for (const { time, bpm, state } of pulseBetween(life, from, to + 1, now)) {
    if (isOff(life, localDay(life.person.home.zone, time))) continue;
    if (state !== "training" && (time / MINUTE_MS) % 5 !== 0) continue;
    rows.push({ timestamp: utc(time), timestamp_unix: time, bpm, source: SOURCES[state] });
  }
  return rows;
}

/** The ring's battery each morning. */
export function batteryRows(life: Life, from: number, to: number, now: number): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = [];
  for (let day = Math.ceil(from / 86_400_000); day * 86_400_000 <= Math.min(to, now); day++) {
    if (life.person.months === 0 || day < life.since) continue;
    const time = day * 86_400_000 + 6 * 3_600_000;
    const level = 95 - (day % 5) * 15;
    if (time < from || time > Math.min(to, now)) continue;
    rows.push({
      timestamp: utc(time).replace("+00:00", ".000Z"),
      timestamp_unix: time,
      charging: false,
      in_charger: false,
      level,
    });
  }
  return rows;
}

const within = (day: number, first: number, last: number): boolean => day >= first && day <= last;
