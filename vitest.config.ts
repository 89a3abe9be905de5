import { accessSync, constants, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { guideBlocks } from "./test/guide.ts";

/** Tests of the tree itself, which need no workerd. */
const TREE = ["test/architecture.test.ts", "test/registry.test.ts"];
/** D1 has each answer wait until the disk is written; in memory, where a machine has a place for it, nothing is. */
const MEMORY = "/dev/shm";
const onDisk = tmpdir();
if (hasRoom(MEMORY)) process.env.TMPDIR = MEMORY;

function hasRoom(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize > 512 * 1024 ** 2;
  } catch {
    return false;
  }
}

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "unit",
          environment: "node",
          include: ["src/**/*.test.ts", "simulator/**/*.test.ts", "scripts/**/*.test.ts", ...TREE],
          // Starting node and loading zod takes longer than most of these files.
          isolate: false,
          testTimeout: 60_000,
        },
      },
      {
        plugins: [
          guideBlocks(),
          cloudflareTest(async () => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: { TEST_MIGRATIONS: await readD1Migrations("migrations") },
              queueConsumers: {
                "qt-sync": { maxBatchTimeout: 0.05 },
                "qt-backfill": { maxBatchTimeout: 0.05 },
              },
            },
          })),
        ],
        test: {
          name: "worker",
          include: ["test/**/*.test.ts"],
          exclude: TREE,
          setupFiles: ["./test/setup.ts"],
          // Two workerds, each with a database of its own; each file begins with empty tables.
          isolate: false,
          // Months of sync take seconds; a busy machine makes them many.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "browser",
          environment: "node",
          include: ["e2e/**/*.test.ts"],
          // A browser is unpacked once, into what outlives this run.
          env: { TMPDIR: onDisk },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
