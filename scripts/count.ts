/** A vitest reporter that leaves its counts in the file named by TEST_COUNTS, for the last line of `npm test`. */
import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestModule, TestRunEndReason } from "vitest/node";

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export default class Count implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[], reason: TestRunEndReason): void {
    // An error outside any test, a file that could not be loaded and a hook that threw are failures as much as a test's.
    const counts: Counts = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      counts.failed += module.errors().length;
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state === "passed" || state === "failed" ? state : "skipped"]++;
      }
    }
    if (reason === "failed" && counts.failed === 0) counts.failed = 1;
    const file = process.env.TEST_COUNTS;
    if (file) writeFileSync(file, JSON.stringify(counts));
  }
}
