import type { Activity } from "../../activity.ts";
import { offsetAt } from "../../calendar.ts";
import type { Life } from "../../life.ts";
import { type Sleep, sleepsOn } from "../../night.ts";
import type { Sport } from "../../plan.ts";
import { dice } from "../../random.ts";
import { bigId, instant, int64, length, type Point, sessionInterval } from "./shape.ts";

export const TYPES: Record<Sport, [type: string, name: string]> = {
  run: ["RUNNING", "Run"],
  trail_run: ["TRAIL_RUN", "Trail run"],
  ride: ["OUTDOOR_BIKE", "Outdoor Bike"],
  gravel_ride: ["BIKING", "Bike"],
  virtual_ride: ["STATIONARY_BIKE", "Indoor bike"],
  swim: ["SWIMMING_POOL", "Swim"],
  hike: ["HIKING", "Hike"],
  strength: ["WEIGHTLIFTING", "Weights"],
  yoga: ["YOGA", "Yoga"],
};

export const exerciseId = (life: Life, activity: Activity): string =>
  bigId(`${life.person.seed} ${activity.key} exercise`);
export const nightId = (life: Life, sleep: Sleep): string => bigId(`${life.person.seed} ${sleep.key} sleep`);

/** Minutes from a sleep's end until the watch has handed it over, and Google has found its stages. */
const NIGHT_MS = 9 * 60_000;

/** Exercises that begin in [from, to): all that the person did, seen by the watch some seconds off; copies are one. */
export function exercises(life: Life, from: number, to: number, now: number): Point[] {
  return life
    .activities(now)
    .filter((one) => one.copy_of === null && one.start >= from - 60_000 && one.start < to + 60_000)
    .map((activity) => exerciseOf(life, activity));
}

export function exerciseOf(life: Life, activity: Activity): Point {
  const draw = dice(life.person.seed, activity.key, "google health");
  const start = activity.start + (activity.manual ? 0 : draw.int(-9, 25) * 1000);
  const sums = life.summary(activity);
  const end = start + Math.round(sums.elapsed_s) * 1000;
  const uploaded = activity.start + (sums.elapsed_s + activity.upload_after_s) * 1000;
  return {
    start,
    end,
    offset_s: activity.utc_offset_s,
    end_offset_s: offsetAt(activity.zone, end),
    id: exerciseId(life, activity),
    uploaded,
    source: activity.manual ? "typed" : "watch",
    body: () => exerciseBody(life, activity, start, end, uploaded),
  };
}

function exerciseBody(life: Life, activity: Activity, start: number, end: number, uploaded: number) {
  const sums = life.summary(activity);
  const [exerciseType, displayName] = TYPES[activity.sport];
  const moving = Math.round(sums.moving_s);
  const minutes = moving / 60;
  const metres = activity.distance_m > 0 ? sums.distance_m : 0;
  const hard = Math.max(0, Math.min(1, (activity.effort - 0.6) * 3));
  const zone = (share: number) => length(Math.round(minutes * share) * 60);
  const onFoot = activity.sport === "run" || activity.sport === "trail_run" || activity.sport === "hike";
  return {
    interval: sessionInterval(start, activity.utc_offset_s, end, offsetAt(activity.zone, end)),
    exerciseType,
    metricsSummary: {
      caloriesKcal: Math.round(sums.energy_kcal ?? 0),
      ...(metres > 0 && {
        distanceMillimeters: Math.round(metres * 1000),
        averageSpeedMillimetersPerSecond: Math.round((metres / moving) * 1000),
        averagePaceSecondsPerMeter: Math.round((moving / metres) * 1e6) / 1e6,
      }),
      ...(onFoot && sums.avg_cadence_rpm && { steps: int64(sums.avg_cadence_rpm * 2 * minutes) }),
      ...(sums.avg_heart_rate_bpm && { averageHeartRateBeatsPerMinute: int64(sums.avg_heart_rate_bpm) }),
      ...(activity.climb_m > 0 &&
        !activity.manual && { elevationGainMillimeters: Math.round((sums.ascent_m ?? 0) * 1000) }),
      activeZoneMinutes: int64(minutes * (1 + hard)),
      heartRateZoneDurations: {
        lightTime: zone(0.3 * (1 - hard)),
        moderateTime: zone(0.7 - 0.4 * hard),
        vigorousTime: zone(0.6 * hard),
        peakTime: zone(0.1 * hard),
      },
    },
    exerciseMetadata: { ...(!activity.indoor && !activity.manual && { hasGps: true }) },
    displayName,
    activeDuration: length(moving),
    ...(!activity.manual && {
      exerciseEvents: [
        { eventTime: instant(start), eventUtcOffset: length(activity.utc_offset_s), exerciseEventType: "START" },
        { eventTime: instant(end), eventUtcOffset: length(activity.utc_offset_s), exerciseEventType: "STOP" },
      ],
    }),
    ...(activity.description !== null && { notes: activity.description }),
    updateTime: instant(uploaded),
    createTime: instant(uploaded),
  };
}

/** Sleeps that end in [from, to). */
export function nights(life: Life, days: Iterable<number>, now: number): Point[] {
  const made: Point[] = [];
  for (const day of days) made.push(...sleepsOn(life, day, now).map((sleep) => nightPoint(life, sleep, now)));
  return made;
}

export function nightPoint(life: Life, sleep: Sleep, now: number): Point {
  return {
    start: sleep.start,
    end: sleep.end,
    offset_s: sleep.start_offset_s,
    end_offset_s: sleep.end_offset_s,
    id: nightId(life, sleep),
    uploaded: sleep.end + NIGHT_MS,
    source: "derived",
    body: (merged) => nightBody(life, sleep, merged, now),
  };
}

/** Shorter ones, and now and then a night, have no stages: asleep and restless only. */
const isClassic = (life: Life, sleep: Sleep): boolean =>
  sleep.in_bed_s < 3 * 3600 || dice(life.person.seed, sleep.key, "classic").chance(0.03);

function nightBody(life: Life, sleep: Sleep, merged: boolean, now: number) {
  const classic = isClassic(life, sleep);
  const updated = sleep.end + NIGHT_MS + 5 * 60_000;
  // Right after the watch was read the stages are still to come.
  const waits = now < updated;
  const created = instant(sleep.end + NIGHT_MS);
  const offset = (ms: number) =>
    length(ms - sleep.start < (sleep.end - sleep.start) / 2 ? sleep.start_offset_s : sleep.end_offset_s);
  const stages = sleep.segments.map(({ stage, from_s, to_s }) => {
    const [start, end] = [sleep.start + from_s * 1000, sleep.start + to_s * 1000];
    const type = classic
      ? stage === "awake"
        ? to_s - from_s > 300
          ? "AWAKE"
          : "RESTLESS"
        : "ASLEEP"
      : stage.toUpperCase();
    return {
      startTime: instant(start),
      startUtcOffset: offset(start),
      endTime: instant(end),
      endUtcOffset: offset(end),
      type,
      createTime: created,
      updateTime: created,
    };
  });
  const rows = [...new Set(stages.map(({ type }) => type))].map((type) => {
    const own = stages.filter((one) => one.type === type);
    const ms = own.reduce((sum, one) => sum + Date.parse(one.endTime) - Date.parse(one.startTime), 0);
    return { type, minutes: int64(ms / 60_000), count: int64(own.length) };
  });
  return {
    interval: sessionInterval(sleep.start, sleep.start_offset_s, sleep.end, sleep.end_offset_s),
    type: classic ? "CLASSIC" : "STAGES",
    ...(!waits && { stages }),
    metadata: {
      ...(!classic && { stagesStatus: waits ? "IN_PROGRESS" : "SUCCEEDED" }),
      ...(!waits && { processed: true }),
      ...(sleep.type === "main" ? { mainSleep: true } : { nap: true }),
    },
    ...(!waits && {
      summary: {
        minutesInSleepPeriod: int64(sleep.in_bed_s / 60),
        minutesAfterWakeUp: "0",
        minutesToFallAsleep: int64(classic ? 0 : sleep.latency_s / 60),
        minutesAsleep: int64(sleep.asleep_s / 60),
        minutesAwake: int64(sleep.awake_s / 60),
        // A reconciled night has each row twice.
        stagesSummary: merged ? [...rows, ...rows] : rows,
      },
    }),
    createTime: created,
    updateTime: instant(waits ? sleep.end + NIGHT_MS : updated),
  };
}
