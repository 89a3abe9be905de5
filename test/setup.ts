import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { dropCopies } from "./world.ts";

const { DB, TEST_MIGRATIONS } = env as unknown as { DB: D1Database; TEST_MIGRATIONS: D1Migration[] };
type D1Migration = Parameters<typeof applyD1Migrations>[1][number];
await applyD1Migrations(DB, TEST_MIGRATIONS);
await dropCopies(DB);
