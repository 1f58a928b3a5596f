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
          // Keeps the provider bindings loaded between files, because loading them takes longer than a test.
          pool: "threads",
          isolate: false,
          maxWorkers: 3,
          // Some tests run whole programs, which is slow on a busy machine.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      "app",
    ],
  },
});
