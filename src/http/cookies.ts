/** Our cookies. On https all are `__Host-` and `Secure`; on loopback there is no prefix, since not every browser takes it there. */
import type { Context as HonoContext } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { App } from "./hono.ts";

const isHttps = (c: HonoContext<App>): boolean => c.var.context.env.BASE_URL.startsWith("https:");
export const cookieName = (c: HonoContext<App>, name: string): string => (isHttps(c) ? `__Host-${name}` : name);

export const readCookie = (c: HonoContext<App>, name: string): string | null =>
  getCookie(c, cookieName(c, name)) ?? null;

/** Names without the prefix, and values, of the cookies whose name begins so. */
export function cookiesNamed(c: HonoContext<App>, beginning: string): { name: string; value: string }[] {
  const prefix = cookieName(c, "");
  return Object.entries(getCookie(c))
    .filter(([name]) => name.startsWith(prefix + beginning))
    .map(([name, value]) => ({ name: name.slice(prefix.length), value }));
}

/** `Lax`, not `Strict`: the way back from a provider is a navigation from another site. */
export function writeCookie(c: HonoContext<App>, name: string, value: string, maxAgeS: number): void {
  setCookie(c, cookieName(c, name), value, {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: isHttps(c),
    maxAge: maxAgeS,
  });
}

export function dropCookie(c: HonoContext<App>, name: string): void {
  deleteCookie(c, cookieName(c, name), { path: "/", secure: isHttps(c) });
}
