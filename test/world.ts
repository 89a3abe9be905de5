/**
 * A Worker for a test: its own clock, outside and log, the real D1 of workerd. Each world begins with empty tables, so a test
 * file makes one before each of its tests, or one for all of them.
 */
import { env as given } from "cloudflare:workers";
import { createApp } from "../src/http/app.ts";
import type { Context } from "../src/platform/context.ts";
import { type Env, parseEnv } from "../src/platform/env.ts";
import type { LogFields } from "../src/platform/log.ts";
import { createKey, type KeyScope } from "../src/store/keys.ts";
import type { providerConnection } from "../src/store/schema.ts";
import { createSession } from "../src/store/sessions.ts";
import { createPerson, type Person } from "../src/store/users.ts";

/** Databases, queues and assets. Not the variables: the pool mixes in those of a `.dev.vars` that `npm start` has written. */
const bindings = Object.fromEntries(Object.entries(given).filter(([, value]) => typeof value === "object"));

export const BASE_URL = "http://127.0.0.1:8787";
const PROVIDERS = ["STRAVA", "GARMIN", "OURA", "WHOOP", "FITBIT", "POLAR", "COROS"];

export const VARS: Record<string, string> = {
  BASE_URL,
  SESSION_SECRET: "test-session-secret-of-more-than-32-characters",
  ENCRYPTION_KEYS: `k1:${btoa("0123456789abcdef0123456789abcdef")}`,
  SIGN_UPS: "open",
  DATA_POLICY: "private",
  OPERATOR_TOKEN: "test-operator-token-of-more-than-32-characters",
  ...Object.fromEntries(
    PROVIDERS.flatMap((name) => [
      [`${name}_CLIENT_ID`, `${name.toLowerCase()}-client`],
      [`${name}_CLIENT_SECRET`, `${name.toLowerCase()}-secret`],
    ]),
  ),
};

export interface WorldOptions {
  /** All that leaves for a provider, by its real URL. Throws where a connection would break. */
  fetch?: (request: Request) => Promise<Response> | Response;
  /** Unix ms the clock starts at; it stands still unless `advance` moves it. Left out: the machine's clock. */
  now?: number;
  vars?: Record<string, string>;
  /** Begins as that world was, instead of empty. */
  kept?: Kept;
}

/** How a world was at an instant; its rows lie beside the tables until the file ends. */
export interface Kept {
  copy: string;
  now: number;
  people: { person: Person; cookies: [string, string][] }[];
  /** What the simulator of that world had saved. */
  simulator: unknown;
}

/** Leads to where several tests of a file begin: the first goes all the way, the others start from what was kept then. */
export function once(start: (kept: Kept) => Promise<void>, go: () => Promise<Kept>): () => Promise<void> {
  let kept: Kept | null = null;
  return async () => {
    // A simulator goes on with what it is given, so each gets its own.
    if (kept) await start({ ...kept, simulator: structuredClone(kept.simulator) });
    else kept = await go();
  };
}

/** `provider_connection` as it is stored. */
export type ConnectionRow = typeof providerConnection.$inferSelect;

export type World = Awaited<ReturnType<typeof world>>;

export async function world(options: WorldOptions = {}) {
  const { DB } = bindings as unknown as Env;
  const { kept } = options;
  await clear(DB);
  if (kept) await each(DB, (name) => `INSERT INTO "${name}" SELECT * FROM "${kept.copy}${name}"`);
  let offset = 0;
  const started = kept?.now ?? options.now ?? null;
  const logs: { event: string; fields: LogFields }[] = [];
  const queued: { sync: unknown[]; backfill: unknown[] } = { sync: [], backfill: [] };
  const pending: Promise<unknown>[] = [];
  const raw = {
    ...bindings,
    SYNC_QUEUE: recorder(queued.sync),
    BACKFILL_QUEUE: recorder(queued.backfill),
    ...VARS,
    ...options.vars,
  };
  const env = parseEnv(raw);
  const context: Context = {
    env,
    now: () => (started ?? Date.now()) + offset,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    fetch: async (input, init) => {
      if (!options.fetch) throw new Error(`this world has no outside, yet ${String(input)} was asked for`);
      return options.fetch(new Request(input as Request, init));
    },
    log: (event, fields = {}) => void logs.push({ event, fields }),
    queries: { spent: 0 },
    waitUntil: (promise) =>
      void pending.push(promise.catch((error) => logs.push({ event: "rejected", fields: { error: String(error) } }))),
  };
  const app = createApp(() => context);
  const execution = {
    waitUntil: context.waitUntil,
    passThroughOnException() {},
    props: {},
  } as unknown as ExecutionContext;
  const people: { person: Person; browser: Browser }[] = [];

  return {
    env,
    context,
    app,
    logs,
    /** What was sent to the queues; nothing consumes it by itself. */
    queued,
    advance(ms: number) {
      offset += ms;
    },
    request: (path: string, init: RequestInit = {}) =>
      Promise.resolve(
        app.fetch(new Request(new URL(path, env.BASE_URL), { redirect: "manual", ...init }), raw, execution),
      ),
    /** A browser without cookies. */
    browser: () =>
      browser((request) => Promise.resolve(app.fetch(request, raw, execution)), options.fetch, env.BASE_URL),
    /** Waits for all that was left to `waitUntil`, and for what that left. */
    async settle() {
      while (pending.length > 0) await pending.shift();
    },
    async keep(simulator: unknown = null): Promise<Kept> {
      const name = `${COPY}${++copies}_`;
      await each(DB, (table) => `CREATE TABLE "${name}${table}" AS SELECT * FROM "${table}"`);
      const now = context.now();
      const all = people.map(({ person, browser }) => ({ person, cookies: [...browser.cookies] }));
      return { copy: name, now, people: all, simulator: structuredClone(simulator) };
    },
    /** Somebody with an account, signed in, without any connection; of a kept world the same as there, with theirs. */
    async person(name = `Person ${people.length + 1}`): Promise<{ person: Person; browser: Browser }> {
      const known = kept?.people[people.length];
      const person = known?.person ?? (await somebody(context, name));
      const signedIn = browser(
        (request) => Promise.resolve(app.fetch(request, raw, execution)),
        options.fetch,
        env.BASE_URL,
      );
      const cookies = known?.cookies ?? [
        [
          env.BASE_URL.startsWith("https:") ? "__Host-qt_session" : "qt_session",
          (await createSession(context, person)).id,
        ],
      ];
      for (const [name, value] of cookies) signedIn.cookies.set(name, value);
      people.push({ person, browser: signedIn });
      return { person, browser: signedIn };
    },
    async key(person: Person, scopes: KeyScope[] = ["ingest", "read"]): Promise<string> {
      const made = await createKey(context, person, { name: "test", scopes });
      if (!made) throw new Error("no key was created");
      return made.key;
    },
    rows: async <Row = Record<string, unknown>>(sql: string, ...bind: unknown[]): Promise<Row[]> =>
      (
        await env.DB.prepare(sql)
          .bind(...bind)
          .all<Row>()
      ).results,
  };
}

async function somebody(context: Context, display_name: string): Promise<Person> {
  const person = await createPerson(context, {
    display_name,
    avatar_url: null,
    time_zone: "UTC",
    identity: { provider: "test", provider_user_id: crypto.randomUUID() },
    only: null,
  });
  if (!person) throw new Error("no person was created");
  return person;
}

export type Browser = ReturnType<typeof browser>;

/** Cookies and redirects, nothing more. */
function browser(inside: (request: Request) => Promise<Response>, outside: WorldOptions["fetch"], base: string) {
  const cookies = new Map<string, string>();
  async function request(path: string, init: RequestInit = {}): Promise<Response> {
    const url = new URL(path, base);
    const headers = new Headers(init.headers);
    if (url.origin !== base) {
      if (!outside) throw new Error(`this world has no outside, yet ${url.host} was navigated to`);
      return outside(new Request(url, { ...init, headers, redirect: "manual" }));
    }
    if (cookies.size > 0) headers.set("cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    const response = await inside(new Request(url, { ...init, headers, redirect: "manual" }));
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = cookie.split(";");
      const at = pair.indexOf("=");
      if (attributes.some((one) => /^\s*max-age=0\s*$/i.test(one))) cookies.delete(pair.slice(0, at));
      else cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  }
  return {
    cookies,
    request,
    /** A request of one of our own pages. */
    json: (method: string, path: string, body?: unknown) =>
      request(path, {
        method,
        headers: { "content-type": "application/json", origin: base, "sec-fetch-site": "same-origin" },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
    form: (path: string, fields: Record<string, string>) =>
      request(path, {
        method: "POST",
        headers: { origin: base, "sec-fetch-site": "same-origin" },
        body: new URLSearchParams(fields),
      }),
    /** Follows redirects, also through providers, to the last answer; `trail` has the addresses. */
    async follow(path: string): Promise<{ response: Response; trail: string[] }> {
      const trail = [new URL(path, base).href];
      let response = await request(trail[0]!);
      while (response.status >= 300 && response.status < 400 && trail.length < 10) {
        trail.push(new URL(response.headers.get("location")!, trail.at(-1)).href);
        response = await request(trail.at(-1)!);
      }
      return { response, trail };
    },
  };
}

const recorder = (messages: unknown[]) =>
  ({
    async send(message: unknown) {
      messages.push(message);
    },
    async sendBatch(batch: Iterable<{ body: unknown }>) {
      for (const { body } of batch) messages.push(body);
    },
  }) as unknown as Queue;

/** Empties all tables of ours. */
export async function clear(db: D1Database): Promise<void> {
  // On one line they are one statement to D1, and not thirty results.
  await db.exec((await ownTables(db)).map((name) => `DELETE FROM "${name}";`).join(" "));
}

let known: string[] | null = null;
/** Those of the migrations, which are the same for all files. */
async function ownTables(db: D1Database): Promise<string[]> {
  known ??= await tables(db);
  return known;
}

const COPY = "kept_";
let copies = 0;

async function each(db: D1Database, statement: (table: string) => string): Promise<void> {
  await db.batch((await ownTables(db)).map((name) => db.prepare(statement(name))));
}

export async function dropCopies(db: D1Database): Promise<void> {
  const dropped = (await tables(db, true)).map((name) => db.prepare(`DROP TABLE "${name}"`));
  if (dropped.length > 0) await db.batch(dropped);
}

async function tables(db: D1Database, areCopies = false): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'd1_%'
       AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND (name LIKE '${COPY}%') = ?1`,
    )
    .bind(Number(areCopies))
    .all<{ name: string }>();
  return results.map(({ name }) => name);
}
