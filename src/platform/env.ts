/** Bindings and variables, parsed once. A missing or bad one is named in the error, its value never. */
import { z } from "zod";

/** What an operator has from a provider; access/credentials reads them by the provider's id. */
const CREDENTIAL = /^[A-Z0-9_]+_(?:CLIENT_ID|CLIENT_SECRET|OAUTH1_SECRET|WEBHOOK_SECRET)$/;

const secretList = z
  .string()
  .min(1)
  .transform((text) => text.split(",").map((item) => item.trim()))
  .refine((items) => items.every((item) => item.length >= 32), "each item needs at least 32 characters");

const encryptionKeys = z
  .string()
  .min(1)
  .transform((text, check) =>
    text.split(",").map((item) => {
      const [kid, encoded, ...rest] = item.trim().split(":");
      let key: Uint8Array | null = null;
      try {
        key = Uint8Array.from(atob(encoded ?? ""), (c) => c.charCodeAt(0));
      } catch {}
      if (!kid || !/^[A-Za-z0-9_-]{1,32}$/.test(kid) || rest.length > 0 || key?.length !== 32) {
        check.addIssue({ code: "custom", message: "must be `kid:base64` of 32 bytes, separated by commas" });
        return z.NEVER;
      }
      return { kid, key };
    }),
  );

const binding = <T>(name: string) =>
  z.custom<T>((value) => typeof value === "object" && value !== null, `binding ${name} is missing`);

/** `terms`, `private`, or a list such as `terms,strava=private`. */
const dataPolicy = z
  .string()
  .default("terms")
  .transform((text, check) => {
    const policy: DataPolicy = { standard: "terms", of: {} };
    for (const item of text.split(",").map((part) => part.trim())) {
      const [left, right] = item.split("=").map((part) => part.trim());
      const value = right ?? left;
      if (value !== "terms" && value !== "private") {
        check.addIssue({
          code: "custom",
          message: "must be `terms`, `private` or a list such as `terms,strava=private`",
        });
        return z.NEVER;
      }
      if (right === undefined) policy.standard = value;
      else policy.of[left!] = value;
    }
    return policy;
  });
export interface DataPolicy {
  standard: "terms" | "private";
  of: Record<string, "terms" | "private">;
}

const origin = z.string().transform((text, check) => {
  try {
    const url = new URL(text);
    if (
      (url.protocol === "https:" || url.protocol === "http:") &&
      url.pathname === "/" &&
      !url.search &&
      !url.hash &&
      !url.username
    ) {
      return url.origin;
    }
  } catch {}
  check.addIssue({ code: "custom", message: "must be an origin such as https://connect.example.com" });
  return z.NEVER;
});

const variables = z.object({
  BASE_URL: origin,
  SESSION_SECRET: secretList,
  ENCRYPTION_KEYS: encryptionKeys,
  GARMIN_OAUTH_VERSION: z.enum(["1.0a", "2.0"]).default("2.0"),
  SIGN_IN: z
    .string()
    .default("strava")
    .transform((text) =>
      text
        .split(",")
        .map((item) => item.trim().toLowerCase())
        .filter(Boolean),
    ),
  SIGN_UPS: z.enum(["open", "invite"]).default("invite"),
  DATA_POLICY: dataPolicy,
  OPERATOR_TOKEN: z
    .string()
    .min(32, "needs at least 32 characters")
    .optional()
    .transform((text) => text ?? null),
  PROVIDER_GATEWAY: z
    .string()
    .optional()
    .transform((text) => text ?? null)
    .pipe(origin.nullable()),
});
const bindings = z.object({
  DB: binding<D1Database>("DB"),
  SYNC_QUEUE: binding<Queue>("SYNC_QUEUE"),
  BACKFILL_QUEUE: binding<Queue>("BACKFILL_QUEUE"),
  ASSETS: binding<Fetcher>("ASSETS").optional(),
});

export type Env = z.infer<typeof variables> & z.infer<typeof bindings> & { shards: D1Database[] };

/** Thrown with the names of what is wrong, for a clear 503 and a log line. */
export class Misconfigured extends Error {
  readonly problems: { name: string; message: string }[];
  constructor(problems: { name: string; message: string }[]) {
    super(problems.map(({ name, message }) => `${name}: ${message}`).join("; "));
    this.name = "Misconfigured";
    this.problems = problems;
  }
}

const parsed = new WeakMap<object, Env>();

export function parseEnv(raw: object): Env {
  const known = parsed.get(raw);
  if (known) return known;
  // A line of `.dev.vars` or a `--var` without a value is not set.
  const given = Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== ""));
  const result = variables.extend(bindings.shape).safeParse(given);
  if (!result.success) {
    throw new Misconfigured(
      result.error.issues.map(({ path: [first], message }) => {
        const name = String(first);
        return { name, message: given[name] === undefined && !(name in bindings.shape) ? "is missing" : message };
      }),
    );
  }
  const shards = [result.data.DB];
  for (let n = 1; ; n++) {
    const shard = (raw as Record<string, unknown>)[`DB_${n}`] as D1Database | undefined;
    if (!shard) break;
    shards.push(shard);
  }
  const credentials = Object.fromEntries(
    Object.entries(given).filter(([name, value]) => CREDENTIAL.test(name) && typeof value === "string"),
  );
  const env = { ...credentials, ...result.data, shards };
  if (env.PROVIDER_GATEWAY && !isLoopback(env.BASE_URL)) {
    throw new Misconfigured([
      {
        name: "PROVIDER_GATEWAY",
        message: "is for development and tests: BASE_URL must be a loopback address with it",
      },
    ]);
  }
  parsed.set(raw, env);
  return env;
}

export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
