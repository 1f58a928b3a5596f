import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { AwsAccount } from "@notejam/constructs/core/aws-account";
import { Alarms } from "@notejam/constructs/observability/alarms";
import { Alerting } from "@notejam/constructs/observability/alerting";
import { natGatewayConditions } from "@notejam/constructs/observability/conditions/network";
import { serviceConditions } from "@notejam/constructs/observability/conditions/service";
import { MonthlyBudget } from "@notejam/constructs/observability/monthly-budget";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Topic, alarms and budget. */
export class MonitoringStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    const account = new AwsAccount(this, "account", { region: "eu-west-1" });
    const { topicArn } = new Alerting(this, "alerting", {
      name: "shop-prod",
      account,
      kmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      emails: ["on-call@example.org"],
    });
    new Alarms(this, "alarms", {
      name: "shop-prod",
      topicArn,
      runbook: "https://example.org/runbook",
      symptoms: serviceConditions("app/shop-prod/50dc6c495c0c9188", {
        errorPercent: 1,
        minimumRequestsPerMinute: 20,
        unavailablePerMinute: 5,
        p95Seconds: 1,
      }),
      causes: natGatewayConditions(["nat-0123456789abcdef0"]),
    });
    new MonthlyBudget(this, "budget", { name: "shop-prod-eu-west-1", limitUsd: 500, topicArn });
  }
}
