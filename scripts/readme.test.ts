/** What README tells a person to type and to open exists. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, URL } from "node:url";
import { describe, expect, it } from "vitest";
import { PROVIDERS } from "../src/providers/index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const readme = read("README.md");
const scripts: Record<string, string> = JSON.parse(read("package.json")).scripts;

/** Commands of the `sh` blocks, continued lines joined. */
const commands = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
  .flatMap(([, block]) => block!.replaceAll("\\\n", " ").split("\n"))
  .map((line) => line.trim())
  .filter(Boolean);

describe("README", () => {
  it("names npm scripts that exist", () => {
    const named = commands.flatMap((line) => /^npm (?:run )?(\S+)/.exec(line)?.[1] ?? []);
    expect(named).toContain("start");
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it("calls only tools that npm install brings, and curl", () => {
    const tools = commands.map((line) => /^(?:npx )?(\S+)/.exec(line)![1]!);
    const known = (tool: string) =>
      tool === "npm" || tool === "curl" || existsSync(path.join(root, "node_modules/.bin", tool));
    expect(tools.filter((tool) => !known(tool))).toEqual([]);
  });

  it("sets secrets that the example of variables explains", () => {
    const secrets = commands.flatMap((line) => /secret put (\S+)/.exec(line)?.[1] ?? []);
    const explained = [...read(".dev.vars.example").matchAll(/^([A-Z0-9_]+)=/gm)].map(([, name]) => name);
    expect(secrets.length).toBeGreaterThan(0);
    expect(secrets.filter((name) => !explained.includes(name))).toEqual([]);
  });

  it("creates the queues and the database of wrangler.toml", () => {
    const config = read("wrangler.toml");
    const bound = [...config.matchAll(/^(?:queue|dead_letter_queue) = "(.+)"$/gm)].map(([, name]) => name!);
    const made = commands.flatMap((line) => /queues create (\S+)/.exec(line)?.[1] ?? []);
    expect(made.toSorted()).toEqual([...new Set(bound)].sort());
    const database = commands.flatMap((line) => /d1 create (\S+)/.exec(line)?.[1] ?? []);
    expect(database).toEqual([/^database_name = "(.+)"$/m.exec(config)?.[1]]);
  });

  it("has a row of its table for each provider, which works", () => {
    const works = [...readme.matchAll(/^\| ([^|]+) \| [^|]+ \| works \|$/gm)].map(([, name]) => name);
    expect(works.toSorted()).toEqual(PROVIDERS.map(({ name }) => name).sort());
  });

  it("links to files that exist", () => {
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(([, file]) => file!);
    expect(links).toContain("docs/screenshots/dashboard.png");
    expect(links.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });
});
