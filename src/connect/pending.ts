/**
 * Attempts to connect that wait for the browser to come back: one encrypted cookie each, so that starting writes nothing. Only
 * their consumption is a row.
 */
import { z } from "zod";
import type { Context } from "../platform/context.ts";
import { open, seal, sha256Hex } from "../platform/crypto.ts";
import { directory } from "../store/database.ts";

export const ATTEMPT_MS = 600_000;
export const MOST_ATTEMPTS = 5;
/** Cookies of attempts begin so; the rest is a hash of what comes back in the address (`state`, `oauth_token`). */
export const ATTEMPT_COOKIE = "qt_attempt_";

const pending = z.object({
  provider: z.string(),
  /** `sign_in`: nobody was signed in. */
  purpose: z.enum(["sign_in", "connect"]),
  /** access/grant: Attempt. */
  protocol: z.enum(["oauth1", "oauth2"]),
  state: z.string(),
  secret: z.string().nullable(),
  redirect_uri: z.string(),
  return_to: z.string(),
  /** Hash of the session it was started in. */
  session: z.string().nullable(),
  expires_at: z.number(),
});
export type Pending = z.infer<typeof pending>;

export interface Cookie {
  name: string;
  value: string;
}

export const attemptName = async (state: string): Promise<string> =>
  `${ATTEMPT_COOKIE}${(await sha256Hex(state)).slice(0, 24)}`;
/** A cookie under another attempt's name does not open. */
const place = (name: string): string => `cookie|${name}`;

export async function sealPending(context: Context, attempt: Pending): Promise<Cookie> {
  const name = await attemptName(attempt.state);
  return { name, value: await seal(context, context.env.ENCRYPTION_KEYS, place(name), JSON.stringify(attempt)) };
}

/** Null where it is not ours, was moved or changed. Expired ones open. */
export async function openPending(context: Context, { name, value }: Cookie): Promise<Pending | null> {
  const text = await open(context.env.ENCRYPTION_KEYS, place(name), value);
  if (text === null) return null;
  const parsed = pending.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
}

/** Which of a browser's attempts must go, so that there is room for one more: dead ones, then the oldest. */
export async function surplus(context: Context, cookies: Cookie[]): Promise<string[]> {
  const found = await Promise.all(
    cookies.map(async (cookie) => ({ name: cookie.name, attempt: await openPending(context, cookie) })),
  );
  const alive = found
    .flatMap(({ name, attempt }) =>
      attempt && attempt.expires_at > context.now() ? [{ name, at: attempt.expires_at }] : [],
    )
    .sort((a, b) => b.at - a.at)
    .slice(0, MOST_ATTEMPTS - 1);
  return found.map(({ name }) => name).filter((name) => !alive.some((one) => one.name === name));
}

/** True for the first to come; a replay finds its state used. */
export async function consume(context: Context, attempt: Pending): Promise<boolean> {
  const { meta } = await directory(context)
    .prepare("INSERT INTO oauth_used(hash, used_at) VALUES (?1, ?2) ON CONFLICT(hash) DO NOTHING")
    .bind(await sha256Hex(`${attempt.provider}|${attempt.state}`), context.now())
    .run();
  return meta.changes > 0;
}

/** Housekeeping: states whose cookies have expired cannot be replayed. */
export async function forgetUsed(context: Context): Promise<number> {
  const { meta } = await directory(context)
    .prepare("DELETE FROM oauth_used WHERE used_at <= ?1")
    .bind(context.now() - 2 * ATTEMPT_MS)
    .run();
  return meta.changes;
}
