import { html } from "hono/html";
import type { World } from "../../provider.ts";
import type { Asked } from "./oauth.ts";

const SCOPE_TEXTS: Record<string, string> = {
  email: "Email address",
  personal: "Age, weight, height and sex",
  daily: "Sleep, readiness, activity and stress of each day",
  heartrate: "Heart rate",
  workout: "Workouts",
  tag: "Tags",
  session: "Guided and unguided sessions",
  spo2: "Blood oxygen",
  ring_configuration: "Your ring",
  stress: "Resilience",
  heart_health: "Cardiovascular age and VO₂ max",
};

const STYLE = `
:root { color-scheme: light; font: 16px/1.5 system-ui, sans-serif; color: #20242b; background: #eceef0; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; box-sizing: border-box; }
main { background: #fff; max-width: 27rem; width: 100%; border-radius: 14px; overflow: hidden; box-shadow: 0 8px 40px #0002; }
header { background: #22303c; color: #fff; padding: 1rem 1.5rem; }
header small { display: block; }
form { padding: 1.25rem 1.5rem 1.5rem; }
h1 { font-size: 1.2rem; line-height: 1.35; margin: 0 0 1rem; }
fieldset { border: 0; padding: 0; margin: 0 0 1.25rem; }
legend { font-weight: 600; padding: 0; margin-bottom: .4rem; }
label { display: flex; gap: .7rem; align-items: flex-start; padding: .4rem .7rem; border-radius: 9px; cursor: pointer; }
label:hover { background: #f2f4f6; }
label small { display: block; color: #565d66; }
input { accent-color: #22303c; width: 1.1rem; height: 1.1rem; margin: .2rem 0 0; flex: none; }
.buttons { display: flex; gap: .75rem; flex-direction: row-reverse; }
button { font: inherit; font-weight: 600; border-radius: 9px; padding: .75rem 1.25rem; cursor: pointer; flex: 1; }
button[value=authorize] { background: #22303c; color: #fff; border: 1px solid #22303c; }
button[value=cancel] { background: #fff; color: #20242b; border: 1px solid #b4b9c0; }
:focus-visible { outline: 3px solid #1a6ad6; outline-offset: 2px; }
`;

/** The page that asks; it posts to its own address, so it works behind any gateway and without JavaScript. */
export async function consentPage(world: World, asked: Asked, last: string | null): Promise<Response> {
  const chosen = world.lives.some((life) => life.person.key === last) ? last : world.lives[0]?.person.key;
  const people = world.lives.map(({ person: { key, firstname, lastname, months } }) => {
    const about = months === 0 ? "a new ring, nothing measured" : `${months} months with a ring`;
    return html`<label><input type="radio" name="person" value="${key}" ${key === chosen ? "checked" : ""}>
      <span>${firstname} ${lastname}<small>${about}</small></span></label>`;
  });
  const scopes = asked.scopes.map(
    (scope) => html`<label><input type="checkbox" name="scope" value="${scope}" checked>
      <span>${SCOPE_TEXTS[scope]}</span></label>`,
  );
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Allow access · Simulated Oura</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header><strong>Simulated Oura</strong><small>A stand-in for development. Nothing here reaches ouraring.com.</small></header>
<form method="post">
<h1>${asked.redirect.host} wants to read your Oura data</h1>
<fieldset><legend>You are</legend>${people}</fieldset>
<fieldset><legend>It may read</legend>${scopes}</fieldset>
<div class="buttons">
<button name="decision" value="authorize">Allow</button>
<button name="decision" value="cancel">Deny</button>
</div>
</form>
</main>
</body>
</html>`;
  return new Response(String(await page), {
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store", "x-frame-options": "DENY" },
  });
}
