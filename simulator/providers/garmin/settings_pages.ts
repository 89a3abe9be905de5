import type { Hono } from "hono";
import { html } from "hono/html";
import type { World } from "../../provider.ts";
import { peopleChoice, permissionBoxes } from "./consent.ts";
import type { Grants, Registration } from "./grants.ts";
import { lifeOf, permissionsOf } from "./oauth.ts";
import { connectPage } from "./pages.ts";

const DAYS = [30, 90, 180, 365];

interface Actions {
  permit(registration: Registration, permissions: string[]): Promise<void>;
  end(gone: Registration[]): Promise<void>;
  offered(): string[];
}

/** Pages of the simulated Garmin Connect: a personal key, and what connected applications may see. */
export function settingsPages(app: Hono, world: World, grants: Grants, actions: Actions): void {
  const date = (epoch_s: number) => new Date(epoch_s * 1000).toISOString().slice(0, 10);

  app.get("/app/settings/personalApiToken", () => {
    const kept = world.lives.flatMap(({ person }) => {
      const key = grants.keyOf(person.key);
      return key
        ? [html`<p>${person.firstname} has a key until ${date(key.expires_at)}; a new one replaces it.</p>`]
        : [];
    });
    const days = DAYS.map((one) => html`<option value="${one}" ${one === 90 ? "selected" : ""}>${one} days</option>`);
    return connectPage(
      "Personal API key",
      html`<form method="post">
<h1>Personal API key</h1>
<p>With it a tool of your own reads your own data.</p>
${kept}
${peopleChoice(world, grants.lastPerson())}
<p><span>Valid for</span> <select name="days" aria-label="Valid for">${days}</select></p>
<div class="buttons"><button class="main">Create key</button></div>
</form>`,
    );
  });

  app.post("/app/settings/personalApiToken", async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const life = lifeOf(world, form.get("person"));
    const days = Number(form.get("days"));
    if (!life || !DAYS.includes(days))
      return connectPage("Personal API key", html`<section>Choose a person and a time.</section>`, 400);
    const { key, expires_at } = grants.issueKey(life.person.key, days);
    return connectPage(
      "Personal API key",
      html`<section>
<h1>Your key, ${life.person.firstname}</h1>
<p>It is shown once. It is good until ${date(expires_at)}.</p>
<code>${key}</code>
</section>`,
    );
  });

  app.get("/app/settings/connectedApps", () => {
    const list = grants.registrations().map((one) => {
      const name = lifeOf(world, one.person)?.person.firstname ?? one.person;
      return html`<form method="post">
<h2>${one.client} sees of ${name}</h2>
<input type="hidden" name="client" value="${one.client}"><input type="hidden" name="person" value="${one.person}">
<fieldset>${permissionBoxes(actions.offered(), (permission) => one.permissions.includes(permission))}</fieldset>
<div class="buttons">
<button class="main" name="decision" value="save">Save</button>
<button name="decision" value="disconnect">Disconnect</button>
</div>
</form>`;
    });
    const none = html`<section>No application is connected.</section>`;
    return connectPage("Connected apps", list.length > 0 ? list : none);
  });

  app.post("/app/settings/connectedApps", async (c) => {
    const form = new URLSearchParams(await c.req.text());
    const found = grants.registrations(form.get("person") ?? "").find((one) => one.client === form.get("client"));
    if (!found) return connectPage("Connected apps", html`<section>No such application.</section>`, 404);
    const disconnect = form.get("decision") === "disconnect";
    // The notices go out by themselves: the page does not wait for the application.
    if (disconnect) void actions.end([found]);
    else void actions.permit(found, permissionsOf(form.getAll("permission")));
    const text = disconnect ? "Disconnected." : "Saved.";
    return connectPage("Connected apps", html`<section><p>${text} <a href="">Back</a></p></section>`);
  });
}
