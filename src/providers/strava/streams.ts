/** What is asked of Strava, how a page is read and the next one found; traps in docs/providers/strava.md. */
import { element, emptyBatch } from "../../domain/batch.ts";
import type { Track } from "../../domain/records.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Answer, ListStream, Page, Position } from "../provider.ts";
import { page, readAs, readable, unreadable, wrong } from "../reading.ts";
import { DAY_S, HOUR_S, single, WHOLE } from "../streams.ts";
import { toDetail, toIdentity, toSummary, toTrack } from "./normalise.ts";
import * as schema from "./schema.ts";

/** Moves to `https://api-v3.strava.com` without the path in 2027; OAuth stays where it is. */
export const API = "https://www.strava.com/api/v3";
const PER_PAGE = 200;
const ACTIVITIES = [["activity:read_all", "activity:read"]];

export const profile: ListStream = {
  ...WHOLE,
  title: "profile",
  scopes: [["read", "profile:read_all"]],
  request: () => ({ url: `${API}/athlete` }),
  read: ({ body }) =>
    readAs(schema.athlete, body, (athlete) => {
      const { display_name, avatar_url } = toIdentity(athlete);
      return { ...page(), profile: { display_name, avatar_url, member_since: athlete.created_at ?? null } };
    }),
};

/**
 * `before` (s, exclusive), and a page number within that only where one second fills a page; `behind`: the id that the
 * page before it began with. Paging by time holds still while activities come and go; `after` would turn the order round.
 */
interface Cursor {
  before: number;
  page: number;
  behind?: string;
}

const cursorAt = (at: Position): Cursor =>
  (at.cursor as Cursor | null) ?? { before: Math.ceil(at.window.to / 1000), page: 1 };

export const activities: ListStream = {
  kind: "list",
  title: "activities",
  scopes: ACTIVITIES,
  every_s: HOUR_S,
  // Late uploads and edits of the week; the month daily, since no event tells of an edit.
  overlap_s: 7 * DAY_S,
  ahead_s: DAY_S,
  reread: { every_s: DAY_S, back_s: 30 * DAY_S },
  max_window_s: null,
  history: { depth_s: null },
  request(at) {
    const { before, page: number } = cursorAt(at);
    return {
      url: `${API}/athlete/activities`,
      query: { before: String(before), page: String(number), per_page: String(PER_PAGE) },
    };
  },
  read: readActivities,
};

/** Newest first. A short page is not the end: an empty one is, or one that reaches below the window. */
function readActivities(answer: Answer, at: Position): Page | Fault {
  if (!Array.isArray(answer.body)) return unreadable("", "not a list");
  const { before, page: number, behind } = cursorAt(at);
  const { from } = at.window;
  const batch = emptyBatch();
  const keep: string[] = [];
  /** Seconds of what the page has, as far as they can be read. */
  const starts: number[] = [];
  let first: string | undefined;
  let certain = true;
  answer.body.forEach((item: unknown, i) => {
    const parsed = schema.activity.safeParse(item);
    const key = parsed.success ? parsed : schema.activityKey.safeParse(item);
    if (key.success) {
      first ??= key.data.id;
      starts.push(Math.floor(key.data.start_date / 1000));
      if (key.data.start_date >= from) keep.push(key.data.id);
    } else certain = false; // nobody can say what of the stored ones is absent
    if (!parsed.success) {
      const external_id = key.data?.id;
      batch.rejections.push({ kind: "activity", ...wrong(parsed.error, `/${i}`), ...(external_id && { external_id }) });
    } else if (parsed.data.start_date >= from) {
      batch.activities.push(toSummary(parsed.data, element(batch, "activity")));
    }
  });
  if (starts.length === 0 && answer.body.length > 0) {
    const { pointer, reason } = batch.rejections[0]!;
    return unreadable(pointer, reason);
  }
  if (number > 1 && first !== undefined && first === behind) return unreadable("", "the page before once more");
  const oldest = Math.min(before, ...starts);
  const ended = answer.body.length === 0 || oldest * 1000 < from;
  const older = oldest + 1 < before;
  // Nothing older than asked for, and not all of the one second that may go on: `before` was not heeded.
  if (!ended && !older && starts.some((start) => start !== before - 1))
    return unreadable("", "not before what was asked for");
  // Seconds that this page shows whole: the oldest may go on on the next, the newest began on the page before.
  const to = (number === 1 ? before : before - 1) * 1000;
  const least = ended ? from : (oldest + 1) * 1000;
  if (certain && least < to) {
    batch.deletions.push({ kind: "activity", from: least, to, keep, confirm: "activity_absent" });
  }
  if (ended) return page(batch);
  return page(
    batch,
    older ? { before: oldest + 1, page: 1 } : { before, page: number + 1, ...(first && { behind: first }) },
  );
}

const DETAIL = {
  scopes: ACTIVITIES,
  request: (id: string) => ({ url: `${API}/activities/${id}`, query: { include_all_efforts: "false" } }),
  read: ({ body }: Answer, external_id: string): Page | Fault =>
    readAs(schema.detail, body, (detail) => {
      if (detail.id !== external_id) return unreadable("/id", "another activity");
      const batch = emptyBatch();
      const of = element(batch, "activity");
      const laps = readable(detail.laps, schema.lap, { batch, of, at: "" }, "/laps", { external_id });
      batch.activities.push(toDetail(detail, laps, of));
      return page(batch);
    }),
};

/** Calories, description, device, exertion and laps. One that is listed and not found stays as it is listed. */
export const activity_detail = single({ ...DETAIL, title: "activity details", absent: "passes" });

/** Asked where a list lacks a stored one, and where an event says so. Not found: deleted, or not ours to see. */
export const activity_absent = single({ ...DETAIL, title: "deleted activities", absent: "activity" });

/** The recorded streams. Not found: there are none. */
export const activity_track = single({
  title: "activity tracks",
  scopes: ACTIVITIES,
  request: (id) => ({
    url: `${API}/activities/${id}/streams`,
    query: { keys: Object.keys(schema.streams.shape).join(","), key_by_type: "true" },
  }),
  read: ({ body }, external_id) =>
    readAs(schema.streams, body, (streams) => {
      const track = toTrack(streams);
      if (track !== null || !Object.values(streams).some(Boolean)) return withTrack(external_id, track);
      const batch = emptyBatch();
      batch.rejections.push({ kind: "activity", pointer: "/time", reason: "streams without their times" });
      return page(batch);
    }),
  absent: (external_id) => withTrack(external_id, null),
});

function withTrack(external_id: string, track: Track | null): Page {
  const batch = emptyBatch();
  batch.activities.push({ external_id, part: "file", fields: {}, track, element: element(batch, "activity") });
  return page(batch);
}
