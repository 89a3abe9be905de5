/** Activities: summaries of any delivery, details with their samples and laps, files. Docs: docs/providers/garmin.md, "Activities". */
import type { ActivityRecord } from "../../domain/batch.ts";
import { encodePolyline } from "../../domain/polyline.ts";
import type { ActivityFields, Lap, Track, TrackChannel } from "../../domain/records.ts";
import { type FitFile, type FitSession, fitTrack } from "../../platform/fit.ts";
import { type Item, present, reading, reject, told, wrong } from "./reading.ts";
import * as schema from "./schema.ts";
import { MULTISPORT, toSport, UNKNOWN } from "./sports.ts";

/** A summary, pushed as such, after an edit, or within the details: all of the rank of a list, so that the newest counts. */
export function toActivity(
  a: schema.ActivitySummary & { activityId?: string | null; summaryId?: string | null },
  of: number,
): ActivityRecord {
  return { external_id: (a.activityId ?? a.summaryId)!, part: "list", fields: fields(a), element: of };
}

function fields(a: schema.ActivitySummary): Partial<ActivityFields> {
  const [sport, sub_sport] = a.isParent ? MULTISPORT : toSport(a.activityType);
  return told<Partial<ActivityFields>>({
    sport,
    sub_sport,
    name: a.activityName,
    start_time: a.startTimeInSeconds,
    utc_offset_s: a.startTimeOffsetInSeconds ?? null,
    elapsed_s: a.durationInSeconds,
    distance_m: a.distanceInMeters,
    // Of activities it includes the basal energy.
    energy_kcal: a.activeKilocalories,
    ascent_m: a.totalElevationGainInMeters,
    descent_m: a.totalElevationLossInMeters,
    avg_heart_rate_bpm: reading(a.averageHeartRateInBeatsPerMinute),
    max_heart_rate_bpm: reading(a.maxHeartRateInBeatsPerMinute),
    avg_speed_mps: a.averageSpeedInMetersPerSecond,
    max_speed_mps: a.maxSpeedInMetersPerSecond,
    avg_cadence_rpm: cadence(a),
    steps: a.steps,
    device: a.deviceName === undefined ? undefined : device(a.deviceName),
    is_manual: a.manual,
    start_lat: a.startingLatitudeInDegree,
    start_lng: a.startingLongitudeInDegree,
    extra: present({
      activity_type: a.activityType,
      parent: a.parentSummaryId,
      is_web_upload: a.isWebUpload,
      active_lengths: a.numberOfActiveLengths,
      pushes: a.pushes,
    }),
  });
}

const device = (name: string | null): string | null => (name && name !== "unknown" ? name : null);

function cadence(a: schema.ActivitySummary): number | null | undefined {
  const run = reading(a.averageRunCadenceInStepsPerMinute);
  if (typeof run === "number") return strides(run, a.steps, a.durationInSeconds);
  return reading(
    a.averageBikeCadenceInRoundsPerMinute ??
      a.averageSwimCadenceInStrokesPerMinute ??
      a.averageWheelchairCadenceInPushesPerMinute ??
      run,
  );
}

/**
 * Steps per minute by their name, but strides have been met under it: there the counted steps are about twice as many. Without steps a
 * runner's cadence below 120 can only be strides.
 */
function strides(perMinute: number, steps: number | null | undefined, duration: number | null | undefined): number {
  if (steps && duration) return steps / (duration / 60) / perMinute > 1.5 ? perMinute : perMinute / 2;
  return perMinute < 120 ? perMinute : perMinute / 2;
}

/** The samples: seconds of the clock, of which some were timed and some moved in. Elapsed and moving time are what the summary lacks. */
export function toDetail(d: schema.ActivityDetail, into: Item): ActivityRecord[] {
  const { activityId, summary, isParent, parentSummaryId } = d;
  const start = summary.startTimeInSeconds;
  const samples = (d.samples ?? []).filter((one): one is Sample => one !== null && typeof one === "object");
  const elapsed = largest(samples, "clockDurationInSeconds");
  const moving = largest(samples, "movingDurationInSeconds");
  const track = toTrack(samples, start);
  const laps = toLaps(d.laps ?? [], start, elapsed ?? summary.durationInSeconds ?? null, into);
  const line = track && polyline(track);
  return [
    toActivity(
      {
        ...summary,
        activityId,
        isParent: summary.isParent ?? isParent,
        parentSummaryId: summary.parentSummaryId ?? parentSummaryId,
      },
      into.of,
    ),
    {
      external_id: activityId,
      part: "detail",
      fields: {
        ...(elapsed !== null && { elapsed_s: elapsed }),
        ...(moving !== null && { moving_s: moving }),
        ...(line && { polyline: line }),
      },
      ...(track && { track }),
      ...(laps.length > 0 && { laps }),
      element: into.of,
    },
  ];
}

type Sample = Record<string, unknown>;
const measured = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;

function largest(samples: Sample[], name: string): number | null {
  let most: number | null = null;
  for (const sample of samples) {
    const value = measured(sample[name]);
    if (value !== null && (most === null || value > most)) most = value;
  }
  return most;
}

const CHANNELS: [TrackChannel, (sample: Sample) => number | null][] = [
  ["lat", (s) => (measured(s.longitudeInDegree) === null ? null : measured(s.latitudeInDegree))],
  ["lng", (s) => (measured(s.latitudeInDegree) === null ? null : measured(s.longitudeInDegree))],
  ["altitude_m", (s) => measured(s.elevationInMeters)],
  ["heart_rate_bpm", (s) => reading(measured(s.heartRate)) ?? null],
  ["cadence_rpm", sampleCadence],
  ["power_w", (s) => measured(s.powerInWatts)], // 0: coasting
  ["speed_mps", (s) => measured(s.speedMetersPerSecond)],
  ["temperature_c", (s) => measured(s.airTemperatureCelcius)],
  ["distance_m", (s) => measured(s.totalDistanceInMeters)],
];

/** Steps count two a stride; the wheelchair's name differs between the specification's texts. */
function sampleCadence(s: Sample): number | null {
  const steps = measured(s.stepsPerMinute);
  if (steps !== null) return steps / 2;
  return (
    measured(s.bikeCadenceInRPM) ??
    measured(s.swimCadenceInStrokesPerMinute) ??
    measured(s.directWheelchairCadence) ??
    measured(s.wheelChairCadenceInPushesPerMinute)
  );
}

/** Null where no sample has a time. Those before the start are left out; of one second the last counts. */
function toTrack(samples: Sample[], start: number): Track | null {
  const bySecond = new Map<number, Sample>();
  for (const sample of samples) {
    const seconds = measured(sample.startTimeInSeconds);
    if (seconds !== null && seconds * 1000 >= start) bySecond.set(Math.round(seconds * 1000 - start), sample);
  }
  if (bySecond.size === 0) return null;
  const kept = [...bySecond].sort(([a], [b]) => a - b);
  const channels: Track["channels"] = {};
  for (const [channel, read] of CHANNELS) {
    const values = kept.map(([, sample]) => read(sample));
    if (values.some((value) => value !== null)) channels[channel] = values;
  }
  return { time: kept.map(([time]) => time), channels, laps: [] };
}

/** Garmin tells a lap's start alone; it lasts until the next one's, the last one until the end. */
function toLaps(laps: unknown[], start: number, elapsed: number | null, into: Item): Lap[] {
  const starts = laps.flatMap((one, i) => {
    const parsed = schema.lap.safeParse(one);
    if (parsed.success) return parsed.data.startTimeInSeconds - start;
    const { pointer, reason } = wrong(parsed.error, `/laps/${i}`);
    reject(into, null, pointer, reason);
    return [];
  });
  starts.sort((a, b) => a - b);
  return starts.map((at, i) => {
    const end = starts[i + 1] ?? (elapsed === null ? null : elapsed * 1000);
    return {
      start: at,
      elapsed_s: end === null || end < at ? null : (end - at) / 1000,
      moving_s: null,
      distance_m: null,
      avg_heart_rate_bpm: null,
      max_heart_rate_bpm: null,
    };
  });
}

/** A line for the map needs no point a second. */
const LINE_POINTS = 500;
function polyline({ channels: { lat, lng } }: Pick<Track, "channels">): string | null {
  const places = (lat ?? []).flatMap((y, i) => {
    const x = lng?.[i] ?? null;
    return y === null || x === null ? [] : [[y, x] as const];
  });
  if (places.length < 2) return null;
  const step = Math.max(1, Math.ceil(places.length / LINE_POINTS));
  const kept = places.filter((_, i) => i % step === 0 || i === places.length - 1);
  return encodePolyline(
    kept.map(([y]) => y),
    kept.map(([, x]) => x),
  );
}

/**
 * An activity's FIT file. What summaries tell as well gives way to them, for later edits are in those alone; what only the file knows
 * stands. Null where it has nothing of this activity.
 */
export function toFile(file: FitFile, f: schema.ActivityFile, of: number): ActivityRecord[] | null {
  const session = sessionOf(file, f);
  const start = f.startTimeInSeconds ?? session?.start_time ?? file.points[0]?.time;
  if (start === undefined) return null;
  const whole = file.sessions.length < 2 || session === null;
  const end = session?.elapsed_s != null ? session.start_time + session.elapsed_s * 1000 : Number.POSITIVE_INFINITY;
  const { time, channels, laps } = fitTrack(file, start, whole ? undefined : { from: start, to: end });
  const track: Track = { time, channels, laps };
  const line = polyline(track);
  const [sport, sub_sport] = sportOf(f, session);
  const common = { external_id: f.activityId, element: of };
  return [
    {
      ...common,
      part: "notice",
      fields: told<Partial<ActivityFields>>({
        sport,
        sub_sport,
        name: f.activityName,
        start_time: start,
        utc_offset_s: file.utc_offset_s,
        device: f.deviceName === undefined ? undefined : device(f.deviceName),
        is_manual: f.manual,
        ...known(session, [
          "distance_m",
          "energy_kcal",
          "ascent_m",
          "descent_m",
          "avg_heart_rate_bpm",
          "max_heart_rate_bpm",
          "avg_speed_mps",
          "max_speed_mps",
          "avg_cadence_rpm",
        ]),
        extra: present({ activity_type: f.activityType }),
      }),
    },
    {
      ...common,
      part: "file",
      fields: {
        ...known(session, ["elapsed_s", "moving_s", "avg_power_w", "max_power_w", "training_load", "rpe"]),
        ...(line && { polyline: line }),
      },
      ...(time.length > 0 && { track }),
      ...(laps.length > 0 && { laps }),
    },
  ];
}

function known<Name extends keyof FitSession>(
  session: FitSession | null,
  names: Name[],
): Partial<Pick<FitSession, Name>> {
  return Object.fromEntries(
    names.flatMap((name) => (session?.[name] == null ? [] : [[name, session[name]]])),
  ) as Partial<Pick<FitSession, Name>>;
}

/** A leg's own session; of several sports in one go the parent has none. */
function sessionOf({ sessions }: FitFile, f: schema.ActivityFile): FitSession | null {
  if (sessions.length < 2) return sessions[0] ?? null;
  if (toSport(f.activityType)[0] === "multisport") return null;
  return sessions.find(({ start_time }) => Math.abs(start_time - (f.startTimeInSeconds ?? 0)) <= 2000) ?? null;
}

function sportOf(f: schema.ActivityFile, session: FitSession | null): readonly [string, string] {
  if (f.activityType) return toSport(f.activityType);
  return session ? [session.sport, session.sub_sport] : UNKNOWN;
}
