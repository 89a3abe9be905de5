/** Webhooks of WHOOP: hints, signed with the application's own secret; docs/providers/whoop.md. */
import { element } from "../../domain/batch.ts";
import type { Push, PushItem } from "../provider.ts";
import * as schema from "./schema.ts";
import { withoutNotice } from "./sleeps.ts";
import { withoutRecord } from "./streams.ts";

export const push = {
  verify: {
    by: "hmac",
    hash: "SHA-256",
    header: "x-whoop-signature",
    encoding: "base64",
    parts: ["timestamp", "body"],
    // Retries go on for an hour, and nobody knows whether they are signed anew.
    timestamp: { header: "x-whoop-signature-timestamp", unit: "ms", tolerance_s: 7200 },
    key: "client_secret",
  },
  elements: "body",
  account(given) {
    const event = schema.owned.safeParse(given);
    return event.success ? event.data.user_id : null;
  },
  /** Repetitions (`trace_id`) ask for the same again, and change nothing. */
  read(given): PushItem[] {
    const event = schema.event.safeParse(given);
    // What is no UUID never enters a path.
    if (!event.success) return [];
    const { id } = event.data;
    switch (event.data.type) {
      case "workout.updated":
        return [{ is: "want", kind: "workout", external_id: id, expected: true }];
      case "sleep.updated":
        return [{ is: "want", kind: "sleep", external_id: id, expected: true }];
      // Of a recovery the id is its sleep's.
      case "recovery.updated":
        return [{ is: "want", kind: "recovery", external_id: id, expected: true }];
      case "workout.deleted":
        return [{ is: "data", batch: withoutRecord("activity", id) }];
      case "sleep.deleted":
        return [{ is: "data", batch: withoutRecord("sleep", id) }];
      case "recovery.deleted":
        return [{ is: "data", batch: withoutRecovery(id) }];
      default:
        return [];
    }
  },
  subscription: { per: "by_hand" },
} satisfies Push;

function withoutRecovery(id: string) {
  const batch = withoutRecord("sleep", id);
  batch.deletions = batch.deletions.filter(({ kind }) => kind === "daily");
  batch.nights.push(withoutNotice(id, element(batch, "sleep")));
  return batch;
}
