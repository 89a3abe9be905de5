/** What is asked of AccessLink v3 and how it is read; windows and traps in docs/providers/polar.md. */
import type { z } from "zod";
import { type Batch, emptyBatch, type Kind } from "../../domain/batch.ts";
import { DAY_MS, localDate, utcDate } from "../../domain/time.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Json, ListStream, Position, WantStream } from "../provider.ts";
import * as days from "./days.ts";
import { toDetail, toListed } from "./exercises.ts";
import { type Place, placeOf, putNight, putRecharge } from "./nights.ts";
import { API, type Item, page, put, wrong } from "./reading.ts";
import * as schema from "./schema.ts";

export const SCOPE = "accesslink.read_all";
const DAY_S = 86_400;

const FOLLOWED = {
  kind: "list",
  scopes: [SCOPE],
  every_s: 4 * 3600,
  overlap_s: 0,
  max_window_s: null,
  history: null,
} satisfies Partial<ListStream>;

/** 204 and 404 are how Polar says that there is nothing. */
const ask = (path: string, query?: Record<string, string>) => ({ url: API + path, query, accept: [404] });
const isNothing = ({ status }: { status: number }): boolean => status === 204 || status === 404;

/** The items of a bare array, of the array under `key`, or a lone object. */
function itemsOf(body: unknown, key?: string): { items: unknown[]; at: string } | Fault {
  if (Array.isArray(body)) return { items: body, at: "" };
  if (typeof body !== "object" || body === null) return { kind: "unreadable", pointer: "", reason: "not a list" };
  const inner = key === undefined ? undefined : (body as Record<string, unknown>)[key];
  if (inner === undefined && Object.hasOwn(body, "date")) return { items: [body], at: "" };
  if (Array.isArray(inner)) return { items: inner, at: `/${key}` };
  return { kind: "unreadable", pointer: key === undefined ? "" : `/${key}`, reason: "not a list" };
}

/** The dates of a window, both included: as the person's own clock names them, as far as it can be guessed. */
const datesOf = ({ window: { from, to }, offsetAt }: Position): Record<string, string> => ({
  from: localDate(from, offsetAt(utcDate(from))),
  to: localDate(to, offsetAt(utcDate(to))),
});

interface Listed<Value> {
  title: string;
  path: string;
  kind: Kind;
  key?: string;
  schema: z.ZodType<Value>;
  put(value: Value, into: Item, at: Position): void;
  more?: Partial<ListStream>;
}

/** How far back dates may lie, with a day or two of slack. */
const YEAR_S = 363 * DAY_S;

/** A list that is asked for whole, or, `by_date`, from one day to another. */
function listed<Value>(of: Listed<Value>, by_date = false): ListStream {
  return {
    ...FOLLOWED,
    ...of.more,
    title: of.title,
    ...(by_date && { zoneless: true }),
    request: (at) => ask(of.path, by_date ? datesOf(at) : undefined),
    read(answer, at) {
      // Further back is refused, as where nothing was polled for long.
      const reach = by_date && { earliest: at.window.to - YEAR_S * 1000 };
      if (isNothing(answer)) return { ...page(), ...reach };
      const found = itemsOf(answer.body, of.key);
      if ("kind" in found) return found;
      const batch = emptyBatch();
      found.items.forEach((item, i) => {
        const pointer = found.at + (Array.isArray(answer.body) || found.at ? `/${i}` : "");
        put(batch, of.kind, of.schema, item, pointer, (value, into) => of.put(value, into, at));
      });
      return { ...page(batch), ...reach };
    },
  };
}

// ---- Exercises ----

/** Of the thirty days that the list has, those that it surely shows whole. */
const WHOLE_MS = 29 * DAY_MS;

export const exercises: ListStream = {
  ...FOLLOWED,
  title: "exercises",
  request: () => ask("/exercises"),
  read(answer, { window }) {
    if (isNothing(answer)) return page();
    const found = itemsOf(answer.body);
    if ("kind" in found) return found;
    const batch = emptyBatch();
    const starts: number[] = [];
    const isWhole = found.items
      .map((item, i) =>
        put(batch, "activity", schema.exercise, item, `/${i}`, (value, into) => {
          const record = toListed(value, into);
          starts.push(record.fields.start_time!);
          batch.activities.push(record);
        }),
      )
      .every(Boolean);
    // Deleted ones just vanish. So do those from before a new registration, which nobody deleted: hence not further than the oldest.
    const from = Math.max(window.to - WHOLE_MS, Math.min(...starts));
    if (isWhole && from < window.to) {
      const keep = batch.activities.map(({ external_id }) => external_id);
      batch.deletions.push({ kind: "activity", from, to: window.to, keep, confirm: "exercise_check" });
    }
    return page(batch);
  },
};

/** One exercise with samples, zones and route. Not found says nothing of one that is announced: it may still come. */
function single(title: string, absent: "passes" | "deletes"): WantStream {
  return {
    kind: "want",
    title,
    scopes: [SCOPE],
    request: (id) => ({
      url: `${API}/exercises/${encodeURIComponent(id)}`,
      query: { samples: "true", zones: "true", route: "true" },
      ...(absent === "deletes" && { accept: [404] }),
    }),
    read(answer, external_id) {
      const batch = emptyBatch();
      if (answer.status === 404) {
        batch.deletions.push({ kind: "activity", external_id });
        return page(batch);
      }
      const parsed = schema.exercise.safeParse(answer.body);
      if (!parsed.success) return { kind: "unreadable", ...wrong(parsed.error) };
      if (parsed.data.id !== external_id) return { kind: "unreadable", pointer: "/id", reason: "another exercise" };
      put(batch, "activity", schema.exercise, answer.body, "", (value, into) => {
        batch.activities.push(toDetail(value, into));
      });
      return page(batch);
    },
  };
}
export const exercise = single("samples and routes", "passes");
export const exercise_check = single("exercises that are gone", "deletes");

// ---- Nights ----

const NIGHTS: Listed<schema.Night> = {
  title: "sleep",
  path: "/users/sleep",
  kind: "sleep",
  key: "nights",
  schema: schema.night,
  put: putNight,
};
export const sleeps = listed(NIGHTS);

/** Recharges have a date alone: the nights are asked for first, for their clock and their key, and wait in the cursor. */
export const recharges: ListStream = {
  ...FOLLOWED,
  title: "nightly recharge",
  request: ({ cursor }) => ask(cursor === null ? NIGHTS.path : "/users/nightly-recharge"),
  read(answer, { cursor }) {
    if (cursor === null) {
      const found = isNothing(answer) ? { items: [] } : itemsOf(answer.body, NIGHTS.key);
      if ("kind" in found) return found;
      const places = found.items.flatMap((item) => {
        const night = schema.night.safeParse(item);
        return (night.success && placeOf(night.data)) || [];
      });
      return page(emptyBatch(), places as unknown as Json);
    }
    if (isNothing(answer)) return page();
    const found = itemsOf(answer.body, "recharges");
    if ("kind" in found) return found;
    const places = cursor as unknown as Place[];
    const batch: Batch = emptyBatch();
    found.items.forEach((item, i) => {
      put(batch, "daily", schema.recharge, item, `${found.at}/${i}`, (recharge, into) =>
        putRecharge(recharge, places.find(({ id }) => id === recharge.date) ?? null, into),
      );
    });
    return page(batch);
  },
};

// ---- Days ----

/** At most 28 days a call, both ends counted, and a day of slack for the clocks; a year back, where that was uploaded to Flow. */
const WINDOW_S = 26 * DAY_S;

export const daily_activity = listed(
  {
    title: "daily activity",
    path: "/users/activities",
    kind: "daily",
    schema: schema.activityDay,
    put: days.putActivityDay,
    more: {
      overlap_s: 25 * DAY_S,
      max_window_s: WINDOW_S,
      history: { depth_s: YEAR_S, empty_s: 2 * WINDOW_S },
    },
  },
  true,
);

export const continuous_heart_rate = listed(
  {
    title: "heart rate",
    path: "/users/continuous-heart-rate",
    kind: "series",
    key: "heart_rates",
    schema: schema.heartDay,
    put: (day, into, { offsetAt }) => days.putHeartDay(day, into, offsetAt(day.date)),
    more: {
      // Its clock has no zone: nights and exercises have one.
      first_after_s: 90,
      overlap_s: 2 * DAY_S,
      reread: { every_s: DAY_S, back_s: 26 * DAY_S },
      max_window_s: 7 * DAY_S,
      history: { depth_s: 27 * DAY_S },
    },
  },
  true,
);

export const cardio_load = listed({
  title: "cardio load",
  path: "/users/cardio-load",
  kind: "daily",
  schema: schema.cardioLoad,
  put: days.putCardioLoad,
});

const DAILY = { every_s: DAY_S, overlap_s: 25 * DAY_S, max_window_s: WINDOW_S };

export const skin_temperature = listed(
  {
    title: "skin temperature",
    path: "/users/biosensing/skintemperature",
    kind: "daily",
    schema: schema.skinTemperature,
    put: days.putSkinTemperature,
    more: DAILY,
  },
  true,
);
export const spo2 = listed(
  {
    title: "blood oxygen tests",
    path: "/users/biosensing/spo2",
    kind: "series",
    schema: schema.oxygenTest,
    put: days.putOxygenTest,
    more: DAILY,
  },
  true,
);
export const alertness = listed({
  title: "alertness",
  path: "/users/sleepwise/alertness",
  kind: "daily",
  schema: schema.alertness,
  put: days.putAlertness,
  more: { every_s: DAY_S },
});

// ---- The person ----

export const physical_info: ListStream = {
  ...FOLLOWED,
  title: "weight and fitness",
  every_s: DAY_S,
  zoneless: true,
  request: () => ask("/users/physical-info"),
  read(answer, { offsetAt }) {
    const batch = emptyBatch();
    if (isNothing(answer)) return page(batch);
    put(batch, "daily", schema.physicalInfo, answer.body, "", (info, into) =>
      days.putPhysicalInfo(info, into, offsetAt),
    );
    return page(batch);
  },
};

/** Makes the person known to our application. 409: they are, or the member id is another account's. */
export const registration = (member_id: string) => ({
  method: "POST" as const,
  url: `${API}/users`,
  json: { "member-id": member_id },
  accept: [409],
});

/**
 * 204: nobody is registered, since another account of the same person was before and holds our id of them. Then an id with the
 * account's number does.
 */
export const profile: ListStream = {
  ...FOLLOWED,
  title: "profile",
  every_s: DAY_S,
  request: ({ cursor, account: { public_id, provider_user_id } }) =>
    cursor === null ? ask(`/users/${provider_user_id}`) : registration(`${public_id}-${provider_user_id}`),
  read(answer, { cursor }) {
    if (cursor === null && isNothing(answer)) return page(emptyBatch(), "register");
    const parsed = schema.user.safeParse(answer.body);
    if (answer.status === 409 || !parsed.success) return page();
    const { first_name, last_name } = parsed.data;
    return { ...page(), profile: { display_name: [first_name, last_name].filter(Boolean).join(" ") || null } };
  },
};
