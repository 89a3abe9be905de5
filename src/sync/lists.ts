/** The lanes of a list: what each sweeps over, and what it makes of a page that was read. */
import { effectiveTerms } from "../domain/terms.ts";
import { DAY_MS } from "../domain/time.ts";
import type { ListStream, Page } from "../providers/provider.ts";
import type { Cursor } from "../store/cursors.ts";
import { addGap, closeGap, nextGap } from "../store/gaps.ts";
import { newest, oldest } from "./instants.ts";
import { type Ask, baseOf, type Job, type Lane, type ListKind, type Step } from "./lanes.ts";
import {
  advance,
  historyStart,
  historySweep,
  liveSweep,
  type Position,
  START,
  type Sweep,
  shareDone,
} from "./position.ts";

export const positionOf = (cursor: Pick<Cursor, "position">): Position => ({
  ...START,
  ...JSON.parse(cursor.position),
});

/** A lane at one page: the row as it stands. */
interface At {
  job: Job;
  stream: ListStream;
  position: Position;
  now: number;
  /** How long the terms let data be kept, days; null: for ever. */
  cap: number | null;
}

/** A page that was read, or given up (`page` null), of this sweep; `left` is what remains of it. */
interface Read {
  sweep: Sweep;
  left: Sweep | null;
  page: Pick<Page, "batch" | "next"> | null;
}

interface Rules {
  budget: Ask["lane"];
  /** What to sweep over where nothing is under way; null: nothing. Notes in `position` what belongs to the round. */
  begin(at: At): Promise<Sweep | null> | Sweep | null;
  /** Completes the step, and the position that goes with it. */
  after(at: At, read: Read, step: Step, next: Position): void;
}

const LANES: Record<ListKind, Rules> = {
  live: {
    budget: "live",
    begin: ({ stream, position, now, cap }) => liveSweep(stream, position, now, cap === null ? 0 : now - cap * DAY_MS),
    after({ job, stream, position }, { sweep, left }, step, next) {
      step.rest = { due_at: job.context.now() + (stream.every_s ?? 86_400) * 1000 };
      if (left !== null) return;
      const begun = sweep.to - (stream.ahead_s ?? 0) * 1000;
      next.high = Math.max(begun, position.high ?? 0);
      if (stream.reread && sweep.from <= begun - stream.reread.back_s * 1000) next.reread_at = begun;
    },
  },
  history: {
    budget: "backfill",
    begin: (at) => historySweep(at.stream, at.position, reachedOf(at), startOf(at)),
    after(at, { sweep, left, page }, step, next) {
      const { job, stream, position } = at;
      const seen = page && oldest(page.batch);
      next.oldest = least(seen, position.oldest);
      // Within a window only the records say how far it has come.
      const within = page !== null && page.next !== null;
      const reached =
        left === null ? (next.oldest ?? sweep.from) : within ? (seen ?? sweep.window.to) : sweep.window.from;
      const from = Math.min(reached, reachedOf(at));
      const share = shareDone(from, startOf(at), t0Of(at), job.connection.profile.member_since ?? null);
      step.backfill = { from, done: left === null ? 1 : share };
      if (left === null) next.finished_from = sweep.from;
      else if (stream.pace_s) {
        step.more = false;
        step.rest = { due_at: job.context.now() + stream.pace_s * 1000 };
      }
    },
  },
  gaps: {
    budget: "backfill",
    async begin({ job, position, now }) {
      position.asked_at ??= now;
      const gap = await nextGap(job.db, job.cursor.connection_id, baseOf(job.cursor.stream), position.asked_at);
      return gap && (JSON.parse(gap.position) as Sweep);
    },
    after({ job }, { sweep, left, page }, step) {
      if (left !== null) return;
      // A gap is one window; there may be another.
      step.more = true;
      const { connection_id, stream } = job.cursor;
      if (page) step.also.push(closeGap(job.db, { connection_id, stream: baseOf(stream), ...sweep.window }));
    },
  },
};

const least = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);
/** Where the history began, going back; how far it has come; where it ends (null: where the provider has no more). */
const t0Of = ({ job, now }: At): number => job.cursor.backfill_to ?? now;
const reachedOf = (at: At): number => at.job.cursor.backfill_from ?? t0Of(at);
const startOf = (at: At): number | null => historyStart(at.stream, t0Of(at), at.cap);

export function listLane(job: Job, stream: ListStream, of: ListKind): Lane {
  const { provider, context } = job;
  const cap = effectiveTerms(provider, context.env.DATA_POLICY).cache_days;
  return {
    rest: { due_at: null, position: of === "gaps" ? JSON.stringify(START) : undefined },
    async next() {
      const at: At = { job, stream, position: positionOf(job.cursor), now: context.now(), cap };
      const sweep = at.position.sweep ?? (await LANES[of].begin(at));
      return sweep && ask(at, of, sweep);
    },
  };
}

function ask(at: At, of: ListKind, sweep: Sweep): Ask {
  const { job, stream, position } = at;
  const { account, cursor, offsets } = job;
  const { window } = sweep;
  const asked = { window, cursor: sweep.cursor, account, offsetAt: (date: string) => offsets?.at(date) ?? 0 };
  const rules = LANES[of];
  const step = (page: Page | null, also: D1PreparedStatement[]): Step => {
    const low = of === "history" ? (least(page && oldest(page.batch), position.oldest) ?? sweep.to) : null;
    const left = advance(stream, sweep, page ?? { next: null }, low);
    const next: Position = { ...position, tries: 0, again_at: null, sweep: left };
    const done: Step = {
      position: "",
      also: [...also, ...(offsets?.statements() ?? [])],
      more: left !== null,
      rest: { due_at: null },
      last_data_at: page && newest(page.batch),
      ...(page === null && { error: "unreadable" }),
    };
    rules.after(at, { sweep, left, page }, done, next);
    done.position = JSON.stringify(next);
    return done;
  };
  return {
    request: stream.request(asked),
    lane: rules.budget,
    tries: position.tries,
    again_at: position.again_at,
    item: null,
    read(answer) {
      const page = stream.read(answer, asked);
      // A next page that is this very page would be asked for without end.
      const stuck = "batch" in page && page.next !== null && JSON.stringify(page.next) === JSON.stringify(sweep.cursor);
      return stuck ? { kind: "unreadable", pointer: "", reason: "names itself as its next page" } : page;
    },
    after: (page) => step(page, []),
    pass: (reason) => step(null, noteGap(job, sweep, cursor, reason)),
  };
}

function noteGap({ context, db, provider }: Job, sweep: Sweep, cursor: Cursor, reason: string): D1PreparedStatement[] {
  const { connection_id, stream, user_id, epoch } = cursor;
  const { window } = sweep;
  const position = JSON.stringify({ ...sweep, ...window });
  const gap = { connection_id, stream: baseOf(stream), ...window, position, reason, at: context.now() };
  return addGap(db, gap, { user_id, provider: provider.id, epoch, position: JSON.stringify(START) });
}
