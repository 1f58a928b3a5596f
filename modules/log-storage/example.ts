import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { AwsAccount } from "@notejam/constructs/core/aws-account";
import { LogStorage } from "@notejam/constructs/log-storage";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Bucket for Loki. */
export class LogStorageStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    const account = new AwsAccount(this, "account", { region: "eu-west-1" });
    new LogStorage(this, "loki", {
      globalName: "shop-prod-eu-west-1",
      account,
      kmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      expireDays: 90,
      accessLogs: { bucketName: "shop-prod-access-logs", prefix: "s3/loki/" },
    });
  }
}
