import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, URL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { portalOf } from "./portal.ts";
import { fillIn, readVariables, writeVariables } from "./variables.ts";

const example = fileURLToPath(new URL("../.dev.vars.example", import.meta.url));
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "qt-variables-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe(".dev.vars", () => {
  it("gets secrets of its own, long enough for what they do", () => {
    const [one, two] = ["one", "two"].map((name) => {
      const file = path.join(directory, name);
      expect(writeVariables(file, example)).toBe(true);
      return readVariables(file);
    });
    expect(Buffer.from(one!.SESSION_SECRET!, "base64")).toHaveLength(32);
    expect(one!.ENCRYPTION_KEYS).toMatch(/^k1:/);
    expect(Buffer.from(one!.ENCRYPTION_KEYS!.slice(3), "base64")).toHaveLength(32);
    expect(one!.OPERATOR_TOKEN).toMatch(/^[0-9a-f]{64}$/);
    for (const name of ["SESSION_SECRET", "ENCRYPTION_KEYS", "OPERATOR_TOKEN", "STRAVA_CLIENT_SECRET"]) {
      expect(one![name]).not.toBe(two![name]);
    }
  });

  it("opens a private instance that anybody may sign up to, with the simulator in place of the providers", () => {
    const file = path.join(directory, "vars");
    writeVariables(file, example);
    expect(readVariables(file)).toMatchObject({
      DATA_POLICY: "private",
      SIGN_UPS: "open",
      PROVIDER_GATEWAY: "http://localhost:8788",
      BASE_URL: "http://127.0.0.1:8787",
    });
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it("is never overwritten", () => {
    const file = path.join(directory, "vars");
    writeFileSync(file, "BASE_URL=https://mine.example\n");
    expect(writeVariables(file, example)).toBe(false);
    expect(readFileSync(file, "utf8")).toBe("BASE_URL=https://mine.example\n");
  });
});

describe("fillIn", () => {
  it("keeps comments and refuses a name that the example does not explain", () => {
    expect(fillIn("# why\nA=\nB=2\n", { A: "$&1" })).toBe("# why\nA=$&1\nB=2\n");
    expect(() => fillIn("A=\n", { C: "3" })).toThrow("no line for C");
  });
});

describe("the simulated portals", () => {
  it("are told the application and the webhook with its path secret", () => {
    // HMAC-SHA256 of "webhook:garmin" under the first item of the list, its first 32 digits (openssl dgst -sha256 -hmac first).
    expect(
      portalOf(
        { SESSION_SECRET: "first, second", GARMIN_CLIENT_ID: "id", GARMIN_CLIENT_SECRET: "s:1" },
        "http://127.0.0.1:1",
      ),
    ).toEqual({
      SIM_GARMIN_CLIENT: "id:s:1",
      SIM_GARMIN_CALLBACK: "http://127.0.0.1:1/api/webhooks/garmin/f9356578f26603230f5a40b7cbcfae0f",
    });
  });
});
