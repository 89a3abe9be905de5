import { describe, expect, it } from "vitest";
import { type Outgoing, parseJson, send, throughGateway } from "./egress.ts";
import type { Env } from "./env.ts";
import { ProviderError } from "./errors.ts";

const provider = { id: "example", hosts: ["api.example.com", "*.files.example.net"] };

/** Asks through an outside made of one answer; `asked` has the addresses that were reached. */
async function ask(
  answer: (request: Request) => Response | Promise<Response>,
  outgoing: Partial<Outgoing> = {},
  gateway: string | null = null,
) {
  const asked: string[] = [];
  const fetch = async (input: RequestInfo | URL) => {
    const request = input as Request;
    asked.push(request.url);
    return answer(request);
  };
  const context = { env: { PROVIDER_GATEWAY: gateway } as Env, fetch: fetch as typeof globalThis.fetch };
  const full: Outgoing = { method: "GET", url: "https://api.example.com/v1/runs?page=2", secret: true, ...outgoing };
  try {
    return { asked, answer: await send(context, provider, full), fault: null };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { asked, answer: null, fault: error.fault };
  }
}
const json = (text: string, init?: ResponseInit) =>
  new Response(text, { headers: { "content-type": "application/json" }, ...init });

describe("where a request may go", () => {
  it.each([
    "http://api.example.com/v1",
    "https://api.example.com:8443/v1",
    "https://user:secret@api.example.com/v1",
    "https://api.example.com.evil.test/v1",
    "https://evil.test/?api.example.com",
    "https://evilfiles.example.net/a.fit",
    "https://a.files.example.net/a.fit", // a wildcard host, and the request carries a secret
    "not an address",
  ])("refuses %s without asking", async (url) => {
    const { asked, fault } = await ask(() => json("{}"), { url });
    expect(asked).toEqual([]);
    expect(fault?.kind).toBe("unreadable");
  });

  it("asks a wildcard host without a secret", async () => {
    const { answer } = await ask(() => json("{}"), { url: "https://a.files.example.net/a.fit", secret: false });
    expect(answer?.body).toEqual({});
  });

  it("goes through the gateway with the real host as the first part of the path", async () => {
    const { asked } = await ask(() => json("{}"), {}, "http://localhost:8788");
    expect(asked).toEqual(["http://localhost:8788/api.example.com/v1/runs?page=2"]);
  });

  it("sends a browser through the gateway as well, and nowhere else without one", () => {
    const url = new URL("https://www.strava.com/oauth/authorize?state=a%20b");
    expect(throughGateway({ PROVIDER_GATEWAY: "http://localhost:8788" }, url).href).toBe(
      "http://localhost:8788/www.strava.com/oauth/authorize?state=a%20b",
    );
    expect(throughGateway({ PROVIDER_GATEWAY: null }, url).href).toBe(url.href);
  });

  it("follows no redirect", async () => {
    const { asked, fault } = await ask(
      () => new Response(null, { status: 302, headers: { location: "https://evil.test/" } }),
    );
    expect(asked).toHaveLength(1);
    expect(fault).toEqual({ kind: "unavailable", status: 302 });
  });
});

describe("what an answer may be", () => {
  it("tells no answer and a cut one from an answered failure", async () => {
    const broken = await ask(() =>
      Promise.reject(new TypeError("fetch failed: https://api.example.com/?token=canary")),
    );
    expect(broken.fault).toEqual({ kind: "unavailable", status: null });
    const cut = await ask(() => {
      const half = new ReadableStream({
        start: (stream) => stream.enqueue(new TextEncoder().encode('{"data":')),
        pull: (stream) => stream.error(new Error("reset")),
      });
      return new Response(half);
    });
    expect(cut.fault).toEqual({ kind: "unavailable", status: null });
    const short = await ask(() => json('{"a":1}', { headers: { "content-length": "4000" } }));
    expect(short.fault).toEqual({ kind: "unavailable", status: null });
    const answered = await ask(() => json('{"message":"down"}', { status: 503 }));
    expect(answered.answer).toMatchObject({ status: 503, body: { message: "down" } });
  });

  it("gives up in time, also in the middle of a body", async () => {
    const silent = await ask(() => new Promise<Response>(() => {}), { timeout_ms: 20 });
    expect(silent.fault).toEqual({ kind: "unavailable", status: null });
    const stalled = await ask(() => new Response(new ReadableStream({ start: (s) => s.enqueue(new Uint8Array(3)) })), {
      timeout_ms: 20,
    });
    expect(stalled.fault).toEqual({ kind: "unavailable", status: null });
  });

  it("takes no error for an empty success", async () => {
    for (const text of ["", "<html><body>maintenance</body></html>", '{"data":[{"id":1}']) {
      expect((await ask(() => json(text))).fault).toEqual({ kind: "unavailable", status: 200 });
    }
    expect((await ask(() => new Response(null, { status: 204 }))).answer).toMatchObject({ status: 204, body: null });
    expect((await ask(() => json("[]"))).answer?.body).toEqual([]);
  });

  it("reads a refusal whatever its body is", async () => {
    expect((await ask(() => new Response("", { status: 404 }))).answer?.body).toBeNull();
    expect((await ask(() => new Response("<h1>no</h1>", { status: 403 }))).answer?.body).toBe("<h1>no</h1>");
  });

  it("stops at the cap while reading", async () => {
    let sent = 0;
    const endless = () =>
      new Response(
        new ReadableStream({
          pull(stream) {
            sent++;
            stream.enqueue(new Uint8Array(1000));
          },
        }),
      );
    const { fault } = await ask(endless, { max_bytes: 10_000, as: "bytes" });
    expect(fault?.kind).toBe("unreadable");
    expect(sent).toBeLessThan(20);
  });

  it("hands out bytes and text as they are", async () => {
    expect((await ask(() => new Response("a=1"), { as: "text" })).answer?.body).toBe("a=1");
    expect((await ask(() => new Response(new Uint8Array([1, 2])), { as: "bytes" })).answer?.body).toEqual(
      new Uint8Array([1, 2]),
    );
  });
});

describe("numbers", () => {
  it.each([
    ['{"id":9007199254740993}', { id: "9007199254740993" }],
    ["[-12345678901234567890,1]", ["-12345678901234567890", 1]],
    ['{"id":9007199254740991}', { id: 9007199254740991 }],
    ['{"lat":52.123456789012345678}', { lat: 52.123456789012344 }],
    ['{"text":"9007199254740993","x":1e21}', { text: "9007199254740993", x: 1e21 }],
  ])("reads %s to the last digit", (text, value) => expect(parseJson(text)).toEqual(value));
});
