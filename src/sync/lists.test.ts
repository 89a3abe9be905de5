import { expect, it } from "vitest";
import { emptyBatch } from "../domain/batch.ts";
import type { Answer, ListStream, Page } from "../providers/provider.ts";
import type { Job } from "./lanes.ts";
import { listLane } from "./lists.ts";
import { START, sweepOver } from "./position.ts";

const NOW = 1_800_000_000_000;
const stream = (next: Page["next"]): ListStream => ({
  kind: "list",
  title: "",
  scopes: [],
  every_s: 3600,
  overlap_s: 86_400,
  max_window_s: null,
  history: null,
  request: () => ({ url: "" }),
  read: () => ({ batch: emptyBatch(), next }),
});

it("does not go on to a page that names itself as the next one", async () => {
  const sweep = { ...sweepOver(stream(null), 0, NOW), cursor: { token: "a" } };
  const job = {
    context: { now: () => NOW, env: { DATA_POLICY: { standard: "private", of: {} } } },
    provider: { id: "test", terms: {} },
    cursor: { stream: "days", position: JSON.stringify({ ...START, sweep }) },
    offsets: null,
  } as unknown as Job;
  const read = async (next: Page["next"]) =>
    (await listLane(job, stream(next), "live").next())!.read({ status: 200 } as Answer);
  expect(await read({ token: "a" })).toMatchObject({ kind: "unreadable" });
  expect(await read({ token: "b" })).toMatchObject({ next: { token: "b" } });
  expect(await read(null)).toMatchObject({ next: null });
});
