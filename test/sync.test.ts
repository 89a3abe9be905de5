import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSimulator, type Simulator, type SimulatorOptions } from "../simulator/app.ts";
import { person as somebody } from "../simulator/person.ts";
import { begin, finish, link } from "../src/connect/connect.ts";
import { disconnect } from "../src/connect/disconnect.ts";
import { connectionViews } from "../src/connect/views.ts";
import { tick } from "../src/cron/index.ts";
import type { Context } from "../src/platform/context.ts";
import { providerOf } from "../src/providers/index.ts";
import { consume } from "../src/queue.ts";
import { type Connection, connectionOf } from "../src/store/connections.ts";
import type { Person } from "../src/store/users.ts";
import type { StreamMessage } from "../src/sync/messages.ts";
import { requestSync } from "../src/sync/schedule.ts";
import { type Kept, once, type World, type WorldOptions, world } from "./world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TICK = "*/5 * * * *";
const NIGHTLY = "17 3 * * *";
const LIST = "/api/v3/athlete/activities";
const strava = providerOf("strava")!;

let simulator: Simulator;
let w: World;
let owner: Person;
let saved: unknown;
/** What happens on the way to the provider, before it hears of the request. */
let underway: (request: Request) => Promise<void> | void;

/** A month of somebody's life unless a test wants more, and limits that are no matter unless a test sets them. */
const MONTH: SimulatorOptions["users"] = [somebody("sync", "kim", { months: 1, diligence: 0.3 })];
/**
 * Always the same day, for there are days after weeks without an activity; ahead of the database's own clock, by which a want is due,
 * and a minute into a quarter of an hour.
 */
const NOW = Date.UTC(2050, 4, 22, 12, 1);
async function start(options: Partial<SimulatorOptions> = {}, vars?: WorldOptions["vars"], kept?: Kept): Promise<void> {
  w = await world({
    fetch: async (request) => {
      await underway(request);
      return simulator.fetch(request);
    },
    now: NOW,
    vars,
    kept,
  });
  simulator = createSimulator({
    seed: "sync",
    now: () => w.context.now(),
    consent: "auto",
    users: MONTH,
    saved: kept?.simulator,
    save: (state) => (saved = state),
    ...options,
  });
  simulator.control.configure("strava", { overall: [1e6, 1e6], read: [1e6, 1e6] });
  ({ person: owner } = await w.person());
}
beforeEach(async () => {
  underway = () => {};
  await start();
});
afterEach(() => vi.restoreAllMocks());

async function connect(): Promise<Connection> {
  const { url, pending } = await begin(w.context, strava, { session: null, return_to: "/" });
  const back = await simulator.fetch(new Request(url, { redirect: "manual" }));
  const arrival = await finish(w.context, strava, pending, null, new URL(back.headers.get("location")!).searchParams);
  await link(w.context, owner, strava, arrival);
  return (await connectionOf(w.context, owner, "strava"))!;
}

let messages = 0;
/** What became of one message: `ack`, or `retry` and its delay. */
async function deliver(body: unknown, queue = "qt-sync", context: Context = w.context): Promise<string> {
  let outcome = "none";
  const message = {
    id: String(++messages),
    timestamp: new Date(),
    attempts: 1,
    body,
    ack: () => void (outcome = "ack"),
    retry: ({ delaySeconds }: { delaySeconds: number }) => void (outcome = `retry ${delaySeconds}`),
  };
  await consume(context, { queue, messages: [message] } as unknown as MessageBatch<unknown>);
  return outcome;
}

const nextMessage = () => (w.queued.sync.shift() ?? w.queued.backfill.shift()) as StreamMessage | undefined;
/** All messages of a stream that are queued now. */
const queuedFor = (stream: string) =>
  ([...w.queued.sync, ...w.queued.backfill] as StreamMessage[]).filter((message) => message.stream === stream);

/** Delivers all that is queued, and what that queues. */
async function drain(only: (stream: string) => boolean = () => true): Promise<void> {
  for (let message = nextMessage(); message !== undefined; message = nextMessage()) {
    if (only(message.stream)) expect(await deliver(message)).toBe("ack");
  }
}
const synced = once(
  (kept) => start({}, undefined, kept),
  async () => {
    await connect();
    await drain();
    return w.keep(saved);
  },
);
/** Time passes, cron ticks, queues deliver. */
async function later(ms: number, cron = TICK): Promise<void> {
  w.advance(ms);
  await tick(w.context, cron);
  await drain();
}

/** Waits inside a message end at once; answers how long they would have been. Time-outs, longer than these, stay. */
function hurry(): number[] {
  const pauses: number[] = [];
  const real = globalThis.setTimeout;
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((work: () => void, ms = 0) => {
    const wait = ms > 2000 && ms < 10_000;
    if (wait) pauses.push(ms);
    return real(work, wait ? 0 : ms);
  }) as typeof setTimeout);
  return pauses;
}

const rows = <Row>(sql: string, ...bind: unknown[]) => w.rows<Row>(sql, ...bind);
const count = async (from: string) => (await rows<{ n: number }>(`SELECT count(*) AS n FROM ${from}`))[0]!.n;
const cursor = async (stream: string) =>
  (
    await rows<{ due_at: number | null; failures: number; stopped: string | null; backfill_done: number; run: number }>(
      "SELECT * FROM sync_cursor WHERE stream = ?1",
      stream,
    )
  )[0]!;
const view = async () => (await connectionViews(w.context, owner))[0]!;
const stored = async () =>
  (await rows<{ external_id: string }>("SELECT external_id FROM activity ORDER BY 1")).map((row) => row.external_id);
const who = () => simulator.control.people()[0]!.key;
const inLife = () => simulator.control.activities(who());
const there = () =>
  inLife()
    .map(({ ids }) => ids.strava!)
    .sort();
const calls = (path: string | RegExp) => simulator.control.calls({ path });

/** Everything is read, and nothing is left to do but to poll. */
async function expectWhole(): Promise<void> {
  expect(await stored()).toEqual(there());
  expect(await count("want WHERE done < wanted")).toBe(0);
  expect(await count("activity WHERE json_extract(parts, '$.of.detail') IS NULL")).toBe(0);
  expect(await count("track")).toBe(inLife().filter(({ manual }) => !manual).length);
  expect((await cursor("activities:history")).backfill_done).toBe(1);
}

describe("the first sync", () => {
  it("brings history, details and tracks, each once, and then rests until the next poll", async () => {
    await connect();
    await drain();
    expect(there().length).toBeGreaterThan(8);
    await expectWhole();
    expect((await cursor("activities")).due_at).toBe(w.context.now() + HOUR);
    expect((await cursor("activity_detail")).due_at).toBeNull();
    expect(calls(/^\/api\/v3\/activities\/\d+$/)).toHaveLength(there().length);
    const connection = (await connectionOf(w.context, owner, "strava"))!;
    expect(connection.last_success_at).toBe(w.context.now());
    expect(connection.profile.member_since).toBeTypeOf("number");
  });

  it("puts this week's activities before the history", async () => {
    await connect();
    const young = inLife().filter(({ start }) => Date.parse(start) > w.context.now() - 7 * DAY);
    await deliver(queuedFor("activities")[0]);
    expect(await stored()).toEqual(young.map(({ ids }) => ids.strava!).sort());
    expect(w.queued.sync.map((message) => (message as StreamMessage).stream)).toContain("activity_detail");
  });

  it("of somebody without activities is whole at once", async () => {
    await start({ users: [somebody("sync", "new", { months: 0 })] });
    await connect();
    await drain();
    expect(await stored()).toEqual([]);
    expect((await view()).backfill).toEqual({ done_share: 1, from: null, to: w.context.now() });
  });

  it("tells what is still to come, and until when it waits for the limit, which is no error", async () => {
    simulator.control.configure("strava", { overall: [200, 2000], read: [20, 1000] });
    await connect();
    await drain();
    const { streams, waiting_until, last_error } = await view();
    const open = (kind: string) => streams.find(({ stream }) => stream === kind)!.pending;
    expect(open("activity_detail")).toBeGreaterThan(0);
    expect(open("activity_detail")).toBe(await count("want WHERE kind = 'activity_detail' AND done < wanted"));
    expect(waiting_until).toBe((Math.floor(w.context.now() / 900_000) + 1) * 900_000);
    expect(last_error).toBeNull();
  });
});

/** A database that a crash may take from its caller at any call: before it happened, or before its answer came. */
function mortal(db: D1Database, dies: () => boolean): D1Database {
  let dead = false;
  const raw = new WeakMap<object, D1PreparedStatement>();
  const through = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead || dies()) {
      dead = true;
      throw new Error("crash before the call");
    }
    const result = await work();
    if (dies()) {
      dead = true;
      throw new Error("crash before the answer");
    }
    return result;
  };
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      first: () => through(() => statement.first()),
      all: () => through(() => statement.all()),
      run: () => through(() => statement.run()),
    } as unknown as D1PreparedStatement;
    raw.set(wrapped, statement);
    return wrapped;
  };
  return {
    prepare: (sql: string) => wrap(db.prepare(sql)),
    batch: (list: D1PreparedStatement[]) => through(() => db.batch(list.map((one) => raw.get(one) ?? one))),
  } as unknown as D1Database;
}

function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Messages are lost, come twice, in any order, and their runners die; cron goes on ticking until all is quiet. */
async function throughChaos(
  seed: number,
  quiet: () => Promise<boolean>,
  only: (stream: string) => boolean,
): Promise<number> {
  const draw = dice(seed);
  let crashes = 0;
  for (let round = 0; round < 300; round++) {
    const all = [...w.queued.sync.splice(0), ...w.queued.backfill.splice(0)].filter((one) =>
      only((one as StreamMessage).stream),
    );
    for (const message of all.sort(() => draw() - 0.5)) {
      const fate = draw();
      if (fate < 0.1) continue;
      for (let copies = fate < 0.3 ? 2 : 1; copies > 0; copies--) {
        const db = mortal(w.env.DB, () => draw() < 0.01);
        const outcome = await deliver(message, "qt-sync", { ...w.context, env: { ...w.env, DB: db, shards: [db] } });
        if (outcome !== "ack") crashes++;
      }
    }
    if (w.queued.sync.length + w.queued.backfill.length > 0) continue;
    if (await quiet()) return crashes;
    w.advance(5 * MINUTE);
    await tick(w.context, TICK);
  }
  throw new Error("it never came to rest");
}

describe("a worker that is killed again and again", () => {
  it("still brings two years of activities without a gap or a double", async () => {
    await start({ users: [somebody("sync", "mira", { months: 24 })] });
    await connect();
    const lists = (stream: string) => !stream.startsWith("activity_");
    const done = async () => (await cursor("activities:history")).backfill_done === 1;
    let crashes = await throughChaos(1, done, lists);
    expect(there().length).toBeGreaterThan(500);
    expect(Date.parse(inLife()[0]!.start)).toBeLessThan(w.context.now() - 725 * DAY);
    expect(await stored()).toEqual(there());

    // The whole history once more, as after a restored backup: nothing changes.
    const before = await rows("SELECT external_id, version, updated_at FROM activity ORDER BY 1");
    await rows(
      "UPDATE sync_cursor SET position = '{}', backfill_done = 0, due_at = 0, lease_until = 0 WHERE stream LIKE 'activities%'",
    );
    crashes += await throughChaos(2, done, lists);
    expect(crashes).toBeGreaterThan(0);
    expect(await rows("SELECT external_id, version, updated_at FROM activity ORDER BY 1")).toEqual(before);
  }, 60_000);

  it("still brings every detail and track", async () => {
    await start({ users: [somebody("sync", "busy", { months: 1, diligence: 0.5 })] });
    await connect();
    const crashes = await throughChaos(
      3,
      async () =>
        (await cursor("activities:history")).backfill_done === 1 && (await count("want WHERE done < wanted")) === 0,
      () => true,
    );
    expect(crashes).toBeGreaterThan(3);
    await expectWhole();
  }, 60_000);
});

describe("what changes at the provider", () => {
  beforeEach(synced);

  it("is caught by the next poll: late uploads and edits of the week", async () => {
    const late = await simulator.control.addActivity(who(), {
      sport: "run",
      start: w.context.now() - 5 * DAY,
      duration_s: 1800,
    });
    const edited = inLife().find(({ start }) => Date.parse(start) > w.context.now() - 6 * DAY)!;
    await simulator.control.editActivity(who(), edited.key, { name: "Renamed", description: "Changed my mind" });
    await later(HOUR);
    await expectWhole();
    expect(await stored()).toContain(late.ids.strava);
    const [row] = await rows<{ name: string; extra: string }>(
      "SELECT name, extra FROM activity WHERE external_id = ?1",
      edited.ids.strava,
    );
    expect(row!.name).toBe("Renamed");
    expect(JSON.parse(row!.extra).description).toBe("Changed my mind");
  });

  it("is looked for a day ahead, and then again from now on, not from tomorrow", async () => {
    for (let polls = 0; polls < 2; polls++) {
      simulator.control.clearCalls();
      await later(HOUR);
      const before = new URLSearchParams(calls(LIST)[0]!.query).get("before");
      expect(before).toBe(String(Math.ceil((w.context.now() + DAY) / 1000)));
    }
    const [{ position }] = (await rows<{ position: string }>(
      "SELECT position FROM sync_cursor WHERE stream = 'activities'",
    )) as [{ position: string }];
    expect(JSON.parse(position).high).toBe(w.context.now());
  });

  it("is caught within a day where it is older: edits of the month", async () => {
    const old = inLife().findLast(({ start }) => Date.parse(start) < w.context.now() - 9 * DAY)!;
    await simulator.control.editActivity(who(), old.key, { name: "Long ago" });
    await later(HOUR);
    const name = () => rows<{ name: string }>("SELECT name FROM activity WHERE external_id = ?1", old.ids.strava);
    expect(await name()).not.toEqual([{ name: "Long ago" }]);
    await later(DAY);
    expect(await name()).toEqual([{ name: "Long ago" }]);
  });

  it("is taken back where it was deleted, once the provider has said so of that very activity", async () => {
    const gone = inLife().at(-1)!;
    await simulator.control.deleteActivity(who(), gone.key);
    simulator.control.clearCalls();
    await later(HOUR);
    expect(calls(`/api/v3/activities/${gone.ids.strava}`).map(({ status }) => status)).toEqual([404]);
    expect(await stored()).toEqual(there());
    expect(await rows("SELECT external_id FROM tombstone")).toEqual([{ external_id: gone.ids.strava }]);
  });

  it("costs one request and no written record where nothing did", async () => {
    const before = await rows("SELECT external_id, version, updated_at FROM activity ORDER BY 1");
    simulator.control.clearCalls();
    await later(HOUR);
    expect(simulator.control.calls().map(({ path }) => path)).toEqual([LIST]);
    expect(await rows("SELECT external_id, version, updated_at FROM activity ORDER BY 1")).toEqual(before);
  });
});

describe("a provider that refuses", () => {
  it("by its limit is asked again when it said so, and the wait is in the database, not in the queue", async () => {
    await connect();
    const headers = { "x-readratelimit-limit": "100,1000", "x-readratelimit-usage": "101,500" };
    simulator.control.fault({ kind: "status", status: 429, headers, path: LIST });
    const [live] = queuedFor("activities");
    expect(await deliver(live)).toBe("ack");
    const quarter = (Math.floor(w.context.now() / 900_000) + 1) * 900_000;
    expect(await cursor("activities")).toMatchObject({ due_at: quarter, failures: 0 });
    expect(queuedFor("activities")).toEqual([live]);
    await drain();
    simulator.control.clearCalls();
    await later(quarter - w.context.now() - 1);
    expect(simulator.control.calls()).toEqual([]);
    await later(1);
    await expectWhole();
  });

  it("before it would is not even asked: the headers' limits are kept, with a share left for what is new", async () => {
    simulator.control.configure("strava", { overall: [200, 2000], read: [20, 1000] });
    await connect();
    await drain();
    const used = simulator.control.calls({ path: /^\/api\/v3\// });
    expect(used.length).toBeLessThanOrEqual(20);
    expect(used.every(({ status }) => status < 400)).toBe(true);
    for (let quarters = 0; quarters < 10; quarters++) await later(15 * MINUTE);
    await expectWhole();
    expect(simulator.control.calls({ path: /^\/api\/v3\// }).every(({ status }) => status < 400)).toBe(true);
  });

  it("by an outage is asked again later and later, and as usual when it is back", async () => {
    await synced();
    const pauses = hurry();
    simulator.control.fault({ kind: "status", status: 503, path: LIST, count: 0 });
    await later(HOUR);
    expect(pauses.some((ms) => ms >= 3750 && ms <= 5000)).toBe(true);
    const waits: number[] = [];
    for (let n = 0; n < 3; n++) {
      const { due_at } = await cursor("activities");
      waits.push((due_at! - w.context.now()) / 1000);
      await later(due_at! - w.context.now());
    }
    for (const [i, least] of [7.5, 15, 30].entries()) {
      expect(waits[i]).toBeGreaterThanOrEqual(least);
      expect(waits[i]).toBeLessThanOrEqual(2 * 1.34 * least);
    }
    expect(await view()).toMatchObject({
      status: "active",
      last_error: { code: "unavailable", stream: "activities" },
    });
    simulator.control.clearFaults();
    await later(HOUR);
    expect(await cursor("activities")).toMatchObject({ failures: 0, due_at: w.context.now() + HOUR });
    expect((await view()).last_error).toBeNull();
  });

  it("one activity only keeps none of the others waiting, and is asked for that one again", async () => {
    const odd = inLife().at(-1)!.ids.strava!;
    simulator.control.fault({ kind: "status", status: 500, path: `/api/v3/activities/${odd}`, count: 0 });
    simulator.control.fault({
      kind: "status",
      status: 200,
      body: [],
      path: `/api/v3/activities/${odd}/streams`,
      count: 0,
    });
    hurry();
    await connect();
    await drain();
    expect(await rows("SELECT DISTINCT external_id FROM want WHERE done < wanted")).toEqual([{ external_id: odd }]);
    simulator.control.clearFaults();
    await later(DAY);
    await expectWhole();
  });

  it("a scope stops the streams that need it and no other", async () => {
    await connect();
    const body = {
      message: "Authorization Error",
      errors: [{ resource: "AccessToken", field: "activity:read_permission", code: "missing" }],
    };
    simulator.control.fault({ kind: "status", status: 401, body, path: LIST, count: 0 });
    await drain();
    expect(await cursor("activities")).toMatchObject({ due_at: null, stopped: "scope_missing" });
    expect(await cursor("profile")).toMatchObject({ due_at: w.context.now() + DAY, stopped: null });
    expect(await view()).toMatchObject({
      status: "active",
      missing_scopes: ["activity:read_all"],
      last_error: { code: "scope_missing", stream: "activities" },
    });

    // The button asks again: whether it is still refused is the provider's to say.
    simulator.control.clearFaults();
    await requestSync(w.context, owner, "strava");
    await drain();
    expect(await view()).toMatchObject({ missing_scopes: [], last_error: null });
    await expectWhole();
  });

  it.each([
    [403, { message: "Forbidden" }, "forbidden"],
    [400, { message: "Bad Request" }, "unreadable"],
    [200, {}, "unreadable"],
  ])(
    "all of one stream with %i is told for as long as it does, whatever else goes well",
    async (status, body, code) => {
      await connect();
      simulator.control.fault({ kind: "status", status, body, path: LIST, count: 0 });
      await drain();
      const told = await view();
      expect(told).toMatchObject({ status: "active", last_success_at: w.context.now() });
      expect(told.last_error).toEqual({ code, at: w.context.now(), stream: "activities" });
      expect(told.streams.map(({ stream, error }) => [stream, error?.code ?? null])).toEqual([
        ["activities", code],
        ["activity_absent", null],
        ["activity_detail", null],
        ["activity_track", null],
        ["profile", null],
      ]);
      simulator.control.clearFaults();
      await requestSync(w.context, owner, "strava");
      await drain();
      expect((await view()).last_error).toBeNull();
      await expectWhole();
    },
  );

  it("every record of a kind is told, too", async () => {
    await connect();
    simulator.control.fault({ kind: "status", status: 200, body: [], path: /^\/api\/v3\/activities\/\d+$/, count: 0 });
    await drain();
    expect((await view()).last_error).toMatchObject({ code: "unreadable", stream: "activity_detail" });
  });

  it("a listed activity's detail for a while is asked again; for good it stays as it is listed", async () => {
    const [odd, late] = inLife().map(({ ids }) => ids.strava!);
    const missing = (id: string, count: number) =>
      simulator.control.fault({ kind: "status", status: 404, path: `/api/v3/activities/${id}`, count });
    missing(odd!, 0);
    missing(late!, 2);
    await connect();
    await drain();
    for (let n = 0; n < 4; n++) await later(5 * MINUTE);
    expect(await stored()).toEqual(there());
    expect(await count("tombstone")).toBe(0);
    expect(await count("want WHERE done < wanted")).toBe(0);
    expect(await rows("SELECT external_id FROM activity WHERE json_extract(parts, '$.of.detail') IS NULL")).toEqual([
      { external_id: odd },
    ]);
  });

  it("a page that makes no sense is not given up sooner because somebody presses the button", async () => {
    await connect();
    simulator.control.fault({ kind: "status", status: 200, body: {}, path: LIST, count: 0 });
    await drain();
    for (let presses = 0; presses < 5; presses++) {
      w.advance(MINUTE);
      await requestSync(w.context, owner, "strava");
      await drain();
    }
    expect(await count("gap")).toBe(0);
    expect((await cursor("activities")).due_at).toBe(w.context.now() + 55 * MINUTE);
  });

  it("one item of a page is kept with its pointer and reason, and told", async () => {
    const item = { id: 77, start_date: new Date(w.context.now() - HOUR).toISOString(), distance: "far" };
    simulator.control.fault({ kind: "status", status: 200, body: [item], path: LIST });
    await connect();
    await drain();
    const { rejections } = await view();
    expect(rejections).toMatchObject([
      { stream: "activities", external_id: "77", pointer: "/0/distance", at: w.context.now() },
    ]);
    expect(w.logs.find(({ event, fields }) => event === "run" && fields.stream === "activities")!.fields).toMatchObject(
      {
        rejected: 1,
      },
    );
    w.advance(8 * DAY);
    expect((await view()).rejections).toEqual([]);
  });

  it("is not asked for what the person did not grant", async () => {
    await start({ consent: { scopes: ["read"] } });
    await connect();
    await drain();
    expect(calls(LIST)).toEqual([]);
    expect(calls("/api/v3/athlete")).toHaveLength(1);
    for (const stream of ["activities", "activities:history", "activity_detail", "activity_track"]) {
      expect(await cursor(stream)).toMatchObject({ due_at: null, stopped: "scope_missing" });
    }
  });

  it("our access altogether is asked nothing more until the person connects anew", async () => {
    await synced();
    hurry();
    await simulator.control.revoke("strava", who());
    await later(HOUR);
    await later(HOUR);
    const connection = (await connectionOf(w.context, owner, "strava"))!;
    expect(connection.status).toBe("needs_reauthorization");
    simulator.control.clearCalls();
    await later(DAY);
    expect(simulator.control.calls()).toEqual([]);
    await expect(requestSync(w.context, owner, "strava")).rejects.toMatchObject({
      status: 409,
      code: "needs_reauthorization",
    });

    await simulator.control.addActivity(who(), { sport: "run", start: w.context.now() - 2 * HOUR, duration_s: 1800 });
    await connect();
    await drain();
    await expectWhole();
  });

  it("with a page that makes no sense gets three tries over a day, then it is a gap, asked again each night", async () => {
    await connect();
    simulator.control.fault({ kind: "status", status: 200, body: { odd: true }, path: LIST, count: 0 });
    await drain();
    for (const stream of ["activities", "activities:history"])
      expect((await cursor(stream)).due_at).toBe(w.context.now() + HOUR);
    await later(HOUR);
    expect((await cursor("activities:history")).due_at).toBe(w.context.now() + 23 * HOUR);
    expect(await count("gap")).toBe(0);
    await later(23 * HOUR);
    expect(await rows('SELECT stream, reason FROM gap ORDER BY "from"')).toEqual([
      { stream: "activities", reason: "not a list" },
      { stream: "activities", reason: "not a list" },
    ]);
    await later(HOUR, NIGHTLY);
    expect(await count("gap")).toBe(2);
    simulator.control.clearFaults();
    await later(DAY, NIGHTLY);
    expect(await count("gap")).toBe(0);
    await later(5 * MINUTE);
    await expectWhole();
  });
});

describe("two at once", () => {
  it("of one message do its work once", async () => {
    await connect();
    const [live] = queuedFor("activities");
    expect(await Promise.all([deliver(live), deliver(live), deliver(live)])).toEqual(["ack", "ack", "ack"]);
    expect(calls(LIST)).toHaveLength(1);
  });

  it("of which one is late find nothing to do: neither after the work nor while it waits", async () => {
    await connect();
    const [live] = queuedFor("activities");
    const [history] = queuedFor("activities:history");
    simulator.control.fault({ kind: "rate_limited", path: LIST });
    await deliver(live);
    await deliver(live);
    expect(calls(LIST)).toHaveLength(1);
    await later(DAY + HOUR);
    simulator.control.clearCalls();
    await deliver(history);
    await deliver(live);
    expect(simulator.control.calls()).toEqual([]);
  });

  it("never fork a chain: a message that comes again after its run was continued starts nothing", async () => {
    await connect();
    for (const stream of ["activities", "activities:history"]) await deliver(queuedFor(stream)[0]);
    const [first] = queuedFor("activity_detail");
    w.queued.sync.splice(0);
    w.queued.backfill.splice(0);
    await deliver(first);
    const next = queuedFor("activity_detail");
    expect(next.map(({ run }) => run)).toEqual([first!.run + 1]);
    const before = simulator.control.calls().length;
    await deliver(first);
    expect(simulator.control.calls().length).toBe(before);
    expect(queuedFor("activity_detail")).toEqual(next);
  });

  it("leave the row to the newer: a late runner changes nothing", async () => {
    await connect();
    const [live] = queuedFor("activities");
    let arrived = () => {};
    let go = () => {};
    const waiting = new Promise<void>((resolve) => (arrived = resolve));
    const open = new Promise<void>((resolve) => (go = resolve));
    underway = async (request) => {
      if (new URL(request.url).pathname !== LIST) return;
      underway = () => {};
      arrived();
      await open;
    };
    const late = deliver(live);
    await waiting;
    w.queued.sync.splice(0);
    w.queued.backfill.splice(0);
    w.advance(61_000);
    await tick(w.context, TICK);
    const [newer] = queuedFor("activities");
    expect(newer!.run).toBe(live!.run + 1);
    await deliver(newer);
    const [row] = await rows("SELECT * FROM sync_cursor WHERE stream = 'activities'");
    const kept = await rows("SELECT * FROM activity ORDER BY external_id");
    go();
    expect(await late).toBe("ack");
    expect(await rows("SELECT * FROM sync_cursor WHERE stream = 'activities'")).toEqual([row]);
    expect(await rows("SELECT * FROM activity ORDER BY external_id")).toEqual(kept);
  });
});

describe("a page under way", () => {
  const TABLES = ["activity", "track", "sync_cursor", "want", "gap", "tombstone", "run"];
  /** Something happens while the n-th request for a path is on its way. */
  const during = (path: RegExp, n: number, happens: () => Promise<void>) => {
    let seen = 0;
    underway = async (request) => {
      if (path.test(new URL(request.url).pathname) && ++seen === n) await happens();
    };
  };

  it.each([
    ["of the list", /athlete\/activities$/, 1],
    ["of the history", /athlete\/activities$/, 2],
    ["of a detail", /activities\/\d+$/, 3],
    ["of a track", /streams$/, 3],
  ])("%s leaves nothing where the person disconnects with deletion", async (_what, path, n) => {
    await connect();
    let happened = false;
    during(path, n, async () => {
      happened = true;
      await disconnect(w.context, owner, strava, "delete");
    });
    await drain();
    await later(HOUR);
    expect(happened).toBe(true);
    for (const table of TABLES) expect([table, await count(table)]).toEqual([table, 0]);
  });

  it("of before belongs to nobody where the person disconnects and connects again", async () => {
    hurry();
    await connect();
    during(/athlete\/activities$/, 1, async () => {
      underway = () => {};
      await disconnect(w.context, owner, strava, "delete");
      await w.settle(); // the old grant is given back
      await connect();
    });
    await drain();
    await expectWhole();
  });
});

describe("the queue", () => {
  it("tries again what crashed, and its run with it", async () => {
    await connect();
    const [live] = queuedFor("activities");
    let broken = true;
    const db = {
      prepare: (sql: string) => w.env.DB.prepare(sql),
      batch: (list: D1PreparedStatement[]) => (broken ? Promise.reject(new Error("D1 is down")) : w.env.DB.batch(list)),
    } as unknown as D1Database;
    const context = { ...w.context, env: { ...w.env, DB: db, shards: [db] } };
    expect(await deliver(live, "qt-sync", context)).toBe("retry 5");
    broken = false;
    expect(await deliver(live, "qt-sync", context)).toBe("ack");
    expect((await stored()).length).toBeGreaterThan(0);
  });

  it("keeps what it could not do as dead, and says so on the connection", async () => {
    const { id } = await connect();
    const [live] = queuedFor("activities");
    await deliver(live, "qt-dead");
    await deliver({ from: "an older version" });
    expect(await rows("SELECT connection_id, body FROM dead ORDER BY id")).toEqual([
      { connection_id: id, body: JSON.stringify(live) },
      { connection_id: null, body: '{"from":"an older version"}' },
    ]);
    expect((await view()).last_error).toMatchObject({ code: "retries_exhausted", stream: "activities" });
  });

  it("hands a goodbye on, unless it was said of an older connection", async () => {
    const { id, epoch } = await connect();
    const status = async () => (await connectionOf(w.context, owner, "strava"))!.status;
    expect(await deliver({ goodbye: true, connection_id: id, epoch: epoch - 1 })).toBe("ack");
    expect(await status()).toBe("active");
    expect(await deliver({ goodbye: true, connection_id: id, epoch })).toBe("ack");
    expect(await status()).toBe("revoked");
    simulator.control.clearCalls();
    await drain();
    await later(HOUR);
    expect(simulator.control.calls({ path: /^\/api/ })).toEqual([]);
  });

  it("carries ids only", async () => {
    await connect();
    for (const message of [...w.queued.sync, ...w.queued.backfill]) {
      expect(Object.keys(message as object).sort()).toEqual(["connection_id", "epoch", "run", "stream"]);
    }
  });
});

describe("the button", () => {
  it("polls at once", async () => {
    await synced();
    simulator.control.clearCalls();
    expect(await requestSync(w.context, owner, "strava")).toMatchObject({ provider: "strava" });
    await drain();
    expect(
      simulator.control
        .calls()
        .map(({ path }) => path)
        .sort(),
    ).toEqual(["/api/v3/athlete", LIST]);
  });

  it("is told where there is nothing to poll", async () => {
    await expect(requestSync(w.context, owner, "strava")).rejects.toMatchObject({ status: 404, code: "not_connected" });
    await expect(requestSync(w.context, owner, "constructor")).rejects.toMatchObject({ status: 404 });
  });
});

describe("under the provider's terms", () => {
  beforeEach(() => start({}, { DATA_POLICY: "terms" }));

  it("nothing older is asked for or kept than they allow, and nothing is kept longer", async () => {
    await connect();
    await drain();
    const week = inLife().filter(({ start }) => Date.parse(start) >= w.context.now() - 7 * DAY);
    expect(await stored()).toEqual(week.map(({ ids }) => ids.strava!).sort());
    expect((await cursor("activities:history")).backfill_done).toBe(1);

    w.advance(6 * DAY);
    await tick(w.context, NIGHTLY);
    expect((await stored()).length).toBe(week.length);
    w.advance(DAY + 1);
    w.queued.sync.splice(0);
    await tick(w.context, NIGHTLY);
    expect(await stored()).toEqual([]);
    expect(await count("track")).toBe(0);
    expect(await count("tombstone")).toBe(week.length);
  });
});
