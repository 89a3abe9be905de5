/** One message from a redirect to the page after it. */
import type { Context as HonoContext } from "hono";
import { dropCookie, readCookie, writeCookie } from "./cookies.ts";
import type { App } from "./hono.ts";

const FLASH_COOKIE = "qt_flash";

export interface Flash {
  kind: "done" | "warning";
  text: string;
}

export function setFlash(c: HonoContext<App>, flash: Flash): void {
  writeCookie(c, FLASH_COOKIE, JSON.stringify([flash.kind, flash.text]), 60);
}

/** The message, once. */
export function takeFlash(c: HonoContext<App>): Flash | null {
  const text = readCookie(c, FLASH_COOKIE);
  if (text === null) return null;
  dropCookie(c, FLASH_COOKIE);
  try {
    const [kind, message] = JSON.parse(text) as unknown[];
    if ((kind === "done" || kind === "warning") && typeof message === "string") return { kind, text: message };
  } catch {
    // Not ours: a cookie that somebody edited is no message.
  }
  return null;
}
