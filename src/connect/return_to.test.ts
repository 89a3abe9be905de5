import { expect, it } from "vitest";
import { safeReturn } from "./return_to.ts";

const ORIGIN = "https://connect.example.com";

it.each([
  "//evil.test",
  "///evil.test",
  "/\\evil.test",
  "\\\\evil.test",
  "\\/evil.test",
  "https://evil.test/",
  "https:evil.test",
  "http:/evil.test",
  "javascript:alert(1)",
  "data:text/html,x",
  "evil.test",
  "@evil.test",
  "/@evil.test/..",
  "https://connect.example.com@evil.test/",
  "/\t/evil.test",
  "/\n/evil.test",
  "/\r\nset-cookie: a=b",
  "\t//evil.test",
  " //evil.test",
  "/ /evil.test",
  "/\u0000//evil.test",
  "/..//evil.test",
  "/.//evil.test",
  "/a/..//evil.test",
  "/%2e%2e//evil.test",
  "?next=//evil.test",
  "#//evil.test",
  "https://connect.example.com/dashboard",
])("sends %j to the start page", (text) => expect(safeReturn(text, ORIGIN)).toBe("/"));

it.each([
  [undefined, "/dashboard"],
  ["", "/dashboard"],
  ["/", "/"],
  ["/dashboard/settings", "/dashboard/settings"],
  ["/dashboard?week=2026-03-02#top", "/dashboard?week=2026-03-02"],
  ["/a/../dashboard", "/dashboard"],
  ["/%2F%2Fevil.test", "/%2F%2Fevil.test"],
])("takes %j to %j", (text, path) => expect(safeReturn(text, ORIGIN)).toBe(path));
