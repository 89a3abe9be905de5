/** `/invite/:token`: opening it changes nothing, since mail programs open links too; the button does. */
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { accept, INVITE_PATH, invited } from "../../account/invite.ts";
import { Problem } from "../../platform/errors.ts";
import { setFlash } from "../flash.ts";
import type { App } from "../hono.ts";
import { openSession, sessionOf } from "../middleware/auth.ts";
import { sameOrigin } from "../middleware/origin.ts";
import { onError } from "../problem.ts";
import { messagePage } from "./message.tsx";
import { Layout, render } from "./parts/layout.tsx";

const LONGEST_NAME = 100;

const TITLES: Record<string, string> = {
  invitation_over: "This invitation is over",
  signed_in: "You are signed in already",
};

export const invitePages = new Hono<App>()
  .onError((error, c) => {
    if (!(error instanceof Problem)) return onError(error, c);
    return messagePage(c, {
      status: error.status as ContentfulStatusCode,
      title: TITLES[error.code] ?? "This did not work",
      text: error.detail,
    });
  })
  .use(async (c, next) => {
    c.header("Referrer-Policy", "same-origin");
    const session = await sessionOf(c);
    if (session) {
      c.set("person", session.person);
      throw new Problem(409, "signed_in", "An invitation is for somebody who is not. Sign out first to use it.");
    }
    await next();
  })
  .get("/:token", async (c) => {
    const token = c.req.param("token");
    return form(c, token, await invited(c.var.context, token));
  })
  .post("/:token", sameOrigin, async (c) => {
    const { name } = await c.req.parseBody();
    const display_name = typeof name === "string" ? name.trim().slice(0, LONGEST_NAME) || null : null;
    const person = await accept(c.var.context, c.req.param("token"), display_name);
    await openSession(c, person);
    setFlash(c, { kind: "done", text: "You are in. Connect your first source here." });
    return c.redirect("/dashboard/settings", 303);
  });

const form = (
  c: Context<App>,
  token: string,
  person: { display_name: string | null } | null,
): Response | Promise<Response> =>
  render(
    c,
    <Layout title="You are invited">
      <article class="card message">
        <h1>{person ? `Welcome back${person.display_name ? `, ${person.display_name}` : ""}` : "You are invited"}</h1>
        <p>
          {person
            ? "This link signs you in to your account, once."
            : "This link opens an account of your own, once. You then choose which sources it brings together; none of them has to be Strava."}
        </p>
        <form method="post" action={`${INVITE_PATH}/${encodeURIComponent(token)}`}>
          {person ? null : (
            <label>
              How shall we call you?
              <input name="name" autocomplete="nickname" maxlength={LONGEST_NAME} placeholder="Optional" />
            </label>
          )}
          <p class="actions">
            <button type="submit">{person ? "Sign in" : "Open my account"}</button>
          </p>
          <small>
            {person
              ? "Afterwards sign in with a source that you have connected."
              : "Afterwards sign in with a source that you have connected, where this instance lets it sign people in; else ask for another link."}
          </small>
        </form>
      </article>
    </Layout>,
  );
