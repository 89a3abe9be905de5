/** Records that no row can hold: refused one by one, or a single one would fail its whole batch for ever. */
import type { Batch } from "../../domain/batch.ts";
import { utf8Length } from "../../platform/limits.ts";

/** Of a record's fields as JSON; a row has at most two million bytes, of which a night's segments and `parts` take their share. */
const FIELDS_BYTES = 500_000;
/** Of what is part of a key. */
const KEY_BYTES = 2_000;

/** Elements whose record is too large, and the batch without them. */
export function refuseOversized(batch: Batch): { batch: Batch; refused: Map<number, string> } {
  const refused = new Map<number, string>();
  const fits = (element: number, key: string, fields: unknown): boolean => {
    if (utf8Length(key) > KEY_BYTES) refused.set(element, `an id or source longer than ${KEY_BYTES} bytes`);
    else if (fields !== null && utf8Length(JSON.stringify(fields)) > FIELDS_BYTES) {
      refused.set(element, `larger than ${FIELDS_BYTES} bytes`);
    }
    return !refused.has(element);
  };
  const record = ({ element, external_id, fields }: { element: number; external_id: string; fields: unknown }) =>
    fits(element, external_id, fields);
  const activities = batch.activities.filter(record);
  const nights = batch.nights.filter(record);
  const events = batch.events.filter(record);
  const segments = batch.segments.filter(({ element, source }) => fits(element, source, null));
  const days = batch.days.filter(({ element, source, metric }) => fits(element, source + metric, null));
  const samples = batch.samples.filter(({ metric, stream, element }) => {
    if (utf8Length(metric + stream) <= KEY_BYTES) return true;
    for (const one of element) fits(one, metric + stream, null);
    return false;
  });
  if (refused.size === 0) return { batch, refused };
  return { batch: { ...batch, activities, nights, events, segments, days, samples }, refused };
}
