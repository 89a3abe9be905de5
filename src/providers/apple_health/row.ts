/** The numbers of one element of a metric, by the shape that its name says. */

import { type Entry, given, isNumber, type Refusal, refusal } from "../json.ts";
import { AVERAGE, LOWER_AVG, LOWER_MAX, LOWER_MIN, SUMMED } from "./columns.ts";
import type { Shape } from "./metrics.ts";

/** Absent numbers are NaN. A blood pressure is systolic in `value`, diastolic in `low`. */
export interface Row {
  value: number;
  low: number;
  high: number;
  /** Of columns: by which keys they were told. */
  flags: number;
}
const row = (value: number, low = Number.NaN, high = Number.NaN, flags = 0): Row => ({ value, low, high, flags });

/** The numbers of an element; those absent are NaN. */
export function readRow(entry: Entry, shape: Shape): Row | Refusal {
  const read = (...keys: string[]): number | Refusal => {
    const value = given(entry, ...keys);
    if (value === undefined) return Number.NaN;
    const key = keys.find((name) => given(entry, name) !== undefined)!;
    return isNumber(value) ? value : refusal(`/${key}`, "not a number");
  };
  if (shape === "blood_pressure") {
    for (const key of ["systolic", "diastolic"]) {
      if (!isNumber(given(entry, key))) return refusal(`/${key}`, "not a number");
    }
    return row(entry.systolic as number, entry.diastolic as number);
  }
  if (shape === "sexual_activity") {
    let sum = Number.NaN;
    for (const key of ["Unspecified", "Protection Used", "Protection Not Used"]) {
      const count = read(key);
      if (typeof count === "object") return count;
      if (!Number.isNaN(count)) sum = (Number.isNaN(sum) ? 0 : sum) + count;
    }
    if (!Number.isNaN(sum)) return row(sum, Number.NaN, Number.NaN, SUMMED);
  }
  const numbers: number[] = [];
  for (const keys of [["qty"], ["Avg", "avg"], ["Min", "min"], ["Max", "max"]]) {
    const number = read(...keys);
    if (typeof number === "object") return number;
    numbers.push(number);
  }
  const [quantity, average, low, high] = numbers as [number, number, number, number];
  const averageFirst =
    shape === "heart_rate" ? !Number.isNaN(average) : Number.isNaN(quantity) && !Number.isNaN(average);
  const value = averageFirst ? average : quantity;
  if (shape !== "heart_rate" && Number.isNaN(value)) return refusal("/qty", "not a number");
  const lower = (key: string, flag: number): number => (given(entry, key) === undefined ? flag : 0);
  const flags =
    (averageFirst ? AVERAGE : 0) | lower("Avg", LOWER_AVG) | lower("Min", LOWER_MIN) | lower("Max", LOWER_MAX);
  return row(value, low, high, flags);
}
