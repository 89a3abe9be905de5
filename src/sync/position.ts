/** How far a list has been read, as its cursor row keeps it. Pure: what is asked for next, and what a page makes of it. */
import type { Json, ListStream, Window } from "../providers/provider.ts";

/** A stretch of time read window by window, the newest first. */
export interface Sweep {
  from: number;
  to: number;
  window: Window;
  /** The next page within the window; null: its first. */
  cursor: Json | null;
}

/** JSON of `sync_cursor.position`. */
export interface Position {
  /** What is under way; null between two polls. */
  sweep: Sweep | null;
  /** Failed tries to read this very page. */
  tries: number;
  /** When the next of them counts as one; null: now. */
  again_at: number | null;
  /** Live: everything before this has been polled. */
  high: number | null;
  /** Live: when it last looked further back. */
  reread_at: number | null;
  /** History: the oldest record so far, by which a long silence is measured. */
  oldest: number | null;
  /** History: how far back it was finished; a deeper one may be allowed later. */
  finished_from: number | null;
  /** Gaps: when this round of asking again began. */
  asked_at: number | null;
}

export const START: Position = {
  sweep: null,
  tries: 0,
  again_at: null,
  high: null,
  reread_at: null,
  oldest: null,
  finished_from: null,
  asked_at: null,
};

export function sweepOver(stream: ListStream, from: number, to: number): Sweep {
  return { from, to, window: windowBelow(stream, from, to), cursor: null };
}

const windowBelow = (stream: ListStream, from: number, to: number): Window => ({
  from: stream.max_window_s === null ? from : Math.max(from, to - stream.max_window_s * 1000),
  to,
});

/** What a poll at `now` looks at. `least`: nothing before it may be asked for (terms). */
export function liveSweep(stream: ListStream, position: Position, now: number, least: number): Sweep {
  const { reread, ahead_s = 0 } = stream;
  const wide = reread && (position.reread_at === null || position.reread_at + reread.every_s * 1000 <= now);
  const back = Math.min(
    (position.high ?? now) - stream.overlap_s * 1000,
    wide ? now - reread.back_s * 1000 : Number.POSITIVE_INFINITY,
  );
  return sweepOver(stream, Math.min(Math.max(back, least), now), now + ahead_s * 1000);
}

/** What is left of a history that begins at `to` and has come to `reached`; null: nothing. */
export function historySweep(
  stream: ListStream,
  position: Position,
  reached: number,
  start: number | null,
): Sweep | null {
  const from = Math.max(0, start ?? 0);
  const to = position.finished_from ?? reached;
  return from < to ? sweepOver(stream, from, to) : null;
}

/** Where a history ends, going back; null: where the provider has no more. */
export function historyStart(stream: ListStream, to: number, cacheDays: number | null): number | null {
  const depth = stream.history?.depth_s ?? null;
  const most = Math.min(
    depth === null ? Number.POSITIVE_INFINITY : depth * 1000,
    cacheDays === null ? Number.POSITIVE_INFINITY : cacheDays * 86_400_000,
  );
  return Number.isFinite(most) ? to - most : null;
}

/** What is left of a sweep after a page; null: all of it has been read. `quiet`: nothing was found for too long. */
export function advance(
  stream: ListStream,
  sweep: Sweep,
  page: { next: Json | null; earliest?: number | undefined },
  oldest: number | null,
): Sweep | null {
  const from = Math.max(sweep.from, page.earliest ?? sweep.from);
  if (page.next !== null) return { ...sweep, from, cursor: page.next };
  const { window } = sweep;
  if (window.from <= from) return null;
  const empty = stream.history?.empty_s;
  if (empty !== undefined && oldest !== null && oldest - window.from >= empty * 1000) return null;
  return { from, to: sweep.to, window: windowBelow(stream, from, window.from), cursor: null };
}

/** Share of a history that has been read, by time covered; a history without a known end never claims the last percent. */
export function shareDone(reached: number, from: number | null, to: number, memberSince: number | null): number {
  const begin = from ?? Math.min(memberSince ?? to - 5 * 365 * 86_400_000, to - 1);
  return Math.min(0.99, Math.max(0, (to - reached) / (to - begin)));
}
