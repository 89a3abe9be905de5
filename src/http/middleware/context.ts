/** The first middleware: variables parsed once, what is missing named in a 503. */
import { createMiddleware } from "hono/factory";
import { type Context, createContext } from "../../platform/context.ts";
import { type Env, Misconfigured, parseEnv } from "../../platform/env.ts";
import { Problem } from "../../platform/errors.ts";
import { log } from "../../platform/log.ts";
import { counted } from "../../platform/queries.ts";
import type { App } from "../hono.ts";

/** How a Context is made of the parsed variables; tests make theirs. */
export type MakeContext = (env: Env, execution: { waitUntil(promise: Promise<unknown>): void }) => Context;

export const withContext = (make: MakeContext = createContext) =>
  createMiddleware<App>(async (c, next) => {
    let env: Env;
    try {
      env = parseEnv(c.env);
    } catch (error) {
      if (!(error instanceof Misconfigured)) throw error;
      for (const { name } of error.problems) log("misconfigured", { code: name });
      throw new Problem(503, "misconfigured", `Set these variables and deploy again – ${error.message}`, {
        variables: error.problems.map(({ name }) => name),
      });
    }
    c.set("context", counted(make(env, c.executionCtx)));
    await next();
  });
