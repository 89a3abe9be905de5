/** Fitbit by the Google Health API from consent to farewell, against the simulated Google. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSimulator, type Simulator } from "../simulator/app.ts";
import { person as somebody } from "../simulator/person.ts";
import { callbackUrl } from "../src/access/webhooks.ts";
import { fitbit } from "../src/providers/fitbit/index.ts";
import { deliverAll, hurry, passTime } from "./deliver.ts";
import { type Browser, type ConnectionRow, type Kept, once, type World, world } from "./world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 10, 10, 12);
/** What is wanted is due by the database's own clock: there ours must be ahead. */
const SOON = Date.UTC(2050, 10, 10, 12);
const CONNECT = "/api/oauth/connect/fitbit?return_to=/dashboard/settings";
const SECRET = "test-webhook-secret";

let w: World;
let sim: Simulator;
let browser: Browser;
/** Statuses of what was answered to notices. */
let answered: number[];
let saved: unknown;

async function start(now: number, months = 1, kept?: Kept): Promise<void> {
  w = await world({ fetch: (request) => sim.fetch(request), now, kept, vars: { FITBIT_WEBHOOK_SECRET: SECRET } });
  answered = [];
  sim = createSimulator({
    seed: "fitbit",
    now: () => w.context.now(),
    consent: "auto",
    users: [somebody("fitbit", "kim", { months, diligence: 0.5 })],
    saved: kept?.simulator,
    save: (state) => (saved = state),
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const { method, headers } = request;
      const response = await w.request(pathname, { method, headers, body: await request.arrayBuffer() });
      answered.push(response.status);
      return response;
    },
  });
  ({ browser } = await w.person());
}
afterEach(() => vi.restoreAllMocks());

const drain = () => deliverAll(w);
const later = (ms: number) => passTime(w, ms);

const row = async () => (await w.rows<ConnectionRow>("SELECT * FROM provider_connection"))[0]!;
const count = async (from: string) => (await w.rows<{ n: number }>(`SELECT count(*) AS n FROM ${from}`))[0]!.n;
const flat = async (columns: string, from: string) =>
  (await w.rows(`SELECT ${columns} FROM ${from}`)).flatMap((one) => Object.values(one));
const who = () => sim.control.people()[0]!.key;
/** Ids of all that was done, copies apart. */
const done = () =>
  sim.control
    .activities(who())
    .filter(({ copy_of }) => copy_of === null)
    .map(({ ids }) => ids.fitbit!)
    .sort();
const stopped = () => flat("stream", "sync_cursor WHERE stopped = 'scope_missing' ORDER BY 1");
const written = () => w.rows<{ n: number }>("SELECT sum(written) AS n FROM run").then(([one]) => one!.n);

/** With what is new; the history is another test's. */
async function connect(): Promise<void> {
  expect((await browser.follow(CONNECT)).response.status).toBe(200);
  await w.settle();
  await w.env.DB.prepare("DELETE FROM sync_cursor WHERE stream LIKE '%:history'").run();
  await drain();
}
const connectedAt = (now: number) =>
  once(
    (kept) => start(now, 1, kept),
    async () => {
      await connect();
      return w.keep(saved);
    },
  );
/** Until all history is read. */
async function fill(): Promise<void> {
  expect((await browser.follow(CONNECT)).response.status).toBe(200);
  await drain();
  for (let i = 0; i < 40 && (await count("sync_cursor WHERE backfill_done < 1")) > 0; i++) await later(MINUTE);
  expect(await flat("stream", "sync_cursor WHERE backfill_done < 1")).toEqual([]);
}
const tokens = () => sim.control.calls({ path: "/token" });

describe("a connection", () => {
  const connected = connectedAt(NOW);
  beforeEach(() => start(NOW));

  it("fills by asking, page by page, and then writes nothing that is the same", async () => {
    await fill();
    expect(await row()).toMatchObject({ status: "active", grant_kind: "oauth2", key_expires_at: null });
    expect((await row()).provider_user_id).toMatch(/^\d{19}$/);
    expect(await flat("external_id", "activity ORDER BY 1")).toEqual(done());
    expect(await count("activity WHERE max_heart_rate_bpm IS NOT NULL")).toBe(0);
    expect(await count("sleep WHERE type = 'main'")).toBeGreaterThan(22);
    expect(await count("sleep WHERE asleep_s IS NULL")).toBe(0);
    expect(await count("daily WHERE json_extract(metrics, '$.steps') > 0")).toBeGreaterThan(25);
    expect(
      await count(
        "daily WHERE json_extract(metrics, '$.resting_heart_rate_bpm') > 0 AND json_extract(metrics, '$.hrv_rmssd_ms') > 0 AND json_extract(metrics, '$.vo2max_ml_kg_min') > 0",
      ),
    ).toBeGreaterThan(22);
    expect(await flat("DISTINCT metric", "series ORDER BY 1")).toEqual([
      "body_fat_pct",
      "heart_rate_bpm",
      "hrv_rmssd_ms",
      "spo2_pct",
      "steps",
      "weight_kg",
    ]);
    expect((await row()).last_error_code).toBeNull();
    expect(await stopped()).toEqual([]);
    // Nothing was asked for in a way that Google refuses.
    expect(sim.control.calls().filter(({ status }) => status >= 400)).toEqual([]);

    const [before, versions] = [await written(), await flat("sum(version)", "activity")];
    await later(5 * MINUTE);
    await w.env.DB.prepare("UPDATE sync_cursor SET due_at = ?1 WHERE queue = 'sync'").bind(w.context.now()).run();
    await later(1000);
    // Five minutes brought steps and heartbeats and let today's sums grow, and changed no record.
    expect(await written()).toBeLessThan(before + 30);
    expect(await flat("sum(version)", "activity")).toEqual(versions);
  }, 120_000);

  it("keeps the one refresh token, however often it is used", async () => {
    await connected();
    for (let i = 0; i < 3; i++) await later(HOUR + MINUTE);
    const used = tokens().filter(({ body }) => body.includes("grant_type=refresh_token"));
    expect(used.length).toBeGreaterThanOrEqual(3);
    expect(new Set(used.map(({ body }) => new URLSearchParams(body).get("refresh_token"))).size).toBe(1);
    expect((await row()).status).toBe("active");
  });

  it("says when it ends while the application is being tested, and asks for consent when it has", async () => {
    sim.control.configure("fitbit", { testing: true });
    await connect();
    expect((await row()).key_expires_at).toBe(NOW + 7 * DAY);
    const page = await (await browser.request("/dashboard/settings")).text();
    expect(page).toContain("Your consent for Fitbit (Google Health) ends in 7 days");
    // A refresh does not prolong it.
    await later(HOUR + MINUTE);
    expect((await row()).key_expires_at).toBe(NOW + 7 * DAY);
    w.advance(7 * DAY);
    hurry(w);
    for (let i = 0; i < 6 && (await row()).status === "active"; i++) await later(5 * MINUTE);
    expect((await row()).status).toBe("needs_reauthorization");
    await connect();
    expect(await row()).toMatchObject({ status: "active", key_expires_at: w.context.now() + 7 * DAY });
  });

  it("reads what the person ticked, and the rest where they tick it later", async () => {
    sim.control.consent({ scopes: ["activity_and_fitness", "health_metrics_and_measurements"] });
    await connect();
    expect(await stopped()).toEqual(["night", "nights"]);
    expect(await count("sleep")).toBe(0);
    const page = await (await browser.request("/dashboard/settings")).text();
    expect(page).toContain("your sleep. Reconnect to allow it");
    sim.control.consent("auto");
    await connect();
    for (let i = 0; i < 5; i++) await later(MINUTE);
    expect(await stopped()).toEqual([]);
    expect(await count("sleep")).toBeGreaterThan(3);
  });

  it("is refused where nothing was ticked, or the account has no profile; both are told", async () => {
    sim.control.consent({ scopes: [] });
    const nothing = (await browser.follow(CONNECT)).response;
    expect([nothing.status, await nothing.text()]).toEqual([400, expect.stringContaining("leave something ticked")]);
    sim.control.consent("auto");
    sim.control.configure("fitbit", { unlinked: [who()] });
    const { response } = await browser.follow(CONNECT);
    expect([response.status, await response.text()]).toEqual([
      409,
      expect.stringContaining("no Fitbit or Google Health profile"),
    ]);
    expect(await count("provider_connection WHERE status = 'active'")).toBe(0);
  });

  it("loses one stream, not all, where Google says that a scope is missing", async () => {
    await connected();
    const { body } = {
      body: {
        error: {
          code: 403,
          message: "no",
          status: "PERMISSION_DENIED",
          details: [{ reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT" }],
        },
      },
    };
    sim.control.fault({ kind: "status", status: 403, body, path: "/v4/users/me/dataTypes/sleep/*", count: 0 });
    await later(2 * HOUR);
    expect(await stopped()).toContain("nights");
    expect((await row()).status).toBe("active");
    expect(await flat("stopped", "sync_cursor WHERE stream = 'exercises'")).toEqual([null]);
  });

  it("waits longer each time where there is too much, and goes on then", async () => {
    await connected();
    const id = sim.control.fault({
      kind: "rate_limited",
      path: "/v4/users/me/dataTypes/exercise/dataPoints:reconcile",
      count: 0,
    });
    const refused = () => sim.control.calls({ path: /exercise/ }).filter(({ status }) => status === 429);
    hurry(w);
    await later(2 * HOUR);
    for (let i = 0; i < 12; i++) await later(5 * MINUTE);
    const waits = refused().map(({ at }) => at);
    const gaps = waits.slice(1).map((at, i) => at - waits[i]!);
    expect(gaps.length).toBeGreaterThan(4);
    expect(gaps.length).toBeLessThan(30);
    expect(Math.max(...gaps)).toBeGreaterThan(10 * gaps[0]!);
    sim.control.clearFaults(id);
    await later(HOUR);
    await later(5 * MINUTE);
    expect(sim.control.calls({ path: /exercise\/dataPoints:reconcile/ }).at(-1)!.status).toBe(200);
    expect((await row()).status).toBe("active");
  });

  it("that is refused altogether is given a day", async () => {
    await connected();
    sim.control.configure("fitbit", { withheld: [who()] });
    for (let i = 0; i < 2; i++) await later(10 * HOUR);
    expect((await row()).status).toBe("active");
    for (let i = 0; i < 3 && (await row()).status === "active"; i++) await later(4 * HOUR);
    expect((await row()).status).toBe("needs_reauthorization");
    sim.control.configure("fitbit", { withheld: [] });
    await connect();
    expect((await row()).status).toBe("active");
  });

  it("is given back at Google when it ends here, also where Google is down", async () => {
    await connected();
    sim.control.fault({ kind: "status", status: 503, path: "/revoke", count: 1 });
    expect((await browser.json("DELETE", "/api/connections/fitbit")).status).toBe(204);
    await drain();
    expect(await row()).toMatchObject({ status: "revoked", grant: null });
    for (let i = 0; i < 2; i++) await later(HOUR);
    expect(sim.control.calls({ path: "/revoke" }).map(({ status }) => status)).toEqual([503, 200]);
    expect(await count("revocation")).toBe(0);
    expect(await sim.control.revoke("fitbit", who())).toBe(0);
  });
});

describe("notices", () => {
  const types = [
    "exercise",
    "sleep",
    "steps",
    "heart-rate",
    "daily-resting-heart-rate",
    "daily-heart-rate-variability",
  ];
  const connected = connectedAt(SOON);
  beforeEach(async () => {
    await start(SOON);
    await connected();
    const response = await sim.fetch(
      new Request("https://health.googleapis.com/v4/projects/123456789012/subscribers?subscriberId=qt-connect", {
        method: "POST",
        headers: { authorization: "Bearer service-account" },
        body: JSON.stringify({
          endpointUri: await callbackUrl(w.context, fitbit),
          subscriberConfigs: [{ dataTypes: types, subscriptionCreatePolicy: "AUTOMATIC" }],
          endpointAuthorization: { secret: `Bearer ${SECRET}` },
        }),
      }),
    );
    expect([response.status, answered]).toEqual([200, [201, 401]]);
    answered = [];
  });
  const add = () =>
    sim.control.addActivity(who(), {
      sport: "run",
      start: w.context.now() - 2 * HOUR,
      duration_s: 1800,
      distance_m: 6000,
    });
  const ids = () => flat("external_id", "activity");

  it("bring a new record, its edits and its end", async () => {
    const added = await add();
    await drain();
    expect(answered).toEqual([204]);
    expect(await ids()).toContain(added.ids.fitbit);
    await sim.control.editActivity(who(), added.key, { sport: "hike" });
    await drain();
    expect(await flat("sport", `activity WHERE external_id = '${added.ids.fitbit}'`)).toEqual(["hiking"]);
    await sim.control.deleteActivity(who(), added.key);
    await drain();
    expect(await ids()).not.toContain(added.ids.fitbit);
    expect(answered).toEqual([204, 204, 204]);
  });

  it("count under the header's other name, with a new key, and without our Authorization", async () => {
    sim.control.configure("fitbit", {
      signature_header: "X-HEALTHAPI-SIGNATURE",
      unauthorized: true,
      rotate_key: true,
    });
    const added = await add();
    await drain();
    // The key is looked for again no sooner than a minute after the last time.
    if (answered.at(-1) === 503) {
      w.advance(2 * MINUTE);
      await sim.control.tick();
      await drain();
    }
    expect(answered.at(-1)).toBe(204);
    expect(await ids()).toContain(added.ids.fitbit);
  });

  it("that are not signed are refused", async () => {
    const body = JSON.stringify({
      data: { healthUserId: (await row()).provider_user_id, operation: "UPSERT", dataType: "sleep" },
    });
    const url = new URL(await callbackUrl(w.context, fitbit)).pathname;
    const headers = { "content-type": "application/json", authorization: `Bearer ${SECRET}` };
    expect((await w.request(url, { method: "POST", headers, body })).status).toBe(401);
    expect(await count("inbox")).toBe(0);
  });

  it("follow the night and its stages, and the day as it grows", async () => {
    const [nights, steps] = [await count("sleep"), await count("series WHERE metric = 'steps'")];
    // A night may pass without the watch.
    for (let i = 0; i < 6 && (i < 4 || (await count("sleep")) === nights); i++) {
      w.advance(12 * HOUR);
      await sim.control.tick();
      await drain();
    }
    expect(answered.length).toBeGreaterThan(3);
    expect(answered.every((status) => status === 204)).toBe(true);
    expect(await count("sleep")).toBeGreaterThan(nights);
    expect(await count("sleep WHERE asleep_s IS NULL")).toBe(0);
    expect(await count("series WHERE metric = 'steps'")).toBeGreaterThan(steps);
    expect(await count("inbox")).toBe(0);
  });

  it("of a consent that was withdrawn lead to a new one, and delete nothing", async () => {
    for (let i = 0; i < 3; i++) await later(MINUTE);
    const [records, nights] = [await count("activity"), await count("sleep")];
    expect(nights).toBeGreaterThan(3);
    hurry(w);
    await sim.control.revoke("fitbit", who());
    await drain();
    for (let i = 0; i < 6 && (await row()).status === "active"; i++) await later(5 * MINUTE);
    expect((await row()).status).toBe("needs_reauthorization");
    expect([await count("activity"), await count("sleep")]).toEqual([records, nights]);
  });
});
