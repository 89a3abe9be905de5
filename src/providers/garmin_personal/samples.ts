/** Samples: heart rate and its variability, blood oxygen, what a scale tells. */
import { z } from "zod";
import { DAY_MS } from "../../domain/time.ts";
import { grams, HRV, lists } from "../garmin/fields.ts";
import { reject, within } from "../reading.ts";
import { lenient, number } from "../shapes.ts";
import { putReading, putReadings, putTold, shapesOf } from "../tables.ts";
import { hrvDay } from "./days.ts";
import { all, only } from "./lists.ts";
import { clockOffset, instant, instants } from "./schema.ts";

/** The night's mean and its readings. */
const hrvNight = z.object({ ...lenient({ hrvSummary: hrvDay }), ...lists("hrvReadings") });
const hrvReading = z.object({ hrvValue: z.number(), readingTimeGMT: instant, ...instants("readingTimeLocal") });
export const hrv = only("daily", hrvNight, (night, into) => {
  if (night.hrvSummary) putTold(into, night.hrvSummary.calendarDate, night.hrvSummary, HRV);
  within(
    into,
    "series",
    night.hrvReadings,
    "/hrvReadings",
    hrvReading,
    ({ hrvValue, readingTimeGMT, readingTimeLocal }, at) => {
      const when = { time: readingTimeGMT, offset: clockOffset(readingTimeLocal, readingTimeGMT) };
      putReading({ ...at, ...when }, "hrv_rmssd_ms", hrvValue, "/hrvValue");
    },
  );
});

const clocks = instants("startTimestampGMT startTimestampLocal endTimestampGMT endTimestampLocal");
const heartRateValueDescriptors = z.array(z.object({ key: z.string(), index: z.number().int().nonnegative() }));
const beats = z.object({ ...clocks, ...lenient({ heartRateValueDescriptors }), ...lists("heartRateValues") });

/** Pairs of ms and beats, in the order that the descriptors tell, where there are any. */
export const heartRate = only("series", beats, (h, into) => {
  const start = h.startTimestampGMT;
  const indexOf = (name: string) => h.heartRateValueDescriptors?.find(({ key }) => key.toLowerCase() === name)?.index;
  const [timeAt, valueAt] = [indexOf("timestamp") ?? 0, indexOf("heartrate") ?? 1];
  const offset = clockOffset(h.startTimestampLocal, start);
  const endOffset = clockOffset(h.endTimestampLocal, h.endTimestampGMT);
  within(into, "series", h.heartRateValues, "/heartRateValues", z.array(z.unknown()), (row, at) => {
    const time = row[timeAt];
    if (typeof time !== "number") return reject(at, "series", "", "no time");
    // The last hour of a day of 25.
    const isLate = start != null && time - start >= DAY_MS;
    putReading({ ...at, time, offset: isLate ? endOffset : offset }, "heart_rate_bpm", row[valueAt], `/${valueAt}`);
  });
});

/** Lists of `[ms, percent]` under whatever name has SpO2 in it. */
const hours = z.array(z.tuple([z.number(), z.number()]).rest(z.unknown()).nullable().catch(null));
export const spo2 = only("series", z.record(z.string(), z.unknown()), (answer, into) => {
  for (const [name, rows] of Object.entries(answer)) {
    for (const [i, row] of ((/spo2/i.test(name) && hours.safeParse(rows).data) || []).entries())
      if (row) putReading({ ...into, time: row[0], offset: null }, "spo2_pct hourly", row[1], `/${name}/${i}/1`);
  }
});

// biome-ignore format: a table
const WEIGHT = {
  weight: "weight_kg", boneMass: "bone_mass_kg", muscleMass: "muscle_mass_kg",
  bodyFat: "body_fat_pct", bodyWater: "body_water_pct", bmi: "bmi_kg_m2",
};
/** `date` is the same instant in local time. */
const rest = { ...shapesOf(WEIGHT, number), ...grams("weight boneMass muscleMass"), date: number };
const weighing = z.object({ timestampGMT: z.number(), ...lenient(rest) });
export const weight = all("series", z.object(lists("allWeightMetrics")), (one, into) =>
  within(into, "series", one.allWeightMetrics, "/allWeightMetrics", weighing, (w, at) =>
    putReadings({ ...at, time: w.timestampGMT, offset: clockOffset(w.date, w.timestampGMT) }, w, WEIGHT),
  ),
);
