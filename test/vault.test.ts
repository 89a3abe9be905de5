import { beforeEach, describe, expect, it } from "vitest";
import { createSimulator, type Simulator } from "../simulator/app.ts";
import { block } from "../src/access/budget.ts";
import { callAs } from "../src/access/client.ts";
import { rewrapGrants } from "../src/access/rewrap.ts";
import { LEASE_MS, type Token, tokenAfter, tokenFor, UNKNOWN_MS } from "../src/access/vault.ts";
import { disconnect } from "../src/connect/disconnect.ts";
import { retryRevocations } from "../src/connect/revocations.ts";
import type { Context } from "../src/platform/context.ts";
import { ProviderError } from "../src/platform/errors.ts";
import { providerOf } from "../src/providers/index.ts";
import { type Connection, connectionOf, ensureConnection } from "../src/store/connections.ts";
import { sealForConnection } from "../src/store/grants.ts";
import { type Person, personById } from "../src/store/users.ts";
import { type ConnectionRow, type World, world } from "./world.ts";

const strava = providerOf("strava")!;
const HOURS = 3_600_000;
const ATHLETE = { url: "https://www.strava.com/api/v3/athlete" };

let w: World;
let sim: Simulator;
let person: Person;
let connection: Connection;

/** A connection whose access token has ended an hour ago. */
beforeEach(async () => {
  w = await world({ fetch: (request) => sim.fetch(request), now: Date.UTC(2026, 8, 1, 12) });
  sim = createSimulator({ seed: 7, consent: "auto", now: () => w.context.now() });
  await w.browser().follow("/api/oauth/connect/strava");
  const [row] = await w.rows<{ id: number }>("SELECT id FROM user");
  person = (await personById(w.context, row!.id))!;
  connection = (await connectionOf(w.context, person, "strava"))!;
  w.advance(7 * HOURS);
  sim.control.clearCalls();
});

const accessToken = ({ grant }: Token) => (grant.kind === "oauth2" ? grant.access_token : "");
const refreshes = () => sim.control.calls({ path: "/oauth/token", contains: "grant_type=refresh_token" });
const sentTokens = () => refreshes().map(({ body }) => new URLSearchParams(body).get("refresh_token"));
const row = async () => (await w.rows<ConnectionRow>("SELECT * FROM provider_connection"))[0]!;
const faultOf = async (promise: Promise<unknown>) => {
  try {
    return { is: await promise };
  } catch (error) {
    if (error instanceof ProviderError) return error.fault;
    throw error;
  }
};
/** Another isolate has a Context of its own, and everything else in common. */
const isolate = (): Context => ({ ...w.context });

describe("refreshing", () => {
  it("is done by one of fifty callers in two isolates, and all get the new token", async () => {
    sim.control.fault({ kind: "slow", ms: 150, path: "/oauth/token" });
    const contexts = [isolate(), isolate()];
    const tokens = await Promise.all(
      Array.from({ length: 50 }, (_, i) => tokenFor(contexts[i % 2]!, strava, connection)),
    );
    expect(refreshes()).toHaveLength(1);
    expect(new Set(tokens.map(accessToken)).size).toBe(1);
    expect((await callAs(w.context, connection, ATHLETE, "live")).status).toBe(200);
    expect(await row()).toMatchObject({
      token_version: connection.epoch + 1,
      lease: null,
      lease_until: 0,
      refresh_failures: 0,
    });
  });

  it("is done ahead of time, while others go on with what still works", async () => {
    await tokenFor(w.context, strava, connection);
    w.advance(6 * HOURS - 60_000); // a minute is left
    sim.control.fault({ kind: "slow", ms: 150, path: "/oauth/token" });
    const tokens = await Promise.all(Array.from({ length: 10 }, () => tokenFor(w.context, strava, connection)));
    expect(refreshes()).toHaveLength(2);
    expect(new Set(tokens.map(accessToken)).size).toBe(2);
  });

  it("stores the pair before anybody uses it", async () => {
    const before = await row();
    const token = await tokenFor(w.context, strava, connection);
    const after = await row();
    expect(after.token_version).toBe(before.token_version + 1);
    expect(after.grant).not.toContain(accessToken(token));
    expect(accessToken(await tokenFor(isolate(), strava, connection))).toBe(accessToken(token));
    // The second refresh goes out with the refresh token of the first.
    w.advance(7 * HOURS);
    await tokenFor(w.context, strava, connection);
    const [first, second] = sentTokens();
    expect(second).not.toBe(first);
  });

  it.each([500, 503, 429])("keeps the token through an answered %i, without end", async (status) => {
    sim.control.fault({ kind: "status", status, path: "/oauth/token", count: 0 });
    for (let i = 0; i < 12; i++) {
      expect(await faultOf(tokenFor(w.context, strava, connection))).toEqual({ kind: "unavailable", status });
      // Until its time has come it is not tried again.
      expect(await faultOf(tokenFor(w.context, strava, connection))).toEqual({ kind: "unavailable", status: null });
      expect(refreshes()).toHaveLength(i + 1);
      w.advance((await row()).refresh_at - w.context.now());
    }
    expect(new Set(sentTokens()).size).toBe(1);
    expect(await row()).toMatchObject({ status: "active", refresh_failures: 12 });
    sim.control.clearFaults();
    expect(accessToken(await tokenFor(w.context, strava, connection))).toBeTruthy();
    expect(await row()).toMatchObject({ status: "active", refresh_failures: 0, refresh_at: 0 });
  });

  it("waits as long as the provider says", async () => {
    sim.control.fault({ kind: "status", status: 429, headers: { "retry-after": "900" }, path: "/oauth/token" });
    await faultOf(tokenFor(w.context, strava, connection));
    expect((await row()).refresh_at).toBe(w.context.now() + 900_000);
  });

  it("asks to wait where our own application is refused, and blames nobody", async () => {
    sim.control.fault({
      kind: "status",
      status: 400,
      body: { message: "Bad Request", errors: [{ resource: "Application", field: "client_id", code: "invalid" }] },
      path: "/oauth/token",
      count: 3,
    });
    for (let i = 0; i < 3; i++) {
      expect(await faultOf(tokenFor(w.context, strava, connection))).toMatchObject({ kind: "unavailable" });
      w.advance(HOURS);
    }
    expect(await row()).toMatchObject({ status: "active" });
    await tokenFor(w.context, strava, connection);
  });
});

describe("an answer that is lost", () => {
  it("is asked for again after a minute, with the same token", async () => {
    sim.control.fault({ kind: "drop", path: "/oauth/token" });
    expect(await faultOf(tokenFor(w.context, strava, connection))).toEqual({ kind: "unavailable", status: null });
    expect(await row()).toMatchObject({ refresh_state: "unknown" });
    w.advance(UNKNOWN_MS - 1000);
    expect(await faultOf(tokenFor(isolate(), strava, connection))).toEqual({ kind: "unavailable", status: null });
    expect(refreshes()).toHaveLength(1);
    w.advance(UNKNOWN_MS / 2);
    await tokenFor(w.context, strava, connection);
    expect(new Set(sentTokens()).size).toBe(1);
    expect(refreshes()).toHaveLength(2);
    expect(await row()).toMatchObject({ status: "active", refresh_state: null });
  });

  it.each([{ kind: "cut" }, { kind: "truncated" }, { kind: "empty" }, { kind: "lost", how: "drop" }] as const)(
    "(%o) after the provider has rotated is told to the person, as what it is",
    async (fault) => {
      sim.control.fault({ ...fault, path: "/oauth/token" });
      expect(await faultOf(tokenFor(w.context, strava, connection))).toEqual({ kind: "unavailable", status: null });
      w.advance(2 * UNKNOWN_MS);
      // The first refusal may be somebody else's doing.
      expect(await faultOf(tokenFor(w.context, strava, connection))).toEqual({ kind: "unavailable", status: 400 });
      expect((await row()).status).toBe("active");
      w.advance(10_000);
      expect(await faultOf(tokenFor(w.context, strava, connection))).toEqual({ kind: "unauthorized" });
      expect(await row()).toMatchObject({ status: "needs_reauthorization", last_error_code: "refresh_outcome_lost" });
      expect(refreshes()).toHaveLength(3);
      expect(await faultOf(tokenFor(w.context, strava, connection))).toEqual({ kind: "unauthorized" });
      expect(refreshes()).toHaveLength(3);
    },
  );

  it("ends with the lease where the process died under it", async () => {
    await w.env.DB.prepare("UPDATE provider_connection SET lease = 'gone', lease_until = ?1")
      .bind(w.context.now() + LEASE_MS)
      .run();
    w.advance(LEASE_MS + 1);
    await tokenFor(w.context, strava, connection);
    expect(refreshes()).toHaveLength(1);
  });
});

describe("invalid_grant", () => {
  it("is no end where another isolate was first", async () => {
    // An isolate whose clock runs ahead takes the lease over while the first still holds it, and rotates.
    let other: Promise<unknown> = Promise.resolve();
    const ahead: Context = { ...w.context, now: () => w.context.now() + LEASE_MS + 1 };
    const slow: Context = {
      ...w.context,
      fetch: async (input, init) => {
        other = tokenFor(ahead, strava, connection);
        await other;
        return w.context.fetch(input, init);
      },
    };
    const token = await tokenFor(slow, strava, connection);
    expect(await other).toEqual(token);
    expect(refreshes().map(({ status }) => status)).toEqual([200, 400]);
    expect(await row()).toMatchObject({ status: "active", refresh_state: null });
  });

  it("ends the grant at the second time on one version", async () => {
    await sim.control.revoke("strava", sim.control.people()[0]!.key);
    expect(await faultOf(callAs(w.context, connection, ATHLETE, "live"))).toEqual({ kind: "unavailable", status: 400 });
    w.advance(10_000);
    expect(await faultOf(callAs(w.context, connection, ATHLETE, "live"))).toEqual({ kind: "unauthorized" });
    expect(await row()).toMatchObject({ status: "needs_reauthorization", last_error_code: "invalid_grant" });
    expect(await w.rows("SELECT detail FROM audit WHERE action = 'refresh_failed'")).toEqual([
      { detail: "invalid_grant" },
    ]);
    // Consenting again heals it.
    await w.browser().follow("/api/oauth/connect/strava");
    const healed = (await connectionOf(w.context, person, "strava"))!;
    expect(healed).toMatchObject({ status: "active", last_error_code: null, epoch: 2 });
    expect((await callAs(w.context, healed, ATHLETE, "live")).status).toBe(200);
  });
});

it("gives back what a refresh got while the person disconnected", async () => {
  const during: Context = {
    ...w.context,
    fetch: async (input, init) => {
      const answer = await w.context.fetch(input, init);
      await disconnect(w.context, person, strava, "keep");
      return answer;
    },
  };
  expect(await faultOf(tokenFor(during, strava, connection))).toEqual({ kind: "unauthorized" });
  expect(await row()).toMatchObject({ status: "revoked", grant: null });
  await retryRevocations(w.context);
  expect(await w.rows("SELECT id FROM revocation")).toEqual([]);
  const given = sim.control.calls({ path: "/oauth/revoke" }).map(({ body }) => new URLSearchParams(body).get("token"));
  expect(given).toHaveLength(1);
  expect(sentTokens()).not.toContain(given[0]); // the new one: the old one is dead already
});

describe("a 401", () => {
  it("is answered with one refresh", async () => {
    await tokenFor(w.context, strava, connection);
    w.advance(5.5 * HOURS); // Strava gives a new token once less than an hour is left
    sim.control.expireTokens("strava");
    const answer = await callAs(w.context, connection, ATHLETE, "live");
    expect(answer.status).toBe(200);
    expect(refreshes()).toHaveLength(2);
  });

  it("uses what another has refreshed meanwhile", async () => {
    const old = await tokenFor(w.context, strava, connection);
    w.advance(6 * HOURS);
    const fresh = await tokenFor(w.context, strava, connection);
    expect(await tokenAfter(w.context, strava, connection, old)).toEqual(fresh);
    expect(refreshes()).toHaveLength(2);
  });

  it("to a token just issued is an outage, and an end when it is the third within an hour", async () => {
    const refusal = {
      message: "Authorization Error",
      errors: [{ resource: "Athlete", field: "access_token", code: "invalid" }],
    };
    sim.control.fault({ kind: "status", status: 401, body: refusal, path: "/api/v3/athlete", count: 0 });
    for (const expected of [
      { kind: "unavailable", status: 401 },
      { kind: "unavailable", status: 401 },
      { kind: "unauthorized" },
    ]) {
      // Lanes and tries within five minutes count as one.
      for (let lane = 0; lane < 3; lane++) {
        expect(await faultOf(callAs(w.context, connection, ATHLETE, "live"))).toEqual(expected);
        w.advance(expected.kind === "unauthorized" ? 0 : 60_000);
      }
      w.advance(130_000);
    }
    expect(await row()).toMatchObject({ status: "needs_reauthorization", last_error_code: "unauthorized" });
  });

  it("counts only what happened within the hour", async () => {
    sim.control.fault({ kind: "status", status: 401, path: "/api/v3/athlete", count: 0 });
    for (let i = 0; i < 6; i++) {
      expect(await faultOf(callAs(w.context, connection, ATHLETE, "live"))).toEqual({
        kind: "unavailable",
        status: 401,
      });
      w.advance(31 * 60_000);
    }
    expect((await row()).status).toBe("active");
  });

  it("for a missing scope concerns the stream, not the token", async () => {
    const refusal = {
      message: "Authorization Error",
      errors: [{ resource: "AccessToken", field: "activity:read_permission", code: "missing" }],
    };
    sim.control.fault({ kind: "status", status: 401, body: refusal, path: "/api/v3/athlete" });
    expect(await faultOf(callAs(w.context, connection, ATHLETE, "live"))).toEqual({
      kind: "scope_missing",
      scope: "activity:read",
    });
    expect(refreshes()).toHaveLength(1);
  });
});

describe("the budget", () => {
  it("keeps a share for what is new, and says until when to wait", async () => {
    sim.control.configure("strava", { read: [10, 1000] });
    w.advance(60_000); // 19:01
    const outcomes: string[] = [];
    for (let i = 0; i < 12; i++) {
      const lane = i < 9 ? "backfill" : "live";
      const outcome = await faultOf(callAs(w.context, connection, ATHLETE, lane));
      outcomes.push("kind" in outcome ? outcome.kind : "ok");
    }
    // The published limit is 100; the first answer teaches 10, of which history may have 7.
    expect(outcomes).toEqual([...Array(7).fill("ok"), ...Array(2).fill("rate_limited"), ...Array(3).fill("ok")]);
    const full = await faultOf(callAs(w.context, connection, ATHLETE, "live"));
    expect(full).toEqual({ kind: "rate_limited", of: "application", until: Date.UTC(2026, 8, 1, 19, 15) });
    expect(sim.control.calls({ path: "/api/v3/athlete" })).toHaveLength(10);
    w.advance(14 * 60_000);
    expect(await faultOf(callAs(w.context, connection, ATHLETE, "backfill"))).toHaveProperty("is");
  });

  it("stops everybody after a 429, until the provider's next window", async () => {
    sim.control.fault({ kind: "rate_limited", path: "/api/v3/athlete" });
    const until = Date.UTC(2026, 8, 2); // the simulator says that the day is spent
    expect(await faultOf(callAs(w.context, connection, ATHLETE, "live"))).toMatchObject({
      kind: "rate_limited",
      until,
    });
    expect(await faultOf(callAs(w.context, connection, ATHLETE, "live"))).toMatchObject({
      kind: "rate_limited",
      until,
    });
    expect(sim.control.calls({ path: "/api/v3/athlete" })).toHaveLength(1);
    w.advance(until - w.context.now());
    expect((await callAs(w.context, connection, ATHLETE, "live")).status).toBe(200);
  });

  it("has nothing refreshed that no request may follow", async () => {
    const until = w.context.now() + HOURS;
    await block(w.context, strava, connection.id, "application", until);
    expect(await faultOf(callAs(w.context, connection, ATHLETE, "live"))).toMatchObject({ kind: "rate_limited" });
    expect(refreshes()).toEqual([]);
  });

  it("is not overdrawn by callers at the same time", async () => {
    sim.control.configure("strava", { read: [10, 1000] });
    await callAs(w.context, connection, ATHLETE, "live");
    const all = await Promise.all(
      Array.from({ length: 30 }, () => faultOf(callAs(w.context, connection, ATHLETE, "live"))),
    );
    expect(all.filter((outcome) => "is" in outcome)).toHaveLength(9);
    expect(sim.control.calls({ path: "/api/v3/athlete" })).toHaveLength(10);
  });
});

describe("sealed grants", () => {
  it("are sealed anew with the newest key, night by night, and stay what they are", async () => {
    const before = await row();
    const keys = [{ kid: "k2", key: new Uint8Array(32).fill(7) }, ...w.env.ENCRYPTION_KEYS];
    const rotated: Context = { ...w.context, env: { ...w.env, ENCRYPTION_KEYS: keys } };
    expect(await rewrapGrants(rotated)).toBe(0);
    const after = await row();
    expect(before.grant).toMatch(/^v1\.k1\./);
    expect(after).toMatchObject({ grant: expect.stringMatching(/^v1\.k2\./), token_version: before.token_version });
    // The old key may go now; the new one alone opens it.
    const alone: Context = { ...rotated, env: { ...w.env, ENCRYPTION_KEYS: keys.slice(0, 1) } };
    expect(accessToken(await tokenFor(alone, strava, connection))).toBeTruthy();
  });

  it("are sealed anew also behind any number that do not open", async () => {
    await w.env.DB.batch([
      w.env.DB.prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 450)
         INSERT INTO provider_connection(user_id, provider, status, epoch, granted_scopes, created_at, "grant")
         SELECT -i, 'strava', 'active', 1, '[]', 0, 'v1.k0.x' FROM n`, // people that nobody is
      ),
      w.env.DB.prepare("UPDATE provider_connection SET id = 100000 WHERE id = ?1").bind(connection.id),
    ]);
    const owner = { user_id: person.id, connection_id: 100_000, provider: "strava" };
    const grant = { kind: "oauth1" as const, token: "t", token_secret: "s", expires_at: null, issued_at: 0 };
    const { sealed } = await sealForConnection(w.context, owner, grant);
    await w.env.DB.prepare('UPDATE provider_connection SET "grant" = ?1 WHERE id = 100000').bind(sealed).run();
    const keys = [{ kid: "k2", key: new Uint8Array(32).fill(7) }, ...w.env.ENCRYPTION_KEYS];
    expect(await rewrapGrants({ ...w.context, env: { ...w.env, ENCRYPTION_KEYS: keys } })).toBe(450);
    expect(await w.rows(`SELECT id FROM provider_connection WHERE "grant" LIKE 'v1.k2.%'`)).toEqual([{ id: 100_000 }]);
  });

  it("do not open anywhere but in their own row", async () => {
    const { person: other } = await w.person();
    const moved = await ensureConnection(w.context, other, "strava");
    await w.env.DB.prepare(
      `UPDATE provider_connection SET status = 'active', "grant" = (SELECT "grant" FROM provider_connection WHERE id = ?1) WHERE id = ?2`,
    )
      .bind(connection.id, moved!.id)
      .run();
    await expect(tokenFor(w.context, strava, (await connectionOf(w.context, other, "strava"))!)).rejects.toThrow(
      "does not open",
    );
    expect(refreshes()).toEqual([]);
  });
});
