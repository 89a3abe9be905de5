/** What is asked of AccessLink v3 and how it is read; windows and traps in docs/providers/polar.md. */
import type { z } from "zod";
import { type Batch, element, emptyBatch, type Kind } from "../../domain/batch.ts";
import { DAY_MS, dateMs, localDate, utcDate } from "../../domain/time.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Answer, Json, ListStream, Position } from "../provider.ts";
import {
  by,
  type Item,
  nameOf,
  page,
  put,
  putDay,
  putDays,
  putSample,
  readAs,
  reject,
  unreadable,
} from "../reading.ts";
import { DAY_S, HOUR_S, single, WHOLE } from "../streams.ts";
import { toDetail, toListed } from "./exercises.ts";
import { type Place, placeOf, putNight, putRecharge } from "./nights.ts";
import * as schema from "./schema.ts";

export const API = "https://www.polaraccesslink.com/v3";
export const SCOPE = "accesslink.read_all";

const FOLLOWED = { ...WHOLE, scopes: [SCOPE], every_s: 4 * HOUR_S };

/** At most 28 days a call, both ends counted, and a day of slack for the clocks. */
const WINDOW_S = 26 * DAY_S;
/** How far back dates may lie, with a day or two of slack. */
const YEAR_S = 363 * DAY_S;
const DATED = { every_s: DAY_S, overlap_s: 25 * DAY_S, max_window_s: WINDOW_S };

/** 204 and 404 are how Polar says that there is nothing. */
export const isNothing = ({ status }: Answer): boolean => status === 204 || status === 404;
const ask = (path: string, query?: Record<string, string>) => ({ url: API + path, query, accept: [404] });

/** By pointer: the items of a bare array, of the array under `key`, or a lone object, as what has a date or no `key` at all is. */
function itemsOf(answer: Answer, key?: string | null): [pointer: string, item: unknown][] | Fault {
  const { body } = answer;
  if (isNothing(answer)) return [];
  if (key === null || Object.hasOwn(Object(body), "date")) return [["", body]];
  const at = Array.isArray(body) || key === undefined ? "" : `/${key}`;
  const items = at === "" ? body : Object(body)[key!];
  return Array.isArray(items) ? items.map((item, i) => [`${at}/${i}`, item]) : unreadable(at, "not a list");
}

interface Listed<Shape extends z.ZodType> extends Partial<ListStream> {
  title: string;
  path: string;
  of: Kind;
  key?: string | null;
  schema: Shape;
  put(value: z.infer<Shape>, into: Item, at: Position): void;
  /** Of a list all of which could be read. */
  whole?(batch: Batch, at: Position): void;
}

/** A list that is asked for whole or, where it has windows, from one day to another. */
function listed<Shape extends z.ZodType>({
  path,
  of,
  key,
  schema,
  put: into,
  whole,
  ...stream
}: Listed<Shape>): ListStream {
  const isDated = stream.max_window_s !== undefined;
  // Both days included: as the person's own clock names them, as far as it can be guessed.
  const datesOf = ({ window: { from, to }, offsetAt }: Position) => ({
    from: localDate(from, offsetAt(utcDate(from))),
    to: localDate(to, offsetAt(utcDate(to))),
  });
  return {
    ...FOLLOWED,
    ...(isDated && { zoneless: true }),
    ...stream,
    request: (at) => ask(path, isDated ? datesOf(at) : undefined),
    read(answer, at) {
      const items = itemsOf(answer, key);
      if ("kind" in items) return items;
      const batch = emptyBatch();
      for (const [pointer, item] of items) put(batch, of, schema, item, pointer, (value, to) => into(value, to, at));
      if (batch.rejections.length === 0) whole?.(batch, at);
      // Further back is refused, as where nothing was polled for long.
      return { ...page(batch), ...(isDated && { earliest: at.window.to - YEAR_S * 1000 }) };
    },
  };
}

// ---- Exercises ----

/** Of the thirty days that the list has, those that it surely shows whole. */
const WHOLE_MS = 29 * DAY_MS;

export const exercises = listed({
  title: "exercises",
  path: "/exercises",
  of: "activity",
  schema: schema.exercise,
  put: (e, into) => into.batch.activities.push(toListed(e, into)),
  // Deleted ones just vanish. So do those from before a new registration, which nobody deleted: hence not further than the oldest.
  whole({ activities, deletions }, { window: { to } }) {
    const from = Math.max(to - WHOLE_MS, Math.min(...activities.map(({ fields }) => fields.start_time!)));
    const keep = activities.map(({ external_id }) => external_id);
    if (from < to) deletions.push({ kind: "activity", from, to, keep, confirm: "exercise_check" });
  },
});

/** One exercise with samples, zones and route. */
const detail = (title: string, absent: "passes" | "activity") =>
  single({
    title,
    scopes: [SCOPE],
    absent,
    request: (id) => ({
      url: `${API}/exercises/${encodeURIComponent(id)}`,
      query: { samples: "true", zones: "true", route: "true" },
    }),
    read: ({ body }, external_id) =>
      readAs(schema.exercise, body, (e) => {
        if (e.id !== external_id) return unreadable("/id", "another exercise");
        const batch = emptyBatch();
        batch.activities.push(toDetail(e, { batch, at: "", of: element(batch, "activity") }));
        return page(batch);
      }),
  });
export const exercise = detail("samples and routes", "passes");
export const exercise_check = detail("exercises that are gone", "activity");

// ---- Nights ----

export const sleeps = listed({
  title: "sleep",
  path: "/users/sleep",
  of: "sleep",
  key: "nights",
  schema: schema.night,
  put: putNight,
});

const recharged = listed({
  title: "nightly recharge",
  path: "/users/nightly-recharge",
  of: "daily",
  key: "recharges",
  schema: schema.recharge,
  put: (recharge, into, { cursor }) =>
    putRecharge(recharge, (cursor as unknown as Place[]).find(({ id }) => id === recharge.date) ?? null, into),
});
/** Recharges have a date alone: the nights are asked for first, for their clock and their key, and wait in the cursor. */
export const recharges: ListStream = {
  ...recharged,
  request: (at) => (at.cursor === null ? sleeps : recharged).request(at),
  read(answer, at) {
    if (at.cursor !== null) return recharged.read(answer, at);
    const nights = itemsOf(answer, "nights");
    if ("kind" in nights) return nights;
    const places = nights.flatMap(([, item]) => {
      const night = schema.night.safeParse(item);
      return (night.success && placeOf(night.data)) || [];
    });
    return page(emptyBatch(), places as Json);
  },
};

// ---- Days ----

export const daily_activity = listed({
  ...DATED,
  title: "daily activity",
  path: "/users/activities",
  of: "daily",
  every_s: FOLLOWED.every_s,
  // As far as it was uploaded to Flow.
  history: { depth_s: YEAR_S, empty_s: 2 * WINDOW_S },
  schema: schema.activityDay,
  put: (day, into) =>
    putDays(into, day.start_time, day, {
      steps: "steps",
      calories: "total_energy_kcal",
      active_calories: "active_energy_kcal",
      distance_from_steps: "distance_m",
      active_duration: "active_s",
      daily_activity: "x_daily_activity_pct",
      inactivity_alert_count: "x_inactivity_alerts",
    }),
});

export const continuous_heart_rate = listed({
  title: "heart rate",
  path: "/users/continuous-heart-rate",
  of: "series",
  key: "heart_rates",
  // Its clock has no zone: nights and exercises have one.
  first_after_s: 90,
  overlap_s: 2 * DAY_S,
  reread: { every_s: DAY_S, back_s: 26 * DAY_S },
  max_window_s: 7 * DAY_S,
  history: { depth_s: 27 * DAY_S },
  schema: schema.heartDay,
  put({ date, heart_rate_samples }, into, { offsetAt }) {
    const offset = offsetAt(date);
    for (const [i, { heart_rate, sample_time }] of (heart_rate_samples ?? []).entries()) {
      const field = `/heart_rate_samples/${i}`;
      const time = dateMs(date) + ((schema.clockOf(sample_time) ?? Number.NaN) - offset) * 1000;
      if (Number.isNaN(time)) reject(into, "series", `${field}/sample_time`, "not a time");
      else putSample(into, "heart_rate_bpm", "", time, heart_rate, offset, `${field}/heart_rate`);
    }
  },
});

const LOADS = [
  ["cardio_load", "cardio_load"],
  ["strain", "x_cardio_strain"],
  ["tolerance", "x_cardio_tolerance"],
  ["cardio_load_ratio", "x_cardio_load_ratio"],
] as const;
export const cardio_load = listed({
  title: "cardio load",
  path: "/users/cardio-load",
  of: "daily",
  schema: schema.cardioLoad,
  put(day, into) {
    // Without a status the numbers mean nothing; −1 is none, and a day of rest is no load.
    const hasStatus = !day.cardio_load_status?.endsWith("NOT_AVAILABLE");
    for (const [field, metric] of LOADS) {
      const value = hasStatus && (day[field] ?? -1) >= 0 ? day[field] : null;
      putDay(into, day.date, metric, value, `/${field}`, { zero: true });
    }
  },
});

export const skin_temperature = listed({
  ...DATED,
  title: "skin temperature",
  path: "/users/biosensing/skintemperature",
  of: "daily",
  schema: schema.skinTemperature,
  put: (night, into) =>
    putDays(into, night.sleep_date, night, {
      sleep_time_skin_temperature_celsius: "skin_temperature_c",
      deviation_from_baseline_celsius: "skin_temperature_deviation_c",
    }),
});

export const spo2 = listed({
  ...DATED,
  title: "blood oxygen tests",
  path: "/users/biosensing/spo2",
  of: "series",
  schema: schema.oxygenTest,
  put({ test_status, test_time, time_zone_offset, blood_oxygen_percent: percent }, into) {
    if (test_status !== "SPO2_TEST_PASSED") return;
    putSample(into, "spo2_pct", "test", test_time * 1000, percent, time_zone_offset * 60, "/blood_oxygen_percent");
  },
});

/** The grade of the night's sleep; what is foretold of days to come, and naps, are left out. */
export const alertness = listed({
  title: "alertness",
  path: "/users/sleepwise/alertness",
  of: "daily",
  every_s: DAY_S,
  schema: schema.alertness,
  put({ result_type, grade_type, sleep_period_end_time, grade }, into) {
    if (result_type !== "ALERTNESS_TYPE_HISTORY" || grade_type !== "GRADE_TYPE_PRIMARY") return;
    putDay(into, sleep_period_end_time, "x_alertness_grade", grade, "/grade");
  },
});

// ---- The person ----

/** Of the day on which the person, or a test, changed it. */
export const physical_info = listed({
  title: "weight and fitness",
  path: "/users/physical-info",
  of: "daily",
  key: null,
  every_s: DAY_S,
  zoneless: true,
  schema: schema.physicalInfo,
  put({ modified, height, ...info }, into, { offsetAt }) {
    const date = localDate(modified, offsetAt(utcDate(modified)));
    const measured = { ...info, height: by(height, (cm) => cm / 100) };
    putDays(into, date, measured, {
      weight: "weight_kg",
      height: "height_m",
      resting_heart_rate: "resting_heart_rate_bpm",
      vo2_max: "vo2max_ml_kg_min",
    });
  },
});

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
    const user = schema.user.safeParse(answer.body);
    if (answer.status === 409 || !user.success) return page();
    return { ...page(), profile: { display_name: nameOf(user.data.first_name, user.data.last_name) } };
  },
};
