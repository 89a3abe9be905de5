/** Streams that many providers have: what is asked for whole, and one record by itself. */
import { emptyBatch } from "../domain/batch.ts";
import type { Fault } from "../platform/errors.ts";
import type { Answer, ListStream, Page, ProviderRequest, WantStream } from "./provider.ts";
import { page } from "./reading.ts";

export const HOUR_S = 3600;
export const DAY_S = 24 * HOUR_S;

/** A list that knows no dates and is asked for whole, once a day where a stream does not say otherwise (a profile). */
export const WHOLE = {
  kind: "list",
  every_s: DAY_S,
  overlap_s: 0,
  max_window_s: null,
  history: null,
} satisfies Partial<ListStream>;

type Kind = "activity" | "sleep" | "event";

/** The record is gone; day values whose source it is go with it where they are named. */
export function withoutRecord(kind: Kind, external_id: string, daySource?: string): Page {
  const batch = emptyBatch();
  batch.deletions.push({ kind, external_id });
  if (daySource !== undefined) batch.deletions.push({ kind: "daily", source: daySource });
  return page(batch);
}

interface Single {
  title: string;
  scopes: ListStream["scopes"];
  request(external_id: string): ProviderRequest;
  read(answer: Answer, external_id: string): Page | Fault;
  /**
   * What a 404 means: of a record whose notice came or that is listed nothing (it may still come, or has no detail); of one that a
   * list lacks that it is deleted.
   */
  absent: "passes" | Kind | ((external_id: string) => Page);
}

/** One record by its id. */
export function single({ title, scopes, request, read, absent }: Single): WantStream {
  const isGone = (answer: Answer) => absent !== "passes" && answer.status === 404;
  return {
    kind: "want",
    title,
    scopes,
    request: (id) => ({ ...request(id), ...(absent !== "passes" && { accept: [404] }) }),
    read(answer, id) {
      if (!isGone(answer)) return read(answer, id);
      return typeof absent === "function" ? absent(id) : withoutRecord(absent as Kind, id);
    },
  };
}
