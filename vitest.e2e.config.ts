import { defineConfig } from "vitest/config";

const MINUTES = 60_000;

/** Slow end-to-end tests with real Terraform and the emulated AWS. Run one at a time. */
export default defineConfig({
  test: {
    include: ["emulator/**/*.e2e.test.ts", "src/**/*.e2e.test.ts", "test/**/*.e2e.test.ts"],
    fileParallelism: false,
    testTimeout: 45 * MINUTES,
    hookTimeout: 45 * MINUTES,
    reporters: ["verbose"],
  },
});
