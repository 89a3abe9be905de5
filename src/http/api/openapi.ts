/** The OpenAPI document, made of the schemas that the routes themselves use, and a page to read and try it. */
import { Hono } from "hono";
import { html } from "hono/html";
import type { Schema } from "hono/types";
import { type GenerateSpecOptions, openAPIRouteHandler } from "hono-openapi";
import type { App } from "../hono.ts";
import { commonProblems } from "./describe.ts";

const INTRODUCTION = `One API for the activities, sleep, daily metrics and sample series of a person, whatever watch or phone they come from.

**Keys.** Send \`X-API-Key: qt_…\`, or \`Authorization: Bearer qt_…\`. A key is made in settings, is shown once, and has scopes: \`read\` for \`/api/v1\`, \`ingest\` for posting, \`manage\` for connections. About 600 requests a minute.

**Lists** are \`{data, next_cursor}\`: give \`next_cursor\` as \`cursor\` until it is null. Unknown parameters are ignored.

**Fields** have their unit in the name (\`_s\`, \`_m\`, \`_bpm\`, \`_kcal\`…). What is not known is null, never 0. Times are RFC 3339 in the record's own offset.

**Errors** are \`application/problem+json\` (RFC 9457) with a stable \`code\`.`;

const documentation: Partial<GenerateSpecOptions>["documentation"] = {
  info: { title: "qt-connect", version: "1", description: INTRODUCTION },
  tags: [
    { name: "Records", description: "What the person's sources have sent, normalised." },
    { name: "Connections", description: "The sources." },
    { name: "Ingest", description: "What phones post." },
    { name: "Keys" },
    { name: "Account" },
  ],
  components: {
    securitySchemes: {
      key: { type: "apiKey", in: "header", name: "X-API-Key" },
      bearer: { type: "http", scheme: "bearer", description: "The same key." },
      session: { type: "apiKey", in: "cookie", name: "__Host-qt_session", description: "A signed-in browser." },
    },
  },
  security: [{ key: [] }, { bearer: [] }, { session: [] }],
};

const any = { responses: commonProblems };
const defaultOptions = { GET: any, POST: any, DELETE: any };

/** Pages, redirects of browsers, webhooks of providers and the operator's routes are nobody else's to call. */
const exclude = [/^\/(?!api\/)/, /^\/api\/(oauth|operator)\//, /^\/api\/webhooks\/\{/];

/** Of all routes of the app that describe themselves, also of those mounted later. */
export const openapi = <Routes extends Schema>(app: Hono<App, Routes>) =>
  new Hono<App>()
    .get(
      "/openapi.json",
      openAPIRouteHandler(app, { documentation, defaultOptions, defaultValidationErrorResponse: false, exclude }),
    )
    .get("/docs", (c) => {
      const nonce = c.var.secureHeadersNonce ?? "";
      return c.html(html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>API – qt-connect</title>
    <link rel="stylesheet" href="/static/swagger-ui.css" />
  </head>
  <body>
    <main id="docs"></main>
    <noscript>This page needs JavaScript; the document itself is at <a href="/openapi.json">/openapi.json</a>.</noscript>
    <script nonce="${nonce}" src="/static/swagger-ui-bundle.js"></script>
    <script nonce="${nonce}">
      SwaggerUIBundle({ url: "/openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null });
    </script>
  </body>
</html>`);
    });
