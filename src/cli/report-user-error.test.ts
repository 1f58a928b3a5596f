import { describe, expect, it } from "vitest";
import { UserError } from "../user-error.js";
import { isFault, reportUserError } from "./report-user-error.js";

function report(error: unknown, isSynth = false) {
  const lines: string[] = [];
  const status = reportUserError(error, { warn: (text) => void lines.push(text), isSynth });
  return { status, text: lines.join("\n") };
}

describe("reportUserError", () => {
  it("prints the message of a user error, and returns its exit status", () => {
    const hint = "Install it.";
    expect(report(new UserError("Terraform is missing.", { hint }))).toEqual({
      status: 2,
      text: "Terraform is missing. Install it.",
    });
    expect(report(new UserError("1 of 9 checks failed.", { exitCode: 1 }))).toEqual({
      status: 1,
      text: "1 of 9 checks failed.",
    });
  });

  it("prints the stack trace of a bug, and returns 2", () => {
    const { status, text } = report(new TypeError("x is not a function"));
    expect(status).toBe(2);
    expect(text).toMatch(/^TypeError: x is not a function\n\s+at .*report-user-error\.test\.ts/);
    expect(isFault(new TypeError("x is not a function"))).toBe(true);
  });

  it("prints an error of the file system with a hint, and returns 2", () => {
    const error = Object.assign(new Error("ENOSPC: no space left on device, write"), {
      code: "ENOSPC",
      syscall: "write",
    });
    expect(report(error)).toEqual({
      status: 2,
      text: "Cannot continue: ENOSPC: no space left on device, write\nThe disk is full. Free some space and run the command again.",
    });
    expect(report(error, true).text).toMatch(/^Cannot write the Terraform configuration: .*\n.*CDKTF_OUTDIR/);
    expect(isFault(error)).toBe(false);
  });
});
