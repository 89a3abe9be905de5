/** What WHOOP says of a whole day: recovery of the morning, strain of a cycle, the body. Facts and traps in docs/providers/whoop.md. */
import { type Batch, element } from "../../domain/batch.ts";
import { metricOf } from "../../domain/metrics.ts";
import { addDays, localDate } from "../../domain/time.ts";
import type { Cycle, Recovery } from "./schema.ts";
import { dateOf, type Night, toNightNotice } from "./sleeps.ts";
import { isEmpty, KJ_PER_KCAL, reading } from "./values.ts";

const HALF_DAY_MS = 43_200_000;

type Values = Record<string, number | null>;

/** Waits for its score: what was said before stands until there is one. */
const isPending = ({ score_state }: { score_state?: string | null }): boolean => score_state === "PENDING_SCORE";

/** A recovery, on the day that its sleep ended. The sleep's UUID is the source, so that it goes with the sleep. */
export function putRecovery(batch: Batch, r: Recovery, night: Night, at: string): void {
  const of = element(batch, "daily");
  if (isPending(r)) return;
  const score = r.score ?? {};
  const values = {
    recovery_score: reading(score.recovery_score),
    resting_heart_rate_bpm: reading(score.resting_heart_rate),
    hrv_rmssd_ms: reading(score.hrv_rmssd_milli),
    spo2_pct: reading(score.spo2_percentage),
    // As it is on the skin, not how far from usual.
    skin_temperature_c: reading(score.skin_temp_celsius),
  };
  putDay(batch, dateOf(night), r.sleep_id, values, of, at);
  if (night.id === r.sleep_id) batch.nights.push(toNightNotice(r, night, of));
}

/**
 * A closed cycle, on the day of waking: it begins when its sleep does, as a rule the evening before. Without its sleep (not worn, or not
 * ours to see) that is the local date of its start and half a day.
 */
export function putCycle(batch: Batch, c: Cycle, sleeps: readonly Night[], at: string): void {
  if (c.end == null) return;
  const of = element(batch, "daily");
  if (isPending(c)) return;
  const own = sleeps.filter((night) => night.cycle_id === c.id && !night.nap).sort((a, b) => a.end - b.end);
  const last = own.at(-1);
  const date = last ? dateOf(last) : localDate(c.start + HALF_DAY_MS, c.timezone_offset ?? 0);
  const score = c.score ?? {};
  const values = {
    strain: score.strain ?? null,
    total_energy_kcal: score.kilojoule == null || isEmpty(score) ? null : score.kilojoule / KJ_PER_KCAL,
    avg_heart_rate_bpm: reading(score.average_heart_rate),
    max_heart_rate_bpm: reading(score.max_heart_rate),
  };
  putDay(batch, date, c.id, values, of, at);
}

/** Weight and height as they are set now; WHOOP knows no day of theirs, so they are those of the day on which they were read. */
export function putBody(batch: Batch, body: { [name: string]: number | null | undefined }, date: string): void {
  const of = element(batch, "daily");
  const values = { weight_kg: reading(body.weight_kilogram), height_m: reading(body.height_meter) };
  for (const [metric, value] of Object.entries(values)) {
    if (value !== null) put(batch, date, metric, "", value, of, "");
  }
}

/** An edited sleep may end on another day than before: the days beside it keep nothing of this source. */
function putDay(batch: Batch, date: string, source: string, values: Values, of: number, at: string): void {
  for (const [metric, value] of Object.entries(values)) {
    put(batch, date, metric, source, value, of, at);
    for (const shift of [-1, 1]) {
      batch.days.push({ date: addDays(date, shift), metric, source, value: null, element: of });
    }
  }
}

function put(batch: Batch, date: string, metric: string, source: string, value: number | null, of: number, at: string) {
  const { min, max } = metricOf(metric);
  const isPlausible = value === null || (value >= min && value <= max);
  if (!isPlausible) batch.rejections.push({ kind: null, pointer: at, reason: `${metric} out of range` });
  batch.days.push({ date, metric, source, value: isPlausible ? value : null, element: of });
}
