import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { AwsAccount } from "@notejam/constructs/core/aws-account";
import { EncryptionKeys } from "@notejam/constructs/kms/encryption-keys";
import { TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Customer managed keys, with replicas in the DR region. */
export class KeysStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    const account = new AwsAccount(this, "account", { region: "eu-west-1" });
    const replicaProvider = new AwsProvider(this, "aws-dr", { region: "eu-central-1", alias: "dr" });
    const keys = new EncryptionKeys(this, "keys", {
      name: "prod",
      system: "Shop prod",
      account,
      deletionWindowDays: 30,
      replicaProvider,
    });
    new TerraformOutput(this, "database-key", { value: keys.rds.arn });
  }
}
