import { beforeEach, describe, expect, it } from "vitest";
import { createSimulator, type Simulator } from "../../app.ts";
import activitiesPage from "./fixtures/activities_page.json" with { type: "json" };
import detailRun from "./fixtures/activity_detail_run.json" with { type: "json" };
import lapsPage from "./fixtures/activity_laps.json" with { type: "json" };
import athleteFixture from "./fixtures/athlete.json" with { type: "json" };
import streamsFixture from "./fixtures/streams_key_by_type_composed.json" with { type: "json" };
import tokenFixture from "./fixtures/token_authorization_code.json" with { type: "json" };

// Tuesday; the UTC quarter ends at 22:15.
const NOW = Date.parse("2026-11-24T22:01:00Z");
const HOST = "http://localhost:8788/www.strava.com";
const ALL = "read,activity:read_all,profile:read_all";
// biome-ignore lint/suspicious/noExplicitAny: answers are compared as they come
type Json = any;

let simulator: Simulator;
let received: Request[];

beforeEach(() => {
  received = [];
  simulator = createSimulator({
    now: () => NOW,
    consent: "auto",
    fetch: callback,
  });
});

async function callback(request: Request): Promise<Response> {
  received.push(request);
  const challenge = new URL(request.url).searchParams.get("hub.challenge");
  return challenge ? Response.json({ "hub.challenge": challenge }) : new Response("ok");
}

const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  simulator.app.request(HOST + path, { method: "POST", body: new URLSearchParams(form), headers });
const client = { client_id: "42", client_secret: "shh" };

async function authorise(scope = ALL, more: Record<string, string> = {}): Promise<URLSearchParams> {
  const asked = {
    client_id: "42",
    redirect_uri: "http://127.0.0.1:8787/cb",
    response_type: "code",
    state: "s/1",
    scope,
    ...more,
  };
  const answer = await simulator.app.request(`${HOST}/oauth/authorize?${new URLSearchParams(asked)}`);
  expect(answer.status).toBe(302);
  return new URL(answer.headers.get("location")!).searchParams;
}

async function connect(scope = ALL): Promise<Json> {
  const code = (await authorise(scope)).get("code")!;
  return (await post("/oauth/token", { ...client, grant_type: "authorization_code", code })).json();
}

const get = (path: string, token: string) =>
  simulator.app.request(`${HOST}/api/v3${path}`, { headers: { authorization: `Bearer ${token}` } });
const refresh = (refresh_token: string) =>
  post("/oauth/token", { ...client, grant_type: "refresh_token", refresh_token });
const refused = async (answer: Response) => [answer.status, await answer.json()];
const bad = (resource: string, field: string) => [
  400,
  { message: "Bad Request", errors: [{ resource, field, code: "invalid" }] },
];
const DEAD = [
  401,
  { message: "Authorization Error", errors: [{ resource: "Athlete", field: "access_token", code: "invalid" }] },
];

/** Keys of the fixture whose type differs; null goes with everything. */
function differing(real: Json, ours: Json, path = ""): string[] {
  if (real === null || ours === null) return ours === undefined ? [path] : [];
  if (Array.isArray(real))
    return Array.isArray(ours) ? (real.length && ours.length ? differing(real[0], ours[0], `${path}[0]`) : []) : [path];
  if (typeof real !== "object") return typeof real === typeof ours ? [] : [path];
  return Object.keys(real).flatMap((key) =>
    ours?.[key] === undefined ? [`${path}.${key}`] : differing(real[key], ours[key], `${path}.${key}`),
  );
}

describe("authorisation", () => {
  it("comes back with state, code and the granted scopes", async () => {
    expect(Object.fromEntries(await authorise())).toEqual({
      state: "s/1",
      code: expect.stringMatching(/^[0-9a-f]{40}$/),
      scope: ALL,
    });
    simulator.control.consent({ scopes: ["activity:read"] });
    expect((await authorise("read,activity:read,profile:read_all")).get("scope")).toBe("activity:read");
    simulator.control.consent({ deny: true });
    expect(Object.fromEntries(await authorise())).toEqual({ state: "s/1", error: "access_denied" });
  });

  it.each([
    [{ client_id: "" }, "Application", "client_id"],
    [{ redirect_uri: "javascript:alert(1)" }, "Application", "redirect_uri"],
    [{ response_type: "token" }, "Authorize", "response_type"],
    [{ scope: "" }, "Authorize", "scope"],
    [{ scope: "read activity:read" }, "Authorize", "scope"],
  ])("refuses %j", async (change, resource, field) => {
    const asked = {
      client_id: "42",
      redirect_uri: "https://app.example/cb",
      response_type: "code",
      scope: "read",
      ...change,
    };
    expect(await refused(await simulator.app.request(`${HOST}/oauth/authorize?${new URLSearchParams(asked)}`))).toEqual(
      bad(resource, field),
    );
  });

  it("holds to a registered callback domain, localhost aside", async () => {
    simulator.control.configure("strava", { callback_domains: ["app.example"] });
    await authorise();
    await authorise(ALL, { redirect_uri: "https://www.app.example/cb" });
    const asked = { client_id: "42", redirect_uri: "https://evil.example/cb", response_type: "code", scope: "read" };
    expect((await simulator.app.request(`${HOST}/oauth/authorize?${new URLSearchParams(asked)}`)).status).toBe(400);
  });

  it("shows a page whose form grants what stays ticked, or declines", async () => {
    simulator.control.consent("page");
    const asked = new URLSearchParams({
      client_id: "42",
      redirect_uri: "http://127.0.0.1:8787/cb",
      response_type: "code",
      scope: ALL,
      state: "<s>",
    });
    const page = await (await simulator.app.request(`${HOST}/oauth/authorize?${asked}`)).text();
    expect(page).toContain("Simulated Strava");
    for (const name of ["Mira Sommer", "Jonas Field", "Ada Okafor"]) expect(page).toContain(name);
    const submit = async (form: [string, string][]) => {
      const answer = await simulator.app.request(`${HOST}/oauth/authorize?${asked}`, {
        method: "POST",
        body: new URLSearchParams(form),
      });
      return new URL(answer.headers.get("location")!).searchParams;
    };
    const agreed = await submit([
      ["person", "ada"],
      ["scope", "activity:read_all"],
      ["decision", "authorize"],
    ]);
    expect(agreed.get("scope")).toBe("read,activity:read_all");
    const body = await (
      await post("/oauth/token", { ...client, grant_type: "authorization_code", code: agreed.get("code")! })
    ).json();
    expect((body as Json).athlete.firstname).toBe("Ada");
    expect(
      (
        await submit([
          ["person", "ada"],
          ["decision", "cancel"],
        ])
      ).get("error"),
    ).toBe("access_denied");
  });
});

describe("tokens", () => {
  it("answers a code once, in the recorded shape, without limits", async () => {
    const code = (await authorise()).get("code")!;
    const exchange = () => post("/oauth/token", { ...client, grant_type: "authorization_code", code });
    const answer = await exchange();
    expect(answer.headers.has("x-ratelimit-limit")).toBe(false);
    const body = (await answer.json()) as Json;
    expect(differing(tokenFixture, body)).toEqual([]);
    expect([body.expires_in, body.expires_at, "scope" in body]).toEqual([21_600, NOW / 1000 + 21_600, false]);
    expect(await refused(await exchange())).toEqual(bad("RequestToken", "code"));
    expect((await get("/athlete", body.access_token)).status).toBe(200);
  });

  it("refuses another client, a wrong secret, and a code after ten minutes", async () => {
    const form = { grant_type: "authorization_code", code: (await authorise()).get("code")! };
    expect(await refused(await post("/oauth/token", { client_id: "43", client_secret: "x", ...form }))).toEqual(
      bad("RequestToken", "code"),
    );
    await connect();
    expect(await refused(await post("/oauth/token", { ...client, client_secret: "no", ...form }))).toEqual(
      bad("Application", "client_id"),
    );
    simulator.control.advance(600_000);
    expect(await refused(await post("/api/v3/oauth/token", { ...client, ...form }))).toEqual(
      bad("RequestToken", "code"),
    );
  });

  it("gives the same pair while more than an hour is left, then a new one, and the old refresh token is dead", async () => {
    const first = await connect();
    simulator.control.advance(7_318_000);
    const same = (await (await refresh(first.refresh_token)).json()) as Json;
    const { athlete, ...pair } = first;
    expect(same).toEqual({ ...pair, expires_in: 14_282 });
    simulator.control.advance(14_282_000 - 3_600_000);
    const next = (await (await refresh(first.refresh_token)).json()) as Json;
    expect(next.access_token).not.toBe(first.access_token);
    expect(next.refresh_token).not.toBe(first.refresh_token);
    expect(await refused(await refresh(first.refresh_token))).toEqual(bad("RefreshToken", "refresh_token"));
    expect((await get("/athlete", first.access_token)).status).toBe(200);
    simulator.control.advance(3_600_000);
    expect(await refused(await get("/athlete", first.access_token))).toEqual(DEAD);
    expect((await get("/athlete", next.access_token)).status).toBe(200);
    expect((await refresh(next.refresh_token)).status).toBe(200);
  });

  it("revokes by Basic, either token killing both, and says 200 to an unknown one", async () => {
    const basic = { authorization: `Basic ${btoa("42:shh")}` };
    for (const which of ["access_token", "refresh_token"]) {
      const pair = await connect();
      expect(
        (
          await post(
            "/oauth/revoke",
            { token: pair[which], token_type_hint: which },
            { authorization: `Basic ${btoa("42:no")}` },
          )
        ).status,
      ).toBe(401);
      expect((await post("/oauth/revoke", { token: pair[which] }, basic)).status).toBe(200);
      expect(await refused(await get("/athlete", pair.access_token))).toEqual(DEAD);
      expect(await refused(await refresh(pair.refresh_token))).toEqual(bad("RefreshToken", "refresh_token"));
    }
    expect((await post("/oauth/revoke", { token: "unknown" }, basic)).status).toBe(200);
  });

  it("deauthorises the old way, and by the athlete in the settings", async () => {
    const pair = await connect();
    const answer = await post("/oauth/deauthorize", {}, { authorization: `Bearer ${pair.access_token}` });
    expect(await refused(answer)).toEqual([200, { access_token: pair.access_token }]);
    expect(await refused(await refresh(pair.refresh_token))).toEqual(bad("RefreshToken", "refresh_token"));
    const again = await connect();
    expect(await simulator.control.revoke("strava", "mira")).toBe(1);
    expect((await get("/athlete", again.access_token)).status).toBe(401);
  });

  it("takes the token from the header only", async () => {
    const { access_token } = await connect();
    expect((await simulator.app.request(`${HOST}/api/v3/athlete?access_token=${access_token}`)).status).toBe(401);
  });
});

describe("activities", () => {
  const items = async (token: string, query = ""): Promise<Json[]> =>
    (await get(`/athlete/activities?${query}`, token)).json() as Promise<Json[]>;
  async function everything(token: string, query: string): Promise<Json[][]> {
    const pages: Json[][] = [];
    for (let page = 1; page < 200; page++) {
      const one = await items(token, `${query}&page=${page}`);
      if (one.length === 0) return pages;
      pages.push(one);
    }
    throw new Error("no end");
  }

  it("pages newest first, and not every full page is full", async () => {
    const { access_token } = await connect();
    const pages = await everything(access_token, "per_page=30");
    const all = pages.flat();
    const starts = all.map((one) => one.start_date);
    expect(starts).toEqual([...starts].sort().reverse());
    expect(new Set(all.map((one) => one.map.id)).size).toBe(all.length);
    expect(all).toHaveLength(simulator.control.activities("mira").length);
    expect(pages.slice(0, -1).some((page) => page.length < 30)).toBe(true);
    expect((await items(access_token)).length).toBeLessThanOrEqual(30);
    expect((await items(access_token, "per_page=500")).length).toBeGreaterThan(150);
    expect((await items(access_token, "per_page=500")).length).toBeLessThanOrEqual(200);
  });

  it("bounds are exclusive; after alone turns the order", async () => {
    const { access_token } = await connect();
    const [newest, , third] = await items(access_token, "per_page=5");
    const at = (one: Json) => Date.parse(one.start_date) / 1000;
    const after = await items(access_token, `per_page=200&after=${at(third)}`);
    expect(after.at(-1).map.id).toBe(newest.map.id);
    expect(after.every((one) => at(one) > at(third))).toBe(true);
    expect((await items(access_token, `before=${at(newest)}`)).every((one) => at(one) < at(newest))).toBe(true);
    const both = await items(access_token, `after=${at(third) - 30 * 86_400}&before=${at(third)}`);
    expect(at(both[0])).toBeGreaterThan(at(both.at(-1)));
  });

  it("shows what the scope may see", async () => {
    const everyone = await connect("read,activity:read");
    const open = (await everything(everyone.access_token, "per_page=200")).flat();
    expect(open.length).toBeGreaterThan(400);
    expect(open.some((one) => one.visibility === "followers_only")).toBe(true);
    expect(open.some((one) => one.private || one.visibility === "only_me")).toBe(false);
    const hidden = simulator.control.activities("mira").find((one) => one.visibility === "only_me")!;
    const answer = await get(`/activities/${hidden.ids.strava}`, everyone.access_token);
    expect([answer.status, await answer.text()]).toEqual([404, ""]);
    const { access_token } = await connect("read");
    expect(await refused(await get("/athlete/activities", access_token))).toEqual([
      401,
      {
        message: "Authorization Error",
        errors: [{ resource: "AccessToken", field: "activity:read_permission", code: "missing" }],
      },
    ]);
    expect(((await (await get("/athlete", access_token)).json()) as Json).resource_state).toBe(2);
  });

  it("looks as recorded: list, detail, laps, athlete", async () => {
    const { access_token } = await connect();
    const all = await items(access_token, "per_page=200");
    const run = all.find((one) => one.sport_type === "Run" && !one.manual && one.upload_id);
    expect(differing(activitiesPage[0], run)).toEqual([]);
    const detail = (await (
      await get(`/activities/${run.map.id.slice(1)}?include_all_efforts=false`, access_token)
    ).json()) as Json;
    expect(differing(detailRun, detail)).toEqual([]);
    expect(detail.calories).toBeGreaterThan(50);
    expect(
      differing(lapsPage, await (await get(`/activities/${run.map.id.slice(1)}/laps`, access_token)).json()),
    ).toEqual([]);
    expect(differing(athleteFixture, await (await get("/athlete", access_token)).json())).toEqual([]);
    const manual = all.find((one) => one.manual);
    expect([manual.upload_id, manual.external_id, manual.max_speed, manual.has_heartrate]).toEqual([
      null,
      null,
      0,
      false,
    ]);
    expect((await get(`/activities/${manual.map.id.slice(1)}/streams?keys=time`, access_token)).status).toBe(404);
  });

  it("writes ids to the last digit, floats with a point, and the zone's winter offset", async () => {
    const { access_token } = await connect();
    const texts = await Promise.all(
      [1, 2, 3, 4].map(async (page) =>
        (await get(`/athlete/activities?per_page=200&page=${page}`, access_token)).text(),
      ),
    );
    const ids = simulator.control.activities("mira").map((one) => one.ids.strava!);
    const large = ids.filter((id) => BigInt(id) > 2n ** 53n);
    expect(large.length).toBeGreaterThan(2);
    for (const id of large) {
      expect(texts.join("")).toContain(`"id":${id},"start_date"`);
      expect(String(Number(id))).not.toBe(id);
    }
    expect(texts.join("")).toContain('"timezone":"(GMT+01:00) Europe/Berlin","utc_offset":7200.0');
    expect(texts.join("")).toContain('"timezone":"(GMT+05:30) Asia/Kolkata","utc_offset":19800.0');
    const detail = await (await get(`/activities/${large[0]}`, access_token)).text();
    expect(detail).toContain(`"id":${large[0]},`);
  });

  it("hides hours as local midnight and a second, shared by several", async () => {
    const { access_token } = await connect();
    const hidden = (await everything(access_token, "per_page=200"))
      .flat()
      .filter((one) => one.start_date_local.endsWith("T00:00:01Z"));
    expect(hidden).toHaveLength(simulator.control.activities("mira").filter((one) => one.hidden_start).length);
    expect(new Set(hidden.map((one) => one.start_date)).size).toBeLessThan(hidden.length);
    for (const one of hidden)
      expect(Date.parse(one.start_date) + one.utc_offset * 1000).toBe(Date.parse(one.start_date_local));
  });

  it("streams what was asked and exists", async () => {
    const { access_token } = await connect();
    const keys = Object.keys(streamsFixture).join();
    const run = (await items(access_token, "per_page=200")).find((one) => one.sport_type === "Run" && !one.manual);
    const streams = (await (
      await get(`/activities/${run.map.id.slice(1)}/streams?keys=${keys}&key_by_type=true`, access_token)
    ).json()) as Json;
    const { watts, ...ofRuns } = streamsFixture;
    expect(Object.keys(streams)).toEqual(Object.keys(streamsFixture).filter((key) => key !== "watts"));
    expect(differing(ofRuns, streams)).toEqual([]);
    const size = streams.time.data.length;
    for (const stream of Object.values(streams) as Json[])
      expect([stream.data.length, stream.original_size]).toEqual([size, size]);
    expect(streams.time.data.at(-1)).toBe(run.elapsed_time);
    expect(Math.abs(streams.distance.data.at(-1) - run.distance)).toBeLessThan(run.distance * 0.01);
    const listed = (await (
      await get(`/activities/${run.map.id.slice(1)}/streams?keys=time,nonsense`, access_token)
    ).json()) as Json;
    expect(listed.map((one: Json) => one.type)).toEqual(["time"]);
  });

  it("says 404: without words for a deleted one, with words for one that never was", async () => {
    const { access_token } = await connect();
    const one = simulator.control.activities("mira").at(-1)!;
    await simulator.control.deleteActivity("mira", one.ids.strava!);
    const gone = await get(`/activities/${one.ids.strava}`, access_token);
    expect([gone.status, await gone.text()]).toEqual([404, ""]);
    expect(await refused(await get("/activities/5", access_token))).toEqual([
      404,
      { message: "Record Not Found", errors: [{ resource: "Activity", field: "id", code: "not found" }] },
    ]);
  });
});

describe("limits", () => {
  const usage = (answer: Response) =>
    ["x-ratelimit-limit", "x-ratelimit-usage", "x-readratelimit-limit", "x-readratelimit-usage"].map((name) =>
      answer.headers.get(name),
    );

  it("refuses the 101st read of a quarter, counts it for the day, and starts anew at the quarter and at midnight", async () => {
    const { access_token } = await connect();
    for (let i = 0; i < 99; i++) await get("/athlete", access_token);
    expect(usage(await get("/athlete", access_token))).toEqual(["200,2000", "100,100", "100,1000", "100,100"]);
    const over = await get("/athlete", access_token);
    expect(usage(over)).toEqual(["200,2000", "101,101", "100,1000", "101,101"]);
    expect(over.headers.has("retry-after")).toBe(false);
    expect(await refused(over)).toEqual([
      429,
      {
        message: "Rate Limit Exceeded",
        errors: [{ resource: "Application", field: "read rate limit", code: "exceeded" }],
      },
    ]);
    simulator.control.advance(14 * 60_000);
    const next = await get("/athlete", access_token);
    expect([next.status, ...usage(next)]).toEqual([200, "200,2000", "1,102", "100,1000", "1,102"]);
    simulator.control.advance(2 * 3600_000);
    expect(usage(await get("/athlete", access_token))[1]).toBe("1,1");
  });

  it("grow with the speed, so that two years with details and streams fit a quarter of an hour", async () => {
    simulator = createSimulator({ now: () => NOW, consent: "auto", speed: 60 });
    const { access_token, expires_in } = await connect();
    const answer = await get("/athlete", access_token);
    expect(usage(answer)).toEqual(["12000,120000", "1,1", "6000,60000", "1,1"]);
    expect(2 * simulator.control.activities("mira").length + 30).toBeLessThan(6000);
    expect(expires_in).toBeGreaterThanOrEqual(60);
  });
});

describe("webhooks", () => {
  const subscribe = () =>
    post("/api/v3/push_subscriptions", { ...client, callback_url: "http://127.0.0.1:8787/hook", verify_token: "v" });
  const events = async (): Promise<Json[]> =>
    Promise.all(received.filter((one) => one.method === "POST").map((one) => one.clone().json()));

  it("shakes hands, keeps one subscription an application, lists and deletes it", async () => {
    const made = await subscribe();
    expect(made.status).toBe(201);
    const { id } = (await made.json()) as Json;
    expect(new URL(received[0]!.url).searchParams.get("hub.verify_token")).toBe("v");
    expect((await subscribe()).status).toBe(400);
    const listed = `${HOST}/api/v3/push_subscriptions?client_id=42&client_secret=shh`;
    expect(await (await simulator.app.request(listed)).json()).toMatchObject([{ id, application_id: 42 }]);
    const deleted = await simulator.app.request(
      `${HOST}/api/v3/push_subscriptions/${id}?client_id=42&client_secret=shh`,
      { method: "DELETE" },
    );
    expect(deleted.status).toBe(204);
    expect(await (await simulator.app.request(listed)).json()).toEqual([]);
  });

  it("tells of new, renamed, hidden and deleted activities and of the athlete leaving – not of a changed distance", async () => {
    await connect();
    await subscribe();
    simulator.control.configure("strava", { webhook_key: "k" });
    const added = await simulator.control.addActivity("mira", {
      sport: "run",
      start: NOW - 7_200_000,
      duration_s: 1800,
    });
    await simulator.control.editActivity("mira", added.key, { distance_m: 7000 });
    await simulator.control.editActivity("mira", added.key, { name: "Messy" });
    await simulator.control.editActivity("mira", added.key, { visibility: "only_me" });
    await simulator.control.deleteActivity("mira", added.key);
    await simulator.control.revoke("strava", "mira");
    expect((await events()).map((one) => [one.object_type, one.aspect_type, one.updates])).toEqual([
      ["activity", "create", {}],
      ["activity", "update", { title: "Messy" }],
      ["activity", "update", { private: "true" }],
      ["activity", "delete", {}],
      ["athlete", "update", { authorized: "false" }],
    ]);
    expect(received.at(-1)!.headers.get("x-strava-signature")).toMatch(/^t=1795557660,v1=[0-9a-f]{64}$/);
  });

  it("with activity:read only, going private is a deletion", async () => {
    await connect("read,activity:read");
    await subscribe();
    const one = simulator.control.activities("mira").findLast((activity) => activity.visibility === "everyone")!;
    await simulator.control.editActivity("mira", one.key, { visibility: "only_me" });
    await simulator.control.editActivity("mira", one.key, { visibility: "everyone" });
    expect((await events()).map((event) => event.aspect_type)).toEqual(["delete", "create"]);
  });

  it("tells of what the passing day brings", async () => {
    await connect();
    await subscribe();
    simulator.control.advance(4 * 86_400_000);
    const before = simulator.control.activities("mira").length;
    await simulator.control.tick();
    expect((await events()).length).toBeGreaterThan(0);
    expect((await events()).length).toBeLessThan(before);
    await simulator.control.tick();
    expect(new Set((await events()).map((one) => String(one.object_id))).size).toBe((await events()).length);
  });
});
