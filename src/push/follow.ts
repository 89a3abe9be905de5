/** Hints followed with the person's token: a window of a list, or the very request that a ping named. Each answers its fault. */
import { accountOf, tryAs } from "../access/client.ts";
import { emptyBatch } from "../domain/batch.ts";
import { effectiveTerms } from "../domain/terms.ts";
import { DAY_MS } from "../domain/time.ts";
import type { Context } from "../platform/context.ts";
import { isProviders } from "../platform/egress.ts";
import type { Fault } from "../platform/errors.ts";
import { STATEMENTS_PER_BATCH } from "../platform/limits.ts";
import { isSpent } from "../platform/queries.ts";
import { type ListStream, lacking, type Page, type Provider, type Window } from "../providers/provider.ts";
import { commit } from "../store/commit.ts";
import { type Connection, noteOutcome, noteProfile } from "../store/connections.ts";
import { noteNews } from "../store/cursors.ts";
import { database } from "../store/database.ts";
import { addGap } from "../store/gaps.ts";
import { loadOffsets } from "../store/offsets.ts";
import type { Target } from "../store/target.ts";
import { advance, START, type Sweep, sweepOver } from "../sync/position.ts";
import { addNews, type Errand } from "./read.ts";
import type { Zone } from "./zone.ts";

/** Of one window; what is left after so many, or after enough queries, is a gap, to be asked for as others are. */
const PAGES = 10;

/** `stale`: the connection has moved on, and nothing of this is wanted any more. `refused`: it will not be asked for. */
export type Followed = "done" | "stale" | "refused" | Fault;

export interface Job {
  context: Context;
  provider: Provider;
  connection: Connection;
  target: Target;
  zone: Zone;
}

export async function followFetch(job: Job, errand: Extract<Errand, { is: "fetch" }>): Promise<Followed> {
  const { context, provider, connection, zone } = job;
  const { request } = errand;
  if (!isProviders(provider.hosts, request.url, (request.auth ?? "token") !== "none")) {
    // Somebody else's address in a provider's name: never asked, not even once.
    context.log("push_refused", { provider: provider.id, connection_id: connection.id, code: "foreign_address" });
    await noteOutcome(context, connection.id, connection.epoch, "foreign_address");
    return "refused";
  }
  const page = await tryAs(context, connection, request, "live", (answer) => zone.reading(() => errand.read(answer)));
  // Such an answer is given once; whoever has it already has stored it.
  if ("kind" in page) return page.kind === "gone" ? "done" : page;
  return put(job, page, errand.stream, zone.statements());
}

export async function followWindow(job: Job, name: string, window: Window): Promise<Followed> {
  const { context, provider, connection, target } = job;
  const stream = provider.streams[name];
  if (stream?.kind !== "list") throw new Error(`${provider.id} has no list called ${name}`);
  if (lacking(stream, connection.granted_scopes).length > 0) return "done";
  const { cache_days } = effectiveTerms(provider, context.env.DATA_POLICY);
  const from = cache_days === null ? window.from : Math.max(window.from, context.now() - cache_days * DAY_MS);
  if (from >= window.to) return "done";

  const db = database(context, target);
  const offsets = stream.zoneless ? await loadOffsets(db, target, name, true) : null;
  let sweep: Sweep | null = sweepOver(stream, from, window.to);
  for (let pages = 0; sweep !== null; pages++) {
    if (pages === PAGES || (pages > 0 && isSpent(context))) {
      const rest = { from: sweep.from, to: sweep.window.to };
      return keepGaps(job, name, rest, "longer than one go");
    }
    const { window: own, cursor } = sweep;
    const at = {
      window: own,
      cursor,
      account: accountOf(connection),
      offsetAt: (date: string) => offsets?.at(date) ?? 0,
    };
    const page = await tryAs(context, connection, stream.request(at), "live", (answer) => stream.read(answer, at));
    if ("kind" in page) return page;
    const outcome = await put(job, page, name, offsets?.statements() ?? []);
    if (outcome !== "done") return outcome;
    sweep = advance(stream, sweep, page, null);
  }
  return "done";
}

/** Keeps a stretch in mind that could not be read – unless the connection has moved on meanwhile: then nobody will ask for it. */
export async function keepGaps(job: Job, name: string, window: Window, reason: string): Promise<"done" | "stale"> {
  const statements = gapsOver(job, name, window, reason);
  for (let at = 0; at < statements.length; at += GAP_STATEMENTS) {
    const some = statements.slice(at, at + GAP_STATEMENTS);
    const { stale } = await commit(job.context, job.target, emptyBatch(), some);
    if (stale !== null) return "stale";
  }
  return "done";
}
/** Beside them there is the commit's guard. */
const GAP_STATEMENTS = STATEMENTS_PER_BATCH / 2;

/** A gap for each window of the stretch. */
function gapsOver(job: Job, name: string, window: Window, reason: string): D1PreparedStatement[] {
  const stream = job.provider.streams[name] as ListStream;
  const statements: D1PreparedStatement[] = [];
  let sweep: Sweep | null = sweepOver(stream, window.from, window.to);
  for (; sweep !== null; sweep = advance(stream, sweep, { next: null }, null)) {
    statements.push(...gapOf(job, name, sweep, reason));
  }
  return statements;
}

function gapOf(
  { context, provider, target }: Job,
  stream: string,
  sweep: Sweep,
  reason: string,
): D1PreparedStatement[] {
  const { connection_id, user_id, epoch } = target;
  const { window } = sweep;
  const position = JSON.stringify({ ...sweep, ...window });
  const gap = { connection_id, stream, ...window, position, reason, at: context.now() };
  const of = { user_id, provider: provider.id, epoch, position: JSON.stringify(START) };
  return addGap(database(context, target), gap, of);
}

async function put(
  { context, connection, target }: Job,
  page: Page,
  stream: string | undefined,
  also: D1PreparedStatement[],
): Promise<Followed> {
  if (page.profile) await noteProfile(context, connection.id, connection.epoch, page.profile);
  const news = new Map<string, number>();
  addNews(news, stream, page.batch);
  const noted = noteNews(database(context, target), target, news);
  const result = await commit(context, target, page.batch, [...also, ...noted]);
  return result.stale === null ? "done" : "stale";
}
