/** Oura against the simulated Oura: two token hosts, tokens good once, windows of many minds, and hints that are signed. */
import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSimulator, type Simulator, type SimulatorOptions } from "../simulator/app.ts";
import { person as somebody } from "../simulator/person.ts";
import { callAs } from "../src/access/client.ts";
import { begin, finish, link } from "../src/connect/connect.ts";
import { disconnect } from "../src/connect/disconnect.ts";
import { keepSubscriptions } from "../src/connect/subscriptions.ts";
import { providerOf } from "../src/providers/index.ts";
import { lacking } from "../src/providers/provider.ts";
import { type Connection, connectionOf } from "../src/store/connections.ts";
import type { Person } from "../src/store/users.ts";
import { deliverAll, hurry, passTime } from "./deliver.ts";
import { type ConnectionRow, type Kept, once, type World, world } from "./world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Ahead of the database's own clock, by which a want is due; an afternoon somewhere. */
const NOW = Math.floor(Date.now() / DAY) * DAY + DAY + 15 * HOUR;
const oura = providerOf("oura")!;
const OPERATOR = "Bearer test-operator-token-of-more-than-32-characters";
const MOI = "/oauth/v2/ext/oauth-token";
const LEGACY = "/oauth/token";

let sim: Simulator;
let w: World;
let owner: Person;
let isDown: boolean;
let saved: unknown;

async function start(options: Partial<SimulatorOptions> = {}, kept?: Kept): Promise<void> {
  isDown = false;
  w = await world({
    fetch: (request) => {
      if (isDown) throw new TypeError("the connection broke");
      return sim.fetch(request);
    },
    now: NOW,
    kept,
  });
  sim = createSimulator({
    seed: "oura",
    now: () => w.context.now(),
    consent: "auto",
    users: [somebody("oura", "kim", { months: 1 })],
    saved: kept?.simulator,
    save: (state) => (saved = state),
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url);
      const body = request.method === "GET" ? undefined : await request.text();
      return w.request(pathname + search, { method: request.method, headers: request.headers, body });
    },
    ...options,
  });
  ({ person: owner } = await w.person());
}
beforeEach(() => start());
afterEach(() => vi.restoreAllMocks());

async function connect(): Promise<Connection> {
  const { url, pending } = await begin(w.context, oura, { session: null, return_to: "/" });
  const back = await sim.fetch(new Request(url, { redirect: "manual" }));
  const arrival = await finish(w.context, oura, pending, null, new URL(back.headers.get("location")!).searchParams);
  await link(w.context, owner, oura, arrival);
  return (await connectionOf(w.context, owner, "oura"))!;
}

const drain = () => deliverAll(w);
/** How often nights were asked for until all were there. */
let nightsAsked = 0;
const synced = once(
  (kept) => start({}, kept),
  async () => {
    await connect();
    await drain();
    nightsAsked = calls("/v2/usercollection/sleep").length;
    return w.keep(saved);
  },
);
const later = (ms: number) => passTime(w, ms);

const count = async (from: string) => (await w.rows<{ n: number }>(`SELECT count(*) AS n FROM ${from}`))[0]!.n;
const row = async () => (await w.rows<ConnectionRow>("SELECT * FROM provider_connection"))[0]!;
const cursors = () =>
  w.rows<{ stream: string; stopped: string | null; due_at: number | null; backfill_done: number; failures: number }>(
    "SELECT stream, stopped, due_at, backfill_done, failures FROM sync_cursor ORDER BY stream",
  );
const calls = (path: string | RegExp) => sim.control.calls({ path });
const workoutsThere = () =>
  sim.control
    .activities(sim.control.people()[0]!.key)
    .filter(({ copy_of }) => copy_of === null)
    .map(({ ids }) => ids.oura!)
    .sort();
const workoutsStored = async () =>
  (
    await w.rows<{ external_id: string }>(
      "SELECT external_id FROM activity WHERE json_extract(extra, '$.session') IS NULL ORDER BY 1",
    )
  ).map(({ external_id }) => external_id);
/** For what all streams alike undergo. */
const FEW = { scopes: ["workout", "session", "tag"] };
/** Of what lies further back only workouts are asked for: the rest is another test's. */
const withoutOldDays = () =>
  w.rows("DELETE FROM sync_cursor WHERE stream LIKE '%:history' AND stream <> 'workouts:history'");
/** Everything that a sync may have written. */
const all = async () => ({
  activity: await w.rows("SELECT * FROM activity ORDER BY external_id"),
  sleep: await w.rows("SELECT * FROM sleep ORDER BY external_id"),
  daily: await w.rows("SELECT * FROM daily ORDER BY date"),
  series: await w.rows("SELECT metric, stream, date, version, count, sum FROM series ORDER BY 1, 2, 3"),
  event: await w.rows("SELECT * FROM event ORDER BY external_id"),
});

describe("a connection", () => {
  it("learns which host gives tokens, knows the account, and reads scopes without their prefix", async () => {
    const connection = await connect();
    expect(connection.learned.token).toBe(`https://moi.ouraring.com${MOI}`);
    expect([...connection.granted_scopes].sort()).toEqual([
      "daily",
      "heart_health",
      "heartrate",
      "session",
      "spo2",
      "stress",
      "tag",
      "workout",
    ]);
    expect(connection.provider_user_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(calls(LEGACY)).toEqual([]);
  });

  it("of an application of the old portal falls back, once, and remembers", async () => {
    sim.control.configure("oura", { portal: "old" });
    sim.control.consent(FEW);
    const connection = await connect();
    expect(calls(MOI)).toMatchObject([{ status: 401 }]);
    expect(calls(LEGACY)).toMatchObject([{ status: 200 }]);
    expect(connection.learned.token).toBe(`https://api.ouraring.com${LEGACY}`);
    w.advance(25 * HOUR);
    await drain();
    expect(calls(MOI)).toHaveLength(1);
    expect(calls(LEGACY)).toHaveLength(2);
    await disconnect(w.context, owner, oura, "keep");
    expect(calls("/oauth/revoke")).toMatchObject([{ status: 200 }]);
  });

  it("is not tried at another host where the first is down", async () => {
    sim.control.fault({ kind: "status", status: 503, host: "moi.ouraring.com", path: MOI });
    await expect(connect()).rejects.toMatchObject({ code: "provider_unavailable" });
    expect(calls(LEGACY)).toEqual([]);
  });

  it("of a lapsed member says what to do", async () => {
    sim.control.configure("oura", { lapsed: ["kim"] });
    await expect(connect()).rejects.toMatchObject({
      code: "needs_person",
      detail: expect.stringContaining("membership"),
    });
    expect(await count("provider_connection WHERE status = 'active'")).toBe(0);
  });

  it("rotates its tokens: fifty callers, one refresh", async () => {
    const connection = await connect();
    w.advance(25 * HOUR);
    sim.control.clearCalls();
    const info = { url: "https://api.ouraring.com/v2/usercollection/personal_info" };
    const answers = await Promise.all(Array.from({ length: 50 }, () => callAs(w.context, connection, info, "live")));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(calls(MOI)).toMatchObject([{ status: 200 }]);
    w.advance(25 * HOUR);
    expect((await callAs(w.context, connection, info, "live")).status).toBe(200);
    expect(await row()).toMatchObject({ status: "active", token_version: 3 });
  });

  it("that the member ended in Oura asks to be made anew", async () => {
    await synced();
    await sim.control.revoke("oura", "kim");
    hurry(w);
    for (let i = 0; i < 4; i++) await later(HOUR + 5 * MINUTE);
    expect(await row()).toMatchObject({ status: "needs_reauthorization", last_error_code: "invalid_grant" });
    expect(await count("sleep")).toBeGreaterThan(20);
  });

  it("is given back when it ends, also if Oura is down then", async () => {
    await connect();
    await disconnect(w.context, owner, oura, "keep");
    expect(calls("/oauth/v2/ext/oauth-revoke")).toMatchObject([{ status: 200 }]);
    expect(await row()).toMatchObject({ status: "revoked", grant: null });
    await connect();
    isDown = true;
    await disconnect(w.context, owner, oura, "delete");
    expect(await row()).toMatchObject({ status: "revoked", grant: null });
    expect(await count("revocation")).toBe(1);
    isDown = false;
    sim.control.clearCalls();
    await later(2 * HOUR);
    expect(calls("/oauth/v2/ext/oauth-revoke")).toMatchObject([{ status: 200 }]);
    expect(await count("revocation")).toBe(0);
  });
});

describe("the first sync", () => {
  it("brings all there is, each once, and the next one writes nothing", async () => {
    await synced();
    expect(await workoutsStored()).toEqual(workoutsThere());
    for (const { stream, backfill_done, stopped, failures } of await cursors()) {
      expect([stream, stopped, failures]).toEqual([stream, null, 0]);
      if (stream.endsWith(":history")) expect([stream, backfill_done]).toEqual([stream, 1]);
    }
    expect(await count("sleep WHERE type = 'main'")).toBeGreaterThan(24);
    expect(await count("sleep WHERE json_extract(extra, '$.type') IN ('rest', 'deleted')")).toBe(0);
    expect(await count("series WHERE metric = 'heart_rate_bpm' AND stream = ''")).toBeGreaterThan(28);
    expect(await count("series WHERE metric = 'hrv_rmssd_ms' AND stream = 'sleep'")).toBeGreaterThan(24);
    const [day] = await w.rows<{ metrics: string }>(
      "SELECT metrics FROM daily WHERE json_extract(metrics, '$.readiness_score') IS NOT NULL ORDER BY date DESC LIMIT 1",
    );
    expect(Object.keys(JSON.parse(day!.metrics))).toEqual(
      expect.arrayContaining([
        "active_energy_kcal",
        "hrv_rmssd_ms",
        "readiness_score",
        "resting_heart_rate_bpm",
        "skin_temperature_deviation_c",
        "sleep_score",
        "spo2_pct",
        "steps",
        "vascular_age",
      ]),
    );
    const kinds = (await w.rows<{ kind: string }>("SELECT DISTINCT kind FROM event ORDER BY 1")).map(
      ({ kind }) => kind,
    );
    expect(kinds).toEqual(expect.arrayContaining(["bedtime", "resilience", "stress"]));
    expect(await count("gap")).toBe(0);
    // Days before the ring are not even empty ones, and two years without a night are the end.
    expect(await count("daily WHERE metrics = '{}'")).toBe(0);
    expect(nightsAsked).toBeGreaterThan(0);
    expect(nightsAsked).toBeLessThan(20);

    const before = await all();
    const asked = sim.control.calls({}).length;
    // Not an instant has passed, so that nothing is new: every stream is asked once more.
    await w.rows("UPDATE sync_cursor SET due_at = ?1 WHERE stream NOT LIKE '%:%'", w.context.now());
    await later(0);
    expect(sim.control.calls({}).length).toBeGreaterThan(asked + 10);
    expect(await all()).toEqual(before);
  });

  it("goes back a third of a year, page by page", async () => {
    await start({ users: [somebody("oura", "old", { months: 4 })] });
    sim.control.configure("oura", { page_size: 40 });
    // A year of pulses by forties is another test's patience.
    sim.control.consent({ scopes: ["daily", "workout", "session", "tag", "spo2", "stress", "heart_health"] });
    await connect();
    await drain();
    expect(await workoutsStored()).toEqual(workoutsThere());
    expect(await count("sleep WHERE type = 'main'")).toBeGreaterThan(100);
    expect(await count("daily WHERE json_extract(metrics, '$.sleep_score') IS NOT NULL")).toBeGreaterThan(100);
    expect(await count("daily WHERE json_extract(metrics, '$.non_wear_s') = 86400")).toBeGreaterThan(0);
    expect(
      await count(
        "daily WHERE json_extract(metrics, '$.non_wear_s') = 86400 AND json_extract(metrics, '$.steps') IS NOT NULL",
      ),
    ).toBe(0);
    expect(sim.control.calls({ contains: "next_token" }).length).toBeGreaterThan(5);
    expect(
      (await cursors()).filter(({ stream, backfill_done }) => stream.endsWith(":history") && backfill_done < 1),
    ).toMatchObject([{ stream: "heart_rate:history" }]);
  }, 60_000);

  it("without some scopes is partial: those streams stand still, unasked, all others run", async () => {
    sim.control.consent({ scopes: ["daily", "workout"] });
    const connection = await connect();
    await drain();
    const lacked = Object.entries(oura.streams)
      .filter(([, stream]) => lacking(stream, connection.granted_scopes).length > 0)
      .map(([name]) => name);
    expect(lacked.sort()).toEqual([
      "cardiovascular_age",
      "daily_resilience",
      "daily_spo2",
      "heart_rate",
      "sessions",
      "tags",
      "vo2_max",
    ]);
    expect(await workoutsStored()).toEqual(workoutsThere());
    expect(await count("sleep")).toBeGreaterThan(24);
    expect(calls(/heartrate|session|enhanced_tag|daily_spo2|vO2_max/)).toEqual([]);
  });

  it("skips a collection that refuses a token just issued, and keeps the connection", async () => {
    await connect();
    await withoutOldDays();
    sim.control.fault({ kind: "status", status: 401, path: "/v2/usercollection/enhanced_tag", count: 0 });
    await drain();
    const stopped = (await cursors()).filter((one) => one.stopped !== null);
    expect(stopped.map(({ stream, stopped }) => [stream.split(":")[0], stopped])).toEqual(
      stopped.map(() => ["tags", "scope_missing"]),
    );
    expect(stopped.length).toBeGreaterThan(0);
    expect((await row()).status).toBe("active");
    expect(await workoutsStored()).toEqual(workoutsThere());
  });

  it("takes a 401 to everything for Oura's own trouble", async () => {
    await connect();
    await withoutOldDays();
    hurry(w);
    sim.control.fault({ kind: "status", status: 401, path: "/v2/usercollection/*", count: 4 });
    await drain();
    expect((await cursors()).filter((one) => one.stopped !== null)).toEqual([]);
    await later(HOUR);
    expect((await row()).status).toBe("active");
    expect(await workoutsStored()).toEqual(workoutsThere());
  });

  it("stands by while the membership has lapsed, and goes on when it is renewed", async () => {
    sim.control.consent(FEW);
    await connect();
    sim.control.configure("oura", { lapsed: ["kim"] });
    await drain();
    expect((await row()).status).toBe("active");
    const errors = () => w.rows("SELECT DISTINCT error_code FROM sync_cursor WHERE error_code IS NOT NULL");
    expect(await errors()).toEqual([{ error_code: "needs_person" }]);
    expect(await workoutsStored()).toEqual([]);
    sim.control.configure("oura", { lapsed: [] });
    await later(6 * HOUR + 5 * MINUTE);
    expect(await workoutsStored()).toEqual(workoutsThere());
    expect(await errors()).toEqual([]);
  });

  it("waits as long as a 429 says, then goes on", async () => {
    sim.control.consent(FEW);
    await connect();
    // The refusal of a full window: five minutes from its first request.
    sim.control.fault({ kind: "rate_limited", path: "/v2/usercollection/workout", count: 1 });
    await drain();
    const refused = calls("/v2/usercollection/workout");
    expect(refused.map(({ status }) => status)).toEqual([429]);
    const blocked = sim.control.calls({}).length;
    await later(4 * MINUTE);
    expect(sim.control.calls({})).toHaveLength(blocked);
    expect(await workoutsStored()).not.toEqual(workoutsThere());
    await later(2 * MINUTE);
    await later(5 * MINUTE);
    expect(await workoutsStored()).toEqual(workoutsThere());
    expect((await row()).status).toBe("active");
  });
});

describe("webhooks", () => {
  const operate = (method: string, path: string, body: object) =>
    w.request(`/api/operator${path}`, {
      method,
      headers: { authorization: OPERATOR, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const subscribe = async () =>
    expect((await operate("POST", "/subscriptions", { provider: "oura" })).status).toBe(201);
  const subscriptions = () => calls(/webhook\/subscription/).map(({ method, status }) => `${method} ${status}`);
  async function post(event: Record<string, string>, at = w.context.now(), key = "oura-secret"): Promise<number> {
    const { provider_user_id } = await row();
    const body = JSON.stringify({ event_time: new Date(at).toISOString(), user_id: provider_user_id, ...event });
    const timestamp = String(Math.floor(at / 1000));
    const signature = createHmac("sha256", key)
      .update(timestamp + body)
      .digest("hex")
      .toUpperCase();
    const headers = {
      "content-type": "application/json",
      "x-oura-timestamp": timestamp,
      "x-oura-signature": signature,
    };
    const { status } = await w.request("/api/webhooks/oura", { method: "POST", headers, body });
    await drain();
    return status;
  }

  it("are subscribed to for every kind, once, renewed before they end, and ended", async () => {
    await subscribe();
    expect(subscriptions().filter((one) => one === "POST 201")).toHaveLength(42);
    sim.control.clearCalls();
    await subscribe();
    expect(subscriptions()).toEqual(["GET 200"]);
    const ends = (await w.rows<{ expires_at: number }>("SELECT expires_at FROM subscription"))[0]!.expires_at;
    expect(ends - w.context.now()).toBeGreaterThan(89 * DAY);
    w.advance(84 * DAY);
    sim.control.clearCalls();
    await keepSubscriptions(w.context);
    expect(new Set(subscriptions())).toEqual(new Set(["PUT 200"]));
    expect(subscriptions()).toHaveLength(42);
    const renewed = (await w.rows<{ expires_at: number }>("SELECT expires_at FROM subscription"))[0]!.expires_at;
    expect(renewed - ends).toBeGreaterThan(83 * DAY);
  });

  it("tell of a new workout, which is fetched by itself, of its edit and its deletion", async () => {
    await synced();
    await subscribe();
    sim.control.clearCalls();
    const added = await sim.control.addActivity("kim", {
      sport: "run",
      duration_s: 1800,
      start: w.context.now() - 2 * HOUR,
    });
    await drain();
    expect(await workoutsStored()).toEqual(workoutsThere());
    const id = added.ids.oura!;
    expect(calls(/usercollection/).map(({ path }) => path)).toEqual([`/v2/usercollection/workout/${id}`]);
    await sim.control.editActivity("kim", added.key, { sport: "hike" });
    await drain();
    expect(await w.rows("SELECT sport FROM activity WHERE external_id = ?1", id)).toEqual([{ sport: "hiking" }]);
    await sim.control.deleteActivity("kim", added.key);
    await drain();
    expect(await workoutsStored()).not.toContain(id);
    expect(await w.rows("SELECT external_id FROM tombstone")).toEqual([{ external_id: id }]);
  });

  it("tell of the night when it is over, and of what is made of it", async () => {
    await synced();
    await subscribe();
    await sim.control.tick();
    await drain();
    const before = await count("sleep");
    w.advance(18 * HOUR);
    sim.control.clearCalls();
    await sim.control.tick();
    await drain();
    expect(await count("sleep")).toBeGreaterThan(before);
    const asked = calls(/usercollection\/\w+\/[0-9a-f-]{36}$/);
    expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([200]));
    expect(asked.map(({ path }) => path.split("/")[3])).toEqual(
      expect.arrayContaining(["sleep", "daily_sleep", "daily_readiness", "daily_spo2", "daily_activity"]),
    );
  });

  it("are believed only where they are signed and fresh", async () => {
    await synced();
    const [id] = workoutsThere();
    const gone = { event_type: "delete", data_type: "workout", object_id: id! };
    expect(await post(gone, undefined, "another")).toBe(401);
    expect(await post(gone, w.context.now() - 3 * HOUR)).toBe(401);
    expect(await workoutsStored()).toContain(id);
    expect(await post(gone, w.context.now() - HOUR)).toBe(200);
    expect(await workoutsStored()).not.toContain(id);
    // Of a kind that is not read, or of a document that has gone meanwhile: received all the same.
    expect(await post({ ...gone, event_type: "create", data_type: "meal" })).toBe(200);
    expect(await post({ ...gone, event_type: "create", object_id: "unknown" })).toBe(200);
    expect(await count("inbox")).toBe(0);
    // Never 410, which would end the subscription.
    expect(await post({ ...gone, user_id: "nobody" })).toBe(200);
  });

  it("take away a night that the member rejects or deletes, and what it said of its morning", async () => {
    await synced();
    const [last, one] = await w.rows<{ external_id: string; date: string }>(
      `SELECT external_id, date FROM sleep s WHERE type = 'main'
         AND (SELECT count(*) FROM sleep o WHERE o.type = 'main' AND o.date = s.date) = 1 ORDER BY date DESC LIMIT 2`,
    );
    const resting = async (date: string) =>
      (
        await w.rows<{ bpm: number | null }>(
          "SELECT metrics->>'resting_heart_rate_bpm' AS bpm FROM daily WHERE date = ?1",
          date,
        )
      )[0]!.bpm;
    expect(await resting(last!.date)).toBeGreaterThan(30);
    sim.control.configure("oura", { types: { [last!.external_id]: "rest" } });
    expect(await post({ event_type: "update", data_type: "sleep", object_id: last!.external_id })).toBe(200);
    expect(await count(`sleep WHERE external_id = '${last!.external_id}'`)).toBe(0);
    await later(HOUR + 5 * MINUTE);
    expect(await resting(last!.date)).toBeNull();
    sim.control.configure("oura", { gone: [one!.external_id] });
    expect(await post({ event_type: "delete", data_type: "sleep", object_id: one!.external_id })).toBe(200);
    expect(await count(`sleep WHERE external_id = '${one!.external_id}'`)).toBe(0);
    expect(await resting(one!.date)).toBeNull();
  });
});

it("a night that a list no longer shows is asked for, and deleted only if it is not there", async () => {
  await synced();
  const [night] = await w.rows<{ external_id: string }>(
    "SELECT external_id FROM sleep WHERE type = 'main' ORDER BY start_time DESC LIMIT 1",
  );
  sim.control.configure("oura", { gone: [night!.external_id] });
  await later(HOUR + 5 * MINUTE);
  await later(5 * MINUTE);
  expect(calls(`/v2/usercollection/sleep/${night!.external_id}`)).toMatchObject([{ status: 404 }]);
  expect(await count(`sleep WHERE external_id = '${night!.external_id}'`)).toBe(0);
});
