import { describe, expect, it } from "vitest";
import { type Activity, activitiesOn } from "./activity.ts";
import { dateOf, dayOf, instantOf, localDay, monthsBefore, offsetAt, standardOffset, weekdayOf } from "./calendar.ts";
import { float, int64, stringify } from "./json.ts";
import { lifeOf } from "./life.ts";
import { people } from "./person.ts";
import { recordingOf } from "./recording.ts";
import { quickest, summaryOf } from "./summary.ts";
import { yearIn } from "./year.ts";

const NOW = Date.parse("2026-11-24T22:00:00Z");
const [mira, jonas, ada] = people(1) as [
  ReturnType<typeof people>[0],
  ReturnType<typeof people>[0],
  ReturnType<typeof people>[0],
];

function metres([lat, lng]: [number, number], [lat2, lng2]: [number, number]): number {
  const x = (lng2 - lng) * Math.cos((lat * Math.PI) / 180);
  return Math.hypot(x, lat2 - lat) * 111_320;
}

describe("calendar", () => {
  it("knows weekdays, months and offsets", () => {
    expect(weekdayOf(dayOf("2026-11-24"))).toBe(1);
    expect(dateOf(monthsBefore(dayOf("2026-03-31"), 1))).toBe("2026-02-28");
    expect(dateOf(monthsBefore(dayOf("2026-11-24"), 24))).toBe("2024-11-24");
    expect(offsetAt("Europe/Berlin", Date.parse("2026-07-01T00:00:00Z"))).toBe(7200);
    expect(offsetAt("Asia/Kolkata", NOW)).toBe(19_800);
    expect(offsetAt("America/New_York", NOW)).toBe(-18_000);
    expect(standardOffset("Europe/Berlin", 2026)).toBe(3600);
  });

  it("finds wall times on both sides of a clock change", () => {
    const at = (date: string, hour: number) =>
      new Date(instantOf("Europe/Berlin", dayOf(date), hour * 3600)).toISOString();
    expect(at("2026-03-29", 1)).toBe("2026-03-29T00:00:00.000Z");
    expect(at("2026-03-29", 4)).toBe("2026-03-29T02:00:00.000Z");
    expect(at("2026-10-25", 9)).toBe("2026-10-25T08:00:00.000Z");
    expect(localDay("Europe/Berlin", Date.parse("2026-11-24T23:30:00Z"))).toBe(dayOf("2026-11-25"));
  });
});

describe("json", () => {
  it("keeps every digit of an int64 and the point of a float", () => {
    const text = stringify({ id: int64("9007199254740993"), offset: float(-14_400), none: null, text: "12" });
    expect(text).toBe('{"id":9007199254740993,"offset":-14400.0,"none":null,"text":"12"}');
  });
});

describe("a life", () => {
  const life = lifeOf(mira, NOW);
  const all = life.activities(NOW);
  const count = (test: (activity: Activity) => boolean) => all.filter(test).length;

  it("has two years of varied training, a few weeks, or nothing", () => {
    expect(all.length).toBeGreaterThan(500);
    expect(all.length).toBeLessThan(750);
    expect(new Set(all.map((one) => one.sport)).size).toBe(9);
    expect(new Set(all.map((one) => one.zone))).toEqual(
      new Set(["Europe/Berlin", "Atlantic/Canary", "America/New_York", "Asia/Kolkata"]),
    );
    expect(count((one) => one.manual)).toBeGreaterThan(10);
    expect(count((one) => one.visibility === "only_me")).toBeGreaterThan(10);
    expect(count((one) => one.hidden_start)).toBeGreaterThan(4);
    expect(count((one) => one.copy_of !== null)).toBeGreaterThan(0);
    expect(lifeOf(jonas, NOW).activities(NOW).length).toBeGreaterThan(3);
    expect(lifeOf(jonas, NOW).activities(NOW).length).toBeLessThan(40);
    expect(lifeOf(ada, NOW).activities(NOW)).toEqual([]);
  });

  it("is the same for the same seed and differs for another", () => {
    expect(lifeOf(people("1")[0]!, NOW).activities(NOW)).toEqual(all);
    expect(
      lifeOf(people(2)[0]!, NOW)
        .activities(NOW)
        .map((one) => one.key),
    ).not.toEqual(all.map((one) => one.key));
  });

  it("has the same past at another now, and only what is over and uploaded", () => {
    const later = NOW + 90 * 86_400_000;
    const past = lifeOf(mira, NOW)
      .activities(later)
      .filter((one) => one.start < NOW - 10 * 86_400_000);
    expect(past).toEqual(all.filter((one) => one.start < NOW - 10 * 86_400_000));
    const one = all.findLast((activity) => activity.upload_after_s < 300)!;
    const end = one.start + (summaryOf(mira, one).elapsed_s + one.upload_after_s) * 1000;
    expect(life.activities(end - 1000)).not.toContainEqual(one);
    expect(life.activities(end)).toContainEqual(one);
  });

  it("rests in an illness week and on the days after a race", () => {
    const { ill, races } = yearIn(mira, 2025);
    for (let day = ill.from; day <= ill.to; day++) expect(activitiesOn(mira, day)).toEqual([]);
    const marathon = races.find((race) => race.distance_m === 42_195)!;
    expect(activitiesOn(mira, marathon.day)).toMatchObject([{ sport: "run", kind: "race" }]);
    expect(activitiesOn(mira, marathon.day + 1)).toEqual([]);
  });

  it("takes additions, edits and deletions", () => {
    const own = lifeOf(mira, NOW);
    const added = own.add({
      sport: "run",
      start: Date.parse("2026-11-20T06:00:00Z"),
      duration_s: 1800,
      distance_m: 6000,
    });
    expect(added).toMatchObject({ zone: "Europe/Berlin", utc_offset_s: 3600 });
    expect(own.activities(NOW)).toHaveLength(all.length + 1);
    expect(own.edit(all[5]!.key, { name: "Renamed" })).toMatchObject({ name: "Renamed", start: all[5]!.start });
    expect(own.remove(added.key)).toBe(true);
    expect(own.remove(added.key)).toBe(false);
    expect(own.removed()).toEqual([added]);
    expect(own.activities(NOW).filter((one) => one.name === "Renamed")).toHaveLength(1);
    expect(life.activities(NOW)).toEqual(all);
  });
});

describe("recordings", () => {
  const recent = lifeOf(mira, NOW).activities(NOW).slice(-90);
  const first = (test: (activity: Activity) => boolean) => recent.find((one) => test(one) && !one.manual)!;

  it.each([...new Set(recent.map((one) => one.sport))])("of %s are plausible", (sport) => {
    for (const activity of recent.filter((one) => one.sport === sport)) check(activity);
  });

  function check(activity: Activity): void {
    const recording = recordingOf(mira, activity);
    const sums = summaryOf(mira, activity);
    if (activity.manual) return;
    const { time, distance, heart, lat, lng, altitude, speed } = recording!;
    const last = time.length - 1;
    for (let i = 1; i <= last; i++) expect(time[i]! > time[i - 1]!).toBe(true);
    expect(time[last]).toBe(sums.elapsed_s);
    expect(sums.elapsed_s).toBeGreaterThanOrEqual(sums.moving_s);
    expect(sums.elapsed_s).toBeLessThan(4.5 * 3600);
    if (distance)
      expect(Math.abs(distance[last]! - activity.distance_m)).toBeLessThanOrEqual(activity.distance_m * 0.01);
    const beats = heart.filter((one) => one > 0);
    expect(Math.min(...beats)).toBeGreaterThan(45);
    expect(Math.max(...beats)).toBeLessThanOrEqual(mira.max_heart_rate_bpm + 5);
    if (!lat || !lng || !altitude || !speed) return;
    const home = activity.sport === "virtual_ride" ? { lat: -11.6442, lng: 166.9521 } : activity.place;
    expect(metres([lat[0]!, lng[0]!], [home.lat, home.lng])).toBeLessThan(400);
    expect(metres([lat[0]!, lng[0]!], [lat[last]!, lng[last]!])).toBeLessThan(200);
    let walked = 0;
    for (let i = 1; i <= last; i++) {
      const step = metres([lat[i - 1]!, lng[i - 1]!], [lat[i]!, lng[i]!]);
      walked += step;
      if (step > 30 * Math.min(8, time[i]! - time[i - 1]!)) throw new Error(`teleport of ${step} m at ${i}`);
    }
    expect(Math.abs(walked - activity.distance_m)).toBeLessThan(activity.distance_m * 0.02);
  }

  it("follow each sport: strides on foot, watts from a meter, lengths in a pool, smart sampling in the hills", () => {
    expect(
      summaryOf(
        mira,
        first((one) => one.sport === "run"),
      ).avg_cadence_rpm,
    ).toBeGreaterThan(74);
    expect(
      summaryOf(
        mira,
        first((one) => one.sport === "run"),
      ).avg_cadence_rpm,
    ).toBeLessThan(95);
    expect(
      summaryOf(
        mira,
        first((one) => one.sport === "ride"),
      ).weighted_power_w,
    ).toBeGreaterThan(90);
    const swim = recordingOf(
      mira,
      first((one) => one.sport === "swim"),
    )!;
    expect(swim.lat).toBeNull();
    expect([...swim.distance!.slice(0, 4)]).toEqual([0, 25, 50, 75]);
    const trail = recordingOf(
      mira,
      first((one) => one.sport === "trail_run"),
    )!;
    expect(trail.time.length).toBeLessThan(trail.time.at(-1)! / 2);
  });

  it("find the quickest kilometre of steady steps", () => {
    const time = Int32Array.from({ length: 601 }, (_, i) => i);
    const distance = Float64Array.from(time, (s) => (s <= 300 ? s * 3 : 900 + (s - 300) * 5));
    const made = { time, distance } as Parameters<typeof quickest>[0];
    expect(quickest(made, 1000)).toEqual({ from: 300, to: 500, elapsed_s: 200 });
    expect(quickest(made, 5000)).toBeNull();
  });
});
