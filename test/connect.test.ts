import { beforeEach, describe, expect, it } from "vitest";
import { createSimulator, type Simulator } from "../simulator/app.ts";
import { callAs } from "../src/access/client.ts";
import { sealPending } from "../src/connect/pending.ts";
import { retryRevocations } from "../src/connect/revocations.ts";
import { connectionOf } from "../src/store/connections.ts";
import { personById } from "../src/store/users.ts";
import { BASE_URL, type Browser, type ConnectionRow, type World, world } from "./world.ts";

let w: World;
let sim: Simulator;
/** The simulator's people, by key. */
let folk: string[];

async function start(vars: Record<string, string> = {}) {
  w = await world({ fetch: (request) => sim.fetch(request), now: Date.UTC(2026, 8, 1, 12), vars });
  sim = createSimulator({ seed: 7, consent: "auto", now: () => w.context.now() });
  folk = sim.control.people().map(({ key }) => key);
}
beforeEach(() => start());

const CONNECT = "/api/oauth/connect/strava";
const page = async (response: Response) =>
  (await response.text()).replaceAll(/<(style|script).*?<\/\1>|<[^>]+>/gs, " ").replaceAll(/\s+/g, " ");
const tokenCalls = () => sim.control.calls({ path: "/oauth/token" });
const revocations = () => sim.control.calls({ path: "/oauth/revoke" });

/** Goes to the provider and stops before the callback, whose address it returns. */
async function upToCallback(browser: Browser, path = CONNECT): Promise<URL> {
  const away = await browser.request(path);
  expect(away.status).toBe(302);
  const back = await browser.request(away.headers.get("location")!);
  return new URL(back.headers.get("location")!);
}
async function signedIn(as: string | null = null): Promise<Browser> {
  if (as) sim.control.consent({ person: as });
  const browser = w.browser();
  const { response } = await browser.follow(CONNECT);
  expect(response.status).toBe(200);
  return browser;
}
const connections = () => w.rows<ConnectionRow>("SELECT * FROM provider_connection ORDER BY id");
const people = () => w.rows<{ id: number }>("SELECT id FROM user ORDER BY id");

describe("signing in", () => {
  it("makes a person with a connection, and a browser that is signed in", async () => {
    const browser = w.browser();
    const { response, trail } = await browser.follow(`${CONNECT}?return_to=/dashboard/settings`);
    expect(response.status).toBe(200);
    expect(trail.map((address) => new URL(address).pathname)).toEqual([
      CONNECT,
      "/oauth/authorize",
      "/api/oauth/callback/strava",
      "/dashboard/settings",
    ]);
    expect(await page(response)).toContain("Strava is connected");
    const [connection] = await connections();
    expect(connection).toMatchObject({ provider: "strava", status: "active", epoch: 1, moved_at: null, data: null });
    expect(JSON.parse(connection!.granted_scopes)).toEqual(["read", "activity:read_all", "profile:read_all"]);
    const fences = await w.rows(
      "SELECT provider, epoch FROM fence WHERE user_id = ?1 ORDER BY provider",
      connection!.user_id,
    );
    expect(fences).toEqual([
      { provider: "", epoch: 1 },
      { provider: "strava", epoch: 1 },
    ]);
    expect(await w.rows("SELECT stream FROM sync_cursor WHERE stream = 'activities:history'")).toHaveLength(1);
    expect(w.queued.sync.length + w.queued.backfill.length).toBeGreaterThan(0);

    const { data } = await (await browser.request("/api/connections")).json<{ data: unknown[] }>();
    expect(data).toMatchObject([
      {
        provider: "strava",
        status: "active",
        missing_scopes: [],
        connected_at: "2026-09-01T12:00:00Z",
        last_error: null,
      },
    ]);
  });

  it("knows the account again, under another session and the same epoch", async () => {
    const first = await signedIn();
    const second = await signedIn();
    expect(await people()).toHaveLength(1);
    expect((await connections())[0]).toMatchObject({ epoch: 1, status: "active" });
    expect(second.cookies.get("qt_session")).not.toBe(first.cookies.get("qt_session"));
    // Both browsers stay signed in; signing out ends one.
    expect((await first.json("POST", "/api/session/logout")).status).toBe(204);
    expect((await first.request("/api/keys")).status).toBe(401);
    expect((await second.request("/api/keys")).status).toBe(200);
  });

  it("does not bring back a connection that the person has ended", async () => {
    const browser = await signedIn();
    expect((await browser.json("DELETE", "/api/connections/strava")).status).toBe(204);
    await w.settle();
    const again = await signedIn();
    await w.settle();
    expect((await connections())[0]).toMatchObject({ status: "revoked", epoch: 2, grant: null });
    expect((await again.request("/api/keys")).status).toBe(200);
    expect(revocations()).toHaveLength(2); // the connection's grant, and the fresh one of signing in
  });

  it("lets in the first person only, where the instance is closed to others", async () => {
    await start({ SIGN_UPS: "invite" });
    await signedIn(folk[0]);
    sim.control.consent({ person: folk[1] });
    const { response } = await w.browser().follow(CONNECT);
    expect(response.status).toBe(403);
    expect(await page(response)).toContain("by invitation");
    await w.settle();
    expect(await people()).toHaveLength(1);
    expect(revocations()).toHaveLength(1);
    // Who is in already is still let in.
    await signedIn(folk[0]);
  });

  it("refuses providers that do not sign in", async () => {
    await start({ SIGN_IN: "oura" });
    const response = await w.browser().request(CONNECT);
    expect(response.status).toBe(401);
    expect(await page(response)).toContain("Sign in first");
    const { browser } = await w.person();
    expect((await browser.follow(CONNECT)).response.status).toBe(200);
  });

  it("uses cookies that a browser protects", async () => {
    const sets = async () => {
      const browser = w.browser();
      const { response } = await browser.follow(CONNECT);
      expect(response.status).toBe(200);
      return [...browser.cookies.keys()];
    };
    expect(await sets()).toContain("qt_session");
    const away = await w.request(CONNECT);
    expect(away.headers.get("set-cookie")).toMatch(
      /^qt_attempt_[0-9a-f]{24}=[^;]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    await start({ BASE_URL: "https://connect.example.com" });
    const secure = await w.request(CONNECT);
    expect(secure.headers.get("set-cookie")).toMatch(/^__Host-qt_attempt_.*; HttpOnly; Secure; SameSite=Lax$/);
    expect(secure.headers.get("strict-transport-security")).toBe("max-age=63072000; includeSubDomains");
    expect(new URL(secure.headers.get("location")!).searchParams.get("redirect_uri")).toBe(
      "https://connect.example.com/api/oauth/callback/strava",
    );
    expect(await sets()).toContain("__Host-qt_session");
  });
});

describe("starting", () => {
  it.each(["cross-site", "same-site"])("shows a link instead of redirecting a request that is %s", async (site) => {
    const response = await w.request(`${CONNECT}?return_to=/dashboard`, { headers: { "sec-fetch-site": site } });
    expect(response.status).toBe(200);
    expect(response.headers.get("set-cookie")).toBeNull();
    expect(await response.text()).toContain('href="/api/oauth/connect/strava?return_to=%2Fdashboard"');
  });
  it.each(["same-origin", "none"])("redirects one that is %s", async (site) => {
    expect((await w.request(CONNECT, { headers: { "sec-fetch-site": site } })).status).toBe(302);
  });

  it("takes the redirect address from configuration, whatever Host says", async () => {
    const response = await w.request(CONNECT, { headers: { host: "evil.test", "x-forwarded-host": "evil.test" } });
    const url = new URL(response.headers.get("location")!);
    expect(url.searchParams.get("redirect_uri")).toBe(`${BASE_URL}/api/oauth/callback/strava`);
    expect(url.searchParams.get("scope")).toBe("read,activity:read_all,profile:read_all");
  });

  it("keeps five attempts, the newest", async () => {
    const browser = w.browser();
    const states: string[] = [];
    for (let i = 0; i < 7; i++) {
      states.push((await upToCallback(browser)).searchParams.get("state")!);
      w.advance(1000);
    }
    expect(new Set(states).size).toBe(7);
    expect([...browser.cookies.keys()].filter((name) => name.startsWith("qt_attempt_"))).toHaveLength(5);
  });

  it("writes nothing", async () => {
    await w.request(CONNECT);
    expect(await w.rows("SELECT * FROM oauth_used")).toEqual([]);
    expect(await connections()).toEqual([]);
  });

  it("moves the old address to the new one, and says when there is no such provider", async () => {
    const moved = await w.request("/api/oauth/connect?provider=strava&return_to=/x");
    expect([moved.status, moved.headers.get("location")]).toEqual([302, "/api/oauth/connect/strava?return_to=%2Fx"]);
    const none = await w.request("/api/oauth/connect/friendster");
    expect(none.status).toBe(404);
    expect(none.headers.get("content-type")).toContain("text/html");
  });

  it("says which providers are not set up", async () => {
    await start({ STRAVA_CLIENT_SECRET: "" });
    const response = await w.request(CONNECT);
    expect(response.status).toBe(503);
    expect(await page(response)).toContain("operator");
  });
});

describe("coming back", () => {
  /** Each makes an address and a browser that must be refused before the provider hears of it. */
  const refused: [string, () => Promise<[Browser, string]>, string][] = [
    [
      "a forged state",
      async () => [w.browser(), "/api/oauth/callback/strava?code=x&state=forged&scope=read"],
      "did not start",
    ],
    ["no state", async () => [w.browser(), "/api/oauth/callback/strava?code=x"], "did not start"],
    ["another browser", async () => [w.browser(), (await upToCallback(w.browser())).href], "did not start"],
    [
      "an expired attempt",
      async () => {
        const browser = w.browser();
        const url = await upToCallback(browser);
        w.advance(601_000);
        return [browser, url.href];
      },
      "ten minutes",
    ],
    [
      "another session than it was started in",
      async () => {
        const { browser } = await w.person();
        const url = await upToCallback(browser);
        const { browser: other } = await w.person();
        browser.cookies.set("qt_session", other.cookies.get("qt_session")!);
        return [browser, url.href];
      },
      "signed in or out",
    ],
    [
      "a session where there was none",
      async () => {
        const browser = w.browser();
        const url = await upToCallback(browser);
        const { browser: other } = await w.person();
        browser.cookies.set("qt_session", other.cookies.get("qt_session")!);
        return [browser, url.href];
      },
      "signed in or out",
    ],
    [
      "an attempt at another provider",
      async () => {
        const browser = w.browser();
        const state = "s".repeat(43);
        const cookie = await sealPending(w.context, {
          provider: "oura",
          purpose: "sign_in",
          protocol: "oauth2",
          state,
          secret: null,
          redirect_uri: `${BASE_URL}/api/oauth/callback/oura`,
          return_to: "/",
          session: null,
          expires_at: w.context.now() + 60_000,
        });
        browser.cookies.set(cookie.name, cookie.value);
        return [browser, `/api/oauth/callback/strava?code=x&state=${state}`];
      },
      "not one of Strava",
    ],
    [
      "another issuer",
      async () => {
        const browser = w.browser();
        const url = await upToCallback(browser);
        url.searchParams.set("iss", "https://evil.test");
        return [browser, url.href];
      },
      "error",
    ],
    [
      "two codes",
      async () => {
        const browser = w.browser();
        const url = await upToCallback(browser);
        url.searchParams.append("code", "other");
        return [browser, url.href];
      },
      "error",
    ],
    [
      "a cookie under another attempt's name",
      async () => {
        const browser = w.browser();
        const first = await upToCallback(browser);
        const [[name] = []] = [...browser.cookies];
        await upToCallback(browser);
        browser.cookies.set(name!, [...browser.cookies.values()].at(-1)!);
        return [browser, first.href];
      },
      "did not start",
    ],
  ];
  it.each(refused)("refuses %s with a page, asking the provider nothing", async (_, make, words) => {
    const [browser, address] = await make();
    const response = await browser.request(address);
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await page(response)).toContain(words);
    expect(tokenCalls()).toEqual([]);
    expect(await w.rows("SELECT id FROM provider_connection WHERE status <> 'revoked'")).toEqual([]);
  });

  it("takes a consent once, also when two arrive at the same time", async () => {
    const browser = w.browser();
    const url = await upToCallback(browser);
    const cookies = new Map(browser.cookies);
    const answers = await Promise.all([browser.request(url.href), browser.request(url.href)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([302, 400]);
    browser.cookies.clear();
    for (const [name, value] of cookies) browser.cookies.set(name, value);
    const replay = await browser.request(url.href);
    expect(replay.status).toBe(400);
    expect(await page(replay)).toContain("used already");
    expect(tokenCalls()).toHaveLength(1);
  });

  it("stores nothing of a consent that was declined", async () => {
    sim.control.consent({ deny: true });
    const { response } = await w.browser().follow(CONNECT);
    expect(response.status).toBe(400);
    expect(await page(response)).toContain("nothing was connected or stored");
    expect([await people(), await connections(), tokenCalls()]).toEqual([[], [], []]);
  });

  it.each([
    [["read", "activity:read_all"], "your whole profile", ["profile:read_all"]],
    [["activity:read_all"], "your name and picture", ["read", "profile:read_all"]],
  ])("connects partly where scopes were unticked: only %j", async (scopes, words, missing_scopes) => {
    sim.control.consent({ scopes });
    const browser = w.browser();
    const { response } = await browser.follow(CONNECT);
    expect(response.status).toBe(200);
    expect(await page(response)).toContain(`without ${words}`);
    const { data } = await (await browser.request("/api/connections")).json<{ data: unknown[] }>();
    expect(data).toMatchObject([{ status: "active", missing_scopes }]);
  });

  it("does nothing for a request that asks for the head alone", async () => {
    const browser = w.browser();
    expect((await browser.request(CONNECT, { method: "HEAD" })).status).toBe(405);
    expect(browser.cookies.size).toBe(0);
    const url = await upToCallback(browser);
    expect((await browser.request(url.href, { method: "HEAD" })).status).toBe(405);
    expect(tokenCalls()).toEqual([]);
    expect((await browser.request(url.href)).status).toBe(302);
  });

  it.each([
    [{ kind: "status", status: 503 }, "does not answer"],
    [{ kind: "drop" }, "does not answer"],
    [{ kind: "cut" }, "does not answer"],
    [{ kind: "invalid_json" }, "does not answer"],
    [{ kind: "status", status: 400, body: { message: "Bad Request", errors: [] } }, "did not take the code"],
  ] as const)("says so where the exchange fails (%o)", async (fault, words) => {
    sim.control.fault({ ...fault, path: "/oauth/token" });
    const { response } = await w.browser().follow(CONNECT);
    expect(response.status).toBe(502);
    expect(await page(response)).toContain(words);
    expect(tokenCalls()).toHaveLength(1);
    expect([await people(), await connections()]).toEqual([[], []]);
  });
});

describe("an account that is somebody else's", () => {
  it("stays theirs with the fresh grant, and the page says so", async () => {
    await signedIn();
    const [before] = await connections();
    const { browser } = await w.person();
    const { response } = await browser.follow(CONNECT);
    expect(response.status).toBe(409);
    expect(await page(response)).toContain("connected to another account here");
    const [owner, other] = await connections();
    expect(owner).toMatchObject({
      id: before!.id,
      epoch: 1,
      status: "active",
      token_version: before!.token_version + 1,
    });
    expect(owner!.grant).not.toBe(before!.grant);
    expect(other).toBeUndefined();
    await w.settle();
    expect(revocations()).toEqual([]);
  });

  it("keeps the old grant there where the fresh one has fewer scopes", async () => {
    await signedIn();
    const [before] = await connections();
    sim.control.consent({ scopes: ["read"] });
    const { browser } = await w.person();
    expect((await browser.follow(CONNECT)).response.status).toBe(409);
    expect((await connections())[0]).toEqual(before);
  });

  it("goes to who connects it now, once its connection has ended", async () => {
    const first = await signedIn();
    await first.json("DELETE", "/api/connections/strava");
    const { person, browser } = await w.person();
    expect((await browser.follow(CONNECT)).response.status).toBe(200);
    const [ended, live] = await connections();
    expect(ended).toMatchObject({ status: "revoked", provider_user_id: null });
    expect(live).toMatchObject({ status: "active", user_id: person.id });
  });
});

describe("another account than before", () => {
  async function withAnother(): Promise<Browser> {
    const browser = await signedIn(folk[0]);
    const [{ id, user_id } = {}] = await connections();
    await w.env.DB.batch([
      w.env.DB.prepare(
        "INSERT INTO event(user_id, provider, external_id, kind, start_time, version, fetched_at, updated_at) VALUES (?1, 'strava', 'e1', 'note', 0, 1, 0, 0)",
      ).bind(user_id),
      w.env.DB.prepare(
        "INSERT INTO want(connection_id, kind, external_id, user_id, start_time, wanted, done, due_at) VALUES (?1, 'activity_detail', 'a1', ?2, 0, 1, 0, 0)",
      ).bind(id, user_id),
    ]);
    sim.control.consent({ person: folk[1] });
    const { response, trail } = await browser.follow(CONNECT);
    expect(new URL(trail.at(-1)!).pathname).toBe("/api/oauth/confirm/strava");
    expect(await page(response)).toContain("Another Strava account");
    expect((await connections())[0]).toMatchObject({ epoch: 1, status: "active" });
    return browser;
  }

  it("is asked about, and begins anew beside the old records", async () => {
    const browser = await withAnother();
    const [before] = await connections();
    expect((await browser.form("/api/oauth/confirm/strava", { data: "keep" })).status).toBe(303);
    const [after] = await connections();
    expect(after).toMatchObject({ id: before!.id, epoch: 2, status: "active" });
    expect(after!.provider_user_id).not.toBe(before!.provider_user_id);
    expect(await w.rows("SELECT * FROM want")).toEqual([]);
    expect(await w.rows("SELECT DISTINCT epoch FROM sync_cursor")).toEqual([{ epoch: 2 }]);
    expect(await w.rows("SELECT external_id FROM event")).toEqual([{ external_id: "e1" }]);
    // Nobody uses the old account's grant any more: it is given back, and the new one works.
    await w.settle();
    expect(await w.rows("SELECT * FROM revocation")).toEqual([]);
    expect(sim.control.calls({ path: "/oauth/revoke" })).toHaveLength(1);
    expect((await connections())[0]).toMatchObject({ status: "active", epoch: 2 });
  });

  it("may take the old records away", async () => {
    const browser = await withAnother();
    expect((await browser.form("/api/oauth/confirm/strava", { data: "delete" })).status).toBe(303);
    expect(await w.rows("SELECT external_id FROM event")).toEqual([]);
    expect((await browser.form("/api/oauth/confirm/strava", { data: "keep" })).status).toBe(400);
    expect((await connections())[0]).toMatchObject({ epoch: 2, status: "active" });
  });

  it("is given back to the provider where nobody answers", async () => {
    const browser = await withAnother();
    w.advance(11 * 60_000);
    expect(await retryRevocations(w.context)).toBe(1);
    expect(revocations()).toHaveLength(1);
    const late = await browser.form("/api/oauth/confirm/strava", { data: "keep" });
    expect(late.status).toBe(400);
    expect((await connections())[0]).toMatchObject({ epoch: 1, status: "active" });
  });

  it("is nobody's to decide but the person's", async () => {
    const browser = await withAnother();
    const { browser: stranger } = await w.person();
    stranger.cookies.set("qt_waiting", browser.cookies.get("qt_waiting")!);
    expect((await stranger.form("/api/oauth/confirm/strava", { data: "delete" })).status).toBe(400);
    const foreign = await browser.request("/api/oauth/confirm/strava", {
      method: "POST",
      headers: { origin: "https://evil.test" },
      body: new URLSearchParams({ data: "delete" }),
    });
    expect(foreign.status).toBe(403);
    expect(await w.rows("SELECT external_id FROM event")).toHaveLength(1);
  });
});

it("leaves no secret in logs, answers, messages or plain columns", async () => {
  sim.control.fault({ kind: "invalid_json", path: "/oauth/token" });
  const said = [await (await w.browser().follow(CONNECT)).response.text()];
  const browser = await signedIn();
  w.advance(7 * 3_600_000);
  sim.control.fault({ kind: "invalid_json", path: "/api/v3/athlete" });
  const { user_id } = (await connections())[0]!;
  const connection = (await connectionOf(w.context, (await personById(w.context, user_id))!, "strava"))!;
  said.push(
    await callAs(w.context, connection, { url: "https://www.strava.com/api/v3/athlete" }, "live").then(String, String),
  );
  for (const path of ["/api/connections", "/dashboard/settings", "/api/keys"])
    said.push(await (await browser.request(path)).text());
  await browser.json("DELETE", "/api/connections/strava");
  await w.settle();

  const secrets = new Set([browser.cookies.get("qt_session")!]);
  for (const { body, query, headers } of sim.control.calls()) {
    for (const text of [body, query]) {
      for (const [name, value] of new URLSearchParams(text))
        if (/token$|^code$|secret|^state$/.test(name)) secrets.add(value);
    }
    if (headers.authorization) secrets.add(headers.authorization.split(" ")[1]!);
  }
  expect(secrets.size).toBeGreaterThan(6);
  const tables = await w.rows<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
  );
  const stored = await Promise.all(tables.map(({ name }) => w.rows(`SELECT * FROM "${name}"`)));
  expect(w.logs.map(({ event }) => event)).toContain("exchange_failed");
  const seen = JSON.stringify([w.logs, w.queued, said, stored]);
  for (const secret of secrets) expect(seen).not.toContain(secret);
});
