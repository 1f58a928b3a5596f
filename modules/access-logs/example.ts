import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { AccessLogs } from "@notejam/constructs/access-logs";
import { AwsAccount } from "@notejam/constructs/core/aws-account";
import { PrivateBucket } from "@notejam/constructs/core/private-bucket";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Bucket of access logs, and a bucket that logs to it. */
export class AccessLogsStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    const account = new AwsAccount(this, "account", { region: "eu-west-1" });
    const accessLogs = new AccessLogs(this, "access-logs", {
      name: "shop-prod-eu-west-1",
      account,
      expireDays: 90,
    });
    new PrivateBucket(this, "uploads", {
      name: "shop-prod-eu-west-1-uploads",
      partition: account.partition,
      encryption: {
        kmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      },
      lifecycleRules: [],
      accessLogs: accessLogs.forBucket("uploads"),
    });
  }
}
