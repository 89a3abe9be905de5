import { expect, it } from "vitest";
import { isSport, SPORTS, SUB_SPORTS, sportTitle } from "./sports.ts";

it("knows the FIT profile's names and no provider's", () => {
  expect(isSport("running", "trail")).toBe(true);
  expect(isSport("generic", "generic")).toBe(true);
  expect(isSport("Run", "generic")).toBe(false);
  expect(isSport("running", "trail_running")).toBe(false);
  expect(isSport("toString", "generic")).toBe(false);
});

it("titles what people did", () => {
  expect(sportTitle("running", "generic")).toBe("Running");
  expect(sportTitle("running", "trail")).toBe("Trail running");
  expect(sportTitle("cycling", "mountain")).toBe("Mountain biking");
  expect(sportTitle("swimming", "open_water")).toBe("Open-water swimming");
  expect(sportTitle("hockey", "ice")).toBe("Ice hockey");
  expect(sportTitle("generic", "generic")).toBe("Workout");
});

it("shows a name it does not know as words", () => {
  expect(sportTitle("wakesurfing", "generic")).toBe("Wakesurfing");
  expect(sportTitle("diving", "single_gas_diving")).toBe("Single gas diving");
});

it("has a title without a placeholder for every pair", () => {
  for (const sport of SPORTS) for (const sub of SUB_SPORTS) expect(sportTitle(sport, sub)).toMatch(/^[A-Z][^*_]+$/);
});
