/** Where providers push: `/api/webhooks/:provider[/:secret]`. An unknown provider and a wrong secret look alike. */
import { Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Problem } from "../../platform/errors.ts";
import { providerOf } from "../../providers/index.ts";
import type { Provider, Push } from "../../providers/provider.ts";
import { answerGet, type PushAnswer, receivePush } from "../../push/receive.ts";
import type { App } from "../hono.ts";

function pushing(id: string): Provider & { push: Push } {
  const provider = providerOf(id);
  if (!provider?.push) throw new Problem(404, "not_found", "There is nothing at this address.");
  return provider as Provider & { push: Push };
}

function answered({ status, body }: PushAnswer): Response {
  if (body === null) return new Response(null, { status });
  return Response.json(body, { status: status as ContentfulStatusCode });
}

export const webhooks = new Hono<App>()
  .get("/:provider/:secret?", async (c) => {
    const { provider, secret } = c.req.param();
    return answered(await answerGet(c.var.context, pushing(provider), secret ?? null, c.req.query()));
  })
  .post("/:provider/:secret?", async (c) => {
    const { provider, secret } = c.req.param();
    const { headers, body } = c.req.raw;
    return answered(await receivePush(c.var.context, pushing(provider), secret ?? null, { headers, body }));
  });
