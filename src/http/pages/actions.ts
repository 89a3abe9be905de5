/** What the forms of the settings page do: each ends in a redirect, so that going back or reloading repeats nothing. */
import { type Context, Hono } from "hono";
import { erase } from "../../account/erase.ts";
import { disconnect } from "../../connect/disconnect.ts";
import { connectWithKey } from "../../connect/key.ts";
import { receive } from "../../ingest/receive.ts";
import { Problem } from "../../platform/errors.ts";
import { providerOf } from "../../providers/index.ts";
import type { Provider } from "../../providers/provider.ts";
import { audit } from "../../store/audit.ts";
import { createKey, KEY_SCOPES, keysOf, revokeKey } from "../../store/keys.ts";
import { prefer, preferenceOf } from "../../store/preferences.ts";
import { changeProfile } from "../../store/users.ts";
import { requestSync } from "../../sync/schedule.ts";
import { type Flash, setFlash } from "../flash.ts";
import type { App } from "../hono.ts";
import { afterLinking } from "../linked.ts";
import { closeSession } from "../middleware/auth.ts";
import { sameOrigin } from "../middleware/origin.ts";
import { noProvider } from "../problem.ts";
import { keepFreshKey } from "./fresh_key.ts";
import { signedIn } from "./signed_in.ts";

const SETTINGS = "/dashboard/settings";

/** Forms carry text only; a file in its place is nothing. */
async function fieldsOf(c: Context<App>): Promise<FormData> {
  const form = await c.req.formData().catch(() => null);
  if (!form) throw new Problem(400, "bad_form", "Send the form of the settings page.");
  return form;
}
const text = (form: FormData, name: string): string => {
  const value = form.get(name);
  return typeof value === "string" ? value.trim() : "";
};

function back(c: Context<App>, flash: Flash | null, anchor = ""): Response {
  if (flash) setFlash(c, flash);
  return c.redirect(`${SETTINGS}${anchor}`, 303);
}

/** A refusal of a flow is told on the page that the form was on. */
async function done(flow: Promise<unknown>, told: string): Promise<Flash> {
  try {
    await flow;
    return { kind: "done", text: told };
  } catch (error) {
    if (error instanceof Problem) return { kind: "warning", text: error.detail };
    throw error;
  }
}

function providerIn(c: Context<App>): Provider {
  const provider = providerOf(c.req.param("provider") ?? "");
  if (!provider) throw noProvider();
  return provider;
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return name !== "";
  } catch {
    return false;
  }
}

export const actions = new Hono<App>()
  .use(signedIn, sameOrigin)
  .post("/sources/:provider/sync", async (c) => {
    const provider = providerIn(c);
    const flow = requestSync(c.var.context, c.var.person, provider.id);
    return back(c, await done(flow, `${provider.name} is being asked for news now.`), `#${provider.id}`);
  })
  .post("/sources/:provider/disconnect", async (c) => {
    const provider = providerIn(c);
    const wish = text(await fieldsOf(c), "data") === "delete" ? "delete" : "keep";
    const told = wish === "delete" ? "Its data are deleted." : "Its data stay here.";
    const flow = disconnect(c.var.context, c.var.person, provider, wish);
    return back(c, await done(flow, `${provider.name} is disconnected. ${told}`));
  })
  .post("/sources/:provider/key", async (c) => {
    const provider = providerIn(c);
    const form = await fieldsOf(c);
    const days = text(form, "days");
    const given = { key: text(form, "key"), days: /^\d{1,4}$/.test(days) ? Number(days) : null };
    try {
      const { arrival, linked } = await connectWithKey(c.var.context, c.var.person, provider, given);
      return c.redirect(await afterLinking(c, provider, arrival, linked, SETTINGS), 303);
    } catch (error) {
      if (!(error instanceof Problem) || error.status === 404) throw error;
      return back(c, { kind: "warning", text: error.detail });
    }
  })
  .post("/test-post", async (c) => {
    const { context, person } = c.var;
    const now = context.now();
    const keys = await keysOf(context, person);
    const key = keys.find(({ scopes, expires_at }) => scopes.includes("ingest") && (expires_at ?? now + 1) > now);
    if (!key) return back(c, { kind: "warning", text: "Make an API key with the scope “ingest” first." }, "#keys");
    const body = JSON.stringify({ timestamp: new Date(now).toISOString(), app_version: "settings", test: true });
    const flow = receive(context, {
      person,
      api_key_id: key.id,
      headers: new Headers({ "content-type": "application/json" }),
      query: {},
      body: new Response(body).body,
    });
    return back(
      c,
      await done(flow, "The test post arrived: an app with the same address and key will, too."),
      "#bridge",
    );
  })
  .post("/keys", async (c) => {
    const { context, person } = c.var;
    const form = await fieldsOf(c);
    const name = text(form, "name").slice(0, 100);
    const scopes = KEY_SCOPES.filter((scope) => form.getAll("scopes").includes(scope));
    if (!name) return back(c, { kind: "warning", text: "Give the key a name." }, "#keys");
    if (scopes.length === 0) {
      return back(c, { kind: "warning", text: "Choose at least one thing the key may do." }, "#keys");
    }
    const made = await createKey(context, person, { name, scopes });
    if (!made) throw new Problem(401, "unauthenticated", "This account is being erased.");
    await audit(context, { user_id: person.id, action: "key_created", detail: made.prefix });
    await keepFreshKey(c, made.key);
    return back(c, null, "#keys");
  })
  .post("/keys/:id{[0-9]+}/revoke", async (c) => {
    const { context, person } = c.var;
    const id = c.req.param("id");
    if (!(await revokeKey(context, person, Number(id)))) {
      return back(c, { kind: "warning", text: "That key was revoked before." }, "#keys");
    }
    await audit(context, { user_id: person.id, action: "key_revoked", detail: id });
    return back(c, { kind: "done", text: "The key is revoked; it works no more." }, "#keys");
  })
  .post("/time-zone", async (c) => {
    const { context, person } = c.var;
    const form = await fieldsOf(c);
    const time_zone = text(form, "time_zone");
    const from = text(form, "from") === "browser" ? "browser" : "person";
    if (!isZone(time_zone)) return back(c, { kind: "warning", text: "That is no time zone." }, "#account");
    // A browser is only asked once, and a traveller's does not undo what they chose.
    if (from === "browser" && (await preferenceOf(context, person, "time_zone"))) return c.body(null, 204);
    await changeProfile(context, person, { time_zone });
    await prefer(context, person, "time_zone", from);
    if (from === "browser") return c.body(null, 204);
    return back(c, { kind: "done", text: `Your time zone is ${time_zone.replaceAll("_", " ")}.` }, "#account");
  })
  .post("/sign-out", async (c) => {
    await closeSession(c);
    await audit(c.var.context, { user_id: c.var.person.id, action: "sign_out" });
    setFlash(c, { kind: "done", text: "You are signed out." });
    return c.redirect("/", 303);
  })
  .post("/erase", async (c) => {
    if (text(await fieldsOf(c), "confirm") !== "erase") {
      return back(c, { kind: "warning", text: "Nothing was erased: tick the box to confirm." }, "#account");
    }
    const { receipt } = await erase(c.var.context, c.var.person);
    await closeSession(c);
    setFlash(c, { kind: "done", text: `Your account and everything in it are erased. Keep this receipt: ${receipt}` });
    return c.redirect("/", 303);
  });
