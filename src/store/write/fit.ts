/** Records that no row can hold or no reader can show: refused one by one, or a single one would fail its whole batch for ever. */
import type { Batch, SampleColumns } from "../../domain/batch.ts";
import type { Track } from "../../domain/records.ts";
import { isDate } from "../../domain/time.ts";
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
  date?: string;
}

/**
 * Elements whose record is unfit and why, and the batch without them. What can be mended is: an absurd offset is an unknown one, a part
 * of a millisecond is rounded, and points of a track that lead backwards go.
 */
export function refuseUnfit(batch: Batch): { batch: Batch; refused: Map<number, string> } {
  const refused = new Map<number, string>();
  const fits = (element: number, reason: string | null): boolean => {
    if (reason !== null) refused.set(element, reason);
    return !refused.has(element);
  };
  const record = <R extends { element: number; external_id: string; fields: Told }>(records: R[]): R[] =>
    records
      .filter(({ element, external_id, fields }) =>
        fits(
          element,
          wrongKey(external_id) ??
            wrongInstant(fields.start_time, fields.end_time) ??
            wrongDate(fields.date) ??
            tooLarge(fields),
        ),
      )
      .map((one) => (hasOffset(one.fields) ? one : { ...one, fields: { ...one.fields, utc_offset_s: null } }));

  const fitting: Batch = {
    ...batch,
    activities: record(batch.activities)
      .filter(({ element, track }) => fits(element, wrongTrack(track)))
      .map((one) => (!one.track || isFitTrack(one.track) ? one : { ...one, track: mendTrack(one.track) })),
    nights: record(batch.nights),
    events: record(batch.events),
    segments: batch.segments
      .filter(({ element, source, start_time, end_time }) =>
        fits(element, wrongKey(source) ?? wrongInstant(start_time, end_time)),
      )
      .map((one) => (hasOffset(one) ? one : { ...one, utc_offset_s: null }))
      .map((one) =>
        hasOffset({ utc_offset_s: one.end_utc_offset_s }) ? one : { ...one, end_utc_offset_s: one.utc_offset_s },
      ),
    days: batch.days.filter(({ element, source, metric, date, value }) =>
      fits(element, wrongKey(source + metric) ?? wrongDate(date) ?? (value === null ? null : wrongValue(value))),
    ),
    samples: batch.samples.map((columns) => {
      const key = wrongKey(columns.metric + columns.stream);
      if (key === null && areFit(columns)) return columns;
      const kept: SampleColumns = { ...columns, time: [], value: [], utc_offset_s: [], element: [] };
      for (let i = 0; i < columns.time.length; i++) {
        const time = Math.round(columns.time[i]!);
        const value = columns.value[i]!;
        const element = columns.element[i]!;
        // NaN takes a sample away.
        if (!fits(element, key ?? wrongInstant(time) ?? (Number.isNaN(value) ? null : wrongValue(value)))) continue;
        // `+ 0`, since -0 is no other offset.
        const offset = Math.round(columns.utc_offset_s[i]!) + 0;
        kept.time.push(time);
        kept.value.push(value);
        kept.utc_offset_s.push(isOffset(offset) ? offset : Number.NaN);
        kept.element.push(element);
      }
      return kept;
    }),
  };
  return { batch: fitting, refused };
}

const isInstant = (ms: number): boolean => Number.isSafeInteger(ms) && ms >= FIRST_MS && ms < LAST_MS;
const isOffset = (s: number): boolean => Number.isInteger(s) && Math.abs(s) <= MOST_OFFSET_S;
const hasOffset = ({ utc_offset_s: offset }: Told): boolean =>
  offset === null || offset === undefined || isOffset(offset);

const wrongKey = (key: string): string | null =>
  utf8Length(key) > KEY_BYTES ? `an id or source longer than ${KEY_BYTES} bytes` : null;
const wrongInstant = (...instants: (number | null | undefined)[]): string | null =>
  instants.every((ms) => ms === null || ms === undefined || isInstant(ms)) ? null : "a time out of range";
const wrongDate = (date: string | undefined): string | null =>
  date === undefined || isDate(date) ? null : "not a date";
const wrongValue = (value: number): string | null => (Number.isFinite(value) ? null : "not a number");
const tooLarge = (fields: object): string | null =>
  utf8Length(JSON.stringify(fields)) > FIELDS_BYTES ? `larger than ${FIELDS_BYTES} bytes` : null;

/** A million of them, as a rule: one pass, and nothing is made. */
function areFit({ time, value, utc_offset_s }: SampleColumns): boolean {
  let last = Number.NaN;
  for (let i = 0; i < time.length; i++) {
    const ms = time[i]!;
    if (!(ms >= FIRST_MS && ms < LAST_MS && Math.floor(ms) === ms)) return false;
    const offset = utc_offset_s[i]!;
    // They are nearly all the same, and 0 is no other than -0 to `===` alone.
    if (offset !== last || offset === 0) {
      if (!Number.isNaN(offset) && (!isOffset(offset) || Object.is(offset, -0))) return false;
      last = offset;
    }
    if (Math.abs(value[i]!) === Number.POSITIVE_INFINITY) return false;
  }
  return true;
}

/** Which point has which value cannot be known. */
const wrongTrack = (track: Track | null | undefined): string | null =>
  !track || Object.values(track.channels).every((values) => values.length === track.time.length)
    ? null
    : "a track whose columns differ in length";

/** Of a workout, either way. */
const isMoment = (ms: number): boolean => Number.isSafeInteger(ms) && Math.abs(ms) < LAST_MS - FIRST_MS;

function isFitTrack({ time }: Track): boolean {
  for (let i = 0; i < time.length; i++) if (!isMoment(time[i]!) || (i > 0 && time[i]! <= time[i - 1]!)) return false;
  return true;
}

function mendTrack({ time, channels, laps }: Track): Track {
  const kept: number[] = [];
  const times: number[] = [];
  for (let i = 0; i < time.length; i++) {
    const at = Math.round(time[i]!) + 0;
    if (!isMoment(at) || at <= (times.at(-1) ?? Number.NEGATIVE_INFINITY)) continue;
    kept.push(i);
    times.push(at);
  }
  const columns = Object.entries(channels).map(([channel, values]) => [channel, kept.map((i) => values[i]!)]);
  return { time: times, channels: Object.fromEntries(columns), laps };
}
