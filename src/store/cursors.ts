/**
 * Chains of work, a row each: a stream live, its history, its gaps, or a kind of want. Who may move one is decided by swaps on
 * `run`: a claim gives a new number, a consumer takes it once, and every later change asserts that it is still the runner's.
 */

export const LEASE_MS = 60_000;
/** Wants are due by the database's clock, which may be a little ahead of a Worker's. */
export const CLOCK_SLACK_MS = 5000;
/** Records younger than this are news: their wants are live work. */
export const YOUNG_MS = 7 * 86_400_000;

export interface Cursor {
  connection_id: number;
  stream: string;
  user_id: number;
  provider: string;
  epoch: number;
  queue: "sync" | "backfill";
  position: string;
  version: number;
  due_at: number | null;
  lease_until: number;
  run: number;
  taken: number;
  attempts: number;
  failures: number;
  stopped: string | null;
  error_code: string | null;
  error_at: number | null;
  last_data_at: number | null;
  backfill_from: number | null;
  backfill_to: number | null;
  backfill_done: number | null;
}

export interface Claim {
  connection_id: number;
  epoch: number;
  stream: string;
  run: number;
  queue: "sync" | "backfill";
}

/** Open wants of the kind that the row stands for; no list has any. */
const OPEN = `FROM want w
  WHERE w.connection_id = sync_cursor.connection_id AND w.kind = sync_cursor.stream AND w.done < w.wanted`;

/**
 * Leases what is due to the messages about to be sent; who has had fewer runs comes first, since a shared limit may end before the
 * last. Wants go to the queue that their newest record belongs to.
 */
export async function claim(
  db: D1Database,
  now: number,
  of: { connection_id?: number; limit: number; slack_ms?: number },
): Promise<Claim[]> {
  const { results } = await db
    .prepare(
      `UPDATE sync_cursor SET run = run + 1, taken = 0, lease_until = ?1 + ${LEASE_MS},
         queue = CASE WHEN EXISTS (SELECT 1 ${OPEN} AND w.start_time >= ?1 - ${YOUNG_MS}) THEN 'sync'
                      WHEN EXISTS (SELECT 1 ${OPEN}) THEN 'backfill' ELSE queue END
       WHERE (connection_id, stream) IN (
         SELECT connection_id, stream FROM sync_cursor
         WHERE due_at <= ?1 + ?4 AND lease_until <= ?1 AND (?2 IS NULL OR connection_id = ?2)
         ORDER BY due_at, run LIMIT ?3)
       RETURNING connection_id, epoch, stream, run, queue`,
    )
    .bind(now, of.connection_id ?? null, of.limit, of.slack_ms ?? 0)
    .all<Claim>();
  return results;
}

/**
 * Takes a run that nobody has taken; null for any other copy of its message. If the taker dies, the row is due again when its
 * lease ends, and later after each time that happened: what kills its runner must not do so all day.
 */
export function take(
  db: D1Database,
  of: { connection_id: number; epoch: number; stream: string; run: number },
  now: number,
): Promise<Cursor | null> {
  return db
    .prepare(
      `UPDATE sync_cursor SET taken = 1, lease_until = ?4 + ${LEASE_MS},
         due_at = ?4 + min(3600000, ${LEASE_MS} * (1 << min(attempts, 6))), attempts = attempts + 1
       WHERE connection_id = ?1 AND stream = ?2 AND run = ?3 AND epoch = ?5 AND taken = 0 RETURNING *`,
    )
    .bind(of.connection_id, of.stream, of.run, now, of.epoch)
    .first<Cursor>();
}

/** What a commit makes of its cursor. */
export interface Move {
  position: string;
  /**
   * `go_on`: the same runner with a fresh lease. `hand_over`: the next run, whose message the runner then sends. Else the row rests
   * until `due_at`; `until_wanted`: until the earliest open want, null without one.
   */
  then: "go_on" | "hand_over" | "until_wanted" | { due_at: number | null };
  /** Newest data the page brought; never moves back. */
  last_data_at?: number | null;
  backfill?: { from: number; done: number };
  /** What was left behind unread; else a commit is a success, which ends the row's error. */
  error?: string | undefined;
}

/**
 * The cursor's part of a commit: fails the whole batch where the runner's version or run is no longer the row's, or the row is gone.
 * An upsert, since an UPDATE of a missing row would pass silently.
 */
export function moveCursor(db: D1Database, cursor: Cursor, move: Move, now: number): D1PreparedStatement {
  const { then } = move;
  const rests = then !== "go_on" && then !== "hand_over";
  const due =
    then === "until_wanted"
      ? `(SELECT min(w.due_at) ${OPEN})`
      : rests
        ? "?7"
        : then === "hand_over"
          ? "?6"
          : "sync_cursor.due_at";
  return db
    .prepare(
      `INSERT INTO sync_cursor (connection_id, stream, user_id, provider, epoch, queue, position, version)
       SELECT ?1, ?2, 0, '', 0, 'sync', '', (SELECT c.version FROM sync_cursor c WHERE c.connection_id = ?1 AND c.stream = ?2)
       WHERE true
       ON CONFLICT (connection_id, stream) DO UPDATE SET
         version = CASE WHEN sync_cursor.version = ?3 AND sync_cursor.run = ?4 AND sync_cursor.taken = 1
                   THEN sync_cursor.version + 1 END,
         position = ?5, attempts = 0, failures = 0, stopped = NULL,
         error_code = ?11, error_at = CASE WHEN ?11 IS NOT NULL THEN ?6 END,
         run = sync_cursor.run + ${then === "hand_over" ? 1 : 0}, taken = ${then === "hand_over" ? 0 : 1},
         lease_until = ${rests ? 0 : `?6 + ${LEASE_MS}`}, due_at = coalesce(${due}, ?7),
         last_data_at = max(coalesce(sync_cursor.last_data_at, ?8), coalesce(?8, sync_cursor.last_data_at)),
         backfill_from = coalesce(?9, sync_cursor.backfill_from),
         backfill_done = max(coalesce(?10, sync_cursor.backfill_done), coalesce(sync_cursor.backfill_done, ?10))`,
    )
    .bind(
      cursor.connection_id,
      cursor.stream,
      cursor.version,
      cursor.run,
      move.position,
      now,
      typeof then === "object" ? then.due_at : null,
      move.last_data_at ?? null,
      move.backfill?.from ?? null,
      move.backfill?.done ?? null,
      move.error ?? null,
    );
}

/**
 * How a runner lets go of its cursor without a commit; false where it is no longer its own. The run stays taken, so that a copy of
 * its message that comes late finds nothing to do: only a new claim opens the row. `error`: left out, it stays as it was; null ends it
 * unless wants are open.
 */
export async function release(
  db: D1Database,
  cursor: Cursor,
  how: {
    due_at: number | null | "until_wanted";
    failures: number;
    stopped: string | null;
    position?: string;
    error?: { code: string; at: number } | null;
  },
): Promise<boolean> {
  const wanted = how.due_at === "until_wanted";
  const error =
    how.error === undefined
      ? ""
      : how.error === null
        ? `, error_code = CASE WHEN EXISTS (SELECT 1 ${OPEN}) THEN error_code END, error_at = CASE WHEN EXISTS (SELECT 1 ${OPEN}) THEN error_at END`
        : ", error_code = ?8, error_at = ?9";
  const { meta } = await db
    .prepare(
      `UPDATE sync_cursor SET lease_until = 0, due_at = ${wanted ? `coalesce((SELECT min(w.due_at) ${OPEN}), ?4)` : "?4"}, failures = ?5, stopped = ?6, position = coalesce(?7, position)${error}
       WHERE connection_id = ?1 AND stream = ?2 AND run = ?3 AND taken = 1`,
    )
    .bind(
      cursor.connection_id,
      cursor.stream,
      cursor.run,
      wanted ? null : how.due_at,
      how.failures,
      how.stopped,
      how.position ?? null,
      ...(how.error ? [how.error.code, how.error.at] : []),
    )
    .run();
  return meta.changes > 0;
}

/** Of a run that nobody has a hold on any more. */
export async function noteStreamError(
  db: D1Database,
  of: { connection_id: number; epoch: number; stream: string },
  error: { code: string; at: number },
): Promise<void> {
  await db
    .prepare(
      "UPDATE sync_cursor SET error_code = ?4, error_at = ?5 WHERE connection_id = ?1 AND stream = ?2 AND epoch = ?3",
    )
    .bind(of.connection_id, of.stream, of.epoch, error.code, error.at)
    .run();
}

/** Gives a run back untaken, so that a redelivery of its message may try it; not one whose work was done before the crash. */
export async function giveBack(db: D1Database, cursor: Cursor): Promise<void> {
  await db
    .prepare(
      `UPDATE sync_cursor SET taken = 0
       WHERE connection_id = ?1 AND stream = ?2 AND run = ?3 AND taken = 1 AND lease_until > 0`,
    )
    .bind(cursor.connection_id, cursor.stream, cursor.run)
    .run();
}

/** Keeps the lease over a wait inside the message; false where it is no longer the runner's. */
export async function renew(db: D1Database, cursor: Cursor, until: number): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE sync_cursor SET lease_until = ?4 WHERE connection_id = ?1 AND stream = ?2 AND run = ?3 AND taken = 1`,
    )
    .bind(cursor.connection_id, cursor.stream, cursor.run, until)
    .run();
  return meta.changes > 0;
}

/** A row to be, or what a new connect makes of the one that is there. */
export interface NewCursor {
  stream: string;
  queue: "sync" | "backfill";
  position: string;
  due_at: number | null;
  stopped: string | null;
  /** Where a history begins, going back. */
  backfill_to: number | null;
}

/**
 * Creates a connection's rows; those that are there from before keep how far they came, and begin anew under this epoch. A want's
 * row is due while it has open wants.
 */
export function putCursors(
  db: D1Database,
  of: { connection_id: number; user_id: number; provider: string; epoch: number },
  cursors: NewCursor[],
  now: number,
): D1PreparedStatement[] {
  const anew = db
    .prepare("UPDATE sync_cursor SET epoch = ?2 WHERE connection_id = ?1 AND epoch < ?2")
    .bind(of.connection_id, of.epoch);
  const put = db
    .prepare(
      `INSERT INTO sync_cursor (connection_id, user_id, provider, epoch, stream, queue, position, version, due_at, stopped,
         backfill_from, backfill_to, backfill_done)
       SELECT ?1, ?2, ?3, ?4, value->>0, value->>1, value->>2, 1, value->>3, value->>4, value->>5, value->>5,
         CASE WHEN value->>5 IS NOT NULL THEN 0 END
       FROM json_each(?5) WHERE true
       ON CONFLICT (connection_id, stream) DO UPDATE SET
         epoch = excluded.epoch, version = sync_cursor.version + 1, run = sync_cursor.run + 1, taken = 0, lease_until = 0,
         attempts = 0, failures = 0, stopped = excluded.stopped,
         error_code = NULL, error_at = NULL, due_at = CASE WHEN excluded.stopped IS NULL THEN ?6 END
       WHERE sync_cursor.epoch <= excluded.epoch`,
    )
    .bind(
      of.connection_id,
      of.user_id,
      of.provider,
      of.epoch,
      JSON.stringify(cursors.map((c) => [c.stream, c.queue, c.position, c.due_at, c.stopped, c.backfill_to])),
      now,
    );
  return [anew, put];
}

/** Lets rows run again that the provider refused for want of a scope: whether it still does is for it to say. */
export const resume = (db: D1Database, connectionId: number, streams: string[], now: number): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE sync_cursor SET stopped = NULL, due_at = ?3
       WHERE connection_id = ?1 AND stopped = 'scope_missing' AND stream IN (SELECT value FROM json_each(?2))`,
    )
    .bind(connectionId, JSON.stringify(streams), now);

/**
 * Makes streams due now, also such as wait, and with them all that has an error but no limit to wait for; those that another runner
 * has are left to it. Answers how many there are.
 */
export async function makeDue(db: D1Database, connectionId: number, streams: string[], now: number): Promise<number> {
  const { meta } = await db
    .prepare(
      `UPDATE sync_cursor SET due_at = ?3, lease_until = CASE WHEN taken = 1 THEN lease_until ELSE 0 END
       WHERE connection_id = ?1 AND stopped IS NULL
         AND (stream IN (SELECT value FROM json_each(?2)) OR error_code <> 'rate_limited')`,
    )
    .bind(connectionId, JSON.stringify(streams), now)
    .run();
  return meta.changes;
}

/** What a push has brought, by stream the start of its newest record, ms. Of an older epoch nothing is noted. */
export function noteNews(
  db: D1Database,
  { connection_id, epoch }: { connection_id: number; epoch: number },
  news: ReadonlyMap<string, number>,
): D1PreparedStatement[] {
  if (news.size === 0) return [];
  return [
    db
      .prepare(
        `UPDATE sync_cursor SET last_data_at = n.value->>1 FROM json_each(?3) n
         WHERE connection_id = ?1 AND epoch = ?2 AND n.value->>0 = substr(stream, 1, instr(stream || ':', ':') - 1)
           AND coalesce(last_data_at, -1e18) < n.value->>1`,
      )
      .bind(connection_id, epoch, JSON.stringify([...news])),
  ];
}

export interface StreamState {
  stream: string;
  due_at: number | null;
  stopped: string | null;
  error_code: string | null;
  error_at: number | null;
  last_data_at: number | null;
  backfill_from: number | null;
  backfill_to: number | null;
  backfill_done: number | null;
}

/** All rows of a connection, for the settings page and the API. */
export async function cursorsOf(db: D1Database, connectionId: number): Promise<StreamState[]> {
  const { results } = await db
    .prepare(
      `SELECT stream, due_at, stopped, error_code, error_at, last_data_at, backfill_from, backfill_to, backfill_done
       FROM sync_cursor WHERE connection_id = ?1 ORDER BY stream`,
    )
    .bind(connectionId)
    .all<StreamState>();
  return results;
}
