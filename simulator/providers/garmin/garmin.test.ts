import { createHash, createHmac, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Decoder, Stream } from "@garmin/fitsdk";
import OAuth from "oauth-1.0a";
import { beforeEach, describe, expect, it } from "vitest";
import { createSimulator, type Simulator } from "../../app.ts";
import { lifeOf } from "../../life.ts";
import { people } from "../../person.ts";
import { entries } from "./activities.ts";
import { signatureOf } from "./oauth1.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are compared as they come
type Json = any;
const NOW = Date.parse("2026-11-24T15:00:00Z");
const DAY = 86_400;
const GATEWAY = "http://localhost:8788/";
const CALLBACK = "http://127.0.0.1:8787/api/webhooks/garmin/secret";
const BACK = "http://127.0.0.1:8787/api/oauth/callback/garmin";
const REST = "https://apis.garmin.com/wellness-api/rest";
const fixture = (name: string): Json => JSON.parse(readFileSync(join(import.meta.dirname, "fixtures", name), "utf8"));

let now: number;
let simulator: Simulator;
let received: { headers: Headers; body: Json }[];
let answers: number[];

beforeEach(() => {
  now = NOW;
  received = [];
  answers = [];
  simulator = createSimulator({
    now: () => now,
    consent: "auto",
    fetch: async (request) => {
      expect(request.url).toBe(CALLBACK);
      received.push({ headers: request.headers, body: await request.json() });
      return new Response(null, { status: answers.shift() ?? 200 });
    },
  });
  simulator.control.configure("garmin", { callback_url: CALLBACK, clients: { app: "s&cret" } });
});

/** By the gateway's form, as the Worker sends it; `url` is the real one. */
const call = (url: string, init: RequestInit = {}) =>
  simulator.app.request(GATEWAY + url.slice("https://".length), init);
const told = (key: string) => received.flatMap(({ body }) => body[key] ?? []);

interface Token {
  key: string;
  secret: string;
}

/** Signed by a library that shares no line with the simulator. */
function signed(url: string, token?: Token, data: Record<string, string> = {}, change: Record<string, string> = {}) {
  const client = new OAuth({
    consumer: { key: "app", secret: "s&cret" },
    signature_method: "HMAC-SHA1",
    hash_function: (base, key) => createHmac("sha1", key).update(base).digest("base64"),
  });
  client.getTimeStamp = () => Math.floor(now / 1000);
  const [method = "GET", address = ""] = url.split(" ");
  const made = client.authorize({ url: address, method, data }, token);
  return call(address, { method, headers: { ...client.toHeader({ ...made, ...change } as typeof made) } });
}

const ofForm = async (answer: Response): Promise<Token> => {
  const form = new URLSearchParams(await answer.text());
  return { key: form.get("oauth_token")!, secret: form.get("oauth_token_secret")! };
};
const requested = async () =>
  ofForm(
    await signed("POST https://connectapi.garmin.com/oauth-service/oauth/request_token", undefined, {
      oauth_callback: BACK,
    }),
  );
const confirmed = async (token: Token) => {
  const query = new URLSearchParams({ oauth_token: token.key, oauth_callback: BACK });
  const answer = await call(`https://connect.garmin.com/oauthConfirm?${query}`);
  return new URL(answer.headers.get("location")!).searchParams;
};
const accessed = (token: Token, oauth_verifier: string, change = {}) =>
  signed("POST https://connectapi.garmin.com/oauth-service/oauth/access_token", token, { oauth_verifier }, change);

async function connect1(): Promise<Token> {
  const token = await requested();
  return ofForm(await accessed(token, (await confirmed(token)).get("oauth_verifier")!));
}

const VERIFIER = "v".repeat(43);
const ask2 = (change: Record<string, string> = {}) =>
  call(
    `https://connect.garmin.com/oauth2Confirm?${new URLSearchParams({
      response_type: "code",
      client_id: "app",
      code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
      code_challenge_method: "S256",
      redirect_uri: BACK,
      state: "s/1",
      ...change,
    })}`,
  );
const tokenCall = (form: Record<string, string>) =>
  call("https://diauth.garmin.com/di-oauth2-service/oauth/token", {
    method: "POST",
    body: new URLSearchParams({ client_id: "app", client_secret: "s&cret", ...form }),
  });
const redeem = (code: string, change: Record<string, string> = {}) =>
  tokenCall({ grant_type: "authorization_code", code, code_verifier: VERIFIER, redirect_uri: BACK, ...change });

async function connect2(): Promise<Json> {
  const code = new URL((await ask2()).headers.get("location")!).searchParams.get("code")!;
  return (await redeem(code)).json();
}
const get = (path: string, token: string, method = "GET") =>
  call(REST + path, { method, headers: { authorization: `Bearer ${token}` } });
const outcome = async (answer: Response) => [answer.status, await answer.json().catch(() => null)];

describe("OAuth 1.0a", () => {
  it("computes the base string of RFC 5849 §3.4.1 and the signature of its photos request", () => {
    const url = new URL("http://photos.example.net/photos?file=vacation.jpg&size=original");
    const params = {
      oauth_consumer_key: "dpf43f3p2l4k3l03",
      oauth_token: "nnch734d00sl2jdk",
      oauth_signature_method: "HMAC-SHA1",
      oauth_timestamp: "137131202",
      oauth_nonce: "chapoH",
    };
    expect(signatureOf("GET", url, "", params, "kd94hf93k423kf44", "pfkkdhi9sl3r4s00")).toBe(
      "MdpQcU8iPSUjWoN/UDMsK2sui9I=",
    );
  });

  it("connects in three legs over the gateway with signatures for the real address", async () => {
    const first = await requested();
    const back = await confirmed(first);
    expect(back.get("oauth_token")).toBe(first.key);
    const user = await ofForm(await accessed(first, back.get("oauth_verifier")!));
    const id = await signed(`GET ${REST}/user/id`, user);
    expect(await id.json()).toEqual({ userId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(await (await signed(`GET ${REST}/user/permissions`, user)).json()).toContain("HISTORICAL_DATA_EXPORT");
  });

  it("refuses a wrong signature, a used nonce, an old timestamp, an unknown consumer, a used request token", async () => {
    const token = await requested();
    const { oauth_verifier } = Object.fromEntries(await confirmed(token)) as { oauth_verifier: string };
    expect((await accessed({ ...token, secret: "other" }, oauth_verifier)).status).toBe(401);
    const wrong = await accessed(token, oauth_verifier, { oauth_signature: "AAAA" });
    expect([wrong.status, await wrong.text()]).toEqual([401, fixture("oauth1_composed.json").at(-1).body]);
    now += 400_000;
    const late = await signed("POST https://connectapi.garmin.com/oauth-service/oauth/request_token", undefined, {
      oauth_timestamp: String(NOW / 1000),
    });
    expect(late.status).toBe(401);
    now = NOW;
    expect((await accessed(token, "guess")).status).toBe(401);
    expect((await accessed(token, oauth_verifier)).status).toBe(401);
    const url = "https://connectapi.garmin.com/oauth-service/oauth/request_token";
    const client = new OAuth({
      consumer: { key: "app", secret: "s&cret" },
      signature_method: "HMAC-SHA1",
      hash_function: (base, key) => createHmac("sha1", key).update(base).digest("base64"),
    });
    client.getTimeStamp = () => NOW / 1000;
    const headers = { ...client.toHeader(client.authorize({ url, method: "POST" })) };
    expect((await call(url, { method: "POST", headers })).status).toBe(200);
    const again = await call(url, { method: "POST", headers });
    expect([again.status, await again.text()]).toEqual([401, expect.stringContaining("Nonce already used")]);
    const stranger = { Authorization: headers.Authorization.replace('"app"', '"stranger"') };
    expect((await call(url, { method: "POST", headers: stranger })).status).toBe(401);
  });

  it("comes back with the word null where the person declines", async () => {
    simulator.control.consent({ deny: true });
    expect((await confirmed(await requested())).get("oauth_verifier")).toBe("null");
  });

  it("lists by time of upload, within a day, with the user's token in each record", async () => {
    const user = await connect1();
    const to = NOW / 1000;
    const window = `uploadStartTimeInSeconds=${to - DAY}&uploadEndTimeInSeconds=${to}`;
    const sleeps = await (await signed(`GET ${REST}/sleeps?${window}`, user)).json();
    expect(sleeps).toMatchObject([{ calendarDate: "2026-11-24", userAccessToken: user.key }]);
    const activities = await (await signed(`GET ${REST}/activities?${window}`, user)).json();
    expect((activities as Json[]).length).toBe(
      simulator.control.activities("mira").filter((one) => Date.parse(one.start) > NOW - DAY * 1000).length,
    );
    const wide = `uploadStartTimeInSeconds=${to - DAY - 1}&uploadEndTimeInSeconds=${to}`;
    expect(await outcome(await signed(`GET ${REST}/sleeps?${wide}`, user))).toEqual([
      400,
      { errorMessage: "Time range exceeds maximum of 86400 seconds" },
    ]);
    expect(await outcome(await signed(`GET ${REST}/sleeps`, user))).toEqual([
      400,
      { errorMessage: "Missing time range parameters" },
    ]);
    const ms = `uploadStartTimeInSeconds=1452777797000&uploadEndTimeInSeconds=${to}`;
    expect(await outcome(await signed(`GET ${REST}/epochs?${ms}`, user))).toEqual([
      400,
      fixture("errors.json")[0].body,
    ]);
  });

  it("is exchanged for OAuth 2: signed, with an empty body; the old token lives on and pushes lose it", async () => {
    const user = await connect1();
    const url = "https://apis.garmin.com/partner-gateway/rest/user/token-exchange";
    const pair = await (await signed(`POST ${url}`, user)).json();
    expect(Object.keys(pair as Json).sort()).toEqual(Object.keys(fixture("oauth2_token.json")).sort());
    expect((await get("/user/id", (pair as Json).access_token)).status).toBe(200);
    expect((await signed(`GET ${REST}/user/id`, user)).status).toBe(200);
    await simulator.control.tick();
    expect(told("dailies").length).toBeGreaterThan(0);
    expect(told("dailies").every((one) => one.userAccessToken === undefined)).toBe(true);
    now += 31 * DAY * 1000;
    expect((await signed(`GET ${REST}/user/id`, user)).status).toBe(403);
  });
});

describe("OAuth 2", () => {
  it("gives a pair for code and verifier, as the fixture shows it", async () => {
    const back = new URL((await ask2()).headers.get("location")!).searchParams;
    expect([...back.keys()].sort()).toEqual(["code", "state"]);
    expect(back.get("state")).toBe("s/1");
    const pair = (await (await redeem(back.get("code")!)).json()) as Json;
    const { expires_in, token_type, scope, refresh_token_expires_in } = fixture("oauth2_token.json");
    expect(pair).toMatchObject({ expires_in, token_type, scope, refresh_token_expires_in });
    expect(await (await get("/user/id", pair.access_token)).json()).toHaveProperty("userId");
  });

  it("holds to PKCE, and spends the code on any attempt", async () => {
    expect((await ask2({ code_challenge_method: "plain" })).status).toBe(400);
    expect((await ask2({ code_challenge: "" })).status).toBe(400);
    const code = async () => new URL((await ask2()).headers.get("location")!).searchParams.get("code")!;
    const one = await code();
    expect(await outcome(await redeem(one, { code_verifier: "w".repeat(43) }))).toEqual([
      400,
      { error: "invalid_grant", error_description: "Invalid code verifier" },
    ]);
    expect((await redeem(one)).status).toBe(400);
    expect((await redeem(await code(), { redirect_uri: "https://evil.example/" })).status).toBe(400);
    expect(await outcome(await redeem(await code(), { client_secret: "other" }))).toEqual([
      401,
      { error: "invalid_client", error_description: "Bad client credentials" },
    ]);
    simulator.control.consent({ deny: true });
    expect((await ask2()).headers.get("location")).toBe(`${BACK}?error=access_denied&state=s%2F1`);
  });

  it("rotates refresh tokens and refuses a used one", async () => {
    const first = await connect2();
    const refresh = (refresh_token: string) => tokenCall({ grant_type: "refresh_token", refresh_token });
    const second = (await (await refresh(first.refresh_token)).json()) as Json;
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await outcome(await refresh(first.refresh_token))).toEqual([
      400,
      { error: "invalid_grant", error_description: "Invalid refresh token" },
    ]);
    expect((await get("/user/id", first.access_token)).status).toBe(200);
    now += DAY * 1000;
    const dead = await get("/user/id", second.access_token);
    expect([dead.status, dead.headers.get("www-authenticate"), await dead.json()]).toEqual([
      401,
      'Bearer error="invalid_token", error_description="Token is not active"',
      { errorMessage: "Token is not active" },
    ]);
  });

  it("cannot list: there is no pull token", async () => {
    const { access_token } = await connect2();
    const to = NOW / 1000;
    const path = `/activities?uploadStartTimeInSeconds=${to - 60}&uploadEndTimeInSeconds=${to}`;
    expect(await outcome(await get(path, access_token))).toEqual([
      400,
      { errorMessage: "InvalidPullTokenException failure" },
    ]);
  });
});

describe("the consent page", () => {
  it("leaves history unticked and grants what was ticked", async () => {
    simulator.control.consent("page");
    const page = await (await ask2()).text();
    expect(page).toMatch(/value="ACTIVITY_EXPORT" checked/);
    expect(page).toMatch(/value="HISTORICAL_DATA_EXPORT" >/);
    const url = new URL("https://connect.garmin.com/oauth2Confirm");
    url.search = new URLSearchParams({
      response_type: "code",
      client_id: "app",
      code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
      code_challenge_method: "S256",
      redirect_uri: BACK,
    }).toString();
    const body = new URLSearchParams([
      ["person", "jonas"],
      ["permission", "ACTIVITY_EXPORT"],
      ["decision", "agree"],
    ]);
    const answer = await call(url.href, { method: "POST", body });
    const code = new URL(answer.headers.get("location")!).searchParams.get("code")!;
    const { access_token } = (await (await redeem(code)).json()) as Json;
    expect(await (await get("/user/permissions", access_token)).json()).toEqual(["ACTIVITY_EXPORT"]);
  });
});

describe("delivery", () => {
  it("pushes the day so far after connecting, with the client's id and the person's", async () => {
    const { access_token } = await connect2();
    const { userId } = (await (await get("/user/id", access_token)).json()) as Json;
    await simulator.control.tick();
    const { headers } = received[0]!;
    expect([headers.get("garmin-client-id"), headers.get("user-agent")]).toEqual(["app", "Garmin Health API"]);
    const today = told("dailies").find((one) => one.calendarDate === "2026-11-24");
    expect(today).toMatchObject({ userId, startTimeInSeconds: NOW / 1000 - 16 * 3600, durationInSeconds: 16 * 3600 });
    expect(told("sleeps")).toMatchObject([{ calendarDate: "2026-11-24" }]);
    received.length = 0;
    await simulator.control.tick();
    expect(received).toEqual([]);
    simulator.control.advance(4 * 3600_000);
    await simulator.control.tick();
    const grown = told("dailies").find((one) => one.calendarDate === "2026-11-24");
    expect(grown.durationInSeconds).toBe(20 * 3600);
    expect(grown.summaryId).not.toBe(today.summaryId);
  });

  it("pushes an added activity with details, and announces its file for one download", async () => {
    const { access_token } = await connect2();
    const start = NOW - 3600_000;
    const view = await simulator.control.addActivity("mira", {
      sport: "run",
      start,
      duration_s: 1800,
      distance_m: 6000,
    });
    const id = Number(view.ids.garmin);
    expect(told("activities")).toMatchObject([
      { activityId: id, summaryId: String(id), activityType: "RUNNING", startTimeInSeconds: start / 1000 },
    ]);
    const [detail] = told("activityDetails");
    expect(detail).toMatchObject({ activityId: id, summaryId: `${id}-detail`, summary: { activityType: "RUNNING" } });
    expect(detail.samples.at(-1).totalDistanceInMeters).toBeCloseTo(6000, -2);
    for (const sample of detail.samples) {
      expect(sample.movingDurationInSeconds).toBeLessThanOrEqual(sample.timerDurationInSeconds);
      expect(sample.timerDurationInSeconds).toBeLessThanOrEqual(sample.clockDurationInSeconds);
    }
    const [file] = told("activityFiles");
    expect(Object.keys(file).sort()).toEqual(Object.keys(fixture("ping_activity_files.json").activityFiles[0]).sort());
    const headers = { authorization: `Bearer ${access_token}` };
    expect((await call(file.callbackURL)).status).toBe(401);
    const answer = await call(file.callbackURL, { headers });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const decoder = new Decoder(Stream.fromByteArray([...bytes]));
    expect(decoder.checkIntegrity()).toBe(true);
    const { messages, errors } = decoder.read();
    expect(errors).toEqual([]);
    expect(messages.sessionMesgs).toMatchObject([{ sport: "running", totalTimerTime: 1800 }]);
    expect(messages.sessionMesgs![0]!.startTime).toEqual(new Date(start));
    expect(messages.recordMesgs!.length).toBe(detail.samples.length);
    expect(await outcome(await call(file.callbackURL, { headers }))).toEqual([
      410,
      { errorMessage: "File already downloaded" },
    ]);
  });

  it("tells edits as manual updates, and nothing of deletions", async () => {
    await connect2();
    const [last] = simulator.control.activities("mira").slice(-1);
    await simulator.control.editActivity("mira", last!.ids.garmin!, { name: "Renamed" });
    expect(told("manuallyUpdatedActivities")).toMatchObject([{ activityName: "Renamed", summaryId: last!.ids.garmin }]);
    received.length = 0;
    await simulator.control.deleteActivity("mira", last!.ids.garmin!);
    expect(received).toEqual([]);
  });

  it("repeats what was not taken with growing pauses", async () => {
    await connect2();
    simulator.control.configure("garmin", { delivery: { "*": "off", activities: "push" } });
    answers = [500, 503];
    await simulator.control.addActivity("mira", { sport: "yoga", start: NOW - 7200_000, duration_s: 1200 });
    expect(received).toHaveLength(1);
    simulator.control.advance(59_000);
    await simulator.control.tick();
    expect(received).toHaveLength(1);
    simulator.control.advance(1000);
    await simulator.control.tick();
    expect(received).toHaveLength(2);
    simulator.control.advance(119_000);
    await simulator.control.tick();
    expect(received).toHaveLength(2);
    simulator.control.advance(1000);
    await simulator.control.tick();
    expect(received).toHaveLength(3);
    expect(received[2]!.body).toEqual(received[0]!.body);
  });

  it("pings where that was chosen: the address gives a bare array to its own application only", async () => {
    const { access_token } = await connect2();
    simulator.control.configure("garmin", { delivery: { "*": "off", dailies: "ping" } });
    await simulator.control.tick();
    const [ping] = told("dailies");
    expect(Object.keys(ping).sort()).toEqual(Object.keys(fixture("ping_epochs.json").epochs[0]).sort());
    expect(ping.callbackURL).toMatch(/^https:\/\/apis\.garmin\.com\/wellness-api\/rest\/dailies\?.*token=/);
    const records = await (
      await call(ping.callbackURL, { headers: { authorization: `Bearer ${access_token}` } })
    ).json();
    expect((records as Json[]).map((one) => one.calendarDate)).toContain("2026-11-24");
    expect((await call(ping.callbackURL)).status).toBe(401);
    const forged = ping.callbackURL.replace(/token=.*/, `token=${randomUUID()}`);
    expect((await call(forged, { headers: { authorization: `Bearer ${access_token}` } })).status).toBe(400);
  });

  it("says goodbye after a disconnect from either side, and tells changed permissions", async () => {
    const { access_token } = await connect2();
    const { userId } = (await (await get("/user/id", access_token)).json()) as Json;
    simulator.control.configure("garmin", { granted: { mira: ["HEALTH_EXPORT"] } });
    await simulator.control.tick();
    expect(told("userPermissionsChange")).toMatchObject([
      { userId, permissions: ["HEALTH_EXPORT"], changeTimeInSeconds: NOW / 1000 },
    ]);
    expect((await get("/user/registration", access_token, "DELETE")).status).toBe(204);
    await simulator.control.tick();
    expect(received.at(-1)!.body).toEqual({ deregistrations: [{ userId }] });
    expect((await get("/user/id", access_token)).status).toBe(401);
    await connect2();
    expect(await simulator.control.revoke("garmin", "mira")).toBe(1);
    expect(told("deregistrations")).toHaveLength(2);
  });
});

describe("backfill", () => {
  const month = (from: number, to: number) => `?summaryStartTimeInSeconds=${from}&summaryEndTimeInSeconds=${to}`;
  const to = NOW / 1000;

  it("answers 202 and sends the data a while later; the same range again is 409, but not after a reconnect", async () => {
    const { access_token } = await connect2();
    simulator.control.configure("garmin", { days_per_minute: 10_000 });
    const path = `/backfill/activities${month(to - 20 * DAY, to)}`;
    const first = await get(path, access_token);
    expect([first.status, await first.text()]).toEqual([202, ""]);
    expect(told("activities")).toEqual([]);
    simulator.control.advance(20_000);
    await simulator.control.tick();
    const here = simulator.control.activities("mira").filter((one) => Date.parse(one.start) > NOW - 20 * DAY * 1000);
    const ids = told("activities")
      .filter((one) => one.parentSummaryId === undefined)
      .map((one) => String(one.activityId));
    expect(ids.sort()).toEqual(here.map((one) => one.ids.garmin).sort());
    const again = await outcome(await get(path, access_token));
    expect(again[0]).toBe(409);
    expect((again[1] as Json).errorMessage).toMatch(
      /^\[[0-9a-f-]{36}\]duplicate backfill processed at 2026-11-24T15:00:00Z \[2026-11-04T15:00:00Z to 2026-11-24T15:00:00Z\]$/,
    );
    const next = await connect2();
    expect((await get(path, next.access_token)).status).toBe(202);
  });

  it("refuses in Garmin's words: too early, too long, no range, off, not granted, no history, too often", async () => {
    simulator.control.consent({ scopes: ["HEALTH_EXPORT", "HISTORICAL_DATA_EXPORT"] });
    const { access_token } = await connect2();
    const refused = async (path: string) => outcome(await get(path, access_token));
    expect(await refused(`/backfill/dailies${month(to - 60 * DAY, to)}`)).toEqual([
      400,
      { errorMessage: "start 2026-09-25T15:00:00Z before min start time of 2026-10-24T15:00:00.000Z" },
    ]);
    expect((await refused(`/backfill/dailies${month(to - 91 * DAY, to)}`))[1]).toEqual({
      errorMessage: `Time range exceeds maximum of ${90 * DAY} seconds`,
    });
    expect((await refused("/backfill/dailies"))[1]).toEqual({ errorMessage: "Missing time range parameters" });
    expect((await refused(`/backfill/activities${month(to - DAY, to)}`))[0]).toBe(412);
    simulator.control.configure("garmin", { delivery: { activities: "off", activityDetails: "ping" } });
    expect(await refused(`/backfill/activities${month(to - DAY, to)}`)).toEqual([
      400,
      { errorMessage: "Endpoint not enabled for summary type: CONNECT_ACTIVITY" },
    ]);
    expect((await refused(`/backfill/activityDetails${month(to - DAY, to)}`))[0]).toBe(400);
    for (const type of ["dailies", "sleeps", "hrv"]) {
      expect((await get(`/backfill/${type}${month(to - 30 * DAY, to)}`, access_token)).status).toBe(202);
    }
    expect(await refused(`/backfill/epochs${month(to - 30 * DAY, to)}`)).toEqual([
      429,
      { errorMessage: "Too many requests: Rate limit quota violation" },
    ]);
    simulator.control.configure("garmin", { granted: { mira: ["HEALTH_EXPORT"] } });
    expect((await refused(`/backfill/pulseOx${month(to - DAY, to)}`))[0]).toBe(403);
  });

  it("survives a restart: what was accepted is still told", async () => {
    let kept: unknown;
    const options = { consent: "auto" as const, save: (state: unknown) => void (kept = structuredClone(state)) };
    simulator = createSimulator({ ...options, now: () => now });
    const { access_token } = await connect2();
    expect((await get(`/backfill/hrv${month(to - 5 * DAY, to)}`, access_token)).status).toBe(202);
    const bodies: Json[] = [];
    const second = createSimulator({
      now: () => now + 60_000,
      saved: kept,
      fetch: async (request) => {
        bodies.push(await request.json());
        return new Response();
      },
    });
    second.control.configure("garmin", { callback_url: CALLBACK });
    await second.control.tick();
    expect(bodies.flatMap((body) => body.hrv ?? []).length).toBeGreaterThanOrEqual(4);
  });
});

describe("data", () => {
  /** All records of a type in the month before NOW. */
  async function month(type: string, key: string, from = NOW / 1000 - 30 * DAY, until = NOW / 1000): Promise<Json[]> {
    const { access_token } = await connect2();
    simulator.control.configure("garmin", { backfill_after_s: 0, days_per_minute: 10_000 });
    received.length = 0;
    const query = `?summaryStartTimeInSeconds=${from}&summaryEndTimeInSeconds=${until}`;
    expect((await get(`/backfill/${type}${query}`, access_token)).status).toBe(202);
    await simulator.control.tick();
    return told(key);
  }

  it("of a night adds up: stages are the duration, awake and unmeasurable fill the rest of the span", async () => {
    const nights = (await month("sleeps", "sleeps")).filter((one) => !one.validation.endsWith("TENTATIVE"));
    expect(nights.length).toBeGreaterThan(24);
    for (const night of nights) {
      const { deepSleepDurationInSeconds: deep, lightSleepDurationInSeconds: light, remSleepInSeconds: rem } = night;
      expect(deep + light + rem).toBe(night.durationInSeconds);
      const intervals = Object.values(night.sleepLevelsMap as Record<string, Json[]>).flat();
      const spanned = intervals.reduce((sum, one) => sum + one.endTimeInSeconds - one.startTimeInSeconds, 0);
      expect(spanned).toBe(night.durationInSeconds + night.awakeDurationInSeconds);
      const [, start, length] = night.summaryId.split("-");
      expect([parseInt(start, 16), parseInt(length, 16)]).toEqual([night.startTimeInSeconds, night.durationInSeconds]);
    }
    expect(nights.some((one) => one.naps.length > 0 && one.totalNapDurationInSeconds > 0)).toBe(true);
  });

  it("of days crosses a half-hour zone and carries its offset", async () => {
    const days = await month("dailies", "dailies");
    expect(days.find((one) => one.calendarDate === "2026-11-01")).toMatchObject({ startTimeOffsetInSeconds: 19_800 });
    expect(days.find((one) => one.calendarDate === "2026-11-20")).toMatchObject({
      startTimeOffsetInSeconds: 3600,
      durationInSeconds: 86_400,
    });
  });

  it("lists a clock change as a day of 25 hours", async () => {
    now = Date.parse("2025-11-10T12:00:00Z");
    const from = Date.parse("2025-10-25T00:00:00Z") / 1000;
    const days = await month("dailies", "dailies", from, from + 3 * DAY);
    expect(days.find((one) => one.calendarDate === "2025-10-26").durationInSeconds).toBe(90_000);
  });

  it("links the legs of a multisport activity to their parent", async () => {
    // A ride of the year before with a run after it.
    const life = lifeOf(people(1)[0]!, NOW);
    const brick = entries(life, NOW - 200 * DAY * 1000).findLast((one) => one.legs.length > 0)!;
    now = brick.uploaded() + 3600_000;
    const from = Math.floor(brick.activity.start / 1000);
    const all = await month("activities", "activities", from, from + 8 * 3600);
    const [parent, ...legs] = all.slice(0, 4);
    expect(parent).toMatchObject({ activityType: "MULTI_SPORT", isParent: true });
    expect(legs.map((one) => [one.activityType, one.parentSummaryId])).toEqual([
      ["ROAD_BIKING", parent.summaryId],
      ["TRANSITION_V2", parent.summaryId],
      ["RUNNING", parent.summaryId],
    ]);
    expect(legs.reduce((sum, one) => sum + one.durationInSeconds, 0)).toBe(parent.durationInSeconds);
  });

  it("starts activities within seconds of what other providers show, Garmin's own at the same one", async () => {
    const shown = new Map((await month("activities", "activities")).map((one) => [String(one.activityId), one]));
    for (const view of simulator.control
      .activities("mira")
      .filter((one) => Date.parse(one.start) > NOW - 29 * DAY * 1000)) {
      const ours = shown.get(view.ids.garmin!)!;
      expect(Math.abs(ours.startTimeInSeconds - Date.parse(view.start) / 1000)).toBeLessThan(20);
    }
  });
});
