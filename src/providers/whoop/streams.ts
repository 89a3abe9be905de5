/**
 * What is asked of WHOOP; traps in docs/providers/whoop.md. The day of a recovery or a cycle only its sleep tells. A normaliser
 * cannot look into the store, and a request a record would be too many: so the pages of a window are asked for in an order in
 * which what is needed comes first, and the cursor carries it to the next answer.
 */
import type { z } from "zod";
import { type Batch, element, emptyBatch, type Kind } from "../../domain/batch.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Json, ListStream, Page, ProviderRequest, Stream, WantStream, Window } from "../provider.ts";
import { dayOf, type Item, page, putAll, putDay, readAs, unreadable } from "../reading.ts";
import { DAY_S, HOUR_S, single, WHOLE, withoutRecord } from "../streams.ts";
import { type Cycle, type Night, putCycle, putRecovery, putSleep, putWorkout, toNight } from "./records.ts";
import * as schema from "./schema.ts";

export const API = "https://api.prod.whoop.com/developer";
const SLEEP = "/v2/activity/sleep";

/** How any list is followed: what waits for its score two days back, edits a week back once a day. */
const FOLLOWED = {
  kind: "list",
  every_s: 2 * HOUR_S,
  overlap_s: 2 * DAY_S,
  reread: { every_s: DAY_S, back_s: 7 * DAY_S },
  max_window_s: 365 * DAY_S,
  history: { depth_s: null, empty_s: 2 * 365 * DAY_S },
} satisfies Partial<ListStream>;

interface Cursor {
  token?: string | null;
  /** Of a list of records: start of the oldest so far, ms. */
  below?: number;
  /** Nights whose recoveries are asked for; then on with the sleeps. */
  nights?: { window: Window; all: Night[]; then: string | null };
  /** Cycles whose sleeps are asked for; then on with the cycles. */
  cycles?: { window: Window; all: Cycle[]; nights: Night[]; then: string | null };
}
const cursorOf = (cursor: Json): Cursor => (cursor ?? {}) as Cursor;

/** The last one where the cursor leads nowhere. */
const pageTo = (cursor: Cursor, batch: Batch = emptyBatch()): Page =>
  page(batch, cursor.token || cursor.nights || cursor.cycles ? (cursor as object as Json) : null);

/** Tokens go with one start and end, so a window keeps both over all of its pages. More than 25 are refused. */
const list = (path: string, { from, to }: Window, token: string | null = null, limit = 25): ProviderRequest => ({
  url: API + path,
  query: {
    limit: String(limit),
    start: new Date(from).toISOString(),
    end: new Date(to).toISOString(),
    ...(token !== null && { nextToken: token }),
  },
});

type Listed<Shape extends z.ZodType> = { value: z.infer<Shape>; item: Item }[];
/** The items of a list's page, and the token of the next one. */
const readList = <Shape extends z.ZodType>(
  batch: Batch,
  kind: Kind,
  shape: Shape,
  body: unknown,
  then: (items: Listed<Shape>, token: string | null, isWhole: boolean) => Page,
): Page | Fault =>
  readAs(schema.collection, body, ({ records, next_token }) => {
    const items: Listed<Shape> = [];
    const isWhole = putAll(batch, kind, shape, records, "/records", (value, item) => items.push({ value, item }));
    // A list that says it goes on and has nothing would go on for ever.
    return then(items, records.length > 0 ? next_token : null, isWhole);
  });

/** The item of what is no list. */
const itemOf = (batch: Batch, kind: Kind): Item => ({ batch, at: "", of: element(batch, kind) });

/** Workouts or sleeps as they are listed, and each by itself: announced, or stored and no longer listed. */
function recordsOf<Shape extends z.ZodType<{ id: string; start: number }>>(
  name: "workout" | "sleep",
  title: string,
  ones: string,
  shape: Shape,
  put: (value: z.infer<Shape>, into: Item) => void,
): { listed: ListStream; announced: WantStream; check: WantStream } {
  const kind = name === "workout" ? "activity" : "sleep";
  const path = `/v2/activity/${name}`;
  const scopes = [`read:${name}`];
  const one = {
    scopes,
    request: (id: string) => ({ url: `${API}${path}/${id}` }),
    read: ({ body }: { body: unknown }, external_id: string) =>
      readAs(shape, body, (value) => {
        if (value.id !== external_id) return unreadable("/id", "another record");
        const batch = emptyBatch();
        put(value, itemOf(batch, kind));
        return page(batch);
      }),
  };
  // A sleep takes its recovery with it.
  const gone = (id: string) => withoutRecord(kind, id, kind === "sleep" ? id : undefined);
  return {
    listed: {
      ...FOLLOWED,
      title,
      scopes,
      request: ({ window, cursor }) => list(path, window, cursorOf(cursor).token),
      read({ body }, { window, cursor }) {
        const batch = emptyBatch();
        return readList(batch, kind, shape, body, (items, token, isWhole) => {
          for (const { value, item } of items) put(value, item);
          const to = Math.min(window.to, cursorOf(cursor).below ?? Number.POSITIVE_INFINITY);
          const below = Math.min(to, ...items.map(({ value }) => value.start));
          // Newest first, so what lies between is shown whole. What is absent is asked for before it is deleted.
          const from = token === null ? window.from : below;
          const keep = items.map(({ value }) => value.id);
          if (isWhole && from < to) batch.deletions.push({ kind, from, to, keep, confirm: `${name}_check` });
          return pageTo({ token, below }, batch);
        });
      },
    },
    // Not found says nothing of it: it may still come.
    announced: single({ ...one, title: `announced ${ones}`, absent: "passes" }),
    check: single({ ...one, title: `${ones} to check`, absent: gone }),
  };
}
const workouts = recordsOf("workout", "workouts", "workouts", schema.workout, putWorkout);
const sleeps = recordsOf("sleep", "sleep", "nights", schema.sleep, putSleep);

/** Those that are over, without naps. What cannot be read of them is told where they are stored. */
const readNights = (body: unknown, then: (nights: Night[], token: string | null) => Page): Page | Fault =>
  readList(emptyBatch(), "sleep", schema.sleep, body, (items, token) => {
    const nights = items.flatMap(({ value }) => toNight(value) ?? []).filter(({ nap }) => !nap);
    return then(nights, token);
  });

const spanOf = (all: readonly { start: number; end?: number | null }[]): Window => ({
  from: Math.min(...all.map(({ start }) => start)),
  to: Math.max(...all.map(({ start, end }) => end ?? start)),
});

const recoveries: ListStream = {
  ...FOLLOWED,
  title: "recovery",
  scopes: ["read:recovery", "read:sleep"],
  request({ window, cursor }) {
    const { token, nights } = cursorOf(cursor);
    return nights ? list("/v2/recovery", nights.window, token) : list(SLEEP, window, token);
  },
  read({ body }, { cursor }) {
    const { nights: held } = cursorOf(cursor);
    if (!held) {
      return readNights(body, (all, then) =>
        pageTo(all.length === 0 ? { token: then } : { token: null, nights: { window: spanOf(all), all, then } }),
      );
    }
    const batch = emptyBatch();
    return readList(batch, "daily", schema.recovery, body, (items, token) => {
      for (const { value, item } of items) {
        // One that touches the window from outside comes with its own night's page.
        const night =
          held.all.find(({ id }) => id === value.sleep_id) ??
          held.all.find(({ cycle_id }) => cycle_id !== null && cycle_id === value.cycle_id);
        if (night) putRecovery(value, item, night);
      }
      return pageTo(token === null ? { token: held.then } : { token, nights: held }, batch);
    });
  },
};

const cycles: ListStream = {
  ...FOLLOWED,
  title: "strain",
  // Without the sleeps their day is estimated.
  scopes: ["read:cycles"],
  request({ window, cursor }) {
    const { token, cycles: held } = cursorOf(cursor);
    // So few cycles that their sleeps, naps among them, go on one page as a rule.
    return held ? list(SLEEP, held.window, token) : list("/v2/cycle", window, token, 20);
  },
  read({ body }, { cursor, account }) {
    const { cycles: held } = cursorOf(cursor);
    const batch = emptyBatch();
    if (held) {
      return readNights(body, (more, token) => {
        const nights = [...held.nights, ...more];
        if (token !== null) return pageTo({ token, cycles: { ...held, nights } });
        for (const cycle of held.all) putCycle(cycle, itemOf(batch, "daily"), nights);
        return pageTo({ token: held.then }, batch);
      });
    }
    return readList(batch, "daily", schema.cycle, body, (items, then) => {
      const closed = items.filter(({ value }) => value.end != null);
      const all = closed.map(({ value }) => value);
      if (all.length > 0 && (account.granted_scopes?.includes("read:sleep") ?? true)) {
        // They are elements of the page that they are written with.
        const told = { ...emptyBatch(), rejections: batch.rejections };
        return pageTo({ token: null, cycles: { window: spanOf(all), all, nights: [], then } }, told);
      }
      for (const { value, item } of closed) putCycle(value, item, []);
      return pageTo({ token: then }, batch);
    });
  },
};

/** By the UUID of an announced sleep: first the sleep, for its cycle and its day. */
const recovery: WantStream = {
  kind: "want",
  title: "announced recoveries",
  scopes: ["read:recovery", "read:sleep"],
  request(id, _account, cursor = null) {
    const night = cursor as Night | null;
    return { url: night ? `${API}/v2/cycle/${night.cycle_id}/recovery` : `${API}${SLEEP}/${id}` };
  },
  read({ body }, id, _account, cursor = null) {
    const batch = emptyBatch();
    if (cursor === null) {
      return readAs(schema.sleep, body, (value) => {
        const night = toNight(value);
        return value.id === id ? page(batch, night?.cycle_id ? night : null) : unreadable("/id", "another record");
      });
    }
    return readAs(schema.recovery, body, (value) => {
      // The cycle may have been given another sleep meanwhile: its own notice comes.
      if (value.sleep_id === id) putRecovery(value, itemOf(batch, "daily"), cursor as Night);
      return page(batch);
    });
  },
};

const profile: ListStream = {
  ...WHOLE,
  title: "profile",
  scopes: ["read:profile"],
  request: () => ({ url: `${API}/v2/user/profile/basic` }),
  read: ({ body }) => readAs(schema.profile, body, (display_name) => ({ ...page(), profile: { display_name } })),
};

const body: ListStream = {
  ...WHOLE,
  title: "weight and height",
  scopes: ["read:body_measurement"],
  // They are as they are set now and have no date: the day on which they are read, told by the person's zone.
  zoneless: true,
  request: () => ({ url: `${API}/v2/user/measurement/body` }),
  read: (answer, { window, offsetAt }) =>
    readAs(schema.body, answer.body, (value) => {
      const into = itemOf(emptyBatch(), "daily");
      const date = dayOf(window.to, null, offsetAt);
      putDay(into, date, "weight_kg", value.weight_kilogram || undefined, "/weight_kilogram");
      putDay(into, date, "height_m", value.height_meter || undefined, "/height_meter");
      return page(into.batch);
    }),
};

export const streams = {
  profile,
  body,
  sleeps: sleeps.listed,
  recoveries,
  cycles,
  workouts: workouts.listed,
  workout: workouts.announced,
  workout_check: workouts.check,
  sleep: sleeps.announced,
  sleep_check: sleeps.check,
  recovery,
} satisfies Record<string, Stream>;
