/** One item of each summary type, pushed or fetched alike, into a batch. */

import type { z } from "zod";
import type { Batch, Kind } from "../../domain/batch.ts";
import { toActivity, toDetail } from "./activities.ts";
import { putDaily, putSkinTemperature, putUserMetrics } from "./days.ts";
import { toBodyBatteryEvents, toMoveIq, toSnapshot } from "./events.ts";
import { type Item, item, wrong } from "./reading.ts";
import {
  putBloodPressure,
  putBodyComposition,
  putEpoch,
  putHrv,
  putPulseOx,
  putRespiration,
  putStress,
} from "./samples.ts";
import * as schema from "./schema.ts";
import { putNightSamples, toNights } from "./sleeps.ts";

type OffsetAt = (date: string) => number;
/** Reads one item; `at` is its pointer. Never throws. */
export type ReadSummary = (value: unknown, batch: Batch, at: string, offsetAt: OffsetAt) => void;

/** What does not fit is a rejection; the item is otherwise put where it belongs. */
function summary<Shape extends z.ZodType>(
  kind: Kind,
  shape: Shape,
  put: (one: z.output<Shape>, into: Item, offsetAt: OffsetAt) => void,
): ReadSummary {
  return (value, batch, at, offsetAt) => {
    const parsed = shape.safeParse(value);
    if (parsed.success) put(parsed.data, item(batch, kind, at), offsetAt);
    else batch.rejections.push({ kind, ...wrong(parsed.error, at) });
  };
}

const activity = summary("activity", schema.activity, (one, into) => {
  into.batch.activities.push(toActivity(one, into.of));
});

/** By the key of the array that items come in. */
export const SUMMARIES: Readonly<Record<string, ReadSummary>> = {
  activities: activity,
  manuallyUpdatedActivities: activity,
  activityDetails: summary("activity", schema.activityDetail, (one, into) => {
    into.batch.activities.push(...toDetail(one, into));
  }),
  dailies: summary("daily", schema.daily, putDaily),
  epochs: summary("series", schema.epoch, putEpoch),
  sleeps: summary("sleep", schema.sleep, (one, into, offsetAt) => {
    into.batch.nights.push(...toNights(one, into, offsetAt));
    putNightSamples(one, into);
  }),
  stressDetails: summary("series", schema.stressDetail, (one, into) => {
    putStress(one, into);
    into.batch.events.push(...toBodyBatteryEvents(one, into));
  }),
  hrv: summary("daily", schema.hrv, putHrv),
  pulseox: summary("series", schema.pulseOx, putPulseOx),
  allDayRespiration: summary("series", schema.respiration, putRespiration),
  bodyComps: summary("series", schema.bodyComp, putBodyComposition),
  bloodPressures: summary("series", schema.bloodPressure, putBloodPressure),
  userMetrics: summary("daily", schema.userMetrics, putUserMetrics),
  skinTemp: summary("daily", schema.skinTemp, putSkinTemperature),
  healthSnapshot: summary("event", schema.snapshot, (one, into) => {
    into.batch.events.push(toSnapshot(one, into));
  }),
  moveIQActivities: summary("event", schema.moveIq, (one, into) => {
    into.batch.events.push(toMoveIq(one, into.of));
  }),
};
