/** A batch too large for one transaction, in pieces that are each whole in themselves. */
import { type Batch, emptyBatch, type SampleColumns } from "../../domain/batch.ts";
import { DAY_MS } from "../../domain/time.ts";

const ACTIVITIES_PER_COMMIT = 200;
const TRACK_POINTS_PER_COMMIT = 200_000;
const SAMPLES_PER_COMMIT = 1_000_000;
/** Their ids are read with one parameter. */
const RECORDS_PER_COMMIT = 500;
/** Of segments and of day values. */
const VALUES_PER_COMMIT = 5_000;

/**
 * What comes of a kind stays in its order: segments before nights, deletions behind the records – but those of day values before
 * them, since what is given after such a deletion stays.
 */
export function split(batch: Batch): Batch[] {
  const activities = splitActivities(batch.activities);
  const samples = splitSamples(batch.samples);
  const segments = chunks(batch.segments, VALUES_PER_COMMIT);
  const nights = chunks(batch.nights, RECORDS_PER_COMMIT);
  const days = chunks(batch.days, VALUES_PER_COMMIT);
  const events = chunks(batch.events, RECORDS_PER_COMMIT);
  const late = batch.deletions.filter(({ kind }) => kind !== "daily" || days.length === 1);
  const early = days.length === 1 ? [] : batch.deletions.filter(({ kind }) => kind === "daily");
  const deletions = chunks(late, RECORDS_PER_COMMIT);
  const segmentsAhead = nights.length === 1 ? segments.slice(0, -1) : segments;
  return [
    ...activities.slice(0, -1).map((part) => ({ ...emptyBatch(), activities: part })),
    ...samples.slice(0, -1).map((part) => ({ ...emptyBatch(), samples: part })),
    ...segmentsAhead.map((part) => ({ ...emptyBatch(), segments: part })),
    ...nights.slice(0, -1).map((part) => ({ ...emptyBatch(), nights: part })),
    ...days.slice(0, -1).map((part, i) => ({ ...emptyBatch(), days: part, deletions: i === 0 ? early : [] })),
    ...events.slice(0, -1).map((part) => ({ ...emptyBatch(), events: part })),
    {
      ...batch,
      activities: activities.at(-1)!,
      samples: samples.at(-1)!,
      segments: nights.length === 1 ? segments.at(-1)! : [],
      nights: nights.at(-1)!,
      days: days.at(-1)!,
      events: events.at(-1)!,
      deletions: deletions[0]!,
    },
    ...deletions.slice(1).map((part) => ({ ...emptyBatch(), deletions: part })),
  ];
}

/** At least one, which may be empty. */
function chunks<Item>(items: Item[], size: number): Item[][] {
  const parts: Item[][] = [items.slice(0, size)];
  for (let at = size; at < items.length; at += size) parts.push(items.slice(at, at + size));
  return parts;
}

function splitActivities(activities: Batch["activities"]): Batch["activities"][] {
  const parts: Batch["activities"][] = [];
  let current: Batch["activities"] = [];
  let points = 0;
  for (const activity of activities) {
    const own = activity.track?.time.length ?? 0;
    if (current.length === ACTIVITIES_PER_COMMIT || (current.length > 0 && points + own > TRACK_POINTS_PER_COMMIT)) {
      parts.push(current);
      current = [];
      points = 0;
    }
    current.push(activity);
    points += own;
  }
  return [...parts, current];
}

/** By UTC days, so that no row of `series` is written twice. */
function splitSamples(columns: SampleColumns[]): SampleColumns[][] {
  const total = columns.reduce((sum, { time }) => sum + time.length, 0);
  if (total <= SAMPLES_PER_COMMIT) return [columns];
  const days = new Map<number, Map<SampleColumns, SampleColumns>>();
  for (const column of columns) {
    for (let i = 0; i < column.time.length; i++) {
      const day = Math.floor(column.time[i]! / DAY_MS);
      const of = days.get(day) ?? new Map<SampleColumns, SampleColumns>();
      days.set(day, of);
      const own = of.get(column) ?? { ...column, time: [], value: [], utc_offset_s: [], element: [] };
      of.set(column, own);
      own.time.push(column.time[i]!);
      own.value.push(column.value[i]!);
      own.utc_offset_s.push(column.utc_offset_s[i]!);
      own.element.push(column.element[i]!);
    }
  }
  const parts: SampleColumns[][] = [];
  let current: SampleColumns[] = [];
  let size = 0;
  for (const day of [...days.keys()].sort((a, b) => a - b)) {
    const own = [...days.get(day)!.values()];
    const length = own.reduce((sum, { time }) => sum + time.length, 0);
    if (size > 0 && size + length > SAMPLES_PER_COMMIT) {
      parts.push(current);
      current = [];
      size = 0;
    }
    current.push(...own);
    size += length;
  }
  return [...parts, current];
}
