import { defineConfig } from "vitest/config";

export default defineConfig({
  root: import.meta.dirname,
  cacheDir: "../node_modules/.vite",
  test: {
    // More than cores: most tests wait for a process that waits for the network.
    maxWorkers: 3,
    globalSetup: "./support/global-setup.ts",
    reporters: ["default", "./support/summary-reporter.ts"],
    // No test asserts a time. This only ends one that hangs, on a machine that is as slow as can be.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
