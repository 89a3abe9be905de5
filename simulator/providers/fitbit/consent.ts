import { html, raw } from "hono/html";
import type { World } from "../../provider.ts";
import type { Asked } from "./oauth.ts";

const TEXTS: Record<string, string> = {
  activity_and_fitness: "See your Google Health activity and fitness data",
  sleep: "See your Google Health sleep data",
  health_metrics_and_measurements: "See your Google Health metrics and measurements",
  profile: "See your Google Health profile",
  settings: "See your Google Health settings",
  location: "See your Google Health location data",
  ecg: "See your Google Health ECG readings",
  irn: "See your Google Health irregular rhythm notifications",
  nutrition: "See your Google Health nutrition data",
};

const STYLE = `
:root { color-scheme: light; font: 16px/1.5 system-ui, sans-serif; color: #1f1f1f; background: #f0f4f9; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; box-sizing: border-box; }
main { background: #fff; max-width: 30rem; width: 100%; border-radius: 24px; padding: 1.75rem; box-sizing: border-box; }
header { border-bottom: 1px solid #dadce0; padding-bottom: .75rem; margin-bottom: 1.25rem; }
header small { display: block; color: #50555c; }
h1 { font-size: 1.3rem; font-weight: 500; line-height: 1.35; margin: 0 0 1rem; }
fieldset { border: 0; padding: 0; margin: 0 0 1.25rem; }
legend { font-weight: 600; padding: 0; margin-bottom: .4rem; }
label { display: flex; gap: .7rem; align-items: flex-start; padding: .55rem .7rem; border-radius: 12px; cursor: pointer; }
label:hover { background: #f0f4f9; }
label small { display: block; color: #50555c; }
input { accent-color: #0b57d0; width: 1.1rem; height: 1.1rem; margin: .2rem 0 0; flex: none; }
.buttons { display: flex; gap: .75rem; flex-direction: row-reverse; }
button { font: inherit; font-weight: 600; border-radius: 999px; padding: .7rem 1.25rem; cursor: pointer; flex: 1; background: #fff; color: #0b57d0; border: 1px solid #747775; }
button[value=continue] { background: #0b57d0; color: #fff; border-color: #0b57d0; }
:focus-visible { outline: 3px solid #d9822b; outline-offset: 2px; }
`;

type Content = ReturnType<typeof html>;

async function page(title: string, content: Content, status = 200): Promise<Response> {
  const text = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Simulated Google</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<main>
<header><strong>Simulated Google account</strong><small>A stand-in for development. Nothing here reaches google.com.</small></header>
${content}
</main>
</body>
</html>`;
  return new Response(String(await text), {
    status,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store", "x-frame-options": "DENY" },
  });
}

/** The page that asks; each scope may be unticked. It posts to its own address, so it works behind any gateway. */
export function consentPage(world: World, asked: Asked, last: string | null): Promise<Response> {
  const chosen = world.lives.some((life) => life.person.key === last) ? last : world.lives[0]?.person.key;
  const people = world.lives.map((life) => {
    const { key, firstname, lastname, home } = life.person;
    const count = life.activities(world.now()).length;
    const about = count === 0 ? "brand-new, no exercises" : `${count} exercises`;
    return html`<label><input type="radio" name="person" value="${key}" ${key === chosen ? "checked" : ""}>
      <span>${firstname} ${lastname}<small>${home.name} · ${about}</small></span></label>`;
  });
  const scopes = asked.scopes.map((scope) => {
    const name = /googlehealth\.(\w+)\./.exec(scope)?.[1] ?? scope;
    return html`<label><input type="checkbox" name="scope" value="${scope}" checked><span>${TEXTS[name]}</span></label>`;
  });
  return page(
    "Sign in",
    html`<form method="post">
<h1>${asked.redirect.host} wants access to your Google Account</h1>
<fieldset><legend>You are</legend>${people}</fieldset>
<fieldset><legend>Select what ${asked.redirect.host} can access</legend>${scopes}</fieldset>
<div class="buttons">
<button name="decision" value="continue">Continue</button>
<button name="decision" value="cancel">Cancel</button>
</div>
</form>`,
  );
}

/** A request that is not sound is told to the person, not to the application. */
export const errorPage = (title: string, text: string): Promise<Response> =>
  page(title, html`<h1>Access blocked: authorisation error</h1><p>${title}</p><p>${text}</p>`, 400);
