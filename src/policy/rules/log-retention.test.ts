import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { describe, expect, it } from "vitest";
import { findings } from "../../../test/policy-check.js";
import { logRetention } from "./log-retention.js";

describe("log-retention", () => {
  it.each([[undefined], [0]])("refuses a log group whose retention is %s", (retentionInDays) => {
    expect(
      findings(logRetention, (stack) => new CloudwatchLogGroup(stack, "logs", { retentionInDays })),
    ).toEqual(["logs has no retention"]);
  });

  it("accepts a log group that forgets", () => {
    expect(
      findings(logRetention, (stack) => new CloudwatchLogGroup(stack, "logs", { retentionInDays: 90 })),
    ).toEqual([]);
  });
});
