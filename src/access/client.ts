/** Calling a provider as a person: budget → token → request → what the answer means → one refresh on 401. */
import type { Context } from "../platform/context.ts";
import { type Fault, ProviderError } from "../platform/errors.ts";
import { providerOf } from "../providers/index.ts";
import type { Account, Answer, Provider, ProviderRequest } from "../providers/provider.ts";
import type { Connection } from "../store/connections.ts";
import { type Held, heldGrant, putRefusals } from "../store/grants.ts";
import { block, type Lane, learn, type Spent, spend, takeTurn } from "./budget.ts";
import { faultOf } from "./fault.ts";
import { ask } from "./request.ts";
import { endGrant, type Token, tokenAfter, tokenFor } from "./vault.ts";

export type { Lane };

const HOUR_MS = 3_600_000;
/** So many 401s to tokens just issued within an hour end the grant; of those close together – lanes, tries – one counts. */
const REFUSALS = 3;
const APART_MS = 5 * 60_000;
/** So often at most it is asked whether a person's consent still stands. */
const DOUBT_MS = 24 * HOUR_MS;

export const accountOf = (connection: Connection): Account => ({
  provider_user_id: connection.provider_user_id,
  public_id: connection.person.public_id,
  learned: connection.learned,
  granted_scopes: connection.granted_scopes,
});

/**
 * An answer that may be read: 2xx, or a status the request accepts, and no refusal of the provider's own. Anything else is a
 * ProviderError; `unauthorized` only where the person must consent again.
 */
export async function callAs(
  context: Context,
  connection: Connection,
  request: ProviderRequest,
  lane: Lane,
): Promise<Answer> {
  const provider = providerOf(connection.provider);
  if (!provider) throw new Error(`a connection to ${connection.provider}, which is not registered`);
  const needsToken = (request.auth ?? "token") === "token";
  // Where there is no room, no token is refreshed for nothing.
  let turn = await spendTurn(context, provider, connection, lane);
  let token = needsToken ? await tokenFor(context, provider, connection, turn.held) : null;
  for (let tries = 1; ; tries++) {
    if (tries > 1) turn = await spendTurn(context, provider, connection, lane);
    const answer = await askAndLearn(context, provider, connection, request, token, turn.spent);
    const fault = faultOf(provider, request, answer, context.now());
    if (fault === null) return answer;
    if (fault.kind === "rate_limited") await block(context, provider, connection.id, fault.of, fault.until);
    if (token && isFinal(fault, connection, context.now())) {
      await endGrant(context, { ...connection, token_version: token.version }, "forbidden");
      throw new ProviderError(provider.id, { kind: "unauthorized" });
    }
    const isDoubtful = fault.kind === "unavailable" && fault.doubtful === true;
    if (token && (isDoubtful || (fault.kind === "unauthorized" && tries > 1))) {
      await confirmBound(context, provider, connection, token);
    }
    if (fault.kind !== "unauthorized" || !token) throw new ProviderError(provider.id, fault);
    if (provider.final_401) {
      await endGrant(context, { ...connection, token_version: token.version }, "unauthorized");
      throw new ProviderError(provider.id, fault);
    }
    if (tries > 1) {
      if (provider.fresh_401 === "scope_missing" && (await isKnown(context, provider, connection, lane, token))) {
        throw new ProviderError(provider.id, { kind: "scope_missing", scope: null });
      }
      throw new ProviderError(provider.id, await freshRefused(context, connection, token, answer.status));
    }
    // What nothing renews is sent once more, signed anew: a clock or a nonce may have been at fault.
    token =
      token.grant.kind === "oauth1"
        ? await tokenFor(context, provider, connection)
        : await tokenAfter(context, provider, connection, token);
  }
}

/** As `callAs`, with what the answer is read as; a provider's fault is answered, not thrown. */
export async function tryAs<Read>(
  context: Context,
  connection: Connection,
  request: ProviderRequest,
  lane: Lane,
  read: (answer: Answer) => Read | Fault | Promise<Read | Fault>,
): Promise<Read | Fault> {
  try {
    return await read(await callAs(context, connection, request, lane));
  } catch (error) {
    if (error instanceof ProviderError) return error.fault;
    throw error;
  }
}

/**
 * Throws `ended` where the provider says that the person has withdrawn; what it cannot say now leaves all as it is. Outside the
 * budget: right behind the refused call there may be no room, and it is one call a day.
 */
async function confirmBound(context: Context, provider: Provider, connection: Connection, token: Token): Promise<void> {
  const { still_bound } = provider;
  if (!still_bound || !(await takeTurn(context, provider, connection.id, "still_bound", DOUBT_MS))) return;
  const request = still_bound.request(accountOf(connection));
  try {
    const answer = await ask(context, provider, request, token.grant);
    if (faultOf(provider, request, answer, context.now()) !== null || still_bound.read(answer) !== false) return;
  } catch (error) {
    if (error instanceof ProviderError) return;
    throw error;
  }
  throw new ProviderError(provider.id, { kind: "ended" });
}

/** Refused for so long, and nothing else answered meanwhile. */
const isFinal = (fault: Fault, { last_success_at, connected_at }: Connection, now: number): boolean =>
  fault.kind === "forbidden" &&
  fault.ends_after_s !== undefined &&
  now - Math.max(last_success_at ?? 0, connected_at ?? now) >= fault.ends_after_s * 1000;

async function spendTurn(
  context: Context,
  provider: Provider,
  connection: Connection,
  lane: Lane,
): Promise<{ spent: Spent[]; held: Held | null }> {
  const room = await spend(context, provider, connection, lane);
  if (!room.ok) throw new ProviderError(provider.id, { kind: "rate_limited", of: room.of, until: room.until });
  return room;
}

async function askAndLearn(
  context: Context,
  provider: Provider,
  connection: Connection,
  request: ProviderRequest,
  token: Token | null,
  spent: Spent[],
): Promise<Answer> {
  const answer = await ask(context, provider, request, token?.grant ?? null);
  await learn(context, provider, connection, spent, answer.headers);
  return answer;
}

/** Whether the token is good for what needs no scope: who the account is. */
async function isKnown(
  context: Context,
  provider: Provider,
  connection: Connection,
  lane: Lane,
  token: Token,
): Promise<boolean> {
  if (provider.identify?.from !== "request") return false;
  const request = provider.identify.request(accountOf(connection), context.now());
  const { spent } = await spendTurn(context, provider, connection, lane);
  const answer = await askAndLearn(context, provider, connection, request, token, spent);
  return faultOf(provider, request, answer, context.now()) === null;
}

/** The provider's clocks, caches or servers disagree – until it happens again and again. */
async function freshRefused(context: Context, connection: Connection, token: Token, status: number): Promise<Fault> {
  const held = await heldGrant(context, connection.id);
  if (held?.token_version !== token.version || held.epoch !== connection.epoch) return { kind: "unavailable", status };
  const now = context.now();
  const instants = (JSON.parse(held.refused_at) as number[]).filter((at) => at > now - HOUR_MS);
  if (instants.some((at) => at > now - APART_MS)) return { kind: "unavailable", status };
  instants.push(now);
  if (instants.length >= REFUSALS) {
    await endGrant(context, held, "unauthorized");
    return { kind: "unauthorized" };
  }
  await putRefusals(context, connection.id, token.version, instants);
  return { kind: "unavailable", status };
}
