/** `node e2e/screenshots.ts`: the pictures of README, taken of the real thing with a person of the simulator and a made-up phone. */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { root } from "../scripts/launch.ts";
import { findChromium } from "./chromium.ts";
import { openStage, signIn } from "./stage.ts";

/** Ninety made-up days for the picture: steps, resting heart rate, HRV and nights. */
function season(): string {
  const wave = (i: number, of: number) => Math.sin(i / of) + Math.sin(i * 2.3) / 2;
  const days = Array.from({ length: 90 }, (_, i) => ({ i, ms: Date.now() - i * 86_400_000 }));
  const date = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const values = (value: (i: number) => number) =>
    days.map(({ i, ms }) => ({ date: `${date(ms)} 00:00:00 +0100`, qty: value(i), source: "Watch" }));
  const nights = days.map(({ i, ms }) => {
    const asleep = 7.2 + wave(i, 5) * 0.6;
    const end = Date.parse(`${date(ms)}T06:30:00Z`);
    const stamp = (at: number) => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} +0100`;
    const start = stamp(end - (asleep + 0.4) * 3_600_000);
    return {
      date: `${date(ms)} 00:00:00 +0100`,
      core: asleep * 0.56,
      deep: asleep * 0.19,
      rem: asleep * 0.25,
      awake: 0.4,
      asleep: 0,
      inBed: 0,
      sleepStart: start,
      sleepEnd: stamp(end),
      source: "Watch",
    };
  });
  const metrics = [
    { name: "step_count", units: "count", data: values((i) => Math.round(9000 + wave(i, 4) * 3000)) },
    { name: "resting_heart_rate", units: "count/min", data: values((i) => Math.round(50 + wave(i, 9) * 2.5)) },
    { name: "heart_rate_variability", units: "ms", data: values((i) => 62 - wave(i, 9) * 9) },
    { name: "sleep_analysis", units: "hr", data: nights },
  ];
  return JSON.stringify({ data: { metrics } });
}

/** What agrees on each simulated consent page; Strava is signed in with. */
const OTHERS = {
  garmin: "Agree",
  oura: "Allow",
  whoop: "Grant",
  fitbit: "Continue",
  polar: "Accept",
  coros: "Authorize",
};

const chromium = await findChromium();
if (!chromium) throw new Error("No Chromium starts on this machine.");
const stage = await openStage(chromium);
try {
  const directory = path.join(root, "docs/screenshots");
  mkdirSync(directory, { recursive: true });
  const page = await stage.visitor({ viewport: { width: 1280, height: 1490 } });
  await signIn(page);
  await page.waitForURL("**/dashboard");
  await page.locator(".activities > li").first().waitFor({ timeout: 60_000 });

  await page.goto("/dashboard/settings");
  await page.getByRole("textbox", { name: "Name" }).fill("My iPhone");
  await page.getByRole("button", { name: "Make a key" }).click();
  const key = (await page.locator("#new-key").textContent())!.trim();
  const answer = await fetch(`${stage.address}/api/webhooks/ingest`, {
    method: "POST",
    headers: { "x-api-key": key, "content-type": "application/json" },
    body: season(),
  });
  if (!answer.ok) throw new Error(`the post was answered with ${answer.status}`);

  const settled = async () => {
    await page.goto("/dashboard");
    await page.locator("body:not(:has([data-syncing]))").waitFor({ timeout: 1_800_000 });
  };
  const shoot = async (address: string, name: string, width: number, height: number) => {
    await page.setViewportSize({ width, height });
    await page.goto(address);
    await page.screenshot({ path: path.join(directory, `${name}.png`) });
  };
  await settled();
  await shoot("/dashboard", "dashboard", 1280, 1490);
  await shoot("/dashboard/settings", "settings", 1280, 1100);

  // One person with all of them.
  for (const [provider, allow] of Object.entries(OTHERS)) {
    await page.goto("/dashboard/settings");
    await page
      .locator(`#${provider}`)
      .getByRole("button", { name: /^Connect with/ })
      .click();
    // Garmin's month of history is unticked at first.
    for (const scope of await page.getByRole("checkbox").all()) await scope.check();
    await page.getByRole("button", { name: allow, exact: true }).click();
    await page.waitForURL("**/dashboard/settings**");
  }
  const began = Date.now();
  await settled();
  console.log(`two years of all seven after ${Math.round((Date.now() - began) / 1000)} s`);
  for (const [at, width, height] of [
    ["desktop", 1280, 1490],
    ["phone", 390, 1688],
  ] as const) {
    await shoot("/dashboard", `seven-dashboard-${at}`, width, height);
    await shoot("/dashboard/settings", `seven-settings-${at}`, width, height);
  }
} finally {
  await stage.close();
}
