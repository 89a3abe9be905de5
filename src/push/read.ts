/** What elements of one account ask for: their records as one batch, and everything else by element. */
import { append, type Batch, emptyBatch } from "../domain/batch.ts";
import type { Push, PushItem } from "../providers/provider.ts";
import { newest } from "../sync/instants.ts";
import type { Zone } from "./zone.ts";

/** As the inbox keeps it: the key of its array, where there is one, and the object. */
export type Element = readonly [key: string | null, element: unknown];
export type Errand = Exclude<PushItem, { is: "data" }>;

export interface Reading {
  batch: Batch;
  /** Of the batch, by stream. */
  news: Map<string, number>;
  /** By index of the element. */
  errands: Errand[][];
}

/** Adds where a stream's newest record starts. */
export function addNews(news: Map<string, number>, stream: string | undefined, batch: Batch): void {
  const at = stream === undefined ? null : newest(batch);
  if (at !== null) news.set(stream!, Math.max(at, news.get(stream!) ?? at));
}

export async function readElements(
  push: Push,
  zone: Zone,
  now: number,
  elements: readonly Element[],
): Promise<Reading> {
  const hints = { now, offsetAt: zone.offsetAt };
  const items = await zone.reading(() => elements.map(([key, element]) => push.read(element, key, hints)));
  const batch = emptyBatch();
  const news = new Map<string, number>();
  const errands = items.map((list) =>
    list.filter((item): item is Errand => {
      if (item.is !== "data") return true;
      append(batch, item.batch);
      addNews(news, item.stream, item.batch);
      return false;
    }),
  );
  return { batch, news, errands };
}
