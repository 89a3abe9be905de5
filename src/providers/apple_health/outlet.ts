/** Rows of columns → day values and samples of a batch, once everything about their array is known. */
import { type Batch, element, type SampleColumns, sampleColumns } from "../../domain/batch.ts";
import { utcDate } from "../../domain/time.ts";
import { type Refusal, refusal } from "../json.ts";
import {
  AVERAGE,
  BARE,
  type Block,
  GUESSED,
  highOf,
  LEVEL,
  LOWER_AVG,
  LOWER_MAX,
  LOWER_MIN,
  lowOf,
  SUMMED,
  UNKNOWN,
} from "./columns.ts";
import { metricNamed, type Named } from "./metrics.ts";

export interface Into {
  /** Samples: may be written while the body still comes. */
  samples: Batch;
  /** Days and nights: written once, at the end. */
  whole: Batch;
}

export interface Known {
  into: Into;
  of: Named;
  units: string | null;
  /** By the index that rows have. */
  sources: readonly string[];
  /** Day values, or samples of this grain? */
  days: boolean;
  grain: string;
  /** Values over weeks and more are neither. */
  overlong: boolean;
  /** How many rows come, at most. */
  rows: number;
}

export interface Outlet {
  /** Puts one row of a block where it belongs; says why where it cannot. */
  put(block: Block, r: number): Refusal | null;
  /** After the last row. */
  end(): void;
}

/** Columns with room for what comes: pushed one by one, a hundred thousand samples are copied ten times over. */
interface Target {
  columns: SampleColumns;
  rows: number;
}
/** Samples of a target there is room for at first. */
const ROOM = 1024;

export function createOutlet({ into, of, units, sources, days, grain, overlong, rows }: Known): Outlet {
  const { metric, shape, extremes } = of;
  const convert = of.toOurs(units);
  const toOurs = typeof convert === "string" ? null : convert;
  const isBucket = shape === "value" || shape === "heart_rate";
  const second = shape === "blood_pressure" ? metricNamed("blood_pressure_diastolic", units).metric : null;
  const targets = new Map<string, Target>();
  let recent: Target | undefined;
  let recentSource = -1;
  // What a bucket says of its extremes replaces what it said before, also where it now has none of its own.
  const clears = isBucket ? [extremes.min, extremes.max] : [];

  /** In our unit, or why not. */
  const check = (value: number, field: string, limits = metric): number | Refusal => {
    if (Number.isNaN(value)) return refusal(field, "not a number");
    if (value === 0 && of.zero === "no reading") return refusal(field, "0 is no reading");
    if (toOurs === null) return refusal("", convert as string);
    const ours = toOurs(value);
    return ours >= limits.min && ours <= limits.max ? ours : refusal(field, "out of range");
  };
  const put = (to: Target, block: Block, r: number, value: number, at: number) => {
    const { columns } = to;
    if (to.rows === columns.time.length) setRows(columns, Math.min(4 * to.rows + ROOM, to.rows + rows));
    const row = to.rows++;
    columns.time[row] = block.time[r]!;
    columns.value[row] = value;
    const offset = block.utc_offset_s[r]!;
    columns.utc_offset_s[row] = offset === UNKNOWN || block.flags[r]! & GUESSED ? Number.NaN : offset;
    columns.element[row] = at;
  };
  const target = (metricName: string, source: number): Target => {
    const key = `${source} ${metricName}`;
    let to = targets.get(key);
    if (!to) {
      const stream = `${sources[source]}:${grain}`;
      const columns = sampleColumns(into.samples, metricName, stream, metricName === metric.name ? clears : []);
      to = { columns, rows: columns.time.length };
      targets.set(key, to);
    }
    return to;
  };

  const putRow = (block: Block, r: number): Refusal | null => {
    if (overlong) return refusal("", "covers more than a day");
    const flags = block.flags[r]!;
    const source = block.source[r]!;
    let value = Number.NaN;
    // An average heart rate may be missing.
    if (shape !== "heart_rate" || !Number.isNaN(block.value[r]!)) {
      const checked = check(block.value[r]!, valueField(shape, flags));
      if (typeof checked === "object") return checked;
      value = checked;
    }
    let other = Number.NaN;
    if (second) {
      const checked = check(lowOf(block, r), "/diastolic", second);
      if (typeof checked === "object") return checked;
      other = checked;
    }
    // What a bucket says of its extremes is as true as the rest of it, or none of it is.
    let least = Number.NaN;
    let most = Number.NaN;
    if (flags & LEVEL) least = most = value;
    else if (isBucket) {
      const low = lowOf(block, r);
      const high = highOf(block, r);
      if (!Number.isNaN(low)) {
        const checked = check(low, flags & LOWER_MIN ? "/min" : "/Min");
        if (typeof checked === "object") return checked;
        least = checked;
      }
      if (!Number.isNaN(high)) {
        const checked = check(high, flags & LOWER_MAX ? "/max" : "/Max");
        if (typeof checked === "object") return checked;
        most = checked;
      }
    }

    if (days || flags & BARE) {
      const offset = block.utc_offset_s[r]!;
      const date = utcDate(block.time[r]! + (offset === UNKNOWN ? 0 : offset * 1000));
      const values: [string, number][] = [];
      if (!Number.isNaN(value)) values.push([metric.daily ?? metric.name, value]);
      if (second) values.push([second.daily ?? second.name, other]);
      if (!Number.isNaN(least)) values.push([`min_${metric.name}`, least]);
      if (!Number.isNaN(most)) values.push([`max_${metric.name}`, most]);
      if (values.length === 0) return refusal("", "no Avg");
      const at = element(into.whole, "daily");
      for (const [key, number] of values) {
        into.whole.days.push({ date, metric: key, source: sources[source]!, value: number, element: at });
      }
      return null;
    }

    if (Number.isNaN(value)) {
      if (least !== most) return refusal("", "no Avg");
      value = least;
    }
    const at = element(into.samples, "series");
    if (source !== recentSource) {
      recent = target(metric.name, source);
      recentSource = source;
    }
    put(recent!, block, r, value, at);
    if (second) put(target(second.name, source), block, r, other, at);
    if (!Number.isNaN(least) && least !== value) put(target(extremes.min, source), block, r, least, at);
    if (!Number.isNaN(most) && most !== value) put(target(extremes.max, source), block, r, most, at);
    return null;
  };
  return {
    put: putRow,
    end() {
      for (const { columns, rows: count } of targets.values()) setRows(columns, count);
    },
  };
}

/** Makes room, or gives back what was not needed of it. */
function setRows({ time, value, utc_offset_s, element: of }: SampleColumns, rows: number): void {
  for (const column of [time, value, utc_offset_s, of]) column.length = rows;
}

/** The key that told the value. */
function valueField(shape: Named["shape"], flags: number): string {
  if (shape === "blood_pressure") return "/systolic";
  if (flags & SUMMED) return "";
  if (flags & AVERAGE) return flags & LOWER_AVG ? "/avg" : "/Avg";
  return "/qty";
}
