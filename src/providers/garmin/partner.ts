/**
 * The partner programme: history is asked for and comes as pushes. Delivered are records (push), or where to fetch them (ping), or that
 * the person has gone or allows less. Nothing is signed: the path vouches for it. docs/providers/garmin.md, "Delivery", "Backfill".
 */
import { z } from "zod";
import { element, emptyBatch, type Rejection } from "../../domain/batch.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Answer, ListStream, Page, Position, ProviderRequest, Push, PushItem, Window } from "../provider.ts";
import { page, readAs, unreadable, wrong } from "../reading.ts";
import { instantOf } from "../shapes.ts";
import { DAY_S } from "../streams.ts";
import { readAsFit } from "../tracks.ts";
import { type ActivityFile, activityFile, putFile } from "./activities.ts";
import { SUMMARIES } from "./summaries.ts";

/** Any other body – a page of HTML, nothing – says nothing. */
const refusal = z.object({ errorMessage: z.string().catch("") }).catch({ errorMessage: "" });
export const PARTNER = "https://apis.garmin.com";
export const API = `${PARTNER}/wellness-api/rest`;
const HISTORICAL = "HISTORICAL_DATA_EXPORT";

/** Where a window was cut to the earliest instant that Garmin allows, s. */
type Cut = { from: number; tries: number } | null;
const MOST_CUTS = 3;

/** An *ask*: its answer is empty, and the data come as any other delivery; at most `days` in one call. */
const history =
  (scope: string, days: number) =>
  (title: string, path: string): ListStream => ({
    kind: "list",
    title,
    auth: ["oauth1", "oauth2"],
    scopes: [scope, HISTORICAL],
    every_s: null,
    overlap_s: 0,
    max_window_s: days * DAY_S,
    // A month before the connection; how long that month was Garmin says itself.
    history: { depth_s: 31 * DAY_S },
    pace_s: 60,
    request({ window, cursor }) {
      const from = (cursor as Cut)?.from ?? Math.floor(window.from / 1000);
      const query = { summaryStartTimeInSeconds: String(from), summaryEndTimeInSeconds: String(endOf(window)) };
      return { url: `${API}/backfill/${path}`, query, accept: [400, 403, 409], as: "text" };
    },
    read: readHistory,
  });

const endOf = ({ to }: Window): number => Math.floor(to / 1000);

/** Accepted, or asked for before: then it is on its way. Before the earliest instant: from there once more. */
function readHistory(answer: Answer, at: Position): Page | Fault {
  if (answer.status < 300 || answer.status === 409) return page();
  if (answer.status === 403) return readFault(answer) ?? { kind: "scope_missing", scope: HISTORICAL };
  const earliest = instantOf(/before min start time of (\S+)/.exec(messageOf(answer))?.[1] ?? "");
  if (earliest === null) return readFault(answer) ?? unreadable("", "refused with 400");
  const from = Math.ceil(earliest / 1000);
  const tries = ((at.cursor as Cut)?.tries ?? 0) + 1;
  return { ...page(), earliest, next: from < endOf(at.window) && tries <= MOST_CUTS ? { from, tries } : null };
}

const messageOf = ({ body }: Answer): string => refusal.parse(body).errorMessage;

export function readFault(answer: Answer): Fault | undefined {
  const message = messageOf(answer);
  // The person switched this kind of data off; the others go on.
  if (answer.status === 412) return { kind: "scope_missing", scope: null };
  if (answer.status === 403 && /unknown\s*(user\s*access\s*token|uat|user)/i.test(message)) return { kind: "ended" };
  // What the operator's settings in Garmin's portal do not allow; time alone does not mend it.
  if (answer.status === 400 && /endpoint not enabled|InvalidPullToken/i.test(message)) return { kind: "forbidden" };
  return undefined;
}

const health = history("HEALTH_EXPORT", 90);
const activity = history("ACTIVITY_EXPORT", 30);

/** One for each summary type; women's health is not read. */
// biome-ignore format: a table
export const partnerStreams = {
  activities: activity("activities", "activities"), activity_details: activity("activity details", "activityDetails"),
  move_iq: activity("noticed movement", "moveiq"), dailies: health("days", "dailies"), sleeps: health("nights", "sleeps"),
  hrv: health("heart rate variability", "hrv"), stress_details: health("stress and body battery", "stressDetails"),
  pulse_ox: health("blood oxygen", "pulseOx"), respiration: health("respiration", "respiration"),
  user_metrics: health("fitness", "userMetrics"), body_comps: health("body composition", "bodyComps"),
  skin_temperature: health("skin temperature", "skinTemp"), blood_pressures: health("blood pressure", "bloodPressures"),
  health_snapshots: health("health snapshots", "healthSnapshot"), epochs: health("quarter hours", "epochs"),
};

/** Arrays by the stream that asks for their history. */
// biome-ignore format: a table
const STREAMS: Readonly<Record<string, keyof typeof partnerStreams>> = {
  activities: "activities", manuallyUpdatedActivities: "activities", activityDetails: "activity_details",
  moveIQActivities: "move_iq", dailies: "dailies", sleeps: "sleeps", hrv: "hrv", stressDetails: "stress_details",
  pulseox: "pulse_ox", allDayRespiration: "respiration", userMetrics: "user_metrics", bodyComps: "body_comps",
  skinTemp: "skin_temperature", bloodPressures: "blood_pressures", healthSnapshot: "health_snapshots", epochs: "epochs",
};

/** Any element: whose it is, and where its data are to be fetched. */
const more = { callbackURL: z.string().optional(), permissions: z.unknown().optional() };
export const delivered = z.object({ userId: z.string().min(1), ...more });
const FILE_BYTES = 32 * 1024 * 1024;

export const push: Push = {
  verify: { by: "path", header: { name: "garmin-client-id", is: "client_id" } },
  elements: "arrays",
  // Empty items occur, and belong to nobody.
  account: (value) => delivered.safeParse(value).data?.userId ?? null,
  read(value, key, { offsetAt }) {
    const told = delivered.safeParse(value).data;
    if (key === "deregistrations") return [{ is: "goodbye" }];
    if (key === "userPermissionsChange") return [{ is: "permissions", granted: grantedOf(told?.permissions) }];
    if (key === "activityFiles") return readFileNotice(value);
    // Women's health (`mct`) and what is still to be invented are not read.
    if (key === null || !Object.hasOwn(SUMMARIES, key)) return [];
    const read = SUMMARIES[key]!;
    const url = told?.callbackURL;
    const stream = STREAMS[key];
    const readAll = (all: [pointer: string, one: unknown][]) => {
      const batch = emptyBatch();
      for (const [pointer, one] of all) read(batch, one, pointer, offsetAt);
      return batch;
    };
    if (url === undefined) return [{ is: "data", batch: readAll([["", value]]), stream }];
    if (!isOurs(url)) return refused(FOREIGN);
    // A ping's address answers a bare array of what a push would have brought.
    const readList = ({ body }: Answer) =>
      readAs(z.array(z.unknown()), body, (list) => page(readAll(list.map((one, i) => [`/${i}`, one]))));
    return [{ is: "fetch", request: { url }, read: readList, stream }];
  },
  confirm: () => ({ url: `${API}/user/id` }),
  // What the person ticked on Garmin's consent page and may change in Garmin Connect at any time.
  permissions: { request: () => ({ url: `${API}/user/permissions` }), read: ({ body }) => grantedOf(body) },
  subscription: { per: "by_hand" },
};

/** A list of names, within an object in one client's reading, or a map of all names to whether they hold. */
function grantedOf(told: unknown): string[] | null {
  if (Array.isArray(told)) return told.filter((name): name is string => typeof name === "string");
  if (told === null || typeof told !== "object") return null;
  if ("permissions" in told) return grantedOf(told.permissions);
  return Object.entries(told).flatMap(([name, holds]) => (holds === true ? [name] : []));
}

const refused = (one: Rejection): PushItem[] => [{ is: "data", batch: { ...emptyBatch(), rejections: [one] } }];
const FOREIGN: Rejection = { kind: null, pointer: "/callbackURL", reason: "an address that is not Garmin's" };
const NO_FIT: Rejection = { kind: null, pointer: "/fileType", reason: "not a FIT file" };
/** A file can be fetched once within a day; again it is gone, and was read the first time. */
function readFileNotice(value: unknown): PushItem[] {
  const { data: notice, error } = activityFile.safeParse(value);
  if (error) return refused({ kind: "activity", ...wrong(error) });
  const { callbackURL: url, fileType } = notice;
  if (!isOurs(url)) return refused(FOREIGN);
  if (fileType && fileType.toUpperCase() !== "FIT") return refused(NO_FIT);
  const request: ProviderRequest = { url, as: "bytes", accept: [410], max_bytes: FILE_BYTES };
  return [{ is: "fetch", request, read: (answer) => readFile(answer, notice) }];
}

function readFile(answer: Answer, notice: ActivityFile): Page | Fault {
  if (answer.status === 410) return page();
  return readAsFit(answer, (file) => {
    const batch = emptyBatch();
    const isRead = putFile(file, notice, { batch, at: "", of: element(batch, "activity") });
    return isRead ? page(batch) : unreadable("", "a file of no activity");
  });
}

/** The address goes out with the person's token, so it must be Garmin's own, without a port or a user's name in it. */
const isOurs = (address: string): boolean => address.startsWith(`${PARTNER}/`);
