/** Every fixture's keys and JSON types are found in what the simulator sends; access, windows and webhooks are checked in oura.test.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { stringify } from "../../json.ts";
import { lifeOf } from "../../life.ts";
import { people } from "../../person.ts";
import { collectionsFor } from "./api.ts";
import { batteryRows, heartRows } from "./moments.ts";

// biome-ignore lint/suspicious/noExplicitAny: bodies are compared as they come
type Json = any;
const NOW = Date.parse("2026-11-24T15:00:00Z");
const DAY = 86_400_000;
const life = lifeOf(people(1)[0]!, NOW);
const fixture = (name: string): Json => JSON.parse(readFileSync(join(import.meta.dirname, "fixtures", name), "utf8"));
const wire = (value: unknown): Json => JSON.parse(stringify(value));
const collections = collectionsFor({ page_size: 5000, lapsed: [], types: new Map(), gone: new Set() });

/** Paths of the real one that none of ours has, or has with another type; null goes with everything. */
function missing(real: Json, ours: Json[], path = ""): string[] {
  const there = ours.filter((one) => one !== undefined);
  if (there.length === 0) return [path];
  const filled = there.filter((one) => one !== null);
  if (real === null || filled.length === 0) return [];
  if (Array.isArray(real)) {
    if (!filled.every(Array.isArray)) return [`${path} is no array`];
    const items = filled.flat();
    if (items.length === 0) return [];
    // Of long series one item of each type is enough.
    const kinds = new Map(items.map((item) => [item === null ? "null" : typeof item, item]));
    const few = kinds.has("object") ? items : [...kinds.values()];
    return (kinds.has("object") ? real : real.slice(0, 50)).flatMap((one) => missing(one, few, `${path}[]`));
  }
  if (typeof real !== "object") {
    const other = filled.find((one) => typeof one !== typeof real);
    return other === undefined ? [] : [`${path} is ${typeof other}`];
  }
  return Object.keys(real).flatMap((name) =>
    missing(
      real[name],
      filled.map((one) => one[name]),
      `${path}.${name}`,
    ),
  );
}

let made: Record<string, Json[]>;
beforeAll(() => {
  const last = Math.floor(NOW / DAY) + 1;
  made = Object.fromEntries(
    Object.entries(collections).map(([path, [, collection]]) => {
      const days = path === "daily_activity" ? 30 : 400;
      return [path, collection(life, last - days, last, NOW).map((entry) => wire(entry.make()))];
    }),
  );
  made.heartrate = wire(heartRows(life, NOW - DAY, NOW, NOW));
  made.ring_battery_level = wire(batteryRows(life, NOW - 9 * DAY, NOW, NOW));
});

describe("documents have the keys and types of", () => {
  it.each([
    ["sleep", "sleep.json"],
    ["sleep", "sleep_cest_then_cet.json"],
    ["sleep", "sleep_single.json"],
    ["daily_sleep", "daily_sleep.json"],
    ["daily_sleep", "daily_sleep_sandbox.json"],
    ["daily_readiness", "daily_readiness.json"],
    ["daily_activity", "daily_activity.json"],
    ["daily_spo2", "daily_spo2.json"],
    ["daily_stress", "daily_stress.json"],
    ["daily_resilience", "daily_resilience.json"],
    ["daily_cardiovascular_age", "daily_cardiovascular_age_composed.json"],
    ["vO2_max", "vO2_max_composed.json"],
    ["sleep_time", "sleep_time.json"],
    ["sleep_time", "sleep_time_window_composed.json"],
    ["workout", "workout.json"],
    ["session", "session.json"],
    ["session", "session_with_series_composed.json"],
    ["enhanced_tag", "enhanced_tag.json"],
    ["rest_mode_period", "rest_mode_period.json"],
    ["heartrate", "heartrate_composed.json"],
    ["heartrate", "heartrate_before_timestamp_unix.json"],
    ["ring_battery_level", "ring_battery_level_composed.json"],
  ])("%s, as %s", (path, file) => {
    const real = fixture(file);
    const ours = made[path]!;
    expect(ours.length).toBeGreaterThan(0);
    for (const one of real.data ?? [real]) expect(missing(one, ours)).toEqual([]);
  });
});

describe("a night", () => {
  it("has letters, samples and durations that fit its length", () => {
    const nights = made.sleep!.filter(({ type }) => type === "long_sleep");
    expect(nights.length).toBeGreaterThan(300);
    for (const night of nights) {
      const length = (Date.parse(night.bedtime_end) - Date.parse(night.bedtime_start)) / 1000;
      expect(night.time_in_bed).toBe(length);
      expect(night.sleep_phase_30_sec).toHaveLength(Math.ceil(length / 30));
      expect(night.sleep_phase_5_min).toHaveLength(Math.ceil(length / 300));
      expect(night.heart_rate.items).toHaveLength(Math.floor(length / 300));
      const { deep_sleep_duration: deep, light_sleep_duration: light, rem_sleep_duration: rem } = night;
      expect(deep + light + rem).toBe(night.total_sleep_duration);
      expect(night.total_sleep_duration + night.awake_time).toBe(length);
    }
  });

  it("may be a nap of any kind, also one too short to be measured, and cross a clock change or a border", () => {
    const all = made.sleep!;
    const types = new Set(all.map(({ type }) => type));
    for (const type of ["long_sleep", "sleep", "rest"]) expect(types).toContain(type);
    expect(all.some((one) => one.lowest_heart_rate === 255 && one.heart_rate === null && one.latency === 0)).toBe(true);
    expect(all.some((one) => one.bedtime_start.slice(-6) !== one.bedtime_end.slice(-6))).toBe(true);
  });

  it("answers to what was done the day before", () => {
    const by = new Map(made.daily_readiness!.map((one) => [one.day, one.score as number]));
    const hrv = made
      .sleep!.filter(({ type }) => type === "long_sleep")
      .map((one) => [by.get(one.day)!, one.average_hrv as number] as const);
    const mean = (of: number[]) => of.reduce((a, b) => a + b, 0) / of.length;
    const ready = hrv.filter(([score]) => score >= 75).map(([, ms]) => ms);
    const tired = hrv.filter(([score]) => score < 50).map(([, ms]) => ms);
    expect(mean(ready)).toBeGreaterThan(mean(tired) * 1.15);
  });
});

it("days without the ring say that it was off, and count nothing", () => {
  const first = Math.floor(NOW / DAY) - 400;
  const days = collections.daily_activity![1](life, first, first + 200, NOW).map((entry) => entry.make() as Json);
  const off = days.filter(({ non_wear_time }) => non_wear_time === 86_400);
  expect(off.length).toBeGreaterThan(1);
  for (const day of off) {
    expect(day).toMatchObject({ steps: 0, active_calories: 0, score: null });
    expect(day.class_5_min).toMatch(/^0+$/);
    expect(made.sleep!.some((night) => night.day === day.day)).toBe(false);
  }
});
