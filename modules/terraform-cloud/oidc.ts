import { IamOpenidConnectProvider } from "@cdktf/provider-aws/lib/iam-openid-connect-provider/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../blocks/aws-account.js";

/** Where Terraform Cloud lives, unless a company runs its own. */
export const TERRAFORM_CLOUD_HOSTNAME = "app.terraform.io";

/** Whom the tokens of runs are made out to, unless a workspace says otherwise. */
export const TERRAFORM_CLOUD_AUDIENCE = "aws.workload.identity";

export interface TerraformCloudOidcProps {
  /** Host of Terraform Cloud or Terraform Enterprise, without scheme or slash. @default "app.terraform.io" */
  readonly hostname?: string;
}

/**
 * Makes an AWS account believe the tokens of Terraform Cloud's runs. An account can have one such provider only.
 *
 * @see https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/aws-configuration
 */
export class TerraformCloudOidc extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: TerraformCloudOidcProps = {}) {
    super(scope, id);
    const hostname = props.hostname ?? TERRAFORM_CLOUD_HOSTNAME;
    if (!/^[a-z0-9.-]+$/.test(hostname)) {
      throw new Error(
        `${this.node.path}: hostname is "${hostname}"; give the host alone, such as "${TERRAFORM_CLOUD_HOSTNAME}": ` +
          "with a scheme or a slash at its end AWS would believe no token.",
      );
    }
    this.arn = new IamOpenidConnectProvider(this, "provider", {
      url: `https://${hostname}`,
      clientIdList: [TERRAFORM_CLOUD_AUDIENCE],
    }).arn;
  }
}

/** The provider's ARN, which follows from account and host. */
export function terraformCloudOidcArn(account: AwsAccount, hostname = TERRAFORM_CLOUD_HOSTNAME): string {
  return account.arn("iam", `oidc-provider/${hostname}`, { region: "" });
}
