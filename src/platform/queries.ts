/**
 * D1 statements of one invocation, counted. Production answers 1,000 and then none, which local D1 does not enforce: so loops look at
 * the count, hand over what is left, and whoever passes the limit all the same is told of in the log.
 */
import type { Context } from "./context.ts";
import { ENOUGH_QUERIES, QUERIES_PER_INVOCATION } from "./limits.ts";

/** A database that announces its statements before they run; those of a batch together. */
export function watched(db: D1Database, before: (statements: number) => void | Promise<void>): D1Database {
  const inner = new WeakMap<D1PreparedStatement, D1PreparedStatement>();
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const alone =
      <Args extends unknown[], Result>(run: (...args: Args) => Promise<Result>) =>
      async (...args: Args): Promise<Result> => {
        await before(1);
        return run(...args);
      };
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      first: alone((column: string) => (column === undefined ? statement.first() : statement.first(column))),
      all: alone(() => statement.all()),
      run: alone(() => statement.run()),
      raw: alone((options: { columnNames: true }) => statement.raw(options)),
    } as unknown as D1PreparedStatement;
    inner.set(wrapped, statement);
    return wrapped;
  };
  return {
    prepare: (sql: string) => wrap(db.prepare(sql)),
    async batch(statements: D1PreparedStatement[]) {
      await before(statements.length);
      return db.batch(statements.map((statement) => inner.get(statement) ?? statement));
    },
  } as unknown as D1Database;
}

/** The context of one invocation: whoever is called by Cloudflare begins with it. */
export function counted(context: Context): Context {
  const queries = { spent: 0 };
  const count = (statements: number): void => {
    const before = queries.spent;
    queries.spent += statements;
    if (before <= QUERIES_PER_INVOCATION && queries.spent > QUERIES_PER_INVOCATION) {
      context.log("too_many_queries", { count: queries.spent });
    }
  };
  const { env } = context;
  const DB = watched(env.DB, count);
  const shards = env.shards.map((db) => (db === env.DB ? DB : watched(db, count)));
  return { ...context, env: { ...env, DB, shards }, queries };
}

/** Whether an invocation should begin nothing more that another one can do. */
export const isSpent = ({ queries }: Context): boolean => queries.spent >= ENOUGH_QUERIES;
