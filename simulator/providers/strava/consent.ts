import { html } from "hono/html";
import type { World } from "../../provider.ts";
import type { Asked } from "./oauth.ts";

const SCOPE_TEXTS: Record<string, string> = {
  read: "View data about your public profile (required)",
  read_all: "View data about your private routes, segments and events",
  "profile:read_all": "View your complete Strava profile",
  "profile:write": "Edit your profile, for instance your weight",
  "activity:read": "View data about your activities",
  "activity:read_all": "View data about your private activities and places",
  "activity:write": "Upload your activities",
};

const STYLE = `
:root { color-scheme: light; font: 16px/1.5 system-ui, sans-serif; color: #242428; background: #f4f3f1; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; box-sizing: border-box; }
main { background: #fff; max-width: 27rem; width: 100%; border-radius: 14px; overflow: hidden; box-shadow: 0 8px 40px #0002; }
header { background: #c43e00; color: #fff; padding: 1rem 1.5rem; }
header strong { font-size: 1.15rem; letter-spacing: .01em; }
header small { display: block; }
form { padding: 1.25rem 1.5rem 1.5rem; }
h1 { font-size: 1.2rem; line-height: 1.35; margin: 0 0 1rem; }
fieldset { border: 0; padding: 0; margin: 0 0 1.25rem; }
legend { font-weight: 600; padding: 0; margin-bottom: .4rem; }
label { display: flex; gap: .7rem; align-items: flex-start; padding: .55rem .7rem; border-radius: 9px; cursor: pointer; }
label:hover { background: #f7f3f0; }
label small { display: block; color: #5d5d66; }
input { accent-color: #c43e00; width: 1.1rem; height: 1.1rem; margin: .2rem 0 0; flex: none; }
.buttons { display: flex; gap: .75rem; flex-direction: row-reverse; }
button { font: inherit; font-weight: 600; border-radius: 9px; padding: .75rem 1.25rem; cursor: pointer; flex: 1; }
button[value=authorize] { background: #c43e00; color: #fff; border: 1px solid #c43e00; }
button[value=cancel] { background: #fff; color: #242428; border: 1px solid #b9b9c0; }
:focus-visible { outline: 3px solid #1a6ad6; outline-offset: 2px; }
`;

/** The page that asks; it posts to its own address, so it works behind any gateway and without JavaScript. */
export async function consentPage(world: World, asked: Asked, last: string | null): Promise<Response> {
  const chosen = world.lives.some((life) => life.person.key === last) ? last : world.lives[0]?.person.key;
  const people = world.lives.map((life) => {
    const { key, firstname, lastname, home } = life.person;
    const count = life.activities(world.now()).length;
    const about = count === 0 ? "brand-new, no activities" : `${count} activities`;
    return html`<label><input type="radio" name="person" value="${key}" ${key === chosen ? "checked" : ""}>
      <span>${firstname} ${lastname}<small>${home.name} · ${about}</small></span></label>`;
  });
  const scopes = asked.scopes.map((scope) => {
    const fixed = scope === "read";
    return html`<label><input type="checkbox" name="scope" value="${scope}" checked ${fixed ? "disabled" : ""}>
      <span>${SCOPE_TEXTS[scope]}</span></label>`;
  });
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Authorize · Simulated Strava</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header><strong>Simulated Strava</strong><small>A stand-in for development. Nothing here reaches strava.com.</small></header>
<form method="post">
<h1>Authorize ${asked.redirect.host} to connect to Strava</h1>
<fieldset><legend>You are</legend>${people}</fieldset>
<fieldset><legend>${asked.redirect.host} will be able to</legend>${scopes}</fieldset>
<div class="buttons">
<button name="decision" value="authorize">Authorize</button>
<button name="decision" value="cancel">Cancel</button>
</div>
</form>
</main>
</body>
</html>`;
  return new Response(String(await page), {
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store", "x-frame-options": "DENY" },
  });
}
