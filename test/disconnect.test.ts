import { beforeEach, describe, expect, it, vi } from "vitest";
import { createSimulator, type Simulator } from "../simulator/app.ts";
import { targetOf } from "../src/access/target.ts";
import { erase, finishErasures } from "../src/account/erase.ts";
import { finish, link } from "../src/connect/connect.ts";
import { disconnect, sayGoodbye } from "../src/connect/disconnect.ts";
import { advance, finishHalfway } from "../src/connect/move.ts";
import { openPending } from "../src/connect/pending.ts";
import { retryRevocations } from "../src/connect/revocations.ts";
import { type Batch, element, emptyBatch } from "../src/domain/batch.ts";
import type { Context } from "../src/platform/context.ts";
import { providerOf } from "../src/providers/index.ts";
import { commit } from "../src/store/commit.ts";
import { type Connection, connectionOf } from "../src/store/connections.ts";
import { type Person, personById } from "../src/store/users.ts";
import { gated } from "./interleave.ts";
import { activityRow, dayRow, insertRows } from "./rows.ts";
import { type Browser, type World, world } from "./world.ts";

const strava = providerOf("strava")!;
const RECORDS = ["activity", "track", "sleep", "daily", "series", "event", "tombstone", "offset_guess"];
const CURSORS = ["sync_cursor", "want", "gap"];

let w: World;
let sim: Simulator;
let browser: Browser;
let person: Person;
let connection: Connection;

/** A person connected to Strava, with records of it and of Polar. */
async function start(vars: Record<string, string> = {}) {
  w = await world({ fetch: (request) => sim.fetch(request), now: Date.UTC(2026, 8, 1, 12), vars });
  sim = createSimulator({ seed: 7, consent: "auto", now: () => w.context.now() });
  browser = w.browser();
  await connect();
  await settled();
  w.queued.sync.splice(0);
  await w.env.DB.prepare(
    "INSERT INTO want(connection_id, kind, external_id, user_id, start_time, wanted, done, due_at) VALUES (?1, 'activity_detail', 's1', ?2, 0, 1, 0, 0)",
  )
    .bind(connection.id, person.id)
    .run();
  const at = Date.UTC(2026, 7, 31, 23, 50);
  await insertRows(w, "activity", person, [
    activityRow("s1", at, { provider: "strava" }),
    activityRow("p1", at, { duplicate_of: "strava:s1" }),
    activityRow("p2", at + 3_600_000),
  ]);
  await insertRows(w, "daily", person, [
    dayRow("2026-08-31", "strava", { steps: 1 }),
    dayRow("2026-08-31", "polar", { steps: 2 }),
  ]);
  await insertRows(w, "tombstone", person, [
    { kind: "activity", provider: "strava", external_id: "s0", deleted_at: 1 },
  ]);
}
/** To the provider and back, without reading the page after it. */
async function connect(): Promise<void> {
  const away = await browser.request("/api/oauth/connect/strava");
  const back = await browser.request(away.headers.get("location")!);
  expect((await browser.request(back.headers.get("location")!)).status).toBe(302);
}
async function settled() {
  await w.settle();
  const [row] = await w.rows<{ id: number }>("SELECT id FROM user");
  person = (row && (await personById(w.context, row.id))) ?? person;
  connection = (await connectionOf(w.context, person, "strava")) ?? connection;
}
beforeEach(() => start());

const of = (table: string, provider: string) =>
  w.rows(`SELECT * FROM ${table} WHERE user_id = ?1 AND provider = ?2`, person.id, provider);
const revoked = () => sim.control.calls({ path: "/oauth/revoke" }).length;
const row = async () => (await w.rows("SELECT * FROM provider_connection WHERE id = ?1", connection.id))[0];

/** A page that was asked for before, on its way into the database. */
function page(): () => ReturnType<typeof commit> {
  const target = targetOf(w.context, person, connection);
  const batch: Batch = emptyBatch();
  const fields = { sport: "running", sub_sport: "generic", start_time: Date.UTC(2026, 7, 1) };
  batch.activities.push({ external_id: "late", part: "list", fields, element: element(batch, "activity") });
  return () => commit(w.context, target, batch);
}

/** The Context of a process that dies at its n-th round trip to the database. */
function dying(n: number): { context: Context; died: () => boolean } {
  let trips = 0;
  const DB = gated(w.env.DB, async () => {
    if (trips++ >= n) throw new Error("died");
  });
  const env = { ...w.context.env, DB, shards: [DB] };
  return {
    context: { ...w.context, env, waitUntil: (promise) => void promise.catch(() => {}) },
    died: () => trips > n,
  };
}
async function cron() {
  w.advance(300_000);
  for (const step of [finishErasures, finishHalfway, retryRevocations]) await step(w.context);
}

describe("disconnecting", () => {
  it("forgets the grant, gives it back, and keeps the records", async () => {
    expect((await browser.json("DELETE", "/api/connections/strava")).status).toBe(204);
    await w.settle();
    expect(await row()).toMatchObject({ status: "revoked", epoch: 2, grant: null, moved_at: null, data: null });
    expect(revoked()).toBe(1);
    expect(await of("activity", "strava")).toHaveLength(1);
    expect(await w.rows("SELECT * FROM revocation")).toEqual([]);
    // Again: nothing to do.
    expect((await browser.json("DELETE", "/api/connections/strava")).status).toBe(204);
    expect(await row()).toMatchObject({ epoch: 2 });
    // The kept records may still go.
    expect((await browser.json("DELETE", "/api/connections/strava?data=delete")).status).toBe(204);
    expect(await of("activity", "strava")).toEqual([]);
  });

  it("deletes what came from the provider, and derives anew what stood aside for it", async () => {
    const months = await w.rows<{ month: string; version: number }>("SELECT month, version FROM around");
    expect(months).toEqual([]);
    expect((await browser.json("DELETE", "/api/connections/strava?data=delete")).status).toBe(204);
    for (const table of [...RECORDS, "sync_cursor"]) expect(await of(table, "strava"), table).toEqual([]);
    for (const table of CURSORS)
      expect(await w.rows(`SELECT * FROM ${table} WHERE connection_id = ?1`, connection.id), table).toEqual([]);
    expect(await w.rows("SELECT external_id, duplicate_of, version FROM activity ORDER BY external_id")).toEqual([
      { external_id: "p1", duplicate_of: null, version: 2 },
      { external_id: "p2", duplicate_of: null, version: 1 },
    ]);
    // The record starts ten minutes before September: what may belong to it starts in either month.
    expect(await w.rows("SELECT month, version FROM around ORDER BY month")).toEqual([
      { month: "2026-08", version: 1 },
      { month: "2026-09", version: 1 },
    ]);
    expect(await of("daily", "polar")).toHaveLength(1);
  });

  it("lets one of two records stand for the other when the one that stood for both is deleted", async () => {
    const at = Date.UTC(2026, 7, 20, 8);
    const run = { elapsed_s: 1800, utc_offset_s: 7200 };
    await insertRows(w, "activity", person, [
      activityRow("s3", at, { ...run, provider: "strava" }),
      activityRow("p3", at + 2000, { ...run, duplicate_of: "strava:s3" }),
      activityRow("g3", at + 1000, { ...run, provider: "garmin", duplicate_of: "strava:s3" }),
    ]);
    expect((await browser.json("DELETE", "/api/connections/strava?data=delete")).status).toBe(204);
    expect(
      await w.rows("SELECT external_id, duplicate_of FROM activity WHERE start_time < ?1 ORDER BY 1", at + 3000),
    ).toEqual([
      { external_id: "g3", duplicate_of: null },
      { external_id: "p3", duplicate_of: "garmin:g3" },
    ]);
  });

  it("deletes in any case where the terms demand it", async () => {
    await start({ DATA_POLICY: "terms" });
    await browser.json("DELETE", "/api/connections/strava?data=keep");
    expect(await of("activity", "strava")).toEqual([]);
  });

  it("is complete here while the provider is down, which is told later", async () => {
    sim.control.fault({ kind: "status", status: 503, path: /oauth\/(revoke|deauthorize)/, count: 0 });
    await browser.json("DELETE", "/api/connections/strava");
    await w.settle();
    expect(await row()).toMatchObject({ status: "revoked", grant: null });
    expect(await w.rows("SELECT attempts FROM revocation")).toEqual([{ attempts: 1 }]);
    w.advance(8 * 3_600_000); // the access token has ended: it is refreshed to be revoked
    await retryRevocations(w.context);
    expect(await w.rows("SELECT attempts FROM revocation")).toEqual([{ attempts: 2 }]);
    sim.control.clearFaults();
    w.advance(3_600_000);
    await retryRevocations(w.context);
    expect(await w.rows("SELECT * FROM revocation")).toEqual([]);
    expect(await w.rows("SELECT provider FROM audit WHERE action = 'revoke'")).toHaveLength(1);
  });

  it("keeps nobody waiting for a provider that hangs", async () => {
    const { fetch } = sim;
    let answer = (_: Response) => {};
    const hangs = new Promise<Response>((resolve) => (answer = resolve));
    sim = { ...sim, fetch: (request) => (/oauth\/revoke/.test(request.url) ? hangs : fetch(request)) };
    const real = globalThis.setTimeout;
    // Five seconds pass at once, the ten that a request may take do not.
    vi.spyOn(globalThis, "setTimeout").mockImplementation(((work: () => void, ms = 0) =>
      real(work, ms === 5_000 ? 0 : ms)) as typeof setTimeout);
    const began = Date.now();
    expect((await browser.json("DELETE", "/api/connections/strava")).status).toBe(204);
    expect(Date.now() - began).toBeLessThan(3_000);
    expect(await row()).toMatchObject({ status: "revoked", grant: null });
    vi.restoreAllMocks();
    answer(new Response("{}"));
    await w.settle();
    expect(await w.rows("SELECT * FROM revocation")).toEqual([]);
  });

  it("does not revoke what was connected again meanwhile", async () => {
    sim.control.fault({ kind: "status", status: 503, path: /oauth\/(revoke|deauthorize)/, count: 2 });
    await browser.json("DELETE", "/api/connections/strava");
    await w.settle();
    await connect();
    const before = revoked();
    w.advance(3_600_000);
    await retryRevocations(w.context);
    expect([revoked(), await w.rows("SELECT * FROM revocation")]).toEqual([before, []]);
  });

  it("leaves nothing of a page in flight, also after a reconnect", async () => {
    const late = page();
    await browser.json("DELETE", "/api/connections/strava?data=delete");
    expect(await late()).toEqual({ stale: "fence" });
    await connect();
    expect(await late()).toEqual({ stale: "fence" });
    expect(await of("activity", "strava")).toEqual([]);
    expect(await row()).toMatchObject({ status: "active", epoch: 3 });
    const fresh = await w.rows("SELECT DISTINCT epoch FROM sync_cursor WHERE connection_id = ?1", connection.id);
    expect(fresh).toEqual([{ epoch: 3 }]);
  });

  it("is finished by cron after a crash between any two steps", async () => {
    let crashes = 0;
    for (let n = 0; ; n++) {
      await start();
      const late = page();
      const { context, died } = dying(n);
      await disconnect(context, person, strava, "delete").catch(() => {});
      if (!died()) break;
      crashes++;
      await late();
      const begun = (await row())!.status !== "active";
      await cron();
      expect(await row(), `crash at ${n}`).toMatchObject(
        begun ? { status: "revoked", moved_at: null } : { status: "active" },
      );
      if (!begun) await disconnect(w.context, person, strava, "delete");
      await w.settle();
      await cron();
      for (const table of [...RECORDS, "sync_cursor"])
        expect(await of(table, "strava"), `${table}, crash at ${n}`).toEqual([]);
      expect(await row(), `crash at ${n}`).toMatchObject({ status: "revoked", grant: null, moved_at: null });
      expect(await w.rows("SELECT * FROM revocation")).toEqual([]);
      // A crash after the provider has heard of it makes it hear of it once more.
      expect(revoked(), `crash at ${n}`).toBeGreaterThan(0);
      expect(await late()).toEqual({ stale: "fence" });
    }
    expect(crashes).toBeGreaterThan(8);
  }, 30_000);

  it("does not rob a connection that was made while it was still deleting", async () => {
    // The request dies after the fence went up, cron finishes, the person connects again, and a zombie goes on.
    const zombie = { ...connection, status: "ending" as const, epoch: connection.epoch + 1, data: "delete" as const };
    await disconnect(w.context, person, strava, "delete");
    await connect();
    await settled();
    await insertRows(w, "activity", person, [activityRow("new", 0, { provider: "strava" })]);
    await advance(w.context, zombie);
    expect(await of("activity", "strava")).toHaveLength(1);
    expect(await row()).toMatchObject({ status: "active", epoch: 3 });
  });

  it("ends what the provider says is over, and nothing newer", async () => {
    await sayGoodbye(w.context, { connection_id: connection.id, epoch: connection.epoch - 1 });
    expect(await row()).toMatchObject({ status: "active" });
    await sayGoodbye(w.context, { connection_id: connection.id, epoch: connection.epoch });
    await w.settle();
    expect(await row()).toMatchObject({ status: "revoked", grant: null });
    expect(revoked()).toBe(0);
  });

  it("says so where there is nothing to disconnect", async () => {
    const { browser: other } = await w.person();
    const none = await other.json("DELETE", "/api/connections/strava");
    expect([none.status, await none.json()]).toMatchObject([404, { code: "not_connected" }]);
    expect((await other.json("DELETE", "/api/connections/friendster")).status).toBe(404);
    expect((await other.json("DELETE", "/api/connections/strava?data=some")).status).toBe(400);
    expect(await row()).toMatchObject({ status: "active" });
  });
});

describe("connecting", () => {
  it("is finished by cron after a crash between any two steps", async () => {
    await disconnect(w.context, person, strava, "keep");
    const states: string[] = [];
    for (let n = 0; ; n++) {
      await start();
      await disconnect(w.context, person, strava, "keep");
      await w.settle();
      const away = await browser.request("/api/oauth/connect/strava");
      const back = await browser.request(away.headers.get("location")!);
      const [name, value] = [...browser.cookies].find(([cookie]) => cookie.startsWith("qt_attempt_"))!;
      const pending = (await openPending(w.context, { name, value }))!;
      const arrival = await finish(
        w.context,
        strava,
        pending,
        pending.session,
        new URL(back.headers.get("location")!).searchParams,
      );
      const { context, died } = dying(n);
      await link(context, person, strava, arrival).catch(() => {});
      if (!died()) break;
      await cron();
      const after = (await row())!;
      states.push(String(after.status));
      if (after.status === "revoked") continue; // the person starts again
      expect(after, `crash at ${n}`).toMatchObject({ status: "active", epoch: 3, moved_at: null });
      expect(await w.rows("SELECT epoch FROM fence WHERE provider = 'strava'")).toEqual([{ epoch: 3 }]);
      expect(await w.rows("SELECT DISTINCT epoch FROM sync_cursor")).toEqual([{ epoch: 3 }]);
    }
    expect(new Set(states)).toEqual(new Set(["revoked", "active"]));
  }, 30_000);
});

describe("erasing the account", () => {
  const everything = async () => {
    const tables = await w.rows<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%`user_id`%'",
    );
    expect(tables.length).toBeGreaterThan(20);
    const left = await Promise.all(
      tables.map(async ({ name }) => [
        name,
        (await w.rows(`SELECT * FROM "${name}" WHERE user_id = ?1`, person.id)).length,
      ]),
    );
    return Object.fromEntries(left.filter(([, count]) => count !== 0));
  };

  it("leaves nothing but an audit without a name, and a receipt", async () => {
    const key = await w.key(person);
    const late = page();
    const other = await w.person();
    await insertRows(w, "activity", other.person, [activityRow("theirs", 0)]);
    const response = await browser.json("DELETE", "/api/account");
    const { receipt } = await response.json<{ receipt: string }>();
    expect(response.status).toBe(200);
    await w.settle();
    expect(await everything()).toEqual({});
    expect(await late()).toEqual({ stale: "fence" });
    expect(await w.rows("SELECT id FROM user")).toEqual([{ id: other.person.id }]);
    expect(await w.rows("SELECT user_id, detail FROM audit WHERE action = 'erased'")).toEqual([
      { user_id: null, detail: receipt },
    ]);
    expect(await w.rows("SELECT external_id FROM activity")).toEqual([{ external_id: "theirs" }]);
    expect(revoked()).toBe(1);
    expect((await browser.request("/api/keys")).status).toBe(401);
    expect((await w.request("/api/v1/activities", { headers: { "x-api-key": key } })).status).toBe(401);
    // The account may come again, as somebody new.
    await w.browser().follow("/api/oauth/connect/strava");
    const [again] = await w.rows<{ user_id: number }>("SELECT user_id FROM identity WHERE provider = 'strava'");
    expect(again!.user_id).toBeGreaterThan(person.id);
  });

  it("is finished by cron after a crash between any two steps", async () => {
    let crashes = 0;
    for (let n = 0; ; n++) {
      await start();
      const late = page();
      const { context, died } = dying(n);
      await erase(context, person).catch(() => {});
      if (!died()) break;
      crashes++;
      const begun = (await w.rows("SELECT id FROM user WHERE erasing_at IS NULL")).length === 0;
      if (begun) expect((await browser.request("/api/keys")).status).toBe(401);
      await late();
      await cron();
      if (!begun) await erase(w.context, person);
      await w.settle();
      await cron();
      expect(await everything(), `crash at ${n}`).toEqual({});
      // A crash after the provider has heard of it makes it hear of it once more.
      expect(revoked(), `crash at ${n}`).toBeGreaterThan(0);
      expect(await late()).toEqual({ stale: "fence" });
      expect(await w.rows("SELECT id FROM audit WHERE action = 'erased'")).toHaveLength(1);
    }
    expect(crashes).toBeGreaterThan(10);
  }, 30_000);

  it("forgets no grant that changes all the while: it stops, and cron revokes it", async () => {
    const DB = gated(w.env.DB, async () => {
      await w.env.DB.prepare("UPDATE provider_connection SET token_version = token_version + 1").run();
    });
    const env = { ...w.context.env, DB, shards: [DB] };
    await expect(erase({ ...w.context, env }, person)).rejects.toThrow("changes faster");
    expect(revoked()).toBe(0);
    await cron();
    expect(await everything()).toEqual({});
    expect(revoked()).toBe(1);
  });

  it("needs a signed-in browser of ours", async () => {
    const key = await w.key(person, ["read", "ingest", "manage"]);
    expect((await w.request("/api/account", { method: "DELETE", headers: { "x-api-key": key } })).status).toBe(403);
    expect((await browser.request("/api/account", { method: "DELETE" })).status).toBe(403);
    expect(await w.rows("SELECT id FROM user")).toHaveLength(1);
  });
});
