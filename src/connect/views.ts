/** A person's connections as they are told: what is connected, how far its history is, what stands in its way. */
import type { Context } from "../platform/context.ts";
import { providerOf } from "../providers/index.ts";
import { isReadBy } from "../providers/provider.ts";
import { type Connection, connectionsOf, type Status } from "../store/connections.ts";
import { cursorsOf, type StreamState } from "../store/cursors.ts";
import { database } from "../store/database.ts";
import { gapsOf } from "../store/gaps.ts";
import type { Person } from "../store/users.ts";
import { laneOf } from "../sync/lanes.ts";
import { missingScopes } from "./connect.ts";

/** Instants in ms. */
export interface ConnectionView {
  provider: string;
  status: Status;
  granted_scopes: string[];
  missing_scopes: string[];
  connected_at: number | null;
  last_success_at: number | null;
  next_sync_at: number | null;
  /** Null where nothing of the past is to be had. */
  backfill: { done_share: number; from: number | null; to: number | null } | null;
  streams: { stream: string; last_data_at: number | null; due_at: number | null; gaps: number }[];
  last_error: { code: string; at: number } | null;
  /** How it gets in. */
  access: { kind: Connection["grant_kind"]; key_expires_at: number | null };
}

/** Rows of connections that never came to be are left out. */
export async function connectionViews(context: Context, person: Person): Promise<ConnectionView[]> {
  const connections = await connectionsOf(context, person);
  return Promise.all(
    connections.filter(({ connected_at }) => connected_at !== null).map((one) => viewOf(context, one)),
  );
}

async function viewOf(context: Context, connection: Connection): Promise<ConnectionView> {
  const db = database(context, connection.person);
  const [rows, gaps] = await Promise.all([cursorsOf(db, connection.id), gapsOf(db, connection.id)]);
  const provider = providerOf(connection.provider);
  const lanes = rows.flatMap((row) => {
    const lane = provider && laneOf(provider, row.stream);
    return lane && isReadBy(lane.stream, connection.grant_kind) ? [{ row, of: lane.of }] : [];
  });
  const of = (kind: "live" | "history" | "gaps" | "want") =>
    lanes.filter((lane) => lane.of === kind).map(({ row }) => row);
  const runs = connection.status === "active";
  const base = ({ stream }: StreamState): string => stream.split(":")[0]!;
  const names = [...new Set(lanes.map(({ row }) => base(row)))];
  return {
    provider: connection.provider,
    status: connection.status,
    granted_scopes: connection.granted_scopes,
    missing_scopes: provider
      ? missingScopes(context, provider, connection.grant_kind, connection.granted_scopes).map(({ name }) => name)
      : [],
    connected_at: connection.connected_at,
    last_success_at: connection.last_success_at,
    next_sync_at: runs ? least(of("live").map(({ due_at }) => due_at)) : null,
    backfill: backfillOf(of("history")),
    streams: names.map((stream) => {
      const mine = lanes.filter(({ row }) => base(row) === stream).map(({ row }) => row);
      const own = mine.find((row) => row.stream === stream);
      return {
        stream,
        last_data_at: greatest(mine.map(({ last_data_at }) => last_data_at)),
        due_at: runs ? (own?.due_at ?? null) : null,
        gaps: gaps.get(stream) ?? 0,
      };
    }),
    last_error:
      connection.last_error_code === null || connection.last_error_at === null
        ? null
        : { code: connection.last_error_code, at: connection.last_error_at },
    access: { kind: connection.grant_kind, key_expires_at: connection.key_expires_at },
  };
}

/** The share of all histories together; a stream that stands still has no part in it. */
function backfillOf(rows: StreamState[]): ConnectionView["backfill"] {
  const running = rows.filter(({ stopped }) => stopped === null);
  if (running.length === 0) return null;
  return {
    done_share: running.reduce((sum, { backfill_done }) => sum + (backfill_done ?? 0), 0) / running.length,
    from: least(running.map(({ backfill_from }) => backfill_from)),
    to: greatest(running.map(({ backfill_to }) => backfill_to)),
  };
}

const known = (instants: (number | null)[]): number[] => instants.filter((at) => at !== null);
const least = (instants: (number | null)[]): number | null =>
  known(instants).length > 0 ? Math.min(...known(instants)) : null;
const greatest = (instants: (number | null)[]): number | null =>
  known(instants).length > 0 ? Math.max(...known(instants)) : null;
