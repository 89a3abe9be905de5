import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { createSimulator, type Simulator } from "../../app.ts";
import { person } from "../../person.ts";

// Tuesday.
const NOW = Date.parse("2026-11-24T15:00:00Z");
const WEEK_MS = 7 * 86_400_000;
// biome-ignore lint/suspicious/noExplicitAny: answers are compared as they come
type Json = any;
const fixture = (name: string): Json =>
  JSON.parse(readFileSync(join(import.meta.dirname, "fixtures", `google_${name}.json`), "utf8"));
const scope = (name: string) => `https://www.googleapis.com/auth/googlehealth.${name}.readonly`;
const ALL = ["activity_and_fitness", "sleep", "health_metrics_and_measurements"].map(scope);
const errors: { from: string; status: number; body: Json }[] = fixture("errors");
const refusal = (from: string) => {
  const { status, body } = errors.find((one) => one.from.includes(from))!;
  return { status, body };
};

let simulator: Simulator;
let now: number;
let received: { headers: Headers; body: string }[];
let answer: (request: Request, body: string) => Response;

beforeEach(() => {
  now = NOW;
  received = [];
  answer = (request, body) => {
    if (!body.includes('"verification"')) return new Response(null, { status: 204 });
    return new Response(null, { status: request.headers.get("authorization") === "Bearer s3" ? 201 : 401 });
  };
  simulator = createSimulator({
    now: () => now,
    consent: "auto",
    users: [person(1, "mira", { months: 4 }), person(1, "jonas", { months: 1 })],
    async fetch(request) {
      const body = await request.text();
      received.push({ headers: request.headers, body });
      return answer(request, body);
    },
  });
});

const CLIENT = { client_id: "42", client_secret: "shh" };
const REDIRECT = "http://127.0.0.1:8787/cb";
const get = (url: string, headers: Record<string, string> = {}) => simulator.fetch(new Request(url, { headers }));
const post = (url: string, body: Record<string, string>) =>
  simulator.fetch(new Request(url, { method: "POST", body: new URLSearchParams(body) }));

async function authorise(more: Record<string, string> = {}): Promise<Response> {
  const asked = {
    client_id: "42",
    redirect_uri: REDIRECT,
    response_type: "code",
    scope: ALL.join(" "),
    state: "s/1",
    access_type: "offline",
    prompt: "consent",
    ...more,
  };
  return get(`https://accounts.google.com/o/oauth2/v2/auth?${new URLSearchParams(asked)}`);
}
const returned = (response: Response) => new URL(response.headers.get("location")!).searchParams;
const token = (form: Record<string, string>) => post("https://oauth2.googleapis.com/token", { ...CLIENT, ...form });
const exchange = (code: string, more: Record<string, string> = {}) =>
  token({ grant_type: "authorization_code", code, redirect_uri: REDIRECT, ...more });
const codeOf = async (more: Record<string, string> = {}) => returned(await authorise(more)).get("code")!;
async function tokens(more: Record<string, string> = {}): Promise<Json> {
  return (await exchange(await codeOf(more))).json();
}
const refresh = (refresh_token: string) => token({ grant_type: "refresh_token", refresh_token });

const DATA = "https://health.googleapis.com/v4/users/me/dataTypes";
let access: string;
const ask = async (path: string, query: Record<string, string> = {}) => {
  const response = await get(`${DATA}/${path}?${new URLSearchParams(query)}`, { authorization: `Bearer ${access}` });
  return { status: response.status, body: (await response.json()) as Json, headers: response.headers };
};
const rollUp = async (type: string, from: number[], to: number[], more: object = {}) => {
  const date = ([year, month, day]: number[]) => ({ date: { year, month, day } });
  const response = await simulator.fetch(
    new Request(`${DATA}/${type}/dataPoints:dailyRollUp`, {
      method: "POST",
      headers: { authorization: `Bearer ${access}` },
      body: JSON.stringify({ range: { start: date(from), end: date(to) }, windowSizeDays: 1, ...more }),
    }),
  );
  return { status: response.status, body: (await response.json()) as Json };
};

describe("the consent", () => {
  it("brings a code, once, and a pair as Google's", async () => {
    const answered = returned(await authorise());
    expect([answered.get("state"), answered.get("iss")]).toEqual(["s/1", "https://accounts.google.com"]);
    const body: Json = await (await exchange(answered.get("code")!)).json();
    const { refresh_token_expires_in, ...real } = fixture("token_response");
    expect(Object.keys(body).sort()).toEqual(Object.keys(real).sort());
    expect(body).toMatchObject({ expires_in: 3599, token_type: "Bearer", scope: ALL.join(" ") });
    const again = await exchange(answered.get("code")!);
    expect({ status: again.status, body: await again.json() }).toEqual(refusal("bad refresh token"));
  });

  it("checks what was sent before", async () => {
    expect((await exchange(await codeOf(), { redirect_uri: "https://elsewhere.example/cb" })).status).toBe(400);
    expect((await exchange(await codeOf(), { client_secret: "wrong" })).status).toBe(401);
    // RFC 7636, appendix B.
    const pkce = { code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" };
    expect((await exchange(await codeOf(pkce))).status).toBe(400);
    const verifier = { code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" };
    expect((await exchange(await codeOf(pkce), verifier)).status).toBe(200);
    const late = await codeOf();
    now += 601_000;
    expect((await exchange(late)).status).toBe(400);
    for (const wrong of [
      { scope: "email" },
      { response_type: "token" },
      { client_id: "" },
      { redirect_uri: "http://a.example" },
    ]) {
      expect((await authorise(wrong as unknown as Record<string, string>)).status).toBe(400);
    }
  });

  it("brings a refresh token only where it is asked for so", async () => {
    expect(await tokens({ access_type: "online" })).not.toHaveProperty("refresh_token");
    await tokens();
    expect(await tokens({ prompt: "" })).not.toHaveProperty("refresh_token");
    expect(await tokens()).toHaveProperty("refresh_token");
  });

  it("may leave scopes out, or be denied", async () => {
    simulator.control.consent({ scopes: ["sleep"] });
    expect((await tokens()).scope).toBe(ALL[1]);
    simulator.control.consent({ deny: true });
    expect(Object.fromEntries(returned(await authorise()))).toEqual({ state: "s/1", error: "access_denied" });
  });

  it("is a page with a box for each scope", async () => {
    simulator.control.consent("page");
    const page = await (await authorise()).text();
    for (const one of ALL) expect(page).toContain(`name="scope" value="${one}" checked`);
    const url = `https://accounts.google.com/o/oauth2/v2/auth?${new URLSearchParams({ client_id: "42", redirect_uri: REDIRECT, response_type: "code", scope: ALL.join(" ") })}`;
    const form = { person: "jonas", decision: "continue", scope: ALL[0]! };
    expect(returned(await post(url, form)).get("scope")).toBe(ALL[0]);
    expect(returned(await post(url, { ...form, decision: "cancel" })).get("error")).toBe("access_denied");
  });
});

describe("tokens", () => {
  it("are refreshed without a new refresh token, any number of times", async () => {
    const first = await tokens();
    const body: Json = await (await refresh(first.refresh_token)).json();
    expect(Object.keys(body).sort()).toEqual(Object.keys(fixture("refresh_response_composed")).sort());
    expect((await refresh(first.refresh_token)).status).toBe(200);
    access = first.access_token;
    expect((await ask("exercise/dataPoints")).status).toBe(200);
    now += 3_600_000;
    expect(await ask("exercise/dataPoints")).toMatchObject(refusal("bad bearer"));
    expect(await (await refresh("1//unknown")).json()).toEqual(refusal("bad refresh token").body);
  });

  it("end after seven days while the application is being tested", async () => {
    simulator.control.configure("fitbit", { testing: true });
    const body = await tokens();
    expect(Object.keys(body).sort()).toEqual(Object.keys(fixture("token_response")).sort());
    expect(body.refresh_token_expires_in).toBe(604_800);
    now += WEEK_MS;
    const late = await refresh(body.refresh_token);
    expect({ status: late.status, body: await late.json() }).toEqual(refusal("7-day"));
  });

  it("end all together where one is given back", async () => {
    const { access_token, refresh_token } = await tokens();
    access = access_token;
    expect((await post("https://oauth2.googleapis.com/revoke", { token: refresh_token })).status).toBe(200);
    expect((await ask("sleep/dataPoints")).status).toBe(401);
    expect((await refresh(refresh_token)).status).toBe(400);
    const again = await post("https://oauth2.googleapis.com/revoke", { token: refresh_token });
    expect([again.status, ((await again.json()) as Json).error]).toEqual([400, "invalid_token"]);
  });
});

describe("data", () => {
  beforeEach(async () => {
    access = (await tokens()).access_token;
  });

  /** Paths of the fixture that none of ours has, or has with another type. */
  function missing(real: Json, ours: Json[], path = ""): string[] {
    const there = ours.filter((one) => one !== undefined && one !== null);
    if (there.length === 0) return [path];
    if (Array.isArray(real)) {
      const items = there.flat();
      return real.flatMap((one) => missing(one, items, `${path}[]`));
    }
    if (typeof real !== "object")
      return there.every((one) => typeof one === typeof real) ? [] : [`${path} is ${typeof there[0]}`];
    return Object.keys(real).flatMap((name) =>
      missing(
        real[name],
        there.map((one) => one[name]),
        `${path}.${name}`,
      ),
    );
  }

  it("has the keys and JSON types of every recorded answer", async () => {
    const listed = async (type: string, call = "dataPoints") =>
      (await ask(`${type}/${call}`, { pageSize: type === "exercise" || type === "sleep" ? "25" : "200" })).body;
    const cases: [Json, Json][] = [
      [fixture("exercise_list"), await listed("exercise")],
      [fixture("sleep_reconcile_composed"), await listed("sleep", "dataPoints:reconcile")],
      [fixture("sleep_list_composed"), await listed("sleep")],
      [fixture("steps_list"), await listed("steps")],
      [fixture("heart_rate_list"), await listed("heart-rate")],
      [fixture("weight_list"), await listed("weight")],
      [fixture("steps_daily_rollup"), (await rollUp("steps", [2026, 11, 20], [2026, 11, 24])).body],
      [fixture("total_calories_daily_rollup"), (await rollUp("total-calories", [2026, 11, 20], [2026, 11, 24])).body],
    ];
    for (const [type, real] of Object.entries(fixture("daily_types_composed"))) cases.push([real, await listed(type)]);
    // What overlaps a night's stages we make none of.
    const unmade = ".sleep.shortAwakenings";
    for (const [real, ours] of cases) {
      expect(missing(real, [ours]).filter((path) => !path.includes(unmade))).toEqual([]);
    }
    const identity = await get("https://health.googleapis.com/v4/users/me/identity", {
      authorization: `Bearer ${access}`,
    });
    expect(missing(fixture("identity"), [await identity.json()])).toEqual([]);
  });

  it("comes newest first, page by page, and a page may be empty in between", async () => {
    const filter = `exercise.interval.civil_start_time >= "2026-08-01" AND exercise.interval.civil_start_time < "2026-11-01"`;
    const starts: string[] = [];
    const sizes: number[] = [];
    for (let pageToken = "", first = true; first || pageToken; first = false) {
      const { body } = await ask("exercise/dataPoints:reconcile", {
        filter,
        pageSize: "25",
        ...(pageToken && { pageToken }),
      });
      sizes.push(body.dataPoints?.length ?? 0);
      for (const point of body.dataPoints ?? []) {
        starts.push(point.exercise.interval.startTime);
        expect(point).not.toHaveProperty("dataSource");
        expect(BigInt(point.dataPointName.split("/").at(-1))).toBeGreaterThan(2n ** 53n);
      }
      pageToken = body.nextPageToken ?? "";
    }
    expect(sizes.slice(0, 3)).toEqual([25, 0, 25]);
    expect(starts).toEqual([...starts].sort().reverse());
    const done = simulator.control
      .activities("mira")
      .filter(({ start, copy_of }) => copy_of === null && start >= "2026-08-01T00:00" && start < "2026-11-01T00:00");
    expect(Math.abs(starts.length - done.length)).toBeLessThan(3);
    // The last page, where nothing is left.
    const none = `exercise.interval.civil_start_time < "2000-01-01"`;
    expect((await ask("exercise/dataPoints", { filter: none })).body).toEqual(fixture("last_page_empty"));
  });

  it("has small pages unless a size is told, and refuses one that is too large or a token of another question", async () => {
    expect((await ask("heart-rate/dataPoints")).body.dataPoints).toHaveLength(50);
    expect((await ask("exercise/dataPoints", { pageSize: "26" })).status).toBe(400);
    const { nextPageToken } = (await ask("heart-rate/dataPoints")).body;
    expect((await ask("steps/dataPoints", { pageToken: nextPageToken })).status).toBe(400);
    expect(
      (await ask("steps/dataPoints:reconcile", { dataSourceFamily: "users/me/dataSourceFamilies/mine" })).status,
    ).toBe(400);
  });

  it("can be filtered by the members that Google takes, and no other", async () => {
    const refused = await ask("sleep/dataPoints", {
      filter: `sleep.interval.civil_start_time >= "2026-09-25" AND sleep.interval.civil_start_time < "2026-09-26"`,
    });
    // The columns of the second term differ with what stands before it.
    const real = refusal("start-based filter");
    expect(refused.status).toBe(400);
    expect(refused.body.error.details[0]).toEqual(real.body.error.details[0]);
    expect(refused.body.error.details[1].fieldViolations[0]).toEqual(real.body.error.details[1].fieldViolations[0]);
    for (const [type, filter] of [
      ["exercise", `exercise.interval.civil_start_time >= "2026-09-25T00:00:00Z"`],
      ["exercise", `exercise.interval.start_time >= "2026-09-25T00:00:00Z"`],
      ["steps", `steps.interval.start_time > "2026-09-25T00:00:00Z"`],
      ["daily-resting-heart-rate", `daily-resting-heart-rate.date >= "2026-09-25"`],
      ["heart-rate", `heart_rate.date >= "2026-09-25"`],
    ] as const) {
      expect([filter, (await ask(`${type}/dataPoints`, { filter })).status]).toEqual([filter, 400]);
    }
    const nights = await ask("sleep/dataPoints", {
      filter: `sleep.interval.end_time >= "2026-11-20T00:00:00Z" AND sleep.interval.end_time < "2026-11-23T00:00:00Z"`,
    });
    for (const { sleep } of nights.body.dataPoints) {
      expect(sleep.interval.endTime >= "2026-11-20" && sleep.interval.endTime < "2026-11-23").toBe(true);
    }
  });

  it("is summed up by civil days, in ranges that are not too long, of types that have sums", async () => {
    expect((await rollUp("steps", [2026, 8, 1], [2026, 10, 30])).status).toBe(200);
    expect((await rollUp("steps", [2026, 8, 1], [2026, 10, 31])).status).toBe(400);
    expect(
      (await rollUp("heart-rate", [2026, 10, 1], [2026, 10, 15])).body.rollupDataPoints[0].heartRate,
    ).toMatchObject({
      beatsPerMinuteAvg: expect.any(Number),
    });
    expect((await rollUp("heart-rate", [2026, 10, 1], [2026, 10, 16])).status).toBe(400);
    expect((await rollUp("sleep", [2026, 10, 1], [2026, 10, 3])).status).toBe(400);
    expect((await rollUp("steps", [2026, 10, 1], [2026, 10, 3], { pageSize: 3 })).status).toBe(400);
    for (const type of ["total-calories", "floors"]) expect((await ask(`${type}/dataPoints`)).status).toBe(400);
  });

  it("of several sources counts twice in lists, and once where it is reconciled", async () => {
    const filter = `steps.interval.civil_start_time >= "2026-11-20" AND steps.interval.civil_start_time < "2026-11-21"`;
    const total = async (call: string) =>
      ((await ask(`steps/${call}`, { filter, pageSize: "10000" })).body.dataPoints as Json[]).reduce(
        (sum, { steps }) => sum + Number(steps.count),
        0,
      );
    const merged = await total("dataPoints:reconcile");
    expect(await total("dataPoints")).toBeGreaterThan(merged);
    expect((await rollUp("steps", [2026, 11, 20], [2026, 11, 21])).body.rollupDataPoints[0].steps.countSum).toBe(
      String(merged),
    );
  });

  it("is refused by scope, limit, a missing profile, and at times altogether", async () => {
    simulator.control.consent({ scopes: ["sleep"] });
    access = (await tokens()).access_token;
    expect(await ask("exercise/dataPoints")).toMatchObject(refusal("scope not granted"));
    expect((await ask("sleep/dataPoints")).status).toBe(200);
    simulator.control.configure("fitbit", { unlinked: ["mira"] });
    expect(await ask("sleep/dataPoints")).toMatchObject(refusal("without Google Health"));
    simulator.control.configure("fitbit", { unlinked: [], withheld: ["mira"] });
    expect((await ask("sleep/dataPoints")).body.error.details[0].reason).toBe("RESOURCE_PERMISSION_DENIED");
    simulator.control.configure("fitbit", { withheld: [], per_minute: 3 });
    now += 60_000;
    for (let i = 0; i < 3; i++) expect((await ask("sleep/dataPoints")).status).toBe(200);
    const full = await ask("sleep/dataPoints");
    expect(full).toMatchObject(refusal("quota"));
    expect([...full.headers.keys()].filter((name) => /limit|retry/i.test(name))).toEqual([]);
    now += 60_000;
    expect((await ask("sleep/dataPoints")).status).toBe(200);
  });

  it("that is gone is not found", async () => {
    const [point] = (await ask("exercise/dataPoints")).body.dataPoints;
    const id = point.name.split("/").at(-1);
    expect((await ask(`exercise/dataPoints/${id}`)).body.name).toBe(point.name);
    await simulator.control.deleteActivity("mira", id);
    expect((await ask(`exercise/dataPoints/${id}`)).status).toBe(404);
    expect((await ask("exercise/dataPoints")).body.dataPoints[0].name).not.toBe(point.name);
  });

  it("of a night that was just handed over has its stages minutes later", async () => {
    const [last] = (await ask("sleep/dataPoints")).body.dataPoints;
    now = Date.parse(last.sleep.interval.endTime) + 10 * 60_000;
    access = (await tokens()).access_token;
    const [early] = (await ask("sleep/dataPoints")).body.dataPoints;
    expect(early.sleep.metadata).not.toHaveProperty("processed");
    expect(early.sleep).not.toHaveProperty("stages");
    now += 5 * 60_000;
    const [whole] = (await ask("sleep/dataPoints")).body.dataPoints;
    expect([whole.name, whole.sleep.metadata.processed]).toEqual([early.name, true]);
  });
});

describe("notices", () => {
  const { request, response } = fixture("subscriber_create_composed");
  const subscribe = (more: Json = {}, id = "qt-connect") =>
    simulator.fetch(
      new Request(`https://health.googleapis.com/v4/projects/123456789012/subscribers?subscriberId=${id}`, {
        method: "POST",
        headers: { authorization: "Bearer service-account" },
        body: JSON.stringify({ ...request.body, endpointAuthorization: { secret: "Bearer s3" }, ...more }),
      }),
    );
  const KEYS = "https://www.gstatic.com/googlehealthapi/webhooks/webhooks_public_keyset.json";

  it("go to an address that has shown itself with our secret and without", async () => {
    const made: Json = await (await subscribe()).json();
    expect(Object.keys(made).sort()).toEqual(Object.keys(response.body).sort());
    expect(Object.keys(made.response).sort()).toEqual(Object.keys(response.body.response).sort());
    expect(received.map(({ headers, body }) => [headers.get("authorization"), JSON.parse(body)])).toEqual([
      ["Bearer s3", fixture("webhook_verification")],
      [null, fixture("webhook_verification")],
    ]);
    expect((await subscribe()).status).toBe(409);
    answer = () => new Response(null, { status: 200 });
    expect((await subscribe({}, "open-door")).status).toBe(400);
    expect((await subscribe({ endpointAuthorization: {} }, "no-secret")).status).toBe(400);
    expect((await get("https://health.googleapis.com/v4/projects/1/subscribers")).status).toBe(401);
  });

  it("are signed, tell of what is new and what is gone, and have no values", async () => {
    await tokens();
    await subscribe();
    received = [];
    const added = await simulator.control.addActivity("mira", {
      sport: "run",
      start: now - 7_200_000,
      duration_s: 1800,
    });
    await simulator.control.deleteActivity("mira", added.ids.fitbit!);
    const [upsert, gone] = received.map(({ body }) => JSON.parse(body).data);
    expect(Object.keys(upsert).sort()).toEqual(
      [...Object.keys(fixture("webhook_upsert_steps").data), "recordId"].sort(),
    );
    expect(Object.keys(upsert.intervals[0])).toEqual(Object.keys(fixture("webhook_upsert_steps").data.intervals[0]));
    expect([upsert.operation, upsert.dataType, upsert.recordId]).toEqual(["UPSERT", "exercise", added.ids.fitbit]);
    expect([gone.operation, gone.intervals[0].physicalTimeInterval]).toEqual(["DELETE", undefined]);

    const keys: Json = await (await get(KEYS)).json();
    expect(Object.keys(keys.key[0]).sort()).toEqual(
      Object.keys(fixture("webhook_signature_vector_composed").keyset.key[0]).sort(),
    );
    const bytes = Buffer.from(received[0]!.headers.get("google-health-api-signature")!, "base64");
    expect([bytes[0], bytes.readUInt32BE(1), bytes[5]]).toEqual([1, keys.primaryKeyId, 0x30]);
    expect(received[0]!.headers.get("authorization")).toBe("Bearer s3");
  });

  it("come again until they are taken, and in arrays where there are several", async () => {
    await tokens();
    await subscribe();
    received = [];
    answer = () => new Response(null, { status: 500 });
    now += 20 * 3_600_000;
    await simulator.control.tick();
    const items: Json[] = JSON.parse(received.at(-1)!.body);
    expect(Array.isArray(items)).toBe(true);
    expect([...new Set(items.map(({ data }) => data.dataType))]).toEqual(
      expect.arrayContaining(["steps", "sleep", "daily-resting-heart-rate"]),
    );
    const before = received.length;
    answer = () => new Response(null, { status: 204 });
    now += 3_600_000;
    await simulator.control.tick();
    expect(received[before]!.body).toBe(received[0]!.body);
  });

  it("of people who granted no such scope, or withdrew, are none but the goodbye", async () => {
    simulator.control.consent({ scopes: ["sleep"] });
    await tokens();
    await subscribe();
    received = [];
    await simulator.control.addActivity("mira", { sport: "run", start: now - 7_200_000, duration_s: 1800 });
    expect(received).toEqual([]);
    await simulator.control.revoke("fitbit", "mira");
    expect(received.map(({ body }) => JSON.parse(body).map(({ data }: Json) => data.operation))).toEqual([
      ["DELETE", "DELETE", "DELETE", "DELETE"],
    ]);
  });
});
