import type { Reporter, TestModule } from "vitest/node";

/** Ends the output with `N passed, N failed`, the line that CI reads; skipped tests are named on the line before. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) count.failed += 1;
      for (const test of module.children.allTests()) count[test.result().state] += 1;
    }
    if (count.skipped > 0) console.log(`\n${count.skipped} skipped: their titles above say what is missing`);
    console.log(`\n${count.passed} passed, ${count.failed} failed`);
  }
}
