/** Every five minutes: what is due is claimed and sent. */
import type { Context } from "../platform/context.ts";
import { claimDue } from "../sync/schedule.ts";

export async function claimTick(context: Context): Promise<void> {
  const started = context.now();
  const count = await claimDue(context);
  context.log("claimed", { count, ms: context.now() - started });
}
