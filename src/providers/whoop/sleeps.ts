/** Nights and naps. Fields and traps in docs/providers/whoop.md. */
import type { SleepRecord } from "../../domain/batch.ts";
import { localDate } from "../../domain/time.ts";
import type { Recovery, Sleep } from "./schema.ts";
import { present, reading } from "./values.ts";

/** What other answers need of a sleep: they carry neither its times nor its offset. */
export interface Night {
  id: string;
  cycle_id: string | null;
  start: number;
  end: number;
  offset: number | null;
  nap: boolean;
}

/** Null while it lasts. */
export function toNight(s: Sleep): Night | null {
  if (s.end == null || s.end <= s.start) return null;
  const { id, cycle_id = null, start, end, timezone_offset: offset, nap } = s;
  return { id, cycle_id, start, end, offset, nap: nap === true };
}

/** Local day of waking: one offset is told for the whole sleep. */
export const dateOf = ({ end, offset }: Night): string => localDate(end, offset ?? 0);

/** Null while it lasts. An unscored one is a record with its times. */
export function toSleep(s: Sleep, of: number): SleepRecord | null {
  const night = toNight(s);
  if (!night) return null;
  const { score } = s;
  const stages = score?.stage_summary ?? {};
  const light = stages.total_light_sleep_time_milli;
  const deep = stages.total_slow_wave_sleep_time_milli;
  const rem = stages.total_rem_sleep_time_milli;
  const isStaged = [light, deep, rem].some((milli) => milli != null);
  return {
    external_id: night.id,
    part: "list",
    fields: {
      ...placeOf(night),
      in_bed_s: seconds(stages.total_in_bed_time_milli ?? night.end - night.start),
      // What the strap did not see is in bed, not asleep.
      asleep_s: isStaged ? seconds((light ?? 0) + (deep ?? 0) + (rem ?? 0)) : null,
      awake_s: seconds(stages.total_awake_time_milli),
      light_s: seconds(light),
      deep_s: seconds(deep),
      rem_s: seconds(rem),
      unstaged_s: seconds(stages.total_no_data_time_milli),
      efficiency_pct: score?.sleep_efficiency_percentage ?? null,
      score: reading(score?.sleep_performance_percentage),
      avg_respiration_brpm: reading(score?.respiratory_rate),
      extra: present({
        cycle_id: night.cycle_id,
        score_state: s.score_state,
        sleep_cycle_count: stages.sleep_cycle_count,
        disturbance_count: stages.disturbance_count,
        sleep_consistency_percentage: score?.sleep_consistency_percentage,
        sleep_needed: score?.sleep_needed,
      }),
    },
    element: of,
  };
}

/**
 * What a recovery says of its night, below the night's own answer: that one is not known here, and whichever comes first makes the
 * record. Null where there is no score.
 */
export function toNightNotice({ score }: Recovery, night: Night, of: number): SleepRecord {
  return {
    external_id: night.id,
    part: "notice",
    fields: {
      ...placeOf(night),
      avg_hrv_rmssd_ms: reading(score?.hrv_rmssd_milli),
      avg_spo2_pct: reading(score?.spo2_percentage),
    },
    element: of,
  };
}

/** The recovery of a sleep is gone, whether or not the sleep is. */
export const withoutNotice = (id: string, of: number): SleepRecord => ({
  external_id: id,
  part: "notice",
  fields: { avg_hrv_rmssd_ms: null, avg_spo2_pct: null },
  element: of,
});

const placeOf = (night: Night) => ({
  type: night.nap ? ("nap" as const) : ("main" as const),
  date: dateOf(night),
  start_time: night.start,
  end_time: night.end,
  utc_offset_s: night.offset,
});

const seconds = (milli: number | null | undefined): number | null => (milli == null ? null : milli / 1000);
