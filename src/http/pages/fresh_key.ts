/** A key on its way from the form that made it to the page that shows it, once: sealed, in a cookie of a few minutes. */
import type { Context } from "hono";
import { open, seal } from "../../platform/crypto.ts";
import { dropCookie, readCookie, writeCookie } from "../cookies.ts";
import type { App } from "../hono.ts";

const COOKIE = "qt_fresh_key";
const LIFE_S = 300;
const place = (c: Context<App>): string => `page|fresh_key|${c.var.person.id}`;

export async function keepFreshKey(c: Context<App>, key: string): Promise<void> {
  const { context } = c.var;
  writeCookie(c, COOKIE, await seal(context, context.env.ENCRYPTION_KEYS, place(c), key), LIFE_S);
}

export async function takeFreshKey(c: Context<App>): Promise<string | null> {
  const sealed = readCookie(c, COOKIE);
  if (sealed === null) return null;
  dropCookie(c, COOKIE);
  return open(c.var.context.env.ENCRYPTION_KEYS, place(c), sealed);
}
