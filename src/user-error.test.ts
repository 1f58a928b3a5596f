import { describe, expect, it } from "vitest";
import type { Diagnostic } from "./diagnostic.js";
import { UserError } from "./user-error.js";

describe("UserError", () => {
  it("joins summary and hint in one line, and means exit status 2 by default", () => {
    const cause = new Error("ENOENT");
    const error = new UserError("Terraform is not installed.", { hint: "Install it.", cause });
    expect(error.message).toBe("Terraform is not installed. Install it.");
    expect(error).toMatchObject({ exitCode: 2, diagnostics: [], cause, name: "UserError" });
  });

  it("lists diagnostics below the summary", () => {
    const diagnostic: Diagnostic = {
      severity: "error",
      check: "log-retention",
      where: { source: "notejam-dev", subject: "logs (aws_cloudwatch_log_group)" },
      summary: "has no retention",
    };
    const error = new UserError("1 of 9 checks failed.", { exitCode: 1, diagnostics: [diagnostic] });
    expect(error.message).toBe(
      "1 of 9 checks failed.\n\nnotejam-dev\n  logs (aws_cloudwatch_log_group): has no retention [log-retention]",
    );
    expect(error.exitCode).toBe(1);
  });

  it("is its summary where there is no hint", () => {
    expect(new UserError("The disk is full.").message).toBe("The disk is full.");
  });
});
