import { expect, it } from "vitest";
import { synthesize } from "../../test/synthesized-constructs.js";
import { ContainerInsightsLogs } from "./container-insights-logs.js";

it("creates all log groups of the CloudWatch add-on with retention and key", () => {
  const stack = synthesize((scope) => {
    new ContainerInsightsLogs(scope, "logs", {
      clusterName: "notejam-dev",
      retentionDays: 30,
      kmsKeyArn: "key-logs",
    });
  });
  const groups = stack.resources("aws_cloudwatch_log_group");
  expect(groups.map((group) => group.name)).toEqual(
    ["application", "dataplane", "host", "performance"].map(
      (kind) => `/aws/containerinsights/notejam-dev/${kind}`,
    ),
  );
  for (const group of groups) expect(group).toMatchObject({ retention_in_days: 30, kms_key_id: "key-logs" });
});
