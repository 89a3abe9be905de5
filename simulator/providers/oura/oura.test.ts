import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { createSimulator, type Simulator } from "../../app.ts";
import { people, person } from "../../person.ts";
import { signature } from "./subscriptions.ts";

// biome-ignore lint/suspicious/noExplicitAny: bodies are compared as they come
type Json = any;
const fixture = (name: string): Json => JSON.parse(readFileSync(join(import.meta.dirname, "fixtures", name), "utf8"));
const NOW = Date.parse("2026-11-24T22:01:00Z");
const CALLBACK = "https://connect.example.com/api/oauth/callback/oura";
const MOI = "https://moi.ouraring.com/oauth/v2/ext/oauth-token";
const LEGACY = "https://api.ouraring.com/oauth/token";
const DATA = "https://api.ouraring.com/v2/usercollection";
const ALL = "daily heartrate workout session tag spo2 stress heart_health personal email ring_configuration";

let now: number;
let sim: Simulator;
let heard: Request[];
let answers: (request: Request) => Response | Promise<Response>;
beforeEach(() => {
  now = NOW;
  heard = [];
  answers = (request) => {
    const challenge = new URL(request.url).searchParams.get("challenge");
    return challenge === null ? new Response(null) : Response.json({ challenge });
  };
  sim = createSimulator({
    now: () => now,
    consent: "auto",
    users: [...people(1).slice(0, 1), person(1, "new", { months: 0 })],
    fetch: async (request) => {
      heard.push(request.clone());
      return answers(request);
    },
  });
});

const get = (url: string, token?: string) =>
  sim.fetch(new Request(url, { redirect: "manual", headers: token ? { authorization: `Bearer ${token}` } : {} }));
const post = (url: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  sim.fetch(new Request(url, { method: "POST", body: new URLSearchParams(form), headers }));
async function code(scope = ALL, more: Record<string, string> = {}): Promise<URLSearchParams> {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: "c",
    redirect_uri: CALLBACK,
    state: "s",
    scope,
    ...more,
  });
  const answer = await get(`https://cloud.ouraring.com/oauth/authorize?${query}`);
  expect(answer.status).toBe(302);
  return new URL(answer.headers.get("location")!).searchParams;
}
const client = { client_id: "c", client_secret: "shh" };
const exchange = (given: string, url = MOI) =>
  post(url, { ...client, grant_type: "authorization_code", code: given, redirect_uri: CALLBACK });
const refresh = (token: string, url = MOI) =>
  post(url, { ...client, grant_type: "refresh_token", refresh_token: token });
const connect = async (scope = ALL): Promise<Json> => (await exchange((await code(scope)).get("code")!)).json();
const data = async (path: string, token: string): Promise<Json> => (await get(`${DATA}/${path}`, token)).json();
const keys = (value: object) => Object.keys(value).sort();

describe("consent", () => {
  it("tells what was granted, by names with a prefix", async () => {
    expect((await code("daily spo2Daily extapi:stress")).get("scope")).toBe("extapi:daily extapi:spo2 extapi:stress");
    sim.control.consent({ scopes: ["daily"] });
    const back = await code("daily workout");
    expect([back.get("scope"), back.get("state")]).toEqual(["extapi:daily", "s"]);
    sim.control.consent({ deny: true });
    expect((await code()).get("error")).toBe("access_denied");
    expect((await code("daily offline")).get("error")).toBe("invalid_scope");
  });

  it("is a page of boxes to untick, and only for what is registered", async () => {
    sim.control.consent("page");
    const query = new URLSearchParams({
      response_type: "code",
      client_id: "c",
      redirect_uri: CALLBACK,
      scope: "daily tag",
    });
    const url = `https://cloud.ouraring.com/oauth/authorize?${query}`;
    const html = await (await get(url)).text();
    expect(html.match(/name="scope"/g)).toHaveLength(2);
    const agreed = await post(url, { person: "mira", decision: "authorize", scope: "tag" });
    expect(new URL(agreed.headers.get("location")!).searchParams.get("scope")).toBe("extapi:tag");
    sim.control.configure("oura", { redirect_uris: ["https://elsewhere.example.com/"] });
    expect((await get(url)).status).toBe(400);
  });
});

describe("tokens", () => {
  it("have the members of the recorded answers", async () => {
    expect(keys(await connect())).toEqual(keys(fixture("token_response_composed.json")));
    sim.control.configure("oura", { portal: "old" });
    const old = await (await exchange((await code()).get("code")!, LEGACY)).json();
    expect(keys(old as object)).toEqual(keys(fixture("token_response_legacy_composed.json")));
  });

  it("come from one host only, and the wrong one burns the code of a new application", async () => {
    const given = (await code()).get("code")!;
    const refused = await exchange(given, LEGACY);
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { error: "invalid_request", error_description: "Invalid request" },
    ]);
    expect((await exchange(given)).status).toBe(400);
    sim.control.configure("oura", { portal: "old" });
    const old = (await code()).get("code")!;
    expect((await exchange(old)).status).toBe(401);
    expect((await exchange(old, LEGACY)).status).toBe(200);
  });

  it("are given for a code once, within ten minutes, to its client and address", async () => {
    const given = (await code()).get("code")!;
    expect((await exchange(given)).status).toBe(200);
    expect((await exchange(given)).status).toBe(400);
    const late = (await code()).get("code")!;
    now += 601_000;
    expect((await exchange(late)).status).toBe(400);
    const elsewhere = { ...client, grant_type: "authorization_code", code: (await code()).get("code")! };
    expect((await post(MOI, { ...elsewhere, redirect_uri: `${CALLBACK}/` })).status).toBe(400);
    expect((await post(MOI, { ...elsewhere, client_secret: "wrong" })).status).toBe(401);
  });

  it("rotate: a refresh token is good once, and showing it again ends the pair", async () => {
    const first = await connect();
    const second: Json = await (await refresh(first.refresh_token)).json();
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect((await get(`${DATA}/personal_info`, second.access_token)).status).toBe(200);
    const again = await refresh(first.refresh_token);
    expect([again.status, await again.json()]).toEqual([400, { error: "invalid_grant" }]);
    expect((await refresh(second.refresh_token)).status).toBe(400);
    expect((await get(`${DATA}/personal_info`, second.access_token)).status).toBe(401);
  });

  it("end after a day, and are revoked by either", async () => {
    const { access_token, refresh_token, expires_in } = await connect();
    expect(expires_in).toBe(86_400);
    now += 86_401_000;
    const late = await get(`${DATA}/personal_info`, access_token);
    expect([late.status, await late.text()]).toEqual([401, ""]);
    const REVOKE = "https://moi.ouraring.com/oauth/v2/ext/oauth-revoke";
    expect((await post(REVOKE, { ...client, token: refresh_token })).status).toBe(200);
    expect((await post(REVOKE, { ...client, token: "unknown" })).status).toBe(200);
    expect((await refresh(refresh_token)).status).toBe(400);
    sim.control.configure("oura", { portal: "old" });
    const old: Json = await (await exchange((await code()).get("code")!, LEGACY)).json();
    const bearer = { authorization: `Bearer ${old.refresh_token}` };
    expect((await post("https://api.ouraring.com/oauth/revoke", {}, bearer)).status).toBe(200);
    expect((await post("https://api.ouraring.com/oauth/revoke", {}, bearer)).status).toBe(401);
  });
});

describe("data", () => {
  it("answer 401 without a body where the scope is missing, 403 where the membership has lapsed", async () => {
    const { access_token } = await connect("daily");
    expect(await data("personal_info", access_token)).toEqual({ id: expect.any(String) });
    const refused = await get(`${DATA}/workout`, access_token);
    expect([refused.status, await refused.text()]).toEqual([401, ""]);
    sim.control.configure("oura", { lapsed: ["mira"] });
    const lapsed = await get(`${DATA}/sleep`, access_token);
    expect([lapsed.status, await lapsed.text()]).toEqual([403, ""]);
  });

  it("know no vo2_max in small letters, and no document of another id", async () => {
    const { access_token } = await connect();
    expect((await get(`${DATA}/vO2_max?start_date=2026-10-01&end_date=2026-11-01`, access_token)).status).toBe(200);
    expect((await get(`${DATA}/vo2_max`, access_token)).status).toBe(404);
    const unknown = await get(`${DATA}/workout/nobody`, access_token);
    const real = fixture("errors.json").find(({ what }: Json) => what === "document id unknown");
    expect([unknown.status, await unknown.json()]).toEqual([real.status, real.body]);
  });

  it("are held against midnights in UTC, each collection by its own instant", async () => {
    const { access_token } = await connect();
    const window = "start_date=2026-11-11&end_date=2026-11-12";
    const dates = async (path: string) =>
      (await data(`${path}?${window}`, access_token)).data.map((one: Json) => one.day);
    expect(await dates("daily_readiness")).toEqual(["2026-11-11", "2026-11-12"]);
    expect(await dates("daily_activity")).toEqual(["2026-11-11"]);
    expect((await data("sleep?start_date=2026-11-11&end_date=2026-11-11", access_token)).data).toEqual([]);
    for (const one of (await data(`sleep?${window}`, access_token)).data) {
      expect(Date.parse(one.bedtime_start)).toBeGreaterThanOrEqual(Date.parse("2026-11-11T00:00Z"));
      expect(Date.parse(one.bedtime_start)).toBeLessThanOrEqual(Date.parse("2026-11-12T00:00Z"));
    }
    const instants = "start_date=2026-11-10T12:00:00%2B01:00&end_date=2026-11-11T12:00:00%2B01:00";
    expect((await data(`sleep?${instants}`, access_token)).data.length).toBeGreaterThan(0);
  });

  it("answer nonsense with nothing, and refuse a start after its end", async () => {
    const { access_token } = await connect();
    expect(await data("daily_sleep?start_date=1&end_date=2", access_token)).toEqual({ data: [], next_token: null });
    const real = fixture("errors.json").find(({ what }: Json) => what === "start after end");
    const wrong = await get(`${DATA}/daily_sleep?start_date=2026-02-02&end_date=2026-01-01`, access_token);
    expect([wrong.status, await wrong.json()]).toEqual([real.status, real.body]);
  });

  it("come in pages whose token wants the other parameters again", async () => {
    const { access_token } = await connect();
    const query = "start_date=2026-10-01&end_date=2026-11-20";
    const whole = (await data(`daily_sleep?${query}`, access_token)).data;
    sim.control.configure("oura", { page_size: 20 });
    const found: Json[] = [];
    let token: string | null = "";
    while (token !== null) {
      const page: Json = await data(
        `daily_sleep?${query}${token && `&next_token=${encodeURIComponent(token)}`}`,
        access_token,
      );
      found.push(...page.data);
      token = page.next_token;
    }
    expect(found).toEqual(whole);
    expect(found.length).toBeGreaterThan(40);
    expect((await get(`${DATA}/daily_sleep?${query}&next_token=x`, access_token)).status).toBe(400);
  });

  it("give heart rates in UTC, a month at most", async () => {
    const { access_token } = await connect();
    const day = await data(
      "heartrate?start_datetime=2026-11-20T00:00:00Z&end_datetime=2026-11-21T00:00:00Z",
      access_token,
    );
    expect(day.data.length).toBeGreaterThan(150);
    expect(keys(day.data[0])).toEqual(keys(fixture("heartrate_composed.json").data[0]));
    expect(day.data[0].timestamp).toMatch(/\+00:00$/);
    const long = "heartrate?start_datetime=2026-10-01T00:00:00Z&end_datetime=2026-11-20T00:00:00Z";
    expect((await get(`${DATA}/${long}`, access_token)).status).toBe(400);
  });

  it("are nothing for somebody new", async () => {
    sim.control.consent({ person: "new" });
    const { access_token } = await connect();
    for (const path of ["sleep", "daily_activity", "workout", "heartrate", "enhanced_tag", "ring_configuration"]) {
      expect((await data(path, access_token)).data).toEqual([]);
    }
  });

  it("are counted for each token and each application, and said so only when it is too much", async () => {
    const { access_token } = await connect();
    sim.control.configure("oura", { access_token: 2 });
    const first = await get(`${DATA}/personal_info`, access_token);
    expect(first.headers.has("x-ratelimit-limit")).toBe(false);
    await get(`${DATA}/personal_info`, access_token);
    now += 100_000;
    const third = await get(`${DATA}/personal_info`, access_token);
    expect(third.status).toBe(429);
    expect(Object.fromEntries(third.headers)).toMatchObject({
      "retry-after": "200",
      "x-ratelimit-limit": "2",
      "x-ratelimit-window": "300",
      "x-ratelimit-reset": String(Math.floor(NOW / 1000) + 300),
      "x-ratelimit-tier": "access_token",
    });
    now += 200_000;
    expect((await get(`${DATA}/personal_info`, access_token)).status).toBe(200);
    sim.control.configure("oura", { application: 1 });
    expect((await get(`${DATA}/personal_info`, access_token)).headers.get("x-ratelimit-tier")).toBe("application");
  });
});

describe("webhooks", () => {
  const HOOK = "https://connect.example.com/api/webhooks/oura/x";
  const SUBSCRIPTION = "https://api.ouraring.com/v2/webhook/subscription";
  const call = (method: string, path = "", body?: unknown, secret = "shh") =>
    sim.fetch(
      new Request(SUBSCRIPTION + path, {
        method,
        headers: { "x-client-id": "c", "x-client-secret": secret, "content-type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
    );
  const wish = (more: Record<string, unknown> = {}) => ({
    callback_url: HOOK,
    verification_token: "v",
    event_type: "create",
    data_type: "workout",
    ...more,
  });

  it("are subscribed to one kind at a time, with a handshake", async () => {
    await connect();
    const made = await call("POST", "", wish());
    expect(made.status).toBe(201);
    const one: Json = await made.json();
    const shake = fixture("webhook_handshake_composed.json");
    expect(keys(one)).toEqual(keys(shake.subscribe_response.body));
    expect(one.expiration_time).toMatch(/^2027-02-22T22:01:00\.\d{6}$/);
    expect(Object.fromEntries(new URL(heard[0]!.url).searchParams)).toEqual({
      verification_token: "v",
      challenge: expect.any(String),
    });
    expect((await call("POST", "", wish())).status).toBe(409);
    expect(((await (await call("GET")).json()) as Json[]).map(keys)).toEqual([
      keys(fixture("webhook_subscriptions_composed.json")[0]),
    ]);
    now += 80 * 86_400_000;
    expect(((await (await call("PUT", `/renew/${one.id}`)).json()) as Json).expiration_time).toMatch(/^2027-05-13/);
    expect((await call("DELETE", `/${one.id}`)).status).toBe(204);
  });

  it("are refused where the address does not answer, the words are unknown, or the client is another", async () => {
    await connect();
    const unknown = fixture("errors.json").find(({ what }: Json) => what === "webhook create, unknown data_type");
    const wrong = await call("POST", "", wish({ data_type: "vO2_max" }));
    expect([wrong.status, await wrong.json()]).toEqual([422, unknown.body]);
    expect((await call("POST", "", wish({ event_type: "all" }))).status).toBe(422);
    expect((await call("POST", "", wish({ verification_token: undefined }))).status).toBe(422);
    answers = () => new Response(null, { status: 401 });
    expect((await call("POST", "", wish())).status).toBe(422);
    expect((await call("GET", "", undefined, "wrong")).status).toBe(401);
    const forbidden = await call("DELETE", "/nobody");
    expect([forbidden.status, await forbidden.json()]).toEqual([403, { detail: "Forbidden" }]);
    now += 91 * 86_400_000;
    expect(await (await call("GET")).json()).toEqual([]);
  });

  it("come signed in capital letters, to those who may know; 410 ends them", async () => {
    const vector = fixture("webhook_events_composed.json").vector;
    expect(await signature(vector.secret, vector.timestamp + vector.body)).toBe(vector.signature);
    const { access_token } = await connect("workout");
    await call("POST", "", wish());
    await call("POST", "", wish({ data_type: "sleep" }));
    heard = [];
    const added = await sim.control.addActivity("mira", { sport: "run", start: NOW - 3_600_000, duration_s: 1200 });
    const [event] = heard;
    const body = await event!.text();
    expect(keys(JSON.parse(body))).toEqual(["data_type", "event_time", "event_type", "object_id", "user_id"]);
    expect(JSON.parse(body)).toMatchObject({ event_type: "create", data_type: "workout", object_id: added.ids.oura });
    const timestamp = event!.headers.get("x-oura-timestamp")!;
    expect(event!.headers.get("x-oura-signature")).toBe(await signature("shh", timestamp + body));
    const workout = await data(`workout/${added.ids.oura}`, access_token);
    expect(JSON.parse(body).user_id).toBe((await data("personal_info", access_token)).id);
    expect(workout).toMatchObject({ activity: "running", start_datetime: "2026-11-24T22:01:00+01:00" });
    // Another night: this application may not hear of it.
    heard = [];
    now += 12 * 3_600_000;
    await sim.control.tick();
    expect(
      (await Promise.all(heard.map((one) => one.json()))).filter((one: Json) => one.data_type === "sleep"),
    ).toEqual([]);
    answers = () => new Response(null, { status: 410 });
    await sim.control.addActivity("mira", { sport: "run", start: now - 3_600_000, duration_s: 600 });
    expect(((await (await call("GET")).json()) as Json[]).map(({ data_type }) => data_type)).toEqual(["sleep"]);
  });

  it("tell of a night when it is over, with what is made of it", async () => {
    const { access_token } = await connect("daily");
    for (const data_type of ["sleep", "daily_sleep", "daily_readiness"]) await call("POST", "", wish({ data_type }));
    await call("POST", "", wish({ data_type: "daily_activity", event_type: "update" }));
    await sim.control.tick();
    heard = [];
    now += 12 * 3_600_000;
    await sim.control.tick();
    const events: Json[] = await Promise.all(heard.map((one) => one.json()));
    expect(events.map(({ data_type }) => data_type)).toEqual(
      expect.arrayContaining(["sleep", "daily_sleep", "daily_readiness", "daily_activity"]),
    );
    for (const { data_type, object_id } of events)
      expect((await data(`${data_type}/${object_id}`, access_token)).day).toBe("2026-11-25");
    const night = events.find(({ data_type }) => data_type === "sleep")!.object_id;
    sim.control.configure("oura", { types: { [night]: "deleted" } });
    expect((await data(`sleep/${night}`, access_token)).type).toBe("deleted");
    sim.control.configure("oura", { gone: [night] });
    expect((await get(`${DATA}/sleep/${night}`, access_token)).status).toBe(404);
  });
});

it("the same day is the same, whatever the rest of the world does", async () => {
  const { access_token } = await connect();
  const before = await data("sleep?start_date=2026-11-01&end_date=2026-11-05", access_token);
  now += (3 * 86_400_000) / 4;
  const { access_token: later } = await connect();
  expect(await data("sleep?start_date=2026-11-01&end_date=2026-11-05", later)).toEqual(before);
});
