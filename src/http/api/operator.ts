/** What the operator looks after, with `Authorization: Bearer <OPERATOR_TOKEN>`; without that variable nobody may. */
import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { z } from "zod";
import { credentialsOf } from "../../access/credentials.ts";
import { callbackUrl } from "../../access/webhooks.ts";
import { subscribe, unsubscribe } from "../../connect/subscriptions.ts";
import { sameText } from "../../platform/crypto.ts";
import { Problem } from "../../platform/errors.ts";
import { PROVIDERS, providerOf } from "../../providers/index.ts";
import type { Provider } from "../../providers/provider.ts";
import { deadLetters } from "../../store/dead.ts";
import { inboxState } from "../../store/inbox.ts";
import { applicationSubscriptions, type Subscription } from "../../store/subscriptions.ts";
import type { App } from "../hono.ts";
import { jsonBody } from "../middleware/body.ts";

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

const wish = z.object({ provider: z.string(), replace: z.boolean().default(false) });

export const operator = new Hono<App>()
  .use(isOperator)
  .get("/health", async (c) => {
    const { waiting, oldest_at } = await inboxState(c.var.context);
    return c.json({ inbox: { waiting, oldest_at: time(oldest_at) } });
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
