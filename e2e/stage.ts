/** The whole product on ports and a database of its own, started as `npm start` does, and a browser to look at it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import "../scripts/assets.ts";
import { launch, type Running, root } from "../scripts/launch.ts";
import { readVariables, writeVariables } from "../scripts/variables.ts";
import { type Chromium, open } from "./chromium.ts";

export interface Stage {
  address: string;
  simulator: string;
  browser: Browser;
  /** A browser of somebody: cookies of its own. Console errors of its pages – CSP refusals too – end in `errors`. */
  visitor(options?: BrowserContextOptions): Promise<Page>;
  errors: string[];
  close(): Promise<void>;
}

/** `speed`: of the simulator's clock and limits; how fast histories fill. */
export async function openStage(chromium: Chromium, speed = 60): Promise<Stage> {
  const directory = mkdtempSync(path.join(tmpdir(), "qt-connect-browser-"));
  const variablesFile = path.join(directory, "variables");
  writeVariables(variablesFile, path.join(root, ".dev.vars.example"));
  const said: string[] = [];
  const running: Running = await launch({
    port: 18_787,
    simulatorPort: 18_988,
    persist: path.join(directory, "state"),
    variablesFile,
    variables: readVariables(variablesFile),
    speed,
    tick_ms: 1000,
    log: path.join(directory, "log"),
    say: (line) => said.push(line),
  });
  const browser = await open(chromium);
  const errors: string[] = [];
  return {
    address: running.address,
    simulator: running.simulator!,
    browser,
    errors,
    async visitor(options) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 900 },
        locale: "en-GB",
        timezoneId: "Europe/Berlin",
        baseURL: running.address,
        ...options,
      });
      context.setDefaultTimeout(10_000);
      const page = await context.newPage();
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(`${page.url()}: ${message.text()}`);
      });
      page.on("pageerror", (error) => errors.push(`${page.url()}: ${error.message}`));
      return page;
    },
    async close() {
      await browser.close();
      await running.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** From the start page through the simulator's consent page to where that leads. */
export async function signIn(page: Page, decision: "Authorize" | "Cancel" = "Authorize"): Promise<void> {
  await page.goto("/");
  await page.getByRole("button", { name: "Sign in with Strava (simulated)" }).click();
  await page.getByRole("button", { name: decision }).click();
}
