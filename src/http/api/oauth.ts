/** Signing in and connecting, for browsers: every failure is a page that says what to do. */
import { Hono, type Context as HonoContext } from "hono";
import { createMiddleware } from "hono/factory";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { stateIn } from "../../access/grant.ts";
import { mustSignIn, signIn } from "../../account/signin.ts";
import { begin, finish, link } from "../../connect/connect.ts";
import { ATTEMPT_COOKIE, ATTEMPT_MS, attemptName, openPending, sealPending, surplus } from "../../connect/pending.ts";
import { openWaiting, replaceAccount, WAITING_COOKIE } from "../../connect/replace.ts";
import { HOME, safeReturn } from "../../connect/return_to.ts";
import { Problem } from "../../platform/errors.ts";
import { providerOf } from "../../providers/index.ts";
import type { Provider } from "../../providers/provider.ts";
import { cookiesNamed, dropCookie, readCookie, writeCookie } from "../cookies.ts";
import type { App } from "../hono.ts";
import { afterLinking, tell } from "../linked.ts";
import { allow, openSession, sessionOf } from "../middleware/auth.ts";
import { sameOrigin } from "../middleware/origin.ts";
import { confirmPage } from "../pages/confirm.tsx";
import { messagePage } from "../pages/message.tsx";
import { noProvider, onError } from "../problem.ts";

const TITLES: Record<string, string> = {
  not_found: "No such provider",
  not_configured: "Not set up yet",
  unknown_attempt: "This link does not belong to this browser",
  wrong_provider: "This answer came to the wrong place",
  expired: "That took too long",
  other_session: "You are not signed in as before",
  invalid_answer: "The provider sent you back with an error",
  used: "This was used already",
  declined: "Nothing was connected",
  scopes_missing: "Something necessary was not allowed",
  account_taken: "This account belongs to somebody else here",
  sign_ups_closed: "Closed to new people",
  not_for_sign_in: "Sign in first",
  unauthenticated: "Sign in first",
};

/** Also what a caller of the API would get as a problem is a page here: nobody but browsers comes by. */
function failure(error: Error, c: HonoContext<App>): Response | Promise<Response> {
  if (!(error instanceof Problem)) return onError(error, c);
  const provider = providerOf(c.req.param("provider") ?? "");
  const again = { href: `/api/oauth/connect/${provider?.id}`, label: `Connect ${provider?.name} again` };
  const home = { href: "/", label: "To the start page" };
  const retry =
    provider &&
    provider.auth.length > 0 &&
    !["not_configured", "sign_ups_closed", "not_for_sign_in"].includes(error.code);
  return messagePage(c, {
    status: error.status as ContentfulStatusCode,
    title: TITLES[error.code] ?? "This did not work",
    text: error.detail,
    links: retry ? [again, home] : [home],
  });
}

function providerIn(c: HonoContext<App>): Provider {
  const provider = providerOf(c.req.param("provider") ?? "");
  if (!provider) throw noProvider();
  if (provider.auth.length === 0) {
    throw new Problem(404, "not_found", `${provider.name} is connected by its app on your phone: settings say how.`);
  }
  return provider;
}

/** Redirects only where our own page or the person asked for it; another site could link its visitor to an account of its own. */
const isOurs = (site: string | undefined): boolean => site === undefined || site === "same-origin" || site === "none";

/** A preview asks with HEAD, which Hono answers by way of GET: it must neither begin nor use up anything. */
const getOnly = createMiddleware<App>(async (c, next) =>
  c.req.method === "HEAD" ? c.body(null, 405, { allow: "GET" }) : next(),
);

export const oauth = new Hono<App>()
  .onError(failure)
  .use("/connect/*", getOnly)
  .use("/callback/*", getOnly)
  .get("/connect", (c) => {
    const { provider = "", ...rest } = c.req.query();
    if (!providerOf(provider)) throw noProvider();
    const query = new URLSearchParams(rest).toString();
    return c.redirect(`/api/oauth/connect/${provider}${query && `?${query}`}`, 302);
  })
  .get("/connect/:provider", async (c) => {
    const { context } = c.var;
    const provider = providerIn(c);
    const return_to = safeReturn(c.req.query("return_to"), context.env.BASE_URL);
    if (!isOurs(c.req.header("sec-fetch-site"))) {
      const href = `/api/oauth/connect/${provider.id}?${new URLSearchParams({ return_to })}`;
      return messagePage(c, {
        status: 200,
        title: `Connect ${provider.name}?`,
        text: `A link from another site has brought you here. Go on only if you want to connect your ${provider.name} account.`,
        links: [
          { href, label: `Go on to ${provider.name}` },
          { href: "/", label: "To the start page" },
        ],
      });
    }
    const session = await sessionOf(c);
    if (!session) mustSignIn(context, provider);
    const { url, pending } = await begin(context, provider, { session: session?.hash ?? null, return_to });
    for (const name of await surplus(context, cookiesNamed(c, ATTEMPT_COOKIE))) dropCookie(c, name);
    const { name, value } = await sealPending(context, pending);
    writeCookie(c, name, value, ATTEMPT_MS / 1000);
    return c.redirect(url.href, 302);
  })
  .get("/callback/:provider", async (c) => {
    c.header("Referrer-Policy", "no-referrer"); // the address has a code
    const { context } = c.var;
    const provider = providerIn(c);
    const parameters = new URL(c.req.url).searchParams;
    const name = await attemptName(stateIn(parameters));
    const value = readCookie(c, name);
    const pending = value === null ? null : await openPending(context, { name, value });
    const session = await sessionOf(c);
    const arrival = await finish(context, provider, pending, session?.hash ?? null, parameters);
    dropCookie(c, name);

    const { person, linked } = session
      ? { person: session.person, linked: await link(context, session.person, provider, arrival) }
      : await signIn(context, provider, arrival);
    if (!session) await openSession(c, person);
    return c.redirect(await afterLinking(c, provider, arrival, linked, pending?.return_to ?? HOME), 302);
  })
  .get("/confirm/:provider", allow(), async (c) => {
    const provider = providerIn(c);
    const waiting = await waitingIn(c, provider);
    return confirmPage(c, {
      provider: provider.name,
      before: waiting.before,
      after: waiting.identity.display_name,
      action: `/api/oauth/confirm/${provider.id}`,
    });
  })
  .post("/confirm/:provider", allow(), sameOrigin, async (c) => {
    const provider = providerIn(c);
    const waiting = await waitingIn(c, provider);
    const { data } = await c.req.parseBody();
    dropCookie(c, WAITING_COOKIE);
    const rest = data === "delete" ? "delete" : "restart";
    tell(c, provider, await replaceAccount(c.var.context, c.var.person, provider, waiting, rest));
    return c.redirect(waiting.return_to, 303);
  });

async function waitingIn(c: HonoContext<App>, provider: Provider) {
  const value = readCookie(c, WAITING_COOKIE);
  const waiting = value === null ? null : await openWaiting(c.var.context, c.var.person, provider, value);
  if (!waiting)
    throw new Problem(
      400,
      "expired",
      `There is no ${provider.name} account waiting for your answer. Connect it again.`,
    );
  return waiting;
}
