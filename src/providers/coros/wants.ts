/**
 * A workout's files, found by its day: only an answer that we asked COROS for says where they are, for anybody can rent a host below
 * cloudfront.net. An address that has expired is asked for anew once.
 */
import { element, emptyBatch } from "../../domain/batch.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Account, Answer, Json, Page, WantStream } from "../provider.ts";
import { type Item, page, readAs, reject, wrong } from "../reading.ts";
import { withoutRecord } from "../streams.ts";
import { readAsFit } from "../tracks.ts";
import { addFile, type Recorded, toFile } from "./file.ts";
import * as schema from "./schema.ts";
import { call, sportList } from "./streams.ts";
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
const goOn = (step: Step, batch = emptyBatch()): Page => page(batch, step as unknown as Json);

export const workout_file: WantStream = {
  kind: "want",
  title: "workout files",
  scopes: [],
  request(external_id, account, cursor, start_time = 0) {
    const step = (cursor ?? null) as Step | null;
    if (step === null) return dayOf(account, start_time);
    const { files, at, mode, sub_mode } = step;
    if (step.do === "file") return { url: files[at]!, auth: "none", as: "bytes", accept: GONE, max_bytes: FILE_BYTES };
    const pair = { mode: String(mode), subMode: String(sub_mode ?? 0) };
    return call("/v2/coros/sport/detail/fit", account, { labelId: external_id, ...pair });
  },
  read(answer, external_id, _account, cursor) {
    const step = (cursor ?? null) as Step | null;
    // One that has just been pushed may be listed a little later.
    if (step === null) return find(answer, external_id, begin, { kind: "gone" });
    return step.do === "renew" ? readRenewed(answer, step) : readFile(answer, external_id, step);
  },
};

/** A stored one that a list lacks: absent from that of its day as well, it is deleted. */
export const workout_check: WantStream = {
  kind: "want",
  title: "workouts no longer listed",
  scopes: [],
  request: (_external_id, account, _cursor, start_time = 0) => dayOf(account, start_time),
  read: (answer, external_id) => find(answer, external_id, checked, withoutRecord("activity", external_id)),
};

const dayOf = (account: Account, start_time: number) => sportList(account, { from: start_time, to: start_time });

/** In the list of its day and those around it. `absent`: what follows where the list was whole, and it is not there. */
function find(
  { body }: Answer,
  external_id: string,
  then: (workout: schema.Workout, item: Item) => Page,
  absent: Page | Fault,
): Page | Fault {
  return readAs(schema.wholeList, body, ({ data }): Page | Fault => {
    const all = data.map((item) => schema.workout.safeParse(item));
    const i = all.findIndex((one) => one.data?.labelId === external_id);
    if (i >= 0) {
      const batch = emptyBatch();
      return then(all[i]!.data!, { batch, of: element(batch, "activity"), at: `/data/${i}` });
    }
    const unread = all.findIndex((one) => !one.success);
    return unread < 0 ? absent : { kind: "unreadable", ...wrong(all[unread]!.error!, `/data/${unread}`) };
  });
}

function checked(workout: schema.Workout, item: Item): Page {
  putWorkout(workout, item, ["workout_file"]);
  return page(item.batch);
}

function begin(workout: schema.Workout, item: Item): Page {
  putWorkout(workout, item);
  const files = filesOf(workout);
  const { startTime: start_time, mode, subMode: sub_mode } = workout;
  const step: Step = { do: "file", start_time, mode, sub_mode, files, at: 0, renewed: false, recorded: null };
  if (!files.every(isFile)) reject(item, null, "/fitUrl", "an address that is not COROS's");
  else if (files.length > MOST_FILES) reject(item, null, "/fitUrl", `more than ${MOST_FILES} files`);
  else if (files.length > 0) return goOn(step, item.batch);
  return page(item.batch);
}

function isFile(address: string): boolean {
  const url = URL.parse(address);
  if (url?.protocol !== "https:" || url.port !== "" || url.username !== "" || url.password !== "") return false;
  return url.hostname === FILE_HOSTS[0] || url.hostname.endsWith(".cloudfront.net");
}

const readRenewed = ({ body }: Answer, step: Step): Page | Fault =>
  readAs(schema.sportDetail, body, ({ data }): Page | Fault => {
    const files = filesOf(data);
    if (files.length !== step.files.length || !files.every(isFile)) return { kind: "gone" };
    return goOn({ ...step, do: "file", files, renewed: true });
  });

function readFile(answer: Answer, external_id: string, step: Step): Page | Fault {
  if (GONE.includes(answer.status)) return step.renewed ? { kind: "gone" } : goOn({ ...step, do: "renew" });
  return readAsFit(answer, (file) => {
    const recorded = addFile(step.recorded, file, step.start_time);
    if (step.at + 1 < step.files.length) return goOn({ ...step, at: step.at + 1, recorded });
    const batch = emptyBatch();
    batch.activities.push(toFile(recorded, external_id, element(batch, "activity")));
    return page(batch);
  });
}
