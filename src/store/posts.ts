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

/** Rows written. Nothing where the account is being erased. */
export async function addPost(context: Context, person: Person, post: Post): Promise<number> {
  const db = directory(context);
  const answer = { ...post.answer, rejections: post.answer.rejections.slice(0, FIRST) };
  const results = await db.batch([
    db
      .prepare(
        `INSERT INTO post(user_id, api_key_id, provider, at, status, bytes, answer)
         SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM user WHERE id = ?1 AND erasing_at IS NULL`,
      )
      .bind(person.id, post.api_key_id, post.provider, post.at, post.status, post.bytes, JSON.stringify(answer)),
    db
      .prepare(
        `DELETE FROM post WHERE api_key_id = ?1
         AND id <= (SELECT id FROM post WHERE api_key_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ${KEPT})`,
      )
      .bind(post.api_key_id),
  ]);
  return results.reduce((sum, { meta }) => sum + meta.rows_written, 0);
}

/** Newest first, of all keys of the person. */
export async function postsOf(context: Context, person: Person, most = KEPT): Promise<Post[]> {
  const { results } = await directory(context)
    .prepare(
      "SELECT api_key_id, provider, at, status, bytes, answer FROM post WHERE user_id = ?1 ORDER BY id DESC LIMIT ?2",
    )
    .bind(person.id, most)
    .all<Omit<Post, "answer"> & { answer: string }>();
  return results.map((row) => ({ ...row, answer: JSON.parse(row.answer) as PostAnswer }));
}
