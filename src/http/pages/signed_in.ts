/** Pages are for sessions; a visitor without one is shown the way in. */
import { createMiddleware } from "hono/factory";
import type { App } from "../hono.ts";
import { sessionOf } from "../middleware/auth.ts";

export const signedIn = createMiddleware<App>(async (c, next) => {
  const session = await sessionOf(c);
  if (!session) return c.redirect("/", 303);
  c.set("person", session.person);
  c.set("key", null);
  await next();
});
