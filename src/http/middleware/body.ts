/** JSON bodies of our own routes: `application/json` only, so that no form of another site can post them, and checked by zod. */
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import { validator } from "hono-openapi";
import type { z } from "zod";
import { Problem } from "../../platform/errors.ts";
import type { App } from "../hono.ts";

const LARGEST = 16_384;

const isSmall = bodyLimit({
  maxSize: LARGEST,
  onError: () => {
    throw new Problem(413, "too_large", `A body here may have ${LARGEST} bytes.`);
  },
});

const isJson = createMiddleware<App>(async (c, next) => {
  if (!/^application\/json\s*(;|$)/i.test(c.req.header("content-type") ?? "")) {
    throw new Problem(415, "unsupported_media_type", "Send JSON with Content-Type: application/json.");
  }
  try {
    await c.req.json();
  } catch {
    throw new Problem(400, "not_json", "The body is not JSON.");
  }
  await next();
});

/** Middlewares: is it small, is it JSON, is it what the schema says. Problems: 415, 413, 400 `not_json`, 422 `bad_body`. */
export const jsonBody = <Schema extends z.ZodType>(schema: Schema) =>
  [
    isSmall,
    isJson,
    validator("json", schema, (result) => {
      if (result.success) return;
      const errors = result.error.map((issue) => ({
        pointer: (issue.path ?? []).map((part) => `/${String(typeof part === "object" ? part.key : part)}`).join(""),
        message: issue.message,
      }));
      throw new Problem(
        422,
        "bad_body",
        errors.map(({ pointer, message }) => `${pointer || "/"}: ${message}`).join("; "),
        { errors },
      );
    }),
  ] as const;
