/**
 * A phone's post: bytes → scanner → the format's reader → commit, in bounded memory. What is finished is stored while the rest still
 * comes, so the counts say what was stored even where the body turns out to be cut off.
 */
import { targetOf } from "../access/target.ts";
import { type Batch, type Counts, KINDS, type Kind } from "../domain/batch.ts";
import { BODY_BYTES, type Body } from "../platform/body.ts";
import type { Context } from "../platform/context.ts";
import { Problem } from "../platform/errors.ts";
import { MOST_POST_QUERIES } from "../platform/limits.ts";
import { createScanner, type Listener, type ScanFault } from "../platform/scanner.ts";
import { type Slot, takeSlot } from "../platform/slots.ts";
import type { Hints } from "../providers/format.ts";
import type { Provider } from "../providers/provider.ts";
import { commit } from "../store/commit.ts";
import { type Connection, connectionsOf, outcomeStatement } from "../store/connections.ts";
import { database } from "../store/database.ts";
import { loadOffsets, type Offsets } from "../store/offsets.ts";
import { addPost } from "../store/posts.ts";
import type { Target } from "../store/target.ts";
import { type Person, personById } from "../store/users.ts";
import { openBody, tooLarge } from "./body.ts";
import { ended, erased, openBridge } from "./bridge.ts";
import { FORMATS, type KnownFormat, unknownFormat } from "./formats.ts";
import { readLines } from "./lines.ts";
import { outlineOf } from "./outline.ts";

/** What was read is stored once it is worth a transaction of its own. */
const SPILL_BYTES = 8 * 1024 * 1024;
const REJECTIONS_TOLD = 20;
/** The stream under which guessed offsets of a phone's posts are kept. */
const STREAM = "ingest";

export interface Incoming {
  person: Person;
  api_key_id: number;
  headers: Headers;
  query: Record<string, string>;
  body: ReadableStream<Uint8Array> | null;
}

export interface Answer extends Counts {
  kinds: Record<Kind, Counts>;
  rejections: { pointer: string; reason: string }[];
}
export interface Received {
  answer: Answer;
  /** D1's own count, the log of posts included. */
  rows_written: number;
}

const noCounts = (): Counts => ({ received: 0, written: 0, unchanged: 0, rejected: 0 });
const noAnswer = (): Answer => ({
  ...noCounts(),
  kinds: Object.fromEntries(KINDS.map((kind) => [kind, noCounts()])) as Record<Kind, Counts>,
  rejections: [],
});

/** What has been found out and done so far. */
interface Progress {
  provider: Provider | null;
  bytes: number;
  answer: Answer;
  rows_written: number;
}

/**
 * Problems: 400 `not_json` (with `offset`), 409 `disconnected`, `paused`, 410 `account_erased`, 413 `too_large`, `too_much`, 415, 422
 * `unknown_format`, 503 `busy`; those after the body has begun carry the counts of what was stored.
 */
export async function receive(context: Context, incoming: Incoming): Promise<Received> {
  const { person, api_key_id } = incoming;
  const at = context.now();
  const progress: Progress = { provider: null, bytes: 0, answer: noAnswer(), rows_written: 0 };
  const log = (status: number, problem?: Problem, also: D1PreparedStatement[] = []) => {
    const { received, written, unchanged, rejected, rejections } = progress.answer;
    const refused = problem && { code: problem.code, detail: problem.detail };
    const answer = { received, written, unchanged, rejected, rejections, ...refused };
    const provider = progress.provider?.id ?? "";
    return addPost(context, person, { api_key_id, provider, at, status, bytes: progress.bytes, answer }, also);
  };
  let bridge: Connection | null = null;
  try {
    bridge = await take(context, incoming, progress);
  } catch (error) {
    const problem = error instanceof Problem ? error : undefined;
    await log(problem?.status ?? 500, problem);
    if (!problem) throw error;
    // What came before is stored, and said to be.
    throw new Problem(problem.status, problem.code, problem.detail, { ...progress.answer, ...problem.more });
  }
  const news = bridge ? [outcomeStatement(context, bridge.id, bridge.epoch, null)] : [];
  const rows = await log(200, undefined, news);
  return { answer: progress.answer, rows_written: progress.rows_written + rows };
}

/** Null: a test, which is of no connection. */
async function take(context: Context, incoming: Incoming, progress: Progress): Promise<Connection | null> {
  // As they are before the first byte is read: what ends while it comes stays ended.
  const { person } = incoming;
  const before = await connectionsOf(context, person);
  const body = await openBody(incoming.headers, incoming.body);
  let slot: Slot | null = null;
  try {
    slot = await takeSlot();
    const first = (await nextOf(body, progress, slot)) ?? new Uint8Array(0);
    const known = recognise(first);
    if (!known) {
      await readThrough(body, first, progress, slot);
      throw nothingKnown();
    }
    const { provider, format, more } = known;
    progress.provider = provider;
    const offsets = await loadOffsets(
      database(context, person),
      { ...person, user_id: person.id, provider: provider.id },
      STREAM,
      true,
    );
    const hints: Hints = {
      headers: Object.fromEntries(incoming.headers),
      query: incoming.query,
      offsetAt: (date) => offsets.at(date),
      knowOffset: (time, offset) => offsets.know(time, offset),
      now: context.now(),
    };
    const reader = readLines(() => format.read(hints), saysLines(incoming.headers) || more);
    // Opened late, so that a body of which nothing is stored leaves no connection behind.
    let bridge: Connection | null = null;
    const connection = before.find((one) => one.provider === provider.id) ?? null;
    const store = async (all: boolean): Promise<void> => {
      const batch = reader.take(all);
      if (batch.elements.length + batch.rejections.length === 0) return;
      // One that is active is taken as it was: if it has ended since, the commit's fences fail.
      bridge ??= connection?.status === "active" ? connection : await openBridge(context, person, provider, connection);
      await storePart(context, targetOf(context, person, bridge), batch, offsets, progress);
    };
    const spill = async (): Promise<void> => {
      for (let held = reader.held; held > SPILL_BYTES; held = reader.held) {
        await store(false);
        if (context.queries.spent > MOST_POST_QUERIES) throw tooMuch();
        if (reader.held >= held) break;
      }
    };
    const fault = await scan(reader, body, first, progress, slot, () => (reader.held > SPILL_BYTES ? spill() : null));
    if (fault === null && !reader.found) {
      progress.provider = null;
      throw nothingKnown();
    }
    if (reader.isTest && !fault) {
      progress.provider = null;
      countTest(reader.take(true), progress.answer);
      return null;
    }
    await store(true);
    if (fault) throw notJson(fault, progress.bytes);
    return bridge ?? (await openBridge(context, person, provider, connection));
  } finally {
    slot?.release();
    await body.drain();
  }
}

/** The first format that fits; one that cannot be ruled out yet only if no other fits. */
function recognise(first: Uint8Array): (KnownFormat & { more: boolean }) | null {
  const { value, cut, more } = outlineOf(first);
  const known =
    FORMATS.find(({ format }) => format.recognise(value, true)) ??
    (cut ? FORMATS.find(({ format }) => format.recognise(value, false)) : null);
  return known ? { ...known, more } : null;
}

/** An object a line, by the content type. */
const saysLines = (headers: Headers): boolean => /ndjson|jsonl|json-?lines/i.test(headers.get("content-type") ?? "");

/** Pieces of the body through the scanner; after each `between`. */
async function scan(
  listener: Listener,
  body: Body,
  first: Uint8Array,
  progress: Progress,
  slot: Slot,
  between: () => Promise<void> | null,
): Promise<ScanFault | null> {
  const scanner = createScanner(listener);
  for (let piece: Uint8Array | null = first; piece !== null; piece = await nextOf(body, progress, slot)) {
    const fault = scanner.push(piece);
    if (fault) return fault;
    await between();
  }
  return scanner.end();
}

/** A body of nobody's is JSON or not; which, is worth telling. */
async function readThrough(body: Body, first: Uint8Array, progress: Progress, slot: Slot): Promise<void> {
  const deaf: Listener = { treat: () => "skip", value: () => {}, leave: () => {}, refuse: () => {}, next: () => {} };
  const fault = await scan(deaf, body, first, progress, slot, () => null);
  if (fault) throw notJson(fault, progress.bytes);
}

async function nextOf(body: Body, progress: Progress, slot: Slot): Promise<Uint8Array | null> {
  let piece: Uint8Array | null;
  try {
    piece = await body.next();
  } catch {
    // The caller has gone, or what is said to be gzip is none.
    throw notJson({ offset: progress.bytes, reason: "cut off, or not gzip" }, progress.bytes);
  }
  slot.moved();
  progress.bytes += piece?.length ?? 0;
  if (progress.bytes > BODY_BYTES) throw tooLarge();
  return piece;
}

async function storePart(
  context: Context,
  target: Target,
  batch: Batch,
  offsets: Offsets,
  progress: Progress,
): Promise<void> {
  const result = await commit(context, target, batch, offsets.statements());
  if (result.stale !== null) throw (await personById(context, target.user_id)) === null ? erased() : ended();
  const { answer } = progress;
  for (const kind of KINDS) {
    for (const count of ["received", "written", "unchanged", "rejected"] as const) {
      answer.kinds[kind][count] += result.kinds[kind][count];
      answer[count] += result.kinds[kind][count];
    }
  }
  for (const { pointer, reason } of result.rejections) {
    if (answer.rejections.length === REJECTIONS_TOLD) break;
    answer.rejections.push({ pointer, reason });
  }
  progress.rows_written += result.rows_written;
}

/** Of a test nothing is stored, no connection either: its elements are unchanged. */
function countTest({ elements, rejections }: Batch, answer: Answer): void {
  const note = (kind: Kind | null, as: "unchanged" | "rejected") => {
    for (const counts of kind === null ? [] : [answer, answer.kinds[kind]]) {
      counts.received++;
      counts[as]++;
    }
  };
  for (const kind of elements) note(kind, "unchanged");
  for (const { kind, pointer, reason } of rejections) {
    note(kind, "rejected");
    if (answer.rejections.length < REJECTIONS_TOLD) answer.rejections.push({ pointer, reason });
  }
}

const tooMuch = (): Problem =>
  new Problem(
    413,
    "too_much",
    "This body has more days and metrics than one request may store. What came before is stored as the counts say; send the rest in smaller posts.",
  );

const notJson = ({ offset, reason }: ScanFault, bytes: number): Problem =>
  new Problem(
    400,
    "not_json",
    bytes === 0 && reason === "cut off"
      ? "The body is empty: send JSON."
      : `The body is not JSON at byte ${offset}: ${reason}. What came before it is stored as the counts say.`,
    { offset },
  );

const nothingKnown = (): Problem =>
  unknownFormat(
    `Nothing known was found in the body. Known are: ${FORMATS.map(({ format }) => format.title).join("; ")}.`,
  );
