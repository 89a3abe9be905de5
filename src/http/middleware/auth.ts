/** Who is asking: a key in the request, else a session's cookie. */
import type { Context as HonoContext } from "hono";
import { createMiddleware } from "hono/factory";
import { Problem } from "../../platform/errors.ts";
import { type KeyScope, useKey } from "../../store/keys.ts";
import { createSession, endSession, findSession, SESSION_MS, type Session } from "../../store/sessions.ts";
import type { Person } from "../../store/users.ts";
import { dropCookie, readCookie, writeCookie } from "../cookies.ts";
import type { App } from "../hono.ts";
import { countRequest } from "./rate.ts";

const SESSION_COOKIE = "qt_session";

/** The session of the browser, or null; for pages that look different to visitors. */
export async function sessionOf(c: HonoContext<App>): Promise<Session | null> {
  const id = readCookie(c, SESSION_COOKIE);
  return id === null ? null : findSession(c.var.context, id);
}

/** Signs the browser in: a new id, whatever it had before. */
export async function openSession(c: HonoContext<App>, person: Person): Promise<void> {
  const before = await sessionOf(c);
  if (before) await endSession(c.var.context, before.hash);
  const { id } = await createSession(c.var.context, person);
  writeCookie(c, SESSION_COOKIE, id, SESSION_MS / 1000);
}

export async function closeSession(c: HonoContext<App>): Promise<void> {
  const session = await sessionOf(c);
  if (session) await endSession(c.var.context, session.hash);
  dropCookie(c, SESSION_COOKIE);
}

/** The key as it was sent, or null. Keys in URLs are not looked for: they would end up in logs. */
export function keyIn(headers: Headers): string | null {
  const bearer = /^Bearer +(qt_\S*)$/i.exec(headers.get("authorization") ?? "");
  return headers.get("x-api-key")?.trim() || (bearer?.[1] ?? null);
}

/**
 * Lets in a session, or a key with the scope; without a scope sessions only. A key in the request wins over a cookie.
 * Problems: 401 `unauthenticated`, `invalid_key`; 403 `missing_scope`, `session_only`; 429 `too_many_requests`.
 */
export const allow = (scope?: KeyScope) =>
  createMiddleware<App>(async (c, next) => {
    const sent = keyIn(c.req.raw.headers);
    if (sent !== null) {
      const found = await useKey(c.var.context, sent);
      if (!found)
        throw new Problem(401, "invalid_key", "This key is unknown, revoked or expired: make a new one in settings.");
      countRequest(found.key.id, c.var.context.now());
      if (!scope) throw new Problem(403, "session_only", "This needs a signed-in browser; a key cannot do it.");
      if (!found.key.scopes.includes(scope)) {
        throw new Problem(403, "missing_scope", `This key lacks the scope ${scope}: make one that has it in settings.`);
      }
      c.set("person", found.person);
      c.set("key", { id: found.key.id, scopes: found.key.scopes });
      return next();
    }
    const session = await sessionOf(c);
    if (!session) {
      const how = scope ? "Sign in, or send a key as X-API-Key or Authorization: Bearer qt_…" : "Sign in first.";
      throw new Problem(401, "unauthenticated", how);
    }
    c.set("person", session.person);
    c.set("key", null);
    await next();
  });
