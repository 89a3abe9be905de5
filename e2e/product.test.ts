/** A person's way through the product, in a browser, against the simulator. */
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium } from "./chromium.ts";
import { openStage, type Stage, signIn } from "./stage.ts";

const chromium = await findChromium();
const title = chromium
  ? "in a browser"
  : "in a browser (skipped: no Chromium starts here; install one or set CHROMIUM_PATH)";

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };

/** What Health Auto Export posts of this morning, written by hand. */
function morning(): { body: string; today: string } {
  const today = new Date().toISOString().slice(0, 10);
  const day = `${today} 00:00:00 +0000`;
  const metrics = [
    { name: "step_count", units: "count", data: [{ date: day, qty: 4321, source: "Watch" }] },
    { name: "resting_heart_rate", units: "count/min", data: [{ date: day, qty: 51, source: "Watch" }] },
  ];
  const workouts = [
    {
      id: "7A0C5B2E-1111-4222-8333-444455556666",
      name: "Outdoor Walk",
      start: `${today} 00:10:00 +0000`,
      end: `${today} 00:40:00 +0000`,
      duration: 1800,
      distance: { qty: 2.5, units: "km" },
    },
  ];
  return { body: JSON.stringify({ data: { metrics, workouts } }), today };
}

describe.skipIf(!chromium)(title, () => {
  let stage: Stage;
  let page: Page;
  let key: string;

  beforeAll(async () => {
    // Slowly enough that it is not all history that the machine is busy with.
    stage = await openStage(chromium!, 10);
    page = await stage.visitor({ timezoneId: "Asia/Tokyo" });
  });
  afterAll(() => stage?.close());

  it("signs a person in by the simulator's consent page and shows their activities", async () => {
    await signIn(page);
    await page.waitForURL("**/dashboard");
    const activities = page.locator(".activities > li");
    await activities.first().waitFor({ timeout: 45_000 });
    expect(await activities.count()).toBeGreaterThan(0);
    await page.getByRole("link", { name: "View on Strava" }).first().waitFor();
  });

  it("follows a history by itself, to its end", async () => {
    const watcher = await stage.visitor();
    await watcher.context().addCookies(await page.context().cookies());
    await watcher.clock.install();
    let looks = 0;
    await watcher.route("**/dashboard", async (route) => {
      const response = await route.fetch();
      const html = await response.text();
      const told = ++looks < 4 ? `<p data-syncing>look ${looks}</p>` : "<p>all there</p>";
      await route.fulfill({
        response,
        body: html.replace(/(<div id="state"[^>]*>)[\s\S]*?<\/div>/, `$1${told}</div>`),
      });
    });
    await watcher.goto("/dashboard");
    for (const told of ["look 1", "look 2", "look 3", "all there"]) {
      await watcher.getByText(told).waitFor();
      await watcher.clock.runFor(3000);
    }
    await watcher.clock.runFor(60_000);
    expect(looks).toBe(4);
    await watcher.context().close();
  });

  it("draws the weeks as a chart, with the same numbers as a table", async () => {
    const weeks = page.locator("#weeks");
    await weeks.locator("canvas").waitFor();
    await weeks.getByText("Time by week as a table").click();
    // Half a year of weeks, newest first.
    expect(await weeks.locator("details tbody tr").count()).toBe(26);
  });

  it("shows an activity with its course once that has been fetched", async () => {
    await page.goto("/dashboard/activities");
    await page.locator(".activities > li > a").first().click();
    await page.getByRole("heading", { name: "Figures" }).waitFor();
    await expect
      .poll(
        async () => {
          await page.reload();
          return page.locator("figure canvas").count();
        },
        { timeout: 40_000, interval: 1500 },
      )
      .toBeGreaterThan(0);
  });

  it("lists nine sources, Strava connected", async () => {
    await page.goto("/dashboard/settings");
    expect((await page.locator("#sources h3").allTextContents()).toSorted()).toEqual([
      "Apple Health",
      "COROS",
      "Fitbit (Google Health)",
      "Garmin Connect",
      "Google Fit and Health Connect",
      "Oura",
      "Polar",
      "Strava",
      "WHOOP",
    ]);
    expect(await page.locator("#strava .badge").textContent()).toBe("Connected");
  });

  it("has taken the time zone from the browser", async () => {
    await page.goto("/dashboard/settings");
    expect(await page.getByLabel("Time zone").inputValue()).toBe("Asia/Tokyo");
  });

  it("makes a key and shows it once", async () => {
    await page.goto("/dashboard/settings");
    await page.getByRole("textbox", { name: "Name" }).fill("My iPhone");
    await page.getByRole("button", { name: "Make a key" }).click();
    key = (await page.locator("#new-key").textContent())!.trim();
    expect(key).toMatch(/^qt_[0-9A-Za-z]{33}$/);
    await page.reload();
    expect(await page.locator("#new-key").count()).toBe(0);
    await page.getByRole("row", { name: /My iPhone/ }).waitFor();
  });

  it("tells the phone app's address and header, and that it waits for the first post", async () => {
    expect(await page.locator("#bridge-url").textContent()).toBe(`${stage.address}/api/webhooks/ingest`);
    expect(await page.locator("#bridge .badge").textContent()).toBe("Waiting for the first post");
  });

  it("takes what the phone app posts and shows it", async () => {
    const { body } = morning();
    const post = () =>
      fetch(`${stage.address}/api/webhooks/ingest`, {
        method: "POST",
        headers: { "x-api-key": key, "content-type": "application/json", "automation-aggregation": "Days" },
        body,
      });
    const first = await post();
    expect(first.status).toBe(200);
    expect(await first.json()).toMatchObject({ received: 3, written: 3, rejected: 0 });
    expect(await (await post()).json()).toMatchObject({ received: 3, written: 0, unchanged: 3 });

    await page.goto("/dashboard/settings");
    expect(await page.locator("#bridge .badge").first().textContent()).toBe("Receiving");
    expect(await page.locator("#apple_health .badge").textContent()).toBe("Connected");
    await page.goto("/dashboard");
    const tiles = await page.locator(".tile").allTextContents();
    expect(tiles).toContainEqual(expect.stringMatching(/^Steps\s*4,321/));
    expect(tiles).toContainEqual(expect.stringMatching(/^Resting heart rate\s*51 bpm/));
    await page.goto("/dashboard/activities");
    await page.getByText("2.5 km").first().waitFor();
  });

  it.each([
    ["a phone by day", SIZES.phone, "light"],
    ["a desktop by night", SIZES.desktop, "dark"],
  ] as const)("has no accessibility violation and no sideways scrolling on %s", async (_, viewport, colorScheme) => {
    const visitor = await stage.visitor({ viewport, colorScheme });
    const member = await stage.visitor({ viewport, colorScheme });
    await member.context().addCookies(await page.context().cookies());
    await member.goto("/dashboard/activities");
    const detail = await member.locator(".activities > li > a").first().getAttribute("href");
    for (const [who, address] of [
      [visitor, "/"],
      [member, "/dashboard"],
      [member, "/dashboard/activities"],
      [member, detail!],
      [member, "/dashboard/settings"],
    ] as const) {
      await who.goto(address);
      const { violations } = await new AxeBuilder({ page: who })
        .options({ resultTypes: ["violations"] })
        .setLegacyMode(true)
        .analyze();
      expect(violations.map(({ id, nodes }) => `${address} ${id} ${nodes[0]?.html}`)).toEqual([]);
      const wider = await who.evaluate("document.documentElement.scrollWidth - innerWidth");
      expect(`${address}: ${wider}`).toBe(`${address}: 0`);
    }
    await visitor.context().close();
    await member.context().close();
  });

  it("works without JavaScript: reads, changes, syncs and disconnects", async () => {
    const plain = await stage.visitor({ javaScriptEnabled: false });
    await plain.context().addCookies(await page.context().cookies());
    await plain.goto("/dashboard");
    expect(await plain.locator(".activities > li").count()).toBeGreaterThan(0);
    expect(await plain.locator("#weeks details tbody tr").count()).toBe(26);

    await plain.goto("/dashboard/settings");
    await plain.getByLabel("Time zone").selectOption("Europe/Lisbon");
    await plain.getByRole("button", { name: "Save time zone" }).click();
    await plain.getByText("Your time zone is Europe/Lisbon.").waitFor();

    await plain.getByRole("button", { name: "Sync now" }).click();
    await plain.getByText("Strava is being asked for news now.").waitFor();

    await plain.getByText("Disconnect Strava …").click();
    await plain.getByLabel("Delete everything from Strava").check();
    await plain.getByRole("button", { name: "Disconnect Strava" }).click();
    await plain.getByText("Strava is disconnected. Its data are deleted.").waitFor();
    expect(await plain.locator("#strava .badge").textContent()).toBe("Available");
    // The phone's walk stays, Strava's activities are gone.
    await plain.goto("/dashboard/activities");
    expect(await plain.locator(".activities > li").count()).toBe(1);
    await plain.context().close();
  });

  it("says what to do when the person declines", async () => {
    const visitor = await stage.visitor();
    await signIn(visitor, "Cancel");
    await visitor.locator("main h1").waitFor();
    expect(new URL(visitor.url()).origin).toBe(stage.address);
    expect(await visitor.locator("main a").count()).toBeGreaterThan(0);
    await visitor.goto("/dashboard");
    expect(new URL(visitor.url()).pathname).toBe("/");
    await visitor.context().close();
  });

  it("revokes a key at once", async () => {
    await page.goto("/dashboard/settings");
    await page.getByRole("button", { name: "Revoke the key My iPhone" }).click();
    await page.getByText("The key is revoked").waitFor();
    const answer = await fetch(`${stage.address}/api/v1/profile`, { headers: { "x-api-key": key } });
    expect(answer.status).toBe(401);
  });

  it("signs out", async () => {
    await page.goto("/dashboard/settings");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    await page.goto("/dashboard");
    expect(new URL(page.url()).pathname).toBe("/");
  });

  it("had nothing to complain about in any console", () => {
    // A refused address is answered with its status, which browsers write to the console as well.
    expect(stage.errors.filter((line) => !line.includes("Failed to load resource"))).toEqual([]);
  });
});
