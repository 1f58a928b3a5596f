import path from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    reporters: ["default", "./test/skipped-tools-reporter.ts"],
    name: "app",
    root: import.meta.dirname ?? path.resolve("."),
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: ["./test/global-setup.ts"],
    pool: "threads",
    isolate: false,
    maxWorkers: 3,
    // A fresh embedded PostgreSQL takes its time on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
