/** Which cron runs what. Steps stand alone: one that fails is logged and keeps none of the others from running. */
import { exchangeGrants } from "../access/exchange.ts";
import { renewIdle } from "../access/idle.ts";
import { rewrapGrants } from "../access/rewrap.ts";
import { finishErasures } from "../account/erase.ts";
import { finishHalfway } from "../connect/move.ts";
import { forgetUsed } from "../connect/pending.ts";
import { retryRevocations } from "../connect/revocations.ts";
import { keepSubscriptions } from "../connect/subscriptions.ts";
import type { Context } from "../platform/context.ts";
import { errorText } from "../platform/log.ts";
import { counted, isSpent } from "../platform/queries.ts";
import { forgetSessions } from "../store/sessions.ts";
import { rewrapSubscriptions } from "../store/subscriptions.ts";
import { claimTick } from "./claim.ts";
import { askAgain } from "./gaps.ts";
import { sendInbox } from "./inbox.ts";
import { prune } from "./prune.ts";
import { dropExpired } from "./retention.ts";

type Step = (context: Context) => Promise<unknown>;

/**
 * As in wrangler.toml. The steps of a tick share the 1,000 queries of an invocation, so each takes little at a time and the next tick
 * goes on; what may take much comes last. In statements, at most and about: 50 for claims and the inbox, 4 erasures of 60, 8 moves of 35, 20 revocations of 5, 100
 * exchanges, 15 renewals of 3 for each of two providers – under 900.
 */
const STEPS: Readonly<Record<string, readonly Step[]>> = {
  "*/5 * * * *": [claimTick, sendInbox, finishErasures, finishHalfway, retryRevocations, exchangeGrants, renewIdle],
  "17 3 * * *": [
    forgetUsed,
    forgetSessions,
    rewrapGrants,
    rewrapSubscriptions,
    keepSubscriptions,
    prune,
    askAgain,
    dropExpired,
  ],
};

export async function tick(given: Context, cron: string): Promise<void> {
  const context = counted(given);
  for (const step of STEPS[cron] ?? []) {
    if (isSpent(context)) {
      context.log("tick_full", { route: step.name, count: context.queries.spent });
      return;
    }
    try {
      await step(context);
    } catch (error) {
      context.log("cron_failed", { route: step.name, error: errorText(error) });
    }
  }
}
