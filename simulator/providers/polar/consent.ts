import { html } from "hono/html";
import type { World } from "../../provider.ts";
import type { Asked } from "./oauth.ts";

const STYLE = `
:root { color-scheme: light; font: 16px/1.5 system-ui, sans-serif; color: #1c1c1e; background: #eef0f2; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; box-sizing: border-box; }
main { background: #fff; max-width: 27rem; width: 100%; border-top: 5px solid #c8102e; box-shadow: 0 6px 30px #0002; }
header { padding: 1.1rem 1.5rem 0; }
header strong { font-size: 1.15rem; }
header small { display: block; color: #55585e; }
form { padding: 1rem 1.5rem 1.5rem; }
h1 { font-size: 1.2rem; line-height: 1.35; margin: 0 0 1rem; }
fieldset { border: 0; padding: 0; margin: 0 0 1.25rem; }
legend { font-weight: 600; padding: 0; margin-bottom: .4rem; }
label { display: flex; gap: .7rem; align-items: flex-start; padding: .5rem 0; cursor: pointer; }
label small { display: block; color: #55585e; }
input { accent-color: #c8102e; width: 1.1rem; height: 1.1rem; margin: .2rem 0 0; flex: none; }
.buttons { display: flex; gap: .75rem; flex-direction: row-reverse; }
button { font: inherit; font-weight: 600; padding: .7rem 1.25rem; cursor: pointer; flex: 1; border: 1px solid #c8102e; }
button[value=accept] { background: #c8102e; color: #fff; }
button[value=cancel] { background: #fff; color: #1c1c1e; border-color: #9a9da3; }
:focus-visible { outline: 3px solid #1a6ad6; outline-offset: 2px; }
`;

/** The page that asks: all or nothing. It posts to its own address, so it works behind any gateway and without JavaScript. */
export async function consentPage(world: World, asked: Asked, last: string | null): Promise<Response> {
  const chosen = world.lives.some((life) => life.person.key === last) ? last : world.lives[0]?.person.key;
  const people = world.lives.map(({ person: { key, firstname, lastname, months } }) => {
    const about = months === 0 ? "brand-new, no data" : `a Polar watch for ${months} months`;
    return html`<label><input type="radio" name="person" value="${key}" ${key === chosen ? "checked" : ""}>
      <span>${firstname} ${lastname}<small>${about}</small></span></label>`;
  });
  const host = new URL(asked.redirect).host;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Permission · Simulated Polar Flow</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header><strong>Simulated Polar Flow</strong><small>A stand-in for development. Nothing here reaches polar.com.</small></header>
<form method="post">
<h1>${host} asks for all of your training, sleep and activity data</h1>
<fieldset><legend>You are</legend>${people}</fieldset>
<p><small>It sees what your watch uploads from now on.</small></p>
<div class="buttons">
<button name="decision" value="accept">Accept</button>
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
