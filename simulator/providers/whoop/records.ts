import type { Activity } from "../../activity.ts";
import { dateOf, localDay } from "../../calendar.ts";
import { buildOf, conditionOn, round } from "../../condition.ts";
import { points } from "../../day.ts";
import { float } from "../../json.ts";
import type { Life } from "../../life.ts";
import { type Sleep, sleepsOn, windowOf } from "../../night.ts";
import type { Sport } from "../../plan.ts";
import { type Dice, dice } from "../../random.ts";

/** Slug as the live API sends it, and its number. */
const SPORTS: Record<Sport, [slug: string, id: number]> = {
  run: ["running", 0],
  trail_run: ["running", 0],
  ride: ["cycling", 1],
  gravel_ride: ["mountain-biking", 57],
  virtual_ride: ["spin", 97],
  swim: ["swimming", 33],
  hike: ["hiking-rucking", 52],
  strength: ["weightlifting_msk", 123],
  yoga: ["yoga", 44],
};

/** From the end of a recording until its score is there. */
export const SCORING_MS = 600_000;
const KJ = 4.184;
/** Sleeps that a person has changed, by key: their end, or null where they deleted it. */
export type Edits = Map<string, number | null>;

export const userId = (life: Life): number => 10_000 + dice(life.person.seed, "whoop").int(0, 8_999_999);
export const cycleId = (life: Life, day: number): number =>
  1_000_000_000 + dice(life.person.seed, "whoop").int(0, 900) * 100_000 + day;
export const workoutId = (activity: Activity, life: Life): string => uuid(life.person.seed, activity.key, "whoop");
export const sleepId = (sleep: Sleep, life: Life): string => uuid(life.person.seed, sleep.key, "whoop");
/** The numbers of the retired v1. */
export const v1Id = (id: string): number => Number.parseInt(id.slice(0, 8), 16);

function uuid(...labels: string[]): string {
  const draw = dice(...labels, "uuid");
  const hex = Array.from({ length: 32 }, () => draw.int(0, 15).toString(16)).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

export const iso = (instant: number): string => new Date(instant).toISOString();

export function offset(seconds: number): string {
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  const size = Math.abs(seconds);
  return `${seconds < 0 ? "-" : "+"}${two(size / 3600)}:${two((size % 3600) / 60)}`;
}

/** What every record begins and ends with; one not scored has no score, or null for one. */
function frame(life: Life, ended: number, now: number, draw: Dice, unscorable: boolean, score: () => object) {
  const scored = ended + SCORING_MS;
  const state = now < scored ? "PENDING_SCORE" : unscorable ? "UNSCORABLE" : "SCORED";
  return {
    head: {
      user_id: userId(life),
      created_at: iso(ended + 60_000),
      updated_at: iso(now < scored ? ended + 60_000 : scored),
    },
    tail: {
      score_state: state,
      ...(state === "SCORED" ? { score: score() } : draw.chance(0.5) ? { score: null } : {}),
    },
  };
}

/** Worn while training: nothing of what was typed in elsewhere, and each ride once. */
export const isSeen = (activity: Activity): boolean => !activity.manual && activity.copy_of === null;

export const workoutEnd = (activity: Activity, life: Life): number =>
  workoutStart(activity, life) + Math.round(life.summary(activity).elapsed_s * 1000) + 4210;

/** The strap feels it some seconds after the watch was started. */
export const workoutStart = (activity: Activity, life: Life): number =>
  activity.start + dice(life.person.seed, activity.key, "whoop", "start").int(500, 9500);

export function workoutRecord(activity: Activity, life: Life, now: number) {
  const draw = dice(life.person.seed, activity.key, "whoop", "workout");
  const [start, end] = [workoutStart(activity, life), workoutEnd(activity, life)];
  const sums = life.summary(activity);
  const [sport_name, sport_id] = SPORTS[activity.sport];
  const hasPhone = !activity.indoor && draw.chance(0.4);
  const average = Math.round(sums.avg_heart_rate_bpm ?? life.person.resting_heart_rate_bpm + 35);
  const { head, tail } = frame(life, end, now, draw, draw.chance(0.01), () => ({
    strain: round(strainOf(points(activity)), 6),
    average_heart_rate: average,
    max_heart_rate: Math.round(sums.max_heart_rate_bpm ?? average + 20),
    kilojoule: round(sums.energy_kcal * KJ, 4),
    percent_recorded: float(draw.chance(0.9) ? 1 : round(draw.between(0.9, 0.99), 2)),
    distance_meter: hasPhone ? round(sums.distance_m, 2) : null,
    altitude_gain_meter: hasPhone ? round(sums.ascent_m, 2) : null,
    altitude_change_meter: hasPhone ? round(draw.between(-3, 3), 2) : null,
    zone_durations: zones(end - start, activity.effort),
  }));
  return {
    id: workoutId(activity, life),
    v1_id: null,
    ...head,
    start: iso(start),
    end: iso(end),
    timezone_offset: offset(activity.utc_offset_s),
    sport_name,
    ...tail,
    sport_id,
  };
}

const ZONES = ["zero", "one", "two", "three", "four", "five"];

/** Round the zone that the effort lies in; all of the time. */
function zones(length_ms: number, effort: number): Record<string, number> {
  const weights = ZONES.map((_, i) => Math.exp(-((i - effort * 5) ** 2)));
  const total = weights.reduce((a, b) => a + b, 0);
  const made = Object.fromEntries(
    ZONES.map((name, i) => [`zone_${name}_milli`, Math.floor((length_ms * weights[i]!) / total)]),
  );
  made.zone_zero_milli! += length_ms - Object.values(made).reduce((a, b) => a + b, 0);
  return made;
}

/** 0–21, ever harder to raise. */
const strainOf = (load: number): number => 21 * (1 - Math.exp(-load / 95));

/** Sleeps of a local day of waking that are over, as their owner left them. */
export function sleepsAsLeft(life: Life, day: number, now: number, edits: Edits): Sleep[] {
  return sleepsOn(life, day, Number.POSITIVE_INFINITY).flatMap((sleep) => {
    const edit = edits.get(`${life.person.key} ${sleep.key}`);
    if (edit === null) return [];
    const end = edit ?? sleep.end;
    return end <= now ? [{ ...sleep, end }] : [];
  });
}

export function sleepRecord(sleep: Sleep, life: Life, now: number) {
  const draw = dice(life.person.seed, sleep.key, "whoop", "sleep");
  const nap = sleep.type === "nap";
  const early = sleep.day - life.since < 5;
  // Some minutes of light sleep that the strap did not see.
  const lost = draw.chance(0.08) ? Math.min(sleep.light_s, draw.int(2, 9) * 60) : 0;
  const unscorable = nap ? draw.chance(0.1) : draw.chance(0.008);
  const { head, tail } = frame(life, sleep.end, now, draw, unscorable, () => ({
    stage_summary: {
      total_in_bed_time_milli: Math.round(sleep.in_bed_s * 1000),
      total_awake_time_milli: Math.round(sleep.awake_s * 1000),
      total_no_data_time_milli: lost * 1000,
      total_light_sleep_time_milli: Math.round((sleep.light_s - lost) * 1000),
      total_slow_wave_sleep_time_milli: Math.round(sleep.deep_s * 1000),
      total_rem_sleep_time_milli: Math.round(sleep.rem_s * 1000),
      sleep_cycle_count: Math.floor(sleep.asleep_s / 6000),
      disturbance_count: sleep.awakenings,
    },
    sleep_needed: {
      baseline_milli: 27_395_716,
      need_from_sleep_debt_milli: draw.int(0, 1_800_000),
      need_from_recent_strain_milli: Math.round(conditionOn(life.person, sleep.day).yesterday * 8000),
      need_from_recent_nap_milli: nap ? 0 : -draw.int(0, 1) * draw.int(0, 900_000),
    },
    respiratory_rate: float(sleep.respiration_brpm),
    sleep_performance_percentage: float(nap ? Math.round(sleep.asleep_s / 300) : sleep.score),
    sleep_consistency_percentage: early || nap ? null : float(draw.int(55, 92)),
    sleep_efficiency_percentage: float(sleep.efficiency_pct),
  }));
  return {
    id: sleepId(sleep, life),
    cycle_id: cycleId(life, sleep.day),
    v1_id: null,
    ...head,
    start: iso(sleep.start),
    end: iso(sleep.end),
    timezone_offset: offset(sleep.start_offset_s),
    nap,
    ...tail,
  };
}

export function recoveryRecord(sleep: Sleep, life: Life, now: number) {
  const draw = dice(life.person.seed, sleep.key, "whoop", "recovery");
  const body = conditionOn(life.person, sleep.day);
  const { head, tail } = frame(life, sleep.end, now, draw, false, () => ({
    user_calibrating: sleep.day - life.since < 4,
    recovery_score: float(body.recovery_pct),
    resting_heart_rate: float(body.resting_heart_rate_bpm),
    hrv_rmssd_milli: float(round(body.hrv_rmssd_ms + 0.00127, 5)),
    spo2_percentage: float(body.spo2_pct),
    skin_temp_celsius: float(body.skin_temperature_c),
  }));
  return { cycle_id: cycleId(life, sleep.day), sleep_id: sleepId(sleep, life), ...head, ...tail };
}

export interface Cycle {
  day: number;
  start: number;
  /** Null: today's. */
  end: number | null;
}

/** From falling asleep to falling asleep. It is known of when the night is over, and closed when the next one is. */
export function cycleOn(life: Life, day: number, now: number): Cycle | null {
  if (life.person.months === 0 || day < life.since) return null;
  const night = windowOf(life.person, day);
  const next = windowOf(life.person, day + 1);
  return night.end > now ? null : { day, start: night.start, end: next.end <= now ? next.start : null };
}

export function cycleRecord(cycle: Cycle, life: Life, now: number) {
  const { day, start, end } = cycle;
  const { person } = life;
  const night = windowOf(person, day);
  const body = conditionOn(person, day);
  const draw = dice(person.seed, dateOf(day), "whoop", "cycle");
  const trained = life
    .on(day)
    .filter((one) => isSeen(one) && localDay(one.zone, one.start) === day && one.start <= now);
  const load = trained.reduce((sum, one) => sum + points(one), 0);
  const reserve = person.max_heart_rate_bpm - body.resting_heart_rate_bpm;
  const hardest = Math.max(0.45, ...trained.map(({ effort }) => Math.min(0.98, effort + 0.15)));
  // Not worn for the night, and on some of these days not at all.
  const isEmpty = !night.worn && draw.chance(0.3);
  const kcal = buildOf(person).basal_kcal + 420 + load * 7.5;
  const score = {
    strain: isEmpty ? float(0) : round(strainOf(load + draw.between(22, 48)), 7),
    kilojoule: isEmpty ? float(0) : round(kcal * KJ, 3),
    average_heart_rate: isEmpty ? 0 : Math.round(body.resting_heart_rate_bpm + 14 + load / 12),
    max_heart_rate: isEmpty ? 0 : Math.round(body.resting_heart_rate_bpm + reserve * hardest),
  };
  return {
    id: cycleId(life, day),
    user_id: userId(life),
    created_at: iso(night.end + 60_000),
    updated_at: iso(end ?? now),
    start: iso(start),
    ...(end === null && draw.chance(0.5) ? {} : { end: end === null ? null : iso(end) }),
    timezone_offset: offset(night.start_offset_s),
    score_state: "SCORED",
    score,
  };
}

export function profileOf(life: Life) {
  const { firstname, lastname } = life.person;
  const email = `${firstname}.${lastname}@example.com`.toLowerCase();
  return { user_id: userId(life), email, first_name: firstname, last_name: lastname };
}

export function bodyOf({ person }: Life) {
  const { height_m } = buildOf(person);
  return {
    height_meter: float(height_m),
    weight_kilogram: float(person.weight_kg),
    max_heart_rate: person.max_heart_rate_bpm,
  };
}
