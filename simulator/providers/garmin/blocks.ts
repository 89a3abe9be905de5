import { buildOf, conditionOn, round } from "../../condition.ts";
import type { Life } from "../../life.ts";
import { pulseOn, STATES } from "../../pulse.ts";
import { dice } from "../../random.ts";
import { offsets, type Summary, seconds, summaryId, uploadedOnce } from "./summary.ts";

const EPOCH_MIN = 15;
const CODES: Record<string, number> = { SEDENTARY: 8, WALKING: 6, RUNNING: 1, GENERIC: 0 };

/** Quarters of an hour, one record for each kind of moving in it; only those that are over. */
export function epochsOn(life: Life, day: number, now: number): Summary[] {
  const pulse = pulseOn(life, day, now);
  if (!pulse) return [];
  const { person } = life;
  const { height_m } = buildOf(person);
  const trained = [...life.on(day - 1), ...life.on(day), ...life.on(day + 1)];
  const made: Summary[] = [];
  for (let block = 0; (block + 1) * EPOCH_MIN <= pulse.heart.length; block++) {
    const kinds = new Map<string, { minutes: number; steps: number }>();
    const start = pulse.start + block * EPOCH_MIN * 60_000;
    for (let i = block * EPOCH_MIN; i < (block + 1) * EPOCH_MIN; i++) {
      const state = STATES[pulse.state[i]!]!;
      if (state === "unworn") continue;
      const time = pulse.start + i * 60_000;
      const of = trained.find((one) => time >= one.start - 60_000 && time <= one.start + one.duration_s * 1000);
      const training = of?.sport.endsWith("run") ? "RUNNING" : "GENERIC";
      const kind = state === "training" ? training : state === "walking" ? "WALKING" : "SEDENTARY";
      const known = kinds.get(kind) ?? { minutes: 0, steps: 0 };
      kinds.set(kind, { minutes: known.minutes + 1, steps: known.steps + pulse.steps[i]! });
    }
    for (const [activityType, { minutes, steps }] of kinds) {
      const from = seconds(start);
      const hard = activityType === "RUNNING" || activityType === "GENERIC";
      const met = activityType === "SEDENTARY" ? 1.02 : activityType === "WALKING" ? 3.3 : 8.4;
      const motion = activityType === "SEDENTARY" ? 0 : hard ? 6 : 4;
      made.push({
        from,
        uploaded: uploadedOnce(life, start + EPOCH_MIN * 60_000),
        body: () => ({
          summaryId: summaryId(life, "epoch", from, CODES[activityType]),
          activityType,
          activeKilocalories: Math.round(((met - 1) * person.weight_kg * minutes) / 60),
          steps,
          distanceInMeters: round(steps * height_m * (hard ? 0.62 : 0.42), 2),
          durationInSeconds: minutes * 60,
          activeTimeInSeconds: activityType === "SEDENTARY" ? 0 : minutes * 60,
          startTimeInSeconds: from,
          startTimeOffsetInSeconds: pulse.utc_offset_s,
          met: round(met + (steps % 7) / 100, 7),
          intensity: activityType === "SEDENTARY" ? "SEDENTARY" : hard ? "HIGHLY_ACTIVE" : "ACTIVE",
          meanMotionIntensity: motion,
          maxMotionIntensity: Math.min(7, motion + 2),
        }),
      });
    }
  }
  return made;
}

/** Breaths a minute in quarters of an hour; minutes in motion are left out. */
export function respirationOn(life: Life, day: number, now: number): Summary[] {
  const pulse = pulseOn(life, day, now);
  if (!pulse) return [];
  const usual = conditionOn(life.person, day).respiration_brpm;
  const made: Summary[] = [];
  for (let block = 0; (block + 1) * EPOCH_MIN <= pulse.heart.length; block++) {
    const start = pulse.start + block * EPOCH_MIN * 60_000;
    const from = seconds(start);
    const draw = dice(life.person.seed, day, block, "breath");
    const values: [number, number][] = [];
    for (let i = 0; i < EPOCH_MIN; i++) {
      const state = STATES[pulse.state[block * EPOCH_MIN + i]!]!;
      const noise = draw.normal(0, 0.6);
      if (state === "unworn" || state === "training" || state === "walking") continue;
      values.push([i * 60, round(usual + (state === "still" ? 1.3 : 0) + noise, 2)]);
    }
    if (values.length === 0) continue;
    made.push({
      from,
      uploaded: uploadedOnce(life, start + EPOCH_MIN * 60_000),
      body: () => ({
        summaryId: summaryId(life, "respiration", from),
        startTimeInSeconds: from,
        durationInSeconds: EPOCH_MIN * 60,
        startTimeOffsetInSeconds: pulse.utc_offset_s,
        timeOffsetEpochToBreaths: offsets(values),
      }),
    });
  }
  return made;
}

/** Longer walks that nobody started an activity for. */
export function moveIqOn(life: Life, day: number, now: number): Summary[] {
  const pulse = pulseOn(life, day, now);
  if (!pulse) return [];
  const made: Summary[] = [];
  const walking = STATES.indexOf("walking");
  for (let i = 0, begun = 0; i <= pulse.state.length; i++) {
    if (i < pulse.state.length && pulse.state[i] === walking) continue;
    const minutes = i - begun;
    const start = pulse.start + begun * 60_000;
    begun = i + 1;
    if (minutes < 12 || i === pulse.state.length) continue;
    const from = seconds(start);
    made.push({
      from,
      uploaded: uploadedOnce(life, start + minutes * 60_000),
      body: () => ({
        summaryId: summaryId(life, "moveiq", from),
        calendarDate: pulse.date,
        startTimeInSeconds: from,
        durationInSeconds: minutes * 60,
        offsetInSeconds: pulse.utc_offset_s,
        activityType: "Walking",
        activitySubType: "Generic",
      }),
    });
  }
  return made;
}
