/** The document and its page. */
import { beforeAll, expect, it } from "vitest";
import type { Body } from "./rows.ts";
import { type World, world } from "./world.ts";

let w: World;
let document: Body;

beforeAll(async () => {
  w = await world();
  document = await (await w.request("/openapi.json")).json();
});

/** Every JSON route that somebody outside may call; the operator's, browsers' redirects and providers' webhooks are not theirs. */
const HIDDEN = [/^\/api\/operator\//, /^\/api\/oauth\//, /^\/api\/webhooks\/:provider/];

it("describes every public JSON route that the Worker has, and no other", () => {
  const served = new Set(
    w.app.routes
      .filter(
        ({ method, path }) => method !== "ALL" && path.startsWith("/api/") && !HIDDEN.some((one) => one.test(path)),
      )
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}")}`),
  );
  const described = Object.entries<Body>(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.sort()).toEqual([...served].sort());
});

it("says of every route what it answers, and how errors look", () => {
  expect(document.openapi).toMatch(/^3\.1/);
  expect(document.info).toMatchObject({ title: "qt-connect" });
  for (const [path, item] of Object.entries<Body>(document.paths)) {
    for (const [method, operation] of Object.entries<Body>(item)) {
      expect(operation.summary, `${method} ${path}`).toBeTruthy();
      const statuses = Object.keys(operation.responses);
      expect(
        statuses.some((status) => status.startsWith("2")),
        `${method} ${path}`,
      ).toBe(true);
      expect(statuses, `${method} ${path}`).toContain("401");
      expect(Object.keys(operation.responses["401"].content)).toEqual(["application/problem+json"]);
    }
  }
});

it("refers only to what it holds", () => {
  const names = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref!);
  expect(names.length).toBeGreaterThan(20);
  for (const ref of new Set(names)) {
    let at: Body = document;
    for (const part of ref.replace(/^#\//, "").split("/")) at = at?.[part];
    expect(at, ref).toBeDefined();
  }
  for (const scheme of document.security.flatMap((one: object) => Object.keys(one))) {
    expect(document.components.securitySchemes).toHaveProperty(scheme);
  }
});

it("describes an activity with every field it has on the wire", () => {
  const { properties, required } = document.components.schemas.Activity;
  expect(required.sort()).toEqual(Object.keys(properties).sort());
  expect(Object.keys(properties)).toHaveLength(34);
  expect(properties).not.toHaveProperty("parts");
  expect(properties.start_time).toMatchObject({ type: "string", format: "date-time" });
  expect(properties.is_manual.type).toEqual(["boolean", "null"]);
});

it("has a page whose scripts carry the nonce of its own policy, and loads nothing from elsewhere", async () => {
  const response = await w.request("/docs", { headers: { accept: "text/html" } });
  const html = await response.text();
  const nonce = /'nonce-([^']+)'/.exec(response.headers.get("content-security-policy") ?? "")?.[1];
  expect(nonce).toBeTruthy();
  const scripts = [...html.matchAll(/<script([^>]*)>/g)].map(([, attributes]) => attributes);
  expect(scripts).toHaveLength(2);
  for (const attributes of scripts) expect(attributes).toContain(`nonce="${nonce}"`);
  expect(html).toContain("validatorUrl: null");
  expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
});
