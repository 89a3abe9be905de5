/** Messages that exhausted their retries. They carry ids only. */
import type { Context } from "../platform/context.ts";
import { directory } from "./database.ts";

export interface Dead {
  id: number;
  connection_id: number | null;
  queue: string;
  body: string;
  at: number;
}

export async function addDead(context: Context, dead: Omit<Dead, "id" | "at">): Promise<void> {
  await directory(context)
    .prepare("INSERT INTO dead (connection_id, queue, body, at) VALUES (?1, ?2, ?3, ?4)")
    .bind(dead.connection_id, dead.queue, dead.body, context.now())
    .run();
}

/** Newest first. */
export async function deadLetters(context: Context, limit: number): Promise<Dead[]> {
  const { results } = await directory(context)
    .prepare("SELECT id, connection_id, queue, body, at FROM dead ORDER BY id DESC LIMIT ?1")
    .bind(limit)
    .all<Dead>();
  return results;
}
