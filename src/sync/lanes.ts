/**
 * What a cursor's row stands for, and the next thing to ask for it: a list live (`activities`), its history (`activities:history`),
 * its gaps (`activities:gaps`), or the open wants of a kind (`activity_detail`).
 */

import type { Context } from "../platform/context.ts";
import type { Fault } from "../platform/errors.ts";
import type { Account, Answer, Page, Provider, ProviderRequest, Stream } from "../providers/provider.ts";
import type { Connection } from "../store/connections.ts";
import type { Cursor, Move } from "../store/cursors.ts";
import type { Offsets } from "../store/offsets.ts";
import type { Want } from "../store/wants.ts";

export type ListKind = "live" | "history" | "gaps";

export const historyLane = (stream: string): string => `${stream}:history`;
/** The stream that a row is a lane of. */
export const baseOf = (lane: string): string => lane.split(":")[0]!;

/** What stands behind a row's name; null where the provider has no such stream. */
export function laneOf(provider: Provider, name: string): { stream: Stream; of: ListKind | "want" } | null {
  const [base = "", suffix = "live"] = name.split(":");
  if (!Object.hasOwn(provider.streams, base)) return null;
  const stream = provider.streams[base]!;
  if (stream.kind === "want") return suffix === "live" ? { stream, of: "want" } : null;
  return suffix === "live" || suffix === "history" || suffix === "gaps" ? { stream, of: suffix } : null;
}

/** One runner's work on one row. `cursor` follows what was committed. */
export interface Job {
  context: Context;
  db: D1Database;
  provider: Provider;
  connection: Connection;
  account: Account;
  cursor: Cursor;
  offsets: Offsets | null;
}

/** How the row moves and what goes with it. */
export interface Step {
  position: string;
  also: D1PreparedStatement[];
  /** There is more to ask for at once. */
  more: boolean;
  /** Where the row rests when there is not. */
  rest: Move["then"];
  last_data_at?: number | null;
  backfill?: { from: number; done: number };
  /** Something was left behind unread: the row is not well. */
  error?: string;
}

/** The next request of a row. */
export interface Ask {
  request: ProviderRequest;
  /** Whose share of the budget it spends. */
  lane: "live" | "backfill";
  /** Earlier tries of this very page or item. */
  tries: number;
  /** When the next try counts as one; null: now. */
  again_at: number | null;
  item: Want | null;
  read(answer: Answer): Page | Fault;
  after(page: Page): Step;
  /** It cannot be read: noted, and left behind. */
  pass(reason: string): Step;
}

export interface Lane {
  /** Null: there is nothing to ask for now. */
  next(): Promise<Ask | null>;
  /** How the row rests then. */
  rest: { due_at: number | null | "until_wanted"; position?: string };
}
