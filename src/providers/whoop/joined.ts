/**
 * Recoveries and cycles, whose day only their sleep tells. A normaliser cannot look into the store, and a request a record would cost
 * a member's history hundreds: so the pages of a window are asked for in an order in which what is needed comes first, and the cursor
 * carries it to the next answer (docs/providers/whoop.md).
 */
import { emptyBatch } from "../../domain/batch.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Answer, Json, ListStream, Page, Position, WantStream, Window } from "../provider.ts";
import { putCycle, putRecovery } from "./days.ts";
import { API, isFault, list, page, readItems, readOne } from "./reading.ts";
import * as schema from "./schema.ts";
import { type Night, toNight } from "./sleeps.ts";
import { FOLLOWED } from "./streams.ts";

const SLEEP = "/v2/activity/sleep";
/** So few that their sleeps, naps among them, go on one page as a rule. */
const CYCLES = 20;
const json = (value: object): Json => value as unknown as Json;

/** Null, or `token` alone: a page of sleeps. With `nights`: their recoveries; `then` goes on with the sleeps. */
interface RecoveryCursor {
  token: string | null;
  nights?: { window: Window; all: Night[]; then: string | null };
}

export const recoveries: ListStream = {
  ...FOLLOWED,
  title: "recovery",
  scopes: ["read:recovery", "read:sleep"],
  request({ window, cursor }) {
    const { token = null, nights } = (cursor ?? {}) as Partial<RecoveryCursor>;
    return nights ? list("/v2/recovery", nights.window, token) : list(SLEEP, window, token);
  },
  read(answer, { cursor }) {
    const { nights } = (cursor ?? {}) as Partial<RecoveryCursor>;
    return nights ? readRecoveries(answer, nights) : readNights(answer);
  },
};

function readNights(answer: Answer): Page | Fault {
  const read = readItems(answer, schema.sleep, emptyBatch(), null);
  if (isFault(read)) return read;
  const all = read.items.map(({ item }) => toNight(item)).filter((night) => night !== null && !night.nap) as Night[];
  const then = read.token;
  if (all.length === 0) return page(emptyBatch(), then === null ? null : json({ token: then }));
  const window = {
    from: Math.min(...all.map(({ start }) => start)),
    to: Math.max(...all.map(({ end }) => end)),
  };
  return page(emptyBatch(), json({ token: null, nights: { window, all, then } } satisfies RecoveryCursor));
}

function readRecoveries(answer: Answer, nights: NonNullable<RecoveryCursor["nights"]>): Page | Fault {
  const batch = emptyBatch();
  const read = readItems(answer, schema.recovery, batch, "daily");
  if (isFault(read)) return read;
  for (const { item, at } of read.items) {
    // One that touches the window from outside comes with its own night's page.
    const night =
      nights.all.find(({ id }) => id === item.sleep_id) ??
      nights.all.find(({ cycle_id }) => cycle_id !== null && cycle_id === item.cycle_id);
    if (night) putRecovery(batch, item, night, at);
  }
  if (read.token !== null) return page(batch, json({ token: read.token, nights } satisfies RecoveryCursor));
  return page(batch, nights.then === null ? null : json({ token: nights.then }));
}

/** Null, or `token` alone: a page of cycles. With `cycles`: the sleeps of their stretch; `then` goes on with the cycles. */
interface CycleCursor {
  token: string | null;
  cycles?: { window: Window; all: unknown[]; nights: Night[]; then: string | null };
}

export const cycles: ListStream = {
  ...FOLLOWED,
  title: "strain",
  // Without the sleeps their day is estimated.
  scopes: ["read:cycles"],
  request({ window, cursor }) {
    const { token = null, cycles: held } = (cursor ?? {}) as Partial<CycleCursor>;
    return held ? list(SLEEP, held.window, token) : list("/v2/cycle", window, token, CYCLES);
  },
  read(answer, at) {
    const { cycles: held } = (at.cursor ?? {}) as Partial<CycleCursor>;
    return held ? readSleepsOf(answer, held) : readCycles(answer, at);
  },
};

function readCycles(answer: Answer, { account }: Position): Page | Fault {
  const batch = emptyBatch();
  const read = readItems(answer, schema.cycle, batch, "daily");
  if (isFault(read)) return read;
  const then = read.token;
  const rest = then === null ? null : json({ token: then });
  const closed = read.items.filter(({ item }) => item.end != null);
  const isAllowed = account.granted_scopes?.includes("read:sleep") ?? true;
  if (closed.length === 0 || !isAllowed) {
    for (const { item, at } of closed) putCycle(batch, item, [], at);
    return page(batch, rest);
  }
  const window = {
    from: Math.min(...closed.map(({ item }) => item.start)),
    to: Math.max(...closed.map(({ item }) => item.end!)),
  };
  const all = closed.map(({ item }) => item);
  return page(batch, json({ token: null, cycles: { window, all, nights: [], then } } satisfies CycleCursor));
}

function readSleepsOf(answer: Answer, held: NonNullable<CycleCursor["cycles"]>): Page | Fault {
  const batch = emptyBatch();
  const read = readItems(answer, schema.sleep, emptyBatch(), null);
  if (isFault(read)) return read;
  const found = read.items.map(({ item }) => toNight(item)).filter((night) => night !== null) as Night[];
  const nights = [...held.nights, ...found.filter(({ nap }) => !nap)];
  if (read.token !== null) return page(batch, json({ token: read.token, cycles: { ...held, nights } }));
  for (const cycle of held.all as schema.Cycle[]) putCycle(batch, cycle, nights, "");
  return page(batch, held.then === null ? null : json({ token: held.then }));
}

/** The recovery of an announced sleep, by the sleep's UUID: first the sleep, for its cycle and its day. */
export const recovery: WantStream = {
  kind: "want",
  title: "announced recoveries",
  scopes: ["read:recovery", "read:sleep"],
  request(id, _account, cursor = null) {
    const night = cursor as Night | null;
    return { url: night ? `${API}/v2/cycle/${night.cycle_id}/recovery` : `${API}${SLEEP}/${id}` };
  },
  read(answer, id, _account, cursor = null) {
    const held = cursor as unknown as Night | null;
    if (held === null) {
      const item = readOne(answer, schema.sleep);
      if (isFault(item)) return item;
      if (item.id !== id) return { kind: "unreadable", pointer: "/id", reason: "another record" };
      const night = toNight(item);
      return page(emptyBatch(), night?.cycle_id ? json(night) : null);
    }
    const item = readOne(answer, schema.recovery);
    if (isFault(item)) return item;
    const batch = emptyBatch();
    // The cycle may have been given another sleep meanwhile: its own notice comes.
    if (item.sleep_id === id) putRecovery(batch, item, held, "");
    return page(batch);
  },
};
