import { describe, expect, it } from "vitest";
import { errorText } from "./log.ts";

describe("what is logged of an error nobody expected", () => {
  it.each([
    ["a URL with a code", new TypeError("Invalid URL https://x.example/?code=SECRET at fetch")],
    ["lines that look like frames", new Error("one\n    at SECRET (file:///SECRET.ts:1:2)\nthree at SECRET")],
    ["a name that is none", Object.assign(new Error("m"), { name: "SECRET token" })],
    ["no stack", Object.assign(new Error("SECRET"), { stack: undefined })],
  ])("is its class and place, and nothing of its message: %s", (_, error) => {
    expect(errorText(error)).not.toContain("SECRET");
    expect(errorText(error)).toMatch(/^(TypeError|Error)/);
  });

  it("names the function and the line", () => {
    function fails(): never {
      throw new RangeError("secret");
    }
    let caught: unknown;
    try {
      fails();
    } catch (error) {
      caught = error;
    }
    expect(errorText(caught)).toMatch(/^RangeError fails log\.test\.ts:\d+:\d+$/);
  });

  it("is the type of what is no error", () => {
    expect(errorText("SECRET")).toBe("string");
  });
});
