/** Workouts as a list or a push tells them. Heart rate, ascent, power and track are in their files alone (file.ts). */
import type { ActivityFields } from "../../domain/records.ts";
import { by, type Item, present, reading, type Told, told } from "../reading.ts";
import type { Leg, Workout } from "./schema.ts";
import { isIndoor, toSport } from "./sports.ts";

/** `wants`: what to ask for where it has a file. */
export function putWorkout(w: Workout, { batch, of }: Item, wants?: string[]): void {
  batch.activities.push({
    external_id: w.labelId,
    part: "list",
    fields: fields(w),
    ...(wants && filesOf(w).length > 0 && { wants }),
    element: of,
  });
}

/** Addresses of its files, one or one a leg: signed, soon expired, different each time, so no part of the record. */
export function filesOf({ fitUrl, triathlonItemList }: Workout): string[] {
  const legs = (triathlonItemList ?? []).flatMap((leg) => leg.fitUrl || []);
  return legs.length > 0 ? legs : fitUrl ? [fitUrl] : [];
}

/** Of a workout, or of a leg, which has neither time nor id of its own. */
function measures({ mode, subMode: sub_mode, distance, duration, calorie }: Leg) {
  const [sport, sub_sport] = toSport(mode, sub_mode);
  // Calories, not kilocalories.
  const energy_kcal = by(calorie, (cal) => cal / 1000);
  return { sport, sub_sport, mode, sub_mode, distance_m: distance, moving_s: duration, energy_kcal };
}

/** Where the watch counts the steps of both feet, two of which are a stride. */
const ON_FOOT = ["running", "walking", "hiking", "mountaineering"];

function fields(w: Workout): Partial<ActivityFields> {
  const { mode, sub_mode, ...measured } = measures(w);
  const pace = reading(w.avgSpeed);
  const speed = by(pace, (pace) => 1000 / pace);
  const isTrue = measured.sub_sport !== "lap_swimming" || isLikely(speed, w);
  const legs = w.triathlonItemList ?? [];
  return told<Partial<ActivityFields>>({
    ...measured,
    start_time: w.startTime,
    utc_offset_s: w.startTimezone ?? null,
    elapsed_s: (w.endTime - w.startTime) / 1000,
    avg_speed_mps: isTrue ? speed : null,
    avg_cadence_rpm: by(reading(w.avgFrequency), (count) => (ON_FOOT.includes(measured.sport) ? count / 2 : count)),
    steps: w.step,
    device: w.deviceName === "" ? null : w.deviceName,
    is_indoor: isIndoor(mode, sub_mode) ?? undefined,
    extra: present({
      mode,
      sub_mode,
      plan_workout_id: w.planWorkoutId === "0" || w.planWorkoutId === "" ? null : w.planWorkoutId,
      avg_pace: isTrue ? null : pace,
      // A file that comes later makes it a changed workout, whose file is asked for.
      files: filesOf(w).length || null,
      legs: legs.length > 0 ? legs.map((leg) => present(measures(leg))) : null,
    }),
  });
}

/** Of a pool nobody knows of what length its pace is told: one that distance and time contradict is not believed. */
function isLikely(speed: Told, { distance, duration }: Workout): boolean {
  if (!speed) return true;
  const measured = distance && duration ? distance / duration : 0;
  return speed < measured * 2 && speed > measured / 2;
}
