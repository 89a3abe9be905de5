/** Several objects one after the other (NDJSON): each is read by a reader of its own, and its pointers begin with its number. */
import { append, type Batch, emptyBatch } from "../domain/batch.ts";
import type { Reader } from "../providers/format.ts";

/** Rough bytes of an element that waits to be stored with those of other lines. */
const ELEMENT_BYTES = 64;
const RECORD_BYTES = 2048;

/** `isLines`: whether it is known from the start, else the second object tells. */
export function readLines(open: () => Reader, isLines: boolean): Reader {
  let lines = isLines;
  let line = 0;
  let current = open();
  let anyFound = false;
  let done = emptyBatch();

  function keep(batch: Batch): void {
    for (const rejection of batch.rejections) rejection.pointer = `/${line}${rejection.pointer}`;
    append(done, batch);
  }
  function finish(): void {
    const { found } = current;
    keep(current.take(true));
    if (found) anyFound = true;
    else done.rejections.push({ kind: "series", pointer: `/${line}`, reason: "nothing known was found" });
  }
  const bytesOf = ({ elements, activities, nights, events, rejections }: Batch): number =>
    elements.length * ELEMENT_BYTES +
    (activities.length + nights.length + events.length + rejections.length) * RECORD_BYTES;

  return {
    treat: (path, type) => current.treat(path, type),
    glance: (path, bytes, from, to) => current.glance?.(path, bytes, from, to) ?? -1,
    get glanced() {
      return current.glanced ?? 1;
    },
    value: (path, bytes, from, to) => current.value(path, bytes, from, to),
    leave: (path) => current.leave(path),
    refuse: (path, reason) => current.refuse(path, reason),
    next() {
      lines = true;
      finish();
      line++;
      current = open();
    },
    get found() {
      return anyFound || current.found;
    },
    get isTest() {
      return !lines && (current.isTest ?? false);
    },
    get held() {
      return current.held + bytesOf(done);
    },
    take(all) {
      if (!lines) return current.take(all);
      if (all) finish();
      else keep(current.take(false));
      const taken = done;
      done = emptyBatch();
      return taken;
    },
  };
}
