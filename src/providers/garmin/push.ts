/**
 * What Garmin delivers: the records themselves (push), or where to fetch them (ping), or that the person has gone or allows less.
 * Nothing is signed: the path vouches for it, and data come from nowhere else. docs/providers/garmin.md, "Delivery".
 */
import { emptyBatch } from "../../domain/batch.ts";
import type { Fault } from "../../platform/errors.ts";
import { readFit } from "../../platform/fit.ts";
import type { Answer, Page, Push, PushItem } from "../provider.ts";
import { toFile } from "./activities.ts";
import { item, wrong } from "./reading.ts";
import * as schema from "./schema.ts";
import { API, PARTNER_HOST, permissions } from "./streams.ts";
import { type ReadSummary, SUMMARIES } from "./summaries.ts";

type Hints = Parameters<Push["read"]>[2];

const FILE_BYTES = 32 * 1024 * 1024;

export const push: Push = {
  verify: { by: "path", header: { name: "garmin-client-id", is: "client_id" } },
  elements: "arrays",
  // Empty items occur, and belong to nobody.
  account(element) {
    const parsed = schema.element.safeParse(element);
    return parsed.success ? parsed.data.userId : null;
  },
  read: readElement,
  confirm: () => ({ url: `${API}/user/id` }),
  permissions: { request: permissions.request, read: permissions.read },
  subscription: { per: "by_hand" },
};

function readElement(element: unknown, key: string | null, hints: Hints): PushItem[] {
  switch (key) {
    case "deregistrations":
      return [{ is: "goodbye" }];
    case "userPermissionsChange": {
      const parsed = schema.permissionsChange.safeParse(element);
      return [{ is: "permissions", granted: parsed.success ? schema.readPermissions(parsed.data.permissions) : null }];
    }
    case "activityFiles":
      return readFileNotice(element);
    default:
      // Women's health (`mct`) and what is still to be invented.
      return key !== null && Object.hasOwn(SUMMARIES, key) ? readSummary(SUMMARIES[key]!, element, hints) : [];
  }
}

function readSummary(read: ReadSummary, element: unknown, { offsetAt }: Hints): PushItem[] {
  const parsed = schema.element.safeParse(element);
  const url = parsed.success ? parsed.data.callbackURL : undefined;
  if (url === undefined) {
    const batch = emptyBatch();
    read(element, batch, "", offsetAt);
    return [{ is: "data", batch }];
  }
  if (!isOurs(url)) return foreign();
  return [{ is: "fetch", request: { url }, read: (answer) => readList(read, answer, offsetAt) }];
}

/** What a ping's address answers: a bare array of what a push would have brought. */
function readList(read: ReadSummary, { body }: Answer, offsetAt: Hints["offsetAt"]): Page | Fault {
  if (!Array.isArray(body)) return { kind: "unreadable", pointer: "", reason: "not a list" };
  const batch = emptyBatch();
  for (const [i, one] of body.entries()) read(one, batch, `/${i}`, offsetAt);
  return { batch, next: null };
}

/** A file can be fetched once within a day; again it is gone, and was read the first time. */
function readFileNotice(element: unknown): PushItem[] {
  const parsed = schema.activityFile.safeParse(element);
  const batch = emptyBatch();
  if (!parsed.success) {
    batch.rejections.push({ kind: "activity", ...wrong(parsed.error) });
    return [{ is: "data", batch }];
  }
  const notice = parsed.data;
  if (!isOurs(notice.callbackURL)) return foreign();
  if (notice.fileType && notice.fileType.toUpperCase() !== "FIT") {
    batch.rejections.push({ kind: null, pointer: "/fileType", reason: "not a FIT file" });
    return [{ is: "data", batch }];
  }
  return [
    {
      is: "fetch",
      request: { url: notice.callbackURL, as: "bytes", accept: [410], max_bytes: FILE_BYTES },
      read: (answer) => readFile(answer, notice),
    },
  ];
}

function readFile({ status, body }: Answer, notice: schema.ActivityFile): Page | Fault {
  const batch = emptyBatch();
  if (status === 410) return { batch, next: null };
  const file = body instanceof Uint8Array ? readFit(body) : null;
  if (file === null) return { kind: "unreadable", pointer: "", reason: "not a FIT file" };
  const { of } = item(batch, "activity", "");
  const records = toFile(file, notice, of);
  if (records === null) return { kind: "unreadable", pointer: "", reason: "a file of no activity" };
  batch.activities.push(...records);
  return { batch, next: null };
}

/** The address goes out with the person's token, so it must be Garmin's own. */
function isOurs(address: string): boolean {
  const url = URL.parse(address);
  return (
    url !== null &&
    url.protocol === "https:" &&
    url.hostname === PARTNER_HOST &&
    url.port === "" &&
    url.username === "" &&
    url.password === ""
  );
}

function foreign(): PushItem[] {
  const batch = emptyBatch();
  batch.rejections.push({ kind: null, pointer: "/callbackURL", reason: "an address that is not Garmin's" });
  return [{ is: "data", batch }];
}
