/** The last posts of each key: what came and what became of it, for the person who looks why nothing arrives. */
import type { Context } from "../platform/context.ts";
import { directory } from "./database.ts";
import type { Person } from "./users.ts";

/** Posts kept of a key. */
const KEPT = 20;
/** Rejections kept of a post. */
const FIRST = 5;

export interface PostAnswer {
  received: number;
  written: number;
  unchanged: number;
  rejected: number;
  rejections: { pointer: string; reason: string }[];
  /** The problem it was refused with. */
  code?: string;
  detail?: string;
}
export interface Post {
  api_key_id: number;
  /** Empty where the body was nobody's. */
  provider: string;
  at: number;
  status: number;
  bytes: number;
  answer: PostAnswer;
}

/** Rows written. `also`: what goes with it. Nothing where the account is being erased. */
export async function addPost(
  context: Context,
  person: Person,
  post: Post,
  also: D1PreparedStatement[] = [],
): Promise<number> {
  const db = directory(context);
  const answer = { ...post.answer, rejections: post.answer.rejections.slice(0, FIRST) };
  const results = await db.batch([
    ...also,
    // One row written: nothing is deleted, and the table has no index.
    db
      .prepare(
        `INSERT INTO post(user_id, api_key_id, slot, number, provider, at, status, bytes, answer)
         SELECT u.id, ?2, n.next % ${KEPT}, n.next, ?3, ?4, ?5, ?6, ?7 FROM user u,
           (SELECT coalesce(max(number) + 1, 0) AS next FROM post WHERE user_id = ?1 AND api_key_id = ?2) n
         WHERE u.id = ?1 AND u.erasing_at IS NULL
         ON CONFLICT(user_id, api_key_id, slot) DO UPDATE SET number = excluded.number, provider = excluded.provider,
           at = excluded.at, status = excluded.status, bytes = excluded.bytes, answer = excluded.answer`,
      )
      .bind(person.id, post.api_key_id, post.provider, post.at, post.status, post.bytes, JSON.stringify(answer)),
  ]);
  return results.reduce((sum, { meta }) => sum + meta.rows_written, 0);
}

/** Newest first, of all keys of the person. */
export async function postsOf(context: Context, person: Person, most = KEPT): Promise<Post[]> {
  const { results } = await directory(context)
    .prepare(
      "SELECT api_key_id, provider, at, status, bytes, answer FROM post WHERE user_id = ?1 ORDER BY at DESC, number DESC LIMIT ?2",
    )
    .bind(person.id, most)
    .all<Omit<Post, "answer"> & { answer: string }>();
  return results.map((row) => ({ ...row, answer: JSON.parse(row.answer) as PostAnswer }));
}
