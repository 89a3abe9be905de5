import { beforeEach, describe, expect, it } from "vitest";
import { createSimulator, type Simulator } from "./app.ts";
import { person } from "./person.ts";

const NOW = Date.parse("2026-11-24T22:00:00Z");
const LIST = "http://localhost:8788/www.strava.com/api/v3/athlete/activities";
let simulator: Simulator;
let token: { access_token: string; refresh_token: string };

beforeEach(async () => {
  simulator = createSimulator({ now: () => NOW, consent: "auto", users: [person(1, "amy", { months: 1 })] });
  const back = "http://localhost/cb";
  const asked = new URLSearchParams({
    client_id: "1",
    redirect_uri: back,
    response_type: "code",
    scope: "activity:read_all",
  });
  const answer = await simulator.app.request(`http://localhost:8788/www.strava.com/oauth/authorize?${asked}`);
  const code = new URL(answer.headers.get("location")!).searchParams.get("code")!;
  const body = new URLSearchParams({ client_id: "1", client_secret: "s", grant_type: "authorization_code", code });
  const exchanged = await simulator.app.request("http://localhost:8788/www.strava.com/oauth/token", {
    method: "POST",
    body,
  });
  token = (await exchanged.json()) as typeof token;
});

const list = (signal?: AbortSignal) =>
  simulator.fetch(new Request(LIST, { headers: { authorization: `Bearer ${token.access_token}` }, signal }));

describe("the gateway", () => {
  it("serves the real URL and the gateway's form alike, and records both", async () => {
    const headers = { authorization: `Bearer ${token.access_token}` };
    const real = await simulator.fetch(new Request("https://www.strava.com/api/v3/athlete?x=1", { headers }));
    expect(await real.json()).toEqual(
      await (await simulator.app.request("/www.strava.com/api/v3/athlete?x=1", { headers })).json(),
    );
    const calls = simulator.control.calls({ path: "/api/v3/athlete" });
    expect(calls).toHaveLength(2);
    expect(calls[1]).toMatchObject({ method: "GET", host: "www.strava.com", query: "x=1", status: 200 });
    expect(calls[1]!.headers.authorization).toBe(`Bearer ${token.access_token}`);
  });

  it("says 599 to a host it does not play and records that", async () => {
    const answer = await simulator.app.request("/api.example.com/v1/x");
    expect(answer.status).toBe(599);
    expect(simulator.control.calls({ host: "api.example.com" })).toMatchObject([{ path: "/v1/x", status: 599 }]);
    expect((await simulator.app.request("/nothing")).status).toBe(404);
  });
});

describe("faults", () => {
  it("answer with another status, as often as told, after some calls passed", async () => {
    simulator.control.fault({
      kind: "status",
      status: 503,
      body: { m: 1 },
      headers: { "retry-after": "3" },
      path: "/api/v3/*",
      count: 2,
      skip: 1,
    });
    expect((await list()).status).toBe(200);
    const refused = await list();
    expect([refused.status, refused.headers.get("retry-after"), await refused.json()]).toEqual([503, "3", { m: 1 }]);
    expect((await list()).status).toBe(503);
    expect((await list()).status).toBe(200);
    expect(simulator.control.faults()).toEqual([]);
  });

  it("play the provider's own 429", async () => {
    simulator.control.fault({ kind: "rate_limited" });
    const answer = await list();
    expect(answer.status).toBe(429);
    expect(answer.headers.get("x-readratelimit-usage")).toBe("100,1000");
    expect(answer.headers.has("retry-after")).toBe(false);
  });

  it("spoil bodies: cut, truncated, not JSON, empty", async () => {
    const whole = await (await list()).text();
    simulator.control.fault({ kind: "truncated" });
    const short = await (await list()).text();
    expect(whole.startsWith(short.slice(0, 100)) && short.length < whole.length).toBe(true);
    simulator.control.fault({ kind: "invalid_json" });
    await expect((await list()).json()).rejects.toThrow();
    simulator.control.fault({ kind: "empty" });
    expect(await (await list()).text()).toBe("");
    simulator.control.fault({ kind: "cut" });
    await expect((await list()).text()).rejects.toThrow();
  });

  it("hang until the caller leaves or the faults are cleared", async () => {
    simulator.control.fault({ kind: "hang", count: 2 });
    const started = Date.now();
    await expect(list(AbortSignal.timeout(30))).rejects.toThrow();
    const waiting = list();
    setTimeout(() => simulator.control.clearFaults(), 20);
    await expect(waiting).rejects.toThrow("hung");
    expect(Date.now() - started).toBeLessThan(3000);
  });

  it("lose the answer of a refresh that was carried out", async () => {
    const body = () =>
      new URLSearchParams({
        client_id: "1",
        client_secret: "s",
        grant_type: "refresh_token",
        refresh_token: token.refresh_token,
      });
    const refresh = () => simulator.app.request("/www.strava.com/oauth/token", { method: "POST", body: body() });
    simulator.control.expireTokens();
    expect((await list()).status).toBe(401);
    simulator.control.fault({ kind: "lost", how: "drop", contains: "grant_type=refresh_token" });
    await expect(refresh()).rejects.toThrow("lost");
    expect((await refresh()).status).toBe(400);
    expect(simulator.control.calls({ contains: "refresh_token=" }).map((call) => [call.status, call.fault])).toEqual([
      [0, "lost"],
      [400, null],
    ]);
  });
});

describe("control over HTTP", () => {
  const send = (method: string, path: string, body?: unknown) =>
    simulator.app.request(`/control${path}`, { method, body: body === undefined ? undefined : JSON.stringify(body) });

  it("injects and clears faults", async () => {
    expect(await (await send("POST", "/faults", { kind: "status", status: 500, count: 0 })).json()).toEqual({ id: 1 });
    expect((await list()).status).toBe(500);
    expect((await list()).status).toBe(500);
    await send("DELETE", "/faults");
    expect((await list()).status).toBe(200);
  });

  it("adds, edits and deletes an activity, by key or by the provider's id", async () => {
    const given = { sport: "run", start: "2026-11-24T06:00:00Z", duration_s: 1200, distance_m: 4000, name: "Früh" };
    const added = (await (await send("POST", "/people/amy/activities", given)).json()) as {
      key: string;
      ids: { strava: string };
    };
    const names = async () => ((await (await list()).json()) as { name: string }[]).map((one) => one.name);
    expect(await names()).toContain("Früh");
    await send("PATCH", `/people/amy/activities/${added.ids.strava}`, { name: "Spät" });
    expect(await names()).toContain("Spät");
    expect(await names()).not.toContain("Früh");
    await send("DELETE", `/people/amy/activities/${added.key}`);
    expect(await names()).not.toContain("Spät");
    expect((await send("DELETE", "/people/amy/activities/2020-01-01/7")).status).toBe(404);
  });

  it("moves the clock, and refuses pages of other sites", async () => {
    expect(await (await send("PUT", "/clock", { advance_ms: 5000 })).json()).toEqual({ now: NOW + 5000 });
    const foreign = await simulator.app.request("/control/reset", {
      method: "POST",
      headers: { "sec-fetch-site": "cross-site" },
    });
    expect(foreign.status).toBe(403);
  });
});

it("keeps grants and the beginning of history over a restart", async () => {
  let kept: unknown;
  const options = {
    users: [person(1, "amy", { months: 1 })],
    save: (state: unknown) => void (kept = structuredClone(state)),
  };
  const first = createSimulator({ ...options, now: () => NOW, consent: "auto" });
  const asked = "client_id=1&redirect_uri=http://localhost/cb&response_type=code&scope=activity:read";
  const answer = await first.app.request(`/www.strava.com/oauth/authorize?${asked}`);
  const code = new URL(answer.headers.get("location")!).searchParams.get("code")!;
  const body = new URLSearchParams({ client_id: "1", client_secret: "s", grant_type: "authorization_code", code });
  const token = await first.app.request("/www.strava.com/oauth/token", { method: "POST", body });
  const { access_token } = (await token.json()) as { access_token: string };
  const second = createSimulator({ ...options, now: () => NOW + 3600_000, saved: kept });
  const headers = { authorization: `Bearer ${access_token}` };
  const activities = await second.app.request("/www.strava.com/api/v3/athlete/activities", { headers });
  expect(activities.status).toBe(200);
  const later = createSimulator({ ...options, now: () => NOW + 40 * 86_400_000, saved: kept });
  expect(later.control.activities("amy")[0]).toEqual(first.control.activities("amy")[0]);
});
