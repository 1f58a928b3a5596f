import { defineConfig } from "vitest/config";

const MINUTES = 60_000;

/** The slow proofs: real processes, failing databases, many notes; one after the other. */
export default defineConfig({
  test: {
    name: "app proofs",
    root: import.meta.dirname,
    include: ["proofs/**/*.proof.ts"],
    fileParallelism: false,
    testTimeout: 10 * MINUTES,
    hookTimeout: 5 * MINUTES,
    reporters: ["verbose"],
  },
});
