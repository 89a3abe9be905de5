/** For load balancers and the operator: alive, and ready or not. No detail: that is for the operator's routes. */
import { Hono } from "hono";
import { directory } from "../../store/database.ts";
import type { App } from "../hono.ts";

export const health = new Hono<App>()
  .get("/healthz", (c) => c.text("ok"))
  .get("/readyz", async (c) => {
    try {
      await directory(c.var.context).prepare("SELECT id FROM user LIMIT 1").first();
      return c.text("ready");
    } catch {
      // A database that does not answer, or has no tables yet: either way not ready, and the log of D1 says more.
      return c.text("not ready", 503);
    }
  });
