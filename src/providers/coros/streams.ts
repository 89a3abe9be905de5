/** Lists by the person's local days; wants.ts asks for files. docs/providers/coros.md, "What is read". */
import { emptyBatch } from "../../domain/batch.ts";
import { utcDate } from "../../domain/time.ts";
import type { Account, ListStream, ProviderRequest, Window } from "../provider.ts";
import { page, put, putAll, readAs } from "../reading.ts";
import { DAY_S, HOUR_S, WHOLE } from "../streams.ts";
import { putRow } from "./days.ts";
import * as schema from "./schema.ts";
import { putWorkout } from "./workouts.ts";

export const API = "https://open.coros.com";
/** A call may span 30 days of the calendar; the hours that zones may differ by touch three more than the window has. */
const WINDOW_S = 27 * DAY_S;
const WEST_MS = 12 * HOUR_S * 1000;
const EAST_MS = 14 * HOUR_S * 1000;

/** Every call names the account; the token is added to the query. */
export const call = (path: string, account: Account, query: Record<string, string> = {}): ProviderRequest => ({
  url: API + path,
  query: { openId: account.provider_user_id ?? "", ...query },
});

/** By the local days that a stretch of time may touch, wherever the person is. */
const listOf = (path: string, account: Account, { from, to }: Window): ProviderRequest =>
  call(path, account, {
    startDate: utcDate(from - WEST_MS).replaceAll("-", ""),
    endDate: utcDate(to + EAST_MS).replaceAll("-", ""),
  });
export const sportList = (account: Account, window: Window): ProviderRequest =>
  listOf("/v2/coros/sport/list", account, window);

export const profile: ListStream = {
  ...WHOLE,
  title: "profile",
  scopes: [],
  request: ({ account }) => call("/coros/userinfosim", account),
  read: ({ body }) =>
    readAs(schema.userInfo, body, ({ data: { nick, profilePhoto } }) => {
      const avatar_url = profilePhoto?.startsWith("https://") ? profilePhoto : null;
      return { ...page(), profile: { display_name: nick || null, avatar_url } };
    }),
};

const LIST = {
  kind: "list",
  scopes: [],
  max_window_s: WINDOW_S,
  // Three months may have 89 days; the first of them is touched by its last hours.
  history: { depth_s: 87 * DAY_S },
} satisfies Partial<ListStream>;

export const workouts: ListStream = {
  ...LIST,
  title: "workouts",
  every_s: 6 * HOUR_S,
  // Watches are synced days late; edits and deletions of a month are looked for daily, since nothing tells of them.
  overlap_s: 7 * DAY_S,
  reread: { every_s: DAY_S, back_s: WINDOW_S },
  request: ({ account, window }) => sportList(account, window),
  read: ({ body }, { window }) =>
    readAs(schema.sportList, body, ({ data }) => {
      const batch = emptyBatch();
      const isWhole = putAll(batch, "activity", schema.workout, data ?? [], "/data", (workout, item) =>
        putWorkout(workout, item, ["workout_file"]),
      );
      // What is stored and not in it is gone – unless an item could not be read, or nothing came at all.
      const keep = batch.activities.map(({ external_id }) => external_id);
      if (isWhole && keep.length > 0) {
        batch.deletions.push({ kind: "activity", ...window, keep, confirm: "workout_check" });
      }
      return page(batch);
    }),
};

/** Workouts are pushed, days are not. */
export const daily: ListStream = {
  ...LIST,
  title: "days and nights",
  every_s: 12 * HOUR_S,
  overlap_s: 3 * DAY_S,
  // A night's times need the place where it was slept.
  zoneless: true,
  request: ({ account, window }) => listOf("/coros/daily/query", account, window),
  read: ({ body }, { offsetAt }) =>
    readAs(schema.dailyQuery, body, ({ data }) => {
      const batch = emptyBatch();
      const rows = data?.dailyList ?? [];
      for (const [i, row] of rows.entries()) {
        put(batch, "daily", schema.day, row, `/data/dailyList/${i}`, (day, item) => putRow(row, day, item, offsetAt));
      }
      return page(batch);
    }),
};
