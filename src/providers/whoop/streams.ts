/** Workouts and sleeps as they are listed, and each by itself; profile and body. Traps in docs/providers/whoop.md. */
import type { z } from "zod";
import { type Batch, element, emptyBatch } from "../../domain/batch.ts";
import { localDate, utcDate } from "../../domain/time.ts";
import type { Fault } from "../../platform/errors.ts";
import type { ListStream, Page, Position, WantStream } from "../provider.ts";
import { putBody } from "./days.ts";
import { API, isFault, list, page, readItems, readOne } from "./reading.ts";
import * as schema from "./schema.ts";
import { toSleep } from "./sleeps.ts";
import { toWorkout } from "./workouts.ts";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

/** How any list of WHOOP's is followed: what waits for its score two days back, edits a week back once a day. */
export const FOLLOWED = {
  kind: "list",
  every_s: 2 * HOUR_S,
  overlap_s: 2 * DAY_S,
  reread: { every_s: DAY_S, back_s: 7 * DAY_S },
  max_window_s: 365 * DAY_S,
  history: { depth_s: null, empty_s: 2 * 365 * DAY_S },
} satisfies Partial<ListStream>;

interface Cursor {
  token: string;
  /** Start of the oldest record so far, ms. */
  below: number;
}

interface Listed<Item extends { id: string; start: number }> {
  kind: "activity" | "sleep";
  path: string;
  schema: z.ZodType<Item>;
  /** False where the item is no record yet. */
  put(item: Item, batch: Batch): boolean;
}

const WORKOUTS: Listed<schema.Workout> = {
  kind: "activity",
  path: "/v2/activity/workout",
  schema: schema.workout,
  put: (item, batch) => add(batch.activities, toWorkout(item, batch.elements.length), batch, "activity"),
};

const SLEEPS: Listed<schema.Sleep> = {
  kind: "sleep",
  path: "/v2/activity/sleep",
  schema: schema.sleep,
  put: (item, batch) => add(batch.nights, toSleep(item, batch.elements.length), batch, "sleep"),
};

function add<R>(to: R[], record: R | null, batch: Batch, kind: "activity" | "sleep"): boolean {
  if (record === null) return false;
  element(batch, kind);
  to.push(record);
  return true;
}

function listed<Item extends { id: string; start: number }>(
  of: Listed<Item>,
  scope: string,
  title: string,
  confirm: string,
): ListStream {
  return {
    ...FOLLOWED,
    title,
    scopes: [scope],
    request: ({ window, cursor }) => list(of.path, window, (cursor as Cursor | null)?.token ?? null),
    read(answer, at) {
      const batch = emptyBatch();
      const read = readItems(answer, of.schema, batch, of.kind);
      if (isFault(read)) return read;
      for (const { item } of read.items) of.put(item, batch);
      const below = Math.min(at.window.to, (at.cursor as Cursor | null)?.below ?? Number.POSITIVE_INFINITY);
      const oldest = Math.min(below, ...read.items.map(({ item }) => item.start));
      // Newest first, so what lies between is shown whole. What is stored and absent is asked for before it is deleted.
      const from = read.token === null ? at.window.from : oldest;
      if (read.isWhole && from < below) {
        const keep = read.items.map(({ item }) => item.id);
        batch.deletions.push({ kind: of.kind, from, to: below, keep, confirm });
      }
      return page(batch, read.token === null ? null : { token: read.token, below: oldest });
    },
  };
}

/** One record by its UUID. Not found says nothing of an announced one: it may still come. */
function single<Item extends { id: string; start: number }>(
  of: Listed<Item>,
  scope: string,
  title: string,
  absent: "passes" | "deletes",
): WantStream {
  return {
    kind: "want",
    title,
    scopes: [scope],
    request: (id) => ({ url: `${API}${of.path}/${id}`, ...(absent === "deletes" && { accept: [404] }) }),
    read(answer, external_id) {
      if (answer.status === 404) return page(withoutRecord(of.kind, external_id));
      const item = readOne(answer, of.schema);
      if (isFault(item)) return item;
      if (item.id !== external_id) return { kind: "unreadable", pointer: "/id", reason: "another record" };
      const batch = emptyBatch();
      of.put(item, batch);
      return page(batch);
    },
  };
}

/** A sleep takes its recovery with it. */
export function withoutRecord(kind: "activity" | "sleep", external_id: string): Batch {
  const batch = emptyBatch();
  batch.deletions.push({ kind, external_id });
  if (kind === "sleep") batch.deletions.push({ kind: "daily", source: external_id });
  return batch;
}

export const workouts = listed(WORKOUTS, "read:workout", "workouts", "workout_check");
export const workout = single(WORKOUTS, "read:workout", "announced workouts", "passes");
export const workout_check = single(WORKOUTS, "read:workout", "workouts to check", "deletes");
export const sleeps = listed(SLEEPS, "read:sleep", "sleep", "sleep_check");
export const sleep = single(SLEEPS, "read:sleep", "announced nights", "passes");
export const sleep_check = single(SLEEPS, "read:sleep", "nights to check", "deletes");

const daily = {
  kind: "list",
  every_s: DAY_S,
  overlap_s: 0,
  max_window_s: null,
  history: null,
} satisfies Partial<ListStream>;

export const profile: ListStream = {
  ...daily,
  title: "profile",
  scopes: ["read:profile"],
  request: () => ({ url: `${API}/v2/user/profile/basic` }),
  read(answer): Page | Fault {
    const read = readOne(answer, schema.profile);
    return isFault(read) ? read : { ...page(), profile: { display_name: nameOf(read) } };
  },
};

export const nameOf = ({ first_name, last_name }: { first_name?: string | null; last_name?: string | null }) =>
  [first_name, last_name].filter(Boolean).join(" ") || null;

export const body: ListStream = {
  ...daily,
  title: "weight and height",
  scopes: ["read:body_measurement"],
  // They have no date, so the day is told by the person's zone.
  zoneless: true,
  request: () => ({ url: `${API}/v2/user/measurement/body` }),
  read(answer, { window, offsetAt }: Position): Page | Fault {
    const read = readOne(answer, schema.body);
    if (isFault(read)) return read;
    const batch = emptyBatch();
    putBody(batch, read, localDate(window.to, offsetAt(utcDate(window.to))));
    return page(batch);
  },
};
