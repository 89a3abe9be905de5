import { describe, expect, it } from "vitest";
import { dayOf } from "./calendar.ts";
import { conditionOn } from "./condition.ts";
import { bloodPressureOn, type Day, dayOn, weighingOn } from "./day.ts";
import { lifeOf } from "./life.ts";
import { nightSeries, type Sleep, sleeps, sleepsOn, windowOf } from "./night.ts";
import { people } from "./person.ts";
import { means, pulseBetween, pulseOn, STATES } from "./pulse.ts";
import { yearIn } from "./year.ts";

const NOW = Date.parse("2026-11-24T15:00:00Z");
const [mira, jonas, ada] = people(1) as [
  ReturnType<typeof people>[0],
  ReturnType<typeof people>[0],
  ReturnType<typeof people>[0],
];
const life = lifeOf(mira, NOW);
const today = dayOf("2026-11-24");
const mean = <T>(list: T[], of: (one: T) => number) => list.reduce((sum, one) => sum + of(one), 0) / list.length;

describe("nights", () => {
  const all = sleeps(life, NOW);
  const mains = all.filter((one) => one.type === "main");

  it("are there for two years, with naps, a few missing and a few broken", () => {
    expect(mains.length).toBeGreaterThan(670);
    expect(all.length - mains.length).toBeGreaterThan(25);
    const dates = mains.map((one) => one.date);
    expect(new Set(dates).size).toBeLessThan(720);
    expect(dates.length).toBeGreaterThan(new Set(dates).size);
    expect(sleeps(lifeOf(ada, NOW), NOW)).toEqual([]);
    expect(sleeps(lifeOf(jonas, NOW), NOW).length).toBeGreaterThan(45);
  });

  it("have stages without holes that add up, and plausible shares", () => {
    for (const { segments, in_bed_s, asleep_s, awake_s, light_s, deep_s, rem_s, start, end } of all) {
      expect(segments[0]!.from_s).toBe(0);
      for (let i = 1; i < segments.length; i++) {
        expect(segments[i]!.from_s).toBe(segments[i - 1]!.to_s);
        expect(segments[i]!.stage).not.toBe(segments[i - 1]!.stage);
      }
      expect(segments.at(-1)!.to_s).toBe(in_bed_s);
      expect(end - start).toBe(in_bed_s * 1000);
      expect(light_s + deep_s + rem_s).toBe(asleep_s);
      expect(asleep_s + awake_s).toBe(in_bed_s);
    }
    const share = (of: (one: Sleep) => number) => mean(mains, (one) => of(one) / one.asleep_s);
    expect(mean(mains, (one) => one.asleep_s / 3600)).toBeGreaterThan(6.8);
    expect(mean(mains, (one) => one.asleep_s / 3600)).toBeLessThan(8);
    expect(share((one) => one.deep_s)).toBeGreaterThan(0.13);
    expect(share((one) => one.rem_s)).toBeLessThan(0.28);
  });

  it("cross clock changes and zones with an offset at either end, half hours among them", () => {
    const offsets = (date: string) => {
      const night = sleepsOn(life, dayOf(date), NOW)[0]!;
      return [night.start_offset_s, night.end_offset_s];
    };
    expect(offsets("2025-03-30")).toEqual([3600, 7200]);
    const india = yearIn(mira, 2025).trips[2]!;
    const away = sleepsOn(life, india.from + 3, NOW)[0]!;
    expect([away.zone, away.start_offset_s, away.end_offset_s]).toEqual(["Asia/Kolkata", 19_800, 19_800]);
    const flight = windowOf(mira, india.from);
    expect([flight.start_offset_s, flight.end_offset_s]).toEqual([3600, 19_800]);
  });

  it("have series whose lowest beat and mean RMSSD are those of the summary", () => {
    const night = mains.at(-1)!;
    const { heart, hrv, spo2, respiration } = nightSeries(mira, night);
    expect(heart.length).toBe(night.in_bed_s / 60);
    expect(Math.min(...heart)).toBe(night.min_heart_rate_bpm);
    const read = [...hrv].filter((one) => one > 0);
    expect(Math.abs(mean(read, (one) => one) / night.hrv_rmssd_ms! - 1)).toBeLessThan(0.06);
    expect(Math.abs(mean([...spo2], (one) => one) - night.spo2_pct)).toBeLessThan(1);
    expect(Math.abs(mean([...respiration], (one) => one) - night.respiration_brpm)).toBeLessThan(1.2);
  });
});

describe("bodies", () => {
  it("answer to training, illness and jet lag", () => {
    const { ill, races, trips } = yearIn(mira, 2025);
    const well = conditionOn(mira, ill.from - 12);
    const sick = conditionOn(mira, ill.from + 1);
    expect(sick.hrv_rmssd_ms).toBeLessThan(well.hrv_rmssd_ms * 0.8);
    expect(sick.resting_heart_rate_bpm).toBeGreaterThan(well.resting_heart_rate_bpm + 4);
    expect(sick.skin_temperature_deviation_c).toBeGreaterThan(0.4);
    const marathon = races.find((race) => race.distance_m === 42_195)!.day;
    expect(conditionOn(mira, marathon + 1).recovery_pct).toBeLessThan(conditionOn(mira, marathon).recovery_pct - 10);
    expect(conditionOn(mira, trips[1]!.from).jet_lag).toBeGreaterThan(0.5);
  });
});

describe("days", () => {
  const all: Day[] = [];
  for (let day = life.since; day <= today; day++) {
    const made = dayOn(life, day, NOW);
    if (made) all.push(made);
  }

  it("add up to an active life, and partition time also over clock changes", () => {
    expect(all.length).toBeGreaterThan(720);
    expect(mean(all, (one) => one.steps)).toBeGreaterThan(8000);
    expect(mean(all, (one) => one.steps)).toBeLessThan(15_000);
    expect(mean(all, (one) => one.active_kcal)).toBeGreaterThan(500);
    expect(all.find((one) => one.date === "2025-03-30")!.duration_s).toBe(82_800);
    expect(all.find((one) => one.date === "2025-10-26")!.duration_s).toBe(90_000);
    for (const [i, one] of all.entries()) {
      expect(one.steps_by_hour.reduce((a, b) => a + b, 0)).toBe(one.steps);
      if (i > 0 && all[i - 1]!.day === one.day - 1) expect(all[i - 1]!.end).toBe(one.start);
    }
  });

  it("are the same whatever now is, and today only as far as it has come", () => {
    const later = dayOn(lifeOf(mira, NOW), today, NOW + 40 * 86_400_000)!;
    const sofar = all.at(-1)!;
    expect([sofar.complete, later.complete]).toEqual([false, true]);
    expect(sofar.duration_s).toBe(16 * 3600);
    expect(later.steps_by_hour.slice(0, 16)).toEqual(sofar.steps_by_hour);
    expect([...later.battery.slice(0, sofar.battery.length)]).toEqual([...sofar.battery]);
    expect(dayOn(life, today + 1, NOW)).toBeNull();
    const old = life.since + 100;
    expect(dayOn(lifeOf(mira, NOW), old, NOW - 86_400_000)).toEqual(dayOn(life, old, NOW));
  });

  it("show a run in heart, steps and distance, also one that was added", () => {
    const start = Date.parse("2026-11-23T14:00:00Z");
    const own = lifeOf(mira, NOW);
    const before = dayOn(own, today - 1, NOW)!;
    own.add({ sport: "run", start, duration_s: 3000, distance_m: 9000, effort: 0.75 });
    const after = dayOn(own, today - 1, NOW)!;
    expect(after.steps - before.steps).toBeGreaterThan(7000);
    expect(after.distance_m - before.distance_m).toBeGreaterThan(7000);
    expect(after.max_heart_rate_bpm).toBeGreaterThan(140);
    const beats = [...pulseBetween(own, start + 600_000, start + 2_400_000, NOW)];
    expect(beats).toHaveLength(30);
    expect(beats.every((one) => one.state === "training" && one.bpm > 130)).toBe(true);
  });

  it("have a quiet heart at night, holes where nothing was worn, and means that skip them", () => {
    const pulses = all.slice(-60).map((one) => pulseOn(life, one.day, NOW)!);
    const beats = (state: (typeof STATES)[number]) =>
      pulses.flatMap((one) => [...one.heart].filter((_, i) => STATES[one.state[i]!] === state));
    expect(mean(beats("asleep"), (one) => one)).toBeLessThan(mean(beats("still"), (one) => one) - 8);
    expect(new Set(beats("unworn"))).toEqual(new Set([0]));
    expect([...means(Int16Array.of(60, 0, 70, 0, 0, 0, 50), 3)]).toEqual([65, 0]);
  });

  it("are weighed at times, and seldom more", () => {
    const days = all.map((one) => one.day);
    const scale = days.map((day) => weighingOn(life, day, NOW)).filter((one) => one !== null);
    expect(scale.length).toBeGreaterThan(60);
    expect(scale.length).toBeLessThan(160);
    expect(days.filter((day) => bloodPressureOn(life, day, NOW)).length).toBeGreaterThan(10);
  });
});
