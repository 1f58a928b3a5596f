import { defineConfig } from "vitest/config";

const MINUTES = 60_000;

/** The slow end-to-end tests: real Terraform against the emulated AWS, one after the other. */
export default defineConfig({
  test: {
    include: ["emulator/**/*.e2e.test.ts", "src/**/*.e2e.test.ts", "test/**/*.e2e.test.ts"],
    fileParallelism: false,
    testTimeout: 45 * MINUTES,
    hookTimeout: 45 * MINUTES,
    reporters: ["verbose"],
  },
});
