/** Activities as they are listed, and each by itself. There are no tracks: where files are fetched nobody has told. */
import { z } from "zod";
import { element, emptyBatch } from "../../domain/batch.ts";
import { activityFields, fieldsOf, put } from "../garmin/fields.ts";
import { toSport } from "../garmin/sports.ts";
import type { Position, WantStream } from "../provider.ts";
import { type Item, page, present, readAs, reject, unreadable } from "../reading.ts";
import { flags, id, lenient, number, text } from "../shapes.ts";
import { single } from "../streams.ts";
import { renamed, shapesOf } from "../tables.ts";
import { all, datesOf, get, itemsOf, list } from "./lists.ts";
import { clockOffset, instants } from "./schema.ts";

// biome-ignore format: a table
const LISTED = {
  elapsedDuration: "elapsed_s", duration: "elapsed_s", movingDuration: "moving_s", distance: "distance_m",
  calories: "energy_kcal", elevationGain: "ascent_m", elevationLoss: "descent_m", averageHR: "avg_heart_rate_bpm",
  maxHR: "max_heart_rate_bpm", averageSpeed: "avg_speed_mps", maxSpeed: "max_speed_mps", avgPower: "avg_power_w",
  maxPower: "max_power_w", steps: "steps", startLatitude: "start_lat", startLongitude: "start_lng",
  activityName: "name", startTimeGMT: "start_time", beginTimestamp: "start_time",
  activityTrainingLoad: "training_load", averageRunningCadenceInStepsPerMinute: "avg_cadence_rpm",
  averageBikingCadenceInRevPerMinute: "avg_cadence_rpm", averageSwimCadenceInStrokesPerMinute: "avg_cadence_rpm",
} as const;
// biome-ignore format: a table
const LISTED_EXTRA = {
  activityType: "activity_type", parentId: "parent", deviceId: "device_id", duration: "timer_s",
  bmrCalories: "basal_energy_kcal", normPower: "normalized_power_w", vO2MaxValue: "vo2max_ml_kg_min",
  aerobicTrainingEffect: "aerobic_training_effect", anaerobicTrainingEffect: "anaerobic_training_effect",
};
const typed = { activityType: z.object({ typeKey: text }).transform(({ typeKey }) => typeKey), activityName: text };
const steps = { averageRunningCadenceInStepsPerMinute: z.number().transform((steps) => steps / 2) };
const numbers = { ...shapesOf({ ...LISTED, ...LISTED_EXTRA }, number), ...steps };
const ids = { ...typed, ...flags("manualActivity isMultiSportParent"), parentId: id, deviceId: id };
const times = instants("startTimeGMT startTimeLocal beginTimestamp");
const listed = z.object({ activityId: id, ...lenient({ ...numbers, ...ids }), ...times });

function putListed(a: z.infer<typeof listed>, into: Item): void {
  const all = fieldsOf(a, LISTED);
  if (all.start_time == null) return void reject(into, "activity", "/startTimeGMT", "no start");
  const is_manual = a.manualActivity ?? undefined;
  const utc_offset_s = clockOffset(a.startTimeLocal, all.start_time);
  const extra = present(renamed(a, LISTED_EXTRA));
  const fields = activityFields(toSport(a.activityType, a.isMultiSportParent), {
    ...all,
    is_manual,
    utc_offset_s,
    extra,
  });
  const wants = is_manual ? {} : { wants: ["personal_activity_detail"] };
  put(into, { external_id: a.activityId, part: "list", fields, ...wants });
}

/** What lists may lack. */
// biome-ignore format: a table
const SUMMED = {
  averagePower: "avg_power_w", maxPower: "max_power_w", activityTrainingLoad: "training_load",
  startLatitude: "start_lat", startLongitude: "start_lng", directWorkoutRpe: "rpe",
} as const;
const tenths = z.number().transform((value) => (value > 0 ? value / 10 : null));
const summaryDTO = z.object(lenient({ ...shapesOf(SUMMED, number), directWorkoutRpe: tenths }));
const summed = z.object({ activityId: id, ...lenient({ summaryDTO }) });

const putSummed = (one: z.infer<typeof summed>, into: Item): void =>
  put(into, { external_id: one.activityId, part: "detail", fields: present(fieldsOf(one.summaryDTO ?? {}, SUMMED)) });

const PAGE_SIZE = 50;
const startOf = (at: Position): number => (at.cursor as number | null) ?? 0;
export const activities = list(
  "activities",
  (at) => {
    const { first, last } = datesOf(at);
    const query = `startDate=${first}&endDate=${last}&start=${startOf(at)}&limit=${PAGE_SIZE}&excludeChildren=false`;
    return `activitylist-service/activities/search/activities?${query}`;
  },
  all("activity", listed, putListed),
  // A short page is the end.
  (at, body) => (itemsOf(body).length < PAGE_SIZE ? null : startOf(at) + PAGE_SIZE),
);

/** What lists lack. Not found says nothing: which paths the API has is not published. */
const asked = single({
  title: "activity details",
  scopes: [],
  request: (id) => get(`activity-service/activity/${id}`),
  absent: () => page(),
  read: ({ body }, external_id) =>
    readAs(summed, body, (one) => {
      if (one.activityId !== external_id) return unreadable("/activityId", "another activity");
      const batch = emptyBatch();
      putSummed(one, { batch, at: "", of: element(batch, "activity") });
      return page(batch);
    }),
});
export const detail: WantStream = { ...asked, auth: ["api_key"] };
