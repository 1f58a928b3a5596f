import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { AwsAccount } from "@notejam/constructs/core/aws-account";
import { LogGroup } from "@notejam/constructs/core/log-group";
import { PrivateBucket } from "@notejam/constructs/core/private-bucket";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Private bucket and log group. */
export class BucketStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    const account = new AwsAccount(this, "account", { region: "eu-west-1" });
    const kmsKeyArn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const bucket = new PrivateBucket(this, "uploads", {
      name: "shop-prod-eu-west-1-uploads",
      partition: account.partition,
      encryption: { kmsKeyArn },
      lifecycleRules: [
        { id: "expire", status: "Enabled", filter: [{ prefix: "" }], expiration: [{ days: 365 }] },
      ],
    });
    new LogGroup(this, "log", { name: `/shop/${bucket.name}`, retentionDays: 90, kmsKeyArn });
  }
}
