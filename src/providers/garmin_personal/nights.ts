/** Nights and naps. Their levels, and naps, may be missing: only other hosts' answers have shown them. */
import { z } from "zod";
import { type Batch, element } from "../../domain/batch.ts";
import { fieldsOf, lists } from "../garmin/fields.ts";
import { putNap, putNight, STAGES, score } from "../garmin/nights.ts";
import { type Item, type OffsetAt, wrong } from "../reading.ts";
import { date, lasting, lenient, number, words as record, text } from "../shapes.ts";
import { shapesOf } from "../tables.ts";
import { itemsOf, type Read } from "./lists.ts";
import { clockOffset, instant, instants } from "./schema.ts";

// biome-ignore format: a table
const PARTS = {
  sleepTimeSeconds: "asleep_s", deepSleepSeconds: "deep_s", lightSleepSeconds: "light_s", remSleepSeconds: "rem_s",
  awakeSleepSeconds: "awake_s", unmeasurableSleepSeconds: "unstaged_s", avgHeartRate: "avg_heart_rate_bpm",
  averageRespirationValue: "avg_respiration_brpm", averageSpO2Value: "avg_spo2_pct",
} as const;
const level = z.object({ startGMT: instant, endGMT: instant, activityLevel: z.number() });
const levels = { sleepLevels: z.array(level.nullish().catch(null)), sleepWindowConfirmationType: text };
const words = { ...levels, sleepScores: z.object(lenient({ overall: score })), calendarDate: date };
const members = lenient({ ...shapesOf(PARTS, number), ...words });
const times = instants("sleepStartTimestampGMT sleepEndTimestampGMT sleepStartTimestampLocal sleepEndTimestampLocal");
/** A night of a range is bare; a night by itself has its levels and naps beside it. */
const nightShape = z
  .looseObject({ dailySleepDTO: record.catch(null) })
  .transform((one) => ({ ...one, ...one.dailySleepDTO }))
  .pipe(z.object({ ...members, ...times, ...lists("dailyNapDTOS") }));
const napTimes = instants("napStartTimestampGMT napEndTimestampGMT");
const napShape = z.object({ ...napTimes, ...lenient({ napTimeSec: lasting }) });

/** Night and naps are elements of their own; without start or end it is an empty placeholder, of a night not slept or not over. */
function putNightAndNaps(batch: Batch, value: unknown, at: string, offsetAt: OffsetAt): void {
  const { data: n, error } = nightShape.safeParse(value);
  if (error) return void batch.rejections.push({ kind: "sleep", ...wrong(error, at) });
  const { sleepStartTimestampGMT: start_time, sleepEndTimestampGMT: end, calendarDate } = n;
  const utc_offset_s = clockOffset(n.sleepStartTimestampLocal, start_time);
  const endOffset = clockOffset(n.sleepEndTimestampLocal, end) ?? utc_offset_s;
  const own = (pointer: string): Item => ({ batch, at: pointer, of: element(batch, "sleep") });
  if (start_time != null && end != null && end > start_time) {
    const intervals = (n.sleepLevels ?? []).flatMap((one) => {
      const stage = one && STAGES[one.activityLevel + 1];
      return stage ? [{ start: one.startGMT, end: one.endGMT, stage }] : [];
    });
    const words = { calendarDate, validation: n.sleepWindowConfirmationType, scored: n.sleepScores?.overall };
    const night = { start_time, in_bed_s: (end - start_time) / 1000, utc_offset_s, endOffset, ...words, intervals };
    putNight(own(at), "main", { ...night, ...fieldsOf(n, PARTS) }, offsetAt);
  }
  for (const [i, one] of (n.dailyNapDTOS ?? []).entries()) {
    const { data: nap } = napShape.safeParse(one);
    const [start_time, end] = [nap?.napStartTimestampGMT, nap?.napEndTimestampGMT];
    const in_bed_s = start_time != null && end != null ? (end - start_time) / 1000 : (nap?.napTimeSec ?? 0);
    const pointer = `${at}/dailyNapDTOS/${i}`;
    // The offset of the night they belong to is the nearest that is known.
    if (start_time != null && in_bed_s > 0)
      putNap(own(pointer), { start_time, in_bed_s, utc_offset_s: endOffset }, offsetAt);
    else batch.rejections.push({ kind: "sleep", pointer, reason: "no start or no length" });
  }
}

export const nights: Read = (body, batch, { offsetAt }) => {
  for (const [pointer, one] of itemsOf(body)) putNightAndNaps(batch, one, pointer, offsetAt);
};
