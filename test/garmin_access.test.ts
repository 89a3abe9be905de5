/** Garmin's three ways in, each against the simulated Garmin, which checks signatures, proofs and keys by itself. */
import { beforeEach, describe, expect, it } from "vitest";
import { createSimulator, type Simulator } from "../simulator/app.ts";
import { callAs } from "../src/access/client.ts";
import { exchangeGrants } from "../src/access/exchange.ts";
import { renewIdle } from "../src/access/idle.ts";
import { disconnect } from "../src/connect/disconnect.ts";
import { providerOf } from "../src/providers/index.ts";
import { connectionOf } from "../src/store/connections.ts";
import type { Person } from "../src/store/users.ts";
import { type Browser, type ConnectionRow, type World, world } from "./world.ts";

const CONNECT = "/api/oauth/connect/garmin?return_to=/dashboard/settings";
const WHO = { url: "https://apis.garmin.com/wellness-api/rest/user/id" };
const DAYS = 86_400_000;

let w: World;
let sim: Simulator;
let person: Person;
let browser: Browser;

async function start(version: "1.0a" | "2.0") {
  w = await world({
    fetch: (request) => sim.fetch(request),
    now: Date.UTC(2026, 8, 1, 12),
    vars: { GARMIN_OAUTH_VERSION: version },
  });
  sim = createSimulator({ seed: 7, consent: "auto", now: () => w.context.now() });
  sim.control.configure("garmin", { clients: { "garmin-client": { client_secret: "new", consumer_secret: "old" } } });
  Object.assign(w.env, { GARMIN_CLIENT_SECRET: version === "2.0" ? "new" : "old" });
  ({ person, browser } = await w.person());
}
const row = async () => (await w.rows<ConnectionRow>("SELECT * FROM provider_connection"))[0]!;
const connection = async () => (await connectionOf(w.context, person, "garmin"))!;
const callsTo = (path: string) => sim.control.calls({ path });
const switchOver = () =>
  Object.assign(w.env, { GARMIN_OAUTH_VERSION: "2.0", GARMIN_OAUTH1_SECRET: "old", GARMIN_CLIENT_SECRET: "new" });

describe("by OAuth 1.0a", () => {
  beforeEach(() => start("1.0a"));

  it("connects, reads, and takes its leave", async () => {
    expect((await browser.follow(CONNECT)).response.status).toBe(200);
    expect(await row()).toMatchObject({ status: "active", grant_kind: "oauth1", expires_at: null });
    const { body } = await callAs(w.context, await connection(), WHO, "live");
    expect(body).toEqual({ userId: (await row()).provider_user_id });
    await disconnect(w.context, person, providerOf("garmin")!, "keep");
    expect(callsTo("/wellness-api/rest/user/registration")).toMatchObject([{ method: "DELETE", status: 204 }]);
    expect(await row()).toMatchObject({ status: "revoked", grant: null });
  });

  it("stores nothing where the person declines", async () => {
    sim.control.consent({ deny: true });
    expect((await browser.follow(CONNECT)).response.status).toBe(400);
    expect(await w.rows("SELECT id FROM provider_connection")).toEqual([]);
  });

  it("becomes OAuth 2 when the operator switches", async () => {
    await browser.follow(CONNECT);
    const before = await row();
    switchOver();
    expect(await exchangeGrants(w.context)).toBe(1);
    expect(await row()).toMatchObject({
      status: "active",
      grant_kind: "oauth2",
      epoch: before.epoch,
      provider_user_id: before.provider_user_id,
      granted_scopes: before.granted_scopes,
      expires_at: w.context.now() + DAYS,
    });
    w.advance(2 * DAYS); // the new pair is refreshed
    expect((await callAs(w.context, await connection(), WHO, "live")).status).toBe(200);
    expect(callsTo("/di-oauth2-service/oauth/token")).toMatchObject([{ status: 200 }]);
  });

  it("goes on while Garmin does not exchange yet", async () => {
    await browser.follow(CONNECT);
    switchOver();
    sim.control.configure("garmin", { exchange: false });
    expect(await exchangeGrants(w.context)).toBe(0);
    expect((await callAs(w.context, await connection(), WHO, "live")).status).toBe(200);
    expect(await row()).toMatchObject({ status: "active", grant_kind: "oauth1", last_error_code: null });
  });
});

describe("by OAuth 2", () => {
  beforeEach(() => start("2.0"));

  it("connects with a proof and without scopes, renews, and takes its leave", async () => {
    const { response, trail } = await browser.follow(CONNECT);
    expect(response.status).toBe(200);
    expect([...new URL(trail[1]!).searchParams.keys()].sort()).toEqual([
      "client_id",
      "code_challenge",
      "code_challenge_method",
      "redirect_uri",
      "response_type",
      "state",
    ]);
    w.advance(2 * DAYS);
    expect((await callAs(w.context, await connection(), WHO, "live")).status).toBe(200);
    expect(await row()).toMatchObject({ status: "active", grant_kind: "oauth2", token_version: 2 });
    await disconnect(w.context, person, providerOf("garmin")!, "keep");
    expect(callsTo("/wellness-api/rest/user/registration")).toMatchObject([{ method: "DELETE", status: 204 }]);
  });

  it("lives on through a year in which nobody needs a token", async () => {
    await browser.follow(CONNECT);
    for (let day = 0; day < 365; day += 5) {
      w.advance(5 * DAYS);
      await renewIdle(w.context);
    }
    expect((await callAs(w.context, await connection(), WHO, "live")).status).toBe(200);
    expect((await row()).status).toBe("active");
  });
});

describe("by a personal key", () => {
  beforeEach(() => start("2.0"));

  it("connects without an application, renews its bearer, and asks for a new key when it has ended", async () => {
    Object.assign(w.env, { GARMIN_CLIENT_ID: null, GARMIN_CLIENT_SECRET: null });
    const { key } = sim.control.issueKey("garmin", sim.control.people()[0]!.key, { days: 30 });
    const posted = await browser.form("/dashboard/settings/sources/garmin/key", { key, days: "30" });
    expect([posted.status, posted.headers.get("location")]).toEqual([303, "/dashboard/settings"]);
    expect(await row()).toMatchObject({
      status: "active",
      grant_kind: "api_key",
      key_expires_at: w.context.now() + 30 * DAYS,
    });
    const day = {
      url: "https://personal.connectapi.garmin.com/usersummary-service/usersummary/daily?calendarDate=2026-08-31",
    };
    expect((await callAs(w.context, await connection(), day, "live")).status).toBe(200);
    w.advance(2 * DAYS);
    expect((await callAs(w.context, await connection(), day, "live")).status).toBe(200);
    expect((await row()).token_version).toBe(2);
    w.advance(30 * DAYS);
    await expect(callAs(w.context, await connection(), day, "live")).rejects.toThrow("unauthorized");
    expect(await row()).toMatchObject({ status: "needs_reauthorization", last_error_code: "key_expired" });
  });
});
