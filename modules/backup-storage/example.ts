import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { BackupStorage } from "@notejam/constructs/backup-storage";
import { AwsAccount } from "@notejam/constructs/core/aws-account";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Backups with a retention of one year and a replica in the DR region. */
export class BackupStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    const account = new AwsAccount(this, "account", { region: "eu-west-1" });
    const provider = new AwsProvider(this, "aws-dr", { region: "eu-central-1", alias: "dr" });
    new BackupStorage(this, "backups", {
      globalName: "shop-prod-eu-west-1",
      account,
      kmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      replica: {
        provider,
        kmsKeyArn: "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      },
      prefixes: [{ name: "dumps", isArchived: true }],
      retentionDays: 365,
      objectLockMode: "GOVERNANCE",
      accessLogs: { bucketName: "shop-prod-access-logs", prefix: "s3/backup/" },
    });
  }
}
