/**
 * One entry of `metrics`: `{name, units, data: […]}`, keys in any order. Elements wait in columns until name, unit and grain are known;
 * then each becomes a day value, a sample or a rejection (docs/providers/apple_health.md, "Day or sample").
 */
import type { Kind } from "../../domain/batch.ts";
import { DAY_MS } from "../../domain/time.ts";
import { type Aggregation, grainOf } from "./aggregation.ts";
import { AVERAGE, append, BARE, type Columns, createColumns, note, UNKNOWN } from "./columns.ts";
import { type OffsetAt, readDate } from "./dates.ts";
import { createGlance, type Glance } from "./glance.ts";
import { type Entry, given, isEntry, isRefusal, parse, type Refusal, refusal, textOf } from "./json.ts";
import { metricNamed, type Shape, shapeNamed } from "./metrics.ts";
import { createOutlet, type Into } from "./outlet.ts";
import { readRow } from "./row.ts";
import { addNight } from "./sleep.ts";

export interface MetricArray {
  name(value: unknown): void;
  units(value: unknown): void;
  /** `data` begins; one that was there before under the same key has lost. */
  data(pointer: string): void;
  glance: Glance;
  /** The element at an index, JSON. */
  value(index: number, bytes: Uint8Array, from: number, to: number): void;
  refuse(index: number, reason: string): void;
  /** Where the next element is glanced at. */
  at(index: number): void;
  /** Rough bytes of samples that `spill` would move. */
  readonly held: number;
  /** Moves samples of finished days. */
  spill(into: Into): void;
  /** The entry has ended: moves everything. */
  end(into: Into): void;
}

/** What waits for a name may not grow without bound. */
const WAITING_BYTES = 32 * 1024 * 1024;
const ROW_BYTES = 64;
const REFUSAL_BYTES = 200;
/** Samples of one unfinished day are held back up to this many. */
const HELD_BACK = 400_000;

export function createMetricArray(aggregation: Aggregation, offsetAt: OffsetAt): MetricArray {
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
  let sources: string[] = [];
  let bySource = new Map<string, number>();
  /** Whether elements were taken for samples before a name said that they are. */
  let glancedUnnamed = false;
  /** Rows and refusals left behind by the last spill. */
  let leftBehind = 0;
  let refusedBehind = 0;

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
  const glanceAtSample = createGlance((time, offset, source, average, value, low, high) => {
    if (source !== lastSource || lastSourceIndex < 0) {
      lastSourceIndex = sourceIndex(source);
      lastSource = source;
    }
    if (name === null) glancedUnnamed = true;
    note(columns, time, offset, lastSourceIndex, false);
    append(columns, index, time, offset, lastSourceIndex, average ? AVERAGE : 0, value, low, high);
  });
  /** Whether elements of this name look like samples at all. */
  let plain = true;

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
    const moment = readDate(given(value, "date"), offsetAt);
    if (moment === null) {
      refused.push({ index: at, field: "/date", reason: "not a date" });
      return;
    }
    const source = sourceIndex(textOf(value, "source") ?? "");
    const offset = moment.utc_offset_s ?? UNKNOWN;
    note(columns, moment.time, offset, source, moment.bare);
    const read = readRow(value, shape);
    if (isRefusal(read)) refused.push({ index: at, ...read, bare: moment.bare });
    else {
      const flags = (moment.bare ? BARE : 0) | (read.average ? AVERAGE : 0);
      append(columns, at, moment.time, offset, source, flags, read.value, read.low, read.high);
    }
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
    glancedUnnamed = false;
    leftBehind = 0;
    refusedBehind = 0;
  }

  /** Elements that waited for the name, put among the others in their order. */
  function named(shape: Shape): void {
    if (waiting.length === 0 && !glancedUnnamed) return;
    glancedUnnamed = false;
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
    for (const block of early) {
      for (let r = 0; r < block.count; r++) {
        const at = block.index[r]!;
        until(at);
        const low = block.low?.[r] ?? Number.NaN;
        const high = block.high?.[r] ?? Number.NaN;
        if (shape === "sleep") nights.push({ index: at, entry: {} });
        else if (shape === "blood_pressure") refused.push({ index: at, field: "/systolic", reason: "not a number" });
        else if (shape === "sexual_activity" && Number.isNaN(block.value[r]!)) {
          refused.push({ index: at, field: "/qty", reason: "not a number" });
        } else {
          append(
            columns,
            at,
            block.time[r]!,
            block.utc_offset_s[r]!,
            block.source[r]!,
            block.flags[r]!,
            block.value[r]!,
            low,
            high,
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
    const days = !noName && (aggregation.of === "days" || (aggregation.of === "unknown" && columns.daysOnly));
    const grain =
      (aggregation.of === "samples" ? aggregation.grain : null) ?? grainOf(columns.hoursOnly, columns.dates);

    const kind: Kind = of.shape === "sleep" ? "sleep" : days ? "daily" : "series";
    for (const { index: at, entry } of nights) {
      const night = addNight(into.whole, entry, of.toOurs(units), offsetAt);
      if (night) refused.push({ index: at, ...night });
    }
    nights = [];

    const rest = createColumns();
    const out = createOutlet({ into, of, units, sources, days, grain, overlong: aggregation.of === "more" });
    for (const block of columns.blocks) {
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
            block.low?.[r] ?? Number.NaN,
            block.high?.[r] ?? Number.NaN,
          );
          continue;
        }
        const wrong = noName ? refusal("", "no name") : out(block, r);
        if (wrong) refused.push({ index: block.index[r]!, ...wrong, bare: (block.flags[r]! & BARE) !== 0 });
      }
    }
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
    at(next) {
      index = next;
    },
    glance: (bytes, from, to) => (plain ? glanceAtSample(bytes, from, to) : -1),
    value(at, bytes, from, to) {
      const shape = shapeNamed(name);
      if (shape !== null && waiting.length === 0) {
        take(at, parse(bytes, from, to), shape);
        return;
      }
      waitingBytes += to - from;
      if (waitingBytes > WAITING_BYTES) refused.push({ index: at, field: "", reason: "too much before the name" });
      else waiting.push({ index: at, bytes: bytes.slice(from, to) });
    },
    refuse(at, reason) {
      refused.push({ index: at, field: "", reason });
    },
    get held() {
      return (columns.rows - leftBehind) * ROW_BYTES + (refused.length - refusedBehind) * REFUSAL_BYTES;
    },
    spill(into) {
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
    end(into) {
      move(into, Number.POSITIVE_INFINITY);
    },
  };
}
