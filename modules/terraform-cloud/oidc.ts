import { IamOpenidConnectProvider } from "@cdktf/provider-aws/lib/iam-openid-connect-provider/index.js";
import { Construct } from "constructs";
import type { AwsAccount } from "../core/aws-account.js";

/** Host of HCP Terraform. Terraform Enterprise has another one. */
export const TERRAFORM_CLOUD_HOSTNAME = "app.terraform.io";

/** Default audience of the tokens of runs. */
export const TERRAFORM_CLOUD_AUDIENCE = "aws.workload.identity";

export interface TerraformCloudOidcProps {
  /** Host of HCP Terraform or Terraform Enterprise, without scheme or slash. @default "app.terraform.io" */
  readonly hostname?: string;
}

/**
 * IAM OIDC provider for runs of HCP Terraform. An account can have only one.
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
        `${this.node.path}: hostname is "${hostname}". Use the host only, such as "${TERRAFORM_CLOUD_HOSTNAME}". ` +
          "AWS rejects all tokens if it contains a scheme or a slash.",
      );
    }
    this.arn = new IamOpenidConnectProvider(this, "provider", {
      url: `https://${hostname}`,
      clientIdList: [TERRAFORM_CLOUD_AUDIENCE],
    }).arn;
  }
}

/** Returns the ARN of the provider. */
export function terraformCloudOidcArn(account: AwsAccount, hostname = TERRAFORM_CLOUD_HOSTNAME): string {
  return account.arn("iam", `oidc-provider/${hostname}`, { region: "" });
}
