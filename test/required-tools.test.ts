import { afterEach, describe, expect, it, vi } from "vitest";
import { needs, reportSkipped } from "./required-tools.js";

afterEach(() => vi.unstubAllEnvs());

describe("a test that needs a tool", () => {
  it("runs where the tool is present", () => {
    expect(needs("kubectl or kustomize", true)).toEqual({});
  });

  it("is skipped if the tool is missing, with a line that describes how to install it", () => {
    vi.stubEnv("REQUIRE_ALL_TOOLS", "");
    expect(needs("kubectl or kustomize", false)).toEqual({
      skip: true,
      meta: { missingTools: [expect.stringMatching(/^kubectl or kustomize\. Install kubectl: https:/)] },
    });
  });

  it("fails with that line if REQUIRE_ALL_TOOLS is 1", () => {
    vi.stubEnv("REQUIRE_ALL_TOOLS", "1");
    expect(() => needs("kubectl or kustomize", false)).toThrow(
      /need kubectl or kustomize\. Install kubectl: https:/,
    );
  });

  it("is skipped for a missing permission even if REQUIRE_ALL_TOOLS is 1", () => {
    vi.stubEnv("REQUIRE_ALL_TOOLS", "1");
    expect(needs("permission to mount a file system", false)).toMatchObject({ skip: true });
  });

  it("does not depend on CI", () => {
    vi.stubEnv("CI", "true");
    vi.stubEnv("REQUIRE_ALL_TOOLS", "");
    expect(needs("kubectl or kustomize", false)).toMatchObject({ skip: true });
  });
});

describe("a suite with a custom search for its tool", () => {
  it("is reported in one line, and fails if all tools are required", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    vi.stubEnv("REQUIRE_ALL_TOOLS", "");
    reportSkipped("a local run", undefined);
    reportSkipped("a local run", "Terraform was not found.");
    expect(warn.mock.calls).toEqual([["SKIPPED: a local run. Terraform was not found."]]);
    vi.stubEnv("REQUIRE_ALL_TOOLS", "1");
    expect(() => reportSkipped("a local run", undefined)).not.toThrow();
    expect(() => reportSkipped("a local run", "Terraform was not found.")).toThrow(
      /a local run cannot be tested/,
    );
    vi.unstubAllEnvs();
    warn.mockRestore();
  });
});
