import { createExecutionContext, createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import worker from "../src/worker.ts";
import { VARS } from "./world.ts";

const ask = (vars: Record<string, string>, path = "/healthz") =>
  worker.fetch(
    new Request(`${VARS.BASE_URL}${path}`) as Parameters<typeof worker.fetch>[0],
    { ...env, ...VARS, ...vars },
    createExecutionContext(),
  );

it("names the variable that is missing or wrong, and never its value", async () => {
  const wrong = { SESSION_SECRET: "canary-too-short", ENCRYPTION_KEYS: "k1:canary" };
  const response = await ask(wrong);
  expect(response.status).toBe(503);
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({ code: "misconfigured", variables: ["SESSION_SECRET", "ENCRYPTION_KEYS"] });
  expect(text).not.toContain("canary");
  expect((await ask({})).status).toBe(200);
});

it("does nothing at all with a gateway and a public address", async () => {
  const vars = { PROVIDER_GATEWAY: "http://localhost:8788", BASE_URL: "https://connect.example.com" };
  for (const path of ["/", "/healthz", "/api/oauth/connect/strava", "/api/keys"])
    expect((await ask(vars, path)).status, path).toBe(503);
  const prepare = vi.spyOn((env as unknown as { DB: D1Database }).DB, "prepare");
  const all = { ...env, ...VARS, ...vars };
  await worker.scheduled(createScheduledController({ cron: "*/5 * * * *" }), all, createExecutionContext());
  const retry = vi.fn();
  await worker.queue(
    { queue: "qt-sync", messages: [{ body: {}, ack() {}, retry }] } as never,
    all,
    createExecutionContext(),
  );
  expect(prepare).not.toHaveBeenCalled();
  expect(retry).not.toHaveBeenCalled();
  prepare.mockRestore();
  expect((await ask({ PROVIDER_GATEWAY: "http://localhost:8788" })).status).toBe(200);
});

it("sends browsers and itself through the gateway", async () => {
  const response = await ask({ PROVIDER_GATEWAY: "http://localhost:8788" }, "/api/oauth/connect/strava");
  expect(response.headers.get("location")).toMatch(/^http:\/\/localhost:8788\/www\.strava\.com\/oauth\/authorize\?/);
});
