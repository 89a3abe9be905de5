/** Polar from consent to farewell against the simulated Polar, which checks registration, tokens, windows and limits by itself. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSimulator, type Simulator } from "../simulator/app.ts";
import { person as somebody } from "../simulator/person.ts";
import { callbackUrl } from "../src/access/webhooks.ts";
import { subscribe } from "../src/connect/subscriptions.ts";
import { tick } from "../src/cron/index.ts";
import { providerOf } from "../src/providers/index.ts";
import { connectionOf } from "../src/store/connections.ts";
import { createSession } from "../src/store/sessions.ts";
import type { Person } from "../src/store/users.ts";
import { requestSync } from "../src/sync/schedule.ts";
import { deliverAll, passTime } from "./deliver.ts";
import { type Browser, type ConnectionRow, type Kept, once, type World, world } from "./world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Always the same day, ahead of the database's own clock, by which a want is due. */
const NOW = Date.UTC(2050, 4, 17, 12);
const polar = providerOf("polar")!;
const CONNECT = "/api/oauth/connect/polar?return_to=/dashboard/settings";
const WHO = "mira";

let w: World;
let sim: Simulator;
let owner: Person;
let browser: Browser;
/** What was pushed, and the statuses of what was answered. */
let pushed: { path: string; headers: Headers; body: string }[];
let answered: number[];
let saved: unknown;

async function start(kept?: Kept): Promise<void> {
  w = await world({ fetch: (request) => sim.fetch(request), now: NOW, kept });
  pushed = [];
  answered = [];
  sim = createSimulator({
    seed: "polar",
    now: () => w.context.now(),
    consent: "auto",
    users: [WHO, "jonas"].map((key) => somebody("polar", key, { months: 1, diligence: 0.5 })),
    saved: kept?.simulator,
    save: (state) => (saved = state),
    async fetch(request) {
      const { method, headers } = request;
      const path = new URL(request.url).pathname;
      const body = await request.text();
      pushed.push({ path, headers, body });
      const { status } = await w.request(path, { method, headers, body });
      answered.push(status);
      return new Response(null, { status });
    },
  });
  sim.control.configure("polar", { limits: [1e6, 1e6] });
  ({ person: owner, browser } = await w.person());
}
beforeEach(() => start());
afterEach(() => vi.restoreAllMocks());

const drain = () => deliverAll(w);
/** Time passes, Polar delivers, cron ticks, queues deliver. */
const later = (ms: number) => passTime(w, ms, () => sim.control.tick());
async function connect(): Promise<void> {
  expect((await browser.follow(CONNECT)).response.status).toBe(200);
  await drain();
}
const connected = once(start, async () => {
  await connect();
  return w.keep(saved);
});

const row = async () => (await w.rows<ConnectionRow>("SELECT * FROM provider_connection"))[0]!;
const count = async (from: string) => (await w.rows<{ n: number }>(`SELECT count(*) AS n FROM ${from}`))[0]!.n;
const ids = async () =>
  (await w.rows<{ external_id: string }>("SELECT external_id FROM activity ORDER BY 1")).map((one) => one.external_id);
/** What a write would change. */
const stored = async () => ({
  activities: await w.rows("SELECT external_id, version, updated_at FROM activity ORDER BY 1"),
  nights: await w.rows("SELECT external_id, version, updated_at FROM sleep ORDER BY 1"),
  days: await w.rows("SELECT date, version, updated_at FROM daily ORDER BY 1"),
  series: await w.rows("SELECT metric, date, version, updated_at FROM series ORDER BY 1, 2"),
});
/** What the watch recorded, of the days that it still holds. */
const held = (since = NOW - 28 * DAY) =>
  sim.control
    .activities(WHO)
    .filter(({ manual, copy_of, start }) => !manual && copy_of === null && Date.parse(start) >= since)
    .map((one) => one.ids.polar!)
    .sort();
const errors = async () =>
  (await w.rows<{ stream: string }>("SELECT stream FROM sync_cursor WHERE error_code = 'needs_person'")).map(
    ({ stream }) => stream,
  );
const metrics = async () =>
  (await w.rows<{ metrics: string }>("SELECT metrics FROM daily")).map((one) => JSON.parse(one.metrics));

describe("a connection", () => {
  it("is registered under our own id and brings what the watch still holds, each once", async () => {
    await connect();
    const [registered] = sim.control.calls({ path: "/v3/users", method: "POST" });
    expect(registered).toMatchObject({ status: 200, body: JSON.stringify({ "member-id": owner.public_id }) });
    expect(registered!.headers.accept).toBe("application/json");
    const [exchange] = sim.control.calls({ path: "/v2/oauth2/token" });
    expect(exchange!.headers.authorization).toMatch(/^Basic /);
    expect(exchange!.body).not.toContain("client_secret");
    expect(await row()).toMatchObject({ status: "active", last_error_code: null });
    expect(JSON.parse((await row()).profile)).toMatchObject({ display_name: "Kim Example" });

    expect(held().length).toBeGreaterThan(5);
    expect(await ids()).toEqual(held());
    expect(await count("track")).toBe(held().length);
    expect(await count("want WHERE done < wanted")).toBe(0);
    expect(await count("sleep")).toBeGreaterThan(20);
    expect(await count("sleep WHERE avg_hrv_rmssd_ms > 0 AND light_s > 0 AND stages IS NOT NULL")).toBeGreaterThan(15);
    // What the recharge says of a night lies below what the night says, whichever came first.
    expect(await count("sleep WHERE in_bed_s IS NULL OR type <> 'main'")).toBe(0);
    const days = await metrics();
    for (const name of ["steps", "total_energy_kcal", "hrv_rmssd_ms", "sleep_score"]) {
      expect(days.filter((day) => day[name] > 0).length, name).toBeGreaterThan(12);
    }
    // Of days without training there is no load, and of the first week no status.
    expect(days.filter((day) => day.cardio_load > 0).length).toBeGreaterThan(5);
    // The pulse comes last, when nights have told the offset of its clock: Berlin's, and not the one of the person's settings.
    expect(await count("offset_guess WHERE stream = 'continuous_heart_rate'")).toBe(0);
    await later(5 * MINUTE);
    expect(await count("series WHERE metric = 'heart_rate_bpm'")).toBeGreaterThan(20);
    const guesses = await w.rows<{ utc_offset_s: number; n: number }>(
      "SELECT utc_offset_s, count(*) AS n FROM offset_guess WHERE stream = 'continuous_heart_rate' GROUP BY 1",
    );
    expect(await w.rows("SELECT stream FROM sync_cursor WHERE backfill_done < 1")).toEqual([]);
    expect(guesses).toEqual([{ utc_offset_s: 7200, n: expect.any(Number) }]);
    expect(await w.rows("SELECT stream FROM sync_cursor WHERE stopped IS NOT NULL OR failures > 0")).toEqual([]);
    expect(await count("gap")).toBe(0);
    expect(sim.control.calls().filter(({ status }) => status >= 400)).toEqual([]);
  });

  it("asks again without writing anything, and finds what is new", async () => {
    await connected();
    await later(5 * MINUTE);
    // Of the same minute, for the day goes on.
    await requestSync(w.context, owner, "polar");
    await drain();
    const before = await stored();
    sim.control.clearCalls();
    await requestSync(w.context, owner, "polar");
    await drain();
    expect(sim.control.calls().length).toBeGreaterThan(8);
    expect(await stored()).toEqual(before);
    await w.rows("UPDATE sync_cursor SET position = '{}', backfill_done = 0, due_at = 0");
    await tick(w.context, "*/5 * * * *");
    await drain();
    expect(await stored()).toEqual(before);

    const added = await sim.control.addActivity(WHO, { sport: "ride", start: NOW - 3 * HOUR, duration_s: 3600 });
    await later(4 * HOUR);
    expect(await ids()).toContain(added.ids.polar);
    const [ride] = await w.rows<{ sport: string; sub_sport: string; parts: string }>(
      "SELECT sport, sub_sport, parts FROM activity WHERE external_id = ?1",
      added.ids.polar,
    );
    expect([ride!.sport, ride!.sub_sport]).toEqual(["cycling", "road"]);
    expect(Object.keys(JSON.parse(ride!.parts).of).sort()).toEqual(["detail", "list"]);
  });

  it("forgets what has vanished, and nothing that is merely old", async () => {
    await connected();
    const [oldest, ...others] = sim.control
      .activities(WHO)
      .filter(({ ids: { polar: id } }) => held().includes(id!))
      .map((one) => one.ids.polar!);
    const gone = others[others.length >> 1]!;
    await sim.control.deleteActivity(WHO, gone);
    await later(4 * HOUR);
    expect(await ids()).not.toContain(gone);
    // Days on, the oldest have left the thirty days, and stay here.
    await later(8 * DAY);
    expect(await ids()).toEqual(expect.arrayContaining([oldest, ...others].filter((id) => id !== gone)));
  });

  it("whose watch uploads only later finds it then", async () => {
    sim.control.configure("polar", { upload_after_s: 3600 });
    await connect();
    expect([await ids(), await count("sleep")]).toEqual([[], 0]);
    await later(4 * HOUR);
    expect(await ids()).toEqual(held());
    expect((await metrics()).filter((day) => day.steps > 0).length).toBeGreaterThan(20);
  });

  it("waits where a limit is spent, as long as Polar says", async () => {
    sim.control.configure("polar", { limits: [4, 1000] });
    await connect();
    const refused = () => sim.control.calls().filter(({ status }) => status === 429).length;
    const asked = refused();
    expect(asked).toBeLessThanOrEqual(1);
    await later(5 * MINUTE);
    expect(refused()).toBe(asked);
    expect(await row()).toMatchObject({ status: "active", last_error_code: null });
    sim.control.configure("polar", { limits: [1e6, 1e6] });
    for (let i = 0; i < 3; i++) await later(16 * MINUTE);
    expect(await ids()).toEqual(held());
  });
});

describe("access", () => {
  it("declined or without consents at Polar connects nothing, and says what to do", async () => {
    sim.control.consent({ deny: true });
    expect((await browser.follow(CONNECT)).response.status).toBe(400);
    sim.control.consent("auto");
    sim.control.configure("polar", { consents_missing: [WHO] });
    const { response } = await browser.follow(CONNECT);
    expect(response.status).toBe(409);
    expect(await response.text()).toContain("account.polar.com");
    expect((await connectionOf(w.context, owner, "polar"))?.status ?? "none").not.toBe("active");
  });

  it("stays where a consent is missing later, and goes on when it is given", async () => {
    await connected();
    sim.control.configure("polar", { consents_missing: [WHO] });
    await later(4 * HOUR);
    expect((await row()).status).toBe("active");
    expect(await errors()).toEqual(expect.arrayContaining(["exercises", "sleeps"]));
    sim.control.configure("polar", { consents_missing: [] });
    await later(6 * HOUR);
    expect(await errors()).toEqual([]);
    expect((await row()).status).toBe("active");
  });

  it("never ends by itself, and at the first refusal for good", async () => {
    await connected();
    // Beyond the year that the answer names.
    w.advance(400 * DAY);
    await w.rows("UPDATE sync_cursor SET position = '{}'");
    const { id } = await createSession(w.context, owner);
    browser.cookies.set("qt_session", id);
    await requestSync(w.context, owner, "polar");
    await drain();
    expect((await row()).status).toBe("active");
    expect(sim.control.calls({ path: "/v2/oauth2/token" })).toEqual([]);
    await sim.control.revoke("polar", WHO);
    for (const most of [8, 0]) {
      sim.control.clearCalls();
      w.advance(DAY);
      await tick(w.context, "*/5 * * * *");
      await drain();
      expect((await row()).status).toBe("needs_reauthorization");
      expect(sim.control.calls().length).toBeLessThanOrEqual(most);
    }
    await connect();
    expect(await row()).toMatchObject({ status: "active", last_error_code: null });
  });

  it("is given back with the registration, at once or when Polar can be reached again", async () => {
    await connected();
    const kept = await count("activity");
    sim.control.fault({ kind: "drop", method: "DELETE", count: 1 });
    expect((await browser.json("DELETE", "/api/connections/polar")).status).toBe(204);
    await drain();
    expect(await row()).toMatchObject({ status: "revoked", grant: null });
    expect(await count("revocation")).toBe(1);
    await later(5 * MINUTE);
    expect(sim.control.calls({ method: "DELETE" }).map(({ status }) => status)).toEqual([0, 204]);
    expect([await count("revocation"), await count("activity")]).toEqual([0, kept]);
    // A new registration shows what is uploaded after it; what is stored and not shown stays.
    sim.control.configure("polar", { upload_after_s: 1e6 });
    await connect();
    await later(4 * HOUR);
    expect(await count("activity")).toBe(kept);
  });

  it("of another account is registered though the one before holds the person's id", async () => {
    await connected();
    sim.control.consent({ person: "jonas" });
    const { trail } = await browser.follow(CONNECT);
    expect(new URL(trail.at(-1)!).pathname).toBe("/api/oauth/confirm/polar");
    sim.control.clearCalls();
    expect((await browser.form("/api/oauth/confirm/polar", { data: "delete" })).status).toBe(303);
    await drain();
    const registered = sim.control.calls({ path: "/v3/users", method: "POST" }).map(({ status }) => status);
    // A member id is one account's.
    expect(registered).toEqual([409, 200]);
    // What was asked for before that was refused, and is asked for again.
    await later(6 * HOUR);
    expect(await errors()).toEqual([]);
    expect((await ids()).length).toBeGreaterThan(0);
    expect(await ids()).not.toEqual(expect.arrayContaining(held().slice(0, 1)));
  });
});

describe("the webhook", () => {
  beforeEach(async () => {
    await connected();
    await subscribe(w.context, polar, false);
  });

  it("is greeted, signed with a key that is kept, and brings what is new", async () => {
    expect([pushed.map(({ body }) => JSON.parse(body).event), answered]).toEqual([["PING"], [200]]);
    const added = await sim.control.addActivity(WHO, { sport: "run", start: NOW - 2 * HOUR, duration_s: 1800 });
    await drain();
    expect(answered).toEqual([200, 200]);
    expect(await ids()).toContain(added.ids.polar);
    expect(await count(`track WHERE external_id = '${added.ids.polar}'`)).toBe(1);

    const nights = await count("sleep");
    for (let i = 0; i < 4; i++) await later(6 * HOUR);
    const events = pushed.map(({ body }) => JSON.parse(body).event);
    expect(events.filter((event) => event === "SLEEP").length).toBeGreaterThanOrEqual(2);
    expect(events).toContain("ACTIVITY_SUMMARY");
    expect(answered.every((status) => status === 200)).toBe(true);
    expect(await count("sleep")).toBeGreaterThan(nights);
  });

  it("takes nothing that is signed wrongly or not at all, but greets anybody", async () => {
    await sim.control.addActivity(WHO, { sport: "run", start: NOW - 2 * HOUR, duration_s: 1800 });
    await drain();
    const { path, body, headers } = pushed.at(-1)!;
    const post = async (content: string, more: Record<string, string>) =>
      (
        await w.request(path, {
          method: "POST",
          headers: { "content-type": "application/json", ...more },
          body: content,
        })
      ).status;
    const signature = headers.get("polar-webhook-signature")!;
    expect(await post(body, { "polar-webhook-signature": signature })).toBe(200);
    expect(await post(body, {})).toBe(401);
    expect(await post(`${body} `, { "polar-webhook-signature": signature })).toBe(401);
    expect(await post(JSON.stringify({ event: "PING", timestamp: "2050-05-17T12:00:00Z" }), {})).toBe(200);
  });

  it("that Polar has put to sleep is woken by the next daily look", async () => {
    sim.control.configure("polar", { deactivate: true });
    sim.control.clearCalls();
    await later(5 * MINUTE);
    expect(sim.control.calls({ path: "/v3/webhooks/activate" })).toEqual([]);
    w.advance(DAY);
    for (const cron of ["*/5 * * * *", "17 3 * * *"]) await tick(w.context, cron);
    await drain();
    expect(sim.control.calls({ path: "/v3/webhooks/activate" }).map(({ status }) => status)).toEqual([200]);
    const url = await callbackUrl(w.context, polar);
    expect(await w.rows("SELECT status, callback_url FROM subscription WHERE provider = 'polar'")).toEqual([
      { status: "active", callback_url: url },
    ]);
    const added = await sim.control.addActivity(WHO, {
      sport: "run",
      start: w.context.now() - 2 * HOUR,
      duration_s: 1800,
    });
    await drain();
    expect(await ids()).toContain(added.ids.polar);
  });
});
