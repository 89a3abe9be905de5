/** What is asked of COROS: lists by the person's local days, and the files of workouts. docs/providers/coros.md, "What is read". */
import { emptyBatch } from "../../domain/batch.ts";
import { utcDate } from "../../domain/time.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Account, Answer, ListStream, Page, Position, ProviderRequest, Window } from "../provider.ts";
import { putDay } from "./days.ts";
import { wrong } from "./reading.ts";
import * as schema from "./schema.ts";
import { putWorkout } from "./workouts.ts";

export const API = "https://open.coros.com";
const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
/** A call may span 30 days of the calendar; the hours that zones may differ by touch three more than the window has. */
const WINDOW_S = 27 * DAY_S;
/** Three months may have 89 days; the first of them is touched by its last hours. */
const DEPTH_S = 87 * DAY_S;
const WEST_MS = 12 * HOUR_S * 1000;
const EAST_MS = 14 * HOUR_S * 1000;

/** Every call names the account; the token is added to the query. */
export const call = (path: string, account: Account, query: Record<string, string> = {}): ProviderRequest => ({
  url: API + path,
  query: { openId: account.provider_user_id ?? "", ...query },
});

/** The local days that a stretch of time may touch, wherever the person is. */
const days = ({ from, to }: Window): Record<string, string> => ({
  startDate: utcDate(from - WEST_MS).replaceAll("-", ""),
  endDate: utcDate(to + EAST_MS).replaceAll("-", ""),
});

export const sportList = (account: Account, window: Window): ProviderRequest =>
  call("/v2/coros/sport/list", account, days(window));

/** The fault of an answer of a wrong shape. */
export const unreadable = (error: Parameters<typeof wrong>[0]): Fault => ({ kind: "unreadable", ...wrong(error) });

export const profile: ListStream = {
  kind: "list",
  title: "profile",
  scopes: [],
  every_s: DAY_S,
  overlap_s: 0,
  max_window_s: null,
  history: null,
  request: ({ account }) => call("/coros/userinfosim", account),
  read({ body }) {
    const parsed = schema.userInfo.safeParse(body);
    if (!parsed.success) return unreadable(parsed.error);
    const { nick, profilePhoto } = parsed.data.data;
    const profile = {
      display_name: nick || null,
      avatar_url: profilePhoto?.startsWith("https://") ? profilePhoto : null,
    };
    return { batch: emptyBatch(), next: null, profile };
  },
};

export const workouts: ListStream = {
  kind: "list",
  title: "workouts",
  scopes: [],
  every_s: 6 * HOUR_S,
  // Watches are synced days late; edits and deletions of a month are looked for daily, since nothing tells of them.
  overlap_s: 7 * DAY_S,
  reread: { every_s: DAY_S, back_s: WINDOW_S },
  max_window_s: WINDOW_S,
  history: { depth_s: DEPTH_S },
  request: ({ account, window }) => sportList(account, window),
  read: readWorkouts,
};

function readWorkouts({ body }: Answer, { window }: Position): Page | Fault {
  const parsed = schema.sportList.safeParse(body);
  if (!parsed.success) return unreadable(parsed.error);
  const batch = emptyBatch();
  const items = parsed.data.data ?? [];
  const read = items.map((item, i) => putWorkout(batch, item, `/data/${i}`, ["workout_file"]));
  // The list is whole, so what is stored and not in it is gone – unless an item could not be read, or nothing came at all.
  const keep = read.flatMap((one) => (one === null ? [] : [one.labelId]));
  if (keep.length > 0 && keep.length === items.length) {
    batch.deletions.push({ kind: "activity", ...window, keep, confirm: "workout_check" });
  }
  return { batch, next: null };
}

/** Workouts are pushed, days are not. */
export const daily: ListStream = {
  kind: "list",
  title: "days and nights",
  scopes: [],
  every_s: 12 * HOUR_S,
  overlap_s: 3 * DAY_S,
  max_window_s: WINDOW_S,
  history: { depth_s: DEPTH_S },
  // A night's times need the place where it was slept.
  zoneless: true,
  request: ({ account, window }) => call("/coros/daily/query", account, days(window)),
  read({ body }, { offsetAt }) {
    const parsed = schema.dailyQuery.safeParse(body);
    if (!parsed.success) return unreadable(parsed.error);
    const batch = emptyBatch();
    for (const [i, item] of (parsed.data.data?.dailyList ?? []).entries()) {
      putDay(batch, item, `/data/dailyList/${i}`, offsetAt);
    }
    return { batch, next: null };
  },
};
