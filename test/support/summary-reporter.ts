import type { Reporter, TestModule } from "vitest/node";

/** Ends the output with `N passed, N failed`, the line that CI reads; skipped tests are named before it, with what is missing. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) count.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state] += 1;
        if (state === "skipped") console.log(`skipped: ${test.fullName}`);
      }
    }
    console.log(`\n${count.passed} passed, ${count.failed} failed`);
  }
}
