import { Decoder, Stream } from "@garmin/fitsdk";
import { beforeEach, describe, expect, it } from "vitest";
import { createSimulator, type Simulator } from "../../app.ts";
import bindFixture from "./fixtures/bind_state_composed.json" with { type: "json" };
import dailyFixture from "./fixtures/daily_query_composed.json" with { type: "json" };
import deauthorizeFixture from "./fixtures/deauthorize_response_composed.json" with { type: "json" };
import errorFixtures from "./fixtures/errors_composed.json" with { type: "json" };
import refreshFixture from "./fixtures/refresh_response.json" with { type: "json" };
import detailFixture from "./fixtures/sport_detail_fit.json" with { type: "json" };
import listFixture from "./fixtures/sport_list.json" with { type: "json" };
import listComposed from "./fixtures/sport_list_composed.json" with { type: "json" };
import tokenFixture from "./fixtures/token_response_composed.json" with { type: "json" };
import userFixture from "./fixtures/user_info_composed.json" with { type: "json" };
import pushFixture from "./fixtures/webhook_push_composed.json" with { type: "json" };

const NOW = Date.parse("2026-11-24T22:01:00Z");
const DAY = 86_400_000;
const HOST = "http://localhost:8788/open.coros.com";
const REDIRECT = "https://app.example/cb";
const HOOK = "https://app.example/hook";
// biome-ignore lint/suspicious/noExplicitAny: answers are compared as they come
type Json = any;

let sim: Simulator;
let now: number;
let received: { method: string; headers: Headers; body: string }[];
/** Null: as it should be. */
let replies: (Response | null)[];

beforeEach(() => {
  [now, received, replies] = [NOW, [], []];
  sim = createSimulator({
    now: () => now,
    consent: "auto",
    async fetch(request) {
      if (request.url !== HOOK) return new Response();
      received.push({ method: request.method, headers: request.headers, body: await request.text() });
      return replies.shift() ?? Response.json(pushFixture.reply.body);
    },
  });
});

const authorize = (more: Record<string, string> = {}) => {
  const asked = { client_id: "app", redirect_uri: REDIRECT, response_type: "code", state: "s", ...more };
  return sim.app.request(`${HOST}/oauth2/authorize?${new URLSearchParams(asked)}`);
};
const returned = async () => Object.fromEntries(new URL((await authorize()).headers.get("location")!).searchParams);
const post = async (path: string, form: Record<string, string>): Promise<Json> => {
  const body = new URLSearchParams({ client_id: "app", client_secret: "shh", ...form });
  const answer = await sim.app.request(`${HOST}/oauth2/${path}`, { method: "POST", body });
  expect(answer.status).toBe(200);
  return answer.json();
};
const exchange = (code: string, more: Record<string, string> = {}) =>
  post("accesstoken", { grant_type: "authorization_code", code, redirect_uri: REDIRECT, ...more });
const refresh = (refresh_token: string) => post("refresh-token", { grant_type: "refresh_token", refresh_token });
const connect = async (): Promise<Json> => exchange((await returned()).code!);
const text = async (path: string, query: Record<string, string>): Promise<string> => {
  const answer = await sim.app.request(`${HOST}${path}?${new URLSearchParams(query)}`);
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.text();
};
const get = async (path: string, query: Record<string, string>): Promise<Json> => JSON.parse(await text(path, query));
const of = (tokens: Json) => ({ token: tokens.access_token, openId: tokens.openId });
const MONTH = { startDate: "20261027", endDate: "20261125" };
const list = async (tokens: Json, window: Record<string, string> = MONTH): Promise<Json[]> =>
  (await get("/v2/coros/sport/list", { ...of(tokens), ...window })).data;
const code = async (path: string, query: Record<string, string>) => (await get(path, query)).result;
const file = (url: string) => sim.fetch(new Request(url));

/** Keys of the fixture that ours lacks or whose type differs; text and numbers that are ids go for each other. */
function differing(real: Json, ours: Json, path = ""): string[] {
  if (Array.isArray(real)) return ours?.length ? differing(real[0], ours[0], `${path}[0]`) : [path];
  if (real === null || typeof real !== "object") return typeof real === typeof ours ? [] : [path];
  return Object.keys(real).flatMap((key) =>
    ours?.[key] === undefined ? [`${path}.${key}`] : differing(real[key], ours[key], `${path}.${key}`),
  );
}

describe("access", () => {
  it("answers as the fixtures do", async () => {
    const tokens = await connect();
    expect(differing(tokenFixture, tokens)).toEqual([]);
    expect(Object.keys(tokens).sort()).toEqual(Object.keys(tokenFixture).sort());
    expect(tokens.access_token.length).toBeLessThanOrEqual(50);
    expect(await refresh(tokens.refresh_token)).toEqual(refreshFixture);
    expect(differing(userFixture, await get("/coros/userinfosim", of(tokens)))).toEqual([]);
    expect(await get("/coros/bindState", of(tokens))).toEqual(bindFixture.bound);
    expect(await post("deauthorize", { token: tokens.access_token })).toEqual(deauthorizeFixture);
    expect(await get("/coros/bindState", of(tokens))).toEqual(bindFixture.unbound);
  });

  it("sends back a code that works once, with the same address, for its client", async () => {
    const { code, state } = await returned();
    expect(state).toBe("s");
    expect((await exchange(code!, { redirect_uri: "https://app.example/other" })).result).toBe("1001");
    expect((await exchange(code!, { client_secret: "wrong" })).result).toBe("1001");
    expect((await exchange(code!)).access_token).toBeDefined();
    expect((await exchange(code!)).result).toBe("1001");
    const late = (await returned()).code!;
    now += 601_000;
    expect((await exchange(late)).result).toBe("1001");
    expect((await post("accesstoken", { grant_type: "authorization_code" })).result).toBe("1031");
  });

  it("wants a state, an address and the word code; tells of a denial; shows a page where it is to be clicked", async () => {
    const wrong = { state: "", response_type: "token", client_id: "", redirect_uri: "no" };
    for (const [name, value] of Object.entries(wrong)) {
      expect(((await (await authorize({ [name]: value })).json()) as Json).result).toBe("1031");
    }
    sim.control.consent({ deny: true });
    expect(await returned()).toEqual({ error: "access_denied", state: "s" });
    sim.control.consent("page");
    const page = await (await authorize()).text();
    expect(page).toContain("Simulated COROS");
    expect(page).toContain("Mira");
    const asked = { client_id: "app", redirect_uri: REDIRECT, response_type: "code", state: "s" };
    const url = `${HOST}/oauth2/authorize?${new URLSearchParams(asked)}`;
    const agreed = await sim.app.request(url, {
      method: "POST",
      body: new URLSearchParams({ decision: "grant", person: "jonas" }),
    });
    expect(new URL(agreed.headers.get("location")!).searchParams.get("code")).toMatch(/^code-/);
  });

  it("prolongs the same token by thirty days from now, as often as it is asked", async () => {
    const tokens = await connect();
    now += 29 * DAY;
    await refresh(tokens.refresh_token);
    await refresh(tokens.refresh_token);
    now += 29 * DAY;
    expect(await code("/coros/userinfosim", of(tokens))).toBe("0000");
    now += 2 * DAY;
    expect(await code("/coros/userinfosim", of(tokens))).toBe("5006");
    // The refresh token never ends.
    expect(await refresh(tokens.refresh_token)).toEqual(refreshFixture);
    expect(await code("/coros/userinfosim", of(tokens))).toBe("0000");
  });

  it("kills both tokens when the consent is revoked, by either side", async () => {
    const [first, second] = [await connect(), await connect()];
    expect(await code("/oauth2/deauthorize", { token: first.access_token })).toBe("0000");
    expect(await code("/oauth2/deauthorize", { token: first.access_token })).toBe("5006");
    expect((await refresh(first.refresh_token)).result).toBe("5006");
    expect(await code("/coros/userinfosim", of(second))).toBe("0000");
    await sim.control.revoke("coros", "mira");
    expect(await code("/coros/userinfosim", of(second))).toBe("5006");
    expect(await get("/coros/bindState", of(second))).toEqual(bindFixture.unbound);
  });
});

describe("data", () => {
  it("refuses with 200 as the fixtures say: token, account, parameters", async () => {
    const tokens = await connect();
    const bodyOf = (result: string) => errorFixtures.find(({ body }) => body.result === result)!.body;
    const path = "/v2/coros/sport/list";
    expect(await get(path, { ...of(tokens), ...MONTH, token: "x" })).toEqual(bodyOf("5006"));
    expect(await get(path, { ...of(tokens), ...MONTH, openId: "x" })).toEqual(bodyOf("5010"));
    expect(await get(path, of(tokens))).toEqual(bodyOf("1031"));
    const refusing: [string, string][] = [
      ["20261026", "20261125"], // 31 days
      ["20260823", "20260830"], // older than three months
      ["20261102", "20261101"],
      ["2026-11-01", "2026-11-02"],
    ];
    for (const [startDate, endDate] of refusing)
      expect(await code(path, { ...of(tokens), startDate, endDate })).toBe("1031");
    expect(await code(path, { ...of(tokens), startDate: "20260824", endDate: "20260922" })).toBe("0000");
    for (const result of ["5016", "30009", "1001"]) {
      sim.control.configure("coros", { refuse: result });
      expect(await get(path, { ...of(tokens), ...MONTH })).toEqual(bodyOf(result));
    }
    // A token in the header is none.
    const headers = { authorization: `Bearer ${tokens.access_token}` };
    const answer = await sim.app.request(`${HOST}${path}?${new URLSearchParams({ openId: tokens.openId, ...MONTH })}`, {
      headers,
    });
    expect(((await answer.json()) as Json).result).toBe("5006");
  });

  it("lists workouts with the keys and types of the fixtures, some ids as bare numbers", async () => {
    const tokens = await connect();
    const raw = await text("/v2/coros/sport/list", { ...of(tokens), ...MONTH });
    expect(raw).toMatch(/"labelId":\d{18}[,}]/);
    const listed = JSON.parse(raw.replace(/"labelId":(\d{18})/g, '"labelId":"$1"')).data as Json[];
    expect(listed.length).toBeGreaterThan(15);
    const run = listed.find(({ mode, fitUrl }) => mode === 8 && fitUrl);
    expect(differing(listFixture.data[0], run)).toEqual([]);
    expect(differing(listComposed.data[0], run)).toEqual([]);
    expect(new Set(listed.map(({ labelId }) => labelId)).size).toBe(listed.length);
    for (const one of listed) {
      expect(one.endTime - one.startTime).toBeGreaterThanOrEqual(one.duration);
      if (one.avgSpeed > 0) expect(one.distance / one.duration / (1000 / one.avgSpeed)).toBeCloseTo(1, 1);
    }
  });

  it("tells the same workouts as other providers, seconds apart", async () => {
    const tokens = await connect();
    const others = sim.control.activities("mira").filter(({ copy_of }) => copy_of === null);
    const starts = others.map(({ start }) => Date.parse(start) / 1000);
    const listed = await list(tokens);
    for (const { startTime } of listed)
      expect(starts.some((start) => startTime - start >= -1 && startTime - start <= 3)).toBe(true);
    const inside = starts.filter(
      (start) => start >= Date.parse("2026-10-28") / 1000 && start < Date.parse("2026-11-24") / 1000,
    );
    expect(listed.length).toBeGreaterThanOrEqual(inside.length);
  });

  it("answers a fresh address in the detail, for the pair of the workout only", async () => {
    const tokens = await connect();
    const run = (await list(tokens)).find(({ mode, labelId }) => mode === 8 && typeof labelId === "string");
    const asked = { ...of(tokens), labelId: run.labelId, mode: "8", subMode: "1" };
    const detail = await get("/v2/coros/sport/detail/fit", asked);
    expect(differing(detailFixture, detail)).toEqual([]);
    expect(await code("/v2/coros/sport/detail/fit", { ...asked, mode: "9" })).toBe("1031");
    expect(await code("/v2/coros/sport/detail/fit", { ...asked, labelId: "1" })).toBe("1001");
  });

  it("keeps files at addresses that expire, on two hosts, with heart rate, track and laps", async () => {
    const tokens = await connect();
    const runs = (await list(tokens)).filter(({ mode, fitUrl }) => mode === 8 && fitUrl);
    expect(new Set(runs.map(({ fitUrl }) => new URL(fitUrl).host.replace(/^d.*?\./, "*.")))).toEqual(
      new Set(["oss.coros.com", "*.cloudfront.net"]),
    );
    const [run] = runs;
    const bytes = new Uint8Array(await (await file(run.fitUrl)).arrayBuffer());
    const { messages, errors } = new Decoder(Stream.fromByteArray([...bytes])).read() as Json;
    expect(errors).toEqual([]);
    expect(messages.sessionMesgs).toHaveLength(1);
    expect(messages.sessionMesgs[0].startTime.getTime()).toBe(run.startTime * 1000);
    expect(Math.round(messages.sessionMesgs[0].totalDistance)).toBe(run.distance);
    expect(messages.recordMesgs[100]).toMatchObject({ heartRate: expect.any(Number), positionLat: expect.any(Number) });
    expect(messages.lapMesgs.length).toBeGreaterThan(3);
    expect((await file(run.fitUrl.replace(/Signature=./, "Signature=*"))).status).toBe(403);
    now += 3 * 3_600_000;
    expect((await file(run.fitUrl)).status).toBe(403);
    expect((await file((await list(tokens)).find(({ labelId }) => labelId === run.labelId).fitUrl)).status).toBe(200);
  });

  it("tells a multisport workout as one, with a file a leg and no times of legs", async () => {
    const tokens = await connect();
    const ride = sim.control
      .activities("mira")
      .findLast(
        ({ sport, manual, copy_of, start }) =>
          sport === "ride" && !manual && copy_of === null && Date.parse(start) > NOW - 25 * DAY,
      )!;
    sim.control.configure("coros", { multisport: [ride.key] });
    const [multi] = (await list(tokens)).filter(({ mode }) => mode === 13);
    const { triathlonItemList: legs, ...rest } = listComposed.data[2]!;
    expect(differing({ ...rest, triathlonItemList: legs }, multi).filter((path) => path !== ".labelId")).toEqual([]);
    expect(Object.keys(multi.triathlonItemList[0]).sort()).toEqual(Object.keys(legs![0]!).sort());
    for (const { fitUrl } of multi.triathlonItemList) expect((await file(fitUrl)).status).toBe(200);
  });

  it("tells days with one window of sleep, some without their zone", async () => {
    const tokens = await connect();
    const answer = await get("/coros/daily/query", { ...of(tokens), ...MONTH });
    const rows: Json[] = answer.data.dailyList;
    expect(rows.length).toBeGreaterThan(20);
    const zoned = rows.find(({ startTimezone }) => startTimezone !== undefined);
    expect(differing(dailyFixture.data.dailyList[0], zoned)).toEqual([]);
    expect(rows.some((row) => row.sleepStartTime && row.startTimezone === undefined)).toBe(true);
    expect(zoned.sleepEndTime.slice(0, 10).replaceAll("-", "")).toBe(String(zoned.happenDay));
    expect(zoned.hrvList.length).toBeGreaterThan(30);
  });

  it("may have a limit, of which a bare 429 tells", async () => {
    const tokens = await connect();
    sim.control.configure("coros", { per_s: 1 });
    expect(await code("/coros/userinfosim", of(tokens))).toBe("0000");
    const answer = await sim.app.request(`${HOST}/coros/userinfosim?${new URLSearchParams(of(tokens))}`);
    expect([answer.status, await answer.text(), answer.headers.get("retry-after")]).toEqual([429, "", null]);
    now += 1000;
    expect(await code("/coros/userinfosim", of(tokens))).toBe("0000");
  });
});

describe("pushes", () => {
  const addRun = () => sim.control.addActivity("mira", { sport: "run", start: NOW - 7_200_000, duration_s: 1800 });

  it("asks whether anybody is there, then tells a new workout with the application's own credentials", async () => {
    sim.control.configure("coros", { callback_url: HOOK });
    await addRun();
    expect(received).toEqual([]);
    const tokens = await connect();
    await addRun();
    expect(received.map(({ method }) => method)).toEqual(["GET", "POST"]);
    const { headers, body } = received[1]!;
    expect([headers.get("client"), headers.get("secret"), headers.get("content-type")]).toEqual([
      "app",
      "shh",
      "application/json",
    ]);
    const told = JSON.parse(body.replace(/"labelId":(\d{18})/g, '"labelId":"$1"'));
    expect(differing(pushFixture.request.body, told)).toEqual([]);
    expect(told.sportDataList[0].openId).toBe(tokens.openId);
  });

  it("tells nothing while the status check fails, and nothing of edits", async () => {
    sim.control.configure("coros", { callback_url: HOOK });
    await connect();
    replies = [new Response(null, { status: 503 })];
    const made = await addRun();
    expect(received.map(({ method }) => method)).toEqual(["GET"]);
    await sim.control.editActivity("mira", made.key, { distance_m: 4000 });
    await sim.control.deleteActivity("mira", made.key);
    expect(received).toHaveLength(1);
  });
});
