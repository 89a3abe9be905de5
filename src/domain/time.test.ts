import { describe, expect, it } from "vitest";
import { toWire } from "./time.ts";

const AT = Date.parse("2026-03-01T06:30:00Z");

describe("a time on the wire", () => {
  it("is in its own offset, and in UTC where that is unknown", () => {
    expect(toWire(AT, 3600)).toBe("2026-03-01T07:30:00+01:00");
    expect(toWire(AT, 20_700)).toBe("2026-03-01T12:15:00+05:45");
    expect(toWire(AT + 250, -12_600)).toBe("2026-03-01T03:00:00.250-03:30");
    expect(toWire(AT, 0)).toBe("2026-03-01T06:30:00+00:00");
    expect(toWire(AT, null)).toBe("2026-03-01T06:30:00Z");
  });

  it("names the same instant whatever a device clock is set to", () => {
    for (const offset of [3598, -3601, 20, -20, 86_399, -86_400, 86_400, 50_000]) {
      expect([offset, Date.parse(toWire(AT, offset))]).toEqual([offset, AT]);
    }
    expect(toWire(AT, 3598)).toBe("2026-03-01T07:30:00+01:00");
    expect(toWire(AT, 86_400)).toBe("2026-03-01T06:30:00Z");
  });
});
