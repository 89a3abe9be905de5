/** Cookies travel with requests that other sites start, so what changes state must come from our own pages. */
import { createMiddleware } from "hono/factory";
import { Problem } from "../../platform/errors.ts";
import type { App } from "../hono.ts";
import { keyIn } from "./auth.ts";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** State-changing requests need the exact Origin; those with a key do not, since no browser adds one by itself. */
export const sameOrigin = createMiddleware<App>(async (c, next) => {
  if (!SAFE.has(c.req.method) && keyIn(c.req.raw.headers) === null) {
    const site = c.req.header("sec-fetch-site");
    const ours =
      c.req.header("origin") === c.var.context.env.BASE_URL && (site === undefined || site === "same-origin");
    if (!ours) {
      throw new Problem(
        403,
        "foreign_origin",
        `Send this from ${c.var.context.env.BASE_URL}, with its Origin header, or with a key.`,
      );
    }
  }
  await next();
});
