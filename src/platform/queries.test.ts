import { expect, it } from "vitest";
import { type Context, createContext } from "./context.ts";
import type { Env } from "./env.ts";
import { ENOUGH_QUERIES, QUERIES_PER_INVOCATION } from "./limits.ts";
import { counted, isSpent, watched } from "./queries.ts";

/** A database that answers what it was asked, and of a batch how many of its own statements it was given. */
function fake(): D1Database {
  const own = new WeakSet<object>();
  const statement = (text: string): D1PreparedStatement => {
    const made = {
      bind: (...values: unknown[]) => statement(`${text} ${values.join(" ")}`),
      first: async (column?: string) => (column === undefined ? { text } : text),
      all: async () => ({ results: [text] }),
      run: async () => ({ results: [text] }),
      raw: async () => [[text]],
    } as unknown as D1PreparedStatement;
    own.add(made);
    return made;
  };
  return {
    prepare: statement,
    batch: async (statements: D1PreparedStatement[]) => statements.map((one) => own.has(one)),
  } as unknown as D1Database;
}

function invocation(shards: (db: D1Database) => D1Database[] = (db) => [db]) {
  const logs: unknown[] = [];
  const DB = fake();
  const env = { DB, shards: shards(DB) } as unknown as Env;
  const given: Context = {
    ...createContext(env, { waitUntil: () => {} }),
    log: (event, fields) => void logs.push([event, fields]),
  };
  return { context: counted(given), given, logs };
}

it("every way to run a statement counts once and answers as it would", async () => {
  const { context } = invocation();
  const { DB } = context.env;
  const one = DB.prepare("a").bind(1).bind(2);
  expect(context.queries.spent).toBe(0);
  expect(await one.first()).toEqual({ text: "a 1 2" });
  expect(await one.first("text")).toBe("a 1 2");
  expect(await one.all()).toEqual({ results: ["a 1 2"] });
  expect(await one.run()).toEqual({ results: ["a 1 2"] });
  expect(await one.raw()).toEqual([["a 1 2"]]);
  expect(context.queries.spent).toBe(5);
});

it("each statement of a batch counts, bound or not", async () => {
  const { context } = invocation();
  const { DB } = context.env;
  expect(await DB.batch([DB.prepare("a"), DB.prepare("b").bind(1), DB.prepare("c")])).toEqual([true, true, true]);
  expect(context.queries.spent).toBe(3);
});

it("one watched within another announces to both, and statements find their own database", async () => {
  const seen = { inner: 0, outer: 0 };
  const inner = watched(fake(), (statements) => void (seen.inner += statements));
  const outer = watched(inner, (statements) => void (seen.outer += statements));
  expect(await outer.batch([outer.prepare("a").bind(1), outer.prepare("b")])).toEqual([true, true]);
  expect(await outer.prepare("c").first("text")).toBe("c");
  expect(seen).toEqual({ inner: 3, outer: 3 });
});

it("a directory that is a shard too is counted once, other shards as well", async () => {
  const { context, given } = invocation((db) => [db, fake()]);
  const { DB, shards } = context.env;
  expect(shards[0]).toBe(DB);
  await Promise.all([DB, ...shards].map((db) => db.prepare("a").run()));
  expect(context.queries.spent).toBe(3);
  expect(given.queries.spent).toBe(0);
});

it("whoever passes the limit is told of once", async () => {
  const { context, logs } = invocation();
  const { DB } = context.env;
  const many = (count: number) => DB.batch(Array.from({ length: count }, () => DB.prepare("a")));
  await many(ENOUGH_QUERIES - 1);
  expect(isSpent(context)).toBe(false);
  await many(1);
  expect(isSpent(context)).toBe(true);
  await many(QUERIES_PER_INVOCATION - ENOUGH_QUERIES);
  expect(logs).toEqual([]);
  await many(7);
  await many(7);
  await DB.prepare("a").run();
  expect(logs).toEqual([["too_many_queries", { count: QUERIES_PER_INVOCATION + 7 }]]);
});
