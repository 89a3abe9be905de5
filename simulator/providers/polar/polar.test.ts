import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { createSimulator, type Simulator } from "../../app.ts";

// Tuesday noon.
const NOW = Date.parse("2026-11-24T12:00:00Z");
const DAY_MS = 86_400_000;
const BACK = "http://127.0.0.1:8787/api/oauth/callback/polar";
const API = "https://www.polaraccesslink.com/v3";
const BASIC = `Basic ${btoa("42:shh")}`;
// biome-ignore lint/suspicious/noExplicitAny: answers are compared as they come
type Json = any;
const fixture = (name: string): Json =>
  JSON.parse(readFileSync(join(import.meta.dirname, "fixtures", `${name}.json`), "utf8"));

let now: number;
let simulator: Simulator;
let received: { url: string; headers: Headers; body: Json; raw: string }[];
/** What subscribers answer. */
let answering: number;

beforeEach(() => {
  now = NOW;
  received = [];
  answering = 200;
  simulator = createSimulator({
    now: () => now,
    consent: "auto",
    async fetch(request) {
      const raw = await request.text();
      received.push({ url: request.url, headers: request.headers, body: JSON.parse(raw), raw });
      return new Response(null, { status: answering });
    },
  });
});

const ask = (url: string, init: RequestInit = {}): Promise<Response> => simulator.fetch(new Request(url, init));
const said = async (answer: Response): Promise<[number, Json]> => {
  const text = await answer.text();
  return [answer.status, text === "" ? null : JSON.parse(text)];
};

async function authorise(more: Record<string, string> = {}): Promise<URLSearchParams> {
  const asked = { response_type: "code", client_id: "42", redirect_uri: BACK, state: "s", ...more };
  const answer = await ask(`https://flow.polar.com/oauth2/authorization?${new URLSearchParams(asked)}`);
  return new URL(answer.headers.get("location")!).searchParams;
}
const exchange = (form: Record<string, string>, authorization = BASIC): Promise<Response> =>
  ask("https://polarremote.com/v2/oauth2/token", {
    method: "POST",
    headers: { authorization, accept: "application/json" },
    body: new URLSearchParams(form),
  });
async function granted(): Promise<{ access_token: string; x_user_id: number }> {
  const code = (await authorise()).get("code")!;
  return (await exchange({ grant_type: "authorization_code", code, redirect_uri: BACK })).json();
}
const call = (token: string, path: string, init: RequestInit = {}): Promise<Response> =>
  ask(API + path, {
    ...init,
    headers: { authorization: `Bearer ${token}`, accept: "application/json", ...init.headers },
  });
const register = (token: string, member = "usr_1", type = "application/json"): Promise<Response> =>
  call(token, "/users", {
    method: "POST",
    headers: { "content-type": type },
    body: JSON.stringify({ "member-id": member }),
  });
async function connected(): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const { access_token } = await granted();
  expect((await register(access_token)).status).toBe(200);
  return (path, init) => call(access_token, path, init);
}
const webhooks = (method: string, path = "", body?: object, authorization = BASIC): Promise<Response> =>
  ask(`${API}/webhooks${path}`, {
    method,
    headers: { authorization, "content-type": "application/json", accept: "application/json" },
    body: body && JSON.stringify(body),
  });
const HOOK = { events: ["EXERCISE", "SLEEP", "ACTIVITY_SUMMARY"], url: "https://app.example.com/hook" };

/** Paths of the fixture that no item of ours has, or has with another type; null goes with everything, clocks differ. */
function missing(real: Json, ours: Json[], path = ""): string[] {
  const filled = ours.filter((one) => one !== undefined && one !== null);
  if (ours.every((one) => one === undefined)) return [path];
  if (real === null || filled.length === 0) return [];
  if (Array.isArray(real)) {
    if (!filled.every(Array.isArray)) return [`${path} is no array`];
    const items = filled.flat();
    return items.length === 0 ? [`${path} is empty`] : real.flatMap((one) => missing(one, items, `${path}[]`));
  }
  if (typeof real !== "object") {
    const other = filled.find((one) => typeof one !== typeof real);
    return other === undefined ? [] : [`${path} is ${typeof other}`];
  }
  const names = Object.keys(real);
  if (names.every((name) => /^\d\d:\d\d$/.test(name))) {
    return filled
      .flatMap(Object.entries)
      .every(([name, value]) => /^\d\d:\d\d$/.test(name) && typeof value === "number")
      ? []
      : [`${path} is not by the clock`];
  }
  return names.flatMap((name) =>
    missing(
      real[name],
      filled.map((one) => one[name]),
      `${path}.${name}`,
    ),
  );
}

describe("authorisation", () => {
  it("comes back with code and state, and what is wrong comes back as an error", async () => {
    expect(Object.fromEntries(await authorise())).toEqual({ code: expect.any(String), state: "s" });
    expect((await authorise({ scope: "everything" })).get("error")).toBe("invalid_scope");
    expect((await authorise({ response_type: "token" })).get("error")).toBe("unsupported_response_type");
    simulator.control.consent({ deny: true });
    expect(Object.fromEntries(await authorise())).toEqual({ error: "access_denied", state: "s" });
    expect((await ask("https://flow.polar.com/oauth2/authorization?client_id=42")).status).toBe(400);
  });

  it("is asked for on a page that names the application, and posts to itself", async () => {
    simulator.control.consent("page");
    const query = new URLSearchParams({ response_type: "code", client_id: "42", redirect_uri: BACK });
    const url = `https://flow.polar.com/oauth2/authorization?${query}`;
    expect(await (await ask(url)).text()).toContain("127.0.0.1:8787 asks for");
    const decide = async (decision: string) => {
      const body = new URLSearchParams({ person: "jonas", decision });
      return new URL((await ask(url, { method: "POST", body })).headers.get("location")!).searchParams;
    };
    expect((await decide("cancel")).get("error")).toBe("access_denied");
    expect((await decide("accept")).get("code")).toBeTruthy();
  });

  it("takes a code once, from the client that asked, in ten minutes, with the same address", async () => {
    const form = async () => ({
      grant_type: "authorization_code",
      code: (await authorise()).get("code")!,
      redirect_uri: BACK,
    });
    const first = await form();
    const [status, token] = await said(await exchange(first));
    expect([status, missing(fixture("v3_token_response_composed"), [token])]).toEqual([200, []]);
    expect(Object.keys(token).sort()).toEqual(Object.keys(fixture("v3_token_response_composed")).sort());
    const { status: refused, body } = fixture("v3_errors_composed")[5];
    expect(await said(await exchange(first))).toEqual([refused, body]);
    expect(await said(await exchange(await form(), `Basic ${btoa("43:other")}`))).toEqual([refused, body]);
    expect(await said(await exchange({ ...(await form()), redirect_uri: `${BACK}/` }))).toEqual([refused, body]);
    const late = await form();
    now += 601_000;
    expect(await said(await exchange(late))).toEqual([refused, body]);
    expect((await exchange(await form(), `Basic ${btoa("42:wrong")}`)).status).toBe(401);
    expect((await exchange({ ...(await form()), client_id: "42", client_secret: "shh" }, "")).status).toBe(401);
    expect(await said(await exchange({ grant_type: "refresh_token", refresh_token: "x" }))).toEqual([
      400,
      { error: "unsupported_grant_type" },
    ]);
  });
});

describe("registration", () => {
  it("comes before data, once for an account and once for a member id", async () => {
    const { access_token, x_user_id } = await granted();
    expect((await call(access_token, "/exercises")).status).toBe(403);
    expect((await call(access_token, `/users/${x_user_id}`)).status).toBe(204);
    expect((await register(access_token, "usr_1", "text/plain")).status).toBe(415);
    expect((await register(access_token, "")).status).toBe(400);
    const [status, user] = await said(await register(access_token));
    const { body } = fixture("v3_register_user").responses[0];
    expect([status, missing({ ...body, "extra-info": null }, [user])]).toEqual([200, []]);
    expect(user).toMatchObject({ "polar-user-id": x_user_id, "member-id": "usr_1" });
    expect(await said(await register(access_token))).toEqual([409, null]);
    expect(await said(await call(access_token, `/users/${x_user_id}`))).toEqual([200, user]);
    expect((await call(access_token, "/users/1")).status).toBe(403);
    simulator.control.consent({ person: "jonas" });
    expect((await register((await granted()).access_token, "usr_1")).status).toBe(409);
  });

  it("waits for consents, whose want revokes nothing", async () => {
    simulator.control.configure("polar", { consents_missing: ["mira"] });
    const { access_token } = await granted();
    const { status, body } = fixture("v3_errors_composed")[3];
    const [refused, told] = await said(await register(access_token));
    expect([refused, told.errorType, missing(body, [told])]).toEqual([status, body.errorType, []]);
    simulator.control.configure("polar", { consents_missing: [] });
    expect((await register(access_token)).status).toBe(200);
  });

  it("ends with its deletion, and the token with it; tokens end in no other way but the person's", async () => {
    const { access_token, x_user_id } = await granted();
    await register(access_token);
    now += 400 * DAY_MS;
    expect(simulator.control.expireTokens("polar")).toBe(0);
    expect((await call(access_token, "/exercises")).status).toBe(200);
    expect(await said(await call(access_token, `/users/${x_user_id}`, { method: "DELETE" }))).toEqual([204, null]);
    const { status, body } = fixture("v3_errors_composed")[2];
    const [refused, told] = await said(await call(access_token, "/exercises"));
    expect([refused, missing(body, [told])]).toEqual([status, []]);
    const other = await granted();
    await register(other.access_token);
    await simulator.control.revoke("polar", "mira");
    expect((await call(other.access_token, "/exercises")).status).toBe(401);
  });

  it("brings what the watch still holds, and nothing from before", async () => {
    const get = await connected();
    const exercises: Json[] = await (await get("/exercises")).json();
    expect(exercises.length).toBeGreaterThan(10);
    const starts = exercises.map((one) => Date.parse(`${one.start_time}Z`) - one.start_time_utc_offset * 60_000);
    expect(Math.min(...starts)).toBeGreaterThan(NOW - 28 * DAY_MS - 60_000);
    expect(Math.min(...exercises.map((one) => Date.parse(one.upload_time)))).toBeGreaterThanOrEqual(NOW);
    expect((await get("/users/activities?from=2026-09-01&to=2026-09-20")).status).toBe(204);
    simulator.control.reset();
    simulator.control.consent("auto");
    simulator.control.configure("polar", { upload_after_s: 60 });
    const later = await connected();
    expect(await (await later("/exercises")).json()).toEqual([]);
    expect((await later("/users/activities")).status).toBe(204);
    now += 60_000;
    expect(await (await later("/exercises")).json()).toHaveLength(exercises.length);
  });
});

describe("answers", () => {
  it("have the keys and types of the fixtures", async () => {
    const get = await connected();
    const body = async (path: string): Promise<Json> => (await get(path)).json();
    const exercises: Json[] = await body("/exercises?samples=true&zones=true&route=true");
    const nobodys = ["[].club_id", "[].club_name"];
    for (const name of ["v3_exercises_docs", "v3_exercises_run_ride_composed"]) {
      expect(missing(fixture(name), [exercises]).filter((path) => !nobodys.includes(path))).toEqual(
        name === "v3_exercises_docs" ? ["[].training_load_pro.muscle-load is string"] : [],
      );
    }
    expect(missing(fixture("v3_sleep_docs"), [await body("/users/sleep")])).toEqual([]);
    expect(missing(fixture("v3_sleep_composed"), [await body("/users/sleep")])).toEqual([]);
    expect(missing(fixture("v3_nightly_recharge_docs"), [await body("/users/nightly-recharge")])).toEqual([]);
    const wishes = "?steps=true&activity_zones=true&inactivity_stamps=true";
    expect(missing(fixture("v3_activities_docs"), [await body(`/users/activities${wishes}`)])).toEqual([]);
    expect(missing(fixture("v3_cardio_load_docs"), [await body("/users/cardio-load")])).toEqual([]);
    expect(missing(fixture("v3_sleepwise_alertness_docs"), [await body("/users/sleepwise/alertness")])).toEqual([]);
    expect(missing(fixture("v3_physical_info_docs"), [await body("/users/physical-info")])).toEqual([]);
    const range = "?from=2026-11-01&to=2026-11-24";
    const biosensing = {
      skintemperature: await body(`/users/biosensing/skintemperature${range}`),
      spo2: await body(`/users/biosensing/spo2${range}`),
    };
    expect(missing(fixture("v3_biosensing_docs"), [biosensing])).toEqual([]);
    const pulse = "/users/continuous-heart-rate?from=2026-11-22&to=2026-11-23";
    expect(missing(fixture("v3_continuous_heart_rate_range_composed"), [await body(pulse)])).toEqual([]);
    const lone = fixture("v3_continuous_heart_rate_docs");
    expect(missing(lone, [await body("/users/continuous-heart-rate/2026-11-23")])).toEqual([]);
    simulator.control.configure("polar", { heart_rate_shape: "array" });
    expect(missing([lone], [await body(pulse)])).toEqual([]);
    simulator.control.configure("polar", { heart_rate_shape: "object" });
    expect(missing(lone, [await body(pulse)])).toEqual([]);
  });

  it("agree with each other and with the person's life", async () => {
    const get = await connected();
    const exercises: Json[] = await (await get("/exercises")).json();
    const life = simulator.control.activities("mira").filter(({ manual, copy_of, start }) => {
      return !manual && copy_of === null && Date.parse(start) > NOW - 28 * DAY_MS;
    });
    expect(exercises.map(({ id }) => id)).toEqual(life.map(({ ids }) => ids.polar));
    exercises.forEach((one, i) => {
      const start = Date.parse(`${one.start_time}Z`) - one.start_time_utc_offset * 60_000;
      expect(Math.abs(start - Date.parse(life[i]!.start))).toBeLessThan(15_000);
    });
    const { nights }: Json = await (await get("/users/sleep")).json();
    expect(nights.length).toBeGreaterThan(20);
    for (const night of nights) {
      const span = (Date.parse(night.sleep_end_time) - Date.parse(night.sleep_start_time)) / 1000;
      expect(night.sleep_end_time.slice(0, 10)).toBe(night.date);
      if (night.light_sleep === undefined) continue;
      const { light_sleep, deep_sleep, rem_sleep, unrecognized_sleep_stage, total_interruption_duration } = night;
      expect(light_sleep + deep_sleep + rem_sleep + unrecognized_sleep_stage + total_interruption_duration).toBe(span);
    }
    const run = exercises.find((one) => one.sport === "RUNNING" && one.has_route && one.heart_rate.maximum);
    const whole: Json = await (await get(`/exercises/${run.id}?samples=true&route=true&zones=true`)).json();
    const heart = whole.samples.find((one: Json) => one["sample-type"] === "0").data.split(",");
    const speed = whole.samples.find((one: Json) => one["sample-type"] === "1").data.split(",");
    expect(heart).toHaveLength(speed.length);
    expect(Math.max(...heart.map(Number).filter(Number.isFinite))).toBe(whole.heart_rate.maximum);
    expect(run).not.toHaveProperty("samples");
    expect(run).not.toHaveProperty("route");
  });

  it("refuse what Polar refuses", async () => {
    const get = await connected();
    const status = async (path: string, init?: RequestInit) => (await get(path, init)).status;
    expect(await status("/users/activities?from=2026-10-28&to=2026-11-24")).toBe(200);
    expect(await status("/users/activities?from=2026-10-27&to=2026-11-24")).toBe(400);
    expect(await status("/users/activities?from=2025-11-01&to=2025-11-10")).toBe(400);
    expect(await status("/users/activities?from=2026-11-20&to=2026-11-10")).toBe(400);
    expect(await status("/users/sleep?from=2026-11-20&to=2026-11-21")).toBe(403);
    expect(await status("/users/sleepwise/circadian-bedtime")).toBe(204);
    const { status: absent, body } = fixture("v3_errors_composed")[4];
    const [refused, told] = await said(await get("/users/sleep/2020-01-01"));
    expect([refused, told.message, missing(body, [told])]).toEqual([absent, body.message, []]);
    expect(await status("/exercises/nothing")).toBe(404);
    const xml = await get("/exercises", { headers: { accept: "*/*" } });
    expect(xml.headers.get("content-type")).toContain("xml");
  });

  it("are limited by headers of two numbers", async () => {
    const get = await connected();
    const first = await get("/users/physical-info");
    expect(first.headers.get("ratelimit-limit")).toBe("520, 5100");
    expect(first.headers.get("ratelimit-usage")).toBe("2, 2");
    expect(first.headers.get("ratelimit-reset")).toBe("900, 86400");
    simulator.control.configure("polar", { limits: [3, 10] });
    expect((await get("/users/physical-info")).status).toBe(200);
    const spent = await get("/users/physical-info");
    expect([spent.status, await spent.text()]).toEqual([429, ""]);
    for (const name of Object.keys(fixture("v3_errors_composed")[6].headers)) {
      expect(spent.headers.get(name)).toMatch(/^\d+, \d+$/);
    }
    now += 900_000;
    expect((await get("/users/physical-info")).status).toBe(200);
  });
});

describe("webhooks", () => {
  it("are greeted first, one a client, and tell their key once", async () => {
    expect((await webhooks("POST", "", HOOK, "Basic bm90OmtleQ")).status).toBe(201); // the first secret is the client's
    answering = 400;
    const { status, body } = fixture("v3_errors_composed")[0];
    const [refused, told] = await said(await webhooks("POST", "", HOOK));
    expect([refused, told.error.error_type, missing(body, [told])]).toEqual([status, body.error.error_type, []]);
    answering = 200;
    const { response, get } = fixture("v3_webhook_create_docs");
    const [made, created] = await said(await webhooks("POST", "", HOOK));
    expect([made, missing(response.body, [created])]).toEqual([201, []]);
    const { ping } = fixture("v3_webhook_events_docs");
    expect(received.at(-1)!.headers.get("polar-webhook-event")).toBe("PING");
    expect(received.at(-1)!.headers.has("polar-webhook-signature")).toBe(false);
    expect(missing(ping, [received.at(-1)!.body])).toEqual([]);
    const [twice, again] = await said(await webhooks("POST", "", HOOK));
    expect([twice, again.error.error_type]).toEqual([409, "WebhookAlreadyExistsException"]);
    const listed = await (await webhooks("GET")).json();
    expect(missing(get.body, [listed])).toEqual([]);
    expect(JSON.stringify(listed)).not.toContain(created.data.signature_secret_key);
    const { id } = created.data;
    expect((await webhooks("PATCH", `/${id}`, { url: "https://app.example.com/new" })).status).toBe(200);
    expect(received.at(-1)!.url).toBe("https://app.example.com/new");
    expect((await webhooks("DELETE", "/other")).status).toBe(404);
    expect((await webhooks("DELETE", `/${id}`)).status).toBe(204);
    expect(await (await webhooks("GET")).json()).toEqual({ data: [] });
    expect((await webhooks("POST", "", { ...HOOK, events: ["NAP"] })).status).toBe(400);
    expect((await webhooks("GET", "", undefined, `Basic ${btoa("42:wrong")}`)).status).toBe(401);
  });

  it("sign what they deliver, nights twice, and are put to sleep after a week of failures", async () => {
    const get = await connected();
    const events = ["EXERCISE", "SLEEP", "ACTIVITY_SUMMARY", "CONTINUOUS_HEART_RATE", "SLEEP_WISE_ALERTNESS"];
    const [, { data }] = await said(await webhooks("POST", "", { ...HOOK, events }));
    received = [];
    now += DAY_MS;
    await simulator.control.tick();
    const kinds = received.map(({ body }) => body.event);
    expect(kinds.filter((kind) => kind === "SLEEP")).toHaveLength(2);
    expect(new Set(kinds)).toEqual(new Set(["EXERCISE", "SLEEP", "ACTIVITY_SUMMARY", "SLEEP_WISE_ALERTNESS"]));
    for (const real of fixture("v3_webhook_events_docs").events) {
      const ours = received.filter(({ body }) => body.event === real.event).map(({ body }) => body);
      if (ours.length > 0) expect(missing(real, ours)).toEqual([]);
    }
    for (const { headers, raw, body } of received) {
      const expected = createHmac("sha256", data.signature_secret_key).update(raw).digest("hex");
      expect(headers.get("polar-webhook-signature")).toBe(expected);
      expect(headers.get("polar-webhook-event")).toBe(body.event);
    }
    const exercise = received.find(({ body }) => body.event === "EXERCISE")!.body;
    expect((await get(exercise.url.slice(API.length))).status).toBe(200);

    answering = 500;
    for (let i = 0; i < 9; i++) {
      now += DAY_MS;
      await simulator.control.tick();
    }
    expect(await (await webhooks("GET")).json()).toMatchObject({ data: [{ active: false }] });
    answering = 200;
    received = [];
    now += DAY_MS;
    await simulator.control.tick();
    expect(received).toEqual([]);
    expect((await webhooks("POST", "/activate")).status).toBe(200);
    now += DAY_MS;
    await simulator.control.tick();
    expect(received.length).toBeGreaterThan(0);
  });

  it("tell of what is added, and of what the watch uploads late, but not of what is deleted", async () => {
    simulator.control.configure("polar", { upload_after_s: 60 });
    const get = await connected();
    await webhooks("POST", "", HOOK);
    received = [];
    now += 120_000;
    await simulator.control.tick();
    expect(received.filter(({ body }) => body.event === "EXERCISE").length).toBeGreaterThan(10);
    received = [];
    const added = await simulator.control.addActivity("mira", {
      sport: "run",
      start: now - 7_200_000,
      duration_s: 1800,
    });
    expect(received.map(({ body }) => [body.event, body.entity_id])).toEqual([["EXERCISE", added.ids.polar]]);
    await simulator.control.deleteActivity("mira", added.key);
    expect(received).toHaveLength(1);
    expect((await get(`/exercises/${added.ids.polar}`)).status).toBe(404);
  });
});
