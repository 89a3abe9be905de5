/** Which database: the directory holds people and connections, a person's shard their data. */
import type { Context } from "../platform/context.ts";

export const directory = (context: Context): D1Database => context.env.DB;

/** The shard of a person. Throws where the shard's binding is missing: its data are there and nowhere else. */
export function database(context: Context, person: { shard: number }): D1Database {
  const shard = context.env.shards[person.shard];
  if (!shard) throw new Error(`shard ${person.shard} is not bound`);
  return shard;
}
