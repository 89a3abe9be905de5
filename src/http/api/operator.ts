/** What the operator looks after, with `Authorization: Bearer <OPERATOR_TOKEN>`; without that variable nobody may. */
import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { z } from "zod";
import { credentialsOf } from "../../access/credentials.ts";
import { callbackUrl } from "../../access/webhooks.ts";
import { invite } from "../../account/invite.ts";
import { subscribe, unsubscribe } from "../../connect/subscriptions.ts";
import { sameText } from "../../platform/crypto.ts";
import { Problem } from "../../platform/errors.ts";
import { PROVIDERS, providerOf } from "../../providers/index.ts";
import type { Provider } from "../../providers/provider.ts";
import { deadLetters } from "../../store/dead.ts";
import { inboxState } from "../../store/inbox.ts";
import { dropInvite, listInvites } from "../../store/invites.ts";
import { listPeople } from "../../store/people.ts";
import { applicationSubscriptions, type Subscription } from "../../store/subscriptions.ts";
import type { App } from "../hono.ts";
import { jsonBody } from "../middleware/body.ts";
import { pageQuery, query } from "./query.ts";

const isOperator = createMiddleware<App>(async (c, next) => {
  const own = c.var.context.env.OPERATOR_TOKEN;
  const sent = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (!own || !sent || !(await sameText(sent, own))) {
    throw new Problem(401, "unauthenticated", "Send OPERATOR_TOKEN as Authorization: Bearer …");
  }
  await next();
});

function known(id: string): Provider {
  const provider = providerOf(id);
  if (!provider?.push) throw new Problem(404, "not_found", "This provider does not push.");
  return provider;
}

const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
/** The address has a secret in it: it is the operator's to give to a provider. */
const view = ({ status, external_ids, callback_url, expires_at, checked_at, created_at }: Subscription) => ({
  status,
  external_ids,
  callback_url,
  expires_at: time(expires_at),
  checked_at: time(checked_at),
  created_at: time(created_at),
});

const invitation = z.object({
  note: z.string().trim().min(1).max(200).optional(),
  days: z.int().min(1).max(90).default(14),
  person: z.string().optional(),
});

const wish = z.object({ provider: z.string(), replace: z.boolean().default(false) });

export const operator = new Hono<App>()
  .use(isOperator)
  .get("/health", async (c) => {
    const { waiting, oldest_at } = await inboxState(c.var.context);
    return c.json({ inbox: { waiting, oldest_at: time(oldest_at) } });
  })
  .get("/people", query(pageQuery), async (c) => {
    const { data, next_cursor } = await listPeople(c.var.context, c.req.valid("query"));
    return c.json({
      data: data.map(({ created_at, last_seen_at, connections, ...one }) => ({
        ...one,
        created_at: time(created_at),
        last_seen_at: time(last_seen_at),
        connections: connections.map(({ last_success_at, ...rest }) => ({
          ...rest,
          last_success_at: time(last_success_at),
        })),
      })),
      next_cursor,
    });
  })
  .get("/invitations", query(pageQuery), async (c) => {
    const { data, next_cursor } = await listInvites(c.var.context, c.req.valid("query"));
    return c.json({
      data: data.map(({ created_at, expires_at, used_at, ...one }) => ({
        ...one,
        created_at: time(created_at),
        expires_at: time(expires_at),
        used_at: time(used_at),
      })),
      next_cursor,
    });
  })
  // The link is told here and never again.
  .post("/invitations", ...jsonBody(invitation), async (c) => {
    const { expires_at, ...made } = await invite(c.var.context, c.req.valid("json"));
    return c.json({ ...made, expires_at: time(expires_at) }, 201);
  })
  .delete("/invitations/:id", async (c) => {
    if (!(await dropInvite(c.var.context, c.req.param("id")))) {
      throw new Problem(404, "not_found", "There is no such invitation, or it was used.");
    }
    return c.body(null, 204);
  })
  .get("/dead-letters", async (c) => {
    const data = await deadLetters(c.var.context, 500);
    return c.json({ data: data.map(({ at, ...one }) => ({ ...one, at: time(at) })), next_cursor: null });
  })
  .get("/subscriptions", async (c) => {
    const { context } = c.var;
    const rows = await applicationSubscriptions(context);
    const data = await Promise.all(
      PROVIDERS.filter((provider: Provider) => provider.push).map(async (provider: Provider) => {
        const row = rows.find((one) => one.provider === provider.id);
        return {
          provider: provider.id,
          per: provider.push!.subscription.per,
          is_configured: credentialsOf(context.env, provider) !== null,
          callback_url: await callbackUrl(context, provider),
          subscription: row ? view(row) : null,
        };
      }),
    );
    return c.json({ data, next_cursor: null });
  })
  .post("/subscriptions", ...jsonBody(wish), async (c) => {
    const { provider, replace } = c.req.valid("json");
    return c.json(view(await subscribe(c.var.context, known(provider), replace)), 201);
  })
  .delete("/subscriptions/:provider", async (c) => {
    await unsubscribe(c.var.context, known(c.req.param("provider")));
    return c.body(null, 204);
  });
