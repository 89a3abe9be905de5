/**
 * What a provider's limits have been spent. Published limits to begin with, then what answers say. A row a limit and account;
 * the row `blocked` holds until when a 429 forbids everything (`window_start`).
 */
import type { Context } from "../platform/context.ts";
import type { Limit, Provider } from "../providers/provider.ts";
import type { Connection } from "../store/connections.ts";
import { directory } from "../store/database.ts";
import { type Held, heldStatement } from "../store/grants.ts";

export type Lane = "live" | "backfill";
/** History leaves this part of every window to what is new. */
const SHARE: Record<Lane, number> = { live: 1, backfill: 0.7 };
const BLOCKED = "blocked";
/** Ends of one window, told in seconds, differ by no more. */
const SAME_MS = 5000;

type Of = Pick<Connection, "id" | "grant_kind">;

/** Whose limit: the application's, or this connection's. */
const account = (of: Limit["of"], connectionId: number): string => (of === "application" ? of : `user:${connectionId}`);

/** Those that hold for this connection. */
const limitsOf = ({ limits }: Provider, { grant_kind }: Of): Limit[] =>
  limits.filter(({ auth }) => !auth || (grant_kind !== null && auth.includes(grant_kind)));

/** A window goes on while `window_start + per_ms > now`; aligned ones start at multiples of their length. */
function windows(provider: Provider, connection: Of, now: number, share: number): string {
  return JSON.stringify(
    limitsOf(provider, connection).map(({ name, of, requests, per_s, starts }) => {
      const per = per_s * 1000;
      const start = starts === "aligned" ? Math.floor(now / per) * per : now;
      return [account(of, connection.id), name, start, requests, per, share];
    }),
  );
}

/** A row as this request has left it. */
export interface Spent {
  of: string;
  name: string;
  window_start: number;
  limit: number;
  used: number;
}

/** Counts one request, in all limits or in none; `held` is read on the same way, for its token. `until`: when to ask again, ms. */
export async function spend(
  context: Context,
  provider: Provider,
  connection: Of,
  lane: Lane,
): Promise<{ ok: true; spent: Spent[]; held: Held | null } | { ok: false; of: "user" | "application"; until: number }> {
  const now = context.now();
  const user = account("user", connection.id);
  const limits = windows(provider, connection, now, SHARE[lane]);
  const db = directory(context);
  // One statement: of two callers for the last request only one may find room.
  const [spent, blocking, held] = await db.batch([
    db
      .prepare(
        `INSERT INTO budget(provider, "of", name, window_start, "limit", used)
         SELECT ?1, value->>0, value->>1, value->>2, value->>3, 1 FROM json_each(?2)
         WHERE NOT EXISTS (SELECT 1 FROM budget b WHERE b.provider = ?1 AND b.name = '${BLOCKED}'
             AND b."of" IN ('application', ?3) AND b.window_start > ?4)
           AND NOT EXISTS (SELECT 1 FROM json_each(?2) l JOIN budget b ON b.provider = ?1 AND b."of" = l.value->>0 AND b.name = l.value->>1
             WHERE b.window_start + l.value->>4 > ?4 AND b.used >= max(1, CAST(b."limit" * l.value->>5 AS INTEGER)))
         ON CONFLICT(provider, "of", name) DO UPDATE SET
           used = CASE WHEN budget.window_start + (SELECT l.value->>4 FROM json_each(?2) l WHERE l.value->>0 = budget."of" AND l.value->>1 = budget.name) > ?4
             THEN budget.used + 1 ELSE 1 END,
           window_start = CASE WHEN budget.window_start + (SELECT l.value->>4 FROM json_each(?2) l WHERE l.value->>0 = budget."of" AND l.value->>1 = budget.name) > ?4
             THEN budget.window_start ELSE excluded.window_start END
         RETURNING "of", name, window_start, "limit", used`,
      )
      .bind(provider.id, limits, user, now),
    db
      .prepare(
        `SELECT b."of" AS "of", b.window_start AS until FROM budget b
         WHERE b.provider = ?1 AND b.name = '${BLOCKED}' AND b."of" IN ('application', ?3) AND b.window_start > ?4
         UNION ALL
         SELECT b."of", b.window_start + l.value->>4 FROM json_each(?2) l
         JOIN budget b ON b.provider = ?1 AND b."of" = l.value->>0 AND b.name = l.value->>1
         WHERE b.window_start + l.value->>4 > ?4 AND b.used >= max(1, CAST(b."limit" * l.value->>5 AS INTEGER))
         ORDER BY until DESC LIMIT 1`,
      )
      .bind(provider.id, limits, user, now),
    heldStatement(context, connection.id),
  ]);
  const row = blocking!.results[0] as { of: string; until: number } | undefined;
  // Where a limit is full only now, this very request filled it.
  if (spent!.meta.changes > 0 || !row)
    return {
      ok: true,
      spent: spent!.results as unknown as Spent[],
      held: (held!.results[0] as Held | undefined) ?? null,
    };
  return { ok: false, of: row.of === "application" ? "application" : "user", until: row.until };
}

/**
 * Takes over what an answer's headers say, where it is more than the request's own count said. Requests of ours that are still under
 * way are not forgotten.
 */
export async function learn(
  context: Context,
  provider: Provider,
  connection: Of,
  spent: readonly Spent[],
  headers: Headers,
): Promise<void> {
  const now = context.now();
  const read = provider.read_limits?.(headers) ?? [];
  const rows = limitsOf(provider, connection).flatMap(({ name, of, per_s, starts }) => {
    const reading = read.find((one) => one.name === name);
    if (!reading) return [];
    const per = per_s * 1000;
    const start = starts === "aligned" ? Math.floor(now / per) * per : now;
    const told = reading.resets_s === undefined ? null : now + reading.resets_s * 1000 - per;
    const whose = account(of, connection.id);
    const known = spent.find((one) => one.of === whose && one.name === name);
    if (known && goesOnAs(known, now, per, told) && known.limit === reading.limit && known.used >= reading.used)
      return [];
    return [[whose, name, told ?? start, reading.limit, per, reading.used, told]];
  });
  if (rows.length === 0) return;
  const own = (column: number) =>
    `(SELECT l.value->>${column} FROM json_each(?2) l WHERE l.value->>0 = budget."of" AND l.value->>1 = budget.name)`;
  // Where its end is told that is believed, seconds being no more exact than that.
  const goesOn = `(budget.window_start + ${own(4)} > ?3 AND coalesce(abs(${own(6)} - budget.window_start) <= ${SAME_MS}, 1))`;
  await directory(context)
    .prepare(
      `INSERT INTO budget(provider, "of", name, window_start, "limit", used)
       SELECT ?1, value->>0, value->>1, value->>2, value->>3, value->>5 FROM json_each(?2) WHERE true
       ON CONFLICT(provider, "of", name) DO UPDATE SET "limit" = excluded."limit",
         used = CASE WHEN ${goesOn} THEN max(budget.used, excluded.used) ELSE excluded.used END,
         window_start = CASE WHEN ${goesOn} THEN budget.window_start ELSE excluded.window_start END
       WHERE budget."limit" IS NOT excluded."limit" OR budget.used < excluded.used OR NOT ${goesOn}`,
    )
    .bind(provider.id, JSON.stringify(rows), now)
    .run();
}

/** As the statement of `learn` decides it: what is counted only rises within a window. */
const goesOnAs = ({ window_start }: Spent, now: number, per: number, told: number | null): boolean =>
  window_start + per > now && (told === null || Math.abs(told - window_start) <= SAME_MS);

/** A 429 stops everybody whom it concerns, also where our own count says that there is room. */
export async function block(
  context: Context,
  provider: Provider,
  connectionId: number,
  of: "user" | "application",
  until: number,
): Promise<void> {
  await directory(context)
    .prepare(
      `INSERT INTO budget(provider, "of", name, window_start, "limit", used) VALUES (?1, ?2, '${BLOCKED}', ?3, 0, 0)
       ON CONFLICT(provider, "of", name) DO UPDATE SET window_start = max(budget.window_start, excluded.window_start)`,
    )
    .bind(provider.id, account(of, connectionId), until)
    .run();
}

/** Whether it is this caller's turn to do what a connection does once in `perMs` at most. */
export async function takeTurn(
  context: Context,
  provider: Provider,
  connectionId: number,
  what: string,
  perMs: number,
): Promise<boolean> {
  const now = context.now();
  const { meta } = await directory(context)
    .prepare(
      `INSERT INTO budget(provider, "of", name, window_start, "limit", used) VALUES (?1, ?2, ?3, ?4, 1, 1)
       ON CONFLICT(provider, "of", name) DO UPDATE SET window_start = excluded.window_start
       WHERE budget.window_start + ?5 <= excluded.window_start`,
    )
    .bind(provider.id, account("user", connectionId), what, now, perMs)
    .run();
  return meta.changes > 0;
}
