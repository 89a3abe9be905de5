/** One message's work: cursor → request → Batch → commit → next, until ten pages, twenty seconds or enough queries. */
import { accountOf, tryAs } from "../access/client.ts";
import { targetOf } from "../access/target.ts";
import { emptyBatch } from "../domain/batch.ts";
import type { Context } from "../platform/context.ts";
import type { Fault } from "../platform/errors.ts";
import { isSpent } from "../platform/queries.ts";
import { providerOf } from "../providers/index.ts";
import { isReadBy, lacking, type Page } from "../providers/provider.ts";
import { type Committed, commit } from "../store/commit.ts";
import { type Connection, connectionById, noteProfile, successStatements } from "../store/connections.ts";
import {
  type Cursor,
  giveBack,
  LEASE_MS,
  type Move,
  moveCursor,
  release,
  renew,
  take,
  YOUNG_MS,
} from "../store/cursors.ts";
import { database } from "../store/database.ts";
import { loadOffsets } from "../store/offsets.ts";
import { addRun, type Rejected } from "../store/runs.ts";
import type { Target } from "../store/target.ts";
import { delayWant } from "../store/wants.ts";
import { type Ask, baseOf, type Job, type Lane, type ListKind, laneOf, type Step } from "./lanes.ts";
import { listLane, positionOf } from "./lists.ts";
import { enqueue, type StreamMessage } from "./messages.ts";
import { claimOf } from "./schedule.ts";
import { type Settlement, settlementOf } from "./settle.ts";
import { wantLane } from "./wants.ts";

const PAGES = 10;
/** A record that is asked for in several steps would begin anew, so it is finished – within these. */
const MOST_PAGES = 30;
const MOST_MS = 20_000;
/** Waits up to this are spent inside the message. */
const PATIENCE_MS = 10_000;

/**
 * Does the work of a message, or nothing where another copy of it has been taken. A throw is a bug or a database that is down: the
 * run is given back first, so that the queue's own retry may take it.
 */
export async function runStream(context: Context, message: StreamMessage): Promise<void> {
  const connection = await connectionById(context, message.connection_id);
  if (!connection) return;
  const db = database(context, connection.person);
  const cursor = await take(db, message, context.now());
  if (!cursor) return;
  try {
    await work(context, db, connection, cursor);
  } catch (error) {
    await giveBack(db, cursor).catch(() => {});
    throw error;
  }
}

/** Why a row may not run at all. */
function hindrance(connection: Connection, cursor: Cursor): string | null {
  if (connection.epoch !== cursor.epoch || connection.status !== "active") return "not connected";
  const provider = providerOf(connection.provider);
  const lane = provider && laneOf(provider, cursor.stream);
  if (!lane) return "unknown";
  if (!isReadBy(lane.stream, connection.grant_kind)) return "other_protocol";
  return lacking(lane.stream, connection.granted_scopes).length > 0 ? "scope_missing" : null;
}

interface Tally {
  started_at: number;
  pages: number;
  received: number;
  written: number;
  rejected: number;
  rejections: Rejected[];
  /** A page brought anything that other rows may have to do with. */
  raised: boolean;
  /** The fault of a record that waits by itself, while those behind it were asked for. */
  trouble: string | null;
}
/** As many are kept of what a run rejects. */
const REJECTIONS = 5;

async function work(context: Context, db: D1Database, connection: Connection, cursor: Cursor): Promise<void> {
  const hindered = hindrance(connection, cursor);
  if (hindered !== null) {
    // An ended connection's rows stand still until it is connected anew.
    const stopped = hindered === "not connected" ? cursor.stopped : hindered;
    await release(db, cursor, { due_at: null, failures: 0, stopped });
    return;
  }
  const provider = providerOf(connection.provider)!;
  const target = targetOf(context, connection.person, connection);
  const { stream } = laneOf(provider, cursor.stream)!;
  const zoneless = stream.kind === "list" && stream.zoneless;
  const offsets = zoneless ? await loadOffsets(db, target, baseOf(cursor.stream), true) : null;
  const job: Job = { context, db, provider, connection, account: accountOf(connection), cursor, offsets };

  const counts = { pages: 0, received: 0, written: 0, rejected: 0 };
  const tally: Tally = { started_at: context.now(), ...counts, rejections: [], raised: false, trouble: null };
  const outcome = await pages(job, target, tally);
  const isSuccess = tally.pages > 0 && (outcome === "done" || outcome === "continued");
  const run = { stream: cursor.stream, ...tally, ended_at: context.now(), outcome };
  await addRun(context, connection, run, isSuccess ? successStatements(context, connection) : []);
  context.log("run", {
    provider: provider.id,
    connection_id: connection.id,
    stream: cursor.stream,
    run: cursor.run,
    pages: tally.pages,
    count: tally.written,
    rejected: tally.rejected,
    code: outcome,
    ms: context.now() - tally.started_at,
  });
  // What the pages raised – wants above all – may run now, not only at the next tick.
  if (tally.raised) await claimOf(context, connection);
}

function openLane(job: Job): Lane {
  const { stream, of } = laneOf(job.provider, job.cursor.stream)!;
  return stream.kind === "want" ? wantLane(job, stream) : listLane(job, stream, of as ListKind);
}

/** The loop. Answers how it ended: `done`, `continued`, `stale`, or the kind of fault. */
async function pages(job: Job, target: Target, tally: Tally): Promise<string> {
  const { context, db, connection } = job;
  const lane = openLane(job);
  /** What was only put off: a record asked for in several steps goes on where it was. */
  let waited: Ask | null = null;
  for (;;) {
    const ask: Ask | null = waited ?? (await lane.next());
    waited = null;
    if (!ask) {
      const error = tally.trouble !== null && tally.pages === 0 ? errorOf(context, tally.trouble) : null;
      await release(db, job.cursor, { ...lane.rest, failures: 0, stopped: null, error });
      return "done";
    }
    const answered = await tryAs(context, connection, ask.request, ask.lane, ask.read);
    const isBegun = ask.item !== null && "batch" in answered && answered.next !== null;
    const most = isBegun ? MOST_PAGES : PAGES;
    const isLong = context.now() - tally.started_at >= MOST_MS || isSpent(context);
    const last = tally.pages + 1 >= most || (!isBegun && isLong);
    if ("batch" in answered) {
      if (answered.profile) await noteProfile(context, connection.id, connection.epoch, answered.profile);
      const ended = await put(job, target, tally, answered, ask.after(answered), ask, last);
      if (ended) return ended;
      continue;
    }
    const settled = settlementOf(answered, {
      now: context.now(),
      failures: job.cursor.failures,
      tries: ask.tries,
      again_at: ask.again_at,
      item: ask.item !== null,
      random: context.random(1)[0]! / 256,
    });
    log(job, answered);
    if (settled.do === "pass") {
      const ended = await put(
        job,
        target,
        tally,
        { batch: emptyBatch(), next: null },
        ask.pass(settled.reason),
        ask,
        last,
      );
      if (ended) return ended;
      continue;
    }
    if (!(await settle(job, ask, answered, settled, tally))) return answered.kind;
    if (ask.item !== null && settled.do === "wait" && settled.item === undefined) waited = ask;
  }
}

/** Commits a page with the cursor's move. Answers how the run ended, or null where it goes on. */
async function put(
  job: Job,
  target: Target,
  tally: Tally,
  page: Pick<Page, "batch" | "next">,
  step: Step,
  ask: Ask,
  last: boolean,
): Promise<string | null> {
  const { context, db } = job;
  const then: Move["then"] = !step.more ? step.rest : last ? "hand_over" : "go_on";
  const { position, last_data_at, backfill, error } = step;
  const move: Move = { position, then, last_data_at, backfill, error };
  const result = await commit(context, target, page.batch, [
    ...step.also,
    moveCursor(db, job.cursor, move, context.now()),
  ]);
  if (result.stale !== null) return "stale";
  tally.pages++;
  const { elements, deletions } = page.batch;
  tally.raised ||= elements.length + deletions.length + step.also.length > 0;
  count(tally, result);
  const { cursor } = job;
  job.cursor = {
    ...cursor,
    version: cursor.version + 1,
    position,
    failures: 0,
    error_code: error ?? null,
    backfill_from: backfill?.from ?? cursor.backfill_from,
    run: cursor.run + (then === "hand_over" ? 1 : 0),
  };
  if (then === "go_on") return null;
  if (then !== "hand_over") return "done";
  const { connection_id, epoch, stream, run } = job.cursor;
  // Newest first: behind an old record's want there are only older ones.
  const queue = ask.item === null ? cursor.queue : ask.item.start_time < context.now() - YOUNG_MS ? "backfill" : "sync";
  await enqueue(context, queue, [{ connection_id, epoch, stream, run }]);
  return "continued";
}

function count(tally: Tally, { kinds, rejections }: Committed): void {
  for (const { pointer, reason, external_id } of rejections.slice(0, REJECTIONS - tally.rejections.length)) {
    tally.rejections.push({ pointer, reason, external_id });
  }
  for (const { received, written, rejected } of Object.values(kinds)) {
    tally.received += received;
    tally.written += written;
    tally.rejected += rejected;
  }
}

/** Waits inside the message where that is soon over; else lets go of the row. True: ask again. */
async function settle(job: Job, ask: Ask, fault: Fault, settled: Settlement, tally: Tally): Promise<boolean> {
  const { context, db, connection, cursor } = job;
  const now = context.now();
  switch (settled.do) {
    case "wait": {
      if (ask.item && settled.item !== undefined) {
        await delayWant(db, ask.item, settled.item).run();
        // One that is not there is no trouble of the provider's.
        if (fault.kind !== "gone") tally.trouble = fault.kind;
      }
      const tries =
        settled.tries === undefined
          ? undefined
          : JSON.stringify({ ...positionOf(cursor), tries: settled.tries, again_at: settled.until });
      const pause = settled.until - now;
      job.cursor = { ...cursor, failures: settled.failures };
      if (tries === undefined && pause <= PATIENCE_MS && now + pause - tally.started_at < MOST_MS) {
        if (!(await renew(db, cursor, settled.until + LEASE_MS))) return false;
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
        return true;
      }
      // A wait for the limit is no error, and hides none.
      const waits = fault.kind === "rate_limited" && cursor.error_code !== null;
      await release(db, cursor, {
        due_at: settled.until,
        failures: settled.failures,
        stopped: null,
        position: tries,
        error: waits ? undefined : errorOf(context, fault.kind),
      });
      return false;
    }
    case "stop":
      await release(db, cursor, {
        due_at: null,
        failures: 0,
        stopped: settled.why,
        error: errorOf(context, fault.kind),
      });
      return false;
    case "reauthorise": {
      // Whoever refuses the token has flagged the connection. Where nobody did, the stream is not left behind.
      const flagged = (await connectionById(context, connection.id))?.status !== "active";
      await release(db, cursor, {
        due_at: flagged ? null : now + 3_600_000,
        failures: cursor.failures + 1,
        stopped: null,
        error: flagged ? undefined : errorOf(context, fault.kind),
      });
      return false;
    }
    case "goodbye":
      await release(db, cursor, { due_at: now + 3_600_000, failures: cursor.failures + 1, stopped: null });
      await enqueue(context, "sync", [{ goodbye: true, connection_id: connection.id, epoch: connection.epoch }]);
      return false;
    default:
      throw new Error(`not a settlement of a run: ${settled.do}`);
  }
}

const errorOf = (context: Context, code: string) => ({ code, at: context.now() });

function log({ context, provider, connection, cursor }: Job, fault: Fault): void {
  context.log("fault", {
    provider: provider.id,
    connection_id: connection.id,
    stream: cursor.stream,
    fault: fault.kind,
    status: fault.kind === "unavailable" ? fault.status : undefined,
  });
}
