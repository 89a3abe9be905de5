import type { Life } from "../../life.ts";
import { activitiesBetween, manualBetween } from "./activities.ts";
import { epochsOn, moveIqOn, respirationOn } from "./blocks.ts";
import { detailsBetween } from "./details.ts";
import { bloodPressuresOn, bodyCompsOn, dailiesOn, healthSnapshotsOn, stressOn, userMetricsOn } from "./health.ts";
import { hrvOn, pulseOxOn, skinTempOn, sleepSummariesOn } from "./nights.ts";
import { byDay, type Summary, type SummaryType } from "./summary.ts";

const health = (path: string, key: string, portal: string, on: Parameters<typeof byDay>[0]): SummaryType => ({
  path,
  key,
  permission: "HEALTH_EXPORT",
  portal,
  days: 90,
  between: byDay(on),
});

const activity = (path: string, key: string, portal: string, between: SummaryType["between"]): SummaryType => ({
  path,
  key,
  permission: "ACTIVITY_EXPORT",
  portal,
  days: 30,
  between,
});

/** Every type that has a list, a backfill and notices; files have none of the first two (notices.ts). */
export const TYPES: SummaryType[] = [
  health("dailies", "dailies", "USER_DAILIES", dailiesOn),
  health("epochs", "epochs", "USER_EPOCHS", epochsOn),
  health("sleeps", "sleeps", "USER_SLEEPS", sleepSummariesOn),
  health("bodyComps", "bodyComps", "USER_BODY_COMPS", bodyCompsOn),
  health("stressDetails", "stressDetails", "USER_STRESS", stressOn),
  health("userMetrics", "userMetrics", "USER_METRICS", userMetricsOn),
  health("pulseOx", "pulseox", "USER_PULSE_OX", pulseOxOn),
  health("respiration", "allDayRespiration", "USER_RESPIRATION", respirationOn),
  health("healthSnapshot", "healthSnapshot", "USER_HEALTH_SNAPSHOT", healthSnapshotsOn),
  health("hrv", "hrv", "USER_HRV", hrvOn),
  health("bloodPressures", "bloodPressures", "USER_BLOOD_PRESSURE", bloodPressuresOn),
  health("skinTemp", "skinTemp", "USER_SKIN_TEMP", skinTempOn),
  activity("activities", "activities", "CONNECT_ACTIVITY", activitiesBetween),
  activity("activityDetails", "activityDetails", "CONNECT_ACTIVITY_DETAILS", detailsBetween),
  activity("manuallyUpdatedActivities", "manuallyUpdatedActivities", "CONNECT_MANUAL_ACTIVITY", manualBetween),
  activity("moveiq", "moveIQActivities", "CONNECT_MOVEIQ", byDay(moveIqOn)),
  // Nobody tracks a cycle here: permission and backfill exist, records do not.
  { path: "mct", key: "mct", permission: "MCT_EXPORT", portal: "CONNECT_MCT", days: 90, between: () => [] },
];

/** How long before its upload a record may have begun: a watch is synced days later at times, what grows is done within two. */
const LATEST_S = { ACTIVITY_EXPORT: 5 * 86_400, HEALTH_EXPORT: 2 * 86_400, MCT_EXPORT: 0 };

/** Records that reached Garmin in (from, to], ms, as they were then. */
export function uploadedBetween(type: SummaryType, life: Life, from: number, to: number): Summary[] {
  return type
    .between(life, Math.floor(from / 1000) - LATEST_S[type.permission], Math.ceil(to / 1000), to)
    .filter((one) => one.uploaded().some((at) => at > from && at <= to));
}
