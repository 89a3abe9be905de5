/** The lane of a kind of want: as a rule one request a record, the newest first. */
import type { Json, WantStream } from "../providers/provider.ts";
import { CLOCK_SLACK_MS, YOUNG_MS } from "../store/cursors.ts";
import { finishWant, openWants, type Want } from "../store/wants.ts";
import type { Job, Lane, Step } from "./lanes.ts";

/** As many at a time as a message asks for. */
const WANTS = 10;

export function wantLane(job: Job, stream: WantStream): Lane {
  const { context, db, account, cursor } = job;
  const ahead: Want[] = [];
  /** One whose last answer said that there is more of it. */
  let begun: { want: Want; cursor: Json } | null = null;
  return {
    rest: { due_at: "until_wanted" },
    async next() {
      const { want: same, cursor: at = null } = begun ?? {};
      begun = null;
      if (!same && ahead.length === 0) {
        const due = context.now() + CLOCK_SLACK_MS;
        ahead.push(...(await openWants(db, cursor.connection_id, cursor.stream, due, WANTS)));
      }
      const want = same ?? ahead.shift();
      if (!want) return null;
      const go = (also: D1PreparedStatement[]): Step => ({
        position: job.cursor.position,
        also,
        more: true,
        rest: "until_wanted",
      });
      const finish = () => go([finishWant(db, want)]);
      return {
        request: stream.request(want.external_id, account, at, want.start_time),
        lane: want.start_time >= context.now() - YOUNG_MS ? "live" : "backfill",
        tries: want.attempts,
        again_at: null,
        item: want,
        read: (answer) => stream.read(answer, want.external_id, account, at),
        after({ next }) {
          if (next === null) return finish();
          begun = { want, cursor: next };
          return go([]);
        },
        pass: finish,
      };
    },
  };
}
