/** Webhooks of WHOOP: hints, signed with the application's own secret; docs/providers/whoop.md. */
import { element, emptyBatch } from "../../domain/batch.ts";
import type { Push, PushItem } from "../provider.ts";
import { withoutRecord } from "../streams.ts";
import * as schema from "./schema.ts";

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
  account: (given) => schema.owned.safeParse(given).data?.user_id ?? null,
  /** Repetitions (`trace_id`) ask for the same again, and change nothing. */
  read(given): PushItem[] {
    const event = schema.event.safeParse(given);
    // What is no UUID never enters a path.
    if (!event.success) return [];
    const { id, type } = event.data;
    switch (type) {
      case "workout.updated":
      case "sleep.updated":
      // Of a recovery the id is its sleep's.
      case "recovery.updated":
        return [{ is: "want", kind: type.slice(0, type.indexOf(".")), external_id: id, expected: true }];
      case "workout.deleted":
        return [{ is: "data", batch: withoutRecord("activity", id).batch }];
      case "sleep.deleted":
        return [{ is: "data", batch: withoutRecord("sleep", id, id).batch }];
      case "recovery.deleted": {
        const batch = emptyBatch();
        batch.deletions.push({ kind: "daily", source: id });
        const fields = { avg_hrv_rmssd_ms: null, avg_spo2_pct: null };
        batch.nights.push({ external_id: id, part: "notice", fields, element: element(batch, "sleep") });
        return [{ is: "data", batch }];
      }
      default:
        return [];
    }
  },
  subscription: { per: "by_hand" },
} satisfies Push;
