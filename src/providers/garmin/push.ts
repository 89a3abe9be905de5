/**
 * What Garmin delivers: the records themselves (push), or where to fetch them (ping), or that the person has gone or allows less.
 * Nothing is signed: the path vouches for it, and data come from nowhere else. docs/providers/garmin.md, "Delivery".
 */
import { z } from "zod";
import { type Batch, element, emptyBatch } from "../../domain/batch.ts";
import type { Fault } from "../../platform/errors.ts";
import { readFit } from "../../platform/fit.ts";
import type { Answer, Page, ProviderRequest, Push, PushItem } from "../provider.ts";
import { type OffsetAt, page, readAs, unreadable, wrong } from "../reading.ts";
import { type ActivityFile, activityFile, putFile } from "./activities.ts";
import { API, PARTNER } from "./streams.ts";
import { type ReadSummary, SUMMARIES } from "./summaries.ts";

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
    if (told?.callbackURL === undefined) return data((batch) => read(batch, value, "", offsetAt));
    if (!isOurs(told.callbackURL)) return refused("/callbackURL", FOREIGN);
    return [{ is: "fetch", request: { url: told.callbackURL }, read: ({ body }) => readList(read, body, offsetAt) }];
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

function data(fill: (batch: Batch) => void): PushItem[] {
  const batch = emptyBatch();
  fill(batch);
  return [{ is: "data", batch }];
}
const refused = (pointer: string, reason: string): PushItem[] =>
  data(({ rejections }) => rejections.push({ kind: null, pointer, reason }));
const FOREIGN = "an address that is not Garmin's";

/** What a ping's address answers: a bare array of what a push would have brought. */
const readList = (read: ReadSummary, body: unknown, offsetAt: OffsetAt): Page | Fault =>
  readAs(z.array(z.unknown()), body, (list) => {
    const batch = emptyBatch();
    for (const [i, one] of list.entries()) read(batch, one, `/${i}`, offsetAt);
    return page(batch);
  });

/** A file can be fetched once within a day; again it is gone, and was read the first time. */
function readFileNotice(value: unknown): PushItem[] {
  const { data: notice, error } = activityFile.safeParse(value);
  if (error) return data(({ rejections }) => rejections.push({ kind: "activity", ...wrong(error) }));
  const { callbackURL: url, fileType } = notice;
  if (!isOurs(url)) return refused("/callbackURL", FOREIGN);
  if (fileType && fileType.toUpperCase() !== "FIT") return refused("/fileType", "not a FIT file");
  const request: ProviderRequest = { url, as: "bytes", accept: [410], max_bytes: FILE_BYTES };
  return [{ is: "fetch", request, read: (answer) => readFile(answer, notice) }];
}

function readFile({ status, body }: Answer, notice: ActivityFile): Page | Fault {
  if (status === 410) return page();
  const file = body instanceof Uint8Array ? readFit(body) : null;
  if (file === null) return unreadable("", "not a FIT file");
  const batch = emptyBatch();
  const isRead = putFile(file, notice, { batch, at: "", of: element(batch, "activity") });
  return isRead ? page(batch) : unreadable("", "a file of no activity");
}

/** The address goes out with the person's token, so it must be Garmin's own. */
function isOurs(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && url.origin === PARTNER && url.username === "" && url.password === "";
}
