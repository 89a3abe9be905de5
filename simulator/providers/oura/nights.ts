import { dateOf } from "../../calendar.ts";
import { conditionOn } from "../../condition.ts";
import { float } from "../../json.ts";
import type { Life } from "../../life.ts";
import { nightSeries, type Sleep, type Stage, sleepsOn } from "../../night.ts";
import { dice } from "../../random.ts";
import { type Collection, daysOf, type Entry, isOff, local, uuid } from "./shape.ts";

const LETTERS: Record<Stage, string> = { deep: "1", light: "2", rem: "3", awake: "4" };
const EVENING_S = 18 * 3600;
const SLOT_S = 300;
const SHORT_S = 20 * 60;

/** Documents of `sleep`; `types` says what a person made of some of them. */
export const sleepsFor =
  (types: ReadonlyMap<string, string>, gone: ReadonlySet<string>): Collection =>
  (life, first, last, now) => {
    const entries: Entry[] = [];
    for (const day of daysOf(life, first, last, now)) {
      if (isOff(life, day)) continue;
      for (const [period, sleep] of sleepsOn(life, day, now).entries()) {
        const id = sleepId(life, sleep);
        if (gone.has(id)) continue;
        entries.push({ id, at: sleep.start, make: () => sleepDocument(life, sleep, period, types.get(id)) });
      }
    }
    return entries;
  };

export const sleepId = (life: Life, sleep: Sleep): string => uuid(life, "sleep", sleep.key);

/** The main night that ends on a day, the longer where there are two. */
export const mainOn = (life: Life, day: number, now: number): Sleep | undefined =>
  sleepsOn(life, day, now)
    .filter(({ type }) => type === "main")
    .sort((a, b) => b.in_bed_s - a.in_bed_s)[0];

function sleepDocument(life: Life, sleep: Sleep, period: number, given: string | undefined) {
  const draw = dice(life.person.seed, sleep.key, "oura sleep");
  const { start, end, start_offset_s, end_offset_s, in_bed_s } = sleep;
  const isLate = (end / 1000 + end_offset_s) % 86_400 >= EVENING_S;
  // A nap too short to be measured in: Oura has words for "nothing".
  const isBlank = in_bed_s < SHORT_S;
  const hrv = sleep.hrv_rmssd_ms === null || isBlank ? null : Math.round(sleep.hrv_rmssd_ms);
  const at = local(start, start_offset_s, ".000");
  const five = phases(sleep, SLOT_S);
  return {
    id: sleepId(life, sleep),
    average_breath: float(Math.round(sleep.respiration_brpm * 8) / 8),
    average_heart_rate: float(sleep.avg_heart_rate_bpm + draw.int(0, 3) / 4),
    average_hrv: hrv,
    awake_time: sleep.awake_s,
    bedtime_end: local(end, end_offset_s),
    bedtime_start: local(start, start_offset_s),
    day: dateOf(sleep.day + (isLate ? 1 : 0)),
    deep_sleep_duration: sleep.deep_s,
    efficiency: Math.round(sleep.efficiency_pct),
    heart_rate: isBlank ? null : { interval: float(SLOT_S), items: hearts(life, sleep), timestamp: at },
    hrv: hrv === null ? null : { interval: float(SLOT_S), items: hrvs(life, sleep), timestamp: at },
    latency: isBlank ? 0 : sleep.latency_s,
    light_sleep_duration: sleep.light_s,
    low_battery_alert: draw.chance(0.02),
    lowest_heart_rate: isBlank ? 255 : sleep.min_heart_rate_bpm,
    movement_30_sec: movement(sleep),
    period,
    readiness: readinessOf(life, sleep.day),
    readiness_score_delta: sleep.type === "main" ? 0 : draw.int(0, 5),
    rem_sleep_duration: sleep.rem_s,
    restless_periods: Math.round(in_bed_s / 90 + draw.int(-30, 30)),
    ring_id: uuid(life, "ring"),
    sleep_algorithm_version: "v2",
    sleep_analysis_reason: "foreground_sleep_analysis",
    sleep_phase_30_sec: phases(sleep, 30),
    sleep_phase_5_min: five,
    app_sleep_phase_5_min: five,
    sleep_score_delta: sleep.type === "main" ? 0 : draw.int(0, 6),
    time_in_bed: in_bed_s,
    total_sleep_duration: sleep.asleep_s,
    type: given ?? typeOf(sleep, isLate, draw.chance(0.06)),
  };
}

/** Rejected by the person now and then. */
function typeOf({ type, in_bed_s }: Sleep, isLate: boolean, rejected: boolean): string {
  if (type === "main" && in_bed_s > 3 * 3600) return "long_sleep";
  if (rejected) return "rest";
  return isLate ? "late_nap" : "sleep";
}

/** One letter a slot; the last slot may be cut short. */
function phases(sleep: Sleep, slot: number): string {
  let letters = "";
  let segment = 0;
  for (let at = 0; at < sleep.in_bed_s; at += slot) {
    const middle = Math.min(at + slot / 2, sleep.in_bed_s - 1);
    while (sleep.segments[segment]!.to_s <= middle) segment++;
    letters += LETTERS[sleep.segments[segment]!.stage];
  }
  return letters;
}

function movement(sleep: Sleep): string {
  const draw = dice(sleep.key, sleep.start, "movement");
  let letters = "";
  for (let at = 0; at < sleep.in_bed_s; at += 30) letters += draw.chance(0.83) ? "1" : draw.chance(0.9) ? "2" : "3";
  return letters;
}

/** Five-minute means; the first slot is never read. */
function hearts(life: Life, sleep: Sleep): unknown[] {
  const { heart } = nightSeries(life.person, sleep);
  const draw = dice(life.person.seed, sleep.key, "oura gaps");
  return Array.from({ length: Math.floor(sleep.in_bed_s / SLOT_S) }, (_, i) => {
    const minutes = heart.subarray(i * 5, i * 5 + 5);
    if (i === 0 || minutes.length === 0 || draw.chance(0.04)) return null;
    return float(Math.round(minutes.reduce((a, b) => a + b, 0) / minutes.length));
  });
}

const hrvs = (life: Life, sleep: Sleep): unknown[] =>
  Array.from(nightSeries(life.person, sleep).hrv).map((value, i) => (i === 0 || value === 0 ? null : float(value)));

/** What readiness is made of, as it also stands in the night's own document. */
export function readinessOf(life: Life, day: number) {
  const body = conditionOn(life.person, day);
  const draw = dice(life.person.seed, day, "oura readiness");
  const near = (of: number) => Math.round(Math.max(1, Math.min(100, of + draw.normal(0, 7))));
  return {
    contributors: {
      activity_balance: near(96 - Math.max(0, body.acute - body.chronic) / 3),
      body_temperature: near(98 - 40 * Math.abs(body.skin_temperature_deviation_c)),
      hrv_balance: near(body.recovery_pct + 8),
      previous_day_activity: near(96 - body.yesterday / 12),
      previous_night: near(body.recovery_pct + 10),
      recovery_index: near(body.recovery_pct),
      resting_heart_rate: near(body.recovery_pct + 14),
      sleep_balance: near(84 - 15 * body.jet_lag),
    },
    score: body.recovery_pct,
    temperature_deviation: body.skin_temperature_deviation_c,
    temperature_trend_deviation: Math.round(body.skin_temperature_deviation_c * 40) / 100,
  };
}
