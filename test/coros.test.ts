/** COROS from consent to farewell against the simulated COROS, which checks tokens, accounts and windows by itself and refuses with 200. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSimulator, type Simulator } from "../simulator/app.ts";
import { person as somebody } from "../simulator/person.ts";
import { callbackUrl } from "../src/access/webhooks.ts";
import { disconnect } from "../src/connect/disconnect.ts";
import { providerOf } from "../src/providers/index.ts";
import type { Person } from "../src/store/users.ts";
import { requestSync } from "../src/sync/schedule.ts";
import { deliverAll, hurry, passTime } from "./deliver.ts";
import { type Browser, type ConnectionRow, type Kept, once, type World, world } from "./world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Far ahead: the database stamps what is wanted by its own clock, and that must have come. A noon at which nothing is under way. */
const NOW = Date.UTC(2049, 2, 9, 12);
const coros = providerOf("coros")!;
const CONNECT = "/api/oauth/connect/coros?return_to=/dashboard/settings";
const LIST = "/v2/coros/sport/list";
const DAILY = "/coros/daily/query";
const REFRESH = "/oauth2/refresh-token";
const BOUND = "/coros/bindState";
const FILES = /^\/fit\//;

let w: World;
let sim: Simulator;
let owner: Person;
let browser: Browser;
let saved: unknown;
/** What was answered to status checks and pushes. */
let answered: [status: number, body: unknown][];

async function start({ months = 1, diligence = 0.3, kept }: { months?: number; diligence?: number; kept?: Kept } = {}) {
  vi.restoreAllMocks();
  w = await world({ fetch: (request) => sim.fetch(request), now: NOW, kept });
  answered = [];
  sim = createSimulator({
    seed: "coros",
    now: () => w.context.now(),
    consent: "auto",
    users: [somebody("coros", "kim", { months, diligence })],
    saved: kept?.simulator,
    save: (state) => (saved = state),
    async fetch(request) {
      const { method, headers } = request;
      const { pathname } = new URL(request.url);
      const body = method === "GET" ? undefined : await request.text();
      const response = await w.request(pathname, { method, headers, body });
      answered.push([response.status, await response.clone().json()]);
      return response;
    },
  });
  sim.control.configure("coros", { callback_url: await callbackUrl(w.context, coros), per_s: 1 });
  ({ person: owner, browser } = await w.person());
  hurry(w);
}
beforeEach(() => start());
afterEach(() => vi.restoreAllMocks());

const drain = () => deliverAll(w);
const later = (ms: number) => passTime(w, ms);
/** Consent, and everything that follows until there is nothing left to do. */
async function connect(): Promise<void> {
  expect((await browser.follow(CONNECT)).response.status).toBe(200);
  await drain();
  for (let i = 0; i < 3; i++) await later(MINUTE);
}
const connected = once(
  (kept) => start({ kept }),
  async () => {
    await connect();
    return w.keep(saved);
  },
);
async function sync(): Promise<void> {
  await requestSync(w.context, owner, coros.id);
  await drain();
}

const row = async () => (await w.rows<ConnectionRow>("SELECT * FROM provider_connection"))[0]!;
const calls = (path: string) => sim.control.calls({ path });
const statuses = (path: string) => [...new Set(calls(path).map(({ status }) => status))];
const count = async (from: string) => (await w.rows<{ n: number }>(`SELECT count(*) AS n FROM ${from}`))[0]!.n;
const stored = async () =>
  (await w.rows<{ external_id: string }>("SELECT external_id FROM activity ORDER BY 1")).map((one) => one.external_id);
const lived = () => sim.control.activities("kim").filter(({ copy_of }) => copy_of === null);
const there = () =>
  lived()
    .map(({ ids }) => ids.coros!)
    .sort();
/** Everything that is stored, with what a write would change. */
const everything = async () => {
  const tables = ["activity", "track", "sleep", "daily", "series"];
  return Promise.all(
    tables.map((table) =>
      w
        .rows(`SELECT updated_at, version FROM ${table} ORDER BY 1, 2`)
        .catch(() => w.rows(`SELECT updated_at FROM ${table} ORDER BY 1`)),
    ),
  );
};

describe("the first sync", () => {
  it("brings workouts with what their files hold, days and nights, within the limit", async () => {
    const [ride] = lived().filter(({ sport, manual }) => /^(run|ride)$/.test(sport) && !manual);
    sim.control.configure("coros", { multisport: [ride!.key] });
    await connect();
    expect(await row()).toMatchObject({ status: "active", last_error_code: null, grant_kind: "oauth2" });
    expect(JSON.parse((await row()).profile)).toMatchObject({ display_name: "Kim Example" });
    expect(await stored()).toEqual(there());
    expect(there().every((id) => id.length === 18)).toBe(true);
    const files = lived().filter(({ manual }) => !manual).length;
    expect(files).toBeGreaterThan(2);
    expect(await count("track")).toBe(files);
    expect(await count("activity WHERE avg_heart_rate_bpm > 60 AND json_extract(parts, '$.of.file') IS NOT NULL")).toBe(
      files,
    );
    expect(await count("want WHERE done < wanted")).toBe(0);
    expect(
      await w.rows(
        "SELECT sport, sub_sport, json_array_length(extra, '$.legs') AS legs FROM activity WHERE sport = 'multisport'",
      ),
    ).toEqual([{ sport: "multisport", sub_sport: "generic", legs: 2 }]);
    expect(await count("sleep WHERE in_bed_s > 10000 AND asleep_s IS NULL")).toBeGreaterThan(15);
    expect(await count("daily WHERE json_extract(metrics, '$.steps') > 0")).toBeGreaterThan(20);
    expect(await count("daily WHERE json_extract(metrics, '$.hrv_rmssd_ms') > 0")).toBeGreaterThan(15);
    // Nothing was asked twice in a second, with a token in the address only where it belongs.
    expect(statuses(LIST)).toEqual([200]);
    for (const path of ["oss.coros.com", "d1f4k3c0r0s7.cloudfront.net"]) {
      const fetched = sim.control.calls({ host: path });
      expect(fetched.length).toBeGreaterThan(0);
      for (const { query, headers } of fetched)
        expect([query.includes("token"), headers.authorization]).toEqual([false, undefined]);
    }
    expect(await count("gap")).toBe(0);
  });

  it("goes back for three months, in four calls a stream, and no further", async () => {
    await start({ months: 24, diligence: 0.2 });
    await connect();
    const all = lived().filter(({ start }) => Date.parse(start) >= w.context.now() - 86 * DAY);
    expect(await stored()).toEqual(expect.arrayContaining(all.map(({ ids }) => ids.coros!)));
    expect((await w.rows<{ at: number }>("SELECT min(start_time) AS at FROM activity"))[0]!.at).toBeGreaterThan(
      w.context.now() - 89 * DAY,
    );
    // The simulated COROS refuses what is older.
    expect(all.length).toBeGreaterThan(5);
    const spans = new Set(calls(DAILY).map(({ query }) => query.replace(/.*(startDate=\d+&endDate=\d+).*/, "$1")));
    expect(spans.size).toBe(5); // the poll, and four of history
    expect(await row()).toMatchObject({ last_error_code: null });
    expect(await count("gap")).toBe(0);
    expect(await w.rows("SELECT backfill_done FROM sync_cursor WHERE stream LIKE '%:history'")).toEqual([
      { backfill_done: 1 },
      { backfill_done: 1 },
    ]);
  });

  it("stores nothing where the person declines", async () => {
    sim.control.consent({ deny: true });
    expect((await browser.follow(CONNECT)).response.status).toBe(400);
    expect(await w.rows("SELECT id FROM provider_connection")).toEqual([]);
  });
});

describe("from then on", () => {
  it("syncs again without writing anything, and without fetching a file", async () => {
    await connected();
    const before = await everything();
    sim.control.clearCalls();
    await sync();
    expect(calls(LIST).length).toBeGreaterThan(0);
    expect(sim.control.calls({ path: FILES })).toEqual([]);
    expect(await everything()).toEqual(before);
  });

  it("prolongs its token after twenty days, by one call however many ask", async () => {
    await connected();
    const { expires_at, token_version } = await row();
    await later(19 * DAY);
    expect(calls(REFRESH)).toEqual([]);
    await later(2 * DAY);
    expect(calls(REFRESH)).toHaveLength(1);
    const after = await row();
    expect(after.token_version).toBe(token_version + 1);
    expect(after.expires_at! - expires_at!).toBeGreaterThan(20 * DAY);
    expect(after).toMatchObject({ status: "active", last_error_code: null });
  });

  it("refreshes a token that is refused in an answer of 200, and goes on", async () => {
    await connected();
    sim.control.expireTokens("coros");
    await sync();
    expect(calls(REFRESH)).toHaveLength(1);
    expect(calls(BOUND)).toEqual([]);
    expect(await row()).toMatchObject({ status: "active", last_error_code: null });
  });

  it("deletes what the list has no more, once the day's own list says so too", async () => {
    await connected();
    const gone = lived().findLast(({ start }) => Date.parse(start) > w.context.now() - 5 * DAY) ?? lived().at(-1)!;
    await sim.control.deleteActivity("kim", gone.key);
    await later(25 * HOUR);
    await later(MINUTE);
    expect(await stored()).toEqual(there());
    expect(await stored()).not.toContain(gone.ids.coros);
  });

  it("asks once for a fresh address of a file that has expired", async () => {
    sim.control.configure("coros", { file_s: -1 });
    await connect();
    for (let i = 0; i < 3; i++) await later(5 * MINUTE);
    // Once a try, of which there are four.
    const detail = calls("/v2/coros/sport/detail/fit").length;
    expect(detail).toBe(4 * lived().filter(({ manual }) => !manual).length);
    expect(sim.control.calls({ path: FILES })).toHaveLength(2 * detail);
    expect(await count("track")).toBe(0);
    expect(await stored()).toEqual(there());
    // Not there is not wrong: nobody waits for it.
    expect(await count("want WHERE done < wanted")).toBe(0);
  });
});

describe("refusals", () => {
  it("waits out a 429, and what is busy, without asking whether the consent stands", async () => {
    await connected();
    sim.control.fault({ kind: "rate_limited", path: LIST, count: 1 });
    await sync();
    expect(
      (await w.rows<{ due_at: number }>("SELECT due_at FROM sync_cursor WHERE stream = 'workouts'"))[0]!.due_at,
    ).toBeGreaterThan(w.context.now() + 30_000);
    await later(2 * MINUTE);
    sim.control.configure("coros", { refuse: "5016" });
    await sync();
    expect(await count("sync_cursor WHERE failures > 0")).toBeGreaterThan(0);
    sim.control.configure("coros", { refuse: null });
    await later(HOUR);
    expect(await row()).toMatchObject({ status: "active", last_error_code: null });
    expect(calls(BOUND)).toEqual([]);
  });

  it("asks whether the consent stands where a refusal says nothing, once a day, and goes on where it does", async () => {
    await connected();
    sim.control.configure("coros", { refuse: "1001" });
    await sync();
    await later(HOUR);
    expect(calls(BOUND)).toHaveLength(1);
    await later(24 * HOUR);
    expect(calls(BOUND)).toHaveLength(2);
    expect((await row()).status).toBe("active");
    sim.control.configure("coros", { refuse: null });
    await later(2 * HOUR);
    expect(await row()).toMatchObject({ status: "active", last_error_code: null });
  });

  it("asks for a new consent where the token is dead and cannot be prolonged, and keeps what is stored", async () => {
    await connected();
    const before = await stored();
    await sim.control.revoke("coros", "kim");
    await sync();
    for (let i = 0; i < 2; i++) await later(10 * MINUTE);
    expect(await row()).toMatchObject({ status: "needs_reauthorization", last_error_code: "invalid_grant" });
    expect(await stored()).toEqual(before);
  });

  it("ends the connection where bindState says that the person has withdrawn", async () => {
    await connected();
    await sim.control.revoke("coros", "kim");
    for (const path of [LIST, DAILY, "/coros/userinfosim"]) {
      sim.control.fault({
        kind: "status",
        status: 200,
        body: { result: "5010", message: "openId is invalid" },
        path,
        count: 0,
      });
    }
    await sync();
    expect(calls(BOUND)).toHaveLength(1);
    expect(await row()).toMatchObject({ status: "revoked", grant: null });
    expect(await stored()).toEqual(there());
  });
});

describe("pushes", () => {
  const addRun = (hours = 1) =>
    sim.control.addActivity("kim", { sport: "run", start: w.context.now() - hours * HOUR, duration_s: 1800 });

  it("takes a pushed workout, fetches its file, and answers in COROS' words", async () => {
    await connected();
    sim.control.clearCalls();
    const made = await addRun();
    await drain();
    await later(MINUTE);
    // The status check, and the push.
    const words = { message: "ok", result: "0000" };
    expect(answered).toEqual([
      [200, words],
      [200, words],
    ]);
    const id = made.ids.coros!;
    expect(
      await w.rows("SELECT sport, avg_heart_rate_bpm > 60 AS beats FROM activity WHERE external_id = ?1", id),
    ).toEqual([{ sport: "running", beats: 1 }]);
    expect(await count(`track WHERE external_id = '${id}'`)).toBe(1);
    // The same again, with another address of its file, changes nothing.
    const workout = () =>
      w.rows(
        "SELECT a.*, t.updated_at AS tracked FROM activity a JOIN track t USING (external_id) WHERE external_id = ?1",
        id,
      );
    const before = await workout();
    expect(before).toHaveLength(1);
    await sync();
    expect(await workout()).toEqual(before);
    expect(sim.control.calls({ path: FILES })).toHaveLength(1);
  });

  it("refuses what does not come with our own credentials, and stores nothing of it", async () => {
    await connected();
    const path = new URL(await callbackUrl(w.context, coros)).pathname;
    const body = JSON.stringify({
      sportDataList: [
        {
          openId: (await row()).provider_user_id,
          labelId: "1",
          mode: 8,
          subMode: 1,
          startTime: 1775203200,
          endTime: 1775206480,
        },
      ],
    });
    const send = (headers: Record<string, string>) =>
      w.request(path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
    for (const headers of [{}, { client: "coros-client" }, { client: "coros-client", secret: "wrong" }]) {
      const answer = await send(headers as Record<string, string>);
      expect([answer.status, ((await answer.json()) as { result: string }).result]).toEqual([401, "1001"]);
    }
    await drain();
    expect(await count("activity WHERE external_id = '1'")).toBe(0);
    // The case of the names varies.
    expect((await send({ Client: "coros-client", SECRET: "coros-secret" })).status).toBe(200);
    await drain();
    expect(await count("activity WHERE external_id = '1'")).toBe(1);
  });

  it("acknowledges what is of somebody unknown, and drops it", async () => {
    const path = new URL(await callbackUrl(w.context, coros)).pathname;
    const body = JSON.stringify({
      sportDataList: [
        { openId: "nobody", labelId: "1", mode: 8, subMode: 1, startTime: 1775203200, endTime: 1775206480 },
      ],
    });
    const headers = { client: "coros-client", secret: "coros-secret" };
    const answer = await w.request(path, { method: "POST", headers, body });
    expect([answer.status, await answer.json()]).toEqual([200, { message: "ok", result: "0000" }]);
    await drain();
    expect(await count("activity")).toBe(0);
  });
});

describe("disconnecting", () => {
  it("revokes the token at COROS", async () => {
    await connected();
    await disconnect(w.context, owner, coros, "keep");
    await w.settle();
    expect(calls("/oauth2/deauthorize")).toMatchObject([{ method: "POST", status: 200 }]);
    expect(await row()).toMatchObject({ status: "revoked", grant: null });
    expect(await count("revocation")).toBe(0);
    expect(await stored()).toEqual(there());
  });

  it("is complete here while COROS is down, and is done there later", async () => {
    await connected();
    sim.control.fault({ kind: "status", status: 503, path: "/oauth2/deauthorize", count: 1 });
    await disconnect(w.context, owner, coros, "delete");
    await w.settle();
    expect(await row()).toMatchObject({ status: "revoked", grant: null });
    expect(await count("activity")).toBe(0);
    expect(await count("revocation")).toBe(1);
    await later(HOUR);
    expect(calls("/oauth2/deauthorize").map(({ status }) => status)).toEqual([503, 200]);
    expect(await count("revocation")).toBe(0);
  });
});
