/** Days, and the window of sleep that a day's row may hold: neither stages nor naps, and no time asleep. */
import type { z } from "zod";
import { element } from "../../domain/batch.ts";
import type { SleepFields } from "../../domain/records.ts";
import { DAY_MS } from "../../domain/time.ts";
import { type Item, nightType, type OffsetAt, reading, reject, told, within, wrong } from "../reading.ts";
import { number } from "../shapes.ts";
import { putReadings, putTold } from "../tables.ts";
import * as schema from "./schema.ts";

type Day = z.infer<typeof schema.day>;

/** `calorie` is left alone: its unit cannot be told, the guide's own sample having 9553 for 52 steps. */
export function putRow(row: unknown, day: Day, item: Item, offsetAt: OffsetAt): void {
  // Null takes away what was told before; not told leaves it.
  putTold(item, day.happenDay, day, { step: "steps", rhr: "resting_heart_rate_bpm", ppgHrv: "hrv_rmssd_ms" });
  putBeats(day, item, putNight(row, day, item, offsetAt));
}

/** Answers the offset of the night's end where the row itself tells it. */
function putNight(row: unknown, day: Day, item: Item, offsetAt: OffsetAt): number | null {
  const { batch, at } = item;
  const parsed = schema.night.safeParse(row);
  if (!parsed.success) {
    batch.rejections.push({ kind: "sleep", ...wrong(parsed.error, at) });
    return null;
  }
  const { sleepStartTime: begin, sleepEndTime: end, startTimezone, endTimezone, sleepAvgHr } = parsed.data;
  const told_end = endTimezone ?? startTimezone ?? null;
  const external_id = day.happenDay;
  if (begin === null || end === null) {
    // A row is all that COROS has of a day: a night that is not in it any more has been taken away.
    batch.deletions.push({ kind: "sleep", external_id });
    return told_end;
  }
  const utc_offset_s = startTimezone ?? endTimezone ?? offsetAt(begin.date);
  const start_time = begin.wall - utc_offset_s * 1000;
  const end_time = end.wall - (told_end ?? offsetAt(end.date)) * 1000;
  const length = end_time - start_time;
  if (length <= 0 || length > DAY_MS) {
    reject(item, "sleep", "/sleepEndTime", length <= 0 ? "not after the start" : "a night of more than a day");
    batch.deletions.push({ kind: "sleep", external_id });
    return told_end;
  }
  const fields = told<Partial<SleepFields>>({
    type: nightType(length / 1000),
    date: end.date,
    start_time,
    end_time,
    utc_offset_s,
    in_bed_s: length / 1000,
    asleep_s: null,
    avg_heart_rate_bpm: reading(sleepAvgHr),
    avg_hrv_rmssd_ms: reading(number.safeParse(day.ppgHrv).data),
    extra: end.date === external_id ? undefined : { happen_day: external_id },
  });
  batch.nights.push({ external_id, part: "list", fields, element: element(batch, "sleep") });
  return told_end;
}

/** Of the night, every few minutes: heart rate variability, and the heart rate with it. */
function putBeats({ hrvList }: Day, { batch, at }: Item, offset: number | null): void {
  if (!hrvList?.length) return;
  const into = { batch, at, of: element(batch, "series") };
  within(into, "series", hrvList, "/hrvList", schema.beat, (beat, here) =>
    putReadings({ ...here, time: beat.timestamp, offset }, beat, { hrv: "hrv_rmssd_ms", hr: "heart_rate_bpm" }),
  );
}
