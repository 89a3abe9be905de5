/** `npm test`: type check, lint and format, then every test; the last line has the sum. Arguments go to vitest. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import "./assets.ts";
import type { Counts } from "./count.ts";

const temporary = mkdtempSync(path.join(tmpdir(), "qt-connect-test-"));
const file = path.join(temporary, "counts.json");
const sum: Counts = { passed: 0, failed: 0, skipped: 0 };

// Side by side: while the tests load, a processor is idle.
const [ok, types, style] = await Promise.all([
  run("tests", [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=default",
    "--reporter=./scripts/count.ts",
    ...process.argv.slice(2),
  ]),
  run("type check", ["node_modules/typescript/bin/tsc"]),
  run("lint and format", ["node_modules/@biomejs/biome/bin/biome", "check", "."]),
]);
for (const ok of [types, style]) sum[ok ? "passed" : "failed"]++;

const counts = read();
for (const state of ["passed", "failed", "skipped"] as const) sum[state] += counts?.[state] ?? 0;
// A run that ended badly without saying what failed, or without saying anything, is a failure of its own.
if (!counts || (!ok && counts.failed === 0)) sum.failed++;
rmSync(temporary, { recursive: true });

console.log(`tests: ${sum.passed} passed, ${sum.failed} failed${sum.skipped ? `, ${sum.skipped} skipped` : ""}`);
process.exitCode = sum.failed === 0 ? 0 : 1;

/** Output of the checks is held back, so that it is read whole. */
function run(name: string, args: string[]): Promise<boolean> {
  const live = name === "tests";
  const child = spawn(process.execPath, args, {
    env: { ...process.env, TEST_COUNTS: file, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
    stdio: live ? "inherit" : ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => (output += text));
  return new Promise((resolve) => {
    child.once("close", (code) => {
      if (!live) console.log(`${code === 0 ? "✓" : "✗"} ${name}${code === 0 ? "" : `\n${output}`}`);
      resolve(code === 0);
    });
  });
}

function read(): Counts | null {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}
