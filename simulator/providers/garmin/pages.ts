import { html } from "hono/html";

const STYLE = `
:root { color-scheme: light; font: 16px/1.5 system-ui, sans-serif; color: #1d2327; background: #eef1f4; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; box-sizing: border-box; }
main { background: #fff; max-width: 29rem; width: 100%; border-radius: 10px; overflow: hidden; box-shadow: 0 6px 30px #0002; }
header { background: #0b5a8c; color: #fff; padding: 1rem 1.5rem; }
header strong { font-size: 1.15rem; }
header small { display: block; }
form, section { padding: 1.25rem 1.5rem; }
h1 { font-size: 1.2rem; line-height: 1.35; margin: 0 0 1rem; }
h2 { font-size: 1rem; margin: 0 0 .5rem; }
fieldset { border: 0; padding: 0; margin: 0 0 1.25rem; }
legend { font-weight: 600; padding: 0; margin-bottom: .4rem; }
label { display: flex; gap: .7rem; align-items: flex-start; padding: .5rem .7rem; border-radius: 8px; cursor: pointer; }
label:hover { background: #f2f6f9; }
label small { display: block; color: #55606a; }
input[type=radio], input[type=checkbox] { accent-color: #0b5a8c; width: 1.1rem; height: 1.1rem; margin: .2rem 0 0; flex: none; }
select { font: inherit; padding: .4rem; }
code { display: block; overflow-wrap: anywhere; background: #f2f6f9; padding: .75rem; border-radius: 8px; user-select: all; }
.buttons { display: flex; gap: .75rem; flex-direction: row-reverse; }
button { font: inherit; font-weight: 600; border-radius: 8px; padding: .7rem 1.2rem; cursor: pointer; flex: 1; background: #fff; color: #1d2327; border: 1px solid #aab4bc; }
button.main { background: #0b5a8c; color: #fff; border-color: #0b5a8c; }
a { color: #0b5a8c; }
:focus-visible { outline: 3px solid #d9822b; outline-offset: 2px; }
`;

type Content = ReturnType<typeof html>;

/** A page of the simulated Garmin Connect; its forms post to their own address, so it works behind any gateway. */
export async function connectPage(title: string, content: Content | Content[], status = 200): Promise<Response> {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Simulated Garmin Connect</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header><strong>Simulated Garmin Connect</strong><small>A stand-in for development. Nothing here reaches garmin.com.</small></header>
${content}
</main>
</body>
</html>`;
  return new Response(String(await page), {
    status,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store", "x-frame-options": "DENY" },
  });
}
