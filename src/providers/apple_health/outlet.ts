/** Rows of columns → day values and samples of a batch, once everything about their array is known. */
import { type Batch, element, type SampleColumns, sampleColumns } from "../../domain/batch.ts";
import { utcDate } from "../../domain/time.ts";
import { AVERAGE, BARE, type Block, UNKNOWN } from "./columns.ts";
import { type Refusal, refusal } from "./json.ts";
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
}

/** Puts one row of a block where it belongs; says why where it cannot. */
export function createOutlet({
  into,
  of,
  units,
  sources,
  days,
  grain,
  overlong,
}: Known): (block: Block, r: number) => Refusal | null {
  const { metric, shape } = of;
  const convert = of.toOurs(units);
  const toOurs = typeof convert === "string" ? null : convert;
  const second = shape === "blood_pressure" ? metricNamed("blood_pressure_diastolic", units).metric : null;
  const targets = new Map<string, SampleColumns>();
  let recent: SampleColumns | undefined;
  let recentSource = -1;

  /** In our unit, or why not. */
  const check = (value: number, field: string, limits = metric): number | Refusal => {
    if (Number.isNaN(value)) return refusal(field, "not a number");
    if (value === 0 && of.zero === "no reading") return refusal(field, "0 is no reading");
    if (toOurs === null) return refusal("", convert as string);
    const ours = toOurs(value);
    return ours >= limits.min && ours <= limits.max ? ours : refusal(field, "out of range");
  };
  const plausible = (value: number): number => {
    const ours = check(value, "");
    return typeof ours === "number" ? ours : Number.NaN;
  };
  const put = (to: SampleColumns, block: Block, r: number, value: number, at: number) => {
    to.time.push(block.time[r]!);
    to.value.push(value);
    const offset = block.utc_offset_s[r]!;
    to.utc_offset_s.push(offset === UNKNOWN ? Number.NaN : offset);
    to.element.push(at);
  };
  const target = (metricName: string, source: number): SampleColumns => {
    const key = `${source} ${metricName}`;
    let to = targets.get(key);
    if (!to) {
      to = sampleColumns(into.samples, metricName, `${sources[source]}:${grain}`);
      targets.set(key, to);
    }
    return to;
  };

  return (block, r) => {
    if (overlong) return refusal("", "covers more than a day");
    const flags = block.flags[r]!;
    const source = block.source[r]!;
    let value = block.value[r]!;
    const low = block.low === null ? Number.NaN : block.low[r]!;
    const high = block.high === null ? Number.NaN : block.high[r]!;
    const field = shape === "blood_pressure" ? "/systolic" : flags & AVERAGE ? "/Avg" : "/qty";

    if (days || flags & BARE) {
      const offset = block.utc_offset_s[r]!;
      const date = utcDate(block.time[r]! + (offset === UNKNOWN ? 0 : offset * 1000));
      const values: [string, number][] = [];
      if (shape === "heart_rate") {
        // A day's average may be missing; its extremes are measures of their own.
        if (!Number.isNaN(value)) {
          const average = check(value, field);
          if (typeof average === "object") return average;
          values.push([metric.daily!, average]);
        }
        for (const [key, extreme, end] of [
          ["min_heart_rate_bpm", low, "/Min"],
          ["max_heart_rate_bpm", high, "/Max"],
        ] as const) {
          if (Number.isNaN(extreme)) continue;
          const checked = check(extreme, end);
          if (typeof checked === "number") values.push([key, checked]);
          else if (Number.isNaN(value)) return checked;
        }
        if (values.length === 0) return refusal("", "no Avg");
      } else {
        const checked = check(value, field);
        if (typeof checked === "object") return checked;
        values.push([metric.daily ?? metric.name, checked]);
        if (second) {
          const other = check(low, "/diastolic", second);
          if (typeof other === "object") return other;
          values.push([second.daily ?? second.name, other]);
        }
      }
      const at = element(into.whole, "daily");
      for (const [key, number] of values) {
        into.whole.days.push({ date, metric: key, source: sources[source]!, value: number, element: at });
      }
      return null;
    }

    if (shape === "heart_rate" && Number.isNaN(value)) {
      if (low !== high) return refusal("", "no Avg");
      value = low;
    }
    const checked = check(value, field);
    if (typeof checked === "object") return checked;
    let other = Number.NaN;
    if (second) {
      const diastolic = check(low, "/diastolic", second);
      if (typeof diastolic === "object") return diastolic;
      other = diastolic;
    }
    const at = element(into.samples, "series");
    if (source !== recentSource) {
      recent = target(metric.name, source);
      recentSource = source;
    }
    put(recent!, block, r, checked, at);
    if (second) put(target(second.name, source), block, r, other, at);
    if (shape === "heart_rate") {
      const least = plausible(low);
      const most = plausible(high);
      if (!Number.isNaN(least) && least !== checked) put(target("heart_rate_min_bpm", source), block, r, least, at);
      if (!Number.isNaN(most) && most !== checked) put(target("heart_rate_max_bpm", source), block, r, most, at);
    }
    return null;
  };
}
