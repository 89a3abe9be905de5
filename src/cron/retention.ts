/**
 * Where a provider's terms let its data be kept for so long only, what was fetched before that goes: records, tracks, days and
 * samples. Nothing is fetched anew. Records leave a tombstone, so that whoever copied them through the API lets them go too.
 */
import { effectiveTerms } from "../domain/terms.ts";
import { DAY_MS } from "../domain/time.ts";
import type { Context } from "../platform/context.ts";
import { PROVIDERS } from "../providers/index.ts";
import { dropRecords, dropRows } from "../store/retention.ts";

export async function dropExpired(context: Context): Promise<void> {
  for (const provider of PROVIDERS) {
    const { cache_days } = effectiveTerms(provider, context.env.DATA_POLICY);
    if (cache_days === null) continue;
    const before = context.now() - cache_days * DAY_MS;
    let count = 0;
    for (const db of context.env.shards) {
      for (const kind of ["activity", "sleep", "event"] as const)
        count += await dropRecords(context, db, kind, provider.id, before);
      count += await dropRows(context, db, provider.id, before);
    }
    context.log("retention", { provider: provider.id, count });
  }
}
