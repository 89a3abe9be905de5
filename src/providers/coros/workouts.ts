/** Workouts as a list or a push tells them. Heart rate, ascent, power and track are in their files alone (file.ts). */
import { type ActivityRecord, type Batch, element } from "../../domain/batch.ts";
import type { ActivityFields } from "../../domain/records.ts";
import { by, present, reading, reject, told, wrong } from "./reading.ts";
import * as schema from "./schema.ts";
import { isIndoor, isOnFoot, isPool, toSport } from "./sports.ts";

/** Puts one into the batch, or its rejection. `wants`: what to ask for where it has a file. Answers what was read; null: nothing. */
export function putWorkout(batch: Batch, item: unknown, at: string, wants?: string[]): schema.Workout | null {
  const parsed = schema.workout.safeParse(item);
  if (!parsed.success) {
    batch.rejections.push({ kind: "activity", ...wrong(parsed.error, at) });
    return null;
  }
  const workout = parsed.data;
  if (workout.endTime < workout.startTime) {
    reject(batch, "activity", `${at}/endTime`, "before the start");
    return null;
  }
  batch.activities.push(toWorkout(workout, element(batch, "activity"), wants));
  return workout;
}

function toWorkout(w: schema.Workout, of: number, wants?: string[]): ActivityRecord {
  return {
    external_id: w.labelId,
    part: "list",
    fields: fields(w),
    ...(wants && filesOf(w).length > 0 && { wants }),
    element: of,
  };
}

/** Addresses of its files: one, or one a leg. They are signed, expire and differ each time, so they are no part of the record. */
export function filesOf({ fitUrl, triathlonItemList }: schema.Workout): string[] {
  const legs = (triathlonItemList ?? []).flatMap((leg) => leg.fitUrl || []);
  return legs.length > 0 ? legs : fitUrl ? [fitUrl] : [];
}

/** Calories, not kilocalories. */
const kcal = (calories: number): number => calories / 1000;

function fields(w: schema.Workout): Partial<ActivityFields> {
  const [sport, sub_sport] = toSport(w.mode, w.subMode);
  const indoor = isIndoor(w.mode, w.subMode);
  const speed = speedOf(w);
  const legs = w.triathlonItemList ?? [];
  return told<Partial<ActivityFields>>({
    sport,
    sub_sport,
    start_time: w.startTime,
    utc_offset_s: w.startTimezone ?? null,
    elapsed_s: (w.endTime - w.startTime) / 1000,
    moving_s: w.duration,
    distance_m: w.distance,
    energy_kcal: by(w.calorie, kcal),
    avg_speed_mps: speed,
    avg_cadence_rpm: by(reading(w.avgFrequency), (perMinute) => (isOnFoot(sport) ? perMinute / 2 : perMinute)),
    steps: w.step,
    device: w.deviceName === undefined ? undefined : w.deviceName || null,
    is_indoor: indoor ?? undefined,
    extra: present({
      mode: w.mode,
      sub_mode: w.subMode,
      plan_workout_id: w.planWorkoutId === "0" || w.planWorkoutId === "" ? null : w.planWorkoutId,
      avg_pace: speed === null && reading(w.avgSpeed) ? w.avgSpeed : null,
      // A file that comes later makes it a changed workout, whose file is asked for.
      files: filesOf(w).length || null,
      legs: legs.length > 0 ? legs.map(legOf) : null,
    }),
  });
}

/** A pace, s/km. Of a pool nobody knows of what length it is told: one that distance and time contradict is not believed. */
function speedOf(w: schema.Workout): number | null | undefined {
  const speed = by(reading(w.avgSpeed), (pace) => 1000 / pace);
  if (!speed || !isPool(w.mode, w.subMode)) return speed;
  const measured = w.distance && w.duration ? w.distance / w.duration : null;
  return measured !== null && speed < measured * 2 && speed > measured / 2 ? speed : null;
}

/** A leg has neither time nor id of its own. */
function legOf(leg: schema.Leg): Record<string, unknown> {
  const [sport, sub_sport] = toSport(leg.mode, leg.subMode);
  return present({
    sport,
    sub_sport,
    mode: leg.mode,
    sub_mode: leg.subMode,
    distance_m: leg.distance,
    moving_s: leg.duration,
    energy_kcal: by(leg.calorie, kcal),
  });
}
