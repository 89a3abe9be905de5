/** A format's reader where a body is a list of small objects: what lies where, what a value leads to, and when it may be stored. */
import { append, type Batch, emptyBatch, type Kind } from "../domain/batch.ts";
import type { Path, Reader, Treatment } from "./format.ts";
import { parse, pointerOf } from "./json.ts";

/** What a body has led to so far. */
export interface Gathered {
  /** Samples and events: may be stored while the body still comes. */
  soon: Batch;
  /** Days, nights and workouts: stored once, at the end. */
  late: Batch;
  /** Rough bytes of what waits to be understood at the end. */
  readonly waiting: number;
  /** Understands what waits: into `late` and `soon`. */
  settle(): void;
}

export interface Shape {
  /** As a scanner's listener; null: this is one of the arrays or objects that make the format, its elements are wanted whole. */
  treat(path: Path, type: "object" | "array"): Treatment | null;
  /** A delivered value. */
  value(path: Path, value: unknown, pointer: string): void;
  /** What an element that cannot be read would have been; null: it is none. */
  kindAt(path: Path): Kind | null;
  /** Whether something else has shown that the body is of this format. */
  isFound?(): boolean;
  /** Whether it is a test. */
  isTest?(): boolean;
}

const SAMPLE_BYTES = 64;
const ENTRY_BYTES = 2048;
/** What waits is settled early where there is more of it than anybody has. */
const MOST_WAITING = 48 * 1024 * 1024;

export function readElements(gathered: Gathered, shape: Shape): Reader {
  let found = false;
  const bytesOf = ({ elements, events, rejections }: Batch): number =>
    elements.length * SAMPLE_BYTES + (events.length + rejections.length) * ENTRY_BYTES;
  const isFull = (): boolean => gathered.waiting + bytesOf(gathered.late) > MOST_WAITING;
  return {
    treat(path, type) {
      const treatment = shape.treat(path, type);
      if (treatment !== null) return treatment;
      found = true;
      return type === "array" ? "elements" : "value";
    },
    value(path, bytes, from, to) {
      shape.value(path, exact(bytes, from, to), pointerOf(path));
    },
    refuse(path, reason) {
      const kind = shape.kindAt(path);
      if (kind !== null) gathered.soon.rejections.push({ kind, pointer: pointerOf(path), reason });
    },
    leave() {},
    get found() {
      return found || (shape.isFound?.() ?? false);
    },
    get isTest() {
      return shape.isTest?.() ?? false;
    },
    get held() {
      return bytesOf(gathered.soon) + (isFull() ? gathered.waiting + bytesOf(gathered.late) : 0);
    },
    take(all) {
      const whole = all || isFull();
      if (whole) gathered.settle();
      const taken = gathered.soon;
      gathered.soon = emptyBatch();
      if (!whole) return taken;
      append(taken, gathered.late);
      gathered.late = emptyBatch();
      return taken;
    },
  };
}

/** 17 digits and more: an id or nanoseconds that a double would round. */
const LONG_NUMBER = /(?<![\d.eE+])-?\d{17,}(?![\d.eE])/;
type Reviver = (key: string, value: unknown, context: { source: string }) => unknown;
const digits: Reviver = (_, value, { source }) =>
  typeof value === "number" && LONG_NUMBER.test(source) ? source : value;

/** The JSON, whole numbers that a double cannot hold as the text of their digits. */
function exact(bytes: Uint8Array, from: number, to: number): unknown {
  let run = 0;
  for (let i = from; i < to; i++) {
    const c = bytes[i]!;
    run = c >= 48 && c <= 57 ? run + 1 : 0;
    if (run === 17) return JSON.parse(decoder.decode(bytes.subarray(from, to)), digits as () => unknown);
  }
  return parse(bytes, from, to);
}

const decoder = new TextDecoder();
