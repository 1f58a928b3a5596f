import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { randomPassword, Secret } from "@notejam/constructs/secrets/secret";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Secret with a generated initial password. */
export class SecretsStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    new Secret(this, "grafana", {
      name: "shop/prod/grafana",
      description: "First user of Grafana",
      kmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      recoveryWindowDays: 30,
      initialValue: { username: "admin", password: randomPassword(this, "password") },
    });
  }
}
