/** Where phone apps post: `POST /api/webhooks/ingest` with a key of scope `ingest`. */
import { Hono } from "hono";
import { describeRoute, resolver } from "hono-openapi";
import { z } from "zod";
import { KINDS } from "../../domain/batch.ts";
import { FORMATS } from "../../ingest/formats.ts";
import { receive } from "../../ingest/receive.ts";
import { BODY_BYTES } from "../../platform/body.ts";
import { Problem } from "../../platform/errors.ts";
import { ownBody } from "../../providers/bridge/own_json.ts";
import type { App } from "../hono.ts";
import { allow } from "../middleware/auth.ts";
import { answer, commonProblems, problem } from "./describe.ts";

const counts = z.object({ received: z.int(), written: z.int(), unchanged: z.int(), rejected: z.int() });
const ingestAnswer = counts
  .extend({
    kinds: z.object(Object.fromEntries(KINDS.map((kind) => [kind, counts]))),
    rejections: z
      .array(z.object({ pointer: z.string().meta({ description: "RFC 6901, into the body." }), reason: z.string() }))
      .meta({ description: "The first 20." }),
  })
  .meta({ id: "IngestCounts" });
const guide = z
  .object({
    message: z.string(),
    method: z.literal("POST"),
    header: z.string(),
    largest_body_bytes: z.int(),
    formats: z.array(z.string()),
  })
  .meta({ id: "IngestGuide" });
const tags = ["Ingest"];

export const ingest = new Hono<App>()
  .get(
    "/",
    describeRoute({
      tags,
      summary: "How to post here",
      security: [],
      responses: { 200: answer(guide, "Words for whoever looks.") },
    }),
    (c) =>
      c.json({
        message: "This is the address for phone apps. Post JSON here with a key that you make in settings.",
        method: "POST" as const,
        header: "X-API-Key: qt_…",
        largest_body_bytes: BODY_BYTES,
        formats: FORMATS.map(({ format }) => format.title),
      }),
  )
  .post(
    "/",
    describeRoute({
      tags,
      summary: "Post what a phone has",
      description:
        "JSON of a known app (see `GET`) or of your own script (the schema here), optionally with `Content-Encoding: gzip`; as NDJSON one such object a line. Elements are judged one by one: a bad one is a rejection and its neighbours are stored. The same body again changes nothing.",
      requestBody: {
        content: {
          "application/json": { schema: resolver(ownBody) },
          "application/x-ndjson": { schema: resolver(ownBody) },
        },
      },
      responses: {
        200: answer(ingestAnswer, "What became of the elements; `received = written + unchanged + rejected`."),
        ...commonProblems,
        400: problem("`not_json`: with `offset`, the byte, and the counts of what was stored"),
        409: problem("`disconnected` while it came"),
        410: problem("`account_erased`"),
        413: problem("`too_large`"),
        415: problem("`unsupported_encoding`"),
        422: problem("`unknown_format`, which lists the known ones"),
        503: problem("`busy`; `Retry-After` says when"),
      },
    }),
    allow("ingest"),
    async (c) => {
      const { context, person, key } = c.var;
      if (!key) throw new Problem(401, "unauthenticated", "Send a key as X-API-Key: a session does not do here.");
      const { answer: told, rows_written } = await receive(context, {
        person,
        api_key_id: key.id,
        headers: c.req.raw.headers,
        query: c.req.query(),
        body: c.req.raw.body,
      });
      // What D1 bills, for bench/ingest.ts; outside development it is nobody's business.
      if (context.env.PROVIDER_GATEWAY) c.header("x-rows-written", String(rows_written));
      return c.json(told);
    },
  )
  .all("/", (c) => {
    c.header("allow", "GET, HEAD, POST");
    throw new Problem(405, "method_not_allowed", "Post here; a GET says how.");
  });
