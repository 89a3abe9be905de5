/** The map of docs/architecture.md, held against the imports. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "..");
const filesBelow = (folder: string): string[] =>
  readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));

interface Import {
  from: string;
  /** Project path, or the package's name. */
  to: string;
}
const importsOf = (file: string): Import[] =>
  [...readFileSync(path.join(root, file), "utf8").matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, target]) => ({
    from: file,
    to: target!.startsWith(".") ? path.relative(root, path.resolve(root, path.dirname(file), target!)) : target!,
  }));

const isTest = (file: string) => /\.test\.tsx?$/.test(file);
const sources = filesBelow("src").filter((file) => !isTest(file));
const imports = sources.flatMap(importsOf);

const PROVIDERS = ["strava", "garmin", "oura", "whoop", "fitbit", "polar", "coros", "apple_health", "google_fit"];
/** Whose a folder of `providers/` is: each API of a provider that has several has one of its own, `garmin_personal`. */
const providerOf = (folder: string) => PROVIDERS.find((id) => folder.startsWith(`${id}_`)) ?? folder;

/** Steps from the left; what stands on one step does not see its neighbours. */
const STEPS = [
  ["domain", "platform"],
  ["providers", "store"],
  ["access"],
  ["sync"],
  ["connect"],
  ["push", "ingest", "account"],
  ["http", "cron", "queue"],
  ["worker"],
];
const folderOf = (file: string) => /^src\/([^/.]+)/.exec(file)?.[1] ?? "";
const stepOf = (folder: string) => STEPS.findIndex((step) => step.includes(folder));

describe("imports", () => {
  it("go left only, none between folders of one step", () => {
    expect(sources.filter((file) => stepOf(folderOf(file)) < 0)).toEqual([]);
    const wrong = imports.filter(({ from, to }) => {
      if (!to.startsWith("src/")) return false;
      const [here, there] = [folderOf(from), folderOf(to)];
      return here !== there && stepOf(there) >= stepOf(here);
    });
    expect(wrong).toEqual([]);
  });

  it("of domain name zod and nothing else outside", () => {
    const outside = imports.filter(({ from, to }) => folderOf(from) === "domain" && !to.startsWith("src/domain/"));
    expect(outside.filter(({ to }) => to !== "zod")).toEqual([]);
  });

  it("of a provider's folder name no sibling, no storage and no flow", () => {
    const wrong = imports.filter(({ from, to }) => {
      const provider = /^src\/providers\/([^/]+)\//.exec(from)?.[1];
      if (!provider || !to.startsWith("src/")) return false;
      const folder = /^src\/providers\/([^/]+)\//.exec(to)?.[1];
      if (folder && providerOf(folder) === providerOf(provider)) return false;
      const allowed = [
        "src/domain/",
        "src/providers/provider.ts",
        "src/providers/format.ts",
        "src/providers/elements.ts",
        "src/providers/json.ts",
        "src/providers/hash.ts",
        "src/providers/reading.ts",
        "src/providers/shapes.ts",
        "src/providers/sports.ts",
        "src/providers/streams.ts",
        "src/providers/tables.ts",
        "src/providers/tracks.ts",
        "src/providers/nights.ts",
      ];
      return ![...allowed, "src/platform/fit.ts", "src/platform/errors.ts"].some((start) => to.startsWith(start));
    });
    expect(wrong).toEqual([]);
  });

  it("keep simulator and product apart", () => {
    expect(imports.filter(({ to }) => to.startsWith("simulator"))).toEqual([]);
    expect(
      filesBelow("simulator")
        .flatMap(importsOf)
        .filter(({ to }) => to.startsWith("src")),
    ).toEqual([]);
  });

  it("fetch in one place", () => {
    const calls = sources.filter((file) =>
      /(?<![.\w])fetch\(|context\.fetch\(/.test(
        readFileSync(path.join(root, file), "utf8").replace(/^\s*\*.*$|\/\/.*$/gm, ""),
      ),
    );
    expect(calls.sort()).toEqual(["src/platform/context.ts", "src/platform/egress.ts"]);
  });
});

describe("a provider's name", () => {
  it("is compared nowhere outside its folder", () => {
    const pattern = new RegExp(`(?:===|!==|case)\\s*["'\`](?:${PROVIDERS.join("|")})["'\`]`);
    const found = sources
      .filter((file) => !file.startsWith("src/providers/"))
      .filter((file) => pattern.test(readFileSync(path.join(root, file), "utf8")));
    expect(found).toEqual([]);
  });
});
