/** Nights and naps: records of either API, and what is pushed. How a night's length is found and which of several deliveries counts: docs/providers/garmin.md, "Sleep". */
import { z } from "zod";
import { sum } from "../../domain/decimals.ts";
import type { SleepFields } from "../../domain/records.ts";
import { type Interval, toStages, UNTOLD } from "../nights.ts";
import {
  dayOf,
  type Item,
  isPlausible,
  type OffsetAt,
  present,
  reading,
  reject,
  type Told,
  within,
} from "../reading.ts";
import { lasting, length, lenient, seconds, text } from "../shapes.ts";
import { putSeries, shapesOf } from "../tables.ts";
import { fieldsOf } from "./fields.ts";
import { byOffset, items, lists, offsets, starting } from "./schema.ts";

export const score = z.object(lenient({ value: z.number(), qualifierKey: z.string() }));

type Fields = { [Name in keyof SleepFields]?: SleepFields[Name] | undefined };
/** What either API tells of a night or a nap. */
interface Night extends Fields {
  start_time: number;
  in_bed_s: number;
  /** Where it is told that the clocks have changed. */
  endOffset?: Told;
  /** Garmin's own day, which counts where the device does not know its offset. */
  calendarDate?: string | null | undefined;
  validation?: string | null | undefined;
  scored?: z.infer<typeof score> | null | undefined;
  score_qualifiers?: Record<string, unknown> | null | undefined;
  intervals?: Interval[];
}

const stagedOf = ({ light_s, deep_s, rem_s }: Fields): number => (light_s ?? 0) + (deep_s ?? 0) + (rem_s ?? 0);

/** Of the day of waking. Keyed by its start: `summaryId` changes when a night grows. */
export function putNight(into: Item, type: SleepFields["type"], night: Night, offsetAt: OffsetAt): void {
  const { endOffset, calendarDate, validation, scored, score_qualifiers, intervals, ...fields } = night;
  const { start_time, in_bed_s, utc_offset_s } = fields;
  const end_time = start_time + in_bed_s * 1000;
  const offset = endOffset ?? utc_offset_s;
  const date = offset == null && calendarDate ? calendarDate : dayOf(end_time, offset, offsetAt);
  const staged = stagedOf(fields);
  const asleep_s = fields.asleep_s ?? (staged || null);
  const stages = staged > 0 ? toStages(intervals ?? [], start_time, end_time) : null;
  // Without stages all of it is sleep of an unknown kind.
  const unstaged = staged === 0 && { light_s: null, deep_s: null, rem_s: null, unstaged_s: asleep_s };
  const calendar_date = type === "main" ? calendarDate : null;
  const extra = present({ validation, calendar_date, score_qualifier: scored?.qualifierKey, score_qualifiers });
  const more = { type, date, end_time, asleep_s, score: reading(scored?.value) ?? null, extra };
  into.batch.nights.push({
    external_id: String(start_time / 1000),
    part: "list",
    fields: { ...UNTOLD, ...present(fields), ...unstaged, ...more, stages },
    rank: rankOf(validation, in_bed_s),
    replaces: "overlapping_type",
    element: into.of,
  });
}

/** A nap is asleep as long as it lasts; nobody tells more of it. */
export const putNap = (into: Item, nap: Night, offsetAt: OffsetAt): void =>
  putNight(into, "nap", { ...nap, asleep_s: nap.in_bed_s }, offsetAt);

/** Which of several deliveries counts; of equals the longer, but of what a person set, which may become shorter, the newer. */
// biome-ignore format: a table
const RANKS: [word: RegExp, rank: number][] = [
  [/^MANUAL$/, 8], [/MANUAL$/, 7], [/^ENHANCED.*FINAL$/, 6], [/FINAL$/, 5], [/^DEVICE$/, 4],
  [/^ENHANCED.*TENTATIVE$/, 2], [/TENTATIVE$/, 1], [/^OFF_WRIST$/, 0],
];
function rankOf(validation: string | null | undefined, length: number): number {
  const rank = RANKS.find(([word]) => word.test(validation?.toUpperCase() ?? ""))?.[1] ?? 3;
  // More than anybody sleeps at once, so that validation comes before length.
  return rank * 1_000_000 + (rank < 7 ? length : 0);
}

// biome-ignore format: a table
const PARTS = {
  deepSleepDurationInSeconds: "deep_s", lightSleepDurationInSeconds: "light_s", remSleepInSeconds: "rem_s",
  remSleepDurationInSeconds: "rem_s", awakeDurationInSeconds: "awake_s", awakeSleepDurationInSeconds: "awake_s",
  unmeasurableSleepInSeconds: "unstaged_s", unmeasurableSleepDurationInSeconds: "unstaged_s",
} as const;
/** The night's own readings, beside those of the whole day that other deliveries bring. */
const SERIES = { timeOffsetSleepRespiration: "respiration_brpm sleep", timeOffsetSleepSpo2: "spo2_pct sleep" };
/** Garmin asks for its own words: `{"stress": {"qualifierKey": "GOOD"}}` → `{"stress": "GOOD"}`. */
const qualifier = z.object({ qualifierKey: z.unknown() }).transform(({ qualifierKey }) => qualifierKey);
const parts = { ...shapesOf(PARTS, length), ...shapesOf(SERIES, byOffset), ...lists("naps"), validation: text };
const sleepScores = z.record(z.string(), qualifier.catch(null));
const scored = lenient({ sleepLevelsMap: z.record(z.string(), items), overallSleepScore: score, sleepScores });
export const sleep = z.object({ ...starting, ...parts, ...scored });
const napTime = { napStartTimeInSeconds: seconds, ...offsets("napOffsetInSeconds") };
const nap = z.object({ ...napTime, napDurationInSeconds: lasting.positive(), napValidation: text });

/** A night with its naps. A night of no length – one that only brings naps – is no record. */
export function putSleep(s: z.infer<typeof sleep>, into: Item, offsetAt: OffsetAt): void {
  const { startTimeInSeconds: start_time, startTimeOffsetInSeconds: utc_offset_s, calendarDate, validation } = s;
  const parts = fieldsOf(s, PARTS);
  const staged = stagedOf(parts);
  const duration = s.durationInSeconds ?? 0;
  const intervals = toIntervals(s.sleepLevelsMap);
  const last = intervals.reduce((most, { end }) => Math.max(most, end), start_time);
  const inParts = staged + (parts.awake_s ?? 0) + (parts.unstaged_s ?? 0);
  const in_bed_s = Math.max(duration, inParts, (last - start_time) / 1000);
  const score_qualifiers = s.sleepScores && present(s.sleepScores);
  const words = { calendarDate, validation, scored: s.overallSleepScore, score_qualifiers };
  // Without stages the length is the sleep; with them it has held the waking hours as well, in years past.
  const asleep_s = staged > 0 ? staged : duration;
  const avg_respiration_brpm = mean("respiration_brpm", s.timeOffsetSleepRespiration);
  const means = { avg_respiration_brpm, avg_spo2_pct: mean("spo2_pct", s.timeOffsetSleepSpo2) };
  const night = { start_time, in_bed_s, utc_offset_s, asleep_s, ...parts, ...means, ...words, intervals };
  if (in_bed_s > 0) putNight(into, "main", night, offsetAt);
  const naps = within(into, "sleep", s.naps, "/naps", nap, (n) => {
    const times = { start_time: n.napStartTimeInSeconds, in_bed_s: n.napDurationInSeconds };
    const offset = n.napOffsetInSeconds ?? utc_offset_s;
    putNap(into, { ...times, utc_offset_s: offset, calendarDate, validation: n.napValidation }, offsetAt);
  });
  if (in_bed_s <= 0 && naps.length === 0) reject(into, "sleep", "/durationInSeconds", "no length");
  putSeries({ ...into, time: start_time, offset: utc_offset_s }, s, SERIES);
}

/** The mean of the readings; null where there are none. */
function mean(metric: string, values: z.infer<typeof byOffset>): number | null {
  const isRead = (value: unknown): value is number => typeof value === "number" && isPlausible(metric, value);
  const read = Object.values(values ?? {}).filter(isRead);
  return read.length === 0 ? null : sum(read) / read.length;
}

const interval = z.object({ startTimeInSeconds: seconds, endTimeInSeconds: seconds });
const LEVELS = ["unmeasurable", "deep", "light", "rem", "awake"];
/** In the order of the levels' names, and of their numbers, which begin with −1. */
export const STAGES = ["unstaged", "deep", "light", "rem", "awake"] as const;

const toIntervals = (levels: z.infer<typeof sleep>["sleepLevelsMap"]): Interval[] =>
  Object.entries(levels ?? {}).flatMap(([level, list]) => {
    const stage = STAGES[LEVELS.indexOf(level)];
    return (list ?? []).flatMap((one) => {
      const { data } = interval.safeParse(one);
      return data && stage ? [{ start: data.startTimeInSeconds, end: data.endTimeInSeconds, stage }] : [];
    });
  });
