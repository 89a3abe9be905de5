/** Ways in beside OAuth 2 alone: OAuth 1.0a, its exchange, and a key of the person's own – of an invented provider that has all. */
import { createHmac } from "node:crypto";
import OAuth from "oauth-1.0a";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { callAs } from "../src/access/client.ts";
import { exchangeGrants, MOST_A_RUN } from "../src/access/exchange.ts";
import { renewIdle } from "../src/access/idle.ts";
import { tokenFor } from "../src/access/vault.ts";
import { disconnect } from "../src/connect/disconnect.ts";
import { emptyBatch } from "../src/domain/batch.ts";
import { UNLIMITED } from "../src/domain/terms.ts";
import type { Context } from "../src/platform/context.ts";
import { ProviderError } from "../src/platform/errors.ts";
import { PROVIDERS } from "../src/providers/index.ts";
import type { ListStream, OAuth1, Provider } from "../src/providers/provider.ts";
import { connectionById, connectionOf } from "../src/store/connections.ts";
import { sealGrant } from "../src/store/grants.ts";
import type { Person } from "../src/store/users.ts";
import type { StreamMessage } from "../src/sync/messages.ts";
import { runStream } from "../src/sync/page.ts";
import { claimDue } from "../src/sync/schedule.ts";
import { gated } from "./interleave.ts";
import { type Browser, type ConnectionRow, type World, world } from "./world.ts";

const API = "https://api.example.com";
const scopes = [
  { name: "DAYS", text: "your days" },
  { name: "PAST", text: "the time before today" },
];
const list = (auth: ListStream["auth"]): ListStream => ({
  kind: "list",
  title: "things",
  auth,
  scopes: [],
  every_s: 3600,
  overlap_s: 0,
  max_window_s: null,
  history: null,
  request: () => DATA,
  read: () => ({ batch: emptyBatch(), next: null }),
});
const oauth1: OAuth1 = {
  type: "oauth1",
  when: { variable: "GARMIN_OAUTH_VERSION", is: "1.0a" },
  request_token: `${API}/oauth/request_token`,
  authorize: "https://www.example.com/confirm",
  access_token: `${API}/oauth/access_token`,
  requires_callback_confirmed: false,
  callback_in_authorize: true,
  exchange: { url: `${API}/token-exchange`, for: "oauth2" },
  scopes,
  revoke: () => [{ method: "DELETE", url: `${API}/registration` }],
};
const example: Provider = {
  id: "example",
  name: "Example",
  about: { data: "Something", portal: "https://portal.example.com/apps", approval: null },
  auth: [
    {
      type: "oauth2",
      when: { variable: "GARMIN_OAUTH_VERSION", is: "2.0" },
      authorize: "https://www.example.com/authorize",
      token: [`${API}/token`],
      client_auth: "client_secret_post",
      pkce: true,
      scopes,
      scopes_sent: false,
      scope_separator: " ",
      granted: "fixed",
      refresh: "rotating",
      early_s: 600,
      idle_s: 30 * 86_400,
      revoke: () => [{ method: "DELETE", url: `${API}/registration` }],
    },
    oauth1,
    {
      type: "api_key",
      private_only: true,
      where: "https://www.example.com/my/key",
      lifetimes_days: [30, 90, 365],
      exchange: {
        request: { method: "POST", url: `${API}/key/token` },
        header: { name: "Authorization", prefix: "ApiKey " },
        read: ({ body }, now) => ({
          access_token: (body as { access_token: string }).access_token,
          expires_at: now + 86_400_000,
        }),
      },
      early_s: 3600,
      identify: {
        from: "request",
        request: () => ({ url: `${API}/profile` }),
        read: ({ body }) => ({
          provider_user_id: (body as { id: string }).id,
          display_name: "Ann of Example",
          avatar_url: null,
        }),
      },
      revoke: () => [],
    },
  ],
  hosts: ["api.example.com", "www.example.com"],
  identify: {
    from: "request",
    request: () => ({ url: `${API}/user/id` }),
    read: ({ body }) => ({
      provider_user_id: (body as { userId: string }).userId,
      display_name: null,
      avatar_url: null,
    }),
  },
  limits: [],
  terms: UNLIMITED,
  streams: { own: list(["api_key"]), partner: list(["oauth1", "oauth2"]), both: list(undefined) },
  push: {
    verify: { by: "path" },
    elements: "body",
    account: () => null,
    read: () => [],
    permissions: { request: () => ({ url: `${API}/user/permissions` }), read: ({ body }) => body as string[] },
    subscription: { per: "by_hand" },
  },
};

const NOW = Date.UTC(2026, 8, 1, 12);
const HOURS = 3_600_000;
const DAYS = 24 * HOURS;
const DATA = { url: `${API}/data`, query: { from: "1", text: "a b+c*ü" } };

// ---- The provider ----

/** Of OAuth 1.0a: token → secret. A used temporary token is gone. */
let secrets: Map<string, string>;
let calls: { path: string; authorization: string; status: number }[];
/** Answers instead of the provider, by path. */
let faults: Record<string, (request: Request) => Response | null | Promise<Response | null>>;
let keys: Set<string>;
let issued: number;
const of = (path: string) => calls.filter((call) => call.path === path);

/** Checks as a server does, with an implementation that is not ours. Null: signed by nobody we know. */
function signer(request: Request, form: Record<string, string> = {}): string | null {
  const header = request.headers.get("authorization") ?? "";
  const told = Object.fromEntries(
    [...header.matchAll(/(oauth_[a-z_]+)="([^"]*)"/g)].map(([, name, value]) => [name!, decodeURIComponent(value!)]),
  );
  const { oauth_signature, ...data } = told;
  const secret = told.oauth_token === undefined ? "" : secrets.get(told.oauth_token);
  if (!header.startsWith("OAuth ") || secret === undefined || told.oauth_consumer_key !== "example-key") return null;
  const reference = new OAuth({
    consumer: { key: "example-key", secret: "1.0-secret" },
    signature_method: "HMAC-SHA1",
    hash_function: (base, key) => createHmac("sha1", key).update(base).digest("base64"),
  });
  // The reference takes the plus of a query for a plus.
  const url = request.url.replaceAll("+", "%20");
  const expected = reference.getSignature(
    { url, method: request.method, data: form },
    secret,
    data as unknown as OAuth.Data,
  );
  return expected === oauth_signature ? (told.oauth_token ?? "") : null;
}
const token = (bearer: string) => ({
  access_token: bearer,
  token_type: "bearer",
  expires_in: 86_400,
  refresh_token: `${bearer}-refresh`,
});

async function answer(request: Request): Promise<Response> {
  const { pathname: path, searchParams } = new URL(request.url);
  const unauthorized = () => new Response("no", { status: 401 });
  const authorization = request.headers.get("authorization") ?? "";
  const bearer = authorization.startsWith("Bearer ");
  switch (path) {
    case "/oauth/request_token": {
      if (signer(request) !== "" || !authorization.includes("oauth_callback=")) return unauthorized();
      const temporary = `tmp${secrets.size}`;
      secrets.set(temporary, "tmp-secret");
      return new Response(`oauth_token=${temporary}&oauth_token_secret=tmp-secret`);
    }
    case "/confirm":
      return Response.redirect(
        `${searchParams.get("oauth_callback")}?oauth_token=${searchParams.get("oauth_token")}&oauth_verifier=v1`,
        302,
      );
    case "/oauth/access_token": {
      const temporary = signer(request);
      if (!temporary?.startsWith("tmp") || !authorization.includes('oauth_verifier="v1"')) return unauthorized();
      secrets.delete(temporary);
      secrets.set("uat", "uat-secret%/=");
      return new Response("oauth_token=uat&oauth_token_secret=uat-secret%25%2F%3D");
    }
    case "/authorize":
      return Response.redirect(`${searchParams.get("redirect_uri")}?code=c1&state=${searchParams.get("state")}`, 302);
    case "/token":
      return Response.json(token(`two-${++issued}`));
    case "/token-exchange": {
      const who = signer(request);
      if (!who || (await request.text()) !== "") return unauthorized();
      return Response.json(token(`exchanged-${who}`));
    }
    case "/key/token":
      return keys.has(authorization.replace(/^ApiKey /, ""))
        ? Response.json({ access_token: `bearer-${++issued}` })
        : unauthorized();
    case "/profile":
      return authorization === `Bearer bearer-${issued}` ? Response.json({ id: "ann" }) : unauthorized();
    case "/user/id":
      return bearer || signer(request) ? Response.json({ userId: "u1" }) : unauthorized();
    case "/user/permissions":
      return bearer || signer(request) ? Response.json(scopes.map(({ name }) => name)) : unauthorized();
    case "/data":
    case "/registration": {
      const form = Object.fromEntries(new URLSearchParams(await request.text()));
      return bearer || signer(request, form) ? Response.json({}) : unauthorized();
    }
  }
  return new Response("", { status: 404 });
}

// ---- The Worker ----

let w: World;
let person: Person;
let browser: Browser;

beforeAll(() => void (PROVIDERS as Provider[]).push(example));
afterAll(() => void (PROVIDERS as Provider[]).splice(PROVIDERS.indexOf(example), 1));
beforeEach(() => start());

const set = (variables: Record<string, unknown>) => Object.assign(w.env, variables);
async function start(variables: Record<string, unknown> = { GARMIN_OAUTH_VERSION: "1.0a" }) {
  secrets = new Map();
  calls = [];
  faults = {};
  keys = new Set(["k-1"]);
  issued = 0;
  w = await world({
    now: NOW,
    fetch: async (request) => {
      const { pathname: path } = new URL(request.url);
      const response = (await faults[path]?.(request)) ?? (await answer(request));
      calls.push({ path, authorization: request.headers.get("authorization") ?? "", status: response.status });
      return response;
    },
  });
  set({ EXAMPLE_CLIENT_ID: "example-key", EXAMPLE_CLIENT_SECRET: "1.0-secret", ...variables });
  ({ person, browser } = await w.person());
}
const CONNECT = "/api/oauth/connect/example?return_to=/dashboard/settings";
const row = async () => (await w.rows<ConnectionRow>("SELECT * FROM provider_connection ORDER BY id"))[0]!;
const connection = async () => (await connectionOf(w.context, person, "example"))!;
const page = async (response: Response) =>
  (await response.text()).replaceAll(/<(style|script).*?<\/\1>|<[^>]+>/gs, " ").replaceAll(/\s+/g, " ");
const settings = async () => page(await browser.request("/dashboard/settings"));
const fault = async (promise: Promise<unknown>) => {
  try {
    await promise;
    return null;
  } catch (error) {
    if (error instanceof ProviderError) return error.fault;
    throw error;
  }
};
/** Up to the callback, whose address it returns. */
async function upToCallback(from = browser): Promise<URL> {
  const away = await from.request(CONNECT);
  const back = await from.request(away.headers.get("location")!);
  return new URL(back.headers.get("location")!);
}

describe("OAuth 1.0a", () => {
  it("connects, calls and disconnects with signatures that hold", async () => {
    const { response, trail } = await browser.follow(CONNECT);
    expect(response.status).toBe(200);
    expect(trail.map((address) => new URL(address).pathname)).toEqual([
      "/api/oauth/connect/example",
      "/confirm",
      "/api/oauth/callback/example",
      "/dashboard/settings",
    ]);
    expect(trail.join()).not.toContain("secret");
    expect(await page(response)).toContain("Example is connected");
    expect(await row()).toMatchObject({
      status: "active",
      provider_user_id: "u1",
      grant_kind: "oauth1",
      expires_at: null,
      granted_scopes: '["DAYS","PAST"]',
      grant: expect.stringMatching(/^v1\.k1\./),
    });
    await callAs(w.context, await connection(), DATA, "live");
    await callAs(w.context, await connection(), { ...DATA, method: "POST", form: { a: "1 + 1", ü: "" } }, "live");
    const signed = { status: 200, authorization: expect.stringMatching(/^OAuth /) };
    expect(of("/data")).toMatchObject([signed, signed]);
    await disconnect(w.context, person, example, "keep");
    expect(of("/registration")).toMatchObject([{ status: 200, authorization: expect.stringMatching(/^OAuth /) }]);
    expect(await row()).toMatchObject({ status: "revoked", grant: null, grant_kind: null });
    expect(JSON.stringify(w.logs)).not.toContain("secret");
  });

  it("takes an answer once, in the browser that asked, for the token it asked for", async () => {
    const url = await upToCallback();
    const cookies = new Map(browser.cookies);
    expect([...cookies.keys()]).toContainEqual(expect.stringMatching(/^qt_attempt_[0-9a-f]{24}$/));
    const { browser: other } = await w.person();
    expect(await page(await other.request(url.href))).toContain("did not start this connection");
    const foreign = new URL(url);
    foreign.searchParams.set("oauth_token", "another");
    expect((await browser.request(foreign.href)).status).toBe(400);
    expect(of("/oauth/access_token")).toEqual([]);

    expect((await browser.request(url.href)).status).toBe(302);
    for (const [name, value] of cookies) browser.cookies.set(name, value);
    const replay = await browser.request(url.href);
    expect([replay.status, await page(replay)]).toEqual([400, expect.stringContaining("used already")]);
    expect(of("/oauth/access_token")).toHaveLength(1);
  });

  it.each(["null", ""])("understands a verifier %j as no", async (verifier) => {
    const url = await upToCallback();
    url.searchParams.set("oauth_verifier", verifier);
    const response = await browser.request(url.href);
    expect([response.status, await page(response)]).toEqual([400, expect.stringContaining("did not give access")]);
    expect(await w.rows("SELECT id FROM provider_connection")).toEqual([]);
    expect(of("/oauth/access_token")).toEqual([]);
  });

  it.each([
    ["/oauth/request_token", 401, "does not accept this server’s application"],
    ["/oauth/request_token", 503, "does not answer as it should"],
    ["/oauth/access_token", 401, "did not take the code"],
    ["/oauth/access_token", 503, "does not answer as it should"],
  ])("says on a page that %s answered %i", async (path, status, text) => {
    faults[path] = () => new Response("", { status });
    const { response } = await browser.follow(CONNECT);
    expect([response.status, await page(response)]).toEqual([502, expect.stringContaining(text)]);
    expect(await w.rows("SELECT id FROM provider_connection")).toEqual([]);
  });

  it("asks what was allowed, where no token tells it, and goes without an answer", async () => {
    faults["/user/permissions"] = () => Response.json(["DAYS"]);
    expect(await page((await browser.follow(CONNECT)).response)).toContain("without the time before today");
    expect(await settings()).toContain("Not allowed: the time before today");
    faults["/user/permissions"] = () => new Response("", { status: 500 });
    await browser.follow(CONNECT);
    expect((await row()).granted_scopes).toBe('["DAYS","PAST"]');
  });

  it("answers a 401 by signing anew, and only the third within an hour ends the grant", async () => {
    await browser.follow(CONNECT);
    let refusals = 1;
    faults["/data"] = () => (refusals-- > 0 ? new Response("", { status: 401 }) : null);
    expect((await callAs(w.context, await connection(), DATA, "live")).status).toBe(200);
    const [first, second] = of("/data");
    expect(second!.authorization).not.toBe(first!.authorization);

    faults["/data"] = () => new Response("", { status: 401 });
    const faultsSeen = [];
    for (let i = 0; i < 3; i++) {
      faultsSeen.push(await fault(callAs(w.context, await connection(), DATA, "live")));
      w.advance(5 * 60_000);
    }
    expect(faultsSeen).toEqual([
      { kind: "unavailable", status: 401 },
      { kind: "unavailable", status: 401 },
      { kind: "unauthorized" },
    ]);
    expect(await row()).toMatchObject({ status: "needs_reauthorization", last_error_code: "unauthorized" });
  });

  it("goes on for who has it, while new people come by OAuth 2", async () => {
    await browser.follow(CONNECT);
    set({ GARMIN_OAUTH_VERSION: "2.0" });
    await callAs(w.context, await connection(), DATA, "live");
    expect(of("/data")[0]).toMatchObject({ status: 200, authorization: expect.stringMatching(/^OAuth /) });

    faults["/user/id"] = () => Response.json({ userId: "u2" });
    const { browser: later } = await w.person();
    const { trail } = await later.follow(CONNECT);
    const { searchParams } = new URL(trail[1]!);
    expect([searchParams.get("code_challenge_method"), searchParams.has("scope")]).toEqual(["S256", false]);
    expect(await w.rows("SELECT grant_kind FROM provider_connection ORDER BY id")).toEqual([
      { grant_kind: "oauth1" },
      { grant_kind: "oauth2" },
    ]);
    await disconnect(w.context, person, example, "keep");
    expect(of("/registration")).toMatchObject([{ status: 200, authorization: expect.stringMatching(/^OAuth /) }]);
  });

  it("finishes an attempt that was begun before the operator switched", async () => {
    const url = await upToCallback();
    set({ GARMIN_OAUTH_VERSION: "2.0" });
    expect((await browser.request(url.href)).status).toBe(302);
    expect((await row()).grant_kind).toBe("oauth1");
  });
});

describe("the exchange for OAuth 2", () => {
  /** People with a connection of 1.0a, put there by hand; the ids of their connections. */
  async function connected(count: number): Promise<number[]> {
    const ids = Array.from({ length: count }, (_, i) => person.id + 1 + i);
    await w.env.DB.prepare(
      `INSERT INTO user(id, public_id, created_at) SELECT value, 'usr_' || value, 0 FROM json_each(?1)`,
    )
      .bind(JSON.stringify(ids))
      .run();
    const rows = await Promise.all(
      ids.map(async (id, i) => {
        const signed = { token: `t${i}.`, token_secret: `s${i}` };
        secrets.set(signed.token, signed.token_secret);
        const owner = { user_id: id, connection_id: id, provider: "example" };
        const grant = { kind: "oauth1", ...signed, expires_at: null, issued_at: 0 } as const;
        return [id, await sealGrant(w.context, "provider_connection", owner, grant), `u${i}`];
      }),
    );
    await w.env.DB.prepare(
      `INSERT INTO provider_connection(id, user_id, provider, provider_user_id, status, "grant", grant_kind, token_version, created_at)
       SELECT value->>0, value->>0, 'example', value->>2, 'active', value->>1, 'oauth1', 1, 0 FROM json_each(?1)`,
    )
      .bind(JSON.stringify(rows))
      .run();
    return ids;
  }
  const rowOf = async (id: number) =>
    (await w.rows<ConnectionRow>("SELECT * FROM provider_connection WHERE id = ?1", id))[0]!;
  const kinds = async () =>
    Object.fromEntries(
      (
        await w.rows<{ grant_kind: string; n: number }>(
          "SELECT grant_kind, count(*) AS n FROM provider_connection GROUP BY grant_kind",
        )
      ).map(({ grant_kind, n }) => [grant_kind, n]),
    );
  /** What an operator does: the new version, and a secret of its own for the old one. */
  const switchOver = () =>
    set({ GARMIN_OAUTH_VERSION: "2.0", EXAMPLE_CLIENT_SECRET: "2.0-secret", EXAMPLE_OAUTH1_SECRET: "1.0-secret" });

  it("leaves everything as it is until the operator has switched", async () => {
    await connected(2);
    expect(await exchangeGrants(w.context)).toBe(0);
    expect(calls).toEqual([]);
  });

  it("takes over a thousand connections within what a tick may do, and asks nobody; one that fails stays and is retried", async () => {
    const ids = await connected(1000);
    switchOver();
    faults["/token-exchange"] = (request) =>
      request.headers.get("authorization")!.includes('oauth_token="t500."') ? new Response("", { status: 400 }) : null;
    let queries = 0;
    const env = { ...w.env, DB: gated(w.env.DB, async () => void queries++) };
    const counted: Context = { ...w.context, env };
    const runs: { exchanged: number; requests: number; queries: number }[] = [];
    while (((await kinds()).oauth1 ?? 0) > 1) {
      queries = 0;
      const before = calls.length;
      const exchanged = await exchangeGrants(counted);
      runs.push({ exchanged, requests: calls.length - before, queries });
      w.advance(300_000);
      if (runs.length > 20) break;
    }
    expect(runs).toHaveLength(1000 / MOST_A_RUN);
    // Five leases of twenty, a swap each, and a look at each registered provider that has such an exchange.
    const others = PROVIDERS.filter(({ auth }) =>
      auth.some((entry) => entry.type === "oauth1" && entry.exchange),
    ).length;
    expect(runs[0]).toEqual({ exchanged: 100, requests: 100, queries: 104 + others });
    expect(Math.max(...runs.map(({ requests }) => requests))).toBeLessThanOrEqual(MOST_A_RUN);
    expect(Math.max(...runs.map(({ queries }) => queries))).toBeLessThanOrEqual(2 * MOST_A_RUN);
    expect(await kinds()).toEqual({ oauth1: 1, oauth2: 999 });
    expect(await w.rows("SELECT DISTINCT status, last_error_code FROM provider_connection")).toEqual([
      { status: "active", last_error_code: null },
    ]);
    expect(await rowOf(ids[0]!)).toMatchObject({
      token_version: 2,
      lease: null,
      expires_at: NOW + DAYS,
      provider_user_id: "u0",
    });
    await callAs(w.context, (await connectionById(w.context, ids[0]!))!, DATA, "live");
    expect(of("/data")[0]!.authorization).toBe("Bearer exchanged-t0.");

    // The one goes on with what it has, and is asked for less and less often.
    await callAs(w.context, (await connectionById(w.context, ids[500]!))!, DATA, "live");
    expect(of("/data")[1]).toMatchObject({
      status: 200,
      authorization: expect.stringContaining('oauth_token="t500."'),
    });
    const tries = async () => {
      const before = of("/token-exchange").length;
      await exchangeGrants(w.context);
      return of("/token-exchange").length - before;
    };
    w.advance(Math.max(0, (await rowOf(ids[500]!)).refresh_at - w.context.now()) + 1);
    expect([await tries(), await tries()]).toEqual([1, 0]);
    w.advance(300_000);
    expect(await tries()).toBe(0); // ten minutes by now, at least
    faults = {};
    w.advance(DAYS);
    expect(await tries()).toBe(1);
    expect(await kinds()).toEqual({ oauth2: 1000 });
    expect(await tries()).toBe(0);
  }, 30_000);

  it("is one of two ticks' at the same time", async () => {
    await connected(30);
    switchOver();
    const done = await Promise.all([exchangeGrants(w.context), exchangeGrants({ ...w.context })]);
    expect(done[0]! + done[1]!).toBe(30);
    expect(of("/token-exchange")).toHaveLength(30);
  });

  it("stops a run where nothing succeeds, and waits as long as it is told", async () => {
    const [first] = await connected(60);
    switchOver();
    faults["/token-exchange"] = () => new Response("", { status: 429, headers: { "retry-after": "7200" } });
    expect(await exchangeGrants(w.context)).toBe(0);
    expect(calls).toHaveLength(20);
    expect(await rowOf(first!)).toMatchObject({ refresh_at: NOW + 2 * HOURS, lease_until: 0, last_error_code: null });
  });

  it("gives back what it got while the person disconnected", async () => {
    await browser.follow(CONNECT);
    switchOver();
    faults["/token-exchange"] = async () => {
      await disconnect(w.context, person, example, "keep");
      return null;
    };
    expect(await exchangeGrants(w.context)).toBe(0);
    expect(await row()).toMatchObject({ status: "revoked", grant: null });
    expect(await w.rows("SELECT provider FROM revocation")).toEqual([{ provider: "example" }]);
  });
});

describe("a refresh token that nobody uses", () => {
  it("is used once a month, so that it lives on", async () => {
    await start({ GARMIN_OAUTH_VERSION: "2.0" });
    await browser.follow(CONNECT);
    w.advance(30 * DAYS);
    expect(await renewIdle(w.context)).toBe(0); // the access token of a day ended 29 days ago
    w.advance(DAYS);
    faults["/token"] = () => new Response("", { status: 503 });
    expect(await renewIdle(w.context)).toBe(0);
    faults = {};
    expect(await renewIdle(w.context)).toBe(0); // an outage is waited out
    w.advance(HOURS);
    expect(await renewIdle(w.context)).toBe(1);
    expect(await row()).toMatchObject({ status: "active", token_version: 2, expires_at: NOW + 32 * DAYS + HOURS });
    expect(await renewIdle(w.context)).toBe(0);
  });
});

describe("a key of the person's own", () => {
  const POST = "/dashboard/settings/sources/example/key";
  const give = (key: string, days = "") => browser.form(POST, { key, days });

  it("is exchanged for a bearer, and kept sealed", async () => {
    await start({ EXAMPLE_CLIENT_ID: null }); // no application is registered
    expect(await settings()).toContain("Connect with a key of your own");
    const posted = await give(" k-1\n", "90");
    expect([posted.status, posted.headers.get("location")]).toEqual([303, "/dashboard/settings"]);
    const text = await settings();
    expect(text).toContain("Example is connected");
    expect(text).toContain("Your key for Example works until Mon, 30 Nov 2026");
    expect(await row()).toMatchObject({
      status: "active",
      provider_user_id: "ann",
      grant_kind: "api_key",
      expires_at: NOW + DAYS,
      key_expires_at: NOW + 90 * DAYS,
      grant: expect.stringMatching(/^v1\.k1\./),
    });
    await callAs(w.context, await connection(), DATA, "live");
    expect(of("/data")).toMatchObject([{ authorization: "Bearer bearer-1" }]);
    await disconnect(w.context, person, example, "keep");
    expect(await row()).toMatchObject({ status: "revoked", grant: null, key_expires_at: null });
    const everything = JSON.stringify([
      w.logs,
      await w.rows("SELECT * FROM audit"),
      await w.rows("SELECT * FROM revocation"),
    ]);
    expect(everything).not.toMatch(/k-1|bearer-1/);
  });

  it("is not offered where the provider's terms hold", async () => {
    set({ DATA_POLICY: { standard: "terms", of: { strava: "private" } } });
    expect(await settings()).not.toContain("a key of your own");
    expect((await give("k-1")).status).toBe(404);
    expect(calls).toEqual([]);
  });

  it.each([
    ["no", () => {}, "does not accept this key"],
    ["", () => {}, "That is no key"],
    ["k 1", () => {}, "That is no key"],
    ["k-1", () => (faults["/key/token"] = () => new Response("", { status: 403 })), "does not accept this key"],
    ["k-1", () => (faults["/key/token"] = () => new Response("", { status: 500 })), "does not answer as it should"],
    ["k-1", () => (faults["/key/token"] = () => new Response("<html>")), "does not answer as it should"],
    ["k-1", () => (faults["/profile"] = () => new Response("", { status: 500 })), "does not answer as it should"],
  ])("%j that does not work is told on the page, and nothing is stored (%#)", async (key, arrange, text) => {
    arrange();
    expect((await give(key)).status).toBe(303);
    expect(await settings()).toContain(text);
    expect(await w.rows("SELECT id FROM provider_connection WHERE status <> 'revoked'")).toEqual([]);
  });

  it("does not take the place of a consent that is in use", async () => {
    await browser.follow(CONNECT);
    await give("k-1");
    expect(await settings()).toContain("connected already");
    expect((await row()).grant_kind).toBe("oauth1");
  });

  it("leaves the consent of whoever has the account alone", async () => {
    await browser.follow(CONNECT);
    const before = await row();
    faults["/profile"] = () => Response.json({ id: "u1" });
    const { browser: other } = await w.person();
    await other.form(POST, { key: "k-1", days: "" });
    expect(await page(await other.request("/dashboard/settings"))).toContain("is connected to another account here");
    expect(await row()).toEqual(before);
  });

  it("asks first where the account is another than before", async () => {
    await browser.follow(CONNECT);
    await disconnect(w.context, person, example, "keep");
    const posted = await give("k-1");
    expect([posted.status, posted.headers.get("location")]).toEqual([303, "/api/oauth/confirm/example"]);
    expect(await page(await browser.request("/api/oauth/confirm/example"))).toContain("Ann of Example");
    expect((await browser.form("/api/oauth/confirm/example", { data: "keep" })).status).toBe(303);
    expect(await row()).toMatchObject({ status: "active", grant_kind: "api_key", provider_user_id: "ann" });
  });

  it("goes on where the other protocol ended, and leaves alone what only that one may read", async () => {
    await browser.follow(CONNECT);
    await disconnect(w.context, person, example, "keep");
    faults["/profile"] = () => Response.json({ id: "u1" });
    await give("k-1");
    expect(await row()).toMatchObject({ status: "active", grant_kind: "api_key", epoch: 3 });
    w.advance(2 * HOURS);
    await claimDue(w.context);
    const message = (w.queued.sync as StreamMessage[]).findLast(({ stream }) => stream === "partner")!;
    expect(message.epoch).toBe(3);
    await runStream(w.context, message);
    expect(of("/data")).toEqual([]);
    expect(await w.rows("SELECT stream, stopped FROM sync_cursor ORDER BY stream")).toEqual([
      { stream: "both", stopped: null },
      { stream: "own", stopped: null },
      { stream: "partner", stopped: "other_protocol" },
    ]);
    const { data } = await (await browser.request("/api/connections")).json<{
      data: { streams: { stream: string }[] }[];
    }>();
    expect(data[0]!.streams.map(({ stream }) => stream)).toEqual(["both", "own"]);
    expect(data[0]).not.toHaveProperty("access");
  });

  it("is exchanged by one of fifty callers once the bearer has ended", async () => {
    await give("k-1");
    w.advance(DAYS + 1);
    faults["/key/token"] = () => new Promise((resolve) => setTimeout(() => resolve(null), 100));
    const at = await connection();
    const tokens = await Promise.all(Array.from({ length: 50 }, () => tokenFor({ ...w.context }, example, at)));
    expect(of("/key/token")).toHaveLength(2);
    expect(new Set(tokens.map(({ grant }) => JSON.stringify(grant))).size).toBe(1);
    expect(tokens[0]!.grant).toMatchObject({ access_token: "bearer-2", key: "k-1" });
  });

  it("renews the bearer an hour before it ends, and after a 401", async () => {
    await give("k-1");
    w.advance(DAYS - HOURS - 1);
    expect((await tokenFor(w.context, example, await connection())).version).toBe(1);
    w.advance(1);
    expect((await tokenFor(w.context, example, await connection())).version).toBe(2);
    faults["/data"] = (request) =>
      request.headers.get("authorization") === "Bearer bearer-2" ? new Response("", { status: 401 }) : null;
    expect((await callAs(w.context, await connection(), DATA, "live")).status).toBe(200);
    expect(of("/data").map(({ authorization }) => authorization)).toEqual(["Bearer bearer-2", "Bearer bearer-3"]);
  });

  it("keeps through an outage, and asks for a new one when it has ended", async () => {
    await give("k-1", "30");
    w.advance(2 * DAYS);
    faults["/key/token"] = () => new Response("", { status: 503 });
    expect(await fault(tokenFor(w.context, example, await connection()))).toEqual({ kind: "unavailable", status: 503 });
    expect(await row()).toMatchObject({ status: "active" });
    faults = {};
    keys.delete("k-1");
    w.advance(HOURS);
    expect(await fault(tokenFor(w.context, example, await connection()))).toEqual({ kind: "unauthorized" });
    expect(await row()).toMatchObject({ status: "needs_reauthorization", last_error_code: "key_expired" });
    expect(await settings()).toContain("Example no longer accepts your key");

    keys.add("k-2");
    await give("k-2", "30");
    expect(await row()).toMatchObject({
      status: "active",
      last_error_code: null,
      key_expires_at: NOW + 2 * DAYS + HOURS + 30 * DAYS,
    });
  });

  it("is said to end from a week before on", async () => {
    await give("k-1", "30");
    w.advance(23 * DAYS - 1000);
    expect(await settings()).toContain("works until");
    w.advance(2000);
    expect(await settings()).toContain("Your key for Example ends in 7 days");
    w.advance(8 * DAYS);
    expect(await settings()).toContain("your key for Example ended");
  });
});
