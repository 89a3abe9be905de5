import { conditionOn, round } from "../../condition.ts";
import { float } from "../../json.ts";
import type { Life } from "../../life.ts";
import { activityFields, type Entry, isRide, isRun, nameOf, stepsOf, sumsOf } from "./activities.ts";
import { pointed, profileOf, spaced, tens } from "./personal_words.ts";

const DEVICES: Record<string, number> = { "Garmin Forerunner 965": 3_400_000_001, "Garmin Edge 840": 3_400_000_002 };

/** One item of the list of activities. */
export function activityItem(life: Life, entry: Entry): Record<string, unknown> {
  const { activity, type, legs, parent } = entry;
  const sums = sumsOf(life, entry);
  const fields = activityFields(life, entry);
  const start = Math.floor(activity.start / 1000) * 1000;
  const steps = stepsOf(life, entry);
  const cadence = sums.avg_cadence_rpm;
  return {
    activityId: entry.id,
    activityName: nameOf(entry),
    startTimeLocal: spaced(start + activity.utc_offset_s * 1000),
    startTimeGMT: spaced(start),
    activityType: { typeKey: type.toLowerCase() },
    distance: float(round(sums.distance_m, 2)),
    duration: tens(sums.moving_s, 3),
    elapsedDuration: tens(sums.elapsed_s, 3),
    movingDuration: tens(sums.distance_m > 0 ? sums.moving_s : 0, 3),
    calories: float(sums.energy_kcal),
    averageHR: sums.avg_heart_rate_bpm === null ? null : float(Math.round(sums.avg_heart_rate_bpm)),
    maxHR: sums.max_heart_rate_bpm === null ? null : float(sums.max_heart_rate_bpm),
    beginTimestamp: start,
    manualActivity: activity.manual,
    parent: legs.length > 0,
    ...(legs.length > 0 ? { isMultiSportParent: true, childIds: legs.map((leg) => leg.id) } : {}),
    ...(parent ? { parentId: parent.id } : {}),
    ...(sums.ascent_m > 0
      ? {
          elevationGain: tens(sums.ascent_m),
          elevationLoss: tens((fields.totalElevationLossInMeters as number | undefined) ?? sums.ascent_m),
        }
      : {}),
    ...(sums.distance_m > 0
      ? { averageSpeed: float(round(sums.avg_speed_mps, 3)), maxSpeed: float(round(sums.max_speed_mps, 3)) }
      : {}),
    bmrCalories: float(Math.round((sums.elapsed_s / 86_400) * 1450)),
    ...(steps > 0 ? { steps } : {}),
    ...(isRun(type) && cadence !== null
      ? {
          averageRunningCadenceInStepsPerMinute: float(round(cadence * 2, 1)),
          maxRunningCadenceInStepsPerMinute: float(fields.maxRunCadenceInStepsPerMinute as number),
        }
      : {}),
    ...(isRide(type) && cadence !== null ? { averageBikingCadenceInRevPerMinute: float(Math.round(cadence)) } : {}),
    ...(sums.max_power_w === null || sums.avg_power_w === null
      ? {}
      : {
          avgPower: float(Math.round(sums.avg_power_w)),
          maxPower: float(sums.max_power_w),
          normPower: float(Math.round(sums.weighted_power_w!)),
        }),
    ...(activity.manual
      ? {}
      : {
          aerobicTrainingEffect: float(round(Math.min(5, 1 + activity.effort * 3.4), 1)),
          activityTrainingLoad: float(round((sums.moving_s / 60) * activity.effort ** 2 * 3.4, 1)),
          deviceId: DEVICES[entry.device] ?? 3_400_000_001,
        }),
    ...(type === "RUNNING" && !activity.manual
      ? { vO2MaxValue: float(Math.round(conditionOn(life.person, Math.floor(start / 86_400_000)).vo2max_ml_kg_min)) }
      : {}),
    eventType: { typeKey: activity.kind === "race" ? "race" : "uncategorized" },
  };
}

/** A call of its own: the same in other groups and words; no samples. */
export function activityDetail(life: Life, entry: Entry): Record<string, unknown> {
  const item = activityItem(life, entry);
  const { activity } = entry;
  const start = Math.floor(activity.start / 1000) * 1000;
  const { activityId, activityName, activityType, eventType } = item;
  const {
    distance,
    duration,
    elapsedDuration,
    movingDuration,
    calories,
    averageHR,
    maxHR,
    elevationGain,
    elevationLoss,
    averageSpeed,
    maxSpeed,
    bmrCalories,
    steps,
    averageRunningCadenceInStepsPerMinute: averageRunCadence,
    averageBikingCadenceInRevPerMinute: averageBikeCadence,
    avgPower: averagePower,
    maxPower,
    normPower: normalizedPower,
  } = item;
  return {
    activityId,
    activityName,
    userProfileId: profileOf(life),
    isMultiSportParent: entry.legs.length > 0,
    activityTypeDTO: activityType,
    eventTypeDTO: eventType,
    timeZoneUnitDTO: { timeZone: activity.zone },
    metadataDTO: {
      manualActivity: activity.manual,
      childIds: entry.legs.map((leg) => leg.id),
      lastUpdateDate: pointed(entry.uploaded()),
    },
    summaryDTO: {
      startTimeLocal: pointed(start + activity.utc_offset_s * 1000),
      startTimeGMT: pointed(start),
      distance,
      duration,
      elapsedDuration,
      movingDuration,
      calories,
      averageHR,
      maxHR,
      elevationGain,
      elevationLoss,
      averageSpeed,
      maxSpeed,
      bmrCalories,
      steps,
      averageRunCadence,
      averageBikeCadence,
      averagePower,
      maxPower,
      normalizedPower,
    },
  };
}
