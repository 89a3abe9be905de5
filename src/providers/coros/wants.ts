/**
 * A workout's files, found by its day: only an answer that we asked COROS for says where they are, for anybody can rent a host below
 * cloudfront.net. An address that has expired is asked for anew once.
 */
import { type Batch, element, emptyBatch } from "../../domain/batch.ts";
import type { Fault } from "../../platform/errors.ts";
import { readFit } from "../../platform/fit.ts";
import type { Account, Answer, Json, Page, ProviderRequest, WantStream } from "../provider.ts";
import { addFile, type Recorded, toFile } from "./file.ts";
import { reject } from "./reading.ts";
import * as schema from "./schema.ts";
import { call, sportList, unreadable } from "./streams.ts";
import { filesOf, putWorkout } from "./workouts.ts";

export const FILE_HOSTS = ["oss.coros.com", "*.cloudfront.net"];
const FILE_BYTES = 8 * 1024 * 1024;
/** So many legs can be asked for in one go; a track with holes would be a wrong one. */
const MOST_FILES = 12;
const GONE = [403, 404, 410];

/** Where the reading of a workout's files stands. */
interface Step {
  do: "file" | "renew";
  start_time: number;
  mode: number;
  sub_mode: number | null;
  files: string[];
  /** Which of them is next. */
  at: number;
  renewed: boolean;
  recorded: Recorded | null;
}

export const workout_file: WantStream = {
  kind: "want",
  title: "workout files",
  scopes: [],
  request(external_id, account, cursor, start_time = 0) {
    const step = (cursor ?? null) as Step | null;
    if (step === null) return sportList(account, { from: start_time, to: start_time });
    return step.do === "renew" ? renewal(external_id, account, step) : download(step);
  },
  read(answer, external_id, _account, cursor) {
    const step = (cursor ?? null) as Step | null;
    if (step === null) return readList(answer, external_id);
    return step.do === "renew" ? readRenewed(answer, step) : readFile(answer, external_id, step);
  },
};

const renewal = (labelId: string, account: Account, { mode, sub_mode }: Step): ProviderRequest =>
  call("/v2/coros/sport/detail/fit", account, { labelId, mode: String(mode), subMode: String(sub_mode ?? 0) });

const download = ({ files, at }: Step): ProviderRequest => ({
  url: files[at]!,
  auth: "none",
  as: "bytes",
  accept: GONE,
  max_bytes: FILE_BYTES,
});

const page = (batch: Batch, next: Step | null = null): Page => ({ batch, next: next as Json | null });

type Found = { batch: Batch; workout: schema.Workout | null; at: string };

/** In the list of its day and those around it. A workout of null: the list was whole, and it is not there. */
function find({ body }: Answer, external_id: string, wants?: string[]): Found | Fault {
  const parsed = schema.sportList.safeParse(body);
  if (!parsed.success) return unreadable(parsed.error);
  const { data } = parsed.data;
  if (!Array.isArray(data)) return { kind: "unreadable", pointer: "/data", reason: "not a list" };
  const batch = emptyBatch();
  for (const [i, item] of data.entries()) {
    const here = emptyBatch();
    const workout = putWorkout(here, item, `/data/${i}`, wants);
    if (workout === null) batch.rejections.push(...here.rejections);
    else if (workout.labelId === external_id) return { batch: here, workout, at: `/data/${i}` };
  }
  const [unread] = batch.rejections;
  return unread ? { ...unread, kind: "unreadable" } : { batch, workout: null, at: "" };
}

/** One that has just been pushed may be listed a little later. */
function readList(answer: Answer, external_id: string): Page | Fault {
  const found = find(answer, external_id);
  if ("kind" in found) return found;
  return found.workout === null ? { kind: "gone" } : begin(found.batch, found.workout, found.at);
}

/** A stored one that a list lacks: absent from that of its day as well, it is deleted. */
export const workout_check: WantStream = {
  kind: "want",
  title: "workouts no longer listed",
  scopes: [],
  request: (_external_id, account, _cursor, start_time = 0) => sportList(account, { from: start_time, to: start_time }),
  read(answer, external_id) {
    const found = find(answer, external_id, ["workout_file"]);
    if ("kind" in found) return found;
    if (found.workout === null) found.batch.deletions.push({ kind: "activity", external_id });
    return page(found.batch);
  },
};

function begin(batch: Batch, workout: schema.Workout, at: string): Page {
  const files = filesOf(workout);
  const { startTime: start_time, mode, subMode: sub_mode } = workout;
  const refused = files.some((file) => !isFile(file))
    ? "an address that is not COROS's"
    : files.length > MOST_FILES
      ? `more than ${MOST_FILES} files`
      : null;
  if (refused !== null) reject(batch, null, `${at}/fitUrl`, refused);
  if (refused !== null || files.length === 0) return page(batch);
  return page(batch, { do: "file", start_time, mode, sub_mode, files, at: 0, renewed: false, recorded: null });
}

function isFile(address: string): boolean {
  const url = URL.parse(address);
  if (url?.protocol !== "https:" || url.port !== "" || url.username !== "" || url.password !== "") return false;
  return url.hostname === FILE_HOSTS[0] || url.hostname.endsWith(".cloudfront.net");
}

function readRenewed({ body }: Answer, step: Step): Page | Fault {
  const parsed = schema.sportDetail.safeParse(body);
  if (!parsed.success) return unreadable(parsed.error);
  const files = filesOf(parsed.data.data);
  if (files.length !== step.files.length || !files.every(isFile)) return { kind: "gone" };
  return page(emptyBatch(), { ...step, do: "file", files, renewed: true });
}

function readFile(answer: Answer, external_id: string, step: Step): Page | Fault {
  if (GONE.includes(answer.status)) {
    return step.renewed ? { kind: "gone" } : page(emptyBatch(), { ...step, do: "renew" });
  }
  const file = answer.body instanceof Uint8Array ? readFit(answer.body) : null;
  if (file === null) return { kind: "unreadable", pointer: "", reason: "not a FIT file" };
  const recorded = addFile(step.recorded, file, step.start_time);
  const batch = emptyBatch();
  if (step.at + 1 < step.files.length) return page(batch, { ...step, at: step.at + 1, recorded });
  batch.activities.push(toFile(recorded, external_id, element(batch, "activity")));
  return page(batch);
}
