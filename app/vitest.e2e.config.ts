import { defineConfig } from "vitest/config";

const MINUTES = 60_000;

/** End-to-end tests: real processes, failing databases, many notes. Slow, so one after the other. */
export default defineConfig({
  test: {
    name: "app e2e",
    root: import.meta.dirname,
    include: ["e2e/**/*.e2e.test.ts"],
    fileParallelism: false,
    testTimeout: 10 * MINUTES,
    hookTimeout: 5 * MINUTES,
    reporters: ["verbose"],
  },
});
