import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tick } from "../src/cron/index.ts";
import { PROVIDERS } from "../src/providers/index.ts";
import type { Provider } from "../src/providers/provider.ts";
import { deliverAll } from "./deliver.ts";
import { type World, world } from "./world.ts";

const NOW = Date.UTC(2026, 8, 1, 12);

/** Pacer's own side: approves at once, rotates, and has three pages of workouts. */
function createPacer() {
  const calls: string[] = [];
  let issued = 0;
  const json = (body: unknown, status = 200) => Response.json(body, { status });
  const items = [
    { id: 1, kind: "jog", begin: "2026-08-31T18:00:00+02:00", minutes: 30, km: 5.5, kj: 1255.2, pulse: 150 },
    { id: "two", kind: "hopping", begin: "2026-08-01T08:00:00Z", minutes: 10, pulse: 0 },
    { id: 3, kind: "trail", begin: "someday", minutes: 10 },
    { id: 4, kind: "trail", begin: "2026-03-01T08:00:00-03:30", minutes: 90.5 },
  ];
  const answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    calls.push(`${request.method} ${url.pathname}`);
    if (url.pathname === "/oauth/token") {
      issued++;
      return json({
        token_type: "bearer",
        access_token: `a${issued}`,
        refresh_token: `r${issued}`,
        expires_in: 3600,
        scope: "workouts",
      });
    }
    if (url.pathname === "/oauth/revoke") return new Response("");
    if (request.headers.get("authorization") !== `Bearer a${issued}`) return json({}, 401);
    if (url.pathname === "/v1/me") return json({ id: "p-7", name: "Pat" });
    const [from, to] = ["from", "to"].map((name) => Date.parse(url.searchParams.get(name)!));
    const within = items.filter(({ begin }) => {
      const at = Number.isNaN(Date.parse(begin)) ? Date.UTC(2026, 7, 15) : Date.parse(begin);
      return at >= from! && at < to!;
    });
    const page = Number(url.searchParams.get("page") ?? 0);
    return json({ items: within.slice(page, page + 1), next: page + 1 < within.length ? String(page + 1) : null });
  };
  return { answer, calls };
}

describe("the provider of docs/adding-a-provider.md", () => {
  let w: World;
  let pacer: Provider;
  const theirs = createPacer();
  const drain = () => deliverAll(w);

  beforeAll(async () => {
    const id = "../src/providers/pacer/index.ts";
    ({ pacer } = (await import(/* @vite-ignore */ id)) as { pacer: Provider });
    (PROVIDERS as Provider[]).push(pacer);
    w = await world({
      now: NOW,
      fetch: theirs.answer,
      vars: { PACER_CLIENT_ID: "id", PACER_CLIENT_SECRET: "secret", SIGN_IN: "strava,pacer" },
    });
  });
  afterAll(() => void (PROVIDERS as Provider[]).splice(PROVIDERS.indexOf(pacer), 1));

  it("connects, syncs a year, polls again without a written record, and disconnects", async () => {
    const browser = w.browser();
    const away = await browser.request("/api/oauth/connect/pacer");
    const consent = new URL(away.headers.get("location")!);
    expect(consent.searchParams.get("code_challenge_method")).toBe("S256");
    const back = new URL(consent.searchParams.get("redirect_uri")!);
    back.search = new URLSearchParams({ state: consent.searchParams.get("state")!, code: "c1" }).toString();
    expect((await browser.request(back.href)).status).toBe(302);
    await drain();

    const stored = await w.rows(
      "SELECT external_id, sport, sub_sport, start_time, utc_offset_s, elapsed_s, distance_m, energy_kcal, avg_heart_rate_bpm, extra FROM activity ORDER BY start_time DESC",
    );
    expect(stored).toEqual([
      {
        external_id: "1",
        sport: "running",
        sub_sport: "generic",
        start_time: Date.UTC(2026, 7, 31, 16),
        utc_offset_s: 7200,
        elapsed_s: 1800,
        distance_m: 5500,
        energy_kcal: 300,
        avg_heart_rate_bpm: 150,
        extra: null,
      },
      {
        external_id: "two",
        sport: "generic",
        sub_sport: "generic",
        start_time: Date.UTC(2026, 7, 1, 8),
        utc_offset_s: null,
        elapsed_s: 600,
        distance_m: null,
        energy_kcal: null,
        avg_heart_rate_bpm: null,
        extra: '{"kind":"hopping"}',
      },
      {
        external_id: "4",
        sport: "running",
        sub_sport: "trail",
        start_time: Date.UTC(2026, 2, 1, 11, 30),
        utc_offset_s: -12_600,
        elapsed_s: 5430,
        distance_m: null,
        energy_kcal: null,
        avg_heart_rate_bpm: null,
        extra: null,
      },
    ]);

    // Two hours later the token has ended: one refresh, a poll of the overlap, nothing new.
    w.advance(2 * 3_600_000);
    theirs.calls.length = 0;
    await tick(w.context, "*/5 * * * *");
    await drain();
    expect(theirs.calls.filter((call) => call.endsWith("/oauth/token"))).toHaveLength(1);
    expect(await w.rows("SELECT max(version) AS version FROM activity")).toEqual([{ version: 1 }]);

    expect((await browser.json("DELETE", "/api/connections/pacer?data=delete")).status).toBe(204);
    await w.settle();
    expect(theirs.calls).toContain("POST /oauth/revoke");
    expect(await w.rows("SELECT * FROM activity")).toEqual([]);
  });

  it("is listed in settings like the others", async () => {
    const browser = w.browser();
    const away = new URL((await browser.request("/api/oauth/connect/pacer")).headers.get("location")!);
    const back = new URL(away.searchParams.get("redirect_uri")!);
    back.search = new URLSearchParams({ state: away.searchParams.get("state")!, code: "c2" }).toString();
    await browser.request(back.href);
    expect(await (await browser.request("/dashboard/settings")).text()).toContain("Workouts of the last year");
  });
});
