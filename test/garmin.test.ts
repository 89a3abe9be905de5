/** Garmin from consent to farewell against the simulated Garmin: by either protocol of the partner programme, and by a personal key. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSimulator, type Simulator } from "../simulator/app.ts";
import { person as somebody } from "../simulator/person.ts";
import { callbackUrl } from "../src/access/webhooks.ts";
import { providerOf } from "../src/providers/index.ts";
import type { Person } from "../src/store/users.ts";
import { deliverAll, hurry, passTime } from "./deliver.ts";
import { type Browser, type ConnectionRow, type World, world } from "./world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 8, 1, 12);
const garmin = providerOf("garmin")!;
const CONNECT = "/api/oauth/connect/garmin?return_to=/dashboard/settings";

let w: World;
let sim: Simulator;
let owner: Person;
let browser: Browser;
let hook: string;
/** Statuses of what was answered to deliveries. */
let answered: number[];

/** With a month behind them, or as many days. */
async function start(version: "1.0a" | "2.0", now = NOW, days?: number): Promise<void> {
  w = await world({ fetch: (request) => sim.fetch(request), now, vars: { GARMIN_OAUTH_VERSION: version } });
  answered = [];
  sim = createSimulator({
    seed: "garmin",
    now: () => w.context.now(),
    consent: "auto",
    users: [somebody("garmin", "kim", { months: 1, diligence: 0.4 })],
    saved: days === undefined ? undefined : { since: { kim: Math.floor(now / DAY) - days } },
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const { method, headers } = request;
      const response = await w.request(pathname, { method, headers, body: await request.arrayBuffer() });
      answered.push(response.status);
      return response;
    },
  });
  hook = new URL(await callbackUrl(w.context, garmin)).pathname;
  sim.control.configure("garmin", {
    clients: { "garmin-client": { client_secret: "garmin-secret", consumer_secret: "garmin-secret" } },
    callback_url: await callbackUrl(w.context, garmin),
    days_per_minute: 1e6,
    calls_per_minute: 1e6,
  });
  ({ person: owner, browser } = await w.person());
}
afterEach(() => vi.restoreAllMocks());

const drain = (isEnough?: () => Promise<boolean>) => deliverAll(w, isEnough);
/** Time passes, Garmin delivers, cron ticks, queues deliver. */
const later = (ms: number, isEnough?: () => Promise<boolean>) => passTime(w, ms, () => sim.control.tick(), isEnough);
const push = async (body: unknown): Promise<number> => {
  const headers = { "content-type": "application/json", "garmin-client-id": "garmin-client" };
  const { status } = await w.request(hook, { method: "POST", headers, body: JSON.stringify(body) });
  await drain();
  return status;
};
const row = async () => (await w.rows<ConnectionRow>("SELECT * FROM provider_connection"))[0]!;
const count = async (from: string) => (await w.rows<{ n: number }>(`SELECT count(*) AS n FROM ${from}`))[0]!.n;
const stored = async (columns: string, from: string) =>
  (await w.rows(`SELECT ${columns} FROM ${from}`)).map((one) => Object.values(one));
const who = () => sim.control.people()[0]!.key;
const inLife = (since: number) => sim.control.activities(who()).filter(({ start }) => Date.parse(start) >= since);
const ids = async () =>
  (await stored("external_id", "activity WHERE json_extract(extra, '$.parent') IS NULL ORDER BY 1")).flat();

async function connect(): Promise<string> {
  expect((await browser.follow(CONNECT)).response.status).toBe(200);
  await drain();
  return (await row()).provider_user_id!;
}

describe.each([
  ["1.0a", 30],
  ["2.0", 10],
] as const)("by OAuth %s", (version, days) => {
  beforeEach(() => start(version, NOW, days));

  it(`brings ${days} days of history by what is pushed, then what is new, and takes its leave`, async () => {
    await connect();
    expect(await row()).toMatchObject({ status: "active", grant_kind: version === "2.0" ? "oauth2" : "oauth1" });
    for (let i = 0; i < 4; i++) await later(2 * MINUTE);
    const history = inLife(NOW - days * DAY);
    expect(history.length).toBeGreaterThan(days / 6);
    expect(await ids()).toEqual(expect.arrayContaining(history.map((one) => one.ids.garmin)));
    expect(answered.every((status) => status === 200)).toBe(true);

    // Each recorded one has its samples, nights do not overlap, and days and their hours are there.
    expect(await count("track")).toBeGreaterThanOrEqual(history.filter(({ manual }) => !manual).length);
    expect(await count("sleep WHERE type = 'main'")).toBeGreaterThan(days / 2);
    expect(
      await w.rows(
        `SELECT a.external_id FROM sleep a JOIN sleep b ON a.type = b.type AND a.start_time < b.start_time AND b.start_time < a.end_time`,
      ),
    ).toEqual([]);
    expect(await count("daily WHERE json_extract(metrics, '$.steps') > 0")).toBeGreaterThan((days * 2) / 3);
    expect((await stored("DISTINCT metric", "series ORDER BY 1")).flat()).toEqual(
      expect.arrayContaining([
        "body_battery",
        "heart_rate_bpm",
        "hrv_rmssd_ms",
        "respiration_brpm",
        "spo2_pct",
        "stress_level",
      ]),
    );
    expect(await w.rows("SELECT stream FROM sync_cursor WHERE backfill_done < 1 OR stopped IS NOT NULL")).toEqual([]);

    const before = await count("activity");
    const added = await sim.control.addActivity(who(), {
      sport: "run",
      start: w.context.now() - 2 * HOUR,
      duration_s: 2400,
    });
    await drain();
    expect(await ids()).toContain(added.ids.garmin);
    expect(await count("activity")).toBeGreaterThan(before);
    // Its file was fetched, and knows what summaries do not.
    const [file] = await w.rows<{ parts: string }>(
      `SELECT parts FROM activity WHERE external_id = '${added.ids.garmin}'`,
    );
    expect(Object.keys(JSON.parse(file!.parts).of).sort()).toEqual(["detail", "file", "list", "notice"]);

    const records = await count("activity");
    expect((await browser.json("DELETE", "/api/connections/garmin")).status).toBe(204);
    await drain();
    expect(sim.control.calls({ path: "/wellness-api/rest/user/registration" })).toMatchObject([
      { method: "DELETE", status: 204 },
    ]);
    await later(MINUTE);
    expect(await row()).toMatchObject({ status: "revoked", grant: null });
    expect([await count("activity"), answered.at(-1)]).toEqual([records, 200]);
  }, 30_000);

  it("ends where the person withdraws at Garmin, and not for a notice that is not true", async () => {
    const userId = await connect();
    expect(await push({ deregistrations: [{ userId }] })).toBe(200);
    expect((await row()).status).toBe("active");
    await sim.control.revoke("garmin", who());
    await drain();
    // A single refusal of a refresh may be an accident.
    await later(MINUTE);
    await later(5 * MINUTE);
    expect((await row()).status).toBe("revoked");
  });
});

describe("what the person allows", () => {
  beforeEach(() => start("2.0", NOW, 3));

  it("decides which history is asked for, and may change", async () => {
    sim.control.consent({ scopes: ["ACTIVITY_EXPORT", "HISTORICAL_DATA_EXPORT"] });
    await connect();
    expect(JSON.parse((await row()).granted_scopes).sort()).toEqual(["ACTIVITY_EXPORT", "HISTORICAL_DATA_EXPORT"]);
    const asked = () =>
      [...new Set(sim.control.calls({ path: /\/backfill\// }).map(({ path }) => path.split("/backfill/")[1]!))].sort();
    expect(asked()).toEqual(["activities", "activityDetails", "moveiq"]);
    sim.control.configure("garmin", { granted: { [who()]: ["HEALTH_EXPORT", "HISTORICAL_DATA_EXPORT"] } });
    await later(MINUTE);
    await later(5 * MINUTE);
    expect(asked()).toContain("sleeps");
    expect(await w.rows("SELECT stream FROM sync_cursor WHERE stopped = 'scope_missing' ORDER BY 1")).toEqual(
      ["activities", "activity_details", "move_iq"].map((stream) => ({ stream: `${stream}:history` })),
    );
  }, 30_000);

  it("is asked for again from the earliest instant, where a month is shorter than we thought", async () => {
    // A month before the middle of March is the middle of February, 28 days.
    await start("2.0", Date.UTC(2026, 2, 15, 12), 5);
    await connect();
    for (let i = 0; i < 3; i++) await later(2 * MINUTE);
    const sleeps = sim.control.calls({ path: /\/backfill\/sleeps$/ });
    expect(sleeps.map(({ status }) => status)).toEqual([400, 202]);
    expect(new URLSearchParams(sleeps[1]!.query).get("summaryStartTimeInSeconds")).toBe(
      String(Date.UTC(2026, 1, 15, 12) / 1000),
    );
    expect(await w.rows("SELECT stream FROM sync_cursor WHERE backfill_done < 1")).toEqual([]);
    expect(await count("sleep")).toBeGreaterThan(3);
  }, 30_000);
});

describe("records that are sent again", () => {
  let userId: string;
  beforeEach(async () => {
    await start("2.0", NOW, 3);
    sim.control.consent({ scopes: ["ACTIVITY_EXPORT", "HEALTH_EXPORT"] });
    userId = await connect();
  });
  const evening = NOW / 1000 - 3 * 86_400;
  const night = (more: Record<string, unknown>) => ({
    userId,
    calendarDate: "2026-08-30",
    startTimeInSeconds: evening,
    startTimeOffsetInSeconds: 7200,
    durationInSeconds: 25_200,
    validation: "AUTO_FINAL",
    ...more,
  });
  const nights = () =>
    stored("external_id, json_extract(extra, '$.validation'), in_bed_s", "sleep ORDER BY start_time");

  it("grow under their keys, whatever their summary ids", async () => {
    await push({ sleeps: [night({ summaryId: "s1", durationInSeconds: 7200, validation: "AUTO_TENTATIVE" })] });
    await push({ sleeps: [night({ summaryId: "s2" })] });
    // Late, and no better than what is there.
    await push({ sleeps: [night({ summaryId: "s1", durationInSeconds: 7200, validation: "AUTO_TENTATIVE" })] });
    expect(await nights()).toEqual([[String(evening), "AUTO_FINAL", 25_200]]);
    for (const steps of [4000, 9000]) {
      await push({
        dailies: [
          { userId, calendarDate: "2026-08-30", startTimeInSeconds: evening, startTimeOffsetInSeconds: 7200, steps },
        ],
      });
    }
    expect(await stored("date, json_extract(metrics, '$.steps')", "daily WHERE date = '2026-08-30'")).toEqual([
      ["2026-08-30", 9000],
    ]);
  });

  it("replace what they overlap where they are better, and give way where they are not", async () => {
    await push({
      sleeps: [night({ startTimeInSeconds: evening + 600, validation: "AUTO_TENTATIVE", durationInSeconds: 3600 })],
    });
    await push({ sleeps: [night({})] });
    await push({
      sleeps: [night({ startTimeInSeconds: evening + 1200, validation: "AUTO_TENTATIVE", durationInSeconds: 30_000 })],
    });
    expect(await nights()).toEqual([[String(evening), "AUTO_FINAL", 25_200]]);
    await push({ sleeps: [night({ startTimeInSeconds: evening - 60, durationInSeconds: 25_260 })] });
    expect(await nights()).toEqual([[String(evening - 60), "AUTO_FINAL", 25_260]]);
    // What the person set last counts, though it is shorter.
    await push({
      sleeps: [night({ startTimeInSeconds: evening + 900, validation: "MANUAL", durationInSeconds: 20_000 })],
    });
    await push({
      sleeps: [night({ startTimeInSeconds: evening + 1800, validation: "MANUAL", durationInSeconds: 18_000 })],
    });
    expect(await nights()).toEqual([[String(evening + 1800), "MANUAL", 18_000]]);
    expect(await count("tombstone WHERE kind = 'sleep'")).toBe(4);
  });

  it("leave a nap within a night, and the night around a nap", async () => {
    const naps = [
      {
        napStartTimeInSeconds: evening + 3600,
        napDurationInSeconds: 1200,
        napOffsetInSeconds: 7200,
        napValidation: "MANUAL",
      },
    ];
    await push({ sleeps: [night({ naps })] });
    await push({ sleeps: [night({ naps: [{ ...naps[0], napDurationInSeconds: 1500 }] })] });
    expect(await stored("external_id, type, in_bed_s", "sleep ORDER BY start_time")).toEqual([
      [String(evening), "main", 25_200],
      [String(evening + 3600), "nap", 1500],
    ]);
  });

  it("write nothing where they are the same", async () => {
    const body = {
      sleeps: [night({})],
      activities: [
        { userId, activityId: 1, activityType: "RUNNING", startTimeInSeconds: evening, durationInSeconds: 600 },
      ],
    };
    await push(body);
    const versions = () => stored("version", "sleep UNION ALL SELECT version FROM activity");
    const before = await versions();
    await push(body);
    expect(await versions()).toEqual(before);
  });

  it("of an activity that was edited count, though its details came before", async () => {
    const summary = {
      activityType: "RUNNING",
      activityName: "Run",
      startTimeInSeconds: evening,
      durationInSeconds: 600,
      distanceInMeters: 2000,
    };
    const samples = [0, 600].map((s) => ({
      startTimeInSeconds: evening + s,
      clockDurationInSeconds: s,
      movingDurationInSeconds: s,
      heartRate: 140,
    }));
    await push({ activityDetails: [{ userId, summaryId: "1-detail", activityId: 1, summary, samples }] });
    await push({
      manuallyUpdatedActivities: [{ userId, summaryId: "1", ...summary, activityName: "Race", distanceInMeters: 2100 }],
    });
    expect(await stored("name, distance_m, moving_s", "activity")).toEqual([["Race", 2100, 600]]);
    expect(await stored("points", "track")).toEqual([[2]]);
  });

  it("of several sports count once", async () => {
    const leg = {
      userId,
      startTimeInSeconds: evening,
      durationInSeconds: 600,
      distanceInMeters: 1000,
      parentSummaryId: "9",
    };
    await push({
      activities: [
        { ...leg, activityId: 10, activityType: "RUNNING" },
        { ...leg, activityId: 11, activityType: "CYCLING", startTimeInSeconds: evening + 600 },
        {
          userId,
          activityId: 9,
          activityType: "MULTI_SPORT",
          isParent: true,
          startTimeInSeconds: evening,
          durationInSeconds: 1200,
          distanceInMeters: 2000,
        },
      ],
    });
    const { data } = (await (
      await w.request("/api/v1/activities", { headers: { "x-api-key": await w.key(owner) } })
    ).json()) as { data: { external_id: string; duplicate_of: string | null }[] };
    expect(data.map(({ external_id, duplicate_of }) => [external_id, duplicate_of]).sort()).toEqual([
      ["10", null],
      ["11", null],
      ["9", null],
    ]);
  });
});

describe("by a personal key", () => {
  beforeEach(() => start("2.0"));

  it("brings what there is by asking, then what is new, without any application of ours", async () => {
    hurry(w);
    Object.assign(w.env, { GARMIN_CLIENT_ID: null, GARMIN_CLIENT_SECRET: null });
    const { key } = sim.control.issueKey("garmin", who(), { days: 30 });
    const posted = await browser.form("/dashboard/settings/sources/garmin/key", { key, days: "30" });
    expect(posted.status).toBe(303);
    expect(await row()).toMatchObject({ status: "active", grant_kind: "api_key" });
    const there = inLife(0).map((one) => one.ids.garmin);
    await drain(
      async () =>
        (await ids()).length === there.length &&
        (await count("sleep WHERE type = 'main'")) > 15 &&
        (await count("daily WHERE json_extract(metrics, '$.resting_heart_rate_bpm') > 0")) > 20,
    );
    expect(await ids()).toEqual(there.sort());
    expect((await stored("DISTINCT metric", "series ORDER BY 1")).flat()).toEqual(
      expect.arrayContaining(["heart_rate_bpm", "hrv_rmssd_ms"]),
    );
    expect(await w.rows("SELECT stream FROM sync_cursor WHERE stream NOT LIKE 'personal_%'")).toEqual([]);

    const added = await sim.control.addActivity(who(), {
      sport: "run",
      start: w.context.now() - 2 * HOUR,
      duration_s: 2400,
    });
    const arrived = async () => (await ids()).includes(added.ids.garmin!);
    await later(HOUR + MINUTE, arrived);
    expect(await arrived()).toBe(true);

    expect((await browser.json("DELETE", "/api/connections/garmin")).status).toBe(204);
    await drain();
    expect(await row()).toMatchObject({ status: "revoked", grant: null });
    expect(sim.control.calls({ path: "/wellness-api/rest/user/registration" })).toEqual([]);
  }, 60_000);
});
