/**
 * A provider's push: who it is from, then bytes → scanner → elements by account → inbox, and its 2xx. A body that is signed is read whole
 * and checked before anything is parsed; one that the path or the headers vouch for may be as long as a phone's post.
 */
import { pathSecrets, verifyTokens } from "../access/webhooks.ts";
import { BODY_BYTES, type Body, readBody } from "../platform/body.ts";
import type { Context } from "../platform/context.ts";
import { sameText } from "../platform/crypto.ts";
import { parseJson } from "../platform/egress.ts";
import { Problem } from "../platform/errors.ts";
import { errorText } from "../platform/log.ts";
import { createScanner, type ScanFault } from "../platform/scanner.ts";
import { type Slot, takeSlot } from "../platform/slots.ts";
import type { Json, Provider, Push } from "../providers/provider.ts";
import { ELEMENT_LIMITS, elementListener } from "./elements.ts";
import { createIntake } from "./intake.ts";
import { isBodySigned, type Verified, verified } from "./verify.ts";

/** What is read before anything is done with it. */
const WHOLE_BYTES = 1024 * 1024;
/** A greeting is a line or two. */
const GREETING_BYTES = 4096;

/** `body` null: none. */
export interface PushAnswer {
  status: number;
  body: Json | null;
}

/** The same words as for an address that does not exist. */
const nothingHere = (): Problem => new Problem(404, "not_found", "There is nothing at this address.");

/** Whether the path vouches. Problem 404: it has a secret that is none of ours. */
async function vouches(context: Context, provider: Provider, secret: string | null): Promise<boolean> {
  if (secret === null) return false;
  const same = await Promise.all((await pathSecrets(context, provider)).map((own) => sameText(own, secret)));
  if (!same.some(Boolean)) throw nothingHere();
  return true;
}

/** A handshake or a look whether anybody is there. Problem 404 where it is neither. */
export async function answerGet(
  context: Context,
  provider: Provider & { push: Push },
  secret: string | null,
  query: Record<string, string>,
): Promise<PushAnswer> {
  const { push } = provider;
  const isVouched = await vouches(context, provider, secret);
  // Who signs bodies or sends our own secret need not know the path; nobody else is told that there is one.
  const needsPath = push.verify.by === "path" || (push.verify.by === "hmac" && push.verify.optional);
  if (needsPath && !isVouched) throw nothingHere();
  let first: PushAnswer | null = null;
  for (const token of await verifyTokens(context, provider)) {
    const answer = push.handshake?.(query, token) ?? null;
    if (answer && answer.status < 300) return answer;
    first ??= answer;
  }
  if (first) return first;
  throw nothingHere();
}

/**
 * Problems: 400 `not_json`, 404, 413 `too_large`; 401 and 503 where the provider wants no words of its own. What is JSON and holds
 * nothing is a push like any other.
 */
export async function receivePush(
  context: Context,
  provider: Provider & { push: Push },
  secret: string | null,
  incoming: { headers: Headers; body: ReadableStream<Uint8Array> | null },
): Promise<PushAnswer> {
  const { push } = provider;
  let body: Body | null = null;
  try {
    const isVouched = await vouches(context, provider, secret);
    if (Number(incoming.headers.get("content-length") ?? 0) > BODY_BYTES) throw tooLarge(BODY_BYTES);
    const isSigned = isBodySigned(push.verify);
    const early = isSigned ? null : await verified(context, provider, push, incoming.headers, new Uint8Array());
    // A greeting may come before anybody can vouch for it.
    if (early && !push.greeting) judge(early, isVouched);

    body = readBody(incoming.body);
    const begun = await readWhole(body);
    if (!begun.isAll && isSigned) throw tooLarge(WHOLE_BYTES);
    const outcome = early ?? (await verified(context, provider, push, incoming.headers, begun.bytes));
    const greeted = begun.isAll ? greet(push, begun.bytes, incoming.headers, outcome, isVouched) : null;
    if (greeted) return greeted;
    judge(outcome, isVouched);
    await take(context, provider, begun, body);
    const { status = 200, body: words = null } = push.answer ?? {};
    return { status, body: words };
  } catch (error) {
    return refusal(context, provider, error);
  } finally {
    if (body) await body.cancel();
    else await incoming.body?.cancel();
  }
}

/** Problems 401, 404, 503, or nothing. */
function judge({ verdict }: Verified, isVouched: boolean): void {
  switch (verdict) {
    case "good":
      return;
    case "unsigned":
      if (!isVouched) throw nothingHere();
      return;
    case "bad":
      throw new Problem(401, "not_verified", "This is not signed as it must be.");
    case "unknown":
      throw new Problem(503, "not_verifiable", "The keys cannot be had at the moment. Send it again.");
    default:
      verdict satisfies never;
  }
}

/** In the provider's own words where it has any. */
function refusal(context: Context, { id, push }: Provider & { push: Push }, error: unknown): PushAnswer {
  if (error instanceof Problem && error.status !== 401 && error.status !== 503) throw error;
  if (!(error instanceof Problem)) context.log("push_failed", { provider: id, error: errorText(error) });
  const problem =
    error instanceof Problem ? error : new Problem(503, "not_stored", "It could not be stored. Send it again.");
  if (push.answer?.refused === undefined) throw problem;
  return { status: problem.status, body: push.answer.refused };
}

function greet(
  push: Push,
  bytes: Uint8Array,
  headers: Headers,
  outcome: Verified,
  isVouched: boolean,
): PushAnswer | null {
  if (!push.greeting || bytes.length > GREETING_BYTES) return null;
  const body = parseJson(new TextDecoder().decode(bytes));
  if (typeof body !== "object" || body === null) return null;
  return push.greeting(body, headers, outcome.greeting || (outcome.verdict === "unsigned" && isVouched));
}

interface Begun {
  bytes: Uint8Array<ArrayBuffer>;
  /** There is no more of it. */
  isAll: boolean;
}

async function readWhole(body: Body): Promise<Begun> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  let isAll = false;
  while (length <= WHOLE_BYTES) {
    const piece = await next(body, length);
    if (!piece) {
      isAll = true;
      break;
    }
    pieces.push(piece.slice());
    length += piece.length;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { bytes, isAll };
}

async function take(context: Context, provider: Provider & { push: Push }, begun: Begun, body: Body): Promise<void> {
  const intake = createIntake(context, provider, provider.push);
  const scanner = createScanner(elementListener(provider.push.elements, intake), ELEMENT_LIMITS);
  if (begun.isAll) {
    // Nothing of what turns out to be no JSON is stored.
    stop(scanner.push(begun.bytes) ?? scanner.end());
    return intake.end();
  }
  let slot: Slot | null = null;
  try {
    slot = await takeSlot();
    let read = begun.bytes.length;
    for (let piece: Uint8Array | null = begun.bytes; piece !== null; piece = await next(body, read)) {
      slot.moved();
      if (piece !== begun.bytes) read += piece.length;
      if (read > BODY_BYTES) throw tooLarge(BODY_BYTES);
      stop(scanner.push(piece));
      if (intake.isFull) await intake.flush();
    }
    stop(scanner.end());
  } finally {
    slot?.release();
    // What came before the fault is stored, and is as good as any.
    await intake.end();
  }
}

async function next(body: Body, read: number): Promise<Uint8Array | null> {
  try {
    return await body.next();
  } catch {
    throw notJson({ offset: read, reason: "cut off" });
  }
}

function stop(fault: ScanFault | null): void {
  if (fault) throw notJson(fault);
}

const notJson = ({ offset, reason }: ScanFault): Problem =>
  new Problem(400, "not_json", `The body is not JSON at byte ${offset}: ${reason}.`, { offset });
const tooLarge = (bytes: number): Problem => new Problem(413, "too_large", `A body here may have ${bytes} bytes.`);
