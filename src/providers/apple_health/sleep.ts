/** Elements of `sleep_analysis`: nights already summed up, in three versions, or pieces (docs/providers/apple_health.md, ingest_rules). */
import { type Batch, element, type SegmentStage } from "../../domain/batch.ts";
import { sleepType } from "../../domain/nights.ts";
import type { SleepFields } from "../../domain/records.ts";
import { utcDate } from "../../domain/time.ts";
import { type Entry, given, isNumber, type Refusal, refusal, textOf } from "../json.ts";
import { type Moment, type Offsets, readDate } from "./dates.ts";
import { longText } from "./limits.ts";

/** The app's words in the languages seen or likely, lower case, without spaces. */
const STAGES: Record<SegmentStage, string[]> = {
  in_bed: ["inbed", "imbett", "encama", "enlacama", "aulit", "卧床", "在床上", "床上"],
  unstaged: [
    "asleep",
    "asleepunspecified",
    "unspecified",
    "schlafend",
    "schlaf",
    "dormido",
    "durmiendo",
    "endormi",
    "睡眠",
    "睡着",
    "入睡",
  ],
  light: [
    "core",
    "asleepcore",
    "light",
    "kern",
    "kernschlaf",
    "esencial",
    "ligero",
    "principal",
    "léger",
    "leger",
    "核心",
    "核心睡眠",
  ],
  deep: ["deep", "asleepdeep", "tief", "tiefschlaf", "profundo", "profond", "深度", "深度睡眠"],
  rem: ["rem", "asleeprem", "remsleep", "remschlaf", "mor", "paradoxal", "快速动眼期", "快速动眼", "快速动眼睡眠"],
  awake: ["awake", "wach", "despierto", "éveillé", "eveille", "清醒", "清醒时间"],
};
const STAGE_OF = new Map(
  (Object.entries(STAGES) as [SegmentStage, string[]][]).flatMap(([stage, words]) =>
    words.map((word) => [word.replaceAll(" ", ""), stage] as const),
  ),
);

const SPANS = ["asleep", "totalSleep", "core", "deep", "rem", "awake", "inBed"] as const;
const NO_SPANS = { asleep: null, totalSleep: null, core: null, deep: null, rem: null, awake: null, inBed: null };

const DAY_S = 86_400;
/** A span this much longer than the sleep in it has swallowed a nap. */
const SWALLOWED_S = 3 * 3600;
/** Sums of rounded hours miss each other by less than this. */
const NEARLY_S = 36;

/** Adds what the element says; or says why it says nothing. `toSeconds`: of the array's unit, or why there is none. */
export function addNight(
  batch: Batch,
  entry: Entry,
  toSeconds: ((value: number) => number) | string,
  offsets: Offsets,
): Refusal | null {
  const long = longText(entry);
  if (long) return long;
  return given(entry, "startDate", "endDate") === undefined
    ? addSum(batch, entry, toSeconds, offsets)
    : addSegment(batch, entry, offsets);
}

function addSegment(batch: Batch, entry: Entry, offsets: Offsets): Refusal | null {
  const start = instant(entry, "startDate", offsets);
  if (start === null) return refusal("/startDate", "not a date");
  const end = instant(entry, "endDate", offsets);
  if (end === null) return refusal("/endDate", "not a date");
  const stage = STAGE_OF.get((textOf(entry, "value") ?? "").toLowerCase().replaceAll(/[\s_]/g, ""));
  if (stage === undefined) return refusal("/value", "unknown sleep stage");
  const wrong = spanRefusal(start, end);
  if (wrong) return wrong;
  batch.segments.push({
    source: textOf(entry, "source") ?? "",
    start_time: start.time,
    end_time: end.time,
    utc_offset_s: start.utc_offset_s,
    ...(end.utc_offset_s === start.utc_offset_s ? {} : { end_utc_offset_s: end.utc_offset_s }),
    stage,
    element: element(batch, "sleep"),
  });
  return null;
}

function addSum(
  batch: Batch,
  entry: Entry,
  toSeconds: ((value: number) => number) | string,
  offsets: Offsets,
): Refusal | null {
  const times: Record<string, Moment | null> = {};
  for (const key of ["sleepStart", "inBedStart", "sleepEnd", "inBedEnd"]) {
    times[key] = instant(entry, key, offsets);
    if (times[key] === null && given(entry, key) !== undefined) return refusal(`/${key}`, "not a date");
  }
  const start = outermost(times.sleepStart!, times.inBedStart!, -1);
  const end = outermost(times.sleepEnd!, times.inBedEnd!, 1);
  if (start === null || end === null) return refusal("", "no sleep times");
  const wrong = spanRefusal(start, end);
  if (wrong) return wrong;

  const spans: Record<(typeof SPANS)[number], number | null> = { ...NO_SPANS };
  for (const key of SPANS) {
    const value = given(entry, key);
    if (value === undefined) continue;
    if (!isNumber(value)) return refusal(`/${key}`, "not a number");
    if (typeof toSeconds === "string") return refusal("", toSeconds);
    const seconds = Math.round(toSeconds(value) * 1000) / 1000;
    if (seconds < 0 || seconds > DAY_S) return refusal(`/${key}`, "out of range");
    spans[key] = seconds;
  }
  const { asleep: told, totalSleep, core, deep, rem, awake, inBed } = spans;

  const staged = exactMs((core ?? 0) + (deep ?? 0) + (rem ?? 0));
  let asleep: number | null;
  let unstaged: number | null;
  if (staged > 0) {
    // `asleep` is the whole in some versions, the unstaged rest in others.
    asleep = told !== null && told >= staged - NEARLY_S ? told : exactMs(staged + (told ?? 0));
    unstaged = Math.max(0, exactMs(asleep - staged));
  } else {
    // 0 hours of nothing but time in bed are no measure of sleep.
    asleep = told || totalSleep || null;
    unstaged = asleep;
  }

  const spanS = (from: Moment, to: Moment) => (to.time - from.time) / 1000;
  let in_bed: number | null = inBed || null;
  if (in_bed === null) {
    const { inBedStart, inBedEnd } = times;
    in_bed =
      inBedStart && inBedEnd && inBedEnd.time > inBedStart.time ? spanS(inBedStart, inBedEnd) : spanS(start, end);
    if (asleep !== null && in_bed - (asleep + (awake ?? 0)) > SWALLOWED_S) in_bed = null;
  }

  const type = sleepType(asleep, spanS(start, end));
  const date = nightDate(end, entry, offsets);
  const sources = [
    ...new Set(
      ["source", "sleepSource", "inBedSource"].map((key) => textOf(entry, key)).filter((text) => text !== null),
    ),
  ];
  const stagesOf = (seconds: number | null) => (staged > 0 ? seconds : null);
  const fields: Partial<SleepFields> = {
    type,
    date,
    start_time: start.time,
    end_time: end.time,
    utc_offset_s: start.utc_offset_s,
    in_bed_s: in_bed,
    asleep_s: asleep,
    awake_s: awake,
    light_s: stagesOf(core),
    deep_s: stagesOf(deep),
    rem_s: stagesOf(rem),
    unstaged_s: unstaged,
    stages: null,
    extra: sources.length > 0 ? { source: sources.join("|") } : null,
  };
  batch.nights.push({
    external_id: type === "main" ? `night:${date}` : `nap:${start.time}`,
    part: "list",
    fields,
    // What pieces make stands above what the app summed up.
    replaces: "overlapping",
    rank: 0,
    staged_only: true,
    element: element(batch, "sleep"),
  });
  return null;
}

/** Seconds that are sums or differences of whole milliseconds. */
const exactMs = (seconds: number): number => Math.round(seconds * 1000) / 1000;

/** A bare date is no instant. */
function instant(entry: Entry, key: string, offsets: Offsets): Moment | null {
  const moment = readDate(given(entry, key), offsets);
  return moment?.bare ? null : moment;
}

function outermost(a: Moment | null, b: Moment | null, direction: 1 | -1): Moment | null {
  if (a === null || b === null) return a ?? b;
  return (b.time - a.time) * direction > 0 ? b : a;
}

function spanRefusal(start: Moment, end: Moment): Refusal | null {
  if (end.time <= start.time) return refusal("", "ends before it starts");
  return end.time - start.time > DAY_S * 1000 ? refusal("", "longer than a day") : null;
}

/** The local day of waking; where nobody knows the offset the element's own date. */
function nightDate(end: Moment, entry: Entry, offsets: Offsets): string {
  const own = end.utc_offset_s === null ? readDate(given(entry, "date"), offsets) : null;
  return utcDate((own ?? end).local);
}
