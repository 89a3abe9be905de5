/** Invitations: the operator's link, what it opens, and how often. */
import { beforeEach, describe, expect, it } from "vitest";
import { createSimulator } from "../simulator/app.ts";
import { person as somebody } from "../simulator/person.ts";
import { BASE_URL, type Browser, VARS, type World, world } from "./world.ts";

const DAY = 86_400_000;
let w: World;

beforeEach(async () => {
  w = await world({
    now: Date.UTC(2026, 5, 1, 12),
    vars: { SIGN_UPS: "invite" },
    fetch: (request) => simulator.fetch(request),
  });
  const simulator = createSimulator({
    seed: "invite",
    now: () => w.context.now(),
    consent: "auto",
    users: [somebody("invite", "kim", { months: 1 })],
  });
});

const operator = (method: string, path: string, body?: object, token = VARS.OPERATOR_TOKEN) =>
  w.request(`/api/operator${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
async function invite(wish: object = {}): Promise<{ id: string; url: string; expires_at: string; path: string }> {
  const response = await operator("POST", "/invitations", wish);
  expect(response.status).toBe(201);
  const made = (await response.json()) as { id: string; url: string; expires_at: string };
  expect(made.url.startsWith(`${BASE_URL}/invite/`)).toBe(true);
  return { ...made, path: made.url.slice(BASE_URL.length) };
}
const count = async (from: string) => (await w.rows<{ n: number }>(`SELECT count(*) AS n FROM ${from}`))[0]!.n;
const settings = (browser: Browser) => browser.request("/dashboard/settings");

describe("an invitation", () => {
  it("opens an account, once, by its button and not by being opened", async () => {
    const { path } = await invite({ note: "Kim" });
    const kim = w.browser();
    for (let look = 0; look < 2; look++) {
      const page = await kim.request(path);
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("You are invited")]);
      expect(page.headers.get("referrer-policy")).toBe("same-origin");
    }
    expect(await count("user")).toBe(0);

    const entered = await kim.form(path, { name: "  Kim  " });
    expect([entered.status, entered.headers.get("location")]).toEqual([303, "/dashboard/settings"]);
    expect(await w.rows("SELECT display_name FROM user")).toEqual([{ display_name: "Kim" }]);
    expect(await (await settings(kim)).text()).toContain("You are in.");

    const other = w.browser();
    for (const again of [await other.request(path), await other.form(path, {})]) {
      expect([again.status, await again.text()]).toEqual([410, expect.stringContaining("Ask for a new one")]);
    }
    expect(await count("user")).toBe(1);
  });

  it("lets one of two in who take it at once", async () => {
    const { path } = await invite();
    const answers = await Promise.all([w.browser().form(path, {}), w.browser().form(path, {})]);
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 410]);
    expect([await count("user"), await count("session"), await count("invite WHERE used_by IS NOT NULL")]).toEqual([
      1, 1, 1,
    ]);
  });

  it("is over when its days are, when it is taken back, and when nobody made it", async () => {
    const [short, gone] = [await invite({ days: 1 }), await invite()];
    expect(short.expires_at).toBe("2026-06-02T12:00:00.000Z");
    expect((await operator("DELETE", `/invitations/${gone.id}`)).status).toBe(204);
    expect((await operator("DELETE", `/invitations/${gone.id}`)).status).toBe(404);
    w.advance(DAY);
    for (const path of [short.path, gone.path, "/invite/x"]) {
      expect((await w.browser().request(path)).status).toBe(410);
      expect((await w.browser().form(path, {})).status).toBe(410);
    }
    expect(await count("user")).toBe(0);
  });

  it("is nothing for another site's form, nor for somebody signed in", async () => {
    const { path } = await invite();
    const foreign = await w.browser().request(path, { method: "POST", headers: { origin: "https://evil.example" } });
    expect(foreign.status).toBe(403);
    const { browser } = await w.person();
    for (const answer of [await browser.request(path), await browser.form(path, {})]) {
      expect([answer.status, await answer.text()]).toEqual([409, expect.stringContaining("Sign out first")]);
    }
    expect(await count("invite WHERE used_at IS NULL")).toBe(1);
  });

  it("brings people who afterwards sign in with what they have connected", async () => {
    const { person: first } = await w.person();
    const stranger = await w.browser().follow("/api/oauth/connect/strava");
    expect([stranger.response.status, await stranger.response.text()]).toEqual([
      403,
      expect.stringContaining("by invitation"),
    ]);

    const { path } = await invite();
    const kim = w.browser();
    await kim.form(path, {});
    await kim.follow("/api/oauth/connect/strava");
    const elsewhere = w.browser();
    const { response } = await elsewhere.follow("/api/oauth/connect/strava");
    expect(response.status).toBe(200);
    expect(await count("user")).toBe(2);
    expect(await w.rows("SELECT DISTINCT user_id FROM session WHERE user_id <> ?1", first.id)).toHaveLength(1);
  });

  it("lets somebody back in whom nothing else signs in", async () => {
    const { person } = await w.person("Kim");
    const { path } = await invite({ person: person.public_id });
    const kim = w.browser();
    expect(await (await kim.request(path)).text()).toContain("Welcome back, Kim");
    expect((await kim.form(path, { name: "Somebody else" })).status).toBe(303);
    expect((await settings(kim)).status).toBe(200);
    expect(await w.rows("SELECT display_name FROM user")).toEqual([{ display_name: "Kim" }]);
    expect((await w.browser().form(path, {})).status).toBe(410);
    expect((await operator("POST", "/invitations", { person: "usr_nobody" })).status).toBe(404);
  });

  it("lets nobody back in whose account was erased meanwhile", async () => {
    const { person, browser } = await w.person();
    const { path } = await invite({ person: person.public_id });
    expect((await browser.json("DELETE", "/api/account")).status).toBe(200);
    expect((await w.browser().request(path)).status).toBe(410);
    expect((await w.browser().form(path, {})).status).toBe(410);
    expect(await count("session")).toBe(0);
  });
});

describe("the operator", () => {
  it("alone invites, and is told what is wrong with a wish", async () => {
    expect((await operator("POST", "/invitations", {}, "wrong")).status).toBe(401);
    expect((await operator("GET", "/people", undefined, "wrong")).status).toBe(401);
    const bad = await operator("POST", "/invitations", { days: 0 });
    expect([bad.status, await bad.json()]).toMatchObject([422, { code: "bad_body", errors: [{ pointer: "/days" }] }]);
  });

  it("sees which invitations are open and who came by the others; the link is told once and kept nowhere", async () => {
    const first = await invite({ note: "Kim" });
    await w.browser().form(first.path, {});
    w.advance(1000);
    const second = await invite({ days: 3 });
    const [{ public_id }] = (await w.rows<{ public_id: string }>("SELECT public_id FROM user")) as [
      { public_id: string },
    ];
    const listed = await operator("GET", "/invitations");
    expect(await listed.json()).toEqual({
      data: [
        {
          id: second.id,
          note: null,
          created_at: "2026-06-01T12:00:01.000Z",
          expires_at: "2026-06-04T12:00:01.000Z",
          used_at: null,
          person: null,
        },
        {
          id: first.id,
          note: "Kim",
          created_at: "2026-06-01T12:00:00.000Z",
          expires_at: "2026-06-15T12:00:00.000Z",
          used_at: "2026-06-01T12:00:00.000Z",
          person: public_id,
        },
      ],
      next_cursor: null,
    });
    const kept = JSON.stringify([await w.rows("SELECT * FROM invite"), await w.rows("SELECT * FROM audit"), w.logs]);
    for (const { path } of [first, second]) expect(kept).not.toContain(path.slice("/invite/".length));
  });

  it("sees all invitations, page by page", async () => {
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.push((await invite()).id);
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const answer = await operator("GET", `/invitations?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      const page = (await answer.json()) as { data: { id: string }[]; next_cursor: string | null };
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect([seen.length, seen.toSorted()]).toEqual([5, made.toSorted()]);
  });

  it("sees who is here and how their connections are, page by page", async () => {
    const people = [await w.person("Kim"), await w.person("Ada"), await w.person("Bo")];
    await people[1]!.browser.follow("/api/oauth/connect/strava");
    const first = (await (await operator("GET", "/people?limit=2")).json()) as {
      data: object[];
      next_cursor: string;
    };
    expect(first.data).toEqual([
      {
        public_id: people[0]!.person.public_id,
        display_name: "Kim",
        created_at: "2026-06-01T12:00:00.000Z",
        last_seen_at: "2026-06-01T12:00:00.000Z",
        is_being_erased: false,
        connections: [],
      },
      expect.objectContaining({
        display_name: "Ada",
        connections: [{ provider: "strava", status: "active", last_error_code: null, last_success_at: null }],
      }),
    ]);
    const rest = await operator("GET", `/people?limit=2&cursor=${encodeURIComponent(first.next_cursor)}`);
    expect(await rest.json()).toMatchObject({ data: [{ display_name: "Bo" }], next_cursor: null });
    expect((await operator("GET", "/people?cursor=x")).status).toBe(400);
  });
});
