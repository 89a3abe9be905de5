/** What Cloudflare calls: variables are parsed, a Context is made, the work is somewhere else. */
import { tick } from "./cron/index.ts";
import { createApp } from "./http/app.ts";
import { type Context, createContext } from "./platform/context.ts";
import { Misconfigured, parseEnv } from "./platform/env.ts";
import { log } from "./platform/log.ts";
import { consume } from "./queue.ts";

const app = createApp();

/** Null where the variables are wrong: then queues and cron do nothing, and what is due stays so in D1. */
function contextOf(raw: object, execution: ExecutionContext): Context | null {
  try {
    return createContext(parseEnv(raw), execution);
  } catch (error) {
    if (!(error instanceof Misconfigured)) throw error;
    for (const { name } of error.problems) log("misconfigured", { code: name });
    return null;
  }
}

export default {
  fetch: (request, env, execution) => app.fetch(request, env, execution),

  async queue(batch, env, execution) {
    const context = contextOf(env, execution);
    if (context) await consume(context, batch);
  },

  async scheduled(controller, env, execution) {
    const context = contextOf(env, execution);
    if (context) await tick(context, controller.cron);
  },
} satisfies ExportedHandler<object>;
