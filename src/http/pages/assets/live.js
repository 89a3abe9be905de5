/* While a source is syncing the page is fetched anew every few seconds, and the parts that changed take their places. */
(() => {
  const EVERY_MS = 3000;
  const parts = () => [...document.querySelectorAll("[data-live]")];
  const told = new Map(parts().map((part) => [part.id, part.innerHTML]));
  let failures = 0;

  async function refresh() {
    if (document.hidden) return true;
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok || answer.redirected) throw new Error(`answered ${answer.status}`);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Asked before its parts are taken out of it.
    const more = fresh.querySelector("[data-syncing]") !== null;
    for (const part of parts()) {
      const next = fresh.getElementById(part.id);
      // Nobody loses what they are reading with a keyboard or have opened.
      if (!next || told.get(part.id) === next.innerHTML || part.contains(document.activeElement)) continue;
      if (part.querySelector("details[open]")) continue;
      told.set(part.id, next.innerHTML);
      part.replaceChildren(...next.childNodes);
      part.dispatchEvent(new Event("charts:draw", { bubbles: true }));
    }
    return more;
  }

  async function loop() {
    try {
      const more = await refresh();
      failures = 0;
      if (!more) return;
    } catch {
      failures++;
    }
    setTimeout(loop, EVERY_MS * Math.min(20, 2 ** failures));
  }

  if (document.querySelector("[data-syncing]")) setTimeout(loop, EVERY_MS);
})();
