import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { guideBlocks } from "./test/guide.ts";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          environment: "node",
          include: [
            "src/**/*.test.ts",
            "simulator/**/*.test.ts",
            "scripts/**/*.test.ts",
            "test/architecture.test.ts",
            "test/registry.test.ts",
          ],
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
          exclude: ["test/architecture.test.ts", "test/registry.test.ts"],
          setupFiles: ["./test/setup.ts"],
          isolate: false,
          maxWorkers: 1,
          // Two years of sync take seconds; a busy machine makes them many.
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: "browser",
          environment: "node",
          include: ["e2e/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
