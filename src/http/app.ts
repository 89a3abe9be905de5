/** All routes, and what is true of each of them. */
import { Hono } from "hono";
import { INVITE_PATH } from "../account/invite.ts";
import { account } from "./api/account.ts";
import { connections } from "./api/connections.ts";
import { health } from "./api/health.ts";
import { ingest } from "./api/ingest.ts";
import { keys } from "./api/keys.ts";
import { oauth } from "./api/oauth.ts";
import { openapi } from "./api/openapi.ts";
import { operator } from "./api/operator.ts";
import { v1 } from "./api/v1.ts";
import { webhooks } from "./api/webhooks.ts";
import type { App } from "./hono.ts";
import { type MakeContext, withContext } from "./middleware/context.ts";
import { headers } from "./middleware/headers.ts";
import { invitePages } from "./pages/invite.tsx";
import { pages } from "./pages/pages.tsx";
import { notFound, onError } from "./problem.ts";

export function createApp(make?: MakeContext) {
  const app = new Hono<App>()
    .onError(onError)
    .notFound(notFound)
    .use(headers, withContext(make))
    .route("/", health)
    .route("/api/oauth", oauth)
    .route("/api/webhooks/ingest", ingest)
    .route("/api/webhooks", webhooks)
    .route("/api/operator", operator)
    .route("/api/connections", connections)
    .route("/api/keys", keys)
    .route("/api/v1", v1)
    .route("/api", account)
    .route(INVITE_PATH, invitePages);
  return app.route("/", openapi(app)).route("/", pages);
}
