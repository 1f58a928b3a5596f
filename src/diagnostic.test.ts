import { describe, expect, it } from "vitest";
import { count, type Diagnostic, failedChecks, formatDiagnostics } from "./diagnostic.js";

const CIDR: Diagnostic = {
  severity: "error",
  check: "schema",
  where: { source: "environments/dev.ts", subject: "vpcCidr" },
  summary: '"10.20.0.0/24" is not allowed',
  allowed: "an IPv4 network from /16 to /20",
  hint: 'write it like "10.20.0.0/16"',
};
const ENCRYPTED: Diagnostic = {
  severity: "ok",
  check: "keys",
  where: {},
  summary: "alias/rds is enabled",
  reason: "the database is encrypted with it",
};

describe("formatDiagnostics", () => {
  it("groups by source and labels the details", () => {
    const budget = { ...CIDR, where: { ...CIDR.where, subject: "budget" }, summary: "is missing" };
    expect(formatDiagnostics([CIDR, ENCRYPTED, budget])).toBe(
      [
        "environments/dev.ts",
        '  vpcCidr: "10.20.0.0/24" is not allowed [schema]',
        "    allowed: an IPv4 network from /16 to /20",
        '    fix:     write it like "10.20.0.0/16"',
        "  budget: is missing [schema]",
        "    allowed: an IPv4 network from /16 to /20",
        '    fix:     write it like "10.20.0.0/16"',
        "",
        "  alias/rds is enabled [keys]",
        "    why:     the database is encrypted with it",
      ].join("\n"),
    );
  });
});

describe("failedChecks", () => {
  it("counts errors, not warnings, of all checks", () => {
    expect(failedChecks([CIDR, ENCRYPTED, { ...CIDR, severity: "warning" }])).toBe("1 of 3 checks failed.");
    expect(failedChecks([CIDR])).toBe("1 of 1 check failed.");
  });
});

describe("count", () => {
  it.each([
    [0, "0 errors"],
    [1, "1 error"],
    [2, "2 errors"],
  ])("writes %i as %s", (number, text) => {
    expect(count(number, "error")).toBe(text);
  });
});
