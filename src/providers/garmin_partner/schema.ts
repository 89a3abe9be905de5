/** What pushed members look like: instants are unix seconds, series maps by seconds from the start; docs/providers/garmin.md. */
import { z } from "zod";
import { date, each, length, lenient, seconds, words } from "../shapes.ts";
import { DAY_S } from "../streams.ts";

/** The device clock's, s, so anything a person may set; beyond a day it is none. */
export const offsets = each(z.number().min(-DAY_S).max(DAY_S).nullish().catch(null));
/** Values by seconds from the start: `{"15": 75}`. */
export const byOffset = words.catch(null);
export const starting = {
  startTimeInSeconds: seconds,
  ...offsets("startTimeOffsetInSeconds"),
  durationInSeconds: length,
  ...lenient({ calendarDate: date }),
};
