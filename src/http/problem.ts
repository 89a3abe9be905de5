/** What becomes of an error: a problem for programs (RFC 9457), a page for browsers. */
import type { Context as HonoContext } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Problem } from "../platform/errors.ts";
import { errorText, log } from "../platform/log.ts";
import type { App } from "./hono.ts";
import { messagePage } from "./pages/message.tsx";

const TITLES: Record<number, string> = {
  400: "Bad request",
  401: "Sign in first",
  403: "Not allowed",
  404: "Not found",
  405: "Method not allowed",
  409: "Conflict",
  413: "Too large",
  415: "Unsupported media type",
  422: "Not understood",
  429: "Too many requests",
  500: "Something went wrong",
  502: "The provider did not answer as it should",
  503: "Not available",
};

/** A browser that navigates takes HTML; whoever calls the API may take anything, and gets JSON. */
export const wantsPage = (c: HonoContext<App>): boolean =>
  !c.req.path.startsWith("/api/") && (c.req.header("accept") ?? "").includes("text/html");

export function problemAnswer(c: HonoContext<App>, problem: Problem): Response | Promise<Response> {
  const status = problem.status as ContentfulStatusCode;
  const title = TITLES[problem.status] ?? "Error";
  if (problem.status === 401) c.header("www-authenticate", 'Bearer realm="qt-connect"');
  if (typeof problem.more.retry_after_s === "number") c.header("retry-after", String(problem.more.retry_after_s));
  if (wantsPage(c)) return messagePage(c, { status, title, text: problem.detail });
  const body = {
    type: "about:blank",
    title,
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
    ...problem.more,
  };
  return c.body(JSON.stringify(body), status, { "content-type": "application/problem+json" });
}

export function onError(error: Error, c: HonoContext<App>): Response | Promise<Response> {
  if (error instanceof Problem) return problemAnswer(c, error);
  log("unexpected_error", { route: c.req.routePath, error: errorText(error) });
  return problemAnswer(
    c,
    new Problem(500, "internal", "This is a fault of ours. Try again; if it stays, tell the operator."),
  );
}

/** Of a name that is none of our providers'. */
export const noProvider = (): Problem => new Problem(404, "not_found", "There is no provider of this name here.");

export const notFound = (c: HonoContext<App>): Response | Promise<Response> =>
  problemAnswer(c, new Problem(404, "not_found", "There is nothing at this address."));
