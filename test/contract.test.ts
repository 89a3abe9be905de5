/** Every provider of the registry, from consent to farewell, in workerd against the simulator. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSimulator, type Simulator } from "../simulator/app.ts";
import { person as somebody } from "../simulator/person.ts";
import { redirectAuth } from "../src/access/credentials.ts";
import { callbackUrl } from "../src/access/webhooks.ts";
import { PROVIDERS } from "../src/providers/index.ts";
import { isReadBy, lacking, type Provider } from "../src/providers/provider.ts";
import { deliverAll, hurry, passTime } from "./deliver.ts";
import { type ConnectionRow, type World, world } from "./world.ts";

/** Far ahead: the database stamps what is wanted by its own clock, and that must have come. */
const NOW = Date.UTC(2050, 8, 1, 12);
const DAY = 24 * 3_600_000;
const registered: readonly Provider[] = PROVIDERS;
const cloud = registered.filter(({ auth }) => auth.length > 0);
/** Polled lists that bring no record of the simulated person: of a profile there is none, and kim was not ill that month. */
const DRY: Record<string, string[]> = {
  strava: ["profile"],
  oura: ["rest_mode"],
  whoop: ["profile"],
  polar: ["profile"],
  coros: ["profile"],
};

interface CursorRow {
  stream: string;
  stopped: string | null;
  failures: number;
  error_code: string | null;
  last_data_at: number | null;
}
const RECORDS = ["activity", "track", "sleep", "daily", "series", "event"];

/** What an operator enters in a portal by hand, and limits that are a matter of other tests. */
function portal(id: string, callback_url: string): Record<string, unknown> {
  switch (id) {
    case "strava":
      return { overall: [1e6, 1e6], read: [1e6, 1e6] };
    case "garmin": {
      const secrets = { client_secret: "garmin-secret", consumer_secret: "garmin-secret" };
      return { clients: { "garmin-client": secrets }, callback_url, days_per_minute: 1e6, calls_per_minute: 1e6 };
    }
    default:
      return {};
  }
}

describe.each(cloud.map((provider) => [provider.id, provider] as const))("%s", (id, provider) => {
  let w: World;
  let sim: Simulator;

  beforeEach(async () => {
    w = await world({ fetch: (request) => sim.fetch(request), now: NOW });
    sim = createSimulator({
      seed: "contract",
      now: () => w.context.now(),
      consent: "auto",
      // Limits are a matter of other tests.
      speed: 1000,
      users: [somebody("contract", "kim", { months: 1, diligence: 0.4 })],
      saved: { since: { kim: NOW / DAY - 21.5 } },
      async fetch(request) {
        const { pathname } = new URL(request.url);
        const { method, headers } = request;
        return w.request(pathname, { method, headers, body: await request.arrayBuffer() });
      },
    });
    sim.control.configure(id, portal(id, await callbackUrl(w.context, provider)));
    hurry(w);
  });
  afterEach(() => vi.restoreAllMocks());

  const drain = () => deliverAll(w);
  /** Time passes; the provider delivers, cron ticks, queues deliver. */
  const later = (ms: number) => passTime(w, ms, () => sim.control.tick());
  const count = async (table: string) =>
    (await w.rows<{ n: number }>(`SELECT count(*) AS n FROM ${table} WHERE provider = ?1`, id))[0]!.n;
  const isOpen = async () =>
    (await w.rows("SELECT 1 FROM want WHERE done < wanted UNION ALL SELECT 1 FROM sync_cursor WHERE backfill_done < 1"))
      .length > 0;
  const connection = async () =>
    (await w.rows<ConnectionRow>("SELECT * FROM provider_connection WHERE provider = ?1", id))[0]!;

  it("connects, syncs all its streams, is refreshed, and disconnects", async () => {
    const { browser } = await w.person();
    const { response } = await browser.follow(`/api/oauth/connect/${id}?return_to=/dashboard/settings`);
    expect(response.status).toBe(200);
    await drain();
    // An hour at most until nothing is left to ask for, and a little for what is pushed.
    for (let i = 0; i < 12 && (i < 2 || (await isOpen())); i++) await later(5 * 60_000);

    const before = await connection();
    expect(before).toMatchObject({ status: "active", last_error_code: null });
    const granted = JSON.parse(before.granted_scopes) as string[];
    const kind = redirectAuth(w.env, provider)!.type;
    const read = Object.entries(provider.streams).filter(([, stream]) => isReadBy(stream, kind));
    expect(read.filter(([, stream]) => lacking(stream, granted).length > 0)).toEqual([]);
    const cursors = await w.rows<CursorRow>(
      "SELECT stream, stopped, failures, error_code, last_data_at FROM sync_cursor ORDER BY stream",
    );
    for (const [name] of read) {
      const rows = cursors.filter(({ stream }) => stream === name || stream.startsWith(`${name}:`));
      expect(rows.length, name).toBeGreaterThan(0);
      for (const row of rows) expect(row).toMatchObject({ stopped: null, failures: 0 });
    }
    const waits = ["rate_limited"];
    expect(cursors.filter(({ error_code }) => error_code !== null && !waits.includes(error_code))).toEqual([]);
    const dry = read.flatMap(([name, stream]) => {
      if (stream.kind === "want" || stream.every_s === null) return [];
      const rows = cursors.filter(({ stream }) => stream === name || stream.startsWith(`${name}:`));
      return rows.some(({ last_data_at }) => last_data_at !== null) ? [] : [name];
    });
    expect(dry).toEqual(DRY[id] ?? []);
    const wants = await w.rows<{ kind: string; external_id: string }>(
      "SELECT kind, external_id FROM want WHERE done <> wanted",
    );
    expect(wants).toEqual([]);
    expect(await w.rows("SELECT * FROM gap")).toEqual([]);
    let records = 0;
    for (const table of RECORDS) records += await count(table);
    expect(records).toBeGreaterThan(0);
    // What is stored can be shown.
    for (const path of ["activities", "sleep", "daily", "events", "profile"]) {
      expect((await browser.request(`/api/v1/${path}?limit=500&duplicates=all`)).status).toBe(200);
    }
    expect((await browser.request("/dashboard")).status).toBe(200);

    sim.control.expireTokens();
    expect((await browser.json("POST", `/api/connections/${id}/sync`)).status).toBe(202);
    await drain();
    await later(60 * 60_000);
    const after = await connection();
    expect(after).toMatchObject({ status: "active", last_error_code: null });
    const entry = redirectAuth(w.env, provider)!;
    // Who pushes everything, like Garmin, is not called, so nothing notices (test/garmin_access).
    const polled = read.some(([, stream]) => stream.kind === "list" && stream.every_s !== null);
    if (polled && entry.type === "oauth2" && entry.refresh !== "none")
      expect(after.token_version).toBeGreaterThan(before.token_version);

    expect((await browser.json("DELETE", `/api/connections/${id}?data=delete`)).status).toBe(204);
    await w.settle();
    await drain();
    expect(await connection()).toMatchObject({ status: "revoked", grant: null });
    expect(await w.rows("SELECT * FROM revocation")).toEqual([]);
    for (const table of RECORDS) expect(await count(table), table).toBe(0);
    // Nothing comes in behind.
    for (let i = 0; i < 2; i++) await later(60 * 60_000);
    for (const table of RECORDS) expect(await count(table), table).toBe(0);
  });
});
