/** Nights and what the body did in them. Fields and traps in docs/providers/polar.md, "Sleep". */
import type { Stage } from "../../domain/records.ts";
import { localDate } from "../../domain/time.ts";
import { above0, type Item, present, putDay, putSample, reject } from "./reading.ts";
import type { Night, Recharge } from "./schema.ts";

/** Where a night stands: what other answers need that have its date alone. */
export interface Place {
  /** Polar's, and the key of the night. */
  id: string;
  /** Local day of waking. */
  date: string;
  start: number;
  end: number;
  /** Of the start, s: the clock of all keys. */
  offset: number;
}

/** Null while it lasts. */
export function placeOf(n: Night): Place | null {
  const { date: id, sleep_start_time: start, sleep_end_time: end } = n;
  if (!end || end.time <= start.time) return null;
  return { id, date: localDate(end.time, end.offset), start: start.time, end: end.time, offset: start.offset };
}

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
  const [light, deep, rem, unstaged] = [n.light_sleep, n.deep_sleep, n.rem_sleep, n.unrecognized_sleep_stage];
  const awake = n.total_interruption_duration ?? null;
  const isStaged = [light, deep, rem].some(above0);
  // A device without stages tells the interruptions alone: stages and interruptions make up the span.
  const plain = unstaged ?? (awake === null || isStaged ? null : Math.max(0, span - awake));
  into.batch.nights.push({
    external_id: place.id,
    part: "list",
    fields: {
      ...fieldsOf(place),
      in_bed_s: span,
      asleep_s: isStaged ? (light ?? 0) + (deep ?? 0) + (rem ?? 0) + (unstaged ?? 0) : plain,
      awake_s: awake,
      light_s: isStaged ? (light ?? null) : null,
      deep_s: isStaged ? (deep ?? null) : null,
      rem_s: isStaged ? (rem ?? null) : null,
      unstaged_s: plain,
      score: above0(n.sleep_score),
      stages: stagesOf(n, place, into),
      extra: present({
        device_id: n.device_id,
        end_utc_offset_s: n.sleep_end_time!.offset === place.offset ? null : n.sleep_end_time!.offset,
        short_interruption_s: n.short_interruption_duration,
        long_interruption_s: n.long_interruption_duration,
        continuity: above0(n.continuity),
        continuity_class: above0(n.continuity_class),
        sleep_charge: above0(n.sleep_charge),
        sleep_rating: above0(n.sleep_rating),
        sleep_cycles: n.sleep_cycles,
        sleep_goal_s: above0(n.sleep_goal),
        group_duration_score: above0(n.group_duration_score),
        group_solidity_score: above0(n.group_solidity_score),
        group_regeneration_score: above0(n.group_regeneration_score),
      }),
    },
    element: into.of,
  });
  putDay(into, place.date, "sleep_score", n.sleep_score, "/sleep_score");
  putClock(n.heart_rate_samples, place, into, "heart_rate_bpm", "/heart_rate_samples");
}

/** `night` null: Polar shows none for that date, and samples by the clock have no place. */
export function putRecharge(r: Recharge, night: Place | null, into: Item): void {
  const date = night?.date ?? r.date;
  putDay(into, date, "hrv_rmssd_ms", r.heart_rate_variability_avg, "/heart_rate_variability_avg");
  putDay(into, date, "respiration_brpm", r.breathing_rate_avg, "/breathing_rate_avg");
  // −10 to 10: 0 is as usual.
  putDay(into, date, "x_ans_charge", r.ans_charge, "/ans_charge");
  putDay(into, date, "x_nightly_recharge_status", above0(r.nightly_recharge_status), "/nightly_recharge_status");
  if (!night) return;
  into.batch.nights.push({
    external_id: night.id,
    part: "notice",
    fields: {
      ...fieldsOf(night),
      avg_heart_rate_bpm: above0(r.heart_rate_avg),
      avg_hrv_rmssd_ms: above0(r.heart_rate_variability_avg),
      avg_respiration_brpm: above0(r.breathing_rate_avg),
    },
    element: into.of,
  });
  putClock(r.hrv_samples, night, into, "hrv_rmssd_ms", "/hrv_samples");
  putClock(r.breathing_samples, night, into, "respiration_brpm", "/breathing_samples");
}

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;

/** `HH:MM` on the clock of the start, past midnight on the next day → instant. Null: no time of a day. */
function instantOf(clock: string, { start, offset }: Place): number | null {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(clock);
  if (!match) return null;
  // The minute in which the night began is its first key, whatever the second.
  const begun = Math.floor((start + offset * 1000) / MINUTE_MS) * MINUTE_MS;
  const midnight = Math.floor(begun / DAY_MS) * DAY_MS;
  const at = midnight + (Number(match[1]) * 60 + Number(match[2])) * MINUTE_MS;
  return (at < begun ? at + DAY_MS : at) - offset * 1000;
}

function putClock(values: Night["hypnogram"], place: Place, into: Item, metric: string, field: string): void {
  for (const [clock, value] of Object.entries(values ?? {})) {
    const at = instantOf(clock, place);
    if (at === null) reject(into, "series", `${field}/${clock}`, "not a time");
    else putSample(into, metric, "sleep", at, value, place.offset, `${field}/${clock}`);
  }
}

const STAGES: Readonly<Record<string, Stage[1]>> = {
  0: "awake",
  1: "rem",
  2: "light",
  3: "light",
  4: "deep",
  5: "unstaged",
  6: "unstaged", // of older samples
};

/** Each key begins a stage that lasts until the next; all are cut to the night. */
function stagesOf({ hypnogram }: Night, place: Place, into: Item): Stage[] | null {
  const begun: { at: number; stage: Stage[1] }[] = [];
  for (const [clock, value] of Object.entries(hypnogram ?? {})) {
    const at = instantOf(clock, place);
    const stage = STAGES[String(value)];
    if (at === null || !stage) reject(into, null, `/hypnogram/${clock}`, at === null ? "not a time" : "no stage");
    else if (at < place.end) begun.push({ at: Math.max(at, place.start), stage });
  }
  begun.sort((a, b) => a.at - b.at);
  const stages: Stage[] = [];
  begun.forEach(({ at, stage }, i) => {
    const seconds = ((begun[i + 1]?.at ?? place.end) - at) / 1000;
    const last = stages.at(-1);
    if (last?.[1] === stage) last[2] += seconds;
    else if (seconds > 0) stages.push([(at - place.start) / 1000, stage, seconds]);
  });
  return stages.length > 0 ? stages : null;
}
