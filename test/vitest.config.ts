import { defineConfig } from "vitest/config";

export default defineConfig({
  root: import.meta.dirname,
  cacheDir: "../node_modules/.vite",
  test: {
    // More than cores: most tests wait for a process that waits for the network.
    maxWorkers: 3,
    globalSetup: "./keys.ts",
    reporters: ["default", "./summary-reporter.ts"],
    // A child that makes an RSA-4096 key on a loaded machine may need seconds; no test asserts a time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
