/** The person's connections: what is connected, sync now, disconnect. */
import { Hono } from "hono";
import { describeRoute } from "hono-openapi";
import { z } from "zod";
import { disconnect } from "../../connect/disconnect.ts";
import { type ConnectionView, connectionViews } from "../../connect/views.ts";
import { toWire } from "../../domain/time.ts";
import { Problem } from "../../platform/errors.ts";
import { providerOf } from "../../providers/index.ts";
import { CONNECTION_STATUS } from "../../store/schema.ts";
import { requestSync } from "../../sync/schedule.ts";
import type { App } from "../hono.ts";
import { allow } from "../middleware/auth.ts";
import { sameOrigin } from "../middleware/origin.ts";
import { noProvider } from "../problem.ts";
import { answer, problem } from "./describe.ts";

const instant = z.string().nullable();
const connection = z
  .object({
    provider: z.string(),
    status: z.enum(CONNECTION_STATUS),
    granted_scopes: z.array(z.string()),
    missing_scopes: z.array(z.string()).meta({ description: "Asked for and not granted: connected, partly." }),
    connected_at: instant,
    last_success_at: instant,
    next_sync_at: instant,
    backfill: z
      .object({ done_share: z.number().min(0).max(1), from: instant, to: instant })
      .nullable()
      .meta({ description: "How far the history has come; null where there is none to be had." }),
    streams: z.array(
      z.object({
        stream: z.string(),
        last_data_at: instant,
        due_at: instant,
        gaps: z.int().meta({ description: "Windows that could not be read; they are asked for again." }),
        pending: z.int().meta({ description: "Records still to be asked for by themselves." }),
        error: z
          .object({ code: z.string(), at: z.string() })
          .nullable()
          .meta({ description: "What went wrong last; null once the stream has gone well again." }),
      }),
    ),
    last_error: z
      .object({ code: z.string(), at: z.string(), stream: z.string().nullable() })
      .nullable()
      .meta({ description: "The newest error of a stream that has not gone well since, or of the connection itself." }),
    waiting_until: instant.meta({ description: "A limit of the provider is spent: reading goes on then." }),
    rejections: z
      .array(
        z.object({
          stream: z.string(),
          pointer: z.string(),
          reason: z.string(),
          external_id: z.string().optional(),
          at: z.string(),
        }),
      )
      .meta({ description: "Records of the last seven days' answers that could not be read, the first of each run." }),
  })
  .meta({ id: "Connection" });
const connectionList = z.object({ data: z.array(connection), next_cursor: z.null() }).meta({ id: "ConnectionList" });
const syncing = z
  .object({ provider: z.string(), streams: z.int().meta({ description: "How many streams run now." }) })
  .meta({ id: "SyncRequested" });

const wire = (ms: number | null): string | null => (ms === null ? null : toWire(ms, null));
const toView = ({ access: _, ...view }: ConnectionView): z.infer<typeof connection> => ({
  ...view,
  connected_at: wire(view.connected_at),
  last_success_at: wire(view.last_success_at),
  next_sync_at: wire(view.next_sync_at),
  backfill: view.backfill && { ...view.backfill, from: wire(view.backfill.from), to: wire(view.backfill.to) },
  streams: view.streams.map((stream) => ({
    ...stream,
    last_data_at: wire(stream.last_data_at),
    due_at: wire(stream.due_at),
    error: stream.error && { ...stream.error, at: toWire(stream.error.at, null) },
  })),
  last_error: view.last_error && { ...view.last_error, at: toWire(view.last_error.at, null) },
  waiting_until: wire(view.waiting_until),
  rejections: view.rejections.map((one) => ({ ...one, at: toWire(one.at, null) })),
});

function known(id: string) {
  const provider = providerOf(id);
  if (!provider) throw noProvider();
  return provider;
}
const tags = ["Connections"];
const missing = { 404: problem("`not_found`, `not_connected`") };

export const connections = new Hono<App>()
  .get(
    "/",
    describeRoute({
      tags,
      summary: "List connections",
      responses: { 200: answer(connectionList, "All that the person has or had.") },
    }),
    allow("read"),
    async (c) => c.json({ data: (await connectionViews(c.var.context, c.var.person)).map(toView), next_cursor: null }),
  )
  .post(
    "/:provider/sync",
    describeRoute({
      tags,
      summary: "Sync now",
      responses: {
        202: answer(syncing, "Its streams are on their way."),
        ...missing,
        409: problem("`needs_reauthorization`, `in_progress`"),
      },
    }),
    allow("manage"),
    sameOrigin,
    async (c) => c.json(await requestSync(c.var.context, c.var.person, known(c.req.param("provider")).id), 202),
  )
  .delete(
    "/:provider",
    describeRoute({
      tags,
      summary: "Disconnect",
      description:
        "Access is given back at the provider and forgotten here. Where the provider's terms demand it the data are deleted in any case.",
      parameters: [
        {
          in: "query",
          name: "data",
          schema: { type: "string", enum: ["keep", "delete"], default: "keep" },
          required: false,
        },
      ],
      responses: { 204: { description: "Disconnected, and the data kept or deleted." }, ...missing },
    }),
    allow("manage"),
    sameOrigin,
    async (c) => {
      const data = c.req.query("data") ?? "keep";
      if (data !== "keep" && data !== "delete") {
        throw new Problem(400, "bad_parameter", "`data` must be `keep` or `delete`.", { parameter: "data" });
      }
      await disconnect(c.var.context, c.var.person, known(c.req.param("provider")), data);
      return c.body(null, 204);
    },
  );
