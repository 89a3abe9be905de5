/** What belongs to a provider beside its folder: a registered one that lacks any of it fails here. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { CLOUD } from "../scripts/portal.ts";
import { createSimulator } from "../simulator/app.ts";
import type { World } from "../simulator/provider.ts";
import { PROVIDERS as PLAYED } from "../simulator/providers/index.ts";
import { PROVIDERS } from "../src/providers/index.ts";
import type { Provider } from "../src/providers/provider.ts";

const root = path.resolve(import.meta.dirname, "..");
const at = (...parts: string[]) => path.join(root, ...parts);
const below = (folder: string) => readdirSync(folder, { recursive: true }).map(String);
const registered: readonly Provider[] = PROVIDERS;

describe.each(registered.map((provider) => [provider.id, provider] as const))("%s", (id, provider) => {
  // Each API of a provider that has several has a folder of its own, `garmin_personal`.
  const folders = readdirSync(at("src/providers"))
    .filter((name) => name === id || name.startsWith(`${id}_`))
    .map((name) => at("src/providers", name));

  it("has its page in docs/", () => {
    expect(existsSync(at("docs/providers", `${id}.md`))).toBe(true);
  });

  it("has tests on answers as they really come, and says where these are from", () => {
    // What only joins a provider's APIs has no answers of its own.
    const apis = folders.length === 1 ? folders : folders.filter((folder) => folder !== at("src/providers", id));
    for (const folder of apis) {
      expect(below(folder).filter((file) => file.endsWith(".test.ts")).length).toBeGreaterThan(0);
      expect(existsSync(path.join(folder, "fixtures/SOURCES.md"))).toBe(true);
    }
  });

  it("keeps to a size that one can read", () => {
    const lines = folders.flatMap((folder) =>
      below(folder)
        .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.startsWith("fixtures"))
        .map((file) => readFileSync(path.join(folder, file), "utf8").split("\n").length),
    );
    expect(Math.max(...lines)).toBeLessThanOrEqual(420);
  });

  it("says what it brings and on what terms", () => {
    expect(provider.about.data).not.toBe("");
    for (const stream of Object.values(provider.streams)) expect(stream.title).not.toBe("");
    if (provider.auth.length > 0) expect(provider.terms.text).not.toBe("");
  });
});

const cloud = registered.filter(({ auth }) => auth.length > 0);
describe.each(cloud.map((provider) => [provider.id, provider] as const))("%s", (id, provider) => {
  it("has a sport table, limits, and scopes that a person can read", () => {
    expect(existsSync(at("src/providers", id, "sports.ts"))).toBe(true);
    expect(provider.limits.length).toBeGreaterThan(0);
    for (const entry of provider.auth) {
      if (entry.type === "api_key") continue;
      for (const { name, text } of entry.scopes ?? []) expect([name, text]).not.toContain("");
    }
  });

  it("asks its streams for scopes that it asks the person for", () => {
    const asked = provider.auth
      .flatMap((entry) => (entry.type === "api_key" ? [] : (entry.scopes ?? [])))
      .map(({ name }) => name);
    for (const stream of Object.values(provider.streams)) {
      for (const any of stream.scopes) expect([any].flat().some((scope) => asked.includes(scope))).toBe(true);
    }
  });

  it("is explained where an operator enters what its portal gives", () => {
    const example = readFileSync(at(".dev.vars.example"), "utf8");
    for (const name of ["CLIENT_ID", "CLIENT_SECRET"])
      expect(example).toMatch(new RegExp(`^${id.toUpperCase()}_${name}=`, "m"));
    expect(provider.about.portal).toMatch(/^https:/);
  });

  it("has a simulator, at the hosts that it names", async () => {
    const { hosts } = (await (await createSimulator().app.request("/")).json()) as { hosts: string[] };
    const own = provider.hosts.filter((host) => !host.startsWith("*."));
    expect(own.filter((host) => !hosts.includes(host))).toEqual([]);
  });
});

const cloudIds = cloud.map(({ id }) => id).sort();

it("plays the providers that are registered", () => {
  const nobody: World = {
    seed: "1",
    now: () => 0,
    speed: 1,
    lives: [],
    consent: "auto",
    fetch: () => Promise.reject(new Error("no subscriber")),
    changed: () => {},
  };
  expect(PLAYED.map((create) => create(nobody).id).sort()).toEqual(cloudIds);
});

it("tells the simulator what an operator enters in the portals of the providers that are registered", () => {
  expect(CLOUD.map((name) => name.toLowerCase()).sort()).toEqual(cloudIds);
});

it("lists nine sources, each once", () => {
  const ids = registered.map(({ id }) => id);
  expect(ids.toSorted()).toEqual([
    "apple_health",
    "coros",
    "fitbit",
    "garmin",
    "google_fit",
    "oura",
    "polar",
    "strava",
    "whoop",
  ]);
});
