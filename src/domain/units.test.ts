import { describe, expect, it } from "vitest";
import { convert, percentOf, QUANTITIES } from "./units.ts";

describe("conversions", () => {
  it.each([
    [4.184, "kJ", "kcal", 1],
    [1000, "kJ", "kcal", 1000 / 4.184],
    [4184, "J", "kcal", 1],
    [2500, "cal", "kcal", 2.5],
    [7, "Cal", "kcal", 7],
    [1, "mi", "m", 1609.344],
    [5.2, "km", "m", 5200],
    [57, "cm", "m", 0.57],
    [6, "ft", "m", 6 * 0.3048],
    [70, "in", "m", 70 * 0.0254],
    [10, "km/hr", "m/s", 10 / 3.6],
    [5, "min/km", "m/s", 1000 / 300],
    [8, "min/mi", "m/s", 1609.344 / 480],
    [10, "mph", "m/s", 4.4704],
    [1.5, "hr", "s", 5400],
    [30, "min", "s", 1800],
    [150, "lb", "kg", 150 * 0.45359237],
    [11, "st", "kg", 11 * 6.35029318],
    [70500, "g", "kg", 70.5],
    [212, "degF", "degC", 100],
    [98.6, "°F", "degC", ((98.6 - 32) * 5) / 9],
    [310, "K", "degC", 310 - 273.15],
    [1.5, "count/s", "bpm", 90],
    [14, "count/min", "brpm", 14],
    [18.01559, "mg/dL", "mmol/L", 1],
    [5.5, "mmol<180.1558800000541>/L", "mmol/L", 5.5],
    [16, "kPa", "mmHg", 16 * 7.500616827],
    [250, "mL", "L", 0.25],
    [1, "fl_oz_us", "L", 0.0295735295625],
    [1234, "mg", "g", 1.234],
    [0.095, "g", "mg", 95],
    [0.4, "mg", "mcg", 400],
    [0.045, "s", "ms", 45],
    [44.1, "mL/min·kg", "mL/(kg·min)", 44.1],
    [1.3, "kcal/hr·kg", "MET", 1.3],
    [22.4, "count", "kg/m2", 22.4],
    [97, "%", "%", 97],
  ] as const)("%d %s as %s", (value, unit, quantity, expected) => {
    expect(convert(value, unit, quantity)).toBe(expected);
  });

  it("know no unit that is not one of the quantity's", () => {
    expect(convert(1, "kJ", "kg")).toBeNull();
    expect(convert(1, "", "kcal")).toBeNull();
    expect(convert(1, "constructor", "kcal")).toBeNull();
  });

  it("leave a value in the quantity's own unit as it is", () => {
    const own = { brpm: "breaths/min", "mL/(kg·min)": "mL/kg/min" } as Record<string, string>;
    for (const quantity of QUANTITIES) expect(convert(12.345, own[quantity] ?? quantity, quantity)).toBe(12.345);
  });

  it("read a fraction under % as one", () => {
    expect([97, 0.97, 1, 0, 1.5].map(percentOf)).toEqual([97, 97, 100, 0, 1.5]);
  });
});
