import { describe, expect, it } from "vitest";
import type { Fault } from "../platform/errors.ts";
import { backoff, type Scene, settlementOf } from "./settle.ts";

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;
const scene = (given: Partial<Scene> = {}): Scene => ({
  now: NOW,
  failures: 0,
  tries: 0,
  again_at: null,
  item: false,
  random: 0,
  ...given,
});
const follows = (fault: Fault, given: Partial<Scene> = {}) => settlementOf(fault, scene(given));
const down: Fault = { kind: "unavailable", status: 503 };
const odd: Fault = { kind: "unreadable", pointer: "/0/id", reason: "not a number" };

describe("what follows a fault", () => {
  it("of the limit is a wait as long as the provider says, which counts as no failure", () => {
    expect(follows({ kind: "rate_limited", of: "application", until: NOW + 900_000 }, { failures: 2 })).toEqual({
      do: "wait",
      until: NOW + 900_000,
      failures: 2,
    });
  });

  it("of a limit whose end nobody tells is a wait that doubles", () => {
    const told: Fault = { kind: "rate_limited", of: "user", until: NOW + 5000, guessed: true };
    expect(follows(told)).toEqual({ do: "wait", until: NOW + 5000, failures: 1 });
    expect(follows(told, { failures: 4 })).toEqual({ do: "wait", until: NOW + 80_000, failures: 5 });
  });

  it("of an outage doubles from five seconds to an hour", () => {
    const waits = Array.from({ length: 12 }, (_, failures) => backoff(failures, 0) / 1000);
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
    expect(backoff(0, 0.999)).toBeGreaterThan(3700);
    expect(follows(down, { failures: 3 })).toEqual({ do: "wait", until: NOW + 40_000, failures: 4 });
  });

  it("of one record's outage lets that record wait too, so that those behind it are asked for", () => {
    expect(follows(down, { item: true })).toEqual({ do: "wait", until: NOW + 5000, failures: 1, item: NOW + 60_000 });
  });

  it("of a page that makes no sense is two more tries over a day, then a gap", () => {
    expect(follows(odd)).toEqual({ do: "wait", until: NOW + HOUR, failures: 0, tries: 1 });
    expect(follows(odd, { tries: 1 })).toEqual({ do: "wait", until: NOW + 23 * HOUR, failures: 0, tries: 2 });
    expect(follows(odd, { tries: 2 })).toEqual({ do: "pass", reason: "/0/id not a number" });
  });

  it("of such a page looked at before its time is no further try", () => {
    expect(follows(odd, { tries: 1, again_at: NOW + 5 })).toEqual({
      do: "wait",
      until: NOW + 5,
      failures: 0,
      tries: 1,
    });
    expect(follows(odd, { tries: 2, again_at: NOW })).toMatchObject({ do: "pass" });
  });

  it("of one record that makes no sense keeps only that one waiting, for good once a day", () => {
    expect(follows(odd, { item: true })).toMatchObject({ until: NOW, item: NOW + HOUR });
    expect(follows(odd, { item: true, tries: 5 })).toMatchObject({ until: NOW, item: NOW + 24 * HOUR });
  });

  it("of a record that is not there is to leave it, after some minutes", () => {
    const gone = (tries: number) => follows({ kind: "gone" }, { item: true, tries });
    expect([0, 1, 2].map((tries) => gone(tries))).toEqual(
      [1, 2, 4].map((minutes) => ({ do: "wait", until: NOW, failures: 0, item: NOW + minutes * 60_000 })),
    );
    expect(gone(3)).toEqual({ do: "pass", reason: "not there" });
  });

  it("of a list that is refused or not there is a long wait, for time alone seldom mends it", () => {
    expect(follows({ kind: "gone" })).toMatchObject({ do: "wait", until: NOW + HOUR });
    expect(follows({ kind: "forbidden" }, { failures: 9 })).toMatchObject({ do: "wait", until: NOW + 24 * HOUR });
    expect(follows({ kind: "needs_person", text: "membership lapsed" })).toMatchObject({
      do: "wait",
      until: NOW + 6 * HOUR,
    });
  });

  it("of a scope stops the stream, of the token the connection's access, of a withdrawal the connection", () => {
    expect(follows({ kind: "scope_missing", scope: "activity:read" })).toEqual({ do: "stop", why: "scope_missing" });
    expect(follows({ kind: "unauthorized" })).toEqual({ do: "reauthorise" });
    expect(follows({ kind: "ended" })).toEqual({ do: "goodbye" });
  });
});
