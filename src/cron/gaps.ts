/** What could not be read is asked for again each night; single records that could not be read wait for a day by themselves. */
import type { Context } from "../platform/context.ts";
import { askGapsAgain } from "../store/gaps.ts";
import { claimDue } from "../sync/schedule.ts";

export async function askAgain(context: Context): Promise<void> {
  for (const db of context.env.shards) await askGapsAgain(db, context.now(), null).run();
  await claimDue(context);
}
