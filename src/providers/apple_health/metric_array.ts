/**
 * One entry of `metrics`: `{name, units, data: […]}`, keys in any order. Elements wait in columns until name, unit and grain are known;
 * then each becomes a day value, a sample or a rejection (docs/providers/apple_health.md, "Day or sample").
 */
import type { Kind } from "../../domain/batch.ts";
import { DAY_MS } from "../../domain/time.ts";
import { type Entry, given, isEntry, isRefusal, parse, type Refusal, refusal, textOf } from "../json.ts";
import { type Aggregation, grainOf } from "./aggregation.ts";
import {
  AVERAGE,
  append,
  BARE,
  type Columns,
  createColumns,
  GUESSED,
  giveBack,
  highOf,
  lowOf,
  note,
  UNKNOWN,
} from "./columns.ts";
import { type Moment, type Offsets, readDate } from "./dates.ts";
import { createGlance } from "./glance.ts";
import { longField } from "./limits.ts";
import { metricNamed, type Shape, shapeNamed } from "./metrics.ts";
import { createOutlet, type Into } from "./outlet.ts";
import { type Row, readRow } from "./row.ts";
import { addNight } from "./sleep.ts";

export interface MetricArray {
  name(value: unknown): void;
  units(value: unknown): void;
  /** `data` begins; one that was there before under the same key has lost. */
  data(pointer: string): void;
  /** Elements from an index on, read in place (platform/scanner `glance`). */
  glance(index: number, bytes: Uint8Array, from: number, to: number): number;
  readonly glanced: number;
  /** The element at an index, JSON. */
  value(index: number, bytes: Uint8Array, from: number, to: number): void;
  refuse(index: number, reason: string): void;
  /** `data` is something else. */
  noArray(pointer: string): void;
  /** Rough bytes of samples that `spill` would move. */
  readonly held: number;
  /** Moves samples of finished days; of an entry that has ended those of its first days. */
  spill(into: Into): void;
  /** The entry has ended. */
  end(): void;
  /** Moves everything, after the end. */
  finish(into: Into): void;
}

/**
 * What waits for a name may not grow without bound. Samples of any name wait in columns; elements that only a name makes sense of – a
 * blood pressure, a night – as their bytes.
 */
const UNNAMED_ROWS = 1_000_000;
const WAITING_BYTES = 32 * 1024 * 1024;
const WAITING_OVERHEAD = 200;
/** Keys of elements that need their name to be read. */
const TELLING = [
  "systolic",
  "diastolic",
  "Unspecified",
  "Protection Used",
  "Protection Not Used",
  "startDate",
  "endDate",
  "sleepStart",
  "sleepEnd",
  "inBedStart",
  "inBedEnd",
];
const ROW_BYTES = 64;
const REFUSAL_BYTES = 200;
/** Samples of an ended entry that are moved at once, and what more the day they end in has. */
const ROWS_AT_ONCE = 100_000;
/** Samples of one unfinished day are held back up to this many. */
const HELD_BACK = 400_000;

export function createMetricArray(aggregation: Aggregation, offsets: Offsets): MetricArray {
  let name: string | null = null;
  let units: string | null = null;
  let unitsSeen = false;
  let pointer = "";
  let index = 0;
  let columns: Columns = createColumns();
  /** Elements of uncommon shape that came before the name: what they are hangs on it. */
  let waiting: { index: number; bytes: Uint8Array }[] = [];
  let waitingBytes = 0;
  let nights: { index: number; entry: Entry }[] = [];
  let refused: (Refusal & { index: number; bare?: boolean })[] = [];
  /** Where `data` is no array. */
  let wrongData: string | null = null;
  let sources: string[] = [];
  let bySource = new Map<string, number>();
  /** Whether elements were taken for samples before a name said that they are. */
  let unnamedRows = false;
  /** Rows and refusals left behind by the last spill. */
  let leftBehind = 0;
  let refusedBehind = 0;

  let ended = false;

  function sourceIndex(source: string): number {
    let at = bySource.get(source);
    if (at === undefined) {
      at = sources.push(source) - 1;
      bySource.set(source, at);
    }
    return at;
  }

  let lastSource = "";
  let lastSourceIndex = -1;
  const samples = createGlance((time, offset, source, average, value, low, high) => {
    const at = index++;
    if (source !== lastSource || lastSourceIndex < 0) {
      lastSourceIndex = sourceIndex(source);
      lastSource = source;
    }
    offsets.know(time, offset);
    if (name === null && isFull(at)) return;
    note(columns, time + offset * 1000, lastSourceIndex, false);
    append(columns, at, time, offset, lastSourceIndex, average ? AVERAGE : 0, value, low, high);
  });
  /** Whether elements of this name look like samples at all. */
  let plain = true;

  /** Notes that a row comes before the name; refuses it where there are too many. */
  function isFull(at: number): boolean {
    unnamedRows = true;
    if (columns.rows < UNNAMED_ROWS) return false;
    refused.push({ index: at, field: "", reason: "too much before the name" });
    return true;
  }

  /** Takes what has no name yet for a sample, if it looks like one: if its name makes it none, `named` says so. */
  function takeUnnamed(at: number, value: unknown): boolean {
    if (!isEntry(value) || TELLING.some((key) => given(value, key) !== undefined)) return false;
    if (given(value, "qty") !== undefined && given(value, "Avg", "avg") !== undefined) return false;
    if (longField("source", value.source) !== null) return false;
    const moment = readDate(given(value, "date"), offsets);
    const read = readRow(value, "heart_rate");
    if (moment === null || isRefusal(read)) return false;
    if (!isFull(at)) put(at, moment, textOf(value, "source") ?? "", read);
    return true;
  }

  function put(at: number, { time, utc_offset_s, local, bare }: Moment, from: string, read: Row): void {
    const source = sourceIndex(from);
    note(columns, local, source, bare);
    const isGuess = utc_offset_s === null && local !== time;
    const offset = utc_offset_s ?? (isGuess ? (local - time) / 1000 : UNKNOWN);
    const flags = read.flags | (bare ? BARE : 0) | (isGuess ? GUESSED : 0);
    append(columns, at, time, offset, source, flags, read.value, read.low, read.high);
  }

  /** Reads an element of a known shape into the columns. */
  function take(at: number, value: unknown, shape: Shape): void {
    if (!isEntry(value)) {
      refused.push({ index: at, field: "", reason: "not an object" });
      return;
    }
    if (shape === "sleep") {
      nights.push({ index: at, entry: value });
      return;
    }
    const moment = readDate(given(value, "date"), offsets);
    if (moment === null) {
      refused.push({ index: at, field: "/date", reason: "not a date" });
      return;
    }
    const long = longField("source", value.source);
    if (long) {
      refused.push({ index: at, ...long, bare: moment.bare });
      return;
    }
    const source = textOf(value, "source") ?? "";
    const read = readRow(value, shape);
    if (isRefusal(read)) {
      note(columns, moment.local, sourceIndex(source), moment.bare);
      refused.push({ index: at, ...read, bare: moment.bare });
    } else put(at, moment, source, read);
  }

  function forget(): void {
    columns = createColumns();
    waiting = [];
    waitingBytes = 0;
    nights = [];
    refused = [];
    sources = [];
    bySource = new Map();
    lastSourceIndex = -1;
    unnamedRows = false;
    wrongData = null;
    leftBehind = 0;
    refusedBehind = 0;
  }

  /** Elements that waited for the name, put among the others in their order. */
  function named(shape: Shape): void {
    if (waiting.length === 0 && !unnamedRows) return;
    unnamedRows = false;
    const early = columns.blocks;
    const late = waiting;
    const seen = { dates: columns.dates, daysOnly: columns.daysOnly, hoursOnly: columns.hoursOnly, days: columns.days };
    columns = { ...createColumns(), ...seen };
    waiting = [];
    waitingBytes = 0;
    let next = 0;
    const until = (before: number) => {
      for (; next < late.length && late[next]!.index < before; next++) {
        const { index: at, bytes } = late[next]!;
        take(at, parse(bytes, 0, bytes.length), shape);
      }
    };
    for (let block = early.shift(); block; block = early.shift()) {
      for (let r = 0; r < block.count; r++) {
        const at = block.index[r]!;
        until(at);
        const bare = (block.flags[r]! & BARE) !== 0;
        if (shape === "sleep") nights.push({ index: at, entry: {} });
        else if (shape === "blood_pressure") {
          refused.push({ index: at, field: "/systolic", reason: "not a number", bare });
        } else if (shape !== "heart_rate" && Number.isNaN(block.value[r]!)) {
          refused.push({ index: at, field: "/qty", reason: "not a number", bare });
        } else {
          append(
            columns,
            at,
            block.time[r]!,
            block.utc_offset_s[r]!,
            block.source[r]!,
            block.flags[r]!,
            block.value[r]!,
            lowOf(block, r),
            highOf(block, r),
          );
        }
      }
    }
    until(Number.POSITIVE_INFINITY);
  }

  /** Moves the rows before an instant, and all that is refused. */
  function move(into: Into, before: number): void {
    const of = metricNamed(name ?? "", units);
    const noName = name === null;
    if (noName) {
      for (const { index: at } of waiting) refused.push({ index: at, field: "", reason: "no name" });
      waiting = [];
    } else named(of.shape);
    // Days, or samples of which grain?
    const days =
      !noName && (aggregation.of === "days" || (aggregation.of === "unknown" && columns.daysOnly && columns.dates > 0));
    const grain =
      (aggregation.of === "samples" ? aggregation.grain : null) ?? grainOf(columns.hoursOnly, columns.dates);

    const kind: Kind = of.shape === "sleep" ? "sleep" : days ? "daily" : "series";
    for (const { index: at, entry } of nights) {
      const night = addNight(into.whole, entry, of.toOurs(units), offsets);
      if (night) refused.push({ index: at, ...night });
    }
    nights = [];

    const rest = { ...createColumns(), spare: columns.spare };
    const outlet = createOutlet({
      ...{ into, of, units, sources, days, grain },
      overlong: aggregation.of === "more",
      rows: columns.rows,
    });
    const { blocks } = columns;
    // What is moved is not held twice.
    for (let block = blocks.shift(); block; block = blocks.shift()) {
      for (let r = 0; r < block.count; r++) {
        if (block.time[r]! >= before) {
          append(
            rest,
            block.index[r]!,
            block.time[r]!,
            block.utc_offset_s[r]!,
            block.source[r]!,
            block.flags[r]!,
            block.value[r]!,
            lowOf(block, r),
            highOf(block, r),
          );
          continue;
        }
        const wrong = noName ? refusal("", "no name") : outlet.put(block, r);
        if (wrong) refused.push({ index: block.index[r]!, ...wrong, bare: (block.flags[r]! & BARE) !== 0 });
      }
      giveBack(rest, block);
    }
    outlet.end();
    columns = {
      ...rest,
      dates: columns.dates,
      daysOnly: columns.daysOnly,
      hoursOnly: columns.hoursOnly,
      days: columns.days,
    };
    leftBehind = columns.rows;
    for (const { index: at, field, reason, bare } of refused.sort((a, b) => a.index - b.index)) {
      const to = bare || kind !== "series" ? into.whole : into.samples;
      to.rejections.push({
        kind: bare && kind === "series" ? "daily" : kind,
        pointer: `${pointer}/${at}${field}`,
        reason,
      });
    }
    refused = [];
    refusedBehind = 0;
    if (wrongData !== null) {
      const to = kind === "series" ? into.samples : into.whole;
      to.rejections.push({ kind, pointer: wrongData, reason: "not an array" });
      wrongData = null;
    }
  }

  /** Whether the rest of the array can no longer change what its beginning is. */
  function isSettled(): boolean {
    const told =
      aggregation.of === "days" ||
      aggregation.of === "more" ||
      (aggregation.of === "samples" && aggregation.grain !== null);
    // Nobody has that many hours; waiting on would hold them all.
    return told || !columns.hoursOnly || (!columns.daysOnly && columns.rows > HELD_BACK);
  }

  /** Up to when the first days make rows enough to move. */
  function firstDays(): number {
    const counts = new Map<number, number>();
    for (const { time, count } of columns.blocks) {
      for (let r = 0; r < count; r++) {
        const day = Math.floor(time[r]! / DAY_MS);
        counts.set(day, (counts.get(day) ?? 0) + 1);
      }
    }
    let rows = 0;
    for (const [day, count] of [...counts].sort(([a], [b]) => a - b)) {
      rows += count;
      if (rows >= ROWS_AT_ONCE) return (day + 1) * DAY_MS;
    }
    return Number.POSITIVE_INFINITY;
  }

  return {
    name(value) {
      name = typeof value === "string" && value.trim() !== "" ? value : null;
      const shape = shapeNamed(name);
      plain = shape === null || shape === "value" || shape === "heart_rate";
    },
    units(value) {
      units = typeof value === "string" && value.trim() !== "" ? value.trim() : null;
      unitsSeen = true;
    },
    data(at) {
      forget();
      pointer = at;
    },
    glance(at, bytes, from, to) {
      index = at;
      return plain ? samples.read(bytes, from, to) : -1;
    },
    get glanced() {
      return samples.taken;
    },
    value(at, bytes, from, to) {
      const shape = shapeNamed(name);
      if (shape !== null && waiting.length === 0) {
        take(at, parse(bytes, from, to), shape);
        return;
      }
      if (shape === null && takeUnnamed(at, parse(bytes, from, to))) return;
      waitingBytes += to - from + WAITING_OVERHEAD;
      if (waitingBytes > WAITING_BYTES) refused.push({ index: at, field: "", reason: "too much before the name" });
      else waiting.push({ index: at, bytes: bytes.slice(from, to) });
    },
    refuse(at, reason) {
      refused.push({ index: at, field: "", reason });
    },
    noArray(at) {
      forget();
      wrongData = at;
    },
    get held() {
      if (ended) return columns.rows * ROW_BYTES + refused.length * REFUSAL_BYTES;
      return (columns.rows - leftBehind) * ROW_BYTES + (refused.length - refusedBehind) * REFUSAL_BYTES;
    },
    spill(into) {
      if (ended) return move(into, firstDays());
      const settled = isSettled();
      if (name === null || !unitsSeen || !settled) {
        // Asked again when as much again has come.
        leftBehind = columns.rows;
        refusedBehind = refused.length;
        return;
      }
      const unfinished = Math.floor(columns.newest / DAY_MS) * DAY_MS;
      move(into, unfinished);
      if (columns.rows > HELD_BACK) move(into, Number.POSITIVE_INFINITY);
    },
    end() {
      ended = true;
    },
    finish(into) {
      move(into, Number.POSITIVE_INFINITY);
    },
  };
}
