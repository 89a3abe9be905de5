import type { Activity } from "../../activity.ts";
import { offsetAt } from "../../calendar.ts";
import { round } from "../../condition.ts";
import type { Life } from "../../life.ts";
import type { Person } from "../../person.ts";
import type { Sport } from "../../plan.ts";
import { dice } from "../../random.ts";
import { recorded, type Summary as Sums } from "../../summary.ts";
import { type Summary, type SummaryType, seconds } from "./summary.ts";

/** An activity as Garmin Connect has it. */
export interface Entry {
  id: number;
  activity: Activity;
  type: string;
  device: string;
  /** Ms UTC; it takes the recording to know. */
  uploaded(): number;
  /** Of a leg, its parent; of a parent, its legs in order. */
  parent: Entry | null;
  legs: Entry[];
}

const TYPES: Record<Sport, string> = {
  run: "RUNNING",
  trail_run: "TRAIL_RUNNING",
  ride: "ROAD_BIKING",
  gravel_ride: "GRAVEL_CYCLING",
  virtual_ride: "VIRTUAL_RIDE",
  swim: "LAP_SWIMMING",
  hike: "HIKING",
  strength: "STRENGTH_TRAINING",
  yoga: "YOGA",
};

const WATCH = "Garmin Forerunner 965";
const KNOWN_INSTANT = Date.parse("2026-11-14T06:10:00Z");
const KNOWN_ID = 23_100_000_412;
const PER_DAY = 8_900_000;

const known = new WeakMap<Activity, Entry[]>();

/** Everything in Garmin Connect that is uploaded at `now`, oldest first: all that the person did, and legs of their own. */
export function entries(life: Life, now: number): Entry[] {
  return life
    .activities(now)
    .flatMap((activity) => entriesOf(life, activity))
    .filter((one) => isThere(one, now));
}

// As in life.ts: only of the last days it is measured when they were over and uploaded.
const isThere = (entry: Entry, now: number): boolean => {
  const { start, duration_s, upload_after_s } = entry.activity;
  return start + (duration_s + upload_after_s + 14 * 3600) * 1000 < now || entry.uploaded() <= now;
};

/** One activity, or parent and legs of one that Garmin saw as part of more. */
export function entriesOf(life: Life, activity: Activity): Entry[] {
  let made = known.get(activity);
  if (!made) known.set(activity, (made = newEntries(life, activity)));
  return made;
}

function newEntries(life: Life, source: Activity): Entry[] {
  const { person } = life;
  const draw = dice(person.seed, source.key, "garmin");
  const id = idOf(person, source);
  const activity = asWorn(source, draw.int(2, 14), draw.between(0.991, 1.009));
  const device = source.manual || source.device?.brand === "zwift" ? "unknown" : (activity.device?.name ?? WATCH);
  const uploaded = (of: Activity) => () => of.start + (life.summary(of).elapsed_s + of.upload_after_s) * 1000;
  const single: Entry = {
    id,
    activity,
    type: source.commute ? "CYCLING" : TYPES[source.sport],
    device,
    uploaded: uploaded(activity),
    parent: null,
    legs: [],
  };
  const brick =
    source.sport === "ride" && !source.commute && !source.manual && source.copy_of === null && draw.chance(0.08);
  return brick ? withRun(life, single, uploaded) : [single];
}

/** What another maker's device recorded, the watch on the wrist did too: some seconds later, metres longer or shorter. */
function asWorn(activity: Activity, later_s: number, longer: number): Activity {
  const brand = activity.device?.brand;
  if (brand !== "wahoo" && brand !== "suunto") return activity;
  return {
    ...activity,
    start: activity.start + later_s * 1000,
    distance_m: Math.round(activity.distance_m * longer * 10) / 10,
    device: { name: WATCH, auto_pause: true, every_s: 1, power_meter: false, brand: "garmin" },
  };
}

/** A ride with a run right after it: a parent and three legs, of which other providers know the ride alone. */
function withRun(life: Life, ride: Entry, uploaded: (of: Activity) => () => number): Entry[] {
  const { activity } = ride;
  const draw = dice(life.person.seed, activity.key, "garmin brick");
  const rode = life.summary(activity).elapsed_s;
  const leg = (number: number, start: number, more: Partial<Activity>): Activity => ({
    ...activity,
    key: `${activity.key}/${number}`,
    track: `${activity.key}/${number}`,
    start,
    utc_offset_s: offsetAt(activity.zone, start),
    kind: "easy",
    device: { name: WATCH, auto_pause: true, every_s: 1, power_meter: false, brand: "garmin" },
    ...more,
  });
  const pause_s = draw.int(95, 260);
  const change = leg(2, activity.start + rode * 1000, {
    sport: "run",
    duration_s: pause_s,
    distance_m: draw.int(60, 150),
    effort: 0.5,
    climb_m: 1,
  });
  const run_s = draw.int(900, 1800);
  const run = leg(3, change.start + pause_s * 1000, {
    sport: "run",
    duration_s: run_s,
    distance_m: Math.round(run_s * life.person.threshold_mps * 0.84),
    effort: 0.74,
    climb_m: draw.int(5, 40),
  });
  const at = uploaded(run);
  const parent: Entry = { ...ride, type: "MULTI_SPORT", device: WATCH, uploaded: at };
  parent.legs = [activity, change, run].map((of, i) => ({
    id: ride.id + 1 + i,
    activity: of,
    type: ["ROAD_BIKING", "TRANSITION_V2", "RUNNING"][i]!,
    device: WATCH,
    uploaded: at,
    parent,
    legs: [],
  }));
  return [parent, ...parent.legs];
}

/** Ids grow with time; they hang on the key, so that an edit keeps them. */
function idOf(person: Person, { key }: Activity): number {
  const [date = "", slot = ""] = key.split("/");
  const number = slot.startsWith("a") ? 40 + Number(slot.slice(1)) : Number(slot);
  const days = (Date.parse(`${date}T12:00:00Z`) + number * 60_000 - KNOWN_INSTANT) / 86_400_000;
  return KNOWN_ID + Math.round(days * PER_DAY) + dice(person.seed, key, "garmin id").int(0, 900) * 5;
}

/** Sums; those of a parent over its legs. */
export function sumsOf(life: Life, entry: Entry): Sums {
  const sums = life.summary(entry.activity);
  if (entry.legs.length === 0) return sums;
  const legs = entry.legs.map((leg) => life.summary(leg.activity));
  const total = (of: (one: Sums) => number) => legs.reduce((sum, one) => sum + of(one), 0);
  const moving = total((one) => one.moving_s);
  return {
    ...sums,
    distance_m: total((one) => one.distance_m),
    moving_s: moving,
    elapsed_s: total((one) => one.elapsed_s),
    ascent_m: total((one) => one.ascent_m),
    avg_speed_mps: total((one) => one.distance_m) / moving,
    max_speed_mps: Math.max(...legs.map((one) => one.max_speed_mps)),
    avg_heart_rate_bpm: total((one) => (one.avg_heart_rate_bpm ?? 0) * one.moving_s) / moving,
    max_heart_rate_bpm: Math.max(...legs.map((one) => one.max_heart_rate_bpm ?? 0)),
    avg_cadence_rpm: null,
    avg_power_w: null,
    energy_kcal: total((one) => one.energy_kcal),
  };
}

export const isRun = (type: string): boolean =>
  type.endsWith("RUNNING") || type === "HIKING" || type.startsWith("TRANSITION");
export const isRide = (type: string): boolean =>
  type.endsWith("BIKING") || type.endsWith("CYCLING") || type === "VIRTUAL_RIDE";

/** Steps of what is done on foot; a parent's are those of its legs. */
export function stepsOf(life: Life, entry: Entry): number {
  if (entry.legs.length > 0) return entry.legs.reduce((sum, leg) => sum + stepsOf(life, leg), 0);
  const { avg_cadence_rpm, moving_s } = life.summary(entry.activity);
  return isRun(entry.type) ? Math.round(((avg_cadence_rpm ?? 0) * 2 * moving_s) / 60) : 0;
}

/** The fields of an activity; `activeKilocalories` holds the basal part too. What is not measured is left out. */
export function activityFields(life: Life, entry: Entry): Record<string, unknown> {
  const { activity, type } = entry;
  const sums = sumsOf(life, entry);
  const recording = entry.legs.length > 0 ? null : recorded(life.person, activity);
  const steps = stepsOf(life, entry);
  const cadence = sums.avg_cadence_rpm;
  const fastest = recording?.cadence?.reduce((a, b) => Math.max(a, b), 0) ?? 0;
  const heights = recording?.altitude;
  const loss = heights ? sums.ascent_m - (heights.at(-1)! - heights[0]!) : sums.ascent_m;
  const swim = type === "LAP_SWIMMING";
  return {
    activityName: nameOf(entry),
    activityType: type,
    startTimeInSeconds: seconds(activity.start),
    startTimeOffsetInSeconds: activity.utc_offset_s,
    durationInSeconds: Math.round(sums.moving_s),
    activeKilocalories: sums.energy_kcal,
    ...(sums.avg_heart_rate_bpm === null
      ? {}
      : {
          averageHeartRateInBeatsPerMinute: Math.round(sums.avg_heart_rate_bpm),
          maxHeartRateInBeatsPerMinute: sums.max_heart_rate_bpm,
        }),
    ...(sums.distance_m > 0
      ? {
          distanceInMeters: round(sums.distance_m, 2),
          averageSpeedInMetersPerSecond: round(sums.avg_speed_mps, 3),
          averagePaceInMinutesPerKilometer: round(1000 / 60 / sums.avg_speed_mps, 6),
          ...(sums.max_speed_mps > 0
            ? {
                maxSpeedInMetersPerSecond: round(sums.max_speed_mps, 3),
                maxPaceInMinutesPerKilometer: round(1000 / 60 / sums.max_speed_mps, 6),
              }
            : {}),
        }
      : {}),
    ...(isRun(type) && cadence !== null
      ? {
          averageRunCadenceInStepsPerMinute: round(cadence * 2, 5),
          maxRunCadenceInStepsPerMinute: fastest * 2,
        }
      : {}),
    ...(steps > 0 ? { steps } : {}),
    ...(isRide(type) && cadence !== null
      ? { averageBikeCadenceInRoundsPerMinute: round(cadence, 2), maxBikeCadenceInRoundsPerMinute: fastest }
      : {}),
    ...(swim && recording
      ? {
          averageSwimCadenceInStrokesPerMinute: round(cadence ?? 0, 2),
          numberOfActiveLengths: Math.round(sums.distance_m / 25),
        }
      : {}),
    ...(sums.start
      ? { startingLatitudeInDegree: round(sums.start[0], 6), startingLongitudeInDegree: round(sums.start[1], 6) }
      : {}),
    ...(heights || entry.legs.length > 0
      ? { totalElevationGainInMeters: round(sums.ascent_m, 3), totalElevationLossInMeters: round(loss, 3) }
      : {}),
    deviceName: entry.device,
    ...(activity.manual ? { manual: true, isWebUpload: true } : {}),
    ...(entry.legs.length > 0 ? { isParent: true } : {}),
    ...(entry.parent ? { parentSummaryId: String(entry.parent.id) } : {}),
  };
}

export const nameOf = ({ activity, parent, type }: Entry): string =>
  parent
    ? `${activity.place.name} - ${type === "RUNNING" ? "Run" : type === "ROAD_BIKING" ? "Bike" : "Transition"}`
    : activity.name;

/** One entry as a record of a type. */
export const toSummary = (
  life: Life,
  entry: Entry,
  body: (life: Life, entry: Entry) => Record<string, unknown>,
): Summary => ({
  from: seconds(entry.activity.start),
  uploaded: () => [entry.uploaded()],
  body: () => body(life, entry),
});

/** `between` of a type made of the entries for which `which` holds. */
export const ofEntries =
  (
    body: (life: Life, entry: Entry) => Record<string, unknown>,
    which: (entry: Entry) => boolean,
  ): SummaryType["between"] =>
  (life, from, to, now) =>
    entries(life, now)
      .filter(which)
      .map((entry) => toSummary(life, entry, body))
      .filter((one) => one.from >= from && one.from < to);

export const activityBody = (life: Life, entry: Entry) => ({
  summaryId: String(entry.id),
  activityId: entry.id,
  ...activityFields(life, entry),
});

/** What was typed in or edited by hand comes without an activityId. */
export const manualBody = (life: Life, entry: Entry) => ({
  summaryId: String(entry.id),
  ...activityFields(life, entry),
  manual: entry.activity.manual,
});

export const activitiesBetween = ofEntries(activityBody, () => true);
export const manualBetween = ofEntries(manualBody, (entry) => entry.activity.manual);
