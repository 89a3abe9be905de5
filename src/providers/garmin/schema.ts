/**
 * What members of Garmin's JSON look like. Pushed ones: instants are unix seconds, series maps by seconds from the start; shapes are in
 * docs/providers/garmin.md. Of the Personal API nobody has published an answer: what is wrong there is absent.
 */
import { z } from "zod";
import { date, each, instantOf, isInstant, length, lenient, list, parsed, seconds, words } from "../shapes.ts";
import { DAY_S } from "../streams.ts";

const thousandth = z.number().transform((value) => value / 1000);
export const grams = each(thousandth.nullish());
/** The device clock's, s, so anything a person may set; beyond a day it is none. */
export const offsets = each(z.number().min(-DAY_S).max(DAY_S).nullish().catch(null));
export const items = list.catch(null);
export const lists = each(items);
/** Values by seconds from the start: `{"15": 75}`. */
export const byOffset = words.catch(null);
export const starting = {
  startTimeInSeconds: seconds,
  ...offsets("startTimeOffsetInSeconds"),
  durationInSeconds: length,
  ...lenient({ calendarDate: date }),
};

/** Of the Personal API: ms, s, or `2026-11-14 06:10:00`, or with a `T` and a fraction, and no zone: read as UTC. */
export const instant = z.union([
  z.number().min(1e11).refine(isInstant),
  seconds,
  parsed((clock) => instantOf(`${clock.replace(" ", "T").replace(/Z$/, "")}Z`), "not a date"),
]);

export const instants = each(instant.nullish().catch(null));
