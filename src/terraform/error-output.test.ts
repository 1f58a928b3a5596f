import { describe, expect, it } from "vitest";
import { CANARIES, canariesIn } from "../../test/recorded-plans.js";
import { errorsIn, firstError } from "./error-output.js";

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

describe("Terraform's errors", () => {
  const errors = errorsIn(OUTPUT);

  it("are told by place, in Terraform's own unchanging words", () => {
    expect(errors).toEqual([
      "No value for required variable",
      "aws_rds_cluster.database_1234: An error of the provider; the run says which",
      'aws_s3_bucket.x["a b"]: Invalid index',
    ]);
  });

  it("never carry what a provider said, for it quotes values", () => {
    expect(canariesIn(OUTPUT)).toEqual(["policy", "userData"]);
    expect(canariesIn(errors.join())).toEqual([]);
  });

  it("are none where there are none", () => {
    expect(errorsIn("No changes. Your infrastructure matches the configuration.")).toEqual([]);
  });

  it("are one line when there was no run", () => {
    const said = "╷\n│ Error: Required token could not be found\n│ \n│ Run the following command.\n╵\n";
    expect(firstError(said)).toBe("Required token could not be found Run the following command.");
    expect(firstError("")).toBe("it gave no reason.");
  });
});
