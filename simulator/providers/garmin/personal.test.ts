import { beforeEach, describe, expect, it } from "vitest";
import { createSimulator, type Simulator } from "../../app.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are compared as they come
type Json = any;
const NOW = Date.parse("2026-11-24T15:00:00Z");
const HOST = "http://localhost:8788/personal.connectapi.garmin.com";
const PAGE = "http://localhost:8788/connect.garmin.com/app/settings/personalApiToken";
let now: number;
let simulator: Simulator;
let token: string;

const exchange = (key: string) =>
  simulator.app.request(`${HOST}/personalapitoken-service/personal-api/personal-api-key/token`, {
    method: "POST",
    headers: { authorization: `ApiKey ${key}` },
  });
const bearerOf = async (key: string) => ((await (await exchange(key)).json()) as Json).access_token as string;
const get = (path: string, bearer = token) =>
  simulator.app.request(HOST + path, { headers: { authorization: `Bearer ${bearer}` } });
const read = async (path: string): Promise<Json> => (await get(path)).json();

beforeEach(async () => {
  now = NOW;
  simulator = createSimulator({ now: () => now });
  token = await bearerOf(simulator.control.issueKey("garmin", "mira", { days: 30 }).key);
});

describe("a personal key", () => {
  it("is made on the settings page and shown there once", async () => {
    expect(await (await simulator.app.request(PAGE)).text()).toContain('value="365"');
    const body = new URLSearchParams({ person: "jonas", days: "30" });
    const page = await (await simulator.app.request(PAGE, { method: "POST", body })).text();
    const key = /<code>([\w-]+)<\/code>/.exec(page)![1]!;
    expect((await get("/activitylist-service/activities/search/activities", await bearerOf(key))).status).toBe(200);
    expect(await (await simulator.app.request(PAGE)).text()).not.toContain(key);
    expect(JSON.stringify(simulator.control.people())).not.toContain(key);
  });

  it("ends by time, by a newer one and by revoking; its bearer ends after a day or with it", async () => {
    const made = await simulator.app.request("http://localhost:8788/control/keys/garmin/mira", {
      method: "POST",
      body: JSON.stringify({ days: 30 }),
    });
    const { key, expires_at } = (await made.json()) as Json;
    expect([made.status, expires_at]).toEqual([201, NOW / 1000 + 30 * 86_400]);
    expect((await get("/hrv-service/hrv/2026-11-20")).status).toBe(401);
    token = await bearerOf(key);
    expect((await get("/hrv-service/hrv/2026-11-20")).status).toBe(200);
    now += 86_400_000;
    expect((await get("/hrv-service/hrv/2026-11-20")).status).toBe(401);
    expect((await exchange(key)).status).toBe(200);
    now += 29 * 86_400_000;
    expect((await exchange(key)).status).toBe(401);
    const other = simulator.control.issueKey("garmin", "mira").key;
    await simulator.control.revoke("garmin", "mira");
    expect((await exchange(other)).status).toBe(401);
  });
});

describe("personal reads", () => {
  it("page activities newest first by local date", async () => {
    const path = "/activitylist-service/activities/search/activities";
    const all = await read(`${path}?limit=1000&startDate=2026-10-20&endDate=2026-11-20`);
    const first = await read(`${path}?limit=10&startDate=2026-10-20&endDate=2026-11-20`);
    const second = await read(`${path}?limit=10&start=10&startDate=2026-10-20&endDate=2026-11-20`);
    expect([...first, ...second]).toEqual(all.slice(0, 20));
    expect(await read(path)).toHaveLength(20);
    for (const { startTimeLocal } of all) {
      expect(startTimeLocal.slice(0, 10) >= "2026-10-20" && startTimeLocal.slice(0, 10) <= "2026-11-20").toBe(true);
    }
    const starts = all.map((one: Json) => one.beginTimestamp);
    expect(starts).toEqual([...starts].sort((a, b) => b - a));
    const one = all[3];
    expect(Date.parse(`${one.startTimeGMT.replace(" ", "T")}Z`)).toBe(one.beginTimestamp);
    expect(await read(`/activity-service/activity/${one.activityId}`)).toMatchObject({
      activityId: one.activityId,
      summaryDTO: { distance: one.distance },
    });
    expect((await get("/activity-service/activity/1")).status).toBe(404);
  });

  it("are the same activities as in the partner programme, by the same numbers", async () => {
    const ids = simulator.control.activities("mira").map((one) => one.ids.garmin);
    const listed = await read("/activitylist-service/activities/search/activities?limit=30&excludeChildren=true");
    for (const { activityId } of listed) expect(ids).toContain(String(activityId));
  });

  it("refuse windows that are too long, paths that are not allowed, and strangers", async () => {
    const statuses = await Promise.all(
      [
        "/usersummary-service/stats/steps/daily/2026-10-28/2026-11-24",
        "/usersummary-service/stats/steps/daily/2026-10-27/2026-11-24",
        "/usersummary-service/stats/stress/daily/2026-10-25/2026-11-24",
        "/hrv-service/hrv/daily/2026-10-21/2026-11-24",
        "/hrv-service/hrv/daily/2026-10-20/2026-11-24",
        "/sleep-service/sleep/dailySleepSummariesByDate?startDate=2026-10-25&endDate=2026-11-24",
        "/sleep-service/sleep/dailySleepSummariesByDate?startDate=2026-10-21&endDate=2026-11-24",
        "/usersummary-service/usersummary/daily?calendarDate=yesterday",
        "/device-service/devices",
        "/wellness-service/wellness/nothing",
      ].map(async (path) => (await get(path)).status),
    );
    expect(statuses).toEqual([200, 400, 400, 200, 400, 200, 400, 400, 404, 404]);
    expect((await get("/hrv-service/hrv/2026-11-20", "other")).status).toBe(401);
  });

  it("answer 204, null or a list without the day where there is nothing", async () => {
    expect((await get("/hrv-service/hrv/2020-01-01")).status).toBe(204);
    expect((await get("/sleep-service/sleep/dailySleepData?date=2020-01-01")).status).toBe(204);
    expect(await read("/usersummary-service/usersummary/daily?calendarDate=2020-01-01")).toBeNull();
    expect(await read("/usersummary-service/stats/steps/daily/2020-01-01/2020-01-05")).toEqual([]);
    expect(await read("/usersummary-service/stats/hydration/daily/2026-11-01/2026-11-05")).toEqual([]);
  });

  it("agree with each other and show both offsets of a night", async () => {
    const [night] = await read(
      "/sleep-service/sleep/dailySleepSummariesByDate?startDate=2026-11-20&endDate=2026-11-20",
    );
    const { dailySleepDTO: detail, sleepLevels } = await read("/sleep-service/sleep/dailySleepData?date=2026-11-20");
    expect(detail).toEqual(night);
    expect(detail.sleepStartTimestampLocal - detail.sleepStartTimestampGMT).toBe(3600_000);
    const { sleepTimeSeconds, awakeSleepSeconds, unmeasurableSleepSeconds } = detail;
    expect((detail.sleepEndTimestampGMT - detail.sleepStartTimestampGMT) / 1000).toBe(
      sleepTimeSeconds + awakeSleepSeconds + unmeasurableSleepSeconds,
    );
    expect(`${sleepLevels[0].startGMT}Z`).toBe(
      `${new Date(detail.sleepStartTimestampGMT).toISOString().slice(0, 19)}.0Z`,
    );
    const day = await read("/usersummary-service/usersummary/daily?calendarDate=2026-11-20");
    const [steps] = await read("/usersummary-service/stats/steps/daily/2026-11-20/2026-11-20");
    expect(steps.totalSteps).toBe(day.totalSteps);
    const heart = await read("/wellness-service/wellness/dailyHeartRate?date=2026-11-20");
    expect(heart.heartRateValues).toHaveLength(720);
    expect(heart.restingHeartRate).toBe(day.restingHeartRate);
  });

  it("take eleven at once; the others are told to wait", async () => {
    const many = await Promise.all(Array.from({ length: 13 }, () => get("/hrv-service/hrv/2026-11-20")));
    const refused = many.filter((one) => one.status === 429);
    expect(refused).toHaveLength(2);
    expect(refused[0]!.headers.get("retry-after")).toBe("14");
    expect((await get("/hrv-service/hrv/2026-11-20")).status).toBe(200);
  });
});
