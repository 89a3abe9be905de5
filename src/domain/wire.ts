/**
 * Records as clients see them: RFC 3339 times in the record's own offset (`Z` where it is unknown), nulls explicit, a public id, and
 * none of the columns that only serve storing. These schemas are the OpenAPI document's and the typed client's.
 */
import { z } from "zod";
import {
  ACTIVITY_FIELDS,
  type ActivityFields,
  activityFields,
  type EventFields,
  eventFields,
  type Lap,
  metricMap,
  SLEEP_FIELDS,
  type SleepFields,
  sleepFields,
  TRACK_CHANNELS,
  type Track,
} from "./records.ts";
import type { Bucket } from "./samples.ts";
import { toWire } from "./time.ts";

const time = z
  .string()
  .meta({ format: "date-time", description: "RFC 3339, in the record's own offset; `Z` where the offset is unknown." });
const date = z.string().meta({ format: "date", description: "The person's local date." });
const utcTime = z.string().meta({ format: "date-time", description: "RFC 3339, UTC." });

const identified = {
  id: z.string().meta({ description: "`provider:external_id`" }),
  provider: z.string(),
  external_id: z.string(),
};
const kept = { fetched_at: utcTime, updated_at: utcTime };
/** What a stored record has beside its fields. */
export interface Stored {
  provider: string;
  external_id: string;
  /** ms */
  fetched_at: number;
  /** ms */
  updated_at: number;
}

export const publicId = (record: { provider: string; external_id: string }): string =>
  `${record.provider}:${record.external_id}`;

const identify = (record: Stored) => ({
  id: publicId(record),
  provider: record.provider,
  external_id: record.external_id,
});
const keptWire = (record: { fetched_at: number; updated_at: number }) => ({
  fetched_at: toWire(record.fetched_at, null),
  updated_at: toWire(record.updated_at, null),
});

function pick<Fields, Name extends keyof Fields>(record: Fields, names: readonly Name[]): Pick<Fields, Name> {
  return Object.fromEntries(names.map((name) => [name, record[name]])) as Pick<Fields, Name>;
}

// ---- Records ----

export const wireProfile = z
  .object({
    id: z.string(),
    display_name: z.string().nullable(),
    avatar_url: z.string().nullable(),
    time_zone: z.string().meta({ description: "IANA name." }),
  })
  .meta({ id: "Profile" });
export type WireProfile = z.infer<typeof wireProfile>;

export const toWireProfile = (person: {
  public_id: string;
  display_name: string | null;
  avatar_url: string | null;
  time_zone: string;
}): WireProfile => ({
  id: person.public_id,
  display_name: person.display_name,
  avatar_url: person.avatar_url,
  time_zone: person.time_zone,
});

export const wireActivity = z
  .object({
    ...identified,
    ...activityFields.shape,
    start_time: time,
    duplicate_of: z
      .string()
      .nullable()
      .meta({ description: "Id of the activity that stands for this one where two providers recorded the same." }),
    ...kept,
  })
  .meta({ id: "Activity" });
export type WireActivity = z.infer<typeof wireActivity>;

export const toWireActivity = (activity: ActivityFields & Stored & { duplicate_of: string | null }): WireActivity => ({
  ...identify(activity),
  ...pick(activity, ACTIVITY_FIELDS),
  start_time: toWire(activity.start_time, activity.utc_offset_s),
  duplicate_of: activity.duplicate_of,
  ...keptWire(activity),
});

const column = z.array(z.number().nullable());
const channels = z.object({
  time: z.array(z.number()).meta({ description: "ms from `start_time`, ascending; all channels have its length." }),
  ...(Object.fromEntries(TRACK_CHANNELS.map((channel) => [channel, column.optional()])) as Record<
    (typeof TRACK_CHANNELS)[number],
    z.ZodOptional<typeof column>
  >),
});
const lap = z.object({
  start: z.number().meta({ description: "ms from `start_time`." }),
  elapsed_s: z.number().nullable(),
  moving_s: z.number().nullable(),
  distance_m: z.number().nullable(),
  avg_heart_rate_bpm: z.number().nullable(),
  max_heart_rate_bpm: z.number().nullable(),
} satisfies Record<keyof Lap, z.ZodType>);

export const wireTrack = z
  .object({
    ...identified,
    start_time: time,
    utc_offset_s: z.number().nullable(),
    points: z.number(),
    channels: channels.meta({
      description: "Columns by channel; a channel that was not recorded is left out, a gap is null.",
    }),
    laps: z.array(lap),
    ...kept,
  })
  .meta({ id: "Track" });
export type WireTrack = z.infer<typeof wireTrack>;

/** With the activity's start, which its times count from. */
export const toWireTrack = (
  track: Track & Stored & { start_time: number; utc_offset_s: number | null },
): WireTrack => ({
  ...identify(track),
  start_time: toWire(track.start_time, track.utc_offset_s),
  utc_offset_s: track.utc_offset_s,
  points: track.time.length,
  channels: { time: track.time, ...track.channels },
  laps: track.laps,
  ...keptWire(track),
});

export const wireSleep = z
  .object({ ...identified, ...sleepFields.shape, date, start_time: time, end_time: time, ...kept })
  .meta({ id: "Sleep" });
export type WireSleep = z.infer<typeof wireSleep>;

export const toWireSleep = (night: SleepFields & Stored): WireSleep => ({
  ...identify(night),
  ...pick(night, SLEEP_FIELDS),
  start_time: toWire(night.start_time, night.utc_offset_s),
  end_time: toWire(night.end_time, night.utc_offset_s),
  ...keptWire(night),
});

export const wireDay = z
  .object({
    date,
    provider: z.string(),
    metrics: metricMap.meta({ description: "Metric name to number; units are in the names." }),
    ...kept,
  })
  .meta({ id: "Day" });
export type WireDay = z.infer<typeof wireDay>;

export const toWireDay = (day: {
  date: string;
  provider: string;
  metrics: Record<string, number>;
  fetched_at: number;
  updated_at: number;
}): WireDay => ({ date: day.date, provider: day.provider, metrics: day.metrics, ...keptWire(day) });

export const wireEvent = z
  .object({ ...identified, ...eventFields.shape, start_time: time, end_time: time.nullable(), ...kept })
  .meta({ id: "Event" });
export type WireEvent = z.infer<typeof wireEvent>;

export const toWireEvent = (event: EventFields & Stored): WireEvent => ({
  ...identify(event),
  kind: event.kind,
  start_time: toWire(event.start_time, event.utc_offset_s),
  end_time: event.end_time === null ? null : toWire(event.end_time, event.utc_offset_s),
  utc_offset_s: event.utc_offset_s,
  name: event.name,
  value: event.value,
  extra: event.extra,
  ...keptWire(event),
});

export const wireDeletion = z
  .object({
    ...identified,
    kind: z.string().meta({ description: "`activity`, `sleep`, `event`…" }),
    deleted_at: utcTime,
  })
  .meta({ id: "Deletion" });
export type WireDeletion = z.infer<typeof wireDeletion>;

export const toWireDeletion = (deletion: {
  kind: string;
  provider: string;
  external_id: string;
  deleted_at: number;
}): WireDeletion => ({
  id: publicId(deletion),
  provider: deletion.provider,
  external_id: deletion.external_id,
  kind: deletion.kind,
  deleted_at: toWire(deletion.deleted_at, null),
});

// ---- Series ----

export const wirePoint = z.object({ time, value: z.number() }).meta({ id: "Point" });
export type WirePoint = z.infer<typeof wirePoint>;

export const wireBucket = z
  .object({
    time: utcTime,
    avg: z.number(),
    min: z.number(),
    max: z.number(),
    sum: z.number(),
    count: z.number(),
  })
  .meta({ id: "Bucket" });
export type WireBucket = z.infer<typeof wireBucket>;

export const toWirePoint = (point: { time: number; value: number; utc_offset_s: number | null }): WirePoint => ({
  time: toWire(point.time, point.utc_offset_s),
  value: point.value,
});

export const toWireBucket = (bucket: Bucket): WireBucket => ({ ...bucket, time: toWire(bucket.time, null) });

export const wireSeries = z
  .object({
    metric: z.string(),
    unit: z.string(),
    provider: z.string().nullable().meta({ description: "Whose samples these are; null where there are none." }),
    data: z.union([z.array(wirePoint), z.array(wireBucket)]).meta({
      description: "Points at resolution `raw`, else buckets of UTC time; ascending.",
    }),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: "Series" });
export type WireSeries<Data extends WirePoint | WireBucket = WirePoint | WireBucket> = Omit<
  z.infer<typeof wireSeries>,
  "data"
> & { data: Data[] };

// ---- Around them ----

export const wirePage = <Row extends z.ZodType>(row: Row) =>
  z.object({
    data: z.array(row),
    next_cursor: z
      .string()
      .nullable()
      .meta({ description: "Give it as `cursor` for the next page; null: this was the last." }),
  });

/** RFC 9457. */
export const wireProblem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    code: z.string().meta({ description: "Stable; for programs." }),
    detail: z.string(),
    parameter: z.string().optional().meta({ description: "Which parameter was wrong, where one was." }),
  })
  .meta({ id: "Problem" });
export type WireProblem = z.infer<typeof wireProblem>;
