import { afterEach, describe, expect, it, vi } from "vitest";
import { needs } from "./required-tools.js";
import { skippedTools } from "./skipped-tools-reporter.js";

afterEach(() => vi.unstubAllEnvs());

describe("a test that needs tools", () => {
  it("is skipped where one is missing, and fails if REQUIRE_ALL_TOOLS is 1", () => {
    vi.stubEnv("PATH", "/nowhere");
    vi.stubEnv("REQUIRE_ALL_TOOLS", "");
    const meta = { missingTools: [expect.stringMatching(/^moto\. Install it /)] };
    expect(needs("moto")).toEqual({ skip: true, meta });
    vi.stubEnv("REQUIRE_ALL_TOOLS", "1");
    expect(() => needs("moto")).toThrow(/need moto\. Install it /);
  });

  it("runs where all are present", () => {
    expect(needs()).toEqual({});
  });
});

describe("the summary of a run", () => {
  const moduleOf = (...tests: readonly (readonly string[])[]) => ({
    children: {
      *allTests() {
        for (const missingTools of tests) yield { meta: () => ({ missingTools }) };
      },
    },
  });

  it("has one line for each missing tool, with the number of its tests", () => {
    const modules = [moduleOf(["x. Install it."], []), moduleOf(["x. Install it.", "y. Install it."])];
    expect(skippedTools(modules)).toEqual([
      "SKIPPED: 2 tests need x. Install it.",
      "SKIPPED: 1 test needs y. Install it.",
    ]);
  });

  it("is empty when no tool is missing", () => {
    expect(skippedTools([moduleOf([])])).toEqual([]);
  });
});
