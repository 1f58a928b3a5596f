import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { GithubProvider } from "@cdktf/provider-github/lib/provider/index.js";
import { AwsAccount } from "@notejam/constructs/core/aws-account";
import { GithubActionsRole } from "@notejam/constructs/github/actions-role";
import { ActionsSettings } from "@notejam/constructs/github/actions-settings";
import { GithubOidcProvider } from "@notejam/constructs/github/oidc-provider";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Role and settings of GitHub Actions that push images. */
export class GithubStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    const account = new AwsAccount(this, "account", { region: "eu-west-1" });
    new GithubProvider(this, "github", { owner: "example" });
    new GithubOidcProvider(this, "oidc");
    const role = new GithubActionsRole(this, "role", {
      globalName: "shop-prod-eu-west-1",
      account,
      owner: "example",
      repositories: ["shop"],
      environment: "prod",
      repositoryArn: account.arn("ecr", "repository/shop-prod"),
    });
    new ActionsSettings(this, "settings", {
      repository: "shop",
      environment: "prod",
      accountId: account.accountId,
      region: account.region,
      registry: `${account.accountId}.dkr.ecr.eu-west-1.amazonaws.com/shop-prod`,
      roleArn: role.roleArn,
    });
  }
}
