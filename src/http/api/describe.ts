/** Words for the OpenAPI document that more than one route needs. */
import { resolver } from "hono-openapi";
import type { z } from "zod";
import { wireProblem } from "../../domain/wire.ts";

/** A JSON answer. */
export const answer = (schema: z.ZodType, description: string) => ({
  description,
  content: { "application/json": { schema: resolver(schema) } },
});

/** RFC 9457; `code` is stable. */
export const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: resolver(wireProblem) } },
});

/** What any route may answer; a route's own words win. */
export const commonProblems = {
  401: problem("`unauthenticated`, `invalid_key`"),
  403: problem("`missing_scope`, `session_only`"),
  429: problem("`too_many_requests`; `Retry-After` says when"),
};

/** Of routes that a key cannot call. */
export const sessionOnly = { security: [{ session: [] }] };
