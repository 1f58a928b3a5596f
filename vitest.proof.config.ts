import { defineConfig } from "vitest/config";

const MINUTES = 60_000;

/** The slow proofs: real Terraform against the emulated AWS, one after the other. */
export default defineConfig({
  test: {
    include: ["src/**/*.proof.ts", "test/**/*.proof.ts"],
    fileParallelism: false,
    testTimeout: 45 * MINUTES,
    hookTimeout: 45 * MINUTES,
    reporters: ["verbose"],
  },
});
