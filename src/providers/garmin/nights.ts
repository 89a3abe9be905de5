/** Records of nights and naps, and which of several deliveries counts; docs/providers/garmin.md, "Identity", "Sleep". */
import { z } from "zod";
import type { SleepFields } from "../../domain/records.ts";
import { type Interval, toStages, UNTOLD } from "../nights.ts";
import { dayOf, type Item, type OffsetAt, present, reading, type Told } from "../reading.ts";
import { lenient } from "../shapes.ts";

/** By the number of a level, which begins with −1. */
export const STAGES = ["unstaged", "deep", "light", "rem", "awake"] as const;

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

export const stagedOf = ({ light_s, deep_s, rem_s }: Fields): number => (light_s ?? 0) + (deep_s ?? 0) + (rem_s ?? 0);

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
