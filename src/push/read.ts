/** What elements of one account ask for: their records as one batch, and everything else by element. */
import { append, type Batch, emptyBatch } from "../domain/batch.ts";
import type { Push, PushItem } from "../providers/provider.ts";
import type { Zone } from "./zone.ts";

/** As the inbox keeps it: the key of its array, where there is one, and the object. */
export type Element = readonly [key: string | null, element: unknown];
export type Errand = Exclude<PushItem, { is: "data" }>;

export interface Reading {
  batch: Batch;
  /** By index of the element. */
  errands: Errand[][];
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
  const errands = items.map((list) =>
    list.filter((item): item is Errand => {
      if (item.is === "data") append(batch, item.batch);
      return item.is !== "data";
    }),
  );
  return { batch, errands };
}
