/** Workouts as COROS pushes them, several people's in one body; nothing else is pushed. docs/providers/coros.md, "Push". */
import { emptyBatch } from "../../domain/batch.ts";
import type { Push } from "../provider.ts";
import { put } from "../reading.ts";
import * as schema from "./schema.ts";
import { putWorkout } from "./workouts.ts";

const GOOD = { status: 200, body: { message: "ok", result: "0000" } };

export const push: Push = {
  // Our own credentials, as plain text; the body is not signed.
  verify: { by: "headers", client_id: "client", client_secret: "secret" },
  // The service status check: any answer of 200 will do.
  handshake: () => GOOD,
  elements: "arrays",
  account(element, key) {
    const { data } = schema.owner.safeParse(element);
    return key === "sportDataList" && data ? data.openId : null;
  },
  read(element) {
    const batch = emptyBatch();
    put(batch, "activity", schema.workout, element, "", (workout, item) => putWorkout(workout, item, ["workout_file"]));
    return [{ is: "data", batch, stream: "workouts" }];
  },
  // Without these very words COROS sends it again.
  answer: { ...GOOD, refused: { message: "refused", result: "1001" } },
  subscription: { per: "by_hand" },
};
