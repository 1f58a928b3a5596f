import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { AwsAccount } from "@notejam/constructs/core/aws-account";
import { Vpc } from "@notejam/constructs/vpc";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Network of an EKS cluster in two availability zones. */
export class NetworkStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    const account = new AwsAccount(this, "account", { region: "eu-west-1" });
    new Vpc(this, "vpc", {
      name: "shop-prod",
      globalName: "shop-prod-eu-west-1",
      account,
      cidr: "10.20.0.0/16",
      zoneCount: 2,
      natGateways: "per-zone",
      clusterName: "shop-prod",
      flowLogs: {
        retentionDays: 90,
        kmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      },
      interfaceEndpoints: false,
    });
  }
}
