import { describe, expect, it } from "vitest";
import { CANARIES, canariesIn } from "../../test/recorded-plans.js";
import {
  diagnosticLine,
  diagnosticOf,
  firstError,
  outputDiagnostic,
  redactedDiagnostics,
} from "./diagnostics.js";

/** As Terraform prints a remote plan that failed. */
const OUTPUT = `
Running plan in HCP Terraform. Output will stream here.
To view this run in a browser, visit:
https://app.terraform.io/app/example-notes/notejam-dev/runs/run-abc

╷
│ Error: No value for required variable
│
│   on cdk.tf.json line 10, in variable:
│
│ The root module input variable "db_pass" is not set
╵
╷
│ Error: expected engine_mode to be one of ["provisioned"], got ${CANARIES.policy}
│
│   with aws_rds_cluster.database_1234,
│   on cdk.tf.json line 99, in resource.aws_rds_cluster.database_1234:
│
│ The value ${CANARIES.userData} is wrong.
╵
╷
│ Error: Invalid index
│   with aws_s3_bucket.x["a b"],
╵
Operation failed: failed running terraform plan (exit 1)
╷
│ Error: Operation failed: failed running terraform plan (exit 1)
╵
`;

describe("errors in Terraform's text output", () => {
  const diagnostics = redactedDiagnostics(OUTPUT, "notejam-dev");

  it("have the resource and Terraform's constant summary", () => {
    expect(diagnostics.map(diagnosticLine)).toEqual([
      "No value for required variable",
      "aws_rds_cluster.database_1234: Provider error; see the run",
      'aws_s3_bucket.x["a b"]: Invalid index',
    ]);
    expect(diagnostics[2]).toEqual({
      severity: "error",
      check: "terraform",
      where: { source: "notejam-dev", subject: 'aws_s3_bucket.x["a b"]' },
      summary: "Invalid index",
    });
  });

  it("contain nothing that a provider printed, because it may quote values", () => {
    expect(canariesIn(OUTPUT)).toEqual(["policy", "userData"]);
    expect(canariesIn(JSON.stringify(diagnostics))).toEqual([]);
  });

  it("are an empty list for an output without errors", () => {
    expect(redactedDiagnostics("No changes. Your infrastructure matches the configuration.", "dev")).toEqual(
      [],
    );
  });

  it("are one line before a run", () => {
    const output = "╷\n│ Error: Required token could not be found\n│ \n│ Run the following command.\n╵\n";
    expect(firstError(output)).toBe("Required token could not be found Run the following command.");
    expect(firstError("")).toBe("it printed no reason.");
  });
});

describe("a diagnostic of Terraform's JSON output", () => {
  const error = {
    severity: "error",
    summary: "creating role",
    detail: "",
    address: "aws_iam_role.app",
  } as const;

  it("becomes a diagnostic of the stack, with the resource as its subject", () => {
    expect(diagnosticOf({ ...error, detail: "one\n\ntwo\n" }, "notejam-dev")).toEqual({
      severity: "error",
      check: "terraform",
      where: { source: "notejam-dev", subject: "aws_iam_role.app" },
      summary: "creating role",
      reason: "one\ntwo",
    });
  });

  it("does not repeat its summary as reason", () => {
    expect(diagnosticOf({ ...error, detail: "creating role\n" }, "notejam-dev").reason).toBeUndefined();
  });

  it("is replaced by the end of the output if there is none", () => {
    expect(outputDiagnostic("panic: oh\n", "notejam-dev").reason).toBe("panic: oh");
    expect(outputDiagnostic("", "notejam-dev").reason).toBeUndefined();
  });
});
