/** What is asked of AccessLink v3 and how it is read; windows and traps in docs/providers/polar.md. */
import { z } from "zod";
import { type Batch, element, emptyBatch, type Kind } from "../../domain/batch.ts";
import { DAY_MS, dateMs } from "../../domain/time.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Answer, Json, ListStream, Position, ProviderRequest } from "../provider.ts";
import { dayOf, type Item, nameOf, page, put, putDay, putSample, readAs, reject, unreadable } from "../reading.ts";
import { clockOf, date, duration, instant, minutes, number, numbers, readings, seconds, texts } from "../shapes.ts";
import { DAY_S, HOUR_S, single, WHOLE } from "../streams.ts";
import { putDays } from "../tables.ts";
import { fieldsOf, toDetail } from "./exercises.ts";
import { type Place, placeOf, putNight, putRecharge } from "./nights.ts";
import * as schema from "./schema.ts";

export const API = "https://www.polaraccesslink.com/v3";
export const SCOPE = "accesslink.read_all";

const FOLLOWED = { ...WHOLE, scopes: [SCOPE], every_s: 4 * HOUR_S };

/** At most 28 days a call, both ends counted, and a day of slack for the clocks. */
const WINDOW_S = 26 * DAY_S;
const DATED = { every_s: DAY_S, overlap_s: 25 * DAY_S, max_window_s: WINDOW_S };
/** How far back dates may lie, with a day or two of slack. */
const YEAR_S = 363 * DAY_S;
const UPLOADED = { depth_s: YEAR_S, empty_s: 2 * WINDOW_S };

/** 204 and 404 are how Polar says that there is nothing. */
const isNothing = ({ status }: Answer): boolean => status === 204 || status === 404;
const ask = (path: string, query?: Record<string, string>) => ({ url: API + path, query, accept: [404] });

/** A day as the person's own clock names it, as far as it can be guessed. */
const dateOf = (ms: number, { offsetAt }: Position): string => dayOf(ms, null, offsetAt);

/** The items of a bare array, of the array under `key`, or a lone object (`key` null, or it has a date), with their pointers. */
function itemsOf(answer: Answer, key?: string | null): [pointer: string, item: unknown][] | Fault {
  const { body } = answer;
  if (isNothing(answer)) return [];
  if (key === null || Object.hasOwn(Object(body), "date")) return [["", body]];
  const at = Array.isArray(body) || key === undefined ? "" : `/${key}`;
  const items = at === "" ? body : Object(body)[key!];
  return Array.isArray(items) ? items.map((item, i) => [`${at}/${i}`, item]) : unreadable(at, "not a list");
}

type Listed = Partial<ListStream> & { title: string; path: string; key?: string | null; of?: Kind };

/** A list that is asked for whole or, where it has windows, from one day to another. `whole`: once all of it could be read. */
function listed<Shape extends z.ZodType>(
  { path, key, of = "daily", ...stream }: Listed,
  shape: Shape,
  into: (value: z.infer<Shape>, item: Item, at: Position) => void,
  whole?: (batch: Batch, at: Position) => void,
): ListStream {
  const isDated = stream.max_window_s !== undefined;
  return {
    ...FOLLOWED,
    ...(isDated && { zoneless: true }),
    ...stream,
    request(at) {
      const { from, to } = at.window;
      return ask(path, isDated ? { from: dateOf(from, at), to: dateOf(to, at) } : undefined); // both days included
    },
    read(answer, at) {
      const items = itemsOf(answer, key);
      if ("kind" in items) return items;
      const batch = emptyBatch();
      for (const [pointer, item] of items) put(batch, of, shape, item, pointer, (value, to) => into(value, to, at));
      if (batch.rejections.length === 0) whole?.(batch, at);
      // Further back is refused, as where nothing was polled for long.
      return { ...page(batch), ...(isDated && { earliest: at.window.to - YEAR_S * 1000 }) };
    },
  };
}

/** Of the thirty days that the list has, those that it surely shows whole. */
const WHOLE_MS = 29 * DAY_MS;

/** Without samples, zones and routes, or thirty days of them would be one answer. */
const exercises = listed(
  { title: "exercises", path: "/exercises", of: "activity" },
  schema.exercise,
  (e, { batch, of }) => {
    const fields = fieldsOf(e);
    batch.activities.push({ external_id: e.id, part: "list", fields, wants: ["exercise"], element: of });
  },
  // Deleted ones just vanish. So do those from before a new registration, which nobody deleted: hence not further than the oldest.
  ({ activities, deletions }, { window: { to } }) => {
    const from = Math.max(to - WHOLE_MS, Math.min(...activities.map(({ fields }) => fields.start_time!)));
    const keep = activities.map(({ external_id }) => external_id);
    if (from < to) deletions.push({ kind: "activity", from, to, keep, confirm: "exercise_check" });
  },
);

const IN_FULL = { samples: "true", zones: "true", route: "true" };
/** One exercise with samples, zones and route. */
const detail = (title: string, absent: "passes" | "activity") =>
  single({
    title,
    scopes: [SCOPE],
    absent,
    request: (id) => ({ url: `${API}/exercises/${encodeURIComponent(id)}`, query: IN_FULL }),
    read: ({ body }, external_id) =>
      readAs(schema.exercise, body, (e) => {
        if (e.id !== external_id) return unreadable("/id", "another exercise");
        const batch = emptyBatch();
        batch.activities.push(toDetail(e, { batch, at: "", of: element(batch, "activity") }));
        return page(batch);
      }),
  });
const exercise = detail("samples and routes", "passes");
const exercise_check = detail("exercises that are gone", "activity");

const sleeps = listed({ title: "sleep", path: "/users/sleep", key: "nights", of: "sleep" }, schema.night, putNight);

const recharged = listed(
  { title: "nightly recharge", path: "/users/nightly-recharge", key: "recharges" },
  schema.recharge,
  (r, into, { cursor }) => putRecharge(r, (cursor as unknown as Place[]).find(({ id }) => id === r.date) ?? null, into),
);
/** Recharges have a date alone: the nights are asked for first, for their clock and their key, and wait in the cursor. */
const recharges: ListStream = {
  ...recharged,
  request: (at) => (at.cursor === null ? sleeps : recharged).request(at),
  read(answer, at) {
    if (at.cursor !== null) return recharged.read(answer, at);
    const items = itemsOf(answer, "nights");
    if ("kind" in items) return items;
    const nights = items.flatMap(([, item]) => schema.night.safeParse(item).data ?? []);
    return page(emptyBatch(), nights.flatMap((one) => placeOf(one) ?? []) as Json);
  },
};

const daily_activity = listed(
  { ...DATED, title: "daily activity", path: "/users/activities", every_s: FOLLOWED.every_s, history: UPLOADED },
  z.object({
    start_time: schema.day,
    active_duration: duration.nullish(),
    ...numbers("steps calories active_calories distance_from_steps daily_activity inactivity_alert_count"),
  }),
  ({ start_time, ...told }, into) =>
    putDays(into, start_time, told, {
      steps: "steps",
      calories: "total_energy_kcal",
      active_calories: "active_energy_kcal",
      distance_from_steps: "distance_m",
      active_duration: "active_s",
      daily_activity: "x_daily_activity_pct",
      inactivity_alert_count: "x_inactivity_alerts",
    }),
);

const continuous_heart_rate = listed(
  {
    title: "heart rate",
    path: "/users/continuous-heart-rate",
    key: "heart_rates",
    of: "series",
    // Its clock has no zone: nights and exercises have one.
    first_after_s: 90,
    overlap_s: 2 * DAY_S,
    reread: { every_s: DAY_S, back_s: 26 * DAY_S },
    max_window_s: 7 * DAY_S,
    history: { depth_s: 27 * DAY_S },
  },
  z.object({
    date,
    heart_rate_samples: z.array(z.object({ heart_rate: z.unknown(), sample_time: z.unknown() })).nullish(),
  }),
  ({ date, heart_rate_samples }, into, { offsetAt }) => {
    const offset = offsetAt(date);
    for (const [i, { heart_rate, sample_time }] of (heart_rate_samples ?? []).entries()) {
      const field = `/heart_rate_samples/${i}`;
      const time = dateMs(date) + ((clockOf(sample_time) ?? Number.NaN) - offset) * 1000;
      if (Number.isNaN(time)) reject(into, "series", `${field}/sample_time`, "not a time");
      else putSample(into, "heart_rate_bpm", "", time, heart_rate, offset, `${field}/heart_rate`);
    }
  },
);

const LOADS = {
  cardio_load: "cardio_load",
  strain: "x_cardio_strain",
  tolerance: "x_cardio_tolerance",
  cardio_load_ratio: "x_cardio_load_ratio",
};
const cardio_load = listed(
  { title: "cardio load", path: "/users/cardio-load" },
  z.object({ date, ...texts("cardio_load_status"), ...numbers("cardio_load strain tolerance cardio_load_ratio") }),
  ({ date, cardio_load_status: status, ...loads }, into) => {
    for (const [field, metric] of Object.entries(LOADS)) {
      const told = loads[field as keyof typeof loads] ?? null;
      // Without a status the numbers mean nothing; −1 is none, and a day of rest is no load.
      const isNone = told === null || told < 0 || status?.endsWith("NOT_AVAILABLE");
      putDay(into, date, metric, isNone ? null : told, `/${field}`, { zero: true });
    }
  },
);

const skin_temperature = listed(
  { ...DATED, title: "skin temperature", path: "/users/biosensing/skintemperature" },
  z.object({ sleep_date: date, ...numbers("sleep_time_skin_temperature_celsius deviation_from_baseline_celsius") }),
  ({ sleep_date, ...told }, into) =>
    putDays(into, sleep_date, told, {
      sleep_time_skin_temperature_celsius: "skin_temperature_c",
      deviation_from_baseline_celsius: "skin_temperature_deviation_c",
    }),
);

const spo2 = listed(
  { ...DATED, title: "blood oxygen tests", path: "/users/biosensing/spo2", of: "series" },
  z.object({ test_time: seconds, time_zone_offset: minutes, ...texts("test_status"), blood_oxygen_percent: number }),
  ({ test_time, time_zone_offset, test_status, blood_oxygen_percent: percent }, into) => {
    if (test_status !== "SPO2_TEST_PASSED") return;
    putSample(into, "spo2_pct", "test", test_time, percent, time_zone_offset, "/blood_oxygen_percent");
  },
);

/** The grade of the night's sleep; what is foretold of days to come, and naps, are left out. */
const alertness = listed(
  { title: "alertness", path: "/users/sleepwise/alertness", every_s: DAY_S },
  z.object({ sleep_period_end_time: schema.day, ...texts("grade_type result_type"), ...readings("grade") }),
  ({ sleep_period_end_time, grade_type, result_type, grade }, into) => {
    if (result_type !== "ALERTNESS_TYPE_HISTORY" || grade_type !== "GRADE_TYPE_PRIMARY") return;
    putDay(into, sleep_period_end_time, "x_alertness_grade", grade, "/grade");
  },
);

/** Of the day on which the person, or a test, changed it. */
const physical_info = listed(
  { title: "weight and fitness", path: "/users/physical-info", key: null, every_s: DAY_S, zoneless: true },
  schema.spelled.pipe(z.object({ modified: instant, ...numbers("weight height resting_heart_rate vo2_max") })),
  ({ modified, ...told }, into, at) => {
    const measured = { ...told, height: told.height && told.height / 100 };
    putDays(into, dateOf(modified, at), measured, {
      weight: "weight_kg",
      height: "height_m",
      resting_heart_rate: "resting_heart_rate_bpm",
      vo2_max: "vo2max_ml_kg_min",
    });
  },
);

/** Makes the person known to our application. 409: they are, or the member id is another account's. */
export function registration(member_id: string): ProviderRequest {
  return { method: "POST", url: `${API}/users`, json: { "member-id": member_id }, accept: [409] };
}

const user = schema.spelled.pipe(z.object(texts("first_name last_name")));
/**
 * 204: nobody is registered, since another account of the same person was before and holds our id of them. Then an id with the
 * account's number does.
 */
const profile: ListStream = {
  ...FOLLOWED,
  title: "profile",
  every_s: DAY_S,
  request: ({ cursor, account: { public_id, provider_user_id } }) =>
    cursor === null ? ask(`/users/${provider_user_id}`) : registration(`${public_id}-${provider_user_id}`),
  read(answer, { cursor }) {
    if (cursor === null && isNothing(answer)) return page(emptyBatch(), "register");
    const { data } = user.safeParse(answer.body);
    if (answer.status === 409 || !data) return page();
    return { ...page(), profile: { display_name: nameOf(data.first_name, data.last_name) } };
  },
};

/** First who it is, since it may have to be registered. */
// biome-ignore format: a list
export const streams = {
  profile, exercises, exercise, exercise_check, sleeps, recharges, daily_activity, continuous_heart_rate, cardio_load,
  skin_temperature, spo2, alertness, physical_info,
};
