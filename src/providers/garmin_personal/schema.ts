/** Times of the Personal API. Nobody has published an answer of it: what is wrong is absent. */
import { z } from "zod";
import type { Told } from "../reading.ts";
import { each, instantOf, isInstant, parsed, seconds } from "../shapes.ts";
import { DAY_S } from "../streams.ts";

/** ms, s, or `2026-11-14 06:10:00`, or with a `T` and a fraction, and no zone: read as UTC. */
export const instant = z.union([
  z.number().min(1e11).refine(isInstant),
  seconds,
  parsed((clock) => instantOf(`${clock.replace(" ", "T").replace(/Z$/, "")}Z`), "not a date"),
]);
export const instants = each(instant.nullish().catch(null));

/** What a local clock is ahead of UTC, s; null where one of them is not told or they are more than a day apart. */
export function clockOffset(local: Told, utc: Told): number | null {
  const offset = local == null || utc == null ? null : Math.round((local - utc) / 1000);
  return offset !== null && Math.abs(offset) <= DAY_S ? offset : null;
}
