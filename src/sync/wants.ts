/** The lane of a kind of want: one request a record, the newest first. */
import type { WantStream } from "../providers/provider.ts";
import { CLOCK_SLACK_MS, YOUNG_MS } from "../store/cursors.ts";
import { finishWant, openWants, type Want } from "../store/wants.ts";
import type { Job, Lane, Step } from "./lanes.ts";

/** As many at a time as a message asks for. */
const WANTS = 10;

export function wantLane(job: Job, stream: WantStream): Lane {
  const { context, db, account, cursor } = job;
  const ahead: Want[] = [];
  return {
    rest: { due_at: "until_wanted" },
    async next() {
      if (ahead.length === 0) {
        const due = context.now() + CLOCK_SLACK_MS;
        ahead.push(...(await openWants(db, cursor.connection_id, cursor.stream, due, WANTS)));
      }
      const want = ahead.shift();
      if (!want) return null;
      const finish = (): Step => ({
        position: job.cursor.position,
        also: [finishWant(db, want)],
        more: true,
        rest: "until_wanted",
      });
      return {
        request: stream.request(want.external_id, account),
        lane: want.start_time >= context.now() - YOUNG_MS ? "live" : "backfill",
        tries: want.attempts,
        item: want,
        read: (answer) => stream.read(answer, want.external_id, account),
        after: finish,
        pass: finish,
      };
    },
  };
}
