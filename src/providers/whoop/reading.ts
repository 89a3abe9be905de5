/** From an answer to the items of a list, and what every list of WHOOP's asks with. */
import type { z } from "zod";
import { type Batch, emptyBatch, type Kind } from "../../domain/batch.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Answer, Page, ProviderRequest, Window } from "../provider.ts";
import { collection } from "./schema.ts";

export const API = "https://api.prod.whoop.com/developer";
/** More is refused. */
const MOST = 25;

/** The pointer and reason of the first thing wrong. */
function wrong(error: z.ZodError, at = ""): { pointer: string; reason: string } {
  const issue = error.issues[0]!;
  return { pointer: at + issue.path.map((key) => `/${String(key)}`).join(""), reason: issue.message };
}

export const page = (batch: Batch = emptyBatch(), next: Page["next"] = null): Page => ({ batch, next });

/** Tokens go with one start and end, so a window keeps both over all of its pages. */
export const list = (path: string, { from, to }: Window, token: string | null, limit = MOST): ProviderRequest => ({
  url: API + path,
  query: {
    limit: String(limit),
    start: new Date(from).toISOString(),
    end: new Date(to).toISOString(),
    ...(token === null ? {} : { nextToken: token }),
  },
});

export interface Items<Item> {
  items: { item: Item; at: string }[];
  token: string | null;
  /** All of them could be read. */
  isWhole: boolean;
}

/** The items of a collection; bad ones become rejections of the batch. */
export function readItems<Item>(
  answer: Answer,
  schema: z.ZodType<Item>,
  batch: Batch,
  kind: Kind | null,
): Items<Item> | Fault {
  const parsed = collection.safeParse(answer.body);
  if (!parsed.success) return { kind: "unreadable", ...wrong(parsed.error) };
  const items: Items<Item>["items"] = [];
  parsed.data.records.forEach((record, i) => {
    const at = `/records/${i}`;
    const one = schema.safeParse(record);
    if (one.success) items.push({ item: one.data, at });
    else batch.rejections.push({ kind, ...wrong(one.error, at) });
  });
  const { records, next_token: token } = parsed.data;
  // A list that says it goes on and has nothing would go on for ever.
  return { items, token: records.length > 0 ? token : null, isWhole: items.length === records.length };
}

export function readOne<Item>(answer: Answer, schema: z.ZodType<Item>): Item | Fault {
  const parsed = schema.safeParse(answer.body);
  return parsed.success ? parsed.data : { kind: "unreadable", ...wrong(parsed.error) };
}

export const isFault = (read: object): read is Fault => "kind" in read;
