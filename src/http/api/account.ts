/** The signed-in person's account: signing out, and erasing it. */
import { Hono } from "hono";
import { describeRoute } from "hono-openapi";
import { z } from "zod";
import { erase } from "../../account/erase.ts";
import { audit } from "../../store/audit.ts";
import type { App } from "../hono.ts";
import { allow, closeSession } from "../middleware/auth.ts";
import { sameOrigin } from "../middleware/origin.ts";
import { answer, sessionOnly } from "./describe.ts";

const erased = z.object({ receipt: z.string() }).meta({ id: "Erased" });
const tags = ["Account"];

export const account = new Hono<App>()
  .post(
    "/session/logout",
    describeRoute({
      tags,
      ...sessionOnly,
      summary: "Sign out",
      responses: { 204: { description: "This browser is signed out." } },
    }),
    allow(),
    sameOrigin,
    async (c) => {
      await closeSession(c);
      await audit(c.var.context, { user_id: c.var.person.id, action: "sign_out" });
      return c.body(null, 204);
    },
  )
  .delete(
    "/account",
    describeRoute({
      tags,
      ...sessionOnly,
      summary: "Erase the account",
      description:
        "Everything of the person is deleted at once: records, connections, keys, sessions. The database's point-in-time recovery holds deleted rows for up to 30 days more.",
      responses: { 200: answer(erased, "Done; the receipt proves it to the operator.") },
    }),
    allow(),
    sameOrigin,
    async (c) => {
      const receipt = await erase(c.var.context, c.var.person);
      await closeSession(c);
      return c.json(receipt);
    },
  );
