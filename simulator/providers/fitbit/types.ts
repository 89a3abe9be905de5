import { localDay } from "../../calendar.ts";
import { conditionOn, round } from "../../condition.ts";
import { type Day, dayOn, weighingOn } from "../../day.ts";
import type { Life } from "../../life.ts";
import { nightSeries, sleepsOn } from "../../night.ts";
import { pulseOn } from "../../pulse.ts";
import { ACTIVITY, METRICS, SLEEP } from "./oauth.ts";
import { exercises, nights } from "./sessions.ts";
import { bigId, dateOf, int64, interval, type Point, sampleTime } from "./shape.ts";

export type Shape = "exercise" | "sleep" | "interval" | "sample" | "daily";

/** A data type: how it is asked for, and where its points come from. */
export interface DataType {
  id: string;
  scope: string;
  shape: Shape;
  /** Null: roll-ups only. Points that may touch [from, to), ms, in any order; `merged` as one stream. */
  points: ((life: Life, from: number, to: number, now: number, merged: boolean) => Point[]) | null;
  /** What its points are called in lists, where they have names. */
  named: boolean;
  /** Most points of a page. */
  page: number;
  /** Sums of a civil day and the longest range, days; null: none. */
  rollUp: { days: 14 | 90; of(day: Day): Record<string, unknown> | null } | null;
}

const DAY_MS = 86_400_000;
/** From a minute's end until the watch has handed it over. */
const SYNC_MS = 60_000;

/** Local days that [from, to) may touch. */
export function* daysOf(life: Life, from: number, to: number, now: number): Generator<number> {
  const { zone } = life.person.home;
  const last = Math.min(localDay(zone, Math.min(to, now + DAY_MS)), localDay(zone, now)) + 1;
  for (let day = Math.max(life.since, localDay(zone, Math.max(from, 0)) - 1); day <= last; day++) yield day;
}

const at = (time: number, offset_s: number, of: Omit<Point, "start" | "end" | "offset_s" | "end_offset_s">): Point => ({
  start: time,
  end: time,
  offset_s,
  end_offset_s: offset_s,
  ...of,
});

function steps(life: Life, from: number, to: number, now: number, merged: boolean): Point[] {
  const made: Point[] = [];
  for (const day of daysOf(life, from, to, now)) {
    const pulse = pulseOn(life, day, now);
    if (!pulse || pulse.end <= from || pulse.start >= to) continue;
    for (const [i, count] of pulse.steps.entries()) {
      if (count === 0) continue;
      const start = pulse.start + i * 60_000;
      const end = start + 60_000;
      const point = (source: "watch" | "phone", counted: number): Point => ({
        start,
        end,
        offset_s: pulse.utc_offset_s,
        end_offset_s: pulse.utc_offset_s,
        id: null,
        uploaded: end + SYNC_MS,
        source,
        body: () => ({ interval: interval(start, end, pulse.utc_offset_s), count: int64(counted) }),
      });
      made.push(point("watch", count));
      // The phone in the pocket counts as well: lists have both.
      if (!merged && count > 60) made.push(point("phone", Math.round(count * 0.9)));
    }
  }
  return made;
}

function heart(life: Life, from: number, to: number, now: number): Point[] {
  const made: Point[] = [];
  for (const day of daysOf(life, from, to, now)) {
    const pulse = pulseOn(life, day, now);
    if (!pulse || pulse.end <= from || pulse.start >= to) continue;
    for (const [i, bpm] of pulse.heart.entries()) {
      if (bpm === 0) continue;
      // The real one tells every other second; a beat a minute, at an odd one, is plenty.
      const time = pulse.start + i * 60_000 + ((i * 37) % 53) * 1000;
      const body = () => ({ sampleTime: sampleTime(time, pulse.utc_offset_s), beatsPerMinute: int64(bpm) });
      made.push(at(time, pulse.utc_offset_s, { id: null, uploaded: time + SYNC_MS, source: "watch", body }));
    }
  }
  return made;
}

/** Readings of the night, each so many minutes. */
const atNight =
  (
    minutes: number,
    read: (series: ReturnType<typeof nightSeries>) => ArrayLike<number>,
    name: string,
  ): DataType["points"] =>
  (life, from, to, now) => {
    const made: Point[] = [];
    for (const day of daysOf(life, from, to, now)) {
      for (const sleep of sleepsOn(life, day, now)) {
        if (sleep.end <= from || sleep.start >= to) continue;
        for (const [i, value] of Array.from(read(nightSeries(life.person, sleep))).entries()) {
          if (value === 0) continue;
          const time = sleep.start + (i + 1) * minutes * 60_000;
          const body = () => ({ sampleTime: sampleTime(time, sleep.start_offset_s), [name]: value });
          made.push(at(time, sleep.start_offset_s, { id: null, uploaded: sleep.end + 600_000, source: "watch", body }));
        }
      }
    }
    return made;
  };

const onScale =
  (name: string, read: (weighing: { weight_kg: number; body_fat_pct: number }) => number): DataType["points"] =>
  (life, from, to, now) =>
    [...daysOf(life, from, to, now)].flatMap((day) => {
      const weighing = weighingOn(life, day, now);
      if (!weighing) return [];
      const { time, utc_offset_s } = weighing;
      const body = () => ({ sampleTime: sampleTime(time, utc_offset_s), [name]: read(weighing) });
      const id = bigId(`${life.person.seed} ${day} ${name}`);
      return [at(time, utc_offset_s, { id, uploaded: time + SYNC_MS, source: "scale", body })];
    });

/** What a night that was worn leaves behind on its day. */
const daily =
  (values: (life: Life, day: number, now: number) => Record<string, unknown> | null): DataType["points"] =>
  (life, from, to, now) =>
    [...daysOf(life, from - DAY_MS, to + DAY_MS, now)].flatMap((day) => {
      const night = sleepsOn(life, day, now).find((one) => one.type === "main");
      const of = night ? values(life, day, now) : null;
      if (!night || !of) return [];
      const body = () => ({ date: dateOf(day * DAY_MS), ...of });
      return [at(day * DAY_MS, 0, { id: null, uploaded: night.end + 900_000, source: "derived", body })];
    });

const main = (life: Life, day: number, now: number) => sleepsOn(life, day, now).find((one) => one.type === "main")!;

const type = (id: string, scope: string, shape: Shape, more: Partial<DataType>): DataType => ({
  id,
  scope,
  shape,
  points: null,
  named: false,
  page: 10_000,
  rollUp: null,
  ...more,
});
const summed = (days: 14 | 90, of: (day: Day) => Record<string, unknown> | null): DataType["rollUp"] => ({ days, of });

export const TYPES: readonly DataType[] = [
  type("exercise", ACTIVITY, "exercise", { named: true, page: 25, points: exercises }),
  type("sleep", SLEEP, "sleep", {
    named: true,
    page: 25,
    points: (life, from, to, now) => nights(life, daysOf(life, from, to, now), now),
  }),
  type("steps", ACTIVITY, "interval", { points: steps, rollUp: summed(90, (day) => ({ countSum: int64(day.steps) })) }),
  type("distance", ACTIVITY, "interval", {
    rollUp: summed(90, (day) => ({ millimetersSum: int64(day.distance_m * 1000) })),
  }),
  type("floors", ACTIVITY, "interval", {
    rollUp: summed(90, (day) => (day.floors === 0 ? {} : { countSum: int64(day.floors) })),
  }),
  type("active-energy-burned", ACTIVITY, "interval", { rollUp: summed(90, (day) => ({ kcalSum: day.active_kcal })) }),
  type("total-calories", ACTIVITY, "interval", {
    rollUp: summed(14, (day) => ({ kcalSum: round(day.active_kcal + day.basal_kcal + 0.123456, 6) })),
  }),
  type("heart-rate", METRICS, "sample", {
    points: heart,
    rollUp: summed(14, (day) =>
      day.avg_heart_rate_bpm === null
        ? null
        : {
            beatsPerMinuteAvg: day.avg_heart_rate_bpm,
            beatsPerMinuteMin: day.min_heart_rate_bpm,
            beatsPerMinuteMax: day.max_heart_rate_bpm,
          },
    ),
  }),
  type("heart-rate-variability", METRICS, "sample", {
    points: atNight(5, (series) => series.hrv, "rootMeanSquareOfSuccessiveDifferencesMilliseconds"),
  }),
  type("oxygen-saturation", METRICS, "sample", { points: atNight(1, (series) => series.spo2, "percentage") }),
  type("weight", METRICS, "sample", {
    named: true,
    points: onScale("weightGrams", ({ weight_kg }) => Math.round(weight_kg * 1000)),
  }),
  type("body-fat", METRICS, "sample", { named: true, points: onScale("percentage", (one) => one.body_fat_pct) }),
  type("daily-resting-heart-rate", METRICS, "daily", {
    points: daily((life, day) => ({
      beatsPerMinute: int64(conditionOn(life.person, day).resting_heart_rate_bpm),
      dailyRestingHeartRateMetadata: { calculationMethod: "WITH_SLEEP" },
    })),
  }),
  type("daily-heart-rate-variability", METRICS, "daily", {
    points: daily((life, day, now) => {
      const night = main(life, day, now);
      return {
        averageHeartRateVariabilityMilliseconds: night.hrv_rmssd_ms,
        nonRemHeartRateBeatsPerMinute: int64(night.avg_heart_rate_bpm - 1),
        entropy: round(2.4 + (night.hrv_rmssd_ms ?? 0) / 100, 2),
        deepSleepRootMeanSquareOfSuccessiveDifferencesMilliseconds: round((night.hrv_rmssd_ms ?? 0) * 1.08, 1),
      };
    }),
  }),
  type("daily-oxygen-saturation", METRICS, "daily", {
    points: daily((life, day, now) => {
      const { spo2_pct } = main(life, day, now);
      return {
        averagePercentage: spo2_pct,
        lowerBoundPercentage: round(spo2_pct - 2.3, 1),
        upperBoundPercentage: round(Math.min(100, spo2_pct + 1.8), 1),
        standardDeviationPercentage: 0.9,
      };
    }),
  }),
  type("daily-respiratory-rate", METRICS, "daily", {
    points: daily((life, day, now) => ({ breathsPerMinute: round(main(life, day, now).respiration_brpm, 1) })),
  }),
  type("daily-sleep-temperature-derivations", METRICS, "daily", {
    points: daily((life, day, now) => {
      const { skin_temperature_c, skin_temperature_deviation_c } = main(life, day, now);
      return {
        nightlyTemperatureCelsius: skin_temperature_c,
        baselineTemperatureCelsius: round(skin_temperature_c - skin_temperature_deviation_c, 2),
        relativeNightlyStddev30dCelsius: 0.31,
      };
    }),
  }),
  type("daily-vo2-max", ACTIVITY, "daily", {
    points: daily((life, day) => ({
      vo2Max: conditionOn(life.person, day).vo2max_ml_kg_min,
      cardioFitnessLevel: "VERY_GOOD",
    })),
  }),
];

export const typeOf = (id: string): DataType | null => TYPES.find((one) => one.id === id) ?? null;
export const sumsOf = (life: Life, day: number, now: number): Day | null => dayOn(life, day, now);
