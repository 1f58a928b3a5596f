import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { TfeProvider } from "@cdktf/provider-tfe/lib/provider/index.js";
import { AwsAccount } from "@notejam/constructs/core/aws-account";
import { environmentApplyPermissions } from "@notejam/constructs/terraform-cloud/apply-permissions";
import { TerraformCloudOidc } from "@notejam/constructs/terraform-cloud/oidc";
import { PermissionsBoundary } from "@notejam/constructs/terraform-cloud/permissions-boundary";
import { TerraformCloudRunRoles } from "@notejam/constructs/terraform-cloud/run-roles";
import { TerraformCloudWorkspace } from "@notejam/constructs/terraform-cloud/workspace";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";

/** Workspace of HCP Terraform with its AWS roles. */
export class TerraformCloudStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new AwsProvider(this, "aws", { region: "eu-west-1" });
    const account = new AwsAccount(this, "account", { region: "eu-west-1" });
    new TfeProvider(this, "tfe", { organization: "example" });
    new TerraformCloudOidc(this, "oidc");
    const environment = { account, name: "shop-prod", secretsPrefix: "shop/prod/" };
    new PermissionsBoundary(this, "boundary", environment);
    const roles = new TerraformCloudRunRoles(this, "roles", {
      name: "shop-prod",
      account,
      organization: "example",
      project: "shop",
      workspaces: ["shop-prod"],
      applyPermissions: environmentApplyPermissions({
        ...environment,
        environment: "prod",
        regions: ["eu-west-1", "eu-central-1"],
      }),
    });
    const workspace = new TerraformCloudWorkspace(this, "workspace", {
      name: "shop-prod",
      description: "Shop, production",
      organization: "example",
      projectId: "prj-0123456789abcdef",
      terraformVersion: "1.11.4",
      destroyable: false,
      planRoleArn: roles.planRoleArn,
      applyRoleArn: roles.applyRoleArn,
      variables: [],
    });
    workspace.setRemoteStateConsumers([]);
  }
}
