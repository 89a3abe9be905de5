import { offsetAt } from "../../calendar.ts";
import { conditionOn } from "../../condition.ts";
import { dayOn } from "../../day.ts";
import type { Life } from "../../life.ts";
import { nightSeries, type Segment, type Sleep, type Stage, sleepsOf, sleepsOn } from "../../night.ts";
import { dice } from "../../random.ts";
import { offsets, type Summary, seconds, summaryId, uploadedGrowing, uploadedOnce } from "./summary.ts";
import { nextSync, tentativeAt } from "./uploads.ts";

/** A night as Garmin shows it: what could not be measured is neither awake nor asleep. */
export interface Shown {
  sleep: Sleep;
  /** Up to here, s since the start; the whole night, unless it was seen while it went on. */
  until_s: number;
  validation: string;
  segments: Segment[];
  unmeasurable_s: number;
  total(stage: Stage): number;
  naps: Sleep[];
}

/** Nights of a local day with the naps that followed, as known at an instant; also one that a sync saw half of. */
export function nightsOn(life: Life, day: number, now: number): Shown[] {
  if (life.person.months === 0 || day < life.since) return [];
  const over = sleepsOn(life, day, now);
  const naps = over.filter((one) => one.type === "nap");
  const mains = over.filter((one) => one.type === "main");
  const seen = tentativeAt(life.person, day);
  const running = sleepsOf(life.person, day).find(
    (one) => one.type === "main" && one.end > now && seen !== null && seen <= now && one.start < seen,
  );
  const shown = mains.map((sleep, i) => show(life, sleep, sleep.in_bed_s, i === mains.length - 1 ? naps : []));
  return running ? [...shown, show(life, running, (seen! - running.start) / 1000, [])] : shown;
}

function show(life: Life, sleep: Sleep, until_s: number, naps: Sleep[]): Shown {
  const draw = dice(life.person.seed, sleep.key, "garmin sleep");
  const half = until_s < sleep.in_bed_s;
  const cut = sleep.segments
    .filter((one) => one.from_s < until_s)
    .map((one) => ({ ...one, to_s: Math.min(one.to_s, until_s) }));
  // On some nights the watch sat too loosely for a while.
  const loose = draw.chance(0.15) ? cut.findLast((one) => one.stage === "awake" && one.from_s > 0) : undefined;
  const segments = cut.filter((one) => one !== loose);
  const finals = ["ENHANCED_FINAL", "ENHANCED_FINAL", "ENHANCED_FINAL", "AUTO_FINAL", "DEVICE"];
  return {
    sleep,
    until_s,
    validation: half ? "ENHANCED_TENTATIVE" : draw.pick(finals),
    segments,
    unmeasurable_s: loose ? loose.to_s - loose.from_s : 0,
    total: (stage) => segments.reduce((sum, one) => sum + (one.stage === stage ? one.to_s - one.from_s : 0), 0),
    naps,
  };
}

const STAGES = ["deep", "light", "rem", "awake"] as const;

/** Sleeps with their naps inside; the duration leaves out what was awake or not measured. */
export function sleepSummariesOn(life: Life, day: number, now: number): Summary[] {
  return nightsOn(life, day, now).map((shown) => {
    const { sleep, until_s, unmeasurable_s, total, naps } = shown;
    const from = seconds(sleep.start);
    const [deep, light, rem, awake] = STAGES.map(total) as [number, number, number, number];
    const duration = deep + light + rem;
    const body = () => {
      const { respiration, spo2 } = nightSeries(life.person, sleep);
      const minutes = Math.floor(until_s / 60);
      const value = Math.round((sleep.score * until_s) / sleep.in_bed_s);
      return {
        summaryId: summaryId(life, "sleep", from, duration),
        calendarDate: sleep.date,
        durationInSeconds: duration,
        totalNapDurationInSeconds: naps.reduce((sum, one) => sum + one.asleep_s, 0),
        startTimeInSeconds: from,
        startTimeOffsetInSeconds: sleep.start_offset_s,
        unmeasurableSleepInSeconds: unmeasurable_s,
        deepSleepDurationInSeconds: deep,
        lightSleepDurationInSeconds: light,
        remSleepInSeconds: rem,
        awakeDurationInSeconds: awake,
        sleepLevelsMap: Object.fromEntries(
          STAGES.map((stage) => [
            stage,
            shown.segments
              .filter((one) => one.stage === stage)
              .map((one) => ({ startTimeInSeconds: from + one.from_s, endTimeInSeconds: from + one.to_s })),
          ]),
        ),
        validation: shown.validation,
        timeOffsetSleepRespiration: offsets(Array.from(respiration.subarray(0, minutes), (one, i) => [i * 60, one])),
        timeOffsetSleepSpo2: offsets(Array.from(spo2.subarray(0, minutes), (one, i) => [i * 60, one])),
        overallSleepScore: { value, qualifierKey: qualifier(value) },
        sleepScores: {
          totalDuration: { qualifierKey: qualifier((duration / 27_000) * 85) },
          stress: { qualifierKey: qualifier(sleep.score + 4) },
          awakeCount: { qualifierKey: qualifier(96 - 6 * sleep.awakenings) },
          remPercentage: { qualifierKey: qualifier((rem / duration) * 380) },
          restlessness: { qualifierKey: qualifier(sleep.efficiency_pct - 8) },
          lightPercentage: { qualifierKey: qualifier(130 - (light / duration) * 90) },
          deepPercentage: { qualifierKey: qualifier((deep / duration) * 470) },
        },
        naps: naps.map((nap) => ({
          napStartTimeInSeconds: seconds(nap.start),
          napOffsetInSeconds: nap.start_offset_s,
          napDurationInSeconds: nap.asleep_s,
          napValidation: "DEVICE",
        })),
      };
    };
    const tentative = tentativeAt(life.person, day);
    const uploaded = () => [
      ...(tentative === null || tentative <= sleep.start || tentative >= sleep.end ? [] : [tentative]),
      nextSync(life.person, sleep.end),
      ...naps.map((nap) => nextSync(life.person, nap.end)),
    ];
    return { from, uploaded, body };
  });
}

export const qualifier = (score: number): string =>
  score >= 90 ? "EXCELLENT" : score >= 70 ? "GOOD" : score >= 55 ? "FAIR" : "POOR";

/** RMSSD of a night each five minutes, and its means. */
export function hrvOn(life: Life, day: number, now: number): Summary[] {
  return nightsOf(life, day, now).flatMap((sleep) => {
    const values = hrvReadings(life, sleep);
    const from = seconds(sleep.start);
    if (values.length < 6) return [];
    const body = () => ({
      summaryId: summaryId(life, "hrv", from),
      calendarDate: sleep.date,
      ...hrvMeans(values),
      startTimeOffsetInSeconds: sleep.start_offset_s,
      durationInSeconds: sleep.in_bed_s,
      startTimeInSeconds: from,
      hrvValues: offsets(values),
    });
    return [{ from, uploaded: uploadedOnce(life, sleep.end), body }];
  });
}

/** Offsets in s since the start of a sleep, and ms; those without a reading are left out. */
export const hrvReadings = (life: Life, sleep: Sleep): [number, number][] =>
  Array.from(nightSeries(life.person, sleep).hrv, (value, i): [number, number] => [(i + 1) * 300, value]).filter(
    ([, value]) => value > 0,
  );

export const hrvMeans = (values: [number, number][]) => ({
  lastNightAvg: Math.round(values.reduce((sum, [, value]) => sum + value, 0) / values.length),
  lastNight5MinHigh: Math.max(...values.map(([, value]) => value)),
});

export const nightsOf = (life: Life, day: number, now: number): Sleep[] =>
  sleepsOn(life, day, now).filter((one) => one.type === "main");

/** Deviation of the skin's temperature over a night; it needs a longer one. */
export const skinTempOn = (life: Life, day: number, now: number): Summary[] =>
  nightsOf(life, day, now)
    .filter((sleep) => sleep.in_bed_s > 4 * 3600)
    .map((sleep) => {
      const from = seconds(sleep.start);
      return {
        from,
        uploaded: uploadedOnce(life, sleep.end),
        body: () => ({
          summaryId: summaryId(life, "skin", from),
          calendarDate: sleep.date,
          avgDeviationCelsius: Math.round(sleep.skin_temperature_deviation_c * 10) / 10,
          durationInSeconds: sleep.in_bed_s,
          startTimeInSeconds: from,
          startTimeOffsetInSeconds: sleep.start_offset_s,
        }),
      };
    });

/** SpO2 of a day: the minutes asleep in it; and now and then one taken by hand. */
export function pulseOxOn(life: Life, day: number, now: number): Summary[] {
  const sums = dayOn(life, day, now);
  if (!sums) return [];
  const from = seconds(sums.start);
  const draw = dice(life.person.seed, day, "garmin spo2");
  const values: [number, number][] = [];
  for (const sleep of [...sleepsOn(life, day, now), ...sleepsOn(life, day + 1, now)]) {
    for (const [i, value] of nightSeries(life.person, sleep).spo2.entries()) {
      const offset = seconds(sleep.start) + i * 60 - from;
      if (offset >= 0 && offset < sums.duration_s) values.push([offset, value]);
    }
  }
  const common = { calendarDate: sums.date, startTimeInSeconds: from, startTimeOffsetInSeconds: sums.utc_offset_s };
  const uploaded = uploadedGrowing(life, sums.start, sums.end);
  const made: Summary[] = [];
  if (values.length > 0) {
    const body = () => ({
      summaryId: summaryId(life, "spo2", from),
      ...common,
      durationInSeconds: sums.duration_s,
      timeOffsetSpo2Values: offsets(values),
      onDemand: false,
    });
    made.push({ from, uploaded, body });
  }
  const offset = draw.int(600, 820) * 60;
  if (draw.chance(0.12) && offset < sums.duration_s) {
    const value = Math.min(100, Math.round(conditionOn(life.person, day).spo2_pct) + 1);
    const body = () => ({
      summaryId: summaryId(life, "spo2", from, "spo2OnDemand"),
      ...common,
      durationInSeconds: 0,
      timeOffsetSpo2Values: { [offset]: value },
      onDemand: true,
    });
    made.push({ from, uploaded: uploadedOnce(life, sums.start + offset * 1000), body });
  }
  return made;
}

/** Offset at the end of a sleep, s: the personal API shows wall clocks at both. */
export const endOffset = ({ zone, end }: Sleep): number => offsetAt(zone, end);
