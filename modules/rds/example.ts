import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { AwsAccount } from "@notejam/constructs/core/aws-account";
import { Database } from "@notejam/constructs/rds/database";
import { TerraformStack, TerraformVariable } from "cdktf";
import type { Construct } from "constructs";

/** Aurora PostgreSQL with an application login. */
export class DatabaseStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    const account = new AwsAccount(this, "account", { region: "eu-west-1" });
    const password = new TerraformVariable(this, "app_password", { type: "string", sensitive: true });
    password.addOverride("ephemeral", true);
    new Database(this, "database", {
      name: "shop-prod",
      globalName: "shop-prod-eu-west-1",
      account,
      databaseName: "shop",
      masterUsername: "shop_admin",
      engineVersion: "17.9",
      instanceClass: "db.r7g.large",
      subnetIds: ["subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"],
      securityGroupIds: ["sg-0123456789abcdef0"],
      zones: ["eu-west-1a", "eu-west-1b"],
      kmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      secretsKey: {
        arn: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        replicaArn: "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      },
      replicaRegion: "eu-central-1",
      secretName: "shop/prod/database",
      appLogin: { userName: "shop", password: password.stringValue, version: 1 },
      deletionProtection: true,
      skipFinalSnapshot: false,
      logs: {
        retentionDays: 90,
        kmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      },
      readerAutoscaling: { min: 1, max: 3 },
    });
  }
}
