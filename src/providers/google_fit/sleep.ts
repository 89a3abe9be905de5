/** Sleep sessions (docs/providers/google_fit.md): stages clipped to the session, gaps between them are nothing. */
import type { SleepRecord } from "../../domain/batch.ts";
import { sleepType } from "../../domain/nights.ts";
import type { Stage } from "../../domain/records.ts";
import type { Hints } from "../format.ts";
import { type Entry, given, isEntry, isNumber, type Refusal, refusal } from "../json.ts";
import { type Commons, END_KEYS, START_KEYS } from "./record.ts";
import { dateOf, type Midnights, momentOf } from "./times.ts";

/** Health Connect's numbers and words. */
const STAGES: Readonly<Record<string, Stage[1]>> = {
  "0": "unstaged",
  "1": "awake",
  "2": "unstaged",
  "3": "awake",
  "4": "light",
  "5": "deep",
  "6": "rem",
  "7": "awake",
  unknown: "unstaged",
  awake: "awake",
  sleeping: "unstaged",
  asleep: "unstaged",
  out_of_bed: "awake",
  light: "light",
  deep: "deep",
  rem: "rem",
  awake_in_bed: "awake",
};

export interface Night {
  start: number;
  end: number;
  modified: number | null;
  staged: boolean;
  /** With the local date, which hangs on the whole post. */
  toRecord(midnights: Midnights): Omit<SleepRecord, "element">;
}

const LONGEST_MS = 86_400_000;
const START = [...START_KEYS, "session_start_time"];
const END = [...END_KEYS, "session_end_time"];

export function stageOf(told: unknown): Stage[1] | null {
  const word = typeof told === "number" || typeof told === "string" ? String(told).toLowerCase() : "";
  const name = word.replace(/^(stage_type_|sleep_stage_)/, "").replaceAll(/[\s-]+/g, "_");
  return Object.hasOwn(STAGES, name) ? STAGES[name]! : null;
}

export function readNight(entry: Entry, commons: Commons, hints: Hints): Night | Refusal {
  const to = momentOf(entry, END, hints);
  if (!to?.moment) return refusal(`/${to?.key ?? "session_end_time"}`, "not a date");
  const end = to.moment;
  const from = momentOf(entry, START, hints);
  let start: number;
  if (from) {
    if (!from.moment) return refusal(`/${from.key}`, "not a date");
    start = from.moment.time;
  } else {
    const seconds = given(entry, "duration_seconds");
    if (!isNumber(seconds)) return refusal("/duration_seconds", "not a number");
    start = Math.round(end.time - seconds * 1000);
  }
  if (end.time <= start) return refusal("", "ends before it starts");
  if (end.time - start > LONGEST_MS) return refusal("", "longer than a day");
  const offset = commons.offset ?? from?.moment?.utc_offset_s ?? null;
  const end_offset = commons.end_offset ?? end.utc_offset_s ?? offset;
  if (end_offset !== null) hints.knowOffset?.(end.time, end_offset);

  const told = given(entry, "stages", "stage");
  const { pieces, dropped } = piecesOf(Array.isArray(told) ? told : [], start, end.time, hints);
  const seconds = (...names: Stage[1][]): number =>
    pieces.reduce((sum, piece) => (names.includes(piece.stage) ? sum + piece.to - piece.from : sum), 0) / 1000;
  const staged = seconds("light", "deep", "rem") > 0;
  const unstaged = seconds("unstaged");
  const slept = staged || unstaged > 0;
  const asleep = slept ? seconds("light", "deep", "rem", "unstaged") : null;
  const length = (end.time - start) / 1000;
  const type = sleepType(asleep, length);
  const extra = {
    ...(commons.origin !== "" && { data_origin: commons.origin }),
    ...(dropped > 0 && { dropped: { stages: dropped } }),
  };
  return {
    start,
    end: end.time,
    modified: commons.modified,
    staged,
    toRecord(midnights) {
      const date = dateOf({ time: end.time, utc_offset_s: end_offset }, midnights, hints);
      return {
        external_id: commons.id ?? (type === "main" ? `night:${date}` : `nap:${start}`),
        part: "list",
        rank: 0,
        replaces: "overlapping",
        staged_only: true,
        modified: commons.modified,
        fields: {
          type,
          date,
          start_time: start,
          end_time: end.time,
          utc_offset_s: offset,
          in_bed_s: length,
          asleep_s: asleep,
          awake_s: pieces.length > 0 ? seconds("awake") : null,
          light_s: staged ? seconds("light") : null,
          deep_s: staged ? seconds("deep") : null,
          rem_s: staged ? seconds("rem") : null,
          unstaged_s: slept ? unstaged : null,
          stages:
            pieces.length > 0
              ? pieces.map((piece): Stage => [(piece.from - start) / 1000, piece.stage, (piece.to - piece.from) / 1000])
              : null,
          extra: Object.keys(extra).length > 0 ? extra : null,
        },
      };
    },
  };
}

interface Piece {
  from: number;
  to: number;
  stage: Stage[1];
}

/** In order, clipped to the night and to each other: of what overlaps the earlier one stands. */
function piecesOf(told: unknown[], start: number, end: number, hints: Hints): { pieces: Piece[]; dropped: number } {
  const read: Piece[] = [];
  let dropped = 0;
  for (const one of told) {
    const stage = isEntry(one) ? stageOf(given(one, "stage", "type")) : null;
    const from = isEntry(one) ? momentOf(one, START_KEYS, hints)?.moment : null;
    const to = isEntry(one) ? momentOf(one, END_KEYS, hints)?.moment : null;
    if (stage === null || !from || !to || to.time <= from.time) dropped++;
    else read.push({ from: Math.max(from.time, start), to: Math.min(to.time, end), stage });
  }
  read.sort((a, b) => a.from - b.from || a.to - b.to || (a.stage < b.stage ? -1 : 1));
  const pieces: Piece[] = [];
  for (const piece of read) {
    const from = Math.max(piece.from, pieces.at(-1)?.to ?? start);
    if (from < piece.to) pieces.push({ ...piece, from });
  }
  return { pieces, dropped };
}
