import { createHmac } from "node:crypto";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSimulator, type Simulator } from "../simulator/app.ts";
import { person as somebody } from "../simulator/person.ts";
import { begin, finish, link } from "../src/connect/connect.ts";
import { disconnect } from "../src/connect/disconnect.ts";
import { tick } from "../src/cron/index.ts";
import { element, emptyBatch } from "../src/domain/batch.ts";
import type { Problem } from "../src/platform/errors.ts";
import { ENOUGH_QUERIES } from "../src/platform/limits.ts";
import { watched } from "../src/platform/queries.ts";
import { PROVIDERS, providerOf } from "../src/providers/index.ts";
import type { Json, ListStream, Provider, Push, PushItem } from "../src/providers/provider.ts";
import { receivePush } from "../src/push/receive.ts";
import { consume } from "../src/queue.ts";
import { connectionOf } from "../src/store/connections.ts";
import type { Person } from "../src/store/users.ts";
import { type World, world } from "./world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Ahead of the database's own clock, by which a want is due, and a minute into a quarter of an hour. */
const NOW = Math.floor(Date.now() / (15 * MINUTE)) * 15 * MINUTE + 31 * MINUTE;
const TICK = "*/5 * * * *";
const NIGHTLY = "17 3 * * *";
const SECRETS = ["test-session-secret-of-more-than-32-characters", "an-older-session-secret-of-32-characters"];
const secretOf = (provider: string, item = SECRETS[0]!) =>
  createHmac("sha256", item).update(`webhook:${provider}`).digest("hex").slice(0, 32);

// ---- A provider that nobody has heard of ----

interface Thing {
  user: string;
  is?: string;
  id?: string;
  start?: number;
  url?: string;
  local?: string;
  granted?: string[];
}

function run(id: string, start_time: number) {
  const batch = emptyBatch();
  const fields = { sport: "running", sub_sport: "generic", start_time, name: null };
  batch.activities.push({ external_id: id, part: "detail", fields, element: element(batch, "activity") });
  return batch;
}

const noonOf = (date: string, offsetAt: (date: string) => number) =>
  Date.parse(`${date}T12:00Z`) - offsetAt(date) * 1000;

const activities: ListStream = {
  kind: "list",
  title: "activities",
  scopes: ["read"],
  every_s: 3600,
  overlap_s: 0,
  max_window_s: null,
  history: null,
  request: ({ window, cursor }) => ({
    url: `https://api.invented.example/list`,
    query: { from: String(window.from), to: String(window.to), page: String(cursor ?? 1) },
    auth: "none",
  }),
  read(answer) {
    const { runs, next } = answer.body as { runs: [string, number][]; next: number | null };
    const batch = emptyBatch();
    for (const [id, start] of runs) Object.assign(batch, joined(batch, run(id, start)));
    return { batch, next };
  },
};
function joined(a: ReturnType<typeof emptyBatch>, b: ReturnType<typeof emptyBatch>) {
  const own = b.activities.map((one) => ({ ...one, element: element(a, "activity") }));
  return { activities: [...a.activities, ...own] };
}

const push: Push = {
  verify: { by: "path", header: { name: "invented-client-id", is: "client_id" } },
  elements: "arrays",
  account: (thing) => ((thing as Thing).user === undefined ? null : String((thing as Thing).user)),
  read(given, key, { offsetAt }): PushItem[] {
    const thing = given as Thing;
    switch (key ?? thing.is) {
      case "runs":
        return [
          {
            is: "data",
            batch: run(thing.id!, thing.local ? noonOf(thing.local, offsetAt) : thing.start!),
            stream: "activities",
          },
        ];
      case "hints":
        return [{ is: "want", kind: "detail", external_id: thing.id! }];
      case "news":
        return [{ is: "want", kind: "detail", external_id: thing.id!, expected: true }];
      case "spans":
        return [{ is: "window", stream: "activities", window: { from: thing.start!, to: thing.start! + HOUR } }];
      case "pings":
        return [
          {
            is: "fetch",
            request: { url: thing.url!, auth: "none" },
            read(answer) {
              const { id, local } = answer.body as Thing;
              return { batch: run(id!, local ? noonOf(local, offsetAt) : NOW - DAY), next: null };
            },
          },
        ];
      case "goodbyes":
        return [{ is: "goodbye" }];
      case "permissions":
        return [{ is: "permissions", granted: thing.granted ?? null }];
      default:
        return [];
    }
  },
  confirm: () => ({ url: "https://api.invented.example/me", auth: "none" }),
  subscription: { per: "by_hand" },
};

const invented: Provider & { push: Push } = {
  id: "invented",
  name: "Invented",
  about: { data: "", portal: null, approval: null },
  auth: [],
  hosts: ["api.invented.example"],
  limits: [],
  terms: {
    cache_days: null,
    merge: true,
    third_parties: true,
    ai: true,
    delete_on_disconnect: false,
    text: "",
  },
  streams: {
    activities,
    detail: {
      kind: "want",
      title: "details",
      scopes: ["read"],
      request: (id) => ({ url: `https://api.invented.example/runs/${id}`, auth: "none", accept: [404] }),
      read: (answer, id) => ({ batch: answer.status === 404 ? emptyBatch() : run(id, NOW - DAY), next: null }),
    },
  },
  push,
};
const registered = PROVIDERS as Provider[];
registered.push(invented);
afterAll(() => void registered.splice(registered.indexOf(invented), 1));
afterEach(() => void (invented.push = push));

let w: World;
/** Requests that left, and what answers them. */
let asked: string[];
let outside: (url: URL) => Response | Promise<Response>;

beforeEach(async () => {
  asked = [];
  outside = () => new Response(null, { status: 404 });
  w = await world({
    now: NOW,
    vars: { SESSION_SECRET: SECRETS.join(",") },
    fetch: (request) => {
      asked.push(request.url);
      return outside(new URL(request.url));
    },
  });
  Object.assign(w.env, { INVENTED_CLIENT_ID: "invented-client", INVENTED_CLIENT_SECRET: "invented-secret" });
});

/** Somebody with an active connection to the account. */
async function connected(account: string, status = "active"): Promise<{ person: Person; id: number }> {
  const { person } = await w.person();
  const { meta } = await w.env.DB.prepare(
    `INSERT INTO provider_connection(user_id, provider, provider_user_id, status, epoch, granted_scopes, created_at)
     VALUES (?1, 'invented', ?2, ?3, 1, '["read"]', 0)`,
  )
    .bind(person.id, account, status)
    .run();
  await w.env.DB.batch([
    w.env.DB.prepare("INSERT INTO fence(user_id, provider, epoch) VALUES (?1, 'invented', 1)").bind(person.id),
    ...["activities", "detail"].map((stream) =>
      w.env.DB.prepare(
        `INSERT INTO sync_cursor(connection_id, stream, user_id, provider, epoch, queue, position, version)
         VALUES (?1, ?2, ?3, 'invented', 1, 'sync', '{}', 1)`,
      ).bind(meta.last_row_id, stream, person.id),
    ),
  ]);
  return { person, id: meta.last_row_id };
}

const post = (body: BodyInit, headers: Record<string, string> = {}, path = `/invented/${secretOf("invented")}`) =>
  w.request(`/api/webhooks${path}`, { method: "POST", body, headers });
const send = async (body: Json) => {
  const response = await post(JSON.stringify(body));
  expect(response.status).toBe(200);
};

/** Delivers all that is queued, and what that queues, or so many; answers what became of each message. */
async function drain(most = Number.POSITIVE_INFINITY): Promise<string[]> {
  const outcomes: string[] = [];
  while (outcomes.length < most) {
    const body = next();
    if (body === undefined) break;
    let outcome = "none";
    const message = {
      id: "1",
      timestamp: new Date(),
      attempts: 1,
      body,
      ack: () => void (outcome = "ack"),
      retry: () => void (outcome = "retry"),
    };
    await consume(w.context, { queue: "qt-sync", messages: [message] } as unknown as MessageBatch<unknown>);
    outcomes.push(outcome);
  }
  return outcomes;
}
const next = () => w.queued.sync.shift() ?? w.queued.backfill.shift();
async function later(ms: number, cron = TICK): Promise<void> {
  w.advance(ms);
  await tick(w.context, cron);
  await drain();
}
const stored = async () =>
  (await w.rows<{ id: string }>("SELECT external_id AS id FROM activity ORDER BY 1")).map(({ id }) => id);
const inbox = () =>
  w.rows<{ id: number; connection_id: number | null; due_at: number; attempts: number; body: string }>(
    "SELECT * FROM inbox ORDER BY id",
  );
const connection = async (id: number) =>
  (
    await w.rows<{ status: string; epoch: number; granted_scopes: string; last_error_code: string | null }>(
      "SELECT * FROM provider_connection WHERE id = ?1",
      id,
    )
  )[0]!;
const events = (event: string) => w.logs.filter((line) => line.event === event).map(({ fields }) => fields);

describe("who may push", () => {
  const body = JSON.stringify({ runs: [] });

  it("is who knows the path, made with any of the session secrets; all else does not exist", async () => {
    expect((await post(body)).status).toBe(200);
    expect((await post(body, {}, `/invented/${secretOf("invented", SECRETS[1])}`)).status).toBe(200);
    const nowhere = await post(body, {}, `/nobody/${secretOf("nobody")}`);
    expect(nowhere.status).toBe(404);
    const words = await nowhere.text();
    for (const path of ["/invented", "/invented/x", `/invented/${secretOf("strava")}`, "/apple_health", "/nobody"]) {
      const answer = await post(body, {}, path);
      expect([path, answer.status, await answer.text()]).toEqual([path, 404, words]);
    }
    const get = await w.request(`/api/webhooks/invented/${secretOf("invented")}`);
    expect([get.status, await get.text()]).toEqual([404, words]);
  });

  it("is refused with somebody else's client id, not without one", async () => {
    expect((await post(body, { "invented-client-id": "invented-client" })).status).toBe(200);
    expect((await post(body, { "invented-client-id": "other" })).status).toBe(401);
    expect((await post(body, { "invented-client-id": "" })).status).toBe(401);
  });

  it("needs no path where the body is signed, and gets nothing read where it is signed wrongly", async () => {
    await connected("u1");
    invented.push = {
      ...push,
      verify: { by: "hmac", hash: "SHA-256", header: "x-sig", encoding: "hex", parts: ["body"], key: "client_secret" },
    };
    const text = JSON.stringify({ runs: [{ user: "u1", id: "1", start: NOW }] });
    const signature = createHmac("sha256", "invented-secret").update(text).digest("hex");
    for (const [headers, path, status] of [
      [{ "x-sig": signature }, "/invented", 200],
      [{ "x-sig": signature }, `/invented/${secretOf("invented")}`, 200],
      [{ "x-sig": signature }, "/invented/wrong", 404],
      [{ "x-sig": "00" }, "/invented", 401],
      [{}, `/invented/${secretOf("invented")}`, 401],
    ] as const) {
      expect((await post(text, headers, path)).status).toBe(status);
    }
    expect(await inbox()).toHaveLength(1);
    const long = JSON.stringify({ runs: [{ user: "u1", filler: "x".repeat(1_200_000) }] });
    expect((await post(long, { "x-sig": "00" }, "/invented")).status).toBe(413);
  });

  it("keeps keys that a provider issued sealed, two while they change", async () => {
    const { putSubscription, issuedKeys } = await import("../src/store/subscriptions.ts");
    const row = { provider: "invented", connection_id: 0, external_ids: ["s"], callback_url: "", expires_at: null };
    for (const key of ["first-key", "second-key", "third-key"]) {
      await putSubscription(w.context, { ...row, status: "active", checked_at: null }, [key]);
    }
    expect(await issuedKeys(w.context, "invented")).toEqual(["third-key", "second-key"]);
    expect(JSON.stringify(await w.rows("SELECT * FROM subscription"))).not.toContain('key"');
    invented.push = {
      ...push,
      verify: {
        by: "hmac",
        hash: "SHA-256",
        header: "x-sig",
        encoding: "hex",
        parts: ["body"],
        key: "issued",
        optional: true,
      },
    };
    const signed = (key: string) => createHmac("sha256", key).update(body).digest("hex");
    expect((await post(body, { "x-sig": signed("second-key") }, "/invented")).status).toBe(200);
    expect((await post(body, { "x-sig": signed("first-key") }, "/invented")).status).toBe(401);
  });

  it("may say hello, verified or not, as the provider's greeting decides", async () => {
    invented.push = {
      ...push,
      verify: {
        by: "hmac",
        hash: "SHA-256",
        header: "x-sig",
        encoding: "hex",
        parts: ["body"],
        key: "issued",
        optional: true,
      },
      greeting: (given, headers, authorized) =>
        (given as { event?: string }).event === "PING"
          ? { status: 200, body: { hello: headers.get("x-event"), authorized } }
          : null,
    };
    const answer = await post(JSON.stringify({ event: "PING" }), { "x-event": "PING" }, "/invented");
    expect([answer.status, await answer.json()]).toEqual([200, { hello: "PING", authorized: false }]);
    expect((await post(JSON.stringify({ event: "OTHER" }), {}, "/invented")).status).toBe(404);
  });

  it("gets the answer that contents it, and its own words when it is refused", async () => {
    invented.push = {
      ...push,
      verify: { by: "headers", client_id: "client", client_secret: "secret" },
      answer: { status: 200, body: { result: "0000" }, refused: { result: "1001" } },
    };
    const right = { client: "invented-client", secret: "invented-secret" };
    const good = await post(body, right, "/invented");
    expect([good.status, await good.json()]).toEqual([200, { result: "0000" }]);
    const bad = await post(body, { ...right, secret: "x" }, "/invented");
    expect([bad.status, await bad.json()]).toEqual([401, { result: "1001" }]);
    await w.env.DB.prepare("ALTER TABLE inbox RENAME TO inbox_gone").run();
    const down = await post(JSON.stringify({ runs: [{ user: "u1", id: "1" }] }), right, "/invented");
    await w.env.DB.prepare("ALTER TABLE inbox_gone RENAME TO inbox").run();
    expect([down.status, await down.json()]).toEqual([503, { result: "1001" }]);
  });
});

describe("a body", () => {
  it("of many accounts becomes a row each, and one message with ids only", async () => {
    const one = await connected("u1");
    const two = await connected("u2");
    await send({
      runs: [
        { user: "u1", id: "12345678901234567890", start: NOW },
        { user: "u2", id: 'b é "ü" \\', start: NOW },
      ],
      hints: [{ user: "u1", id: "c" }],
      other: "text",
    });
    const rows = await inbox();
    expect(rows.map((row) => [row.connection_id, JSON.parse(row.body)])).toEqual([
      [
        one.id,
        [
          ["runs", { user: "u1", id: "12345678901234567890", start: NOW }],
          ["hints", { user: "u1", id: "c" }],
        ],
      ],
      [two.id, [["runs", { user: "u2", id: 'b é "ü" \\', start: NOW }]]],
    ]);
    expect(w.queued.sync).toEqual([{ inbox: rows.map(({ id }) => id) }]);
    await drain();
    expect(await inbox()).toEqual([]);
    expect(await stored()).toEqual(["12345678901234567890", 'b é "ü" \\']);
  });

  it.each<[string, string]>([
    ["an array at the top", '[{"user":"u1","id":"1"}]'],
    ["empty and null items", '{"runs":[{},null,1,"x",[],{"id":"1"}]}'],
    ["no array", '{"runs":{"user":"u1"}}'],
    ["an empty object", "{}"],
    ["null", "null"],
    ["a number", " 1 "],
    ["a text", '"text"'],
    ["a key of JavaScript's own", '{"__proto__":[{"user":"u1"}],"constructor":[{"user":"u1","id":"1"}]}'],
  ])("with %s is taken, and leads to nothing", async (_, text) => {
    await connected("u1");
    expect((await post(text)).status).toBe(200);
    expect(await drain()).not.toContain("retry");
    expect(await stored()).toEqual([]);
    expect(await inbox()).toEqual([]);
    expect(asked).toEqual([]);
  });

  it.each(["", "hello", '{"runs":[{"user":"u1","id":"1","start":1}]', '{"runs":[{"user":"u1"}]} x', "\xff"])(
    "that is no JSON is refused, and nothing of it is stored: %j",
    async (text) => {
      await connected("u1");
      const answer = await post(text);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ code: "not_json", offset: expect.any(Number) });
      expect(await inbox()).toEqual([]);
    },
  );

  it("may be the element itself, or a list of them", async () => {
    await connected("u1");
    invented.push = { ...push, elements: "body" };
    expect((await post('{"user":"u1","is":"runs","id":"1","start":1000}')).status).toBe(200);
    expect((await post('[{"user":"u1","is":"runs","id":"2","start":1000}]')).status).toBe(200);
    invented.push = { ...push, elements: "items" };
    expect(
      (await post('[{"user":"u1","is":"runs","id":"3","start":1000},{"user":"u1","is":"runs","id":"4","start":2000}]'))
        .status,
    ).toBe(200);
    expect((await post('{"user":"u1","is":"runs","id":"5","start":3000}')).status).toBe(200);
    await drain();
    expect(await stored()).toEqual(["1", "3", "4", "5"]);
  });

  it("that waits already is not kept twice", async () => {
    await connected("u1");
    for (let i = 0; i < 3; i++) await send({ runs: [{ user: "u1", id: "1", start: NOW }] });
    expect(await inbox()).toHaveLength(1);
    await drain();
    const before = await w.rows("SELECT version, updated_at FROM activity");
    await send({ runs: [{ user: "u1", id: "1", start: NOW }] });
    await drain();
    expect(await w.rows("SELECT version, updated_at FROM activity")).toEqual(before);
  });

  it("of many megabytes is stored as it comes, without a detour", async () => {
    await connected("u1");
    await connected("u2");
    const filler = "x".repeat(300_000);
    const things = Array.from({ length: 40 }, (_, i) => ({
      user: i % 2 ? "u1" : "u2",
      id: String(i),
      start: NOW - i * DAY,
      filler,
    }));
    const small = Array.from({ length: 5 }, (_, i) => ({ user: "u2", id: `s${i}`, start: NOW - i * DAY }));
    const strangers = [
      { user: "nobody", id: "n", start: NOW, filler },
      { user: "nobody", id: "m", start: NOW },
    ];
    await send({ runs: [...things, ...small, ...strangers], hints: [{ user: "u1", id: "h" }] });
    expect(await stored()).toHaveLength(45);
    expect((await inbox()).map(({ body }) => body.length < 260_000)).toEqual([true, true]);
    expect(events("push_dropped")).toEqual([{ provider: "invented", count: 1 }]);
    outside = () => Response.json({});
    await drain();
    expect(asked).toEqual(["https://api.invented.example/runs/h"]);
  });

  it("of many megabytes tells its stream when its data last came", async () => {
    const { id } = await connected("u1");
    const filler = "x".repeat(300_000);
    await send({ runs: [NOW - HOUR, NOW - DAY].map((start) => ({ user: "u1", id: String(start), start, filler })) });
    expect(await inbox()).toEqual([]);
    expect(
      await w.rows("SELECT stream, last_data_at FROM sync_cursor WHERE connection_id = ?1 ORDER BY stream", id),
    ).toEqual([
      { stream: "activities", last_data_at: NOW - HOUR },
      { stream: "detail", last_data_at: null },
    ]);
  });

  describe("of more than a request has queries for", () => {
    /** A push, and the D1 statements it took; so many are spent already. */
    async function spend(body: Json, spent: number): Promise<{ status: number; spent: number }> {
      const queries = { spent };
      const DB = watched(w.env.DB, (statements) => void (queries.spent += statements));
      const context = { ...w.context, env: { ...w.context.env, DB, shards: [DB] }, queries };
      const incoming = { headers: new Headers(), body: new Response(JSON.stringify(body)).body };
      const status = await receivePush(context, invented, secretOf("invented"), incoming).then(
        (answer) => answer.status,
        (problem: Problem) => problem.status,
      );
      return { status, spent: queries.spent };
    }
    const things = (user: string, count: number, bytes: number) =>
      Array.from({ length: count }, (_, i) => {
        const start = NOW - i * DAY;
        return { user, id: `${user} ${i}`, start, filler: "x".repeat(bytes) };
      });
    const accounts = Array.from({ length: 40 }, (_, i) => `u${i}`);

    it("is committed only where it is too large to wait", async () => {
      await connected("small");
      await connected("large");
      const body = { runs: [...things("small", 60, 100_000), ...things("large", 1, 300_000)] };
      expect((await spend(body, 650)).status).toBe(200);
      expect(await stored()).toEqual(["large 0"]);
      await drain();
      expect(await stored()).toHaveLength(61);
    });

    it("is refused in part, to be sent again, and what is small waits", async () => {
      for (const account of accounts) await connected(account);
      const body = {
        runs: accounts.flatMap((account) => [
          ...things(account, 1, 300_000),
          { user: account, id: account, start: NOW - DAY / 2 },
        ]),
      };
      const { status, spent } = await spend(body, 800);
      expect(status).toBe(503);
      expect(spent).toBeLessThan(1000);
      const large = async () => (await stored()).filter((id) => id.endsWith(" 0")).length;
      const first = await large();
      expect(first).toBeGreaterThan(0);
      expect(first).toBeLessThan(40);
      expect(events("push_refused")).toEqual([{ provider: "invented", count: 40 - first, code: "too_much" }]);
      await drain();
      expect(await stored()).toHaveLength(40 + first);
      for (let times = 0; times < 5 && (await large()) < 40; times++) await spend(body, 0);
      expect(await stored()).toHaveLength(80);
    });
  });

  it("that is cut off on its way keeps what came whole", async () => {
    await connected("u1");
    const filler = "x".repeat(300_000);
    const text = JSON.stringify({
      runs: Array.from({ length: 8 }, (_, i) => ({ user: "u1", id: String(i), start: NOW, filler })),
    });
    expect((await post(text.slice(0, -100_000))).status).toBe(400);
    expect(await stored()).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
  });

  it("of more bytes than anybody may send is not read", async () => {
    expect((await post("{}", { "content-length": "104857601" })).status).toBe(413);
  });
});

describe("whose it is", () => {
  const runs = (user: string) => ({ runs: [{ user, id: "1", start: NOW }] });

  it("waits an hour for the connection that is being made", async () => {
    await send(runs("new"));
    expect((await inbox())[0]).toMatchObject({ connection_id: null, due_at: NOW + HOUR });
    expect(w.queued.sync).toEqual([]);
    const { id } = await connected("new", "connecting");
    await w.env.DB.prepare("UPDATE provider_connection SET next_status = 'active', data = 'keep', moved_at = ?1")
      .bind(NOW)
      .run();
    await later(30 * MINUTE);
    expect(await stored()).toEqual(["1"]);
    expect((await connection(id)).status).toBe("active");
    expect(await inbox()).toEqual([]);
  });

  it("goes after the hour where nobody came", async () => {
    await send(runs("new"));
    await later(59 * MINUTE);
    expect(await inbox()).toHaveLength(1);
    await later(MINUTE);
    expect(await inbox()).toEqual([]);
  });

  it("is dropped at once where the connection has ended", async () => {
    await connected("u1", "revoked");
    await connected("u2", "ending");
    await send({ runs: [...runs("u1").runs, ...runs("u2").runs] });
    expect(await inbox()).toEqual([]);
  });

  it("is dropped where the connection has moved on since, and goes with it when it ends", async () => {
    const { id, person } = await connected("u1");
    await send(runs("u1"));
    await w.env.DB.prepare("UPDATE provider_connection SET epoch = 2 WHERE id = ?1").bind(id).run();
    await drain();
    expect([await stored(), await inbox()]).toEqual([[], []]);
    await w.env.DB.prepare("UPDATE provider_connection SET epoch = 1 WHERE id = ?1").bind(id).run();
    await send(runs("u1"));
    expect(await inbox()).toHaveLength(1);
    await disconnect(w.context, person, invented, "keep");
    expect(await inbox()).toEqual([]);
    expect(await drain()).toEqual(["ack"]);
    expect(await stored()).toEqual([]);
  });

  it("waits while the connection is being made or is paused", async () => {
    const { id } = await connected("u1", "paused");
    await send(runs("u1"));
    await drain();
    expect(await stored()).toEqual([]);
    await w.env.DB.prepare("UPDATE provider_connection SET status = 'active' WHERE id = ?1").bind(id).run();
    await later(HOUR);
    expect(await stored()).toEqual(["1"]);
  });
});

describe("the inbox", () => {
  it("is sent again after five minutes where a message was lost, and worked on once however many copies there are", async () => {
    await connected("u1");
    await send({ hints: [{ user: "u1", id: "1" }] });
    const [lost] = w.queued.sync.splice(0);
    await later(4 * MINUTE);
    expect(await inbox()).toHaveLength(1);
    outside = () => Response.json({});
    w.advance(MINUTE);
    await tick(w.context, TICK);
    w.queued.sync.push(lost, lost);
    await drain();
    expect(asked).toEqual(["https://api.invented.example/runs/1"]);
    expect(await inbox()).toEqual([]);
  });

  it("waits for the next tick where claims have taken what one has", async () => {
    await connected("u1");
    await send({ hints: [{ user: "u1", id: "1" }] });
    w.queued.sync.splice(0);
    w.advance(5 * MINUTE);
    // A claim asks each shard.
    const shards = Array.from({ length: ENOUGH_QUERIES }, () => w.env.DB);
    await tick({ ...w.context, env: { ...w.env, shards } }, TICK);
    expect(events("tick_full")).toEqual([{ route: "sendInbox", count: ENOUGH_QUERIES }]);
    expect(w.queued.sync).toEqual([]);
    await tick(w.context, TICK);
    expect(w.queued.sync).toHaveLength(1);
    expect(events("tick_full")).toHaveLength(1);
  });

  it("gives a row back that crashed, leaves its neighbours alone, and forgets it after a week", async () => {
    await connected("u1");
    await connected("u2");
    const read = push.read;
    invented.push = {
      ...push,
      read(thing, key, hints) {
        if ((thing as Thing).user === "u1") throw new Error("a bug");
        return read(thing, key, hints);
      },
    };
    await send({
      runs: [
        { user: "u1", id: "1", start: NOW },
        { user: "u2", id: "2", start: NOW },
      ],
    });
    expect(await drain()).toEqual(["retry"]);
    expect(await stored()).toEqual(["2"]);
    expect(await inbox()).toMatchObject([{ due_at: NOW, attempts: 1 }]);
    for (let i = 0; i < 6; i++) await later(5 * MINUTE);
    expect((await inbox())[0]!.attempts).toBe(5);
    await later(7 * DAY);
    expect(await inbox()).toEqual([]);
  });
});

describe("what is told", () => {
  it("as a record without a zone is read with the offset that was guessed once", async () => {
    const { person } = await connected("u1");
    await w.env.DB.prepare("UPDATE user SET time_zone = 'Asia/Kathmandu' WHERE id = ?1").bind(person.id).run();
    outside = () => Response.json({ id: "2", local: "2026-08-30" });
    const url = "https://api.invented.example/file";
    await send({ runs: [{ user: "u1", id: "1", local: "2026-08-30" }], pings: [{ user: "u1", url }] });
    await send({ pings: [{ user: "u1", url }] });
    await drain();
    expect(await w.rows("SELECT start_time FROM activity")).toEqual(
      Array.from({ length: 2 }, () => ({ start_time: Date.UTC(2026, 7, 30, 6, 15) })),
    );
    expect(await w.rows("SELECT stream, date, utc_offset_s FROM offset_guess")).toEqual([
      { stream: "push", date: "2026-08-30", utc_offset_s: 20_700 },
    ]);
  });

  it("as a hint is fetched by its want stream", async () => {
    await connected("u1");
    outside = () => Response.json({});
    await send({ hints: [{ user: "u1", id: "7" }] });
    await drain();
    expect(asked).toEqual(["https://api.invented.example/runs/7"]);
    expect(await stored()).toEqual(["7"]);
  });

  it("of a new record that is not there yet is looked for again, a few times", async () => {
    await connected("u1");
    outside = () => new Response(null, { status: 404 });
    await send({ news: [{ user: "u1", id: "7" }] });
    await drain();
    await later(5 * MINUTE);
    expect([asked.length, await stored()]).toEqual([2, []]);
    outside = () => Response.json({});
    await later(5 * MINUTE);
    expect([asked.length, await stored()]).toEqual([3, ["7"]]);
    await later(5 * MINUTE);
    expect([asked.length, await inbox()]).toEqual([3, []]);
    outside = () => new Response(null, { status: 404 });
    await send({ news: [{ user: "u1", id: "8" }] });
    await drain();
    for (let i = 0; i < 6; i++) await later(5 * MINUTE);
    expect([asked.length, await inbox()]).toEqual([7, []]);
  });

  it("as windows is read, those that touch at once, page by page", async () => {
    await connected("u1");
    outside = (url) =>
      Response.json(
        url.searchParams.get("page") === "1"
          ? { runs: [["1", NOW - HOUR]], next: 2 }
          : { runs: [["2", NOW]], next: null },
      );
    const start = NOW - 3 * HOUR;
    await send({
      spans: [
        { user: "u1", start },
        { user: "u1", start: start + HOUR },
        { user: "u1", start: start - DAY },
      ],
    });
    await drain();
    expect(asked.map((url) => new URL(url).searchParams.toString())).toEqual([
      `from=${start - DAY}&to=${start - DAY + HOUR}&page=1`,
      `from=${start - DAY}&to=${start - DAY + HOUR}&page=2`,
      `from=${start}&to=${start + 2 * HOUR}&page=1`,
      `from=${start}&to=${start + 2 * HOUR}&page=2`,
    ]);
    expect(await stored()).toEqual(["1", "2"]);
    expect(await inbox()).toEqual([]);
  });

  it("as a window of very many pages is read for ten, and the rest is a gap", async () => {
    await connected("u1");
    outside = () => Response.json({ runs: [], next: 2 });
    await send({ spans: [{ user: "u1", start: NOW - HOUR }] });
    expect(await drain()).toEqual(["ack"]);
    expect(asked).toHaveLength(10);
    expect(await w.rows("SELECT stream, reason FROM gap")).toEqual([
      { stream: "activities", reason: "longer than one go" },
    ]);
    expect(await inbox()).toEqual([]);
  });

  it("as a window that makes no sense leaves nothing where the person disconnects meanwhile", async () => {
    const { person } = await connected("u1");
    const unread = { kind: "unreadable" as const, pointer: "/x", reason: "no list" };
    invented.streams.activities = { ...activities, read: () => unread };
    outside = async () => {
      if (asked.length === 3) await disconnect(w.context, person, invented, "delete");
      return Response.json({});
    };
    await send({ spans: [{ user: "u1", start: NOW - HOUR }] });
    await drain();
    await later(HOUR);
    await later(23 * HOUR);
    invented.streams.activities = activities;
    expect(asked).toHaveLength(3);
    expect(await w.rows("SELECT * FROM gap")).toEqual([]);
    expect(await w.rows("SELECT * FROM sync_cursor")).toEqual([]);
    expect(await inbox()).toEqual([]);
  });

  it("as a window that makes no sense is tried three times over a day, then a gap", async () => {
    const { person, id } = await connected("u1");
    // Of a connection before this one.
    await w.env.DB.prepare(
      `INSERT INTO sync_cursor(connection_id, stream, user_id, provider, epoch, queue, position, version)
       VALUES (?1, 'activities:gaps', ?2, 'invented', 0, 'backfill', '{}', 1)`,
    )
      .bind(id, person.id)
      .run();
    invented.streams.activities = {
      ...activities,
      read: () => ({ kind: "unreadable" as const, pointer: "/x", reason: "no list" }),
    };
    outside = () => Response.json({});
    await send({ spans: [{ user: "u1", start: NOW - HOUR }] });
    await drain();
    await later(HOUR);
    expect(await w.rows("SELECT * FROM gap")).toEqual([]);
    await later(23 * HOUR);
    invented.streams.activities = activities;
    expect(asked.filter((url) => url.includes(`to=${NOW}`))).toHaveLength(3);
    expect(await w.rows(`SELECT stream, "from", "to", reason FROM gap`)).toEqual([
      { stream: "activities", from: NOW - HOUR, to: NOW, reason: "/x no list" },
    ]);
    expect(await w.rows("SELECT epoch FROM sync_cursor WHERE stream = 'activities:gaps'")).toEqual([{ epoch: 1 }]);
    expect(await inbox()).toEqual([]);
  });

  it("as a ping is fetched once, and has been stored where it says gone", async () => {
    await connected("u1");
    const url = "https://api.invented.example/file?id=1&token=a%2Bb";
    outside = () => Response.json({ id: "1" });
    await send({ pings: [{ user: "u1", url }] });
    await drain();
    expect([asked, await stored()]).toEqual([[url], ["1"]]);
    outside = () => new Response(null, { status: 410 });
    await send({ pings: [{ user: "u1", url }] });
    await drain();
    expect([asked.length, await inbox()]).toEqual([2, []]);
  });

  it("tells a stream when its data last came, and never an earlier time", async () => {
    const { id } = await connected("u1");
    const lastData = async () =>
      (await w.rows("SELECT last_data_at FROM sync_cursor WHERE connection_id = ?1 AND stream = 'activities'", id))[0];
    await send({ runs: [{ user: "u1", id: "1", start: NOW - HOUR }] });
    await send({ runs: [{ user: "u1", id: "2", start: NOW - DAY }] });
    await drain();
    expect(await lastData()).toEqual({ last_data_at: NOW - HOUR });
    outside = () => Response.json({ runs: [["3", NOW - MINUTE]], next: null });
    await send({ spans: [{ user: "u1", start: NOW - HOUR }] });
    await drain();
    expect(await lastData()).toEqual({ last_data_at: NOW - MINUTE });
  });

  it("as more pings than one invocation has queries for is fetched in several, each once, which count as one try", async () => {
    await connected("u1");
    await connected("u2");
    const tries = new Set<number>();
    outside = async (url) => {
      for (const { attempts } of await inbox()) tries.add(attempts);
      return Response.json({ id: url.pathname });
    };
    const pings = (user: string, from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => ({ user, url: `https://api.invented.example/${from + i}` }));
    await send({ pings: [...pings("u1", 0, 240), ...pings("u2", 240, 250)] });
    const messages = await drain();
    expect(messages.length).toBeGreaterThan(2);
    expect(new Set(messages)).toEqual(new Set(["ack"]));
    expect([asked.length, new Set(asked).size, (await stored()).length]).toEqual([250, 250, 250]);
    // 0: not taken, or given back.
    expect(Math.max(...tries)).toBe(1);
    expect(await inbox()).toEqual([]);
    expect(events("too_many_queries")).toEqual([]);
  });

  it("while a part of the same words still waits is told anew", async () => {
    await connected("u1");
    const pings = Array.from({ length: 240 }, (_, i) => ({ user: "u1", url: `https://api.invented.example/${i}` }));
    outside = (url) => Response.json({ id: url.pathname });
    await send({ pings });
    await drain(1);
    const done = asked.length;
    expect(done).toBeLessThan(240);
    await send({ pings });
    await drain();
    expect(asked).toHaveLength(480);
  });

  it("that crashes counts as tried, also where it was handed over before", async () => {
    await connected("u1");
    const pings = Array.from({ length: 240 }, (_, i) => ({ user: "u1", url: `https://api.invented.example/${i}` }));
    outside = async (url) => {
      if (asked.length === 200) await w.env.DB.prepare("ALTER TABLE inbox RENAME TO inbox_gone").run();
      return Response.json({ id: url.pathname });
    };
    await send({ pings });
    expect((await drain()).at(-1)).toBe("retry");
    await w.env.DB.prepare("ALTER TABLE inbox_gone RENAME TO inbox").run();
    expect(await inbox()).toMatchObject([{ attempts: 1 }]);
  });

  it.each([
    "http://api.invented.example/file",
    "https://evil.example/file",
    "https://api.invented.example:8443/file",
    "https://user@api.invented.example/file",
    "https://api.invented.example.evil.example/file",
    "https://api.invented.example@evil.example/",
    "//api.invented.example/file",
    "file:///etc/passwd",
    "",
  ])("as a ping of somebody else's is never fetched: %s", async (url) => {
    const { id } = await connected("u1");
    await send({ pings: [{ user: "u1", url }], runs: [{ user: "u1", id: "1", start: NOW }] });
    expect(await drain()).toEqual(["ack"]);
    expect([asked, await inbox(), await stored()]).toEqual([[], [], ["1"]]);
    expect(events("push_refused")).toMatchObject([{ code: "foreign_address", connection_id: id }]);
    expect((await connection(id)).last_error_code).toBe("foreign_address");
  });

  it("waits in the inbox while the provider is down, and only what is left of it", async () => {
    await connected("u1");
    const [a, b] = ["https://api.invented.example/a", "https://api.invented.example/b"];
    outside = (url) =>
      url.pathname === "/b" ? new Response(null, { status: 503 }) : Response.json({ id: url.pathname });
    await send({
      pings: [
        { user: "u1", url: a },
        { user: "u1", url: b },
      ],
    });
    await drain();
    const [row] = await inbox();
    expect(JSON.parse(row!.body)).toEqual([["pings", { user: "u1", url: b }]]);
    expect(row!.due_at).toBeGreaterThan(NOW);
    outside = () => Response.json({ id: "/b" });
    await later(5 * MINUTE);
    expect([asked, await stored(), await inbox()]).toEqual([[a, b, b], ["/a", "/b"], []]);
  });

  it("as a goodbye counts once a call fails, and is ignored while one works", async () => {
    const { id } = await connected("u1");
    outside = () => Response.json({});
    await send({ goodbyes: [{ user: "u1" }] });
    await drain();
    expect((await connection(id)).status).toBe("active");
    expect(events("goodbye")).toMatchObject([{ code: "not_confirmed" }]);
    outside = () => new Response(null, { status: 503 });
    await send({ goodbyes: [{ user: "u1" }] });
    await drain();
    expect((await connection(id)).status).toBe("active");
    outside = () => new Response(null, { status: 403 });
    await later(5 * MINUTE);
    expect(await connection(id)).toMatchObject({ status: "revoked", epoch: 2 });
    expect(await inbox()).toEqual([]);
  });

  it("as a goodbye that cannot be confirmed counts only where it was signed", async () => {
    const { id } = await connected("u1");
    const { confirm: _, ...without } = push;
    invented.push = without;
    await send({ goodbyes: [{ user: "u1" }] });
    await drain();
    expect((await connection(id)).status).toBe("active");
    invented.push = {
      ...without,
      verify: { by: "hmac", hash: "SHA-256", header: "x-sig", encoding: "hex", parts: ["body"], key: "client_secret" },
    };
    const text = JSON.stringify({ goodbyes: [{ user: "u1" }] });
    await post(text, { "x-sig": createHmac("sha256", "invented-secret").update(text).digest("hex") });
    await drain();
    expect((await connection(id)).status).toBe("revoked");
  });

  it("as changed permissions is asked for, and stops or starts streams", async () => {
    const { id } = await connected("u1");
    invented.push = {
      ...push,
      permissions: {
        request: () => ({ url: "https://api.invented.example/permissions", auth: "none" }),
        read: (answer) => answer.body as string[],
      },
    };
    outside = () => Response.json([]);
    await send({ permissions: [{ user: "u1", granted: ["read"] }] });
    await drain();
    expect((await connection(id)).granted_scopes).toBe("[]");
    expect(await w.rows("SELECT DISTINCT stopped FROM sync_cursor")).toEqual([{ stopped: "scope_missing" }]);
    outside = (url) => Response.json(url.pathname === "/permissions" ? ["read"] : { runs: [], next: null });
    await send({ permissions: [{ user: "u1" }] });
    await drain();
    expect((await connection(id)).granted_scopes).toBe('["read"]');
    expect(await w.rows("SELECT DISTINCT stopped FROM sync_cursor")).toEqual([{ stopped: null }]);
  });
});

describe("Strava", () => {
  const strava = providerOf("strava")!;
  const OPERATOR = "Bearer test-operator-token-of-more-than-32-characters";
  let simulator: Simulator;
  let owner: Person;
  const who = () => simulator.control.people()[0]!.key;
  const path = `/strava/${secretOf("strava")}`;

  beforeEach(async () => {
    simulator = createSimulator({
      seed: "push",
      now: () => w.context.now(),
      consent: "auto",
      users: [somebody("push", "kim", { months: 1, diligence: 0.2 })],
      // Subscribers are called at the address they gave.
      fetch: async (request) => {
        const { pathname, search } = new URL(request.url);
        const body = request.method === "POST" ? await request.text() : undefined;
        return w.request(pathname + search, { method: request.method, headers: request.headers, body });
      },
    });
    simulator.control.configure("strava", { overall: [1e6, 1e6], read: [1e6, 1e6] });
    w = await world({
      fetch: (request) => simulator.fetch(request),
      now: NOW,
      vars: { SESSION_SECRET: SECRETS.join(",") },
    });
    ({ person: owner } = await w.person());
  });

  async function connect(): Promise<void> {
    const { url, pending } = await begin(w.context, strava, { session: null, return_to: "/" });
    const back = await simulator.fetch(new Request(url, { redirect: "manual" }));
    const arrival = await finish(w.context, strava, pending, null, new URL(back.headers.get("location")!).searchParams);
    await link(w.context, owner, strava, arrival);
    await drain();
  }
  const operate = (method: string, path: string, body?: object, token = OPERATOR) =>
    w.request(`/api/operator${path}`, {
      method,
      headers: { authorization: token, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
  const subscribe = async () =>
    expect((await operate("POST", "/subscriptions", { provider: "strava" })).status).toBe(201);
  const subscribers = () =>
    simulator.control.calls({ path: /push_subscriptions/ }).map(({ method, status }) => `${method} ${status}`);
  const there = () =>
    simulator.control
      .activities(who())
      .map(({ ids }) => ids.strava!)
      .sort();
  const event = (more: object) =>
    post(
      JSON.stringify({
        object_type: "activity",
        object_id: 1,
        aspect_type: "create",
        owner_id: 1,
        event_time: 1,
        subscription_id: 1,
        updates: {},
        ...more,
      }),
      {},
      path,
    );
  const athlete = async () => Number((await connectionOf(w.context, owner, "strava"))!.provider_user_id);

  it("is subscribed to with a handshake, once, and tells of a new activity, which is stored with its track", async () => {
    await connect();
    expect(await stored()).toEqual(there());
    await subscribe();
    await subscribe();
    expect(subscribers()).toEqual(["GET 200", "POST 201", "GET 200"]);
    await simulator.control.addActivity(who(), { sport: "run", duration_s: 1800, start: NOW - 2 * HOUR });
    expect(await inbox()).toHaveLength(1);
    simulator.control.clearCalls();
    await drain();
    expect(await stored()).toEqual(there());
    const [fresh] = await w.rows<{ parts: string; points: number }>(
      "SELECT a.parts, t.points FROM activity a JOIN track t USING (user_id, provider, external_id) ORDER BY a.start_time DESC LIMIT 1",
    );
    expect(Object.keys(JSON.parse(fresh!.parts).of)).toEqual(expect.arrayContaining(["detail", "file"]));
    // By its two requests alone, without a poll.
    expect(
      simulator.control
        .calls({})
        .map((call) => call.path.replace(/\d{4,}/, "…"))
        .sort(),
    ).toEqual(["/api/v3/activities/…", "/api/v3/activities/…/streams"]);
    await later(5 * MINUTE);
    expect(await inbox()).toEqual([]);
  });

  it("tells of edits and deletions, which our own request confirms", async () => {
    await connect();
    await subscribe();
    const [first] = there();
    await simulator.control.editActivity(who(), first!, { name: "Renamed" });
    await drain();
    expect(await w.rows("SELECT name FROM activity WHERE external_id = ?1", first)).toEqual([{ name: "Renamed" }]);
    await simulator.control.deleteActivity(who(), first!);
    await drain();
    expect(await stored()).not.toContain(first);
    expect(await w.rows("SELECT external_id FROM tombstone")).toEqual([{ external_id: first }]);
  });

  it("is not believed when it says deleted or gone while neither is so", async () => {
    await connect();
    const before = await stored();
    const owner_id = await athlete();
    expect((await event({ object_id: Number(before[0]), aspect_type: "delete", owner_id })).status).toBe(200);
    const gone = {
      object_type: "athlete",
      object_id: owner_id,
      aspect_type: "update",
      owner_id,
      updates: { authorized: "false" },
    };
    expect((await event(gone)).status).toBe(200);
    await drain();
    expect(await stored()).toEqual(before);
    expect((await connectionOf(w.context, owner, "strava"))!.status).toBe("active");
    expect(await inbox()).toEqual([]);
  });

  it("is believed when the athlete has withdrawn indeed", async () => {
    await connect();
    await subscribe();
    await simulator.control.revoke("strava", who());
    await drain();
    // A refused refresh is tried a second time before it counts.
    for (let i = 0; i < 3; i++) await later(5 * MINUTE);
    expect((await connectionOf(w.context, owner, "strava"))!.status).toBe("revoked");
    expect(await inbox()).toEqual([]);
  });

  it.each([
    ["hub.mode=subscribe&hub.challenge=15f7d1a9&hub.verify_token=TOKEN", 200, { "hub.challenge": "15f7d1a9" }],
    ["hub.mode=subscribe&hub.challenge=15f7d1a9&hub.verify_token=OLD", 200, { "hub.challenge": "15f7d1a9" }],
    ["hub.mode=subscribe&hub.challenge=aa&hub.verify_token=wrong", 403, {}],
    ["hub.mode=unsubscribe&hub.challenge=aa&hub.verify_token=TOKEN", 400, {}],
  ])("shakes hands: %s", async (query, status, body) => {
    const token = (item: string) =>
      createHmac("sha256", item).update("webhook-verify:strava").digest("hex").slice(0, 32);
    const own = query.replace("TOKEN", token(SECRETS[0]!)).replace("OLD", token(SECRETS[1]!));
    const answer = await w.request(`/api/webhooks${path}?${own}`);
    expect([answer.status, answer.headers.get("content-type"), await answer.json()]).toEqual([
      status,
      "application/json",
      body,
    ]);
    expect((await w.request(`/api/webhooks/strava?${own}`)).status).toBe(404);
  });

  it("is checked by its signature once a key was agreed on", async () => {
    w = await world({
      fetch: (request) => simulator.fetch(request),
      now: NOW,
      vars: { STRAVA_WEBHOOK_SECRET: "agreed" },
    });
    ({ person: owner } = await w.person());
    await connect();
    await subscribe();
    await simulator.control.addActivity(who(), { sport: "run", duration_s: 1800, start: NOW - 2 * HOUR });
    expect(await inbox()).toEqual([]);
    simulator.control.configure("strava", { webhook_key: "agreed" });
    await simulator.control.addActivity(who(), { sport: "run", duration_s: 1800, start: NOW - 3 * HOUR });
    expect(await inbox()).toHaveLength(1);
  });

  it("is the operator's to subscribe and unsubscribe, who leaves another deployment's alone unless told", async () => {
    for (const token of ["", "Bearer x", "Basic x"]) {
      expect((await operate("GET", "/subscriptions", undefined, token)).status).toBe(401);
    }
    await subscribe();
    const { data } = (await (await operate("GET", "/subscriptions")).json()) as {
      data: { provider: string; callback_url: string }[];
    };
    expect(data.find(({ provider }) => provider === "strava")).toMatchObject({
      per: "application",
      is_configured: true,
      callback_url: `${w.env.BASE_URL}/api/webhooks${path}`,
      subscription: { status: "active", external_ids: ["131300"] },
    });
    expect((await operate("DELETE", "/subscriptions/strava")).status).toBe(204);
    expect(await w.rows("SELECT * FROM subscription")).toEqual([]);

    const elsewhere = { callback_url: "https://other.example/hook", verify_token: "x" };
    const other = createSimulator({
      seed: 1,
      now: () => NOW,
      fetch: async (request) =>
        Response.json({ "hub.challenge": new URL(request.url).searchParams.get("hub.challenge") }),
    });
    simulator = other;
    await other.fetch(
      new Request("https://www.strava.com/api/v3/push_subscriptions", {
        method: "POST",
        body: new URLSearchParams({ client_id: "strava-client", client_secret: "strava-secret", ...elsewhere }),
      }),
    );
    expect((await operate("POST", "/subscriptions", { provider: "strava" })).status).toBe(409);
    expect((await operate("POST", "/subscriptions", { provider: "strava", replace: true })).status).toBe(201);
    expect((await operate("POST", "/subscriptions", { provider: "apple_health" })).status).toBe(404);
  });

  it("is looked after daily: what the provider has lost is made again", async () => {
    await subscribe();
    simulator.control.reset();
    simulator.control.clearCalls();
    await later(DAY, NIGHTLY);
    expect(subscribers()).toEqual(["GET 200", "POST 201"]);
    simulator.control.clearCalls();
    await later(DAY, NIGHTLY);
    expect(subscribers()).toEqual(["GET 200"]);
  });
});
