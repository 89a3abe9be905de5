import { html } from "hono/html";
import type { World } from "../../provider.ts";
import type { Asked } from "./oauth.ts";

const STYLE = `
:root { color-scheme: light; font: 16px/1.5 system-ui, sans-serif; color: #1c1c1e; background: #eceef1; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; box-sizing: border-box; }
main { background: #fff; max-width: 25rem; width: 100%; border-radius: 10px; overflow: hidden; }
header { background: #1c1c1e; color: #fff; padding: 1rem 1.5rem; }
header strong { font-size: 1.1rem; letter-spacing: .16em; }
header small { display: block; color: #c9ccd1; }
form { padding: 1.25rem 1.5rem 1.5rem; }
h1 { font-size: 1.15rem; margin: 0 0 .75rem; }
ul { margin: 0 0 1rem; padding-left: 1.2rem; }
fieldset { border: 0; padding: 0; margin: 0 0 1.25rem; }
legend { font-weight: 600; padding: 0; margin-bottom: .4rem; }
label { display: flex; gap: .7rem; padding: .5rem 0; border-bottom: 1px solid #dfe2e6; cursor: pointer; }
label small { display: block; color: #5a5f66; }
input { accent-color: #c8102e; width: 1.1rem; height: 1.1rem; margin: .2rem 0 0; flex: none; }
.buttons { display: flex; gap: .75rem; flex-direction: row-reverse; }
button { font: inherit; font-weight: 600; border-radius: 6px; padding: .7rem 1.25rem; cursor: pointer; flex: 1; border: 1px solid #8a9097; }
button[value=grant] { background: #c8102e; color: #fff; border-color: #c8102e; }
button[value=cancel] { background: #fff; color: inherit; }
:focus-visible { outline: 3px solid #1d6fd1; outline-offset: 2px; }
`;

/** The page that asks for everything at once; it posts to its own address, so it works behind any gateway and without JavaScript. */
export async function consentPage(world: World, asked: Asked, last: string | null): Promise<Response> {
  const chosen = world.lives.some((life) => life.person.key === last) ? last : world.lives[0]?.person.key;
  const people = world.lives.map(({ person: { key, firstname, lastname, months } }) => {
    const about = months === 0 ? "brand-new, no data" : `wears the watch for ${months} months`;
    return html`<label><input type="radio" name="person" value="${key}" ${key === chosen ? "checked" : ""}>
      <span>${firstname} ${lastname}<small>${about}</small></span></label>`;
  });
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Authorize · Simulated COROS</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header><strong>Simulated COROS</strong><small>A stand-in for development. Nothing here reaches coros.com.</small></header>
<form method="post">
<h1>${new URL(asked.redirect).host} asks for your COROS data</h1>
<ul><li>Workouts and their files</li><li>Daily data and sleep</li></ul>
<fieldset><legend>You are</legend>${people}</fieldset>
<div class="buttons">
<button name="decision" value="grant">Authorize</button>
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
