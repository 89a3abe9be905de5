/**
 * What waits in the inbox, a row at a time: records are committed, hints followed with the person's token, goodbyes confirmed. What a
 * fault leaves undone stays in the row until its time; all of it may be done again without harm.
 */
import { accountOf, tryAs } from "../access/client.ts";
import { targetOf } from "../access/target.ts";
import { sayGoodbye } from "../connect/disconnect.ts";
import type { Context } from "../platform/context.ts";
import { parseJson } from "../platform/egress.ts";
import type { Fault } from "../platform/errors.ts";
import { errorText } from "../platform/log.ts";
import { isSpent } from "../platform/queries.ts";
import { providerOf } from "../providers/index.ts";
import type { Answer, Provider, ProviderRequest, Push, Window } from "../providers/provider.ts";
import { commit } from "../store/commit.ts";
import { type Connection, connectionById, noteOutcome, putScopes, successStatements } from "../store/connections.ts";
import { noteNews } from "../store/cursors.ts";
import { database } from "../store/database.ts";
import { dropInbox, giveBackInbox, type InboxRow, putOffInbox, retryInbox, takeInbox } from "../store/inbox.ts";
import { openAmong, raiseWants, storedAmong } from "../store/wants.ts";
import { enqueue, enqueueInbox } from "../sync/messages.ts";
import { claimOf, startSync } from "../sync/schedule.ts";
import { settlementOf } from "../sync/settle.ts";
import { type Followed, followFetch, followWindow, type Job, keepGaps } from "./follow.ts";
import { type Element, type Errand, readElements } from "./read.ts";
import { isBodySigned } from "./verify.ts";
import { zoneOf } from "./zone.ts";

const MOST_MS = 20_000;
/** A row whose work crashes so often is left to its lease. */
const CRASHES = 5;
/** How often a record is looked for whose notice came before it, and how long after each other. */
const LOOKS = 4;
const LOOK_MS = 120_000;
/** A connection that is being made, or paused, is looked at again after so long. */
const STANDING_MS = { connecting: 60_000, paused: 3_600_000 } as const;

/** A message's rows. A throw is a bug or a database that is down: the rows it struck are due again at once. */
export async function processInbox(context: Context, ids: readonly number[]): Promise<void> {
  const started = context.now();
  const rows = await takeInbox(context, ids);
  let crash: { error: unknown } | null = null;
  for (const [i, row] of rows.entries()) {
    // Spent before the first one: by other messages of the same invocation.
    if (isSpent(context) || (i > 0 && context.now() - started > MOST_MS)) {
      const rest = rows.slice(i).map(({ id }) => id);
      await giveBackInbox(context, rest);
      await enqueueInbox(context, rest);
      break;
    }
    try {
      await processOne(context, row);
    } catch (error) {
      if (row.attempts >= CRASHES) {
        context.log("crash", { provider: row.provider, connection_id: row.connection_id, error: errorText(error) });
        await noteOutcome(context, row.connection_id, row.epoch, "retries_exhausted");
        continue;
      }
      await retryInbox(context, row.id).catch(() => {});
      crash ??= { error };
    }
  }
  if (crash) throw crash.error;
}

async function processOne(context: Context, row: InboxRow): Promise<void> {
  const provider = providerOf(row.provider);
  const connection = await connectionById(context, row.connection_id);
  if (!provider?.push || connection?.epoch !== row.epoch) return dropInbox(context, row.id);
  await processRow(context, provider, provider.push, connection, row);
}

/** One row, for the connection that it came for. */
export async function processRow(
  context: Context,
  provider: Provider,
  push: Push,
  connection: Connection,
  row: InboxRow,
): Promise<void> {
  const { status } = connection;
  if (status === "connecting" || status === "paused") {
    return putOffInbox(context, row.id, { due_at: context.now() + STANDING_MS[status] });
  }
  if (status !== "active" && status !== "needs_reauthorization") return dropInbox(context, row.id);

  const started = context.now();
  const target = targetOf(context, connection.person, connection);
  const elements = parseJson(row.body) as Element[];
  const zone = zoneOf(context, target);
  const { batch, news, errands } = await readElements(push, zone, started, elements);
  const job: Job = { context, provider, connection, target, zone };
  const wants = await wantsAmong(job, row, errands);

  const db = database(context, target);
  const result = await commit(context, target, batch, [
    ...zone.statements(),
    ...raiseWants(db, target, wants.raised),
    ...noteNews(db, target, news),
  ]);
  if (result.stale !== null) return dropInbox(context, row.id);

  const left = new Set(wants.awaited);
  const run: Run = {
    job,
    push,
    row,
    left,
    waits: left.size > 0,
    due_at: context.now() + LOOK_MS,
    ended: false,
    troubled: false,
  };
  await followWindows(run, errands);
  for (const [i, list] of errands.entries()) for (const errand of list) await follow(run, errand, i);
  if (run.ended) return;
  // A want that was raised says nothing of how the provider is.
  const isNews = batch.elements.length > 0 || errands.flat().some(({ is }) => is !== "want");
  await rest(run, elements, isNews && !run.troubled ? successStatements(context, connection) : []);

  const written = Object.values(result.kinds).reduce((sum, kind) => sum + kind.written, 0);
  const rejected = Object.values(result.kinds).reduce((sum, kind) => sum + kind.rejected, 0);
  context.log("pushed", {
    provider: provider.id,
    connection_id: connection.id,
    count: written,
    code: rejected > 0 ? "rejections" : undefined,
    ms: context.now() - started,
  });
  await claimOf(context, connection);
}

interface Run {
  job: Job;
  push: Push;
  row: InboxRow;
  /** Elements of which something is still to be done, and when. */
  left: Set<number>;
  /** Some of them were tried, or must wait. */
  waits: boolean;
  due_at: number;
  /** Nothing of the connection goes on. */
  ended: boolean;
  /** Something was noted on the connection. */
  troubled: boolean;
}

async function rest({ job, row, left, waits, due_at }: Run, elements: Element[], also: D1PreparedStatement[]) {
  const { context } = job;
  if (left.size === 0) return dropInbox(context, row.id, also);
  const isLess = left.size < elements.length;
  const body = isLess ? JSON.stringify(elements.filter((_, i) => left.has(i))) : undefined;
  // Where even one element takes more than there is, nothing is gained by haste.
  const isHandedOver = !waits && isLess;
  const later = { due_at: isHandedOver ? context.now() : due_at, body, untried: !waits };
  await putOffInbox(context, row.id, later, also);
  if (isHandedOver) await enqueueInbox(context, [row.id]);
}

type Want = Extract<Errand, { is: "want" }>;

/** Which wants are to be raised; `awaited`: elements whose record may come after its notice. */
async function wantsAmong({ context, provider, target }: Job, row: InboxRow, errands: Errand[][]) {
  const wants: { want: Want; element: number }[] = [];
  for (const [element, list] of errands.entries()) {
    for (const want of list) {
      if (want.is !== "want") continue;
      if (provider.streams[want.kind]?.kind !== "want") throw new Error(`${provider.id} has no want ${want.kind}`);
      wants.push({ want, element });
    }
  }
  // The second look and those after it are for what had not come.
  const looked = row.attempts > 1 ? wants.filter(({ want }) => want.expected).map(({ want }) => want.external_id) : [];
  const db = database(context, target);
  const stored = looked.length > 0 ? await storedAmong(db, target, looked) : new Set<string>();
  const open = looked.length > 0 ? await openAmong(db, target.connection_id, looked) : new Set<string>();
  const missing = wants.filter(({ want }) => !(want.expected && stored.has(want.external_id)));
  return {
    raised: missing
      .filter(({ want }) => !(want.expected && open.has(want.external_id)))
      .map(({ want: { kind, external_id, start_time = context.now() } }) => ({ kind, external_id, start_time })),
    awaited: new Set(missing.filter(({ want }) => want.expected && row.attempts < LOOKS).map(({ element }) => element)),
  };
}

/** Windows of a list that touch are one. */
async function followWindows(run: Run, errands: Errand[][]): Promise<void> {
  const asked = errands
    .flatMap((list, element) => list.flatMap((errand) => (errand.is === "window" ? [{ ...errand, element }] : [])))
    .sort((a, b) => a.window.from - b.window.from);
  const spans: { stream: string; window: Window; elements: number[] }[] = [];
  for (const { stream, window, element } of asked) {
    const span = spans.find((one) => one.stream === stream && one.window.to >= window.from);
    if (!span) spans.push({ stream, window: { ...window }, elements: [element] });
    else {
      span.window.to = Math.max(span.window.to, window.to);
      span.elements.push(element);
    }
  }
  for (const { stream, window, elements } of spans) {
    if (run.ended) return;
    if (isSpent(run.job.context)) {
      leave(run, elements);
      continue;
    }
    const outcome = await followWindow(run.job, stream, window);
    const reason = await settle(run, outcome, elements);
    if (reason !== null && (await keepGaps(run.job, stream, window, reason)) === "stale") await end(run);
  }
}

/** To another invocation. */
function leave(run: Run, elements: number[]): void {
  for (const element of elements) run.left.add(element);
}

async function follow(run: Run, errand: Errand, element: number): Promise<void> {
  if (run.ended || run.left.has(element)) return;
  if (errand.is === "want" || errand.is === "window") return; // done together
  if (isSpent(run.job.context)) return leave(run, [element]);
  switch (errand.is) {
    case "fetch":
      await settle(run, await followFetch(run.job, errand), [element]);
      return;
    case "permissions":
      await settle(run, await askPermissions(run, errand.granted), [element]);
      return;
    case "goodbye":
      await settle(run, await confirmGoodbye(run), [element]);
      return;
    default:
      errand satisfies never;
  }
}

/** Notes what is left to do. Answers why something will not be done at all. */
async function settle(run: Run, outcome: Followed, elements: number[]): Promise<string | null> {
  const { job, row } = run;
  const { context, provider, connection } = job;
  if (outcome === "done") return null;
  run.troubled = true;
  if (outcome === "refused") return null;
  if (outcome === "stale") {
    await end(run);
    return null;
  }
  const { id, epoch } = connection;
  context.log("fault", { provider: provider.id, connection_id: id, fault: outcome.kind, route: "push" });
  const now = context.now();
  const tries = row.attempts - 1;
  const settled = settlementOf(outcome, {
    now,
    failures: tries,
    tries,
    again_at: null,
    item: false,
    random: context.random(1)[0]! / 256,
  });
  const wait = (until: number) => {
    for (const element of elements) run.left.add(element);
    run.waits = true;
    run.due_at = Math.max(run.due_at, until);
  };
  if (outcome.kind !== "rate_limited") await noteOutcome(context, id, epoch, outcome.kind);
  switch (settled.do) {
    case "wait":
      wait(settled.until);
      return null;
    case "pass":
      return settled.reason;
    case "stop":
      return null; // the stream says so itself, where the scope is missing
    case "reauthorise":
      // A new consent is a new epoch, for which this was not meant.
      if ((await connectionById(context, id))?.status === "active") wait(now + 3_600_000);
      return null;
    case "goodbye":
      await enqueue(context, "sync", [{ goodbye: true, connection_id: id, epoch }]);
      return null;
    default:
      settled satisfies never;
      return null;
  }
}

async function end(run: Run): Promise<void> {
  run.ended = true;
  await dropInbox(run.job.context, run.row.id);
}

/** What the person allows now, by the provider's own word where it can be asked. */
async function askPermissions({ job, push }: Run, told: string[] | null): Promise<"done" | Fault> {
  const { context, connection } = job;
  let granted = told;
  if (push.permissions) {
    const answer = await ask(job, push.permissions.request(accountOf(connection)));
    if ("kind" in answer) return answer;
    granted = push.permissions.read(answer);
  }
  if (granted === null || !(await putScopes(context, connection.id, connection.epoch, granted))) return "done";
  context.log("permissions", { provider: job.provider.id, connection_id: connection.id, count: granted.length });
  const now = await connectionById(context, connection.id);
  // Streams that may not be read any more stand still, others run again.
  if (now?.status === "active" && now.epoch === connection.epoch) await startSync(context, now);
  return "done";
}

/** A notice alone ends nothing: a call must fail for want of the person's consent, unless the notice itself was signed. */
async function confirmGoodbye(run: Run): Promise<"done" | Fault> {
  const { job, push } = run;
  const { context, provider, connection } = job;
  if (push.confirm) {
    const answer = await ask(job, push.confirm(accountOf(connection)));
    if (!("kind" in answer)) return ignored(job);
    if (!GONE.has(answer.kind)) return answer;
  } else if (!isBodySigned(push.verify) || (push.verify.by === "hmac" && push.verify.optional)) return ignored(job);
  await sayGoodbye(context, { connection_id: connection.id, epoch: connection.epoch });
  context.log("goodbye", { provider: provider.id, connection_id: connection.id });
  await end(run);
  return "done";
}
const GONE: ReadonlySet<Fault["kind"]> = new Set<Fault["kind"]>(["unauthorized", "forbidden", "gone", "ended"]);

function ignored({ context, provider, connection }: Job): "done" {
  context.log("goodbye", { provider: provider.id, connection_id: connection.id, code: "not_confirmed" });
  return "done";
}

const ask = ({ context, connection }: Job, request: ProviderRequest): Promise<Answer | Fault> =>
  tryAs(context, connection, request, "live", (answer) => answer);
