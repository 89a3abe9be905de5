/** Activities: summaries, details with their samples and laps, files. Docs: docs/providers/garmin.md, "Activities". */
import { z } from "zod";
import type { Lap, Track } from "../../domain/records.ts";
import type { FitFile, FitSession } from "../../platform/fit.ts";
import { activityFields, fieldsOf, lists, put } from "../garmin/fields.ts";
import { toSport } from "../garmin/sports.ts";
import { by, finite, type Item, present, reading, type Told, told, within } from "../reading.ts";
import { flag, id, number, seconds, text, texts } from "../shapes.ts";
import type { Sport } from "../sports.ts";
import { renamed, shapesOf } from "../tables.ts";
import { type Channel, fitTrack, type Point, pointOf, recorded, trackOf } from "../tracks.ts";
import { starting } from "./schema.ts";

/** Of activities `activeKilocalories` includes the basal energy. */
// biome-ignore format: a table
const PUSHED = {
  durationInSeconds: "elapsed_s", distanceInMeters: "distance_m", activeKilocalories: "energy_kcal", steps: "steps",
  totalElevationGainInMeters: "ascent_m", totalElevationLossInMeters: "descent_m",
  averageHeartRateInBeatsPerMinute: "avg_heart_rate_bpm", maxHeartRateInBeatsPerMinute: "max_heart_rate_bpm",
  averageSpeedInMetersPerSecond: "avg_speed_mps", maxSpeedInMetersPerSecond: "max_speed_mps",
  startingLatitudeInDegree: "start_lat", startingLongitudeInDegree: "start_lng",
  averageBikeCadenceInRoundsPerMinute: "avg_cadence_rpm", averageSwimCadenceInStrokesPerMinute: "avg_cadence_rpm",
  averageWheelchairCadenceInPushesPerMinute: "avg_cadence_rpm", activityName: "name", deviceName: "device",
  manual: "is_manual", startTimeInSeconds: "start_time",
} as const;
// biome-ignore format: a table
const PUSHED_EXTRA = {
  activityType: "activity_type", parentSummaryId: "parent", isWebUpload: "is_web_upload",
  numberOfActiveLengths: "active_lengths", pushes: "pushes",
};
const deviceName = text.transform((name) => (name === undefined || (name && name !== "unknown") ? name : null));
const named = { ...texts("activityName activityType"), deviceName, manual: flag };
const parent = { isParent: flag, parentSummaryId: id.nullish() };
const pushed = { ...shapesOf({ ...PUSHED, ...PUSHED_EXTRA }, number), ...named, ...parent, isWebUpload: flag };
/** `activities`, `manuallyUpdatedActivities`, and the `summary` of `activityDetails`. */
const summary = z.object({ ...pushed, ...starting, averageRunCadenceInStepsPerMinute: number });

/** A manual update tells `summaryId` only; it is the activity's id. */
export const activity = summary
  .extend({ activityId: id.nullish(), summaryId: id.nullish() })
  .refine(({ activityId, summaryId }) => activityId ?? summaryId, { message: "no id", path: ["activityId"] });

/** A summary, pushed as such, after an edit, or within the details: all of the rank of a list, so that the newest counts. */
export function putActivity(a: z.infer<typeof activity>, into: Item): void {
  const run = reading(a.averageRunCadenceInStepsPerMinute);
  const all = fieldsOf(a, PUSHED);
  const avg_cadence_rpm = run == null ? (all.avg_cadence_rpm ?? run) : strides(run, a.steps, a.durationInSeconds);
  const utc_offset_s = a.startTimeOffsetInSeconds ?? null;
  const extra = present(renamed(a, PUSHED_EXTRA));
  const fields = activityFields(toSport(a.activityType, a.isParent), { ...all, avg_cadence_rpm, utc_offset_s, extra });
  put(into, { external_id: (a.activityId ?? a.summaryId)!, part: "list", fields });
}

/** Steps by their name, but strides have been met: the counted steps are about twice as many, or a runner's cadence is below 120. */
function strides(perMinute: number, steps: Told, duration: Told): number {
  const isStrides = steps && duration ? steps / (duration / 60) / perMinute > 1.5 : perMinute < 120;
  return isStrides ? perMinute : perMinute / 2;
}

export const activityDetail = z.object({ activityId: id, summary, ...parent, ...lists("samples laps") });

/** The samples: seconds of the clock, of which some were timed and some moved in. Elapsed and moving time are what the summary lacks. */
export function putDetail(d: z.infer<typeof activityDetail>, into: Item): void {
  const { activityId, summary } = d;
  const start = summary.startTimeInSeconds;
  const isParent = summary.isParent ?? d.isParent;
  const parentSummaryId = summary.parentSummaryId ?? d.parentSummaryId;
  putActivity({ ...summary, activityId, isParent, parentSummaryId }, into);
  const samples = (d.samples ?? []).filter((one): one is Sample => one !== null && typeof one === "object");
  const elapsed_s = largest(samples, "clockDurationInSeconds");
  const moving_s = largest(samples, "movingDurationInSeconds");
  const laps = toLaps(d.laps, start, elapsed_s ?? summary.durationInSeconds ?? null, into);
  put(into, recorded(activityId, "detail", { elapsed_s, moving_s }, toTrack(samples, start), laps));
}

type Sample = Record<string, unknown>;

const largest = (samples: Sample[], name: string): number | null =>
  samples.reduce((most: number | null, sample) => {
    const value = finite(sample[name]);
    return value !== null && value > (most ?? Number.NEGATIVE_INFINITY) ? value : most;
  }, null);

/** Steps count two a stride. The wheelchair's name differs between the specification's texts. */
// biome-ignore format: a table
const CHANNELS = Object.entries<Channel>({
  latitudeInDegree: ["lat", 1], longitudeInDegree: ["lng", 1], elevationInMeters: ["altitude_m", 1],
  heartRate: ["heart_rate_bpm", 1], stepsPerMinute: ["cadence_rpm", 2], bikeCadenceInRPM: ["cadence_rpm", 1],
  swimCadenceInStrokesPerMinute: ["cadence_rpm", 1], directWheelchairCadence: ["cadence_rpm", 1],
  wheelChairCadenceInPushesPerMinute: ["cadence_rpm", 1], powerInWatts: ["power_w", 1], speedMetersPerSecond: ["speed_mps", 1],
  airTemperatureCelcius: ["temperature_c", 1], totalDistanceInMeters: ["distance_m", 1],
});

/** Samples before the start are left out; of one second the last counts. */
function toTrack(samples: Sample[], start: number): Track {
  const rows = new Map<number, Point>();
  for (const sample of samples) {
    const ms = Math.round((finite(sample.startTimeInSeconds) ?? Number.NaN) * 1000) - start;
    if (ms >= 0) rows.set(ms, pointOf(sample, CHANNELS));
  }
  return trackOf(rows);
}

const lap = z.object({ startTimeInSeconds: seconds });
const UNTOLD = { moving_s: null, distance_m: null, avg_heart_rate_bpm: null, max_heart_rate_bpm: null };

/** Garmin tells a lap's start alone; it lasts until the next one's, the last one until the end. */
function toLaps(laps: unknown[] | null | undefined, start: number, elapsed: number | null, into: Item): Lap[] {
  const starts = within(into, null, laps, "/laps", lap, (one) => one.startTimeInSeconds - start);
  starts.sort((a, b) => a - b);
  return starts.map((at, i) => {
    const end = starts[i + 1] ?? (elapsed === null ? null : elapsed * 1000);
    return { ...UNTOLD, start: at, elapsed_s: end === null || end < at ? null : (end - at) / 1000 };
  });
}

const fileMembers = { callbackURL: z.string(), fileType: text, startTimeInSeconds: seconds.nullish() };
export const activityFile = z.object({ activityId: id, ...fileMembers, ...named });
export type ActivityFile = z.infer<typeof activityFile>;

/** What summaries tell as well gives way to them, for later edits are in those alone. Whether the file has anything of this activity. */
export function putFile(file: FitFile, f: ActivityFile, into: Item): boolean {
  const session = sessionOf(file, f);
  const start = f.startTimeInSeconds ?? session?.start_time ?? file.points[0]?.time;
  if (start === undefined) return false;
  const { elapsed_s, moving_s, avg_power_w, max_power_w, training_load, rpe, ...more }: Partial<FitSession> =
    session ?? {};
  const own = { elapsed_s, moving_s, avg_power_w, max_power_w, training_load, rpe };
  const sport: Sport = f.activityType || !session ? toSport(f.activityType) : [session.sport, session.sub_sport];
  const { utc_offset_s } = file;
  const extra = present({ activity_type: f.activityType });
  const notice = { ...present(more), ...told(fieldsOf(f, PUSHED)), start_time: start, utc_offset_s, extra };
  put(into, { external_id: f.activityId, part: "notice", fields: activityFields(sport, notice) });
  const end = by(session?.elapsed_s, (elapsed) => session!.start_time + elapsed * 1000) ?? Number.POSITIVE_INFINITY;
  const isPart = file.sessions.length > 1 && session !== null;
  const track = fitTrack(file, start, isPart ? { from: start, to: end } : undefined);
  put(into, recorded(f.activityId, "file", own, track));
  return true;
}

/** A leg's own session; of several sports in one go the parent has none. */
function sessionOf({ sessions }: FitFile, f: ActivityFile): FitSession | null {
  if (sessions.length < 2) return sessions[0] ?? null;
  if (toSport(f.activityType)[0] === "multisport") return null;
  return sessions.find(({ start_time }) => Math.abs(start_time - (f.startTimeInSeconds ?? 0)) <= 2000) ?? null;
}
