/** Exercises and nights as reconciled points; pure. Fields and traps in docs/providers/fitbit.md. */
import type { z } from "zod";
import type { Stage } from "../../domain/records.ts";
import { shortHash } from "../hash.ts";
import { type Interval, toStages, UNTOLD } from "../nights.ts";
import { by, dayOf, type Item, nightType, type OffsetAt, present, readerOf, type Told } from "../reading.ts";
import * as schema from "./schema.ts";
import { toSport } from "./sports.ts";

const thousandth = (value: Told): number | null => by(value, (x) => x / 1000) ?? null;
const inSeconds = (minutes: Told): number | null => by(minutes, (x) => x * 60) ?? null;

/** What still goes on is no record yet. */
export const putExercise = readerOf("activity", schema.exercise, readExercise);
export const putNight = readerOf("sleep", schema.sleep, readNight);

function readExercise(point: z.infer<typeof schema.exercise>, { batch, of }: Item): void {
  const { dataSource, exercise: e } = point;
  const { startTime: start, endTime: end, startUtcOffset } = e.interval;
  if (end == null) return;
  const { exerciseType, metricsSummary: m, exerciseMetadata: meta } = e;
  const [sport, sub_sport] = toSport(exerciseType);
  batch.activities.push({
    external_id: schema.idIn(point) ?? shortHash(`${start} ${end} ${exerciseType}`),
    part: "list",
    fields: {
      sport,
      sub_sport,
      name: e.displayName || null,
      start_time: start,
      utc_offset_s: startUtcOffset ?? null,
      elapsed_s: (end - start) / 1000,
      moving_s: e.activeDuration ?? null,
      distance_m: thousandth(m?.distanceMillimeters),
      energy_kcal: m?.caloriesKcal ?? null,
      ascent_m: thousandth(m?.elevationGainMillimeters),
      avg_heart_rate_bpm: m?.averageHeartRateBeatsPerMinute || null,
      avg_speed_mps: thousandth(m?.averageSpeedMillimetersPerSecond),
      steps: m?.steps ?? null,
      // Reconciled points do not say where they come from.
      ...(dataSource && {
        device: dataSource.device?.displayName || null,
        is_manual: dataSource.recordingMethod ? dataSource.recordingMethod === "MANUAL" : null,
      }),
      extra: present({
        exercise_type: exerciseType,
        active_zone_minutes: m?.activeZoneMinutes,
        heart_rate_zones_s: m?.heartRateZoneDurations && present(m.heartRateZoneDurations),
        average_pace_s_per_m: m?.averagePaceSecondsPerMeter,
        swim_lengths: m?.totalSwimLengths,
        pool_length_m: thousandth(meta?.poolLengthMillimeters),
        run_vo2max_ml_kg_min: m?.runVo2Max,
        has_gps: meta?.hasGps,
        notes: e.notes || null,
      }),
    },
    element: of,
  });
}

type StageName = Stage[1];
const NAMES = new Map<string, StageName>(
  Object.entries({ AWAKE: "awake", RESTLESS: "awake", LIGHT: "light", DEEP: "deep", REM: "rem", ASLEEP: "unstaged" }),
);

function readNight(point: z.infer<typeof schema.sleep>, { batch, of }: Item, offsetAt: OffsetAt): void {
  const { interval, metadata, summary, type, stages: given } = point.sleep;
  const { mainSleep, nap, stagesStatus, manuallyEdited } = metadata ?? {};
  const { startTime: start, endTime: end, startUtcOffset } = interval;
  if (end == null) return;
  const stages = stagesOf(given ?? [], start, end);
  const total: Partial<Record<StageName, number>> = {};
  for (const [name, s] of stages?.map(([, name, s]) => [name, s] as const) ?? summed(point))
    total[name] = (total[name] ?? 0) + s;
  const { awake, light, deep, rem, unstaged } = total;
  const slept = [light, deep, rem, unstaged].filter((s) => s !== undefined);
  const asleep = inSeconds(summary?.minutesAsleep) ?? (slept.length > 0 ? slept.reduce((sum, s) => sum + s) : null);
  // Of a staged night a stage that is not told is none; a classic one knows asleep and restless only.
  const untold = (light ?? deep ?? rem) === undefined ? null : 0;
  const inBed = (end - start) / 1000;
  batch.nights.push({
    external_id: schema.idIn(point) ?? shortHash(`${start} ${end} sleep`),
    part: "list",
    fields: {
      ...UNTOLD, // no score, heart rate, HRV, breathing or SpO2 is told with a night
      type: nap ? "nap" : mainSleep ? "main" : nightType(inBed),
      date: dayOf(end, interval.endUtcOffset ?? startUtcOffset, offsetAt),
      start_time: start,
      end_time: end,
      utc_offset_s: startUtcOffset ?? null,
      in_bed_s: inBed,
      asleep_s: asleep,
      awake_s: awake ?? inSeconds(summary?.minutesAwake) ?? untold,
      light_s: light ?? untold,
      deep_s: deep ?? untold,
      rem_s: rem ?? untold,
      unstaged_s: unstaged ?? (untold === null ? asleep : null),
      // 0 is what they have who wear no device that could tell.
      latency_s: inSeconds(summary?.minutesToFallAsleep) || null,
      stages,
      extra: present({ sleep_type: type, stages_status: stagesStatus, manually_edited: manuallyEdited }),
    },
    element: of,
  });
}

/** Ascending, each once, clipped to the night; words that are new are left out. */
function stagesOf(given: unknown[], from: number, to: number): Stage[] | null {
  const intervals = new Map<string, Interval>();
  for (const one of given) {
    const { type, startTime, endTime } = schema.stage.safeParse(one).data ?? { type: "", startTime: 0, endTime: 0 };
    const stage = NAMES.get(type);
    const [start, end] = [Math.max(startTime, from), Math.min(endTime, to)];
    if (stage) intervals.set(`${start} ${end} ${type}`, { start, end, stage });
  }
  return toStages([...intervals.values()], from, to);
}

/** The seconds of each kind by the summary, whose rows come twice: the first of each type counts. */
function summed({ sleep }: z.infer<typeof schema.sleep>): [StageName, number][] {
  const rows = new Map((sleep.summary?.stagesSummary ?? []).reverse().map(({ type, minutes }) => [type, minutes]));
  // A count of 0 minutes is left out.
  return [...rows].flatMap(([type, minutes]) => (NAMES.has(type) ? [[NAMES.get(type)!, (minutes ?? 0) * 60]] : []));
}
