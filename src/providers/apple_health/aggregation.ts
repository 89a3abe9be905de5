/** What the header `automation-aggregation` says of all values of a post. */
import type { Hints } from "../format.ts";

export type Aggregation =
  | { of: "days" }
  | { of: "samples"; grain: "second" | "minute" | "hour" | null }
  /** Weeks, months, years: a value over many days is neither. */
  | { of: "more" }
  /** Not told: the dates decide. */
  | { of: "unknown" };

export function aggregationOf(hints: Hints): Aggregation {
  switch (hints.headers["automation-aggregation"]?.trim().toLowerCase()) {
    case undefined:
    case "":
      return { of: "unknown" };
    case "days":
      return { of: "days" };
    case "seconds":
      return { of: "samples", grain: "second" };
    case "minutes":
      return { of: "samples", grain: "minute" };
    case "hours":
      return { of: "samples", grain: "hour" };
    case "weeks":
    case "months":
    case "years":
      return { of: "more" };
    default:
      return { of: "samples", grain: null };
  }
}

/** The grain of times without a header that tells it. */
export const grainOf = (hoursOnly: boolean, dates: number): "hour" | "minute" =>
  hoursOnly && dates >= 2 ? "hour" : "minute";
