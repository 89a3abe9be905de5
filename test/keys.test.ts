import { beforeEach, describe, expect, it } from "vitest";
import { isKey } from "../src/store/keys.ts";
import type { Person } from "../src/store/users.ts";
import { activityRow, insertRows } from "./rows.ts";
import { BASE_URL, type Browser, type World, world } from "./world.ts";

let w: World;
let person: Person;
let browser: Browser;
beforeEach(async () => {
  w = await world({ now: Date.UTC(2026, 8, 1, 12) });
  ({ person, browser } = await w.person());
});

const make = async (body: unknown) => {
  const response = await browser.json("POST", "/api/keys", body);
  // biome-ignore lint/suspicious/noExplicitAny: answers of a test
  return { status: response.status, body: await response.json<any>() };
};
const read = (headers: Record<string, string>, path = "/api/v1/activities") => w.request(path, { headers });
// biome-ignore lint/suspicious/noExplicitAny: answers of a test
const codeOf = async (response: Response) => [response.status, (await response.json<any>()).code];

describe("a key", () => {
  it("is shown once, stored as a hash, and works in both headers", async () => {
    const made = await make({ name: "phone" });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      name: "phone",
      scopes: ["ingest", "read"],
      expires_at: null,
      last_used_at: null,
    });
    const { key, id, prefix } = made.body;
    expect(key).toMatch(/^qt_[0-9A-Za-z]{33}$/);
    expect(key.startsWith(prefix)).toBe(true);
    const [stored] = await w.rows<{ hash: string }>("SELECT * FROM api_key");
    expect(JSON.stringify(stored)).not.toContain(key.slice(prefix.length));
    expect(stored!.hash).toMatch(/^[0-9a-f]{64}$/);
    const list = await (await browser.request("/api/keys")).text();
    expect(list).not.toContain(key);
    expect(JSON.parse(list)).toMatchObject({ data: [{ id, prefix }], next_cursor: null });
    expect((await read({ "x-api-key": key })).status).toBe(200);
    expect((await read({ authorization: `Bearer ${key}` })).status).toBe(200);
    expect((await read({}, `/api/v1/activities?key=${key}&x-api-key=${key}`)).status).toBe(401);
  });

  it("needs a name", async () => {
    const { status, body } = await make({});
    expect([status, body.errors]).toEqual([422, [{ pointer: "/name", message: "give it a name" }]]);
  });

  it("has a checksum that a typing error breaks", async () => {
    const key = await w.key(person);
    expect(isKey(key)).toBe(true);
    for (const wrong of [
      key.slice(0, -1),
      `${key}0`,
      key.replace("qt_", "qx_"),
      key.slice(0, 10) + (key[10] === "a" ? "b" : "a") + key.slice(11),
    ]) {
      expect(isKey(wrong)).toBe(false);
      expect(await codeOf(await read({ "x-api-key": wrong }))).toEqual([401, "invalid_key"]);
    }
  });

  it("wins over a cookie, also when it is wrong", async () => {
    const other = await w.person();
    const key = await w.key(other.person);
    await insertRows(w, "activity", other.person, [activityRow("theirs", 0)]);
    const cookie = `qt_session=${browser.cookies.get("qt_session")}`;
    const { data } = await (await read({ cookie, "x-api-key": key })).json<{ data: { external_id: string }[] }>();
    expect(data.map(({ external_id }) => external_id)).toEqual(["theirs"]);
    expect(await codeOf(await read({ cookie, "x-api-key": "qt_wrong" }))).toEqual([401, "invalid_key"]);
  });

  it("does what its scopes say and no more", async () => {
    const [ingest, reading, manage] = await Promise.all([
      w.key(person, ["ingest"]),
      w.key(person, ["read"]),
      w.key(person, ["manage"]),
    ]);
    expect(await codeOf(await read({ "x-api-key": ingest }))).toEqual([403, "missing_scope"]);
    expect((await read({ "x-api-key": reading })).status).toBe(200);
    expect((await read({ "x-api-key": reading }, "/api/connections")).status).toBe(200);
    const sync = (key: string) =>
      w.request("/api/connections/strava/sync", { method: "POST", headers: { "x-api-key": key } });
    expect(await codeOf(await sync(reading))).toEqual([403, "missing_scope"]);
    expect(await codeOf(await sync(manage))).toEqual([404, "not_connected"]); // allowed, without any Origin
    expect(await codeOf(await w.request("/api/keys", { headers: { "x-api-key": manage } }))).toEqual([
      403,
      "session_only",
    ]);
  });

  it("ends when it expires or is revoked, at once", async () => {
    const made = await make({ name: "short", expires_at: "2026-09-01T13:00:00Z" });
    expect((await read({ "x-api-key": made.body.key })).status).toBe(200);
    w.advance(3_600_000);
    expect(await codeOf(await read({ "x-api-key": made.body.key }))).toEqual([401, "invalid_key"]);
    const { body } = await make({ name: "one" });
    expect((await browser.json("DELETE", `/api/keys/${body.id}`)).status).toBe(204);
    expect(await codeOf(await read({ "x-api-key": body.key }))).toEqual([401, "invalid_key"]);
    expect((await browser.json("DELETE", `/api/keys/${body.id}`)).status).toBe(404);
  });

  it("is not somebody else's to revoke", async () => {
    const other = await w.person();
    const { body } = await make({ name: "one" });
    expect((await other.browser.json("DELETE", `/api/keys/${body.id}`)).status).toBe(404);
    expect((await read({ "x-api-key": body.key })).status).toBe(200);
    expect(await (await other.browser.request("/api/keys")).json()).toMatchObject({ data: [] });
  });

  it("notes when it was used, at most once a minute", async () => {
    const key = await w.key(person);
    const used = async () =>
      (await w.rows<{ last_used_at: number }>("SELECT last_used_at FROM api_key"))[0]!.last_used_at;
    await read({ "x-api-key": key });
    const first = await used();
    expect(first).toBe(w.context.now());
    w.advance(59_000);
    await read({ "x-api-key": key });
    expect(await used()).toBe(first);
    w.advance(2_000);
    await read({ "x-api-key": key });
    expect(await used()).toBe(first + 61_000);
  });

  it("may make 600 requests a minute", async () => {
    const key = await w.key(person, ["ingest"]); // refused cheaply, counted all the same
    const codes = new Set<number>();
    for (let i = 0; i < 600; i++) codes.add((await read({ "x-api-key": key })).status);
    expect(codes).toEqual(new Set([403]));
    const full = await read({ "x-api-key": key });
    expect([full.status, full.headers.get("retry-after")]).toEqual([429, "60"]);
    expect(await codeOf(full)).toEqual([429, "too_many_requests"]);
    w.advance(60_000);
    expect((await read({ "x-api-key": key })).status).toBe(403);
  });
});

describe("a body", () => {
  it.each([
    ["text/plain", '{"name":"x"}', 415, "unsupported_media_type"],
    ["application/x-www-form-urlencoded", "name=x", 415, "unsupported_media_type"],
    ["application/json", '{"name":', 400, "not_json"],
    ["application/json", '{"name":""}', 422, "bad_body"],
    ["application/json", '{"scopes":["admin"]}', 422, "bad_body"],
    ["application/json", '{"scopes":[]}', 422, "bad_body"],
    ["application/json", '{"expires_at":"tomorrow"}', 422, "bad_body"],
    ["application/json", '{"expires_at":"2026-08-01T00:00:00Z"}', 422, "bad_body"],
    ["application/json", "[]", 422, "bad_body"],
    ["application/json", JSON.stringify({ name: "x".repeat(20_000) }), 413, "too_large"],
  ])("of %s %s is refused with %i", async (type, body, status, code) => {
    const response = await browser.request("/api/keys", {
      method: "POST",
      headers: { "content-type": type, origin: BASE_URL },
      body,
    });
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await codeOf(response)).toEqual([status, code]);
    expect(await w.rows("SELECT id FROM api_key")).toEqual([]);
  });
});

describe("a request that changes something", () => {
  it.each([
    [{}, 403],
    [{ origin: "null" }, 403],
    [{ origin: "https://evil.test" }, 403],
    [{ origin: "http://127.0.0.1" }, 403],
    [{ origin: "http://localhost:8787" }, 403],
    [{ origin: `${BASE_URL}.evil.test` }, 403],
    [{ origin: BASE_URL, "sec-fetch-site": "cross-site" }, 403],
    [{ origin: BASE_URL, "sec-fetch-site": "same-site" }, 403],
    [{ origin: BASE_URL }, 201],
    [{ origin: BASE_URL, "sec-fetch-site": "same-origin" }, 201],
  ] as [Record<string, string>, number][])("with %j is answered with %i", async (headers, status) => {
    const response = await browser.request("/api/keys", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ name: "one" }),
    });
    expect(response.status).toBe(status);
  });
});

describe("a session", () => {
  it("ends when it is not used for a month, or after three", async () => {
    const day = 86_400_000;
    for (let i = 0; i < 3; i++) {
      w.advance(29 * day);
      expect((await browser.request("/api/keys")).status).toBe(200);
    }
    w.advance(4 * day); // the ninety-first
    expect((await browser.request("/api/keys")).status).toBe(401);
    const { browser: idle } = await w.person();
    w.advance(31 * day);
    expect((await idle.request("/api/keys")).status).toBe(401);
  });

  it("is not in the database as it is in the cookie", async () => {
    const id = browser.cookies.get("qt_session")!;
    expect(id.length).toBeGreaterThanOrEqual(43);
    expect(JSON.stringify(await w.rows("SELECT * FROM session"))).not.toContain(id);
  });
});

describe("every answer", () => {
  it("has strict headers", async () => {
    for (const path of ["/", "/dashboard", "/api/keys", "/nowhere"]) {
      const { headers } = await browser.request(path);
      const csp = headers.get("content-security-policy")!;
      for (const part of [
        "default-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
      ]) {
        expect(csp, path).toContain(part);
      }
      expect(csp).toMatch(/script-src 'self' 'nonce-[\w+/=]{20,}'/);
      expect(csp).not.toContain("unsafe");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(headers.get("cache-control"), path).toBe("no-store");
      expect(headers.get("access-control-allow-origin")).toBeNull();
      expect(headers.get("strict-transport-security")).toBeNull(); // loopback, no https
    }
    const [one, two] = [await browser.request("/"), await browser.request("/")];
    expect(one.headers.get("content-security-policy")).not.toBe(two.headers.get("content-security-policy"));
  });

  it("binds browsers to https where that is the address, also behind a proxy that speaks http", async () => {
    w = await world({ vars: { BASE_URL: "https://connect.example.com" } });
    const { headers } = await w.request("http://10.0.0.7/");
    expect(headers.get("strict-transport-security")).toBe("max-age=63072000; includeSubDomains");
  });

  it("to an unknown address is a problem for programs and a page for browsers", async () => {
    expect(await codeOf(await w.request("/api/nothing"))).toEqual([404, "not_found"]);
    const page = await w.request("/nothing", { headers: { accept: "text/html,*/*" } });
    expect([page.status, page.headers.get("content-type")]).toEqual([404, "text/html; charset=UTF-8"]);
  });
});

describe("health", () => {
  it("is told without a database, readiness with it", async () => {
    expect(await (await w.request("/healthz")).text()).toBe("ok");
    expect(await (await w.request("/readyz")).text()).toBe("ready");
  });
});
