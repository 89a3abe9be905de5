import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Context } from "../platform/context.ts";
import type { Env } from "../platform/env.ts";
import type { OAuth2, Provider, TokenBody } from "../providers/provider.ts";
import type { Grant } from "../store/grants.ts";
import { begin, finish, refresh, revoke } from "./grant.ts";

const NOW = Date.UTC(2026, 8, 1, 12);
const REDIRECT = "https://connect.example.com/api/oauth/callback/whoop";

const plain: OAuth2 = {
  type: "oauth2",
  authorize: "https://auth.example.com/authorize",
  token: ["https://api.example.com/token"],
  client_auth: "client_secret_post",
  pkce: false,
  scopes: [
    { name: "read:sleep", text: "sleep" },
    { name: "offline", text: "lasting access" },
  ],
  scope_separator: " ",
  granted: "token",
  refresh: "rotating",
  revoke: () => [],
};
/** A provider of which nothing but its protocol matters; WHOOP's variables are there to be had. */
const providerWith = (...auth: Provider["auth"]): Provider => ({
  ...({ name: "Example", streams: {}, limits: [], terms: {} } as unknown as Provider),
  id: "whoop",
  hosts: ["auth.example.com", "api.example.com", "old.example.com"],
  auth,
});

interface Sent {
  url: string;
  form: URLSearchParams;
  authorization: string | null;
}
/** An outside that answers in turn; the last answer stands. */
function outside(...answers: (Response | Error)[]) {
  const sent: Sent[] = [];
  const fetch = async (input: RequestInfo | URL) => {
    const request = input as Request;
    sent.push({
      url: request.url,
      form: new URLSearchParams(await request.text()),
      authorization: request.headers.get("authorization"),
    });
    const answer = answers[Math.min(sent.length, answers.length) - 1]!;
    if (answer instanceof Error) throw answer;
    return answer.clone();
  };
  const env = {
    PROVIDER_GATEWAY: null,
    WHOOP_CLIENT_ID: "id:1",
    WHOOP_CLIENT_SECRET: "se cret",
    GARMIN_OAUTH_VERSION: "2.0",
  };
  const context = { env: env as unknown as Env, now: () => NOW, fetch, log: () => {} } as unknown as Context;
  return { context, sent };
}
const tokens = (more: TokenBody = {}, status = 200) =>
  Response.json(
    {
      access_token: "a2",
      token_type: "bearer",
      expires_in: 3600,
      refresh_token: "r2",
      scope: "offline read:sleep",
      ...more,
    },
    { status },
  );

/** Goes out and comes back with a code. */
async function roundTrip(auth: OAuth2, answers: (Response | Error)[], back: Record<string, string> = {}) {
  const { context, sent } = outside(...answers);
  const provider = providerWith(auth);
  const { url, attempt } = await begin(context, provider, REDIRECT);
  const parameters = new URLSearchParams({ state: attempt.state, code: "c0de", ...back });
  return { url, attempt, sent, result: await finish(context, provider, attempt, REDIRECT, parameters) };
}
const grant: Grant = {
  kind: "oauth2",
  access_token: "a1",
  refresh_token: "r1",
  expires_at: NOW - 1,
  issued_at: NOW - 3_600_000,
};
async function renew(auth: OAuth2, answers: (Response | Error)[], learned: Record<string, string> = {}, given = grant) {
  const { context, sent } = outside(...answers);
  return { sent, result: await refresh(context, providerWith(auth), given, learned) };
}

describe("going out", () => {
  it("asks for what the provider is told to ask for", async () => {
    const { url, attempt } = await roundTrip({ ...plain, authorize_params: { access_type: "offline" } }, [tokens()]);
    expect(attempt.state.length).toBeGreaterThanOrEqual(22); // 128 bits
    expect(url.origin + url.pathname).toBe("https://auth.example.com/authorize");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: "code",
      client_id: "id:1",
      redirect_uri: REDIRECT,
      scope: "read:sleep offline",
      state: attempt.state,
      access_type: "offline",
    });
  });

  it("separates scopes with commas where the provider wants it, and leaves them out where there are none", async () => {
    expect((await roundTrip({ ...plain, scope_separator: "," }, [tokens()])).url.search).toContain(
      "scope=read%3Asleep%2Coffline",
    );
    expect((await roundTrip({ ...plain, scopes: [] }, [tokens()])).url.searchParams.has("scope")).toBe(false);
  });

  it("proves with PKCE that the code is its own", async () => {
    const one = await roundTrip({ ...plain, pkce: true }, [tokens()]);
    const two = await roundTrip({ ...plain, pkce: true }, [tokens()]);
    const challenge = one.url.searchParams.get("code_challenge");
    expect(one.url.searchParams.get("code_challenge_method")).toBe("S256");
    expect(challenge).toBe(createHash("sha256").update(one.attempt.secret!).digest("base64url"));
    expect(two.url.searchParams.get("code_challenge")).not.toBe(challenge);
    expect(one.url.href).not.toContain(one.attempt.secret);
    expect(one.sent[0]!.form.get("code_verifier")).toBe(one.attempt.secret);
  });

  it("takes the protocol whose condition holds", async () => {
    const old = {
      ...plain,
      authorize: "https://old.example.com/authorize",
      when: { variable: "GARMIN_OAUTH_VERSION", is: "1.0a" },
    };
    const { context } = outside(tokens());
    const { url } = await begin(
      context,
      providerWith(old, { ...plain, when: { variable: "GARMIN_OAUTH_VERSION", is: "2.0" } }),
      REDIRECT,
    );
    expect(url.host).toBe("auth.example.com");
  });
});

describe("coming back", () => {
  it("exchanges the code for a grant", async () => {
    const { sent, result } = await roundTrip(plain, [tokens()]);
    expect(result).toMatchObject({
      is: "granted",
      grant: { kind: "oauth2", access_token: "a2", refresh_token: "r2", expires_at: NOW + 3_600_000, issued_at: NOW },
      granted_scopes: ["offline", "read:sleep"],
      learned: {},
    });
    expect(Object.fromEntries(sent[0]!.form)).toEqual({
      grant_type: "authorization_code",
      code: "c0de",
      redirect_uri: REDIRECT,
      client_id: "id:1",
      client_secret: "se cret",
    });
  });

  it("vouches in the header where the provider wants Basic", async () => {
    const { sent } = await roundTrip({ ...plain, client_auth: "client_secret_basic" }, [tokens()]);
    expect(sent[0]!.authorization).toBe(`Basic ${btoa("id%3A1:se+cret")}`);
    expect(sent[0]!.form.has("client_secret")).toBe(false);
  });

  it("reads granted scopes from where they are told", async () => {
    const prefixed = {
      ...plain,
      granted: "callback" as const,
      read_scope: (told: string) => told.replace(/^extapi:/, ""),
    };
    const told = await roundTrip(prefixed, [tokens()], { scope: "extapi:daily,email" });
    expect(told.result).toMatchObject({ granted_scopes: ["daily", "email"] });
    const silent = await roundTrip({ ...plain, granted: "fixed" }, [tokens({ scope: "PARTNER_READ" })]);
    expect(silent.result).toMatchObject({ granted_scopes: ["read:sleep", "offline"] });
  });

  it("tries the next token URL where the first says that the request is none of its own, and remembers which answered", async () => {
    const two = { ...plain, token: ["https://api.example.com/token", "https://old.example.com/token"] };
    for (const status of [400, 401, 403, 404]) {
      const { sent, result } = await roundTrip(two, [
        Response.json({ error: "invalid_request" }, { status }),
        tokens(),
      ]);
      expect(sent.map(({ url }) => url)).toEqual(two.token);
      expect(result).toMatchObject({ is: "granted", learned: { token: "https://old.example.com/token" } });
    }
    for (const answer of [new Response("", { status: 503 }), new Error("reset"), new Response("<html>")]) {
      const { sent, result } = await roundTrip(two, [answer]);
      expect([sent.length, result]).toEqual([1, { is: "unavailable" }]);
    }
  });

  it("knows answers that RFC 6749 does not", async () => {
    const coros = {
      ...plain,
      read_token: (status: number, body: unknown) => ({
        status,
        body: { token_type: "bearer", ...(body as TokenBody) },
      }),
    };
    expect((await roundTrip(coros, [tokens({ token_type: undefined, openId: "o1" })])).result).toMatchObject({
      body: { openId: "o1" },
    });
    expect((await roundTrip(plain, [tokens({}, 201)])).result).toMatchObject({ is: "granted" });
    expect((await roundTrip(plain, [tokens({ id_token: "e30.e30.x" })])).result).toMatchObject({ is: "granted" });
    const envelope = { ...plain, read_token: () => ({ status: 400, body: { error: "invalid_grant" } }) };
    expect((await roundTrip(envelope, [Response.json({ result: "5006" })])).result).toEqual({ is: "refused" });
  });

  it("keeps a grant without end where tokens do not expire", async () => {
    const { result } = await roundTrip({ ...plain, refresh: "none" }, [
      tokens({ expires_in: 31535999, refresh_token: undefined }),
    ]);
    expect(result).toMatchObject({ grant: { expires_at: null, refresh_token: null } });
  });

  it.each([
    [{ iss: "https://auth.example.com" }, "granted"],
    [{ iss: "https://evil.test" }, "invalid"],
    [{ error: "access_denied" }, "declined"],
    [{ error: "server_error" }, "invalid"],
    [{ state: "other" }, "invalid"],
    [{ code: "" }, "invalid"],
    [{ response: "jarm" }, "invalid"],
  ] as [Record<string, string>, string][])("with %j is %s", async (back, is) => {
    const { sent, result } = await roundTrip(plain, [tokens()], back);
    expect(result.is).toBe(is);
    expect(sent).toHaveLength(is === "granted" ? 1 : 0);
  });
});

describe("a consent that ends", () => {
  const lasts = tokens({ refresh_token_expires_in: 601_041 });

  it("is told where no refresh brings another", async () => {
    const { result } = await roundTrip({ ...plain, refresh: "reusable" }, [lasts], {});
    expect(result).toMatchObject({ grant: { ends_at: NOW + 601_041_000 } });
    // Each pair of a rotating one has an end of its own, which a refresh moves.
    expect((await roundTrip(plain, [lasts], {})).result).not.toHaveProperty("grant.ends_at");
  });
});

describe("refreshing", () => {
  it("takes the new pair, and keeps the old refresh token where none comes", async () => {
    const { sent, result } = await renew({ ...plain, refresh_params: { scope: "offline" } }, [tokens()]);
    expect(Object.fromEntries(sent[0]!.form)).toEqual({
      grant_type: "refresh_token",
      refresh_token: "r1",
      scope: "offline",
      client_id: "id:1",
      client_secret: "se cret",
    });
    expect(result).toMatchObject({ is: "granted", grant: { access_token: "a2", refresh_token: "r2" } });
    const google = await renew({ ...plain, refresh: "reusable" }, [tokens({ refresh_token: undefined })]);
    expect(google.result).toMatchObject({ grant: { access_token: "a2", refresh_token: "r1" } });
    expect(google.result).not.toHaveProperty("grant.ends_at");
  });

  it.each([
    [{ expires_in: undefined, expires_at: NOW / 1000 + 600 }, NOW + 600_000],
    [{ expires_in: "7200" }, NOW + 7_200_000],
    [{ expires_in: -30 }, null],
    [{ expires_in: 0 }, null],
    [{ expires_in: "soon", expires_at: NOW / 1000 - 1 }, null],
  ])("takes the pair whatever is said of its lifetime (%j)", async (said, expires_at) => {
    const { result } = await renew(plain, [tokens(said)]);
    expect(result).toMatchObject({ is: "granted", grant: { access_token: "a2", refresh_token: "r2", expires_at } });
  });

  it("prolongs a token that is not issued anew", async () => {
    const coros = {
      ...plain,
      refresh: "prolongs" as const,
      refresh_url: "https://api.example.com/refresh",
      lifetime_s: 2_592_000,
    };
    const { sent, result } = await renew(coros, [Response.json({ result: "0000", message: "OK" })]);
    expect(sent[0]!.url).toBe("https://api.example.com/refresh");
    expect(result).toMatchObject({
      grant: { access_token: "a1", refresh_token: "r1", expires_at: NOW + 2_592_000_000 },
    });
    // Should it carry one after all, that one counts.
    expect((await renew(coros, [tokens()])).result).toMatchObject({ grant: { access_token: "a2" } });
  });

  it("asks the token URL that answered before, and only one of the provider's own", async () => {
    const two = { ...plain, token: ["https://api.example.com/token", "https://old.example.com/token"] };
    const refused = Response.json({ error: "invalid_grant" }, { status: 400 });
    const known = await renew(two, [refused], { token: "https://old.example.com/token" });
    expect(known.sent.map(({ url }) => url)).toEqual(["https://old.example.com/token"]);
    expect(known.result).toEqual({ is: "refused", status: 400, error: "invalid_grant" });
    const planted = await renew(two, [tokens()], { token: "https://evil.test/token" });
    expect(planted.sent.map(({ url }) => url)).toEqual(["https://api.example.com/token"]);
  });

  it.each([
    [
      Response.json({ error: "invalid_grant" }, { status: 400 }),
      { is: "refused", status: 400, error: "invalid_grant" },
    ],
    [
      Response.json({ error: "invalid_client" }, { status: 401 }),
      { is: "refused", status: 401, error: "invalid_client" },
    ],
    [Response.json({ message: "no" }, { status: 400 }), { is: "refused", status: 400, error: "" }],
    [new Response("<h1>Bad gateway</h1>", { status: 502 }), { is: "outage", status: 502, retry_at: null }],
    [
      new Response("", { status: 429, headers: { "retry-after": "30" } }),
      { is: "outage", status: 429, retry_at: NOW + 30_000 },
    ],
    [
      new Response(null, { status: 302, headers: { location: "https://evil.test" } }),
      { is: "outage", status: 302, retry_at: null },
    ],
    [new Error("reset"), { is: "unknown" }],
    [new Response(""), { is: "unknown" }],
    [new Response('{"access_token":"a'), { is: "unknown" }],
    [Response.json({}), { is: "unknown" }],
  ] as [Response | Error, object][])("tells refusals, outages and lost answers apart (%#)", async (answer, outcome) => {
    expect((await renew(plain, [answer])).result).toEqual(outcome);
  });
});

describe("giving back", () => {
  const account = { provider_user_id: "7", public_id: "usr_1", learned: {} };
  const two: OAuth2 = {
    ...plain,
    revoke: ({ refresh_token }) => [
      { method: "POST", url: "https://api.example.com/revoke", form: { token: refresh_token! }, auth: "client_basic" },
      { method: "DELETE", url: "https://api.example.com/access", accept: [404] },
    ],
  };
  it.each([
    [[new Response("")], "revoked", 1],
    [[new Response("", { status: 404 }), new Response(null, { status: 204 })], "revoked", 2],
    [[new Response("", { status: 503 }), new Response("", { status: 404 })], "revoked", 2],
    [[new Response("", { status: 401 })], "refused", 2],
    [[new Response("", { status: 503 })], "later", 2],
    [[new Error("reset")], "later", 2],
  ] as [(Response | Error)[], string, number][])(
    "tries each way until one is taken (%#)",
    async (answers, outcome, calls) => {
      const { context, sent } = outside(...answers);
      expect(await revoke(context, providerWith(two), grant, account)).toBe(outcome);
      expect(sent).toHaveLength(calls);
      expect(sent[0]!.authorization).toBe(`Basic ${btoa("id%3A1:se%20cret")}`);
      expect(sent[1]?.authorization ?? "Bearer a1").toBe("Bearer a1");
    },
  );
});
