/** Records that no row can hold or no reader can show: refused one by one, or a single one would fail its whole batch for ever. */
import type { Batch } from "../../domain/batch.ts";
import { utf8Length } from "../../platform/limits.ts";

/** Of a record's fields as JSON; a row has at most two million bytes, of which a night's segments and `parts` take their share. */
const FIELDS_BYTES = 500_000;
/** Of what is part of a key. */
const KEY_BYTES = 2_000;
const FIRST_MS = Date.UTC(1900);
const LAST_MS = Date.UTC(2200);
/** Device clocks are anybody's to set, but not by more than this. */
const MOST_OFFSET_S = 26 * 3600;

interface Told {
  start_time?: number;
  end_time?: number | null;
  utc_offset_s?: number | null;
}

/** Elements whose record is unfit and why, and the batch without them. An absurd offset is an unknown one. */
export function refuseUnfit(batch: Batch): { batch: Batch; refused: Map<number, string> } {
  const refused = new Map<number, string>();
  const fits = (element: number, key: string, instants: (number | null | undefined)[], fields?: object): boolean => {
    if (utf8Length(key) > KEY_BYTES) refused.set(element, `an id or source longer than ${KEY_BYTES} bytes`);
    else if (!instants.every(isInstant)) refused.set(element, "a time out of range");
    else if (fields && utf8Length(JSON.stringify(fields)) > FIELDS_BYTES) {
      refused.set(element, `larger than ${FIELDS_BYTES} bytes`);
    }
    return !refused.has(element);
  };
  const record = <R extends { element: number; external_id: string; fields: Told }>(records: R[]): R[] =>
    records
      .filter(({ element, external_id, fields }) =>
        fits(element, external_id, [fields.start_time, fields.end_time], fields),
      )
      .map((one) => (hasOffset(one.fields) ? one : { ...one, fields: { ...one.fields, utc_offset_s: null } }));

  const fitting: Batch = {
    ...batch,
    activities: record(batch.activities),
    nights: record(batch.nights),
    events: record(batch.events),
    segments: batch.segments.filter(({ element, source, start_time, end_time }) =>
      fits(element, source, [start_time, end_time]),
    ),
    days: batch.days.filter(({ element, source, metric }) => fits(element, source + metric, [])),
    samples: batch.samples.map((column) => {
      const key = column.metric + column.stream;
      if (utf8Length(key) <= KEY_BYTES && column.time.every(isInstant)) return column;
      const kept = column.time.flatMap((time, i) => (fits(column.element[i]!, key, [time]) ? [i] : []));
      const pick = (values: number[]) => kept.map((i) => values[i]!);
      const { time, value, utc_offset_s, element } = column;
      return {
        ...column,
        time: pick(time),
        value: pick(value),
        utc_offset_s: pick(utc_offset_s),
        element: pick(element),
      };
    }),
  };
  return { batch: fitting, refused };
}

const isInstant = (ms: number | null | undefined): boolean =>
  ms === null || ms === undefined || (Number.isFinite(ms) && ms >= FIRST_MS && ms < LAST_MS);

const hasOffset = ({ utc_offset_s: offset }: Told): boolean =>
  offset === null || offset === undefined || (Number.isFinite(offset) && Math.abs(offset) <= MOST_OFFSET_S);
