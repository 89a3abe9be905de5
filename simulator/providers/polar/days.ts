import { dateOf, offsetAt } from "../../calendar.ts";
import { buildOf, conditionOn, loadOn, round } from "../../condition.ts";
import { dayOn, weighingOn } from "../../day.ts";
import type { Life } from "../../life.ts";
import { means, pulseOn, STATES } from "../../pulse.ts";
import { userId } from "./grants.ts";
import { durationOf, local, userUrl } from "./words.ts";

const MINUTE_MS = 60_000;

export interface Wishes {
  steps: boolean;
  activity_zones: boolean;
  inactivity_stamps: boolean;
}

/** Null where nothing was worn. */
export function activityRecord(life: Life, day: number, now: number, wishes: Wishes): object | null {
  const made = dayOn(life, day, now);
  if (!made) return null;
  const { date } = made;
  const active = made.walking_s + made.training_s;
  const wanted = Object.values(wishes).some(Boolean);
  return {
    start_time: `${date}T00:00:00`,
    end_time: made.complete ? `${date}T23:59:59` : local(made.start + made.duration_s * 1000, made.utc_offset_s),
    active_duration: durationOf(active),
    inactive_duration: durationOf(made.still_s),
    daily_activity: round((active / 7200) * 100, 1),
    calories: made.active_kcal + made.basal_kcal,
    active_calories: made.active_kcal,
    steps: made.steps,
    inactivity_alert_count: made.still_s > 30_000 ? 1 : 0,
    distance_from_steps: round(made.distance_m, 2),
    ...(wanted && { samples: samplesOf(life, day, now, wishes, made.still_s > 30_000) }),
  };
}

function samplesOf(life: Life, day: number, now: number, wishes: Wishes, hasAlert: boolean): object {
  const pulse = pulseOn(life, day, now)!;
  const minutes = Array.from(pulse.state, (state, i) => ({
    state: STATES[state]!,
    steps: pulse.steps[i]!,
    timestamp: local(pulse.start + i * MINUTE_MS, pulse.utc_offset_s).slice(0, 16),
  }));
  const zones = {
    unworn: "NON_WEAR",
    asleep: "SLEEP",
    awake_in_bed: "SEDENTARY",
    still: "SEDENTARY",
    walking: "LIGHT",
    training: "CONTINUOUS_VIGOROUS",
  };
  return {
    date: pulse.date,
    ...(wishes.steps && {
      steps: {
        interval_ms: MINUTE_MS,
        total_steps: minutes.reduce((sum, { steps }) => sum + steps, 0),
        samples: minutes.filter(({ steps }) => steps > 0).map(({ steps, timestamp }) => ({ steps, timestamp })),
      },
    }),
    ...(wishes.activity_zones && {
      activity_zones: {
        samples: minutes
          .filter(({ state }, i) => zones[state] !== (i > 0 ? zones[minutes[i - 1]!.state] : ""))
          .map(({ state, timestamp }) => ({ zone: zones[state], timestamp: `${timestamp}:30` })),
      },
    }),
    ...(wishes.inactivity_stamps && {
      inactivity_stamps: hasAlert ? [{ stamp: `${pulse.date}T16:04` }] : [],
    }),
  };
}

/** By the clock of the watch, whose zone nobody tells; without exercises. Null where nothing was worn. */
export function heartRecord(life: Life, day: number, now: number): object | null {
  const pulse = pulseOn(life, day, now);
  if (!pulse) return null;
  const heart_rate_samples = [...means(pulse.heart, 5)].flatMap((bpm, i) => {
    if (bpm === 0 || STATES[pulse.state[i * 5 + 2]!] === "training") return [];
    const time = pulse.start + (i * 5 + 2) * MINUTE_MS + 8000;
    return [{ heart_rate: bpm, sample_time: local(time, offsetAt(pulse.zone, time)).slice(11) }];
  });
  if (heart_rate_samples.length === 0) return null;
  return { polar_user: userUrl(userId(life)), date: pulse.date, heart_rate_samples };
}

/** `since`: the first day of what the application may see; the load of some weeks is known after some weeks. */
export function loadRecord(life: Life, day: number, since: number): object {
  const { acute, chronic } = conditionOn(life.person, day);
  const isKnown = day >= since + 7 && chronic > 0;
  const ratio = isKnown ? acute / chronic : -1;
  const status = ratio > 1.3 ? "OVERREACHING" : ratio > 1 ? "PRODUCTIVE" : ratio > 0.8 ? "MAINTAINING" : "DETRAINING";
  return {
    date: dateOf(day),
    cardio_load_status: isKnown ? status : "LOAD_STATUS_NOT_AVAILABLE",
    cardio_load: round(loadOn(life.person, day), 2),
    strain: isKnown ? round(acute, 2) : -1,
    tolerance: isKnown ? round(chronic, 2) : -1,
    cardio_load_ratio: isKnown ? round(ratio, 2) : -1,
    cardio_load_level: { very_low: 20, low: 45, medium: 80, high: 130, "very-high": 200 },
  };
}

/** As the person, or the scale, changed it last. */
export function physicalRecord(life: Life, day: number, now: number): object {
  const { person } = life;
  let last = day;
  while (last > day - 60 && !weighingOn(life, last, now)) last--;
  const weighing = weighingOn(life, last, now);
  const condition = conditionOn(person, last);
  const { age, height_m } = buildOf(person);
  return {
    weight: round(weighing?.weight_kg ?? person.weight_kg, 1),
    height: round(height_m * 100, 1),
    created: "2024-06-01T12:00:00Z",
    modified: weighing ? new Date(weighing.time).toISOString().replace(/\.\d+Z/, "Z") : "2024-06-10T12:00:00Z",
    birthday: `${new Date(now).getUTCFullYear() - age}-01-01`,
    gender: person.sex === "F" ? "FEMALE" : "MALE",
    maximum_heart_rate: person.max_heart_rate_bpm,
    resting_heart_rate: condition.resting_heart_rate_bpm,
    aerobic_threshold: Math.round(person.max_heart_rate_bpm * 0.75),
    anaerobic_threshold: Math.round(person.max_heart_rate_bpm * 0.9),
    vo2_max: Math.round(condition.vo2max_ml_kg_min),
    weight_source: weighing ? "SOURCE_MEASURED" : "SOURCE_USER",
    training_background: "REGULAR",
    typical_day: "MOSTLY_SITTING",
    sleep_goal: "PT8H",
  };
}
