/**
 * The samples of one array in compact columns, ~30 bytes each, until the array's name, unit and grain are known: keys come in
 * any order, and whether values are of days or of instants hangs on all of its dates.
 */
import { DAY_MS } from "../../domain/time.ts";

const ROWS = 8192;
/** Blocks of two days of seconds. */
const MOST_SPARE = 22;
const HOUR_MS = 3_600_000;
/** Days of one array: a hundred years. What has more is no list of days. */
const MOST_DAYS = 40_000;

/** `utc_offset_s` of a time told as `Z`. */
export const UNKNOWN = -0x80000000;
/**
 * Flags: the date was a bare one; the value was the `Avg` of a bucket; the offset is a guess, for a time without a zone; the keys
 * `avg`, `min`, `max` were in lower case; the value is a sum of several keys; both extremes are the value itself, and stand nowhere else.
 */
export const BARE = 1;
export const AVERAGE = 2;
export const GUESSED = 4;
export const LOWER_AVG = 8;
export const LOWER_MIN = 16;
export const LOWER_MAX = 32;
export const SUMMED = 64;
export const LEVEL = 128;

export interface Block {
  count: number;
  time: Float64Array;
  value: Float64Array;
  /** Min and Max of a bucket, or a blood pressure's second value in `low`; null where there are none. NaN: absent. */
  low: Float64Array | null;
  high: Float64Array | null;
  utc_offset_s: Int32Array;
  source: Uint32Array;
  flags: Uint8Array;
  /** The element's place in the array. */
  index: Uint32Array;
}

export interface Columns {
  blocks: Block[];
  /** The one that is being filled. */
  open: Block | null;
  /** Emptied ones, to be filled again: what lies about is collected late, and a body fills hundreds. */
  spare: Block[];
  rows: number;
  /** The newest instant. */
  newest: number;
  /** How many dates were seen, and whether they are all days – midnights or bare, none twice of a source –, or all on the hour. */
  dates: number;
  daysOnly: boolean;
  hoursOnly: boolean;
  /** Days seen by source, while that matters. */
  days: Set<string>;
}

export const createColumns = (): Columns => ({
  blocks: [],
  open: null,
  spare: [],
  rows: 0,
  newest: Number.NEGATIVE_INFINITY,
  dates: 0,
  daysOnly: true,
  hoursOnly: true,
  days: new Set(),
});

/** Takes note of a wall clock as if it were UTC, ms, also of one whose value is refused. */
export function note(columns: Columns, wall: number, source: number, bare: boolean): void {
  columns.dates++;
  if (!columns.hoursOnly) return;
  if (!bare && wall % HOUR_MS !== 0) {
    columns.hoursOnly = false;
    columns.daysOnly = false;
    columns.days.clear();
  } else if (columns.daysOnly) {
    const day = `${wall / DAY_MS} ${source}`;
    if (wall % DAY_MS !== 0 || columns.days.has(day) || columns.days.size === MOST_DAYS) {
      columns.daysOnly = false;
      columns.days.clear();
    } else columns.days.add(day);
  }
}

export function append(
  columns: Columns,
  index: number,
  time: number,
  offset: number,
  source: number,
  flags: number,
  value: number,
  low: number,
  high: number,
): void {
  let block = columns.open;
  if (block === null || block.count === block.time.length) {
    block = columns.open = columns.spare.pop() ?? createBlock(columns.rows === 0 ? 64 : ROWS);
    columns.blocks.push(block);
  }
  const at = block.count++;
  block.time[at] = time;
  block.value[at] = value;
  block.utc_offset_s[at] = offset;
  block.source[at] = source;
  block.index[at] = index;
  if (low === value && high === value) block.flags[at] = flags | LEVEL;
  else {
    block.flags[at] = flags;
    putExtremes(block, at, low, high);
  }
  columns.rows++;
  if (time > columns.newest) columns.newest = time;
}

const createBlock = (rows: number): Block => ({
  count: 0,
  time: new Float64Array(rows),
  value: new Float64Array(rows),
  low: null,
  high: null,
  utc_offset_s: new Int32Array(rows),
  source: new Uint32Array(rows),
  flags: new Uint8Array(rows),
  index: new Uint32Array(rows),
});

/** Takes back a block whose rows have gone elsewhere. */
export function giveBack({ spare }: Columns, block: Block): void {
  if (block.time.length < ROWS || spare.length === MOST_SPARE) return;
  block.count = 0;
  block.low?.fill(Number.NaN);
  block.high?.fill(Number.NaN);
  spare.push(block);
}

function putExtremes(block: Block, at: number, low: number, high: number): void {
  if (!Number.isNaN(low) || !Number.isNaN(high)) {
    block.low ??= new Float64Array(block.time.length).fill(Number.NaN);
    block.high ??= new Float64Array(block.time.length).fill(Number.NaN);
    block.low[at] = low;
    block.high[at] = high;
  }
}

/** What `append` was given as `low` and `high`. */
export const lowOf = ({ low, value, flags }: Block, r: number): number =>
  flags[r]! & LEVEL ? value[r]! : low === null ? Number.NaN : low[r]!;
export const highOf = ({ high, value, flags }: Block, r: number): number =>
  flags[r]! & LEVEL ? value[r]! : high === null ? Number.NaN : high[r]!;
