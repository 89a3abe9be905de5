import { describe, expect, it } from "vitest";
import { count, dateOf, distance, duration, pace, relative, sportName, timeOf } from "./words.ts";

describe("words for values", () => {
  it("tell durations as people do", () => {
    expect([0, 45, 59.4, 60, 605, 3599, 3600, 5025].map(duration)).toEqual([
      "0 s",
      "45 s",
      "59 s",
      "1 min",
      "10 min",
      "1 h",
      "1 h",
      "1 h 24 min",
    ]);
    expect(duration(null)).toBe("–");
  });

  it("tell distances and paces in the unit of the sport", () => {
    expect(distance(800)).toBe("800 m");
    expect(distance(12345)).toBe("12.3 km");
    // 1000 m ÷ 4 m/s = 250 s
    expect(pace("running", 4)).toBe("4:10 /km");
    // 100 m ÷ 1.25 m/s = 80 s
    expect(pace("swimming", 1.25)).toBe("1:20 /100 m");
    expect(pace("cycling", 10)).toBe("36.0 km/h");
    expect(pace("running", 0)).toBe("–");
    expect(count(12048.4)).toBe("12,048");
  });

  it("tell sports without what is generic", () => {
    expect(sportName("running", "trail")).toBe("Running, trail");
    expect(sportName("cycling", "generic")).toBe("Cycling");
    expect(sportName("generic", "generic")).toBe("Workout");
    expect(sportName("cross_country_skiing", "skate_skiing")).toBe("Cross country skiing, skate skiing");
  });

  it("tell a time in the record's own offset, else in the person's zone", () => {
    const at = Date.UTC(2026, 2, 1, 23, 30);
    expect([dateOf(at, 3600, "UTC"), timeOf(at, 3600, "UTC")]).toEqual(["Mon, 2 Mar 2026", "00:30"]);
    expect([dateOf(at, null, "America/New_York"), timeOf(at, null, "America/New_York")]).toEqual([
      "Sun, 1 Mar 2026",
      "18:30",
    ]);
  });

  it("tell how long ago and how soon", () => {
    const now = Date.UTC(2026, 2, 1);
    const at = (seconds: number) => relative(now + seconds * 1000, now);
    expect([-10, 10, -60, -300, 900, 7200, -86_400 * 3].map(at)).toEqual([
      "just now",
      "in a moment",
      "1 minute ago",
      "5 minutes ago",
      "in 15 minutes",
      "in 2 hours",
      "3 days ago",
    ]);
  });
});
