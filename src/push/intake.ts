/**
 * Elements of a body on their way to the inbox, in rows by account. What is too large for rows is read and committed right here, within
 * the request: such data must not be written twice.
 */
import { targetOf } from "../access/target.ts";
import type { Context } from "../platform/context.ts";
import { sha256Hex } from "../platform/crypto.ts";
import { parseJson } from "../platform/egress.ts";
import { Problem } from "../platform/errors.ts";
import { MOST_POST_QUERIES, utf8Length } from "../platform/limits.ts";
import { errorText } from "../platform/log.ts";
import { isSpent } from "../platform/queries.ts";
import type { Provider, Push } from "../providers/provider.ts";
import { commit } from "../store/commit.ts";
import { type Connection, connectionWithAccount, successStatements } from "../store/connections.ts";
import { noteNews } from "../store/cursors.ts";
import { database, directory } from "../store/database.ts";
import { type NewInboxRow, putInbox } from "../store/inbox.ts";
import { enqueueInbox } from "../sync/messages.ts";
import { claimOf } from "../sync/schedule.ts";
import type { Sink } from "./elements.ts";
import { type Element, readElements } from "./read.ts";
import { zoneOf } from "./zone.ts";

/** Of one row of the inbox. */
const ROW_BYTES = 256_000;
/** Of what is held before it is let go of. */
const HELD_BYTES = 4 * 1024 * 1024;
/** Commits of one request, so that it does not take for ever; what comes after them, or after enough queries, waits in rows. */
const COMMITS = 50;
/** An id longer than this is nobody's. */
const ACCOUNT_LENGTH = 256;

interface Held {
  key: string | null;
  text: string;
  bytes: number;
}

export interface Intake extends Sink {
  /** Enough is held to be let go of, though more may come. */
  readonly isFull: boolean;
  /** Stores what is held. */
  flush(): Promise<void>;
  /** Stores what is left and sends it on its way. Problem 503 where something was too large to wait and there were no queries left. */
  end(): Promise<void>;
}

export function createIntake(context: Context, provider: Provider, push: Push): Intake {
  const held = new Map<string, Held[]>();
  let bytes = 0;
  let dropped = 0;
  let commits = 0;
  let refused = 0;
  const ids: number[] = [];
  /** Accounts whose elements were committed here; null: nobody's to commit for. */
  const connections = new Map<string, Connection | null>();

  /** A push cannot be handed over: it goes on for as long as a phone's post. */
  const isOver = (): boolean => context.queries.spent > MOST_POST_QUERIES;

  async function flush(): Promise<void> {
    const rows: NewInboxRow[] = [];
    for (const [account, elements] of held) {
      const size = elements.reduce((sum, one) => sum + one.bytes, 0);
      const isLarge = elements.some((one) => one.bytes > ROW_BYTES) || (bytes > HELD_BYTES && size > ROW_BYTES);
      const rest = isLarge ? await commitNow(account, elements) : elements;
      rows.push(...(await toRows(account, rest)));
    }
    held.clear();
    bytes = 0;
    ids.push(...(await putInbox(context, provider.id, rows)));
  }

  /** Commits records; answers what must wait in the inbox: hints, and what is there for an account that nobody has yet. */
  async function commitNow(account: string, elements: Held[]): Promise<Held[]> {
    const small = elements.filter((one) => one.bytes <= ROW_BYTES);
    if ((commits >= COMMITS || isSpent(context)) && small.length === elements.length) return small;
    if (isOver()) {
      refused += elements.length - small.length;
      return small;
    }
    if (!connections.has(account)) {
      connections.set(account, await connectionWithAccount(context, provider.id, account));
    }
    const connection = connections.get(account)!;
    const isOpen = connection?.status === "active" || connection?.status === "needs_reauthorization";
    if (!isOpen) {
      dropped += elements.length - small.length;
      return small;
    }
    commits++;
    const target = targetOf(context, connection.person, connection);
    const parsed = elements.map(({ key, text }): Element => [key, parseJson(text)]);
    const zone = zoneOf(context, target);
    const { batch, news, errands } = await readElements(push, zone, context.now(), parsed);
    const result = await commit(context, target, batch, [
      ...zone.statements(),
      ...noteNews(database(context, target), target, news),
    ]);
    if (result.stale !== null) connections.set(account, null);
    const hints = elements.filter((_, i) => errands[i]!.length > 0);
    dropped += hints.filter((one) => one.bytes > ROW_BYTES).length;
    return hints.filter((one) => one.bytes <= ROW_BYTES);
  }

  return {
    take(text, key) {
      const account = push.account(parseJson(text), key);
      const size = utf8Length(text);
      if (account === null || account.length > ACCOUNT_LENGTH) {
        dropped++;
        return;
      }
      const own = held.get(account) ?? [];
      held.set(account, own);
      own.push({ key, text, bytes: size });
      bytes += size;
    },
    refuse: () => void dropped++,
    get isFull() {
      return bytes > HELD_BYTES;
    },
    flush,
    async end() {
      await flush();
      if (dropped > 0) context.log("push_dropped", { provider: provider.id, count: dropped });
      try {
        await enqueueInbox(context, ids);
        for (const connection of connections.values()) {
          if (!connection) continue;
          if (isOver()) break; // cron claims
          const noted = successStatements(context, connection);
          if (noted.length > 0) await directory(context).batch(noted);
          await claimOf(context, connection);
        }
      } catch (error) {
        // All of it is stored: cron sends what nobody was told of.
        context.log("push_unsent", { provider: provider.id, count: ids.length, error: errorText(error) });
      }
      if (refused > 0) {
        context.log("push_refused", { provider: provider.id, count: refused, code: "too_much" });
        throw new Problem(503, "too_much", "This takes more than one request may. Send it again.");
      }
    },
  };
}

/** As few rows as hold the elements, in their order. */
async function toRows(account: string, elements: Held[]): Promise<NewInboxRow[]> {
  const rows: NewInboxRow[] = [];
  let current: string[] = [];
  let size = 0;
  const close = async () => {
    if (current.length === 0) return;
    const body = `[${current.join(",")}]`;
    rows.push({ provider_user_id: account, body, hash: await sha256Hex(`${account}\n${body}`) });
    current = [];
    size = 0;
  };
  for (const { key, text, bytes } of elements) {
    if (size + bytes > ROW_BYTES) await close();
    current.push(`[${JSON.stringify(key)},${text}]`);
    size += bytes;
  }
  await close();
  return rows;
}
