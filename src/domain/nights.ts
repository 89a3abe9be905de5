/**
 * Nights from the pieces a phone sends: the same set of pieces makes the same nights, in whatever order and parts it came
 * (docs/ingest.md, "Nights from segments").
 */
import type { SegmentRecord, SegmentStage } from "./batch.ts";
import { byCodePoints } from "./order.ts";
import type { SleepFields, Stage } from "./records.ts";
import { localDate } from "./time.ts";

export type Segment = Omit<SegmentRecord, "element">;

/** Pieces of one source that lie no further apart are one night: what may join a piece lies within this of it. */
export const JOIN_MS = 60 * 60_000;

/** Sleep from here on is a night where nobody says nap. */
const MAIN_S = 3 * 3600;

export interface BuiltNight {
  /** `sleep:<start ms>` */
  external_id: string;
  fields: SleepFields;
  segments: Segment[];
}

/** The word where a provider has none: by the sleep, or by the length where the sleep is unknown. */
export const sleepType = (asleepS: number | null, lengthS: number): "main" | "nap" =>
  (asleepS ?? lengthS) >= MAIN_S ? "main" : "nap";

/** Equal for two tellings of one piece; what they say of the offset is no part of it. */
export const segmentKey = ({ source, start_time, end_time, stage }: Segment): string =>
  `${start_time} ${end_time} ${stage} ${source}`;

type StoredSegment = [
  source: string,
  start: number,
  end: number,
  utcOffset: number | null,
  stage: SegmentStage,
  endUtcOffset?: number | null,
];

/** As stored with the night: JSON `[[source, start_time, end_time, utc_offset_s, stage, end_utc_offset_s where that is another], …]`. */
export const encodeSegments = (segments: Segment[]): string =>
  JSON.stringify(
    segments.map((s): StoredSegment => {
      const stored: StoredSegment = [s.source, s.start_time, s.end_time, s.utc_offset_s, s.stage];
      if (s.end_utc_offset_s !== undefined) stored.push(s.end_utc_offset_s);
      return stored;
    }),
  );

export const decodeSegments = (text: string): Segment[] =>
  (JSON.parse(text) as StoredSegment[]).map(
    ([source, start_time, end_time, utc_offset_s, stage, end_utc_offset_s]): Segment => ({
      source,
      start_time,
      end_time,
      utc_offset_s,
      ...(end_utc_offset_s !== undefined && { end_utc_offset_s }),
      stage,
    }),
  );

/** The offset at its end, which decides the local date. */
const endOffset = ({ utc_offset_s, end_utc_offset_s }: Segment): number | null =>
  end_utc_offset_s === undefined ? utc_offset_s : end_utc_offset_s;

const bySegment = (a: Segment, b: Segment): number =>
  a.start_time - b.start_time ||
  a.end_time - b.end_time ||
  byCodePoints(a.source, b.source) ||
  byCodePoints(a.stage, b.stage);

/** Sorted, each once; of the same piece told with several offsets the least known one stays. Empty and reversed ones are dropped. */
function distinct(segments: Segment[]): Segment[] {
  const kept = new Map<string, Segment>();
  for (const segment of segments) {
    const { source, start_time, end_time, stage } = segment;
    if (end_time <= start_time) continue;
    const key = segmentKey(segment);
    const same = kept.get(key);
    const utc_offset_s = least(same?.utc_offset_s ?? null, segment.utc_offset_s);
    const end_utc_offset_s = least(same ? endOffset(same) : null, endOffset(segment));
    const ends = end_utc_offset_s === utc_offset_s ? {} : { end_utc_offset_s };
    kept.set(key, { source, start_time, end_time, utc_offset_s, ...ends, stage });
  }
  return [...kept.values()].sort(bySegment);
}

const least = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

interface Group {
  start: number;
  end: number;
  segments: Segment[];
}

/** Spans in ascending order, each put to the open one before it where `joins` says so. */
function join(spans: Group[], joins: (next: Group, open: Group) => boolean): Group[] {
  const joined: Group[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const open = joined.at(-1);
    if (open && joins(span, open)) {
      open.end = Math.max(open.end, span.end);
      open.segments.push(...span.segments);
    } else joined.push({ ...span, segments: [...span.segments] });
  }
  return joined;
}

const asGroup = (segment: Segment): Group => ({
  start: segment.start_time,
  end: segment.end_time,
  segments: [segment],
});

/**
 * The nights that these segments make, ascending. `offsetAt` guesses, s, for the local date of a night none of whose segments
 * knows its offset.
 */
export function joinSegments(segments: Segment[], offsetAt: (time: number) => number = () => 0): BuiltNight[] {
  const bySource = Map.groupBy(distinct(segments), ({ source }) => source);
  const groups = [...bySource.values()].flatMap((own) =>
    join(own.map(asGroup), (next, open) => next.start - open.end <= JOIN_MS),
  );
  return join(groups, (next, open) => next.start < open.end).map((night) => build(night, offsetAt));
}

function build({ start, end, segments: unsorted }: Group, offsetAt: (time: number) => number): BuiltNight {
  const segments = unsorted.sort(bySegment);
  const length = (end - start) / 1000;
  const hypnogram = bestHypnogram(segments);
  const inBed = join(
    segments.filter(({ stage }) => stage === "in_bed").map(asGroup),
    (next, open) => next.start <= open.end,
  );
  const offset = segments.find(({ utc_offset_s }) => utc_offset_s !== null)?.utc_offset_s ?? null;
  const last = segments.filter((segment) => endOffset(segment) !== null).toSorted((a, b) => b.end_time - a.end_time)[0];
  const slept = sleepSeconds(hypnogram);
  return {
    external_id: `sleep:${start}`,
    fields: {
      type: sleepType(slept.asleep_s, length),
      date: localDate(end, (last && endOffset(last)) ?? offsetAt(end)),
      start_time: start,
      end_time: end,
      utc_offset_s: offset,
      in_bed_s: inBed.length > 0 ? inBed.reduce((ms, span) => ms + span.end - span.start, 0) / 1000 : length,
      ...slept,
      latency_s: null,
      efficiency_pct: null,
      score: null,
      avg_heart_rate_bpm: null,
      min_heart_rate_bpm: null,
      avg_hrv_rmssd_ms: null,
      avg_respiration_brpm: null,
      avg_spo2_pct: null,
      stages:
        hypnogram.length > 0
          ? hypnogram.map(({ from, to, stage }): Stage => [(from - start) / 1000, stage, (to - from) / 1000])
          : null,
      extra: null,
    },
    segments,
  };
}

interface Piece {
  from: number;
  to: number;
  stage: Stage[1];
}

const msIn = (pieces: Piece[], ...stages: Stage[1][]): number =>
  pieces.reduce((ms, { from, to, stage }) => (stages.includes(stage) ? ms + to - from : ms), 0);

/** That of the source with the most staged, then the most sleep time; then the first in code-point order. */
function bestHypnogram(segments: Segment[]): Piece[] {
  let best: Piece[] = [];
  let most = [-1, -1];
  const bySource = Map.groupBy(segments, ({ source }) => source);
  for (const source of [...bySource.keys()].sort(byCodePoints)) {
    const pieces = hypnogramOf(bySource.get(source)!);
    const staged = msIn(pieces, "light", "deep", "rem");
    const asleep = staged + msIn(pieces, "unstaged");
    if (pieces.length > 0 && (staged - most[0]! || asleep - most[1]!) > 0) [best, most] = [pieces, [staged, asleep]];
  }
  return best;
}

/** One sorted source's stages without overlap: what says more covers "asleep" without a stage, a shorter segment a longer one. */
function hypnogramOf(segments: Segment[]): Piece[] {
  const staged = segments.filter(({ stage }) => stage !== "in_bed") as (Segment & { stage: Stage[1] })[];
  const over = (a: Segment, b: Segment): number =>
    Number(a.stage === "unstaged") - Number(b.stage === "unstaged") ||
    a.end_time - a.start_time - (b.end_time - b.start_time) ||
    bySegment(a, b);
  const edges = [...new Set(staged.flatMap((s) => [s.start_time, s.end_time]))].sort((a, b) => a - b);
  const pieces: (Piece & { of: Segment })[] = [];
  let active: typeof staged = [];
  let next = 0;
  for (let i = 1; i < edges.length; i++) {
    const from = edges[i - 1]!;
    const to = edges[i]!;
    active = active.filter(({ end_time }) => end_time > from);
    while (next < staged.length && staged[next]!.start_time <= from) active.push(staged[next++]!);
    if (active.length === 0) continue;
    const top = active.reduce((best, one) => (over(one, best) < 0 ? one : best));
    const before = pieces.at(-1);
    if (before?.of === top && before.to === from) before.to = to;
    else pieces.push({ from, to, stage: top.stage, of: top });
  }
  return pieces;
}

/** What is not measured is null: stages of a night without any, waking of one that knows nothing but "asleep", sleep of one in bed. */
function sleepSeconds(
  pieces: Piece[],
): Pick<SleepFields, "asleep_s" | "awake_s" | "light_s" | "deep_s" | "rem_s" | "unstaged_s"> {
  const of = (...stages: Stage[1][]) => msIn(pieces, ...stages) / 1000;
  const staged = of("light", "deep", "rem") > 0;
  const slept = staged || of("unstaged") > 0;
  return {
    asleep_s: slept ? of("light", "deep", "rem", "unstaged") : null,
    awake_s: staged || of("awake") > 0 ? of("awake") : null,
    light_s: staged ? of("light") : null,
    deep_s: staged ? of("deep") : null,
    rem_s: staged ? of("rem") : null,
    unstaged_s: slept ? of("unstaged") : null,
  };
}
