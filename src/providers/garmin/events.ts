/** What is neither a measure nor a workout: movement the watch noticed, what moved the body battery, health snapshots. */
import type { EventRecord } from "../../domain/batch.ts";
import { type Item, present, putSample, putSamples, reading, reject, type Span, wrong } from "./reading.ts";
import * as schema from "./schema.ts";

/** Known by its start, as every summary; a time of an event is in whole seconds. */
const keyOf = (kind: string, start: number, more = ""): string => `${kind}:${start / 1000}${more}`;
const endOf = (start: number, duration: number | null | undefined): number | null =>
  duration == null ? null : start + duration * 1000;

/** Noticed movement is no workout: nobody started it. */
export function toMoveIq(m: schema.MoveIq, of: number): EventRecord {
  const start = m.startTimeInSeconds;
  return {
    external_id: keyOf("move_iq", start),
    fields: {
      kind: "move_iq",
      start_time: start,
      end_time: endOf(start, m.durationInSeconds),
      utc_offset_s: m.offsetInSeconds ?? m.startTimeOffsetInSeconds ?? null,
      name: m.activityType ?? null,
      value: null,
      extra: present({ sub_type: m.activitySubType }),
    },
    element: of,
  };
}

/** Sleep, naps, exercise and rest, and by how much each changed the body battery. */
export function toBodyBatteryEvents(s: schema.StressDetail, into: Item): EventRecord[] {
  return (s.bodyBatteryActivityEvents ?? []).flatMap((one, i) => {
    const parsed = schema.bodyBatteryEvent.safeParse(one);
    if (!parsed.success) {
      const { pointer, reason } = wrong(parsed.error, `/bodyBatteryActivityEvents/${i}`);
      reject(into, "event", pointer, reason);
      return [];
    }
    const e = parsed.data;
    const start = e.eventStartTimeInSeconds;
    return {
      external_id: keyOf("body_battery", start, `:${e.eventType}`),
      fields: {
        kind: "body_battery",
        start_time: start,
        end_time: endOf(start, e.duration),
        utc_offset_s: e.eventStartTimeOffsetInSeconds ?? s.startTimeOffsetInSeconds ?? null,
        name: e.eventType,
        value: e.bodyBatteryImpact ?? null,
        extra: null,
      },
      element: into.of,
    };
  });
}

/** A summary's type → our metric. */
const SNAPSHOT: Readonly<Record<string, string>> = {
  heart_rate: "heart_rate_bpm",
  respiration: "respiration_brpm",
  stress: "stress_level",
  spo2: "spo2_pct",
  rmssd_hrv: "hrv_rmssd_ms",
  sdrr_hrv: "hrv_sdnn_ms",
};
const STREAM = "health_snapshot";

/** Two minutes of sitting still: their readings are samples, their sums the event's. */
export function toSnapshot(s: schema.Snapshot, into: Item): EventRecord {
  const start = s.startTimeInSeconds;
  const offset = s.startTimeOffsetInSeconds ?? s.offsetStartTimeInSeconds ?? null;
  const extra: Record<string, unknown> = {};
  for (const [i, one] of (s.summaries ?? []).entries()) {
    const parsed = schema.snapshotSummary.safeParse(one);
    if (!parsed.success) {
      const { pointer, reason } = wrong(parsed.error, `/summaries/${i}`);
      reject(into, null, pointer, reason);
      continue;
    }
    putSummary(parsed.data, into, { start, offset }, `/summaries/${i}`);
    const { summaryType, minValue, maxValue, avgValue } = parsed.data;
    extra[summaryType] = present({ min: reading(minValue), max: reading(maxValue), avg: reading(avgValue) });
  }
  return {
    external_id: keyOf("health_snapshot", start),
    fields: {
      kind: "health_snapshot",
      start_time: start,
      end_time: endOf(start, s.durationInSeconds),
      utc_offset_s: offset,
      name: null,
      value: null,
      extra,
    },
    element: into.of,
  };
}

/** Of heart rate variability there is the mean alone. */
function putSummary(s: schema.SnapshotSummary, into: Item, span: Span, at: string): void {
  const metric = Object.hasOwn(SNAPSHOT, s.summaryType) ? SNAPSHOT[s.summaryType]! : null;
  if (metric === null) return;
  if (s.epochSummaries) putSamples(into, metric, STREAM, s.epochSummaries, span, `${at}/epochSummaries`);
  else putSample(into, metric, STREAM, span.start, s.avgValue, span.offset, `${at}/avgValue`);
}
