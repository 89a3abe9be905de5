/**
 * The Personal API: its key, what is polled and how far back, and what days and samples it tells. Its answers nobody has published: they
 * are those of the same services on Connect's own host, and wrappers are seen through. docs/providers/garmin.md, "Personal API".
 */
import { z } from "zod";
import { type Batch, element, emptyBatch, type Kind } from "../../domain/batch.ts";
import { addDays, DAY_MS, utcDate } from "../../domain/time.ts";
import type { ApiKey, ListStream, Page, Position, ProviderRequest, WantStream } from "../provider.ts";
import { by, dayOf, type Item, page, put, readAs, reject, unreadable, within } from "../reading.ts";
import { date, each, id, lenient, number, texts } from "../shapes.ts";
import { DAY_S, HOUR_S, single } from "../streams.ts";
import { putReading, putReadings, putTold, shapesOf } from "../tables.ts";
import { listed, putListedActivity, putSummed, summed } from "./activities.ts";
import { clockOffset } from "./members.ts";
import { grams, instant, instants, lists } from "./schema.ts";
import { putPersonalNight } from "./sleeps.ts";
import { HRV } from "./summaries.ts";

const PERSONAL = "https://personal.connectapi.garmin.com";

function get(path: string): ProviderRequest {
  const [place, query] = path.split("?");
  return { url: `${PERSONAL}/${place}`, ...(query && { query: Object.fromEntries(new URLSearchParams(query)) }) };
}
const dayPath = (date: string): string => `usersummary-service/usersummary/daily?calendarDate=${date}`;

/** The person's first and last day of a window. */
function datesOf({ window, offsetAt }: Position): { first: string; last: string } {
  const at = (ms: number) => dayOf(ms, null, offsetAt);
  return { first: at(window.from), last: at(window.to - 1) };
}

type Read = (body: unknown, batch: Batch, at: Position) => void;
type Next = (at: Position, body: unknown) => Page["next"];
const last: Next = () => null;

const list = (title: string, path: (at: Position) => string, read: Read, next = last): ListStream => ({
  kind: "list",
  title,
  auth: ["api_key"],
  scopes: [],
  every_s: HOUR_S,
  // Late uploads and what grows, as far back as Garmin still changes a day.
  overlap_s: 3 * DAY_S,
  // Asked for in one call: 28 days, first and last included.
  max_window_s: 27 * DAY_S,
  // How far back it goes nobody has told: to the first half year without anything.
  history: { depth_s: null, empty_s: 180 * DAY_S },
  zoneless: true,
  request: (at) => get(path(at)),
  read({ body }, at) {
    const batch = emptyBatch();
    read(body, batch, at);
    return page(batch, next(at, body));
  },
});

/** One request a window. */
const byRange = (title: string, path: (range: string) => string, read: Read): ListStream =>
  list(title, (at) => path(`${datesOf(at).first}/${datesOf(at).last}`), read);

/** One request a day, the newest first; the cursor is the date. */
function byDay(title: string, path: (date: string) => string, read: Read): ListStream {
  const dateOf = (at: Position) => (at.cursor as string | null) ?? datesOf(at).last;
  const next = (at: Position) => (dateOf(at) > datesOf(at).first ? addDays(dateOf(at), -1) : null);
  return list(title, (at) => path(dateOf(at)), read, next);
}

/** A bare list, one in `data`, or the one list within an object; nothing: none; anything else: the one item itself. */
function itemsOf(body: unknown, at = ""): [pointer: string, item: unknown][] {
  if (body === null || body === undefined || body === "") return [];
  if (Array.isArray(body)) return body.map((item, i) => [`${at}/${i}`, item]);
  if (typeof body !== "object") return [[at, body]];
  if ("data" in body) return itemsOf(body.data, `${at}/data`);
  const lists = Object.entries(body).filter(([, member]) => Array.isArray(member));
  const isItem = "calendarDate" in body || "dailySleepDTO" in body;
  return lists.length === 1 && !isItem ? itemsOf(lists[0]![1], `${at}/${lists[0]![0]}`) : [[at, body]];
}

/** Reads each of the items that `of` finds in an answer. */
const reader =
  (of: typeof itemsOf) =>
  <Shape extends z.ZodType>(kind: Kind, shape: Shape, into: (one: z.infer<Shape>, item: Item) => void): Read =>
  (body, batch) => {
    for (const [pointer, value] of of(body))
      put(batch, kind, shape, value, pointer, (one, item) => into(one, { ...item, negatives: "none" }));
  };
const all = reader(itemsOf);
/** The one object that an answer is; nothing is nothing. */
const only = reader((body) => {
  const isNothing = body === null || body === "" || (Array.isArray(body) && body.length === 0);
  return isNothing ? [] : [["", body]];
});

const PAGE_SIZE = 50;
const startOf = (at: Position): number => (at.cursor as number | null) ?? 0;
const activities = list(
  "activities",
  (at) => {
    const { first, last } = datesOf(at);
    const query = `startDate=${first}&endDate=${last}&start=${startOf(at)}&limit=${PAGE_SIZE}&excludeChildren=false`;
    return `activitylist-service/activities/search/activities?${query}`;
  },
  all("activity", listed, putListedActivity),
  // A short page is the end.
  (at, body) => (itemsOf(body).length < PAGE_SIZE ? null : startOf(at) + PAGE_SIZE),
);

/** What lists lack. Not found says nothing: which paths the API has is not published. */
const detail = single({
  title: "activity details",
  scopes: [],
  request: (id) => get(`activity-service/activity/${id}`),
  absent: () => page(),
  read: ({ body }, external_id) =>
    readAs(summed, body, (one) => {
      if (one.activityId !== external_id) return unreadable("/activityId", "another activity");
      const batch = emptyBatch();
      putSummed(one, { batch, at: "", of: element(batch, "activity") });
      return page(batch);
    }),
});

// biome-ignore format: a table
const DAY = {
  totalSteps: "steps", totalDistanceMeters: "distance_m", totalKilocalories: "total_energy_kcal",
  activeKilocalories: "active_energy_kcal", bmrKilocalories: "basal_energy_kcal", floorsAscended: "floors",
  floorsDescended: "floors_descended", minHeartRate: "min_heart_rate_bpm", maxHeartRate: "max_heart_rate_bpm",
  restingHeartRate: "resting_heart_rate_bpm", averageStressLevel: "stress_avg", maxStressLevel: "stress_max",
  moderateIntensityMinutes: "moderate_intensity_s", vigorousIntensityMinutes: "vigorous_intensity_s",
  bodyBatteryHighestValue: "body_battery_high", bodyBatteryLowestValue: "body_battery_low",
  bodyBatteryChargedValue: "body_battery_charged", bodyBatteryDrainedValue: "body_battery_drained",
  averageSpo2: "spo2_pct", avgWakingRespirationValue: "waking_respiration_brpm",
};
const minutes = each(z.number().transform((value) => value * 60));
const numbers = { ...shapesOf(DAY, number), ...minutes("moderateIntensityMinutes vigorousIntensityMinutes") };
const sum = z.object(lenient({ value: number }));
const movement = z.object(lenient({ steps: sum, floorsAscended: sum }));

/** A day as far as it has come: the flat summary of one, and what the nested one of a range has of it. */
const day = all(
  "daily",
  z.object({ calendarDate: date, ...lenient({ ...numbers, movement }) }),
  ({ calendarDate, movement, ...flat }, into) => {
    const totalSteps = flat.totalSteps ?? movement?.steps?.value;
    const floorsAscended = flat.floorsAscended ?? movement?.floorsAscended?.value;
    const told = { ...flat, totalSteps, floorsAscended };
    // Of a day without anything – before the watch, say – nothing is told.
    if (Object.values(told).some((value) => value != null)) putTold(into, calendarDate, told, DAY);
  },
);

/** The same days in other answers: a source keeps them apart, so that the two never undo each other, nor does a null. */
const quiet = number.catch(undefined).transform((value) => value ?? undefined);
const STEPS = { totalSteps: "steps steps", totalDistance: "distance_m steps" };
const stepsDay = z.object({ calendarDate: date, ...shapesOf(STEPS, quiet) });
const steps = all("daily", stepsDay, (one, into) => putTold(into, one.calendarDate, one, STEPS));
// biome-ignore format: a table
const STRESS = {
  overallStressLevel: "stress_avg stress", restStressDuration: "rest_stress_s stress",
  lowStressDuration: "low_stress_s stress", mediumStressDuration: "medium_stress_s stress",
  highStressDuration: "high_stress_s stress",
};
const values = z.object(shapesOf(STRESS, quiet));
const stress = all("daily", z.object({ calendarDate: date, ...lenient({ values }) }), (one, into) =>
  putTold({ ...into, at: `${into.at}/values` }, one.calendarDate, one.values ?? {}, STRESS),
);

const hrvDay = z.object({ calendarDate: date, ...shapesOf(HRV, quiet) });
const hrvDays = all("daily", hrvDay, (one, into) => putTold(into, one.calendarDate, one, HRV));
/** The night's mean and its readings. */
const hrvNight = z.object({ ...lenient({ hrvSummary: hrvDay }), ...lists("hrvReadings") });
const hrvReading = z.object({ hrvValue: z.number(), readingTimeGMT: instant, ...instants("readingTimeLocal") });
const hrv = only("daily", hrvNight, (night, into) => {
  if (night.hrvSummary) putTold(into, night.hrvSummary.calendarDate, night.hrvSummary, HRV);
  within(
    into,
    "series",
    night.hrvReadings,
    "/hrvReadings",
    hrvReading,
    ({ hrvValue, readingTimeGMT, readingTimeLocal }, at) => {
      const when = { time: readingTimeGMT, offset: clockOffset(readingTimeLocal, readingTimeGMT) };
      putReading({ ...at, ...when }, "hrv_rmssd_ms", hrvValue, "/hrvValue");
    },
  );
});

const clocks = instants("startTimestampGMT startTimestampLocal endTimestampGMT endTimestampLocal");
const heartRateValueDescriptors = z.array(z.object({ key: z.string(), index: z.number().int().nonnegative() }));
const beats = z.object({ ...clocks, ...lenient({ heartRateValueDescriptors }), ...lists("heartRateValues") });

/** Pairs of ms and beats, in the order that the descriptors tell, where there are any. */
const heartRate = only("series", beats, (h, into) => {
  const start = h.startTimestampGMT;
  const indexOf = (name: string) => h.heartRateValueDescriptors?.find(({ key }) => key.toLowerCase() === name)?.index;
  const [timeAt, valueAt] = [indexOf("timestamp") ?? 0, indexOf("heartrate") ?? 1];
  const offset = clockOffset(h.startTimestampLocal, start);
  const endOffset = clockOffset(h.endTimestampLocal, h.endTimestampGMT);
  within(into, "series", h.heartRateValues, "/heartRateValues", z.array(z.unknown()), (row, at) => {
    const time = row[timeAt];
    if (typeof time !== "number") return reject(at, "series", "", "no time");
    // The last hour of a day of 25.
    const isLate = start != null && time - start >= DAY_MS;
    putReading({ ...at, time, offset: isLate ? endOffset : offset }, "heart_rate_bpm", row[valueAt], `/${valueAt}`);
  });
});

/** Lists of `[ms, percent]` under whatever name has SpO2 in it. */
const hours = z.array(z.tuple([z.number(), z.number()]).rest(z.unknown()).nullable().catch(null));
const spo2 = only("series", z.record(z.string(), z.unknown()), (answer, into) => {
  for (const [name, rows] of Object.entries(answer)) {
    for (const [i, row] of ((/spo2/i.test(name) && hours.safeParse(rows).data) || []).entries())
      if (row) putReading({ ...into, time: row[0], offset: null }, "spo2_pct hourly", row[1], `/${name}/${i}/1`);
  }
});

// biome-ignore format: a table
const WEIGHT = {
  weight: "weight_kg", boneMass: "bone_mass_kg", muscleMass: "muscle_mass_kg",
  bodyFat: "body_fat_pct", bodyWater: "body_water_pct", bmi: "bmi_kg_m2",
};
/** `date` is the same instant in local time. */
const rest = { ...shapesOf(WEIGHT, number), ...grams("weight boneMass muscleMass"), date: number };
const weighing = z.object({ timestampGMT: z.number(), ...lenient(rest) });
const weight = all("series", z.object(lists("allWeightMetrics")), (one, into) =>
  within(into, "series", one.allWeightMetrics, "/allWeightMetrics", weighing, (w, at) =>
    putReadings({ ...at, time: w.timestampGMT, offset: clockOffset(w.date, w.timestampGMT) }, w, WEIGHT),
  ),
);

const nights: Read = (body, batch, { offsetAt }) => {
  for (const [pointer, one] of itemsOf(body)) putPersonalNight(batch, one, pointer, offsetAt);
};

export const personalStreams = {
  personal_activities: activities,
  personal_activity_detail: { ...detail, auth: ["api_key"] } satisfies WantStream,
  personal_days: byDay("days", dayPath, day),
  personal_steps: byRange("steps", (range) => `usersummary-service/stats/steps/daily/${range}`, steps),
  personal_stress: byRange("stress", (range) => `usersummary-service/stats/stress/daily/${range}`, stress),
  personal_heart_rate: byDay("heart rate", (day) => `wellness-service/wellness/dailyHeartRate?date=${day}`, heartRate),
  personal_spo2: byDay("blood oxygen", (day) => `wellness-service/wellness/daily/spo2acclimation/${day}`, spo2),
  personal_nights: byDay("nights", (day) => `sleep-service/sleep/dailySleepData?date=${day}`, nights),
  personal_hrv: byRange("heart rate variability", (range) => `hrv-service/hrv/daily/${range}`, hrvDays),
  personal_hrv_readings: byDay("heart rate variability of the night", (day) => `hrv-service/hrv/${day}`, hrv),
  personal_weight: byRange("weight", (range) => `weight-service/weight/range/${range}?includeAll=true`, weight),
};

/** Only that the bearer lives for a day is known: names of the answer are guesses, or it is the bare text of one. */
const names = texts("access_token token accessToken");
const bearer = z.object(lenient({ ...names, expires_in: z.coerce.number().positive() }));
const claims = z.object({ exp: z.number().positive() });
const owner = z.object(lenient({ userProfileId: id, userProfilePK: id, userProfilePk: id }));

const POST = { method: "POST", auth: "none", as: "text" } as const;

export const personalKey = {
  type: "api_key",
  // "Not intended for commercial applications serving multiple end users".
  private_only: true,
  where: "https://connect.garmin.com/app/settings/personalApiToken",
  lifetimes_days: [30, 90, 180, 365],
  exchange: {
    request: { ...get("personalapitoken-service/personal-api/personal-api-key/token"), ...POST },
    header: { name: "authorization", prefix: "ApiKey " },
    read({ body }, now) {
      const told = typeof body === "string" ? parsed(() => body, body) : body;
      const read = bearer.safeParse(told).data;
      const token = typeof told === "string" ? told.trim() : (read?.access_token ?? read?.token ?? read?.accessToken);
      if (!token || !/^[\x21-\x7e]+$/.test(token)) return unreadable("", "no token");
      const lifetime = by(read?.expires_in, (s) => now + s * 1000);
      return { access_token: token, expires_at: lifetime ?? expiryOf(token) ?? now + DAY_MS };
    },
  },
  early_s: 3600,
  identify: {
    from: "request",
    // No answer names the person; those of a day name their number.
    request: (_account, now) => get(dayPath(utcDate(now - DAY_MS))),
    read({ body }) {
      const { data } = owner.safeParse(body);
      const id = data?.userProfileId ?? data?.userProfilePK ?? data?.userProfilePk;
      return id ? { provider_user_id: id, display_name: null, avatar_url: null } : null;
    },
  },
  // Nothing of the kind is known: the person deletes the key.
  revoke: () => [],
} satisfies ApiKey;

function parsed(json: () => string, otherwise: unknown): unknown {
  try {
    return JSON.parse(json());
  } catch {
    return otherwise;
  }
}

/** `exp` of a JSON Web Token, ms; null where it is none. */
function expiryOf(token: string): number | null {
  const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  const { data } = claims.safeParse(parsed(() => atob(payload), null));
  return data ? data.exp * 1000 : null;
}
