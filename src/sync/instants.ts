/** The instants of what a page brought, ms. */
import type { Batch } from "../domain/batch.ts";
import { dateMs } from "../domain/time.ts";

/** Where its oldest record starts; null where it brought none. */
export const oldest = (batch: Batch): number | null => extreme(batch, Math.min);

/** Where its newest record starts. */
export const newest = (batch: Batch): number | null => extreme(batch, Math.max);

function extreme(batch: Batch, pick: (a: number, b: number) => number): number | null {
  let found: number | null = null;
  const see = (ms: number | undefined) => {
    if (ms !== undefined) found = found === null ? ms : pick(found, ms);
  };
  for (const { fields } of batch.activities) see(fields.start_time);
  for (const { fields } of batch.nights) see(fields.start_time);
  for (const { start_time } of batch.segments) see(start_time);
  for (const { date, value } of batch.days) if (value !== null) see(dateMs(date));
  for (const { fields } of batch.events) see(fields.start_time);
  for (const { time } of batch.samples) for (const ms of time) see(ms);
  return found;
}
