/** Pages and forms from outside; what they look like is e2e's. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Person } from "../src/store/users.ts";
import { activityRow, dayRow, insertRows } from "./rows.ts";
import { type Browser, type World, world } from "./world.ts";

const NOW = Date.UTC(2026, 8, 1, 12);
let w: World;
let person: Person;
let browser: Browser;
beforeEach(async () => {
  w = await world({ now: NOW });
  ({ person, browser } = await w.person("Ada"));
});

const page = async (path: string, as = browser): Promise<string> => (await as.request(path)).text();
/** The page a form leads to. */
async function submit(path: string, fields: Record<string, string>, as = browser): Promise<string> {
  const response = await as.form(`/dashboard/settings/${path}`, fields);
  expect(response.status).toBe(303);
  return page(response.headers.get("location")!, as);
}
const connect = (status: string, more: Record<string, string | number> = {}) => {
  const row = {
    user_id: person.id,
    provider: "strava",
    provider_user_id: "7",
    status,
    connected_at: NOW,
    created_at: NOW,
  };
  const all = { ...row, ...more };
  const names = Object.keys(all).map((name) => `"${name}"`);
  return w.env.DB.prepare(`INSERT INTO provider_connection(${names}) VALUES (${names.map(() => "?")}) RETURNING id`)
    .bind(...Object.values(all))
    .first<{ id: number }>();
};

describe("a visitor", () => {
  it("is shown the way in, and led there from every page of people", async () => {
    const visitor = w.browser();
    expect(await page("/", visitor)).toContain('href="/api/oauth/connect/strava?return_to=/dashboard"');
    for (const path of [
      "/dashboard",
      "/dashboard/activities",
      "/dashboard/settings",
      "/dashboard/activities/strava:1",
    ]) {
      const response = await visitor.request(path);
      expect([response.status, response.headers.get("location")]).toEqual([303, "/"]);
    }
    expect((await visitor.form("/dashboard/settings/keys", { name: "x", scopes: "read" })).status).toBe(303);
    expect(await w.rows("SELECT id FROM api_key")).toEqual([]);
  });

  it("is told where nobody can sign in yet, and that others come in by invitation", async () => {
    w = await world({ now: NOW, vars: { STRAVA_CLIENT_SECRET: "", SIGN_UPS: "invite" } });
    const html = await page("/", w.browser());
    expect(html).toContain("Nobody can sign in yet: Strava has no client id and secret");
    expect(html).toContain("New people come in by invitation");
    expect(html).not.toContain("/api/oauth/connect/strava");
  });
});

describe("the dashboard", () => {
  it("says that there is nothing yet and what to do", async () => {
    expect(await page("/dashboard")).toContain("Connect a source, or let your phone send");
  });

  it("shows records as text, never as markup", async () => {
    const name = `<script>alert("1")</script>'&`;
    await insertRows(w, "activity", person, [activityRow("a", NOW - 3_600_000, { name })]);
    const html = await page("/dashboard");
    expect(html).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
    expect(html).not.toContain("<script>alert");
  });

  it("shows only one's own", async () => {
    const other = await w.person("Eve");
    await insertRows(w, "activity", person, [activityRow("mine", NOW - 3_600_000, { name: "Private run" })]);
    await insertRows(w, "daily", person, [dayRow("2026-09-01", "oura", { steps: 7777 })]);
    for (const path of ["/dashboard", "/dashboard/activities", "/dashboard/settings"]) {
      const html = await page(path, other.browser);
      expect(html).not.toContain("Private run");
      expect(html).not.toContain("7,777");
    }
    const detail = "/dashboard/activities/polar%3Amine";
    expect(await page(detail)).toContain("Private run");
    const refused = await other.browser.request(detail, { headers: { accept: "text/html" } });
    expect(refused.status).toBe(404);
    expect(await refused.text()).toContain("You have no such activity");
  });

  it("tells how far the history has come, with a reload where there is no JavaScript", async () => {
    const { id } = (await connect("active"))!;
    await w.env.DB.prepare(
      `INSERT INTO sync_cursor(connection_id, stream, user_id, provider, epoch, queue, position, version, backfill_from, backfill_to, backfill_done)
       VALUES (?, 'activities:history', ?, 'strava', 1, 'backfill', '{}', 1, ?, ?, 0.43)`,
    )
      .bind(id, person.id, Date.UTC(2026, 2, 1), NOW)
      .run();
    await insertRows(w, "activity", person, [activityRow("a", NOW), activityRow("b", Date.UTC(2024, 1, 1))]);
    const html = await page("/dashboard");
    expect(html).toContain("2 activities so far");
    expect(html).toContain("History: 43 %, read back to Sun, 1 Mar 2026");
    expect(html).toMatch(/<noscript><meta http-equiv="refresh" content="5"\/><\/noscript>/);
  });

  it("asks for what only the person can do, and tells an outage in plain words", async () => {
    await connect("needs_reauthorization", { last_error_code: "invalid_grant", last_error_at: NOW });
    expect(await page("/dashboard")).toContain("Strava needs you");
    await w.env.DB.prepare("UPDATE provider_connection SET status = 'active', last_error_code = 'unavailable'").run();
    const html = await page("/dashboard");
    expect(html).not.toContain("Strava needs you");
    expect(html).toContain("Strava could not be reached; we keep trying.");
  });
});

describe("forms", () => {
  it("take nothing from another site", async () => {
    await connect("active");
    const key = await w.key(person);
    const [{ id }] = (await w.rows<{ id: number }>("SELECT id FROM api_key")) as [{ id: number }];
    const forms: [string, Record<string, string>][] = [
      ["sources/strava/sync", {}],
      ["sources/strava/disconnect", { data: "delete" }],
      ["keys", { name: "x", scopes: "manage" }],
      [`keys/${id}/revoke`, {}],
      ["time-zone", { time_zone: "Asia/Tokyo" }],
      ["sign-out", {}],
      ["erase", { confirm: "erase" }],
    ];
    for (const [path, fields] of forms) {
      for (const origin of ["https://evil.example", "null", undefined]) {
        const response = await browser.request(`/dashboard/settings/${path}`, {
          method: "POST",
          headers: { "sec-fetch-site": "cross-site", ...(origin && { origin }) },
          body: new URLSearchParams(fields),
        });
        expect(response.status, `${path} from ${origin}`).toBe(403);
      }
    }
    expect(await w.rows("SELECT status FROM provider_connection")).toEqual([{ status: "active" }]);
    expect(await w.rows("SELECT count(*) AS n FROM api_key WHERE revoked_at IS NULL")).toEqual([{ n: 1 }]);
    expect(await w.rows("SELECT time_zone FROM user")).toEqual([{ time_zone: "UTC" }]);
    expect((await browser.request("/dashboard")).status).toBe(200);
    expect((await w.request("/api/v1/profile", { headers: { "x-api-key": key } })).status).toBe(200);
  });

  it("make a key that is shown once, to its person only, and travels sealed", async () => {
    const made = await browser.form("/dashboard/settings/keys", { name: "Phone", scopes: "ingest" });
    const sealed = browser.cookies.get("qt_fresh_key")!;
    const other = await w.person("Eve");
    other.browser.cookies.set("qt_fresh_key", sealed);
    expect(await page("/dashboard/settings", other.browser)).not.toContain("new-key");

    const shown = /id="new-key">(qt_[0-9A-Za-z]{33})</.exec(await page(made.headers.get("location")!))![1]!;
    expect(sealed).not.toContain(shown);
    expect(await page("/dashboard/settings")).not.toContain(shown);
    expect(await w.rows("SELECT name, scopes FROM api_key")).toEqual([{ name: "Phone", scopes: '["ingest"]' }]);
    expect((await w.request("/api/v1/profile", { headers: { "x-api-key": shown } })).status).toBe(403);
  });

  it("refuse a key without a name or without anything it may do", async () => {
    expect(await submit("keys", { name: " ", scopes: "read" })).toContain("Give the key a name.");
    expect(await submit("keys", { name: "x", scopes: "everything" })).toContain("Choose at least one thing");
    expect(await w.rows("SELECT id FROM api_key")).toEqual([]);
  });

  it("revoke one's own keys only", async () => {
    await w.key(person);
    const [{ id }] = (await w.rows<{ id: number }>("SELECT id FROM api_key")) as [{ id: number }];
    const other = await w.person("Eve");
    await submit(`keys/${id}/revoke`, {}, other.browser);
    expect(await w.rows("SELECT revoked_at FROM api_key")).toEqual([{ revoked_at: null }]);
    expect(await submit(`keys/${id}/revoke`, {})).toContain("The key is revoked");
  });

  it("take the browser's time zone once, and the person's whenever they choose", async () => {
    const zone = async () => (await w.rows<{ time_zone: string }>("SELECT time_zone FROM user"))[0]!.time_zone;
    expect(await page("/dashboard")).toContain("/static/zone.js");
    await browser.form("/dashboard/settings/time-zone", { time_zone: "Asia/Tokyo", from: "browser" });
    expect(await zone()).toBe("Asia/Tokyo");
    expect(await page("/dashboard")).not.toContain("/static/zone.js");
    await browser.form("/dashboard/settings/time-zone", { time_zone: "Europe/Paris", from: "browser" });
    expect(await zone()).toBe("Asia/Tokyo");
    expect(await submit("time-zone", { time_zone: "America/New_York" })).toContain(
      "Your time zone is America/New York.",
    );
    expect(await submit("time-zone", { time_zone: "Mars/Olympus" })).toContain("That is no time zone.");
    expect(await zone()).toBe("America/New_York");
  });

  it("tell a refusal of a flow on the settings page", async () => {
    expect(await submit("sources/strava/sync", {})).toContain("This provider is not connected.");
    const unknown = await browser.form("/dashboard/settings/sources/nobody/sync", {});
    expect(unknown.status).toBe(404);
  });

  it("sign out on the server, not only in the browser", async () => {
    const session = new Map(browser.cookies);
    await submit("sign-out", {});
    for (const [name, value] of session) browser.cookies.set(name, value);
    expect((await browser.request("/dashboard")).status).toBe(303);
  });

  it("erase only what was confirmed, and leave a receipt", async () => {
    await insertRows(w, "activity", person, [activityRow("a", NOW)]);
    expect(await submit("erase", {})).toContain("Nothing was erased");
    expect(await w.rows("SELECT external_id FROM activity")).toHaveLength(1);
    expect(await submit("erase", { confirm: "erase" })).toMatch(/Keep this receipt: ers_[0-9a-f]{32}/);
    expect(await w.rows("SELECT external_id FROM activity")).toEqual([]);
    expect((await browser.request("/dashboard")).status).toBe(303);
  });
});

describe("connected sources", () => {
  const badges = (html: string) =>
    Object.fromEntries(
      [...html.matchAll(/<article class="card source[^"]*" id="(\w+)">.*?<span class="badge[^"]*">([^<]*)</gs)].map(
        ([, id, state]) => [id, state],
      ),
    );

  it("are all nine, each with its state", async () => {
    w = await world({ now: NOW, vars: { STRAVA_CLIENT_ID: "" } });
    ({ person, browser } = await w.person());
    const states = badges(await page("/dashboard/settings"));
    expect(Object.keys(states)).toHaveLength(9);
    expect(states).toMatchObject({
      strava: "Not configured",
      apple_health: "Waiting for the first post",
      google_fit: "Waiting for the first post",
    });
  });

  it("say what is connected, partly connected or needs reconnecting", async () => {
    expect(badges(await page("/dashboard/settings")).strava).toBe("Available");
    await connect("active", { granted_scopes: '["read"]' });
    const partly = await page("/dashboard/settings");
    expect(badges(partly).strava).toBe("Connected, partly");
    expect(partly).toContain("Not allowed:");
    await w.env.DB.prepare("UPDATE provider_connection SET status = 'needs_reauthorization'").run();
    expect(badges(await page("/dashboard/settings")).strava).toBe("Needs reconnecting");
    await w.env.DB.prepare("UPDATE provider_connection SET status = 'revoked'").run();
    expect(await page("/dashboard/settings")).toContain("Reconnecting goes on from where it ended.");
  });

  it("say which data are not well and why, also before anything has come", async () => {
    const { id } = (await connect("active", { granted_scopes: '["read","activity:read_all","profile:read_all"]' }))!;
    await w.env.DB.prepare(
      `INSERT INTO sync_cursor(connection_id, stream, user_id, provider, epoch, queue, position, version, backfill_from, backfill_to, backfill_done, error_code, error_at)
       VALUES (?1, 'activities:history', ?2, 'strava', 1, 'backfill', '{}', 1, ?3, ?3, 0, 'forbidden', ?3)`,
    )
      .bind(id, person.id, NOW)
      .run();
    await w.env.DB.prepare(
      `INSERT INTO run(connection_id, stream, started_at, ended_at, pages, received, written, rejected, outcome, rejections)
       VALUES (?1, 'activities', ?2, ?2, 1, 1, 0, 1, 'done', '[{"pointer":"/0/distance","reason":"expected number","external_id":"77"}]')`,
    )
      .bind(id, NOW)
      .run();
    await w.env.DB.prepare(
      `INSERT INTO want(connection_id, kind, external_id, user_id, start_time, wanted, done, due_at)
       VALUES (?1, 'activity_detail', '1', ?2, 0, 1, 0, 0)`,
    )
      .bind(id, person.id)
      .run();
    await w.env.DB.prepare(
      `INSERT INTO sync_cursor(connection_id, stream, user_id, provider, epoch, queue, position, version, error_code, error_at, due_at)
       VALUES (?1, 'activity_detail', ?2, 'strava', 1, 'backfill', '{}', 1, 'rate_limited', ?3, ?3 + 720000)`,
    )
      .bind(id, person.id, NOW)
      .run();
    const settings = await page("/dashboard/settings");
    expect(badges(settings).strava).toBe("Connected, with trouble");
    expect(settings).toContain("Strava refuses access to some of the data. That concerns activities.");
    expect(settings).toContain("1 record could not be read in the last seven days: 77 /0/distance expected number");
    expect(settings).toContain(
      "1 activity details still to come · Strava lets us ask only so often: we go on in 12 minutes",
    );
    const dashboard = await page("/dashboard");
    expect(dashboard).not.toContain("on their way");
    expect(dashboard).toContain("That concerns activities.");
  });

  it("offer to keep data only where the terms in force let it", async () => {
    await connect("active");
    expect(await page("/dashboard/settings")).toContain("Keep what is here");
    w = await world({ now: NOW, vars: { DATA_POLICY: "terms" } });
    ({ person, browser } = await w.person());
    await connect("active");
    const html = await page("/dashboard/settings");
    expect(html).not.toContain("Keep what is here");
    expect(html).toContain("Strava’s terms demand that they are deleted.");
  });
});
