/**
 * Everything of a person as NDJSON: one record a line, read page by page as the reader takes it. The last line, `{"record": "end", …}`,
 * tells a whole export from a cut one; where one invocation may read no more it carries a `next_cursor` to go on from.
 */
import { z } from "zod";
import { metricOf } from "../domain/metrics.ts";
import type { ReadRules } from "../domain/terms.ts";
import {
  toWireActivity,
  toWireDay,
  toWireDeletion,
  toWireEvent,
  toWirePoint,
  toWireProfile,
  toWireSleep,
  toWireTrack,
} from "../domain/wire.ts";
import type { Context } from "../platform/context.ts";
import { QUERIES_PER_INVOCATION } from "../platform/limits.ts";
import { listActivities } from "../store/activities.ts";
import { listDays } from "../store/days.ts";
import { listDeletions } from "../store/deletions.ts";
import { listEvents } from "../store/events.ts";
import { listNights } from "../store/nights.ts";
import { decodeCursor, encodeCursor, type Page } from "../store/paging.ts";
import { listSeries } from "../store/series.ts";
import { listTracks } from "../store/tracks.ts";
import type { Person } from "../store/users.ts";

interface Reading {
  context: Context;
  person: Person;
  rules: ReadRules;
}

/** One line, made when its turn comes, so that of packed rows only one is unpacked at a time. */
type Line = () => Promise<object> | object;
type Section = (reading: Reading, cursor: string | undefined) => Promise<Page<Line>>;

const ROWS = 200;

const linesOf = <Row>(page: Page<Row>, line: (row: Row) => Promise<object> | object): Page<Line> => ({
  data: page.data.map((row) => () => line(row)),
  next_cursor: page.next_cursor,
});

const SECTIONS: readonly Section[] = [
  async ({ person }) => ({ data: [() => ({ record: "profile", ...toWireProfile(person) })], next_cursor: null }),
  async ({ context, person, rules }, cursor) =>
    linesOf(await listActivities(context, person, { duplicates: "all", cursor, limit: ROWS }, rules), (row) => ({
      record: "activity",
      ...toWireActivity(row),
    })),
  async ({ context, person, rules }, cursor) =>
    linesOf(await listTracks(context, person, cursor, rules), async (unpack) => ({
      record: "track",
      ...toWireTrack(await unpack()),
    })),
  async ({ context, person, rules }, cursor) =>
    linesOf(await listNights(context, person, { cursor, limit: ROWS }, rules), (row) => ({
      record: "sleep",
      ...toWireSleep(row),
    })),
  async ({ context, person, rules }, cursor) =>
    linesOf(await listDays(context, person, { cursor, limit: ROWS }, rules), (row) => ({
      record: "daily",
      ...toWireDay(row),
    })),
  async ({ context, person, rules }, cursor) =>
    linesOf(await listSeries(context, person, cursor, rules), async (unpack) => {
      const { metric, provider, stream, date, points } = await unpack();
      const { unit } = metricOf(metric);
      return { record: "series", metric, unit, provider, stream, date, data: points.map(toWirePoint) };
    }),
  async ({ context, person, rules }, cursor) =>
    linesOf(await listEvents(context, person, { cursor, limit: ROWS }, rules), (row) => ({
      record: "event",
      ...toWireEvent(row),
    })),
  async ({ context, person }, cursor) =>
    linesOf(await listDeletions(context, person, { cursor, limit: ROWS }), (row) => ({
      record: "deletion",
      ...toWireDeletion(row),
    })),
];

/** D1 reads of one export, one a page; the rest is for whoever else reads in the same invocation. */
const READS = QUERIES_PER_INVOCATION - 100;

const position = z.tuple([
  z.literal("export"),
  z
    .int()
    .min(0)
    .max(SECTIONS.length - 1),
  z.string().nullable(),
]);

/** Throws Problem `bad_cursor`, before the first line. */
export function exportLines(reading: Reading, cursor: string | undefined, most = READS): AsyncGenerator<string> {
  const [, section, after] = cursor === undefined ? (["export", 0, null] as const) : decodeCursor(cursor, position);
  return exportFrom(reading, section, after ?? undefined, most);
}

async function* exportFrom(
  reading: Reading,
  first: number,
  after: string | undefined,
  most: number,
): AsyncGenerator<string> {
  let lines = 0;
  let reads = 0;
  let cursor = after;
  for (let section = first; section < SECTIONS.length; section++) {
    do {
      if (reads === most) {
        const next_cursor = encodeCursor(["export", section, cursor ?? null]);
        yield `${JSON.stringify({ record: "end", lines, next_cursor })}\n`;
        return;
      }
      reads++;
      const page = await SECTIONS[section]!(reading, cursor);
      for (const line of page.data) {
        yield `${JSON.stringify(await line())}\n`;
        lines++;
      }
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }
  yield `${JSON.stringify({ record: "end", lines, next_cursor: null })}\n`;
}

const CHUNK_BYTES = 65_536;

/** Lines as bytes, made no faster than they are read. An error cuts the stream: a reader misses the last line. */
export function streamOf(text: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk: string[] = [];
      let size = 0;
      while (size < CHUNK_BYTES) {
        const { value, done } = await text.next();
        if (done) break;
        chunk.push(value);
        size += value.length;
      }
      if (chunk.length > 0) controller.enqueue(encoder.encode(chunk.join("")));
      if (size < CHUNK_BYTES) controller.close();
    },
    async cancel() {
      await text.return(undefined);
    },
  });
}
