import { readFileSync } from "node:fs";
import { URL } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { createSimulator, type Simulator } from "../../app.ts";
import { PROVIDERS } from "../index.ts";
import { signature } from "./hooks.ts";

const NOW = Date.parse("2026-11-24T22:01:00Z");
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const HOST = "http://localhost:8788/api.prod.whoop.com";
const REDIRECT = "https://app.example/cb";
const READS = ["recovery", "cycles", "sleep", "workout", "profile", "body_measurement"].map((one) => `read:${one}`);
const ALL = ["offline", ...READS].join(" ");
// biome-ignore lint/suspicious/noExplicitAny: answers are compared as they come
type Json = any;
const fixture = (name: string): Json =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8"));
const errors: Json[] = fixture("errors_composed");
const error = (what: string) => errors.find((one) => one.what.startsWith(what));

let simulator: Simulator;
let now: number;
let received: { headers: Headers; body: string }[];
let answers: number[];

beforeEach(() => {
  [now, received, answers] = [NOW, [], []];
  simulator = createSimulator({
    now: () => now,
    consent: "auto",
    async fetch(request) {
      received.push({ headers: request.headers, body: await request.text() });
      return new Response(null, { status: answers.shift() ?? 200 });
    },
  });
});

const client = { client_id: "app", client_secret: "shh" };
const authorize = (more: Record<string, string> = {}) => {
  const asked = {
    client_id: "app",
    redirect_uri: REDIRECT,
    response_type: "code",
    state: "12345678",
    scope: ALL,
    ...more,
  };
  return simulator.app.request(`${HOST}/oauth/oauth2/auth?${new URLSearchParams(asked)}`);
};
const returned = async (more: Record<string, string> = {}): Promise<Record<string, string>> => {
  const answer = await authorize(more);
  expect(answer.status).toBe(302);
  return Object.fromEntries(new URL(answer.headers.get("location")!).searchParams);
};
const post = (form: Record<string, string>, headers: Record<string, string> = {}) =>
  simulator.app.request(`${HOST}/oauth/oauth2/token`, { method: "POST", body: new URLSearchParams(form), headers });
const exchange = (code: string, more: Record<string, string> = {}) =>
  post({ ...client, grant_type: "authorization_code", code, redirect_uri: REDIRECT, ...more });
const refresh = (refresh_token: string, more: Record<string, string> = {}) =>
  post({ ...client, grant_type: "refresh_token", refresh_token, scope: "offline", ...more });
const connect = async (scope = ALL): Promise<Json> => (await exchange((await returned({ scope })).code!)).json();
const get = (token: string, path: string, query: Record<string, string> = {}) =>
  simulator.app.request(`${HOST}/developer${path}?${new URLSearchParams(query)}`, {
    headers: { authorization: `Bearer ${token}` },
  });
const read = async (token: string, path: string, query: Record<string, string> = {}): Promise<Json> => {
  const answer = await get(token, path, query);
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.json();
};
const all = async (token: string, path: string, query: Record<string, string> = {}): Promise<Json[]> => {
  const made: Json[] = [];
  let nextToken: string | null = null;
  do {
    const page: Json = await read(token, path, { limit: "25", ...query, ...(nextToken && { nextToken }) });
    made.push(...page.records);
    nextToken = page.next_token;
  } while (nextToken);
  return made;
};
const refused = async (answer: Response): Promise<{ status: number; body: Json }> => ({
  status: answer.status,
  body: await answer.json(),
});

/** Keys of the fixture that ours lacks or whose type differs; null goes with everything. */
function differing(real: Json, ours: Json, path = ""): string[] {
  if (real === null || ours === null) return ours === undefined ? [path] : [];
  if (Array.isArray(real)) return real.length && ours.length ? differing(real[0], ours[0], `${path}[0]`) : [];
  if (typeof real !== "object") return typeof real === typeof ours ? [] : [path];
  return Object.keys(real).flatMap((key) =>
    ours?.[key] === undefined ? [`${path}.${key}`] : differing(real[key], ours[key], `${path}.${key}`),
  );
}

it("is among those that are played", () => {
  expect(PROVIDERS.map((create) => create.name)).toContain("whoop");
});

describe("authorisation", () => {
  it("comes back with code, scope and state", async () => {
    expect(await returned()).toEqual({ code: expect.stringMatching(/^[\w-]{43}$/), scope: ALL, state: "12345678" });
    simulator.control.consent({ scopes: ["read:sleep"] });
    expect((await returned()).scope).toBe("offline read:sleep");
    simulator.control.consent({ deny: true });
    expect(await returned()).toMatchObject({ error: "access_denied", state: "12345678" });
  });

  it("wants a state of eight characters", async () => {
    const { location_query } = error("authorize with a state");
    expect(await returned({ state: "1234567" })).toEqual({ ...location_query, state: "1234567" });
    expect(await returned({ state: "" })).toEqual(location_query);
  });

  it("refuses what it does not know: at its own page where it cannot tell whom to answer", async () => {
    expect(await returned({ scope: "read:steps" })).toMatchObject({ error: "invalid_scope" });
    expect(await returned({ response_type: "token" })).toMatchObject({ error: "unsupported_response_type" });
    simulator.control.configure("whoop", { clients: ["app"], redirect_uris: [REDIRECT] });
    expect((await authorize({ client_id: "other" })).status).toBe(401);
    expect((await authorize({ redirect_uri: `${REDIRECT}/` })).status).toBe(400);
    expect((await authorize()).status).toBe(302);
  });

  it("asks on a page, whose boxes count", async () => {
    simulator.control.consent("page");
    const page = await (await authorize()).text();
    expect(page).toContain('name="scope" value="read:cycles" checked');
    const form = new URLSearchParams([
      ["decision", "grant"],
      ["person", "jonas"],
      ["scope", "read:sleep"],
    ]);
    const query = new URLSearchParams({
      ...client,
      redirect_uri: REDIRECT,
      response_type: "code",
      state: "12345678",
      scope: ALL,
    });
    const ask = (body: URLSearchParams) =>
      simulator.app.request(`${HOST}/oauth/oauth2/auth?${query}`, { method: "POST", body });
    const to = new URL((await ask(form)).headers.get("location")!);
    expect(to.searchParams.get("scope")).toBe("offline read:sleep");
    const { access_token } = (await (await exchange(to.searchParams.get("code")!)).json()) as Json;
    expect((await get(access_token, "/v2/activity/sleep")).status).toBe(200);
    expect((await get(access_token, "/v2/cycle")).status).toBe(401);
    const cancelled = await ask(new URLSearchParams({ decision: "cancel" }));
    expect(new URL(cancelled.headers.get("location")!).searchParams.get("error")).toBe("access_denied");
  });
});

describe("tokens", () => {
  it("are answered as the real one does, without a refresh token where `offline` was not asked for", async () => {
    const body = await connect();
    expect(differing(fixture("token_response_composed"), body)).toEqual([]);
    expect(body).toMatchObject({ expires_in: 3600, token_type: "bearer", scope: ALL });
    expect(await connect("read:sleep")).not.toHaveProperty("refresh_token");
  });

  it("come once for a code, and its second use ends them", async () => {
    const { code } = await returned();
    const { access_token } = (await (await exchange(code!)).json()) as Json;
    expect(await refused(await exchange(code!))).toMatchObject({
      status: 400,
      body: error("refresh token spent").body,
    });
    expect((await get(access_token, "/v2/cycle")).status).toBe(401);
  });

  it("want the same address, a code not too old, and the client in the body", async () => {
    const invalid = { status: 400, body: error("refresh token spent").body };
    expect(await refused(await exchange((await returned()).code!, { redirect_uri: `${REDIRECT}2` }))).toEqual(invalid);
    const { code } = await returned();
    now += 601_000;
    expect(await refused(await exchange(code!))).toEqual(invalid);
    const malformed = { status: 400, body: error("missing or malformed").body };
    expect(await refused(await post({ ...client, grant_type: "authorization_code" }))).toEqual(malformed);
    expect(await refused(await post(client))).toEqual(malformed);
    const wrong = { status: 401, body: error("wrong client secret").body };
    await connect();
    expect(await refused(await refresh("x", { client_secret: "other" }))).toEqual(wrong);
    const basic = { authorization: `Basic ${btoa("app:shh")}` };
    expect(await refused(await post({ grant_type: "refresh_token", refresh_token: "x" }, basic))).toEqual(wrong);
  });

  it("rotate: both old ones are dead at once, and the old refresh token again ends the new pair", async () => {
    const first = await connect();
    const second = (await (await refresh(first.refresh_token)).json()) as Json;
    expect(second.scope).toBe(ALL);
    expect((await get(first.access_token, "/v2/cycle")).status).toBe(401);
    expect((await get(second.access_token, "/v2/cycle")).status).toBe(200);
    expect((await refresh(first.refresh_token)).status).toBe(400);
    expect((await get(second.access_token, "/v2/cycle")).status).toBe(401);
    expect((await refresh(second.refresh_token)).status).toBe(400);
  });

  it("are the last where `offline` is not asked for again, and never more than was granted", async () => {
    const first = await connect("offline read:sleep");
    expect((await refused(await refresh(first.refresh_token, { scope: "offline read:cycles" }))).body.error).toBe(
      "invalid_scope",
    );
    expect((await refused(await refresh(first.refresh_token, { scope: "" }))).body).not.toHaveProperty("refresh_token");
  });

  it("expire after an hour, and end with the person's wish or the application's", async () => {
    const { access_token, refresh_token } = await connect();
    now += HOUR;
    const answer = await get(access_token, "/v2/cycle");
    expect([answer.status, await answer.text()]).toEqual([401, error("access token invalid").body]);
    const again = (await (await refresh(refresh_token)).json()) as Json;
    const bearer = { headers: { authorization: `Bearer ${again.access_token}` } };
    const revoke = () => simulator.app.request(`${HOST}/developer/v2/user/access`, { method: "DELETE", ...bearer });
    expect((await revoke()).status).toBe(204);
    expect((await revoke()).status).toBe(401);
    expect((await refresh(again.refresh_token)).status).toBe(400);
    const other = await connect();
    expect(await simulator.control.revoke("whoop", "mira")).toBe(1);
    expect((await get(other.access_token, "/v2/cycle")).status).toBe(401);
  });
});

describe("records", () => {
  it.each([
    ["/v2/cycle", "cycle_docs_example"],
    ["/v2/cycle", "cycle_open_composed"],
    ["/v2/recovery", "recovery_docs_example"],
    ["/v2/recovery", "recovery_composed"],
    ["/v2/activity/sleep", "sleep_docs_example"],
    ["/v2/activity/sleep", "sleep_night_and_nap_composed"],
    ["/v2/activity/workout", "workout_docs_example"],
    ["/v2/activity/workout", "workout_live_tennis"],
    ["/v2/activity/workout", "workout_slugs_composed"],
  ])("of %s have the keys and types of %s", async (path, name) => {
    const { access_token } = await connect();
    const page = await read(access_token, path, { end: "2026-11-20T00:00:00Z", limit: "25" });
    const scored = page.records.find((one: Json) => one.score_state === "SCORED");
    expect(differing(fixture(name).records[0], scored)).toEqual([]);
    expect(page.next_token).toEqual(expect.any(String));
  });

  it("of the person have the documented keys and types", async () => {
    const { access_token } = await connect();
    expect(differing(fixture("profile_composed"), await read(access_token, "/v2/user/profile/basic"))).toEqual([]);
    expect(
      differing(fixture("body_measurement_docs_example"), await read(access_token, "/v2/user/measurement/body")),
    ).toEqual([]);
    const [sleep] = (await read(access_token, "/v2/activity/sleep")).records;
    const old = Number.parseInt(sleep.id.slice(0, 8), 16);
    expect(await read(access_token, `/v1/activity-mapping/${old}`)).toEqual({ v2_activity_id: sleep.id });
  });

  it("of somebody new are none", async () => {
    simulator.control.consent({ person: "ada" });
    const { access_token } = await connect();
    for (const path of ["/v2/cycle", "/v2/recovery", "/v2/activity/sleep", "/v2/activity/workout"]) {
      expect(await read(access_token, path)).toEqual(fixture("collection_empty_composed"));
    }
  });

  it("of two years belong together: each recovery to its sleep, each sleep to its cycle, and all are the same each time", async () => {
    simulator.control.configure("whoop", { limits: [1000, 10_000] });
    const { access_token } = await connect();
    const [cycles, recoveries, sleeps] = await Promise.all(
      ["/v2/cycle", "/v2/recovery", "/v2/activity/sleep"].map((path) => all(access_token, path)),
    );
    expect(cycles!.length).toBeGreaterThan(720);
    expect(recoveries!.length).toBeGreaterThan(660);
    const byId = new Map(sleeps!.map((one) => [one.id, one]));
    expect(byId.size).toBe(sleeps!.length);
    for (const one of recoveries!) expect(byId.get(one.sleep_id)).toMatchObject({ cycle_id: one.cycle_id, nap: false });
    const open = cycles!.filter(({ end }) => !end);
    expect(open).toEqual([cycles![0]]);
    const byCycle = new Map(cycles!.map((one) => [one.id, one]));
    for (const one of sleeps!) expect(byCycle.has(one.cycle_id)).toBe(true);
    for (let i = 1; i < cycles!.length; i++) expect(cycles![i].end).toBe(cycles![i - 1].start);
    const states = new Set(sleeps!.map(({ score_state }) => score_state));
    expect(states).toContain("UNSCORABLE");
    const empty = cycles!.filter(({ score }) => score.strain === 0);
    expect(empty[0].score).toEqual({ strain: 0, kilojoule: 0, average_heart_rate: 0, max_heart_rate: 0 });
    expect(await all(access_token, "/v2/activity/sleep")).toEqual(sleeps);
  });

  it("are those activities that were worn, seconds apart from other providers'", async () => {
    const { access_token } = await connect();
    const workouts = await all(access_token, "/v2/activity/workout");
    const lived = simulator.control.activities("mira").filter(({ manual, copy_of }) => !manual && copy_of === null);
    expect(new Set(workouts.map(({ id }) => id))).toEqual(new Set(lived.map(({ ids }) => ids.whoop)));
    for (const { ids, start, elapsed_s } of lived.slice(-40)) {
      const one = workouts.find(({ id }) => id === ids.whoop);
      expect(Math.abs(Date.parse(one.start) - Date.parse(start))).toBeLessThan(10_000);
      expect(Math.abs(Date.parse(one.end) - Date.parse(one.start) - elapsed_s * 1000)).toBeLessThan(10_000);
    }
    const { zone_durations } = workouts.find(({ score }) => score).score;
    const whole = workouts.find(({ score }) => score);
    const sum = Object.values<number>(zone_durations).reduce((a, b) => a + b, 0);
    expect(sum).toBe(Date.parse(whole.end) - Date.parse(whole.start));
  });

  it("wait ten minutes for their score, without one or with null", async () => {
    const { access_token } = await connect();
    const late = await simulator.control.addActivity("mira", {
      sport: "run",
      start: NOW - 1_900_000,
      duration_s: 1500,
    });
    const one = () => read(access_token, `/v2/activity/workout/${late.ids.whoop}`);
    const pending = await one();
    expect(pending.score_state).toBe("PENDING_SCORE");
    expect(pending.score ?? null).toBeNull();
    now += 700_000;
    expect((await one()).score_state).toBe("SCORED");
    expect((await get(access_token, "/v2/activity/workout/6ac2d7c5-6971-508e-99ba-adba84bb5deb")).status).toBe(404);
  });

  it("by a cycle's number are its sleep and its recovery; a recovery has no number of its own", async () => {
    const { access_token } = await connect();
    const [recovery] = (await read(access_token, "/v2/recovery")).records;
    const cycle = `/v2/cycle/${recovery.cycle_id}`;
    expect((await read(access_token, cycle)).id).toBe(recovery.cycle_id);
    expect((await read(access_token, `${cycle}/sleep`)).id).toBe(recovery.sleep_id);
    expect(await read(access_token, `${cycle}/recovery`)).toEqual(recovery);
    expect((await get(access_token, `/v2/recovery/${recovery.cycle_id}`)).status).toBe(404);
    expect((await get(access_token, "/v2/cycle/1")).status).toBe(404);
  });
});

describe("a list", () => {
  it("has ten records unless told otherwise, and 25 at most", async () => {
    const { access_token } = await connect();
    expect((await read(access_token, "/v2/cycle")).records).toHaveLength(10);
    expect((await read(access_token, "/v2/cycle", { limit: "25" })).records).toHaveLength(25);
    for (const limit of ["26", "0", "x"]) {
      const answer = await get(access_token, "/v2/cycle", { limit });
      expect([answer.status, await answer.text()]).toEqual([400, ""]);
    }
    expect((await get(access_token, "/v2/cycle", { start: "yesterday" })).status).toBe(400);
  });

  it("goes on by `nextToken`, with the same start and end only", async () => {
    const { access_token } = await connect();
    const query = { start: "2026-10-01T00:00:00.000Z", end: "2026-11-01T00:00:00.000Z" };
    const first = await read(access_token, "/v2/activity/sleep", query);
    const nextToken = first.next_token;
    const second = await read(access_token, "/v2/activity/sleep", { ...query, nextToken });
    expect(Date.parse(second.records[0].start)).toBeLessThan(Date.parse(first.records.at(-1).start));
    expect((await get(access_token, "/v2/activity/sleep", { start: query.start, nextToken })).status).toBe(400);
    expect((await get(access_token, "/v2/cycle", { ...query, nextToken })).status).toBe(400);
    expect((await read(access_token, "/v2/activity/sleep", { ...query, next_token: nextToken })).records).toEqual(
      first.records,
    );
  });

  it("shows what touches either edge of the window", async () => {
    const { access_token } = await connect();
    const [one] = (await read(access_token, "/v2/activity/sleep", { end: "2026-11-20T00:00:00Z" })).records;
    const middle = (Date.parse(one.start) + Date.parse(one.end)) / 2;
    const window = { start: new Date(middle).toISOString(), end: new Date(middle + 60_000).toISOString() };
    expect((await read(access_token, "/v2/activity/sleep", window)).records).toEqual([one]);
  });
});

describe("limits", () => {
  it("are told on each answer and refuse above them, for all people of an application", async () => {
    const mira = await connect();
    simulator.control.consent({ person: "jonas" });
    const jonas = await connect();
    const told = error("rate limit").headers;
    const first = await get(mira.access_token, "/v2/user/profile/basic");
    expect(first.headers.get("x-ratelimit-limit")).toBe(told["X-RateLimit-Limit"]);
    expect(first.headers.get("x-ratelimit-remaining")).toBe("99");
    now += 37_000;
    for (let i = 0; i < 99; i++) await get(jonas.access_token, "/v2/user/profile/basic");
    const refusal = await get(mira.access_token, "/v2/user/profile/basic");
    expect(refusal.status).toBe(429);
    for (const [name, value] of Object.entries(told)) expect([name, refusal.headers.get(name)]).toEqual([name, value]);
    expect(refusal.headers.has("retry-after")).toBe(false);
    now += 23_000;
    expect((await get(mira.access_token, "/v2/user/profile/basic")).status).toBe(200);
    simulator.control.configure("whoop", { limits: [1000, 150] });
    const nearest = await get(mira.access_token, "/v2/user/profile/basic");
    expect(nearest.headers.get("x-ratelimit-limit")).toBe("150, 1000;window=60, 150;window=86400");
  });

  it("of a membership that has ended are a 403", async () => {
    const { access_token } = await connect();
    simulator.control.configure("whoop", { inactive: ["mira"] });
    expect(await refused(await get(access_token, "/v2/cycle"))).toEqual({
      status: 403,
      body: error("membership inactive").body,
    });
  });
});

describe("webhooks", () => {
  const events = () => received.map(({ body }) => JSON.parse(body));
  const start = async () => {
    simulator.control.configure("whoop", { webhook_urls: ["https://app.example/hook"] });
    return connect();
  };

  it("are signed as the fixtures are", async () => {
    const { client_secret, events: given } = fixture("webhook_events_composed");
    for (const { headers, raw_body, expect: outcome } of given) {
      const made = await signature(client_secret, headers["X-WHOOP-Signature-Timestamp"] + raw_body);
      expect(made === headers["X-WHOOP-Signature"]).toBe(!outcome.startsWith("reject"));
    }
  });

  it("tell of workouts that come, change and go", async () => {
    const { access_token } = await start();
    const { user_id } = await read(access_token, "/v2/user/profile/basic");
    const made = await simulator.control.addActivity("mira", { sport: "run", start: NOW - 2 * HOUR, duration_s: 1800 });
    await simulator.control.editActivity("mira", made.key, { sport: "hike" });
    await simulator.control.deleteActivity("mira", made.key);
    expect(events()).toEqual(
      ["updated", "updated", "deleted"].map((what) => ({
        user_id,
        id: made.ids.whoop,
        type: `workout.${what}`,
        trace_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      })),
    );
    const { headers, body } = received[0]!;
    expect(headers.get("x-whoop-signature-timestamp")).toBe(String(NOW));
    expect(headers.get("x-whoop-signature")).toBe(await signature("shh", NOW + body));
    const kinds = fixture("webhook_events_composed").events.map((one: Json) => JSON.parse(one.raw_body));
    expect(differing(kinds[0], events()[0])).toEqual([]);
  });

  it("tell of a night and its recovery, by the sleep's id, when they are there and when they are scored", async () => {
    await start();
    now += DAY;
    await simulator.control.tick();
    const { access_token: fresh } = await connect();
    const [recovery] = (await read(fresh, "/v2/recovery")).records;
    const types = events()
      .filter(({ id }) => id === recovery.sleep_id)
      .map(({ type }) => type);
    expect(new Set(types)).toEqual(new Set(["sleep.updated", "recovery.updated"]));
    simulator.control.configure("whoop", { edit_sleep: { person: "mira", key: "2026-11-25/s0", end: null } });
    await expect.poll(() => events().map(({ type }) => type)).toContain("recovery.deleted");
    expect((await get(fresh, `/v2/activity/sleep/${recovery.sleep_id}`)).status).toBe(404);
  });

  it("are not for whom has granted nothing", async () => {
    simulator.control.configure("whoop", { webhook_urls: ["https://app.example/hook"] });
    await simulator.control.addActivity("mira", { sport: "run", start: NOW - 2 * HOUR, duration_s: 1800 });
    expect(received).toEqual([]);
  });
});
