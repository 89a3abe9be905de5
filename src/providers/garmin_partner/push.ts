/**
 * What the partner programme delivers: records (push), or where to fetch them (ping), or that the person has gone or allows less.
 * Nothing is signed: the path vouches for it. docs/providers/garmin.md, "Delivery".
 */
import { z } from "zod";
import { element, emptyBatch, type Rejection } from "../../domain/batch.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Answer, Page, ProviderRequest, Push, PushItem } from "../provider.ts";
import { page, readAs, unreadable, wrong } from "../reading.ts";
import { readAsFit } from "../tracks.ts";
import { type ActivityFile, activityFile, putFile } from "./activities.ts";
import { API, PARTNER, type streams } from "./history.ts";
import { SUMMARIES } from "./summaries.ts";

/** Arrays by the stream that asks for their history. */
// biome-ignore format: a table
const STREAMS: Readonly<Record<string, keyof typeof streams>> = {
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
