/** Every fixture's keys and JSON types are found in what the simulator sends; values and times are checked in garmin.test.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { stringify } from "../../json.ts";
import { lifeOf } from "../../life.ts";
import { people } from "../../person.ts";
import { entries } from "./activities.ts";
import { activityItem } from "./personal_activities.ts";
import {
  daySummary,
  dayV2,
  heartRates,
  hrvNight,
  hrvSummary,
  nightDetail,
  nightSummary,
  stepsOfDay,
  stressOfDay,
  weights,
} from "./personal_days.ts";
import { profileOf } from "./personal_words.ts";
import { TYPES } from "./types.ts";

// biome-ignore lint/suspicious/noExplicitAny: bodies are compared as they come
type Json = any;
const NOW = Date.parse("2026-11-24T15:00:00Z");
const life = lifeOf(people(1)[0]!, NOW);
const fixture = (name: string): Json => JSON.parse(readFileSync(join(import.meta.dirname, "fixtures", name), "utf8"));
const wire = (value: unknown): Json => JSON.parse(stringify(value));

/** Paths of the fixture that no item of ours has, or has with another type; null goes with everything. */
function missing(real: Json, ours: Json[], path = ""): string[] {
  const there = ours.filter((one) => one !== undefined);
  if (there.length === 0) return [path];
  const filled = there.filter((one) => one !== null);
  if (real === null || filled.length === 0) return [];
  if (Array.isArray(real)) {
    if (!filled.every(Array.isArray)) return [`${path} is no array`];
    const items = filled.flat();
    return items.length === 0 ? [] : real.flatMap((one) => missing(one, items, `${path}[]`));
  }
  if (typeof real !== "object") {
    const other = filled.find((one) => typeof one !== typeof real);
    return other === undefined ? [] : [`${path} is ${typeof other}`];
  }
  // Objects keyed by offsets differ in their keys.
  const names = Object.keys(real);
  if (names.every((name) => /^\d+$/.test(name))) {
    return filled
      .flatMap((one) => Object.entries(one))
      .every(([name, value]) => /^\d+$/.test(name) && typeof value === "number")
      ? []
      : [`${path} is not by offset`];
  }
  return names.flatMap((name) =>
    missing(
      real[name],
      filled.map((one) => one[name]),
      `${path}.${name}`,
    ),
  );
}

const records = new Map<string, Json[]>();
beforeAll(() => {
  for (const type of TYPES) {
    const days = ["epochs", "respiration", "moveiq"].includes(type.path)
      ? 4
      : type.path === "activityDetails"
        ? 12
        : 90;
    const found = type.between(life, NOW / 1000 - days * 86_400, NOW / 1000, NOW);
    records.set(
      type.key,
      found.map((one) => wire({ userId: "u", ...one.body() })),
    );
  }
});

const OPTIONAL = new Set([".userAccessToken"]);

describe("pushed records have the keys and types of", () => {
  const files = [
    "push_activities_real.json",
    "push_activity_details.json",
    "push_blood_pressures.json",
    "push_body_comps.json",
    "push_dailies.json",
    "push_epochs.json",
    "push_health_snapshot.json",
    "push_hrv.json",
    "push_manually_updated_activities.json",
    "push_move_iq.json",
    "push_pulse_ox.json",
    "push_respiration.json",
    "push_skin_temp.json",
    "push_sleeps_composed.json",
    "push_sleeps_real_sums.json",
    "push_stress_details.json",
    "push_user_metrics.json",
  ];
  it.each(files)("%s", (file) => {
    for (const [key, items] of Object.entries(fixture(file)) as [string, Json[]][]) {
      const ours = records.get(key)!;
      expect(ours.length).toBeGreaterThan(0);
      for (const item of items) expect(missing(item, ours).filter((path) => !OPTIONAL.has(path))).toEqual([]);
    }
  });
});

describe("personal reads have the keys and types of", () => {
  const days = Array.from({ length: 60 }, (_, i) => Math.floor(NOW / 86_400_000) - i);
  const all = (of: (day: number) => unknown) => days.map(of).filter((one) => one !== null);
  const reads: [string, () => unknown[]][] = [
    [
      "personal_activities_composed.json",
      () => [
        entries(life, NOW)
          .slice(-180)
          .map((entry) => activityItem(life, entry)),
      ],
    ],
    ["personal_daily_summary_composed.json", () => all((day) => daySummary(life, day, NOW))],
    ["personal_daily_summaries_v2_composed.json", () => [{ data: all((day) => dayV2(life, day, NOW)) }]],
    ["personal_heart_rate_composed.json", () => all((day) => heartRates(life, day, NOW)).slice(0, 3)],
    [
      "personal_hrv_composed.json",
      () => [{ hrvSummaries: all((day) => hrvSummary(life, day, NOW)), userProfilePk: profileOf(life) }],
    ],
    ["personal_hrv_night_composed.json", () => all((day) => hrvNight(life, day, NOW))],
    ["personal_sleep_night_composed.json", () => all((day) => nightDetail(life, day, NOW))],
    ["personal_sleep_summaries_composed.json", () => [all((day) => nightSummary(life, day, NOW))]],
    ["personal_steps_daily_composed.json", () => [all((day) => stepsOfDay(life, day, NOW))]],
    ["personal_stress_daily_composed.json", () => [all((day) => stressOfDay(life, day, NOW))]],
    ["personal_weight_composed.json", () => [{ dailyWeightSummaries: all((day) => weights(life, day, NOW)) }]],
  ];
  it.each(reads)("%s", (file, ours) => {
    expect(missing(fixture(file), wire(ours()))).toEqual([]);
  });
});
