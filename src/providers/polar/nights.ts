/** Nights and what the body did in them. Fields and traps in docs/providers/polar.md, "Sleep". */
import type { z } from "zod";
import type { Kind } from "../../domain/batch.ts";
import type { Stage } from "../../domain/records.ts";
import { DAY_MS, localDate } from "../../domain/time.ts";
import { type Interval, joined, toStages } from "../nights.ts";
import { type Item, present, putDay, putSample, reject } from "../reading.ts";
import { clockOf } from "../shapes.ts";
import { putDays } from "../tables.ts";
import { type Night, nightExtra, type recharge } from "./schema.ts";

/** Where a night stands: what other answers need that have its date alone, by which it goes. Null while it lasts. */
export function placeOf({ date: id, sleep_start_time: start, sleep_end_time: end }: Night) {
  if (!end || end.time <= start.time) return null;
  const date = localDate(end.time, end.offset ?? 0);
  return { id, date, start: start.time, end: end.time, offset: start.offset ?? 0 };
}
export type Place = NonNullable<ReturnType<typeof placeOf>>;

/** What both answers say of a night, so that either may come first. */
const fieldsOf = ({ date, start, end, offset }: Place) =>
  ({ type: "main", date, start_time: start, end_time: end, utc_offset_s: offset }) as const;

export function putNight(n: Night, into: Item): void {
  const place = placeOf(n);
  if (!place) {
    // Without an end it lasts.
    if (n.sleep_end_time) reject(into, "sleep", "/sleep_end_time", "not after its start");
    return;
  }
  const span = (place.end - place.start) / 1000;
  const { light_sleep: light = null, deep_sleep: deep = null, rem_sleep: rem = null } = n;
  const awake = n.total_interruption_duration ?? null;
  const isStaged = Boolean(light || deep || rem);
  // A device without stages tells the interruptions alone: stages and interruptions make up the span.
  const unstaged = n.unrecognized_sleep_stage ?? (awake === null || isStaged ? null : Math.max(0, span - awake));
  const endOffset = n.sleep_end_time?.offset ?? 0;
  into.batch.nights.push({
    external_id: place.id,
    part: "list",
    fields: {
      ...fieldsOf(place),
      in_bed_s: span,
      asleep_s: isStaged ? (light ?? 0) + (deep ?? 0) + (rem ?? 0) + (unstaged ?? 0) : unstaged,
      awake_s: awake,
      light_s: isStaged ? light : null,
      deep_s: isStaged ? deep : null,
      rem_s: isStaged ? rem : null,
      unstaged_s: unstaged,
      score: n.sleep_score,
      stages: stagesOf(n, place, into),
      extra: present({
        ...nightExtra.parse(n),
        end_utc_offset_s: endOffset === place.offset ? null : endOffset,
        short_interruption_s: n.short_interruption_duration,
        long_interruption_s: n.long_interruption_duration,
        sleep_goal_s: n.sleep_goal,
      }),
    },
    element: into.of,
  });
  putDay(into, place.date, "sleep_score", n.sleep_score, "/sleep_score");
  putClock(n.heart_rate_samples, place, into, "heart_rate_bpm", "/heart_rate_samples");
}

/** `night` null: Polar shows none for that date, and samples by the clock have no place. */
export function putRecharge(r: z.infer<typeof recharge>, night: Place | null, into: Item): void {
  putDays(into, night?.date ?? r.date, r, {
    heart_rate_variability_avg: "hrv_rmssd_ms",
    breathing_rate_avg: "respiration_brpm",
    ans_charge: "x_ans_charge", // −10 to 10: 0 is as usual
    nightly_recharge_status: "x_nightly_recharge_status",
  });
  if (!night) return;
  into.batch.nights.push({
    external_id: night.id,
    part: "notice",
    fields: {
      ...fieldsOf(night),
      avg_heart_rate_bpm: r.heart_rate_avg,
      avg_hrv_rmssd_ms: r.heart_rate_variability_avg,
      avg_respiration_brpm: r.breathing_rate_avg,
    },
    element: into.of,
  });
  putClock(r.hrv_samples, night, into, "hrv_rmssd_ms", "/hrv_samples");
  putClock(r.breathing_samples, night, into, "respiration_brpm", "/breathing_samples");
}

/** What stands under `HH:MM` on the clock of the start, past midnight on the next day, with its instant and pointer. */
function* byClock(values: Night["hypnogram"], { start, offset }: Place, into: Item, kind: Kind | null, field: string) {
  // The minute in which the night began is its first key, whatever the second.
  const begun = Math.floor((start + offset * 1000) / 60_000) * 60_000;
  for (const [clock, value] of Object.entries(values ?? {})) {
    const pointer = `${field}/${clock}`;
    const seconds = clockOf(clock);
    const at = begun - (begun % DAY_MS) + (seconds ?? 0) * 1000;
    if (seconds === null) reject(into, kind, pointer, "not a time");
    else yield { at: (at < begun ? at + DAY_MS : at) - offset * 1000, value, pointer };
  }
}

function putClock(values: Night["hypnogram"], place: Place, into: Item, metric: string, field: string): void {
  for (const { at, value, pointer } of byClock(values, place, into, "series", field)) {
    putSample(into, metric, "sleep", at, value, place.offset, pointer);
  }
}

/** 6 is of older samples. */
const STAGES = new Map(
  (["awake", "rem", "light", "light", "deep", "unstaged", "unstaged"] as const).map((stage, i) => [String(i), stage]),
);

/** Each key begins a stage that lasts until the next; all are cut to the night. */
function stagesOf({ hypnogram }: Night, place: Place, into: Item): Stage[] | null {
  const begun: Interval[] = [];
  for (const { at, value, pointer } of byClock(hypnogram, place, into, null, "/hypnogram")) {
    const stage = STAGES.get(String(value));
    if (!stage) reject(into, null, pointer, "no stage");
    else if (at < place.end) begun.push({ start: Math.max(at, place.start), end: place.end, stage });
  }
  begun.sort((a, b) => a.start - b.start);
  const intervals = begun.map((one, i) => ({ ...one, end: begun[i + 1]?.start ?? one.end }));
  return toStages(joined(intervals.filter(({ start, end }) => start < end)), place.start, place.end);
}
