/** After a new key in ENCRYPTION_KEYS: what is sealed with an old one is sealed anew, so that the old one may go. */
import type { Context } from "../platform/context.ts";
import { type OldSeal, openGrant, putRewrapped, sealedWithOldKeys, sealGrant } from "../store/grants.ts";

/** Of a night. */
const MOST = 200;
const PAGE = 200;

/** Cron: some rows a night, past those that do not open. Answers how many are still sealed with an old key: at 0 the old key may go. */
export async function rewrapGrants(context: Context): Promise<number> {
  let tried = 0;
  let done = 0;
  let last: OldSeal | null = null;
  for (;;) {
    const page: { rows: OldSeal[]; count: number } = await sealedWithOldKeys(context, PAGE, last);
    // What this page counts is without those sealed anew already.
    const counted = page.count + done;
    for (const row of page.rows) {
      last = row;
      const owner = { user_id: row.user_id, connection_id: row.connection_id, provider: row.provider };
      const grant = await openGrant(context, row.table, owner, row.grant);
      // Its key is not listed any more: it cannot be opened, and needs the person.
      if (!grant) continue;
      if (await putRewrapped(context, row, await sealGrant(context, row.table, owner, grant))) done++;
      if (++tried === MOST) break;
    }
    if (tried === MOST || page.rows.length < PAGE) {
      context.log("rewrapped", { count: done });
      return counted - done;
    }
  }
}
