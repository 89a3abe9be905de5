/** Everybody, for the operator: who is here and how their connections are; nothing of what they did or measured. */
import { z } from "zod";
import type { Context } from "../platform/context.ts";
import { directory } from "./database.ts";
import { decodeCursor, encodeCursor, type Page } from "./paging.ts";

export interface ListedPerson {
  public_id: string;
  display_name: string | null;
  created_at: number;
  /** Of the newest of their sessions. */
  last_seen_at: number | null;
  is_being_erased: boolean;
  connections: { provider: string; status: string; last_error_code: string | null; last_success_at: number | null }[];
}

const position = z.tuple([z.literal("people"), z.int()]);

/** In the order in which they came. Throws Problem `bad_cursor`. */
export async function listPeople(
  context: Context,
  { cursor, limit }: { cursor?: string; limit: number },
): Promise<Page<ListedPerson>> {
  const after = cursor === undefined ? 0 : decodeCursor(cursor, position)[1];
  const { results } = await directory(context)
    .prepare(
      `SELECT u.id, u.public_id, u.display_name, u.created_at, u.erasing_at IS NOT NULL AS erasing,
         (SELECT max(seen_at) FROM session s WHERE s.user_id = u.id) AS last_seen_at,
         (SELECT json_group_array(json_object('provider', c.provider, 'status', c.status,
            'last_error_code', c.last_error_code, 'last_success_at', c.last_success_at))
          FROM provider_connection c WHERE c.user_id = u.id) AS connections
       FROM user u WHERE u.id > ?1 ORDER BY u.id LIMIT ?2`,
    )
    .bind(after, limit + 1)
    .all<{ id: number; erasing: number; connections: string } & Omit<ListedPerson, "connections">>();
  const data = results.slice(0, limit);
  return {
    data: data.map(({ id: _, erasing, connections, ...one }) => ({
      ...one,
      is_being_erased: erasing === 1,
      connections: JSON.parse(connections) as ListedPerson["connections"],
    })),
    next_cursor: results.length > limit ? encodeCursor(["people", data.at(-1)!.id]) : null,
  };
}
