/** API keys of the signed-in person. */
import { Hono } from "hono";
import { describeRoute } from "hono-openapi";
import { z } from "zod";
import { toWire } from "../../domain/time.ts";
import { Problem } from "../../platform/errors.ts";
import { audit } from "../../store/audit.ts";
import { createKey, KEY_SCOPES, type Key, keysOf, revokeKey, STANDARD_SCOPES } from "../../store/keys.ts";
import type { App } from "../hono.ts";
import { allow } from "../middleware/auth.ts";
import { jsonBody } from "../middleware/body.ts";
import { sameOrigin } from "../middleware/origin.ts";
import { answer, problem, sessionOnly } from "./describe.ts";

const scope = z.enum(KEY_SCOPES);
const instant = z.iso.datetime({ offset: true });

const newKey = z.object({
  name: z.string("give it a name").trim().min(1, "give it a name").max(100, "is too long"),
  scopes: z
    .array(scope)
    .min(1, "choose at least one")
    .default([...STANDARD_SCOPES])
    .transform((scopes) => KEY_SCOPES.filter((one) => scopes.includes(one))),
  expires_at: instant.nullish().meta({ description: "RFC 3339; without it the key does not expire." }),
});

const keyView = z
  .object({
    id: z.int(),
    name: z.string(),
    prefix: z.string().meta({ description: "The beginning of the key, to tell it from others." }),
    scopes: z.array(scope),
    created_at: z.string(),
    last_used_at: z.string().nullable(),
    expires_at: z.string().nullable(),
  })
  .meta({ id: "ApiKey" });
const madeKey = keyView
  .extend({ key: z.string().meta({ description: "Shown only here: it is not stored." }) })
  .meta({ id: "NewApiKey" });
const keyList = z.object({ data: z.array(keyView), next_cursor: z.null() }).meta({ id: "ApiKeyList" });

const wire = (ms: number | null): string | null => (ms === null ? null : toWire(ms, null));
const toView = (key: Key): z.infer<typeof keyView> => ({
  id: key.id,
  name: key.name,
  prefix: key.prefix,
  scopes: key.scopes,
  created_at: toWire(key.created_at, null),
  last_used_at: wire(key.last_used_at),
  expires_at: wire(key.expires_at),
});
const tags = ["Keys"];

export const keys = new Hono<App>()
  .use(allow(), sameOrigin)
  .post(
    "/",
    describeRoute({
      tags,
      ...sessionOnly,
      summary: "Make a key",
      responses: { 201: answer(madeKey, "The key, shown only now."), 422: problem("`bad_body`") },
    }),
    ...jsonBody(newKey),
    async (c) => {
      const { context, person } = c.var;
      const { name, scopes, expires_at } = c.req.valid("json");
      const expires = expires_at ? Date.parse(expires_at) : null;
      if (expires !== null && expires <= context.now()) {
        throw new Problem(422, "bad_body", "/expires_at: lies in the past", {
          errors: [{ pointer: "/expires_at", message: "lies in the past" }],
        });
      }
      const made = await createKey(context, person, { name, scopes, expires_at: expires });
      if (!made) throw new Problem(401, "unauthenticated", "This account is being erased.");
      await audit(context, { user_id: person.id, action: "key_created", detail: made.prefix });
      return c.json({ ...toView(made), key: made.key }, 201);
    },
  )
  .get(
    "/",
    describeRoute({
      tags,
      ...sessionOnly,
      summary: "List keys",
      responses: { 200: answer(keyList, "Newest first.") },
    }),
    async (c) => c.json({ data: (await keysOf(c.var.context, c.var.person)).map(toView), next_cursor: null }),
  )
  .delete(
    "/:id{[0-9]+}",
    describeRoute({
      tags,
      ...sessionOnly,
      summary: "Revoke a key at once",
      responses: { 204: { description: "Revoked." }, 404: problem("`not_found`") },
    }),
    async (c) => {
      const { context, person } = c.var;
      if (!(await revokeKey(context, person, Number(c.req.param("id"))))) {
        throw new Problem(404, "not_found", "You have no such key.");
      }
      await audit(context, { user_id: person.id, action: "key_revoked", detail: c.req.param("id") });
      return c.body(null, 204);
    },
  );
