/** What follows linking in the browser: a message on the page it goes to, or the question about an account of before. */
import type { Context as HonoContext } from "hono";
import type { Arrival, Linked } from "../connect/connect.ts";
import { ATTEMPT_MS } from "../connect/pending.ts";
import { holdArrival, WAITING_COOKIE } from "../connect/replace.ts";
import { Problem } from "../platform/errors.ts";
import type { Provider } from "../providers/provider.ts";
import { writeCookie } from "./cookies.ts";
import { type Flash, setFlash } from "./flash.ts";
import type { App } from "./hono.ts";

/** Where the browser goes now; `returnTo` unless the person must be asked first. `linked` null: they have just signed in. */
export async function afterLinking(
  c: HonoContext<App>,
  provider: Provider,
  arrival: Arrival,
  linked: Linked | Problem | null,
  returnTo: string,
): Promise<string> {
  if (linked && "is" in linked && linked.is === "asks") {
    const waiting = await holdArrival(c.var.context, linked.before, arrival, returnTo);
    writeCookie(c, WAITING_COOKIE, waiting, ATTEMPT_MS / 1000);
    return `/api/oauth/confirm/${provider.id}`;
  }
  tell(c, provider, linked);
  return returnTo;
}

export function tell(c: HonoContext<App>, provider: Provider, linked: Linked | Problem | null): void {
  setFlash(c, flashOf(provider, linked));
}

function flashOf({ name }: Provider, linked: Linked | Problem | null): Flash {
  if (linked === null) return { kind: "done", text: "You are signed in." };
  if (linked instanceof Problem) return { kind: "warning", text: `You are signed in. ${linked.detail}` };
  if (linked.is === "connected" && linked.missing.length > 0) {
    const text = `${name} is connected, without ${linked.missing.join(", ")}. Connect it again to change that.`;
    return { kind: "warning", text };
  }
  return { kind: "done", text: `${name} is connected. Your history is on its way.` };
}
