/** Every five minutes: pushes that wait are sent again, those that nobody comes for go. */
import type { Context } from "../platform/context.ts";
import { forgetInbox, leftInbox } from "../store/inbox.ts";
import { enqueueInbox } from "../sync/messages.ts";

/** The rest is due at the next tick. */
const MOST = 5000;

export async function sendInbox(context: Context): Promise<void> {
  await forgetInbox(context);
  const ids = await leftInbox(context, MOST);
  await enqueueInbox(context, ids);
  if (ids.length > 0) context.log("inbox", { count: ids.length });
}
