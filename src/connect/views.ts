/** A person's connections as they are told: what is connected, how far its history is, what stands in its way. */
import { DAY_MS } from "../domain/time.ts";
import type { Context } from "../platform/context.ts";
import { providerOf } from "../providers/index.ts";
import { isReadBy, type Provider } from "../providers/provider.ts";
import { type Connection, connectionsOf, type Status } from "../store/connections.ts";
import { cursorsOf, type StreamState } from "../store/cursors.ts";
import { database } from "../store/database.ts";
import { gapsOf } from "../store/gaps.ts";
import { newestOf } from "../store/newest.ts";
import { rejectionsOf, type StreamRejection } from "../store/runs.ts";
import type { Person } from "../store/users.ts";
import { pendingOf } from "../store/wants.ts";
import { laneOf } from "../sync/lanes.ts";
import { missingScopes } from "./connect.ts";

interface Told {
  code: string;
  at: number;
}
export interface StreamView {
  stream: string;
  last_data_at: number | null;
  due_at: number | null;
  gaps: number;
  /** Records still to be asked for by themselves. */
  pending: number;
  error: Told | null;
}
const NOT_ASKED = { due_at: null, gaps: 0, pending: 0, error: null };
/** How long rejections are told of. */
const REJECTIONS_MS = 7 * DAY_MS;

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
  streams: StreamView[];
  /** The newest error of a stream that has not gone well since (`stream`), or of the connection as a whole. */
  last_error: (Told & { stream: string | null }) | null;
  /** A limit of the provider is spent: reading goes on then. */
  waiting_until: number | null;
  /** What could not be read of the answers of the last days. */
  rejections: StreamRejection[];
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
  const now = context.now();
  const [rows, gaps, pending, rejections] = await Promise.all([
    cursorsOf(db, connection.id),
    gapsOf(db, connection.id),
    pendingOf(db, connection.id),
    rejectionsOf(context, connection.id, now - REJECTIONS_MS),
  ]);
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
  const asked = names.map((stream): StreamView => {
    const mine = lanes.filter(({ row }) => base(row) === stream).map(({ row }) => row);
    const own = mine.find((row) => row.stream === stream);
    return {
      stream,
      last_data_at: greatest(mine.map(({ last_data_at }) => last_data_at)),
      due_at: runs ? (own?.due_at ?? null) : null,
      gaps: gaps.get(stream) ?? 0,
      pending: pending.get(stream) ?? 0,
      error: newest(mine.map(errorOf)),
    };
  });
  // A phone is not asked: what it sends is told by kind.
  const sent = provider?.formats ? await newestOf(db, connection.person.id, provider.id) : [];
  const streams = [...asked, ...sent.map(({ kind, at }) => ({ ...NOT_ASKED, stream: kind, last_data_at: at }))];
  const waits = lanes.filter(({ row }) => row.error_code === WAIT && (row.due_at ?? 0) > now);
  return {
    provider: connection.provider,
    status: connection.status,
    granted_scopes: connection.granted_scopes,
    missing_scopes: provider ? missing(context, provider, connection, lanes) : [],
    connected_at: connection.connected_at,
    last_success_at: connection.last_success_at,
    next_sync_at: runs ? least(of("live").map(({ due_at }) => due_at)) : null,
    backfill: backfillOf(of("history")),
    streams,
    last_error: lastError(connection, runs ? streams : []),
    waiting_until: runs ? least(waits.map(({ row }) => row.due_at)) : null,
    rejections,
    access: { kind: connection.grant_kind, key_expires_at: connection.key_expires_at },
  };
}

/** A wait for a limit is no error: it ends by itself. */
const WAIT = "rate_limited";
const errorOf = ({ error_code, error_at }: Pick<StreamState, "error_code" | "error_at">): Told | null =>
  error_code === null || error_at === null || error_code === WAIT ? null : { code: error_code, at: error_at };

function newest<Error extends Told>(errors: (Error | null)[]): Error | null {
  return errors.reduce((last, error) => (error && (!last || error.at > last.at) ? error : last), null);
}

function lastError(connection: Connection, streams: StreamView[]): ConnectionView["last_error"] {
  const { last_error_code: code, last_error_at: at, status } = connection;
  const own = code === null || at === null ? null : { code, at, stream: null };
  // Why it ended counts, not what went wrong besides.
  if (own && status !== "active") return own;
  return newest([own, ...streams.map(({ stream, error }) => error && { ...error, stream })]);
}

/** What was not granted, and what the provider refused for want of a scope although it was. */
function missing(
  context: Context,
  provider: Provider,
  connection: Connection,
  lanes: { row: StreamState }[],
): string[] {
  const { grant_kind, granted_scopes } = connection;
  const asked = missingScopes(context, provider, grant_kind, []).map(({ name }) => name);
  const refused = lanes
    .filter(({ row }) => row.stopped === "scope_missing" && row.error_code === "scope_missing")
    .flatMap(({ row }) => provider.streams[row.stream.split(":")[0]!]?.scopes ?? [])
    .map((scope) => (typeof scope === "string" ? scope : scope.find((one) => asked.includes(one))));
  return asked.filter((name) => !granted_scopes.includes(name) || refused.includes(name));
}

/** The share of all histories together; a stream that stands still has no part in it. */
function backfillOf(rows: StreamState[]): ConnectionView["backfill"] {
  const running = rows.filter(({ stopped }) => stopped === null);
  if (running.length === 0) return null;
  return {
    done_share: running.reduce((sum, { backfill_done }) => sum + (backfill_done ?? 0), 0) / running.length,
    // One without a single record ends at the beginning of time.
    from: least(running.map(({ backfill_from }) => backfill_from || null)),
    to: greatest(running.map(({ backfill_to }) => backfill_to)),
  };
}

const known = (instants: (number | null)[]): number[] => instants.filter((at) => at !== null);
const least = (instants: (number | null)[]): number | null =>
  known(instants).length > 0 ? Math.min(...known(instants)) : null;
const greatest = (instants: (number | null)[]): number | null =>
  known(instants).length > 0 ? Math.max(...known(instants)) : null;
