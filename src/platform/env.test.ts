import { expect, it } from "vitest";
import { type Misconfigured, parseEnv } from "./env.ts";

const needed = {
  BASE_URL: "https://connect.example.com",
  SESSION_SECRET: "a secret of at least thirty-two characters",
  ENCRYPTION_KEYS: `k1:${btoa("0123456789abcdef0123456789abcdef")}`,
  DB: {},
  SYNC_QUEUE: {},
  BACKFILL_QUEUE: {},
};

it("takes a variable without a value as one that is not set", () => {
  const names = ["SIGN_UPS", "SIGN_IN", "DATA_POLICY", "GARMIN_OAUTH_VERSION", "OPERATOR_TOKEN", "PROVIDER_GATEWAY"];
  const empty = Object.fromEntries(names.map((name) => [name, ""]));
  expect(parseEnv({ ...needed, ...empty })).toEqual(parseEnv({ ...needed }));
  expect(parseEnv({ ...needed, ...empty })).toMatchObject({
    SIGN_UPS: "invite",
    SIGN_IN: ["strava"],
    GARMIN_OAUTH_VERSION: "2.0",
    OPERATOR_TOKEN: null,
  });
});

it("names all that is missing or wrong, and no value", () => {
  const { SESSION_SECRET: _, ...rest } = needed;
  try {
    parseEnv({ ...rest, ENCRYPTION_KEYS: "", BASE_URL: "ftp://canary" });
    expect.unreachable();
  } catch (error) {
    expect((error as Misconfigured).problems.map(({ name, message }) => `${name} ${message}`).sort()).toEqual([
      "BASE_URL must be an origin such as https://connect.example.com",
      "ENCRYPTION_KEYS is missing",
      "SESSION_SECRET is missing",
    ]);
  }
});
