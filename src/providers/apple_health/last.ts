/**
 * Of several records of one key in a body the last counts, the earlier ones are unchanged (docs/providers/apple_health.md): left to
 * be stored one after the other, they would take turns at every repetition of the body.
 */
import type { ActivityRecord, SleepRecord } from "../../domain/batch.ts";

const isStaged = ({ fields }: SleepRecord): boolean =>
  [fields.light_s, fields.deep_s, fields.rem_s].some((seconds) => seconds !== null && seconds !== undefined);

function last<Item extends { external_id: string }>(items: Item[], over: (earlier: Item, later: Item) => Item): Item[] {
  const byId = new Map<string, Item>();
  for (const item of items) {
    const earlier = byId.get(item.external_id);
    byId.set(item.external_id, earlier ? over(earlier, item) : item);
  }
  return [...byId.values()];
}

/** One without stages never takes the place of one with. */
export const lastNights = (nights: SleepRecord[]): SleepRecord[] =>
  last(nights, (earlier, later) => (isStaged(earlier) && !isStaged(later) ? earlier : later));

/** What the later telling leaves out stays as the earlier one told it; one without an id gives way to the same one with. */
export function lastActivities(activities: ActivityRecord[]): ActivityRecord[] {
  const each = last(activities, (earlier, later) => ({
    ...earlier,
    ...later,
    fields: { ...earlier.fields, ...later.fields },
  }));
  const span = ({ fields }: ActivityRecord) =>
    [fields.start_time, fields.elapsed_s, fields.sport, fields.sub_sport].join("|");
  const identified = new Set(each.filter(({ rank }) => rank === 1).map(span));
  return each.filter((activity) => activity.rank === 1 || !identified.has(span(activity)));
}
