/** After a new key in ENCRYPTION_KEYS: what is sealed with an old one is sealed anew, so that the old one may go. */
import type { Context } from "../platform/context.ts";
import { openGrant, putRewrapped, sealedWithOldKeys, sealGrant } from "../store/grants.ts";

const MOST = 200;

/** Cron: some rows a night. Answers how many are still sealed with an old key: at 0 the old key may go. */
export async function rewrapGrants(context: Context): Promise<number> {
  const { rows, count } = await sealedWithOldKeys(context, MOST);
  let left = count;
  for (const row of rows) {
    const owner = { user_id: row.user_id, connection_id: row.connection_id, provider: row.provider };
    const grant = await openGrant(context, row.table, owner, row.grant);
    // Its key is not listed any more: it cannot be opened, and needs the person.
    if (!grant) continue;
    if (await putRewrapped(context, row, await sealGrant(context, row.table, owner, grant))) left--;
  }
  context.log("rewrapped", { count: count - left });
  return left;
}
