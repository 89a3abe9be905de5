import { dayOn } from "../../day.ts";
import type { Life } from "../../life.ts";
import { nightSeries, type Sleep, sleepsOn } from "../../night.ts";
import { dice } from "../../random.ts";

/** The row of a local day as far as it has come; null where nothing was worn. One window of sleep, no stages, no naps. */
export function rowOf(life: Life, day: number, now: number): Record<string, unknown> | null {
  const sums = dayOn(life, day, now);
  if (!sums) return null;
  const night = sleepsOn(life, day, now)
    .filter(({ type }) => type === "main")
    .sort((a, b) => b.in_bed_s - a.in_bed_s)[0];
  return {
    happenDay: Number(sums.date.replaceAll("-", "")),
    ...(night ? sleepOf(life, night) : {}),
    calorie: Math.round((sums.active_kcal + sums.basal_kcal) * 1000),
    step: sums.steps,
    // 0: not measured.
    rhr: sums.resting_heart_rate_bpm ?? 0,
    ...(night ? { hrvList: beatsOf(life, night) } : {}),
    ppgHrv: Math.round(night?.hrv_rmssd_ms ?? 0),
    ...(night ? { sleepAvgHr: Math.round(night.avg_heart_rate_bpm) } : {}),
  };
}

/** What a wall clock showed; only some rows tell the zone. A few are broken, as one in COROS' own guide is, which lasts 58 hours. */
function sleepOf(life: Life, night: Sleep): Record<string, unknown> {
  const draw = dice(life.person.seed, night.key, "coros night");
  const late_ms = draw.chance(0.015) ? 50 * 3_600_000 : 0;
  return {
    sleepStartTime: wall(night.start - late_ms, night.start_offset_s),
    sleepEndTime: wall(night.end, night.end_offset_s),
    ...(draw.chance(0.6) ? { startTimezone: night.start_offset_s / 900, endTimezone: night.end_offset_s / 900 } : {}),
  };
}

const wall = (ms: number, offset_s: number): string =>
  new Date(ms + offset_s * 1000).toISOString().slice(0, 19).replace("T", " ");

function beatsOf({ person }: Life, night: Sleep): Record<string, number>[] {
  const { hrv, heart } = nightSeries(person, night);
  return Array.from(hrv, (ms, i) => ({
    hrv: ms,
    hr: heart[i * 5] ?? 0,
    timestamp: Math.floor(night.start / 1000) + i * 300,
  })).filter((one) => one.hrv > 0 && one.hr > 0);
}
