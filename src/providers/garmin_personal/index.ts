/**
 * Garmin's Personal API, by a person's own key: what is polled. Its answers nobody has published: they are those of the same services
 * on Connect's own host, and wrappers are seen through. docs/providers/garmin.md, "Personal API".
 */
import { activities, detail } from "./activities.ts";
import { day, dayPath, hrvDays, steps, stress } from "./days.ts";
import { personalKey } from "./key.ts";
import { byDay, byRange } from "./lists.ts";
import { nights } from "./nights.ts";
import { heartRate, hrv, spo2, weight } from "./samples.ts";

/** What garmin/index.ts, the one provider, takes of it. */
export const personal = {
  auth: personalKey,
  streams: {
    personal_activities: activities,
    personal_activity_detail: detail,
    personal_days: byDay("days", dayPath, day),
    personal_steps: byRange("steps", (range) => `usersummary-service/stats/steps/daily/${range}`, steps),
    personal_stress: byRange("stress", (range) => `usersummary-service/stats/stress/daily/${range}`, stress),
    personal_heart_rate: byDay(
      "heart rate",
      (day) => `wellness-service/wellness/dailyHeartRate?date=${day}`,
      heartRate,
    ),
    personal_spo2: byDay("blood oxygen", (day) => `wellness-service/wellness/daily/spo2acclimation/${day}`, spo2),
    personal_nights: byDay("nights", (day) => `sleep-service/sleep/dailySleepData?date=${day}`, nights),
    personal_hrv: byRange("heart rate variability", (range) => `hrv-service/hrv/daily/${range}`, hrvDays),
    personal_hrv_readings: byDay("heart rate variability of the night", (day) => `hrv-service/hrv/${day}`, hrv),
    personal_weight: byRange("weight", (range) => `weight-service/weight/range/${range}?includeAll=true`, weight),
  },
};
