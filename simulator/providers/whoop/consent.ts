import { html } from "hono/html";
import type { World } from "../../provider.ts";
import type { Asked } from "./oauth.ts";

const SCOPE_TEXTS: Record<string, string> = {
  offline: "Access while you are away (required)",
  "read:recovery": "Recovery: score, heart rate variability, resting heart rate",
  "read:cycles": "Cycles: day strain and average heart rate",
  "read:sleep": "Sleep: performance and time in each stage",
  "read:workout": "Workouts: activity strain and heart rate",
  "read:profile": "Profile: name and email",
  "read:body_measurement": "Body measurements: height, weight, maximum heart rate",
};

const STYLE = `
:root { color-scheme: dark; font: 16px/1.5 system-ui, sans-serif; color: #f2f4f5; background: #101518; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; box-sizing: border-box; }
main { background: #1a2227; max-width: 27rem; width: 100%; border-radius: 6px; overflow: hidden; }
header { padding: 1.25rem 1.5rem 0; }
header strong { font-size: 1.1rem; letter-spacing: .12em; text-transform: uppercase; }
header small { display: block; color: #aeb9bf; }
form { padding: 1rem 1.5rem 1.5rem; }
h1 { font-size: 1.15rem; margin: 0 0 1rem; }
fieldset { border: 0; padding: 0; margin: 0 0 1.25rem; }
legend { font-weight: 600; padding: 0; margin-bottom: .4rem; }
label { display: flex; gap: .7rem; align-items: flex-start; padding: .5rem 0; border-bottom: 1px solid #2b363c; cursor: pointer; }
label small { display: block; color: #aeb9bf; }
input { accent-color: #16d0a0; width: 1.1rem; height: 1.1rem; margin: .2rem 0 0; flex: none; }
.buttons { display: flex; gap: .75rem; flex-direction: row-reverse; }
button { font: inherit; font-weight: 600; border-radius: 999px; padding: .7rem 1.25rem; cursor: pointer; flex: 1; border: 1px solid #6d7b82; }
button[value=grant] { background: #16d0a0; color: #06251c; border-color: #16d0a0; }
button[value=cancel] { background: transparent; color: inherit; }
:focus-visible { outline: 3px solid #7fb4ff; outline-offset: 2px; }
`;

/** The page that asks; it posts to its own address, so it works behind any gateway and without JavaScript. */
export async function consentPage(world: World, asked: Asked, last: string | null): Promise<Response> {
  const chosen = world.lives.some((life) => life.person.key === last) ? last : world.lives[0]?.person.key;
  const people = world.lives.map(({ person: { key, firstname, lastname, months } }) => {
    const about = months === 0 ? "brand-new, no data" : `member for ${months} months`;
    return html`<label><input type="radio" name="person" value="${key}" ${key === chosen ? "checked" : ""}>
      <span>${firstname} ${lastname}<small>${about}</small></span></label>`;
  });
  const scopes = asked.scopes.map((scope) => {
    const fixed = scope === "offline";
    return html`<label><input type="checkbox" name="scope" value="${scope}" checked ${fixed ? "disabled" : ""}>
      <span>${SCOPE_TEXTS[scope]}</span></label>`;
  });
  const host = new URL(asked.redirect).host;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Grant access · Simulated WHOOP</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header><strong>Simulated WHOOP</strong><small>A stand-in for development. Nothing here reaches whoop.com.</small></header>
<form method="post">
<h1>${host} would like to read your WHOOP data</h1>
<fieldset><legend>You are</legend>${people}</fieldset>
<fieldset><legend>It will be able to read</legend>${scopes}</fieldset>
<div class="buttons">
<button name="decision" value="grant">Grant</button>
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
