import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { describe, expect, it } from "vitest";
import { violations } from "../../../test/policy-check.js";
import { logRetention } from "./log-retention.js";

describe("log-retention", () => {
  it.each([[undefined], [0]])("rejects a log group with retention %s", (retentionInDays) => {
    expect(
      violations(logRetention, (stack) => new CloudwatchLogGroup(stack, "logs", { retentionInDays })),
    ).toEqual(["logs has no retention"]);
  });

  it("accepts a log group with a retention", () => {
    expect(
      violations(logRetention, (stack) => new CloudwatchLogGroup(stack, "logs", { retentionInDays: 90 })),
    ).toEqual([]);
  });
});
