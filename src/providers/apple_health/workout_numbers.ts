/** The numbers of a workout: objects in one export version, series in the other, in the phone's units. */
import { METRICS } from "../../domain/metrics.ts";
import { convert, type Quantity } from "../../domain/units.ts";
import { type Entry, given, isEntry, isNumber } from "../json.ts";
import { perMinute } from "./route.ts";

interface Range {
  min: number;
  max: number;
}
/** What can be true of a whole workout as of a sample. */
export const BPM: Range = METRICS.get("heart_rate_bpm")!;
export const SPEED: Range = METRICS.get("running_speed_mps")!;
export const POWER: Range = METRICS.get("cycling_power_w")!;
export const CADENCE: Range = METRICS.get("cycling_cadence_rpm")!;
export const ENERGY: Range = METRICS.get("active_energy_kcal")!;
export const DISTANCE: Range = METRICS.get("distance_m")!;
export const STEPS: Range = METRICS.get("steps")!;
const ANY: Range = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
export const POSITIVE: Range = { min: 0, max: Number.POSITIVE_INFINITY };

/** What a number is told in. `rate`: a minute, in whatever words, or a second. */
type Told = Quantity | "rate" | null;

/** Numbers of a workout, and how many of them could not be read. */
export function numbersOf(entry: Entry) {
  let dropped = 0;
  const drop = (count = 1): null => {
    dropped += count;
    return null;
  };
  /** In our unit; null where the unit is none that is known. Without a quantity the unit does not matter. */
  const inOurs = (number: number, units: unknown, told: Told): number | null => {
    if (told === null) return number;
    if (told === "rate") return number * perMinute(units);
    const ours = typeof units === "string" ? convert(number, units, told) : null;
    return ours !== null && Number.isFinite(ours) ? ours : null;
  };
  const within = (number: number | null, { min, max }: Range): number | null =>
    number !== null && number >= min && number <= max ? number : null;
  /** `{qty, units}`, or a plain number where no unit is needed. */
  const one = (value: unknown, told: Told, range: Range): number | null => {
    if (value === undefined || Array.isArray(value)) return null;
    const number = isEntry(value) ? given(value, "qty") : value;
    if (isEntry(value) && number === undefined) return null;
    if (!isNumber(number)) return drop();
    const units = isEntry(value) ? given(value, "units") : undefined;
    return within(inOurs(number, units, told), range) ?? drop();
  };
  /** The values of a series `[{qty, units, …}]`; negative, implausible and unreadable ones dropped. */
  const many = (value: unknown, told: Told, range: Range): number[] => {
    const numbers: number[] = [];
    for (const point of Array.isArray(value) ? value : []) {
      const number = isEntry(point) ? given(point, "qty") : undefined;
      const ours = isNumber(number) && number >= 0 ? inOurs(number, given(point as Entry, "units"), told) : null;
      if (within(ours, range) === null) drop();
      else numbers.push(ours!);
    }
    return numbers;
  };
  const sum = (value: unknown, told: Told, range: Range): number | null => {
    const numbers = many(value, told, range);
    if (numbers.length === 0) return null;
    return (
      within(
        numbers.reduce((total, number) => total + number, 0),
        range,
      ) ?? drop()
    );
  };
  return {
    drop,
    one: (key: string, told: Told, range: Range = ANY) => one(given(entry, key), told, range),
    inside: (outer: string, inner: string, told: Told, range: Range) => {
      const holder = given(entry, outer);
      return isEntry(holder) ? one(given(holder, inner), told, range) : null;
    },
    /** Version 1: `elevation {ascent, descent, units}`. */
    older: (key: "ascent" | "descent") => {
      const elevation = given(entry, "elevation");
      const number = isEntry(elevation) ? given(elevation, key) : undefined;
      return number === undefined ? null : one({ qty: number, units: (elevation as Entry).units }, "m", POSITIVE);
    },
    many: (key: string, told: Told, range: Range) => many(given(entry, key), told, range),
    /** An object in one version, a series in the other. */
    total: (key: string, told: Told, range: Range) => {
      const value = given(entry, key);
      return Array.isArray(value) ? sum(value, told, range) : one(value, told, range);
    },
    dropped: () => dropped,
  };
}
