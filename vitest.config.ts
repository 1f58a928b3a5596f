import { configDefaults, defineConfig } from "vitest/config";

const infrastructure = [
  "modules/**/*.test.ts",
  "src/**/*.test.ts",
  "environments/**/*.test.ts",
  "test/**/*.test.ts",
  "embedded-server/**/*.test.ts",
  "emulator/**/*.test.ts",
];

export default defineConfig({
  test: {
    reporters: ["default", "./app/test/skipped-tools-reporter.ts"],
    projects: [
      {
        test: {
          name: "platform",
          include: infrastructure,
          exclude: [...configDefaults.exclude, "**/*.e2e.test.ts"],
          // Loading the provider bindings costs more than a test: keep them loaded between files.
          pool: "threads",
          isolate: false,
          maxWorkers: 3,
          // Some tests run the programs themselves; on a busy machine that takes its time.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      "app",
    ],
  },
});
