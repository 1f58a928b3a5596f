import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { AccountBaseline } from "@notejam/constructs/account/account-baseline";
import { AwsAccount } from "@notejam/constructs/core/aws-account";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Security settings of an AWS account in two regions. */
export class AccountStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    const account = new AwsAccount(this, "account", { region: "eu-west-1" });
    const provider = new AwsProvider(this, "aws-dr", { region: "eu-central-1", alias: "dr" });
    new AccountBaseline(this, "baseline", {
      name: "shop",
      account,
      imagePrefix: "shop-",
      regions: [
        { region: "eu-west-1", replicateImagesTo: ["eu-central-1"] },
        { region: "eu-central-1", provider },
      ],
      trail: { retentionDays: 365 },
    });
  }
}
