/** A body shape that a phone app posts: recognised from its beginning, then read element by element as it streams in. */
import type { Batch } from "../domain/batch.ts";
import type { Listener } from "../platform/scanner.ts";

/** Keys and array indexes from the root; reused by the scanner, so copied by who keeps it. */
export type Path = Parameters<Listener["treat"]>[0];
export type Treatment = ReturnType<Listener["treat"]>;

export interface Hints {
  /** Request headers, names in lower case. */
  headers: Record<string, string>;
  /** Query of the request (`?type=`). */
  query: Record<string, string>;
  /** The offset to read a zone-less local time of that date with, s. */
  offsetAt(date: string): number;
  /** Told of an instant by an element read before; later guesses near it prefer it. */
  knowOffset?(time: number, offset: number): void;
  now: number;
}

/**
 * Reads one body as the scanner's listener (platform/scanner says what each call means). Never throws for what a body holds:
 * a bad element is a rejection in the batch.
 */
export interface Reader extends Listener {
  /** Whether one of the arrays that make this format was there, if empty. At the end of a body without: it was another's. */
  readonly found: boolean;
  /** Whether the body says of itself that it is a test: its elements are counted, and nothing is stored. Known at the end. */
  readonly isTest?: boolean;
  /** Rough bytes that `take(false)` would let go of, to decide when to spill. */
  readonly held: number;
  /**
   * What can be written now, so that no row is likely to be written again by the same body; with `all` everything.
   * The reader forgets it.
   */
  take(all: boolean): Batch;
}

export interface Format {
  name: string;
  title: string;
  /**
   * `outline`: the body's beginning as JSON, cut short where it was cut, arrays to their first elements. Where it is not `whole`, a
   * format may say yes to what it cannot rule out; if nothing of it is `found`, the body is refused at its end.
   */
  recognise(outline: unknown, whole: boolean): boolean;
  read(hints: Hints): Reader;
}
