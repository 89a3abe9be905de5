/** WHOOP from consent to farewell against the simulated WHOOP, which checks scopes, tokens, windows and limits by itself. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSimulator, type Simulator } from "../simulator/app.ts";
import { person as somebody } from "../simulator/person.ts";
import { callbackUrl } from "../src/access/webhooks.ts";
import { disconnect } from "../src/connect/disconnect.ts";
import { providerOf } from "../src/providers/index.ts";
import { connectionOf } from "../src/store/connections.ts";
import type { Person } from "../src/store/users.ts";
import { deliverAll, hurry, passTime } from "./deliver.ts";
import { type Browser, type ConnectionRow, type Kept, once, type World, world } from "./world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Always the same day, for what happens on it, and ahead of the database's own clock, by which a want is due. */
const NOW = Date.UTC(2050, 4, 17, 12);
const whoop = providerOf("whoop")!;
const CONNECT = "/api/oauth/connect/whoop?return_to=/dashboard/settings";
const TOKEN = "/oauth/oauth2/token";

let w: World;
let sim: Simulator;
let owner: Person;
let browser: Browser;
/** Statuses of what was answered to webhooks. */
let answered: number[];
let saved: unknown;

async function start(months = 1, limits: [number, number] = [1e6, 1e6], kept?: Kept): Promise<void> {
  w = await world({ fetch: (request) => sim.fetch(request), now: NOW, kept });
  answered = [];
  const hook = await callbackUrl(w.context, whoop);
  sim = createSimulator({
    seed: "whoop",
    now: () => w.context.now(),
    consent: "auto",
    users: [somebody("whoop", "mira", { months })],
    saved: kept?.simulator,
    save: (state) => (saved = state),
    async fetch(request) {
      const { method, headers } = request;
      const { pathname } = new URL(request.url);
      const response = await w.request(pathname, { method, headers, body: await request.text() });
      answered.push(response.status);
      return response;
    },
  });
  sim.control.configure("whoop", { webhook_urls: [hook], limits });
  ({ person: owner, browser } = await w.person());
}
beforeEach(() => start());
afterEach(() => vi.restoreAllMocks());

const drain = () => deliverAll(w);
const later = (ms: number) => passTime(w, ms);
async function connect(): Promise<void> {
  expect((await browser.follow(CONNECT)).response.status).toBe(200);
  await drain();
}
const connected = once(
  (kept) => start(undefined, undefined, kept),
  async () => {
    await connect();
    return w.keep(saved);
  },
);

const row = async () => (await w.rows<ConnectionRow>("SELECT * FROM provider_connection"))[0]!;
const calls = (path: string | RegExp) => sim.control.calls({ path });
const refreshes = () => sim.control.calls({ path: TOKEN, contains: "grant_type=refresh_token" });
const cursor = async (stream: string) =>
  (
    await w.rows<{ due_at: number | null; stopped: string | null; backfill_done: number }>(
      "SELECT * FROM sync_cursor WHERE stream = ?1",
      stream,
    )
  )[0]!;
const metricsOf = async () =>
  new Map(
    (await w.rows<{ date: string; metrics: string }>("SELECT date, metrics FROM daily ORDER BY date")).map((one) => [
      one.date,
      JSON.parse(one.metrics) as Record<string, number>,
    ]),
  );
/** Everything that is stored, with what a write would change. */
const stored = async () => ({
  activities: await w.rows("SELECT external_id, version, updated_at FROM activity ORDER BY 1"),
  nights: await w.rows("SELECT external_id, version, updated_at FROM sleep ORDER BY 1"),
  days: await w.rows("SELECT date, version, updated_at FROM daily ORDER BY 1"),
});
const seen = () => sim.control.activities("mira").filter(({ manual, copy_of }) => !manual && copy_of === null);

/** WHOOP's own lists, read by a token of their own. */
// biome-ignore lint/suspicious/noExplicitAny: answers as they come
async function theirs(path: string): Promise<any[]> {
  const asked = {
    client_id: "whoop-client",
    redirect_uri: "https://check.example/",
    response_type: "code",
    state: "12345678",
  };
  const scope = "read:sleep read:cycles read:recovery read:workout";
  const host = "https://api.prod.whoop.com";
  const back = await sim.fetch(new Request(`${host}/oauth/oauth2/auth?${new URLSearchParams({ ...asked, scope })}`));
  const code = new URL(back.headers.get("location")!).searchParams.get("code")!;
  const form = { ...asked, client_secret: "whoop-secret", grant_type: "authorization_code", code };
  const answer = await sim.fetch(new Request(host + TOKEN, { method: "POST", body: new URLSearchParams(form) }));
  const { access_token } = (await answer.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${access_token}` };
  const made: unknown[] = [];
  for (let token: string | null = ""; token !== null; ) {
    const query = new URLSearchParams({ limit: "25", ...(token && { nextToken: token }) });
    const page = await sim.fetch(new Request(`${host}/developer${path}?${query}`, { headers }));
    // biome-ignore lint/suspicious/noExplicitAny: answers as they come
    const { records, next_token } = (await page.json()) as any;
    made.push(...records);
    token = next_token;
  }
  return made;
}

const offsetMs = (text: string) => {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(text)!;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE;
};
const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const wakingDate = (sleep: { end: string; timezone_offset: string }) =>
  dateOf(Date.parse(sleep.end) + offsetMs(sleep.timezone_offset));

describe("connecting", () => {
  it("asks for `offline`, with a state that is long enough, and knows the account by its profile", async () => {
    const { trail } = await browser.follow(CONNECT);
    const asked = new URL(trail[1]!);
    expect(asked.searchParams.get("scope")!.split(" ")).toContain("offline");
    expect(asked.searchParams.get("state")!.length).toBeGreaterThanOrEqual(8);
    expect(await row()).toMatchObject({ status: "active", provider_user_id: expect.stringMatching(/^\d+$/) });
    expect(calls("/developer/v2/user/profile/basic")).toHaveLength(1);
  });

  it("knows the account by any record where the profile was not granted", async () => {
    await connect();
    const { provider_user_id } = await row();
    for (const scope of ["read:cycles", "read:sleep", "read:recovery", "read:workout"]) {
      await start();
      sim.control.consent({ scopes: [scope] });
      expect((await browser.follow(CONNECT)).response.status).toBe(200);
      expect([scope, await row()]).toMatchObject([scope, { status: "active", provider_user_id }]);
      expect(calls("/developer/v2/user/profile/basic")).toEqual([]);
    }
  });

  it("stores nothing where the person declines", async () => {
    sim.control.consent({ deny: true });
    expect((await browser.follow(CONNECT)).response.status).toBe(400);
    expect(await w.rows("SELECT id FROM provider_connection")).toEqual([]);
  });
});

describe("the first sync", () => {
  it("brings two years, each recovery and strain on the day of waking, by pages and never by record", async () => {
    await start(24);
    await connect();
    const asked = sim.control.calls({ host: "api.prod.whoop.com" });
    expect(asked.filter(({ status }) => status >= 400)).toEqual([]);
    expect(asked.length).toBeLessThan(250);

    const [sleeps, recoveries, cycles] = [
      await theirs("/v2/activity/sleep"),
      await theirs("/v2/recovery"),
      await theirs("/v2/cycle"),
    ];
    const nights = await w.rows<{ external_id: string; date: string; avg_hrv_rmssd_ms: number | null }>(
      "SELECT * FROM sleep ORDER BY external_id",
    );
    expect(nights.map(({ external_id }) => external_id)).toEqual(sleeps.map(({ id }) => id).sort());
    const byId = new Map(sleeps.map((one) => [one.id, one]));
    for (const { external_id, date } of nights) expect(date).toBe(wakingDate(byId.get(external_id)));

    const days = await metricsOf();
    expect(recoveries.length).toBeGreaterThan(650);
    for (const { sleep_id, score, score_state } of recoveries) {
      if (score_state !== "SCORED") continue;
      expect(days.get(wakingDate(byId.get(sleep_id)))).toMatchObject({
        recovery_score: score.recovery_score,
        resting_heart_rate_bpm: score.resting_heart_rate,
        hrv_rmssd_ms: score.hrv_rmssd_milli,
        skin_temperature_c: score.skin_temp_celsius,
      });
      expect(nights.find(({ external_id }) => external_id === sleep_id)!.avg_hrv_rmssd_ms).toBe(score.hrv_rmssd_milli);
    }
    const closed = cycles.filter(({ end }) => end);
    const byCycle = new Map(sleeps.filter(({ nap }) => !nap).map((one) => [one.cycle_id, one]));
    for (const { id, start: begun, timezone_offset, score } of closed) {
      const sleep = byCycle.get(id);
      const guess = dateOf(Date.parse(begun) + 12 * HOUR + offsetMs(timezone_offset));
      expect(days.get(sleep ? wakingDate(sleep) : guess)!.strain).toBe(score.strain);
    }
    expect([...days.values()].filter(({ strain }) => strain !== undefined)).toHaveLength(closed.length);
    const activities = await w.rows<{ external_id: string }>("SELECT external_id FROM activity");
    expect(new Set(activities.map((one) => one.external_id))).toEqual(new Set(seen().map(({ ids }) => ids.whoop)));
    for (const stream of ["sleeps", "recoveries", "cycles", "workouts"]) {
      expect([stream, await cursor(`${stream}:history`)]).toMatchObject([stream, { backfill_done: 1 }]);
    }
    expect((await row()).last_error_code).toBeNull();
  }, 60_000);

  it("waits where the minute is spent, and goes on when WHOOP said so", async () => {
    await start(3, [15, 10_000]);
    await connect();
    const waiting = async () =>
      (await w.rows("SELECT stream FROM sync_cursor WHERE stream LIKE '%:history' AND backfill_done < 1")).length;
    expect(await waiting()).toBeGreaterThan(0);
    for (let minutes = 0; minutes < 15 && (await waiting()) > 0; minutes++) await later(MINUTE);
    expect(await waiting()).toBe(0);
    expect(calls(/^\/developer/).filter(({ status }) => status >= 400)).toEqual([]);
  });

  it("after a 429 asks nothing until its reset", async () => {
    await browser.follow(CONNECT);
    const headers = {
      "X-RateLimit-Limit": "100, 100;window=60, 10000;window=86400",
      "X-RateLimit-Remaining": "0",
      "X-RateLimit-Reset": "23",
    };
    sim.control.fault({ kind: "status", status: 429, body: "", headers, path: "/developer/v2/activity/workout" });
    await drain();
    const { due_at } = await cursor("workouts");
    expect(due_at! - w.context.now()).toBe(23_000);
    sim.control.clearCalls();
    await later(22_000);
    expect(calls(/^\/developer/)).toEqual([]);
    await later(1000);
    expect((await w.rows("SELECT 1 FROM activity")).length).toBe(seen().length);
  });
});

describe("afterwards", () => {
  it("another sync writes nothing where nothing has changed", async () => {
    await connected();
    const before = await stored();
    await later(2 * HOUR + MINUTE);
    await later(2 * HOUR + MINUTE);
    expect(calls("/developer/v2/recovery").length).toBeGreaterThan(2);
    expect(await stored()).toEqual(before);
  });

  it("a day later there is a day more, its open cycle is still none, and its tokens were refreshed one after the other", async () => {
    await connected();
    const before = await metricsOf();
    await later(DAY);
    const after = await metricsOf();
    const strained = (days: typeof after) => [...days].filter(([, { strain }]) => strain !== undefined).length;
    expect(strained(after)).toBe(strained(before) + 1);
    expect(refreshes().map(({ status }) => status)).toEqual([200]);
    expect(refreshes()[0]!.body).toContain("scope=offline");
    await later(DAY);
    expect(refreshes().map(({ status }) => status)).toEqual([200, 200]);
    expect(await row()).toMatchObject({ status: "active", last_error_code: null });
  });

  it("a refresh whose answer was lost is tried once more, which ends the pair, and the person is asked", async () => {
    await connected();
    hurry(w);
    sim.control.fault({ kind: "lost", how: "status", contains: "grant_type=refresh_token" });
    await later(2 * HOUR + MINUTE);
    for (let minutes = 0; minutes < 5; minutes++) await later(MINUTE);
    const statuses = refreshes().map(({ status }) => status);
    expect(statuses.slice(1).every((status) => status === 400)).toBe(true);
    expect(statuses.length).toBeGreaterThan(1);
    expect(await row()).toMatchObject({ status: "needs_reauthorization" });
    expect((await stored()).nights.length).toBeGreaterThan(30);
  });

  it("what waited for its score is looked for again", async () => {
    await connected();
    sim.control.configure("whoop", { webhook_urls: [] });
    const late = await sim.control.addActivity("mira", {
      sport: "run",
      start: w.context.now() - 31 * MINUTE,
      duration_s: 1500,
    });
    const one = async () =>
      (
        await w.rows<{ training_load: number | null; elapsed_s: number }>(
          "SELECT training_load, elapsed_s FROM activity WHERE external_id = ?1",
          late.ids.whoop,
        )
      )[0];
    sim.control.configure("whoop", { webhook_urls: [] });
    await browser.json("POST", "/api/connections/whoop/sync");
    await drain();
    expect((await one())!.training_load).toBeNull();
    expect((await one())!.elapsed_s).toBeGreaterThan(1400);
    await later(2 * HOUR + MINUTE);
    expect((await one())!.training_load).toBeGreaterThan(0);
  });

  it("a sleep that was deleted unheard is gone with its recovery, once WHOOP has said so of that very sleep", async () => {
    await connected();
    const [sleep] = (await theirs("/v2/activity/sleep")).filter(({ nap }) => !nap);
    const date = wakingDate(sleep);
    expect((await metricsOf()).get(date)!.recovery_score).toBeGreaterThan(0);
    sim.control.configure("whoop", { webhook_urls: [] });
    const main = `${date}/s0`;
    sim.control.configure("whoop", { edit_sleep: { person: "mira", key: main, end: null } });
    await later(2 * HOUR + MINUTE);
    expect(calls(`/developer/v2/activity/sleep/${sleep.id}`).map(({ status }) => status)).toEqual([404]);
    expect(await w.rows("SELECT 1 FROM sleep WHERE external_id = ?1", sleep.id)).toEqual([]);
    const left = (await metricsOf()).get(date) ?? {};
    expect([left.recovery_score, left.hrv_rmssd_ms, left.resting_heart_rate_bpm]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("scopes that were not granted", () => {
  it("stop what needs them and nothing else; nothing is asked that would be refused", async () => {
    sim.control.consent({ scopes: ["read:cycles", "read:workout", "read:recovery"] });
    await connect();
    for (const stream of ["sleeps", "recoveries", "profile", "body"]) {
      expect([stream, (await cursor(stream))?.stopped ?? "scope_missing"]).toEqual([stream, "scope_missing"]);
    }
    expect(sim.control.calls().filter(({ status }) => status === 401)).toEqual([]);
    expect((await w.rows("SELECT 1 FROM activity")).length).toBe(seen().length);
    // Without the sleeps the day is estimated.
    const closed = (await theirs("/v2/cycle")).filter(({ end }) => end);
    const strained = [...(await metricsOf()).values()].filter(({ strain }) => strain !== undefined);
    expect(strained).toHaveLength(closed.length);
    const body = (await (await browser.json("GET", "/api/connections")).json()) as {
      data: { provider: string; missing_scopes: string[] }[];
    };
    expect(body.data.find(({ provider }) => provider === "whoop")!.missing_scopes.sort()).toEqual([
      "read:body_measurement",
      "read:profile",
      "read:sleep",
    ]);
  });
});

describe("webhooks", () => {
  beforeEach(connected);

  async function send(body: string): Promise<Response> {
    const time = String(w.context.now());
    const bytes = (text: string) => new TextEncoder().encode(text);
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", bytes("whoop-secret"), algorithm, false, ["sign"]);
    const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(time + body)));
    const headers = {
      "x-whoop-signature": btoa(String.fromCharCode(...mac)),
      "x-whoop-signature-timestamp": time,
    };
    return w.request("/api/webhooks/whoop", { method: "POST", body, headers });
  }

  it("bring a workout, change it, and take it away", async () => {
    sim.control.clearCalls();
    const made = await sim.control.addActivity("mira", {
      sport: "run",
      start: w.context.now() - 3 * HOUR,
      duration_s: 1800,
    });
    await drain();
    const one = () => w.rows<{ sport: string }>("SELECT sport FROM activity WHERE external_id = ?1", made.ids.whoop);
    expect(await one()).toEqual([{ sport: "running" }]);
    await sim.control.editActivity("mira", made.key, { sport: "hike" });
    await drain();
    expect(await one()).toEqual([{ sport: "hiking" }]);
    await sim.control.deleteActivity("mira", made.key);
    await drain();
    expect(await one()).toEqual([]);
    expect(answered).toEqual([200, 200, 200]);
    expect(calls(/^\/developer/).map(({ path }) => path)).toEqual(
      Array(2).fill(`/developer/v2/activity/workout/${made.ids.whoop}`),
    );
  });

  it("bring the night and its recovery, and take both away", async () => {
    w.advance(20 * HOUR);
    await sim.control.tick();
    sim.control.clearCalls();
    await drain();
    const [recovery] = await theirs("/v2/recovery");
    const [sleep] = (await theirs("/v2/activity/sleep")).filter(({ id }) => id === recovery.sleep_id);
    const date = wakingDate(sleep);
    expect(calls(`/developer/v2/cycle/${recovery.cycle_id}/recovery`)).not.toEqual([]);
    expect((await metricsOf()).get(date)).toMatchObject({ recovery_score: recovery.score.recovery_score });
    const nights = () => w.rows("SELECT avg_hrv_rmssd_ms FROM sleep WHERE external_id = ?1", sleep.id);
    expect(await nights()).toEqual([{ avg_hrv_rmssd_ms: recovery.score.hrv_rmssd_milli }]);

    const before = answered.length;
    sim.control.configure("whoop", { edit_sleep: { person: "mira", key: `${date}/s0`, end: null } });
    await expect.poll(() => answered.length).toBe(before + 2);
    await drain();
    expect(await nights()).toEqual([]);
    expect((await metricsOf()).get(date)?.recovery_score).toBeUndefined();
  });

  it("take away a recovery alone, and leave its night", async () => {
    const [recovery] = (await theirs("/v2/recovery")).filter(({ score_state }) => score_state === "SCORED");
    const night = () => w.rows("SELECT avg_hrv_rmssd_ms FROM sleep WHERE external_id = ?1", recovery.sleep_id);
    expect(await night()).toEqual([{ avg_hrv_rmssd_ms: recovery.score.hrv_rmssd_milli }]);
    const scores = async () =>
      [...(await metricsOf()).values()].filter((day) => day.recovery_score !== undefined).length;
    const before = await scores();
    const id = recovery.sleep_id;
    const body = JSON.stringify({
      user_id: recovery.user_id,
      id,
      type: "recovery.deleted",
      trace_id: crypto.randomUUID(),
    });
    expect((await send(body)).status).toBe(200);
    await drain();
    expect([await scores(), await night()]).toEqual([before - 1, [{ avg_hrv_rmssd_ms: null }]]);
  });

  it("of what is not there yet are looked at again, and delete nothing", async () => {
    const [sleep] = await theirs("/v2/activity/sleep");
    const body = JSON.stringify({
      user_id: sleep.user_id,
      id: sleep.id,
      type: "sleep.updated",
      trace_id: crypto.randomUUID(),
    });
    sim.control.fault({ kind: "status", status: 404, body: "", path: `/developer/v2/activity/sleep/${sleep.id}` });
    expect((await send(body)).status).toBe(200);
    await drain();
    expect(await w.rows("SELECT 1 FROM sleep WHERE external_id = ?1", sleep.id)).toHaveLength(1);
    await w.env.DB.prepare("DELETE FROM sleep WHERE external_id = ?1").bind(sleep.id).run();
    for (let looks = 0; looks < 3; looks++) await later(3 * MINUTE);
    expect(await w.rows("SELECT 1 FROM sleep WHERE external_id = ?1", sleep.id)).toHaveLength(1);
    expect(await w.rows("SELECT 1 FROM inbox")).toEqual([]);
  });

  it("that others have made are refused", async () => {
    const { pathname } = new URL(await callbackUrl(w.context, whoop));
    const body = JSON.stringify({ user_id: 1, id: crypto.randomUUID(), type: "sleep.updated", trace_id: "t" });
    const headers = {
      "x-whoop-signature": btoa("x".repeat(32)),
      "x-whoop-signature-timestamp": String(w.context.now()),
    };
    expect((await w.request(pathname, { method: "POST", body, headers })).status).toBe(401);
    expect((await w.request(pathname, { method: "POST", body })).status).toBe(401);
    expect(await w.rows("SELECT 1 FROM inbox")).toEqual([]);
  });
});

describe("the end", () => {
  beforeEach(connected);

  it("is told to WHOOP, with a token that still lives", async () => {
    w.advance(3 * HOUR);
    await disconnect(w.context, owner, whoop, "keep");
    expect(refreshes()).toHaveLength(1);
    expect(calls("/developer/v2/user/access")).toMatchObject([{ method: "DELETE", status: 204 }]);
    expect(await row()).toMatchObject({ status: "revoked", grant: null });
    expect((await w.rows("SELECT 1 FROM sleep")).length).toBeGreaterThan(30);
  });

  it("is complete here while WHOOP is down, and told when it is back", async () => {
    sim.control.fault({ kind: "status", status: 503, host: "api.prod.whoop.com", count: 0 });
    await disconnect(w.context, owner, whoop, "delete");
    expect(await row()).toMatchObject({ status: "revoked", grant: null });
    expect(await stored()).toEqual({ activities: [], nights: [], days: [] });
    sim.control.clearFaults();
    sim.control.clearCalls();
    await later(10 * MINUTE);
    expect(calls("/developer/v2/user/access")).toMatchObject([{ status: 204 }]);
  });

  it("at WHOOP's own page is noticed by the refresh that fails, and asks for a new consent", async () => {
    hurry(w);
    expect(await sim.control.revoke("whoop", "mira")).toBe(1);
    await later(2 * HOUR + MINUTE);
    expect(new Set(refreshes().map(({ status }) => status))).toEqual(new Set([400]));
    expect(await row()).toMatchObject({ status: "needs_reauthorization" });
    await connect();
    expect((await connectionOf(w.context, owner, "whoop"))!.status).toBe("active");
  });
});
